"""Reports: what the gate found, in the formats people and programs read.

Duty: write the report it is given, and judge nothing. Level 6; knows neither the validator nor the web. Findings of one
kind stand together with their number. No report is longer than 5 MB: beyond that the first of each kind are listed,
and the report says how many it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from samvirke.model import Report
from samvirke.reports.grouping import grouped
from samvirke.reports.naming import named, naming
from samvirke.reports.page import write_html
from samvirke.reports.plain import lines, write_csv, write_text
from samvirke.reports.rdf import report_turtle
from samvirke.reports.structured import write_json, write_sarif
from samvirke.reports.wording import Name, counts

__all__ = ["FORMATS", "Form", "Name", "counts", "grouped", "lines", "named", "naming", "report_turtle"]


@dataclass(frozen=True, slots=True)
class Form:
    """A format of reports: what it is called, its media type, and what writes it in a language."""

    label: str
    media_type: str
    write: Callable[[Report, str, Name], bytes]


FORMATS: Mapping[str, Form] = MappingProxyType(
    {
        "text": Form("Text", "text/plain", write_text),
        "html": Form("HTML", "text/html", write_html),
        "csv": Form("CSV", "text/csv", write_csv),
        "json": Form("JSON", "application/json", write_json),
        "ttl": Form("Turtle", "text/turtle", lambda report, _, __: report_turtle(report)),
        "sarif": Form("SARIF", "application/sarif+json", write_sarif),
    }
)

"""The gate's report as text, JSON, Turtle and SARIF.

Level 8. Writes the report it is given, in its order, and judges nothing.
Standard: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from samvirke import __version__
from samvirke.commands.frame import Words, words

if TYPE_CHECKING:
    from samvirke.model import Finding, Report

# SARIF's levels for SHACL's severities.
LEVELS = {"violation": "error", "warning": "warning", "info": "note"}
NAMES = {
    "violation": words("violation", "fejl"),
    "warning": words("warning", "advarsel"),
    "info": words("notice", "oplysning"),
}
SUMMARY = words(
    "{violations} violations, {warnings} warnings, {notices} notices ({seconds:.1f} s)",
    "{violations} fejl, {warnings} advarsler, {notices} oplysninger ({seconds:.1f} s)",
)


def write_report(report: Report, form: str, file: IO[bytes], *, language: str) -> None:
    """Write the report to `file` as "text", "json", "ttl" or "sarif"."""
    if form == "ttl":
        from samvirke.report_rdf import report_turtle

        file.write(report_turtle(report))
        return
    if form == "text":
        lines = [*finding_lines(report, language=language), summary(report, language)]
        file.write(("\n".join(lines) + "\n").encode())
        return
    value = _sarif(report, language) if form == "sarif" else _plain(report)
    file.write((json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def summary(report: Report, language: str) -> str:
    """Return one line with the number of findings of each severity."""
    from samvirke.model import Severity

    text: Words = SUMMARY
    return text.in_(language).format(
        violations=len(report.of(Severity.VIOLATION)),
        warnings=len(report.of(Severity.WARNING)),
        notices=len(report.of(Severity.INFO)),
        seconds=report.seconds,
    )


def finding_lines(report: Report, *, language: str) -> Iterator[str]:
    """Give one line per finding: place, severity, sentence, and what it is about."""
    for finding in report.findings:
        place = f"{_place(finding)}: " if finding.file else ""
        about = " ".join(part for part in (finding.focus, finding.path, finding.value) if part)
        name = NAMES[finding.severity.value].in_(language)
        yield f"{place}{name}: {_message(finding, language)}" + (f" [{about}]" if about else "")


def _place(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def _message(finding: Finding, language: str) -> str:
    messages = finding.messages
    return " ".join((messages.get(language) or messages.get("en") or next(iter(messages.values()), "")).split())


def _plain(report: Report) -> dict[str, Any]:
    return {
        "publishable": report.publishable,
        "seconds": report.seconds,
        "findings": [
            {**asdict(finding), "severity": finding.severity.value, "messages": dict(finding.messages)}
            for finding in report.findings
        ],
    }


def _sarif(report: Report, language: str) -> dict[str, Any]:
    rules = sorted({finding.shape for finding in report.findings if finding.shape})
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "samvirke",
                        "version": __version__,
                        "informationUri": "https://w3id.org/samvirke/",
                        "rules": [{"id": rule} for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(finding, rules, language) for finding in report.findings],
            }
        ],
    }


def _sarif_result(finding: Finding, rules: list[str], language: str) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.file:
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(finding.file)}}
        if finding.line:
            location["physicalLocation"]["region"] = {"startLine": finding.line}
    if finding.focus:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.focus}]
    result: dict[str, Any] = {
        "level": LEVELS[finding.severity.value],
        "message": {"text": _message(finding, language)},
        "properties": {"path": finding.path, "value": finding.value, "passage": finding.passage},
    }
    if finding.shape:
        result["ruleId"] = finding.shape
        result["ruleIndex"] = rules.index(finding.shape)
    if location:
        result["locations"] = [location]
    return result

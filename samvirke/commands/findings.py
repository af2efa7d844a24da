"""The gate's report on the command line.

Level 8. Hands the report it is given to the room that writes reports, with the names the report knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from samvirke.model import Report

FORMATS = ("text", "html", "csv", "json", "turtle", "sarif", "ttl")
"""What `check --format` takes; `ttl` is Turtle by the name that exports have for it."""


def write_report(report: Report, form: str, file: IO[bytes], *, language: str) -> None:
    """Write the report to `file` in one of `FORMATS`."""
    from samvirke.reports import FORMATS as WRITERS
    from samvirke.reports import naming

    written = WRITERS["ttl" if form == "turtle" else form].write(report, language, naming(report, language))
    file.write(written)


def finding_lines(report: Report, *, language: str) -> Iterator[str]:
    """Give the lines of the report's text, without its last one."""
    from samvirke.reports import lines, naming

    return lines(report, language, naming(report, language))

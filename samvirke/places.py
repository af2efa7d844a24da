"""Where in the files a finding's words stand.

Duty: give findings the file and line a person has to go to. Level 6; reads the site's files, changes
no finding's judgement. A graph's file is known from reading it; the line is the first one that
writes the passage's fragment or the thing's local name, because parsers keep no places of triples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from samvirke.model import Finding, Report


def placed(report: Report, *, root: Path, sources: Mapping[str, str]) -> Report:
    """Return the report with file and line added to the findings that have none.

    Reads:  the files of the site in `root` that `sources` (graph → file) names.
    """

    @cache
    def lines(name: str) -> Sequence[str]:
        try:
            return (root / name).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return ()

    def place(finding: Finding) -> Finding:
        if finding.file and finding.line:
            return finding
        for address in (finding.passage, finding.focus, finding.value):
            version, _, fragment = address.partition("#")
            file = finding.file or sources.get(address) or sources.get(version, "")
            if file:
                wanted = [f"#{fragment}"] if fragment else []
                wanted += [_local_name(finding.focus)]
                return replace(finding, file=file, line=_line(lines(file), wanted))
        return finding

    return replace(report, findings=tuple(place(finding) for finding in report.findings))


def _line(lines: Sequence[str], wanted: Sequence[str]) -> int:
    """Return the number of the first line that writes one of the texts, the first text first; 0 for none."""
    for text in filter(None, wanted):
        for number, line in enumerate(lines, 1):
            if text in line and not line.lstrip().startswith("#"):
                return number
    return 0


def _local_name(address: str) -> str:
    return address.rstrip("/>").replace("#", "/").rpartition("/")[2] if "://" in address else ""

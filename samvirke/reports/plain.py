"""The report as text and as CSV.

Duty: one line or row for each finding. Level 6; judges nothing.
Standard: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from samvirke.model import Finding, Report
from samvirke.reports.grouping import Group, clipped, grouped, select
from samvirke.reports.wording import Name, counts, cut_words, severity_word, tell, title

__all__ = ["COLUMNS", "lines", "write_csv", "write_text"]

COLUMNS = (
    "severity",
    "shape",
    "entity",
    "address",
    "property",
    "path",
    "found",
    "expected",
    "advice",
    "place",
    "passage",
    "component",
    "count",
    "left_out",
)
"""Of CSV. The last two are of rows that count a group: how many it has, and how many of them are not listed."""

_ABOUT = 300
_FORMULA = re.compile(r"""(^|[;,|])(["'\s]*)(?=[=+\-@＝＋－＠])""")
_BREAKS = re.compile(r"[\0-\x1f\x7f\x85\u2028\u2029]+")


def write_text(report: Report, language: str, name: Name) -> bytes:
    """Return the report as text: `file:line: severity: sentence`, as compilers write it."""
    return ("\n".join([*lines(report, language, name), counts(report, language)]) + "\n").encode()


def lines(report: Report, language: str, name: Name) -> Iterator[str]:
    """Give the lines of a report: each finding, above those of a kind how many there are."""

    def row(finding: Finding) -> bytes:
        told = tell(finding, language, name)
        place = f"{told.place}: " if finding.file else ""
        parts = (finding.focus, finding.path, finding.value, "" if finding.file else finding.passage)
        about = clipped(" ".join(part for part in " ".join(parts).split() if part), _ABOUT)
        text = f"{place}{severity_word(finding.severity, language)}: {told.sentence}"
        return (text + (f" [{about}]" if about else "")).encode()

    def head(group: Group, listed: int) -> bytes:
        if group.count == 1:
            return b""
        shown = f"{group.count} × {severity_word(group.severity, language)}: "
        more = group.count - listed
        rest = (f" ({more} vises ikke)" if language == "da" else f" ({more} not shown)") if more else ""
        return f"{shown}{title(group.shape, group.path, language, name)}{rest}".encode()

    selection = select(grouped(report), head=head, row=row)
    for one in selection.groups:
        if one.head:
            yield one.head.decode()
        yield from (text.decode() for text in one.rows)
    if cut := cut_words(selection, language):
        yield cut


def write_csv(report: Report, language: str, name: Name) -> bytes:
    """Return the report as CSV that a spreadsheet may open: no cell of it is a formula."""

    def row(finding: Finding) -> bytes:
        told = tell(finding, language, name)
        cells = (
            severity_word(finding.severity, language),
            finding.shape,
            told.entity.strip("“”»«"),
            finding.focus,
            told.property_name,
            finding.path,
            finding.value or told.found,
            told.expected,
            told.advice,
            told.place,
            finding.passage,
            finding.component,
            "",
            "",
        )
        return _row(cells)

    def head(group: Group, listed: int) -> bytes:
        if group.count == listed:
            return b""
        empty = [""] * (len(COLUMNS) - 2)
        empty[0], empty[1] = severity_word(group.severity, language), group.shape
        empty[4], empty[5] = title("", group.path, language, name), group.path
        return _row((*empty, str(group.count), str(group.count - listed)))

    selection = select(grouped(report), head=head, row=row)
    parts = [_row(COLUMNS)]
    for one in selection.groups:
        parts += [*one.rows, one.head]
    if cut := cut_words(selection, language):
        told = ["", cut, *[""] * (len(COLUMNS) - 4), str(selection.total), str(selection.left_out)]
        parts.append(_row(told))
    return b"".join(parts)


def _row(cells: tuple[str, ...] | list[str]) -> bytes:
    return (",".join(f'"{_safe(cell)}"' for cell in cells) + "\r\n").encode()


def _safe(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would compute, also where it takes a `;` in a cell for the next cell.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    return _FORMULA.sub(r"\1\2'", _BREAKS.sub(" ", clipped(cell))).replace('"', '""')

"""The part of a passage's address after the `#`: where in its document the words stand.

Duty: read and write fragments, exactly one spelling for each place. Level 1; imports errors only.
It must not know any text: whether a place exists in a document is for `evidence`.
Standards: RFC 5147, text/plain, https://www.rfc-editor.org/rfc/rfc5147 (characters);
RFC 7111, text/csv, https://www.rfc-editor.org/rfc/rfc7111 (rows, columns, cells).

Both standards also allow what a passage has no use for: a position between two characters, lines,
several places at once, leading zeros, integrity checks. The fragment is part of the name of a graph, so
two spellings of one place would be two graphs, and those forms are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from samvirke.errors import EvidenceError

__all__ = ["Cell", "Column", "Place", "Row", "Span", "parse_fragment"]

# Eighteen digits are more than any document has characters, and keep a hostile number small.
_COUNT = r"(0|[1-9][0-9]{0,17})"
_POSITION = r"([1-9][0-9]{0,17})"
_SPAN = re.compile(rf"char={_COUNT},{_COUNT}")
_ROW = re.compile(rf"row={_POSITION}(?:-{_POSITION})?")
_COLUMN = re.compile(rf"col={_POSITION}(?:-{_POSITION})?")
_CELL = re.compile(rf"cell={_POSITION},{_POSITION}(?:-{_POSITION},{_POSITION})?")
_SCHEMES = ("char=", "row=", "col=", "cell=")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` of a text: Unicode code points, half-open, counted from 0.

    An empty or reversed span can be written and read; that it names no words is for `evidence` to say.
    """

    start: int
    end: int

    def __str__(self) -> str:
        return f"char={self.start},{self.end}"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """Rows `first` to `last` of a table, both included, counted from 1 (a header row counts)."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"row={self.first}" + (f"-{self.last}" if self.last != self.first else "")


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """Columns `first` to `last` of a table, both included, counted from 1."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"col={self.first}" + (f"-{self.last}" if self.last != self.first else "")


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """The cells from (`row`, `column`) to (`last_row`, `last_column`), both included, counted from 1."""

    row: int
    column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first, last = f"{self.row},{self.column}", f"{self.last_row},{self.last_column}"
        return f"cell={first}" + (f"-{last}" if last != first else "")


Place = Span | Row | Column | Cell


def parse_fragment(text: str) -> Place:
    """Read the fragment of a passage's address, without its `#`.

    Raises: EvidenceError when it is not one place in the one spelling that is allowed here.
    """
    if match := _SPAN.fullmatch(text):
        return Span(int(match[1]), int(match[2]))
    if match := _ROW.fullmatch(text):
        return _ordered(Row(int(match[1]), int(match[2] or match[1])), text)
    if match := _COLUMN.fullmatch(text):
        return _ordered(Column(int(match[1]), int(match[2] or match[1])), text)
    if match := _CELL.fullmatch(text):
        row, column = int(match[1]), int(match[2])
        return _ordered(Cell(row, column, int(match[3] or row), int(match[4] or column)), text)
    raise EvidenceError(
        f"“#{text[:80]}” is not the place of a passage.",
        remedy="Write #char=190,242, #row=5 or #cell=5,2, or give the passage a name and run `samvirke anchor`.",
    )


def is_place(text: str) -> bool:
    """Whether the fragment means to be a place in a document, be it written rightly or not."""
    return text.startswith(_SCHEMES)


def _ordered(place: Row | Column | Cell, text: str) -> Place:
    """Refuse a range that ends before it begins, and one that could be written shorter."""
    if isinstance(place, Cell):
        orderly = place.row <= place.last_row and place.column <= place.last_column
    else:
        orderly = place.first <= place.last
    if not orderly or str(place) != text:
        raise EvidenceError(
            f"“#{text[:80]}” ends before it begins, or could be written shorter.",
            remedy="Write the smaller number first, and a single place without “-”.",
        )
    return place

"""Count the rows of an answer while it is written.

Duty: see where a row ends in each of the four results formats. Level 4.5; changes no byte.
The engine writes a whole answer in one call, so its output is the only place where rows can be
counted without a second evaluation or a writer of our own.
Source: https://www.w3.org/TR/sparql11-results-csv-tsv/ and its siblings
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO

from samvirke.workers import failures

_WAYS = {
    "application/sparql-results+json": "_json",
    "application/sparql-results+xml": "_xml",
    "text/csv": "_csv",
    "text/tab-separated-values": "_tsv",
}
_ESCAPED = re.compile(rb"\\.", re.DOTALL)


class Counted:
    """A file that counts rows on their way to another.

    A row is: in XML a `<result>`, which no text can contain unescaped; in TSV a line, for line
    breaks in values are escaped; in CSV a line end outside quotes; in JSON an object that stands in
    an array, outside strings (the objects within a row stand behind a colon).
    """

    def __init__(self, output: IO[bytes], media_type: str, max_rows: int) -> None:
        """Pass on to `output`; more than `max_rows` is too large an answer."""
        self._output = output
        self._count: Callable[[bytes], None] = getattr(self, _WAYS[media_type])
        self._max_rows = max_rows
        self._rest = b""
        self._quoted = False
        self._first: bytes | None = None
        self._lines = -1  # The first line is the header.
        self.rows = 0

    def write(self, data: bytes) -> int:
        """Count, then pass on. Raises: AnswerTooLarge."""
        self._count(data)
        if self.rows > self._max_rows:
            raise failures.too_many_rows(self._max_rows)
        return self._output.write(data)

    def flush(self) -> None:
        """Pass on."""
        self._output.flush()

    def _tsv(self, data: bytes) -> None:
        self._lines += data.count(b"\n")
        self.rows = max(0, self._lines)

    def _csv(self, data: bytes) -> None:
        parts = data.split(b'"')
        self._lines += sum(part.count(b"\n") for part in parts[self._quoted :: 2])
        self._quoted ^= len(parts) % 2 == 0
        self.rows = max(0, self._lines)

    def _xml(self, data: bytes) -> None:
        text = self._rest + data
        self.rows += text.count(b"<result>")
        self._rest = text[-(len(b"<result>") - 1) :]

    def _json(self, data: bytes) -> None:
        if self._first is None:
            self._first = data
            rows = _rows_at_a_glance(data)
            if rows is not None:
                self.rows = rows
                return
            self._first = b""
        elif self._first:  # What looked like the whole answer was its first piece.
            first, self._first, self.rows = self._first, b"", 0
            self._signs(first)
        self._signs(data)

    def _signs(self, data: bytes) -> None:
        text = self._rest + data
        # A backslash or a bracket at the end of a piece belongs to what the next piece begins with.
        cut = len(text.rstrip(b"\\,["))
        self._rest = text[cut:]
        parts = _ESCAPED.sub(b"", text[:cut]).split(b'"')
        outside = parts[self._quoted :: 2]
        self.rows += sum(part.count(b",{") + part.count(b"[{") for part in outside)
        self._quoted ^= len(parts) % 2 == 0


_HEAD = b'"bindings":['
_END = b"]}}"


def _rows_at_a_glance(data: bytes) -> int | None:
    """The rows of an answer that is whole in one piece and holds no text that looks like its own syntax, else None.

    Between two rows stands `}},{"` and a name. The engine writes no white space, and a quote inside a text is escaped;
    so only a text that itself has `},{` in it, or a row without a value beside another, has to be read sign by sign.
    """
    start = data.find(_HEAD)
    if start < 0 or not data.endswith(_END):
        return None
    if data.startswith(_END, start + len(_HEAD)):
        return 0
    apart = data.count(b"},{")
    if data.count(b'}},{"') != apart or b'},{",' in data or b'},{"}' in data:
        return None
    return apart + 1

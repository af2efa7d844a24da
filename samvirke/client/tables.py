"""Rows of an answer.

Duty: what a query's rows are in Python, in pandas and in a notebook. Level 9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, overload

from samvirke.client.values import Iri, Text, Value

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]  # its types are a package of their own

__all__ = ["Table", "cell"]

_SHOWN = 100
Row = dict[str, Value | None]


class Table(Sequence[Row]):
    """The rows of a SELECT: a sequence of dicts, one key for each column; None where a row has no value.

    `evidence` has the addresses of the passages behind each row, when they were asked for; `quotes` their words, and
    `rules` the rules by which a row's facts were inferred.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Row],
        *,
        evidence: Sequence[tuple[str, ...]] | None = None,
        quotes: dict[str, str] | None = None,
    ) -> None:
        """Take the columns, the rows, and what is behind them."""
        self.columns = tuple(columns)
        self.evidence = tuple(evidence) if evidence is not None else None
        self.quotes = quotes or {}
        self.rules: tuple[tuple[str, ...], ...] = ()
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        """Return a row, or several."""
        return self._rows[at]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows in order."""
        return iter(self._rows)

    def to_pandas(self) -> pandas.DataFrame:
        """Return a DataFrame with a column for each variable, and `evidence` where passages were asked for.

        Raises: ImportError when pandas is not installed.
        """
        import pandas  # noqa: PLC0415 - not a dependency: whoever asks for it has it

        frame = pandas.DataFrame([list(row.values()) for row in self._rows], columns=list(self.columns))
        if self.evidence is not None:
            frame["evidence"] = list(self.evidence)
        return frame

    def __repr__(self) -> str:
        """Say how large it is."""
        return f"Table({len(self)} rows: {', '.join(self.columns)})"

    def _repr_html_(self) -> str:
        """Return the first rows as HTML, for notebooks."""
        names = (*self.columns, *(("evidence",) if self.evidence is not None else ()))
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = []
        for number, row in enumerate(self._rows[:_SHOWN]):
            cells = [cell(row[name]) for name in self.columns]
            if self.evidence is not None:
                cells.append("<br>".join(self._quoted(one) for one in self.evidence[number]))
            body.append(f"<tr>{''.join(f'<td>{one}</td>' for one in cells)}</tr>")
        more = f"<p>… {len(self) - _SHOWN} more</p>" if len(self) > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{more}"

    def _quoted(self, passage: str) -> str:
        return link(passage, self.quotes.get(passage, passage))


def cell(value: Any) -> str:  # noqa: ANN401 - whatever stands in a row
    """Return a value as HTML."""
    if value is None:
        return ""
    if isinstance(value, Iri):
        return link(value, value)
    if isinstance(value, Text) and value.language:
        return f'<span lang="{escape(value.language)}">{escape(value)}</span>'
    return escape(str(value))


def link(address: str, text: str) -> str:
    """Return a link, or only the text where the address is none that a browser should follow."""
    safe = address.lower().startswith(("http://", "https://"))
    return f'<a href="{escape(address)}">{escape(text)}</a>' if safe else escape(text)

"""Write the rows of an answer as CSV.

Duty: SPARQL's CSV, each value quoted where it must be. Level 4.5. The engine's own writer leaves an
address with a comma in it unquoted, and the address of a passage (`#char=190,242`) has one: a row
would have a column too many.
Source: https://www.w3.org/TR/sparql11-results-csv-tsv/#csv and https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import re
from typing import IO

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions

from samvirke.workers import failures

_MUST_BE_QUOTED = re.compile(r'[",\r\n]')
_AT_ONCE = 500
"""Rows that are put together before they are written."""


def write_csv(solutions: QuerySolutions, output: IO[bytes], max_rows: int) -> int:
    """Write a header and a line per row, and return the number of rows.

    Raises: AnswerTooLarge at the row after `max_rows`.
    """
    output.write((",".join(variable.value for variable in solutions.variables) + "\r\n").encode())
    rows, lines = 0, []
    for solution in solutions:
        rows += 1
        if rows > max_rows:
            raise failures.too_many_rows(max_rows)
        lines.append(",".join([_value(term) for term in solution]) + "\r\n")
        if len(lines) == _AT_ONCE:
            output.write("".join(lines).encode())
            lines.clear()
    output.write("".join(lines).encode())
    return rows


def _value(term: object) -> str:
    """A term as CSV has it: the text alone; nothing for a variable without a value."""
    if term is None:
        return ""
    if isinstance(term, NamedNode | Literal):
        text = term.value
    else:
        text = f"_:{term.value}" if isinstance(term, BlankNode) else str(term)
    return '"' + text.replace('"', '""') + '"' if _MUST_BE_QUOTED.search(text) else text

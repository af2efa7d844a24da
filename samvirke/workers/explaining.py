"""Write an answer with the evidence of its rows behind it.

Duty: the answer's bytes as they are without evidence, then the evidence as JSON, then its length
(`why.answer` takes it apart again). Level 4.5; runs inside a confined worker, within the time of the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, cast

import pyoxigraph
from pyoxigraph import QueryResultsFormat, QuerySolutions, Store

from samvirke.why import answer, matching
from samvirke.workers import failures
from samvirke.workers.csv_rows import write_csv
from samvirke.workers.request import Request
from samvirke.workers.rows import Counted

_READ_AGAIN = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
_CSV = "text/csv"


def write_explained(
    solutions: QuerySolutions,
    request: Request,
    file: IO[bytes],
    *,
    store: Store,
    ask: Callable[[str], Any],
    graphs: Sequence[str] | None,
) -> int:
    """Write rows and their evidence; `ask` evaluates on the query's dataset. Returns the number of rows."""
    if request.media_type != _CSV and request.media_type not in _READ_AGAIN:
        raise failures.no_evidence_in(request.media_type)
    held = _Held(request.max_bytes)
    variables = [variable.value for variable in solutions.variables]
    if request.media_type == _CSV:
        kept = _Kept(solutions)
        count = write_csv(cast("QuerySolutions", kept), cast("IO[bytes]", held), request.max_rows)
        rows = kept.rows
    else:
        form = _READ_AGAIN[request.media_type]
        counted = Counted(cast("IO[bytes]", held), request.media_type, request.max_rows)
        solutions.serialize(cast("IO[bytes]", counted), format=form)
        count = counted.rows
        # The engine writes rows and hands none out, so they are read from what it wrote.
        rows = list(_first(cast("QuerySolutions", pyoxigraph.parse_query_results(bytes(held.data), form))))
    evidence = matching.explain(store, request.text, variables, rows, total=count, ask=ask, graphs=graphs)
    file.write(bytes(held.data))
    file.write(answer.packed(evidence))
    return count


def _first(solutions: QuerySolutions) -> Iterator[tuple[object, ...]]:
    for _, solution in zip(range(matching.ROWS), solutions, strict=False):
        yield tuple(solution)


class _Kept:
    """Solutions on their way, the first of them kept."""

    def __init__(self, solutions: QuerySolutions) -> None:
        self._solutions = solutions
        self.variables = solutions.variables
        self.rows: list[tuple[object, ...]] = []

    def __iter__(self) -> Iterator[object]:
        for solution in self._solutions:
            if len(self.rows) < matching.ROWS:
                self.rows.append(tuple(solution))
            yield solution


class _Held:
    """A file in memory that is no larger than an answer may be."""

    def __init__(self, max_bytes: int) -> None:
        self.data = bytearray()
        self._max_bytes = max_bytes

    def write(self, data: bytes) -> int:
        if len(self.data) + len(data) > self._max_bytes:
            raise failures.too_many_bytes(self._max_bytes)
        self.data += data
        return len(data)

    def flush(self) -> None:
        """Do nothing."""

"""The pieces that a full check is made of, and what is found by all of them.

Duty: from a candidate to the findings of its shapes, each shape and each constraint in SPARQL a piece of work
of its own, so that one that never ends can be named. Level 3; changes nothing that the caller can see.
SHACL Core and the constraints in SPARQL are evaluated side by side, and what the compiled shapes leave is
pySHACL's, after them.
Source: https://www.w3.org/TR/shacl/#validation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph

from samvirke.errors import LimitError
from samvirke.gate.bounded import Piece, TooLongError, run
from samvirke.gate.compiled.compiler import compiled, targets_of
from samvirke.gate.compiled.evaluation import Evaluation, finding
from samvirke.gate.compiled.facts import Facts, Schema
from samvirke.gate.compiled.shape import Root, Shape
from samvirke.gate.compiled.values import Undecided
from samvirke.gate.shapes import Constraint, Shapes
from samvirke.gate.sparql import Row, Runner
from samvirke.gate.visible import schema_quads, visible_graphs, visible_quads
from samvirke.model import Candidate, DefaultGraph, Finding, NamedNode, Quad, Term

# A shape, its constraint, focus node, value and path, the first two by their place in memory: a fork has it, too.
_Row = tuple[int, int, str, str, str]
_REMEDY = "Write the shape so that it compares less, or give it more time with the setting check_shape_ms."


@dataclass(slots=True)
class Checking:
    """A full check of one candidate. `seconds` is the time that each shape has; 0 means for ever."""

    candidate: Candidate
    shapes: Shapes
    seconds: float = 0
    _left: set[Term] = field(default_factory=set)

    def findings(self, meanwhile: Callable[[], None] | None = None) -> Iterator[Finding]:
        """Yield what the shapes find. `meanwhile` is called when the processes are under way.

        Raises: InputError when a shape is ill-formed, LimitError with the shape that took too long.
        """
        if not self.shapes.rows:
            if meanwhile:
                meanwhile()
            return
        own = list(self.shapes.constraints())
        run_here = frozenset(one.node for one in own)
        self.shapes.refuse_graphs(run_here)
        taken = compiled(self.shapes, run_here)
        self._left = set(taken.left)
        schema = Schema.of(schema_quads(self.candidate))
        runner = Runner(self.candidate, self.shapes, visible_graphs(self.candidate))
        known: dict[int, Any] = {id(one): one for root in taken.roots for one in _parts(root.shape)}
        lanes = [self._core(taken.roots, schema), self._sparql(own, runner, schema)]
        for lane, place, rows in self._run(lanes, meanwhile):
            if lane == 0:
                for row in rows:
                    if row is None:
                        self._left.add(taken.roots[place].shape.node)
                    else:
                        yield finding(known[row[0]], known[row[1]], *row[2:])
            else:
                for row in rows:
                    yield runner.found(own[place], row)
        if self._left:
            names = ", ".join(sorted(map(self._name, self._left)))
            piece = Piece(names, lambda: self._by_pyshacl(own))
            for _, _, found in self._run([[piece]], None):
                yield from found

    def _run(
        self, lanes: Sequence[Sequence[Piece]], meanwhile: Callable[[], None] | None
    ) -> Iterator[tuple[int, int, list[Any]]]:
        try:
            yield from run(lanes, seconds=self.seconds, meanwhile=meanwhile)
        except TooLongError as error:
            raise LimitError(str(error), remedy=_REMEDY) from error

    # ------------------------------------------------------------ pieces

    def _core(self, roots: Sequence[Root], schema: Schema) -> list[Piece]:
        evaluation = Evaluation(Facts(self.candidate.store, schema))

        def rows(root: Root) -> Iterator[_Row | None]:
            made: list[_Row | None] = []
            try:
                for shape, one, node, value, path in evaluation.results(root.shape, evaluation.focus(root.targets)):
                    made.append((id(shape), id(one), node, value, path))
            except Undecided:
                made = [None]
            return iter(made)

        return [Piece(self._name(root.shape.node), lambda root=root: rows(root)) for root in roots]  # type: ignore[misc]

    def constraints(self) -> list[Piece]:
        """The constraints in SPARQL, each a piece of work."""
        schema = Schema.of(schema_quads(self.candidate))
        runner = Runner(self.candidate, self.shapes, visible_graphs(self.candidate))
        return self._sparql(list(self.shapes.constraints()), runner, schema)

    def _sparql(self, own: Sequence[Constraint], runner: Runner, schema: Schema) -> list[Piece]:
        evaluation = Evaluation(Facts(self.candidate.store, schema))

        def rows(constraint: Constraint) -> Iterator[Row]:
            if self.seconds and len(runner.graphs) > 1:
                # This is a fork, and the store its own: one graph to look into instead of a dozen.
                _merge(self.candidate.store, schema_quads(self.candidate))
                runner.graphs = (DefaultGraph(),)
            focus = evaluation.focus(targets_of(self.shapes, constraint.owner))
            return runner.rows_at(constraint, focus)

        return [Piece(self._name(one.node), lambda one=one: rows(one)) for one in own]  # type: ignore[misc]

    def _by_pyshacl(self, own: Sequence[Constraint]) -> Iterator[Finding]:
        from samvirke.gate.core import core_findings  # noqa: PLC0415 - half a second that most sites never need

        return core_findings(visible_quads(self.candidate), self.shapes, own, only=self._left)

    def _name(self, node: Term) -> str:
        """A shape or constraint as an error names it."""
        named = self.shapes.named(node)
        file = self.shapes.files.get(node, "")
        name = named.value if isinstance(named, NamedNode) else "a shape without an address"
        return f"{file}: {name}" if file else name


def _parts(shape: Shape) -> Iterator[object]:
    """A shape and its constraints, and those below it."""
    yield shape
    for one in shape.constraints:
        yield one
        for below in one.shapes:
            yield from _parts(below)


def _merge(store: pyoxigraph.Store, quads: Iterator[Quad]) -> None:
    """Lay facts over the default graph."""
    store.extend([Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads])

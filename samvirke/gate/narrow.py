"""Recheck a property shape value by value: what one new value means where a node has thousands.

Duty: of a shape whose path is one step and whose constraints look at each value for itself, or count, the
findings that a change can have made or ended, and only those. Level 3; changes nothing. Of a node that
thousands refer to (a place, a topic) only the values that changed are read, and no more of the others than
a count needs; of a value that is itself that node, whether it meets the constraints is asked once, and only
when it does not are those looked for that have it.
Source: https://www.w3.org/TR/shacl/#validation-definition
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from samvirke.gate.compiled import reads
from samvirke.gate.compiled.components import VALUES
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import Facts, Links
from samvirke.gate.compiled.paths import CLASS_OF, HERE, Path, follow
from samvirke.gate.compiled.reads import Read
from samvirke.gate.compiled.shape import Constraint, Shape, component
from samvirke.model import DefaultGraph, Literal, Quad, Triple

_HAS_VALUE = component("hasValue")
_COUNTS = frozenset((component("minCount"), component("maxCount"), _HAS_VALUE))
SINGLE = frozenset(VALUES) | _COUNTS
"""The components that can be rechecked value by value."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """How a shape is read value by value: the step of its path, and what its constraints read at each value."""

    predicate: str
    back: bool
    values: tuple[Constraint, ...]
    counts: tuple[Constraint, ...]
    reads: tuple[Read, ...]

    @classmethod
    def of(cls, shape: Shape, way: Path) -> Narrow | None:
        """Return how, or None when the shape has to be evaluated at a focus node as a whole."""
        path = shape.path
        if way != HERE or path is None or path.kind not in {"step", "^"}:
            return None
        if any(one.component not in SINGLE for one in shape.constraints):
            return None
        values = tuple(one for one in shape.constraints if one.component in VALUES)
        counts = tuple(one for one in shape.constraints if one.component in _COUNTS)
        step = path if path.kind == "step" else path.parts[0]
        return cls(step.predicate, path.kind == "^", values, counts, tuple(dict.fromkeys(_read(values))))

    @property
    def path(self) -> Path:
        """The step that leads from a focus node to its values."""
        forward = Path("step", self.predicate)
        return forward.back() if self.back else forward

    # ------------------------------------------------------------ reading

    def present(self, facts: Facts, node: str, value: str) -> bool:
        """Whether a node has a value now."""
        start, end = (value, node) if self.back else (node, value)
        subject = facts.term(start)
        if not isinstance(subject, Literal):
            quad = Quad(subject, facts.term(self.predicate), facts.term(end), DefaultGraph())  # type: ignore[arg-type]  # a property is an address
            if quad in facts.store:
                return True
        return facts.schema.holds(start, self.predicate, end)

    def counted(self, facts: Facts, node: str) -> list[str]:
        """As many values of a node as its counts need, and those that it has to have."""
        most = max((one.number for one in self.counts), default=0) + 1
        found = dict.fromkeys(first(facts, self.predicate, node, most, back=self.back))
        for one in self.counts:
            if one.component == _HAS_VALUE and self.present(facts, node, one.terms[0]):
                found[one.terms[0]] = None
        return list(found)

    def owners(self, facts: Facts, values: Collection[str]) -> Links:
        """The nodes that have one of the values, each with those."""
        owners: Links = {}
        for value, nodes in follow(self.path.back(), values, facts).items():
            for node in nodes:
                owners.setdefault(node, []).append(value)
        return owners


@dataclass(slots=True)
class Touched:
    """Where the findings of a narrow shape may be others: `pairs` of focus node and values, and single values."""

    pairs: dict[str, set[str]] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)

    def values_of(self, run: Evaluation, narrow: Narrow, shape: Shape) -> Links:
        """The values to look at now, by focus node: those that changed there, and any that break a constraint."""
        facts = run.facts
        found: Links = {}
        for node, values in self.pairs.items():
            found[node] = [value for value in values if narrow.present(facts, node, value)]
        used = {value for value in self.values if first(facts, narrow.predicate, value, 1, back=not narrow.back)}
        alone = replace(shape, constraints=narrow.values)
        written = {bare(value): value for value in used}
        broken = {written[one.value] for one in run.among(alone, {value: [value] for value in used})}
        for node, wrong in narrow.owners(facts, broken).items():
            found[node] = list(dict.fromkeys((*found.get(node, ()), *wrong)))
        return found


def _read(constraints: tuple[Constraint, ...]) -> Iterator[Read]:
    for one in constraints:
        if one.component == component("class"):
            yield from reads.of_path(CLASS_OF)
        for below in (*one.shapes, *one.others):
            yield from reads.of_shape(below)


def first(facts: Facts, predicate: str, node: str, most: int, *, back: bool = False) -> list[str]:
    """Some values of a property of a node, at most so many from the facts: all there are, where there are fewer."""
    schema = facts.schema.backward if back else facts.schema.forward
    extra = schema.get(predicate, {}).get(node, ())
    subject, value = (None, facts.term(node)) if back else (facts.term(node), None)
    if isinstance(subject, Literal):
        return list(extra)
    quads = facts.store.quads_for_pattern(subject, facts.term(predicate), value, DefaultGraph())  # type: ignore[arg-type]  # a property is an address
    ends = (quad.subject if back else quad.object for quad in islice(quads, most + len(extra)))
    return list(dict.fromkeys((*(str(end) for end in ends if not isinstance(end, Triple)), *extra)))


def bare(term: str) -> str:
    """A term as findings have it."""
    return term[1:-1] if term.startswith("<") else term

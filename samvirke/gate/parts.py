"""Shapes taken apart into what can be rechecked for itself.

Duty: from compiled shapes to parts, each with the name that its findings bear, with what it reads, and with
how its focus nodes are chosen among given nodes. Level 3; pure.
Source: https://www.w3.org/TR/shacl/#shapes
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from samvirke.gate.compiled import reads
from samvirke.gate.compiled.components import CLOSED, PROPERTY
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.paths import HERE, Path, follow
from samvirke.gate.compiled.reads import Read
from samvirke.gate.compiled.shape import Root, Shape, Targets
from samvirke.gate.narrow import SINGLE, Narrow, Touched
from samvirke.gate.reaching import Focus
from samvirke.model import Finding, Severity

Key = tuple[str, str, str]
"""What findings tell of the part they are of: its kind, the shape, and the path or the constraint."""


@dataclass(frozen=True, slots=True)
class Part:
    """Constraints of a shape that find something at the nodes that `way` leads to from the focus nodes of `targets`.

    `reads` are what it reads at such a node or, where it is `narrow`, at a value of one.
    """

    key: Key
    shape: Shape
    targets: Targets
    way: Path
    narrow: Narrow | None
    reads: tuple[Read, ...]

    def chosen(self, focus: Focus, nodes: Collection[str]) -> set[str]:
        """Those of the nodes at which it is evaluated."""
        if self.way == HERE:
            return focus.chosen(self.targets, nodes)
        owners = follow(self.way.back(), nodes, focus.facts)
        known = focus.chosen(self.targets, set().union(*owners.values()))
        return {node for node, found in owners.items() if not known.isdisjoint(found)}

    def findings(self, run: Evaluation, focus: Focus, touched: Touched) -> Iterator[Finding]:
        """Yield what it finds with the values that a change touched."""
        assert self.narrow is not None
        values = touched.values_of(run, self.narrow, self.shape)
        at = self.chosen(focus, values)
        if not at:
            return
        alone = replace(self.shape, constraints=self.narrow.values)
        yield from run.among(alone, {node: values[node] for node in at})
        if self.narrow.counts:
            counted = {node: self.narrow.counted(run.facts, node) for node in at if node in touched.pairs}
            yield from run.among(replace(self.shape, constraints=self.narrow.counts), counted)


def parts_of(roots: Iterable[Root], severities: Collection[Severity]) -> tuple[Part, ...]:
    """Take shapes apart; those that find nothing of the severities are left out."""
    found: list[Part] = []
    for root in roots:
        for whole, way in reads.parts(root.shape):
            for shape in _own(whole):
                if shape.severity in severities:
                    found += _apart(shape, root.targets, way)
    # Findings do not tell anonymous shapes apart: those of one name are read value by value together or not at all.
    by_key: defaultdict[Key, list[Part]] = defaultdict(list)
    for part in found:
        by_key[part.key].append(part)
    wide = {key for key, parts in by_key.items() if any(one.narrow is None for one in parts)}
    return tuple(dict.fromkeys(_widened(part) if part.key in wide else part for part in found))


def _own(shape: Shape) -> Iterator[Shape]:
    """Yield a shape without the property shapes in it, and those that find something at the same node."""
    yield replace(shape, constraints=tuple(one for one in shape.constraints if one.component != PROPERTY))
    if shape.path is None:
        for one in shape.constraints:
            if one.component == PROPERTY:
                yield from _own(one.shapes[0])


def _apart(shape: Shape, targets: Targets, way: Path) -> Iterator[Part]:
    kinds: dict[str, list[object]] = {}
    for one in shape.constraints:
        kind = "closed" if one.component == CLOSED else "single" if one.component in SINGLE else "core"
        kinds.setdefault(kind, []).append(one)
    for kind, constraints in kinds.items():
        part = replace(shape, constraints=tuple(constraints))  # type: ignore[arg-type]  # they are the shape's
        narrow = Narrow.of(part, way) if kind == "single" else None
        key = kind, shape.name, "" if kind == "closed" else shape.path_text
        made = Part(key, part, targets, way, narrow, ())
        yield replace(made, reads=narrow.reads) if narrow is not None else _widened(made)


def _widened(part: Part) -> Part:
    """A part that is evaluated at a focus node as a whole."""
    return replace(part, narrow=None, reads=tuple(dict.fromkeys(reads.of_shape(part.shape, here=True))))

"""What a shape reads: which facts, at which nodes, and the way from there back to the focus nodes.

Duty: from compiled shapes to an index of reads by property. Level 3; pure. A finding can only change
when a fact that its shape reads changes. Take the first such fact on the way from the focus node: all
before it stand before the change and after it, so that walking back among the facts as they are now
finds the focus node, whichever way the fact changed.
Source: https://www.w3.org/TR/shacl/#property-paths
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from samvirke.gate.compiled.components import CLOSED, PROPERTY
from samvirke.gate.compiled.paths import CLASS_OF, HERE, Path, sequence
from samvirke.gate.compiled.shape import Shape, component

ANY = ""  # stands for every property
_PAIRS = frozenset(map(component, ("equals", "disjoint", "lessThan", "lessThanOrEquals")))


@dataclass(frozen=True, slots=True)
class Read:
    """Facts of `predicate` are read at the nodes that `way` leads to: as subjects, or, with `back`, as objects."""

    way: Path
    predicate: str
    back: bool = False


def of_shape(shape: Shape, way: Path = HERE, *, here: bool = False) -> Iterator[Read]:
    """Yield what a shape reads, evaluated at the nodes that a way leads to; with `here`, for what it finds there."""
    values = way
    if shape.path is not None:
        yield from of_path(shape.path, way)
        values = sequence(way, shape.path)
    for one in shape.constraints:
        if one.component == component("class"):
            yield from of_path(CLASS_OF, values)
        elif one.component in _PAIRS:
            yield Read(way, one.terms[0])
        elif one.component == CLOSED:
            yield Read(values, ANY)
        if one.component == PROPERTY and here and shape.path is not None:
            continue
        for below in (*one.shapes, *one.others):
            yield from of_shape(below, values, here=here and one.component == PROPERTY)


def parts(shape: Shape, way: Path = HERE) -> Iterator[tuple[Shape, Path]]:
    """Yield a shape, and each property shape that finds something at value nodes, with the way to them."""
    if way == HERE or shape.path is not None:
        yield shape, way
    yield from _below(shape, way)


def _below(shape: Shape, way: Path) -> Iterator[tuple[Shape, Path]]:
    for one in shape.constraints:
        if one.component == PROPERTY:
            if shape.path is None:
                yield from _below(one.shapes[0], way)
            else:
                yield from parts(one.shapes[0], sequence(way, shape.path))


def of_path(path: Path, way: Path = HERE) -> Iterator[Read]:
    """Yield what is read to walk a path."""
    if path.kind == "step":
        yield Read(way, path.predicate)
    elif path.kind == "^":
        yield Read(way, path.parts[0].predicate, back=True)
    elif path.kind == "/":
        for place, part in enumerate(path.parts):
            yield from of_path(part, sequence(way, *path.parts[:place]))
    elif path.kind in "|?":
        for part in path.parts:
            yield from of_path(part, way)
    else:
        yield from of_path(path.parts[0], sequence(way, Path("*", parts=path.parts)))

"""Property paths of shapes: read from the shapes graph, walked for many nodes at once, and walked back.

Duty: the value nodes of focus nodes (forwards), and the focus nodes that a node may be a value of
(backwards). Level 3.
Source: https://www.w3.org/TR/shacl/#property-paths
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from samvirke.gate.compiled.facts import IS_A, SUBCLASS, Facts, Links
from samvirke.gate.shapes import Shapes
from samvirke.model import BlankNode, NamedNode, Term
from samvirke.terms import RDF, SH

_DEEPEST = 10  # pySHACL gives up a little further down


@dataclass(frozen=True, slots=True)
class Path:
    """A path: a step along `predicate`, or `kind` of other paths (^ inverse, / sequence, | choice, * + ?)."""

    kind: str
    predicate: str = ""
    parts: tuple[Path, ...] = ()

    def back(self) -> Path:
        """The path from the values to the focus nodes."""
        if self.kind == "step":
            return Path("^", parts=(self,))
        if self.kind == "^":
            return self.parts[0]
        turned = tuple(part.back() for part in self.parts)
        return Path(self.kind, parts=turned[::-1] if self.kind == "/" else turned)


def step(predicate: str) -> Path:
    """One step along a property."""
    return Path("step", predicate)


def sequence(*parts: Path) -> Path:
    """One path after the other; the empty sequence stays where it is."""
    flat = tuple(one for part in parts for one in (part.parts if part.kind == "/" else (part,)))
    return flat[0] if len(flat) == 1 else Path("/", parts=flat)


HERE = Path("/")
CLASS_OF = Path("/", parts=(step(IS_A), Path("*", parts=(step(SUBCLASS),))))


def read(shapes: Shapes, node: Term, deep: int = 0) -> Path | None:  # noqa: PLR0911 - a return for each way out
    """The path that a node of the shapes graph writes; None when it is ill-formed or pySHACL reads it otherwise."""
    if isinstance(node, NamedNode):
        return step(str(node))
    row = shapes.rows.get(node, {})
    if not isinstance(node, BlankNode) or deep > _DEEPEST:
        return None
    kinds = {SH.inversePath: "^", SH.alternativePath: "|", SH.zeroOrMorePath: "*", SH.oneOrMorePath: "+",
             SH.zeroOrOnePath: "?", RDF.first: "/"}  # fmt: skip
    found = [(kind, row[name]) for name, kind in kinds.items() if name in row]
    if len(found) != 1 or len(found[0][1]) != 1:
        return None
    kind, (inner,) = found[0]
    members: list[Term] | None = [inner]
    if kind in "/|":
        members = well_formed_list(shapes, node if kind == "/" else inner)
        if members is None or len(members) < 2:  # noqa: PLR2004 - as the standard has it
            return None
    assert members is not None
    parts = [read(shapes, member, deep + 1) for member in members]
    if not all(parts):
        return None
    whole = tuple(part for part in parts if part is not None)
    if kind == "^":
        # pySHACL walks the steps of a sequence turned round in their old order, against the standard.
        return None if _holds_sequence(whole[0]) else whole[0].back()
    return sequence(*whole) if kind == "/" else Path(kind, parts=whole)


def _holds_sequence(path: Path) -> bool:
    return path.kind == "/" or any(map(_holds_sequence, path.parts))


def well_formed_list(shapes: Shapes, head: Term) -> list[Term] | None:
    """The members of a list, or None when it is none."""
    found: list[Term] = []
    seen: set[Term] = set()
    while head != RDF.nil:
        row = shapes.rows.get(head, {})
        first, rest = row.get(RDF.first, []), row.get(RDF.rest, [])
        if head in seen or len(first) != 1 or len(rest) != 1:
            return None
        seen.add(head)
        found.append(first[0])
        head = rest[0]
    return found


# ---------------------------------------------------------------- walking


def follow(path: Path, nodes: Collection[str], facts: Facts) -> Links:
    """The values at the end of a path, by node; nodes without one are left out, each value comes once."""
    if path.kind == "step":
        return facts.step(path.predicate, nodes)
    if path.kind == "^":
        assert path.parts[0].kind == "step", "back() turns the other paths round"
        return facts.step(path.parts[0].predicate, nodes, back=True)
    if path.kind == "/":
        links: Links = {node: [node] for node in nodes}
        for part in path.parts:
            links = _onwards(links, follow(part, _ends(links), facts))
        return links
    if path.kind == "|":
        return _together(follow(part, nodes, facts) for part in path.parts)
    if path.kind == "?":
        return _together(({node: [node] for node in nodes}, follow(path.parts[0], nodes, facts)))
    return _closure(path, nodes, facts)


def _closure(path: Path, nodes: Collection[str], facts: Facts) -> Links:
    """Walk a path again and again. Each node is asked for once, for all that reach it."""
    near: Links = {}
    front: Collection[str] = set(nodes)
    while front:
        found = follow(path.parts[0], front, facts)
        near.update({node: found.get(node, []) for node in front})
        front = {value for values in found.values() for value in values if value not in near}
    links: Links = {}
    for node in nodes:
        seen = dict.fromkeys([node] if path.kind == "*" else near[node])
        waiting = list(seen)
        while waiting:
            for value in near[waiting.pop()]:
                if value not in seen:
                    seen[value] = None
                    waiting.append(value)
        if seen:
            links[node] = list(seen)
    return links


def _ends(links: Links) -> set[str]:
    return set().union(*links.values())


def _onwards(links: Links, onward: Links) -> Links:
    made: Links = {}
    for node, middle in links.items():
        if len(middle) == 1:
            if middle[0] in onward:
                made[node] = onward[middle[0]]
        elif found := dict.fromkeys(value for one in middle for value in onward.get(one, ())):
            made[node] = list(found)
    return made


def _together(many: Iterator[Links] | tuple[Links, ...]) -> Links:
    made: dict[str, dict[str, None]] = {}
    for links in many:
        for node, values in links.items():
            made.setdefault(node, {}).update(dict.fromkeys(values))
    return {node: list(values) for node, values in made.items()}

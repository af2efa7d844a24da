"""A graph of some things and their relations, laid out the same way each time.

Duty: collapse what hangs on one thing by one relation, place the rest in rows around the best connected ones, and draw
it. Level 7 (web). Three things stand in a row at most, so that labels fit the narrowest page; the things nearest to the
one in the middle stand above and below it, those behind them further out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from samvirke.web import wording
from samvirke.web.formatting import count
from samvirke.web.measures import lines_of
from samvirke.web.views.looks import class_key, linked, plain, schema_here, under
from samvirke.web.views.values import Edge, Node

if TYPE_CHECKING:
    from samvirke.schema import Schema

__all__ = ["MOST", "graph_of"]

MOST = 60
"""Things that are drawn, those that stand for many counted once."""
MANY = 3
"""More than so many things that hang on one thing by one relation, and on nothing else, are drawn as one."""
COLUMNS = (((33,), (33, 67)), ((50,), (20, 80), (17, 50, 83)))
"""Rows take turns, so that a line to a row further out passes between the things of the row before: places for one, for
two, for three things."""
NARROW = 300
"""Width in pixels of the picture on a phone: names of relations must not stand on things there."""
WIDTH = 13
"""Letters of a line of a label."""
ROW = 92
TOP = 46
LINE = 15
RELATION = 24

Folded = Callable[[str, str], str]


@dataclass(slots=True)
class _Spot:
    """A thing of the picture, or several as one, and where it is."""

    node: Node
    number: int = 1
    relation: str = ""
    x: int = 50
    y: int = 0
    above: bool = False
    beside: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Its neighbours, with the names of the relations to them."""


def graph_of(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    lang: str,
    *,
    middle: str = "",
    folded: Folded | None = None,
    schema: Schema | None = None,
) -> Markup:
    """Return a picture of a graph, "" when nothing is connected.

    `middle` is the thing to begin with, by default the one with most neighbours. `folded` says where a number of
    things leads to that are drawn as one, from the thing they hang on and the relation's name; without it nowhere.
    `schema` has the looks of the classes, by default that of the current request.
    """
    spots = _collapsed(_spots(nodes, edges), middle)
    if not any(spot.beside for spot in spots.values()):
        return Markup()
    total = len(spots)
    spots = _most(spots, middle)
    schema = schema or schema_here()
    height = _place(spots, middle)
    words = wording.words(lang)
    several = words.ngettext("Graph of %(num)s thing.", "Graph of %(num)s things.", len(spots)) % {"num": len(spots)}
    named = escape(f"{several} {words.gettext('The same stands in the table.')}")
    marks = "".join([_drawn(spot, lang, schema, folded) for spot in spots.values()])
    left = total - len(spots)
    notes = []
    if left:
        sentence = words.ngettext("%(num)s thing with fewer relations.", "%(num)s things with fewer relations.", left)
        notes.append(f"{words.gettext('Not drawn:')} {sentence % {'num': left}}")
    key = class_key(schema, [spot.node.class_iri for spot in spots.values()], lang)
    return Markup(
        f'<div class="view"><svg class="graph" height="{height:d}" role="group" aria-label="{named}">'
        f"{_lines(spots)}{_relations(spots)}\n{marks}</svg>\n{under(key, notes)}</div>\n"
    )


def _spots(nodes: Iterable[Node], edges: Iterable[Edge]) -> dict[str, _Spot]:
    """The things, each with its neighbours; a relation of a thing to itself is left to the table."""
    spots = {node.iri: _Spot(node) for node in nodes}
    for edge in edges:
        if edge.source in spots and edge.target in spots and edge.source != edge.target:
            label = plain(edge.label)
            for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
                names = spots[one].beside[other]
                if label not in names:
                    names.append(label)
    return spots


def _collapsed(spots: Mapping[str, _Spot], middle: str) -> dict[str, _Spot]:
    """The things with those as one that hang on the same thing by the same relation, and on nothing else."""
    hanging: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for iri, spot in spots.items():
        if len(spot.beside) == 1 and iri != middle:
            ((hub, names),) = spot.beside.items()
            if len(spots[hub].beside) > 1 or hub == middle:
                hanging[hub, ", ".join(names), spot.node.class_iri].append(iri)
    kept = dict(spots)
    for (hub, relation, class_iri), some in hanging.items():
        if len(some) > MANY:
            iri = f"{hub} {relation} {class_iri}"
            kept[iri] = _Spot(Node(iri, relation, "", class_iri), len(some), relation)
            kept[iri].beside[hub] = [relation]
            for one in some:
                del kept[one]
                del kept[hub].beside[one]
            kept[hub].beside[iri] = [relation]
    return kept


def _most(spots: dict[str, _Spot], middle: str) -> dict[str, _Spot]:
    """The best connected things, in the order they came in."""
    if len(spots) <= MOST:
        return spots
    order = sorted(spots, key=lambda iri: (iri != middle, -len(spots[iri].beside), -spots[iri].number))
    kept = set(order[:MOST])
    for spot in spots.values():
        spot.beside = {iri: names for iri, names in spot.beside.items() if iri in kept}
    return {iri: spot for iri, spot in spots.items() if iri in kept}


# ---------------------------------------------------------------- where


def _place(spots: Mapping[str, _Spot], middle: str) -> int:
    """Give each thing its place; return the height of the picture."""
    order = sorted(spots, key=lambda iri: (iri != middle, -len(spots[iri].beside)))
    placed: set[str] = set()
    alone = [iri for iri in order if not spots[iri].beside]
    top = 0
    for hub in order:
        if hub in placed or not spots[hub].beside:
            continue
        above, below = _layers(spots, hub, placed)
        top = _laid(spots, _rows(above), hub, _rows(below), top)
    return _laid(spots, [], "", _rows([alone]), top - ROW) if alone else top


def _layers(spots: Mapping[str, _Spot], hub: str, placed: set[str]) -> tuple[list[list[str]], list[list[str]]]:
    """What is connected with a thing, by how far off it is, in two halves: above it and below it."""
    placed.add(hub)
    ring = _grouped(spots, hub, [iri for iri in spots[hub].beside if iri not in placed])
    placed.update(ring)
    half = -(-len(ring) // 2) if len(ring) > 1 else 0
    sides: tuple[list[list[str]], list[list[str]]] = ([ring[:half]], [ring[half:]])
    for side in sides:
        while side[-1]:
            further = [iri for one in side[-1] for iri in spots[one].beside if iri not in placed]
            further = list(dict.fromkeys(further))
            placed.update(further)
            side.append(further)
    # What both sides lead to was taken by the first that came to it.
    return sides


def _grouped(spots: Mapping[str, _Spot], hub: str, ring: Sequence[str]) -> list[str]:
    """Neighbours of a thing with those of one relation beside each other."""
    first: dict[str, int] = {}
    for at, iri in enumerate(ring):
        first.setdefault(", ".join(spots[hub].beside[iri]), at)
    return sorted(ring, key=lambda iri: first[", ".join(spots[hub].beside[iri])])


def _rows(layers: Sequence[Sequence[str]]) -> list[list[str]]:
    """Layers as rows of three and two in turn, from the middle outwards."""
    rows: list[list[str]] = []
    for layer in layers:
        rest = list(layer)
        while rest:
            most = len(COLUMNS[(len(rows) + 1) % 2])
            rows.append(rest[:most])
            rest = rest[most:]
    return rows


def _laid(
    spots: Mapping[str, _Spot], above: Sequence[Sequence[str]], hub: str, below: Sequence[Sequence[str]], top: int
) -> int:
    """Place the rows above a thing, the thing, and the rows below it; return where they end."""
    y = top + TOP + ROW * len(above)
    if hub:
        spots[hub].x, spots[hub].y, spots[hub].above = 50, y, bool(above) and not below
    for rows, way in ((above, -1), (below, 1)):
        for at, row in enumerate(rows, 1):
            for iri, x in zip(row, COLUMNS[at % 2][len(row) - 1], strict=True):
                spots[iri].x, spots[iri].y, spots[iri].above = x, y + way * at * ROW, way < 0
    return y + ROW * len(below) + ROW - TOP + 20


# ---------------------------------------------------------------- drawn


def _lines(spots: Mapping[str, _Spot]) -> str:
    found = []
    for iri, spot in spots.items():
        for other in spot.beside:
            if iri < other:
                end = spots[other]
                found.append(f'<line class="e" x1="{spot.x}%" y1="{spot.y:d}" x2="{end.x}%" y2="{end.y:d}"/>')
    return "".join(found)


def _relations(spots: Mapping[str, _Spot]) -> str:
    """The names of relations: the same on lines from one thing to the same side is written once."""
    written: dict[tuple[str, str, bool], tuple[_Spot, _Spot]] = {}
    done: set[frozenset[str]] = set()
    for iri in sorted(spots, key=lambda one: -len(spots[one].beside)):
        spot = spots[iri]
        for other, names in spot.beside.items():
            end, text = spots[other], ", ".join(name for name in names if name)
            pair = frozenset((iri, other))
            if pair in done or not text or end.number > 1 or spot.number > 1:
                continue
            done.add(pair)
            written.setdefault((iri, text, end.y > spot.y), (spot, end))
    taken = [box for spot in spots.values() for box in _boxes(spot)]
    found = []
    for (_, text, _), (spot, end) in written.items():
        told = text if len(text) <= RELATION else text[: RELATION - 1].rstrip() + "…"
        half = len(told) * 3.2
        for share in (0.5, 0.62, 0.4, 0.7, 0.3):
            x, y = spot.x + (end.x - spot.x) * share, round(spot.y + (end.y - spot.y) * share)
            middle = x / 100 * NARROW
            box = (middle - half, y - 7, middle + half, y + 7)
            if not any(_cross(box, one) for one in taken):
                taken.append(box)
                found.append(f'<text class="r" x="{round(x, 1)}%" y="{y + 4:d}">{escape(told)}</text>')
                break
    return "".join(found)


_Box = tuple[float, float, float, float]


def _boxes(spot: _Spot) -> tuple[_Box, _Box]:
    """Where a thing and its label stand on a phone."""
    middle, y = spot.x / 100 * NARROW, spot.y
    words = (y - 44, y - 14) if spot.above else (y + 14, y + 46)
    return (middle - 14, y - 14, middle + 14, y + 14), (middle - 42, words[0], middle + 42, words[1])


def _cross(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _drawn(spot: _Spot, lang: str, schema: Schema, folded: Folded | None) -> str:
    look = schema.class_hint(spot.node.class_iri) if spot.node.class_iri else None
    label, href = plain(spot.node.label) or spot.node.iri, spot.node.href
    title = label
    if spot.number > 1:
        (hub,) = spot.beside or ("",)
        plural = look.plural(lang, schema.languages) if look else label
        label = f"{plain(plural)} ({count(spot.number, lang)})"
        title = f"{spot.relation}: {label}"
        href = folded(hub, spot.relation) if folded and hub else ""
    lines = lines_of(label, WIDTH, 2)
    first = spot.y - 18 - LINE * (len(lines) - 1) if spot.above else spot.y + 28
    words = "".join([f'<tspan x="0" y="{first + LINE * at:d}">{escape(line)}</tspan>' for at, line in enumerate(lines)])
    icon = look.icon if look and look.icon else "ring"
    size = 34 if spot.number > 1 or len(spot.beside) > 3 else 26  # noqa: PLR2004 - the better connected ones are larger
    mark = (
        f'<use class="hue-{look.hue if look else 0:d}" href="#i-{escape(icon)}" x="{-size // 2:d}"'
        f' y="{spot.y - size // 2:d}" width="{size:d}" height="{size:d}"/><text>{words}</text>'
    )
    return f'<svg x="{spot.x}%">{linked(href, title, mark)}</svg>'

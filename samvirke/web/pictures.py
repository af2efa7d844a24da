"""Timeline and connections: where everything is drawn.

Duty: turn an entity's rows into the geometry of two SVG pictures; `drawing` writes them.
Level 7 (web). A picture shows only what the table of facts says too, and every mark in it is a link.
No viewBox: x is a percentage of the width, y and text are pixels, so that text keeps its size.
Source: https://www.w3.org/TR/SVG2/coords.html#Units
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from samvirke.describe.entity import EntityView
from samvirke.describe.facts import Value
from samvirke.describe.rows import Part, Row
from samvirke.edtf import Kind, Precision
from samvirke.web.formatting import parsed, when
from samvirke.web.measures import DAYS, NARROW, SMALL, TICKS, Scale, fitted, lines_of, ordinal

__all__ = ["NARROW", "Bar", "Connections", "Lane", "Node", "Point", "Relation", "Timeline", "connections", "timeline"]

LANES = 12
LANE_HEIGHT = 56
AXIS_HEIGHT = 20
NEAR = 3.5
"""Points nearer than this, in percent of the width, are drawn as one with their number."""
HUB_LINE = 22
NODE_LINE = 16
PLACES = range(6)
MANY = 3
TOP = 66
DISTANCE = 102


@dataclass(frozen=True, slots=True)
class Bar:
    """A period: `x` and `width` in percent.

    `square` ends mean that only years were told, round ones that months or days were; `fade` that
    the end is open or not stated.
    """

    x: float
    width: float
    square: bool
    fade: tuple[tuple[float, float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A day, or several near each other."""

    x: float
    number: int
    title: str
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the timeline. `iri` is what the label leads to, `anchor` a place on the same page."""

    y: int
    label: str
    label_x: float
    label_end: bool
    iri: str
    anchor: str
    class_iri: str
    bar: Bar | None
    points: tuple[Point, ...]
    date: str
    date_x: float
    date_end: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture: its height, the years on its axis, its lanes."""

    height: int
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class _Told:
    """A date with what it is the date of."""

    label: str
    iri: str
    anchor: str
    class_iri: str
    text: str
    start: int
    soft_start: int
    soft_end: int
    end: int
    square: bool
    open: bool
    point: bool


def timeline(view: EntityView, lang: str) -> Timeline | None:
    """Return the timeline of a thing: its own dates, then those of what its rows name; None without any."""
    told = _told(view)
    if not told:
        return None
    years = sorted({one for each in told for one in (each.start // DAYS, (each.end - 1) // DAYS)})
    first, last = years[0], years[-1] + 1
    step = max(1, -(-(last - first) // TICKS))
    last = first + step * -(-(last - first) // step)
    scale = Scale(first * DAYS, last * DAYS)
    lanes = _lanes(told, scale, lang)
    ticks = tuple((scale.x(year * DAYS), str(year)) for year in range(first, last, step))
    height = (lanes[-1].y if lanes else 0) + LANE_HEIGHT + AXIS_HEIGHT
    return Timeline(height, ticks, lanes, str(first), str(years[-1]))


def _told(view: EntityView) -> list[_Told]:
    """The thing's own dates, then those of what its rows name, each once."""
    found = [
        one
        for text in view.own_dates
        for one in _one(Value("thing", view.title.value, iri="", class_iri=view.class_iri), text, "facts")
    ]
    seen: set[tuple[str, str]] = set()
    for row in view.rows:
        for part in row.parts:
            for value, text in _dated(part):
                # A role that lasted as long as the thing itself is not drawn again.
                if (value.iri, text) not in seen and (text in value.when or text not in view.own_dates):
                    seen.add((value.iri, text))
                    found += _one(value, text, row.id)
    return found


def _dated(part: Part) -> list[tuple[Value, str]]:
    """The things of a part with their dates: the row's own, else the thing's."""
    return [
        (value, text)
        for fact in part.facts
        for value in fact.values
        if value.kind == "thing"
        for text in fact.when or part.when or value.when
    ]


def _one(value: Value, text: str, anchor: str) -> list[_Told]:
    told = parsed(text)
    if told is None:
        return []
    begin, end = told.begin, told.end
    start = ordinal(begin.first) if begin.kind is Kind.DATE else None
    finish = ordinal(end.last) if end.kind is Kind.DATE else None
    if start is None and finish is None:
        return []
    start = finish - DAYS if start is None and finish is not None else start or 0
    finish = start if finish is None else finish
    precisions = {side.precision for side in (begin, end) if side.precision}
    square = bool(precisions & {Precision.YEAR, Precision.DECADE, Precision.CENTURY})
    return [
        _Told(
            label=value.text,
            iri=value.iri,
            anchor=anchor,
            class_iri=value.class_iri,
            text=text,
            start=start,
            soft_start=ordinal(begin.last) or start,
            soft_end=ordinal(end.first) or finish,
            end=max(finish, start) + 1,
            square=square,
            open=told.interval and end.kind is not Kind.DATE,
            point=not told.interval and precisions <= {Precision.DAY, Precision.TIME},
        )
    ]


def _lanes(told: Sequence[_Told], scale: Scale, lang: str) -> tuple[Lane, ...]:
    lanes: list[Lane] = []
    points: dict[tuple[str, str], list[_Told]] = {}
    for one in told:
        if one.point:
            points.setdefault((one.anchor, one.class_iri), []).append(one)
        else:
            lanes.append(_bar_lane(one, len(lanes), scale, lang))
    lanes += [_point_lane(some, len(lanes) + position, scale, lang) for position, some in enumerate(points.values())]
    return tuple(lanes[:LANES])


def _bar_lane(one: _Told, position: int, scale: Scale, lang: str) -> Lane:
    x, end = scale.x(one.start), scale.x(one.end)
    fade: tuple[tuple[float, float, str], ...] = ()
    if one.open:
        room = max(6.0, min(18.0, 100 - scale.x(one.soft_start)))
        begin = min(scale.x(max(one.soft_start, one.end)), 100 - 6.0)
        fade = tuple((round(begin + room * part / 3, 2), round(room / 3, 2), f".{6 - 2 * part}") for part in range(3))
        end = begin
    date = when(one.text, lang)
    label, label_x, label_end = fitted(one.label, x, end)
    date, date_x, date_end = fitted(date, x, end, SMALL)
    bar = Bar(x, round(max(end - x, 0.8), 2), one.square, fade)
    y = position * LANE_HEIGHT
    return Lane(y, label, label_x, label_end, one.iri, one.anchor, one.class_iri, bar, (), date, date_x, date_end)


def _point_lane(some: Sequence[_Told], position: int, scale: Scale, lang: str) -> Lane:
    clusters: list[list[_Told]] = []
    for one in sorted(some, key=lambda each: each.start):
        if clusters and scale.x(one.start) - scale.x(clusters[-1][-1].start) < NEAR:
            clusters[-1].append(one)
        else:
            clusters.append([one])
    points = tuple(
        Point(
            scale.x(sum(one.start for one in cluster) // len(cluster)),
            len(cluster),
            "; ".join(f"{one.label}, {when(one.text, lang)}" for one in cluster),
            cluster[0].iri if len(cluster) == 1 else "",
        )
        for cluster in clusters
    )
    first, last = some[0], max(some, key=lambda one: one.start)
    start = min(some, key=lambda one: one.start)
    single = len(some) == 1
    x, end = points[0].x, points[-1].x
    dates = when(start.text, lang) if single else f"{when(start.text, lang)} – {when(last.text, lang)}"
    label, label_x, label_end = fitted(first.label if single else "", x, end)
    date, date_x, date_end = fitted(dates, x, end, SMALL)
    iri = first.iri if single else ""
    y = position * LANE_HEIGHT
    return Lane(y, label, label_x, label_end, iri, first.anchor, first.class_iri, None, points, date, date_x, date_end)


# ---------------------------------------------------------------- connections


@dataclass(frozen=True, slots=True)
class Node:
    """A thing beside the hub, or several of one row drawn as one."""

    x: int
    y: int
    above: bool
    lines: tuple[str, ...]
    iri: str
    anchor: str
    class_iri: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Relation:
    """The name of a row, written once on its lines."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Connections:
    """The picture: the hub with its lines of text, and what is around it."""

    height: int
    hub_y: int
    hub_lines: tuple[str, ...]
    hub_width: int
    hub_height: int
    nodes: tuple[Node, ...]
    relations: tuple[Relation, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    row: Row
    values: tuple[Value, ...]


def connections(view: EntityView, rank: Callable[[str], float]) -> Connections | None:
    """Return what a thing is connected with, in up to six places around it.

    A row of many things is one place. Where there is still too much, things of the classes with the
    highest `rank` (the order of lists) are left to the table of facts.
    """
    links = _linked(view)
    for row, weight in Counter(link.row.id for link in links).items():
        if weight > MANY:
            links = _merged(links, row)
    if len(links) > len(PLACES):
        best = sorted(range(len(links)), key=lambda at: rank(links[at].values[0].class_iri))[: len(PLACES)]
        links = [links[at] for at in sorted(best)]
    if not links:
        return None
    above, below = _sides(links)
    hub_y = TOP + DISTANCE if above else TOP
    nodes = [*_nodes(above, TOP, above=True), *_nodes(below, hub_y + DISTANCE, above=False)]
    hub_lines = lines_of(view.title.value, HUB_LINE, 3)
    return Connections(
        height=max((node.y + (16 if node.above else 62) for node in nodes), default=0) if below else hub_y + 40,
        hub_y=hub_y,
        hub_lines=hub_lines,
        hub_width=min(max(max(len(one) for one in hub_lines) * 9 + 32, 110), 240),
        hub_height=18 + 19 * len(hub_lines),
        nodes=tuple(nodes),
        relations=_relations([*above, *below], nodes, hub_y),
        classes=tuple(dict.fromkeys(value.class_iri for link in links for value in link.values if value.class_iri)),
    )


def _sides(links: Sequence[_Link]) -> tuple[list[_Link], list[_Link]]:
    """Part the links in those above and below the hub; a row stays on one side where there is room."""
    rows: dict[str, list[_Link]] = {}
    for link in links:
        rows.setdefault(link.row.id, []).append(link)
    half = max(1, min(3, -(-len(links) // 2)))
    above: list[_Link] = []
    below: list[_Link] = []
    for some in sorted(rows.values(), key=len, reverse=True):  # Of two as long the first named stays first.
        side = above if len(above) + len(some) <= max(half, len(some) if not above else 0) else below
        side += some
    while len(below) > 3:  # noqa: PLR2004 - three places on a side
        above.append(below.pop(0))
    return above, below


def _nodes(links: Sequence[_Link], y: int, *, above: bool) -> list[Node]:
    """Place the links of one side from left to right."""
    columns = {1: (50,), 2: (20, 80)}.get(len(links), (17, 50, 83))
    found = []
    for link, x in zip(links, columns, strict=False):
        first, several = link.values[0], len(link.values) > 1
        found.append(
            Node(
                x=x,
                y=y,
                above=above,
                lines=lines_of(link.row.label.value if several else first.text, NODE_LINE, 2),
                iri="" if several else first.iri,
                anchor=link.row.id,
                class_iri=first.class_iri,
                number=len(link.values),
            )
        )
    return found


def _linked(view: EntityView) -> list[_Link]:
    """Each thing the rows name, once, with the first row that names it."""
    seen: set[str] = {view.iri}
    found = []
    for row in (*view.rows, *view.incoming):
        for fact in row.facts:
            for value in fact.values:
                if value.kind == "thing" and value.iri not in seen:
                    seen.add(value.iri)
                    found.append(_Link(row, (value,)))
    return found


def _merged(links: Sequence[_Link], row: str) -> list[_Link]:
    """The links with all of one row as one."""
    together = [link for link in links if link.row.id == row]
    values = tuple(value for link in together for value in link.values)
    found: list[_Link] = []
    for link in links:
        if link.row.id != row:
            found.append(link)
        elif link is together[0]:
            found.append(_Link(link.row, values))
    return found


def _relations(links: Sequence[_Link], nodes: Sequence[Node], hub: int) -> tuple[Relation, ...]:
    """Each row's name once for each side of the hub, on the line nearest the middle of its nodes."""
    sides: dict[tuple[str, int], list[Node]] = {}
    names: dict[str, str] = {}
    for link, node in zip(links, nodes, strict=False):
        sides.setdefault((link.row.id, node.y), []).append(node)
        names[link.row.id] = link.row.label.value
    found = []
    for (row, y), some in sides.items():
        middle = min(some, key=lambda node: abs(node.x - sum(one.x for one in some) / len(some)))
        share = 0.7 if middle.x != 50 else 0.48  # noqa: PLR2004 - the column of the hub
        text = names[row]
        text = text if len(text) <= 26 else text[:25].rstrip() + "…"  # noqa: PLR2004 - a label between two nodes
        if not any(node.number > 1 for node in some):
            found.append(Relation(round(50 + (middle.x - 50) * share, 1), round(hub + (y - hub) * share + 4), text))
    return tuple(found)

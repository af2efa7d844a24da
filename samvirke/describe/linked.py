"""Which things are connected with which, when they were and where they are: reads for pictures and for graph files.

Duty: trusted reads over the default graph, where each triple stands once. Level 4; runs where the store is. A detail,
which is shown inside other things, is no end of a connection: what it points at is. Everything answered stands in the
graph `VIEW`, for no passage is told here; each read has a limit.
Sources: https://www.w3.org/2003/01/geo/ · https://www.ogc.org/standards/geosparql/ · https://schema.org/GeoCoordinates
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from samvirke.describe.gathering import INCOMING, INCOMING_SCAN, OUT_LIMIT, USED, VIEW, Gatherer, Node, count
from samvirke.model import BlankNode, Literal, NamedNode, Quad
from samvirke.terms import TEMPORAL_DATATYPES, TYPE

if TYPE_CHECKING:
    from pyoxigraph import Store

    from samvirke.schema import Schema

__all__ = [
    "KEPT",
    "LATITUDES",
    "LONGITUDES",
    "POINTS",
    "below",
    "connections",
    "dated",
    "placed",
    "places_told",
    "relations",
]

KEPT = 12_000
"""Things on one side of one relation that are answered; of more, only the number."""
FOLLOWED = 1_500
"""Details of a thing that are followed to their other ends, which takes ten times as long as to name a thing."""
DATES_KEPT = 20_000
PLACES_KEPT = 5_000
AROUND = 50
"""Ends of a detail that are followed."""
_WGS84 = "http://www.w3.org/2003/01/geo/wgs84_pos#"
LATITUDES = frozenset({f"{_WGS84}lat", "https://schema.org/latitude", "http://schema.org/latitude"})
LONGITUDES = frozenset({f"{_WGS84}long", "https://schema.org/longitude", "http://schema.org/longitude"})
POINTS = frozenset({"http://www.opengis.net/ont/geosparql#asWKT"})
"""How the standards say where something is; a site's own properties count where its ontology puts them below these."""


def connections(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return what a thing is connected with. Reads: `iri`.

    Quads from and to the thing; of a detail, its type and the things that it points at. Counts of what was left out
    are told by property: `INCOMING` for what points at the thing, `USED` for what it points at.
    """
    gatherer = Gatherer(store, schema)
    node = NamedNode(parameters["iri"])
    numbers: dict[tuple[NamedNode, NamedNode], int] = {}
    cut: set[tuple[NamedNode, NamedNode]] = set()
    details: dict[Node, None] = {}
    out = islice(gatherer.merged(node, None, None), INCOMING_SCAN)
    into = islice(gatherer.merged(None, None, node), INCOMING_SCAN)
    for side, quads in ((USED, out), (INCOMING, into)):
        for quad in quads:
            other = quad.object if side is USED else quad.subject
            if quad.predicate == TYPE or not _is_node(other) or other == node:
                continue
            key = (quad.predicate, side)
            numbers[key] = numbers.get(key, 0) + 1
            detail = numbers[key] <= KEPT and gatherer.is_detail(other)
            if numbers[key] > KEPT or (detail and other not in details and len(details) >= FOLLOWED):
                cut.add(key)
                continue
            if detail:
                details[other] = None
            yield Quad(quad.subject, quad.predicate, quad.object, VIEW)
    for one in details:
        yield from _ends(gatherer, one, node)
    for predicate, side in sorted(cut, key=str):
        yield count(predicate, side, numbers[predicate, side])


def _is_node(term: Node) -> bool:
    """Whether a term is a thing: no literal and no triple."""
    return isinstance(term, (NamedNode, BlankNode))


def _ends(gatherer: Gatherer, detail: Node, node: Node) -> Iterator[Quad]:
    """The types of a detail, and the things at its other ends: those it points at, and those that point at it."""
    typed = False
    for quad in islice(gatherer.merged(detail, None, None), OUT_LIMIT):
        if quad.predicate == TYPE:
            if not typed:  # One says that it is a detail.
                yield Quad(quad.subject, TYPE, quad.object, VIEW)
            typed = True
        elif isinstance(quad.object, NamedNode) and quad.object != node and not gatherer.is_detail(quad.object):
            yield Quad(quad.subject, quad.predicate, quad.object, VIEW)
    for quad in islice(gatherer.merged(None, None, detail), AROUND):
        if quad.subject != node and not gatherer.is_detail(quad.subject):
            yield Quad(quad.subject, quad.predicate, quad.object, VIEW)


def relations(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return how some things point at others, through details, too: for files of a whole graph. Reads: `iris`.

    Through a detail, the relation is the property that leads to it, or the one by which it points at the other where
    it points at both; what is said directly is not said through a detail again.
    """
    gatherer = Gatherer(store, schema)
    for iri in parameters["iris"]:
        node, direct = NamedNode(iri), set()
        led: list[tuple[NamedNode, Node]] = []
        for quad in islice(gatherer.merged(node, None, None), OUT_LIMIT):
            if quad.predicate == TYPE or not _is_node(quad.object) or quad.object == node:
                continue
            if gatherer.is_detail(quad.object):
                led.append((quad.predicate, quad.object))
            elif isinstance(quad.object, NamedNode):
                direct.add(quad.object)
                yield Quad(node, quad.predicate, quad.object, VIEW)
        for predicate, detail in led:
            for _, end in _further(gatherer, detail, node):
                if end not in direct:
                    yield Quad(node, predicate, end, VIEW)
        for quad in islice(gatherer.merged(None, None, node), OUT_LIMIT):
            if _is_node(quad.subject) and gatherer.is_detail(quad.subject):
                for predicate, end in _further(gatherer, quad.subject, node):
                    # Both ends come to this: it is told at one of them.
                    if str(node) < str(end) and end not in direct and not _leads(gatherer, end, node, quad.subject):
                        yield Quad(node, predicate, end, VIEW)


def _further(gatherer: Gatherer, detail: Node, node: Node) -> Iterator[tuple[NamedNode, NamedNode]]:
    """The things that a detail points at, but for one, with the properties it does so by."""
    for quad in islice(gatherer.merged(detail, None, None), AROUND):
        end = quad.object
        if quad.predicate != TYPE and isinstance(end, NamedNode) and end != node and not gatherer.is_detail(end):
            yield quad.predicate, end


def _leads(gatherer: Gatherer, start: Node, node: Node, detail: Node) -> bool:
    """Whether a thing points at another, or at the detail between them."""
    return any(next(gatherer.merged(start, None, one), None) is not None for one in (node, detail))


# ---------------------------------------------------------------- when


def dated(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return the dates of things: their own, and those of details that point at no other thing."""
    del parameters
    gatherer = Gatherer(store, schema)
    kept = 0
    for predicate in _with_dates(gatherer, schema):
        for quad in gatherer.merged(None, predicate, None):
            if not _temporal(quad.object):
                continue
            for owner in _owners(gatherer, quad.subject):
                kept += 1
                if kept > DATES_KEPT:
                    yield count(VIEW, USED, kept)
                    return
                yield Quad(owner, predicate, quad.object, VIEW)


def _with_dates(gatherer: Gatherer, schema: Schema) -> list[NamedNode]:
    """The properties whose values are dates, as the first of these show."""
    found = []
    for iri in sorted({*schema.properties, *(one.path for hint in schema.classes.values() for one in hint.fields)}):
        predicate = NamedNode(iri)
        if any(_temporal(quad.object) for quad in islice(gatherer.merged(None, predicate, None), 5)):
            found.append(predicate)
    return found


def _temporal(value: Node) -> bool:
    return isinstance(value, Literal) and value.datatype in TEMPORAL_DATATYPES


def _owners(gatherer: Gatherer, node: Node, depth: int = 3) -> Iterator[NamedNode]:
    """The thing itself; of a detail, what points at it, and of one that points at a single thing alone, that."""
    if not gatherer.is_detail(node):
        if isinstance(node, NamedNode):
            yield node
        return
    if depth:
        for quad in islice(gatherer.merged(None, None, node), AROUND):
            if quad.subject != node:
                yield from _owners(gatherer, quad.subject, depth - 1)


# ---------------------------------------------------------------- where


def placed(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return the things that have coordinates, with them, and what points at each of these things.

    Coordinates may stand on a node of their own, as in schema.org and GeoSPARQL: then the thing is what points at it.
    """
    del parameters
    gatherer = Gatherer(store, schema)
    places: dict[NamedNode, None] = {}
    for predicate in (NamedNode(iri) for iri in below(schema, LATITUDES | POINTS)):
        for quad in islice(gatherer.merged(None, predicate, None), PLACES_KEPT):
            told = [quad]
            if predicate.value in below(schema, LATITUDES):
                told += [
                    one
                    for other in below(schema, LONGITUDES)
                    for one in gatherer.merged(quad.subject, NamedNode(other), None)
                ]
            for owner in _holders(gatherer, quad.subject):
                places[owner] = None
                yield from (Quad(owner, one.predicate, one.object, VIEW) for one in told)
    for place in places:
        for quad in islice(gatherer.merged(None, None, place), KEPT):
            if quad.predicate == TYPE:
                continue
            for owner in _owners(gatherer, quad.subject):
                if owner != place:
                    yield Quad(owner, quad.predicate, place, VIEW)


def below(schema: Schema, standard: frozenset[str]) -> list[str]:
    """The properties of a standard, and those that the ontology puts below one of them."""
    own = (iri for iri, hint in schema.properties.items() if standard.intersection(hint.superproperties))
    return sorted({*standard, *own})


def places_told(schema: Schema) -> bool:
    """Say whether the schema knows a property that says where something is."""
    return any(iri in schema.properties for iri in below(schema, LATITUDES | POINTS))


def _holders(gatherer: Gatherer, node: Node) -> Iterator[NamedNode]:
    """What a node with coordinates belongs to: itself, where it has a name; else what points at it."""
    names = gatherer.schema.label_nodes
    if isinstance(node, NamedNode) and any(next(gatherer.merged(node, name, None), None) for name in names):
        yield node
        return
    found = False
    for quad in islice(gatherer.merged(None, None, node), AROUND):
        for owner in _owners(gatherer, quad.subject):
            found = True
            yield owner
    if not found and isinstance(node, NamedNode):
        yield node

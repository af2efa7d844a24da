"""Where things are on a map, as the usual vocabularies say it.

Duty: from facts to degrees north and east. Level 4; pure. A place may hang on a thing as a node of its own, as
schema.org and GeoSPARQL have it.
Sources: https://www.w3.org/2003/01/geo/ · https://schema.org/geo · https://docs.ogc.org/is/22-047r1/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from samvirke.model import Literal
from samvirke.wkt import on_earth, point_in

__all__ = ["SPOKEN", "points"]

_GEO, _SCHEMA = "http://www.w3.org/2003/01/geo/wgs84_pos#", ("https://schema.org/", "http://schema.org/")
_NORTH = frozenset({f"{_GEO}lat", *(f"{one}latitude" for one in _SCHEMA)})
_EAST = frozenset({f"{_GEO}long", *(f"{one}longitude" for one in _SCHEMA)})
_TEXT = "http://www.opengis.net/ont/geosparql#asWKT"
SPOKEN = _NORTH | _EAST | {_TEXT}
"""The properties that say where something is."""
Point = tuple[float, float]


def points(
    texts: Mapping[str, tuple[list[str], list[Literal]]], links: Mapping[str, tuple[list[str], list[str]]]
) -> dict[str, Point]:
    """Return the places of things, by address. `texts` and `links` are facts by property."""
    north, east, found = _numbers(texts, _NORTH), _numbers(texts, _EAST), {}
    for subject, latitude in north.items():
        if subject in east and on_earth(latitude, east[subject]):
            found[subject] = (latitude, east[subject])
    subjects, written = texts.get(_TEXT, ((), ()))
    for subject, literal in sorted(zip(subjects, written, strict=True), key=str):
        told = point_in(literal.value)
        if told and (point := on_earth(*told)):
            found.setdefault(subject, point)
    if not found:
        return found
    nodes = {
        (subject, value)
        for subjects, values in links.values()
        for subject, value in zip(subjects, values, strict=True)
        if value in found and subject not in found and _is_node(value)
    }
    return {**found, **{subject: found[node] for subject, node in sorted(nodes, reverse=True)}}


def _is_node(address: str) -> bool:
    """Whether a place has no name of its own: it was a blank node, or is a part of what it is the place of."""
    return "/.well-known/genid/" in address or "#" in address


def _numbers(texts: Mapping[str, tuple[list[str], list[Literal]]], names: Iterable[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in sorted(names):
        subjects, literals = texts.get(name, ((), ()))
        for subject, literal in sorted(zip(subjects, literals, strict=True), key=str):
            try:
                found.setdefault(subject, float(literal.value))
            except ValueError:
                continue
    return found

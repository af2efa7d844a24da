"""Which pictures an answer can be drawn as, and what they are made of.

Duty: look at the columns of an answer – dates, degrees, things – and turn its rows into dated rows, places, or
nodes and edges for `samvirke.web.views`. Level 7; draws nothing and asks the index for names only.
Sources: https://www.w3.org/TR/sparql11-results-json/ · https://docs.ogc.org/is/22-047r1/22-047r1.html (WKT literals)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from samvirke.model import Literal, NamedNode
from samvirke.store import read_sent
from samvirke.terms import TYPE
from samvirke.web.publication import Publication
from samvirke.web.results import NUMBERS, TEMPORAL, Cell, Results, cell
from samvirke.web.views import Dated, Edge, Node, Placed
from samvirke.wkt import on_earth, point_in

__all__ = ["DRAWN", "Columns", "columns_of", "dated", "edges", "graph_of_facts", "offered", "placed"]

DRAWN = 2_000
"""Rows that a picture is made of; what it leaves out of them itself, it says."""
_LOOKED_AT = 500
_FEWEST_THINGS = 2
_WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_LATITUDE = re.compile(r"(?:.*_)?(?:lat|latitude|breddegrad|bredde)", re.IGNORECASE)
_LONGITUDE = re.compile(r"(?:.*_)?(?:lon|long|lng|longitude|længdegrad|laengdegrad|længde)", re.IGNORECASE)
_BEGIN = re.compile(r".*(?:begin|begyndelse|start|from|since|fra|first|earliest|opened)", re.IGNORECASE)
_END = re.compile(r".*(?:end|slut|until|till|to|til|last|latest|closed)", re.IGNORECASE)
Row = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """What columns hold, by their variables; "" and () where there are none.

    `begin` and `end` are a period, `point` a date; `latitude` and `longitude` are a place, or `position` is both;
    `things` have a page.
    """

    begin: str = ""
    end: str = ""
    point: str = ""
    latitude: str = ""
    longitude: str = ""
    position: str = ""
    things: tuple[str, ...] = ()


def columns_of(results: Results, publication: Publication) -> Columns:
    """Look at the first rows of an answer."""
    looked_at = results.bindings[:_LOOKED_AT]
    filled = {name: [row[name] for row in looked_at if name in row] for name in results.variables}
    dates = [name for name, terms in filled.items() if terms and all(map(_is_date, terms))]
    begin = next((name for name in dates if _BEGIN.match(name)), "")
    end = next((name for name in reversed(dates) if name != begin and _END.match(name)), "")
    if len(dates) == 2 and not (begin and end):  # noqa: PLR2004 - a period has two ends
        begin, end = dates
    latitude = next((name for name, terms in filled.items() if _LATITUDE.fullmatch(name) and _numbers(terms)), "")
    longitude = next((name for name, terms in filled.items() if _LONGITUDE.fullmatch(name) and _numbers(terms)), "")
    return Columns(
        begin=begin if end else "",
        end=end if begin else "",
        point="" if begin and end else (dates[0] if dates else ""),
        latitude=latitude if longitude else "",
        longitude=longitude if latitude else "",
        position=next((name for name, terms in filled.items() if any(map(_point, terms))), ""),
        things=tuple(name for name, terms in filled.items() if terms and _are_things(terms, publication)),
    )


def offered(results: Results, columns: Columns) -> tuple[str, ...]:
    """Return the names of the views that the columns allow, the table first."""
    if results.verdict is not None or not results.bindings:
        return ("table", "raw")
    drawn = {
        "timeline": bool(columns.point or columns.begin),
        "map": bool(columns.position or columns.latitude),
        "graph": len(columns.things) >= _FEWEST_THINGS,
    }
    return ("table", *(name for name, possible in drawn.items() if possible), "raw")


def dated(results: Results, columns: Columns, publication: Publication, lang: str) -> list[Dated]:
    """Return the rows that have a date."""
    found = []
    for row in results.bindings[:DRAWN]:
        begin, end, point = (row.get(name, {}).get("value", "") for name in (columns.begin, columns.end, columns.point))
        if begin or end or point:
            shown, iri = _subject(row, results, columns, publication, lang)
            found.append(Dated(shown.text, shown.href, _class(iri, publication), begin, end, point))
    return found


def placed(results: Results, columns: Columns, publication: Publication, lang: str) -> list[Placed]:
    """Return the places of the rows, each once, with how many rows are there."""
    counted: dict[tuple[str, str, float, float], int] = {}
    for row in results.bindings[:DRAWN]:
        where = _where(row, columns)
        if where is not None:
            shown, _ = _subject(row, results, columns, publication, lang)
            key = (shown.text, shown.href, *where)
            counted[key] = counted.get(key, 0) + 1
    return [Placed(*key, count=count) for key, count in counted.items()]


def edges(results: Results, columns: Columns, publication: Publication, lang: str) -> tuple[list[Node], list[Edge]]:
    """Return the things of the rows, and what joins the first of a row with each of the others.

    A column that holds properties names the relation; else the other's variable does, where there are several.
    """
    first, *others = columns.things
    named_by = _property_column(results, publication)
    nodes: dict[str, Node] = {}
    found: dict[Edge, None] = {}
    for row in results.bindings[:DRAWN]:
        for other in others:
            if first not in row or other not in row:
                continue
            one, two = row[first]["value"], row[other]["value"]
            for iri in (one, two):
                nodes.setdefault(iri, _node(iri, publication, lang))
            named = row.get(named_by)
            label = cell(named, publication, lang).text if named else other if len(others) > 1 else ""
            found[Edge(one, two, label)] = None
    return list(nodes.values()), list(found)


def graph_of_facts(body: bytes, publication: Publication, lang: str) -> tuple[list[Node], list[Edge]]:
    """Return the things of an answer in N-Triples and their relations.

    Read by this process: a worker of ours has written it. Left out are texts, types and blank nodes.
    """
    lines = body.split(b"\n", DRAWN)[:DRAWN]
    nodes: dict[str, Node] = {}
    found: dict[Edge, None] = {}
    labels: dict[str, str] = {}
    for quad in read_sent(b"\n".join(lines) + b"\n", format="nt", base_iri=publication.base):
        subject, value, predicate = quad.subject, quad.object, quad.predicate.value
        if not isinstance(subject, NamedNode):
            continue
        if isinstance(value, Literal) and predicate in publication.schema.label_properties:
            labels.setdefault(subject.value, value.value)
        elif isinstance(value, NamedNode) and quad.predicate != TYPE:
            for iri in (subject.value, value.value):
                nodes.setdefault(iri, _node(iri, publication, lang))
            found[Edge(subject.value, value.value, publication.schema.name(predicate, lang).value)] = None
    for iri, node in nodes.items():
        if node.label == iri and iri in labels:  # Not of this site, but named in the answer.
            nodes[iri] = replace(node, label=labels[iri])
    return list(nodes.values()), list(found)


# ---------------------------------------------------------------- columns


def _is_date(term: Mapping[str, str]) -> bool:
    return term.get("datatype", "") in TEMPORAL


def _numbers(terms: Sequence[Mapping[str, str]]) -> bool:
    return bool(terms) and all(term.get("datatype", "") in NUMBERS for term in terms)


def _are_things(terms: Sequence[Mapping[str, str]], publication: Publication) -> bool:
    """Whether a column holds addresses only, and most of them things of the site."""
    if any(term.get("type") != "uri" for term in terms):
        return False
    iris = list(dict.fromkeys(term["value"] for term in terms))[:50]
    known = sum(publication.index.shown(iri) is not None for iri in iris)
    return known * 2 >= len(iris)


def _property_column(results: Results, publication: Publication) -> str:
    """The column whose every value is a property of the schema, "" without one."""
    schema = publication.schema
    for name in results.variables:
        terms = [row[name] for row in results.bindings[:_LOOKED_AT] if name in row]
        if terms and all(str(term.get("value")) in schema.properties for term in terms):
            return name
    return ""


# ---------------------------------------------------------------- rows


def _subject(row: Row, results: Results, columns: Columns, publication: Publication, lang: str) -> tuple[Cell, str]:
    """What a row is about: its first thing, else its first words; and the thing's address."""
    for name in columns.things:
        if name in row:
            return cell(row[name], publication, lang), row[name]["value"]
    used = {columns.begin, columns.end, columns.point, columns.latitude, columns.longitude, columns.position}
    for name in results.variables:
        if name in row and name not in used:
            return cell(row[name], publication, lang), ""
    return Cell("text", next(iter(_texts(row)), "")), ""


def _texts(row: Row) -> Iterator[str]:
    return (str(term.get("value", "")) for term in row.values())


def _where(row: Row, columns: Columns) -> tuple[float, float] | None:
    """Degrees north and east, None where there are none or no such degrees."""
    if columns.position:
        found = _point(row.get(columns.position, {}))
        if found is not None or not columns.latitude:
            return found
    try:
        return on_earth(float(row[columns.latitude]["value"]), float(row[columns.longitude]["value"]))
    except (KeyError, ValueError):
        return None


def _point(term: Mapping[str, str]) -> tuple[float, float] | None:
    """The degrees of a point in WKT."""
    found = point_in(term.get("value", "")) if term.get("datatype", "") == _WKT else None
    return on_earth(*found) if found else None


def _node(iri: str, publication: Publication, lang: str) -> Node:
    shown = cell({"type": "uri", "value": iri}, publication, lang)
    return Node(iri, shown.text, shown.href, _class(iri, publication))


def _class(iri: str, publication: Publication) -> str:
    entity = publication.index.entity(iri) if iri else None
    return entity.class_iri if entity else ""

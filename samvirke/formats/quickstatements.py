"""QuickStatements, version 1: lines that a person may check and give to Wikidata. Nothing is sent anywhere.

Duty: write what Wikidata has words for – of the things that the facts say are an item there, the facts whose
property the ontology says is a property there – each with the address of its passage. Level 3; knows no property.
Source: https://www.wikidata.org/wiki/Help:QuickStatements#Command_sequence_syntax
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import IO

from samvirke.formats.about import About
from samvirke.formats.said import is_passage
from samvirke.model import Literal, NamedNode, Quad
from samvirke.terms import OWL, SKOS, XSD, Namespace

SDO = Namespace("https://schema.org/")
_SPACES = (
    "http://www.wikidata.org/entity/",
    "https://www.wikidata.org/entity/",
    "http://www.wikidata.org/prop/direct/",
    "https://www.wikidata.org/wiki/",
    "http://www.wikidata.org/wiki/",
)
_ITEM = re.compile(r"(?:https?://www\.wikidata\.org/(?:entity|wiki)/)(Q[1-9][0-9]*)")
_PROPERTY = re.compile(r"https?://www\.wikidata\.org/(?:entity/|prop/direct/|wiki/Property:)(P[1-9][0-9]*)")
_SAME = frozenset({OWL.sameAs, SKOS.exactMatch, SDO.sameAs, NamedNode("http://schema.org/sameAs")})
_REFERENCE = "S854"  # reference URL
# What would end a value or a command, and what a terminal or a reader of the lines would not see as it is.
_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_PRECISIONS = (
    (XSD.gYear, re.compile(r"([0-9]{4})"), "+{}-00-00T00:00:00Z/9"),
    (XSD.gYearMonth, re.compile(r"([0-9]{4}-[0-9]{2})"), "+{}-00T00:00:00Z/10"),
    (XSD.date, re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})"), "+{}T00:00:00Z/11"),
)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_NUMBERS = frozenset({XSD.integer, XSD.decimal})
_ADDRESS = re.compile(r'https?://[^\s"]+')


def write_quickstatements(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write the lines in order; nothing where nothing is an item of Wikidata."""
    given = list(quads)
    items = _items(given)
    sources: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    properties: dict[str, tuple[str, ...]] = {}
    for quad in given:
        subject = items.get(quad.subject.value) if isinstance(quad.subject, NamedNode) else None
        if subject is None:
            continue
        predicate = quad.predicate.value
        if predicate not in properties:
            found = (_PROPERTY.fullmatch(one) for one in about.mappings.exact(predicate, _SPACES))
            properties[predicate] = tuple(sorted({one[1] for one in found if one}))
        value = _value(quad.object, items)
        for name in properties[predicate] if value is not None else ():
            graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
            sources[subject, name, value or ""] |= {graph} if is_passage(graph) else set()
    for (subject, name, value), passages in sorted(sources.items(), key=lambda one: (_place(one[0]), sorted(one[1]))):
        references = [f'\t{_REFERENCE}\t"{passage}"' for passage in sorted(passages) if _ADDRESS.fullmatch(passage)]
        # A line holds one reference; the same statement on a further line adds to it.
        output.writelines(f"{subject}\t{name}\t{value}{reference}\n".encode() for reference in references or [""])


def _items(given: Iterable[Quad]) -> dict[str, str]:
    """Return the things that are one item of Wikidata; what is said to be two is left to people."""
    found: dict[str, set[str]] = defaultdict(set)
    for quad in given:
        for term in (quad.subject, quad.object):
            if isinstance(term, NamedNode) and (match := _ITEM.fullmatch(term.value)):
                found[term.value].add(match[1])
        if quad.predicate in _SAME and isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            if match := _ITEM.fullmatch(quad.object.value):
                found[quad.subject.value].add(match[1])
            if match := _ITEM.fullmatch(quad.subject.value):
                found[quad.object.value].add(match[1])
    return {thing: next(iter(names)) for thing, names in found.items() if len(names) == 1}


def _place(line: tuple[str, str, str]) -> tuple[int, int, str]:
    return int(line[0][1:]), int(line[1][1:]), line[2]


def _value(term: object, items: dict[str, str]) -> str | None:
    """Write a value; None for what QuickStatements has no form for."""
    if isinstance(term, NamedNode):
        return items.get(term.value)
    if not isinstance(term, Literal):
        return None
    if term.language:
        return f"{term.language}:{_quoted(term.value)}"
    for datatype, pattern, form in _PRECISIONS:
        if term.datatype == datatype:
            match = pattern.fullmatch(term.value)
            return form.format(match[1]) if match else None
    if term.datatype in _NUMBERS:
        return term.value if _NUMBER.fullmatch(term.value) else None
    return _quoted(term.value) if term.datatype in (XSD.string, XSD.anyURI) else None


def _quoted(text: str) -> str:
    """Quote a text. It ends at the last quotation mark of its column, so those within need no sign."""
    return f'"{_BREAKING.sub(" ", text).replace("||", "| |").strip()}"'

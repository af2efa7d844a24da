"""The order in which every format writes, and the prefixes a file can use.

Duty: sort and group; pure. Level 3. An order of the terms' N-Triples text is the same on every
machine; `rdf:type` comes first among a subject's facts, as people expect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from samvirke.model import DefaultGraph, Quad, Triple
from samvirke.terms import TYPE

# A safe part of PN_PREFIX (https://www.w3.org/TR/turtle/#grammar-production-PN_PREFIX), which is an NCName too.
_PREFIX = re.compile(r"[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")


def triples(quads: Iterable[Quad]) -> list[Triple]:
    """Return the triples of quads, each once, in order."""
    return sorted({quad.triple for quad in quads}, key=_by_triple)


def ordered(quads: Iterable[Quad]) -> list[Quad]:
    """Return the quads, each once: the default graph first, then graph by graph in order."""
    return sorted(set(quads), key=lambda quad: (*_graph_key(quad), *_by_triple(quad.triple)))


def graphs(quads: Iterable[Quad]) -> Iterator[tuple[str, list[Triple]]]:
    """Yield each graph's N-Triples term, empty for the default graph, with its triples in order."""
    for (_, graph), group in groupby(ordered(quads), key=_graph_key):
        yield graph, [quad.triple for quad in group]


def _graph_key(quad: Quad) -> tuple[bool, str]:
    named = not isinstance(quad.graph_name, DefaultGraph)
    return named, str(quad.graph_name) if named else ""


def _by_triple(triple: Triple) -> tuple[str, bool, str, str]:
    return str(triple.subject), triple.predicate != TYPE, str(triple.predicate), str(triple.object)


def usable(prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes that every format can declare, in the order of their names."""
    return {name: space for name, space in sorted(prefixes.items()) if space and _PREFIX.fullmatch(name)}

"""Turtle of RDF 1.2: each fact once, and a reifier for each passage whose words say it.

Duty: plain triples, and `[] rdf:reifies <<( s p o )>> ; prov:wasQuotedFrom <passage>` for each fact that
stands in a passage. Level 3. The passages' own words and modes come along as triples.
Standards: https://www.w3.org/TR/rdf12-turtle/, https://www.w3.org/TR/prov-o/#wasQuotedFrom
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import IO

import pyoxigraph
from pyoxigraph import RdfFormat

from samvirke.formats.about import About
from samvirke.formats.order import triples
from samvirke.formats.said import blank_labels, said
from samvirke.formats.turtle import declared
from samvirke.model import BlankNode, NamedNode, Quad, Triple
from samvirke.terms import PROV, RDF


def write_reified(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write the triples, each once, then the reifiers in the order of passages."""
    given = list(quads)
    passages, _ = said(given)
    taken = blank_labels(given)
    numbers = (f"q{number}" for number in count(1) if f"q{number}" not in taken)
    written: list[Triple] = triples(given)
    for passage in passages:
        for fact in passage.facts:
            reifier = BlankNode(next(numbers))
            written.append(Triple(reifier, RDF.reifies, fact))
            written.append(Triple(reifier, PROV.wasQuotedFrom, NamedNode(passage.address)))
    prefixes = declared({**about.prefixes, "rdf": str(RDF), "prov": str(PROV)}, _terms(written))
    pyoxigraph.serialize(written, output, RdfFormat.TURTLE, prefixes=prefixes)


def _terms(given: Iterable[Triple]) -> Iterable[object]:
    for triple in given:
        for term in triple:
            if isinstance(term, Triple):
                yield from term
            else:
                yield term

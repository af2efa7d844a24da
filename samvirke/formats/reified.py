"""Turtle of RDF 1.2: each fact once, and a reifier for each passage whose words say it.

Duty: plain triples, and `[] rdf:reifies <<( s p o )>> ; prov:wasQuotedFrom <passage>` for each fact that
stands in a passage. Level 3. The passages' own words and modes come along as triples.
Standards: https://www.w3.org/TR/rdf12-turtle/, https://www.w3.org/TR/prov-o/#wasQuotedFrom
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import IO

import pyoxigraph
from pyoxigraph import RdfFormat

from samvirke.formats.about import About
from samvirke.formats.order import triples
from samvirke.formats.said import Said, blank_labels, said
from samvirke.formats.turtle import declared
from samvirke.model import BlankNode, NamedNode, Quad, Triple
from samvirke.terms import PROV, RDF


def write_reified(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write the triples, each once, then the reifiers in the order of passages."""
    given = list(quads)
    passages, _ = said(given)
    prefixes = {**about.prefixes, "rdf": str(RDF), "prov": str(PROV)}
    words = (RDF.reifies, PROV.wasQuotedFrom)
    used = declared(prefixes, chain(words, (term for quad in given for term in quad)))
    written = chain(triples(given), _reifiers(passages, blank_labels(given)))
    pyoxigraph.serialize(written, output, RdfFormat.TURTLE, prefixes=used)


def _reifiers(passages: Iterable[Said], taken: set[str]) -> Iterator[Triple]:
    numbers = (f"q{number}" for number in count(1) if f"q{number}" not in taken)
    for passage in passages:
        for fact in passage.facts:
            reifier = BlankNode(next(numbers))
            yield Triple(reifier, RDF.reifies, fact)
            yield Triple(reifier, PROV.wasQuotedFrom, NamedNode(passage.address))

"""Nanopublications in TriG: each passage's facts with where they come from and whose they are.

Duty: four graphs a passage – head, assertion, provenance, publication info. Level 3. Facts that stand in no
passage are not in it. The address of a nanopublication ends in a checksum of its assertion, so one whose facts
change is another; it is not signed and is sent nowhere.
Standard: https://nanopub.net/guidelines/working_draft/, schema http://www.nanopub.org/nschema#
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

import pyoxigraph
from pyoxigraph import RdfFormat

from samvirke.formats.about import About
from samvirke.formats.order import ordered
from samvirke.formats.said import Said, said
from samvirke.formats.turtle import declared
from samvirke.model import Literal, NamedNode, Quad, Triple
from samvirke.terms import DCT, PROV, TYPE, XSD, Namespace

NP = Namespace("http://www.nanopub.org/nschema#")


def write_nanopublications(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write the nanopublications in the order of their passages."""
    passages, _ = said(quads)
    written = [quad for passage in passages for quad in _nanopublication(passage, about)]
    prefixes = {**about.prefixes, "np": str(NP), "prov": str(PROV), "dct": str(DCT), "xsd": str(XSD)}
    used = declared(prefixes, (term for quad in written for term in quad))
    pyoxigraph.serialize(written, output, RdfFormat.TRIG, prefixes=used)


def _nanopublication(passage: Said, about: About) -> Iterator[Quad]:
    address = passage.name("nanopub")
    whole = NamedNode(address)
    head, assertion, provenance, info = (
        NamedNode(f"{address}#{part}") for part in ("Head", "assertion", "provenance", "pubinfo")
    )
    source, version = NamedNode(passage.address), NamedNode(passage.version)
    parts: dict[NamedNode, list[Triple]] = {
        head: [
            Triple(whole, TYPE, NP.Nanopublication),
            Triple(whole, NP.hasAssertion, assertion),
            Triple(whole, NP.hasProvenance, provenance),
            Triple(whole, NP.hasPublicationInfo, info),
        ],
        assertion: list(passage.facts),
        provenance: [
            Triple(assertion, PROV.wasQuotedFrom, source),
            Triple(assertion, PROV.wasDerivedFrom, version),
            Triple(source, DCT.isPartOf, version),
            *passage.described,
        ],
        info: list(_info(whole, about)),
    }
    for graph, stated in parts.items():
        yield from ordered(_in(graph, stated))


def _in(graph: NamedNode, stated: Iterable[Triple]) -> Iterator[Quad]:
    for triple in stated:
        yield Quad(triple.subject, triple.predicate, triple.object, graph)


def _info(whole: NamedNode, about: About) -> Iterator[Triple]:
    """Say whose it is. There is always something: a nanopublication without such a graph is none."""
    if about.generated:
        yield Triple(whole, DCT.created, Literal(about.generated, datatype=XSD.dateTime))
    if about.licence:
        yield Triple(whole, DCT.license, NamedNode(about.licence))
    if about.base:
        yield Triple(whole, DCT.publisher, NamedNode(about.base))
    if not (about.generated or about.licence or about.base):
        yield Triple(whole, DCT.type, NP.Nanopublication)

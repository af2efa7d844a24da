"""Nanopublications in TriG: each passage's facts with where they come from and whose they are.

Duty: four graphs a passage – head, assertion, provenance, publication info. Level 3. Facts that stand in no
passage are not in it. The address of a nanopublication ends in a checksum of its assertion, so one whose facts
change is another; it is not signed and is sent nowhere.
Standard: https://nanopub.net/guidelines/working_draft/, schema http://www.nanopub.org/nschema#
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO

import pyoxigraph
from pyoxigraph import RdfFormat

from samvirke.formats.about import About
from samvirke.formats.said import Said, said
from samvirke.formats.turtle import declared
from samvirke.model import Literal, NamedNode, Quad, Triple
from samvirke.terms import DCT, PROV, TYPE, XSD, Namespace

NP = Namespace("http://www.nanopub.org/nschema#")


def write_nanopublications(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write the nanopublications in the order of their passages."""
    given = list(quads)
    passages, _ = said(given)
    prefixes = {**about.prefixes, "np": str(NP), "prov": str(PROV), "dct": str(DCT)}
    words = (NP.Nanopublication, PROV.wasQuotedFrom, DCT.isPartOf)
    # What is written is many times what is given: it is never held whole.
    used = declared(prefixes, chain(words, (term for quad in given for term in quad)))
    written = (quad for passage in passages for quad in _nanopublication(passage, about))
    pyoxigraph.serialize(written, output, RdfFormat.TRIG, prefixes=used)


def _nanopublication(passage: Said, about: About) -> Iterator[Quad]:
    address = passage.name("nanopub")
    whole = NamedNode(address)
    head, assertion, provenance, info = (
        NamedNode(f"{address}#{part}") for part in ("Head", "assertion", "provenance", "pubinfo")
    )
    source, version = NamedNode(passage.address), NamedNode(passage.version)
    yield Quad(whole, TYPE, NP.Nanopublication, head)
    yield Quad(whole, NP.hasAssertion, assertion, head)
    yield Quad(whole, NP.hasProvenance, provenance, head)
    yield Quad(whole, NP.hasPublicationInfo, info, head)
    for fact in passage.facts:
        yield Quad(fact.subject, fact.predicate, fact.object, assertion)
    yield Quad(assertion, PROV.wasDerivedFrom, version, provenance)
    yield Quad(assertion, PROV.wasQuotedFrom, source, provenance)
    about_source = {Triple(source, DCT.isPartOf, version), *passage.described}
    for triple in sorted(about_source, key=str):
        yield Quad(triple.subject, triple.predicate, triple.object, provenance)
    for triple in _info(whole, about):
        yield Quad(triple.subject, triple.predicate, triple.object, info)


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

"""What the endpoint says about itself.

Duty: the service description as RDF. Level 7. Nothing here is a promise the worker does not keep:
federated queries are not named, because they are refused.
Standard: SPARQL 1.1 Service Description, https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from io import BytesIO
from typing import IO, cast

from samvirke.formats import FORMATS
from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Term
from samvirke.terms import DCT, RDF, TYPE, VOID, XSD, Namespace
from samvirke.web.publication import Publication

__all__ = ["describe_service"]

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMAT = Namespace("http://www.w3.org/ns/formats/")
PREFIXES = {"sd": str(SD), "format": str(FORMAT), "void": str(VOID), "dct": str(DCT), "rdf": str(RDF)}
_RESULT_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "RDF_XML",
    "JSON-LD",
    "TriG",
    "N-Quads",
)


_INPUT_FORMATS = ("Turtle", "N-Triples", "RDF_XML", "JSON-LD")
"""What the graph store takes."""


def describe_service(publication: Publication, extension: str) -> bytes:
    """Return the description in the format with this extension."""
    output = BytesIO()
    FORMATS[extension].write(_quads(publication), cast("IO[bytes]", output), PREFIXES)
    return output.getvalue()


def _languages(publication: Publication) -> tuple[str, ...]:
    """The languages of SPARQL. 1.2 is what the engine knows of it: triple terms, base directions, its functions."""
    queries = ("SPARQL11Query", "SPARQL12Query")
    return (*queries, "SPARQL11Update", "SPARQL12Update") if publication.writable else queries


def _quads(publication: Publication) -> list[Quad]:
    endpoint = NamedNode(publication.links.canonical("sparql"))
    dataset, graph = BlankNode("dataset"), BlankNode("default")
    facts: list[tuple[NamedNode | BlankNode, NamedNode, Term]] = [
        (endpoint, TYPE, SD.Service),
        (endpoint, SD.endpoint, endpoint),
        *((endpoint, SD.supportedLanguage, SD.term(name)) for name in _languages(publication)),
        (endpoint, SD.feature, SD.EmptyGraphs),
        (endpoint, SD.defaultDataset, dataset),
        (endpoint, SD.availableGraphs, dataset),
        *((endpoint, SD.resultFormat, FORMAT.term(name)) for name in _RESULT_FORMATS),
        *((endpoint, SD.inputFormat, FORMAT.term(name)) for name in _INPUT_FORMATS if publication.writable),
        (dataset, TYPE, SD.Dataset),
        (dataset, SD.defaultGraph, graph),
        (graph, TYPE, SD.Graph),
    ]
    for language in publication.languages:
        title = publication.settings.get("title", {}).get(language)
        if title:
            facts.append((dataset, DCT.title, Literal(title, language=language)))
    licence = publication.settings.get("licence", {}).get("address")
    if licence:
        facts.append((dataset, DCT.license, NamedNode(licence)))
    triples = publication.manifest.get("counts", {}).get("facts")
    if isinstance(triples, int):
        facts.append((graph, VOID.triples, Literal(str(triples), datatype=XSD.integer)))
    return [Quad(*fact, DefaultGraph()) for fact in facts]

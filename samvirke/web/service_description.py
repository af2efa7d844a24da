"""What the endpoint says about itself.

Duty: the service description as RDF, from facts about the service. Level 7. Nothing here is a promise
the worker does not keep: federated queries are named only where the operator named whom they may ask, and the default
graph is not called the union of all named graphs, because the ontology's are not in it.
Standard: SPARQL 1.1 Service Description, https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from samvirke.model import BlankNode, Literal, NamedNode
from samvirke.settings import Limits
from samvirke.sparql.formats import GRAPHS, RESULTS
from samvirke.terms import DCT, RDFS, TYPE, VOID, Namespace
from samvirke.web.publication import Publication, serving
from samvirke.web.void import FORMAT, Fact, counts, described, number, write

__all__ = ["FORMAT_NAMES", "READ_ONLY", "WRITABLE", "Service", "describe_service", "service_facts"]

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_ENTAILMENT = Namespace("http://www.w3.org/ns/entailment/")
_PREFIXES = {"sd": SD, "format": FORMAT, "void": VOID, "dct": DCT, "rdfs": RDFS, "entailment": _ENTAILMENT}
FORMAT_NAMES: Mapping[str, str] = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}
"""Media type → local name in http://www.w3.org/ns/formats/."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service can do. Media types in `results` and `inputs`, terms of the standard in the rest.

    `asks` are the origins that SERVICE may ask.
    """

    languages: tuple[str, ...]
    results: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


READ_ONLY = Service(
    languages=("SPARQL11Query", "SPARQL12Query"),
    results=tuple(offer.media_type for offer in (*RESULTS, *GRAPHS)),
)
"""Queries and nothing else."""


WRITABLE = replace(
    READ_ONLY,
    languages=(*READ_ONLY.languages, "SPARQL11Update", "SPARQL12Update"),
    inputs=("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"),
    features=("EmptyGraphs",),
)
"""Updates and the graph store, too."""


def describe_service(publication: Publication, extension: str) -> bytes:
    """Return the description in the format with this extension."""
    service, pool = WRITABLE if publication.writable else READ_ONLY, serving().pool
    if pool.abroad is not None:
        service = replace(service, features=(*service.features, "BasicFederatedQuery"), asks=pool.abroad.origins)
    return write(service_facts(publication, service, pool.limits), extension, _PREFIXES)


def service_facts(publication: Publication, service: Service, limits: Limits) -> list[Fact]:
    """Turn what is known of a service into the standard's terms."""
    endpoint = NamedNode(publication.links.canonical("sparql"))
    dataset, graph = BlankNode("dataset"), BlankNode("default")
    facts: list[Fact] = [
        (endpoint, TYPE, SD.Service),
        (endpoint, SD.endpoint, endpoint),
        (endpoint, SD.defaultEntailmentRegime, _ENTAILMENT.Simple),
        *((endpoint, SD.supportedLanguage, SD.term(name)) for name in service.languages),
        *((endpoint, SD.feature, SD.term(name)) for name in service.features),
        *((endpoint, SD.resultFormat, FORMAT.term(FORMAT_NAMES[name])) for name in service.results),
        *((endpoint, SD.inputFormat, FORMAT.term(FORMAT_NAMES[name])) for name in service.inputs),
        *((endpoint, RDFS.comment, Literal(text, language="en")) for text in _limits(limits, service.asks)),
        (endpoint, SD.defaultDataset, dataset),
        (endpoint, SD.availableGraphs, dataset),
        (dataset, TYPE, SD.Dataset),
        (dataset, RDFS.seeAlso, NamedNode(publication.links.canonical(publication.links.void))),
        (dataset, SD.defaultGraph, graph),
        (graph, TYPE, SD.Graph),
        *described(dataset, publication),
    ]
    counted = counts(publication)
    if counted is None:
        return facts
    named, schema = sum(kind.graphs for kind in counted.graphs.values()), counted.graphs.get("schema")
    told = (
        f"There are {named} named graphs, not listed here: one for each passage of a document, each rule and each"
        f" ontology. <{publication.links.void_dataset}> describes them."
    )
    union = "The facts of all named graphs, stated and inferred, each once"
    if schema is not None and schema.graphs:
        union += ", without those of the ontology's graphs"
    return [
        *facts,
        (dataset, RDFS.comment, Literal(told, language="en")),
        (graph, RDFS.comment, Literal(f"{union}.", language="en")),
        (graph, VOID.triples, number(counted.triples)),
        (graph, VOID.entities, number(counted.entities)),
        (graph, VOID.distinctSubjects, number(counted.subjects)),
        (graph, VOID.distinctObjects, number(counted.objects)),
        (graph, VOID.classes, number(len(counted.classes))),
        (graph, VOID.properties, number(len(counted.properties))),
    ]


def _limits(limits: Limits, asks: tuple[str, ...]) -> tuple[str, ...]:
    """What a query may not do: nobody should have to find out by trying."""
    return (
        f"A query may run for {limits.timeout_ms / 1000:g} seconds, be {limits.query_bytes} bytes long, and give"
        f" {limits.max_rows} rows or triples and {limits.max_bytes} bytes. What is more is refused, never cut.",
        f"A query may nest brackets {limits.nesting} deep, and hold {limits.operators} operators in an expression,"
        f" {limits.triple_patterns} triple patterns in a group, {limits.unions} UNION, OPTIONAL and BIND,"
        f" and {limits.path_steps} steps in a path. One client may run {limits.concurrent_per_client} queries at once.",
        f"SERVICE asks servers at {', '.join(asks)} and no others: in {limits.federation_calls} clauses of a query,"
        f" whose answers may have {limits.federation_rows} rows and {limits.federation_bytes} bytes each, and take"
        f" {limits.federation_timeout_ms / 1000:g} seconds together. FROM of what is not in the dataset fetches"
        " nothing."
        if asks
        else "SERVICE, and FROM of what is not in the dataset, fetch nothing.",
    )

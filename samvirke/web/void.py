"""What is in the dataset, for machines that have never been here.

Duty: `/.well-known/void` – titles, licence, dumps, endpoint and true numbers, in RDF. Level 7. Counts
nothing: the numbers were counted when the generation was built, and stand in `counts.json`.
Standard: Describing Linked Datasets with VoID, https://www.w3.org/TR/void/; the address is RFC 8615's
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request

from samvirke.counts import COUNTS_FILE, Counts
from samvirke.formats import FORMATS
from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Term
from samvirke.negotiate import Offer, choose
from samvirke.sparql.formats import GRAPHS, content_type, offer_for
from samvirke.terms import DCAT, DCT, OWL, RDFS, TYPE, VOID, XSD, Namespace
from samvirke.web.data import DUMPS
from samvirke.web.headers import link, redirect, vary
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current

__all__ = [
    "FOAF",
    "FORMAT",
    "answered",
    "blueprint",
    "built_counts",
    "counts",
    "described",
    "number",
    "write",
    "written",
]

blueprint = Blueprint("void", __name__)

FORMAT = Namespace("http://www.w3.org/ns/formats/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
_PREFIXES = {"void": VOID, "dct": DCT, "foaf": FOAF, "format": FORMAT, "dcat": DCAT, "owl": OWL, "rdfs": RDFS}
_PAGE = Offer("text/html", "html", "HTML", ("application/xhtml+xml",))
_SCHEMA_DUMP = "schema.nq"
_FACT_DUMPS = ("data.nq", "default.nt")
_MOST_PARTITIONS = 500
"""Classes and properties that are listed one by one, the largest first; a generated ontology can have any number."""
_EXAMPLES = 5
_FORMATS = ("Turtle", "N-Triples", "N-Quads", "TriG", "RDF_XML", "JSON-LD")
_KINDS: Mapping[str, str] = {
    "passages": "Facts as the passages of documents state them: one named graph for each passage, named by its address",
    "stated": "Facts that were put in as data: one named graph for each file",
    "inferred": "Facts that follow from others: one named graph for each rule",
    "schema": "Ontology, shapes and lists of terms: not in the default graph",
}
Fact = tuple[NamedNode | BlankNode, NamedNode, Term]


@blueprint.get("/.well-known/void")
def void() -> Response:
    """Describe the dataset in the RDF format asked for; lead readers to the page of downloads."""
    return answered(_document)


def answered(document: Callable[[str, str], bytes]) -> Response:
    """Answer a document about the dataset: `document` writes it for a version, in the format with an extension."""
    publication = current()
    wished = request.args.get("format")
    accept = request.headers.get("Accept")
    offer = offer_for("CONSTRUCT", None, query_format=wished) if wished else choose(accept, (*GRAPHS, _PAGE))
    if offer is _PAGE:
        return redirect(303, publication.links.dataset(neutral_redirect_language()), "Accept", "Accept-Language")
    response = Response(document(publication.version, offer.extension), content_type=content_type(offer))
    vary(response, "Accept")
    link(response, publication.links.void_dataset, "describes")
    for lang in publication.languages:
        link(response, publication.links.dataset(lang), "alternate", type="text/html", hreflang=lang)
    return response


@lru_cache(maxsize=2 * len(GRAPHS))
def _document(_version: str, extension: str) -> bytes:
    """Write the description once per version and format."""
    return written(current(), extension)


def written(publication: Publication, extension: str) -> bytes:
    """Return the description of what is published in the format with this extension."""
    return write(_facts(publication), extension, _PREFIXES)


def counts(publication: Publication) -> Counts | None:
    """Return the numbers of what is answered from; None where it was written to since it was counted."""
    is_as_built = publication.version == publication.generation.version
    return built_counts(publication) if is_as_built else None


def built_counts(publication: Publication) -> Counts | None:
    """Return the numbers of the generation as it was built, for what need not be exact; None where none were taken."""
    return _read_counts(publication.directory)


@lru_cache(maxsize=2)
def _read_counts(directory: Path) -> Counts | None:
    try:
        return Counts.from_json(json.loads((directory / COUNTS_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def write(facts: Iterable[Fact], extension: str, prefixes: Mapping[str, Namespace]) -> bytes:
    """Return facts about this site in the format with this extension."""
    output = BytesIO()
    spelt = {name: str(namespace) for name, namespace in prefixes.items()}
    FORMATS[extension].write([Quad(*fact, DefaultGraph()) for fact in facts], output, spelt)
    return output.getvalue()


def number(value: int) -> Literal:
    """Return a count as VoID has it."""
    return Literal(str(value), datatype=XSD.integer)


def described(node: NamedNode | BlankNode, publication: Publication) -> list[Fact]:
    """What the settings say of the dataset: titles, descriptions, licence and publisher."""
    settings = publication.settings
    facts: list[Fact] = []
    for name, predicate in (("title", DCT.title), ("description", DCT.description)):
        texts = settings.get(name) or {}
        facts += [
            (node, predicate, Literal(texts[lang], language=lang)) for lang in publication.languages if texts.get(lang)
        ]
    licence, publisher = settings.get("licence") or {}, settings.get("publisher") or {}
    if is_iri(str(licence.get("address", ""))):
        facts.append((node, DCT.license, NamedNode(licence["address"])))
    if publisher.get("name") or publisher.get("address"):
        address = str(publisher.get("address", ""))
        agent = NamedNode(address) if is_iri(address) else BlankNode("publisher")
        facts += [(node, DCT.publisher, agent), (agent, TYPE, FOAF.Agent)]
        if publisher.get("name"):
            facts.append((agent, FOAF.name, Literal(publisher["name"])))
    return facts


def _facts(publication: Publication) -> list[Fact]:
    links = publication.links
    document, dataset = NamedNode(links.canonical(links.void)), NamedNode(links.void_dataset)
    facts: list[Fact] = [
        (document, TYPE, VOID.DatasetDescription),
        (document, FOAF.primaryTopic, dataset),
        (dataset, TYPE, VOID.Dataset),
        (dataset, FOAF.homepage, NamedNode(publication.base)),
        (dataset, VOID.sparqlEndpoint, NamedNode(links.canonical("sparql"))),
        (dataset, DCAT.version, Literal(publication.version)),
        *((dataset, VOID.feature, FORMAT.term(name)) for name in _FORMATS),
        *((dataset, VOID.dataDump, NamedNode(links.canonical(links.dump(name)))) for name in _dumps(publication)),
        *((dataset, VOID.exampleResource, NamedNode(iri)) for iri in _examples(publication)),
        (dataset, RDFS.seeAlso, NamedNode(links.canonical("changes"))),
        *described(dataset, publication),
    ]
    if publication.streams:
        facts.append((dataset, RDFS.seeAlso, NamedNode(links.canonical(links.stream))))
    if built := publication.manifest.get("built"):
        moment = Literal(str(built), datatype=XSD.dateTime)
        facts += [(document, DCT.modified, moment), (dataset, DCT.modified, moment)]
    counted = counts(publication)
    return facts if counted is None else facts + _numbers(dataset, counted, publication)


def _dumps(publication: Publication) -> list[str]:
    return [name for name in DUMPS if name in _FACT_DUMPS and (publication.directory / name).is_file()]


def _examples(publication: Publication) -> list[str]:
    """The first thing of each of the classes that readers are shown."""
    lang = publication.languages[0]
    firsts = (publication.index.members(hint.iri, lang, 0, 1) for hint in publication.schema.listed_classes())
    return list(dict.fromkeys(member.iri for some in firsts for member in some))[:_EXAMPLES]


def _numbers(dataset: NamedNode, counted: Counts, publication: Publication) -> list[Fact]:
    facts: list[Fact] = [
        (dataset, VOID.triples, number(counted.triples)),
        (dataset, VOID.entities, number(counted.entities)),
        (dataset, VOID.documents, number(counted.documents)),
        (dataset, VOID.distinctSubjects, number(counted.subjects)),
        (dataset, VOID.distinctObjects, number(counted.objects)),
        (dataset, VOID.classes, number(len(counted.classes))),
        (dataset, VOID.properties, number(len(counted.properties))),
    ]
    if not counted.elsewhere:  # It promises that every entity's address begins so.
        facts.append((dataset, VOID.uriSpace, Literal(publication.base)))
    used = {_namespace(iri) for iri in (*counted.classes, *counted.properties)}
    facts += [(dataset, VOID.vocabulary, NamedNode(iri)) for iri in sorted(used)]
    document = dataset.value.removesuffix("#dataset")
    for iri, count in _largest(counted.classes):
        part = NamedNode(f"{document}#class={quote(iri, safe='')}")
        facts += [
            (dataset, VOID.classPartition, part),
            (part, VOID.term("class"), NamedNode(iri)),
            (part, VOID.entities, number(count)),
        ]
    for iri, count in _largest(counted.properties):
        part = NamedNode(f"{document}#property={quote(iri, safe='')}")
        facts += [
            (dataset, VOID.propertyPartition, part),
            (part, VOID.property, NamedNode(iri)),
            (part, VOID.triples, number(count)),
        ]
    if max(len(counted.classes), len(counted.properties)) > _MOST_PARTITIONS:
        told = f"Of classes and of properties, the {_MOST_PARTITIONS} largest are listed."
        facts.append((dataset, RDFS.comment, Literal(told, language="en")))
    return facts + _subsets(dataset, counted, publication)


def _subsets(dataset: NamedNode, counted: Counts, publication: Publication) -> list[Fact]:
    """The kinds of named graphs, each as a subset with a number of graphs and triples."""
    facts: list[Fact] = []
    for kind, text in _KINDS.items():
        count = counted.graphs.get(kind)
        if count is None or not count.graphs:
            continue
        subset = NamedNode(f"{dataset.value.removesuffix('#dataset')}#{kind}")
        facts += [
            (dataset, VOID.subset, subset),
            (subset, TYPE, VOID.Dataset),
            (subset, VOID.triples, number(count.triples)),
            (subset, DCT.description, Literal(f"{text}. Named graphs: {count.graphs}.", language="en")),
        ]
        if kind == "schema" and (publication.directory / _SCHEMA_DUMP).is_file():
            dump = publication.links.canonical(publication.links.dump(_SCHEMA_DUMP))
            facts.append((subset, VOID.dataDump, NamedNode(dump)))
    return facts


def _largest(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_PARTITIONS]


def _namespace(iri: str) -> str:
    """The address of a term up to its local name."""
    return iri[: max(iri.rfind("#"), iri.rfind("/"), iri.rfind(":")) + 1]

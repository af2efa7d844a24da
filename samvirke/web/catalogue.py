"""The dataset as catalogues of open data list it: what harvesters read.

Duty: `/dcat` – one catalogue with the dataset, a distribution for each file and form, and the services, whole in one
answer. Level 7. States nothing of its own: names, licence and publisher are the settings', sizes and checksums the
generation's.
Standards: DCAT 3, https://www.w3.org/TR/vocab-dcat-3/; DCAT-AP 3, https://semiceu.github.io/DCAT-AP/releases/3.0.1/
"""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response

from samvirke.formats import FORMATS
from samvirke.model import BlankNode, Literal, NamedNode
from samvirke.sparql.formats import GRAPHS
from samvirke.terms import DCAT, DCT, SKOS, TYPE, VOID, XSD, Namespace
from samvirke.web import wording
from samvirke.web.data import DUMPS
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current
from samvirke.web.void import FOAF, Fact, answered, described, write

__all__ = ["blueprint", "written"]

blueprint = Blueprint("catalogue", __name__)

_SPDX = Namespace("http://spdx.org/rdf/terms#")
_VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_ADMS = Namespace("http://www.w3.org/ns/adms#")
_IANA = Namespace("https://www.iana.org/assignments/media-types/")
_EU = "http://publications.europa.eu/resource/authority/"
_FILE_TYPE = Namespace(f"{_EU}file-type/")
_ACCESS = Namespace(f"{_EU}access-right/")
_LANGUAGE = Namespace(f"{_EU}language/")
_DCATAP = Namespace("http://data.europa.eu/r5r/")
_AVAILABLE = NamedNode(f"{_EU}planned-availability/AVAILABLE")
_PREFIXES = {
    "dcat": DCAT,
    "dct": DCT,
    "foaf": FOAF,
    "spdx": _SPDX,
    "vcard": _VCARD,
    "adms": _ADMS,
    "void": VOID,
    "xsd": XSD,
    "dcatap": _DCATAP,
    "iana": _IANA,
    "file-type": _FILE_TYPE,
}
_FILE_TYPES = {
    "text/turtle": "RDF_TURTLE",
    "application/n-triples": "RDF_N_TRIPLES",
    "application/n-quads": "RDF_N_QUADS",
    "application/trig": "RDF_TRIG",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON_LD",
}
"""The file types of the Publications Office's list, which DCAT-AP asks for; by media type."""
_LANGUAGES = {
    "ar": "ARA",
    "bg": "BUL",
    "cs": "CES",
    "da": "DAN",
    "de": "DEU",
    "el": "ELL",
    "en": "ENG",
    "es": "SPA",
    "et": "EST",
    "fi": "FIN",
    "fo": "FAO",
    "fr": "FRA",
    "ga": "GLE",
    "hr": "HRV",
    "hu": "HUN",
    "is": "ISL",
    "it": "ITA",
    "kl": "KAL",
    "lt": "LIT",
    "lv": "LAV",
    "mt": "MLT",
    "nb": "NOB",
    "nl": "NLD",
    "nn": "NNO",
    "no": "NOR",
    "pl": "POL",
    "pt": "POR",
    "ro": "RON",
    "se": "SME",
    "sk": "SLK",
    "sl": "SLV",
    "sv": "SWE",
    "tr": "TUR",
    "uk": "UKR",
}
"""The Publications Office's names of languages; DCAT-AP asks for them. A language that is not here is left out."""
_PROTOCOL = NamedNode("https://www.w3.org/TR/sparql11-protocol/")
_LDES = NamedNode("https://semiceu.github.io/LinkedDataEventStreams/")
_STREAMED = "Every version of everything, to follow (LDES)"
_SHOWN_CLASSES = 20


@blueprint.get("/dcat")
def dcat() -> Response:
    """Answer the catalogue in the RDF format asked for; lead readers to the page of downloads."""
    return answered(_document)


@lru_cache(maxsize=2 * len(GRAPHS))
def _document(_version: str, extension: str) -> bytes:
    """Write the catalogue once per version and format."""
    return written(current(), extension)


def written(publication: Publication, extension: str) -> bytes:
    """Return the catalogue of what is published in the format with this extension."""
    return write(_facts(publication), extension, _PREFIXES)


def _facts(publication: Publication) -> list[Fact]:
    links = publication.links
    base = links.canonical(links.catalogue)
    catalogue, dataset = NamedNode(f"{base}#catalog"), NamedNode(links.void_dataset)
    service, record = NamedNode(f"{base}#sparql"), NamedNode(f"{base}#record")
    home = NamedNode(publication.base)
    facts: list[Fact] = [
        (catalogue, TYPE, DCAT.Catalog),
        (catalogue, FOAF.homepage, home),
        (home, TYPE, FOAF.Document),
        (catalogue, DCAT.dataset, dataset),
        (catalogue, DCAT.service, service),
        (catalogue, DCAT.record, record),
        (record, TYPE, DCAT.CatalogRecord),
        (record, FOAF.primaryTopic, dataset),
        (dataset, TYPE, DCAT.Dataset),
        (dataset, TYPE, VOID.Dataset),
        (dataset, DCT.identifier, Literal(dataset.value)),
        (dataset, DCAT.version, Literal(publication.version)),
        (dataset, DCAT.landingPage, home),
        (dataset, DCT.accessRights, _ACCESS.PUBLIC),
        (_ACCESS.PUBLIC, TYPE, DCT.RightsStatement),
        *_service(service, dataset, publication),
        *_keywords(dataset, publication),
        *_contact(dataset, publication),
    ]
    for node in (catalogue, dataset, service):
        facts += _told(node, publication)
    for node in (catalogue, dataset):
        facts += [(node, DCT.language, one) for one in _languages(publication)]
    facts += [(one, TYPE, DCT.LinguisticSystem) for one in _languages(publication)]
    if built := publication.manifest.get("built"):
        moment = Literal(str(built), datatype=XSD.dateTime)
        facts += [(node, DCT.modified, moment) for node in (catalogue, dataset, record)]
    return facts + _distributions(dataset, service, publication)


def _told(node: NamedNode, publication: Publication) -> list[Fact]:
    """The names, licence and publisher, and what stands in for those that the settings leave out.

    DCAT-AP 3 asks for a title, a description and a publisher: a site that does not say what it is about is
    described by its name, and one that names no publisher publishes itself.
    """
    settings = publication.settings
    facts = described(node, publication)
    said = {predicate for _, predicate, _ in facts}
    titles = settings.get("title") or {}
    names = [(titles[lang], lang) for lang in publication.languages if titles.get(lang)] or [(publication.base, "")]
    spelt = [Literal(text, language=lang) if lang else Literal(text) for text, lang in names]
    facts += [(node, one, text) for one in (DCT.title, DCT.description) if one not in said for text in spelt]
    if DCT.publisher not in said:
        agent = NamedNode(f"{publication.links.canonical(publication.links.catalogue)}#publisher")
        facts += [(node, DCT.publisher, agent), (agent, TYPE, FOAF.Agent), *((agent, FOAF.name, one) for one in spelt)]
    facts += [(value, TYPE, DCT.LicenseDocument) for _, predicate, value in facts if predicate == DCT.license]  # type: ignore[misc]  # `described` writes none that is not an address
    return facts


def _service(service: NamedNode, dataset: NamedNode, publication: Publication) -> list[Fact]:
    endpoint = NamedNode(publication.links.canonical("sparql"))
    return [
        (service, TYPE, DCAT.DataService),
        (service, DCAT.endpointURL, endpoint),
        (service, DCAT.endpointDescription, endpoint),  # Its service description (SPARQL 1.1 Service Description 2).
        (service, DCAT.servesDataset, dataset),
        (service, DCT.conformsTo, _PROTOCOL),
        (_PROTOCOL, TYPE, DCT.Standard),
        (service, DCT.accessRights, _ACCESS.PUBLIC),
        (_AVAILABLE, TYPE, SKOS.Concept),
        (_AVAILABLE, SKOS.prefLabel, Literal("available", language="en")),
    ]


def _keywords(dataset: NamedNode, publication: Publication) -> list[Fact]:
    """What kinds of things there are: the names of the classes that readers are shown."""
    shown = publication.schema.listed_classes()[:_SHOWN_CLASSES]
    return [
        (dataset, DCAT.keyword, Literal(text, language=lang))
        for hint in shown
        for lang in publication.languages
        if (text := hint.plural(lang, publication.languages))
    ]


def _contact(dataset: NamedNode, publication: Publication) -> list[Fact]:
    contact = str(publication.settings.get("contact") or "")
    if not is_iri(contact):
        return []
    card, name = BlankNode("contact"), _names(publication)[0]
    predicate = _VCARD.hasEmail if contact.startswith("mailto:") else _VCARD.hasURL
    return [
        (dataset, DCAT.contactPoint, card),
        (card, TYPE, _VCARD.Kind),
        (card, _VCARD.fn, Literal(name)),
        (card, predicate, NamedNode(contact)),
    ]


def _names(publication: Publication) -> list[str]:
    titles = publication.settings.get("title") or {}
    return [titles[lang] for lang in publication.languages if titles.get(lang)] or [publication.base]


def _languages(publication: Publication) -> list[NamedNode]:
    codes = (lang.partition("-")[0].lower() for lang in publication.languages)
    return [_LANGUAGE.term(_LANGUAGES[code]) for code in codes if code in _LANGUAGES]


def _distributions(dataset: NamedNode, service: NamedNode, publication: Publication) -> list[Fact]:
    """One for each file of the generation, and one for the endpoint."""
    links, facts = publication.links, list[Fact]()
    licence = str((publication.settings.get("licence") or {}).get("address", ""))
    checksums = publication.manifest.get("parts", {})
    base = links.canonical(links.catalogue)
    parts: list[NamedNode] = []
    for name, media_type in DUMPS.items():
        file = publication.directory / name
        if not file.is_file():
            continue
        part, address = NamedNode(f"{base}#{name}"), NamedNode(links.canonical(links.dump(name)))
        size = Literal(str(file.stat().st_size), datatype=XSD.nonNegativeInteger)
        parts.append(part)
        facts += [
            (part, DCAT.accessURL, address),
            (part, DCAT.downloadURL, address),
            (part, DCAT.byteSize, size),
            (part, DCAT.mediaType, _IANA.term(media_type)),
            (_IANA.term(media_type), TYPE, DCT.MediaType),
            (part, DCT.term("format"), _FILE_TYPE.term(_FILE_TYPES[media_type])),
            (_FILE_TYPE.term(_FILE_TYPES[media_type]), TYPE, DCT.MediaTypeOrExtent),
            (part, DCT.title, Literal(f"{name} – {FORMATS[name.rpartition('.')[2]].label}")),
            *((part, DCT.description, Literal(_held(name, lang), language=lang)) for lang in publication.languages),
        ]
        if checksum := checksums.get(name):
            sum_ = BlankNode(f"checksum-{len(parts)}")
            facts += [
                (part, _SPDX.checksum, sum_),
                (sum_, TYPE, _SPDX.Checksum),
                (sum_, _SPDX.algorithm, _SPDX.checksumAlgorithm_sha256),
                (_SPDX.checksumAlgorithm_sha256, TYPE, _SPDX.ChecksumAlgorithm),
                (sum_, _SPDX.checksumValue, Literal(str(checksum), datatype=XSD.hexBinary)),
            ]
    asked = NamedNode(f"{base}#asked")
    parts.append(asked)
    facts += [
        (asked, DCAT.accessURL, NamedNode(links.canonical("sparql"))),
        (asked, DCAT.accessService, service),
        (asked, DCT.title, Literal("SPARQL")),
        *(
            (asked, DCT.description, Literal(wording.words(lang).gettext("Ask with SPARQL"), language=lang))
            for lang in publication.languages
        ),
    ]
    if publication.streams:
        streamed = NamedNode(f"{base}#ldes")
        parts.append(streamed)
        facts += [
            (streamed, DCAT.accessURL, NamedNode(links.canonical(links.stream))),
            (streamed, DCT.conformsTo, _LDES),
            (_LDES, TYPE, DCT.Standard),
            (streamed, DCT.title, Literal("LDES")),
            *(
                (streamed, DCT.description, Literal(wording.words(lang).gettext(_STREAMED), language=lang))
                for lang in publication.languages
            ),
        ]
    for part in parts:
        facts += [
            (dataset, DCAT.distribution, part),
            (part, TYPE, DCAT.Distribution),
            (part, _DCATAP.availability, _AVAILABLE),
        ]
        if is_iri(licence):
            facts.append((part, DCT.license, NamedNode(licence)))
    return facts


def _held(name: str, lang: str) -> str:
    """What a file holds, in words."""
    gettext = wording.words(lang).gettext
    return {
        "data.nq": gettext("All facts, each with the address of its passage or rule"),
        "default.nt": gettext("All facts, each once, without sources"),
        "schema.nq": gettext("Ontology, shapes and lists of terms"),
        "report.ttl": gettext("The validation report"),
    }[name]

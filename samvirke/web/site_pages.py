"""The pages about the site as a whole: its files, how its facts are made, its API, its accessibility.

Duty: lay out settings, counts and files that are there. Level 7 (web). Counts nothing and reads no fact.
Source of what a citation names: https://doi.org/10.25490/a97f-egyk
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel.dates import format_date
from flask import Response, render_template

from samvirke.formats.views import ENDINGS, form_of
from samvirke.web import formatting, layout, signposts, wording
from samvirke.web.data import DUMPS
from samvirke.web.entity_pages import fields_of
from samvirke.web.formatting import stamp
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.links import is_linkable
from samvirke.web.list_pages import Tile, tiles
from samvirke.web.publication import Publication, current

__all__ = ["ENDPOINTS", "AboutContext", "AccessibilityContext", "ApiContext", "DataContext"]

_UNITS = ("kB", "MB", "GB", "TB")
_THOUSAND = 1000
_TEX = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"} | {
    sign: f"\\{sign}" for sign in "&%$#_{}"
}


def N_(text: str) -> str:
    """Mark an English text for the catalogue, where it is the key."""
    return text


@dataclass(frozen=True, slots=True)
class Dump:
    """A file that may be taken as it is."""

    name: str
    href: str
    media_type: str
    size_bytes: int
    size: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DataContext:
    """What `dataset.html` shows. `citation` and `bibtex` name the version that is published now."""

    page: Page
    dumps: tuple[Dump, ...]
    published: str
    version: str
    hash: str
    licence: Mapping[str, str]
    formats: tuple[tuple[str, str, str], ...]
    citation: str
    bibtex: str
    lists: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class AboutContext:
    """What `about.html` shows."""

    page: Page
    description: str
    published: str
    version: str
    base: str
    licence: Mapping[str, str]
    publisher: Mapping[str, str]
    contact: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address for programs: what it is for, the formats it answers, and one to try."""

    path: str
    purpose: str
    formats: str
    example: str


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What `api.html` shows."""

    page: Page
    base: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class AccessibilityContext:
    """What `accessibility.html` shows."""

    page: Page
    statement: str
    contact: str


_RDF = "Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD"
ENDPOINTS = (
    ("/id/…", N_("A thing: leads to its page or its data, by what the client accepts"), f"HTML, {_RDF}", "/id/{thing}"),
    ("/data/….ttl", N_("What is known of a thing, each fact with its passage"), _RDF, "/data/{thing}.ttl"),
    ("/sparql", N_("Queries in SPARQL 1.1, by GET or POST"), "JSON, XML, CSV, TSV, RDF", "/sparql?query=ASK%7B%7D"),
    ("/rdf-graph-store", N_("A named graph: a passage, a rule, a file"), _RDF, "/rdf-graph-store?default"),
    ("/queries/…", N_("A stored question with its parameters"), "HTML, CSV, TSV, JSON, XML", "/queries/"),
    ("/search", N_("Things by name, documents by sentence"), "HTML", "/search?q=a"),
    ("/suggest", N_("Names that begin with what was typed"), "OpenSearch Suggestions (JSON)", "/suggest?q=a"),
    ("/ontology", N_("All terms, with shapes and lists"), f"HTML, {_RDF}", "/ontology"),
    ("/validation", N_("What the check found"), "HTML, Turtle, CSV, JSON, SARIF", "/validation?format=csv"),
    ("/dump/…", N_("The whole data set as files"), "N-Quads, N-Triples", "/dump/default.nt"),
    ("/context.jsonld", N_("The names that framed JSON-LD uses, with what they mean"), "JSON-LD", "/context.jsonld"),
    ("/changes", N_("What was written, the newest first"), "HTML, Atom", "/changes?format=atom"),
    ("/changes/ldes", N_("Every version of everything, to follow (LDES)"), "TriG, N-Quads, JSON-LD", "/changes/ldes"),
    ("/.well-known/void", N_("The data set described for machines"), _RDF, "/.well-known/void?format=ttl"),
    ("/dcat", N_("The entry for catalogues of open data (DCAT-AP)"), _RDF, "/dcat?format=ttl"),
    (
        "/linkset",
        N_("Where a page leads: name, data, files, licence (FAIR Signposting)"),
        "Linkset (JSON, text)",
        "/linkset?format=json",
    ),
    ("/reconcile", N_("Names of a table matched with things, for OpenRefine"), "JSON", "/reconcile"),
    ("/openapi.json", N_("All these addresses described for programs (OpenAPI)"), "JSON", "/openapi.json"),
    ("/sitemap.xml", N_("Every page"), "XML", "/sitemap.xml"),
    ("/healthz, /readyz", N_("Whether the server lives, and can answer"), "JSON", "/readyz"),
)
"""Path, purpose, formats, and an address to try; `{thing}` stands for the name of one of the things."""


def dataset(lang: str) -> Response:
    """Show the files of the whole data set, how to cite it, and how to get the rest."""
    publication = current()
    name = wording.words(lang).gettext("Download everything")
    dumps = _dumps(publication, lang)
    citation, bibtex = cited(publication, lang)
    context = DataContext(
        page=layout.frame(
            lang=lang,
            path="/data",
            title=name,
            crumbs=[Crumb(name)],
            data_links=[DataLink(one.media_type, one.href) for one in dumps],
            json_ld=layout.json_ld(_as_dataset(publication, lang, dumps)),
        ),
        dumps=dumps,
        published=stamp(publication.generation.version, lang),
        version=publication.version,
        hash=publication.hash,
        licence=publication.settings.get("licence") or {},
        # A profile is an address, too long for a line of a small screen.
        formats=tuple(
            (ending, form_of(ending).label, form_of(ending).media_type.partition(";")[0]) for ending in ENDINGS
        ),
        citation=citation,
        bibtex=bibtex,
        lists=tiles(publication, lang),
    )
    page = render_template("dataset.html", **fields_of(context))
    return signposts.signposted(page, signposts.of_dataset(publication))


def _as_dataset(publication: Publication, lang: str, dumps: tuple[Dump, ...]) -> dict[str, object]:
    """Return the data set as search engines read it (https://schema.org/Dataset)."""
    day = formatting.moment_of(publication.generation.version)
    licence = str((publication.settings.get("licence") or {}).get("address") or "")
    found = {
        "@context": {"@vocab": "https://schema.org/"},
        "@type": "Dataset",
        "@id": publication.links.void_dataset,
        "name": layout.site_title(publication, lang),
        "description": layout.described(publication, lang, layout.site_title(publication, lang)),
        "inLanguage": lang,
        "url": publication.links.canonical(publication.links.dataset(lang)),
        "version": publication.version,
        "dateModified": f"{day:%Y-%m-%d}" if day else "",
        "license": licence,
        "distribution": [
            {
                "@type": "DataDownload",
                "name": one.name,
                "contentUrl": publication.links.canonical(one.href),
                "encodingFormat": one.media_type,
                "contentSize": f"{one.size_bytes} B",
                "sha256": one.sha256,
            }
            for one in dumps
        ],
    }
    return {name: value for name, value in found.items() if value}


def _dumps(publication: Publication, lang: str) -> tuple[Dump, ...]:
    checksums = publication.manifest.get("parts", {})
    found = []
    for file, media_type in DUMPS.items():
        path = publication.directory / file
        if path.is_file():
            size = path.stat().st_size
            told = str(checksums.get(file, ""))
            found.append(Dump(file, publication.links.dump(file), media_type, size, size_in_words(size, lang), told))
    return tuple(found)


def size_in_words(size_bytes: int, lang: str) -> str:
    """Return a size with its unit: "71 kB", "1,4 MB"."""
    if size_bytes < _THOUSAND:
        return f"{size_bytes} B"
    size, unit = float(size_bytes), "B"
    for bigger in _UNITS:
        if size < _THOUSAND:
            break
        size, unit = size / _THOUSAND, bigger
    rounded = f"{size:.0f}" if size >= 100 or unit == "kB" else f"{size:.1f}"  # noqa: PLR2004 - three figures are enough
    return f"{formatting.number(rounded, lang)}\N{NO-BREAK SPACE}{unit}"


def cited(publication: Publication, lang: str) -> tuple[str, str]:
    """Return how the data set is cited, as a sentence and as BibTeX."""
    gettext = wording.words(lang).gettext
    title = layout.site_title(publication, lang)
    publisher = str((publication.settings.get("publisher") or {}).get("name") or "")
    licence = publication.settings.get("licence") or {}
    name = publication.version.partition("-")[2] or publication.version
    day = formatting.moment_of(publication.generation.version)
    date = format_date(day, "long", formatting.locale(lang)) if day else ""
    address = publication.base + "data"
    parts = (publisher, title, gettext("Data set"), gettext("Version %(name)s") % {"name": name}, date, address)
    sentence = ". ".join(part for part in parts if part) + "."
    rows = {
        "title": title,
        "author": f"{{{tex(publisher)}}}" if publisher else "",
        "year": str(day.year) if day else "",
        "month": str(day.month) if day else "",
        "version": name,
        "url": address,
        "note": str(licence.get("name") or licence.get("address") or ""),
    }
    raw = {"author", "url"}
    body = "".join(f"  {row} = {{{value if row in raw else tex(value)}}},\n" for row, value in rows.items() if value)
    key = re.sub(r"[^a-z0-9]+", "-", publication.base.casefold().partition("://")[2]).strip("-")
    return sentence, f"@misc{{{key}-{name},\n{body}}}"


def tex(text: str) -> str:
    """Return a text in which TeX finds no command."""
    return "".join(_TEX.get(sign, sign) for sign in text)


def about(lang: str) -> str:
    """Show how the facts are made, who publishes them, and under which licence."""
    publication = current()
    settings = publication.settings
    name = wording.words(lang).gettext("About the data")
    context = AboutContext(
        page=layout.frame(lang=lang, path="/about", title=name, crumbs=[Crumb(name)]),
        description=layout.in_language(settings.get("description", ""), lang, publication.languages),
        published=stamp(publication.version, lang),
        version=publication.version,
        base=publication.base,
        licence=settings.get("licence") or {},
        publisher=settings.get("publisher") or {},
        contact=_contact(publication),
        counts=publication.manifest.get("counts", {}),
    )
    return render_template("about.html", **fields_of(context))


def _contact(publication: Publication) -> str:
    contact = str(publication.settings.get("contact") or "")
    return contact if is_linkable(contact) else ""


def api(lang: str) -> str:
    """Show the addresses for programs."""
    publication = current()
    gettext = wording.words(lang).gettext
    first = next((one for one in publication.index.everything(lang) if _named_here(publication, one.iri)), None)
    thing = (publication.links.local(first.iri) or "").removeprefix("id/") if first else ""
    endpoints = [
        Endpoint(path, gettext(purpose), formats, example.replace("{thing}", thing))
        for path, purpose, formats, example in ENDPOINTS
        if thing or "{thing}" not in example
    ]
    context = ApiContext(
        page=layout.frame(
            lang=lang,
            path="/api",
            title="API",
            description=gettext("The addresses at which programs get the data, with their formats."),
            crumbs=[Crumb("API")],
            data_links=[DataLink("text/turtle", publication.links.void)],
        ),
        base=publication.base,
        endpoints=tuple(endpoints),
    )
    return render_template("api.html", **fields_of(context))


def _named_here(publication: Publication, iri: str) -> bool:
    local = publication.links.local(iri) or ""
    return local.startswith("id/") and re.fullmatch(r"id/[\w.-]+", local) is not None


def accessibility(lang: str) -> str:
    """Say what was done so that everyone can read the pages, what is missing, and where the statement is."""
    publication = current()
    name = wording.words(lang).gettext("Accessibility")
    statement = str(publication.settings.get("accessibility_statement") or "")
    context = AccessibilityContext(
        page=layout.frame(lang=lang, path="/accessibility", title=name, crumbs=[Crumb(name)]),
        statement=statement if is_linkable(statement) else "",
        contact=_contact(publication),
    )
    return render_template("accessibility.html", **fields_of(context))

"""What machines that visit a site ask for first: robots, sitemap, health, statements.

Duty: small fixed answers about the site as a whole. Level 7.
Sources: https://www.rfc-editor.org/rfc/rfc9309 · https://www.sitemaps.org/protocol.html ·
https://www.rfc-editor.org/rfc/rfc9116
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response

from samvirke import __version__
from samvirke.errors import NotFound, SamvirkeError
from samvirke.web.headers import NOT_KEPT, redirect
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.layout import in_language
from samvirke.web.links import is_linkable
from samvirke.web.publication import Publication, current, published_at, serving

__all__ = ["blueprint"]

blueprint = Blueprint("robots", __name__)

_LARGEST_SITEMAP = 50_000
"""Addresses in one file; the protocol allows no more."""
_DISALLOWED = (
    "/sparql",
    "/rdf-graph-store",
    "/reconcile",
    "/*/reconcile",
    "/*/sparql?",
    "/*/sparql/",
    "/q/",
    "/*/search?",
    "/*/suggest?",
    "/*/class/*?",
    "/*/graph",
    "/*/id/*/graph",
    "/*/map?",
    "/*/timeline?",
    "/*/timeline.svg",
    "/*/map.svg",
    "/*/class/*.csv",
    "/*/class/*.json",
    "/*/class/*.xlsx",
    "/*/queries/*?",
    "/queries/",
    "/thing?",
    "/*/thing?",
)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Keep robots off what never ends: queries, searches, narrowed lists."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _DISALLOWED), f"Sitemap: {current().base}sitemap.xml"]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """List every page that has a lasting address, or the parts of the list when it is long."""
    publication, addresses = current(), _addresses(current())
    parts = -(-len(addresses) // _per_part(publication))
    if parts <= 1:
        return _sitemap(publication, addresses)
    entries = "".join(
        f"<sitemap><loc>{escape(publication.base)}sitemap-{part}.xml</loc></sitemap>" for part in range(1, parts + 1)
    )
    return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>')


@blueprint.get("/sitemap-<int:part>.xml")
def sitemap_part(part: int) -> Response:
    """One part of a long list."""
    publication = current()
    size = _per_part(publication)
    found = _addresses(publication)[(part - 1) * size : part * size] if part else []
    if not found:
        raise NotFound("The list of pages has no such part.")
    return _sitemap(publication, found)


def _per_part(publication: Publication) -> int:
    return _LARGEST_SITEMAP // len(publication.languages)


def _addresses(publication: Publication) -> list[dict[str, str]]:
    """Each page once, as its address in every language."""
    links, languages = publication.links, publication.languages
    pages = [links.home, links.queries, links.about, links.ontology, links.validation, links.dataset, links.api]
    pages.append(links.timeline)
    found = [{lang: page(lang) for lang in languages} for page in pages]
    for hint in publication.schema.listed_classes():
        found.append({lang: links.class_list(hint.iri, lang) for lang in languages})
    for name in sorted(publication.queries):
        found.append({lang: links.query(name, lang) for lang in languages})
    for member in publication.index.everything():
        if links.local(member.iri) is not None and "#" not in member.iri:
            found.append({lang: links.page(member.iri, lang) for lang in languages})
    return found


def _sitemap(publication: Publication, addresses: list[dict[str, str]]) -> Response:
    modified = published_at(publication)
    stamp = f"<lastmod>{modified:%Y-%m-%d}</lastmod>" if modified else ""
    base, entries = publication.base, []
    for page in addresses:
        twins = "".join(
            f'<xhtml:link rel="alternate" hreflang={quoteattr(lang)} href={quoteattr(base + path.lstrip("/"))}/>'
            for lang, path in page.items()
        )
        for path in page.values():
            entries.append(f"<url><loc>{escape(base + path.lstrip('/'))}</loc>{stamp}{twins}</url>")
    return _xml(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
        + "\n".join(entries)
        + "</urlset>"
    )


def _xml(body: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n', content_type="application/xml; charset=utf-8")


@blueprint.get("/healthz")
def health() -> Response:
    """Say that the process answers; nothing is looked at."""
    return _state({"status": "ok", "software": __version__}, 200)


@blueprint.get("/readyz")
def ready() -> Response:
    """Say whether there is something to answer from, and workers to ask."""
    try:
        publication = current()
        serving().pool.read("labels", iris=[])
    except SamvirkeError as error:
        return _state({"status": "not ready", "reason": error.message}, 503)
    return _state({"status": "ready", "generation": publication.version, "software": __version__}, 200)


def _state(body: dict[str, str], status: int) -> Response:
    response = Response(json.dumps(body) + "\n", status, content_type="application/json")
    response.headers["Cache-Control"] = NOT_KEPT
    return response


@blueprint.get("/was")
def accessibility_statement() -> Response:
    """Lead to the operator's accessibility statement; without one, to what the site says of it itself."""
    publication = current()
    address = str(publication.settings.get("accessibility_statement") or "")
    if is_linkable(address):
        return redirect(303, address)
    return redirect(303, publication.links.accessibility(neutral_redirect_language()), "Accept-Language")


@blueprint.get("/.well-known/security.txt")
def security() -> Response:
    """Say where to report a weakness, if the operator says where."""
    publication = current()
    contact = str(publication.settings.get("contact") or "")
    if not is_linkable(contact):
        raise NotFound("The operator of this site has named no contact.")
    expires = (published_at(publication) or datetime.now(UTC)) + timedelta(days=365)
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(publication.languages)}",
        f"Canonical: {publication.base}.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/llms.txt")
def llms() -> Response:
    """Tell language models what is here and how to ask for it with its passages (https://llmstxt.org/)."""
    publication = current()
    links, lang = publication.links, publication.languages[-1] if "en" not in publication.languages else "en"
    settings = publication.settings
    title = in_language(settings.get("title", ""), lang, publication.languages) or publication.base
    about = in_language(settings.get("description", ""), lang, publication.languages)
    lines = [
        f"# {title}",
        *(["", f"> {about}"] if about else []),
        "",
        "Every fact here was read from a document and carries the address of the words it was read from"
        " (`…#char=from,to`). Quote them and give the address. What is not told here is not known here.",
        "",
        "## Data",
        "",
        f"- [Query endpoint]({links.canonical('/sparql')}): SPARQL 1.1, reads only; `explain=evidence` adds passages",
        f"- [Dataset]({links.canonical(links.void)}): classes, properties and numbers, in RDF",
        f"- [Downloads]({links.canonical(links.dataset(lang))}): everything in files",
        f"- [Ontology]({links.canonical(links.ontology(lang))}): what the terms mean",
        "- Each thing's address answers RDF, too: ask with `Accept: text/turtle`",
        "- Model Context Protocol: `samvirke mcp` beside a copy of the site",
        "",
        "## Lists",
        "",
    ]
    for hint in publication.schema.listed_classes():
        count = publication.index.count(hint.iri)
        if count:
            name = hint.plural(lang, publication.languages)
            lines.append(f"- [{name}]({links.canonical(links.class_list(hint.iri, lang))}): {count}")
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/favicon.ico")
def icon() -> Response:
    """Lead to the icon: some clients ask for this address whatever the page says."""
    return redirect(303, current().links.static("icon.svg"))

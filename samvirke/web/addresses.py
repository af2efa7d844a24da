"""Addresses that stand for things, not for pages: each leads on.

Duty: `/id/…`, `/document/…`, the vocabularies and the language-neutral twins of pages answer 303 by
`Accept` and `Accept-Language`. Level 7; knows no class, and answers no description itself but where
a named graph has only one address.
Source: https://www.w3.org/TR/cooluris/#r303gendocument
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from samvirke.errors import NotFound
from samvirke.negotiate import Offer, choose
from samvirke.search import Entity
from samvirke.terms import CORE_GRAPH
from samvirke.web.data import DESCRIPTIONS, RDF, describe, find, graphs
from samvirke.web.headers import link, redirect, vary
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.publication import current, serving
from samvirke.web.report_files import OFFERS, report_file

__all__ = ["HTML", "blueprint", "see_other"]

blueprint = Blueprint("addresses", __name__)

HTML = Offer("text/html", "html", aliases=("application/xhtml+xml",))
_PATH = "/:@!$&'()*+,;=~-._"
_ANYTHING = "addresses.anything"


@blueprint.get("/")
def front() -> Response:
    """Lead to the front page in the client's language."""
    links = current().links
    response = _to_page(links.home)
    link(response, links.void, "describedby", type="text/turtle")
    return response


@blueprint.get("/id/<path:name>")
def thing(name: str) -> Response:
    """Lead from a thing to its page or its data."""
    return _term(f"id/{name}") or _to_thing(find(f"id/{name}"))


@blueprint.get("/document/<path:name>")
def document(name: str) -> Response:
    """Lead from a document or a version to its page or its data. A passage is a fragment: it never reaches us."""
    return _to_thing(find(f"document/{name}"))


@blueprint.get("/thing")
def thing_elsewhere() -> Response:
    """Lead to the page or the data of a thing whose address is not below the base."""
    iri, form = request.args.get("address", ""), request.args.get("format")
    found = serving().entity(iri)
    if found is None:
        raise NotFound("Nothing has that address.", remedy="Search for its name.")
    if form is not None:
        return describe(choose(None, DESCRIPTIONS, query_format=form), iri)
    return _to_thing(found)


@blueprint.get("/class/<path:name>")
@blueprint.get("/about")
@blueprint.get("/accessibility")
@blueprint.get("/data")
@blueprint.get("/documents")
@blueprint.get("/search")
@blueprint.get("/graph")
@blueprint.get("/timeline")
@blueprint.get("/suggest")
@blueprint.get("/help/", defaults={"name": ""})
@blueprint.get("/help/<path:name>")
def page_twin(name: str = "") -> Response:
    """Lead from the neutral address of a page to the page in the client's language."""
    del name
    return _to_page(_same_path)


@blueprint.get("/rule/<path:name>")
def rule(name: str) -> Response:
    """Lead to the page of a rule, or answer what the rule inferred: its address is the name of that graph."""
    return _page_or_graphs(_same_path, f"{current().base}rule/{name}")


@blueprint.get("/validation")
def validation() -> Response:
    """Lead to the page of the gate's report, or answer the report itself in one of its formats."""
    offer = choose(request.headers.get("Accept"), (HTML, *OFFERS), query_format=request.args.get("format"))
    if offer is HTML:
        return _to_page(_same_path, "Accept")
    vary(response := report_file(offer), "Accept")
    return response


@blueprint.get("/ontology")
def ontology() -> Response:
    """Lead to the page of the ontology, or answer all of it."""
    publication = current()
    return _page_or_graphs(publication.links.ontology, *publication.manifest.get("schema_graphs", ()))


@blueprint.get("/<path:local>")
def anything(local: str) -> Response:
    """Lead from any other address below the base: a vocabulary, a named graph, a thing named outside `/id/`."""
    publication = current()
    if (twin := _other_slash(f"/{local}")) is not None:
        return redirect(308, _quoted(twin))
    schema_graphs = publication.manifest.get("schema_graphs", ())
    found = [iri for iri in publication.links.candidates(local) if iri in schema_graphs]
    if local == "core":
        found = [CORE_GRAPH.value]
    if found:
        return _page_or_graphs(publication.links.ontology, *found)
    if local.startswith("graph/"):
        return graphs(publication.links.candidates(local))
    if things := [iri for name in publication.links.candidates(local) for iri in publication.index.within(name)]:
        return _document_of(things)
    return _term(local) or _to_thing(find(local))


def _term(local: str) -> Response | None:
    """Lead from the address of a term that is no thing with a page to its place on the page of the ontology.

    Programs get the whole ontology: what a term means stands in what is said of the others.
    """
    publication = current()
    schema, links = publication.schema, publication.links
    known = [iri for iri in links.candidates(local) if iri in schema.terms and schema.terms[iri].kind != "shape"]
    iri = next((one for one in known if serving().entity(one) is None), None)
    if iri is None or iri.startswith(f"{publication.base}rule/"):
        return None
    return _page_or_graphs(lambda lang: links.ontology(lang, iri), *publication.manifest.get("schema_graphs", ()))


def _document_of(things: list[str]) -> Response:
    """Lead from the document that things are fragments of to the page of the first, or answer them all as data.

    Source: https://www.w3.org/TR/cooluris/#hashuri
    """
    links = current().links
    wanted = choose(request.headers.get("Accept"), (HTML, *RDF), query_format=request.args.get("format"))
    if wanted is HTML:
        return see_other(lambda lang: links.page(things[0], lang), _with_format)
    vary(response := describe(wanted, *things), "Accept")
    return response


def _other_slash(path: str) -> str | None:
    """The path with its closing slash taken off, or put on, when a page has that address and not this one."""
    twin = path.rstrip("/") if path.endswith("/") else f"{path}/"
    routes = current_app.url_map.bind("localhost")
    try:
        endpoint, arguments = routes.match(twin or "/", method="GET")
    except HTTPException:
        return None
    known = arguments.get("lang") is None or arguments["lang"] in current().languages
    return twin if endpoint != _ANYTHING and known else None


def _same_path(lang: str) -> str:
    """The page at the same path in a language; what was asked for stays."""
    query = quote(request.query_string, safe=_PATH + "?%")
    return f"/{lang}{_quoted(request.path)}" + (f"?{query}" if query else "")


def _quoted(path: str) -> str:
    return quote(path, safe=_PATH)


def _with_format(extension: str) -> str:
    return f"{_quoted(request.path)}?format={extension}"


def _to_page(page: Callable[[str], str], *varies: str) -> Response:
    """303 to a page in the client's language."""
    return redirect(303, page(neutral_redirect_language()), "Accept-Language", *varies)


def _to_thing(found: Entity | Response) -> Response:
    if isinstance(found, Response):
        return found
    links = current().links
    if found.successor is not None:
        return redirect(301, links.identifier(found.successor))
    return see_other(lambda lang: links.page(found.iri, lang), lambda extension: links.data(found.iri, extension))


def _page_or_graphs(page: Callable[[str], str], *iris: str) -> Response:
    wanted = choose(request.headers.get("Accept"), (HTML, *RDF), query_format=request.args.get("format"))
    return see_other(page, _with_format) if wanted is HTML else graphs(iris)


def see_other(page: Callable[[str], str], data: Callable[[str], str]) -> Response:
    """303 to a page or to data, whichever the client accepts; both are named in `Link`.

    `page` makes an address from a language, `data` one from a format's extension.
    """
    form = choose(request.headers.get("Accept"), (HTML, *RDF), query_format=request.args.get("format"))
    target = page(neutral_redirect_language()) if form is HTML else data(form.extension)
    response = redirect(303, target, "Accept", "Accept-Language")
    for lang in current().languages:
        link(response, page(lang), "alternate", type="text/html", hreflang=lang)
    for offer in RDF:
        link(response, data(offer.extension), "describedby", type=offer.media_type)
    return response

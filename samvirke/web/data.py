"""Addresses of things, and what is known about them as data.

Duty: `/id/…` and the other neutral addresses answer 303 by `Accept` and `Accept-Language`;
`/data/…` answers with the description itself. Level 7. What a description holds is decided in
`describe`, how it is spelt in `formats`; nothing here knows a class.
Source: https://www.w3.org/TR/cooluris/#r303gendocument
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO

from flask import Blueprint, Response, request, send_file

from samvirke.errors import Gone, NotAcceptable, NotFound
from samvirke.formats import FORMATS
from samvirke.model import DefaultGraph, NamedNode, Quad
from samvirke.negotiate import Offer, choose
from samvirke.search import Entity
from samvirke.terms import CORE_GRAPH
from samvirke.web.headers import link, vary
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current, serving

__all__ = ["HTML", "RDF", "as_rdf", "blueprint", "neighbour_labels", "see_other"]

blueprint = Blueprint("data", __name__)

HTML = Offer("text/html", "html", aliases=("application/xhtml+xml",))
RDF: tuple[Offer, ...] = tuple(
    Offer(
        form.media_type,
        extension,
        form.label,
        aliases={"ttl": ("application/x-turtle",), "nt": ("text/plain",), "rdf": ("application/xml", "text/xml")}.get(
            extension, ("application/json",) if extension == "jsonld" else ()
        ),
    )
    for extension, form in FORMATS.items()
)
LARGEST_GRAPH = 200_000
"""Quads of one named graph that are answered at once; whoever wants more takes the dump."""
_LABELLED = 500
DUMPS: Mapping[str, str] = {
    "data.nq": "application/n-quads",
    "default.nt": "application/n-triples",
    "schema.nq": "application/n-quads",
    "report.ttl": "text/turtle",
}
"""Files of a generation that may be taken as they are, and their media types."""


# ---------------------------------------------------------------- neutral addresses


@blueprint.get("/")
def front() -> Response:
    """Lead to the front page in the client's language."""
    return _to_page(current().links.home)


@blueprint.get("/id/<path:name>")
def thing(name: str) -> Response:
    """Lead from a thing to its page or its data."""
    return _to_entity(f"id/{name}")


@blueprint.get("/document/<path:name>")
def document(name: str) -> Response:
    """Lead from a document or a version to its page or its data. A passage is a fragment: it never reaches us."""
    return _to_entity(f"document/{name}")


@blueprint.get("/thing")
def thing_elsewhere() -> Response:
    """Lead to the page or the data of a thing whose address is not below the base."""
    iri, form = request.args.get("address", ""), request.args.get("format")
    if current().index.entity(iri) is None:
        raise NotFound("Nothing has that address.", remedy="Search for its name.")
    if form is not None:
        return describe(iri, choose(None, RDF, query_format=form))
    return see_other(lambda lang: current().links.page(iri, lang), lambda offer: current().links.data(iri, offer))


@blueprint.get("/class/<path:name>")
@blueprint.get("/rule/<path:name>")
@blueprint.get("/about")
@blueprint.get("/data")
@blueprint.get("/documents")
@blueprint.get("/search")
@blueprint.get("/help/", defaults={"name": ""})
@blueprint.get("/help/<path:name>")
def page_twin(name: str = "") -> Response:
    """Lead from the neutral address of a page to the page in the client's language."""
    del name
    if request.path.startswith("/rule/"):
        graph = current().base + request.path.lstrip("/")
        return see_other(_same_path, _with_format) if _wants_page() else _graphs((graph,))
    return _to_page(_same_path)


@blueprint.get("/validation")
def validation() -> Response:
    """Lead to the page of the gate's report, or answer the report itself."""
    offer = choose(
        request.headers.get("Accept"),
        (HTML, Offer("text/turtle", "ttl", aliases=("application/x-turtle",))),
        query_format=request.args.get("format"),
    )
    if offer is HTML:
        return _to_page(_same_path, "Accept")
    vary(response := dump("report.ttl"), "Accept")
    return response


@blueprint.get("/ontology")
def ontology() -> Response:
    """Lead to the page of the ontology, or answer all of it."""
    if _wants_page():
        return see_other(current().links.ontology, _with_format)
    return _graphs(tuple(sorted(current().schema.ontologies)))


@blueprint.get("/<path:local>")
def anything(local: str) -> Response:
    """Lead from any other address below the base: a vocabulary, a named graph, a thing named outside `/id/`."""
    publication = current()
    graphs = [iri for iri in publication.links.candidates(local) if _is_schema(publication, iri)]
    if local == "core":
        graphs = [CORE_GRAPH.value]
    if graphs:
        return see_other(publication.links.ontology, _with_format) if _wants_page() else _graphs(graphs)
    if local.startswith("graph/") and not _wants_page():
        return _graphs(publication.links.candidates(local))
    return _to_entity(local)


def _is_schema(publication: Publication, iri: str) -> bool:
    known = publication.schema.ontologies
    return iri in known or f"{iri}#" in known or f"{iri}/" in known or iri.startswith(f"{publication.base}schema/")


def _wants_page() -> bool:
    offer = choose(request.headers.get("Accept"), (HTML, *RDF), query_format=request.args.get("format"))
    return offer is HTML


def _same_path(lang: str) -> str:
    """The page at the same path in a language; what was asked for stays."""
    query = request.query_string.decode("ascii", "replace")
    return f"/{lang}{_quoted(request.path)}" + (f"?{query}" if query else "")


def _quoted(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - the one place outside `links` that repeats a client's path

    return quote(path, safe="/:@!$&'()*+,;=~-._")


def _with_format(extension: str) -> str:
    return f"{_quoted(request.path)}?format={extension}"


def _to_page(page: Callable[[str], str], *varies: str) -> Response:
    """303 to a page in the client's language."""
    return _redirect(303, page(neutral_redirect_language()), "Accept-Language", *varies)


def _redirect(status: int, target: str, *varies: str) -> Response:
    response = Response(f"{target}\n", status, {"Location": target}, content_type="text/plain; charset=utf-8")
    vary(response, *varies)
    return response


def see_other(page: Callable[[str], str], data: Callable[[str], str]) -> Response:
    """303 to a page or to data, whichever the client accepts; both are named in `Link`.

    `page` makes an address from a language, `data` one from a format's extension.
    """
    form = choose(request.headers.get("Accept"), (HTML, *RDF), query_format=request.args.get("format"))
    target = page(neutral_redirect_language()) if form is HTML else data(form.extension)
    response = _redirect(303, target, "Accept", "Accept-Language")
    for lang in current().languages:
        link(response, page(lang), "alternate", type="text/html", hreflang=lang)
    for offer in RDF:
        link(response, data(offer.extension), "describedby", type=offer.media_type)
    return response


# ---------------------------------------------------------------- things


def _to_entity(local: str) -> Response:
    publication = current()
    found = _entity(publication, local)
    if isinstance(found, Response):
        return found
    links = publication.links
    if found.successor is not None:
        return _redirect(301, links.identifier(found.successor))
    return see_other(lambda lang: links.page(found.iri, lang), lambda extension: links.data(found.iri, extension))


def _entity(publication: Publication, local: str, make: Callable[[str], str] | None = None) -> Entity | Response:
    """Find the thing at a path below the base; a redirect when the path is another spelling of its address.

    `make` writes the address a redirect leads to, by default the thing's own.
    Raises: NotFound; Gone with the successor when the thing is withdrawn.
    """
    for iri in publication.links.candidates(local):
        found = publication.index.entity(iri)
        if found is not None:
            if found.withdrawn:
                raise Gone("This has been withdrawn.", successor=found.successor)
            return found
    # Addresses are lower case with æ→ae ø→oe å→aa and no closing slash: what differs only in that means the same.
    for iri in publication.links.candidates(local.rstrip("/")):
        meant = publication.index.like(iri)
        if meant is not None:
            return _redirect(301, (make or publication.links.identifier)(meant))
    raise NotFound("Nothing has this address.", remedy="Search for its name.")


@blueprint.get("/data/<path:name>")
def data(name: str) -> Response:
    """Answer the description of a thing in the format its extension names; without one, lead to a format."""
    publication = current()
    stem, dot, extension = name.rpartition(".")
    links = publication.links
    if not dot or extension not in FORMATS:
        found = _thing_of_data(publication, name, None) or _thing_of_data(publication, stem, None)
        if isinstance(found, Response):
            return found
        if found is None:
            raise NotFound("Nothing has this address.", remedy="Search for its name.")
        if dot and found.iri in _iris(publication, stem):
            raise NotAcceptable(
                "There is no such format.",
                offers=[offer.media_type for offer in RDF],
                remedy=f"End the address in one of: {', '.join('.' + known for known in FORMATS)}.",
            )
        offer = choose(request.headers.get("Accept"), RDF, query_format=request.args.get("format"))
        return _redirect(303, links.data(found.iri, offer.extension), "Accept")
    found = _thing_of_data(publication, stem, extension)
    if found is None:
        raise NotFound("Nothing has this address.", remedy="Search for its name.")
    if isinstance(found, Response):
        return found
    if found.successor is not None:
        return _redirect(301, links.data(found.successor, extension))
    return describe(found.iri, next(offer for offer in RDF if offer.extension == extension))


def _iris(publication: Publication, stem: str) -> tuple[str, ...]:
    return (*publication.links.candidates(f"id/{stem}"), *publication.links.candidates(stem))


def _thing_of_data(publication: Publication, stem: str, extension: str | None) -> Entity | Response | None:
    """The thing a data address names: below `/id/` first, then at the same path below the base."""
    make = (lambda iri: publication.links.data(iri, extension)) if extension else None
    for local in (f"id/{stem}", stem):
        try:
            return _entity(publication, local, make) if stem else None
        except Gone:
            raise
        except NotFound:
            continue
    return None


def describe(iri: str, offer: Offer) -> Response:
    """Answer what is known about a thing, in one format.

    Formats for quads carry each fact in the graph of its passage, with the passages' words; formats for
    triples carry the facts, and the names of the things they lead to.
    """
    publication = current()
    quads = serving().pool.read("describe", iri=iri)
    if not quads:
        raise NotFound("Nothing is known about this.", remedy="Search for its name.")
    if not FORMATS[offer.extension].quads:
        quads = [*_facts(quads, iri), *neighbour_labels(publication, quads)]
    response = as_rdf(quads, offer, publication)
    links = publication.links
    link(response, publication.base + links.data(iri, offer.extension).lstrip("/"), "canonical")
    link(response, iri, "describes")
    for lang in publication.languages:
        link(response, links.page(iri, lang), "alternate", type="text/html", hreflang=lang)
    return response


def _facts(quads: Iterable[Quad], iri: str) -> list[Quad]:
    """The quads that say something of the world: not those that describe the passages they stand in."""
    kept = []
    for quad in quads:
        subject = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
        graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        if subject == iri or not graph or subject.partition("#")[0] != graph:
            kept.append(quad)
    return kept


def neighbour_labels(publication: Publication, quads: Iterable[Quad]) -> list[Quad]:
    """The names of the things some facts lead to, so that a reader of the file need not ask for each."""
    subjects = {quad.subject for quad in quads}
    ends = {node for quad in quads for node in (quad.subject, quad.object) if isinstance(node, NamedNode)}
    wanted = sorted(node.value for node in ends - subjects if publication.index.entity(node.value) is not None)
    wanted += sorted(node.value for node in subjects if isinstance(node, NamedNode))
    if not wanted:
        return []
    names = set(publication.schema.label_properties)
    found = serving().pool.read("labels", iris=wanted[:_LABELLED])
    return [quad for quad in found if quad.predicate.value in names]


def _graphs(iris: Sequence[str]) -> Response:
    """Answer one or more named graphs as they stand."""
    publication, offer = current(), choose(request.headers.get("Accept"), RDF, query_format=request.args.get("format"))
    quads = [quad for iri in iris for quad in serving().pool.read("graph", iri=iri, limit=LARGEST_GRAPH)]
    if not quads:
        raise NotFound("Nothing has this address.", remedy="The ontology page lists the vocabularies.")
    vary(response := as_rdf(quads, offer, publication), "Accept")
    return response


def as_rdf(quads: Iterable[Quad], offer: Offer, publication: Publication) -> Response:
    """Write quads in a format, sorted, each once, with the licence in `Link`."""
    form, output = FORMATS[offer.extension], BytesIO()
    if not form.quads:
        quads = (Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads)
    form.write(sorted(set(quads), key=_order), output, publication.links.prefixes)
    charset = "; charset=utf-8" if form.media_type.startswith("text/") else ""
    response = Response(output.getvalue(), content_type=form.media_type + charset)
    licence = publication.settings.get("licence") or {}
    if is_iri(str(licence.get("address", ""))):
        link(response, str(licence["address"]), "license")
    return response


def _order(quad: Quad) -> tuple[str, str, str, str]:
    return str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object)


# ---------------------------------------------------------------- whole files


@blueprint.get("/dump/<name>")
def dump(name: str) -> Response:
    """Answer a whole file of the published generation."""
    publication = current()
    path = publication.directory / name
    if name not in DUMPS or not path.is_file():
        raise NotFound("There is no such file.", remedy="The data page lists the files.")
    charset = "; charset=utf-8" if DUMPS[name].startswith("text/") else ""
    return send_file(path, mimetype=DUMPS[name] + charset, etag=False, conditional=False, last_modified=None)

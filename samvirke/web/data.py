"""What is known about things, as data.

Duty: `/data/…` answers the description of a thing in the format its extension names, `/dump/…` whole
files. Level 7. What a description holds is decided in `describe`, how it is spelt in `formats`;
nothing here knows a class.
Source: https://www.rfc-editor.org/rfc/rfc8288 (the links an answer carries)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from io import BytesIO

from flask import Blueprint, Response, request, send_file

from samvirke.errors import Gone, NotAcceptable, NotFound
from samvirke.formats import FORMATS, framed
from samvirke.formats.about import About, read_about
from samvirke.formats.blank import named
from samvirke.formats.views import ENDINGS, VIEWS, form_of, write
from samvirke.model import NamedNode, Quad
from samvirke.negotiate import Offer, choose
from samvirke.search import Entity
from samvirke.sparql.formats import GRAPHS
from samvirke.terms import VOID
from samvirke.web.headers import VERSION_HEADER, link, redirect, vary
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current, serving

__all__ = ["CONTEXT_TYPE", "DESCRIPTIONS", "RDF", "as_rdf", "blueprint", "describe", "dump", "find", "graphs"]

blueprint = Blueprint("data", __name__)

_ALIASES = {offer.extension: offer.aliases for offer in GRAPHS}
RDF: tuple[Offer, ...] = tuple(
    Offer(form.media_type, extension, form.label, _ALIASES.get(extension, ())) for extension, form in FORMATS.items()
)
"""The formats of a description, in the order they are offered."""
DESCRIPTIONS: tuple[Offer, ...] = (*RDF, *(Offer(view.media_type, name, view.label) for name, view in VIEWS.items()))
"""These and the views, which only a name can ask for: their media types are those of the syntaxes they are in."""

LARGEST_GRAPH = 200_000
"""Quads of one named graph that are answered at once; whoever wants more takes the dump."""
_LABELLED = 500
CONTEXT_TYPE = 'application/ld+json;profile="http://www.w3.org/ns/json-ld#context"'
_LINKED = 10
"""Things that `Link` names: a document can have any number, and headers have little room."""
_NOTHING = ("Nothing has this address.", "Search for its name.")
DUMPS: Mapping[str, str] = {
    "data.nq": "application/n-quads",
    "default.nt": "application/n-triples",
    "schema.nq": "application/n-quads",
    "report.ttl": "text/turtle",
}
"""Files of a generation that may be taken as they are, and their media types."""


def find(local: str, address: Callable[[str], str] | None = None) -> Entity | Response:
    """Find the thing at a path below the base; a redirect when the path is another spelling of its address.

    `address` writes where such a redirect leads, by default to the thing's own address.
    Raises: NotFound; Gone with the successor when the thing is withdrawn.
    """
    publication = current()
    for iri in publication.links.candidates(local):
        found = serving().entity(iri)
        if found is not None:
            if found.withdrawn:
                raise Gone("This has been withdrawn.", successor=found.successor)
            return found
    # Addresses are lower case with æ→ae ø→oe å→aa and no closing slash: what differs only in that means the same.
    plain = local.rstrip("/")
    for iri in (*publication.links.candidates(plain), *publication.links.candidates(f"{plain}/")):
        meant = publication.index.like(iri)
        if meant is not None:
            return redirect(301, (address or publication.links.identifier)(meant))
    raise NotFound(_NOTHING[0], remedy=_NOTHING[1])


@blueprint.get("/data/<path:name>")
def data(name: str) -> Response:
    """Answer the description of a thing in the format its extension names; without one, lead to a format."""
    links = current().links
    stem, dot, extension = name.rpartition(".")
    if dot and extension in ENDINGS:
        found = _named(stem, lambda iri: links.data(iri, extension))
        if isinstance(found, Response):
            return found
        if found is not None and found.successor is not None:
            return redirect(301, links.data(found.successor, extension))
        if found is not None:
            return describe(next(offer for offer in DESCRIPTIONS if offer.extension == extension), found.iri)
    # A thing's own name may end like a format.
    found = _named(name, lambda iri: f"{links.data(iri, '')[:-1]}")
    if isinstance(found, Entity):
        form = request.args.get("format")
        offer = choose(request.headers.get("Accept"), RDF if form is None else DESCRIPTIONS, query_format=form)
        return redirect(303, links.data(found.iri, offer.extension), "Accept")
    if found is None and dot and isinstance(_named(stem), Entity):
        raise NotAcceptable(
            "There is no such format.",
            offers=[offer.media_type for offer in RDF],
            remedy=f"End the address in one of: {', '.join('.' + known for known in ENDINGS)}.",
        )
    if found is None:
        raise NotFound(_NOTHING[0], remedy=_NOTHING[1])
    return found


def _named(stem: str, address: Callable[[str], str] | None = None) -> Entity | Response | None:
    """The thing a data address names: below `/id/` first, then at the same path below the base."""
    for local in (f"id/{stem}", stem) if stem else ():
        try:
            return find(local, address)
        except Gone:
            raise
        except NotFound:
            continue
    return None


def describe(offer: Offer, *iris: str) -> Response:
    """Answer what is known about one thing, or about some, in one format.

    Formats for quads carry each fact in the graph of its passage, with the passages' words; formats for
    triples carry the facts, and the names of the things they lead to.
    Raises: NotFound when nothing is known.
    """
    publication = current()
    quads = [quad for iri in iris for quad in serving().read("describe", iri=iri)]
    if not quads:
        raise NotFound(_NOTHING[0], remedy=_NOTHING[1])
    facts = _facts(quads, iris)
    quads = [*(quads if form_of(offer.extension).quads else facts), *_names(publication, facts)]
    response = as_rdf(quads, offer, publication, iris)
    links = publication.links
    if len(iris) == 1:
        link(response, links.canonical(links.data(iris[0], offer.extension)), "canonical")
    for iri in iris[:_LINKED]:
        link(response, links.identifier(iri), "describes")
        for lang in publication.languages:
            link(response, links.page(iri, lang), "alternate", type="text/html", hreflang=lang)
    return response


def _facts(quads: Iterable[Quad], iris: Collection[str]) -> list[Quad]:
    """The quads that say something of the world: not those that describe the passages they stand in."""
    kept = []
    for quad in quads:
        subject = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
        graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        if subject in iris or not graph or subject.partition("#")[0] != graph:
            kept.append(quad)
    return kept


def _names(publication: Publication, quads: Iterable[Quad]) -> list[Quad]:
    """The names of the things some facts are about or lead to, so that a reader of the file need not ask for each."""
    ends = {node.value for quad in quads for node in (quad.subject, quad.object) if isinstance(node, NamedNode)}
    wanted = [iri for iri in sorted(ends) if publication.index.entity(iri) is not None][:_LABELLED]
    if not wanted:
        return []
    properties = set(publication.schema.label_properties)
    return [quad for quad in serving().read("labels", iris=wanted) if quad.predicate.value in properties]


def graphs(iris: Iterable[str]) -> Response:
    """Answer one or more named graphs as they stand.

    Raises: NotFound when there is nothing in them.
    """
    offer = choose(request.headers.get("Accept"), RDF, query_format=request.args.get("format"))
    quads = [quad for iri in iris for quad in serving().read("graph", iri=iri, limit=LARGEST_GRAPH)]
    if not quads:
        raise NotFound(_NOTHING[0], remedy="The ontology page lists the vocabularies.")
    vary(response := as_rdf(quads, offer, current()), "Accept")
    return response


def as_rdf(quads: Iterable[Quad], offer: Offer, publication: Publication, roots: Iterable[str] = ()) -> Response:
    """Write quads in a format, with the licence in `Link`."""
    output = BytesIO()
    write(
        offer.extension,
        named(quads),
        output,
        about(publication).of(*roots) if offer.extension in VIEWS else _plain(publication),
    )
    charset = "; charset=utf-8" if offer.media_type.startswith("text/") else ""
    response = Response(output.getvalue(), content_type=offer.media_type + charset)
    licence = publication.settings.get("licence") or {}
    if is_iri(str(licence.get("address", ""))):
        link(response, str(licence["address"]), "license")
    # Which dataset this is a part of: an extension relation, as no registered one says it.
    link(response, publication.links.void_dataset, str(VOID.inDataset))
    return response


def about(publication: Publication) -> About:
    """What a view needs to know of a generation, read once."""
    return publication.once(
        "about",
        lambda: read_about(
            publication.directory, version=publication.generation.version, prefixes=publication.links.prefixes
        ),
    )


def _plain(publication: Publication) -> About:
    return About(prefixes=publication.links.prefixes)


@blueprint.get("/context.jsonld")
def context() -> Response:
    """Answer the names of the site's classes and properties, as JSON-LD reads them."""
    publication = current()
    found = publication.once("context", lambda: framed.context(about(publication)))
    return Response(found, content_type=CONTEXT_TYPE)


@blueprint.get("/dump/<name>")
def dump(name: str) -> Response:
    """Answer a whole file of the published generation: what was written since is not in it, and it says so."""
    path = current().directory / name
    if name not in DUMPS or not path.is_file():
        raise NotFound("There is no such file.", remedy="The data page lists the files.")
    response = send_file(path, mimetype=DUMPS[name], etag=False, conditional=False, last_modified=None)
    response.headers[VERSION_HEADER] = current().generation.version
    return response

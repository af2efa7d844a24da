"""The versions of everything as a Linked Data Event Stream: to follow the data, and to rebuild them from nothing.

Duty: `/changes/ldes`, where the stream begins, and its pages, each of which leads to the next. Level 7; which versions
there are is decided in `entity_versions`. A member is a version: what it is a version of, since when, whether it was
made, changed or deleted, and a checksum, and in a graph with the member's name the facts – all of those about the thing
in the default graph. Whoever puts, in order of time, the facts of each version in place of the earlier ones has the
default graph. A build begins the stream anew with what it built: the pages before it are gone (410), and what is not
there any more is told as deleted.
Standards: LDES, https://semiceu.github.io/LinkedDataEventStreams/ · TREE, https://treecg.github.io/specification/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from flask import Blueprint, Response, request

from samvirke import journal
from samvirke.errors import Gone, NotFound
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Term
from samvirke.negotiate import Offer, choose
from samvirke.terms import CORE, DCT, TYPE, XSD, Namespace
from samvirke.web.data import RDF, as_rdf
from samvirke.web.entity_versions import CREATED, DELETED, UPDATED, Page, Version, Versions
from samvirke.web.headers import link, vary
from samvirke.web.publication import Publication, current, serving
from samvirke.web.void import described

__all__ = ["OFFERS", "ROOT", "blueprint"]

blueprint = Blueprint("ldes", __name__)

ROOT = "/changes/ldes"
PARTS = ("things", "gone", "changes")
OFFERS: tuple[Offer, ...] = tuple(
    offer for ending in ("trig", "nq", "jsonld") for offer in RDF if offer.extension == ending
)
"""The formats with named graphs: without them the facts of the versions would run together."""
_TREE = Namespace("https://w3id.org/tree#")
_LDES = Namespace("https://w3id.org/ldes#")
_AS = Namespace("https://www.w3.org/ns/activitystreams#")
_FOR_EVER = "public, max-age=604800, immutable"
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")
_TRUE = Literal("true", datatype=XSD.boolean)
_opening = Lock()
_kept: dict[Path, Versions] = {}


@blueprint.get(ROOT)
def stream() -> Response:
    """Describe the stream, and lead to the first page of each of its parts."""
    publication = current()
    versions = _versions(publication)
    root = NamedNode(publication.links.canonical(ROOT))
    event_stream = _stream(publication)
    facts = [
        (event_stream, TYPE, _LDES.EventStream),
        (event_stream, _LDES.timestampPath, DCT.created),
        (event_stream, _LDES.versionOfPath, DCT.isVersionOf),
        *((event_stream, _LDES.term(f"version{one}Object"), _AS.term(one)) for one in (CREATED, UPDATED, DELETED)),
        (event_stream, DCT.source, NamedNode(publication.links.void_dataset)),
        *described(event_stream, publication),
        (root, TYPE, _TREE.RootNode),
    ]
    if digest := publication.manifest.get("parts", {}).get("default.nt"):
        facts.append((event_stream, CORE.sha256, Literal(str(digest))))  # Of the things as they were built.
    quads = [Quad(*fact, DefaultGraph()) for fact in facts]
    for part in PARTS:
        if part != "gone" or versions.gone(1) is not None:
            quads += _relation(publication, root, f"{part}/1", versions.built, only=part != "changes")
    return _answer(publication, root, quads, fixed=False)


@blueprint.get(f"{ROOT}/<generation>/<any(things,gone,changes):part>/<int:number>")
def page(generation: str, part: str, number: int) -> Response:
    """Answer one page of the stream."""
    publication = current()
    if generation != publication.generation.version:
        if _VERSION.fullmatch(generation):
            raise Gone("The stream began anew when the files were read again.", remedy=f"Begin at {ROOT}.")
        raise NotFound("The stream has no such page.", remedy=f"It begins at {ROOT}.")
    versions = _versions(publication)
    found = {"things": versions.things, "gone": versions.gone, "changes": _changes}[part](number)
    if found is None:
        raise NotFound("The stream has no such page.", remedy=f"It begins at {ROOT}.")
    node = NamedNode(_address(publication, f"{part}/{number}"))
    fixed = part != "changes" or not found.last
    quads = [Quad(node, TYPE, _TREE.Node, DefaultGraph())]
    if fixed:
        quads.append(Quad(node, _LDES.immutable, _TRUE, DefaultGraph()))
    if not found.last:
        since = versions.built if part != "changes" else found.versions[-1].created
        quads += _relation(publication, node, f"{part}/{number + 1}", since, only=part != "changes")
    for version in found.versions:
        quads += _member(publication, node, version)
    return _answer(publication, node, quads, fixed=fixed)


def _changes(number: int) -> Page | None:
    def effects(after: int, iris: Sequence[str]) -> list[Quad]:
        return serving().read("effects", after=after, iris=list(iris))

    return _versions(current()).changes(number, effects)


def _member(publication: Publication, node: NamedNode, version: Version) -> list[Quad]:
    """A version and, in the graph that is named like it, its facts."""
    # A thing may have changed more than once on a page.
    member = NamedNode(f"{node.value}#{version.sequence}={quote(version.iri, safe='')}")
    told: list[tuple[NamedNode, NamedNode, Term]] = [
        (_stream(publication), _TREE.member, member),
        (member, TYPE, _AS.term(version.kind)),
        (member, DCT.isVersionOf, NamedNode(version.iri)),
        (member, DCT.created, _moment(version.created)),
        (member, CORE.sha256, Literal(version.sha256)),
    ]
    quads = [Quad(*fact, DefaultGraph()) for fact in told]
    return quads + [Quad(fact.subject, fact.predicate, fact.object, member) for fact in version.facts]


def _relation(publication: Publication, node: NamedNode, to: str, since: datetime, *, only: bool) -> list[Quad]:
    """Lead from a page to another, whose members are of a moment or later; `only`: of that moment."""
    target = NamedNode(_address(publication, to))
    quads = []
    for kind in ("GreaterThanOrEqualToRelation", *(("LessThanOrEqualToRelation",) if only else ())):
        relation = NamedNode(f"{node.value}#{to.replace('/', '-')}-{kind}")
        told: tuple[tuple[NamedNode, NamedNode, Term], ...] = (
            (node, _TREE.relation, relation),
            (relation, TYPE, _TREE.term(kind)),
            (relation, _TREE.node, target),
            (relation, _TREE.path, DCT.created),
            (relation, _TREE.value, _moment(since)),
        )
        quads += [Quad(*fact, DefaultGraph()) for fact in told]
    return quads


def _answer(publication: Publication, node: NamedNode, quads: list[Quad], *, fixed: bool) -> Response:
    event_stream = _stream(publication)
    quads.append(Quad(event_stream, _TREE.view, NamedNode(publication.links.canonical(ROOT)), DefaultGraph()))
    offer = choose(request.headers.get("Accept"), OFFERS, query_format=request.args.get("format"))
    response = as_rdf(quads, offer, publication)
    vary(response, "Accept")
    link(response, node.value, "canonical")
    if fixed:
        response.headers["Cache-Control"] = _FOR_EVER
    return response


def _stream(publication: Publication) -> NamedNode:
    return NamedNode(f"{publication.links.canonical(ROOT)}#stream")


def _address(publication: Publication, page: str) -> str:
    return publication.links.canonical(f"{ROOT}/{publication.generation.version}/{page}")


def _moment(moment: datetime) -> Literal:
    return Literal(moment.isoformat(timespec="microseconds").replace("+00:00", "Z"), datatype=XSD.dateTime)


def _versions(publication: Publication) -> Versions:
    """Return the versions of what is published. Raises: NotFound where there is no stream of them."""
    if not publication.streams:
        raise NotFound("There is no stream of versions here.", remedy="A site that is built has one.")
    generation = publication.generation
    with _opening:
        found = _kept.get(generation.directory)
        if found is None:
            _kept.clear()  # What an earlier generation left.
            found = _kept[generation.directory] = Versions(generation, journal.Followed(generation.journal))
        return found

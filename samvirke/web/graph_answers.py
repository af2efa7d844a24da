"""What things are connected with, as data: for the graph page's script, and as files.

Duty: JSON, SVG, GraphML and GEXF of one thing, and the latter two of everything. Level 7 (web). A file of everything is
read and written part by part: it never stands in memory as a whole.
Sources: http://graphml.graphdrawing.org/specification.html · https://gexf.net/1.2/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.wsgi import FileWrapper

from samvirke.errors import NotFound
from samvirke.model import NamedNode
from samvirke.web import layout
from samvirke.web.graph_files import WRITERS
from samvirke.web.graph_pages import edge_of, for_script, found_here, opened_here, picture_of
from samvirke.web.neighbours import Neighbours, neighbours, slice_of
from samvirke.web.publication import Publication, current, serving
from samvirke.web.views import Edge, Node
from samvirke.web.views.alone import alone

__all__ = ["blueprint"]

blueprint = Blueprint("graph_answers", __name__)

AT_ONCE = 400
"""Things whose relations are read at once for a file of everything."""
IN_MEMORY = 4 << 20
_BIG = 10**6


@blueprint.get("/<language:lang>/graph.json")
def answer(lang: str) -> Response:
    """Answer what a thing is connected with, as the graph page's script reads it: numbers, and the first things."""
    publication = current()
    found = found_here(publication, request.args.get("about", ""), lang)
    first = min(max(request.args.get("from", 0, type=int), 0), _BIG)
    key = request.args.get("relation")
    groups = found.groups if key is None else tuple(slice_of(one, first) for one in found.groups if one.key == key)
    body = for_script(publication, Neighbours(found.this, groups), lang)
    return Response(layout.json_ld(body) + "\n", content_type="application/json")


@blueprint.get("/<language:lang>/graph.svg")
def svg(lang: str) -> Response:
    """Answer the picture of the page as a file."""
    publication = current()
    found = found_here(publication, request.args.get("about", ""), lang)
    others = [(one, more) for one in opened_here() if (more := neighbours(publication, one.iri, lang)) is not None]
    drawn = alone(picture_of(publication, found, others, lang), publication.base)
    if not drawn:
        raise NotFound("This is connected with nothing.", remedy="Its page says what is known of it.")
    return _file(publication, found.this.iri, "svg", "image/svg+xml", drawn)


@blueprint.get("/<language:lang>/graph.<any(graphml,gexf):ending>")
def file(lang: str, ending: str) -> Response:
    """Answer what a thing is connected with, or how everything is, as a file for programs."""
    publication = current()
    media_type, write = WRITERS[ending]
    hint, languages = publication.schema.class_hint, publication.languages

    def named(class_iri: str) -> str:
        return hint(class_iri).label(lang, languages).value

    iri = request.args.get("about", "")
    if not iri:
        nodes = [Node(one.iri, one.label, "", one.class_iri) for one in publication.index.everything(lang)]
        edges = _everyedge_of(publication, [one.iri for one in nodes], lang)
        pieces = write(nodes, edges, layout.site_title(publication, lang), named)
        return _file(publication, "", ending, media_type, _gathered(pieces))
    found = found_here(publication, iri, lang)
    things = {found.this.iri: found.this} | {one.iri: one for group in found.groups for one in group.things}
    nodes = [Node(one.iri, one.label, "", one.class_iri) for one in things.values()]
    some = [edge_of(iri, one.iri, group) for group in found.groups for one in group.things]
    return _file(publication, iri, ending, media_type, _gathered(write(nodes, some, found.this.label, named)))


def _everyedge_of(publication: Publication, iris: Sequence[str], lang: str) -> Iterator[Edge]:
    """How all things point at each other, some hundred things at a time. Raises: Moved when others are published."""
    name = publication.schema.name
    for start in range(0, len(iris), AT_ONCE):
        for quad in serving().read("relations", iris=list(iris[start : start + AT_ONCE])):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                yield Edge(quad.subject.value, quad.object.value, name(quad.predicate.value, lang).value)


def _gathered(pieces: Iterable[str]) -> Iterable[bytes]:
    """Return what was written, all of it, before the first of it goes out: what fails on the way is told as an error.

    What does not fit into some megabytes lies on disk until it is sent.
    """
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    try:
        for piece in pieces:
            file.write(piece.encode())
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return FileWrapper(file, IN_MEMORY >> 6)


def _file(publication: Publication, iri: str, ending: str, media_type: str, body: Any) -> Response:  # noqa: ANN401 - what a response takes
    response = Response(body, content_type=f"{media_type}; charset=utf-8" if ending != "svg" else media_type)
    name = (publication.links.local(iri) or "graph").rpartition("/")[2] if iri else "graph"
    safe = "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign in "-_."))[:60] or "graph"
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}.{ending}"'
    return response

"""The graph store: whole graphs over HTTP.

Duty: the graph store protocol at `/rdf-graph-store` – which graph a request means, and what its answer
says. Level 7; parses and evaluates nothing: graphs go to and come from the worker processes. A graph is
named by a parameter, or is the address itself, counted from the site's base whatever host was asked.
Standard: https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

import uuid
from http import HTTPStatus
from urllib.parse import quote

from flask import Blueprint, Response, request

from samvirke.errors import PreconditionFailed, WrongUse
from samvirke.sparql.formats import GRAPHS, content_type, offer_for
from samvirke.web.headers import NOT_KEPT, entity_tag, vary
from samvirke.web.protocol import one_parameter, read_parameters
from samvirke.web.publication import current, serving
from samvirke.web.writing import Permit, address, permit, read_sent, reason_of, written
from samvirke.workers.pool import WriteRequest, Written

__all__ = ["blueprint"]

blueprint = Blueprint("graph_store", __name__)

_PATH = "rdf-graph-store"
_DEFAULT = ""
_FORM = "multipart/form-data"
_TYPES = ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json")
_ALIASES = {"application/x-turtle": "text/turtle", "text/n3": "text/turtle", "application/json": "application/ld+json"}
_LETTERS = "/:@!$&'()*+,;=~-._"


@blueprint.get(f"/{_PATH}")
@blueprint.get(f"/{_PATH}/")
@blueprint.get(f"/{_PATH}/<path:name>")
def get(name: str = "") -> Response:
    """Answer a graph in the format that is asked for."""
    graph = _named(name)
    wish = one_parameter(read_parameters(request.query_string, "the address"), "format")
    offer = offer_for("CONSTRUCT", request.headers.get("Accept"), query_format=wish)
    publication = current()
    answer = serving().pool.graph(graph, media_type=offer.media_type, client=request.remote_addr or "unknown")
    response = Response(content_type=content_type(offer))
    response.response = answer.body
    response.content_length = answer.length_bytes
    if answer.version == publication.version:
        response.set_etag(_tag(graph, offer.media_type))
    else:
        response.headers["Cache-Control"] = NOT_KEPT
    vary(response, "Accept")
    return response


@blueprint.put(f"/{_PATH}")
@blueprint.put(f"/{_PATH}/")
@blueprint.put(f"/{_PATH}/<path:name>")
def put(name: str = "") -> Response:
    """Replace a graph, or make one."""
    allowed = permit("put")
    return _done(_write(allowed, graph := _named(name)), graph)


@blueprint.post(f"/{_PATH}")
@blueprint.post(f"/{_PATH}/")
@blueprint.post(f"/{_PATH}/<path:name>")
def post(name: str = "") -> Response:
    """Add to a graph, or make one; a graph that is sent to the store itself gets an address."""
    allowed = permit("post")
    asked = read_parameters(request.query_string, "the address")
    if name or "graph" in asked or "default" in asked:
        return _done(_write(allowed, graph := _named(name)), graph)
    path = f"{_PATH}/{uuid.uuid4().hex}"
    graph = current().links.canonical(path)
    response = _done(_write(allowed, graph), graph)
    response.headers["Location"] = f"/{path}"
    return response


@blueprint.delete(f"/{_PATH}")
@blueprint.delete(f"/{_PATH}/")
@blueprint.delete(f"/{_PATH}/<path:name>")
def delete(name: str = "") -> Response:
    """Delete a graph; of the default graph, what stands in it."""
    return written(_write(permit("delete"), _named(name)))


def _named(name: str) -> str:
    """Return the address of the graph that the request means, "" for the default graph. Raises: WrongUse."""
    parameters = read_parameters(request.query_string, "the address")
    graph = one_parameter(parameters, "graph")
    default = one_parameter(parameters, "default")
    ways = [bool(name), graph is not None, default is not None]
    if sum(ways) != 1:
        told = "names more than one graph" if any(ways) else "names no graph"
        remedy = "Give one of the parameters “default” and “graph”, or the graph's own path."
        raise WrongUse(f"The request {told}.", remedy=remedy)
    if default:
        raise WrongUse("The parameter “default” has no value.", remedy="Name a graph in the parameter “graph”.")
    if name:
        graph = current().links.canonical(f"{_PATH}/{quote(name, safe=_LETTERS)}")
    return _DEFAULT if graph is None else address(graph)


def _write(allowed: Permit, graph: str) -> Written:
    """Have a graph changed, if the token is for that graph and the graph is as the request's conditions say.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-13.1
    """
    allowed.check([graph])
    content = b"" if allowed.verb == "delete" else read_sent(*_TYPES, *_ALIASES, _FORM)
    kind = request.headers.get("Content-Type", "") if request.mimetype == _FORM else request.mimetype
    must_exist, only_at = _conditions(graph)
    return serving().pool.write(
        WriteRequest(
            action=allowed.verb,
            graph=graph,
            content=content,
            content_type=_ALIASES.get(kind, kind),
            must_exist=must_exist,
            only_at=only_at,
            author=allowed.author,
            reason=reason_of(read_parameters(request.query_string, "the address")),
            graphs=allowed.graphs,
            client=request.remote_addr or "unknown",
        )
    )


def _conditions(graph: str) -> tuple[bool | None, str]:
    """What the request's conditions ask: whether there is a graph, and at which version of the store alone.

    A tag names a state of the whole store: a write elsewhere also makes it another. That refuses too
    much now and then, and never lets an unseen change be overwritten.
    """
    version = current().version
    tags = {_tag(graph, offer.media_type) for offer in GRAPHS}
    must_exist: bool | None = None
    only_at = ""
    if "If-Match" in request.headers:
        must_exist = True
        if not request.if_match.star_tag:
            if not any(request.if_match.contains(tag) for tag in tags):
                raise PreconditionFailed("The data have changed since you asked.", remedy="Ask again, and decide anew.")
            only_at = version
    if "If-None-Match" in request.headers:
        if request.if_none_match.star_tag:
            must_exist = False
        elif any(request.if_none_match.contains(tag) for tag in tags):
            raise PreconditionFailed("The graph is the one you have.", remedy="Leave the condition out.")
    return must_exist, only_at


def _tag(graph: str, media_type: str) -> str:
    """The entity tag of a graph, whichever way it was named."""
    return entity_tag(current(), media_type, f"graph {graph}")


def _done(change: Written, graph: str) -> Response:
    existed = change.existed or graph == _DEFAULT
    return written(change, HTTPStatus.NO_CONTENT if existed else HTTPStatus.CREATED)

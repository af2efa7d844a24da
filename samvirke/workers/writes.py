"""Evaluate a write on the worker's own copy of the store, and answer with what it changes.

Duty: SPARQL Update and the operations of the graph store. Level 4.5; runs inside a confined worker,
whose store is a snapshot that nobody else sees: what it does there is lost unless the patch it
answers with is applied by the template. Fetches nothing: LOAD and SERVICE are refused by the gate,
and could not connect.
Standards: https://www.w3.org/TR/sparql11-update/, https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from samvirke import sparql
from samvirke.errors import InputError, NotFound, PreconditionFailed, WrongUse
from samvirke.patch import Delta, apply_delta, read_patch
from samvirke.sparql import errors as sparql_errors
from samvirke.store import read_sent
from samvirke.workers import delta, evaluation, failures
from samvirke.workers.request import Request

__all__ = ["ACTIONS", "FORMATS", "answer", "judged"]

ACTIONS = frozenset({"update", "put", "post", "delete", "patch"})
"""What changes the store. A graph is also read here: the action "get"."""

FORMATS: Mapping[str, str] = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/ld+json": "jsonld",
}
"""Media types of a graph that is sent, and their file endings."""

_MULTIPART = "multipart/form-data"
_MOST_PARTS = 100


def answer(
    store: Store, request: Request, content: bytes, output: object, *, base: str, known: Mapping[str, str]
) -> dict[str, int]:
    """Do what the request says and write the answer: a graph, or the patch of a write.

    Reads:  `content`, the body of the HTTP request; `base` resolves an update's relative IRIs.
    Returns the number of changes or triples (`rows`), and whether the graph `existed` before.
    Raises: QueryRefused, QuerySyntaxError, InputError, WrongUse; NotFound; PreconditionFailed.
    """
    file = cast("IO[bytes]", output)
    if request.action == "get":
        graph, existed = _graph(store, request)
        if not existed:
            raise _no_graph(request)
        triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, graph))
        return {"rows": evaluation.write_triples(triples, request, file), "existed": 1}
    change, existed = _change(store, request, content, base=base, known=known)
    return {"rows": change.write(file), "existed": int(existed)}


def judged(
    store: Store,
    request: Request,
    content: bytes,
    output: object,
    *,
    base: str,
    known: Mapping[str, str],
    clerk: Any,  # noqa: ANN401 - a room that workers may not name: it brings a validator along
) -> dict[str, int]:
    """Do a write that the clerk has to pass, and write two patches: what was asked for, and what follows from it.

    Returns besides what `answer` does how many bytes the first of them has (`asserted`).
    Raises: what `answer` and the clerk raise.
    """
    change, existed = _change(store, request, content, base=base, known=known)
    if request.max_facts and len(change) > request.max_facts:
        raise failures.too_many_facts(request.max_facts, found=len(change))
    if request.action != "update":
        apply_delta(store, change)
    found = clerk.judge(store, change, graphs=request.graphs)
    file = cast("IO[bytes]", output)
    asserted = found.asserted.patch()
    file.write(asserted)
    file.write(found.derived.patch())
    return {"rows": len(found.asserted), "existed": int(existed), "asserted": len(asserted)}


def _change(
    store: Store, request: Request, content: bytes, *, base: str, known: Mapping[str, str]
) -> tuple[Delta, bool]:
    """Return what a write changes, and whether its graph existed; an update is made on the store itself."""
    if request.action == "update":
        return _update(store, request, content, base=base, known=known), True
    if request.action == "patch":
        return _effective(store, content), True
    graph, existed = _graph(store, request)
    if not existed and request.action == "delete":
        raise _no_graph(request)
    return _graph_change(store, request, content, graph, base=base), existed


def _graph(store: Store, request: Request) -> tuple[NamedNode | DefaultGraph, bool]:
    """Return the graph that a request means, and whether there is one; what it asks of that has to be so."""
    graph = NamedNode(request.graph) if request.graph else DefaultGraph()
    existed = isinstance(graph, DefaultGraph) or store.contains_named_graph(graph)
    _check_condition(request, existed=existed)
    return graph, existed


def _effective(store: Store, content: bytes) -> Delta:
    """Read a patch, and leave out what is the case already."""
    try:
        delta = read_patch(content)
    except (ValueError, SyntaxError) as error:
        raise InputError(f"The patch cannot be read: {error}.", remedy="Correct it and send it again.") from error
    return Delta(
        deleted=frozenset(quad for quad in delta.deleted if quad in store),
        added=frozenset(quad for quad in delta.added if quad not in store),
    )


def _graph_change(
    store: Store, request: Request, content: bytes, graph: NamedNode | DefaultGraph, *, base: str
) -> Delta:
    """Return what it is to put or delete a graph, or to add to it; the store itself stays as it is."""
    names = frozenset({graph} if isinstance(graph, NamedNode) else ())
    if request.action == "delete":
        return Delta(deleted=frozenset(store.quads_for_pattern(None, None, None, graph)), gone=names)
    sent = frozenset(_sent(content, request.content_type, graph=graph, base=base))
    deleted: frozenset[Quad] = frozenset()
    if request.action == "put":
        found = store.quads_for_pattern(None, None, None, graph)
        deleted = frozenset(quad for quad in found if quad not in sent)
    added = frozenset(quad for quad in sent if quad not in store)
    made = frozenset(name for name in names if not store.contains_named_graph(name))
    return Delta(deleted=deleted, added=added, made=made)


def _update(store: Store, request: Request, content: bytes, *, base: str, known: Mapping[str, str]) -> Delta:
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise WrongUse("The text of the update is not UTF-8.", remedy="Encode it as UTF-8.") from error
    placed = sparql.with_using(text, request.default_graphs, request.named_graphs)
    if request.gate is not None:
        sparql.gate_update(text, request.gate)
        placed = sparql.unreachable(placed)
    try:
        return delta.evaluate(store, placed, base=base, most=request.max_facts if request.judged else 0)
    except SyntaxError as error:
        raise sparql_errors.syntax_error(text, _engine_words(text, placed, error, base), known=known) from error
    except (ValueError, RuntimeError, OSError) as error:
        raise sparql_errors.evaluation_error(text, str(error), what="update") from error


def _engine_words(text: str, placed: str, error: SyntaxError, base: str) -> str:
    """What the engine says of the text as it was sent: places are counted in that one."""
    if placed != text:
        try:
            delta.check(text, base=base)
        except SyntaxError as own:
            return str(own)
    return str(error)


def _check_condition(request: Request, *, existed: bool) -> None:
    """Keep to If-Match: * and If-None-Match: *, which ask whether there is a graph at all."""
    if request.must_exist is not None and request.must_exist != existed:
        told = "There is no such graph yet." if request.must_exist else "There is such a graph already."
        raise PreconditionFailed(told, remedy="Ask for it, and decide anew.")


def _no_graph(request: Request) -> NotFound:
    return NotFound(f"There is no graph <{request.graph}> here.", remedy="Check its address.")


def _sent(content: bytes, content_type: str, *, graph: NamedNode | DefaultGraph, base: str) -> Iterator[Quad]:
    """Read the graph that was sent: one document, or several as the parts of a form."""
    start = graph.value if isinstance(graph, NamedNode) else base
    for media_type, document in _documents(content, content_type):
        if media_type not in FORMATS:
            raise InputError(
                f"A part of type “{media_type[:80]}” is not taken.", remedy=f"Send one of {', '.join(FORMATS)}."
            )
        for quad in read_sent(document, format=FORMATS[media_type], base_iri=start):
            yield Quad(quad.subject, quad.predicate, quad.object, graph)


def _documents(content: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """Return media type and bytes of each document in a body.

    Source: https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
    """
    media_type, parameters = _header_value(content_type)
    if media_type != _MULTIPART:
        return [(media_type, content)]
    boundary = parameters.get("boundary", "")
    if not boundary:
        raise InputError("The form has no boundary.", remedy="Name it in the Content-Type.")
    _, *parts = (b"\r\n" + content).split(b"\r\n--" + boundary.encode(), _MOST_PARTS + 1)
    if not parts or not parts[-1].startswith(b"--"):
        raise InputError(
            "The form does not end with its boundary.", remedy=f"Close it; at most {_MOST_PARTS} parts are taken."
        )
    found = []
    for part in parts[:-1]:
        head, sign, body = part.partition(b"\r\n\r\n")
        if not sign:
            raise InputError("A part of the form has no empty line after its headers.", remedy="Add it.")
        headers = dict(_fields(head.decode("latin-1")))
        found.append((_header_value(headers.get("content-type", ""))[0], body))
    return found


def _fields(head: str) -> Iterator[tuple[str, str]]:
    for line in head.split("\r\n"):
        name, sign, value = line.partition(":")
        if sign:
            yield name.strip().lower(), value.strip()


def _header_value(text: str) -> tuple[str, dict[str, str]]:
    """Take a Content-Type apart: the media type, and its parameters."""
    media_type, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest)
    return media_type.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}

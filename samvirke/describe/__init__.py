"""Which quads a page needs: the reads that a worker process answers.

Duty: gather, in one call per page, the facts about a thing with the passages they stand in, and
enough of its neighbours to name them. Level 4; runs where the store is, so it imports neither the
web nor anything slow, and it never evaluates a query: patterns only, each with a limit.

In every answer, quads in named graphs are facts with their evidence; quads in the default graph
are summaries of neighbours; quads in the graph `VIEW` are counts made here and stand in no store.
A fact that stands in no named graph has no evidence: it is answered in the graph `UNNAMED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from samvirke.describe.blocks import Neighbourhood
from samvirke.describe.gathering import (
    INCOMING,
    INCOMING_KEPT,
    INCOMING_SCAN,
    KNOWN_LIMIT,
    OUT_LIMIT,
    PASSAGE_LIMIT,
    UNNAMED,
    USED,
    VIEW,
    Gatherer,
    Published,
    count,
)
from samvirke.describe.linked import connections, dated, placed, relations
from samvirke.model import DefaultGraph, NamedNode, Quad
from samvirke.terms import NIF, PROV, TYPE

if TYPE_CHECKING:
    from pyoxigraph import Store

    from samvirke.schema import Schema

__all__ = [
    "INCOMING",
    "INCOMING_KEPT",
    "KNOWN_LIMIT",
    "OPERATIONS",
    "UNNAMED",
    "USED",
    "VIEW",
    "Neighbourhood",
    "Published",
    "describe",
    "document",
    "graph",
    "labels",
    "neighbourhood",
    "passages",
    "rule",
    "usage",
    "versions",
]


def neighbourhood(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return what an entity page shows. Reads: `iri`. An unknown thing gives nothing."""
    return Neighbourhood(store, schema, NamedNode(parameters["iri"])).quads()


def document(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return a document version's description, its passages and the facts they hold. Reads: `iri` of the version."""
    gatherer = Gatherer(store, schema)
    version = NamedNode(parameters["iri"])
    gatherer.version(version)
    described = store.quads_for_pattern(None, NIF.anchorOf, None, version)
    passages = sorted({quad.subject for quad in islice(described, PASSAGE_LIMIT)}, key=str)
    for passage in passages:
        gatherer.keep(gatherer.facts(passage, None, None))
        for quad in gatherer.keep(store.quads_for_pattern(None, None, None, passage)):  # type: ignore[arg-type]  # a passage is an address
            gatherer.neighbour(quad.subject, 1)
            if quad.predicate != TYPE:
                gatherer.neighbour(quad.object, 1)
    return gatherer.found


def versions(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return a document's description and its versions'. Reads: `iri` of the document; "" means every document."""
    gatherer = Gatherer(store, schema)
    iri = parameters.get("iri", "")
    wanted = NamedNode(iri) if iri else None
    for quad in list(islice(gatherer.merged(None, PROV.specializationOf, wanted), PASSAGE_LIMIT)):
        if isinstance(quad.subject, NamedNode):
            gatherer.version(quad.subject)
            number = sum(1 for _ in store.quads_for_pattern(None, NIF.anchorOf, None, quad.subject))
            gatherer.keep((count(quad.subject, USED, number),))
    if wanted is not None:
        gatherer.keep(gatherer.facts(wanted, None, None))
    return gatherer.found


def describe(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return the facts about a thing, from it and to it, with its detail nodes and the passages. Reads: `iri`.

    This is what `/data/…` answers: no summaries of neighbours, only graphs a fact stands in.
    """
    gatherer = Gatherer(store, schema)
    node = NamedNode(parameters["iri"])
    queue, seen = [node], {node}
    while queue:
        one = queue.pop(0)
        quads = gatherer.keep(islice(gatherer.facts(one, None, None), OUT_LIMIT))
        quads += gatherer.keep(islice(gatherer.facts(None, None, one), OUT_LIMIT)) if one == node else []
        for other in (end for quad in quads for end in (quad.subject, quad.object)):
            if isinstance(other, NamedNode) and other not in seen and gatherer.is_detail(other):
                seen.add(other)
                queue.append(other)
    gatherer.evidence()
    facts = (quad for quad in gatherer.found if not isinstance(quad.graph_name, DefaultGraph))
    return [
        Quad(one.subject, one.predicate, one.object, DefaultGraph()) if one.graph_name == UNNAMED else one
        for one in facts
    ]


def graph(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return what stands in one named graph. Reads: `iri`, `limit` (0 = 10 000)."""
    del schema
    limit = int(parameters.get("limit", 0)) or 2 * OUT_LIMIT
    return islice(store.quads_for_pattern(None, None, None, NamedNode(parameters["iri"])), limit)


def labels(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return names, types and dates of some things. Reads: `iris`."""
    gatherer = Gatherer(store, schema)
    for iri in parameters["iris"]:
        gatherer.summary(NamedNode(iri))
    return gatherer.found


def passages(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return the words of some passages. Reads: `iris`."""
    found: dict[Quad, None] = {}
    for iri in parameters["iris"]:
        found.update(dict.fromkeys(store.quads_for_pattern(NamedNode(iri), NIF.anchorOf, None, DefaultGraph())))
    return found


def rule(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return the first facts a rule gave, how many there are, and the names in them. Reads: `iri`, `limit` (0 = 20)."""
    gatherer = Gatherer(store, schema)
    node = NamedNode(parameters["iri"])
    limit = int(parameters.get("limit", 0)) or 20
    number = 0
    for quad in store.quads_for_pattern(None, None, None, node):
        number += 1
        if number <= limit:
            gatherer.keep((quad,))
            gatherer.summary(quad.subject)
            gatherer.neighbour(quad.object, 1)
    gatherer.keep((count(node, USED, number),))
    return gatherer.found


def usage(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return how often each term of the schema is used: as a property, or as a value. Up to 100 000 are counted."""
    del parameters
    cap = 2 * INCOMING_SCAN
    for iri, term in schema.terms.items():
        node = NamedNode(iri)
        predicate, value = (node, None) if term.kind == "property" else (None, node)
        number = sum(1 for _ in islice(store.quads_for_pattern(None, predicate, value, DefaultGraph()), cap))
        yield count(node, USED, number)


OPERATIONS: Mapping[str, Callable[[Store, Schema, Mapping[str, Any]], Iterable[Quad]]] = {
    "connections": connections,
    "dated": dated,
    "describe": describe,
    "document": document,
    "graph": graph,
    "labels": labels,
    "neighbourhood": neighbourhood,
    "passages": passages,
    "placed": placed,
    "relations": relations,
    "rule": rule,
    "usage": usage,
    "versions": versions,
}

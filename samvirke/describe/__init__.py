"""Which quads a page needs: the reads that a worker process answers.

Duty: gather, in one call per page, the facts about a thing with the passages they stand in, and
enough of its neighbours to name them. Level 4; runs where the store is, so it imports neither the
web nor anything slow, and it never evaluates a query: patterns only, each with a limit.

In every answer, quads in named graphs are facts with their evidence; quads in the default graph
are summaries of neighbours; quads in the graph `VIEW` are counts made here and stand in no store.
A fact that stands in no named graph has no evidence: it is answered in the graph `UNNAMED`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from samvirke.terms import CORE, NIF, PROV, TEMPORAL_DATATYPES, TYPE, XSD

if TYPE_CHECKING:
    from pyoxigraph import Store

    from samvirke.schema import Schema

VIEW = NamedNode("urn:samvirke:view")
UNNAMED = NamedNode("urn:samvirke:unnamed")
INCOMING = CORE.term("viewIncoming")
USED = CORE.term("viewUsed")
Node = Term | Triple
DEPTH = 3
OUT_LIMIT = 5_000
INCOMING_SCAN = 50_000
INCOMING_KEPT = 100
NEIGHBOUR_LIMIT = 400
PASSAGE_LIMIT = 5_000
KNOWN_LIMIT = 20_000
"""Things a process remembers summaries of: a few kilobytes each."""


def _count(subject: NamedNode, predicate: NamedNode, number: int) -> Quad:
    return Quad(subject, predicate, Literal(str(number), datatype=XSD.integer), VIEW)


class Published:
    """A store that never changes again, with what reads have learnt of it: for a process that answers many.

    Pages of a generation have their neighbours in common, and to sum up one with thousands of facts takes
    longer than all else on a page. Not for two threads at once.
    """

    def __init__(self, store: Store) -> None:
        """Take the store of a generation."""
        self.store = store
        self.details: dict[Node, bool] = {}
        self.summaries: dict[Node, tuple[Quad, ...]] = {}
        self.quads_for_pattern = store.quads_for_pattern

    def make_room(self) -> None:
        """Forget everything once it is much: the next pages learn again what they need."""
        if len(self.details) > KNOWN_LIMIT:
            self.details.clear()
        if len(self.summaries) > KNOWN_LIMIT:
            self.summaries.clear()


class _Gatherer:
    """Collects the quads of one answer; each is kept once, in the order it was met."""

    def __init__(self, store: Store | Published, schema: Schema) -> None:
        known = store if isinstance(store, Published) else Published(store)
        known.make_room()
        self.store = known.store
        self.schema = schema
        self.found: dict[Quad, None] = {}
        self.opened: set[Node] = set()
        self.summarised: set[Node] = set()
        self._details = known.details
        self._summaries = known.summaries

    def keep(self, quads: Iterable[Quad]) -> list[Quad]:
        """Keep quads and hand them back."""
        kept = list(quads)
        self.found.update(dict.fromkeys(kept))
        return kept

    def facts(self, subject: Node | None, predicate: NamedNode | None, value: Node | None) -> Iterator[Quad]:
        """The quads of a pattern in named graphs: with their evidence."""
        quads = self.store.quads_for_pattern(subject, predicate, value, None)  # type: ignore[arg-type]  # a literal is never a subject here
        if self.schema.unnamed_facts:
            return self._with_unnamed(quads)
        return (quad for quad in quads if not isinstance(quad.graph_name, DefaultGraph))

    def _with_unnamed(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        """The quads in named graphs, then the triples that stand in none. What has too many is cut where it begins."""
        named: set[Triple] = set()
        unnamed: dict[Triple, None] = {}
        for quad in islice(quads, 2 * INCOMING_SCAN):
            if isinstance(quad.graph_name, DefaultGraph):
                unnamed[quad.triple] = None
            else:
                named.add(quad.triple)
                yield quad
        yield from (Quad(one.subject, one.predicate, one.object, UNNAMED) for one in unnamed if one not in named)

    def merged(self, subject: Node | None, predicate: NamedNode | None, value: Node | None) -> Iterator[Quad]:
        """The triples of a pattern in the default graph: each once."""
        return iter(self.store.quads_for_pattern(subject, predicate, value, DefaultGraph()))  # type: ignore[arg-type]  # as above

    def is_detail(self, node: Node) -> bool:
        """Whether a node is one that is shown inside others."""
        known = self._details.get(node)
        if known is None:
            types = [quad.object.value for quad in self.merged(node, TYPE, None) if isinstance(quad.object, NamedNode)]
            known = self._details[node] = self.schema.is_detail(types)
        return known

    # ------------------------------------------------------------ things

    def thing(self, node: Node, depth: int = DEPTH) -> None:
        """Keep all facts about a node, and what names the things they point at."""
        if node in self.opened:
            return
        self.opened.add(node)
        for quad in self.keep(islice(self.facts(node, None, None), OUT_LIMIT)):
            if quad.predicate != TYPE and not isinstance(quad.object, Literal):
                self.neighbour(quad.object, depth - 1)
        if depth < DEPTH:
            self.backward(node, depth)

    def backward(self, node: Node, depth: int) -> None:
        """Keep the incoming facts that the shapes of a detail node read backwards."""
        types = [quad.object.value for quad in self.merged(node, TYPE, None) if isinstance(quad.object, NamedNode)]
        for row in self.schema.fields(types):
            if row.inverse:
                quads = self.facts(None, NamedNode(row.path), node)
                for quad in self.keep(islice(quads, INCOMING_KEPT)):
                    self.neighbour(quad.subject, depth - 1)

    def incoming(self, node: Node) -> None:
        """Keep the first incoming facts of each property, and how many there are of each."""
        counts: Counter[NamedNode] = Counter()
        for quad in islice(self.merged(None, None, node), INCOMING_SCAN):
            counts[quad.predicate] += 1
            if counts[quad.predicate] <= INCOMING_KEPT and quad.subject != node:
                self.keep(self.facts(quad.subject, quad.predicate, node))
                self.neighbour(quad.subject, DEPTH - 1)
        self.keep(_count(predicate, INCOMING, number) for predicate, number in sorted(counts.items(), key=str))

    def neighbour(self, node: Node, depth: int) -> None:
        """Keep what a page shows of a thing beside the one it is about: all of a detail, a summary of others."""
        if isinstance(node, (Literal, Triple)) or len(self.summarised) >= NEIGHBOUR_LIMIT:
            return
        if depth > 0 and self.is_detail(node):
            self.summarised.add(node)
            self.thing(node, depth)
        else:
            self.summary(node)

    def summary(self, node: Node) -> None:
        """Keep a thing's names, types and dates; a date may hang on a detail node of its own."""
        if node in self.summarised:
            return
        self.summarised.add(node)
        known = self._summaries.get(node)
        if known is None:
            known = self._summaries[node] = tuple(self._sum_up(node))
        self.found.update(dict.fromkeys(known))

    def _sum_up(self, node: Node) -> Iterator[Quad]:
        """The quads of a thing's summary."""
        names = set(self.schema.label_properties)
        for quad in islice(self.merged(node, None, None), OUT_LIMIT):
            predicate, value = quad.predicate, quad.object
            if predicate == TYPE or predicate.value in names or _is_temporal(value):
                yield quad
            elif isinstance(value, NamedNode) and self.is_detail(value):
                dates = [one for one in self.merged(value, None, None) if _is_temporal(one.object)]
                if dates:
                    yield quad
                    yield from dates
                    yield from self.merged(value, TYPE, None)

    # ------------------------------------------------------------ evidence

    def evidence(self) -> None:
        """Keep the descriptions of the passages, versions and documents that the kept facts stand in."""
        graphs = {quad.graph_name for quad in self.found if isinstance(quad.graph_name, NamedNode)}
        versions = set()
        for graph in sorted(graphs, key=str):
            version, sign, _ = graph.value.partition("#")
            if sign:
                self.keep(islice(self.facts(graph, None, None), OUT_LIMIT))
                versions.add(version)
        for version in sorted(versions):
            self.version(NamedNode(version))

    def version(self, version: NamedNode) -> None:
        """Keep the description of a document version and of its document."""
        for quad in self.keep(islice(self.facts(version, None, None), OUT_LIMIT)):
            if quad.predicate == PROV.specializationOf:
                self.keep(islice(self.facts(quad.object, None, None), OUT_LIMIT))
            elif isinstance(quad.object, NamedNode):
                self.summary(quad.object)


def _is_temporal(value: object) -> bool:
    return isinstance(value, Literal) and value.datatype in TEMPORAL_DATATYPES


# ---------------------------------------------------------------- operations


def neighbourhood(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return what an entity page shows. Reads: `iri`. An unknown thing gives nothing."""
    gatherer = _Gatherer(store, schema)
    node = NamedNode(parameters["iri"])
    gatherer.thing(node)
    gatherer.incoming(node)
    gatherer.evidence()
    return gatherer.found


def document(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return a document version's description, its passages and the facts they hold. Reads: `iri` of the version."""
    gatherer = _Gatherer(store, schema)
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
    gatherer = _Gatherer(store, schema)
    iri = parameters.get("iri", "")
    wanted = NamedNode(iri) if iri else None
    for quad in list(islice(gatherer.merged(None, PROV.specializationOf, wanted), PASSAGE_LIMIT)):
        if isinstance(quad.subject, NamedNode):
            gatherer.version(quad.subject)
            number = sum(1 for _ in store.quads_for_pattern(None, NIF.anchorOf, None, quad.subject))
            gatherer.keep((_count(quad.subject, USED, number),))
    if wanted is not None:
        gatherer.keep(gatherer.facts(wanted, None, None))
    return gatherer.found


def describe(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return the facts about a thing, from it and to it, with its detail nodes and the passages. Reads: `iri`.

    This is what `/data/…` answers: no summaries of neighbours, only graphs a fact stands in.
    """
    gatherer = _Gatherer(store, schema)
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
    gatherer = _Gatherer(store, schema)
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
    gatherer = _Gatherer(store, schema)
    node = NamedNode(parameters["iri"])
    limit = int(parameters.get("limit", 0)) or 20
    number = 0
    for quad in store.quads_for_pattern(None, None, None, node):
        number += 1
        if number <= limit:
            gatherer.keep((quad,))
            gatherer.summary(quad.subject)
            gatherer.neighbour(quad.object, 1)
    gatherer.keep((_count(node, USED, number),))
    return gatherer.found


def usage(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return how often each term of the schema is used: as a property, or as a value. Up to 100 000 are counted."""
    del parameters
    cap = 2 * INCOMING_SCAN
    for iri, term in schema.terms.items():
        node = NamedNode(iri)
        predicate, value = (node, None) if term.kind == "property" else (None, node)
        number = sum(1 for _ in islice(store.quads_for_pattern(None, predicate, value, DefaultGraph()), cap))
        yield _count(node, USED, number)


OPERATIONS: Mapping[str, Callable[[Store, Schema, Mapping[str, Any]], Iterable[Quad]]] = {
    "describe": describe,
    "document": document,
    "graph": graph,
    "labels": labels,
    "neighbourhood": neighbourhood,
    "passages": passages,
    "rule": rule,
    "usage": usage,
    "versions": versions,
}

"""Reads from the store for pages: patterns only, each with a limit.

Duty: collect the quads of one answer, and know again what many answers have in common. Level 4; runs where the store
is. Which reads an operation needs is said in `describe`; what a page about a thing needs, in `blocks`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from samvirke.terms import CORE, PROV, TEMPORAL_DATATYPES, TYPE, XSD

if TYPE_CHECKING:
    from pyoxigraph import Store

    from samvirke.describe.blocks import Block
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
NEIGHBOUR_LIMIT = 1_000
"""Things beside the one a page is about that it may name."""
PASSAGE_LIMIT = 5_000
KNOWN_LIMIT = 80_000
"""Facts that a process remembers: two thirds of a kilobyte each."""


def count(subject: NamedNode, predicate: NamedNode, number: int) -> Quad:
    """Return a count as a quad."""
    return Quad(subject, predicate, Literal(str(number), datatype=XSD.integer), VIEW)


Learnt = TypeVar("Learnt")
Key = TypeVar("Key", bound=Hashable)


Told = tuple[str, str, "Node | None", tuple[str, ...]]
"""A property and a value as they are sorted, the value again where it is a detail, and its dates."""


@dataclass(slots=True, eq=False)
class Summary:
    """What names a thing, as it is where nothing else is known: its texts by language, its types and its dates.

    `told` are the dates in their order, each property and value with the detail that they hang on, if it is one;
    `inside` are these details: a page that knows more of one may tell of other dates. `made` keeps what pages make of
    it, by language.
    """

    labels: Mapping[str, str]
    types: list[str]
    dates: tuple[str, ...]
    told: tuple[Told, ...]
    inside: frozenset[Node]
    made: dict[str, Any] = field(default_factory=dict)


class Published:
    """A store that never changes again, with what reads have learnt of it: for a process that answers many.

    Pages of a generation have their neighbours in common, and to sum up one with thousands of facts takes
    longer than all else on a page. Not for two threads at once.
    """

    def __init__(self, store: Store) -> None:
        """Take the store of a generation."""
        self.store = store
        self.quads_for_pattern = store.quads_for_pattern
        self._forget()

    def _forget(self) -> None:
        self.facts_known = 0
        self.details: dict[Node, bool] = {}
        self.summaries: dict[Node, tuple[Quad, ...]] = {}
        self.things: dict[Node, Block] = {}
        self.named: dict[Node, Summary] = {}
        self.backward: dict[Node, Sequence[tuple[Node, Block]]] = {}
        self.words: dict[tuple[str, str], Any] = {}
        self.sources: dict[tuple[str, str], Any] = {}

    def learn(self, kind: dict[Key, Learnt], node: Key, what: Learnt, facts: int) -> Learnt:
        """Remember what was read of a node, and hand it back."""
        kind[node] = what
        self.facts_known += 2 + facts
        return what

    def make_room(self) -> None:
        """Forget everything once it is much: the next pages learn again what they need."""
        if self.facts_known > KNOWN_LIMIT:
            self._forget()


class Gatherer:
    """Collects the quads of one answer; each is kept once, in the order it was met."""

    def __init__(self, store: Store | Published, schema: Schema) -> None:
        known = store if isinstance(store, Published) else Published(store)
        known.make_room()
        self.store = known.store
        self.schema = schema
        self.found: dict[Quad, None] = {}
        self.opened: set[Node] = set()
        self.summarised: set[Node] = set()
        self._known = known

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
        """Whether a node is one that is shown inside others: what has no address has no page."""
        if self.schema.is_nameless(node):
            return True
        known = self._known.details.get(node)
        if known is None:
            types = [quad.object.value for quad in self.merged(node, TYPE, None) if isinstance(quad.object, NamedNode)]
            known = self._known.learn(self._known.details, node, self.schema.is_detail(types), 0)
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
        known = self._known.summaries.get(node)
        if known is None:
            known = tuple(self.sum_up(node))
            self._known.learn(self._known.summaries, node, known, len(known))
        self.found.update(dict.fromkeys(known))

    def summed(self, node: Node) -> Summary:
        """Return a thing's summary, taken apart. What `sum_up` gives holds the same."""
        names, told = self.schema.label_places, self.schema.is_told
        labels: list[tuple[int, str, str, str]] = []
        types: list[tuple[str, str]] = []
        dates: list[Told] = []
        inside: set[Node] = set()
        for quad in islice(self.merged(node, None, None), OUT_LIMIT):
            predicate, value = quad.predicate, quad.object
            if isinstance(value, Literal):
                place = names.get(predicate.value)
                if place is not None:
                    labels.append((place, str(value), value.language or "", value.value))
                if value.datatype in TEMPORAL_DATATYPES and told(predicate.value):
                    dates.append((str(predicate), str(value), None, (value.value,)))
            elif not isinstance(value, NamedNode):
                continue
            elif predicate == TYPE:
                types.append((str(value), value.value))
            elif predicate.value not in names and self.is_detail(value):
                found = self._dates_inside(value)
                if found is not None:
                    inside.add(value)
                    dates.append((str(predicate), str(value), value, found))
        labels.sort()
        dates.sort(key=_first_two)
        texts: dict[str, str] = {}
        for _, _, language, text in labels:
            texts.setdefault(language, text)
        return Summary(
            texts,
            [iri for _, iri in sorted(types)],
            tuple(dict.fromkeys([date for *_, some in dates for date in some])),
            tuple(dates),
            frozenset(inside),
        )

    def _dates_inside(self, detail: NamedNode) -> tuple[str, ...] | None:
        """The dates that a detail has, told ones only; None when it has none at all."""
        quads = [
            (str(one.predicate), str(one.object), one)
            for one in self.merged(detail, None, None)
            if _is_temporal(one.object)
        ]
        if not quads:
            return None
        told = self.schema.is_told
        return tuple([one.object.value for _, _, one in sorted(quads, key=_first_two) if told(one.predicate.value)])  # type: ignore[union-attr]  # dates are literals

    def sum_up(self, node: Node) -> Iterator[Quad]:
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

    def version_alone(self, version: NamedNode) -> list[Quad]:
        """Return the description of a document version, and nothing that was kept before."""
        self.found, self.summarised = {}, set()
        self.version(version)
        return list(self.found)

    def version(self, version: NamedNode) -> None:
        """Keep the description of a document version and of its document."""
        for quad in self.keep(islice(self.facts(version, None, None), OUT_LIMIT)):
            if quad.predicate == PROV.specializationOf:
                self.keep(islice(self.facts(quad.object, None, None), OUT_LIMIT))
            elif isinstance(quad.object, NamedNode):
                self.summary(quad.object)


def _first_two(told: tuple[Any, ...]) -> tuple[str, str]:
    return told[0], told[1]


def _is_temporal(value: object) -> bool:
    return isinstance(value, Literal) and value.datatype in TEMPORAL_DATATYPES

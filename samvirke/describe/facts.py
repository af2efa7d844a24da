"""The quads of one answer, ready to be looked at: values, names, evidence.

Duty: turn the quads that `describe.py` gathered into named values with the passages behind them.
Level 2; pure: no store, no web, no clock. Must not decide what a page shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from samvirke.describe.blocks import Block, Neighbourhood, blocks_of, closed, joined
from samvirke.describe.gathering import INCOMING, VIEW, Summary
from samvirke.model import BlankNode, Literal, NamedNode, Quad, Term, Triple
from samvirke.schema import ALTERNATIVE_PROPERTIES, Schema
from samvirke.schema.hints import Text, choose, readable_name
from samvirke.terms import CORE, NIF, TEMPORAL_DATATYPES, XSD

Node = Term | Triple
NUMBERS = frozenset(
    XSD.term(name)
    for name in (
        "integer",
        "decimal",
        "double",
        "float",
        "int",
        "long",
        "short",
        "nonNegativeInteger",
        "positiveInteger",
        "negativeInteger",
        "nonPositiveInteger",
        "unsignedInt",
        "unsignedLong",
    )
)
WEB_ADDRESS = re.compile(r"(?:https?|mailto|tel):[^\s<>\"]+", re.IGNORECASE)
# Named once: to make a name costs more than to look it up.
ALTERNATIVES = tuple(map(NamedNode, ALTERNATIVE_PROPERTIES))
ANCHOR_OF, HEDGE, NOTE, MODE, IMPLIED = NIF.anchorOf, CORE.hedge, CORE.note, CORE.mode, CORE.implied
BOOLEAN, ANY_ADDRESS = XSD.boolean, XSD.anyURI
_NOTHING: list[Node] = []
_NO_ROWS: Mapping[NamedNode, list[Node]] = {}
_NO_BLOCKS: list[Block] = []
_UNSEEN = object()
SPAN = re.compile(r"char=([0-9]+),([0-9]+)")


class Value(NamedTuple):
    """One value as a page shows it.

    `kind` is "thing" (has a page here), "term" (of the ontology), "link" (elsewhere), "date" (EDTF or
    XSD, lexical), "number", "boolean" or "text". `when` holds the dates of a thing, lexical.
    """

    kind: str
    text: str
    language: str = ""
    iri: str = ""
    class_iri: str = ""
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage as a page shows it: where it is, its words, and how they were read."""

    address: str
    version: str
    start: int = 0
    end: int = 0
    quote: Text = field(default_factory=lambda: Text(""))
    implied: bool = False
    hedges: tuple[str, ...] = ()
    note: Text | None = None

    @property
    def place(self) -> tuple[str, int, int, str]:
        """Sorts passages as they stand in their documents; of two that begin together the longer is first."""
        return (self.version, self.start, -self.end, self.address)


class Evidence(NamedTuple):
    """What stands behind a triple: passages, or a rule and the passages of its premises."""

    passages: tuple[str, ...] = ()
    rule: str = ""


Found = TypeVar("Found")
TripleKey = tuple[Node, NamedNode, Node]
Explanations = Mapping[tuple[str, str, str], Evidence]
"""(subject, predicate, object) in N-Triples form → the rule and the premises' passages."""


class Facts:
    """An answer's quads by subject, by object and by triple.

    What a page asks of a node again and again is found once: nothing here changes once it is made.
    """

    def __init__(
        self,
        quads: Iterable[Quad] | Neighbourhood,
        schema: Schema,
        lang: str,
        explanations: Explanations | None = None,
    ) -> None:
        """Take an answer: what was gathered, or its quads."""
        self.schema = schema
        self.lang = lang
        self.explanations = {} if explanations is None else explanations
        self.counts: dict[tuple[Node, NamedNode], int] = {}
        self._near = quads if isinstance(quads, Neighbourhood) else None
        self._blocks: dict[Node, Block | None]
        if isinstance(quads, Neighbourhood):
            self._blocks = {}
            self.counts = {(predicate, INCOMING): number for predicate, number in quads.counts.items()}
        else:
            self._blocks = {**self._of(quads)}
        self.lines: dict[Hashable, Any] = {}  # What `inline.line` has said already.
        self._values: dict[Node, Value] = {}
        self._dates: dict[Node, tuple[str, ...]] = {}
        self._inner: dict[Node, tuple[str, ...]] = {}
        self._joining: dict[Node, bool] = {}

    def _of(self, quads: Iterable[Quad]) -> dict[Node, Block]:
        """The blocks of some quads, in order; counts are none of them."""
        told = []
        for quad in quads:
            if quad.graph_name == VIEW:
                value = quad.object
                self.counts[quad.subject, quad.predicate] = int(value.value) if isinstance(value, Literal) else 0
            else:
                told.append(quad)
        return dict(sorted(blocks_of(dict.fromkeys(told)).items(), key=lambda pair: str(pair[0])))

    def _block(self, node: Node) -> Block | None:
        """What is known of a node. Of a neighbourhood, what is known of the one asked for is put together here."""
        near = self._near
        if near is None:
            return self._blocks.get(node)
        block = near.opened.get(node)
        if block is not None:
            return block
        found = self._blocks.get(node, _UNSEEN)
        if found is _UNSEEN:
            parts = near.blocks.get(node, _NO_BLOCKS)
            own = near.parts(node).get(node) if node in near.met else None
            parts = parts if own is None else [*parts, own]
            found = self._blocks[node] = joined(parts) if parts else None
        return found  # type: ignore[return-value]  # a block, or none

    def _summary(self, node: Node) -> Summary | None:
        """What names a neighbour, where it is all that is known of it."""
        near = self._near
        return None if near is None or node in near.opened or node not in near.met else near.summary(node)

    @cached_property
    def out(self) -> dict[Node, Mapping[NamedNode, list[Node]]]:
        """The values of everything by property. Not of a neighbourhood: nothing is in it before it is asked for."""
        return {one: block.out for one, block in self._blocks.items() if block is not None}

    def rows(self, node: Node) -> Mapping[NamedNode, list[Node]]:
        """The values of a thing by property."""
        block = self._block(node)
        return _NO_ROWS if block is None else block.out

    def rows_into(self, node: Node) -> Mapping[NamedNode, list[Node]]:
        """The things that point at a thing by property."""
        return self._into.get(node, _NO_ROWS)

    @cached_property
    def _into(self) -> dict[Node, dict[NamedNode, list[Node]]]:
        """The things that point at each, by property. Literals are looked up by nobody."""
        found: dict[Node, dict[NamedNode, list[Node]]] = {}
        near = self._near
        if near is None:
            edges = [(one, block.edges) for one, block in self._blocks.items() if block is not None]
        else:
            opened = near.opened
            edges = [(one, [edge for edge in block.edges if edge[1] in opened]) for one, block in opened.items()]
            edges += [
                (one, [edge for block in blocks for edge in block.edges if edge[1] in opened])
                for one, blocks in near.blocks.items()
                if one not in opened
            ]
        for subject, some in sorted(edges, key=_about):
            for predicate, value in some:
                rows = found.setdefault(value, {}).setdefault(predicate, [])
                if not rows or rows[-1] is not subject:
                    rows.append(subject)
        return found

    @property
    def graphs(self) -> dict[TripleKey, Sequence[str]]:
        """The named graphs of every triple, in order."""
        return {
            (subject, predicate, value): block.graphs.get((predicate, value), ())
            for subject, block in self._blocks.items()
            if block is not None
            for predicate, values in block.out.items()
            for value in values
        }

    def graphs_of(self, subject: Node, predicate: NamedNode, value: Node) -> Sequence[str]:
        """The named graphs that a triple stands in."""
        if self._near is None:
            block = self._blocks.get(subject)
        elif (block := self._near.opened.get(subject)) is None:
            some = self._near.blocks.get(subject, _NO_BLOCKS)
            if len(some) > 1:
                found = {graph for one in some for graph in one.graphs.get((predicate, value), ())}
                return sorted(found, key=closed)
            block = some[0] if some else None
        return () if block is None else block.graphs.get((predicate, value), ())

    # ------------------------------------------------------------ values

    def values(self, node: Node, predicate: NamedNode, *, inverse: bool = False) -> list[Node]:
        """The values of a property, or the things whose value this is."""
        return (self.rows_into(node) if inverse else self.rows(node)).get(predicate, _NOTHING)

    def types(self, node: Node) -> list[str]:
        """The addresses of a thing's types."""
        near = self._near
        if near is not None and node not in near.opened:
            return near.summary(node).types if node in near.met else []
        block = self._block(node)
        return [] if block is None else block.types

    def is_detail(self, node: Node) -> bool:
        """Whether the thing is shown inside others."""
        near = self._near
        if near is not None:
            return node in near.details
        block = self._blocks.get(node)
        return block is not None and (self.schema.is_nameless(node) or self.schema.is_detail(block.types))

    def is_cut_off(self, node: Node) -> bool:
        """Whether a thing without a name lies too deep to be told here: its own page tells it."""
        return self._near is not None and node not in self._near.opened and self.schema.is_nameless(node)

    def texts(self, node: Node, properties: Iterable[NamedNode]) -> dict[str, str]:
        """The first text in each language; an earlier property goes before a later one."""
        found: dict[str, str] = {}
        rows = self.rows(node)
        if rows:
            for predicate in properties:
                for value in rows.get(predicate, ()):
                    if isinstance(value, Literal):
                        found.setdefault(value.language or "", value.value)
        return found

    def label(self, node: Node) -> Text | None:
        """The thing's own name in the best language there is; None when it has none."""
        summary = self._summary(node)
        if summary is not None:
            return self.schema.text(summary.labels, self.lang)
        block = self._block(node)
        if block is None:
            return None
        key = ("label", self.lang)
        if key not in block.made:
            block.made[key] = self.schema.text(self.texts(node, self.schema.label_nodes), self.lang)
        found: Text | None = block.made[key]
        return found

    def name(self, node: Node) -> Text:
        """A name at any rate: its own, its word in the ontology, its kind and whom it joins, its address."""
        found = self.label(node)
        if found or isinstance(node, (Literal, Triple)):
            return found or Text(str(node))
        if isinstance(node, NamedNode) and node.value in self.schema.terms:
            return self.schema.name(node.value, self.lang)
        kind = self.schema.main_class(self.types(node))
        nameless = self.schema.is_nameless(node)
        if kind and (nameless or self.schema.class_hint(kind).detail):
            return self.schema.name(kind, self.lang)
        return Text("…" if nameless or isinstance(node, BlankNode) else readable_name(node.value))

    def alternatives(self, node: Node) -> list[Text]:
        """The other names, in every language."""
        found = [
            Text(value.value, value.language or "")
            for predicate in ALTERNATIVES
            for value in self.values(node, predicate)
            if isinstance(value, Literal)
        ]
        return list(dict.fromkeys(found))

    def value(self, node: Node) -> Value:
        """Return a node as a page shows it."""
        found = self._values.get(node)
        if found is None:
            found = self._values[node] = literal_value(node) if isinstance(node, Literal) else self._value(node)
        return found

    def _value(self, node: NamedNode | BlankNode | Triple) -> Value:
        if isinstance(node, Triple):
            return Value("text", str(node))
        summary = self._summary(node)
        if summary is None:
            return self._own_value(node)
        near = self._near
        assert near is not None
        known: Value | None = summary.made.get(self.lang)
        if known is None:
            self._dates[node] = summary.dates
            known = summary.made[self.lang] = self._own_value(node)
        if known.kind != "thing":
            return known
        told, inside = summary.told, summary.inside
        further = [
            (str(predicate), str(value), value, ())
            for block in near.blocks.get(node, _NO_BLOCKS)
            for predicate, value in block.edges
            if value in near.details and value not in inside
        ]
        if further:
            told = tuple(sorted((*told, *further), key=_first_two))
        elif not inside or (inside.isdisjoint(near.opened) and inside.isdisjoint(near.met)):
            return known
        # More is known here of the details that its dates hang on.
        dates = tuple(
            dict.fromkeys([one for _, _, detail, some in told for one in self._told_here(detail, node, some)])
        )
        return known if dates == known.when else known._replace(when=dates)

    def _told_here(self, detail: Node | None, node: Node, told: tuple[str, ...]) -> tuple[str, ...]:
        """The dates that a detail gives a thing on this page; `told` where nothing more is known of it."""
        near = self._near
        if detail is None or near is None or not (detail in near.opened or detail in near.met):
            return told
        if detail not in near.details or self._joins(detail):
            return ()
        found = self._inner.get(detail)
        if found is None:
            found = self._inner[detail] = tuple(self._dates_of(detail, (node,)))
        return found

    def _own_value(self, node: NamedNode | BlankNode) -> Value:
        name = self.name(node)
        if isinstance(node, BlankNode):
            return Value("text", name.value, name.language)
        iri = node.value
        known = bool(self.types(node)) or self.label(node) is not None
        if not known and iri in self.schema.terms:
            return Value("term", name.value, name.language, iri)
        if not known and not iri.startswith(self.schema.base):
            return Value("link" if WEB_ADDRESS.fullmatch(iri) else "text", iri, "", iri)
        return Value(
            "thing", name.value, name.language, iri, self.schema.main_class(self.types(node)), self.dates(node)
        )

    def dates(self, node: Node) -> tuple[str, ...]:
        """The dates a thing has itself or through a detail node, lexical, each once; computed bounds are none."""
        found = self._dates.get(node)
        if found is None:
            found = self._dates[node] = tuple(dict.fromkeys(self._dates_of(node, ())))
        return found

    def _dates_of(self, node: Node, above: tuple[Node, ...]) -> Iterator[str]:
        """`above` are the details that lead here: those that point at each other in a ring are read once."""
        for predicate, values in self.rows(node).items():
            for value in values:
                if isinstance(value, Literal):
                    if self.is_told_date(predicate, value):
                        yield value.value
                elif self.is_detail(value) and value not in above and not self._joins(value):
                    yield from self._dates_of(value, (*above, node))

    def is_told_date(self, predicate: NamedNode, value: Node) -> bool:
        """Whether a value is a date that somebody told, and not a bound computed from one."""
        return is_temporal(value) and self.schema.is_told(predicate.value)

    def _joins(self, node: Node) -> bool:
        """Whether a detail node points at other listed things: then its dates are its own, not its owner's."""
        found = self._joining.get(node)
        if found is None:
            values = [value for row in self.rows(node).values() for value in row if isinstance(value, NamedNode)]
            found = any(not self.is_detail(value) and self.types(value) for value in values)
            self._joining[node] = found
        return found

    # ------------------------------------------------------------ evidence

    def evidence(self, subject: Node, predicate: NamedNode, value: Node) -> Evidence:
        """Return the passages a triple stands in, else the rule that gave it."""
        graphs = self.graphs_of(subject, predicate, value)
        passages = tuple([graph for graph in graphs if "#" in graph])
        if passages:
            return Evidence(passages)
        if self.explanations is not None:
            told = self.explanations.get((str(subject), str(predicate), str(value)))
            if told:
                return told
        prefix = f"{self.schema.base}rule/"
        return Evidence((), next((graph for graph in graphs if graph.startswith(prefix)), ""))

    def is_said(self, subject: Node, predicate: NamedNode, value: Node) -> bool:
        """Whether a passage says a triple."""
        return any("#" in graph for graph in self.graphs_of(subject, predicate, value))

    def passage(self, address: str) -> PassageView:
        """Return a passage; one nobody described is known by its address alone."""
        near = self._near
        if near is None:
            return self._passage(address, self.rows(NamedNode(address)))
        key = (address, self.lang)
        found: PassageView | None = near.known.words.get(key)
        if found is None:
            found = self._passage(address, _by_property(near.described(address)))
            near.known.learn(near.known.words, key, found, 2)
        return found

    def _passage(self, address: str, rows: Mapping[NamedNode, list[Node]]) -> PassageView:
        version, start, end = place_of(address)
        quotes = [value for value in rows.get(ANCHOR_OF, ()) if isinstance(value, Literal)]
        hedges = [value.value for value in rows.get(HEDGE, ()) if isinstance(value, Literal)]
        quote = Text(quotes[0].value, quotes[0].language or "") if quotes else Text("")
        notes: dict[str, str] = {}
        for value in rows.get(NOTE, ()):
            if isinstance(value, Literal):
                notes.setdefault(value.language or "", value.value)
        return PassageView(
            address=address,
            version=version,
            start=start,
            end=end,
            quote=quote,
            implied=IMPLIED in rows.get(MODE, ()),
            # Each hedge is a quotation of its own, in the order of the sentence.
            hedges=tuple(sorted(hedges, key=lambda words: (quote.value.find(words), words))),
            note=choose(notes, self.lang, self.schema.languages) if notes else None,
        )

    def of_version(self, version: str, find: Callable[[Facts], Found]) -> Found:
        """Return what `find` reads of a document version: its description, its document's, and what names others."""
        near = self._near
        if near is None:
            return find(self)
        key = (version, self.lang)
        found: Found | None = near.known.sources.get(key)
        if found is None:
            quads = near.version(version)
            found = near.known.learn(near.known.sources, key, find(Facts(quads, self.schema, self.lang)), len(quads))
        return found

    def text(self, node: Node, *properties: NamedNode) -> Text | None:
        """The best text of some properties."""
        return self.schema.text(self.texts(node, properties), self.lang)


def place_of(address: str) -> tuple[str, int, int]:
    """Return which document version a passage is in, and where: its address says it."""
    version, _, fragment = address.partition("#")
    span = SPAN.match(fragment)
    return (version, int(span[1]), int(span[2])) if span else (version, 0, 0)


def _by_property(quads: Iterable[Quad]) -> dict[NamedNode, list[Node]]:
    """The values of each property, in order."""
    found: dict[NamedNode, list[Node]] = {}
    for _, predicate, value, _ in quads:
        values = found.get(predicate)
        if values is None:
            found[predicate] = [value]
        elif value not in values:
            values.append(value)
    for values in found.values():
        if len(values) > 1:
            values.sort(key=str)
    return found


def literal_value(literal: Literal) -> Value:
    """Return a literal as a page shows it, by its datatype."""
    datatype = literal.datatype
    if datatype in TEMPORAL_DATATYPES:
        return Value("date", literal.value)
    if datatype in NUMBERS:
        return Value("number", literal.value)
    if datatype == BOOLEAN:
        return Value("boolean", "true" if literal.value in {"true", "1"} else "false")
    if datatype == ANY_ADDRESS and WEB_ADDRESS.fullmatch(literal.value):
        return Value("link", literal.value, "", literal.value)
    return Value("text", literal.value, literal.language or "")


def is_temporal(node: object) -> bool:
    """Whether a node is a date."""
    return isinstance(node, Literal) and node.datatype in TEMPORAL_DATATYPES


def _about(edges: tuple[Node, object]) -> str:
    return str(edges[0])


def _first_two(told: tuple[Any, ...]) -> tuple[str, str]:
    return told[0], told[1]

"""The quads of one answer, ready to be looked at: values, names, evidence.

Duty: turn the quads that `describe.py` gathered into named values with the passages behind them.
Level 2; pure: no store, no web, no clock. Must not decide what a page shows.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from samvirke.describe.blocks import Block, Neighbourhood, Summary, blocks_of, joined
from samvirke.describe.gathering import INCOMING, VIEW
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
BOUNDS = frozenset(CORE.term(name).value for name in ("beginEarliest", "beginLatest", "endEarliest", "endLatest"))
# Named once: to make a name costs more than to look it up.
ALTERNATIVES = tuple(map(NamedNode, ALTERNATIVE_PROPERTIES))
ANCHOR_OF, HEDGE, NOTE, MODE, IMPLIED = NIF.anchorOf, CORE.hedge, CORE.note, CORE.mode, CORE.implied
BOOLEAN, ANY_ADDRESS = XSD.boolean, XSD.anyURI
_NOTHING: list[Node] = []
SPAN = re.compile(r"char=([0-9]+),([0-9]+)")


@dataclass(frozen=True, slots=True)
class Value:
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind a triple: passages, or a rule and the passages of its premises."""

    passages: tuple[str, ...] = ()
    rule: str = ""


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
        self._summaries: Mapping[Node, Summary] = {}
        if isinstance(quads, Neighbourhood):
            self._blocks = {subject: joined(some) for subject, some in quads.blocks.items()}
            self.counts = {(predicate, INCOMING): number for predicate, number in quads.counts.items()}
            self._summaries, self._shared = quads.summaries, quads.blocks
        else:
            self._blocks = self._of(quads)
        self.out: dict[Node, Mapping[NamedNode, list[Node]]] = {one: block.out for one, block in self._blocks.items()}
        self.lines: dict[Hashable, Any] = {}  # What `inline.line` has said already.
        self._values: dict[Node, Value] = {}
        self._dates: dict[Node, tuple[str, ...]] = {}

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

    @cached_property
    def into(self) -> dict[Node, dict[NamedNode, list[Node]]]:
        """The things that point at each, by property. Literals are looked up by nobody."""
        found: dict[Node, dict[NamedNode, list[Node]]] = {}
        for subject in sorted(self._blocks, key=str):
            for predicate, value in self._blocks[subject].edges:
                rows = found.get(value)
                if rows is None:
                    found[value] = {predicate: [subject]}
                elif predicate in rows:
                    rows[predicate].append(subject)
                else:
                    rows[predicate] = [subject]
        return found

    @property
    def graphs(self) -> dict[TripleKey, Sequence[str]]:
        """The named graphs of every triple, in order."""
        return {
            (subject, predicate, value): block.graphs.get((predicate, value), ())
            for subject, block in self._blocks.items()
            for predicate, values in block.out.items()
            for value in values
        }

    def graphs_of(self, subject: Node, predicate: NamedNode, value: Node) -> Sequence[str]:
        """The named graphs that a triple stands in."""
        block = self._blocks.get(subject)
        return () if block is None else block.graphs.get((predicate, value), ())

    # ------------------------------------------------------------ values

    def values(self, node: Node, predicate: NamedNode, *, inverse: bool = False) -> list[Node]:
        """The values of a property, or the things whose value this is."""
        rows = (self.into if inverse else self.out).get(node)
        return _NOTHING if rows is None else rows.get(predicate, _NOTHING)

    def types(self, node: Node) -> list[str]:
        """The addresses of a thing's types."""
        block = self._blocks.get(node)
        return [] if block is None else block.types

    def is_detail(self, node: Node) -> bool:
        """Whether the thing is shown inside others."""
        block = self._blocks.get(node)
        if block is None:
            return False
        found: bool | None = block.made.get("detail")
        if found is None:
            found = block.made["detail"] = self.schema.is_detail(block.types)
        return found

    def texts(self, node: Node, properties: Iterable[NamedNode]) -> dict[str, str]:
        """The first text in each language; an earlier property goes before a later one."""
        found: dict[str, str] = {}
        rows = self.out.get(node)
        if rows:
            for predicate in properties:
                for value in rows.get(predicate, ()):
                    if isinstance(value, Literal):
                        found.setdefault(value.language or "", value.value)
        return found

    def label(self, node: Node) -> Text | None:
        """The thing's own name in the best language there is; None when it has none."""
        block = self._blocks.get(node)
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
        if kind and (isinstance(node, BlankNode) or self.schema.class_hint(kind).detail):
            return self.schema.name(kind, self.lang)
        return Text(readable_name(node.value) if isinstance(node, NamedNode) else "…")

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
        shared = self._summaries.get(node)
        if shared is not None and self._as_everywhere(shared):
            known: Value | None = shared.values.get(self.lang)
            if known is None:
                known = shared.values[self.lang] = self._own_value(node)
            return known
        return self._own_value(node)

    def _as_everywhere(self, summary: Summary) -> bool:
        """Whether nothing more is known here than a summary of a thing says."""
        blocks = self._shared
        for subject, block in summary.parts:
            found = blocks[subject]
            if len(found) > 1 or found[0] is not block:
                return False
        return summary.targets.isdisjoint(blocks)

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
        for predicate, values in self.out.get(node, {}).items():
            for value in values:
                if isinstance(value, Literal):
                    if self.is_told_date(predicate, value):
                        yield value.value
                elif self.is_detail(value) and value not in above and not self._joins(value):
                    yield from self._dates_of(value, (*above, node))

    def is_told_date(self, predicate: NamedNode, value: Node) -> bool:
        """Whether a value is a date that somebody told, and not a bound computed from one."""
        if not is_temporal(value):
            return False
        hint = self.schema.properties.get(predicate.value)
        return BOUNDS.isdisjoint({predicate.value, *(hint.superproperties if hint else ())})

    def _joins(self, node: Node) -> bool:
        """Whether a detail node points at other listed things: then its dates are its own, not its owner's."""
        values = (value for row in self.out.get(node, {}).values() for value in row)
        return any(isinstance(value, NamedNode) and self.types(value) and not self.is_detail(value) for value in values)

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

    def passage(self, address: str) -> PassageView:
        """Return a passage; one nobody described is known by its address alone."""
        block = self._blocks.get(NamedNode(address))
        if block is None:
            return self._passage(address)
        found: PassageView | None = block.made.get(self.lang)
        if found is None:
            found = block.made[self.lang] = self._passage(address)
        return found

    def _passage(self, address: str) -> PassageView:
        version, _, fragment = address.partition("#")
        node = NamedNode(address)
        span = SPAN.match(fragment)
        quotes = [value for value in self.values(node, ANCHOR_OF) if isinstance(value, Literal)]
        hedges = [value.value for value in self.values(node, HEDGE) if isinstance(value, Literal)]
        quote = Text(quotes[0].value, quotes[0].language or "") if quotes else Text("")
        notes = self.texts(node, (NOTE,))
        return PassageView(
            address=address,
            version=version,
            start=int(span[1]) if span else 0,
            end=int(span[2]) if span else 0,
            quote=quote,
            implied=IMPLIED in self.values(node, MODE),
            # Each hedge is a quotation of its own, in the order of the sentence.
            hedges=tuple(sorted(hedges, key=lambda words: (quote.value.find(words), words))),
            note=choose(notes, self.lang, self.schema.languages) if notes else None,
        )

    def text(self, node: Node, *properties: NamedNode) -> Text | None:
        """The best text of some properties."""
        return self.schema.text(self.texts(node, properties), self.lang)


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

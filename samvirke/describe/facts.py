"""The quads of one answer, ready to be looked at: values, names, evidence.

Duty: turn the quads that `describe.py` gathered into named values with the passages behind them.
Level 2; pure: no store, no web, no clock. Must not decide what a page shows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from samvirke.model import BlankNode, Literal, NamedNode, Quad, Term, Triple
from samvirke.schema import ALTERNATIVE_PROPERTIES, Schema
from samvirke.schema.hints import Text, Texts, choose, readable_name
from samvirke.terms import CORE, NIF, TEMPORAL_DATATYPES, TYPE, XSD

Node = Term | Triple
VIEW_GRAPH = "urn:samvirke:view"
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
    """An answer's quads by subject, by object and by triple."""

    def __init__(
        self, quads: Iterable[Quad], schema: Schema, lang: str, explanations: Explanations | None = None
    ) -> None:
        self.schema = schema
        self.lang = lang
        self.explanations = explanations or {}
        self.out: dict[Node, dict[NamedNode, list[Node]]] = defaultdict(dict)
        self.into: dict[Node, dict[NamedNode, list[Node]]] = defaultdict(dict)
        self.graphs: dict[TripleKey, list[str]] = defaultdict(list)
        self.counts: dict[tuple[Node, NamedNode], int] = {}
        for quad in sorted(quads, key=str):
            self._add(quad)

    def _add(self, quad: Quad) -> None:
        subject, predicate, value = quad.subject, quad.predicate, quad.object
        graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        if graph == VIEW_GRAPH:
            self.counts[subject, predicate] = int(value.value) if isinstance(value, Literal) else 0
            return
        values = self.out[subject].setdefault(predicate, [])
        if value not in values:
            values.append(value)
            self.into[value].setdefault(predicate, []).append(subject)
        if graph:
            self.graphs[subject, predicate, value].append(graph)

    # ------------------------------------------------------------ values

    def values(self, node: Node, predicate: NamedNode, *, inverse: bool = False) -> list[Node]:
        """The values of a property, or the things whose value this is."""
        side = self.into if inverse else self.out
        return side[node].get(predicate, []) if node in side else []

    def types(self, node: Node) -> list[str]:
        """The addresses of a thing's types."""
        return [one.value for one in self.values(node, TYPE) if isinstance(one, NamedNode)]

    def is_detail(self, node: Node) -> bool:
        """Whether the thing is shown inside others."""
        return self.schema.is_detail(self.types(node))

    def texts(self, node: Node, properties: Iterable[str]) -> dict[str, str]:
        """The first text in each language; an earlier property goes before a later one."""
        found: dict[str, str] = {}
        for iri in properties:
            for value in self.values(node, NamedNode(iri)):
                if isinstance(value, Literal):
                    found.setdefault(value.language or "", value.value)
        return found

    def label(self, node: Node) -> Text | None:
        """The thing's own name in the best language there is; None when it has none."""
        return self.schema.text(self.texts(node, self.schema.label_properties), self.lang)

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
            for iri in ALTERNATIVE_PROPERTIES
            for value in self.values(node, NamedNode(iri))
            if isinstance(value, Literal)
        ]
        return list(dict.fromkeys(found))

    def value(self, node: Node) -> Value:
        """Return a node as a page shows it."""
        if isinstance(node, Literal):
            return literal_value(node)
        if isinstance(node, Triple):
            return Value("text", str(node))
        name = self.name(node)
        if isinstance(node, BlankNode):
            return Value("text", name.value, name.language)
        known = bool(self.types(node)) or self.label(node) is not None
        if not known and node.value in self.schema.terms:
            return Value("term", name.value, name.language, node.value)
        if not known and not node.value.startswith(self.schema.base):
            return Value("link" if WEB_ADDRESS.fullmatch(node.value) else "text", node.value, "", node.value)
        kind = self.schema.main_class(self.types(node))
        return Value("thing", name.value, name.language, node.value, kind, self.dates(node))

    def dates(self, node: Node, above: tuple[Node, ...] = ()) -> tuple[str, ...]:
        """The dates a thing has itself or through a detail node, lexical, each once; computed bounds are none.

        `above` are the details that lead here: those that point at each other in a ring are read once.
        """
        found: list[str] = []
        for predicate, values in self.out.get(node, {}).items():
            for value in values:
                if isinstance(value, Literal):
                    found += [value.value] if self.is_told_date(predicate, value) else []
                elif value not in above and self.is_detail(value) and not self._joins(value):
                    found += self.dates(value, (*above, node))
        return tuple(dict.fromkeys(found))

    def is_told_date(self, predicate: NamedNode, value: Node) -> bool:
        """Whether a value is a date that somebody told, and not a bound computed from one."""
        if not is_temporal(value):
            return False
        hint = self.schema.properties.get(predicate.value)
        return BOUNDS.isdisjoint({predicate.value, *(hint.superproperties if hint else ())})

    def _joins(self, node: Node) -> bool:
        """Whether a detail node points at other listed things: then its dates are its own, not its owner's."""
        values = (value for row in self.out[node].values() for value in row)
        return any(isinstance(value, NamedNode) and self.types(value) and not self.is_detail(value) for value in values)

    # ------------------------------------------------------------ evidence

    def evidence(self, subject: Node, predicate: NamedNode, value: Node) -> Evidence:
        """Return the passages a triple stands in, else the rule that gave it."""
        graphs = self.graphs.get((subject, predicate, value), [])
        passages = tuple(graph for graph in graphs if "#" in graph)
        if passages:
            return Evidence(passages)
        rules = [graph for graph in graphs if graph.startswith(f"{self.schema.base}rule/")]
        told = self.explanations.get((str(subject), str(predicate), str(value)))
        if told:
            return told
        return Evidence((), rules[0] if rules else "")

    def passage(self, address: str) -> PassageView:
        """Return a passage; one nobody described is known by its address alone."""
        version, _, fragment = address.partition("#")
        node = NamedNode(address)
        span = SPAN.match(fragment)
        quotes = [value for value in self.values(node, NIF.anchorOf) if isinstance(value, Literal)]
        hedges = [value.value for value in self.values(node, CORE.hedge) if isinstance(value, Literal)]
        quote = Text(quotes[0].value, quotes[0].language or "") if quotes else Text("")
        return PassageView(
            address=address,
            version=version,
            start=int(span[1]) if span else 0,
            end=int(span[2]) if span else 0,
            quote=quote,
            implied=CORE.implied in self.values(node, CORE.mode),
            # Each hedge is a quotation of its own, in the order of the sentence.
            hedges=tuple(sorted(hedges, key=lambda words: (quote.value.find(words), words))),
            note=choose(self.texts(node, (CORE.note.value,)), self.lang, self.schema.languages),
        )

    def text(self, node: Node, *properties: NamedNode) -> Text | None:
        """The best text of some properties."""
        texts: Texts = self.texts(node, [one.value for one in properties])
        return self.schema.text(texts, self.lang)


def literal_value(literal: Literal) -> Value:
    """Return a literal as a page shows it, by its datatype."""
    if is_temporal(literal):
        return Value("date", literal.value)
    if literal.datatype in NUMBERS:
        return Value("number", literal.value)
    if literal.datatype == XSD.boolean:
        return Value("boolean", "true" if literal.value in {"true", "1"} else "false")
    if literal.datatype == XSD.anyURI and WEB_ADDRESS.fullmatch(literal.value):
        return Value("link", literal.value, "", literal.value)
    return Value("text", literal.value, literal.language or "")


def is_temporal(node: object) -> bool:
    """Whether a node is a date."""
    return isinstance(node, Literal) and node.datatype in TEMPORAL_DATATYPES

"""The page of a document version, as plain values: its words, and what was read from them.

Duty: turn the quads of a document version into paragraphs with marks, and list the facts of each
passage. Level 4; pure: the quads come from `describe.py`. Must not name a term of a site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from samvirke.describe import USED
from samvirke.describe.facts import Facts, Node, PassageView, Value
from samvirke.describe.marks import Paragraph, Stretch, paragraphs
from samvirke.describe.sources import Texts
from samvirke.model import Literal, NamedNode, Quad
from samvirke.schema import Schema
from samvirke.schema.hints import LAST, Text
from samvirke.terms import CORE, DCT, NIF, PROV, TYPE


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is told of a subject.

    `name` is the property, empty where the value speaks for itself. `inside` is what the passage tells
    of a value that is a detail: it is shown instead of the detail's kind.
    """

    name: Text
    value: Value
    inside: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a passage says something about.

    `kinds` are the classes it is said to be of, `told` what else is said. That a thing has the name it
    is shown by is not said again. A `detail` is told in one line, by what this passage says of it.
    """

    subject: Value
    kinds: tuple[Value, ...]
    told: tuple[Told, ...]
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """A passage with its number and its facts."""

    number: int
    passage: PassageView
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph with the passages that begin in it."""

    paragraph: Paragraph
    used: tuple[Used, ...]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """Everything the page of a document version shows.

    `blocks` are its paragraphs; `loose` are passages that lie in no text kept here (rows and cells
    of tables). `about` is what is said of the document itself. `facts` counts the facts of all passages.
    """

    version: str
    document: str
    title: Text
    language: str
    modified: str
    checksum: str
    about: tuple[tuple[Text, Value], ...]
    blocks: tuple[Block, ...]
    loose: tuple[Used, ...]
    passages: int
    facts: int
    characters: int


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version in a list: its document, its title, when it was changed, how many passages are used."""

    version: str
    document: str
    title: Text
    modified: str
    checksum: str
    passages: int
    publishers: tuple[Value, ...]


def document_view(
    quads: Iterable[Quad], schema: Schema, version: str, lang: str, *, texts: Texts | None = None
) -> DocumentView | None:
    """Return the page of a document version; None when nothing is said about it.

    Reads:  what `describe.document` gathered; `texts` for the words.
    """
    facts = Facts(quads, schema, lang)
    node = NamedNode(version)
    if node not in facts.out:
        return None
    passages = sorted((facts.passage(one) for one in _passages(facts, version)), key=lambda one: one.place)
    said = _said_by_passage(facts)
    used = [Used(number, one, _said(facts, said.get(one.address, ()))) for number, one in enumerate(passages, 1)]
    checksum = _literal(facts, node, CORE.sha256)
    text = texts(checksum) if texts and checksum else None
    blocks, loose = _blocks(text, used)
    document = _document(facts, node)
    return DocumentView(
        version=version,
        document=document.value,
        title=facts.label(node) or facts.label(document) or facts.name(document),
        language=next((one.quote.language for one in passages if one.quote.language), ""),
        modified=_literal(facts, node, DCT.modified),
        checksum=checksum,
        about=_about(facts, node, document),
        blocks=blocks,
        loose=loose,
        passages=len(used),
        facts=sum(len(pairs) for pairs in said.values()),
        characters=len(text or ""),
    )


def version_lines(quads: Iterable[Quad], schema: Schema, lang: str) -> tuple[VersionLine, ...]:
    """Return the versions that `describe.versions` gathered: by document, the newest version first."""
    facts = Facts(quads, schema, lang)
    found = []
    for node in facts.out:
        if isinstance(node, NamedNode) and (node, USED) in facts.counts:
            document = _document(facts, node)
            found.append(
                VersionLine(
                    version=node.value,
                    document=document.value,
                    title=facts.label(node) or facts.label(document) or facts.name(document),
                    modified=_literal(facts, node, DCT.modified),
                    checksum=_literal(facts, node, CORE.sha256),
                    passages=facts.counts[node, USED],
                    publishers=tuple(facts.value(one) for one in facts.values(document, DCT.publisher)),
                )
            )
    newest = sorted(found, key=lambda one: one.modified or one.version, reverse=True)
    return tuple(sorted(newest, key=lambda one: one.document))


def _passages(facts: Facts, version: str) -> list[str]:
    """The addresses of the version's passages."""
    names = [node for node in facts.out if isinstance(node, NamedNode) and node.value.startswith(f"{version}#")]
    return [node.value for node in names if facts.values(node, NIF.anchorOf)]


def _document(facts: Facts, node: NamedNode) -> NamedNode:
    found = [one for one in facts.values(node, PROV.specializationOf) if isinstance(one, NamedNode)]
    return found[0] if found else NamedNode(node.value.rpartition("/")[0] or node.value)


def _literal(facts: Facts, node: NamedNode, predicate: NamedNode) -> str:
    return min((one.value for one in facts.values(node, predicate) if isinstance(one, Literal)), default="")


def _said_by_passage(facts: Facts) -> dict[str, list[tuple[Node, NamedNode, Node]]]:
    """The triples of each passage."""
    found: dict[str, list[tuple[Node, NamedNode, Node]]] = {}
    for triple, graphs in facts.graphs.items():
        for graph in graphs:
            if "#" in graph:
                found.setdefault(graph, []).append(triple)
    return found


def _said(facts: Facts, triples: Sequence[tuple[Node, NamedNode, Node]]) -> tuple[Said, ...]:
    """What some triples say: of things by name, then of the details that no thing here has."""
    telling = _Telling(facts, triples)
    nodes = sorted(telling.own, key=lambda node: (facts.is_detail(node), node in telling.pointed))
    said = [telling.said(node) for node in nodes if node not in telling.placed]
    return tuple(sorted(said, key=lambda one: (one.detail, one.subject.text, [part.value.text for part in one.told])))


class _Telling:
    """The triples of one passage. A detail is told where it is pointed at, one with others inside the first time."""

    def __init__(self, facts: Facts, triples: Sequence[tuple[Node, NamedNode, Node]]) -> None:
        self.facts = facts
        self.own: dict[Node, list[tuple[NamedNode, Node]]] = {}
        for subject, predicate, value in triples:
            self.own.setdefault(subject, []).append((predicate, value))
        self.pointed = {value for subject, _, value in triples if self.folds(value) and value != subject}
        self.placed: set[Node] = set()
        self.short: dict[Node, tuple[Told, ...]] = {}

    def folds(self, node: Node) -> bool:
        """Whether a node is told inside another: a detail that has no name."""
        return node in self.own and self.facts.is_detail(node) and self.facts.label(node) is None

    def said(self, node: Node) -> Said:
        """What is said of a node that stands by itself."""
        self.placed.add(node)
        detail = self.folds(node)
        subject = self.facts.value(node)
        kinds = []
        for predicate, value in self.own[node]:
            if predicate == TYPE and isinstance(value, NamedNode) and not detail:
                kinds.append(Value("term", self.facts.schema.name(value.value, self.facts.lang).value, "", value.value))
        return Said(subject, tuple(kinds), self.told(node, subject.text), detail)

    def told(self, node: Node, shown: str) -> tuple[Told, ...]:
        """What is told of a node besides its types and the name it is shown by."""
        schema, lang = self.facts.schema, self.facts.lang
        names = schema.label_properties
        rows = {row.path: row for row in schema.fields(self.facts.types(node)) if not row.inverse}
        ranked: list[tuple[bool, float, Told]] = []
        for predicate, value in self.own[node]:
            part = self.part(schema.name(predicate.value, lang), value)
            if predicate == TYPE or (predicate.value in names and part.value.text == shown):
                continue
            row = rows.get(predicate.value)
            if self.folds(node):
                speaks = row is not None and "label" in row.roles
                part = replace(part, name=Text("")) if speaks else part
                ranked.append((not speaks, row.order if row else LAST, part))
            else:
                ranked.append((False, LAST, part))
        ranked.sort(key=lambda one: (*one[:2], one[2].name.value, one[2].value.text))
        return tuple(part for _, _, part in ranked)

    def part(self, name: Text, value: Node) -> Told:
        """One value; a detail is opened where it is first met, and again if it is short."""
        shown = self.facts.value(value)
        if value in self.placed or not self.folds(value):
            return Told(name, shown, self.short.get(value, ()))
        self.placed.add(value)
        inside = self.told(value, "")
        if not any(one.inside for one in inside):
            self.short[value] = inside
        return Told(name, shown, inside)


def _about(facts: Facts, version: NamedNode, document: NamedNode) -> tuple[tuple[Text, Value], ...]:
    """What is said of the document and its version, without what the page shows elsewhere."""
    skipped = {TYPE, CORE.sha256, PROV.specializationOf, *map(NamedNode, facts.schema.label_properties)}
    found: dict[tuple[Text, Value], None] = {}
    for node in (document, version):
        for predicate, values in facts.out.get(node, {}).items():
            if predicate not in skipped:
                name = facts.schema.name(predicate.value, facts.lang)
                found.update(dict.fromkeys((name, facts.value(value)) for value in values))
    return tuple(sorted(found, key=lambda pair: (pair[0].value, pair[1].text)))


def _blocks(text: str | None, used: Sequence[Used]) -> tuple[tuple[Block, ...], tuple[Used, ...]]:
    """The paragraphs with their passages, and the passages that are in none."""
    by_number: Mapping[int, Used] = {one.number: one for one in used}
    if text is None:
        return (), tuple(used)
    stretches = [
        Stretch(one.number, one.passage.start, one.passage.end)
        for one in used
        if one.passage.start < one.passage.end <= len(text)
    ]
    cut = paragraphs(text, stretches, everything=True)
    blocks = tuple(Block(one, tuple(by_number[number] for number in one.numbers)) for one in cut)
    placed = {number for one in cut for number in one.numbers}
    return blocks, tuple(one for one in used if one.number not in placed)

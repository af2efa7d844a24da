"""The facts that compiled shapes read: the visible graphs of a store, a whole property at a time or node by node.

Duty: terms as N-Triples texts, each once; Python's sets of texts are what makes evaluation fast, and
one query's answer as TSV is how a property gets out of the store at 3 µs a fact. Level 3; changes
nothing. Where only a few nodes are asked for (a recheck), each is looked up on its own.
Standard: https://www.w3.org/TR/sparql11-results-csv-tsv/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QueryResultsFormat, RdfFormat, Triple, parse

from samvirke.terms import RDFS, TYPE, XSD

Links = dict[str, list[str]]
SUBCLASS = str(RDFS.subClassOf)
IS_A = str(TYPE)
_FEW = 8  # so many lookups cost less than a query
_KEPT = 300_000  # facts kept in memory at a time, some 250 bytes each
# The characters that TSV and N-Triples may write differently.
_ESCAPED = re.compile(r"[\\\x00-\x08\x0b-\x1f\x7f]")
_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NONE: Mapping[str, list[str]] = {}


@dataclass(slots=True)
class Schema:
    """The facts of the schema graphs that count as data: few, and the same from one change to the next."""

    forward: dict[str, Links] = field(default_factory=dict)
    backward: dict[str, Links] = field(default_factory=dict)
    about: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, quads: Iterable[Quad]) -> Schema:
        """Sort the quads by property."""
        found = cls()
        for subject, predicate, value in dict.fromkeys(written(quads)):
            found.forward.setdefault(predicate, {}).setdefault(subject, []).append(value)
            found.backward.setdefault(predicate, {}).setdefault(value, []).append(subject)
            found.about.setdefault(subject, []).append((predicate, value))
        return found

    def holds(self, subject: str, predicate: str, value: str) -> bool:
        """Whether there is a fact of these terms; an empty text stands for any."""
        columns = [self.forward.get(predicate, {})] if predicate else self.forward.values()
        for links in columns:
            rows = [links.get(subject, [])] if subject else links.values()
            if any(value in ends if value else ends for ends in rows):
                return True
        return False


def written(quads: Iterable[Quad]) -> Iterator[tuple[str, str, str]]:
    """The triples of quads as texts; what speaks of triples is passed over, as everywhere in the gate."""
    for quad in quads:
        if not isinstance(quad.subject, Triple) and not isinstance(quad.object, Triple):
            yield str(quad.subject), str(quad.predicate), str(quad.object)


class Facts:
    """The default graph of a store and the schema's facts. `few` says that only a few nodes will be asked for."""

    def __init__(self, store: pyoxigraph.Store, schema: Schema, *, few: bool = False) -> None:
        self.store, self.schema = store, schema
        self._few = few
        self._columns: dict[tuple[str, bool], Links] = {}
        self._sizes: dict[tuple[str, bool], int] = {}
        self._classes: dict[str, frozenset[str]] = {}
        self._instances: dict[str, frozenset[str]] = {}
        self._terms: dict[str, NamedNode | BlankNode | Literal] = {}

    # ------------------------------------------------------------ one step

    def step(self, predicate: str, nodes: Collection[str], *, back: bool = False) -> Links:
        """From each node the values of a property, or, with `back`, what has it as a value; none is left out."""
        if self._few or len(nodes) <= _FEW:
            return {node: found for node in nodes if (found := self.near(predicate, node, back=back))}
        column = self.column(predicate, back=back)
        if len(nodes) < len(column):
            return {node: column[node] for node in nodes if node in column}
        wanted = nodes if isinstance(nodes, set | frozenset | dict) else set(nodes)
        return {node: found for node, found in column.items() if node in wanted}

    def near(self, predicate: str, node: str, *, back: bool = False) -> list[str]:
        """The values of one node."""
        known = (self.schema.backward if back else self.schema.forward).get(predicate, _NONE)
        extra = known.get(node, ()) if known else ()
        subject = None if back else self.term(node)
        if isinstance(subject, Literal):
            return list(extra)
        value = self.term(node) if back else None
        quads = self.store.quads_for_pattern(subject, self.term(predicate), value, DefaultGraph())  # type: ignore[arg-type]
        if back:
            found = [str(quad.subject) for quad in quads if not isinstance(quad.subject, Triple)]
        else:
            found = [str(quad.object) for quad in quads if not isinstance(quad.object, Triple)]
        return list(dict.fromkeys((*found, *extra))) if extra else found

    def about(self, node: str) -> Iterator[tuple[str, str]]:
        """Every property and value of a node."""
        subject = self.term(node)
        if isinstance(subject, Literal):
            return
        seen = set(self.schema.about.get(node, ()))
        yield from seen
        for quad in self.store.quads_for_pattern(subject, None, None, DefaultGraph()):
            pair = str(quad.predicate), str(quad.object)
            if pair not in seen and not isinstance(quad.object, Triple):
                yield pair

    def users(self, node: str) -> Iterator[str]:
        """Everything that has a node as a value of some property."""
        for links in self.schema.backward.values():
            yield from links.get(node, ())
        for quad in self.store.quads_for_pattern(None, None, self.term(node), DefaultGraph()):
            if not isinstance(quad.subject, Triple):
                yield str(quad.subject)

    def column(self, predicate: str, *, back: bool = False) -> Links:
        """All facts of a property, by subject or, with `back`, by value."""
        key = predicate, back
        found = self._columns.pop(key, None)
        if found is None:
            found = self._read(predicate, back=back)
            self._sizes[key] = sum(map(len, found.values()))
            while self._columns and sum(self._sizes[one] for one in self._columns) + self._sizes[key] > _KEPT:
                del self._columns[next(iter(self._columns))]
        self._columns[key] = found  # the one used last is let go last
        return found

    def _read(self, predicate: str, *, back: bool) -> Links:
        other = self._columns.get((predicate, not back))
        if other is not None:  # the texts are in memory already
            return _turned(other)
        two = self._asked(f"SELECT ?s ?o WHERE {{ ?s {predicate} ?o }}", 2)
        ones, ends = reversed(two) if back else two
        found: Links = {}
        for one, end in zip(ones, ends, strict=True):
            if not one or not end:
                continue
            if one in found:
                found[one].append(end)
            else:
                found[one] = [end]
        extra = (self.schema.backward if back else self.schema.forward).get(predicate, _NONE)
        for one, others in extra.items():
            found[one] = list(dict.fromkeys((*found.get(one, ()), *others)))
        return found

    def _asked(self, text: str, width: int) -> list[list[str]]:
        answer = self.store.query(text)
        assert isinstance(answer, pyoxigraph.QuerySolutions), "a SELECT was asked"
        return columns(answer, width)

    # ------------------------------------------------------------ classes

    def subclasses(self, given: str) -> frozenset[str]:
        """A class and everything below it."""
        found = self._classes.get(given)
        if found is None:
            seen, front = {given}, [given]
            while front:
                near = [below for one in front for below in self.near(SUBCLASS, one, back=True)]
                front = [one for one in dict.fromkeys(near) if one not in seen]
                seen.update(front)
            found = self._classes[given] = frozenset(seen)
        return found

    def instances(self, given: str) -> frozenset[str]:
        """Everything that is of a class or of one below it."""
        found = self._instances.get(given)
        if found is None:
            found = self._instances[given] = frozenset(self._of(self.subclasses(given)))
        return found

    def _of(self, classes: Iterable[str]) -> Iterator[str]:
        for one in classes:
            if one.startswith("<"):
                yield from filter(None, self._asked(f"SELECT ?s WHERE {{ ?s {IS_A} {one} }}", 1)[0])
            else:
                yield from self.near(IS_A, one, back=True)
            yield from self.schema.backward.get(IS_A, _NONE).get(one, ())

    def of_class(self, given: str, nodes: Collection[str]) -> set[str]:
        """Those of the nodes that are of a class."""
        if self._few or len(nodes) <= _FEW:
            below = self.subclasses(given)
            if len(below) > _FEW:
                return {node for node in nodes if not below.isdisjoint(self.near(IS_A, node))}
            return {node for node in nodes if self._is_one_of(node, below)}
        return set(self.instances(given).intersection(nodes))

    def _is_one_of(self, node: str, classes: frozenset[str]) -> bool:
        """Whether a node is of one of a few classes: to ask for each costs less than to read what it is of."""
        subject = self.term(node)
        if isinstance(subject, Literal):
            return False
        kinds = (self.term(one) for one in classes)
        return any(Quad(subject, TYPE, kind, DefaultGraph()) in self.store for kind in kinds) or not classes.isdisjoint(
            self.schema.forward.get(IS_A, _NONE).get(node, ())
        )

    def term(self, text: str) -> NamedNode | BlankNode | Literal:
        """The term that a text writes."""
        found = self._terms.get(text)
        if found is None:
            if text.startswith("<"):
                found = NamedNode(text[1:-1])
            elif text.startswith("_:"):
                found = BlankNode(text[2:])
            else:
                found = literal(text)
            self._terms[text] = found
        return found


def literal(text: str) -> Literal:
    """The literal that a text writes."""
    quad = next(iter(parse(f"<urn:a> <urn:a> {text} .", RdfFormat.TURTLE)))
    assert isinstance(quad.object, Literal), "neither an address nor a blank node"
    return quad.object


def _turned(links: Links) -> Links:
    found: Links = {}
    for one, ends in links.items():
        for end in ends:
            if end in found:
                found[end].append(one)
            else:
                found[end] = [one]
    return found


def columns(answer: pyoxigraph.QuerySolutions, width: int) -> list[list[str]]:
    """The columns of an answer, their terms as N-Triples writes them; "" where there is none, or a triple."""
    raw = answer.serialize(format=QueryResultsFormat.TSV) or b""
    body = raw[raw.index(b"\n") : -1]  # with the line break in front, as `_plain` wants it
    if not body:
        return [[] for _ in range(width)]
    if _plain(body):
        cells = body[1:].decode().replace("\n", "\t").split("\t")
    else:
        cells = [_canonical(term) for line in body[1:].decode().split("\n") for term in line.split("\t")]
    return [cells[place::width] for place in range(width)]


def _plain(body: bytes) -> bool:
    """Whether every term stands as N-Triples writes it. Counting is many times as fast as an expression."""
    if b"\\" in body or b"<<" in body or len(body.translate(None, _CONTROLS)) < len(body):
        return False
    cells = body.count(b"\n") + body.count(b"\t")
    return cells == sum(body.count(between + mark) for between in (b"\n", b"\t") for mark in (b"<", b'"', b"_"))


def _canonical(term: str) -> str:
    if not term or term.startswith("<<"):
        return ""
    if term[0] in "<_" or (term[0] == '"' and _ESCAPED.search(term) is None):
        return term
    return f'"{term}"^^{XSD.integer}' if _WHOLE.fullmatch(term) else str(literal(term))

"""What a constraint in SPARQL reads, as far as its text tells, and the way from there back to `$this`.

Duty: from the text of a query to its patterns, and for each the chain of patterns that leads to the
focus node. Level 3; evaluates nothing. rdflib reads the text; it is loaded when this is asked for and
not before. A pattern without a chain meets `$this` only in a computed value, or across an OPTIONAL.
Standard: https://www.w3.org/TR/sparql11-query/#sparqlDefinition
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from samvirke.gate.compiled.paths import Path, sequence, step
from samvirke.sparql.tokens import tokens

THIS = "?this"
VALUE = "?value"
_MERGING = frozenset({
    "GROUP", "HAVING", "LIMIT", "OFFSET", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT",
})  # fmt: skip
# Beside those that `_collect` knows by name; a subquery, SERVICE, MINUS and VALUES are none of them.
_WRAPPING = frozenset({"SelectQuery", "Distinct", "Reduced", "OrderBy", "Slice", "Project"})
_OTHERS = _WRAPPING | {"Join", "Filter", "Extend", "Group", "AggregateJoin"}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern; `path` is None for a variable property, `graph` a variable or "" outside of GRAPH."""

    subject: str
    path: Path | None
    value: str
    graph: str = ""
    predicate: str = ""
    """The variable property."""

    def ends(self) -> Iterator[tuple[str, str]]:
        """The places that hold variables, with the variables."""
        for place, name in (("s", self.subject), ("o", self.value), ("g", self.graph)):
            if name.startswith("?"):
                yield place, name

    def place_of(self, variable: str) -> str:
        """The place that holds a variable, or "" when none does."""
        found = (place for place, name in (*self.ends(), ("p", self.predicate)) if name == variable)
        return next(found, "")


@dataclass(frozen=True, slots=True)
class Walk:
    """One step of a chain: from one place of a pattern to another."""

    pattern: Pattern
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Known:
    """A pattern of a constraint: from its place `start` the chain leads to `$this`; None when no chain does.

    `lone` says that of its variables only `?value` stands anywhere else: it asks whether there is such a fact.
    """

    pattern: Pattern
    start: str
    chain: tuple[Walk, ...] | None
    lone: bool = False
    value_start: str = ""
    value_chain: tuple[Walk, ...] | None = None
    """As `start` and `chain`, to `?value`; None when none leads there or its rows are not told apart by it."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a query's text tells: its patterns, and those among them that every row needs."""

    patterns: tuple[Known, ...]
    needed: tuple[Pattern, ...]


@dataclass(slots=True)
class _Group:
    """Patterns that match together, and the group that they are within."""

    above: _Group | None = None
    patterns: list[Pattern] = field(default_factory=list)
    below: list[_Group] = field(default_factory=list)

    def within(self) -> _Group:
        group = _Group(self)
        self.below.append(group)
        return group

    def all(self) -> list[Pattern]:
        return self.patterns + (self.above.all() if self.above else [])


def told(text: str) -> Text | None:
    """What a query's text tells; None when it is of a form that is not read here."""
    from rdflib.plugins.sparql.algebra import translateQuery  # noqa: PLC0415 - only where writes are taken
    from rdflib.plugins.sparql.parser import parseQuery  # noqa: PLC0415 - as above

    top = _Group()
    try:
        _collect(translateQuery(parseQuery(text)).algebra, top, "", top_level=True)
    except _NotReadError:
        return None
    words = Counter(token.text for token in tokens(text))
    used = Counter({f"?{name[1:]}": count for name, count in words.items() if name[:1] in {"?", "$"}})
    known = [replace(one, lone="*" not in words and _is_lone(one.pattern, used)) for one in _chains(top)]
    # Where every row has its value from a pattern, the rows of one value are those of the query with that value.
    bound = any(name == VALUE for pattern in top.patterns for _, name in pattern.ends())
    if not bound or not _MERGING.isdisjoint(word.upper() for word in words):
        known = [replace(one, value_start="", value_chain=None) for one in known]
    return Text(tuple(known), tuple(top.patterns))


def _is_lone(pattern: Pattern, used: Mapping[str, int]) -> bool:
    names = [name for _, name in pattern.ends()] + [pattern.predicate] * bool(pattern.predicate)
    others = [name for name in names if name != "?value"]
    return not pattern.graph and len(set(others)) == len(others) and all(used[name] <= 1 for name in others)


class _NotReadError(Exception):
    """The query is of another form."""


def _collect(part: Any, group: _Group, graph: str, *, top_level: bool = False) -> None:  # noqa: ANN401, PLR0912 - rdflib's tree
    name = getattr(part, "name", "")
    if name == "Project" and not top_level:
        raise _NotReadError
    if name == "BGP":
        group.patterns += [_pattern(triple, graph) for triple in part.triples]
    elif name == "Graph":
        _collect(part.p, group, _text(part.term))
    elif name == "LeftJoin":
        _collect(part.p1, group, graph)
        inner = group.within()
        _collect(part.p2, inner, graph)
        if "expr" in part:
            _expressions(part["expr"], inner, graph)
    elif name == "Union":
        for side in (part.p1, part.p2):
            _collect(side, group.within(), graph)
    elif name not in _OTHERS:
        raise _NotReadError
    else:
        for key in ("p", "p1", "p2"):
            if key in part:
                _collect(part[key], group, graph, top_level=top_level and name in _WRAPPING)
        for key in ("expr", "A"):
            if key in part:
                _expressions(part[key], group, graph)


def _expressions(part: Any, group: _Group, graph: str) -> None:  # noqa: ANN401 - as above
    """Find the groups that EXISTS and NOT EXISTS hold."""
    if isinstance(part, list | tuple | set):
        for one in part:
            _expressions(one, group, graph)
    elif isinstance(part, Mapping):
        if str(getattr(part, "name", "")).endswith("EXISTS"):
            _collect(part.graph, group.within(), graph)  # type: ignore[attr-defined]  # rdflib sets it
            return
        for one in part.values():
            _expressions(one, group, graph)


def _pattern(triple: tuple[Any, Any, Any], graph: str) -> Pattern:
    from rdflib import Variable  # noqa: PLC0415 - as above

    subject, predicate, value = triple
    if isinstance(predicate, Variable):
        return Pattern(_text(subject), None, _text(value), graph, _text(predicate))
    return Pattern(_text(subject), _path(predicate), _text(value), graph)


def _text(term: Any) -> str:  # noqa: ANN401 - as above
    from rdflib import BNode, Variable  # noqa: PLC0415 - as above

    if isinstance(term, Variable):
        return f"?{term}"
    return f"?_:{term}" if isinstance(term, BNode) else str(term.n3())


def _path(predicate: Any) -> Path:  # noqa: ANN401 - as above
    from rdflib import URIRef  # noqa: PLC0415 - as above
    from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath  # noqa: PLC0415 - as above

    if isinstance(predicate, URIRef):
        return step(predicate.n3())
    if isinstance(predicate, InvPath):
        return _path(predicate.arg).back()
    if isinstance(predicate, SequencePath):
        return sequence(*map(_path, predicate.args))
    if isinstance(predicate, AlternativePath):
        return Path("|", parts=tuple(map(_path, predicate.args)))
    if isinstance(predicate, MulPath):
        return Path(str(predicate.mod), parts=(_path(predicate.path),))
    raise _NotReadError


def _chains(group: _Group) -> Iterator[Known]:
    for pattern in group.patterns:
        yield _known(pattern, group.all())
    for below in group.below:
        yield from _chains(below)


def _known(pattern: Pattern, together: list[Pattern]) -> Known:
    start, chain = _chain(pattern, together, THIS)
    value_start, value_chain = _chain(pattern, together, VALUE)
    return Known(pattern, start, chain, value_start=value_start, value_chain=value_chain)


def _chain(pattern: Pattern, together: list[Pattern], wanted: str) -> tuple[str, tuple[Walk, ...] | None]:
    """Find the shortest chain from a pattern to a variable, breadth first."""
    front: list[tuple[str, str, tuple[Walk, ...]]] = [(name, place, ()) for place, name in pattern.ends()]
    seen = {name for name, _, _ in front}
    while front:
        for name, start, chain in front:
            if name == wanted:
                return start, chain
        onward = []
        for name, start, chain in front:
            for other in together:
                ends = list(other.ends())
                for place in (place for place, end in ends if end == name):
                    for next_place, end in ends:
                        if end not in seen:
                            seen.add(end)
                            onward.append((end, start, (*chain, Walk(other, place, next_place))))
        front = onward
    return "", None

"""Find where plain patterns hold, from what is bound, without looking at more than it takes.

Duty: the matches of a few patterns in a store, the pattern with the fewest facts first. Level 4; reads a
store and writes nothing; promises no order. A node can have a hundred thousand facts of one property: where
several patterns are equally open, they are read side by side and the one that ends first is taken.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice

from pyoxigraph import Quad, Store, Variable
from rdflib.paths import InvPath, Path, SequencePath

from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Term, Triple
from samvirke.rules.algebra import Pattern, Slot, Slots, slot_of
from samvirke.rules.match import Binding, Facts, select
from samvirke.rules.text import Rule

Graphs = Container[NamedNode | BlankNode | DefaultGraph]

_CHUNK = 8
_MOST = 256
"""Ways to tell a query its variables that are each worth asking it anew; beyond them, it is told less."""
_DATA = DefaultGraph()


def matches(facts: Facts, rule: Rule, binding: Binding) -> Iterator[dict[str, Term]]:
    """Yield the matches of a site's rule that agree with a binding, as `match.select` does.

    The engine plans a query without regard to what it is told, and may begin with every fact of a property.
    So the patterns that every match needs are followed first, from what is bound, and the query then confirms.
    """
    if not binding:
        yield from select(facts, rule, binding)
        return
    for told in _told(facts, rule, binding):
        yield from select(facts, rule, {**binding, **dict(told)})


def _told(facts: Facts, rule: Rule, binding: Binding) -> set[frozenset[tuple[str, Term]]]:
    """Return what every match that agrees with a binding binds besides, as far as that is worth knowing."""
    graphs: Graphs = {_DATA, *facts.schema_graphs}
    steps = [step for number, one in enumerate(rule.given.patterns) for step in _steps(one, f"step{number}_")]
    plain = [(one.subject, one.path, one.object) for one in rule.given.patterns if not isinstance(one.path, Path)]
    for patterns, most in ((steps, _MOST), (plain, sys.maxsize)):
        told: set[frozenset[tuple[str, Term]]] = set()
        for bound in solve(facts.store, patterns, binding, graphs=graphs):
            told.add(frozenset((name, term) for name, term in bound.items() if name in rule.settled))
            if len(told) > most:
                break
        else:
            return told
    raise AssertionError("there are never so many")


def _steps(pattern: Pattern, name: str) -> Iterator[Slots]:
    """Yield a pattern as steps from node to node; a path that is no mere sequence of them is left out."""
    path = pattern.path
    if not isinstance(path, Path):
        yield pattern.subject, path, pattern.object
        return
    parts = list(path.args) if isinstance(path, SequencePath) else [path]
    if any(isinstance(part.arg if isinstance(part, InvPath) else part, Path) for part in parts):
        return
    ends = [pattern.subject, *(Variable(f"{name}{number}") for number in range(1, len(parts))), pattern.object]
    for part, start, end in zip(parts, ends, ends[1:], strict=False):
        if isinstance(part, InvPath):
            yield end, slot_of(part.arg), start
        else:
            yield start, slot_of(part), end


def solve(
    store: Store,
    patterns: Sequence[Slots],
    bound: Binding,
    *,
    graphs: Graphs | None = None,
) -> Iterator[Binding]:
    """Yield every way the patterns hold in the default graph, or in some `graphs` together; there perhaps twice."""
    if not patterns:
        yield bound
        return
    number, triples = _next(store, patterns, bound, graphs)
    rest = [*patterns[:number], *patterns[number + 1 :]]
    for triple in triples:
        more = unify(patterns[number], triple)
        if more is not None and all(bound.get(name, term) == term for name, term in more.items()):
            yield from solve(store, rest, {**bound, **more}, graphs=graphs)


def unify(slots: Slots, triple: Triple) -> dict[str, Term] | None:
    """Return what makes a pattern the triple, or None."""
    bound: dict[str, Term] = {}
    for slot, term in zip(slots, triple, strict=True):
        if isinstance(slot, Variable):
            if bound.setdefault(slot.value, term) != term:
                return None
        elif slot != term:
            return None
    return bound


def _next(
    store: Store,
    patterns: Sequence[Slots],
    bound: Binding,
    graphs: Graphs | None,
) -> tuple[int, Iterator[Triple]]:
    """Return the number of the pattern to follow next, and the triples that may be of it."""
    filled = [tuple(_value(slot, bound) for slot in slots) for slots in patterns]
    open_places = [sum(term is None for term in terms) for terms in filled]
    fewest = min(open_places)
    numbers = [number for number, count in enumerate(open_places) if count == fewest]
    found = {number: _triples(store, filled[number], graphs) for number in numbers}
    if len(numbers) == 1 or not fewest:
        return numbers[0], found[numbers[0]]
    read: Mapping[int, list[Triple]] = {number: [] for number in numbers}
    while True:
        for number in numbers:
            chunk = list(islice(found[number], _CHUNK))
            read[number].extend(chunk)
            if len(chunk) < _CHUNK:
                return number, iter(read[number])


def _triples(store: Store, terms: tuple[Term | None, ...], graphs: Graphs | None) -> Iterator[Triple]:
    subject, predicate, value = terms
    if isinstance(subject, Literal) or not isinstance(predicate, NamedNode | None):
        return
    if graphs is None and subject is not None and predicate is not None and value is not None:
        if Quad(subject, predicate, value, _DATA) in store:
            yield Triple(subject, predicate, value)
        return
    for quad in store.quads_for_pattern(subject, predicate, value, _DATA if graphs is None else None):
        if graphs is None or quad.graph_name in graphs:
            yield quad.triple


def _value(slot: Slot, bound: Binding) -> Term | None:
    return bound.get(slot.value) if isinstance(slot, Variable) else slot

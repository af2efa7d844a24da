"""Find the facts that a match of a rule rests on.

Duty: from the variables of one match to the triples behind it, in a fixed order, property paths
walked step by step. Level 4; reads a store and writes nothing.
Standard: property paths, https://www.w3.org/TR/sparql11-query/#propertypaths
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyoxigraph
from pyoxigraph import Variable
from rdflib import URIRef
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, SequencePath

from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from samvirke.rules.algebra import Pattern, Premises, Slot
from samvirke.rules.text import Rule

Binding = Mapping[str, Term]
Walk = tuple[Term, Term, tuple[Triple, ...]]


class Facts:
    """What rules read: the default graph of a store (unless `data` is false) and its schema graphs."""

    def __init__(self, store: pyoxigraph.Store, schema_graphs: Sequence[NamedNode], *, data: bool = True) -> None:
        self.store = store
        self.schema_graphs = tuple(schema_graphs)
        self._data = data
        self._graphs = {*([DefaultGraph()] if data else []), *schema_graphs}

    def holds(self, triple: Triple) -> bool:
        """Return whether a triple is known, as data or as an axiom."""
        return self.is_data(triple) or self.is_axiom(triple)

    def is_data(self, triple: Triple) -> bool:
        """Return whether a triple stands in the default graph."""
        return self._data and Quad(triple.subject, triple.predicate, triple.object, DefaultGraph()) in self.store

    def is_axiom(self, triple: Triple) -> bool:
        """Return whether a triple stands in a schema graph."""
        return any(graph in self._graphs for graph in self.graphs(triple))

    def graphs(self, triple: Triple) -> list[NamedNode]:
        """Return the named graphs that a triple stands in, in the order of their addresses."""
        found = self.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        names = {quad.graph_name.value for quad in found if isinstance(quad.graph_name, NamedNode)}
        return [NamedNode(name) for name in sorted(names)]

    def match(self, subject: Term | None, predicate: NamedNode | None, value: Term | None) -> list[Triple]:
        """Return the known triples of a pattern, in the order of their N-Triples."""
        if isinstance(subject, Literal):
            return []
        found = {
            quad.triple
            for quad in self.store.quads_for_pattern(subject, predicate, value, None)
            if quad.graph_name in self._graphs
        }
        return sorted(found, key=str)


def premises_of(facts: Facts, premises: Premises, binding: Binding) -> tuple[Triple, ...] | None:
    """Return the triples that a match rests on, each once; None when the patterns do not hold.

    Left out are the cells of an axiom's list and its restriction: nodes without an address are part
    of the axiom that leads to them.

    Reads:  the default and schema graphs of `facts`. Variables that `binding` leaves open are
            bound to the first triples that fit.
    """
    for found, bound in _solve(facts, list(premises.patterns), dict(binding)):
        chosen = list(found)
        if not all(_take_first(facts, choice, bound, chosen) for choice in premises.choices):
            continue
        for group in premises.optional:
            _take_first(facts, (group,), bound, chosen)
        return tuple(triple for triple in dict.fromkeys(chosen) if not isinstance(triple.subject, BlankNode))
    return None


def _take_first(facts: Facts, groups: Sequence[Premises], binding: Binding, chosen: list[Triple]) -> bool:
    for group in groups:
        found = premises_of(facts, group, binding)
        if found is not None:
            chosen.extend(found)
            return True
    return False


def _solve(
    facts: Facts, patterns: list[Pattern], binding: dict[str, Term]
) -> Iterator[tuple[tuple[Triple, ...], dict[str, Term]]]:
    """Yield every way the patterns hold, the pattern with the fewest open places first."""
    if not patterns:
        yield (), binding
        return
    pattern = min(patterns, key=lambda one: _open_places(one, binding))
    rest = [one for one in patterns if one is not pattern]
    for steps, bound in _match(facts, pattern, binding):
        for more, last in _solve(facts, rest, bound):
            yield (*steps, *more), last


def _open_places(pattern: Pattern, binding: Binding) -> int:
    places = [pattern.subject, pattern.object]
    if isinstance(pattern.path, Variable):
        places.append(pattern.path)
    return sum(isinstance(place, Variable) and place.value not in binding for place in places)


def value_of(slot: Slot, binding: Binding) -> Term | None:
    """Return what a slot is bound to, or None while it is open."""
    return binding.get(slot.value) if isinstance(slot, Variable) else slot


def _match(
    facts: Facts, pattern: Pattern, binding: dict[str, Term]
) -> Iterator[tuple[tuple[Triple, ...], dict[str, Term]]]:
    subject, value = value_of(pattern.subject, binding), value_of(pattern.object, binding)
    if isinstance(pattern.path, (NamedNode, Variable)):
        predicate = value_of(pattern.path, binding)
        if isinstance(predicate, (Literal, BlankNode)):
            return
        if subject is not None and predicate is not None and value is not None:
            # Nothing is open, as in most matches that come from a query: one look tells.
            closed = None if isinstance(subject, Literal) else Triple(subject, predicate, value)
            if closed is not None and facts.holds(closed):
                yield (closed,), binding
            return
        for triple in facts.match(subject, predicate, value):
            bound = _bind(binding, (pattern.subject, pattern.path, pattern.object), tuple(triple))
            if bound is not None:
                yield (triple,), bound
        return
    for start, end, steps in walk(facts, pattern.path, subject, value):
        bound = _bind(binding, (pattern.subject, pattern.object), (start, end))
        if bound is not None:
            yield steps, bound


def _bind(binding: dict[str, Term], slots: Sequence[Slot], terms: Sequence[Any]) -> dict[str, Term] | None:
    bound = dict(binding)
    for slot, term in zip(slots, terms, strict=True):
        if isinstance(slot, Variable) and bound.setdefault(slot.value, term) != term:
            return None
    return bound


def walk(facts: Facts, path: Any, start: Term | None, end: Term | None) -> Iterator[Walk]:  # noqa: ANN401 - rdflib's paths
    """Yield the ways along a property path from `start` to `end` (None is open), with their triples.

    A path of any length needs one end: from an open node to an open node it yields nothing.
    """
    match path:
        case URIRef():
            for triple in facts.match(start, NamedNode(str(path)), end):
                assert not isinstance(triple.subject, Triple)
                assert not isinstance(triple.object, Triple)
                yield triple.subject, triple.object, (triple,)
        case InvPath():
            for first, last, steps in walk(facts, path.arg, end, start):
                yield last, first, steps
        case SequencePath():
            yield from _walk_sequence(facts, list(path.args), start, end)
        case AlternativePath():
            for arm in path.args:
                yield from walk(facts, arm, start, end)
        case MulPath():
            yield from _walk_repeated(facts, path, start, end)
        case NegatedPath():
            excluded = {str(arm) for arm in path.args if isinstance(arm, URIRef)}
            for triple in facts.match(start, None, end):
                if triple.predicate.value not in excluded:
                    yield triple.subject, triple.object, (triple,)  # type: ignore[misc]  # no triple terms in the store


def _walk_sequence(facts: Facts, arms: list[Any], start: Term | None, end: Term | None) -> Iterator[Walk]:
    if len(arms) == 1:
        yield from walk(facts, arms[0], start, end)
    elif start is None and end is not None:
        for middle, last, steps in walk(facts, arms[-1], None, end):
            for first, _, before in _walk_sequence(facts, arms[:-1], None, middle):
                yield first, last, (*before, *steps)
    else:
        for first, middle, steps in walk(facts, arms[0], start, None):
            for _, last, more in _walk_sequence(facts, arms[1:], middle, end):
                yield first, last, (*steps, *more)


def _walk_repeated(facts: Facts, path: MulPath, start: Term | None, end: Term | None) -> Iterator[Walk]:
    """Walk `path*`, `path+` or `path?` breadth first: each node is reached by its shortest way."""
    if start is None:
        if end is not None:
            for first, last, steps in _walk_repeated(facts, MulPath(InvPath(path.path), path.mod), end, None):
                yield last, first, steps
        return
    reached: dict[Term, tuple[Triple, ...]] = {}
    if path.zero:
        reached[start] = ()
        if end in (None, start):
            yield start, start, ()
    frontier: list[tuple[Term, tuple[Triple, ...]]] = [(start, ())]
    while frontier:
        found: list[tuple[Term, tuple[Triple, ...]]] = []
        for node, before in frontier:
            for _, last, steps in walk(facts, path.path, node, None):
                if last not in reached:
                    reached[last] = (*before, *steps)
                    found.append((last, reached[last]))
                    if end in (None, last):
                        yield start, last, reached[last]
        frontier = found if path.more else []


def select(facts: Facts, rule: Rule, binding: Binding | None = None) -> Iterator[dict[str, Term]]:
    """Yield every match of a rule as the terms its variables are bound to, in no given order.

    With a `binding`, only the matches that agree with it.

    Reads:  the default graph, and by GRAPH the schema graphs; a site's rule reads both without GRAPH.
    """
    data: list[NamedNode | BlankNode | DefaultGraph] = [DefaultGraph()]
    binding = binding or {}
    # A variable that is told has that value everywhere, also where a match leaves it open or asks for any.
    told = {name: term for name, term in binding.items() if rule.engine or name in rule.settled}
    solutions = facts.store.query(
        rule.select,
        base_iri=rule.base,
        default_graph=data if rule.engine else [*data, *facts.schema_graphs],
        named_graphs=list(facts.schema_graphs),
        substitutions={Variable(name): term for name, term in told.items()},
    )
    for found in _rows(solutions):
        if all(found.get(name, told.get(name)) == term for name, term in binding.items()):
            yield {**found, **told}


def select_axioms(facts: Facts, rule: Rule) -> list[dict[str, Term]]:
    """Return every way the schema graphs have what an engine rule reads of the ontology, in a fixed order."""
    solutions = facts.store.query(
        rule.axioms, base_iri=rule.base, default_graph=[], named_graphs=list(facts.schema_graphs)
    )
    return sorted(_rows(solutions), key=lambda row: sorted((name, str(term)) for name, term in row.items()))


def _rows(solutions: object) -> Iterator[dict[str, Term]]:
    assert isinstance(solutions, pyoxigraph.QuerySolutions), "a rule's text is turned into a SELECT"
    names = [variable.value for variable in solutions.variables]
    for row in solutions:
        yield {name: term for name in names if (term := row[name]) is not None and not isinstance(term, Triple)}


def instantiate(slots: Sequence[Slot], binding: Binding) -> Triple | None:
    """Return the triple that a template makes of a match; None where SPARQL makes none.

    Source: https://www.w3.org/TR/sparql11-query/#construct
    """
    subject, predicate, value = (value_of(slot, binding) for slot in slots)
    if value is None or isinstance(subject, (Literal, type(None))) or not isinstance(predicate, NamedNode):
        return None
    return Triple(subject, predicate, value)

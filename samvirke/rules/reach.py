"""What a changed triple reaches: the conclusions of a rule that may come or go with it.

Duty: for one rule in one stratum, from changed triples to the heads of the matches they have a part in, and
from one triple to whether the rule gives it. Level 4; asks a store by quad patterns and writes nothing. Holds
neither store nor data: the store comes with each question, so that a forked process asks its own copy.
Source: semi-naive evaluation, Abiteboul, Hull, Vianu: Foundations of Databases, section 13.1
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from pyoxigraph import Variable

from samvirke.errors import InputError
from samvirke.model import BlankNode, DefaultGraph, NamedNode, Term, Triple
from samvirke.rules import date_bounds
from samvirke.rules.algebra import Slots
from samvirke.rules.match import Binding, Facts, instantiate
from samvirke.rules.plan import Instance
from samvirke.rules.reads import Read
from samvirke.rules.solve import matches, solve, unify
from samvirke.rules.text import Rule

Graphs = frozenset[NamedNode | BlankNode | DefaultGraph]


class Reach(Protocol):
    """A rule, as far as it belongs to one stratum."""

    rule: Rule

    def heads(self, facts: Facts, changed: Iterable[Triple], *, negated: bool = False) -> Iterator[Triple]:
        """Yield at least the conclusions of all matches that a change of some triples makes or takes away.

        They are those of the store as it is; to see what was, or what will be, ask when it is so.
        `negated`: only as far as the rule asks for what is not there.
        """

    def gives(self, facts: Facts, triple: Triple) -> bool:
        """Whether the rule infers a triple from the store as it is."""

    def allows(self, facts: Facts, triple: Triple) -> bool:
        """Whether a conclusion may be drawn beside what is asserted."""


class InstancesReach:
    """A rule of the engine: its instances."""

    def __init__(self, rule: Rule, instances: Sequence[Instance]) -> None:
        self.rule = rule
        self._by_fact: defaultdict[tuple[str, Term | None], list[tuple[Instance, int]]] = defaultdict(list)
        self._by_head: defaultdict[tuple[str, Term | None], list[tuple[Instance, Slots]]] = defaultdict(list)
        for instance in instances:
            for number, slots in enumerate(instance.patterns):
                self._by_fact[_listed(slots)].append((instance, number))
            for slots in instance.template:
                self._by_head[_listed(slots)].append((instance, slots))

    def heads(self, facts: Facts, changed: Iterable[Triple], *, negated: bool = False) -> Iterator[Triple]:
        """Yield the conclusions of the matches that have a changed triple in them."""
        for triple in () if negated else changed:
            for key in _keys(triple):
                for instance, number in self._by_fact.get(key, ()):
                    bound = unify(instance.patterns[number], triple)
                    if bound is None:
                        continue
                    rest = instance.patterns[:number] + instance.patterns[number + 1 :]
                    for found in solve(facts.store, rest, bound):
                        for slots in instance.template:
                            head = instantiate(slots, found)
                            if head is not None:
                                yield head

    def gives(self, facts: Facts, triple: Triple) -> bool:
        """Whether an instance has a match that gives the triple."""
        for key in _keys(triple):
            for instance, slots in self._by_head.get(key, ()):
                bound = unify(slots, triple)
                if bound is not None and any(True for _ in solve(facts.store, instance.patterns, bound)):
                    return True
        return False

    def allows(self, facts: Facts, triple: Triple) -> bool:
        """Nothing is in its way."""
        return True


class QueryReach:
    """A site's rule: its query, asked only for the matches that agree with what changed."""

    def __init__(self, rule: Rule, facts: Facts) -> None:
        self.rule = rule
        # What the ontology allows a variable to be; nothing else is worth a query.
        self._allowed: dict[str, set[Term]] = {}
        for row in solve(facts.store, rule.fixed, {}, graphs=facts.schema_graphs) if rule.fixed else ():
            for name, term in row.items():
                self._allowed.setdefault(name, set()).add(term)
        self._reads: defaultdict[str | None, list[Read]] = defaultdict(list)
        for read in rule.reads:
            self._reads[read.predicate.value if isinstance(read.predicate, NamedNode) else None].append(read)

    def heads(self, facts: Facts, changed: Iterable[Triple], *, negated: bool = False) -> Iterator[Triple]:
        """Yield the conclusions of the matches that agree with a changed triple in what it pins down."""
        bindings: dict[frozenset[tuple[str, Term]], Binding] = {}
        for triple in changed:
            for read in (*self._reads.get(triple.predicate.value, ()), *self._reads.get(None, ())):
                if negated and not read.negated:
                    continue
                bound = read.bind(triple)
                if bound is not None and self._is_allowed(bound):
                    bindings[frozenset(bound.items())] = bound
        # A change that pins down nothing has the whole rule asked, and then once is enough.
        for binding in ({},) if frozenset() in bindings else bindings.values():
            for row in matches(facts, self.rule, binding):
                for slots in self.rule.template:
                    head = instantiate(slots, row)
                    if head is not None:
                        yield head

    def gives(self, facts: Facts, triple: Triple) -> bool:
        """Whether the query has a match that gives the triple."""
        for slots in self.rule.template:
            bound = unify(slots, triple)
            if bound is None or not self._is_allowed(bound):
                continue
            if any(instantiate(slots, row) == triple for row in matches(facts, self.rule, bound)):
                return True
        return False

    def _is_allowed(self, bound: Binding) -> bool:
        return all(term in self._allowed.get(name, (term,)) for name, term in bound.items())

    def allows(self, facts: Facts, triple: Triple) -> bool:
        """Nothing is in its way."""
        return True


class DatesReach:
    """The rule that computes the bounds of dates. `special` are the graphs in which nothing is asserted."""

    def __init__(self, rule: Rule, properties: date_bounds.Properties, special: Graphs) -> None:
        self.rule = rule
        self._properties = properties
        self._special = special
        self.written = frozenset(one for below in properties.values() for one in below)

    def heads(self, facts: Facts, changed: Iterable[Triple], *, negated: bool = False) -> Iterator[Triple]:
        """Yield the bounds of the changed triples that are dates."""
        for triple in () if negated else changed:
            if date_bounds.is_date(triple.object):
                yield from self._bounds(triple)

    def gives(self, facts: Facts, triple: Triple) -> bool:
        """Whether a date of the node has the bound, and none is stated."""
        return (
            triple.predicate in self.written
            and self.allows(facts, triple)
            and any(triple in self._bounds(date) for date in self.dates(facts, triple.subject))
        )

    def allows(self, facts: Facts, triple: Triple) -> bool:
        """Whether the node has no stated value for the bound."""
        known = facts.store.quads_for_pattern(triple.subject, triple.predicate, None, None)
        return all(quad.graph_name in self._special for quad in known)

    def dates(self, facts: Facts, node: NamedNode | BlankNode | Triple) -> Iterator[Triple]:
        """Yield the triples that tell a date of a node."""
        for quad in facts.store.quads_for_pattern(node, None, None, DefaultGraph()):
            if date_bounds.is_date(quad.object):
                yield quad.triple

    def _bounds(self, date: Triple) -> tuple[Triple, ...]:
        try:
            return date_bounds.bounds_beside(date, self._properties)
        except InputError:
            return ()


def _listed(slots: Slots) -> tuple[str, Term | None]:
    assert isinstance(slots[1], NamedNode), "the axioms have filled in every predicate"
    return slots[1].value, None if isinstance(slots[2], Variable) else slots[2]


def _keys(triple: Triple) -> tuple[tuple[str, Term | None], ...]:
    return (triple.predicate.value, None), (triple.predicate.value, triple.object)  # type: ignore[return-value]  # no triple terms in the store

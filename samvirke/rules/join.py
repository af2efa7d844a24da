"""Match the engine's rules against many facts, each fact once.

Duty: hold the data as numbers, and find the matches of a rule's facts that are new since it was asked
last. Level 4; reads a store once and writes nothing.
The axioms that a rule reads never change while rules run. So `plan` has solved them, and what is left of a
rule are its instances. An instance is asked only about facts it has not seen.
Source: semi-naive evaluation, Abiteboul, Hull, Vianu: Foundations of Databases, section 13.1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import Variable

from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from samvirke.rules.algebra import Slots
from samvirke.rules.match import Binding, Facts, premises_of
from samvirke.rules.plan import Plan
from samvirke.rules.text import Rule

Key = tuple[int, int, int]
"""Three numbers: of terms, as `Memory` counts them; in a pattern `~n` is the variable number n."""

_Log = tuple[int, int | None]
"""Which facts a pattern listens to: those of a predicate, or those of a predicate and an object."""


@dataclass(frozen=True)
class Ground:
    """The axioms that an instance of a rule comes from; looked up when somebody asks for them."""

    row: Binding
    rule: Rule = field(compare=False, repr=False)
    facts: Facts = field(compare=False, repr=False)

    @cached_property
    def triples(self) -> tuple[Triple, ...]:
        """The axioms as triples, without nodes that have no address."""
        return premises_of(self.facts, self.rule.axiom_premises, self.row) or ()


@dataclass(slots=True)
class Matched:
    """An instance of a rule in numbers. `seen` counts the facts of each pattern it knows."""

    template: tuple[Key, ...]
    patterns: tuple[Key, ...]
    ground: Ground
    variables: int
    level: int
    seen: list[int]

    def facts(self, bound: Sequence[int]) -> list[Key]:
        """Return the facts of a match, each once."""
        keys = ((filled(one[0], bound), one[1], filled(one[2], bound)) for one in self.patterns)
        return list(dict.fromkeys(keys))


class Memory:
    """The data as numbers: what is known, and for each pattern of an instance the facts in the order they came."""

    def __init__(self, facts: Facts, rules: Sequence[Rule], plan: Plan, *, mark: Callable[[Term], bool]) -> None:
        self.facts = facts
        self.terms: list[Term] = []
        self.data: set[Key] = set()
        self.axioms: set[Key] = set()
        self.marked: list[Key] = []
        self._mark = mark
        self._numbers: dict[Term, int] = {}
        self._marked: set[int] = set()
        self._logs: dict[_Log, list[tuple[int, int]]] = {}
        self._from: dict[int, dict[int, list[int]]] = {}
        self._to: dict[int, dict[int, list[int]]] = {}
        self.instances = {rule.name: self._matched(rule, plan) for rule in rules if rule.axioms}
        for graph in facts.schema_graphs:
            self.axioms.update(map(self.key, facts.store.quads_for_pattern(None, None, None, graph)))
        # A store gives its facts in no given order; sorted, every run meets and explains them alike.
        for quad in sorted(facts.store.quads_for_pattern(None, None, None, DefaultGraph()), key=str):
            self.add(self.key(quad))

    def number(self, term: Term) -> int:
        """Return the number of a term."""
        found = self._numbers.get(term)
        if found is None:
            found = self._numbers[term] = len(self.terms)
            self.terms.append(term)
            if self._mark(term):
                self._marked.add(found)
        return found

    def key(self, triple: Triple | Quad) -> Key:
        """Return a triple as numbers."""
        number = self.number
        return number(triple.subject), number(triple.predicate), number(triple.object)  # type: ignore[arg-type]  # no triple terms in the store

    def triple(self, key: Key) -> Triple:
        """Return a triple that numbers stand for."""
        terms = self.terms
        return Triple(terms[key[0]], terms[key[1]], terms[key[2]])  # type: ignore[arg-type]  # `is_triple` has told

    def is_triple(self, key: Key) -> bool:
        """Return whether the numbers stand for something RDF can say."""
        return not isinstance(self.terms[key[0]], Literal) and isinstance(self.terms[key[1]], NamedNode)

    def knows(self, triple: Triple) -> bool:
        """Return whether a triple is known, as data or as an axiom."""
        key = self.key(triple)
        return key in self.data or key in self.axioms

    def add(self, key: Key) -> None:
        """Take in a fact; one that is known already changes nothing."""
        if key in self.data:
            return
        self.data.add(key)
        subject, predicate, value = key
        if value in self._marked:
            self.marked.append(key)
        for name in ((predicate, None), (predicate, value)):
            log = self._logs.get(name)
            if log is not None:
                log.append((subject, value))
        if predicate in self._from:
            self._from[predicate].setdefault(subject, []).append(value)
            self._to[predicate].setdefault(value, []).append(subject)

    def matches(self, rule: Rule, level: int) -> Iterator[tuple[Matched, list[int]]]:
        """Yield the matches with at least one fact that the rule has not met yet, and count those facts as met.

        Only the instances of one stratum are asked.

        The facts may not change while this is read.
        """
        for instance in self.instances[rule.name]:
            if instance.level != level:
                continue
            logs = [self._logs[_log(pattern)] for pattern in instance.patterns]
            for place, (pattern, log) in enumerate(zip(instance.patterns, logs, strict=True)):
                rest = instance.patterns[:place] + instance.patterns[place + 1 :]
                for subject, value in log[instance.seen[place] :]:
                    bound = _bind([-1] * instance.variables, pattern, subject, value)
                    if bound is not None:
                        for found in self._solve(rest, bound) if rest else (bound,):
                            yield instance, found
            instance.seen = [len(log) for log in logs]

    def _solve(self, patterns: tuple[Key, ...], bound: list[int]) -> Iterator[list[int]]:
        if not patterns:
            yield bound
            return
        pattern = max(patterns, key=lambda one: (filled(one[0], bound) >= 0) + (filled(one[2], bound) >= 0))
        rest = tuple(one for one in patterns if one is not pattern)
        for subject, value in self._candidates(pattern, bound):
            more = _bind(bound, pattern, subject, value)
            if more is not None:
                yield from self._solve(rest, more)

    def _candidates(self, pattern: Key, bound: list[int]) -> Iterable[tuple[int, int]]:
        subject, predicate, value = filled(pattern[0], bound), pattern[1], filled(pattern[2], bound)
        if subject >= 0 and value >= 0:
            return [(subject, value)] if (subject, predicate, value) in self.data else []
        if subject >= 0:
            return [(subject, found) for found in self._from[predicate].get(subject, ())]
        if value >= 0:
            return [(found, value) for found in self._to[predicate].get(value, ())]
        return self._logs[_log(pattern)]

    def _matched(self, rule: Rule, plan: Plan) -> list[Matched]:
        """Return the instances of a rule in numbers, and listen to the facts they are about."""
        found = []
        axioms = Facts(self.facts.store, self.facts.schema_graphs, data=False)
        for one, level in zip(plan.instances[rule.name], plan.levels[rule.name], strict=True):
            names: dict[str, int] = {}
            template = tuple(self._pattern(slots, names) for slots in one.template)
            patterns = tuple(self._pattern(slots, names) for slots in one.patterns)
            ground = Ground(one.row, rule, axioms)
            found.append(Matched(template, patterns, ground, len(names), level, [0] * len(patterns)))
            for pattern in patterns:
                self._listen(pattern, joined=len(patterns) > 1)
        return found

    def _pattern(self, slots: Slots, names: dict[str, int]) -> Key:
        subject, predicate, value = (
            ~names.setdefault(slot.value, len(names)) if isinstance(slot, Variable) else self.number(slot)
            for slot in slots
        )
        return subject, predicate, value

    def _listen(self, pattern: Key, *, joined: bool) -> None:
        self._logs.setdefault(_log(pattern), [])
        if joined:
            self._from.setdefault(pattern[1], {})
            self._to.setdefault(pattern[1], {})


def _log(pattern: Key) -> _Log:
    return pattern[1], pattern[2] if pattern[2] >= 0 else None


def filled(place: int, bound: Sequence[int]) -> int:
    """Return the number in a place of a pattern; it is below zero while its variable is open."""
    return place if place >= 0 else bound[~place]


def _bind(bound: list[int], pattern: Key, subject: int, value: int) -> list[int] | None:
    """Return what is bound once a pattern is met by a fact, or None when it is not."""
    more = bound.copy()
    for place, number in ((pattern[0], subject), (pattern[2], value)):
        if filled(place, more) not in (-1, number):
            return None
        if place < 0:
            more[~place] = number
    return more


def conclusions(memory: Memory, rule: Rule, level: int) -> Mapping[Key, tuple[Matched, list[int]]]:
    """Return what an engine rule infers that is not known, each with the first match that leads to it."""
    found: dict[Key, tuple[Matched, list[int]]] = {}
    for instance, bound in memory.matches(rule, level):
        for slots in instance.template:
            key = filled(slots[0], bound), filled(slots[1], bound), filled(slots[2], bound)
            if key not in memory.data and key not in found and key not in memory.axioms and memory.is_triple(key):
                found[key] = instance, bound
    return found

"""Rules: what follows from what is said, each conclusion with the rule and the facts behind it.

Duty: load the rules of the engine and of a site, apply them until nothing new follows, and remember
for each conclusion which rule drew it from which facts. Level 4; judges nothing.
The engine's rules read the axioms of a site's own ontology: sub-properties and sub-classes,
equivalences, inverses, symmetry, transitivity, chains of two and three properties, hasValue and
intersections with it. Left out on purpose: domain and range, functional properties and sameAs –
as inferences they hide the very mistakes that shapes report.
Standard: OWL 2 RL rules, https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import pyoxigraph

from samvirke.errors import InputError
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from samvirke.rules import date_bounds
from samvirke.rules.explanation import Explanation, Support, explain
from samvirke.rules.join import Ground, Key, Memory, conclusions
from samvirke.rules.match import Facts, instantiate, premises_of, select
from samvirke.rules.plan import plan
from samvirke.rules.text import Rule, read_rule
from samvirke.terms import CORE, RDFS, SKOS, TYPE

__all__ = [
    "Derivation",
    "Explanation",
    "Rule",
    "RuleResults",
    "Support",
    "apply_rules",
    "describe_rules",
    "engine_rules",
    "explain",
    "load_rules",
]

MAX_ROUNDS = 100
MAX_GROWTH = 50
MIN_CEILING = 1_000_000


class RuleFolder(Protocol):
    """What a site tells about its rules."""

    @property
    def base(self) -> str:
        """The site's base address."""

    def rule_files(self) -> tuple[Path, ...]:
        """The files of the site's own rules."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a triple was inferred: by which rule (its address), from which facts, on the ground of which axioms."""

    rule: NamedNode
    facts: tuple[Triple, ...]
    ground: Ground | None = None

    @property
    def premises(self) -> tuple[Triple, ...]:
        """The triples it was inferred from, axioms first, each once."""
        axioms = () if self.ground is None else self.ground.triples
        return tuple(dict.fromkeys((*axioms, *self.facts)))


@dataclass(frozen=True, slots=True)
class RuleResults:
    """What the rules inferred.

    `counts` maps the address of each rule that inferred anything to the number of its triples;
    `derivations` holds every inferred triple, premises always before what follows from them.
    """

    counts: Mapping[str, int]
    derivations: Mapping[Triple, Derivation]
    rounds: int = 0
    unread_dates: Mapping[Triple, InputError] = field(default_factory=dict)


def load_rules(site: RuleFolder) -> tuple[Rule, ...]:
    """Read the rules of a site, then those of the engine; the first that infers a triple keeps it.

    Raises: InputError with file, line and column when a rule does not parse or cannot be explained.
    """
    # The order of their names: a published graph knows no other (`published`).
    files = sorted(site.rule_files(), key=lambda path: path.stem)
    own = [read_rule(_text(path), name=path.stem, base=site.base, file=str(path)) for path in files]
    engine = engine_rules(site.base)
    taken = {rule.name: rule for rule in (date_bounds.rule(site.base), *engine)}
    for rule in own:
        if rule.name in taken:
            raise InputError(
                f"There is a rule {rule.name!r} already.", file=rule.file, remedy="Give the file another name."
            )
        taken[rule.name] = rule
    return (date_bounds.rule(site.base), *own, *engine)


def engine_rules(base: str) -> tuple[Rule, ...]:
    """Read the rules of the engine that have a text."""
    folder = resources.files("samvirke") / "vocabulary" / "rules"
    return tuple(
        read_rule(
            entry.read_text(encoding="utf-8"),
            name=entry.name.removesuffix(".rq"),
            base=base,
            file=f"samvirke/vocabulary/rules/{entry.name}",
            engine=True,
        )
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".rq")
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file is not UTF-8 (byte {error.start}).", file=path, remedy="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", file=path) from error


def describe_rules(rules: Iterable[Rule], *, base: str) -> Iterator[Quad]:
    """Yield the description of each rule, so that a page can name and show it."""
    graph = NamedNode(f"{base}schema/rules")
    for rule in rules:
        yield Quad(rule.address, TYPE, CORE.Rule, graph)
        for language, text in sorted(rule.titles.items()):
            yield Quad(rule.address, RDFS.label, Literal(text, language=language), graph)
        for language, text in sorted(rule.descriptions.items()):
            yield Quad(rule.address, SKOS.definition, Literal(text, language=language), graph)
        if rule.text:
            yield Quad(rule.address, CORE.ruleText, Literal(rule.text), graph)


def apply_rules(store: pyoxigraph.Store, rules: Sequence[Rule], *, schema_graphs: Sequence[NamedNode]) -> RuleResults:
    """Infer until nothing new follows.

    Reads:  the default graph and the schema graphs of `store`.
    Writes: each new triple into the graph of its rule and into the default graph. A triple that is
            known already – asserted, an axiom, or inferred by an earlier rule – is not added again.
    Raises: InputError that names the rules that never come to an end, or one that takes away its own ground.
    """
    return _Run(store, rules, schema_graphs).until_done()


class _Run:
    """One application of a set of rules to a store."""

    def __init__(self, store: pyoxigraph.Store, rules: Sequence[Rule], schema_graphs: Sequence[NamedNode]) -> None:
        self.store = store
        self.rules = rules
        self.facts = Facts(store, schema_graphs)
        self.plan = plan(self.facts, rules)
        self.memory = Memory(self.facts, rules, self.plan, mark=date_bounds.is_date)
        self.derivations: dict[Triple, Derivation] = {}
        self.counts: dict[str, int] = {}
        self.dates = date_bounds.Bounds(self.facts, self.derivations)
        self.ceiling = max(MIN_CEILING, MAX_GROWTH * len(store))

    def until_done(self) -> RuleResults:
        rounds = sum(map(self._finish, range(self.plan.strata)))
        if not self.plan.is_ordered:
            self._check_ground()
        counts = MappingProxyType(dict(sorted(self.counts.items())))
        return RuleResults(counts, MappingProxyType(self.derivations), rounds, self.dates.unread)

    def _finish(self, level: int) -> int:
        """Ask the rules of a stratum until nothing new follows; return how many rounds that took."""
        rules = [rule for rule in self.rules if level in self.plan.levels[rule.name]]
        # A site's rule is asked again only when a predicate it reads has new triples since it was asked last;
        # the others know themselves what they have not seen.
        changed: dict[str, set[str] | None] = {rule.name: None for rule in rules}
        rounds = 0
        active: list[Rule] = []
        while rounds < MAX_ROUNDS and len(self.derivations) <= self.ceiling:
            rounds += 1
            active = []
            for rule in rules:
                if not _concerned(rule, changed[rule.name]):
                    continue
                changed[rule.name] = set()
                new = self._ask(rule, level)
                if new:
                    active.append(rule)
                    predicates = {self.memory.terms[key[1]].value for key in new}
                    for name, seen in changed.items():
                        changed[name] = None if seen is None else seen | predicates
            if not active:
                return rounds
        names = ", ".join(rule.name for rule in active)
        raise InputError(
            f"The rules never come to an end: {names} still infer new facts after {rounds} rounds.",
            file=active[0].file,
            remedy="A rule must not make new addresses out of what it infers.",
        )

    def _check_ground(self) -> None:
        """Refuse a conclusion whose rule does not give it any more: what it must not find was inferred later."""
        for rule in self.rules:
            if not any(read.negated for read in rule.reads):
                continue
            rows = select(self.facts, rule)
            given = {instantiate(slots, row) for row in rows for slots in rule.template}
            lost = [one for one, how in self.derivations.items() if how.rule == rule.address and one not in given]
            if lost:
                raise InputError(
                    f"The rule takes away its own ground: it infers {lost[0]} only while that, or what follows from"
                    " it, is not there.",
                    file=rule.file,
                    remedy="Infer another property or class than the one the rule asks not to be there.",
                )

    def _ask(self, rule: Rule, level: int) -> list[Key]:
        if rule.axioms:
            found = dict(self._concluded(rule, level))
        elif rule.name == date_bounds.NAME:
            sources, self.memory.marked = self.memory.marked, []
            found = self._reasoned(rule, self.dates.compute([self.memory.triple(key) for key in sources]))
        else:
            found = self._reasoned(rule, self._matches(rule))
        for graph in (rule.address, DefaultGraph()):
            self.store.extend(Quad(triple.subject, triple.predicate, triple.object, graph) for triple in found)
        self.derivations.update(found)
        new = [self.memory.key(triple) for triple in found]
        for key in new:
            self.memory.add(key)
        if found:
            self.counts[rule.address.value] = self.counts.get(rule.address.value, 0) + len(found)
        return new

    def _concluded(self, rule: Rule, level: int) -> Iterator[tuple[Triple, Derivation]]:
        for key, (instance, bound) in conclusions(self.memory, rule, level).items():
            facts = tuple(self.memory.triple(fact) for fact in instance.facts(bound))
            yield self.memory.triple(key), Derivation(rule.address, facts, instance.ground)

    def _reasoned(self, rule: Rule, found: Mapping[Triple, tuple[Triple, ...]]) -> dict[Triple, Derivation]:
        return {triple: Derivation(rule.address, premises) for triple, premises in found.items()}

    def _matches(self, rule: Rule) -> dict[Triple, tuple[Triple, ...]]:
        """Return what a site's rule infers now that is not known, each with the least premises that lead to it."""
        rows: dict[Triple, list[dict[str, Term]]] = {}
        for row in select(self.facts, rule):
            for slots in rule.template:
                triple = instantiate(slots, row)
                if triple is not None and (triple in rows or not self.memory.knows(triple)):
                    rows.setdefault(triple, []).append(row)
        found: dict[Triple, tuple[Triple, ...]] = {}
        for triple in sorted(rows, key=str):
            # The engine gives its rows in no given order; the least premises make every build the same.
            options = (premises_of(self.facts, rule.premises, row) for row in rows[triple])
            found[triple] = min((option for option in options if option is not None), key=_order, default=())
        return found


def _order(premises: tuple[Triple, ...]) -> tuple[int, tuple[str, ...]]:
    return len(premises), tuple(str(triple) for triple in premises)


def _concerned(rule: Rule, changed: set[str] | None) -> bool:
    if changed is None or rule.engine:
        return True
    predicates = rule.predicates
    return bool(changed) if predicates is None else not predicates.isdisjoint(changed)

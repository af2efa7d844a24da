"""What the rules come to under one ontology, and the order in which their parts are asked.

Duty: solve the axioms that the engine's rules read, once, and put everything into strata. Level 4; reads the
schema graphs of a store, keeps no store, and writes nothing.
Each solution of an engine rule's axioms leaves an `Instance`: the rule with constants where the ontology had
something to say. A rule that the ontology says nothing about has none, and costs nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samvirke.model import NamedNode
from samvirke.rules import date_bounds
from samvirke.rules.algebra import Slot, Slots
from samvirke.rules.match import Binding, Facts, select_axioms, value_of
from samvirke.rules.strata import Part, part_of_dates, part_of_rule, place, strata
from samvirke.rules.text import Rule


@dataclass(frozen=True, slots=True)
class Instance:
    """An engine rule with what the ontology says filled in; `row` is what it said."""

    template: tuple[Slots, ...]
    patterns: tuple[Slots, ...]
    row: Binding


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of the rules. `levels` has the strata of a rule: of each instance, else of the rule itself.

    `is_ordered` is false when a rule asks what must not be there and infers what leads to that: then all
    is one stratum, and what is inferred depends on the order of the rules.
    """

    instances: Mapping[str, tuple[Instance, ...]]
    levels: Mapping[str, tuple[int, ...]]
    is_ordered: bool

    @property
    def strata(self) -> int:
        """How many strata there are."""
        return 1 + max((level for levels in self.levels.values() for level in levels), default=0)


def plan(facts: Facts, rules: Sequence[Rule]) -> Plan:
    """Make the plan of a set of rules for the ontology in the schema graphs of `facts`."""
    axioms = Facts(facts.store, facts.schema_graphs, data=False)
    instances = {rule.name: tuple(_instances(axioms, rule)) for rule in rules if rule.axioms}
    properties = [one for below in date_bounds.declared(axioms).values() for one in below]
    parts: list[Part] = []
    for rule in rules:
        if rule.axioms:
            parts += [
                Part(tuple(map(place, one.patterns)), tuple(map(place, one.template))) for one in instances[rule.name]
            ]
        else:
            parts.append(part_of_dates(properties) if rule.name == date_bounds.NAME else part_of_rule(rule))
    found = strata(parts)
    numbers = iter(found or [0] * len(parts))
    levels = {
        rule.name: tuple(next(numbers) for _ in range(len(instances[rule.name]) if rule.axioms else 1))
        for rule in rules
    }
    return Plan(instances, levels, found is not None)


def _instances(axioms: Facts, rule: Rule) -> list[Instance]:
    """Return the rule once for each thing the ontology says that it is about."""
    found: dict[tuple[tuple[Slots, ...], tuple[Slots, ...]], Instance] = {}
    for row in select_axioms(axioms, rule):
        template = tuple(_filled(slots, row) for slots in rule.template)
        patterns = tuple(_filled(slots, row) for slots in rule.facts)
        # An ontology may speak of the inverse of a property without naming it; no fact has that as its predicate.
        if all(isinstance(slots[1], NamedNode) for slots in (*template, *patterns)):
            found.setdefault((template, patterns), Instance(template, patterns, row))
    return list(found.values())


def _filled(slots: Slots, row: Binding) -> Slots:
    return _value(slots[0], row), _value(slots[1], row), _value(slots[2], row)


def _value(slot: Slot, row: Binding) -> Slot:
    found = value_of(slot, row)
    return slot if found is None else found

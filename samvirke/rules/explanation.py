"""Why does the graph say this? The tree from a triple down to words and axioms.

Duty: find, for one triple of a store, the passages it is asserted in, or the rule and the premises
it follows from, and so on down. Level 4; reads a store and writes nothing.
An inferred triple stands in the graph of its rule, so only that rule is asked; a premise may not be
one of the triples it is to explain, so every tree ends in words or axioms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph

from samvirke.errors import NotFound, StoreDamaged
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from samvirke.rules import date_bounds
from samvirke.rules.match import Facts, instantiate, premises_of, select
from samvirke.rules.solve import matches, unify
from samvirke.rules.text import Rule
from samvirke.terms import CORE, NIF

MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Support:
    """A graph that asserts a triple: the address of a passage, its words, and how they say it.

    `quote` and `hedge` are empty and `mode` is "stated" where the graph is not a passage.
    """

    address: str
    quote: str = ""
    mode: str = "stated"
    hedge: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a triple is in the graph.

    `kind` is "asserted" (then `passages` say where), "inferred" or "computed" (then `rule` names the
    rule and `premises` explain what it rests on), or "axiom" (then `passages` name the ontology's graphs).
    """

    triple: Triple
    kind: str
    passages: tuple[Support, ...] = ()
    rule: Rule | None = None
    premises: tuple[Explanation, ...] = ()

    def leaves(self) -> Iterator[Explanation]:
        """Yield what the explanation rests on in the end: asserted facts and axioms, each once."""
        seen: set[Triple] = set()
        stack = [self]
        while stack:
            one = stack.pop()
            if one.triple in seen:
                continue
            seen.add(one.triple)
            if one.premises:
                stack.extend(reversed(one.premises))
            else:
                yield one


def explain(
    store: pyoxigraph.Store,
    rules: Sequence[Rule],
    triple: Triple,
    *,
    schema_graphs: Sequence[NamedNode] | None = None,
) -> Explanation:
    """Explain one triple of an assembled or published store.

    Reads:  the whole store; `schema_graphs` are found in it when they are not given.
    Raises: NotFound when the store does not have the triple; StoreDamaged when it has an inferred
            triple that no rule of `rules` gives.
    """
    graphs = find_schema_graphs(store) if schema_graphs is None else schema_graphs
    return _Search(Facts(store, graphs), rules).explain(triple)


def find_schema_graphs(store: pyoxigraph.Store) -> list[NamedNode]:
    """Return the graphs that are not part of the default graph: ontology, shapes and vocabularies."""
    found = []
    for graph in store.named_graphs():
        quads = store.quads_for_pattern(None, None, None, graph)
        if isinstance(graph, NamedNode) and any(
            Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) not in store for quad in quads
        ):
            found.append(graph)
    return sorted(found, key=lambda graph: graph.value)


class _Search:
    def __init__(self, facts: Facts, rules: Sequence[Rule]) -> None:
        self.facts = facts
        self.rules: Mapping[str, Rule] = {rule.address.value: rule for rule in rules}
        self.known: dict[Triple, Explanation] = {}
        self.steps = 0

    def explain(self, triple: Triple) -> Explanation:
        if not self.facts.holds(triple):
            raise NotFound("The graph does not say that.", remedy="Check the spelling of the three parts.")
        found = self._explain(triple, frozenset())
        if found is None:
            raise StoreDamaged(
                f"No rule gives {triple}, which the graph has as inferred.",
                remedy="The rules have changed since the site was built: build it again.",
            )
        return found

    def _explain(self, triple: Triple, above: frozenset[Triple]) -> Explanation | None:
        """Explain a triple without any of those `above` it, or return None."""
        if triple in self.known:
            return self.known[triple]
        if triple in above or self.steps > MAX_STEPS:
            return None
        self.steps += 1
        graphs = self.facts.graphs(triple)
        data = self.facts.is_data(triple)
        found = None
        asserted = [graph for graph in graphs if data and not self._is_special(graph)]
        if asserted or (data and not any(graph.value in self.rules for graph in graphs)):
            found = Explanation(triple, "asserted", tuple(self._support(graph) for graph in asserted))
        elif not data:
            axioms = [graph for graph in graphs if graph in self.facts.schema_graphs]
            found = Explanation(triple, "axiom", tuple(Support(graph.value) for graph in axioms))
        else:
            for graph in graphs:
                rule = self.rules.get(graph.value)
                found = found or (self._by_rule(rule, triple, above | {triple}) if rule else None)
        if found is not None:
            self.known[triple] = found
        return found

    def _is_special(self, graph: NamedNode) -> bool:
        return graph.value in self.rules or graph in self.facts.schema_graphs

    def _by_rule(self, rule: Rule, triple: Triple, above: frozenset[Triple]) -> Explanation | None:
        for premises in self._derivations(rule, triple):
            parts: list[Explanation] = []
            for premise in premises:
                part = self._explain(premise, above)
                if part is None:
                    break
                parts.append(part)
            else:
                kind = "computed" if rule.name == date_bounds.NAME else "inferred"
                return Explanation(triple, kind, rule=rule, premises=tuple(parts))
        return None

    def _derivations(self, rule: Rule, triple: Triple) -> Iterator[tuple[Triple, ...]]:
        """Yield the premises from which a rule gives a triple, shortest and first by name."""
        if rule.name == date_bounds.NAME:
            source = date_bounds.explains(self.facts, triple)
            if source is not None:
                yield (source,)
            return
        found: set[tuple[Triple, ...]] = set()
        for slots in rule.template:
            binding = unify(slots, triple)
            if binding is None:
                continue
            ask = select if rule.engine else matches
            for row in ask(self.facts, rule, binding):
                if instantiate(slots, row) == triple:
                    premises = premises_of(self.facts, rule.premises, row)
                    if premises is not None:
                        found.add(premises)
        yield from sorted(found, key=lambda one: (len(one), [str(premise) for premise in one]))

    def _support(self, graph: NamedNode) -> Support:
        quote = self._value(graph, NIF.anchorOf)
        mode = self._value(graph, CORE.mode)
        hedge = self._value(graph, CORE.hedge)
        return Support(
            address=graph.value,
            quote=quote.value if isinstance(quote, Literal) else "",
            mode="implied" if mode == CORE.implied else "stated",
            hedge=hedge.value if isinstance(hedge, Literal) else "",
        )

    def _value(self, subject: NamedNode, predicate: NamedNode) -> Term | None:
        return next((triple.object for triple in self.facts.match(subject, predicate, None)), None)  # type: ignore[return-value]  # no triple terms in the store

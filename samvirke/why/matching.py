"""Find the facts that each row of an answer rests on.

Duty: ask the query of `asking`, put the terms it binds into the patterns, and look up the graphs each
fact stands in. Level 4; runs where the store is, within the limits and the time of the query it explains.
A fact that the store does not have, or a row that is not found again, is never told: then nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QuerySolutions, Store

from samvirke.why import asking, wording
from samvirke.why.asking import Row
from samvirke.why.patterns import Graph, Group, Optional, Plan, Slot, Triples, Union
from samvirke.why.reading import read
from samvirke.why.stream import NotExplained

__all__ = ["FACTS", "ROWS", "WAYS", "explain"]

ROWS = 500
"""Rows of an answer that are explained."""
WAYS = 50_000
"""Solutions looked at to find how the rows came about."""
FACTS = 60
"""Facts listed of one row."""

Ask = Callable[[str], QuerySolutions]
Fact = tuple[Any, Any, Any, str]
"""Subject, predicate, object, and the address of the graph it was asked of; "" is the default graph."""


def explain(
    store: Store,
    text: str,
    variables: Sequence[str],
    rows: Sequence[Row],
    *,
    total: int,
    ask: Ask,
    graphs: Sequence[str] | None,
) -> dict[str, Any]:
    """Return the evidence of an answer's first rows (`ROWS`), in the form that `answer` documents, without passages.

    Reads:  `store`; `ask` evaluates a query text on the dataset of the query, and `graphs` are those that
            its default graph is made of, None for the store's own. `total` is how many rows the answer has.
    """
    try:
        plan = read(text)
        found = _Search(store, plan, graphs).rows(variables, rows, ask)
    except NotExplained as reason:
        place = {"line": reason.line, "column": reason.column} if reason.line else {}
        return {"unavailable": {"reason": reason.reason, **place}}
    told: dict[str, Any] = {"rows": found}
    notes = [{"reason": note.reason, "line": note.line, "column": note.column} for note in plan.notes]
    if total > ROWS:
        notes.append({"reason": wording.limited(wording.MORE_ROWS, ROWS)})
    if any("left_out" in row for row in found):
        notes.append({"reason": wording.limited(wording.MORE_FACTS, FACTS)})
    return told | ({"notes": notes} if notes else {})


@dataclass
class _Ways:
    """The facts of one row, over all the ways it came about, each with the first pattern that it matched."""

    ways: int = 0
    facts: dict[Fact, int] = field(default_factory=dict)


class _Search:
    def __init__(self, store: Store, plan: Plan, graphs: Sequence[str] | None) -> None:
        self.store = store
        self.plan = plan
        self.allowed = None if graphs is None else frozenset(graphs)
        self.constants: Mapping[str, Any] = {}
        self.stands: dict[Fact, list[str]] = {}

    def rows(self, variables: Sequence[str], rows: Sequence[Row], ask: Ask) -> list[dict[str, Any]]:
        """Return for each row its facts."""
        if not rows:
            return []
        self.constants = self._constants(ask)
        found = {row: _Ways() for row in rows}
        solutions = ask(asking.query(self.plan, variables, rows))
        names = [variable.value for variable in solutions.variables]
        for number, solution in enumerate(solutions):
            if number >= WAYS:
                raise NotExplained(wording.limited(wording.TOO_MANY_WAYS, WAYS))
            bound = dict(zip(names, solution, strict=True))
            ways = found.get(tuple(bound.get(name) for name in variables))
            if ways is not None:
                ways.ways += 1
                for pattern, fact in self._facts(self.plan.body, bound, None):
                    ways.facts[fact] = min(pattern, ways.facts.get(fact, pattern))
        if not all(ways.ways for ways in found.values()):
            raise NotExplained(wording.LOST)
        told = {row: self._row(ways) for row, ways in found.items()}
        return [told[row] for row in rows]

    def _constants(self, ask: Ask) -> Mapping[str, Any]:
        """What the constants of the patterns stand for: the engine resolves prefixes and spellings."""
        names = {f"c{number}": constant for number, constant in enumerate(self.plan.constants)}
        if not names:
            return {}
        solution = next(iter(ask(asking.constants_query(self.plan, names))))
        return {constant: solution[name] for name, constant in names.items()}

    def _facts(self, group: Group, bound: Mapping[str, Any], graph: Any) -> Iterator[tuple[int, Fact]]:  # noqa: ANN401 - an RDF term
        """The facts of one solution: what it puts into every pattern of the parts that matched."""
        for element in group.elements:
            if isinstance(element, Triples):
                for pattern in element.patterns:
                    subject, predicate, value = (self._value(slot, bound) for slot in pattern.slots)
                    yield pattern.number, (subject, predicate, value, "" if graph is None else graph.value)
            elif isinstance(element, Group):
                yield from self._facts(element, bound, graph)
            elif isinstance(element, Graph):
                yield from self._facts(element.group, bound, self._value(element.name, bound))
            elif isinstance(element, Optional):
                if bound.get(element.mark) is not None:
                    yield from self._facts(element.group, bound, graph)
            elif isinstance(element, Union):
                for branch, mark in element.branches:
                    if bound.get(mark) is not None:
                        yield from self._facts(branch, bound, graph)

    def _value(self, slot: Slot, bound: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an RDF term
        found = bound.get(slot.text) if slot.variable else self.constants[slot.text]
        if found is None:
            raise NotExplained(wording.LOST)
        return found

    def _row(self, found: _Ways) -> dict[str, Any]:
        facts = sorted(found.facts, key=lambda fact: (found.facts[fact], [str(part) for part in fact]))
        told: dict[str, Any] = {"facts": [self._told(fact) for fact in facts[:FACTS]]}
        if found.ways > 1:
            told["ways"] = found.ways
        if len(facts) > FACTS:
            told["left_out"] = len(facts) - FACTS
        return told

    def _told(self, fact: Fact) -> dict[str, Any]:
        if fact not in self.stands:
            self.stands[fact] = self._graphs(fact)
        subject, predicate, value, _ = fact
        return {
            "subject": term(subject),
            "predicate": term(predicate),
            "object": term(value),
            "graphs": self.stands[fact],
        }

    def _graphs(self, fact: Fact) -> list[str]:
        """The addresses of the graphs a fact stands in; those that the query's dataset does not have are left out."""
        subject, predicate, value, asked = fact
        if isinstance(subject, Literal) or not isinstance(predicate, NamedNode):
            raise NotExplained(wording.LOST)
        quads = list(self.store.quads_for_pattern(subject, predicate, value, None))
        names = sorted({quad.graph_name.value for quad in quads if not isinstance(quad.graph_name, DefaultGraph)})
        if asked:
            names = [name for name in names if name == asked]
        elif self.allowed is not None:
            names = [name for name in names if name in self.allowed]
        elif not any(isinstance(quad.graph_name, DefaultGraph) for quad in quads):
            names, quads = [], []
        if not quads or ((asked or self.allowed is not None) and not names):
            raise NotExplained(wording.LOST)
        return names


def term(value: Any) -> dict[str, str]:  # noqa: ANN401 - an RDF term
    """Return a term as SPARQL's JSON results have it.

    Source: https://www.w3.org/TR/sparql11-results-json/#select-encode-terms
    """
    if isinstance(value, NamedNode):
        return {"type": "uri", "value": value.value}
    if isinstance(value, BlankNode):
        return {"type": "bnode", "value": value.value}
    if not isinstance(value, Literal):
        raise NotExplained(wording.TRIPLE_TERM)
    told = {"type": "literal", "value": value.value}
    if value.language:
        return told | {"xml:lang": value.language}
    plain = value.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
    return told if plain else told | {"datatype": value.datatype.value}

"""The rule that computes: from a date as it was told to the days it can mean.

Duty: for each node with an EDTF literal, the four bounds as `xsd:date`, under the properties that the
site declares as sub-properties of `core:beginEarliest` and its three siblings, or under those
themselves where it declares none. Level 4; a date it cannot read is left to the gate.
A query then compares days, whatever precision was told. A bound that a source states itself stands;
none is computed beside it.
Standard: EDTF, https://www.loc.gov/standards/datetime/
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date
from types import MappingProxyType

from pyoxigraph import Variable

from samvirke import edtf
from samvirke.errors import InputError
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Term, Triple
from samvirke.rules.algebra import Pattern, Premises
from samvirke.rules.match import Facts
from samvirke.rules.text import Rule
from samvirke.terms import CORE, EDTF_DATATYPES, RDFS, XSD

Properties = Mapping[NamedNode, tuple[NamedNode, ...]]
"""For each of the four bounds, the properties it is written under."""

NAME = "edtf-bounds"
_TITLES = {"da": "Datogrænser", "en": "Date bounds"}
_DESCRIPTIONS = {
    "da": "En dato, der er fortalt med år eller måned, kan betyde flere dage: den tidligste og den seneste regnes ud.",
    "en": "A date told as a year or a month can mean several days: the earliest and the latest are computed.",
}


def rule(base: str) -> Rule:
    """Return the rule as pages and graphs name it; it is computed here and has no text."""
    variables = Variable("s"), Variable("p"), Variable("o")
    return Rule(
        name=NAME,
        address=NamedNode(f"{base}rule/{NAME}"),
        titles=MappingProxyType(_TITLES),
        descriptions=MappingProxyType(_DESCRIPTIONS),
        text="",
        file="samvirke/rules/date_bounds.py",
        engine=True,
        given=Premises(patterns=(Pattern(*variables),)),
    )


def is_date(term: Term | Triple) -> bool:
    """Return whether a term is an EDTF literal."""
    return isinstance(term, Literal) and term.datatype in EDTF_DATATYPES


def bounds_of(triple: Triple) -> Mapping[NamedNode, Literal]:
    """Return the bounds that the date in a triple has, under the engine's own four properties.

    Raises: InputError when it is no date this engine can read.
    """
    assert isinstance(triple.object, Literal)
    bounds = edtf.parse(triple.object.value).bounds()
    days: tuple[tuple[NamedNode, date | None], ...] = (
        (CORE.beginEarliest, bounds.begin_earliest),
        (CORE.beginLatest, bounds.begin_latest),
        (CORE.endEarliest, bounds.end_earliest),
        (CORE.endLatest, bounds.end_latest),
    )
    return {term: Literal(day.isoformat(), datatype=XSD.date) for term, day in days if day is not None}


def bounds_beside(source: Triple, properties: Properties) -> tuple[Triple, ...]:
    """Return the bounds of the date in a triple, under the properties that the site writes them under.

    Raises: InputError when it is no date this engine can read.
    """
    return tuple(
        Triple(source.subject, one, day) for bound, day in bounds_of(source).items() for one in properties[bound]
    )


def declared(facts: Facts) -> Properties:
    """Return the properties that the ontology has for each of the four bounds, in the order of their addresses."""
    axioms = Facts(facts.store, facts.schema_graphs, data=False)
    found: dict[NamedNode, tuple[NamedNode, ...]] = {}
    for bound in (CORE.beginEarliest, CORE.beginLatest, CORE.endEarliest, CORE.endLatest):
        below = sorted(_below(axioms, bound), key=str)
        found[bound] = tuple(below) or (bound,)
    return found


def _below(facts: Facts, bound: NamedNode) -> set[NamedNode]:
    found: set[NamedNode] = set()
    frontier: list[Term] = [bound]
    while frontier:
        for triple in facts.match(None, RDFS.subPropertyOf, frontier.pop()):
            if isinstance(triple.subject, NamedNode) and triple.subject not in found | {bound}:
                found.add(triple.subject)
                frontier.append(triple.subject)
    return found


class Bounds:
    """The rule at work on one store. `unread` lists the dates that could not be read."""

    def __init__(self, facts: Facts, inferred: Container[Triple]) -> None:
        self.facts = facts
        self.unread: dict[Triple, InputError] = {}
        self._inferred = inferred
        self._properties = declared(facts)

    def compute(self, sources: Iterable[Triple]) -> dict[Triple, tuple[Triple, ...]]:
        """Return the bounds of dates that are not known yet, each with the date it was computed from."""
        found: dict[Triple, tuple[Triple, ...]] = {}
        for source in sorted(sources, key=str):
            try:
                triples = bounds_beside(source, self._properties)
            except InputError as error:
                self.unread[source] = error
                continue
            for triple in triples:
                if not self.facts.holds(triple) and not self._stated(triple):
                    found.setdefault(triple, (source,))
        return found

    def _stated(self, triple: Triple) -> bool:
        """Whether a source states a value for the bound; what rules infer is no statement."""
        known = self.facts.store.quads_for_pattern(triple.subject, triple.predicate, None, DefaultGraph())
        return any(quad.triple not in self._inferred for quad in known)


def explains(facts: Facts, triple: Triple) -> Triple | None:
    """Return the date that a computed bound comes from, or None when there is none."""
    for quad in facts.store.quads_for_pattern(triple.subject, None, None, DefaultGraph()):
        if is_date(quad.object) and _gives(facts, quad, triple):
            return quad.triple
    return None


def _gives(facts: Facts, quad: Quad, triple: Triple) -> bool:
    try:
        return triple in bounds_beside(quad.triple, declared(facts))
    except InputError:
        return False

"""Take a rule's patterns apart: what a match rests on, read from the algebra of its query.

Duty: from the text of a query to its template and its `Premises`. Level 4; evaluates nothing. It
and `reads` are the only ones that read rdflib's algebra: it costs some 30 ms a rule, so a rule of the engine is taken
apart only when somebody asks what a conclusion rests on.
Standard: https://www.w3.org/TR/sparql11-query/#sparqlAlgebra
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import rdflib
from pyoxigraph import Variable
from rdflib.paths import Path
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from samvirke.errors import InputError
from samvirke.model import Literal, NamedNode, Term

_BLANK = "blank_"

Slot = Term | Variable
"""What stands in one place of a pattern: a term, or a variable to be bound."""

Slots = tuple[Slot, Slot, Slot]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One triple pattern of a rule's WHERE. `path` is a property path of rdflib's reader, or a slot."""

    subject: Slot
    path: Any
    object: Slot


@dataclass(frozen=True, slots=True)
class Premises:
    """The patterns a match rests on: all of `patterns`, those of `optional` that hold, and one of each `choices`."""

    patterns: tuple[Pattern, ...] = ()
    optional: tuple[Premises, ...] = ()
    choices: tuple[tuple[Premises, ...], ...] = ()


def all_patterns(premises: Premises) -> Iterator[Pattern]:
    """Yield every pattern, of optional parts and choices too."""
    yield from premises.patterns
    for group in (*premises.optional, *(one for choice in premises.choices for one in choice)):
        yield from all_patterns(group)


def read_algebra(text: str, *, base: str, file: str) -> tuple[tuple[Slots, ...], Premises, Any]:
    """Return the template of a CONSTRUCT (a SELECT has none), what its matches rest on, and the algebra itself.

    Raises: InputError when the query cannot be taken apart or would make nodes without an address.
    """
    try:
        algebra = translateQuery(parseQuery(text), base=base).algebra
    except Exception as error:  # rdflib raises whatever its parser and its algebra happen to raise
        raise InputError(
            f"The rule cannot be taken apart: {error}.", file=file, remedy="Write it more plainly."
        ) from error
    template = []
    for triple in algebra.template or ():
        slots = tuple(slot_of(term) for term in triple)
        if any(isinstance(slot, Variable) and slot.value.startswith(_BLANK) for slot in slots):
            raise InputError(
                "The template has a blank node, which would have no address.",
                file=file,
                remedy="Build an address with BIND(IRI(…) AS ?x).",
            )
        template.append((slots[0], slots[1], slots[2]))
    return tuple(template), _premises(algebra.p), algebra.p


def slot_of(term: Any) -> Slot:  # noqa: ANN401 - rdflib's terms, and paths, share no type
    """Turn a term of rdflib into one of ours; its blank nodes match like variables nobody names."""
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return Variable(_BLANK + re.sub(r"\W", "", str(term)))
    if isinstance(term, rdflib.Variable):
        return Variable(str(term))
    if term.language:
        return Literal(str(term), language=term.language)
    if term.datatype:
        return Literal(str(term), datatype=NamedNode(str(term.datatype)))
    return Literal(str(term))


def _premises(node: Any) -> Premises:  # noqa: ANN401 - rdflib's algebra nodes are untyped
    """Collect what a match of an algebra node rests on. What must *not* hold is no premise."""
    match getattr(node, "name", ""):
        case "BGP":
            found = Premises(patterns=tuple(_pattern(triple) for triple in node.triples))
        case "Join":
            found = together(_premises(node.p1), _premises(node.p2))
        case "LeftJoin":
            found = together(_premises(node.p1), Premises(optional=(_premises(node.p2),)))
        case "Union":
            found = Premises(choices=((_premises(node.p1), _premises(node.p2)),))
        case "Minus":
            found = _premises(node.p1)
        case "Filter":
            found = together(_premises(node.p), *_required(node.expr))
        case _:
            inner = getattr(node, "p", None)
            found = Premises() if inner is None else _premises(inner)
    return found


def _pattern(triple: Any) -> Pattern:  # noqa: ANN401 - a tuple of rdflib's terms
    subject, predicate, value = triple
    return Pattern(slot_of(subject), predicate if isinstance(predicate, Path) else slot_of(predicate), slot_of(value))


def _required(expression: Any) -> Iterator[Premises]:  # noqa: ANN401 - rdflib's expressions are untyped
    """Yield the premises of each EXISTS that a filter needs (one that stands in a conjunction)."""
    kind = getattr(expression, "name", "")
    if kind == "ConditionalAndExpression":
        for part in (expression.expr, *expression.other):
            yield from _required(part)
    elif kind == "Builtin_EXISTS":
        yield _premises(expression.graph)


def together(*groups: Premises) -> Premises:
    """Return premises that ask for all that the given ones ask for."""
    return Premises(
        tuple(pattern for group in groups for pattern in group.patterns),
        tuple(one for group in groups for one in group.optional),
        tuple(choice for group in groups for choice in group.choices),
    )

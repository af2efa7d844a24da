"""What the matches of a site's rule depend on: which triples can make one, or take one away.

Duty: from the algebra of a rule's WHERE to its `Read`s – one for each step of each pattern, also of those
that must not hold – and the variables that every match binds. Level 4; evaluates nothing.
A read says which variables a changed triple pins down: only matches that agree with them can have come or
gone by it. A variable counts as pinned only where that is certain: where every match of the whole rule binds
it, and, inside OPTIONAL, MINUS and EXISTS, where the part before it has bound it already.
What stands inside GRAPH reads the ontology, which does not change while a site is served.
Standard: https://www.w3.org/TR/sparql11-query/#sparqlAlgebra
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import rdflib
from pyoxigraph import Variable
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue

from samvirke.model import NamedNode, Term, Triple
from samvirke.rules.algebra import Slots, slot_of

_Step = tuple[Any, rdflib.URIRef | None, Any]
"""One step of a path, in rdflib's terms; None is any."""


@dataclass(frozen=True, slots=True)
class Read:
    """One pattern of triples that matches depend on; None stands for any term.

    `pinned` names the variables that a triple of the pattern pins down. `negated` says that a match can
    also go when a triple comes.
    """

    subject: Term | Variable | None
    predicate: NamedNode | Variable | None
    object: Term | Variable | None
    pinned: frozenset[str]
    negated: bool = False

    def bind(self, triple: Triple) -> dict[str, Term] | None:
        """Return what a triple pins down, or None when it is none of the pattern."""
        bound: dict[str, Term] = {}
        for slot, term in zip((self.subject, self.predicate, self.object), triple, strict=True):
            if isinstance(slot, Variable):
                if bound.setdefault(slot.value, term) != term:
                    return None
            elif slot is not None and slot != term:
                return None
        return {name: term for name, term in bound.items() if name in self.pinned}


def certain(node: Any) -> frozenset[str]:  # noqa: ANN401 - rdflib's algebra nodes are untyped
    """Return the variables that every match of an algebra node binds."""
    found: frozenset[str] = frozenset()
    match getattr(node, "name", ""):
        case "BGP":
            found = frozenset(str(term) for triple in node.triples for term in triple if _is_variable(term))
        case "Join":
            found = certain(node.p1) | certain(node.p2)
        case "LeftJoin" | "Minus":
            found = certain(node.p1)
        case "Union":
            found = certain(node.p1) & certain(node.p2)
        case "Graph":
            found = certain(node.p) | ({str(node.term)} if _is_variable(node.term) else frozenset())
        case "ToMultiSet":
            pass
        case _ if (inner := getattr(node, "p", None)) is not None:
            found = certain(inner)
    return found


def settled(node: Any) -> frozenset[str]:  # noqa: ANN401 - the same
    """Return the variables whose values can be told before a WHERE is asked, without another answer.

    Every match binds them, and where OPTIONAL, MINUS, EXISTS or an expression mentions one it is bound before.
    """
    return certain(node) - frozenset(_unsettled(node))


def _unsettled(node: Any) -> Iterator[str]:  # noqa: ANN401 - the same
    name = getattr(node, "name", "")
    for side in ("p", "p1", "p2"):
        if (inner := getattr(node, side, None)) is not None:
            yield from _unsettled(inner)
    expression = getattr(node, "expr", None)
    if name in ("LeftJoin", "Minus"):
        yield from _variables((node.p2, expression)) - certain(node.p1)
    elif name in ("Filter", "Extend"):
        yield from _variables(expression) - certain(node.p)


def _variables(part: Any) -> frozenset[str]:  # noqa: ANN401 - the same
    if isinstance(part, CompValue):
        return _variables(tuple(part.values()))
    if isinstance(part, list | tuple | set | frozenset):
        return frozenset(name for one in part for name in _variables(one))
    return frozenset({str(part)}) if _is_variable(part) else frozenset()


def fixed_of(node: Any, *, inside: bool = False) -> Iterator[Slots]:  # noqa: ANN401 - the same
    """Yield the plain patterns inside GRAPH that every match needs: what the ontology must say."""
    match getattr(node, "name", ""):
        case "BGP" if inside:
            for start, path, end in node.triples:
                if not isinstance(path, Path):
                    yield slot_of(start), slot_of(path), slot_of(end)
        case "Join":
            yield from fixed_of(node.p1, inside=inside)
            yield from fixed_of(node.p2, inside=inside)
        case "LeftJoin" | "Minus":
            yield from fixed_of(node.p1, inside=inside)
        case "Union" | "ToMultiSet":
            return
        case name:
            if (inner := getattr(node, "p", None)) is not None:
                yield from fixed_of(inner, inside=inside or name == "Graph")


def reads_of(node: Any) -> tuple[Read, ...]:  # noqa: ANN401 - the same
    """Return what the matches of a rule's WHERE depend on, each once."""
    return tuple(dict.fromkeys(_reads(node, settled(node), negated=False)))


def _reads(node: Any, pinned: frozenset[str], *, negated: bool) -> Iterator[Read]:  # noqa: ANN401 - the same
    match getattr(node, "name", ""):
        case "BGP":
            for step in _steps_of(node.triples):
                yield Read(*map(_term, step), pinned=pinned, negated=negated)  # type: ignore[misc, arg-type]  # three terms
        case "Join" | "Union":
            yield from _reads(node.p1, pinned, negated=negated)
            yield from _reads(node.p2, pinned, negated=negated)
        case "LeftJoin" | "Minus":
            yield from _reads(node.p1, pinned, negated=negated)
            inside = pinned & certain(node.p1)
            yield from _reads(node.p2, inside, negated=True)
            yield from _asked(getattr(node, "expr", None), inside, negated=True)
        case "Filter":
            yield from _reads(node.p, pinned, negated=negated)
            for part in _conjuncts(node.expr):
                positive = getattr(part, "name", "") == "Builtin_EXISTS"
                yield from _asked(part, pinned & certain(node.p), negated=negated or not positive)
        case "Extend":
            yield from _reads(node.p, pinned, negated=negated)
            yield from _asked(node.expr, pinned & certain(node.p), negated=True)
        case "Graph" | "ToMultiSet":
            return
        case _:
            if (inner := getattr(node, "p", None)) is not None:
                yield from _reads(inner, pinned, negated=negated)


def _conjuncts(expression: Any) -> Iterator[Any]:  # noqa: ANN401 - rdflib's expressions are untyped
    if getattr(expression, "name", "") == "ConditionalAndExpression":
        for part in (expression.expr, *expression.other):
            yield from _conjuncts(part)
    else:
        yield expression


def _asked(expression: Any, pinned: frozenset[str], *, negated: bool) -> Iterator[Read]:  # noqa: ANN401 - the same
    """Yield the reads of every EXISTS and NOT EXISTS in an expression."""
    if isinstance(expression, CompValue):
        if expression.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            yield from _reads(expression.graph, pinned, negated=negated or expression.name == "Builtin_NOTEXISTS")
            return
        for part in expression.values():
            yield from _asked(part, pinned, negated=negated)
    elif isinstance(expression, list | tuple):
        for part in expression:
            yield from _asked(part, pinned, negated=negated)


def _steps_of(triples: Iterable[tuple[Any, Any, Any]]) -> Iterator[_Step]:
    """Yield the steps of the patterns of a group, and (None, None, None) where any triple at all counts."""
    patterns = list(triples)
    for pattern in patterns:
        start, path, end = pattern
        if not isinstance(path, Path):
            yield start, path, end
            continue
        yield from _steps(path, start, end)
        if _can_be_empty(path) and not any(_is_anchored(term, pattern, patterns) for term in (start, end)):
            yield None, None, None


def _steps(path: Any, start: Any, end: Any) -> Iterator[_Step]:  # noqa: ANN401 - rdflib's paths
    match path:
        case InvPath():
            yield from _steps(path.arg, end, start)
        case SequencePath():
            places = [start, *[None] * (len(path.args) - 1), end]
            for arm, (one, other) in zip(path.args, pairwise(places), strict=True):
                yield from _steps(arm, one, other)
        case AlternativePath():
            for arm in path.args:
                yield from _steps(arm, start, end)
        case MulPath():
            yield from _steps(path.path, None, None) if path.more else _steps(path.path, start, end)
        case NegatedPath():
            yield start, None, end
            yield end, None, start
        case _:
            yield start, path, end


def _can_be_empty(path: Any) -> bool:  # noqa: ANN401 - rdflib's paths
    """Whether a path can lead from a node to itself without a triple."""
    match path:
        case InvPath():
            return _can_be_empty(path.arg)
        case SequencePath():
            return all(map(_can_be_empty, path.args))
        case AlternativePath():
            return any(map(_can_be_empty, path.args))
        case MulPath():
            return bool(path.zero) or _can_be_empty(path.path)
        case _:
            return False


def _is_anchored(term: Any, pattern: object, patterns: list[tuple[Any, Any, Any]]) -> bool:  # noqa: ANN401 - the same
    """Whether a term is in the graph by another pattern, or needs not be: a path of no length then asks nothing."""
    if not isinstance(term, rdflib.Variable | rdflib.BNode):
        return True
    return any(
        term in (one[0], one[2])
        for one in patterns
        if one is not pattern and not (isinstance(one[1], Path) and _can_be_empty(one[1]))
    )


def _is_variable(term: Any) -> bool:  # noqa: ANN401 - the same
    return isinstance(term, rdflib.Variable)


def _term(term: Any) -> Term | Variable | None:  # noqa: ANN401 - the same
    """Turn a term of rdflib into one of ours; a blank node is any, for no match tells its value."""
    return None if term is None or isinstance(term, rdflib.BNode) else slot_of(term)

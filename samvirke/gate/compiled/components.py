"""The constraint components of SHACL Core, each for many nodes at once.

Duty: of a set of value nodes those that break a constraint (`VALUES`), or of focus nodes with their
values the results (`FOCUS`). Level 3; one function for a clause of the standard. A result is a value,
or "" where the standard gives none.
Source: https://www.w3.org/TR/shacl/#core-components
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from samvirke.gate.compiled.facts import IS_A, Links
from samvirke.gate.compiled.shape import Constraint, component
from samvirke.gate.compiled.values import Undecided, compare, has_datatype, is_literal, less, parts, string_of
from samvirke.terms import RDFS

if TYPE_CHECKING:
    from samvirke.gate.compiled.evaluation import Evaluation

_RESOURCE = str(RDFS.Resource)

# ---------------------------------------------------------------- what is asked of each value


def _class(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find what is no instance: https://www.w3.org/TR/shacl/#ClassConstraintComponent."""
    return set(values) - run.facts.of_class(one.terms[0], values)


def _datatype(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find other and ill-formed literals: https://www.w3.org/TR/shacl/#DatatypeConstraintComponent."""
    return {value for value in values if not has_datatype(value, one.terms[0])}


def _node_kind(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find other kinds of terms: https://www.w3.org/TR/shacl/#NodeKindConstraintComponent."""
    marks = one.terms[0]
    return {value for value in values if value[0] not in marks}


def _range(meets: Callable[[int], bool]) -> Callable[[Constraint, Collection[str], Evaluation], set[str]]:
    def find(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
        """Find what lies outside: https://www.w3.org/TR/shacl/#core-components-range."""
        bad = set()
        for value in values:
            order = compare(value, one.terms[0])
            if order is None or not meets(order):
                bad.add(value)
        return bad

    return find


def _min_length(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find shorter texts, and blank nodes: https://www.w3.org/TR/shacl/#MinLengthConstraintComponent."""
    if one.number == 0:  # as pySHACL has it, blank nodes pass then
        return set()
    return {value for value in values if value[0] == "_" or len(string_of(value)) < one.number}


def _max_length(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find longer texts, and blank nodes: https://www.w3.org/TR/shacl/#MaxLengthConstraintComponent."""
    return {value for value in values if value[0] == "_" or len(string_of(value)) > one.number}


def _pattern(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find texts that do not match, and blank nodes: https://www.w3.org/TR/shacl/#PatternConstraintComponent."""
    assert one.pattern is not None, "the compiler has seen to it"
    texts = {value: string_of(value) for value in values if value[0] != "_"}
    matched = one.pattern.matched(set(texts.values()), run.facts.store)
    return {value for value in values if value not in texts or texts[value] not in matched}


def _language_in(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find other languages: https://www.w3.org/TR/shacl/#LanguageInConstraintComponent."""
    return {value for value in values if not is_literal(value) or not _speaks(parts(value)[2].lower(), one.terms)}


def _speaks(language: str, ranges: tuple[str, ...]) -> bool:
    if not language:
        return False
    if "*" in ranges or language in ranges or language.partition("-")[0] in ranges:
        return True
    if any(language.startswith(f"{one}-") for one in ranges):
        raise Undecided  # en-GB-oxford is en-GB, but not for pySHACL
    return False


def _in(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find what is not listed: https://www.w3.org/TR/shacl/#InConstraintComponent."""
    return set(values).difference(one.terms)


def _node(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find what does not conform: https://www.w3.org/TR/shacl/#NodeConstraintComponent."""
    return run.failing(one.shapes[0], values)


def _not(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find what conforms: https://www.w3.org/TR/shacl/#NotConstraintComponent."""
    return set(values) - run.failing(one.shapes[0], values)


def _and(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find what fails one of the shapes: https://www.w3.org/TR/shacl/#AndConstraintComponent."""
    return set().union(*(run.failing(shape, values) for shape in one.shapes))


def _or(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find what fails all shapes: https://www.w3.org/TR/shacl/#OrConstraintComponent."""
    left = set(values)
    for shape in one.shapes:
        left = run.failing(shape, left) if left else left
    return left


def _xone(one: Constraint, values: Collection[str], run: Evaluation) -> set[str]:
    """Find what does not conform to exactly one: https://www.w3.org/TR/shacl/#XoneConstraintComponent."""
    failures = Counter(value for shape in one.shapes for value in run.failing(shape, values))
    return {value for value in values if failures[value] != len(one.shapes) - 1}


VALUES: dict[str, Callable[[Constraint, Collection[str], Evaluation], set[str]]] = {
    component(name): find
    for name, find in {
        "class": _class, "datatype": _datatype, "nodeKind": _node_kind, "minLength": _min_length,
        "maxLength": _max_length, "pattern": _pattern, "languageIn": _language_in, "in": _in, "node": _node,
        "not": _not, "and": _and, "or": _or, "xone": _xone,
        "minInclusive": _range(lambda order: order >= 0), "minExclusive": _range(lambda order: order > 0),
        "maxInclusive": _range(lambda order: order <= 0), "maxExclusive": _range(lambda order: order < 0),
    }.items()
}  # fmt: skip

# ---------------------------------------------------------------- what is asked of a focus node and its values together

Results = Iterator[tuple[str, str]]


def _min_count(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
    """Find too few values: https://www.w3.org/TR/shacl/#MinCountConstraintComponent."""
    if one.number == 1:
        yield from ((node, "") for node in nodes if node not in links)
    elif one.number:
        yield from ((node, "") for node in nodes if len(links.get(node, ())) < one.number)


def _max_count(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
    """Find too many values: https://www.w3.org/TR/shacl/#MaxCountConstraintComponent."""
    yield from ((node, "") for node, values in links.items() if len(values) > one.number)


def _unique_lang(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
    """Find a language that is used twice: https://www.w3.org/TR/shacl/#UniqueLangConstraintComponent."""
    for node, values in links.items():
        if len(values) > 1:
            tails = [value[value.rindex('"') + 1 :].lower() for value in values if is_literal(value)]
            tags = [tail for tail in tails if tail.startswith("@")]
            if len(set(tags)) < len(tags):
                yield node, ""


def _has_value(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
    """Find where a value is missing: https://www.w3.org/TR/shacl/#HasValueConstraintComponent."""
    yield from ((node, "") for node in nodes if one.terms[0] not in links.get(node, ()))


def _equals(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
    """Find what only one of two properties has: https://www.w3.org/TR/shacl/#EqualsConstraintComponent."""
    others = run.facts.step(one.terms[0], nodes)
    for node in nodes:
        yield from ((node, value) for value in set(links.get(node, ())) ^ set(others.get(node, ())))


def _disjoint(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
    """Find what both of two properties have: https://www.w3.org/TR/shacl/#DisjointConstraintComponent."""
    others = run.facts.step(one.terms[0], nodes)
    for node in nodes:
        yield from ((node, value) for value in set(links.get(node, ())) & set(others.get(node, ())))


def _less(*, or_equal: bool) -> Callable[[Constraint, Collection[str], Links, Evaluation], Results]:
    def find(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
        """Find values that are not less: https://www.w3.org/TR/shacl/#LessThanConstraintComponent."""
        others = run.facts.step(one.terms[0], list(links))
        if any(value.startswith("_:") for values in links.values() for value in values):
            raise Undecided  # pySHACL gives up on the whole site
        for node, bounds in others.items():
            for value in links[node]:
                yield from ((node, value) for bound in bounds if not less(value, bound, or_equal=or_equal))

    return find


def _qualified(too: Callable[[int, int], bool]) -> Callable[[Constraint, Collection[str], Links, Evaluation], Results]:
    def find(one: Constraint, nodes: Collection[str], links: Links, run: Evaluation) -> Results:
        """Find too few or too many that conform: https://www.w3.org/TR/shacl/#QualifiedValueShapeConstraintComponent."""
        values = set().union(*links.values())
        counted = values - run.failing(one.shapes[0], values)
        for other in one.others:
            counted = run.failing(other, counted) if counted else counted
        for node in nodes:
            if too(sum(value in counted for value in links.get(node, ())), one.number):
                yield node, ""

    return find


FOCUS: dict[str, Callable[[Constraint, Collection[str], Links, Evaluation], Results]] = {
    component("minCount"): _min_count, component("maxCount"): _max_count, component("uniqueLang"): _unique_lang,
    component("hasValue"): _has_value, component("equals"): _equals, component("disjoint"): _disjoint,
    component("lessThan"): _less(or_equal=False), component("lessThanOrEquals"): _less(or_equal=True),
    component("qualifiedMinCount"): _qualified(lambda count, limit: count < limit),
    component("qualifiedMaxCount"): _qualified(lambda count, limit: count > limit),
}  # fmt: skip
CLOSED, PROPERTY = component("closed"), component("property")


def beyond(one: Constraint, values: Collection[str], run: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Find properties that are not allowed: https://www.w3.org/TR/shacl/#ClosedConstraintComponent.

    Yields the value node, the property and its value.
    """
    allowed = frozenset(one.terms)
    for value in values:
        for predicate, end in run.facts.about(value):
            if predicate not in allowed and (predicate, end) != (IS_A, _RESOURCE):
                yield value, predicate, end

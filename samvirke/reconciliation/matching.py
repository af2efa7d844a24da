"""Candidates for a row of a table, each with a score and the reasons for it.

Duty: from likeness of names, classes and values of properties to a score from 0 to 100 and a verdict. Level 6.
A verdict “match” is for what is certain: whoever trusts it may be matching ten thousand rows at once.
Standard: Reconciliation Service API 0.2, section 4.3 (reconciliation results)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from samvirke.model import Literal, NamedNode
from samvirke.reconciliation.asked import Question, Wanted
from samvirke.reconciliation.extending import Values, is_address
from samvirke.search import Alike, Index, fold

__all__ = ["candidates", "looked_at", "named", "things_query"]

_LEAST = 0.45
"""Likeness below which a name is none that was meant."""
_SURE = 0.95
_AHEAD = 0.05
"""What the best must be ahead of the second to be certain."""
_NAME_WEIGHT = 1.0
_PROPERTY_WEIGHT = 0.4
_OTHER_CLASS = 0.85
_MORE = 3


def looked_at(index: Index, question: Question, lang: str, known: Callable[[str], str | None]) -> list[Alike]:
    """Return the things that may be meant, by their names; an address means itself.

    `known` gives the address that a text such as a prefixed name stands for, or None.
    """
    address = known(question.text) if question.text else None
    if address is not None and (thing := index.entity(address)) is not None:
        label = index.shown(address, lang) or (address, "")
        return [Alike(address, label[0], label[1], thing.class_iri, label[0], 1.0)]
    strict = question.classes if question.strict != "should" else ()
    classes = strict if question.strict == "any" else strict[:1]
    wanted = question.limit * _MORE + 5
    found = index.alike(question.text, lang, classes, wanted)
    if question.strict == "all" and len(strict) > 1:
        of = index.classes_of([one.iri for one in found])
        found = [one for one in found if set(strict) <= of[one.iri]]
    return [one for one in found if one.likeness >= _LEAST]


def things_query(question: Question) -> str:
    """Return the query for the things with the properties of a question that has no name; "" when it is no question."""
    patterns = []
    for wanted in question.properties:
        if not is_address(wanted.iri):
            return ""
        said = [f"?o = {NamedNode(one)}" for one in wanted.things if is_address(one)]
        said += [f"LCASE(STR(?o)) = {Literal(text.lower())}" for text in wanted.texts]
        if said:
            patterns.append(f"{{ ?s {NamedNode(wanted.iri)} ?o FILTER({' || '.join(said)}) }}")
    if not patterns:
        return ""
    return (
        f"SELECT ?s (COUNT(*) AS ?n) {{ {' UNION '.join(patterns)} FILTER(isIRI(?s)) }}"
        f" GROUP BY ?s ORDER BY DESC(?n) ?s LIMIT {question.limit * _MORE + 5}"
    )


def named(index: Index, iris: Sequence[str], lang: str) -> list[Alike]:
    """Return things as candidates whose names say nothing."""
    found = []
    for iri in iris:
        thing, label = index.entity(iri), index.shown(iri, lang)
        if thing is not None and label is not None and not thing.withdrawn:
            found.append(Alike(iri, label[0], label[1], thing.class_iri, label[0], 0.0))
    return found


def candidates(
    question: Question, found: Sequence[Alike], values: Values, *, index: Index, class_name: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return the answer's candidates, best first."""
    should = set(question.classes) if question.strict == "should" else set[str]()
    of: Mapping[str, frozenset[str]] = index.classes_of([one.iri for one in found]) if should else {}
    scored = []
    for one in found:
        features: list[dict[str, Any]] = []
        total = weight = 0.0
        if question.text:
            features.append({"id": "name", "value": round(one.likeness * 100, 1)})
            total, weight = one.likeness * _NAME_WEIGHT, _NAME_WEIGHT
        for wanted in question.properties:
            agreement = _agreement(wanted, values.get((one.iri, wanted.iri), ()), index)
            features.append({"id": wanted.iri, "value": round(agreement * 100, 1)})
            total, weight = total + agreement * _PROPERTY_WEIGHT, weight + _PROPERTY_WEIGHT
        score = total / weight
        if should and not should & of[one.iri]:
            score *= _OTHER_CLASS
        scored.append((score, one, features))
    scored.sort(key=lambda entry: (-entry[0], len(entry[1].matched), entry[1].iri))
    sure = bool(scored) and scored[0][0] >= _SURE and (len(scored) == 1 or scored[0][0] - scored[1][0] >= _AHEAD)
    return [
        {
            "id": one.iri,
            "name": one.label,
            **({"description": one.matched} if fold(one.matched) != fold(one.label) else {}),
            "type": [{"id": one.class_iri, "name": class_name(one.class_iri)}] if one.class_iri else [],
            "score": round(score * 100, 2),
            "match": sure and place == 0,
            "features": features,
        }
        for place, (score, one, features) in enumerate(scored[: question.limit])
    ]


def _agreement(wanted: Wanted, terms: Sequence[Mapping[str, str]], index: Index) -> float:
    """How well what is known of a property answers what is wanted: 1 when anything is the same."""
    best = 0.0
    for term in terms:
        if term["type"] == "uri":
            if term["value"] in wanted.things:
                return 1.0
            names = [text for text, _ in index.names(term["value"])] if wanted.texts else []
        else:
            names = [term["value"]]
        for name in names:
            for text in wanted.texts:
                best = max(best, fuzz.token_sort_ratio(fold(text), fold(name)) / 100)
    return best

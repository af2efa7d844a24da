"""Values of properties, for the rows of a table that were matched.

Duty: one query for all things and properties of a batch, and its answer as the API spells values. Level 6.
Standard: Reconciliation Service API 0.2, section 7 (data extension)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from samvirke.model import NamedNode
from samvirke.reconciliation.asked import Extension
from samvirke.terms import XSD

__all__ = ["Values", "extended", "is_address", "read_values", "values_query"]

Values = Mapping[tuple[str, str], Sequence[Mapping[str, str]]]
"""(thing, property) → the terms of SPARQL JSON results."""

_MOST_ROWS = 50_000
_NOT_IN_IRIS = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_WHOLE = {XSD.term(name).value for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger")}
_BROKEN = {XSD.term(name).value for name in ("decimal", "double", "float")}
_DAY = re.compile(r"-?\d{4,}-\d\d-\d\d")
_SAFE = 2**53


def values_query(iris: Iterable[str], properties: Iterable[str]) -> str:
    """Return the query for some properties of some things; what is no address is left out. "" when nothing is left."""
    things, wanted = (
        " ".join(str(NamedNode(one)) for one in dict.fromkeys(given) if is_address(one)) for given in (iris, properties)
    )
    if not things or not wanted:
        return ""
    return f"SELECT ?s ?p ?o {{ VALUES ?s {{ {things} }} VALUES ?p {{ {wanted} }} ?s ?p ?o }} LIMIT {_MOST_ROWS}"


def is_address(text: str) -> bool:
    """Say whether a stranger's text is an address that may stand in a query."""
    if _NOT_IN_IRIS.search(text) or ":" not in text:
        return False
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def read_values(answer: Mapping[str, Any]) -> Values:
    """Read the answer of `values_query`."""
    found: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in answer.get("results", {}).get("bindings", []):
        found.setdefault((row["s"]["value"], row["p"]["value"]), []).append(row["o"])
    return {
        key: sorted(terms, key=lambda term: (term["value"], term.get("xml:lang", ""))) for key, terms in found.items()
    }


def extended(
    asked: Extension, values: Values, *, lang: str, label: Callable[[str], str | None], name: Callable[[str], str]
) -> dict[str, Any]:
    """Return the answer to a request for values: `meta` names the columns, `rows` has a list of values for each."""
    return {
        "meta": [{"id": one, "name": name(one)} for one in asked.properties],
        "rows": {
            iri: {
                one: [_cell(term, label) for term in _told(values.get((iri, one), ()), lang)[: limit or None]]
                for one, limit in zip(asked.properties, asked.limits, strict=True)
            }
            for iri in asked.iris
        },
    }


def _told(terms: Sequence[Mapping[str, str]], lang: str) -> list[Mapping[str, str]]:
    """Of texts in several languages those of the reader's, if there are any; whatever else there is."""
    tagged = [term for term in terms if term.get("xml:lang")]
    own = [term for term in tagged if term["xml:lang"].lower().partition("-")[0] == lang]
    return [term for term in terms if not term.get("xml:lang")] + (own or tagged)


def _cell(term: Mapping[str, str], label: Callable[[str], str | None]) -> dict[str, Any]:
    text, datatype = term["value"], term.get("datatype", "")
    if term["type"] == "uri":
        return {"id": text, "name": label(text) or text}
    if datatype in _WHOLE and re.fullmatch(r"[+-]?\d{1,16}", text) and abs(int(text)) < _SAFE:
        return {"int": int(text)}
    if datatype in _BROKEN and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", text):
        return {"float": float(text)}
    if datatype == XSD.date.value and _DAY.fullmatch(text):
        return {"date": f"{text}T00:00:00"}
    return {"str": text}

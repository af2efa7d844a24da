"""What a client of the Reconciliation API asks, read strictly.

Duty: JSON of strangers → plain values, or an error that says which part is wrong. Level 6; looks nothing up.
Standard: Reconciliation Service API 0.2, sections 4.2 (queries) and 7.2 (data extension)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from samvirke.errors import AnswerTooLarge, WrongUse

__all__ = ["Extension", "Question", "Wanted", "read_extension", "read_questions"]

MOST_QUESTIONS = 200
MOST_IDS = 500
MOST_PROPERTIES = 50
MOST_CANDIDATES = 50
USUAL_CANDIDATES = 5
LONGEST_TEXT = 500
STRICT = ("should", "any", "all")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a property should say: texts to be like, and addresses to be one of."""

    iri: str
    texts: tuple[str, ...]
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One row's question: a name, classes ("any", "all" of them, or "should" be one), properties, how many answers."""

    text: str
    classes: tuple[str, ...]
    strict: str
    properties: tuple[Wanted, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Extension:
    """Things and the properties whose values are asked for; `limits` is how many of each, 0 for all."""

    iris: tuple[str, ...]
    properties: tuple[str, ...]
    limits: tuple[int, ...]


def read_questions(text: str) -> dict[str, Question]:
    """Read a batch: a key of the client's for each question. Raises: WrongUse, AnswerTooLarge."""
    batch = _object(text, "queries")
    if len(batch) > MOST_QUESTIONS:
        raise AnswerTooLarge(
            f"There are {len(batch)} queries in the batch; {MOST_QUESTIONS} are answered at once.",
            remedy="Send smaller batches.",
        )
    return {key: _question(key, given) for key, given in batch.items()}


def _question(key: str, given: object) -> Question:
    if not isinstance(given, dict):
        raise _wrong(f"“{_short(key)}”", "an object with “query”")
    text = given.get("query", "")
    properties = given.get("properties", [])
    strict = given.get("type_strict", "any")
    if not isinstance(text, str):
        raise _wrong(f"“query” of “{_short(key)}”", "a text")
    if not isinstance(properties, list) or len(properties) > MOST_PROPERTIES:
        raise _wrong(f"“properties” of “{_short(key)}”", f"a list of at most {MOST_PROPERTIES}")
    if not text.strip() and not properties:
        raise _wrong(f"“query” of “{_short(key)}”", "a text, unless there are properties")
    if strict not in STRICT:
        raise _wrong(f"“type_strict” of “{_short(key)}”", "“any”, “all” or “should”")
    return Question(
        text=text.strip()[:LONGEST_TEXT],
        classes=_classes(key, given.get("type")),
        strict=strict,
        properties=tuple(_wanted(key, one) for one in properties),
        limit=_limit(key, given.get("limit")),
    )


def _classes(key: str, given: object) -> tuple[str, ...]:
    """One type or several; a type may be given as its identifier or as an object with it."""
    listed = given if isinstance(given, list) else [] if given in (None, "") else [given]
    found = [one.get("id") if isinstance(one, dict) else one for one in listed]
    if len(found) > MOST_PROPERTIES or not all(isinstance(one, str) for one in found):
        raise _wrong(f"“type” of “{_short(key)}”", "an identifier or a list of them")
    return tuple(dict.fromkeys(str(one) for one in found))


def _wanted(key: str, given: object) -> Wanted:
    if not isinstance(given, dict) or not isinstance(given.get("pid"), str):
        raise _wrong(f"“properties” of “{_short(key)}”", "a list of objects with “pid” and “v”")
    values = given.get("v")
    listed = values if isinstance(values, list) else [values]
    things = [one["id"] for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]
    texts = [_spelt(one) for one in listed if isinstance(one, str | int | float)]
    return Wanted(
        given["pid"], tuple(text[:LONGEST_TEXT] for text in texts if text.strip()), tuple(things[:MOST_CANDIDATES])
    )


def _spelt(value: str | float | bool) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _limit(key: str, given: object) -> int:
    if given is None:
        return USUAL_CANDIDATES
    if isinstance(given, bool) or not isinstance(given, int | float) or given < 1:
        raise _wrong(f"“limit” of “{_short(key)}”", "a number from 1 on")
    return min(int(given), MOST_CANDIDATES)


def read_extension(text: str) -> Extension:
    """Read a request for values. Raises: WrongUse, AnswerTooLarge."""
    given = _object(text, "extend")
    iris, properties = given.get("ids"), given.get("properties")
    if not isinstance(iris, list) or not all(isinstance(one, str) for one in iris):
        raise _wrong("“ids”", "a list of identifiers")
    if not isinstance(properties, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in properties
    ):
        raise _wrong("“properties”", "a list of objects with “id”")
    if len(iris) > MOST_IDS or len(properties) > MOST_PROPERTIES:
        raise AnswerTooLarge(
            f"At most {MOST_IDS} things and {MOST_PROPERTIES} properties are answered at once.",
            remedy="Ask in several requests.",
        )
    limits = [one.get("settings") or {} for one in properties]
    return Extension(
        tuple(dict.fromkeys(iris)),
        tuple(one["id"] for one in properties),
        tuple(_setting(one.get("limit")) if isinstance(one, dict) else 0 for one in limits),
    )


def _setting(given: object) -> int:
    """A setting of a client's form: a number, also as text; anything else is no limit."""
    try:
        return max(int(str(given)), 0)
    except ValueError:
        return 0


def _object(text: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WrongUse(f"“{name}” is no JSON: {error}.", remedy="Send an object of JSON, encoded as UTF-8.") from error
    if not isinstance(found, dict):
        raise _wrong(f"“{name}”", "an object")
    return found


def _wrong(what: str, wanted: str) -> WrongUse:
    return WrongUse(f"{what} must be {wanted}.", remedy="See section 4.2 of the Reconciliation Service API 0.2.")


def _short(text: str) -> str:
    return text[:40]

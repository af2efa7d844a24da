"""A question a page at a time: `LIMIT` and `OFFSET` as parameters.

Duty: find the stretches in the tokens of a question and set them. Level 3; a number never becomes query text
as it was given. The text alone asks for the first page, as any endpoint reads it. A question may pick what
its page holds in a sub-SELECT and look up names for that only, and may repeat the pick where it must.
Source: https://www.w3.org/TR/sparql11-query/#modResultLimit
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from samvirke.errors import InputError
from samvirke.sparql.tokens import Token, tokens

__all__ = ["ALL", "LIMIT", "NAMES", "OFFSET", "numbers", "stretches", "turned"]

LIMIT: Final = "limit"
OFFSET: Final = "offset"
NAMES: Final = (LIMIT, OFFSET)
ALL: Final = "all"
"""The `limit` that asks for everything."""
_WORDS = 4
_NUMBER = re.compile(r"[0-9]{1,12}")


def stretches(text: str) -> Iterator[tuple[Token, Token, Token]]:
    """Yield each `LIMIT n OFFSET m` of a question: the word it begins with and the two numbers."""
    scan = list(tokens(text))
    for word, limit, other, offset in zip(*(islice(scan, at, None) for at in range(_WORDS)), strict=False):
        if (
            word.kind == other.kind == "word"
            and (word.text.upper(), other.text.upper()) == ("LIMIT", "OFFSET")
            and limit.kind == offset.kind == "number"
        ):
            yield word, limit, offset


def numbers(page: int, values: Mapping[str, str]) -> tuple[int | None, int]:
    """Return limit and offset as they are asked for; no limit is None.

    Raises: InputError naming the parameter.
    """
    wanted = values.get(LIMIT, "").strip().lower() or str(page)
    limit = None if wanted == ALL else _number(LIMIT, wanted, least=1, told="a whole number from 1, or all")
    start = values.get(OFFSET, "").strip() or "0"
    return limit, _number(OFFSET, start, least=0, told="a whole number from 0")


def _number(name: str, value: str, *, least: int, told: str) -> int:
    if not _NUMBER.fullmatch(value) or int(value) < least:
        raise InputError(f"The parameter {name} cannot be {value[:80]!r}.", remedy=f"Give it {told}.")
    return int(value)


def turned(text: str, limit: int | None, offset: int) -> str:
    """Return the question for another stretch of its rows."""
    wanted = " ".join(
        ([] if limit is None else [f"LIMIT {limit}"]) + ([] if limit is None and not offset else [f"OFFSET {offset}"])
    )
    for word, _, last in reversed(list(stretches(text))):
        end = last.start + len(last.text)
        text = text[: word.start] + wanted + text[end:]
    return text

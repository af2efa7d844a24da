"""Put what other servers answered into a query, in the places of its SERVICE clauses.

Duty: two texts for one query: the engine's, with the answers in it, and the gate's, in which each clause is an empty
block of the same length, so that lines and columns stay and answers do not count as patterns. Level 4; evaluates
nothing. SERVICE joins with what stands around it just as VALUES does.
Standard: https://www.w3.org/TR/sparql11-federated-query/#fedSemantics
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["Inlined", "may_ask_others", "spliced", "vacant"]

Inlined = tuple[int, int, str]
"""Where a SERVICE clause starts and ends in the query, and the text in its place."""

_SHOWN = re.compile(r"[^\n]")


def may_ask_others(text: str) -> bool:
    """Say whether a query could have a SERVICE clause; a string or a name with the word in it counts, too."""
    return "service" in text.lower() or "\\u" in text or "\\U" in text


def spliced(text: str, inlined: Sequence[Inlined]) -> str:
    """Return the query with the answers in it."""
    made, done = "", 0
    for start, end, answer in inlined:
        made += text[done:start] + answer
        done = end
    return made + text[done:]


def vacant(text: str, inlined: Sequence[Inlined]) -> str:
    """Return the query with an empty block in each place, as long as the clause it stands for."""
    return spliced(text, [(start, end, _empty(text[start:end])) for start, end, _ in inlined])


def _empty(clause: str) -> str:
    """Return `VALUES () {()}` in the room of a clause, whose first word is longer and whose lines stay."""
    signs = iter("(){()}")
    word = "VALUES "
    return word + _SHOWN.sub(lambda _: next(signs, " "), clause[len(word) :])

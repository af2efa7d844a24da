"""The sentences that say why rows, or a part of them, cannot be explained.

Duty: one sentence per reason, in plain English; the pages have them in the reader's language too.
Level 4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"\d+")


def N_(text: str) -> str:
    """Mark an English text for the catalogue, where it is the key."""
    return text


NOT_SELECT = N_("Only the rows of a SELECT can be explained.")
AGGREGATE = N_(
    "An aggregate such as COUNT puts many facts together into one value, so no passage says it. "
    "Ask for the rows themselves to see their passages."
)
GROUPED = N_("GROUP BY and HAVING put many rows together into one. Ask for the rows themselves to see their passages.")
CHANGING = N_(
    "A function such as NOW or RAND gives another value each time, so the rows cannot be looked at a second time."
)
EXISTS = N_(
    "EXISTS and NOT EXISTS ask whether something is there or not; that something is missing is said by no passage."
)
REPEATED = N_("A path with *, + or ? can go through any number of facts, and which ones is not known.")
NEGATED = N_("A path with ! takes any other property, and which one is not known. Use a variable and a FILTER.")
TRIPLE_TERM = N_("A statement about a statement is not explained here.")
TOO_DEEP = N_("The pattern is nested too deeply to be explained.")
UNKNOWN = N_("This part of the query is not explained here.")
UNBOUND = N_("Here the query asks whether something is not stated. That it is missing is said by no passage.")
TOO_MANY_WAYS = N_("The rows come about in more than %(limit)s ways. Add a LIMIT or name more of what you look for.")
LOST = N_("A second look at the data did not find every row again.")
MORE_ROWS = N_("Only the first %(limit)s rows are explained. Add a LIMIT, and an OFFSET for the rest.")
MORE_FACTS = N_("Of some rows only the first %(limit)s facts are listed.")

PARTS: Mapping[str, str] = {
    "SELECT": N_("A SELECT inside the pattern is not explained here. Write its pattern in its place if you can."),
    "MINUS": N_("MINUS takes rows away; that something is missing is said by no passage."),
    "SERVICE": N_("SERVICE asks another server, whose facts have no passages here."),
}
KEYWORDS = frozenset(
    {"OPTIONAL", "GRAPH", "FILTER", "BIND", "VALUES", "MINUS", "SERVICE", "SELECT", "UNION", "LATERAL"}
)


def limited(sentence: str, limit: int) -> str:
    """Put a number into a sentence that has room for one."""
    return sentence % {"limit": limit}


def template(reason: str) -> tuple[str, dict[str, int]]:
    """Return the sentence as the catalogue has it, and the number that stands in it."""
    number = _NUMBER.search(reason)
    if number is None:
        return reason, {}
    return _NUMBER.sub("%(limit)s", reason, count=1), {"limit": int(number[0])}

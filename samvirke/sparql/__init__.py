"""What can be said about a query before it is evaluated: may it run, and what kind of question is it.

Duty: the form of a query, its dataset and its prefixes; the gate itself is in `gate`, and what
is wrong with a query in `errors`. Level 4; evaluates nothing, opens nothing.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/
"""

from __future__ import annotations

import re

from samvirke.errors import QueryRefused, QuerySyntaxError
from samvirke.sparql.gate import GateLimits, check_size, gate_query, gate_update, is_plain
from samvirke.sparql.inline import may_ask_others, spliced, vacant
from samvirke.sparql.silent import unreachable
from samvirke.sparql.tokens import place, prologue, resolve, tokens
from samvirke.sparql.using import with_using

__all__ = [
    "FORMS",
    "GateLimits",
    "check_size",
    "classify",
    "dataset",
    "gate_query",
    "gate_update",
    "is_plain",
    "may_ask_others",
    "prefixes",
    "spliced",
    "unreachable",
    "vacant",
    "varies",
    "with_using",
]

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"},
)
_CHANGING = re.compile(r"\b(?:now|rand|uuid|struuid|bnode)\b")
_CHANGING_PARTS = ("now", "rand", "uuid", "bnode")
# The head of most queries, at once; what it does not match is looked at token by token.
_USUAL_HEAD = re.compile(
    r"""(?:\s++ | \#[^\n\r]*+ | PREFIX\s++[A-Za-z0-9_-]*+:\s*+<[^<>"{}|^`\\\x00-\x20]*+>)*+
    (SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:.\\-])""",
    re.IGNORECASE | re.VERBOSE,
)


def classify(text: str) -> str:
    """Return the form of a query: "SELECT", "ASK", "CONSTRUCT" or "DESCRIBE".

    Raises: QueryRefused (rule `read_only`) for an update; QuerySyntaxError when it is neither.
    """
    if (usual := _USUAL_HEAD.match(text)) is not None:
        return usual[1].upper()
    verb = prologue(text).verb
    if verb is None:
        raise QuerySyntaxError("The query is empty.", line=1, column=1, remedy="Write a SELECT, for instance.")
    line, column = place(text, verb.start)
    word = verb.text.upper() if verb.kind == "word" else ""
    if word in FORMS:
        return word
    if word in _UPDATES:
        raise QueryRefused(
            f"{word} changes data, and queries only read.",
            rule="read_only",
            line=line,
            column=column,
            remedy=f"Use {', '.join(FORMS[:-1])} or {FORMS[-1]}.",
        )
    raise QuerySyntaxError(
        f"A query cannot begin with “{verb.text[:40]}”.",
        line=line,
        column=column,
        remedy=f"After its prefixes it begins with {', '.join(FORMS[:-1])} or {FORMS[-1]}.",
    )


def varies(text: str) -> bool:
    """Say whether the same query may answer differently on the same data: it asks the clock or chance."""
    # Such a word in a string or a comment counts too: what it costs is that the answer is not kept.
    lower = text.lower()
    return any(map(lower.__contains__, _CHANGING_PARTS)) and _CHANGING.search(lower) is not None


def prefixes(text: str) -> dict[str, str]:
    """Return the prefixes a query declares."""
    return dict(prologue(text).prefixes)


def dataset(text: str, *, base: str | None = None) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Return the graphs of `FROM` and of `FROM NAMED`; two times None when the query has neither.

    Source: https://www.w3.org/TR/sparql11-query/#specifyingDataset
    """
    if "from" not in text.lower():
        return None, None
    head = prologue(text)
    start = head.base or base or ""
    default: list[str] = []
    named: list[str] = []
    found = default
    depth = 0
    before = ""
    for token in tokens(text):
        word = token.text.upper() if token.kind == "word" else ""
        depth += (token.text == "{") - (token.text == "}") if token.kind == "mark" else 0
        if depth:  # The clauses stand before the pattern, and CONSTRUCT's template before them.
            before = ""
        elif token.kind in ("iri", "name") and before in ("FROM", "NAMED"):
            found.append(resolve(token, head.prefixes, start))
            before = ""
        elif word == "FROM":
            found, before = default, "FROM"
        elif word == "NAMED" and before == "FROM":
            found, before = named, "NAMED"
        else:
            before = word
    return (tuple(default), tuple(named)) if default or named else (None, None)

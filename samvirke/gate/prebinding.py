"""Bind `$this` before a constraint's query is evaluated, as SHACL-SPARQL asks.

Duty: from the text of a SELECT and its focus nodes to the texts that are evaluated. Level 3; pure.
Pre-binding means that the variable has its value everywhere, inside nested groups and filters too,
which neither a VALUES clause nor the engine's own substitution gives in every case; where they cannot
differ, `together` says so.
Source: https://www.w3.org/TR/shacl/#pre-binding
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from samvirke.sparql.tokens import Token, tokens

_TAIL = frozenset({"GROUP", "ORDER"})


@lru_cache(maxsize=512)  # a recheck asks the same queries again after each change
def settled(text: str, values: tuple[tuple[str, str], ...]) -> str:
    """Return the query with what is the same for all focus nodes written out."""
    return bind(text, dict(values)) if values else text


def bind(text: str, values: Mapping[str, str]) -> str:
    """Return the query with the pre-bound variables written out.

    `values` maps a variable's name to the term as SPARQL writes it. In a SELECT clause the variable
    is left out, since a term cannot be shown; `bound($this)` is true; after GROUP BY and ORDER BY a
    term needs brackets.
    """
    parts: list[str] = []
    scanned = list(tokens(text))
    done = 0
    in_head, in_tail, shown = False, False, 0
    for position, token in enumerate(scanned):
        word = token.text.upper() if token.kind == "word" else token.text
        if word == "SELECT":
            in_head, in_tail, shown = True, False, 0
        elif in_head and word in {"{", "WHERE"}:
            parts.append(text[done : token.start] + ("" if shown else " (1 AS ?any) "))
            done = token.start
            in_head = False
        elif word in _TAIL:
            in_tail = True
        elif word == "}":
            in_tail = False
        bound = token.kind == "variable" and token.text[1:] in values
        if in_head and word not in {"SELECT", "DISTINCT", "REDUCED"} and not bound:
            shown += 1
        if not bound:
            continue
        value = "" if in_head else values[token.text[1:]]
        if in_tail:
            value = f"({value})"
        start, end = token.start, token.start + len(token.text)
        if _asks_bound(scanned, position):
            start, value, end = scanned[position - 2].start, "(true)", scanned[position + 1].start + 1
        parts += [text[done:start], value]
        done = end
    return "".join(parts) + text[done:]


def _asks_bound(scanned: Sequence[Token], position: int) -> bool:
    before, after = scanned[max(position - 2, 0) : position], scanned[position + 1 : position + 2]
    return [token.text.upper() for token in (*before, *after)] == ["BOUND", "(", ")"]

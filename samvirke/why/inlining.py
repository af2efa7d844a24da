"""SELECTs inside a pattern that only pick: their pattern in their place.

Duty: rewrite the text of a query so that what a row rests on can be read off it. Level 4; pure. A SELECT that
names plain variables and at most limits its rows says of a row what its pattern says: how many rows there were
besides does not matter to the one that is explained. Variables that it does not name are its own and get names of
their own. Lines stay where they are; every other SELECT inside is left as it is.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#subqueries
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samvirke.sparql.tokens import Token, tokens

__all__ = ["inlined"]

_CUTS = ("LIMIT", "OFFSET")
_MOST = 64


@dataclass(frozen=True, slots=True)
class _Pick:
    """A SELECT inside: the places in the tokens of its word, its pattern's brackets, and the `}` around it."""

    select: int
    opened: int
    closed: int
    end: int
    named: frozenset[str]


def inlined(text: str) -> str:
    """Return a query without the SELECTs inside that only pick."""
    for _ in range(_MOST):
        scan = list(tokens(text))
        pick = next(_picks(scan), None)
        if pick is None:
            return text
        text = _without(text, scan, pick)
    return text


def _picks(scan: Sequence[Token]) -> Iterator[_Pick]:
    for at in range(1, len(scan)):
        if scan[at].kind == "word" and scan[at].text.upper() == "SELECT" and scan[at - 1].text == "{":
            pick = _pick(scan, at)
            if pick is not None:
                yield pick


def _pick(scan: Sequence[Token], select: int) -> _Pick | None:
    """Read a SELECT that only picks; None for one that does more."""
    at = select + 1
    if at < len(scan) and scan[at].text.upper() in ("DISTINCT", "REDUCED"):
        at += 1
    named = []
    while at < len(scan) and scan[at].kind == "variable":
        named.append(scan[at].text[1:])
        at += 1
    if at < len(scan) and scan[at].text.upper() == "WHERE":
        at += 1
    if not named or at >= len(scan) or scan[at].text != "{":
        return None
    closed = _closing(scan, at)
    end = closed + 1
    while end + 1 < len(scan) and scan[end].text.upper() in _CUTS and scan[end + 1].kind == "number":
        end += 2
    if end >= len(scan) or scan[end].text != "}":
        return None
    return _Pick(select, at, closed, end, frozenset(named))


def _closing(scan: Sequence[Token], opening: int) -> int:
    depth = 0
    for at in range(opening, len(scan)):
        if scan[at].kind == "mark":
            depth += {"{": 1, "}": -1}.get(scan[at].text, 0)
        if not depth:
            return at
    return len(scan) - 1


def _without(text: str, scan: Sequence[Token], pick: _Pick) -> str:
    everywhere = {token.text[1:] for token in scan if token.kind == "variable"}
    outside = {
        token.text[1:]
        for at, token in enumerate(scan)
        if token.kind == "variable" and not pick.select <= at <= pick.closed
    }
    inside = scan[pick.opened : pick.closed]
    own = {token.text[1:] for token in inside if token.kind == "variable"} - pick.named
    names = {name: _fresh(name, everywhere) for name in sorted(own & outside)}
    after = scan[pick.closed].start + 1
    pattern, last = [], scan[pick.opened].start
    for token in inside:
        if token.kind == "variable" and token.text[1:] in names:
            pattern += [text[last : token.start], f"?{names[token.text[1:]]}"]
            last = token.start + len(token.text)
    pattern.append(text[last:after])
    before, behind = scan[pick.select].start, scan[pick.end].start
    return "".join(
        [
            text[:before],
            _blank(text[before : scan[pick.opened].start]),
            *pattern,
            _blank(text[after:behind]),
            text[behind:],
        ]
    )


def _fresh(name: str, taken: set[str]) -> str:
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    taken.add(f"{name}_{number}")
    return f"{name}_{number}"


def _blank(text: str) -> str:
    return "".join(char if char in "\r\n" else " " for char in text)

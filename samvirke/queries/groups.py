"""The groups of a query that inline data can be joined into.

Duty: find them in the tokens. Level 3; parses no SPARQL beyond brackets and the four query forms.
Source: https://www.w3.org/TR/sparql11-query/#rWhereClause
"""

from __future__ import annotations

from collections.abc import Iterator

from samvirke.sparql.tokens import Token, tokens

__all__ = ["groups"]


def groups(text: str) -> Iterator[list[Token]]:
    """Yield the tokens, `{` to `}`, of each group that a SELECT, ASK, CONSTRUCT or DESCRIBE matches.

    VALUES is joined into these and no others: a sub-SELECT does not see what its surroundings bind,
    while OPTIONAL, UNION and FILTER of the same SELECT join with it.
    """
    scan = list(tokens(text))
    wanted = False  # a query form has been read and its group has not begun
    round_brackets = 0
    template = False
    for index, token in enumerate(scan):
        if token.kind == "word" and token.text.upper() in ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"):
            wanted, round_brackets = True, 0
            follower = scan[index + 1].text if index + 1 < len(scan) else ""
            template = token.text.upper() == "CONSTRUCT" and follower == "{"
        elif wanted and token.text in ("(", ")"):
            round_brackets += 1 if token.text == "(" else -1
        elif wanted and token.text == "{" and not round_brackets:
            if template:
                template = False  # the WHERE of a CONSTRUCT is the group after its template
                continue
            wanted = False
            yield scan[index : _closing(scan, index) + 1]


def _closing(scan: list[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(scan)):
        if scan[index].kind == "mark":
            depth += {"{": 1, "}": -1}.get(scan[index].text, 0)
        if not depth:
            return index
    return len(scan) - 1

"""Which variables a group can give a value to: those that a SERVICE clause has in common with the query around it.

Duty: the variables in scope of a group, by one pass over its tokens. Level 4.75; pure, evaluates nothing. Of what
only takes solutions away – FILTER, MINUS, EXISTS – and of what is computed inside a SELECT no variable comes out.
Source: https://www.w3.org/TR/sparql11-query/#variableScope
"""

from __future__ import annotations

from collections.abc import Sequence

from samvirke.sparql.tokens import Token

__all__ = ["closing", "visible"]

_OPENING = {"{": "}", "(": ")", "[": "]"}


def closing(tokens: Sequence[Token], opening: int) -> int | None:
    """Return the index of the bracket that closes the one at `opening`; None where brackets do not fit together."""
    stack: list[str] = []
    for index in range(opening, len(tokens)):
        kind, text, _ = tokens[index]
        if kind != "mark":
            continue
        if text in _OPENING:
            stack.append(_OPENING[text])
        elif text in "})]":
            if stack.pop() != text:
                return None
            if not stack:
                return index
    return None


def visible(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the variables in scope of a group, in the order they stand there, without their sign.

    `tokens` are those between its braces, which fit together.
    """
    found: dict[str, None] = {}
    _Scope(tokens, found).group()
    return tuple(found)


class _Scope:
    """One group; the groups in it that give their variables away are read as a part of it."""

    def __init__(self, tokens: Sequence[Token], found: dict[str, None]) -> None:
        self.tokens = tokens
        self.found = found
        self.at = 0

    def word(self, index: int) -> str:
        if index >= len(self.tokens):
            return ""
        kind, text, _ = self.tokens[index]
        return text.upper() if kind == "word" else text if kind == "mark" else ""

    def group(self) -> None:
        if self.word(0) == "SELECT":
            self._select()
            return
        while self.at < len(self.tokens):
            word = self.word(self.at)
            if word == "FILTER":
                self._filter()
            elif word == "MINUS":
                self._skip(self.at + 1)
            elif word == "BIND":
                self._computed(self.at + 1)
            elif word == "{":
                end = self._end(self.at)
                _Scope(self.tokens[self.at + 1 : end], self.found).group()
                self.at = end + 1
            else:
                self._note(self.at)
                self.at += 1

    def _note(self, index: int) -> None:
        kind, text, _ = self.tokens[index]
        if kind == "variable":
            self.found.setdefault(text[1:])

    def _end(self, opening: int) -> int:
        if opening >= len(self.tokens) or self.tokens[opening].text not in _OPENING:
            return opening
        end = closing(self.tokens, opening)
        return len(self.tokens) if end is None else end

    def _skip(self, opening: int) -> None:
        self.at = self._end(opening) + 1

    def _filter(self) -> None:
        """Pass over a constraint: in brackets, EXISTS with a group, or a function with its arguments."""
        self.at += 1
        while self.at < len(self.tokens) and self.word(self.at) not in ("(", "{"):
            self.at += 1
        self._skip(self.at)

    def _computed(self, opening: int) -> None:
        """Note the variable that an expression in brackets is named, and nothing in the expression."""
        end = self._end(opening)
        if end - 1 > opening:
            self._note(end - 1)
        self.at = end + 1

    def _select(self) -> None:
        """Note what a SELECT gives: what it names, or with `*` what its pattern and VALUES behind it give."""
        self.at = 1
        everything = False
        while self.at < len(self.tokens) and self.word(self.at) not in ("WHERE", "{"):
            if self.word(self.at) == "(":
                self._computed(self.at)
                continue
            everything |= self.tokens[self.at].text == "*"
            self._note(self.at)
            self.at += 1
        if not everything:
            return
        self.at += self.word(self.at) == "WHERE"
        end = self._end(self.at)
        _Scope(self.tokens[self.at + 1 : end], self.found).group()
        self.at = end + 1
        while self.at < len(self.tokens):
            if self.word(self.at) == "VALUES":
                _Scope(self.tokens[self.at :], self.found).group()
                return
            if self.word(self.at) in ("(", "{"):
                self._skip(self.at)
            else:
                self.at += 1

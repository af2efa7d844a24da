"""The tokens of a query, one after the other.

Duty: look ahead, take, and refuse with the place. Level 4; pure.
Source: https://www.w3.org/TR/sparql11-query/#rTerminals
"""

from __future__ import annotations

from typing import NoReturn

from samvirke.sparql.tokens import Token, place
from samvirke.why import wording

__all__ = ["NotExplained", "Stream"]

_PAIRS = {"(": ")", "{": "}", "[": "]"}


class NotExplained(Exception):
    """The rows of a query cannot be explained; `line` and `column` count from 1, 0 is no place."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        """Carry a whole sentence and its place."""
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


class Stream:
    """The tokens with a position, and names for new variables that the query does not use."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        """Begin at the first token."""
        self.text = text
        self.tokens = tokens
        self.position = 0
        self._made = 0
        self._prefix = "why"
        while self._prefix in text:
            self._prefix += "_"

    @property
    def done(self) -> bool:
        """Say whether all tokens are taken."""
        return self.position >= len(self.tokens)

    @property
    def before(self) -> Token:
        """Return the token taken last."""
        return self.tokens[self.position - 1]

    @property
    def end_of_before(self) -> int:
        """Return where the token taken last ends."""
        return self.before.start + len(self.before.text)

    def peek(self, ahead: int = 0) -> Token:
        """Return a token that is not taken yet; at the end, an empty one."""
        place_of = self.position + ahead
        return self.tokens[place_of] if place_of < len(self.tokens) else Token("end", "", len(self.text))

    def word(self) -> str:
        """Return the next token in capitals if it is a word, else an empty text."""
        token = self.peek()
        return token.text.upper() if token.kind == "word" else ""

    def at(self, mark: str) -> bool:
        """Say whether the next token is this mark or operator."""
        token = self.peek()
        return token.kind in ("mark", "operator") and token.text == mark

    def take(self) -> Token:
        """Take the next token."""
        token = self.peek()
        if token.kind == "end":
            self.unknown(token)
        self.position += 1
        return token

    def skip(self, count: int) -> None:
        """Take some tokens."""
        for _ in range(count):
            self.take()

    def expect(self, mark: str) -> Token:
        """Take this mark."""
        if not self.at(mark):
            self.unknown(self.peek())
        return self.take()

    def balanced(self, opened: Token) -> list[Token]:
        """Take everything up to and with the bracket that closes the one taken just now."""
        start, open_ = self.position, [_PAIRS[opened.text]]
        while open_:
            token = self.take()
            if token.kind != "mark":
                continue
            if token.text in _PAIRS:
                open_.append(_PAIRS[token.text])
            elif token.text == open_[-1]:
                open_.pop()
        return self.tokens[start : self.position]

    def fresh(self) -> str:
        """Return the name of a variable that the query does not have."""
        self._made += 1
        return f"{self._prefix}{self._made}"

    def refuse(self, reason: str, token: Token) -> NoReturn:
        """Raise NotExplained at a token."""
        raise NotExplained(reason, *place(self.text, token.start))

    def unknown(self, token: Token) -> NoReturn:
        """Raise NotExplained for a part that this reader does not know."""
        self.refuse(wording.UNKNOWN, token)

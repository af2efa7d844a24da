"""The SERVICE clauses of a query: where they stand, whom they ask, and what.

Duty: find them among the tokens, wherever the grammar lets one stand, and refuse what cannot be done rightly from
outside of the engine. Level 4.75; pure, asks nobody. Joined as a block of rows, a clause means the same as the
standard's SERVICE with a fixed address; with an address that is a variable, or inside EXISTS, it would depend on
the solutions around it, and inside GRAPH the engine would not tell in which graph it stands.
Standard: https://www.w3.org/TR/sparql11-federated-query/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from samvirke.errors import QueryRefused, QuerySyntaxError
from samvirke.federation.scope import closing, visible
from samvirke.sparql.tokens import Prologue, Token, place, prologue, resolve, tokens

__all__ = ["Clause", "clauses"]

_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_NOT_IN_AN_IRI = re.compile(r"[\x00-\x20<>\"{}|^`\\\ud800-\udfff]")
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")
_ASCII = 0x80
_SURROGATES = range(0xD800, 0xE000)
_HIGHEST_CODE_POINT = 0x10FFFF
_TERMS_THAT_ARE_WORDS = frozenset({"TRUE", "FALSE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A SERVICE clause: from `start` to `end` in the query, the address asked, and the query that is sent there.

    `columns` are the variables it may give a value to. `silent`: where there is no answer, it says nothing.
    """

    start: int
    end: int
    address: str
    query: str
    columns: tuple[str, ...]
    silent: bool = False
    line: int = 0
    column: int = 0


@dataclass(slots=True)
class _Bracket:
    """An open bracket: its sign, what it belongs to, and whether a SELECT stands first in it."""

    mark: str
    of: str = ""
    select: bool = False


def clauses(text: str, *, base: str = "") -> tuple[Clause, ...]:
    """Return the SERVICE clauses of a query in their order; `base` resolves relative addresses where it has no BASE.

    Raises: QuerySyntaxError where none can stand; QueryRefused (rule `federation`) for one that is not done here.
    """
    return tuple(_Finder(text, base).found())


@dataclass(slots=True)
class _Finder:
    text: str
    base: str
    tokens: Sequence[Token] = ()
    head: Prologue = field(default_factory=Prologue)
    stack: list[_Bracket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens = list(tokens(self.text))
        self.head = prologue(self.text)

    def found(self) -> Iterator[Clause]:
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind == "mark":
                self._mark(index)
            elif self._word(index) == "SERVICE":
                clause, index = self._clause(index)
                yield clause
                continue
            elif self._word(index) == "SELECT" and self.stack and self.tokens[index - 1].text == "{":
                self.stack[-1].select = True
            index += 1

    def _word(self, index: int) -> str:
        if not 0 <= index < len(self.tokens):
            return ""
        kind, text, _ = self.tokens[index]
        return text.upper() if kind == "word" else ""

    def _mark(self, index: int) -> None:
        mark = self.tokens[index].text
        if mark in "{([":
            of = self._word(index - 1)
            if mark == "{" and (before := self._word(index - 2)) in ("GRAPH", "VALUES"):
                of = before
            self.stack.append(_Bracket(mark, of))
        elif mark in "})]" and self.stack:
            self.stack.pop()

    def _clause(self, index: int) -> tuple[Clause, int]:
        """Read a clause; return it and the index of what stands behind it."""
        start = self.tokens[index]
        self._check_place(index)
        silent = self._word(index + 1) == "SILENT"
        asked = index + 1 + silent
        opening = asked + 1
        if asked < len(self.tokens) and self.tokens[asked].kind == "variable":
            self._refuse(
                self.tokens[asked],
                "Which server SERVICE asks is not left to a variable here.",
                "Write the server's address, in a query for each.",
            )
        if opening >= len(self.tokens) or self.tokens[opening].text != "{":
            self._misplaced(start, "SERVICE is followed by an address and a group in braces.")
        end = closing(self.tokens, opening)
        if end is None or self.tokens[asked].kind not in ("iri", "name"):
            self._misplaced(start, "SERVICE is followed by an address and a group in braces.")
        inside = self.tokens[opening + 1 : end]
        self._check_group(inside)
        first, last = self.tokens[opening].start, self.tokens[end].start + 1
        group = self.text[first:last]
        self._check_escapes(group, first)
        columns = visible(inside)
        line, column = place(self.text, start.start)
        return Clause(
            start=start.start,
            end=last,
            address=self._address(self.tokens[asked]),
            query=f"{self._declarations(inside)}SELECT {' '.join(f'?{name}' for name in columns) or '*'} WHERE {group}",
            columns=columns,
            silent=silent,
            line=line,
            column=column,
        ), end + 1

    def _check_place(self, index: int) -> None:
        start, before = self.tokens[index], self._word(index - 1)
        inner = self.stack[-1] if self.stack else _Bracket("")
        fits = inner.mark == "{" and not inner.select and inner.of not in ("CONSTRUCT", "VALUES", "SERVICE")
        if not fits or (before and before not in _TERMS_THAT_ARE_WORDS) or self._word(index - 2) == "GRAPH":
            self._misplaced(start, "SERVICE cannot stand here, but in a group in braces.")
        around = {bracket.of for bracket in self.stack}
        if "EXISTS" in around:
            self._refuse(
                start,
                "SERVICE inside EXISTS would be asked again for each row.",
                "Use MINUS, or put SERVICE before the filter.",
            )
        if "GRAPH" in around:
            self._refuse(
                start,
                "SERVICE inside GRAPH says nothing of the graph: what another server knows is in none of this site's.",
                "Put SERVICE outside of GRAPH.",
            )

    def _check_group(self, inside: Sequence[Token]) -> None:
        for token in inside:
            if token.kind in ("other", "unclosed"):
                self._misplaced(token, f"“{token.text[:40]}” is not expected here.")
            if token.kind == "word" and token.text.upper() in ("SERVICE", "LOAD"):
                self._refuse(
                    token,
                    "SERVICE inside SERVICE would have another server ask a third one.",
                    "Ask each server in a clause of its own.",
                )
            if token.kind == "name":
                self._declared(token)

    def _check_escapes(self, group: str, offset: int) -> None:
        r"""Refuse `\u` escapes of signs and control characters: some read them before the text is taken apart."""
        for escape in _ESCAPED.finditer(group):
            code = int(escape[1] or escape[2], 16)
            plain = code < _ASCII and not chr(code).isalnum()
            if plain or code in _SURROGATES or code > _HIGHEST_CODE_POINT:
                token = Token("other", escape[0], offset + escape.start())
                self._refuse(token, f"“{escape[0]}” is not sent to another server.", "Write the sign itself.")

    def _declared(self, token: Token) -> str:
        prefix = token.text.partition(":")[0]
        if prefix not in self.head.prefixes:
            self._misplaced(token, f"The prefix “{prefix}:” is not declared.")
        return prefix

    def _address(self, token: Token) -> str:
        if token.kind == "name":
            self._declared(token)
        return resolve(token, self.head.prefixes, self.head.base or self.base)

    def _declarations(self, inside: Sequence[Token]) -> str:
        """Return the declarations that a group needs, each address absolute: the other server has another base."""
        used = dict.fromkeys(token.text.partition(":")[0] for token in inside if token.kind == "name")
        base = self.head.base or self.base
        told = {f"PREFIX {prefix}:": self.head.prefixes[prefix] for prefix in used}
        if base and any(token.kind == "iri" and _ABSOLUTE.match(token.text) is None for token in inside):
            told = {"BASE": base, **told}
        for address in told.values():
            if _NOT_IN_AN_IRI.search(address):
                start = Token("iri", "", 0)
                self._misplaced(start, f"“{address[:80]!a}” is not an address.")
        return "".join(f"{word} <{address}> " for word, address in told.items())

    def _misplaced(self, token: Token, message: str) -> NoReturn:
        line, column = place(self.text, token.start)
        raise QuerySyntaxError(message, line=line, column=column, remedy="Look at this place and just before it.")

    def _refuse(self, token: Token, message: str, remedy: str) -> NoReturn:
        line, column = place(self.text, token.start)
        raise QueryRefused(message, rule="federation", line=line, column=column, remedy=remedy)

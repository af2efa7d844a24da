"""The lexical gate: may a query be given to the engine's parser at all.

Duty: count brackets, operators, patterns and steps in one pass over the tokens, and refuse shapes
that overflow the engine's stack or keep its planner busy. Level 4; evaluates nothing. What slips
through meets the kernel's limits in the worker, so the gate stays simple, and where the grammar is
ambiguous to it, it counts too little rather than too much.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#sparqlGrammar
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from samvirke.errors import QueryRefused
from samvirke.sparql.tokens import Token, brackets, place, tokens

__all__ = ["GateLimits", "check_size", "gate_query", "gate_update", "is_plain"]

_OUTBOUND = frozenset({"SERVICE", "LOAD"})
_PARTS = frozenset({"UNION", "OPTIONAL", "BIND", "MINUS"})
# The next round bracket is an expression, or all of them are until the next brace.
_ONE_EXPRESSION = frozenset({"FILTER", "BIND"})
_TEMPLATES = frozenset({"CONSTRUCT", "INSERT", "DELETE"})
_EXPRESSIONS = frozenset({"SELECT", "HAVING", "BY"})
_WORDS_THAT_ARE_TERMS = frozenset({"A", "TRUE", "FALSE"})
_TERMS = frozenset({"iri", "name", "variable", "blank", "number", "string", "word"})
_PATH_OPERATORS = frozenset("/|^!*+?")
_PATTERNS = frozenset({"group", "round", "square"})


class GateLimits(Protocol):
    """The limits the gate reads; `settings.Limits` has them all."""

    @property
    def query_bytes(self) -> int:
        """Longest text in UTF-8 bytes."""

    @property
    def nesting(self) -> int:
        """Deepest nesting of brackets of any kind."""

    @property
    def operators(self) -> int:
        """Most operators in one expression."""

    @property
    def triple_patterns(self) -> int:
        """Most triple patterns in one group."""

    @property
    def unions(self) -> int:
        """Most UNION, OPTIONAL, BIND and MINUS in the whole query."""

    @property
    def path_steps(self) -> int:
        """Most steps in one property path."""


def check_size(text: str, limits: GateLimits) -> None:
    """Refuse a text that is too long to be looked at. Raises: QueryRefused (rule `query_bytes`)."""
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > limits.query_bytes:
        raise QueryRefused(
            f"The query has {size} bytes; {limits.query_bytes} are allowed.",
            rule="query_bytes",
            limit=limits.query_bytes,
            found=size,
            remedy="Make it shorter, or split it.",
        )


def gate_query(text: str, limits: GateLimits) -> None:
    """Refuse a query that is too large or too nested to be parsed, or that asks other servers.

    Reads:  the tokens; strings, IRIs and comments count only by their length.
    Units:  limits count bytes, brackets, operators and patterns, see `GateLimits`.
    Raises: QueryRefused with the rule, its limit, what was found, line and column.
    """
    check_size(text, limits)
    if not _plainly_small(text, limits):
        _Gate(text, limits).run()


def is_plain(text: str, limits: GateLimits) -> bool:
    """Say whether a query passes the gate and names neither a dataset nor another server, judged by bytes alone.

    Most queries do, and are through with a look that takes a few microseconds. Whatever stands in an address, a text
    or a comment is counted as if it were meant, so no count is too low: each bracket, operator and separator is one
    byte. Lists and expressions stand in round brackets, escapes begin with a backslash, and a simple quote could hide
    a double one: a query with one of these is looked at more closely.
    """
    data = text.encode("utf-8", "surrogatepass").lower()
    size = len(data)
    if size > limits.query_bytes or any(map(data.__contains__, _LOOKED_AT)):
        return False
    if size - len(data.translate(None, b"|&!=<>+-*/^?")) > min(limits.operators, limits.path_steps):
        return False
    if size - len(data.translate(None, b".;,[{}")) >= min(limits.triple_patterns, limits.nesting):
        return False
    return size <= _SHORTEST_PART * limits.unions or sum(map(data.count, _PART_BYTES)) <= limits.unions


_LOOKED_AT = (b"(", b"\\", b"'", b"service", b"load", b"from")
_PART_BYTES = (b"union", b"optional", b"bind", b"minus")
_SHORTEST_PART = min(map(len, _PART_BYTES))

# What is counted by its characters must not count inside an address or a variable. A simple quote could begin
# a text with half an address in it; such a query is looked at token by token.
_COUNTED_OUT = re.compile(r"<[^<>\"{}|^`\\\x00-\x20]*>|[?$]\w+")
_WATCHED = ("service", "load", "\\", "'")
_PART_WORDS = ("union", "optional", "bind", "minus")
_OPERATOR_SIGNS = "|&!=<>+-*/^?"
_SEPARATORS = ".;,[{}("


def _plainly_small(text: str, limits: GateLimits) -> bool:
    """Say whether a query cannot pass a limit, judged by counts that are never too low: most queries.

    Looking at each token costs as much as answering a small query. Every triple pattern but the first follows
    a separator, an opening bracket or a keyword with one.
    """
    rest = _COUNTED_OUT.sub(" i ", text.lower())
    count = rest.count
    if any(word in rest for word in _WATCHED):
        return False
    if count("{") + count("(") + count("[") >= limits.nesting or sum(map(count, _PART_WORDS)) > limits.unions:
        return False
    if sum(map(count, _OPERATOR_SIGNS)) > min(limits.operators, limits.path_steps):
        return False
    patterns = sum(map(count, _SEPARATORS)) + 1
    first, last = rest.find("("), rest.rfind(")")
    if first >= 0:  # An element of a list makes two patterns; some begin with no space before them.
        listed = rest[first : last + 1] if last > first else rest[first:]
        patterns += 2 * (len(listed.split()) + sum(map(listed.count, '":._')))
    return patterns <= limits.triple_patterns


def gate_update(text: str, limits: GateLimits) -> None:
    """Refuse an update as `gate_query` does a query.

    Its length is the protocol's to limit: facts may be many. What is written out in DATA blocks is counted
    by its nesting only, for no planner sees it.
    """
    _Gate(text, limits, what="update").run()


@dataclass(slots=True)
class _Level:
    """What is counted inside one pair of brackets.

    `kind` is "group" (braces), "template" (after CONSTRUCT, INSERT and DELETE), "data" (of VALUES, and of
    INSERT DATA and DELETE DATA), "expression", "square", or "round": a part of a path, or a list of terms.
    """

    kind: str
    patterns: int = 0
    operators: int = 0
    steps: int = 0
    in_statement: bool = False
    expressions: bool = False


@dataclass(slots=True)
class _Gate:
    """One pass over the tokens with a stack of open brackets."""

    text: str
    limits: GateLimits
    stack: list[_Level] = field(default_factory=lambda: [_Level("group")])
    parts: int = 0
    waiting: str = ""
    before: str = ""
    what: str = "query"
    scan: Iterator[Token] = field(default_factory=lambda: iter(()))

    def run(self) -> None:
        """Count, and refuse at the first limit that is passed."""
        terms, words = _TERMS, _WORDS_THAT_ARE_TERMS
        self.scan = tokens(self.text)
        while (token := next(self.scan, None)) is not None:
            kind, text, _ = token
            if kind == "mark":
                self._mark(token)
                self.before = text
                continue
            if kind == "operator":
                self._operator(token)
            elif kind == "word" and text.upper() not in words:
                self._keyword(token)
            elif kind in terms:
                level = self.stack[-1]
                # Most terms are not the first of their statement: they are through here.
                if not level.in_statement and level.kind in _PATTERNS:
                    self._term(token, level)
            self.before = kind

    def _keyword(self, token: Token) -> None:
        word = token.text.upper()
        if word in _OUTBOUND:
            following = next(self.scan, None)
            if following is not None and following.kind == "word" and following.text.upper() == "SILENT":
                return  # It asks to go on when nobody is reached, and from a worker nobody is.
            line, column = place(self.text, token.start)
            raise QueryRefused(
                f"{word} would ask another server, and what is asked here reaches only this site's own data.",
                rule="outbound",
                line=line,
                column=column,
                remedy="Ask the other server directly, and join the two answers yourself.",
            )
        if word in _PARTS:
            self.parts += 1
            self._check("unions", self.parts, token, "UNION, OPTIONAL, BIND and MINUS")
        level = self.stack[-1]
        level.in_statement = False
        if word in _ONE_EXPRESSION:
            self.waiting = "expression"
        elif word in _EXPRESSIONS:
            level.expressions = True
        elif word == "VALUES":
            self.waiting = "data"
        elif word in _TEMPLATES:
            self.waiting = "template"
        elif word == "DATA":
            self.waiting = "data"
        elif word == "GRAPH":
            self.waiting = "graph"
        elif word == "WHERE":  # Also in the short form, in which CONSTRUCT has no template.
            self.waiting = ""

    def _mark(self, token: Token) -> None:
        mark, level = token.text, self.stack[-1]
        if mark in "{([":
            self._check("nesting", len(self.stack), token, "brackets inside one another")
            self.stack.append(_Level(self._kind(mark)))
            if self.what == "update" and mark == "{" and self.stack[-1].kind == "data":
                self._skip_facts(token)
        elif mark in "})]":
            if len(self.stack) > 1:
                self.stack.pop()
            if mark == "}":
                self.stack[-1].in_statement = False
                self.stack[-1].steps = 0
        elif level.kind != "round":
            level.in_statement = False
            level.steps = 0

    def _skip_facts(self, opening: Token) -> None:
        """Pass over a DATA block, which may be long, and look at its brackets only."""
        outside, depth, end = len(self.stack) - 1, 1, len(self.text)
        for bracket in brackets(self.text, opening.start + 1):
            if bracket.text in "{([":
                self._check("nesting", outside + depth, bracket, "brackets inside one another")
                depth += 1
            else:
                depth -= 1
            if not depth:
                end = bracket.start + 1
                break
        self.stack.pop()
        self.stack[-1].in_statement = False
        self.waiting = ""
        self.scan = tokens(self.text, end)

    def _kind(self, mark: str) -> str:
        """Return the kind of the bracket that opens now."""
        level, waiting = self.stack[-1], self.waiting
        if level.kind == "data" or (waiting == "data" and mark == "("):
            return "data"
        if mark == "[":
            return "square"
        if mark == "(":
            if level.kind == "expression" or level.expressions or waiting == "expression":
                self.waiting = ""
                return "expression"
            return "round"
        self.waiting, level.expressions = "", False
        if level.kind == "template":  # GRAPH in a template.
            return "template"
        return waiting if waiting in ("data", "template") else "group"

    def _operator(self, token: Token) -> None:
        level = self.stack[-1]
        if level.kind == "expression":
            # The outermost bracket of an expression holds the count for all inside it.
            place_of_count = len(self.stack) - 1
            while self.stack[place_of_count - 1].kind == "expression":
                place_of_count -= 1
            level = self.stack[place_of_count]
            level.operators += 1
            self._check("operators", level.operators, token, "operators in one expression")
        elif level.kind in _PATTERNS and token.text in _PATH_OPERATORS:
            level = self._outside_round()
            level.steps += 1
            self._check("path_steps", level.steps, token, "steps in one path")

    def _term(self, token: Token, level: _Level) -> None:
        """Count a triple pattern when its first term is met; an element of a list makes two."""
        if self.waiting or level.expressions or len(self.stack) == 1:
            return
        if level.kind == "round":
            if self.before not in _TERMS and self.before not in "])":
                return
            count = 2
        else:
            level.in_statement = True
            count = 1
        group = next(outer for outer in reversed(self.stack) if outer.kind not in ("round", "square"))
        group.patterns += count
        self._check("triple_patterns", group.patterns, token, "triple patterns in one group")

    def _outside_round(self) -> _Level:
        return next(level for level in reversed(self.stack) if level.kind != "round")

    def _check(self, rule: str, found: int, token: Token, what: str) -> None:
        limit: int = getattr(self.limits, rule)
        if found > limit:
            line, column = place(self.text, token.start)
            raise QueryRefused(
                f"The {self.what} has more than {limit} {what}.",
                rule=rule,
                limit=limit,
                found=found,
                line=line,
                column=column,
                remedy="Make it simpler, or split it into several.",
            )

"""What can be said about a query before it is evaluated: may it run, and what kind of question is it.

Duty: the lexical gate and the form of a query. Level 4; evaluates nothing, opens nothing. The gate
keeps shapes away that overflow the engine's stack or keep its planner busy; what slips through meets
the kernel's limits in the worker, so the gate is kept simple and never guesses against a fair query.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from samvirke.errors import QueryRefused, QuerySyntaxError
from samvirke.sparql_tokens import Token, place, prologue, resolve, tokens

__all__ = ["FORMS", "GateLimits", "classify", "dataset", "gate_query", "prefixes", "varies"]

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"},
)
_CHANGING = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_OUTBOUND = frozenset({"SERVICE", "LOAD"})
_PARTS = frozenset({"UNION", "OPTIONAL", "BIND", "MINUS"})
_OPENS_EXPRESSION = frozenset({"FILTER", "BIND", "HAVING", "BY"})
_TERMS = frozenset({"iri", "name", "variable", "blank", "number", "string", "word"})
_PATH_OPERATORS = frozenset("/|^!*+?")
_CLOSING = {"{": "}", "(": ")", "[": "]"}


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


def classify(text: str) -> str:
    """Return the form of a query: "SELECT", "ASK", "CONSTRUCT" or "DESCRIBE".

    Raises: QueryRefused (rule `read_only`) for an update; QuerySyntaxError when it is neither.
    """
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
    return any(token.kind == "word" and token.text.upper() in _CHANGING for token in tokens(text))


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


def gate_query(text: str, limits: GateLimits) -> None:
    """Refuse a query that is too large or too nested to be parsed, or that asks other servers.

    Reads:  the tokens; strings, IRIs and comments count only by their length.
    Units:  limits count bytes, brackets, operators and patterns, see `GateLimits`.
    Raises: QueryRefused with the rule, its limit, what was found, line and column.
    """
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > limits.query_bytes:
        raise QueryRefused(
            f"The query has {size} bytes; {limits.query_bytes} are allowed.",
            rule="query_bytes",
            limit=limits.query_bytes,
            found=size,
            remedy="Make it shorter, or split it.",
        )
    _Gate(text, limits).run()


@dataclass(slots=True)
class _Level:
    """What is counted inside one pair of brackets.

    `kind` is "group" (braces), "expression", "data" (a VALUES block), "template" (after CONSTRUCT),
    or "terms": square brackets, and round ones that hold a path or a list of terms.
    """

    kind: str
    opened: int
    patterns: int = 0
    operators: int = 0
    steps: int = 0
    filled: bool = False


@dataclass(slots=True)
class _Gate:
    """One pass over the tokens with a stack of open brackets."""

    text: str
    limits: GateLimits
    stack: list[_Level] = field(default_factory=lambda: [_Level("group", 0)])
    parts: int = 0
    waiting: str = ""
    before: str = ""

    def run(self) -> None:
        """Count, and refuse at the first limit that is passed."""
        for token in tokens(self.text):
            kind, text, _ = token
            if kind == "mark":
                self._mark(token)
            elif kind == "operator":
                self._operator(token)
            else:
                if kind == "word":
                    self._word(token)
                if kind in _TERMS:
                    self._term(token)
            self.before = text if kind in ("mark", "operator") else kind

    def _word(self, token: Token) -> None:
        word = token.text.upper()
        if word in _OUTBOUND:
            raise QueryRefused(
                f"{word} would ask another server, and queries here reach only this site's own data.",
                rule="outbound",
                line=place(self.text, token.start)[0],
                column=place(self.text, token.start)[1],
                remedy="Ask the other server directly, and join the two answers yourself.",
            )
        if word in _PARTS:
            self.parts += 1
            self._check("unions", self.parts, token, "UNION, OPTIONAL, BIND and MINUS")
        if word in _OPENS_EXPRESSION:
            self.waiting = "expression"
        elif word == "VALUES":
            self.waiting = "data"
        elif word == "CONSTRUCT":
            self.waiting = "template"

    def _mark(self, token: Token) -> None:
        mark, level = token.text, self.stack[-1]
        if mark in _CLOSING:
            self._open(token)
        elif mark in "})]":
            if len(self.stack) > 1:
                self.stack.pop()
            self._end_statement(self.stack[-1] if mark == "}" else level)
        elif level.kind in ("group", "template", "terms"):
            self._end_statement(level)

    @staticmethod
    def _end_statement(level: _Level) -> None:
        level.filled, level.steps = False, 0

    def _open(self, token: Token) -> None:
        self._check("nesting", len(self.stack), token, "brackets inside one another")
        inside = self.stack[-1].kind
        kind = "terms"
        if token.text == "{":
            kind = self.waiting if self.waiting in ("data", "template") else "group"
            kind = "data" if inside == "data" else kind
            self.waiting = ""
        elif inside == "data" or self.waiting == "data":
            kind = "data"
        elif token.text == "(" and self._is_expression(inside):
            kind = "expression"
            self.waiting = ""
        level = _Level(kind, token.start)
        if kind == "expression" and inside == "expression":
            level.operators = self.stack[-1].operators
        self.stack.append(level)

    def _is_expression(self, inside: str) -> bool:
        # Outside all braces stand the SELECT clause, GROUP BY, HAVING and ORDER BY: expressions only.
        return inside == "expression" or self.waiting == "expression" or len(self.stack) == 1

    def _operator(self, token: Token) -> None:
        level = self.stack[-1]
        if level.kind == "expression":
            for outer in reversed(self.stack):  # The brackets of one expression share their count.
                if outer.kind != "expression":
                    break
                outer.operators += 1
            self._check("operators", level.operators, token, "operators in one expression")
        elif level.kind in ("group", "terms") and token.text in _PATH_OPERATORS:
            for outer in reversed(self.stack):
                outer.steps += 1
                if outer.kind != "terms":
                    break
            self._check(
                "path_steps", max(outer.steps for outer in self.stack[1:] or self.stack) + 1, token, "path steps"
            )

    def _term(self, token: Token) -> None:
        """Count a triple pattern when its first term is met; in a list, each element makes two."""
        level = self.stack[-1]
        if level.kind == "terms" and self.before in _TERMS | {"]", ")"}:
            level.patterns += 2
        elif level.kind in ("group", "terms") and not level.filled and len(self.stack) > 1:
            level.filled = True
            level.patterns += 1
        else:
            return
        self._check("triple_patterns", level.patterns, token, "triple patterns in one group")

    def _check(self, rule: str, found: int, token: Token, what: str) -> None:
        limit: int = getattr(self.limits, rule)
        if found > limit:
            line, column = place(self.text, token.start)
            raise QueryRefused(
                f"The query has more than {limit} {what}.",
                rule=rule,
                limit=limit,
                found=found,
                line=line,
                column=column,
                remedy="Make it simpler, or split it into several queries.",
            )

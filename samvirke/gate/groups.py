"""The groups of a SELECT: its patterns, filters and nested groups, each with its place in the text.

Duty: from the text of a query to a tree that says where each variable stands. Level 3; pure, evaluates
nothing and judges nothing. Only what constraints are written in is read: what SHACL forbids in them, lists
and triple terms are not, and a query that holds them is evaluated as it stands.
Source: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from samvirke.sparql.tokens import Token, tokens

_MODIFIED = frozenset({"?", "*"})
_WORDS = frozenset({"FILTER", "BIND", "OPTIONAL", "GRAPH", "MINUS", "VALUES", "SERVICE", "LATERAL", "UNION"})
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_END = Token("end", "", -1)


class NotReadError(Exception):
    """The query is of another form."""


@dataclass(slots=True)
class Pattern:
    """A triple pattern: variables as `?name`, anything else as it is written."""

    subject: str
    predicate: str
    value: str
    single: bool
    """Whether its predicate is one term."""
    nullable: bool
    """Whether its path leads from a term to itself without any fact."""


@dataclass(slots=True)
class Element:
    """What stands in a group: `kind` is triples, filter, bind, optional, graph, union or select."""

    kind: str
    start: int
    end: int = 0
    names: Counter[str] = field(default_factory=Counter)
    patterns: list[Pattern] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    term: str = ""
    """The graph, or the variable that is bound."""
    words: frozenset[str] = frozenset()
    select: Select | None = None
    inner: tuple[int, int] = (0, 0)
    """Where the expression of a BIND begins and ends."""


@dataclass(slots=True)
class Group:
    """A group: `start` is where its opening brace is, `end` behind the closing one."""

    start: int
    end: int = 0
    elements: list[Element] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Select:
    """A SELECT: where it starts, its WHERE, what it shows (None for everything), and what is done with the rows."""

    start: int
    where: Group
    shown: frozenset[str] | None
    grouped: frozenset[str] | None = None
    aggregates: bool = False
    sliced: bool = False
    head: Counter[str] = field(default_factory=Counter)


def read(text: str) -> Select:
    """Read the text of a SELECT.

    Raises: NotReadError when it is of another form.
    """
    reader = _Reader(list(tokens(text)))
    reader.prologue()
    select = reader.select()
    if reader.token.kind != "end":
        raise NotReadError
    return select


@dataclass(slots=True)
class _Reader:
    scanned: list[Token]
    at: int = 0

    @property
    def token(self) -> Token:
        return self.scanned[self.at] if self.at < len(self.scanned) else _END

    @property
    def word(self) -> str:
        token = self.token
        return token.text.upper() if token.kind == "word" else token.text

    def take(self, *expected: str) -> Token:
        """Go on to the next token; one of the expected ones, if any are given."""
        token = self.token
        if token.kind in {"end", "unclosed", "other"} or (expected and self.word not in expected):
            raise NotReadError
        self.at += 1
        return token

    def past(self) -> int:
        """Where the token before this one ends."""
        before = self.scanned[self.at - 1]
        return before.start + len(before.text)

    def names(self, since: int) -> Counter[str]:
        """The variables from a token on."""
        return Counter(variable(one) for one in self.scanned[since : self.at] if one.kind == "variable")

    # ------------------------------------------------------------ queries

    def prologue(self) -> None:
        while self.word in {"PREFIX", "BASE"}:
            for _ in range(3 if self.word == "PREFIX" else 2):
                self.take()

    def select(self) -> Select:
        start = self.take("SELECT").start
        if self.word in {"DISTINCT", "REDUCED"}:
            self.take()
        since = self.at
        shown: set[str] | None = set()
        words: set[str] = set()
        while self.word not in {"WHERE", "{"}:
            if self.word == "(":
                begun = self.at
                self.expression()
                words.update(one.text.upper() for one in self.scanned[begun : self.at] if one.kind == "word")
                if shown is not None:
                    shown.add(variable(self.scanned[self.at - 2]))
            elif self.word == "*":
                self.take()
                shown = None
            elif self.token.kind == "variable":
                name = variable(self.take())
                if shown is not None:
                    shown.add(name)
            else:
                raise NotReadError
        head = self.names(since)
        if self.word == "WHERE":
            self.take()
        found = Select(start, self.group(), None if shown is None else frozenset(shown), head=head)
        self.tail(found, words)
        return found

    def tail(self, found: Select, words: set[str]) -> None:
        """Read GROUP BY and what follows."""
        part, since = "", self.at
        deep = 0
        grouped: set[str] = set()
        while self.token.kind != "end" and self.word != "}":
            word = self.word
            if word in {"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET"} and deep == 0:
                part = word
                words.add(word)
                found.sliced = found.sliced or word in {"LIMIT", "OFFSET"}
            elif not part or word in {"{", "VALUES", "SELECT"}:
                raise NotReadError
            elif self.token.kind == "word":
                words.add(word)
            deep += (word == "(") - (word == ")")
            if part == "GROUP" and deep == 0 and self.token.kind == "variable":
                grouped.add(variable(self.token))
            self.take()
        found.head.update(self.names(since))
        found.grouped = frozenset(grouped) if "GROUP" in words else None
        found.aggregates = "HAVING" in words or not _AGGREGATES.isdisjoint(words)

    # ------------------------------------------------------------ groups

    def group(self) -> Group:
        found = Group(self.token.start)
        since = self.at
        self.take("{")
        if self.word == "SELECT":
            element = Element("select", self.token.start)
            element.select = self.select()
            found.elements.append(self.closed(element, since + 1))
        while self.word != "}":
            if self.word == ".":
                self.take()
                continue
            found.elements.append(self.element())
        self.take("}")
        found.end = self.past()
        found.names = self.names(since)
        return found

    def closed(self, element: Element, since: int) -> Element:
        element.end = self.past()
        element.names = self.names(since)
        element.words = frozenset(one.text.upper() for one in self.scanned[since : self.at] if one.kind == "word")
        return element

    def element(self) -> Element:
        since, start, word = self.at, self.token.start, self.word
        if word == "{":
            element = Element("union", start, groups=[self.group()])
            while self.word == "UNION":
                self.take()
                element.groups.append(self.group())
        elif word == "FILTER":
            self.take()
            element = Element("filter", start, groups=self.constraint())
        elif word == "BIND":
            self.take()
            begun = self.take("(").start + 1
            element = Element("bind", start, groups=self.until("AS"))
            element.inner = begun, self.take("AS").start
            element.term = variable(self.take())
            self.take(")")
        elif word == "OPTIONAL":
            self.take()
            element = Element("optional", start, groups=[self.group()])
        elif word == "GRAPH":
            self.take()
            element = Element("graph", start, term=self.term([]))
            element.groups.append(self.group())
        elif word in _WORDS:
            raise NotReadError
        else:
            element = Element("triples", start)
            self.triples(element.patterns)
        return self.closed(element, since)

    def constraint(self) -> list[Group]:
        """Read a FILTER's condition; return the groups that EXISTS holds."""
        if self.word == "NOT":
            self.take()
            self.take("EXISTS")
            return [self.group()]
        if self.word == "EXISTS":
            self.take()
            return [self.group()]
        if self.word != "(":  # a function
            self.take()
        return self.expression()

    def expression(self) -> list[Group]:
        """Read what stands in brackets."""
        self.take("(")
        found = self.until(")")
        self.take(")")
        return found

    def until(self, end: str) -> list[Group]:
        found: list[Group] = []
        while self.word != end:
            if self.word == "{":
                found.append(self.group())
            elif self.word == "(":
                found += self.expression()
            elif self.word == ")":
                raise NotReadError
            else:
                self.take()
        return found

    # ------------------------------------------------------------ triples

    def triples(self, found: list[Pattern]) -> None:
        anonymous = self.word == "["
        subject = self.term(found)
        if anonymous and (self.word in {".", "}"} or self.word in _WORDS):
            return
        self.properties(subject, found)

    def properties(self, subject: str, found: list[Pattern]) -> None:
        """Read the predicates and objects of a subject."""
        while True:
            before = self.at
            nullable = False
            if self.token.kind == "variable":
                predicate = variable(self.take())
            else:
                nullable = self.path()
                predicate = " ".join(one.text for one in self.scanned[before : self.at])
            plain = self.at - before == 1
            while True:
                value = self.term(found)
                found.append(Pattern(subject, predicate, value, plain, nullable))
                if self.word != ",":
                    break
                self.take()
            if self.word != ";":
                break
            while self.word == ";":
                self.take()
            if self.word in {".", "}", "]"} or self.word in _WORDS:
                break

    def term(self, found: list[Pattern]) -> str:
        """Read a term; what stands in square brackets goes with the patterns."""
        token, start = self.token, self.token.start
        if token.kind == "variable":
            return variable(self.take())
        if token.text == "[":
            self.take()
            name = f"?[{start}"  # a name that no variable has
            if self.word != "]":
                self.properties(name, found)
            self.take("]")
            return name
        if token.kind == "blank":
            return f"?{self.take().text}"
        if token.text in {"+", "-"}:
            self.take()
        if self.token.kind not in {"iri", "name", "string", "number"} and self.word not in {"TRUE", "FALSE"}:
            raise NotReadError
        kind = self.take().kind
        if kind == "string" and self.token.kind == "language":
            self.take()
        elif kind == "string" and self.word == "^^":
            self.take()
            self.take()
        return "".join(one.text for one in self.scanned if start <= one.start < self.past())

    def path(self) -> bool:
        """Read a property path; return whether it may be of no step."""
        nullable = self.sequence()
        while self.word == "|":
            self.take()
            nullable = self.sequence() or nullable
        return nullable

    def sequence(self) -> bool:
        nullable = self.step()
        while self.word == "/":
            self.take()
            nullable = self.step() and nullable
        return nullable

    def step(self) -> bool:
        if self.word in {"^", "!"}:
            self.take()
            if self.word == "^":
                self.take()
        nullable = False
        if self.word == "(":
            self.take()
            nullable = self.path()
            self.take(")")
        elif self.token.kind in {"iri", "name"} or self.token.text == "a":
            self.take()
        else:
            raise NotReadError
        if self.word in {"?", "*", "+"}:
            nullable = nullable or self.word in _MODIFIED
            self.take()
        return nullable


def variable(token: Token) -> str:
    """The name of a variable, whichever mark it is written with."""
    return f"?{token.text[1:]}" if token.kind == "variable" else ""

"""Take an update apart into its operations, and each of them into template, dataset and pattern.

Duty: where each part of the text stands, and which declarations hold for it. Level 4; evaluates nothing and
judges nothing: whether the text is an update, the engine's parser says. What is not understood here is said
to be so, and never guessed.
Standard: https://www.w3.org/TR/sparql11-update/#updateLanguage
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from samvirke.sparql.tokens import Token, brackets, tokens

__all__ = ["Operation", "Parted", "part"]

_BETWEEN_GRAPHS = frozenset({"SILENT", "GRAPH", "TO", "INTO"})
_GROUPS_OF_GRAPHS = frozenset({"DEFAULT", "NAMED", "ALL"})
_MANAGING = frozenset({"LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"})
_ADDRESSES = frozenset({"iri", "name"})
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")
_SHOWN = re.compile(r"[^\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: the parts of its text, each as it was written, and the `declarations` that hold for it.

    `kind` is "INSERT DATA" or "DELETE DATA" (the facts are `insert`, `delete`), "MODIFY" (templates `delete` and
    `insert`, each with its braces or empty; `target`, the address after WITH; `dataset`, USING written as FROM;
    `pattern`), or the name of an operation on `graphs`, which are addresses or DEFAULT, NAMED, ALL.
    `place` is where it starts, `declared` where its declarations start and end.
    """

    kind: str
    declarations: str = ""
    text: str = ""
    place: int = 0
    declared: tuple[tuple[int, int], ...] = ()
    delete: str = ""
    insert: str = ""
    target: str = ""
    dataset: str = ""
    pattern: str = ""
    graphs: tuple[str, ...] = ()

    @property
    def alone(self) -> str:
        """This operation as an update of its own."""
        return f"{self.declarations}\n{self.text}"

    def in_place(self, text: str) -> str:
        """The same in the places it has in `text`, the whole update: all else before it is blank."""
        made, done = "", 0
        for start, end in self.declared:
            made += _SHOWN.sub(" ", text[done:start]) + text[start:end]
            done = end
        return made + _SHOWN.sub(" ", text[done : self.place]) + self.text


@dataclass(frozen=True, slots=True)
class Parted:
    """An update in its operations. `scattered`: there are declarations behind the first of them."""

    operations: tuple[Operation, ...]
    scattered: bool


class _NotUnderstood(Exception):
    """The text is put together in a way that is not known here."""


def part(text: str) -> Parted | None:
    """Return the operations of an update, or None when it is not understood; linear in the length of the text."""
    reader = _Reader(text)
    found: list[Operation] = []
    scattered = False
    try:
        while True:
            scattered |= reader.declare() and bool(found)
            if reader.ahead is None:
                return Parted(tuple(found), scattered)
            found.append(reader.operation())
            if reader.ahead is not None:
                reader.expect(";")
    except _NotUnderstood:
        return None


@dataclass(slots=True)
class _Reader:
    """One pass over the text, one token ahead."""

    text: str
    declared: dict[str, tuple[int, int]] = field(default_factory=dict)
    base: str = ""
    ahead: Token | None = None
    scan: Iterator[Token] = field(default_factory=lambda: iter(()))
    end: int = 0
    """Where the last token that was taken ends."""

    def __post_init__(self) -> None:
        self.scan = tokens(self.text)
        self.ahead = next(self.scan, None)

    def take(self) -> Token:
        token = self.ahead
        if token is None:
            raise _NotUnderstood
        self.end = token.start + len(token.text)
        self.ahead = next(self.scan, None)
        return token

    def word(self) -> str:
        """The keyword that comes next, or ""."""
        return self.ahead.text.upper() if self.ahead is not None and self.ahead.kind == "word" else ""

    def took(self, word: str) -> bool:
        found = self.word() == word
        if found:
            self.take()
        return found

    def expect(self, text: str) -> None:
        if self.take().text.upper() != text:
            raise _NotUnderstood

    def address(self) -> str:
        token = self.take()
        if token.kind not in _ADDRESSES:
            raise _NotUnderstood
        return token.text

    def declare(self) -> bool:
        """Take the declarations, of which the later one of a prefix holds; say whether there are any.

        They are kept in their order, for an address may be relative to the BASE before it. Each prefix is kept once,
        lest a long request that repeats its declarations were read again and again for each operation.
        """
        found = False
        while self.ahead is not None and (word := self.word()) in ("PREFIX", "BASE", "VERSION"):
            found, start = True, self.take().start
            name = word
            if word == "PREFIX":
                prefix = self.take()
                if prefix.kind != "name" or not prefix.text.endswith(":"):
                    raise _NotUnderstood
                name = prefix.text
            address = self.take()
            if address.kind != ("string" if word == "VERSION" else "iri"):
                raise _NotUnderstood
            if word == "BASE":
                if address.text == self.base and _ABSOLUTE.match(self.base) is not None:
                    continue
                self.base, name = address.text, f"BASE {start}"
            self.declared.pop(name, None)
            self.declared[name] = start, self.end
        return found

    def block(self) -> str:
        """Take what stands in braces, with them; its words are not looked at."""
        if self.ahead is None or self.ahead.text != "{":
            raise _NotUnderstood
        start, depth = self.ahead.start, 0
        for bracket in chain((self.ahead,), brackets(self.text, self.ahead.start + 1)):
            depth += (bracket.text == "{") - (bracket.text == "}")
            if not depth:
                self.end = bracket.start + 1
                self.scan = tokens(self.text, self.end)
                self.ahead = next(self.scan, None)
                return self.text[start : self.end]
        raise _NotUnderstood

    def operation(self) -> Operation:
        start = self.ahead.start if self.ahead is not None else 0
        found = self.parts()
        declared = tuple(self.declared.values())
        declarations = "\n".join(self.text[first:end] for first, end in declared)
        return replace(
            found, declarations=declarations, text=self.text[start : self.end], place=start, declared=declared
        )

    def parts(self) -> Operation:
        word = self.word()
        if word in _MANAGING:
            return self.managing()
        target = self.address() if self.took("WITH") else ""
        delete = insert = ""
        if self.took("DELETE"):
            if not target and self.took("DATA"):
                return Operation(kind="DELETE DATA", delete=self.block())
            if not target and self.took("WHERE"):
                delete = self.block()
                return Operation(kind="MODIFY", delete=delete, pattern=_pattern(delete))
            delete = self.block()
        if self.took("INSERT"):
            if not target and not delete and self.took("DATA"):
                return Operation(kind="INSERT DATA", insert=self.block())
            insert = self.block()
        dataset = ""
        while self.took("USING"):
            dataset += f" FROM NAMED {self.address()}" if self.took("NAMED") else f" FROM {self.address()}"
        self.expect("WHERE")
        return Operation(
            kind="MODIFY", target=target, delete=delete, insert=insert, dataset=dataset, pattern=self.block()
        )

    def managing(self) -> Operation:
        kind = self.take().text.upper()
        graphs: list[str] = []
        while self.ahead is not None and self.ahead.text != ";":
            token = self.take()
            word = token.text.upper() if token.kind == "word" else ""
            if word in _GROUPS_OF_GRAPHS:
                graphs.append(word)
            elif token.kind in _ADDRESSES:
                graphs.append(token.text)
            elif word not in _BETWEEN_GRAPHS:
                raise _NotUnderstood
        if kind == "LOAD":  # The first address is the document's.
            graphs = graphs[1:] or ["DEFAULT"]
        if len(graphs) != (2 if kind in ("ADD", "MOVE", "COPY") else 1):
            raise _NotUnderstood
        return Operation(kind=kind, graphs=tuple(graphs))


def _pattern(template: str) -> str:
    """Return what DELETE WHERE matches: its quads, so that GRAPH with nothing in its braces asks for nothing.

    In any other pattern it asks whether there is such a graph.
    """
    made, done = "", 0
    for graph, _, opening, closing in _windows(tokens(template)):
        if graph.kind == "word" and graph.text.upper() == "GRAPH" and opening.text == "{" and closing.text == "}":
            made += template[done : graph.start]
            done = closing.start + 1
    return made + template[done:]


def _windows(scan: Iterator[Token]) -> Iterator[tuple[Token, ...]]:
    """Yield each token with the three behind it."""
    window: deque[Token] = deque(maxlen=4)
    for token in scan:
        window.append(token)
        if len(window) == window.maxlen:
            yield tuple(window)

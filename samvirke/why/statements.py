"""Triple patterns as the query writes them: lists, nodes in brackets, collections and plain paths.

Duty: from one subject with its properties to triple patterns. Level 4; pure.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#rTriplesSameSubjectPath and, for
paths that are only another spelling of triple patterns and UNION, https://www.w3.org/TR/sparql11-query/#sparqlTranslatePathExpressions
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from samvirke.sparql.tokens import Token
from samvirke.why import wording
from samvirke.why.patterns import Element, Group, Pattern, Slot, Triples, Union
from samvirke.why.stream import Stream

__all__ = ["Statements"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE = Slot(f"<{_RDF}type>")
_FIRST, _REST, _NIL = Slot(f"<{_RDF}first>"), Slot(f"<{_RDF}rest>"), Slot(f"<{_RDF}nil>")
_MOST_NESTED = 70


@dataclass(frozen=True, slots=True)
class Step:
    """A property, and whether it is walked backwards."""

    predicate: Slot
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Paths of which one is walked."""

    paths: tuple[Path, ...]


Path = tuple[Step | Choice, ...]
"""Steps, one after the other."""


class Statements:
    """Reads statements off a stream; blank nodes with a label are one variable each."""

    def __init__(self, stream: Stream) -> None:
        """Read from `stream`."""
        self._stream = stream
        self._blanks: dict[str, Slot] = {}
        self._found: list[Element] = []
        self._number = 0
        self._depth = 0

    def same_subject(self) -> list[Element]:
        """Read one subject and all that is said of it."""
        self._found = []
        alone = self._stream.peek().text in ("[", "(")
        subject = self._node()
        if not alone or not (self._stream.at(".") or self._stream.at("}") or self._at_keyword()):
            self._properties(subject)
        return self._found

    def _at_keyword(self) -> bool:
        """Whether a part of the group begins here: a node in brackets may stand alone."""
        return self._stream.at("{") or self._stream.word() in wording.KEYWORDS

    def _properties(self, subject: Slot) -> None:
        stream = self._stream
        while True:
            self._objects(subject, self._verb())
            if not stream.at(";"):
                return
            while stream.at(";"):
                stream.skip(1)
            if stream.at(".") or stream.at("}") or stream.at("]") or self._at_keyword():
                return

    def _objects(self, subject: Slot, path: Path) -> None:
        while True:
            # The numbers come first: facts are told in the order in which the query names them.
            numbers = iter([self._next() for _ in range(_steps_of(path))])
            value = self._node()
            self._found += self._walk(path, subject, value, numbers)
            following = self._stream.peek()
            if following.text == "~" or (following.text == "{" and self._stream.peek(1).text == "|"):
                self._stream.refuse(wording.TRIPLE_TERM, following)
            if not self._stream.at(","):
                return
            self._stream.skip(1)

    def _walk(self, path: Path, start: Slot, end: Slot, numbers: Iterator[int]) -> Iterator[Element]:
        """A path as triple patterns, with a variable between two steps and UNION where it branches."""
        here = start
        for position, part in enumerate(path):
            there = end if position == len(path) - 1 else Slot(self._stream.fresh(), variable=True)
            if isinstance(part, Choice):
                branches = [Group(tuple(self._walk(branch, here, there, numbers))) for branch in part.paths]
                yield Union(tuple((branch, self._stream.fresh()) for branch in branches))
            else:
                ends = (there, here) if part.backwards else (here, there)
                yield Triples((Pattern(next(numbers), ends[0], part.predicate, ends[1]),))
            here = there

    def _next(self) -> int:
        self._number += 1
        return self._number

    # ------------------------------------------------------------ properties

    def _verb(self) -> Path:
        token = self._stream.peek()
        if token.kind == "variable":
            self._stream.skip(1)
            return (Step(Slot(token.text[1:], variable=True)),)
        return self._path()

    def _path(self) -> Path:
        paths = [self._sequence()]
        while self._stream.at("|"):
            self._stream.skip(1)
            paths.append(self._sequence())
        return paths[0] if len(paths) == 1 else (Choice(tuple(paths)),)

    def _sequence(self) -> Path:
        path = self._step()
        while self._stream.at("/"):
            self._stream.skip(1)
            path += self._step()
        return path

    def _step(self) -> Path:
        stream = self._stream
        backwards = stream.at("^")
        if backwards:
            stream.skip(1)
        token = stream.take()
        if token.text == "!" and token.kind == "operator":
            stream.refuse(wording.NEGATED, token)
        if token.text == "(":
            self._deeper(token)
            path = self._path()
            stream.expect(")")
            self._depth -= 1
        elif token.kind in ("iri", "name"):
            path = (Step(Slot(token.text)),)
        elif token.kind == "word" and token.text == "a":
            path = (Step(_TYPE),)
        else:
            stream.unknown(token)
        following = stream.peek()
        if following.kind == "operator" and following.text in "*+?" and not self._is_sign(following):
            stream.refuse(wording.REPEATED, following)
        return _turned(path) if backwards else path

    def _deeper(self, opened: Token) -> None:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            self._stream.refuse(wording.TOO_DEEP, opened)

    def _is_sign(self, token: Token) -> bool:
        """`p +5`: the sign belongs to the number it touches."""
        number = self._stream.peek(1)
        return token.text == "+" and number.kind == "number" and number.start == token.start + 1

    # ------------------------------------------------------------ nodes

    def term(self) -> Slot:
        """Read a variable, an address or a literal."""
        stream = self._stream
        token = stream.take()
        if token.kind == "variable":
            return Slot(token.text[1:], variable=True)
        if token.kind == "blank":
            if token.text not in self._blanks:
                self._blanks[token.text] = Slot(stream.fresh(), variable=True)
            return self._blanks[token.text]
        if token.kind in ("iri", "name", "number"):
            return Slot(token.text)
        if token.kind == "word" and token.text.lower() in ("true", "false"):
            return Slot(token.text)
        if token.kind == "operator" and token.text in "+-" and stream.peek().kind == "number":
            return Slot(token.text + stream.take().text)
        if token.kind == "string":
            return Slot(token.text + self._after_string())
        if token.kind == "operator" and token.text == "<":
            stream.refuse(wording.TRIPLE_TERM, token)
        stream.unknown(token)

    def _after_string(self) -> str:
        stream = self._stream
        if stream.peek().kind == "language":
            language = stream.take()
            if stream.peek().text == "-":  # `@en--ltr`, a base direction, which no source here has
                stream.unknown(language)
            return language.text
        if stream.at("^^"):
            stream.skip(1)
            return f"^^{stream.take().text}"
        return ""

    def _node(self) -> Slot:
        """A term, a node in brackets with its properties, or a collection."""
        stream = self._stream
        opened = stream.peek()
        if opened.kind != "mark" or opened.text not in "[(":
            return self.term()
        stream.skip(1)
        self._deeper(opened)
        found = self._bracket() if opened.text == "[" else self._collection()
        self._depth -= 1
        return found

    def _bracket(self) -> Slot:
        node = Slot(self._stream.fresh(), variable=True)
        if not self._stream.at("]"):
            self._properties(node)
        self._stream.expect("]")
        return node

    def _collection(self) -> Slot:
        stream = self._stream
        cells: list[Slot] = []
        while not stream.at(")"):
            cell = Slot(stream.fresh(), variable=True)
            if cells:
                self._found.append(Triples((Pattern(self._next(), cells[-1], _REST, cell),)))
            cells.append(cell)
            number = self._next()
            self._found.append(Triples((Pattern(number, cell, _FIRST, self._node()),)))
        stream.skip(1)
        if not cells:
            return _NIL
        self._found.append(Triples((Pattern(self._next(), cells[-1], _REST, _NIL),)))
        return cells[0]


def _turned(path: Path) -> Path:
    """The same path from its end to its start."""
    return tuple(
        Choice(tuple(_turned(one) for one in part.paths))
        if isinstance(part, Choice)
        else Step(part.predicate, not part.backwards)
        for part in reversed(path)
    )


def _steps_of(path: Path) -> int:
    return sum(sum(map(_steps_of, part.paths)) if isinstance(part, Choice) else 1 for part in path)

"""Triple patterns as the query writes them: lists, nodes in brackets, collections and plain paths.

Duty: from one subject with its properties to triple patterns. Level 4; pure.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#rTriplesSameSubjectPath and, for
paths that are only another spelling of triple patterns, https://www.w3.org/TR/sparql11-query/#sparqlTranslatePathExpressions
"""

from __future__ import annotations

from samvirke.sparql.tokens import Token
from samvirke.why import wording
from samvirke.why.patterns import Pattern, Slot
from samvirke.why.stream import Stream

__all__ = ["Statements"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE = Slot(f"<{_RDF}type>")
_FIRST, _REST, _NIL = Slot(f"<{_RDF}first>"), Slot(f"<{_RDF}rest>"), Slot(f"<{_RDF}nil>")
_MOST_NESTED = 100

Step = tuple[Slot, bool]
"""A property, and whether it is walked backwards."""


class Statements:
    """Reads statements off a stream; blank nodes with a label are one variable each."""

    def __init__(self, stream: Stream) -> None:
        """Read from `stream`."""
        self._stream = stream
        self._blanks: dict[str, Slot] = {}
        self._found: list[Pattern] = []
        self._number = 0
        self._depth = 0

    def same_subject(self) -> list[Pattern]:
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
            steps = self._verb()
            self._objects(subject, steps)
            if not stream.at(";"):
                return
            while stream.at(";"):
                stream.skip(1)
            if stream.at(".") or stream.at("}") or stream.at("]") or self._at_keyword():
                return

    def _objects(self, subject: Slot, steps: list[Step]) -> None:
        while True:
            # The number comes first: facts are told in the order in which the query names them.
            numbers = [self._next() for _ in steps]
            value = self._node()
            here = subject
            for position, (predicate, backwards) in enumerate(steps):
                last = position == len(steps) - 1
                there = value if last else Slot(self._stream.fresh(), variable=True)
                start, end = (there, here) if backwards else (here, there)
                self._found.append(Pattern(numbers[position], start, predicate, end))
                here = there
            following = self._stream.peek()
            if following.text == "~" or (following.text == "{" and self._stream.peek(1).text == "|"):
                self._stream.refuse(wording.TRIPLE_TERM, following)
            if not self._stream.at(","):
                return
            self._stream.skip(1)

    def _next(self) -> int:
        self._number += 1
        return self._number

    # ------------------------------------------------------------ properties

    def _verb(self) -> list[Step]:
        token = self._stream.peek()
        if token.kind == "variable":
            self._stream.skip(1)
            return [(Slot(token.text[1:], variable=True), False)]
        return self._path()

    def _path(self) -> list[Step]:
        stream = self._stream
        steps = self._step()
        while stream.at("/"):
            stream.skip(1)
            steps += self._step()
        if stream.at("|"):
            stream.refuse(wording.ALTERNATIVE, stream.peek())
        return steps

    def _step(self) -> list[Step]:
        stream = self._stream
        backwards = stream.at("^")
        if backwards:
            stream.skip(1)
        token = stream.take()
        if token.text == "!" and token.kind == "operator":
            stream.refuse(wording.NEGATED, token)
        if token.text == "(":
            steps = self._path()
            stream.expect(")")
        elif token.kind in ("iri", "name"):
            steps = [(Slot(token.text), False)]
        elif token.kind == "word" and token.text == "a":
            steps = [(_TYPE, False)]
        else:
            stream.unknown(token)
        following = stream.peek()
        if following.kind == "operator" and following.text in "*+?" and not self._is_sign(following):
            stream.refuse(wording.REPEATED, following)
        return [(predicate, not back) for predicate, back in reversed(steps)] if backwards else steps

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
        self._depth += 1
        if self._depth > _MOST_NESTED:
            stream.refuse(wording.TOO_DEEP, opened)
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
                self._found.append(Pattern(self._next(), cells[-1], _REST, cell))
            cells.append(cell)
            number = self._next()
            self._found.append(Pattern(number, cell, _FIRST, self._node()))
        stream.skip(1)
        if not cells:
            return _NIL
        self._found.append(Pattern(self._next(), cells[-1], _REST, _NIL))
        return cells[0]

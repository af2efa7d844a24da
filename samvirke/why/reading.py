"""Read a SELECT's pattern: which facts does a row rest on, and can that be told at all.

Duty: recursive descent over the tokens of a query that the engine has parsed; says of what cannot be
explained why and where. Level 4; pure, evaluates nothing, and every part of the text it does not know
is refused rather than guessed at. Blank nodes become variables, lists and plain paths triple patterns.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#sparqlGrammar
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from samvirke.sparql.tokens import place, tokens
from samvirke.why import wording
from samvirke.why.inlining import inlined
from samvirke.why.patterns import Element, Graph, Group, Note, Optional, Pattern, Plan, Raw, Triples, Union
from samvirke.why.statements import Statements
from samvirke.why.stream import NotExplained, Stream

__all__ = ["NotExplained", "read"]

_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_CHANGING = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_MOST_NESTED = 70
_AS_NAME = ("AS", "?name", ")")


def read(text: str) -> Plan:
    """Return what a SELECT's rows rest on.

    Reads:  a text that the engine's parser has taken.
    Raises: NotExplained with the reason and the place.
    """
    return _Reader(inlined(text)).query()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.stream = Stream(text, list(tokens(text)))
        self.statements = Statements(self.stream)
        self.notes: list[Note] = []
        self.depth = 0

    # ------------------------------------------------------------ around the pattern

    def query(self) -> Plan:
        stream = self.stream
        while stream.word() in ("PREFIX", "BASE", "VERSION"):
            stream.skip(3 if stream.word() == "PREFIX" else 2)
        select = stream.take()
        if select.text.upper() != "SELECT":
            stream.refuse(wording.NOT_SELECT, select)
        self._check_functions()
        named = self._columns()
        while stream.word() == "FROM":
            stream.skip(2)
            if stream.before.text.upper() == "NAMED":
                stream.skip(1)
        if stream.word() == "WHERE":
            stream.skip(1)
        body = self.group()
        ending = self._modifiers()
        return Plan(
            head=self.text[: select.start],
            body=body,
            named=named,
            ending=ending,
            certain=certain_first(body),
            constants=tuple(dict.fromkeys(_constants(body))),
            notes=tuple(self.notes),
        )

    def _check_functions(self) -> None:
        """Refuse, wherever they stand, functions whose value differs at a second look, and EXISTS."""
        for token, following in pairwise(self.stream.tokens):
            word = token.text.upper() if token.kind == "word" else ""
            if word in _CHANGING and following.text == "(":
                self.stream.refuse(wording.CHANGING, token)
            if word == "EXISTS":
                self.stream.refuse(wording.EXISTS, token)
            if word in _AGGREGATES and following.text == "(":
                self.stream.refuse(wording.AGGREGATE, token)

    def _columns(self) -> tuple[tuple[str, str], ...]:
        """Read what is selected, and return the computed columns."""
        stream, named = self.stream, []
        if stream.word() in ("DISTINCT", "REDUCED"):
            stream.skip(1)
        while not (stream.word() in ("FROM", "WHERE") or stream.at("{")):
            token = stream.take()
            if token.text == "(":
                inside = stream.balanced(token)
                if len(inside) <= len(_AS_NAME):
                    stream.unknown(token)
                as_, variable = inside[-3], inside[-2]
                if as_.text.upper() != "AS" or variable.kind != "variable":
                    stream.unknown(token)
                named.append((self.text[inside[0].start : as_.start], variable.text[1:]))
            elif token.kind != "variable" and token.text != "*":
                stream.unknown(token)
        return tuple(named)

    def _modifiers(self) -> str:
        """Read what stands after the pattern: order and number of rows change nothing; return VALUES."""
        stream = self.stream
        while not stream.done:
            word = stream.word()
            if word in ("GROUP", "HAVING"):
                stream.refuse(wording.GROUPED, stream.peek())
            if word == "VALUES":
                return self._values().text
            stream.skip(1)
        return ""

    # ------------------------------------------------------------ the pattern

    def group(self) -> Group:
        stream = self.stream
        opened = stream.expect("{")
        self.depth += 1
        if self.depth > _MOST_NESTED:
            stream.refuse(wording.TOO_DEEP, opened)
        elements: list[Element] = []
        while not stream.at("}"):
            if stream.at("."):
                stream.skip(1)
                continue
            elements += self._elements()
        stream.skip(1)
        self.depth -= 1
        return Group(tuple(elements))

    def _elements(self) -> list[Element]:
        stream = self.stream
        token, word = stream.peek(), stream.word()
        if token.text == "{":
            return [self._group_or_union()]
        if word == "OPTIONAL":
            stream.skip(1)
            return [Optional(self.group(), stream.fresh())]
        if word == "GRAPH":
            stream.skip(1)
            return [Graph(self.statements.term(), self.group())]
        if word in ("FILTER", "BIND"):
            return [self._expression()]
        if word == "VALUES":
            return [self._values()]
        if word in wording.PARTS:
            stream.refuse(wording.PARTS[word], token)
        return self.statements.same_subject()

    def _group_or_union(self) -> Element:
        stream = self.stream
        branches = [self.group()]
        while stream.word() == "UNION":
            stream.skip(1)
            branches.append(self.group())
        if len(branches) == 1:
            return branches[0]
        return Union(tuple((branch, stream.fresh()) for branch in branches))

    def _expression(self) -> Raw:
        """FILTER or BIND with its expression: in brackets, or a function with its arguments."""
        stream = self.stream
        start = stream.take()
        if not stream.at("("):
            stream.skip(1)
        inside = stream.balanced(stream.expect("("))
        for token, following in pairwise(inside):
            if token.text == "!" and following.text.upper() == "BOUND":
                self.notes.append(Note(wording.UNBOUND, *place(self.text, token.start)))
        return Raw(start.text.upper(), self.text[start.start : stream.end_of_before])

    def _values(self) -> Raw:
        stream = self.stream
        start = stream.take()
        if stream.at("("):
            stream.balanced(stream.take())
        else:
            stream.skip(1)
        stream.balanced(stream.expect("{"))
        return Raw("VALUES", self.text[start.start : stream.end_of_before])


def certain(group: Group) -> frozenset[str]:
    """Return the variables that have a value in every solution of a group."""
    found: frozenset[str] = frozenset()
    for element in group.elements:
        found |= _certain_in(element)
    return found


def certain_first(group: Group) -> frozenset[str]:
    """Return those that have one before anything optional or computed is looked at.

    What stands before is joined, and a join may be narrowed by its own variables first.
    """
    found: frozenset[str] = frozenset()
    for element in group.elements:
        if isinstance(element, Optional) or (isinstance(element, Raw) and element.kind == "BIND"):
            break
        found |= _certain_in(element)
    return found


def _certain_in(element: Element) -> frozenset[str]:
    if isinstance(element, Triples):
        return frozenset(slot.text for one in element.patterns for slot in one.slots if slot.variable)
    if isinstance(element, Group):
        return certain(element)
    if isinstance(element, Graph):
        name = frozenset({element.name.text}) if element.name.variable else frozenset()
        return name | certain(element.group)
    if isinstance(element, Union):
        return frozenset.intersection(*(certain(branch) for branch, _ in element.branches))
    return frozenset()


def patterns(group: Group) -> Iterator[Pattern]:
    """Yield every triple pattern of a group, also those inside its parts."""
    for element in group.elements:
        if isinstance(element, Triples):
            yield from element.patterns
        for inner in _inside(element):
            yield from patterns(inner)


def _constants(group: Group) -> Iterator[str]:
    for element in group.elements:
        if isinstance(element, Graph) and not element.name.variable:
            yield element.name.text
        if isinstance(element, Triples):
            yield from (slot.text for pattern in element.patterns for slot in pattern.slots if not slot.variable)
        for inner in _inside(element):
            yield from _constants(inner)


def _inside(element: Element) -> tuple[Group, ...]:
    """The groups of a part."""
    if isinstance(element, Group):
        return (element,)
    if isinstance(element, Optional | Graph):
        return (element.group,)
    return tuple(branch for branch, _ in element.branches) if isinstance(element, Union) else ()

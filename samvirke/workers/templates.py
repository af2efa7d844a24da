"""The templates of DELETE and INSERT, filled with the rows of a pattern.

Duty: have the engine read a template, once, and instantiate it for each row as the standard says: a quad with an
unbound variable, or with a term where none of its kind can stand, is left out; a blank node of the template is a new
node for each row. Level 4.5; evaluates no pattern and changes no store.
Standard: https://www.w3.org/TR/sparql11-update/#deleteInsert
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from samvirke.sparql.operations import Operation
from samvirke.sparql.tokens import tokens

__all__ = ["GraphName", "Templates", "facts", "named"]

GraphName: TypeAlias = NamedNode | BlankNode | DefaultGraph
Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
Part: TypeAlias = "int | Term | DefaultGraph | tuple[Part, ...]"
"""What stands in one place of a template: the number of a variable, a term, or the parts of a triple term."""


def facts(text: str, base: str) -> set[Quad]:
    """Return what an update that inserts facts inserts into an empty store. Raises: SyntaxError."""
    store = Store()
    store.update(text, base_iri=base)
    return set(store)


def named(address: str, declarations: str, base: str) -> NamedNode:
    """Return the graph that an address leads to, as it is written, under the declarations before it."""
    store = Store()
    store.update(f"{declarations}\nCREATE GRAPH {address}", base_iri=base)
    (graph,) = store.named_graphs()
    assert isinstance(graph, NamedNode), "an address is no blank node"
    return graph


@dataclass(frozen=True, slots=True)
class Templates:
    """What one operation deletes and inserts for each row; a row has the values of `variables` in their order."""

    variables: tuple[str, ...]
    deleted: tuple[tuple[Part, ...], ...]
    inserted: tuple[tuple[Part, ...], ...]
    target: GraphName
    unused: str
    """A variable that stands nowhere in the text."""

    @classmethod
    def of(cls, operation: Operation, base: str) -> Templates:
        """Read the templates of an operation. Raises: SyntaxError."""
        reader = _Reader(operation, base)
        deleted, inserted = reader.read(operation.delete), reader.read(operation.insert)
        return cls(tuple(f"?{name}" for name in reader.places), deleted, inserted, reader.target, reader.unused)

    @property
    def ground(self) -> bool:
        """Whether each row gives the same quads."""
        return not self.variables and not any(_fresh(part) for quad in self.inserted for part in quad)

    def fill(self, row: Sequence[Term | None], deleted: set[Quad], inserted: set[Quad]) -> None:
        """Add to two sets what a row deletes and inserts."""
        deleted.update(_filled(self.deleted, row))
        inserted.update(_filled(self.inserted, row))


class _Reader:
    """Writes a number for each variable, in an address that nobody else can have written, and has the facts read."""

    def __init__(self, operation: Operation, base: str) -> None:
        self.places: dict[str, int] = {}
        secret = secrets.token_hex(12)
        self._scheme, self.unused = f"x-{secret}:", f"?x{secret}"
        self._declarations, self._base = operation.declarations, base
        self.target: GraphName = DefaultGraph()
        if operation.target:
            self.target = named(operation.target, operation.declarations, base)

    def read(self, template: str) -> tuple[tuple[Part, ...], ...]:
        if not template:
            return ()
        made, done = "", 0
        for token in tokens(template):
            if token.kind == "variable":
                place = self.places.setdefault(token.text[1:], len(self.places))
                made += f"{template[done : token.start]}<{self._scheme}{place}>"
                done = token.start + len(token.text)
        text = f"{self._declarations}\nINSERT DATA {made}{template[done:]}"
        return tuple(tuple(map(self._part, quad)) for quad in facts(text, self._base))

    def _part(self, term: Term | DefaultGraph) -> Part:
        if isinstance(term, NamedNode) and term.value.startswith(self._scheme):
            return int(term.value.removeprefix(self._scheme))
        if isinstance(term, Triple):
            return tuple(map(self._part, term))
        return self.target if isinstance(term, DefaultGraph) else term


def _fresh(part: Part) -> bool:
    return any(map(_fresh, part)) if isinstance(part, tuple) else isinstance(part, BlankNode)


def _filled(template: tuple[tuple[Part, ...], ...], row: Sequence[Term | None]) -> Iterator[Quad]:
    nodes: dict[BlankNode, BlankNode] = {}
    for parts in template:
        terms = [_value(part, row, nodes) for part in parts]
        if all(term is not None for term in terms):
            try:
                yield Quad(*terms)  # type: ignore[arg-type]
            except TypeError:  # A literal as a subject, for instance: there is no such quad.
                continue


def _value(part: Part, row: Sequence[Term | None], nodes: dict[BlankNode, BlankNode]) -> Term | DefaultGraph | None:
    if isinstance(part, int):
        return row[part]
    if isinstance(part, BlankNode):
        if part not in nodes:
            nodes[part] = BlankNode()
        return nodes[part]
    if isinstance(part, tuple):
        terms = [_value(inner, row, nodes) for inner in part]
        try:
            return None if any(term is None for term in terms) else Triple(*terms)  # type: ignore[arg-type]
        except TypeError:
            return None
    return part

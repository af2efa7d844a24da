"""Names for blank nodes that are the same each time.

Duty: a store names blank nodes by chance, so the same graph would have other bytes in every process; here they are
named after what is said of them. Level 3, pure. It always ends soon: a graph that was made to be hard (its blank nodes
look alike, and are not) keeps some names to chance. For the hash of a dataset there is RDFC-1.0, which has no bound.
Source: colour refinement, as in https://www.w3.org/TR/rdf-canon/#hash-1d-quads
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from samvirke.model import BlankNode, Quad, Triple

__all__ = ["named"]

Fact = tuple[int, Quad]
"""A quad, and where in it the node stands."""
Said = dict[BlankNode, list[Fact]]

_MOST = 300_000
"""Facts that are looked at in all before the rest is left to chance: about a second."""


def named(quads: Iterable[Quad]) -> list[Quad]:
    """Return the quads with their blank nodes named after what is said of them."""
    given = list(quads)
    said: Said = {}
    for quad in given:
        for place, term in enumerate((quad.subject, quad.object, quad.graph_name)):
            for node in _within(term):
                said.setdefault(node, []).append((place, quad))
    if not said:
        return given
    refine = _Refining(said)
    colours = refine(dict.fromkeys(said, ""))
    while refine.left > 0:
        alike = [colour for colour, number in Counter(colours.values()).items() if number > 1]
        if not alike:
            break
        # One of those that look alike is picked out: which one does not matter where they are truly alike.
        first = min(alike)
        picked = next(node for node in said if colours[node] == first)
        colours = refine({**colours, picked: f"{first}!"})
    order = sorted(said, key=lambda node: colours[node])
    names = {node: BlankNode(f"b{number}") for number, node in enumerate(order)}

    return [
        Quad(*(_renamed(term, names) for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)))
        for quad in given
    ]


def _within(term: object) -> Iterator[BlankNode]:
    """A blank node, or those of a triple that stands in the place of a term."""
    if isinstance(term, BlankNode):
        yield term
    elif isinstance(term, Triple):
        yield from _within(term.subject)
        yield from _within(term.object)


def _renamed(term: Any, names: Mapping[BlankNode, BlankNode]) -> Any:  # noqa: ANN401 - a term of the same kind
    if isinstance(term, Triple):
        return Triple(_renamed(term.subject, names), term.predicate, _renamed(term.object, names))
    return names[term] if isinstance(term, BlankNode) else term


class _Refining:
    """Colours each node by its own colour and what is said of it, until no more are told apart."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._size = sum(map(len, said.values()))
        self.left = _MOST

    def __call__(self, colours: dict[BlankNode, str]) -> dict[BlankNode, str]:
        kinds = 0
        while self.left > 0 and (now := len(set(colours.values()))) > kinds and kinds < len(colours):
            kinds, self.left = now, self.left - self._size
            colours = {node: self._colour(node, facts, colours) for node, facts in self._said.items()}
        return colours

    @staticmethod
    def _colour(node: BlankNode, facts: list[Fact], colours: dict[BlankNode, str]) -> str:
        def spelt(term: object) -> str:
            if isinstance(term, Triple):
                return f"<<{spelt(term.subject)} {term.predicate} {spelt(term.object)}>>"
            if not isinstance(term, BlankNode):
                return str(term)
            return "_:" if term == node else f"_:{colours[term]}"

        lines = sorted(
            f"{place} {quad.predicate} {spelt(quad.subject)} {spelt(quad.object)} {spelt(quad.graph_name)}"
            for place, quad in facts
        )
        return hashlib.sha256("\n".join([colours[node], *lines]).encode()).hexdigest()

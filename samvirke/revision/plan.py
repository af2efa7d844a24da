"""What is to be taken over from one document version to the next.

Duty: say of each quad of the old version whether it goes along, waits or stays, and what it reads then. Level 6;
pure. It must not know how files are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from samvirke.model import BlankNode, Literal, NamedNode, Quad

__all__ = ["Plan", "counted"]

_NOBODY = BlankNode("any")


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes along.

    `carried` is the new address of each passage that still has its words; `worded` what changes in what is said of
    it: (old address, predicate) → the string to write, because the new text spells it otherwise.
    """

    old: str
    new: str
    carried: Mapping[str, str]
    worded: Mapping[tuple[str, str], str]

    def owner(self, quad: Quad) -> str:
        """The passage a quad belongs to: its graph, else its subject; "" when it belongs to none."""
        for term in (quad.graph_name, quad.subject):
            if isinstance(term, NamedNode) and term.value.startswith(f"{self.old}#"):
                return term.value
        return ""

    def address(self, full: str) -> str:
        """What an address of the old version's file is in the new one's."""
        return self.new if full == self.old else self.carried.get(full, full)

    def goes(self, quads: Iterable[Quad]) -> list[Quad]:
        """The quads of the passages that are taken over, as they read then."""
        return [self._moved(quad) for quad in quads if self.owner(quad) in self.carried]

    def waits(self, quads: Iterable[Quad]) -> list[Quad]:
        """The quads of the passages that lost their words, as they are."""
        owned = ((quad, self.owner(quad)) for quad in quads)
        return [quad for quad, owner in owned if owner and owner not in self.carried]

    def _moved(self, quad: Quad) -> Quad:
        words = None
        if isinstance(quad.subject, NamedNode):
            words = self.worded.get((quad.subject.value, quad.predicate.value))
        value = quad.object
        if words is not None and isinstance(value, Literal):
            value = (
                Literal(words, language=value.language) if value.language else Literal(words, datatype=value.datatype)
            )
        return Quad(self._term(quad.subject), quad.predicate, self._term(value), self._term(quad.graph_name))  # type: ignore[arg-type]  # a term of the same kind comes back

    def _term(self, term: object) -> object:
        return NamedNode(self.address(term.value)) if isinstance(term, NamedNode) else term


def counted(quads: Iterable[Quad]) -> Counter[Quad]:
    """Count quads so that two readings of a file agree: the parser names blank nodes anew each time."""

    def plain(term: object) -> object:
        return _NOBODY if isinstance(term, BlankNode) else term

    return Counter(
        Quad(plain(quad.subject), quad.predicate, plain(quad.object), plain(quad.graph_name))  # type: ignore[arg-type]  # a term of the same kind comes back
        for quad in quads
    )

"""The facts by the passage whose words they stand in.

Duty: sort quads into passages, each with its words and its facts, and the rest; pure. Level 3.
Standards: https://www.rfc-editor.org/rfc/rfc5147, https://www.rfc-editor.org/rfc/rfc7111
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from samvirke.errors import EvidenceError
from samvirke.evidence import Span, parse_fragment
from samvirke.evidence.fragments import is_place
from samvirke.formats.order import triples
from samvirke.model import Literal, NamedNode, Quad, Triple
from samvirke.terms import CORE, NIF

__all__ = ["Said", "blank_labels", "is_passage", "said", "without_passages"]


@dataclass(frozen=True, slots=True)
class Said:
    """What one passage says: its address, its words where they are known, and its facts in order.

    `checksum` names the words of the whole document; `described` is what is said of the passage itself.
    """

    address: str
    words: Literal | None
    facts: tuple[Triple, ...]
    described: tuple[Triple, ...]
    checksum: str

    @property
    def version(self) -> str:
        """The address of the document version."""
        return self.address.partition("#")[0]

    @property
    def fragment(self) -> str:
        """The place in it."""
        return self.address.partition("#")[2]

    @property
    def span(self) -> Span | None:
        """The place, where it is a stretch of text and not a row or a cell."""
        try:
            place = parse_fragment(self.fragment)
        except EvidenceError:
            return None
        return place if isinstance(place, Span) else None

    def name(self, kind: str) -> str:
        """Return an address for something made of these facts: it leads to the document, and other facts get another.

        A file about one thing holds a part of what a passage says; that part must not pass for the whole.
        """
        content = "".join(f"{fact} .\n" for fact in self.facts)
        digest = sha256(content.encode()).hexdigest()[:16]
        mark = "&" if "?" in self.version else "?"
        return f"{self.version}{mark}{kind}={quote(self.fragment, safe='=,-')}&sha256={digest}"


def is_passage(address: str) -> bool:
    """Whether an address names a place in a document."""
    return is_place(address.partition("#")[2])


def said(quads: Iterable[Quad]) -> tuple[list[Said], list[Quad]]:
    """Return the passages with facts in the order of their addresses, and the quads that stand in none."""
    facts: dict[str, list[Quad]] = defaultdict(list)
    described: dict[str, list[Quad]] = defaultdict(list)
    checksums: dict[str, str] = {}
    rest: list[Quad] = []
    for quad in quads:
        graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        subject = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
        if is_passage(graph):
            facts[graph].append(quad)
            continue
        rest.append(quad)
        if is_passage(subject):
            described[subject].append(quad)
        elif quad.predicate == CORE.sha256 and isinstance(quad.object, Literal):
            checksums[subject] = min(quad.object.value, checksums.get(subject, quad.object.value))
    found = [
        Said(
            address,
            min(
                (
                    one.object
                    for one in described[address]
                    if one.predicate == NIF.anchorOf and isinstance(one.object, Literal)
                ),
                key=str,
                default=None,
            ),
            tuple(triples(facts[address])),
            tuple(triples(described[address])),
            checksums.get(address.partition("#")[0], ""),
        )
        for address in sorted(facts)
    ]
    return found, rest


def without_passages(quads: Iterable[Quad], roots: Iterable[str] = ()) -> list[Quad]:
    """Return what is said of the world: nothing that describes passages, unless a file is about one of them."""
    kept = frozenset(roots)
    return [
        quad
        for quad in quads
        if not isinstance(quad.subject, NamedNode) or quad.subject.value in kept or not is_passage(quad.subject.value)
    ]


def blank_labels(quads: Iterable[Quad]) -> set[str]:
    """Return the labels of the blank nodes in quads, which new ones must not have."""
    return {
        term.value
        for quad in quads
        for term in (quad.subject, quad.object)
        if not isinstance(term, NamedNode | Literal) and hasattr(term, "value")
    }

"""The passages of a site's files that have quotes, and those that cannot be placed at all.

Duty: gather from all files what is said of each passage. Level 5; imports `rewriting`.
It must not look at the words of a document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from samvirke.anchor.placing import Wanted
from samvirke.anchor.rewriting import File
from samvirke.anchor.wording import refusal
from samvirke.errors import EvidenceError
from samvirke.evidence.fragments import Place, Span, parse_fragment
from samvirke.model import Literal, NamedNode, Term
from samvirke.terms import CORE, NIF, OA

__all__ = ["Draft", "gather", "to_place"]


@dataclass(slots=True)
class Draft:
    """What the files say of one passage that has a quote."""

    address: str
    file: File
    offset: int
    said: dict[str, set[Term]] = field(default_factory=lambda: defaultdict(set))

    @property
    def quote(self) -> Literal:
        """The one quote."""
        (quote,) = self.said[NIF.anchorOf.value]
        assert isinstance(quote, Literal)
        return quote

    @property
    def version(self) -> str:
        """The document version it belongs to."""
        return self.address.partition("#")[0]

    @property
    def old(self) -> Place | None:
        """The place it had, right or wrong; None for a name that is no place."""
        try:
            return parse_fragment(self.address.partition("#")[2])
        except EvidenceError:
            return None

    def wanted(self) -> Wanted:
        """What the placing needs to know of it."""
        place = self.old if isinstance(self.old, Span) else None
        return Wanted(self.address, self.quote.value, place, self._beside(OA.prefix), self._beside(OA.suffix))

    def told(self) -> dict[str, set[Term]]:
        """What must agree before it may become one with another passage."""
        return {term.value: self.said[term.value] for term in (NIF.anchorOf, CORE.mode, CORE.note)}

    def _beside(self, predicate: NamedNode) -> str:
        words = sorted(term.value for term in self.said[predicate.value] if isinstance(term, Literal))
        if len(words) > 1:
            name = "oa:prefix" if predicate == OA.prefix else "oa:suffix"
            raise refusal(f"The passage has more than one {name}.", self.file.here(self.offset), "Keep one.")
        return words[0] if words else ""


def gather(files: Sequence[File], documents: Container[str]) -> dict[str, Draft]:
    """Gather what all files say of the passages that have quotes."""
    drafts: dict[str, Draft] = {}
    for file in files:
        for string in file.text.strings:
            if string.predicate == NIF.anchorOf.value and string.subject not in drafts:
                drafts[string.subject] = Draft(string.subject, file, string.start)
    for file in files:
        for quad in file.quads:
            if not isinstance(quad.subject, NamedNode) or not isinstance(quad.object, NamedNode | Literal):
                continue
            if quad.subject.value in drafts:
                drafts[quad.subject.value].said[quad.predicate.value].add(quad.object)
    _refuse_quoteless(files, drafts, documents)
    return drafts


def to_place(
    drafts: Mapping[str, Draft], documents: Container[str], chosen: frozenset[Path] | None
) -> dict[str, Draft]:
    """Keep the passages to place, and refuse those that cannot have a place in any text."""
    wanted = {}
    for address, draft in drafts.items():
        if chosen is not None and draft.file.path.resolve() not in chosen:
            continue
        if draft.old is not None and not isinstance(draft.old, Span):
            continue
        _refuse_unplaceable(draft, documents)
        wanted[address] = draft
    return wanted


def _refuse_unplaceable(draft: Draft, documents: Container[str]) -> None:
    """Refuse a quote without a passage, a document that is not there, and two quotes of one passage."""
    here = draft.file.here(draft.offset)
    if "#" not in draft.address:
        raise refusal("This quote belongs to no passage.", here, 'Give it one: <#a-name> nif:anchorOf "the words"@da .')
    if draft.version not in documents:
        raise refusal(
            f"The document version <{draft.version}> is not on the site.",
            here,
            "Put its text in data/documents/, or correct the address.",
        )
    quotes = draft.said[NIF.anchorOf.value]
    if len(quotes) != 1:
        words = " and ".join(sorted(str(quote) for quote in quotes))
        raise refusal(
            f"The passage <#{draft.address.partition('#')[2]}> has more than one quote: {words}.",
            here,
            "Keep one, or give each a passage of its own.",
        )


def _refuse_quoteless(files: Sequence[File], drafts: Mapping[str, Draft], documents: Container[str]) -> None:
    """Refuse facts that stand in a draft whose words nobody has written."""
    for file in files:
        graphs = {quad.graph_name.value for quad in file.quads if isinstance(quad.graph_name, NamedNode)}
        for address in file.text.addresses:
            version, mark, fragment = address.full.partition("#")
            if address.full not in graphs or address.full in drafts or not mark or version not in documents:
                continue
            try:
                parse_fragment(fragment)
            except EvidenceError:
                raise refusal(
                    f"The passage {address.written} has no quote.",
                    file.here(address.start),
                    f'Write its words: <> {{ {address.written} nif:anchorOf "the words"@da . }}',
                ) from None

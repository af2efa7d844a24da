"""The documents behind a page, with the words that its facts stand in.

Duty: cut each document version to the paragraphs that the numbered passages lie in. Level 4; pure:
the words come through `Texts`. Must not name a term of a site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from samvirke.describe.facts import Facts, PassageView, Value
from samvirke.describe.marks import Paragraph, Stretch, paragraphs
from samvirke.model import Literal, NamedNode
from samvirke.schema.hints import Text
from samvirke.terms import CORE, DCT, PROV

Texts = Callable[[str], str | None]
"""SHA-256 → the words of a document version, None when they are not here."""

SPECIALIZATION_OF, CHECKSUM = PROV.specializationOf, CORE.sha256
MODIFIED, PUBLISHER = DCT.modified, DCT.publisher


@dataclass(frozen=True, slots=True)
class Source:
    """A document version behind the page, cut to the paragraphs that matter."""

    version: str
    document: str
    title: Text
    modified: str
    publishers: tuple[Value, ...]
    language: str
    paragraphs: tuple[Paragraph, ...]
    quotes: tuple[tuple[int, Text], ...] = ()


def sources(
    facts: Facts, ordered: Sequence[PassageView], numbers: Mapping[str, int], texts: Texts
) -> tuple[Source, ...]:
    """Return the documents behind the page, in the order of their numbers."""
    versions: dict[str, list[PassageView]] = {}
    for passage in ordered:
        versions.setdefault(passage.version, []).append(passage)
    return tuple(_source(facts, version, passages, numbers, texts) for version, passages in versions.items())


@dataclass(frozen=True, slots=True)
class _Head:
    """What is told of a document version, whichever page it stands behind."""

    document: str
    title: Text
    modified: str
    publishers: tuple[Value, ...]
    checksum: str


def _head(facts: Facts, version: str) -> _Head:
    node = NamedNode(version)
    documents = [one for one in facts.values(node, SPECIALIZATION_OF) if isinstance(one, NamedNode)]
    document = documents[0] if documents else NamedNode(version.rpartition("/")[0] or version)
    checksums = [one.value for one in facts.values(node, CHECKSUM) if isinstance(one, Literal)]
    dates = [one.value for one in facts.values(node, MODIFIED) if isinstance(one, Literal)]
    return _Head(
        document=document.value,
        title=facts.label(node) or facts.label(document) or facts.name(document),
        modified=min(dates, default=""),
        publishers=tuple(facts.value(one) for one in facts.values(document, PUBLISHER)),
        checksum=checksums[0] if checksums else "",
    )


def _source(
    facts: Facts, version: str, passages: Sequence[PassageView], numbers: Mapping[str, int], texts: Texts
) -> Source:
    head = facts.of_version(version, lambda known: _head(known, version))
    text = texts(head.checksum) if head.checksum else None
    stretches = [Stretch(numbers[one.address], one.start, one.end) for one in passages if one.end > one.start]
    placed = {stretch.number for stretch in stretches} if text is not None else set()
    quotes = [(numbers[one.address], one.quote) for one in passages if numbers[one.address] not in placed]
    language = next((one.quote.language for one in passages if one.quote.language), "")
    return Source(
        version=version,
        document=head.document,
        title=head.title,
        modified=head.modified,
        publishers=head.publishers,
        language=language,
        paragraphs=paragraphs(text, stretches, everything=False) if text is not None else (),
        quotes=tuple(quotes),
    )

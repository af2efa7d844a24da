"""The passages behind the rows of an answer, for programs and for readers.

Duty: read the parameter `explain`, name what the workers found – premises from the index, words from the
store – and make of it an answer in a format, or what a page shows. Level 7; evaluates nothing.
`samvirke.why.answer` documents the form of the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from samvirke.errors import Overloaded, WrongUse
from samvirke.model import Literal, Quad
from samvirke.web import wording
from samvirke.web.publication import Publication
from samvirke.why import answer
from samvirke.why.wording import NOT_SELECT, template

__all__ = [
    "Evidence",
    "Remark",
    "RowSources",
    "Source",
    "check_form",
    "evidence_of",
    "explained",
    "no_rows",
    "same",
    "wanted",
]

Read = Callable[[Sequence[str]], Sequence[Quad]]
"""The trusted read `passages`: addresses → their words as quads."""


def wanted(value: str | None) -> bool:
    """Say whether evidence is asked for. Raises: WrongUse for a value that is unknown."""
    if value is None:
        return False
    if value not in answer.VALUES:
        raise WrongUse(
            f"“{value[:40]}” is nothing that “explain” can be.",
            remedy=f"Write explain={answer.VALUES[0]}, or leave it out.",
        )
    return True


def check_form(form: str) -> None:
    """Refuse evidence for what has no rows. Raises: WrongUse."""
    if form != "SELECT":
        raise WrongUse(
            f"explain=evidence gives the passages behind rows, and {form} has none.",
            remedy="Ask with SELECT, or leave out explain.",
        )


def same(version: str, publication: Publication, newest: Callable[[], Publication]) -> Publication:
    """Return the publication that an answer came from: its index has the premises.

    Raises: Overloaded when it is not to be had, because a new one was published in between.
    """
    for one in (publication, newest()):
        if one.version == version:
            return one
    raise Overloaded("The data was published anew while it was asked.", remedy="Ask again.")


def explained(body: bytes, media_type: str, publication: Publication, read: Read) -> bytes:
    """Return an answer with its evidence in a format. Raises: QueryRefused, see `answer.explained`."""

    def quotes(addresses: Sequence[str]) -> Mapping[str, str]:
        return {address: words.value for address, words in _words(read(addresses)).items()}

    return answer.explained(body, media_type, base=publication.base, why=publication.index.why, quotes=quotes)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage behind rows: its number on the page, its words and their language if it is another."""

    number: int
    document: str
    href: str
    quote: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class RowSources:
    """What is behind a row: the numbers of its passages, and the rules that some of its facts follow from.

    `unsaid` counts its facts that no passage says; `left_out` those that are not listed.
    """

    numbers: tuple[int, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    unsaid: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence on what has no evidence, in the reader's language (else `lang`), with its place in the query."""

    text: str
    lang: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of an answer as a page shows it; `whole` says that none of it is missing.

    `backs` maps a passage's number to the first row that it is behind.
    """

    rows: tuple[RowSources, ...] = ()
    sources: tuple[Source, ...] = ()
    unavailable: Remark | None = None
    notes: tuple[Remark, ...] = ()
    backs: Mapping[int, int] = field(default_factory=dict)
    whole: bool = False


def evidence_of(body: bytes, publication: Publication, lang: str, read: Read) -> tuple[bytes, Evidence]:
    """Take an answer apart for a page: the rows as they are without evidence, and their evidence."""
    results, told = answer.told(body, base=publication.base, why=publication.index.why, quotes=lambda _: {})
    if "unavailable" in told:
        return results, Evidence(unavailable=_remark(told["unavailable"], lang))
    behind = [answer.passages_of(row) for row in told["rows"]]
    numbers = {address: number for number, address in enumerate(dict.fromkeys(chain.from_iterable(behind)), 1)}
    words = _words(read(sorted(numbers))) if numbers else {}
    sources = tuple(
        _source(number, address, words.get(address), publication, lang) for address, number in numbers.items()
    )
    rows = tuple(
        _row(row, tuple(sorted(numbers[address] for address in addresses)), publication, lang)
        for row, addresses in zip(told["rows"], behind, strict=True)
    )
    backs: dict[int, int] = {}
    for position, row in enumerate(rows, 1):
        for number in row.numbers:
            backs.setdefault(number, position)
    notes = tuple(_remark(note, lang) for note in told.get("notes", ()))
    return results, Evidence(rows, sources, None, notes, backs, all(note.line for note in notes))


def no_rows(lang: str) -> Evidence:
    """The evidence of what is no SELECT: none, and why."""
    return Evidence(unavailable=_remark({"reason": NOT_SELECT}, lang))


def _remark(told: Mapping[str, Any], lang: str) -> Remark:
    """Put a reason into the reader's language."""
    key, values = template(told["reason"])
    text = wording.words(lang).gettext(key)
    other = "en" if text == key and lang != "en" else ""
    return Remark(text % values if values else text, other, told.get("line", 0), told.get("column", 0))


def _row(row: Mapping[str, Any], numbers: tuple[int, ...], publication: Publication, lang: str) -> RowSources:
    rules = dict.fromkeys(fact["rule"] for fact in row["facts"] if "rule" in fact)
    named = tuple((publication.schema.name(rule, lang).value, publication.links.rule(rule, lang)) for rule in rules)
    unsaid = sum(not fact["passages"] for fact in row["facts"])
    return RowSources(numbers, named, unsaid, row.get("left_out", 0))


def _source(number: int, address: str, words: Literal | None, publication: Publication, lang: str) -> Source:
    version, _, fragment = address.partition("#")
    document = f"{publication.index.label(version, lang) or version} ({fragment})"
    href = publication.links.document(address, lang)
    if words is None:
        return Source(number, document, href)
    other = "" if words.language in (lang, None) else words.language
    return Source(number, document, href, words.value, other)


def _words(quads: Sequence[Quad]) -> dict[str, Literal]:
    """The words of each passage."""
    found: dict[str, Literal] = {}
    for quad in sorted(quads, key=str):
        if isinstance(quad.object, Literal):
            found.setdefault(quad.subject.value, quad.object)  # type: ignore[union-attr]  # a passage is a node
    return found

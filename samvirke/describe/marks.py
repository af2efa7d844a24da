"""Marked text: which stretches of a document's words stand behind which facts.

Duty: cut a text into paragraphs and nest the marks of its passages, so that a template can write
them out. Level 1; pure, knows neither RDF nor HTML.
Offsets are Unicode code points, half-open (RFC 5147).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from samvirke.sentences import beginnings

LONG_PARAGRAPH = 1_400
MARGIN = 300
DEPTH = 20
EMPTY_LINE = re.compile(r"\n(?=[ \t\r]*\n)")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A numbered stretch of text.

    `first` and `last` say whether it is the beginning and the end of its passage: a passage that
    crosses another one is drawn in parts.
    """

    number: int
    start: int
    end: int
    first: bool = True
    last: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked stretch and what is in it."""

    number: int
    first: bool
    last: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Unused:
    """A sentence that gave no facts."""

    text: str


Piece = str | Mark | Unused


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: where it stands, its pieces, and the numbers of the passages that begin in it.

    `after_gap` says that other paragraphs stand between this and the one before.
    """

    start: int
    end: int
    pieces: tuple[Piece, ...]
    numbers: tuple[int, ...]
    after_gap: bool = False


def paragraphs(text: str, stretches: Iterable[Stretch], *, everything: bool) -> tuple[Paragraph, ...]:
    """Cut a text at its empty lines and mark the stretches.

    `everything` keeps every paragraph and marks the sentences that gave nothing; otherwise only
    paragraphs with a mark are kept, and of a long one only what lies around its marks.
    Stretches outside the text are cut to it; empty ones are left out.
    """
    wanted = sorted(stretches, key=lambda one: (one.start, -one.end, one.number))
    found: list[Paragraph] = []
    skipped = False
    for start, end in _blocks(text):
        inside = [cut for one in wanted if one.start < end and one.end > start and (cut := _cut(one, start, end))]
        if not inside and not everything:
            skipped = bool(found)
            continue
        low, high = (start, end) if everything else _window(text, start, end, inside)
        pieces = nest(text, inside, low, high)
        if everything:
            pieces = _unused(pieces)
        else:
            pieces = (*(("… ",) if low > start else ()), *pieces, *((" …",) if high < end else ()))
        numbers = tuple(dict.fromkeys(one.number for one in inside if one.first))
        found.append(Paragraph(start, end, pieces, numbers, after_gap=skipped))
        skipped = False
    return tuple(found)


def nest(text: str, stretches: Sequence[Stretch], start: int, end: int, depth: int = DEPTH) -> tuple[Piece, ...]:
    """Return the pieces of `text[start:end]`; stretches that cross are cut where they do.

    Marks deeper than `depth` are left out: nobody can tell them apart.
    """
    pieces: list[Piece] = []
    rest = sorted(stretches, key=lambda one: (one.start, -one.end, one.number)) if depth else []
    at = start
    while rest:
        one, rest = rest[0], rest[1:]
        if one.start > at:
            pieces.append(text[at : one.start])
        inside = [cut for other in rest if (cut := _cut(other, one.start, one.end))]
        beyond = [cut for other in rest if (cut := _cut(other, one.end, end))]
        pieces.append(Mark(one.number, one.first, one.last, nest(text, inside, one.start, one.end, depth - 1)))
        at = one.end
        rest = sorted(beyond, key=lambda other: (other.start, -other.end, other.number))
    if at < end:
        pieces.append(text[at:end])
    return tuple(pieces)


def _blocks(text: str) -> list[tuple[int, int]]:
    """The paragraphs' bounds: what stands between empty lines, without the space around it."""
    # Stretches between the line breaks that begin an empty line: to ask at each character took most of a page's time.
    cuts = [-1, *(match.start() for match in EMPTY_LINE.finditer(text)), len(text)]
    found = []
    for before, after in pairwise(cuts):
        block = text[before + 1 : after]
        start = before + 1 + len(block) - len(block.lstrip())
        end = after - (len(block) - len(block.rstrip()))
        if start < end:
            found.append((start, end))
    return found


def _cut(one: Stretch, start: int, end: int) -> Stretch | None:
    """The part of a stretch within some bounds, if there is one."""
    low, high = max(one.start, start), min(one.end, end)
    if low >= high:
        return None
    if low == one.start and high == one.end:
        return one
    return replace(one, start=low, end=high, first=one.first and low == one.start, last=one.last and high == one.end)


def _window(text: str, start: int, end: int, inside: Sequence[Stretch]) -> tuple[int, int]:
    """What is shown of a long paragraph: its marks with some words around them."""
    if end - start <= LONG_PARAGRAPH:
        return start, end
    low = max(start, min(one.start for one in inside) - MARGIN)
    high = min(end, max(one.end for one in inside) + MARGIN)
    low = low if low == start else text.rfind(" ", start, low) + 1 or low
    high = high if high == end else text.find(" ", high, end)
    return max(low, start), high if high > 0 else end


def _unused(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Set apart the sentences of the unmarked pieces that hold no mark at all."""
    found: list[Piece] = []
    for position, piece in enumerate(pieces):
        if not isinstance(piece, str):
            found.append(piece)
            continue
        parts = _sentences(piece)
        for index, part in enumerate(parts):
            touches_mark = (index == 0 and position > 0 and not _begins_sentence(pieces[position - 1])) or (
                index == len(parts) - 1 and position < len(pieces) - 1 and not _ends_sentence(part)
            )
            has_words = re.search(r"\w{2}", part) is not None
            if touches_mark or not has_words:
                found.append(part)
                continue
            words = part.lstrip()
            found += [*([part[: -len(words)]] if words != part else []), Unused(words)]
    return tuple(found)


def _sentences(text: str) -> list[str]:
    """Cut a text into sentences, each with the space after it."""
    cuts = [0, *beginnings(text), len(text)]
    return [text[low:high] for low, high in pairwise(cuts) if low < high]


def _begins_sentence(piece: Piece) -> bool:
    """Whether what follows a piece begins a sentence."""
    return _ends_sentence(plain(piece))


def _ends_sentence(text: str) -> bool:
    return re.search(r"[.!?…:][\"”»’)\]]*\s*$", text) is not None


def plain(piece: Piece) -> str:
    """The words of a piece without its marks."""
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Unused):
        return piece.text
    return "".join(plain(inner) for inner in piece.pieces)

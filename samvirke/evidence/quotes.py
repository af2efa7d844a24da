"""Find a quote in a text, and say what differs where it is not there.

Duty: exact places of a quote, and the nearest similar words. Level 1; imports nothing of the package.
It must not correct anything: an exact quote is exact, and likeness is only for messages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice

__all__ = ["Difference", "Nearest", "clip", "difference", "nearest", "occurrences"]

# Characters that look alike and are mistaken for each other when words are typed or pasted.
_LIKE = str.maketrans(
    {**dict.fromkeys("“”„»«″‟", '"'), **dict.fromkeys("‘’‚›‹′´`", "'"), **dict.fromkeys("‐‑‒–—−", "-")}
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_SHINGLE = 6
_LIKENESS = 0.6
# Comparing costs the product of two lengths: of long quotes only the beginning is compared.
_COMPARED = 400
_VOTERS = 24
_VOTES = 1000
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Nearest:
    """The stretch of the text that is most like a quote; `ratio` is 1 where only look-alikes differ."""

    start: int
    end: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a quote and the text part: `position` counts from 1 in the quote."""

    position: int
    quoted: str
    found: str


def occurrences(text: str, quote: str) -> list[int]:
    """Return every offset at which the quote stands in the text, overlapping ones too."""
    return list(_finds(text, quote)) if quote else []


def nearest(text: str, quote: str) -> Nearest | None:
    """Return the stretch of the text most like the quote, or None when nothing is like it.

    Look-alikes (spaces of any kind, dashes, quotation marks, letter case, composed or not) count as equal
    when places are compared, so that a pasted quote leads to the words it came from.
    """
    folded, origin = _fold(text)
    wanted, _ = _fold(quote)
    wanted = wanted.strip()
    if not wanted:
        return None
    place = folded.find(wanted)
    if place >= 0:
        return Nearest(origin[place], origin[place + len(wanted) - 1] + 1, 1.0)
    beyond = max(0, len(wanted) - _COMPARED)
    wanted = wanted[:_COMPARED]
    start = _vote(folded, wanted)
    if start is None:
        return None
    margin = max(8, len(wanted) // 4)
    low, high = max(0, start - margin), min(len(folded), start + len(wanted) + margin)
    blocks = [
        block
        for block in SequenceMatcher(None, folded[low:high], wanted, autojunk=False).get_matching_blocks()
        if block.size
    ]
    matched = sum(block.size for block in blocks)
    if not blocks or matched < _LIKENESS * len(wanted):
        return None
    first, last = blocks[0], blocks[-1]
    # What the quote has before its first and after its last agreement stands for as much of the text.
    begin = max(0, low + first.a - first.b)
    end = min(len(folded), low + last.a + len(wanted) - last.b + beyond)
    return Nearest(origin[begin], origin[end - 1] + 1, matched / len(wanted))


def difference(quote: str, found: str) -> Difference | None:
    """Return where the quote and the words found first part, or None when they are the same."""
    if quote == found:
        return None
    shorter = min(len(quote), len(found))
    same = next((at for at in range(shorter) if quote[at] != found[at]), shorter)
    rest, other = quote[same : same + _COMPARED], found[same : same + _COMPARED]
    for tag, a, b, c, d in SequenceMatcher(None, rest, other, autojunk=False).get_opcodes():
        if tag != "equal":
            return Difference(same + a + 1, _named(rest[a:b]), _named(other[c:d]))
    return None


def clip(words: str) -> str:
    """Shorten words for a message, invisible characters made visible."""
    shown = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 20]} … {words[-15:]}"
    return "".join("⍽" if mark == "\u00a0" else "↵" if mark in "\r\n" else mark for mark in shown)


def _named(words: str) -> str:
    """Write out characters; one that does not show what it is gets its Unicode name."""
    if len(words) == 1 and not (words.isalnum() and words.isascii()):
        name = unicodedata.name(words, "")
        return f"“{words}” (U+{ord(words):04X}{' ' + name if name else ''})".replace("\n", "↵")
    return f"“{clip(words)}”" if words else ""


@lru_cache(maxsize=8)
def _fold(text: str) -> tuple[str, list[int]]:
    """Fold look-alikes away; the list tells from which offset of the text each character comes."""
    folded: list[str] = []
    origin: list[int] = []
    for offset, mark in enumerate(text):
        plain = _plain(mark)
        if not plain or (plain == " " and folded[-1:] == [" "]):
            continue
        folded.append(plain)
        origin.append(offset)
    return "".join(folded), origin


def _plain(mark: str) -> str:
    """Return what a character is taken for when places are compared: one character or none."""
    if mark.isspace():
        return " "
    if _INVISIBLE.match(mark) or unicodedata.combining(mark):
        return ""
    return unicodedata.normalize("NFD", mark.translate(_LIKE).casefold())[:1]


def _vote(text: str, wanted: str) -> int | None:
    """Let short runs of the wanted words, spread over them, vote for where in the text they would begin."""
    size = min(_SHINGLE, len(wanted))
    starts = len(wanted) - size + 1
    runs = {wanted[at : at + size]: at for at in range(0, starts, max(1, starts // _VOTERS))}
    bucket = max(4, len(wanted) // 8)
    votes = Counter[int]()
    for run, at in runs.items():
        for place in islice(_finds(text, run), _VOTES):
            votes[(place - at) // bucket] += 1
    if not votes:
        return None
    best = max(sorted(votes), key=lambda start: votes[start] + votes[start + 1])
    return max(0, best * bucket)


def _finds(text: str, run: str) -> Iterator[int]:
    place = text.find(run)
    while place >= 0:
        yield place
        place = text.find(run, place + 1)

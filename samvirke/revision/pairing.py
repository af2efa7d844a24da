"""Two texts, sentence by sentence: which sentences of the one stand in the other, in the same order.

Duty: cut texts into sentences and align them. Level 2; pure, imports `sentences`.
It must not know passages or files.
Source: patience diff – sentences that are found once in both texts are tied first, in the longest order that
both share, then what lies between. It costs n log n, where a comparison of characters costs n times n.

Sentences are compared with white space and composed letters made alike: a text that was wrapped anew has the
same sentences.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from samvirke.sentences import beginnings

__all__ = ["Pair", "Sentence", "align", "cut", "pair"]

_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
# Deeper nesting of unique sentences is made on purpose, and not worth following.
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters `start` to `end` of a text, no white space around them; `key` is what is compared."""

    start: int
    end: int
    key: str


def cut(text: str) -> tuple[Sentence, ...]:
    """Cut a text into sentences, headings and list items; what is white space only belongs to none."""
    starts = sorted({0, *beginnings(text), *_lines(text), len(text)})
    found = []
    for start, end in pairwise(starts):
        words = text[start:end]
        bare = words.strip()
        if bare:
            start += len(words) - len(words.lstrip())  # noqa: PLW2901 - the same place, without white space
            found.append(Sentence(start, start + len(bare), unicodedata.normalize("NFC", " ".join(bare.split()))))
    return tuple(found)


def _lines(text: str) -> Iterator[int]:
    """Yield where lines begin, unless a line only goes on in the next: a small letter after a single end."""
    for found in _LINE_END.finditer(text):
        following = text[found.end() : found.end() + 1]
        if not following.islower():
            yield found.end()


@dataclass(frozen=True, slots=True)
class Pair:
    """An old text and a new one, cut and aligned.

    `ahead[i]` is the new sentence that the old sentence i is, or -1; `back` the same the other way.
    """

    old: str
    new: str
    olds: tuple[Sentence, ...]
    news: tuple[Sentence, ...]
    ahead: tuple[int, ...]
    back: tuple[int, ...]
    tied: tuple[int, ...]
    """The old sentences that have a new one, in order."""
    old_starts: tuple[int, ...]
    new_starts: tuple[int, ...]

    def old_sentences(self, start: int, end: int) -> range:
        """The old sentences that a stretch of the old text touches; white space belongs to what is before it."""
        return _touched(self.old_starts, start, end)

    def new_sentences(self, start: int, end: int) -> range:
        """The new sentences that a stretch of the new text touches."""
        return _touched(self.new_starts, start, end)

    def around(self, touched: range) -> tuple[int, int]:
        """Where in the new text some old sentences belong: between the neighbours that still stand."""
        before = bisect_left(self.tied, touched.start) - 1
        after = bisect_right(self.tied, touched.stop - 1)
        low, high = 0, len(self.new)
        if touched and self.ahead[touched.start] >= 0:
            low = self.news[self.ahead[touched.start]].start
        elif before >= 0:
            low = self.news[self.ahead[self.tied[before]]].end
        if touched and self.ahead[touched.stop - 1] >= 0:
            high = _region_end(self.new, self.news, self.ahead[touched.stop - 1])
        elif after < len(self.tied):
            high = self.news[self.ahead[self.tied[after]]].start
        return low, max(low, high)

    def beside(self, touched: range) -> tuple[bool, bool]:
        """Whether the sentence before some old ones that still stand, and the one after, are the same too.

        That a text begins or ends there in both is the same too.
        """
        first, last = self.ahead[touched.start], self.ahead[touched.stop - 1]
        before = self.ahead[touched.start - 1] if touched.start else -1
        after = self.ahead[touched.stop] if touched.stop < len(self.olds) else len(self.news)
        edge = touched.start > 0 and first == 0
        return before == first - 1 and not edge, after == last + 1

    def windows(self, touched: range) -> tuple[int, int, int, int] | None:
        """Old start and end, new start and end of sentences that stand in a row in both texts; else None."""
        if not touched:
            return None
        first, last = self.ahead[touched.start], self.ahead[touched.stop - 1]
        if first < 0 or last < 0 or last - first != len(touched) - 1:
            return None
        return (
            self.olds[touched.start].start,
            _region_end(self.old, self.olds, touched.stop - 1),
            self.news[first].start,
            _region_end(self.new, self.news, last),
        )


def pair(old: str, new: str) -> Pair:
    """Cut two texts and align them."""
    olds, news = cut(old), cut(new)
    ahead = [-1] * len(olds)
    back = [-1] * len(news)
    for i, j in align([one.key for one in olds], [one.key for one in news]):
        ahead[i], back[j] = j, i
    return Pair(
        old,
        new,
        olds,
        news,
        tuple(ahead),
        tuple(back),
        tuple(i for i, j in enumerate(ahead) if j >= 0),
        tuple(one.start for one in olds),
        tuple(one.start for one in news),
    )


def align(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of places of equal items, both increasing."""
    found: list[tuple[int, int]] = []
    open_ranges = [(0, len(old), 0, len(new), 0)]
    while open_ranges:
        a, b, c, d, depth = open_ranges.pop()
        while a < b and c < d and old[a] == new[c]:
            found.append((a, c))
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
            found.append((b, d))
        if a == b or c == d or depth == _DEPTH:
            continue
        ties = _in_order(_unique(old, new, range(a, b), range(c, d)) or _numbered(old, new, range(a, b), range(c, d)))
        if ties:
            found += ties
            bounds = [(a - 1, c - 1), *ties, (b, d)]
            open_ranges += [(i + 1, k, j + 1, m, depth + 1) for (i, j), (k, m) in pairwise(bounds)]
    return sorted(found)


def _unique(old: Sequence[str], new: Sequence[str], olds: range, news: range) -> list[tuple[int, int]]:
    """Tie the items that are found once on both sides."""
    many, others = Counter(old[i] for i in olds), Counter(new[j] for j in news)
    place = {new[j]: j for j in news if others[new[j]] == 1}
    return [(i, place[old[i]]) for i in olds if many[old[i]] == 1 and old[i] in place]


def _numbered(old: Sequence[str], new: Sequence[str], olds: range, news: range) -> list[tuple[int, int]]:
    """Tie repeated items by their number: the third of one side is the third of the other."""

    def numbers(items: Sequence[str], places: range) -> dict[tuple[str, int], int]:
        count = Counter[str]()
        found: dict[tuple[str, int], int] = {}
        for at in places:
            found[items[at], count[items[at]]] = at
            count[items[at]] += 1
        return found

    there = numbers(new, news)
    return [(i, there[key]) for key, i in numbers(old, olds).items() if key in there]


def _in_order(ties: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep the longest run of ties that increases on both sides."""
    tops: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(ties):
        at = bisect_left(tops, j)
        before.append(tails[at - 1] if at else -1)
        tops[at : at + 1] = [j]
        tails[at : at + 1] = [number]
    kept = []
    number = tails[-1] if tails else -1
    while number >= 0:
        kept.append(ties[number])
        number = before[number]
    return kept[::-1]


def _touched(starts: Sequence[int], start: int, end: int) -> range:
    if not starts:
        return range(0)
    return range(max(0, bisect_right(starts, start) - 1), max(1, bisect_left(starts, end)))


def _region_end(text: str, sentences: Sequence[Sentence], at: int) -> int:
    return sentences[at + 1].start if at + 1 < len(sentences) else len(text)

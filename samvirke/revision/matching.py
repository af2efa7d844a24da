"""Decide where each passage of an old text stands in a new one.

Duty: for each stretch of the old text its place in the new one, or why it has none; pure. Level 2; imports
`pairing`, `folding` and `settling`. It must not know RDF, and must not guess: where two places are as good, there
is none.

A passage in a sentence that still stands is where that sentence is, unless that is a short one among others that
are all new. Else it is looked for where its sentence
was, then everywhere, and is known by the words around it: a short quote that only happens to stand somewhere
is no evidence. Passages inside another go where that one goes, and no two come to overlap in part.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from samvirke.evidence import Span
from samvirke.revision.folding import fold
from samvirke.revision.pairing import Pair, pair
from samvirke.revision.settling import Found, Missing, Outcome, nested, place_of, settle

__all__ = ["place"]

_AROUND = 120
# What makes a place known beyond chance: so many words and letters that are as before, the quote's own included.
_WORDS = 5
_LETTERS = 20
# A sentence of fewer words – “Yes.” – is no sign of its own.
_SENTENCE = 3
# Two places that differ by less are as good as each other.
_MARGIN = 4
# A quote that stands more often is looked for with words around it.
_OFTEN = 64
_WIDTHS = (40, 12)


def place(texts: Pair, spans: Sequence[Span]) -> dict[Span, Outcome]:
    """Return what became of each stretch of the old text.

    What is not in the new text letter by letter is looked for again with white space and composed letters made
    alike; the words at its place are then not quite the old ones.
    """
    outcomes = _match(texts, spans)
    if any(isinstance(outcome, Missing) for outcome in outcomes.values()):
        outcomes |= _alike(texts, outcomes)
    return settle(outcomes)


def _alike(texts: Pair, outcomes: Mapping[Span, Outcome]) -> dict[Span, Outcome]:
    """Look for the missing with white space and composed letters made alike."""
    old, new = fold(texts.old), fold(texts.new)
    if old.text == texts.old and new.text == texts.new:
        return {}
    folded = {span: Span(old.place(span.start), old.place(span.end)) for span in outcomes}
    again = _match(pair(old.text, new.text), [span for span in folded.values() if span.start < span.end])
    found: dict[Span, Outcome] = {}
    for span, outcome in outcomes.items():
        other = again.get(folded[span])
        if isinstance(outcome, Missing) and outcome.kind != "crowded" and isinstance(other, Found):
            found[span] = replace(other, span=Span(new.start(other.span.start), new.end(other.span.end)))
    return found


def _match(texts: Pair, spans: Sequence[Span]) -> dict[Span, Outcome]:
    """Find each stretch letter by letter; two may still be in each other's way."""
    matcher = _Matcher(texts)
    ordered = sorted(set(spans), key=lambda span: (span.start, -span.end))
    for span in ordered:
        found = matcher.aligned(span)
        if found is not None:
            matcher.take(span, found)
    for span, parent in nested(ordered):
        if span not in matcher.outcomes:
            inside = matcher.inside(span, parent)
            matcher.take(span, inside if inside is not None else matcher.elsewhere(span))
    return matcher.outcomes


@dataclass(slots=True)
class _Matcher:
    pair: Pair
    placed: list[Span] = field(default_factory=list)
    outcomes: dict[Span, Outcome] = field(default_factory=dict)
    taken: set[tuple[int, int]] = field(default_factory=set)
    finds: dict[str, list[int]] = field(default_factory=dict)

    def take(self, span: Span, outcome: Outcome) -> None:
        self.outcomes[span] = outcome
        if isinstance(outcome, Found):
            insort(self.placed, span)
            self.taken.add((outcome.span.start, outcome.span.end))

    def aligned(self, span: Span) -> Found | None:
        """The place in the sentences that the passage's sentences still are."""
        touched = self.pair.old_sentences(span.start, span.end)
        windows = self.pair.windows(touched)
        if windows is None:
            return None
        found = self._within(span, windows)
        if found is None or any(self.pair.beside(touched)) or self._known(span, found):
            return found
        words = sum(len(self.pair.olds[number].key.split()) for number in touched)
        return found if words >= _SENTENCE else None

    def _within(self, span: Span, windows: tuple[int, int, int, int]) -> Found | None:
        """The place among sentences that stand in a row in both texts."""
        low, high, new_low, new_high = windows
        quote = self.pair.old[span.start : span.end]
        at = new_low + span.start - low
        if span.start >= low and self.pair.new.startswith(self.pair.old[low : span.end], new_low):
            return self._found(span, at, moved=False)
        before = list(_finds(self.pair.old, quote, min(low, span.start), max(high, span.end)))
        after = list(_finds(self.pair.new, quote, new_low, new_high))
        if len(before) == len(after) and span.start in before:
            return self._found(span, after[before.index(span.start)], moved=False)
        return None

    def inside(self, span: Span, parent: Span | None) -> Found | None:
        """The place inside the passage around it, when that has one."""
        outcome = self.outcomes.get(parent) if parent else None
        if parent is None or not isinstance(outcome, Found):
            return None
        at = outcome.span.start + span.start - parent.start
        return Found(Span(at, at + span.end - span.start), outcome.moved, outcome.score, inside=True)

    def elsewhere(self, span: Span) -> Outcome:
        """The place that has the same words around it as before."""
        quote = self.pair.old[span.start : span.end]
        touched = self.pair.old_sentences(span.start, span.end)
        low, high = self.pair.around(touched)
        places = self._places(span, quote, low, high)
        if not places:
            return Missing("absent")
        free = [at for at in places if self._free(at, len(quote), touched)]
        if not free:
            return Missing("crowded", tuple(places))
        ranked = sorted(
            (self._found(span, at, moved=not low <= at <= at + len(quote) <= high) for at in free),
            key=lambda found: (-found.score, found.moved, found.span),
        )
        good = [found for found in ranked if found.score > ranked[0].score - _MARGIN]
        if not self._known(span, good[0]):
            return Missing("context", tuple(places))
        if len(good) > 1:
            good = self._between(span, [found for found in good if not found.moved] or good)
        return good[0] if len(good) == 1 else Missing("ambiguous", tuple(found.span.start for found in good or ranked))

    def _places(self, span: Span, quote: str, low: int, high: int) -> list[int]:
        """Where the quote stands; of one that stands very often, the places that come into question."""
        if quote not in self.finds:
            self.finds[quote] = list(islice(_finds(self.pair.new, quote), _OFTEN + 1))
        every = self.finds[quote]
        if len(every) <= _OFTEN:
            return every
        found = set(islice(_finds(self.pair.new, quote, low, high), _OFTEN))
        for width in _WIDTHS:
            before = self.pair.old[max(0, span.start - width) : span.start]
            after = self.pair.old[span.end : span.end + width]
            for left, right in ((before, after), (before, ""), ("", after)):
                found |= {at + len(left) for at in islice(_finds(self.pair.new, left + quote + right), _OFTEN)}
            if found:
                break
        return sorted(found) or every[:_OFTEN]

    def _free(self, at: int, length: int, touched: range) -> bool:
        """Whether the words there are nobody else's: no other passage's, and no other sentence's that was there."""
        if (at, at + length) in self.taken:
            return False
        were = [self.pair.back[number] for number in self.pair.new_sentences(at, at + length)]
        return any(number < 0 or number in touched for number in were)

    def _found(self, span: Span, at: int, *, moved: bool) -> Found:
        end = at + span.end - span.start
        before, after = self._common(span, at, end)
        return Found(Span(at, end), moved, len(before) + len(after))

    def _common(self, span: Span, at: int, end: int) -> tuple[str, str]:
        old, new = self.pair.old, self.pair.new
        before = _shared(old[max(0, span.start - _AROUND) : span.start][::-1], new[max(0, at - _AROUND) : at][::-1])
        after = _shared(old[span.end : span.end + _AROUND], new[end : end + _AROUND])
        return before[::-1], after

    def _known(self, span: Span, found: Found) -> bool:
        """Whether enough is as before for this to be the place and no chance."""
        before, after = self._common(span, found.span.start, found.span.end)
        words = before + self.pair.old[span.start : span.end] + after
        return len(words.split()) >= _WORDS and sum(map(str.isalnum, words)) >= _LETTERS

    def _between(self, span: Span, good: list[Found]) -> list[Found]:
        """Of places as good, those between the new places of the passages before and after."""
        here = bisect_left(self.placed, span)
        before = next((one for one in reversed(self.placed[:here]) if one.end <= span.start), None)
        after = next((one for one in self.placed[here:] if one.start >= span.end), None)
        low = place_of(self.outcomes, before).end if before else 0
        high = place_of(self.outcomes, after).start if after else len(self.pair.new)
        kept = [found for found in good if low <= found.span.start and found.span.end <= high]
        return kept if len(kept) == 1 else good


def _finds(text: str, quote: str, low: int = 0, high: int | None = None) -> Iterator[int]:
    """Yield where the quote stands between two places; the caller stops in time."""
    high = len(text) if high is None else high
    place = text.find(quote, low, high)
    while place >= 0:
        yield place
        place = text.find(quote, place + 1, high)


def _shared(one: str, other: str) -> str:
    """What two strings begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return one[:low]

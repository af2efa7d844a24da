"""Decide where in a text each quote stands.

Duty: the place of every quote, or why there is none; pure. Level 2; imports `fragments` and `quotes`.
It must not know files or RDF.

A quote that stands once is where it stands. One that stands several times is told apart by the words
around it; else, if it had a place before, by where its neighbours moved to. A new one is never guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samvirke.evidence.fragments import Span
from samvirke.evidence.quotes import Nearest, nearest, occurrences

__all__ = ["Problem", "Wanted", "place"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A passage to place: its address, its quote, the place it has (None for a draft), the words around it."""

    address: str
    quote: str
    span: Span | None = None
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a passage has no place.

    `kind` is "empty", "absent" (with `near`), "ambiguous", "context" (the words around it fit nowhere) or
    "crowded" (more passages want the quote than it has places); `places` are where the quote stands.
    """

    kind: str
    places: tuple[int, ...] = ()
    near: Nearest | None = None


def place(text: str, wanted: Sequence[Wanted]) -> Mapping[str, Span | Problem]:
    """Return the place of each passage by its address, or the problem with it.

    Passages that are already where their quote is stay there, so that placing twice changes nothing.
    """
    decided: dict[str, Span | Problem] = {}
    shifts: list[tuple[int, int]] = []
    groups: dict[tuple[str, str, str], list[Wanted]] = defaultdict(list)
    standing = {quote: occurrences(text, quote) for quote in {passage.quote for passage in wanted}}
    for passage in wanted:
        places = standing[passage.quote]
        fitting = [at for at in places if _fits(text, passage, at)]
        if not passage.quote:
            decided[passage.address] = Problem("empty")
        elif not places:
            decided[passage.address] = Problem("absent", near=nearest(text, passage.quote))
        elif not fitting:
            decided[passage.address] = Problem("context", tuple(places))
        elif len(fitting) == 1:
            decided[passage.address] = Span(fitting[0], fitting[0] + len(passage.quote))
            if passage.span is not None:
                shifts.append((passage.span.start, fitting[0] - passage.span.start))
        elif passage.span is None:
            decided[passage.address] = Problem("ambiguous", tuple(fitting))
        else:
            groups[passage.quote, passage.prefix, passage.suffix].append(passage)
    shifts.sort()
    for group in groups.values():
        fitting = [at for at in standing[group[0].quote] if _fits(text, group[0], at)]
        decided |= _share(group, fitting, shifts)
    return decided


def _fits(text: str, passage: Wanted, at: int) -> bool:
    """The words before and after are those that were asked for, if any were."""
    return text.endswith(passage.prefix, 0, at) and text.startswith(passage.suffix, at + len(passage.quote))


def _share(group: list[Wanted], places: list[int], shifts: list[tuple[int, int]]) -> dict[str, Span | Problem]:
    """Share the places of one quote among the passages that had one before, in their old order."""
    by_start: dict[int, list[Wanted]] = defaultdict(list)
    for passage in group:
        by_start[passage.span.start if passage.span else 0].append(passage)
    starts = sorted(by_start)
    if len(starts) > len(places):
        return {passage.address: Problem("crowded", tuple(places)) for passage in group}
    chosen = _in_order([[_distance(start, at, shifts) for at in places] for start in starts])
    return {
        passage.address: Span(places[at], places[at] + len(passage.quote))
        for start, at in zip(starts, chosen, strict=True)
        for passage in by_start[start]
    }


def _distance(start: int, at: int, shifts: list[tuple[int, int]]) -> tuple[int, int]:
    """How far a place is from where the passage should be, as its nearest neighbours moved; then from where it was."""
    after = bisect_right(shifts, start, key=lambda moved: moved[0])
    beside = [shift for _, shift in shifts[max(0, after - 1) : after + 1]] or [0]
    return min(abs(start + shift - at) for shift in beside), abs(start - at)


def _in_order(costs: list[list[tuple[int, int]]]) -> list[int]:
    """Choose one column for each row, columns increasing, at the least total cost; the first such choice."""
    columns = len(costs[0])
    # best[n]: the cheapest way to place the rows so far in the first n columns, and which columns it takes.
    best: list[tuple[int, int, list[int]] | None] = [(0, 0, [])] * (columns + 1)
    for row in costs:
        following: list[tuple[int, int, list[int]] | None] = [None]
        for column, (far, moved) in enumerate(row):
            before, without = best[column], following[column]
            if before is None:
                following.append(without)
                continue
            taken = (before[0] + far, before[1] + moved, [*before[2], column])
            following.append(taken if without is None or taken[:2] < without[:2] else without)
        best = following
    last = best[columns]
    assert last is not None, "there are at least as many places as passages"
    return last[2]

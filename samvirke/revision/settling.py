"""Places for passages that do not get in each other's way.

Duty: what became of a passage, and which of several gives way where two want one place or would overlap in part;
pure. Level 2. It must not look at words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from samvirke.evidence import Span

__all__ = ["Found", "Missing", "Outcome", "nested", "place_of", "settle"]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage's new place. `moved` says that it is not where it was among its neighbours."""

    span: Span
    moved: bool
    score: int
    inside: bool = False
    """It was found because the passage around it was."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a passage has no new place.

    `kind` is "absent", "ambiguous" (several places are as good), "context" (its words stand somewhere, with
    nothing around them as before), "crowded" (they are another passage's) or "crossing" (it would overlap
    another in part); `places` are where the words stand.
    """

    kind: str
    places: tuple[int, ...] = ()


Outcome = Found | Missing


def settle(outcomes: Mapping[Span, Outcome]) -> dict[Span, Outcome]:
    """Let no two passages take the same place, and none overlap another in part.

    Who stands where it stood goes before who moved, then who has more of the old words around it.
    """
    settled = dict(outcomes)
    by_place: dict[Span, list[Span]] = {}
    for span, outcome in outcomes.items():
        if isinstance(outcome, Found):
            by_place.setdefault(outcome.span, []).append(span)
    for wanted, wanting in by_place.items():
        for span in _losers(wanting, outcomes):
            settled[span] = Missing("crowded", (wanted.start,))
    for span in _crossing(settled):
        settled[span] = Missing("crossing", (place_of(settled, span).start,))
    for span, parent in nested(sorted(settled, key=lambda span: (span.start, -span.end))):
        outcome, around = settled[span], settled.get(parent) if parent else None
        if isinstance(outcome, Found) and outcome.inside and isinstance(around, Missing):
            settled[span] = Missing(around.kind, (outcome.span.start,))
    return settled


def _losers(wanting: Sequence[Span], outcomes: Mapping[Span, Outcome]) -> list[Span]:
    ranked = sorted(wanting, key=lambda span: (_rank(outcomes, span), span))
    if len(ranked) > 1 and _rank(outcomes, ranked[0]) == _rank(outcomes, ranked[1]):
        return ranked
    return ranked[1:]


def _rank(outcomes: Mapping[Span, Outcome], span: Span) -> tuple[bool, int]:
    outcome = outcomes[span]
    assert isinstance(outcome, Found)
    return outcome.moved, -outcome.score


def place_of(outcomes: Mapping[Span, Outcome], span: Span) -> Span:
    """Return the new place of a passage that has one."""
    outcome = outcomes[span]
    assert isinstance(outcome, Found)
    return outcome.span


def _crossing(outcomes: Mapping[Span, Outcome]) -> list[Span]:
    """The passages to give up so that no two of those left overlap in part."""
    placed = [(outcome.span, span) for span, outcome in outcomes.items() if isinstance(outcome, Found)]
    given_up: list[Span] = []
    around: list[tuple[Span, Span]] = []
    for new, span in sorted(placed, key=lambda both: (both[0].start, -both[0].end)):
        around = [both for both in around if both[0].end > new.start]
        crossed = [both for both in around if both[0].end < new.end]
        if any(_rank(outcomes, other) <= _rank(outcomes, span) for _, other in crossed):
            given_up.append(span)
            continue
        given_up += [other for _, other in crossed]
        around = [both for both in around if both not in crossed]
        around.append((new, span))
    return given_up


def nested(ordered: Sequence[Span]) -> Iterator[tuple[Span, Span | None]]:
    """Yield each stretch with the narrowest one around it; the wider come first."""
    around: list[Span] = []
    for span in ordered:
        while around and around[-1].end <= span.start:
            around.pop()
        yield span, next((other for other in reversed(around) if other.end >= span.end), None)
        around.append(span)

"""How two texts differ, by sentence.

Duty: the sentences that were inserted, deleted, changed and moved, in the order of the new text. Level 2; pure,
imports `pairing`. It must not look at passages.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from samvirke.revision.pairing import Pair, Sentence

__all__ = ["Change", "differences"]

# A sentence is the same one changed when half of its words are the same.
_ALIKE = 0.5
# How far from where it would stand a changed sentence is looked for.
_NEAR = 6


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind` is "inserted", "deleted", "changed" or "moved"; `old` and `new` are the words."""

    kind: str
    old: str
    new: str
    old_place: tuple[int, int] | None
    new_place: tuple[int, int] | None


def differences(texts: Pair) -> tuple[Change, ...]:
    """Return what differs, in the order of the new text; what is gone stands where it would have stood."""
    moved = dict(_moved(texts))
    arrived = {new: old for old, new in moved.items()}
    changes: list[Change] = []
    i = j = 0
    for a in (*texts.tied, len(texts.olds)):
        b = texts.ahead[a] if a < len(texts.olds) else len(texts.news)
        gone = [number for number in range(i, a) if number not in moved]
        come = list(range(j, b))
        tied = _changed(texts, gone, [number for number in come if number not in arrived])
        was = {new: old for old, new in tied.items()}
        changes += [_change("deleted", texts, old, None) for old in gone if old not in tied]
        for new in come:
            if new in arrived:
                changes.append(_change("moved", texts, arrived[new], new))
            elif new in was:
                changes.append(_change("changed", texts, was[new], new))
            else:
                changes.append(_change("inserted", texts, None, new))
        i, j = a + 1, b + 1
    return tuple(changes)


def _moved(texts: Pair) -> Iterator[tuple[int, int]]:
    """Tie the sentences that stand elsewhere, the same ones in their order."""
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for new, old in enumerate(texts.back):
        if old < 0:
            waiting[texts.news[new].key].append(new)
    for old, new in enumerate(texts.ahead):
        if new < 0 and waiting[texts.olds[old].key]:
            yield old, waiting[texts.olds[old].key].popleft()


def _changed(texts: Pair, gone: list[int], come: list[int]) -> dict[int, int]:
    """Tie each sentence that is gone to one that came in about its place and has most of its words."""
    found: dict[int, int] = {}
    words = {new: Counter(texts.news[new].key.split()) for new in come} if gone else {}
    left = set(come)
    for number, old in enumerate(gone):
        about = number * len(come) // len(gone)
        mine = Counter(texts.olds[old].key.split())
        near = [new for new in come[max(0, about - _NEAR) : about + _NEAR + 1] if new in left]
        best = max(near, key=lambda new: _likeness(mine, words[new]), default=None)
        if best is not None and _likeness(mine, words[best]) >= _ALIKE:
            found[old] = best
            left.discard(best)
    return found


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    return 2 * (one & other).total() / (one.total() + other.total())


def _change(kind: str, texts: Pair, old: int | None, new: int | None) -> Change:
    before = texts.olds[old] if old is not None else None
    after = texts.news[new] if new is not None else None
    return Change(kind, *(_words(texts.old, before), _words(texts.new, after)), _place(before), _place(after))


def _words(text: str, sentence: Sentence | None) -> str:
    return text[sentence.start : sentence.end] if sentence else ""


def _place(sentence: Sentence | None) -> tuple[int, int] | None:
    return (sentence.start, sentence.end) if sentence else None

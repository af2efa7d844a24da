"""A text with white space and composed letters made alike, and the way back to the places it came from.

Duty: fold a text, and translate places. Level 2; pure, imports nothing of the package.
It must not make unlike words alike: letter case, dashes and quotation marks stay as they are.
Standard: Unicode normalisation form C, https://www.unicode.org/reports/tr15/
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["Folded", "fold"]

# Hangul is composed of letters that are no combining marks.
_JAMO = "\u1100-\u11ff"
# Signs that are not seen and not read: a hyphen that may be, joiners, byte order marks amid a text.
_UNSEEN = "\u00ad\u200b\u2060\ufeff"
_GONE = dict.fromkeys(map(ord, _UNSEEN))


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is the folded text; stretch n of it begins at `here[n]` and came from `there[n]` of the other."""

    text: str
    here: tuple[int, ...]
    there: tuple[int, ...]
    same: tuple[bool, ...]
    """Whether a stretch came over unchanged, character by character."""
    length: int

    def start(self, at: int) -> int:
        """Where a stretch that begins here began in the text as it was."""
        number = bisect_right(self.here, at) - 1
        return self.there[number] + (at - self.here[number] if self.same[number] else 0)

    def end(self, at: int) -> int:
        """Where a stretch that ends here ended in the text as it was."""
        number = bisect_right(self.here, at - 1) - 1
        if self.same[number]:
            return self.there[number] + at - self.here[number]
        return self.there[number + 1] if number + 1 < len(self.there) else self.length

    def place(self, at: int) -> int:
        """Where a place of the text as it was is in the folded one."""
        number = max(0, bisect_right(self.there, at) - 1)
        if not self.here:
            return 0
        if self.same[number]:
            return min(len(self.text), self.here[number] + at - self.there[number])
        if at == self.there[number]:
            return self.here[number]
        return self.here[number + 1] if number + 1 < len(self.here) else len(self.text)


def fold(text: str) -> Folded:
    """Fold a text: every run of white space is one space, letters are composed, unseen signs are gone."""
    parts: list[str] = []
    here: list[int] = []
    there: list[int] = []
    same: list[bool] = []
    size = at = 0

    def take(words: str, start: int, kept: bool) -> None:
        nonlocal size
        if words:
            parts.append(words)
            here.append(size)
            there.append(start)
            same.append(kept)
            size += len(words)

    for found in _special(text).finditer(text):
        take(text[at : found.start()], at, True)
        words = found[0]
        plain = unicodedata.normalize("NFC", words.translate(_GONE))
        plain = " " if plain.isspace() else plain
        take(plain, found.start(), plain == words)
        at = found.end()
    take(text[at:], at, True)
    return Folded("".join(parts), tuple(here), tuple(there), tuple(same), len(text))


def _special(text: str) -> re.Pattern[str]:
    """Return what matches the stretches of this text that folding changes."""
    odd = sorted(mark for mark in set(text) if not mark.isascii() and not mark.isspace())
    marks = [mark for mark in odd if unicodedata.combining(mark)]
    others = [mark for mark in odd if not unicodedata.combining(mark) and unicodedata.normalize("NFC", mark) != mark]
    after = f"[{re.escape(''.join(marks))}{_JAMO}]"
    alone = f"[{re.escape(''.join(others))}{_JAMO}]{after}*" if others else f"[{_JAMO}]{after}*"
    composed = rf"[^\s{_UNSEEN}][{_UNSEEN}]*(?:{after}[{_UNSEEN}]*)+"
    return re.compile(rf"[{_UNSEEN}]*\s[\s{_UNSEEN}]*|{composed}|{alone}|[{_UNSEEN}]+")

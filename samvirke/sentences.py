"""Where the sentences of a text begin.

Duty: find the places where one sentence ends and another begins. Level 1; pure, knows neither RDF
nor the web. An abbreviation does not end a sentence: what is none is told by its form, and a few by
name, in Danish and English. Where the form says nothing the text is cut.
Source: https://unicode.org/reports/tr29/#Sentence_Boundaries (SB8: no break before a small letter)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?…][\"”»«’‘)\]]*\s+")
_OPENING = "\"“”«»‘'(["
_BEFORE = re.compile(r"[\s\"“”«»‘'(\[/–—-]")
_LONGEST = 12
"""Characters looked at before a full stop; a longer word is no abbreviation."""

# No word is without a vowel: Kgl., Dr., St., Nr., Mrs.; nor is a lone capital a word: H. C. Andersen.
_FORM = re.compile(r"[B-DF-HJ-NP-TV-XZ][b-df-hj-np-tv-xz]{1,3}|[A-ZÆØÅÄÖÜ]")
_SMALL_FORM = re.compile(r"[b-df-hj-np-tv-xz]{1,4}")
_INNER_STOP = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)+")
_NAMED = frozenset({"Capt", "Cand", "Col", "Gen", "Ing", "Mag", "Prof", "Rev", "ca", "cf", "dvs", "jf", "vs"})
_BEFORE_NUMBERS = frozenset({"No", "Vol", "Fig", "Art", "Kap", "no", "vol", "fig", "art", "kap", "side", "pp"})
_CLOSING = frozenset({"m.m", "m.v", "m.fl", "o.a", "o.l", "o.lign", "a.m", "p.m"})
"""Abbreviations with a stop inside that stand at the end of a sentence as often as not."""


def beginnings(text: str) -> Iterator[int]:
    """Yield where each further sentence of `text` begins, in code points; the first one is not told."""
    for found in _END.finditer(text):
        following = _first(text, found.end())
        if not following.isalnum() or following.islower():
            continue
        if text[found.start()] == "." and _abbreviation(_word(text, found.start()), following):
            continue
        yield found.end()


def _first(text: str, at: int) -> str:
    """The first character from a place on that opens no quotation."""
    while at < len(text) and text[at] in _OPENING:
        at += 1
    return text[at : at + 1]


def _word(text: str, end: int) -> str:
    """The word that ends at a place; "" when it is too long to be an abbreviation."""
    start = max(0, end - _LONGEST - 1)
    word = _BEFORE.split(text[start:end])[-1]
    return word if len(word) <= _LONGEST else ""


def _abbreviation(word: str, following: str) -> bool:
    """Whether a word with a full stop is an abbreviation here, before what follows."""
    if word in _NAMED or _FORM.fullmatch(word):
        return True
    if _INNER_STOP.fullmatch(word):
        return word not in _CLOSING
    return following.isdigit() and (word in _BEFORE_NUMBERS or _SMALL_FORM.fullmatch(word) is not None)

"""The words of all names: what full text is filled with.

Duty: fold and stem each word once, however many names it is in, and write the columns that names are found by.
Level 4; runs when the index is made. Must not choose names, nor rank them.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from samvirke.search.words import WORD, fold, folded_words, initials, plain, stems, tokens

__all__ = ["Name", "Vocabulary", "write_names"]

_LETTER_BY_LETTER = re.compile(r"[\x00-\x7fÀ-ÖØ-öø-ÿ]*")
"""Texts that may be folded word by word: no sign of them becomes two words, and none joins its neighbour."""
Name = tuple[int, int, str, str, int, str]
"""A row of the table `name`: number, entity, text, tag, kind, folded."""


class _Word(NamedTuple):
    """A word as `tokens` gives it: folded, its stems, and as some keyboards write it where that is something else."""

    folded: str
    roots: frozenset[str]
    plain: str


class Vocabulary(dict[str, _Word]):
    """Words by how they are written; a word when it is first met."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        super().__init__()
        self._languages = languages

    def __missing__(self, word: str) -> _Word:
        folded = fold(word)
        spelled = "" if word.isascii() else plain(word)
        self[word] = found = _Word(folded, stems(word, self._languages), "" if spelled == folded else spelled)
        return found

    def folded(self, text: str) -> str:
        """Return the words of a text, folded, one space between."""
        if text.isascii():
            return " ".join(WORD.findall(text.lower()))
        if _LETTER_BY_LETTER.fullmatch(text):
            return " ".join([self[word].folded for word in WORD.findall(text.casefold())])
        return " ".join(folded_words(text))


def write_names(connection: sqlite3.Connection, names: Sequence[Name], vocabulary: Vocabulary) -> None:
    """Fill the two full-text columns of every name, and the words of all of them."""
    counts: Counter[str] = Counter()
    words_of = []
    for number, _, text, _, _, folded in names:
        if text.isascii():
            words, also = folded.split(" "), folded
            told = [vocabulary[word] for word in words]
        else:
            words = tokens(text)
            told = [vocabulary[word] for word in words]
            # Behind the name's own words, which are looked for from its beginning: as other keyboards write them.
            also = " ".join((folded, *(one.plain for one in told if one.plain)))
        counts.update(words)
        roots = sorted(set().union(*[one.roots for one in told]))
        roots += [f"0{short}" for short in sorted(initials(text))]
        words_of.append((number, also, " ".join(roots)))
    connection.executemany("INSERT INTO name_words (rowid, words, stems) VALUES (?, ?, ?)", words_of)
    parts = ((name[0], name[5]) for name in names)
    connection.executemany("INSERT INTO name_parts (rowid, folded) VALUES (?, ?)", parts)
    _write_words(connection, counts, vocabulary)


def _write_words(connection: sqlite3.Connection, counts: Counter[str], vocabulary: Vocabulary) -> None:
    found: dict[str, tuple[str, int]] = {}
    for word, count in counts.items():
        if word:
            folded = vocabulary[word].folded
            first, before = found.get(folded, (word, 0))
            found[folded] = (first, before + count)
    rows = [(n, folded, *told) for n, (folded, told) in enumerate(sorted(found.items()), start=1)]
    connection.executemany("INSERT INTO word VALUES (?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO word_parts (rowid, folded) VALUES (?, ?)", (row[:2] for row in rows))

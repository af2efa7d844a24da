"""Patterns of sh:pattern, matched by the engine's regular expressions in linear time.

Duty: say which patterns mean the same to the engine and to Python, which pySHACL uses, and match
them. Level 3. Python's matcher has no limit in time, so that one pattern and one value can stop a
build; the engine's has none of the constructs that need such time. Patterns that the two may read
differently (look-around, back references, sets of sets, named classes) are refused here, and so is
a value whose characters they may sort differently.
Standards: https://www.w3.org/TR/xpath-functions-31/#regex-syntax, https://docs.rs/regex/latest/regex/#syntax
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

import pyoxigraph
from pyoxigraph import Literal

from samvirke.gate.compiled.values import Undecided

_BATCH = 2_000
_ATOM = re.compile(
    r"""\\[dDwWsSbB] | \\[tnrfv] | \\u[0-9A-Fa-f]{4} | \\x[0-9A-Fa-f]{2} | \\[^\w\s] | \(\?: | [()|^$.]
    | \[\^?\]?(?:\\[dDwWsStnrfv] | \\u[0-9A-Fa-f]{4} | \\x[0-9A-Fa-f]{2} | \\[^\w\s] | [^\\\[\]])*\]
    | (?:[*+?] | \{\d{1,3}(?:,\d{0,3})?\})\??
    | [^\\\[\](){}|^$.*+?]""",
    re.VERBOSE | re.DOTALL,
)
_QUANTIFIER = re.compile(r"[*+?{]")
_FOLDED = frozenset("ſKÅİıẞß")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as the engine reads it, with SPARQL's flags; `words` and `spaces` say what it asks of characters."""

    text: str
    flags: str
    words: bool
    spaces: bool

    def matched(self, texts: Collection[str], store: pyoxigraph.Store) -> set[str]:
        """Which of the texts match.

        Raises: Undecided when Python may read one of them differently.
        """
        for text in texts:
            self._examine(text)
        found: set[str] = set()
        listed = list(texts)
        for start in range(0, len(listed), _BATCH):
            rows = " ".join(str(Literal(text)) for text in listed[start : start + _BATCH])
            query = f"SELECT ?t WHERE {{ VALUES ?t {{ {rows} }} FILTER(REGEX(?t, {self._pattern()})) }}"
            found.update(solution["t"].value for solution in store.query(query))  # type: ignore[union-attr]
        return found

    def _pattern(self) -> str:
        return f'{Literal(self.text)}, "{self.flags}"'

    def usable(self, store: pyoxigraph.Store) -> bool:
        """Whether the engine takes the pattern; one that is too large it does not."""
        query = f'SELECT ?v WHERE {{ BIND(REGEX("", {self._pattern()}) AS ?v) }}'
        return all(solution["v"] is not None for solution in store.query(query))  # type: ignore[union-attr]

    def _examine(self, text: str) -> None:
        if self.spaces and any("\x1c" <= character <= "\x1f" for character in text):
            raise Undecided
        if text.isascii():
            return
        if "i" in self.flags and not _FOLDED.isdisjoint(text):
            raise Undecided
        if self.words and not all(map(_plain, text)):
            raise Undecided


def _plain(character: str) -> bool:
    """Whether Python and the engine agree that a character belongs to a word, or that it does not."""
    if character.isascii():
        return True
    kind = unicodedata.category(character)
    return kind[0] != "M" and kind not in {"No", "Pc", "So", "Cf", "Cn"}


def read(text: str, flags: str) -> Pattern | None:  # noqa: PLR0911 - a return for each way out
    """The pattern for the engine, or None when only Python knows what it means."""
    if not set("xqs").isdisjoint(flags.lower()) or ("i" in flags.lower() and not text.isascii()):
        return None  # pySHACL passes over the first three
    made: list[str] = []
    place, before = 0, ""
    words = spaces = False
    while place < len(text):
        match = _ATOM.match(text, place)
        if match is None:
            return None
        atom, place = match[0], match.end()
        if _QUANTIFIER.match(atom) and (not before or before in {"(", "(?:", "|", "^", "$"} or _is_quantifier(before)):
            return None
        if atom == "(" and text[place : place + 1] == "?":
            return None
        if atom.startswith("[") and (_has_pair(atom) or atom[1:2] == "]" or atom[1:3] == "^]"):
            return None
        if atom == "$":
            if text[place : place + 1] not in {"", ")", "|"}:
                return None
            # Python lets a line break stand behind the end.
            atom = "$" if "m" in flags.lower() else r"(?:\n?$)"
        words = words or bool(re.search(r"\\[wWbB]", atom))
        spaces = spaces or bool(re.search(r"\\[sS]", atom))
        made.append(atom)
        before = match[0]
    kept = "".join(flag for flag in "im" if flag in flags.lower())
    try:
        re.compile(text)
    except re.error:
        return None
    return Pattern("".join(made), kept, words, spaces)


def _is_quantifier(atom: str) -> bool:
    return bool(_QUANTIFIER.match(atom))


def _has_pair(group: str) -> bool:
    """Whether a set of characters holds what the engine takes for an operation between sets."""
    return "--" in group or "&&" in group or "~~" in group

"""Words as they are compared: folded, stemmed, sorted.

Duty: pure functions on texts, the same for the index and for the question asked of it. Level 4.
SQLite's own `remove_diacritics` does not fold æ, ø and å, so both sides are folded here.
Source: https://snowballstem.org/algorithms/
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

__all__ = ["WORD", "fold", "folded_words", "initials", "plain", "plainly", "sort_key", "sort_keys", "stems", "tokens"]

_SPELLED = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "ue", "ð": "d", "þ": "th", "ł": "l", "đ": "d"}
)
_PLAINLY = str.maketrans({"ø": "o", "å": "a", "ä": "a", "ö": "o", "ü": "u"})
WORD = re.compile(r"[^\W_]+")
"""A word of a text."""
_LONGEST_INITIALS = 6
_DIGITS = re.compile(r"\d+")
_DIGITS_SORTED = 12
_SORTED = re.compile(r"[\w\ue000-\ue00f]+")
_PRIVATE_USE = 0xE000

ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""Language tag → Snowball algorithm. A language without one is found by its words and their beginnings."""

# Letters that an alphabet places after z, in its order. "aa" is å in Danish and Norwegian names.
_AFTER_Z = {
    "da": ("æ", "ø", "å"),
    "nb": ("æ", "ø", "å"),
    "nn": ("æ", "ø", "å"),
    "no": ("æ", "ø", "å"),
    "sv": ("å", "ä", "ö"),
    "fi": ("å", "ä", "ö"),
}
_SAME_LETTER = {"da": {"ä": "æ", "ö": "ø", "aa": "å"}, "sv": {"æ": "ä", "ø": "ö"}}

_local = threading.local()


def fold(text: str) -> str:
    """Return a text as search compares it: no case, æ→ae ø→oe å→aa ä→ae ö→oe ü→ue, no marks."""
    lower = text.casefold()
    if lower.isascii():
        return lower
    spelled = unicodedata.normalize("NFC", text).casefold().translate(_SPELLED)
    # A mathematical letter becomes a plain capital only here, so case is folded once more.
    return spelled if spelled.isascii() else _unmarked(spelled).casefold().translate(_SPELLED)


def _unmarked(text: str) -> str:
    return unicodedata.normalize("NFKD", text).translate(_MARKS)


class _Marks(dict[int, int | None]):
    """Translates each character to itself and a mark to nothing; learns a character when it first meets it."""

    def __missing__(self, code: int) -> int | None:
        self[code] = found = None if unicodedata.combining(chr(code)) else code
        return found


_MARKS = _Marks()


def tokens(text: str) -> list[str]:
    """Return the words of a text in lower case, accents kept."""
    return WORD.findall(unicodedata.normalize("NFC", text).casefold())


def folded_words(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return WORD.findall(fold(text))


def plain(word: str) -> str:
    """Return a word (as `tokens` gives it) as some keyboards write it: københavn as "kobenhavn"."""
    return _unmarked(word.translate(_PLAINLY).translate(_SPELLED))


def plainly(text: str) -> list[str]:
    """Return the words that some keyboards write otherwise than they are folded: København as "kobenhavn"."""
    if text.isascii():
        return []
    return [spelled for word in tokens(text) if (spelled := plain(word)) != fold(word)]


def initials(text: str) -> frozenset[str]:
    """Return what a name of several words may be called for short: its first letters.

    With and without small words, and of three and more words also without the first, which may be an article.
    """
    words = WORD.findall(text if text.isascii() else unicodedata.normalize("NFC", text))
    large = [_first(word[0]) for word in words if not word.islower()]
    told = {"".join([_first(word[0]) for word in words]), "".join(large), "".join(large[1:])}
    return frozenset([short for short in told if 1 < len(short) <= _LONGEST_INITIALS and short.isalpha()])


@lru_cache(maxsize=4_096)
def _first(letter: str) -> str:
    return fold(letter)


@lru_cache(maxsize=100_000)
def stems(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    """Return the folded stems of one word (as `tokens` gives it) in each language that has a stemmer."""
    if word.isdecimal() and word.isascii():
        return frozenset((word,))  # no stemmer touches a number, and there are more of them than of words
    names = {ALGORITHMS[tag] for language in languages if (tag := language.partition("-")[0].lower()) in ALGORITHMS}
    return frozenset(fold(_stem(word, name)) for name in names) - {""}


def _stem(word: str, algorithm: str) -> str:
    # Snowball before folding: its endings are written with æ, ø and å. A stemmer keeps its cursor
    # in itself, so each thread has its own.
    stemmers: dict[str, Any] = _local.__dict__.setdefault("stemmers", {})
    if algorithm not in stemmers:
        import snowballstemmer  # type: ignore[import-untyped]  # noqa: PLC0415 - 40 ms, and no type hints

        stemmers[algorithm] = snowballstemmer.stemmer(algorithm)
    return str(stemmers[algorithm].stemWord(word))


def sort_key(text: str, language: str) -> str:
    """Return what a list in a language is sorted by: its alphabet, no case, numbers by their value.

    Words are compared one by one, so "Bo Sø" stands before "Bodil".
    """
    return _sorted_as(text, _alphabet(language))


def sort_keys(text: str, languages: Sequence[str]) -> list[str]:
    """Return what a text is sorted by in each of some languages; mostly their alphabets agree on it."""
    if text.isascii() and "aa" not in text.lower():
        return [_sorted_as(text, "")] * len(languages)
    return [_sorted_as(text, _alphabet(language)) for language in languages]


@lru_cache(maxsize=256)
def _alphabet(language: str) -> str:
    """The first part of a language's tag, where its alphabet is one of those that are told here."""
    tag = language.partition("-")[0].lower()
    return tag if tag in _AFTER_Z or tag in _SAME_LETTER else ""


def _sorted_as(text: str, alphabet: str) -> str:
    words = (text if text.isascii() else unicodedata.normalize("NFC", text)).casefold()
    for letter, same in _SAME_LETTER.get(alphabet, {}).items():
        words = words.replace(letter, same)
    plain_words = words
    if not words.isascii():
        for number, letter in enumerate(_AFTER_Z.get(alphabet, ())):
            # A private-use letter sorts after every other that a name can begin with.
            words = words.replace(letter, chr(_PRIVATE_USE + number))
        plain_words = _unmarked(words)
    if _DIGITS.search(plain_words):
        plain_words = _DIGITS.sub(_filled, plain_words)
    return " ".join(_SORTED.findall(plain_words))


def _filled(digits: re.Match[str]) -> str:
    return digits[0].zfill(_DIGITS_SORTED)

"""Things whose names are like a text: misspelt, inflected, in another order.

Duty: candidates of the index – by their words and words like them, else by stretches of letters – and how alike they
are. Level 4. Reads the index of one generation; what counts as the same thing is decided by who asks.
Source: https://www.sqlite.org/fts5.html#full_text_query_syntax
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from samvirke.search.words import fold, stems, tokens

__all__ = ["Alike", "alike", "of_classes"]

_GRAM = 3
_MOST_GRAMS = 12
_EACH = 100
"""Names or words that are read for a word or a stretch of letters: the first, which rank best."""
_COMPARED = 60
"""Names that are compared letter by letter: those that share most."""
_OF_A_CLASS = 4
"""How many times as many are looked at when only things of some classes count."""
_CLOSE_WORD = 70.0
_CLOSE_WORDS = 3
_ENOUGH = 0.85
"""Likeness from which on no more names are looked for."""
_MOST_WORDS = 16
_OTHER_ORDER = 0.97
_SAME_STEMS = 0.96
_WITHIN = 0.9
_OTHER_NUMBERS = 0.8
"""What is left of a likeness of words in another order, of stems, of a part of the name, with other numbers in it."""

Rows = Callable[..., Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Alike:
    """A thing with the name of it that is most like a text; `likeness` is from 0 to 1, 1 for the same words."""

    iri: str
    label: str
    tag: str
    class_iri: str
    matched: str
    likeness: float


def alike(
    rows: Rows,
    text: str,
    lang: str,
    *,
    classes: Collection[str] = (),
    also: Iterable[int] = (),
    languages: tuple[str, ...] = (),
    limit: int = 10,
) -> list[Alike]:
    """Return the things whose names are most like a text, best first.

    `rows` asks the index; `classes` keeps to things of any of them; `also` are numbers of names that may answer for
    other reasons, such as a stem; `languages` are those that words are stemmed in.
    """
    words = tokens(text)[:_MOST_WORDS]
    if not words:
        return []
    folded = [fold(word) for word in words]
    whole, roots = " ".join(folded), _roots(words, languages)
    most = _COMPARED * (_OF_A_CLASS if classes else 1)
    best: dict[int, tuple[float, float, str]] = {}

    def take(numbers: Iterable[int]) -> float:
        for entity, name, kind, known in _names(rows, list(dict.fromkeys(numbers)), classes):
            likeness = _likeness(whole, roots, known, name, languages)
            rank = likeness - (0.001 if kind else 0.0)  # Of two names that are as alike, the preferred one is meant.
            if entity not in best or rank > best[entity][0]:
                best[entity] = (rank, likeness, name)
        return max((likeness for _, likeness, _ in best.values()), default=0.0)

    if take([*also, *_by_words(rows, folded, most)]) < _ENOUGH:
        take(_by_letters(rows, folded, most))
    ordered = sorted(best, key=lambda entity: (-best[entity][0], len(best[entity][2]), entity))[:limit]
    told = _told(rows, ordered, lang)
    return [Alike(*told[entity], best[entity][2], round(best[entity][1], 4)) for entity in ordered if entity in told]


def _by_words(rows: Rows, words: Sequence[str], most: int) -> list[int]:
    """The numbers of the names that have most of some words, or of words like them."""
    marks = ",".join("?" * len(words))
    known = {word for (word,) in rows(f"SELECT folded FROM word WHERE folded IN ({marks})", *words)}
    forms = [[word] if word in known else _near(rows, word) for word in dict.fromkeys(words)]
    terms = [" OR ".join(f'words : "{form}"' for form in some) for some in forms if some]
    if not terms:
        return []
    each = [f"({term})" for term in terms]
    asked = [" AND ".join(each)]
    if len(each) > 2:  # noqa: PLR2004 - of two words, one left out leaves one
        asked += [" AND ".join([*each[:out], *each[out + 1 :]]) for out in range(len(each))]
    shared: Counter[int] = Counter()
    for weight, query in [*((3, one) for one in asked), *((1, one) for one in terms)]:
        for (number,) in rows("SELECT rowid FROM name_words WHERE name_words MATCH ? LIMIT ?", query, _EACH):
            shared[number] += weight
    return _first(shared, most)


def _near(rows: Rows, word: str) -> list[str]:
    """The known words most like an unknown one."""
    shared: Counter[int] = Counter()
    for gram in _grams([word]):
        query = "SELECT rowid FROM word_parts WHERE word_parts MATCH ? LIMIT ?"
        shared.update(number for (number,) in rows(query, f'"{gram}"', 2 * _EACH))
    numbers = _first(shared, _COMPARED)
    known = [one for (one,) in rows(f"SELECT folded FROM word WHERE id IN ({','.join('?' * len(numbers))})", *numbers)]
    close = process.extract(word, known, scorer=fuzz.ratio, limit=_CLOSE_WORDS, score_cutoff=_CLOSE_WORD)
    return [str(found) for found, _, _ in close]


def _by_letters(rows: Rows, words: Sequence[str], most: int) -> list[int]:
    """The numbers of the names that share most of a text's stretches of letters."""
    shared: Counter[int] = Counter()
    for gram in _grams(words):
        query = "SELECT rowid FROM name_parts WHERE name_parts MATCH ? LIMIT ?"
        shared.update(number for (number,) in rows(query, f'"{gram}"', 2 * _EACH))
    return _first(shared, most)


def _grams(words: Sequence[str]) -> list[str]:
    """Stretches of letters from all over some words."""
    found = list(dict.fromkeys(word[at : at + _GRAM] for word in words for at in range(len(word) - _GRAM + 1)))
    step = max(1, -(-len(found) // _MOST_GRAMS))
    return found[::step]


def _first(shared: Counter[int], most: int) -> list[int]:
    return [number for number, _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:most]]


def _names(rows: Rows, numbers: Sequence[int], classes: Collection[str]) -> Iterator[tuple[int, str, int, str]]:
    marks, kinds = ",".join("?" * len(numbers)), ",".join("?" * len(classes))
    only = f" AND entity IN (SELECT entity FROM entity_class WHERE class IN ({kinds}))" if classes else ""
    query = f"SELECT entity, text, kind, folded FROM name WHERE id IN ({marks}){only}"
    yield from rows(query, *numbers, *classes)


def _told(rows: Rows, entities: Sequence[int], lang: str) -> dict[int, tuple[str, str, str, str]]:
    marks = ",".join("?" * len(entities))
    query = (
        "SELECT e.id, e.iri, s.text, s.tag, e.class FROM entity e"
        f" JOIN shown s ON s.entity = e.id AND s.lang = ? WHERE e.id IN ({marks})"
    )
    return {number: (iri, label, tag, class_iri) for number, iri, label, tag, class_iri in rows(query, lang, *entities)}


def _likeness(whole: str, roots: str, known: str, name: str, languages: tuple[str, ...]) -> float:
    """How alike two names are; the words' order and endings count for little."""
    if whole == known:
        return 1.0
    letters = fuzz.ratio(whole, known)
    sorted_ = fuzz.token_sort_ratio(whole, known) * _OTHER_ORDER
    stemmed = fuzz.token_sort_ratio(roots, _roots(tokens(name)[:_MOST_WORDS], languages)) * _SAME_STEMS
    within = fuzz.token_set_ratio(whole, known) * _WITHIN
    best = min(max(letters, sorted_, stemmed, (within + letters) / 2) / 100, 0.999)
    # A year or a number that differs makes another thing of it, however alike the letters are.
    return best if _numbers(whole) == _numbers(known) else best * _OTHER_NUMBERS


def _numbers(name: str) -> list[str]:
    return sorted(word for word in name.split(" ") if any(sign.isdigit() for sign in word))


def _roots(words: Sequence[str], languages: tuple[str, ...]) -> str:
    """The words of a name by their shortest stems."""
    return " ".join(min(stems(word, languages) or {fold(word)}, key=lambda root: (len(root), root)) for word in words)


def of_classes(rows: Rows, iris: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Return the classes that things are of, superclasses included."""
    found: dict[str, set[str]] = {iri: set() for iri in iris}
    marks = ",".join("?" * len(iris))
    query = f"SELECT e.iri, c.class FROM entity e JOIN entity_class c ON c.entity = e.id WHERE e.iri IN ({marks})"
    for iri, class_iri in rows(query, *iris):
        found[iri].add(class_iri)
    return {iri: frozenset(classes) for iri, classes in found.items()}

"""Answer from the index of a generation.

Duty: labels, lists, counts and search for one published generation, read-only. Level 4. Safe to
share between threads: each has its own connection to the file, which never changes.
Source: https://www.sqlite.org/uri.html#uriimmutable
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from samvirke.errors import StoreDamaged
from samvirke.search.candidates import EVERY, Block, Stage, blocks_for, found
from samvirke.search.likeness import Alike, of_classes
from samvirke.search.likeness import alike as names_alike
from samvirke.search.lists import PLAIN, Kept, Listed
from samvirke.search.words import WORD, fold, folded_words, initials, plainly, stems, tokens

__all__ = ["Alike", "ClassCount", "Entity", "Hit", "Index", "Inferred", "Member", "SearchResult", "SentenceHit"]

RANKED = 2_000
"""Most hits of a question: whoever wants more asks more closely."""
_SHORT = 2
_GRAM = 3
_MOST_WORDS = 16
_MOST_TYPED = 8
"""Words that suggestions go by: they are asked for with every key."""
_AT_ONCE = 1_000
"""Names asked of the file in one query: the values of a query are limited in number."""
_COMPARED = 100
_CLOSE_WORD = 0.72
_CLOSE_NAME = 0.55
_KINDS = ("exact", "prefix", "word", "part", "initials")
_INITIALS = 4
_LONGEST_INITIALS = 6
_LAST_CHARACTER = "\U0010ffff"
Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing with a page. `withdrawn`: it is no longer here; `successor`: what replaced it."""

    iri: str
    class_iri: str
    detail: bool
    withdrawn: bool
    successor: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One row of a list: `label` in the list's language where there is one, `tag` the label's own language."""

    iri: str
    label: str
    tag: str
    class_iri: str


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many things are of a class, its subclasses included."""

    iri: str
    count: int


@dataclass(frozen=True, slots=True)
class Inferred:
    """How an inferred triple came about: the address of its rule, and the passages of its premises."""

    rule: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found. `matched` is the name that matched, in the language `matched_tag`.

    `kind` says how: "exact", "prefix" (the name begins so), "word", "part" (inside a word), or "initials".
    """

    iri: str
    label: str
    tag: str
    class_iri: str
    matched: str
    matched_tag: str
    kind: str


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence of a document version with the words in it; `start` and `end` are code points."""

    version: str
    start: int
    end: int
    text: str

    @property
    def passage(self) -> str:
        """Return the sentence's address (RFC 5147)."""
        return f"{self.version}#char={self.start},{self.end}"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found. `suggestion` is what a misspelt question may have meant, or "".

    `more`: there are hits beyond those returned. `classes` says how many of all hits are of each class, if that was
    asked for, and `total` how many there are, of any class; neither counts beyond `RANKED`.
    """

    hits: tuple[Hit, ...] = ()
    sentences: tuple[SentenceHit, ...] = ()
    suggestion: str = ""
    more: bool = False
    classes: tuple[ClassCount, ...] = ()
    total: int = 0


class Index:
    """The index of one generation."""

    def __init__(self, path: Path | str) -> None:
        """Take the path of an `index.sqlite`; it is opened by each thread when it first asks."""
        self._path = Path(path)
        self._local = threading.local()
        self._lists: dict[str, Listed] = {}
        self._unpacked = Kept()

    # ------------------------------------------------------------ things and lists

    def listed(self, class_iri: str) -> Listed:
        """Return the list of a class with what narrows and sorts it; a class that is not meant for lists has neither.

        One per class and generation: the classes of the data are few, and an address can make up no more.
        """
        if class_iri not in self._lists:
            row = self._row("SELECT size, told FROM browse WHERE class = ?", class_iri)
            row = row or (self.count(class_iri), PLAIN)
            listed = Listed(class_iri, self._languages[0], row, self._rows, self._unpacked)
            if not listed.size:
                return listed
            self._lists[class_iri] = listed
        return self._lists[class_iri]

    def numbered(self, numbers: Sequence[int], lang: str) -> tuple[Member, ...]:
        """Return the things with some numbers, in the order of the numbers given."""
        found: dict[int, Member] = {}
        for some in _stretches(numbers):
            marks = ",".join("?" * len(some))
            rows = self._rows(
                "SELECT e.id, e.iri, s.text, s.tag, e.class FROM entity e "
                f"JOIN shown s ON s.entity = e.id AND s.lang = ? WHERE e.id IN ({marks})",
                self._lang(lang),
                *some,
            )
            found.update((row[0], Member(*row[1:])) for row in rows)
        return tuple(found[number] for number in numbers)

    def members_by_address(self, iris: Sequence[str], lang: str) -> dict[str, Member]:
        """Return those of some addresses that are things here, with their labels."""
        found: dict[str, Member] = {}
        for some in _stretches(list(dict.fromkeys(iris))):
            marks = ",".join("?" * len(some))
            rows = self._rows(
                "SELECT e.iri, s.text, s.tag, e.class FROM entity e "
                f"JOIN shown s ON s.entity = e.id AND s.lang = ? WHERE e.iri IN ({marks})",
                self._lang(lang),
                *some,
            )
            found.update((row[0], Member(*row)) for row in rows)
        return found

    def entity(self, iri: str) -> Entity | None:
        """Return the thing with this address, or None."""
        row = self._row("SELECT iri, class, detail, withdrawn, successor FROM entity WHERE iri = ?", iri)
        return None if row is None else Entity(row[0], row[1], bool(row[2]), bool(row[3]), row[4])

    def elsewhere(self, limit: int) -> frozenset[str] | None:
        """Return the things that were withdrawn or have a successor; None when there are more than `limit`."""
        query = "SELECT iri FROM entity WHERE withdrawn OR successor IS NOT NULL LIMIT ?"
        rows = self._rows(query, limit + 1)
        return frozenset(row[0] for row in rows) if len(rows) <= limit else None

    def within(self, document: str, limit: int = 200) -> tuple[str, ...]:
        """Return the things whose address is that of a document and a fragment: `people#jens` in `people`."""
        query = "SELECT iri FROM entity WHERE iri > ? AND iri < ? AND NOT withdrawn ORDER BY iri LIMIT ?"
        return tuple(row[0] for row in self._rows(query, f"{document}#", f"{document}#{_LAST_CHARACTER}", limit))

    def like(self, iri: str) -> str | None:
        """Return the one address that is this one but for case, accents and å/aa; None if none or several."""
        rows = self._rows("SELECT iri FROM entity WHERE folded = ? LIMIT 2", fold(iri))
        return rows[0][0] if len(rows) == 1 else None

    def label(self, iri: str, lang: str = "") -> str | None:
        """Return the label a page in a language shows, or None for an unknown thing."""
        found = self.shown(iri, lang)
        return None if found is None else found[0]

    def shown(self, iri: str, lang: str = "") -> tuple[str, str] | None:
        """Return the label a page in a language shows and the label's own language."""
        row = self._row(
            "SELECT text, tag FROM shown WHERE entity = (SELECT id FROM entity WHERE iri = ?) AND lang = ?",
            iri,
            self._lang(lang),
        )
        return None if row is None else (row[0], row[1])

    def names(self, iri: str) -> tuple[tuple[str, str], ...]:
        """Return every name of a thing with its language, the preferred ones first."""
        return tuple(
            self._rows(
                "SELECT text, tag FROM name WHERE entity = (SELECT id FROM entity WHERE iri = ?)"
                " ORDER BY kind, CASE kind WHEN 0 THEN tag ELSE text END, tag",
                iri,
            )
        )

    def classes(self) -> tuple[ClassCount, ...]:
        """Return every class that has members, by address."""
        return tuple(ClassCount(*row) for row in self._rows("SELECT class, count FROM class_count ORDER BY class"))

    def count(self, class_iri: str | None = None) -> int:
        """Return how many things are of a class; without one, how many there are."""
        if class_iri is None:
            row = self._row("SELECT count(*) FROM entity WHERE NOT withdrawn AND successor IS NULL")
        else:
            row = self._row("SELECT count FROM class_count WHERE class = ?", class_iri)
        return 0 if row is None else int(row[0])

    def members(self, class_iri: str, lang: str, offset: int = 0, limit: int = 100) -> tuple[Member, ...]:
        """Return a stretch of the list of a class, in the alphabet of the language."""
        rows = self._rows(
            "SELECT e.iri, s.text, s.tag, e.class FROM member m JOIN entity e ON e.id = m.entity "
            "JOIN shown s ON s.entity = m.entity AND s.lang = m.lang "
            "WHERE m.class = ? AND m.lang = ? AND m.place >= ? AND m.place < ? ORDER BY m.place",
            class_iri,
            self._lang(lang),
            offset,
            offset + limit,
        )
        return tuple(Member(*row) for row in rows)

    def addresses(self) -> Iterator[str]:
        """Yield the address of everything that is or was here, in order: what is withdrawn still has one."""
        yield from (row[0] for row in self._connection.execute("SELECT iri FROM entity ORDER BY iri"))

    def points(self, iris: Sequence[str]) -> dict[str, tuple[float, float]]:
        """Return where some things are, in degrees north and east; those nobody places are left out."""
        found: dict[str, tuple[float, float]] = {}
        for some in _stretches(list(dict.fromkeys(iris))):
            marks = ",".join("?" * len(some))
            rows = self._rows(f"SELECT iri, latitude, longitude FROM point WHERE iri IN ({marks})", *some)
            found.update((row[0], (row[1], row[2])) for row in rows)
        return found

    def everything(self, lang: str = "") -> Iterator[Member]:
        """Yield all things that have a page of their own in lists, by address: for the sitemap."""
        yield from (
            Member(*row)
            for row in self._rows(
                "SELECT e.iri, s.text, s.tag, e.class FROM entity e JOIN shown s ON s.entity = e.id AND s.lang = ? "
                "WHERE NOT e.withdrawn AND e.successor IS NULL ORDER BY e.iri",
                self._lang(lang),
            )
        )

    def some(self, iris: Sequence[str], lang: str = "") -> dict[str, Member]:
        """Return those of some things that have a page, as lists show them, by address."""
        found: dict[str, Member] = {}
        for start in range(0, len(iris), _AT_ONCE):
            part = iris[start : start + _AT_ONCE]
            rows = self._rows(
                "SELECT e.iri, s.text, s.tag, e.class FROM entity e JOIN shown s ON s.entity = e.id AND s.lang = ? "
                f"WHERE e.iri IN ({','.join('?' * len(part))}) AND NOT e.withdrawn AND e.successor IS NULL",
                self._lang(lang),
                *part,
            )
            found.update({row[0]: Member(*row) for row in rows})
        return found

    def why(self, subject: str, predicate: str, value: str) -> Inferred | None:
        """Return how an inferred triple came about, or None when it is stated; terms in N-Triples form."""
        row = self._row(
            "SELECT rule, passages FROM inferred WHERE s = ? AND p = ? AND o = ?", subject, predicate, value
        )
        return None if row is None else Inferred(row[0], tuple(json.loads(row[1])))

    # ------------------------------------------------------------ what was inferred

    def inferred(self, iri: str) -> dict[tuple[str, str, str], tuple[str, tuple[str, ...]]]:
        """Return what rules said from and to a thing: triple in N-Triples form → rule, passages of the premises."""
        return {**self.inferred_to(iri), **self.inferred_of(iri)}

    def inferred_of(self, iri: str) -> dict[tuple[str, str, str], tuple[str, tuple[str, ...]]]:
        """Return the same of the triples about the thing only."""
        return self._inferred("SELECT s, p, o, rule, passages FROM inferred WHERE s = ? LIMIT ?", iri)

    def inferred_to(self, iri: str) -> dict[tuple[str, str, str], tuple[str, tuple[str, ...]]]:
        """Return the same of the triples that point at the thing only."""
        return self._inferred("SELECT s, p, o, rule, passages FROM inferred WHERE o = ? LIMIT ?", iri)

    def _inferred(self, query: str, iri: str) -> dict[tuple[str, str, str], tuple[str, tuple[str, ...]]]:
        rows = self._rows(query, f"<{iri}>", RANKED)
        read = {passages: tuple(json.loads(passages)) for passages in {row[4] for row in rows}}
        return {(s, p, o): (rule, read[passages]) for s, p, o, rule, passages in rows}

    # ------------------------------------------------------------ search

    def search(
        self,
        q: str,
        lang: str,
        class_iri: str | None = None,
        limit: int = 20,
        offset: int = 0,
        *,
        counted: bool = False,
    ) -> SearchResult:
        """Find things by name and documents by sentence; `counted`: say how many hits each class has.

        Ranked: the name exactly, its beginning, its words (also inflected), inside a compound, its initials; then
        sentences. Words of one or two letters are looked up as words and beginnings only.
        """
        words = tokens(q)[:_MOST_WORDS]
        if not words:
            return SearchResult()
        ranked = self._ranked(words, lang, class_iri, offset + limit + 1)
        hits = tuple(ranked[offset : offset + limit])
        sentences = () if class_iri or offset else self._sentences(words, limit)
        total, classes = self._counted(words) if counted and (ranked or class_iri) else (0, ())
        suggestion = "" if ranked or total else self._suggestion(words, lang)
        return SearchResult(hits, sentences, suggestion, len(ranked) > offset + limit, classes, total)

    def places(self, text: str, q: str) -> list[tuple[int, int]]:
        """Return where in a text the words of a question stand, also inflected: first and last character of each."""
        asked = [(fold(word), frozenset() if len(word) <= _SHORT else self._stems(word)) for word in tokens(q)]
        return [
            found.span()
            for found in WORD.finditer(text)
            if any(
                fold(found[0]).startswith(start) or (roots & self._stems(found[0].casefold()))
                for start, roots in asked[:_MOST_WORDS]
            )
        ]

    def _counted(self, words: Sequence[str]) -> tuple[int, tuple[ClassCount, ...]]:
        """How many things have a name that answers, and how many of each class, superclasses included; by address.

        Nothing is ranked for that, and no more than `RANKED` names are looked at.
        """
        numbers: dict[int, None] = {}
        for stage in self._stages(words):
            if len(numbers) < RANKED:
                numbers.update(dict.fromkeys(found(self._numbers, stage, EVERY[2:], None, RANKED)))
        if not numbers:
            numbers.update(dict.fromkeys(self._beginning(_folded(words), RANKED // 4)))
        named = "SELECT DISTINCT entity FROM name WHERE id IN (SELECT value FROM json_each(?))"
        told = json.dumps(list(numbers)[:RANKED])
        query = f"SELECT class, count(*) FROM entity_class WHERE entity IN ({named}) GROUP BY class ORDER BY class"
        total = self._numbers(f"SELECT count(*) FROM ({named})", told)[0]
        return total, tuple(ClassCount(*row) for row in self._rows(query, told))

    def suggest(self, q: str, lang: str, limit: int = 10) -> tuple[Hit, ...]:
        """Return the things whose name, or a word of it, begins with what has been typed so far."""
        words = tokens(q)[:_MOST_TYPED]
        if not words:
            return ()
        folded = [fold(word) for word in words]
        typed = " AND ".join(f'words : "{word}"*' for word in folded)
        return tuple(self._staged([*self._whole(" ".join(folded)), _words(typed)], words, lang, None, limit)[:limit])

    def nearest(self, text: str, lang: str, limit: int = 5) -> tuple[Hit, ...]:
        """Return the things whose names look most like a text: for an address that is unknown."""
        words = tokens(text)[:_MOST_WORDS]
        if not words:
            return ()
        ranked = self._ranked(words, lang, None, limit)[:limit]
        if ranked:
            return tuple(ranked)
        wanted = " ".join(fold(word) for word in words)
        grams = " OR ".join(f'"{gram}"' for gram in _grams(wanted))
        if not grams:
            return ()
        numbers = self._numbers("SELECT rowid FROM name_parts WHERE name_parts MATCH ? LIMIT ?", grams, RANKED)
        likeness = {number: _likeness(wanted, folded) for number, folded in self._folded(numbers)}
        close = sorted((number for number in likeness if likeness[number] >= _CLOSE_NAME), key=lambda n: -likeness[n])
        order = {hit.iri: hit for number in close[: 4 * limit] for hit in self._hits([number], words, lang, None)}
        return tuple(order.values())[:limit]

    def alike(self, text: str, lang: str, classes: Collection[str] = (), limit: int = 10) -> list[Alike]:
        """Return the things whose names are most like a text, best first; of any of some classes, if any are given."""
        words = tokens(text)[:_MOST_WORDS]
        if not words:
            return []
        whole, terms = " ".join(map(fold, words)), " AND ".join(self._word_term(word) for word in words)
        exact = self._numbers("SELECT id FROM name WHERE folded = ? ORDER BY id LIMIT ?", whole, _COMPARED)
        by_words = self._numbers("SELECT rowid FROM name_words WHERE name_words MATCH ? LIMIT ?", terms, _COMPARED)
        return names_alike(
            self._rows,
            text,
            self._lang(lang),
            classes=classes,
            also=(*exact, *by_words),
            languages=self._stem_languages,
            limit=limit,
        )

    def classes_of(self, iris: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Return the classes that each of some things is of, superclasses included; none for what is unknown."""
        return of_classes(self._rows, iris)

    def _ranked(self, words: Sequence[str], lang: str, class_iri: str | None, wanted: int) -> list[Hit]:
        """The things whose names answer best, at least so many if there are."""
        ranked = self._staged(self._stages(words), words, lang, class_iri, wanted)
        # What full text cuts into other words than ours is found by its beginning.
        return ranked or self._hits(self._beginning(_folded(words), RANKED // 4), words, lang, class_iri)

    def _stages(self, words: Sequence[str]) -> list[Stage]:
        """What may answer, the best first."""
        whole = _folded(words)
        stages = [*self._whole(whole), _words(" AND ".join(self._word_term(word) for word in words))]
        if parts := " AND ".join(filter(None, map(self._part_term, words))):
            stages.append(self._parts(parts, [fold(word) for word in words if not self._part_term(word)]))
        if len(words) == 1 and _SHORT <= len(whole) <= _LONGEST_INITIALS and whole.isalpha():
            stages.append(_words(f'stems : "0{whole}"'))
        return stages

    def _staged(
        self, stages: Sequence[Stage], words: Sequence[str], lang: str, class_iri: str | None, wanted: int
    ) -> list[Hit]:
        """Go on from stage to stage, and in each from block to block, until there are as many things as wanted."""
        wanted = min(wanted, RANKED)
        seen: dict[int, None] = {}
        best: dict[str, tuple[tuple[Any, ...], Hit]] = {}
        for stage in stages:
            for alike in blocks_for(self._name_blocks, lang):
                room = wanted + len(seen)
                told = [number for block in alike for number in found(self._numbers, stage, block, class_iri, room)]
                new = [number for number in told if number not in seen]
                seen.update(dict.fromkeys(new))
                self._take(best, new, words, lang, class_iri)
                if len(best) >= wanted:
                    return _in_order(best)
        return _in_order(best)

    @staticmethod
    def _whole(whole: str) -> tuple[Stage, Stage]:
        """The name is these words, or begins with them."""
        beginning = f'words : ^ "{whole}" *'
        return Stage("name", "id", "folded = ?", (whole,)), _words(beginning)

    @staticmethod
    def _parts(terms: str, short: Sequence[str]) -> Stage:
        """The words stand inside others; those too short for that at the beginning of some."""
        if not short:
            return Stage("name_parts", "rowid", "name_parts MATCH ?", (terms,))
        begun = " AND ".join(f'words : "{word}"*' for word in short)
        also = "+rowid IN (SELECT rowid FROM name_words WHERE name_words MATCH ?)"
        return Stage("name_parts", "rowid", f"name_parts MATCH ? AND {also}", (terms, begun))

    def _word_term(self, word: str) -> str:
        """The word, its beginning, or any form with the same stem."""
        roots = "" if len(word) <= _SHORT else "".join(f' OR stems : "{root}"' for root in self._stems(word))
        return f'(words : "{fold(word)}"*{roots})'

    def _part_term(self, word: str) -> str:
        """The word or its stem anywhere, also inside a compound; nothing for a word too short for that."""
        forms = {form for form in (fold(word), *self._stems(word)) if len(form) >= _GRAM}
        quoted = " OR ".join(f'"{form}"' for form in sorted(forms))
        return f"({quoted})" if len(word) > _SHORT and forms else ""

    def _hits(self, numbers: Sequence[int], words: Sequence[str], lang: str, class_iri: str | None) -> list[Hit]:
        """The things behind some names: each once, by its best name, best first."""
        best: dict[str, tuple[tuple[Any, ...], Hit]] = {}
        self._take(best, list(dict.fromkeys(numbers)), words, lang, class_iri)
        return _in_order(best)

    def _take(
        self,
        best: dict[str, tuple[tuple[Any, ...], Hit]],
        numbers: Sequence[int],
        words: Sequence[str],
        lang: str,
        class_iri: str | None,
    ) -> None:
        """Put each thing with its best name so far into `best`."""
        whole, roots = " ".join(fold(word) for word in words), [self._forms(word) for word in words]
        details = (self._details(some, lang, class_iri) for some in _stretches(numbers))
        for row in chain.from_iterable(details):
            iri, class_name, label, tag, sort, text, text_tag, kind, folded = row
            tier = self._tier(whole, roots, folded, text)
            if tier is None:
                continue
            rank = (tier, kind, text_tag != lang, len(folded), sort, iri)
            if iri not in best or rank < best[iri][0]:
                best[iri] = (rank, Hit(iri, label, tag, class_name, text, text_tag, _KINDS[tier]))

    def _tier(self, whole: str, roots: Sequence[tuple[str, frozenset[str]]], folded: str, text: str) -> int | None:
        """How well a name answers: 0 exactly, 1 begins so, 2 by its words, 3 inside a word.

        None when a word too short to be looked for inside others is not there at all.
        """
        if folded == whole:
            return 0
        if folded.startswith(whole):
            return 1
        have = folded.split(" ") + plainly(text)
        stemmed = {root for word in tokens(text) for root in self._stems(word)}
        if all(any(word.startswith(start) for word in have) or root & stemmed for start, root in roots):
            return 2
        if len(roots) == 1 and whole not in folded and whole in initials(text):
            return _INITIALS
        short = [start for start, root in roots if not root]
        return None if any(not any(word.startswith(start) for word in have) for start in short) else 3

    def _forms(self, word: str) -> tuple[str, frozenset[str]]:
        return fold(word), frozenset() if len(word) <= _SHORT else self._stems(word)

    def _stems(self, word: str) -> frozenset[str]:
        return stems(word, self._stem_languages)

    def _beginning(self, start: str, limit: int) -> list[int]:
        query = "SELECT id FROM name WHERE folded >= ? AND folded < ? ORDER BY folded LIMIT ?"
        return self._numbers(query, start, start + _LAST_CHARACTER, limit)

    def _details(self, numbers: Sequence[int], lang: str, class_iri: str | None) -> Iterator[tuple[Any, ...]]:
        marks = ",".join("?" * len(numbers))
        only = "AND e.id IN (SELECT entity FROM entity_class WHERE class = ?)" if class_iri else ""
        yield from self._rows(
            "SELECT e.iri, e.class, s.text, s.tag, s.sort, n.text, n.tag, n.kind, n.folded FROM name n "
            "JOIN entity e ON e.id = n.entity JOIN shown s ON s.entity = e.id AND s.lang = ? "
            f"WHERE n.id IN ({marks}) {only}",
            self._lang(lang),
            *numbers,
            *([class_iri] if class_iri else []),
        )

    def _folded(self, numbers: Sequence[int]) -> list[tuple[int, str]]:
        marks = ",".join("?" * len(numbers))
        return [(row[0], row[1]) for row in self._rows(f"SELECT id, folded FROM name WHERE id IN ({marks})", *numbers)]

    def _sentences(self, words: Sequence[str], limit: int) -> tuple[SentenceHit, ...]:
        terms = " AND ".join(self._word_term(word) for word in words)
        numbers = self._numbers("SELECT rowid FROM sentence_words WHERE sentence_words MATCH ? LIMIT ?", terms, limit)
        marks = ",".join("?" * len(numbers))
        query = f"SELECT version, start, end, text FROM sentence WHERE id IN ({marks}) ORDER BY id"
        return tuple(SentenceHit(*row) for row in self._rows(query, *numbers))

    # ------------------------------------------------------------ misspelt words

    def _suggestion(self, words: Sequence[str], lang: str) -> str:
        """The question with each unknown word replaced by the nearest known one, if that finds something."""
        meant = [word if self._known(word) else self._nearest_word(word) or word for word in words]
        return " ".join(meant) if meant != list(words) and self._ranked(meant, lang, None, 1) else ""

    def _known(self, word: str) -> bool:
        term = self._word_term(word)
        return bool(self._numbers("SELECT rowid FROM name_words WHERE name_words MATCH ? LIMIT ?", term, 1))

    def _nearest_word(self, word: str) -> str | None:
        folded = fold(word)
        grams = " OR ".join(f'"{gram}"' for gram in _grams(folded))
        if not grams:
            return None
        query = "SELECT rowid FROM word_parts WHERE word_parts MATCH ? LIMIT ?"
        numbers = self._numbers(query, grams, RANKED)
        marks = ",".join("?" * len(numbers))
        rows = self._rows(f"SELECT folded, text, count FROM word WHERE id IN ({marks})", *numbers)
        wanted = _grams(folded)
        # Comparing letter by letter is dear, so only the words that share most are compared.
        rows.sort(key=lambda row: (-sum(gram in row[0] for gram in wanted), abs(len(row[0]) - len(folded)), row[0]))
        scored = [(_likeness(folded, known), count, text) for known, text, count in rows[:_COMPARED]]
        close = [entry for entry in scored if entry[0] >= _CLOSE_WORD]
        return max(close)[2] if close else None

    # ------------------------------------------------------------ the file

    @cached_property
    def _stem_languages(self) -> tuple[str, ...]:
        row = self._row("SELECT value FROM site WHERE name = 'stem_languages'")
        return tuple(row[0].split()) if row else ()

    @cached_property
    def _languages(self) -> tuple[str, ...]:
        row = self._row("SELECT value FROM site WHERE name = 'languages'")
        return tuple(row[0].split()) if row else ("en",)

    @cached_property
    def _name_blocks(self) -> list[Block]:
        row = self._row("SELECT value FROM site WHERE name = 'name_blocks'")
        return [(kind, tag, first, last) for kind, tag, first, last in json.loads(row[0])] if row else []

    def _lang(self, lang: str) -> str:
        return lang if lang in self._languages else self._languages[0]

    def _numbers(self, query: str, *values: str | int) -> list[int]:
        return [int(row[0]) for row in self._rows(query, *values)]

    def _row(self, query: str, *values: str | int) -> tuple[Any, ...] | None:
        return next(iter(self._rows(query, *values)), None)

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(f"{self._path.name} cannot be read: {error}.", remedy="Build the site again.") from error

    @property
    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            if not self._path.is_file():
                raise StoreDamaged(f"{self._path.name} is missing.", remedy="Build the site again.")
            # `immutable` spares the locks: a published file never changes.
            address = f"file:{quote(str(self._path.resolve()))}?mode=ro&immutable=1"
            found = self._local.connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            # What is sorted is little, and the workers that write pages may write to no file.
            found.execute("PRAGMA temp_store = MEMORY")
        return found


def _folded(words: Sequence[str]) -> str:
    return " ".join(fold(word) for word in words)


def _words(terms: str) -> Stage:
    return Stage("name_words", "rowid", "name_words MATCH ?", (terms,))


def _stretches(numbers: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (numbers[at : at + _AT_ONCE] for at in range(0, len(numbers), _AT_ONCE))


def _in_order(best: dict[str, tuple[tuple[Any, ...], Hit]]) -> list[Hit]:
    return [hit for _, hit in sorted(best.values(), key=lambda pair: pair[0])]


def _grams(text: str) -> list[str]:
    """The stretches of three letters of each word of a text, each once."""
    words = folded_words(text)
    return list(dict.fromkeys(word[i : i + _GRAM] for word in words for i in range(len(word) - _GRAM + 1)))


def _likeness(one: str, other: str) -> float:
    """0 (nothing in common) to 1 (the same)."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _CLOSE_NAME else 0.0

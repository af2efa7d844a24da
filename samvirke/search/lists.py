"""Narrow, count and sort the list of a class.

Duty: answer from the side tables that `samvirke.search.browsing` wrote, without a query: what is chosen are sets of
places, and to count is to cut them. Level 4; safe to share between threads. Values of one facet are any-of, facets
are all-of; a facet counts what choosing a further value of it would give, so its own choice does not narrow it.
"""

from __future__ import annotations

import json
import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from typing import Any

from samvirke.schema.facets import ACTIVE, ANSWER
from samvirke.search.bits import flags, places, unpack, unpack_numbers
from samvirke.search.spans import ANSWERS, CERTAIN, POSSIBLE, UNKNOWN_END, Years, answer, parse_span

__all__ = ["Chosen", "Facet", "Listed", "Selection", "ValueCount"]

Chosen = Mapping[str, Sequence[str]]
"""Facet → the values that were chosen of it."""
Rows = Callable[..., list[tuple[Any, ...]]]
Sets = tuple[tuple[str, int, int], ...]
"""Of a facet each value, how many places have it, and which."""

PLAIN = '{"facets": [], "columns": [], "dated": false, "mapped": []}'
"""What is to be known of a list that nothing narrows."""
KEPT_BYTES = 24 << 20
_SPARSE = 8


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet of a class. `first`: the ontology asks for it; `over`: it has too many values to be offered."""

    name: str
    first: bool
    values: int
    over: bool


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value of a facet, and how many things of the list have it."""

    value: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """What is left of a list: the places, and for each answer about a time that was asked for its places."""

    places: int
    answers: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many things are left."""
        return self.places.bit_count()


class Kept:
    """What was unpacked of an index, those not asked for longest make room first. Threads may unpack twice."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._found: OrderedDict[tuple[str, ...], tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, key: tuple[str, ...], find: Callable[[], tuple[Any, int]]) -> Any:  # noqa: ANN401 - sets or numbers
        """Return what `find` unpacks, which says how many bytes that is."""
        with self._lock:
            known = self._found.get(key)
            if known is not None:
                self._found.move_to_end(key)
                return known[0]
        made = find()
        with self._lock:
            if key not in self._found:
                self._found[key] = made
                self._size += made[1]
            while self._size > self._most and len(self._found) > 1:
                self._size -= self._found.popitem(last=False)[1][1]
        return made[0]


class Listed:
    """The list of one class. `size` things; `columns` are the names of its table's, `dated`: some have dates.

    `mapped` names the facets with values on a map, "" for the things themselves.
    """

    def __init__(self, class_iri: str, main_language: str, row: Sequence[Any], rows: Rows, kept: Kept) -> None:
        self.class_iri = class_iri
        self.size: int = row[0]
        told = json.loads(row[1])
        self.facets = tuple(Facet(**one) for one in told["facets"])
        self.columns: tuple[str, ...] = tuple(told["columns"])
        self.dated: bool = told["dated"]
        self.mapped: tuple[str, ...] = tuple(told["mapped"])
        self._main = main_language
        self._rows = rows
        self._kept = kept

    # ------------------------------------------------------------ narrowing

    def select(self, chosen: Chosen, *, without: str = "") -> Selection:
        """Return what is left when some values are chosen; the facet `without` does not narrow."""
        left = (1 << self.size) - 1
        answers: Mapping[str, int] = {}
        for name, values in chosen.items():
            if not values or name in {without, ANSWER}:
                continue
            if name == ACTIVE:
                answers = self._active(values)
                wanted = chosen.get(ANSWER) if without != ANSWER else ()
                left &= _union(places for one, places in answers.items() if not wanted or one in wanted)
            else:
                sets = {value: places for value, _, places in self._sets(name)}
                left &= _union(sets.get(value, 0) for value in values)
        return Selection(left, {one: places & left for one, places in answers.items()})

    def _active(self, spans: Sequence[str]) -> dict[str, int]:
        """The places that were active in some years, by how sure it is; each stands under the surest answer only."""
        found = dict.fromkeys(ANSWERS, 0)
        asked = [span for span in map(parse_span, spans) if span is not None]
        for years, some in self._spans():
            for first, last in asked:
                how = answer(years, first, last)
                if how is not None:
                    found[how] |= some
        found[POSSIBLE] &= ~found[CERTAIN]
        found[UNKNOWN_END] &= ~(found[CERTAIN] | found[POSSIBLE])
        return found

    # ------------------------------------------------------------ counting

    def counts(
        self, chosen: Chosen, *, limit_s: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> dict[str, tuple[ValueCount, ...] | None]:
        """Return how many things have each value of each facet, the most frequent first; values of none are left out.

        None stands for a facet that was not counted: it has too many values, or the time of `limit_s` seconds was
        over (0: no limit).
        """
        started = clock()
        whole = self.select(chosen).places
        found: dict[str, tuple[ValueCount, ...] | None] = {}
        for facet in self.facets:
            if facet.over or (limit_s and clock() - started > limit_s):
                found[facet.name] = None
                continue
            picked = frozenset(chosen.get(facet.name, ()))
            left = self.select(chosen, without=facet.name).places if picked else whole
            found[facet.name] = self._counted(facet.name, left, picked)
        return found

    def _counted(self, name: str, left: int, picked: frozenset[str]) -> tuple[ValueCount, ...]:
        every = left.bit_count() == self.size
        if every and not picked:  # Most who come have chosen nothing yet.
            whole: tuple[ValueCount, ...] = self._kept.once((self.class_iri, "whole", name), lambda: self._whole(name))
            return whole
        found = []
        for value, count, some in self._sets(name):
            number = count if every else (some & left).bit_count()
            if number or value in picked:
                found.append(ValueCount(value, number, value in picked))
        if not every and name != ACTIVE:  # Years stay in their order, and the index has the others in theirs.
            found.sort(key=lambda one: -one.count)
        return tuple(found)

    def _whole(self, name: str) -> tuple[tuple[ValueCount, ...], int]:
        # Which places have a value is not unpacked before something is chosen.
        query = "SELECT value, count FROM browse_value WHERE class = ? AND facet = ? ORDER BY number"
        rows = self._rows(query, self.class_iri, name)
        found = tuple([ValueCount(value, count, chosen=False) for value, count in rows])
        return found, 200 * len(found)

    # ------------------------------------------------------------ order and pages

    @property
    def sorts(self) -> tuple[str, ...]:
        """By what the list can be sorted: its columns, "" for the name, and the time something was active."""
        return ("", *self.columns, *((ACTIVE,) if self.dated else ()))

    def places(
        self,
        selection: Selection,
        lang: str,
        *,
        sort: str = "",
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[int]:
        """Return a stretch of the places that are left, in the order of a column; all of them without a limit."""
        found = self._ordered(selection.places, lang, sort, descending=descending)
        return list(islice(found, offset, None if limit is None else offset + limit))

    def numbers(self, places: Iterable[int]) -> list[int]:
        """Return the numbers that the index has for the things at some places."""
        numbers = self._numbers()
        return [numbers[place] for place in places]

    def _ordered(self, left: int, lang: str, sort: str, *, descending: bool) -> Iterable[int]:
        order = self._order(sort, lang)
        if order is None:
            found = places(left)
            return reversed(list(found)) if descending else found
        if left.bit_count() * _SPARSE < self.size:  # A few are sorted sooner than all are looked at.
            rank = self._rank(sort, lang, order)
            return sorted(places(left), key=rank.__getitem__, reverse=descending)
        taken = flags(left, self.size)
        line = order[::-1] if descending else order
        return compress(line, map(taken.__getitem__, line))

    # ------------------------------------------------------------ the file

    def _sets(self, facet: str) -> Sets:
        def find() -> tuple[Sets, int]:
            query = "SELECT value, count, places FROM browse_value WHERE class = ? AND facet = ? ORDER BY number"
            rows = self._rows(query, self.class_iri, facet)
            sets = tuple((value, count, unpack(packed)) for value, count, packed in rows)
            return sets, sum(100 + some.bit_length() // 8 for _, _, some in sets)

        found: Sets = self._kept.once((self.class_iri, "facet", facet), find)
        return found

    def _spans(self) -> Sequence[tuple[Years, int]]:
        def find() -> tuple[list[tuple[Years, int]], int]:
            columns = "begin_first, begin_last, end_first, end_last, places"
            rows = self._rows(f"SELECT {columns} FROM browse_years WHERE class = ? ORDER BY number", self.class_iri)
            spans = [(Years(*row[:4]), unpack(row[4])) for row in rows]
            return spans, sum(150 + some.bit_length() // 8 for _, some in spans)

        found: Sequence[tuple[Years, int]] = self._kept.once((self.class_iri, "years"), find)
        return found

    def _order(self, sort: str, lang: str) -> array[int] | None:
        """The places in the order of a column; None where that is the list's own."""
        if sort == "" and lang == self._main:
            return None

        def find() -> tuple[array[int], int]:
            query = "SELECT places FROM browse_order WHERE class = ? AND sort = ? AND lang IN (?, '')"
            rows = self._rows(query, self.class_iri, sort, lang)
            order = unpack_numbers(rows[0][0]) if rows else self._by_name(lang)
            return order, 100 + 4 * len(order)

        found: array[int] = self._kept.once((self.class_iri, "order", sort, lang), find)
        return found

    def _by_name(self, lang: str) -> array[int]:
        """The places in the alphabet of a language, of a list that has no orders of its own."""
        place = {number: position for position, number in enumerate(self._numbers())}
        return array("I", (place[number] for number in self._members(lang)))

    def _members(self, lang: str) -> array[int]:
        query = "SELECT entity FROM member WHERE class = ? AND lang = ? ORDER BY place"
        return array("I", (row[0] for row in self._rows(query, self.class_iri, lang)))

    def _rank(self, sort: str, lang: str, order: array[int]) -> array[int]:
        def find() -> tuple[array[int], int]:
            rank = array("I", bytes(4 * len(order)))
            for position, place in enumerate(order):
                rank[place] = position
            return rank, 100 + 4 * len(rank)

        found: array[int] = self._kept.once((self.class_iri, "rank", sort, lang), find)
        return found

    def _numbers(self) -> array[int]:
        def find() -> tuple[array[int], int]:
            rows = self._rows("SELECT things FROM browse WHERE class = ?", self.class_iri)
            numbers = unpack_numbers(rows[0][0]) if rows else self._members(self._main)
            return numbers, 100 + 4 * self.size

        found: array[int] = self._kept.once((self.class_iri, "things"), find)
        return found


def _union(some: Iterable[int]) -> int:
    found = 0
    for one in some:
        found |= one
    return found

"""Write the side tables by which lists are narrowed and sorted.

Duty: for each class that is listed the sets of places that its facets need, the years its things were active in, and
the orders its table can have. Level 4; runs when the index is made. Same data, same bytes: everything is sorted
before it is numbered. What is read of them is in `samvirke.search.lists`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any

from samvirke.model import Literal
from samvirke.schema import Schema
from samvirke.schema.facets import ACTIVE, CLASS, DOCUMENT, NamedField, is_first, named_fields, offered
from samvirke.schema.hints import LAST
from samvirke.search.bits import pack, pack_numbers
from samvirke.search.relations import ByThing, Paths, Relations
from samvirke.search.spans import Years, answer, years_of
from samvirke.search.spots import SPOKEN, points
from samvirke.search.words import sort_key

__all__ = ["LAYOUT", "Listing", "wanted_texts", "write_lists"]

LAYOUT = """
-- Of each class that is listed how many things it has, its facets and columns (JSON), and which thing has which place.
CREATE TABLE browse (class TEXT PRIMARY KEY, size INTEGER NOT NULL, told TEXT NOT NULL, things BLOB NOT NULL)
  WITHOUT ROWID;
-- The values of a facet, the most frequent first, and the places that have each (samvirke.search.bits).
CREATE TABLE browse_value (
  class TEXT NOT NULL, facet TEXT NOT NULL, number INTEGER NOT NULL, value TEXT NOT NULL, count INTEGER NOT NULL,
  places BLOB NOT NULL, PRIMARY KEY (class, facet, number)) WITHOUT ROWID;
-- Between which years things began and ended, as told, and the places that have it.
CREATE TABLE browse_years (
  class TEXT NOT NULL, number INTEGER NOT NULL, begin_first INTEGER, begin_last INTEGER, end_first INTEGER,
  end_last INTEGER, places BLOB NOT NULL, PRIMARY KEY (class, number)) WITHOUT ROWID;
-- The places in the order of a column, "" where it is the same in every language.
CREATE TABLE browse_order (
  class TEXT NOT NULL, sort TEXT NOT NULL, lang TEXT NOT NULL, places BLOB NOT NULL,
  PRIMARY KEY (class, sort, lang)) WITHOUT ROWID;
-- Where things are, in degrees.
CREATE TABLE point (iri TEXT PRIMARY KEY, latitude REAL NOT NULL, longitude REAL NOT NULL) WITHOUT ROWID;
"""

MOST_VALUES = 250
"""Values of a facet: whoever looks for one of more searches for it."""
MOST_YEARS = 120
"""Years that are offered one by one; of more the reader names those wanted."""
MOST_SPANS = 20_000
COLUMNS = 3
"""Columns of a list's table beside name and dates."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the index knows already: things by number from 1, their labels, and the lists in each language.

    `members` holds the numbers of the things of each class by language, in the order of its alphabet; `mains` are the
    classes that things are introduced by.
    """

    numbers: Mapping[str, int]
    members: Mapping[str, Mapping[str, Sequence[int]]]
    sorts: Mapping[str, Sequence[str]]
    details: Mapping[str, frozenset[str]]
    mains: frozenset[str]
    languages: Sequence[str]


def wanted_texts(schema: Schema) -> frozenset[str]:
    """Return the properties whose texts a table may be sorted by."""
    rows = (row for hint in schema.classes.values() if not hint.detail for row in hint.fields)
    return SPOKEN | {row.path for row in rows if "key" in row.roles and not row.inverse}


def write_lists(connection: sqlite3.Connection, schema: Schema, listing: Listing, relations: Relations) -> None:
    """Write the tables of every class that is listed. Writes: the tables of `LAYOUT`, which are there and empty."""
    writer = _Writer(connection, schema, listing, relations)
    connection.executemany(
        "INSERT INTO point VALUES (?, ?, ?)", ((iri, *point) for iri, point in sorted(writer.points.items()))
    )
    for class_iri in _listed(schema, listing):
        writer.write(class_iri)


def _listed(schema: Schema, listing: Listing) -> list[str]:
    """The classes whose lists are read: those a shape gives a place, and what is narrower; all where none has one.

    A class that was only borrowed to stand above or between them has the plain list.
    """
    shown = [one for one in sorted(listing.members) if not schema.class_hint(one).detail]
    own = {one for one in shown if schema.class_hint(one).order < LAST}
    narrower = {one for one in shown if one in listing.mains and schema.place(one) < LAST}
    return [one for one in shown if one in own | narrower] if own else shown


class _Facets:
    """Writes the facets of one class. `told` is what is to be known of each; a list has `size` places."""

    def __init__(self, connection: sqlite3.Connection, class_iri: str, size: int) -> None:
        self.size = size
        self.told: list[dict[str, Any]] = []
        self.mapped: list[str] = []
        self._connection = connection
        self._class = class_iri
        self._seen: set[tuple[tuple[str, bytes], ...]] = set()

    def write(
        self,
        name: str,
        values: Mapping[str, Collection[int]],
        *,
        first: bool = False,
        unless_again: bool = False,
        points: Container[str] = (),
    ) -> None:
        """Write a facet that has values; one that only shortens another not again (`unless_again`)."""
        if not values:
            return
        over = len(values) > MOST_VALUES
        if not over:
            sets = sorted(values.items(), key=lambda one: (-len(one[1]), one[0]))
            rows = [(value, len(places), pack(places, self.size)) for value, places in sets]
            key = tuple((value, packed) for value, _, packed in rows)
            if unless_again and key in self._seen:
                return
            self._seen.add(key)
            if any(value in points for value in values):
                self.mapped.append(name)
            self._connection.executemany(
                "INSERT INTO browse_value VALUES (?, ?, ?, ?, ?, ?)",
                ((self._class, name, number, *row) for number, row in enumerate(rows)),
            )
        self.told.append({"name": name, "first": first, "values": len(values), "over": over})


class _Writer:
    """Writes one class after the other; what they have in common is found once."""

    def __init__(self, connection: sqlite3.Connection, schema: Schema, listing: Listing, relations: Relations) -> None:
        self._connection = connection
        self._schema = schema
        self._listing = listing
        self._relations = relations
        self._paths = Paths(relations, schema, listing.details, listing.numbers)
        self._rows: dict[Any, ByThing] = {}
        self._ranks: dict[Any, tuple[Mapping[int, int], int]] = {}
        self._written: dict[str, Mapping[int, Sequence[Literal]]] = {}
        self._years = self._years_of_things()
        self.points = points(relations.texts, relations.links)

    def _years_of_things(self) -> dict[int, tuple[tuple[Years, ...], int, int]]:
        """When things were active, and the first and the last year of it."""
        found = {}
        for number, texts in self._paths.dates().items():
            years = {one for one in map(years_of, texts) if one is not None}
            told = [one for some in years for one in some if one is not None]
            if told and number <= len(self._listing.numbers):
                found[number] = tuple(years), min(told), max(told)
        return found

    def write(self, class_iri: str) -> None:
        """Write the tables of one class."""
        members = self._listing.members[class_iri]
        main = self._listing.languages[0]
        order = members[main]
        place = dict(zip(order, range(len(order)), strict=True))
        rows = named_fields(self._schema, class_iri)
        facets = _Facets(self._connection, class_iri, len(order))
        facets.write(CLASS, self._narrower(class_iri, place), first=True)
        for row in offered(rows):
            first, again = is_first(row.field), row.field.hidden
            facets.write(
                row.name, self._values(self._values_of(row), place), first=first, unless_again=again, points=self.points
            )
        dated = self._write_years(class_iri, place, facets)
        facets.write(DOCUMENT, self._values(self._documents, place, sorted(self._relations.sources).__getitem__))
        columns = self._columns(class_iri, rows, place, len(order))
        for language in self._listing.languages[1:]:
            self._order(class_iri, "", language, map(place.__getitem__, members[language]))
        here = self.points and any(self._paths.address(number) in self.points for number in order)
        told = {
            "facets": facets.told,
            "columns": columns,
            "dated": dated,
            "mapped": ([""] if here else []) + facets.mapped,
        }
        self._connection.execute(
            "INSERT INTO browse VALUES (?, ?, ?, ?)",
            (class_iri, len(order), json.dumps(told, ensure_ascii=False, sort_keys=True), pack_numbers(order)),
        )

    # ------------------------------------------------------------ facets

    def _narrower(self, class_iri: str, place: Mapping[int, int]) -> dict[str, list[int]]:
        members, main = self._listing.members, self._listing.languages[0]
        size = len(members[class_iri][main])
        narrower = (one for one in self._schema.subclasses(class_iri) if one != class_iri and one in members)
        some = (one for one in narrower if len(members[one][main]) < size)  # The same things are no choice.
        return {one: [place[number] for number in members[one][main]] for one in some}

    def _values(
        self, of: ByThing, place: Mapping[int, int], address: Callable[[int], str] | None = None
    ) -> dict[str, list[int]]:
        """The values that the things of a class have, each with its places; one more than a facet may have at most."""
        found: dict[int, list[int]] = {}
        numbers: Iterable[int] = place if len(place) <= len(of) else filter(place.__contains__, of)
        for number in numbers:
            values = of.get(number)
            if values:
                position = place[number]
                for value in values:
                    known = found.get(value)
                    if known is not None:
                        known.append(position)
                    else:
                        found[value] = [position]
                if len(found) > MOST_VALUES:
                    break
        address = address or self._paths.address
        return {address(value): places for value, places in islice(found.items(), MOST_VALUES + 1)}

    def _values_of(self, row: NamedField) -> ByThing:
        """The values that a row has of each thing. Found once: many classes share a row."""
        key = row.field.key
        if key not in self._rows:
            self._rows[key] = self._paths.values(row.field)
        return self._rows[key]

    @cached_property
    def _documents(self) -> ByThing:
        """The documents that speak of each thing, by their place among the addresses of all documents."""
        numbers, sources = self._listing.numbers, self._relations.sources
        found: dict[int, list[int]] = {}
        for document, address in enumerate(sorted(sources)):
            for number in filter(None, map(numbers.get, sources[address])):
                found.setdefault(number, []).append(document)
        return found

    # ------------------------------------------------------------ years

    def _write_years(self, class_iri: str, place: Mapping[int, int], facets: _Facets) -> bool:
        """Write when things were active; say whether any has a date."""
        size = facets.size
        spans: dict[Years, list[int]] = defaultdict(list)
        dated: list[tuple[int, int, int]] = []
        rest: list[int] = []
        for number, position in place.items():
            told = self._years.get(number)
            if told is None:
                rest.append(position)
                continue
            for years in told[0]:
                spans[years].append(position)
            dated.append((told[1], told[2], position))
        if not spans:
            return False
        dated.sort()
        self._order(class_iri, ACTIVE, "", [*(position for _, _, position in dated), *rest])
        facets.told.append({"name": ACTIVE, "first": True, "values": len(spans), "over": len(spans) > MOST_SPANS})
        if len(spans) > MOST_SPANS:
            return True
        ordered = sorted(spans, key=lambda years: tuple((one is None, one or 0) for one in years))
        self._connection.executemany(
            "INSERT INTO browse_years VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((class_iri, number, *years, pack(spans[years], size)) for number, years in enumerate(ordered)),
        )
        self._year_values(class_iri, spans, size)
        return True

    def _year_values(self, class_iri: str, spans: Mapping[Years, Collection[int]], size: int) -> None:
        """Write for each year the places that were, or may have been, active in it."""
        known = [one for years in spans for one in years if one is not None]
        low, high = min(known), max(known)
        if high - low >= MOST_YEARS:
            return
        rows: list[tuple[str, str, int, str, int, bytes]] = []
        for year in range(high, low - 1, -1):
            some = [places for years, places in spans.items() if answer(years, year, year) is not None]
            if some:
                active: set[int] = set().union(*some)
                rows.append((class_iri, ACTIVE, len(rows), str(year), len(active), pack(active, size)))
        self._connection.executemany("INSERT INTO browse_value VALUES (?, ?, ?, ?, ?, ?)", rows)

    # ------------------------------------------------------------ columns and orders

    def _columns(self, class_iri: str, rows: Sequence[NamedField], place: Mapping[int, int], size: int) -> list[str]:
        """Choose the columns of the table: what matters first, by the shapes; write the order each gives."""
        shown = [one for one in rows if not one.field.hidden and "label" not in one.field.roles]
        shown.sort(key=lambda one: ("key" not in one.field.roles, one.field.facet is not True))
        columns: list[str] = []
        for row in shown:
            if len(columns) == COLUMNS:
                break
            if self._sort_by(class_iri, row, place, size):
                columns.append(row.name)
        return [one.name for one in rows if one.name in columns]

    def _sort_by(self, class_iri: str, row: NamedField, place: Mapping[int, int], size: int) -> bool:
        """Write the orders of a column; say whether it has any value."""
        of = self._values_of(row)
        if not of.keys().isdisjoint(place):
            for language in self._listing.languages:
                self._order(class_iri, row.name, language, self._by_rank(*self._ranked(row, language), place))
            return True
        texts = {} if row.field.inverse else self._texts(row.field.path, place)
        if texts:
            last = (2, 0.0, "")
            self._order(class_iri, row.name, "", sorted(range(size), key=lambda one: texts.get(one, last)))
        return bool(texts)

    def _ranked(self, row: NamedField, language: str) -> tuple[Mapping[int, int], int]:
        """The rank of each thing that a row has a value of, by the name of its first; and one that is last."""
        key = (row.field.key, language)
        if key not in self._ranks:
            of = self._values_of(row)
            names = {value: self._name(value, language) for value in set(chain.from_iterable(of.values()))}
            ranks = {name: rank for rank, name in enumerate(sorted(set(names.values())))}
            rank = {value: ranks[name] for value, name in names.items()}
            least = {
                number: rank[values[0]] if len(values) == 1 else min([rank[one] for one in values])
                for number, values in of.items()
            }
            self._ranks[key] = least, len(ranks)
        return self._ranks[key]

    def _name(self, value: int, language: str) -> str:
        """What a thing or a term of the ontology is sorted by."""
        sorts = self._listing.sorts[language]
        if value <= len(sorts):
            return sorts[value - 1]
        return sort_key(self._schema.name(self._paths.address(value), language).value, language)

    @staticmethod
    def _by_rank(ranks: Mapping[int, int], last: int, place: Mapping[int, int]) -> list[int]:
        """The places of a list by the rank of what stands there; those without one stay behind, in their order."""
        keys = [ranks.get(number, last) for number in place]
        return sorted(range(len(keys)), key=keys.__getitem__)

    def _texts(self, path: str, place: Mapping[int, int]) -> dict[int, tuple[int, float, str]]:
        """What a column of texts and numbers is sorted by: numbers by value, then texts."""
        if path not in self._written:
            numbers = self._listing.numbers
            pairs = zip(*self._relations.texts.get(path, ((), ())), strict=True)
            written: dict[int, list[Literal]] = {}
            for one, literal in pairs:
                if one in numbers:
                    written.setdefault(numbers[one], []).append(literal)
            self._written[path] = written
        of, language = self._written[path], self._listing.languages[0]
        some = ((position, of[number]) for number, position in place.items() if number in of)
        return {position: min(_text_key(one, language) for one in literals) for position, literals in some}

    def _order(self, class_iri: str, sort: str, language: str, places: Iterable[int]) -> None:
        row = (class_iri, sort, language, pack_numbers(places))
        self._connection.execute("INSERT INTO browse_order VALUES (?, ?, ?, ?)", row)


def _text_key(literal: Literal, language: str) -> tuple[int, float, str]:
    try:
        value = float(literal.value)
    except ValueError:
        return (1, 0.0, sort_key(literal.value, literal.language or language))
    return (0, value, "") if value == value else (1, 0.0, "")  # noqa: PLR0124 - what is no number has no order

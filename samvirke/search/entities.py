"""Things: what they are of, what they are called, and their place in the lists.

Duty: write the tables of the index that hold one row for each thing, each of its classes, labels and names. Level 4;
runs when the index is made. Same things, same rows: what has no order of its own is sorted before it is numbered.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import unquote

from samvirke.schema import Schema
from samvirke.search.browsing import Listing
from samvirke.search.vocabulary import Name, Vocabulary
from samvirke.search.words import fold, sort_key, sort_keys
from samvirke.terms import CORE

__all__ = ["Thing", "write_entities"]

_VERSION_CLASS = CORE.DocumentVersion.value
_AT_ONCE = 8
_CLASSES = "INSERT INTO entity_class SELECT ?, value FROM json_each(?)"
_MEMBERS = "INSERT INTO member SELECT ?, ?, key, value FROM json_each(?)"
"""Numbers are handed over as one text: a call for each of half a million rows takes four times as long."""


@dataclass(slots=True)
class Thing:
    """What is gathered about one subject: its types, its names by property and language, whether it is gone."""

    types: set[str] = field(default_factory=set)
    labels: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    alternatives: set[tuple[str, str]] = field(default_factory=set)
    withdrawn: bool = False
    successor: str | None = None


def write_entities(
    connection: sqlite3.Connection,
    things: Mapping[str, Thing],
    schema: Schema,
    languages: Sequence[str],
    vocabulary: Vocabulary,
) -> tuple[Listing, list[Name]]:
    """Write the things, their classes and labels, the lists and the names.

    Returns the lists, and the names as they are ranked.
    """
    kinds, properties = _Kinds(schema), schema.label_properties
    chosen = _Choice(languages)
    details: dict[str, frozenset[str]] = {}
    mains: set[str] = set()
    gone: set[int] = set()
    all_sorts: list[list[str]] = []
    entities, shown = [], []
    names: list[tuple[int, str, int, str, int, int, str, str]] = []
    for number, (iri, thing) in enumerate(things.items(), start=1):
        kind = kinds.of(thing.types)
        here = not (thing.withdrawn or thing.successor)
        kind.numbers.append(number)
        if not here:
            gone.add(number)
        if kind.detail:
            details[iri] = kind.types
        elif here:
            mains.add(kind.main)
        entities.append((number, iri, fold(iri), kind.main, kind.detail, thing.withdrawn, thing.successor))
        labels = _labels(thing, properties)
        if labels:
            told = [(labels[tag], tag) for tag in chosen.of(tuple(labels))]
            same = told[0]
            if all(one == same for one in told):
                sorts = sort_keys(same[0], languages)
            else:
                sorts = [sort_key(text, language) for (text, _), language in zip(told, languages, strict=True)]
        else:
            last = _last_part(iri)
            told = [(last, "")] * len(languages)
            sorts = sort_keys(last, languages)
        all_sorts.append(sorts)
        for language, (text, tag), sort in zip(languages, told, sorts, strict=True):
            shown.append((language, number, text, tag, sort))
        if here and kind.named:
            by_tag = dict(zip(languages, sorts, strict=True))
            for text, tag, rank in _names(thing, labels):
                folded = vocabulary.folded(text)
                sort = by_tag.get(tag, folded)
                names.append((rank, tag, len(folded), sort, number, len(names), text, folded))
    _insert(connection, "entity", entities)
    classes = kinds.by_class()
    connection.executemany(_CLASSES, ((one, str(classes[one])) for one in sorted(classes)))
    _insert(connection, "shown", shown)
    names.sort()
    ranked = [
        (number, entity, text, tag, kind_, folded)
        for number, (kind_, tag, _, _, entity, _, text, folded) in enumerate(names, start=1)
    ]
    _insert(connection, "name", ranked)
    connection.execute("INSERT INTO site VALUES ('name_blocks', ?)", (json.dumps(_blocks(ranked)),))
    columns = {language: [sorts[place] for sorts in all_sorts] for place, language in enumerate(languages)}
    ordered = kinds.members(columns, gone)
    _write_members(connection, ordered, languages[0])
    numbers = {iri: number for number, iri in enumerate(things, start=1)}
    return Listing(numbers, ordered, columns, details, frozenset(mains), languages), ranked


def _write_members(connection: sqlite3.Connection, ordered: Mapping[str, Mapping[str, list[int]]], main: str) -> None:
    counts = [(one, len(ordered[one][main])) for one in sorted(ordered)]
    connection.executemany("INSERT INTO class_count VALUES (?, ?)", counts)
    lists = ((one, tag, str(found)) for one in sorted(ordered) for tag, found in sorted(ordered[one].items()))
    connection.executemany(_MEMBERS, lists)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, some with each statement: half of the work is to begin and to end one."""
    if rows:
        row = f"({', '.join('?' * len(rows[0]))})"
        whole = len(rows) - len(rows) % _AT_ONCE
        some = (tuple(chain.from_iterable(rows[at : at + _AT_ONCE])) for at in range(0, whole, _AT_ONCE))
        connection.executemany(f"INSERT INTO {table} VALUES {', '.join([row] * _AT_ONCE)}", some)
        connection.executemany(f"INSERT INTO {table} VALUES {row}", rows[whole:])


def _blocks(ranked: Sequence[tuple[int, int, str, str, int, str]]) -> list[tuple[int, str, int, int]]:
    """The first and the last number of the names of each kind in each language."""
    found: dict[tuple[int, str], tuple[int, int]] = {}
    for number, _, _, tag, kind, _ in ranked:
        found[kind, tag] = (found.get((kind, tag), (number,))[0], number)
    return [(kind, tag, first, last) for (kind, tag), (first, last) in found.items()]


def _names(thing: Thing, labels: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """Every name of a thing, with its language and kind: the labels that are shown, then the others."""
    for tag, text in sorted(labels.items()):
        yield text, tag, 0
    told = sum([len(many) for texts in thing.labels.values() for many in texts.values()])
    if thing.alternatives or told > len(labels):
        spare = {(text, tag) for texts in thing.labels.values() for tag, many in texts.items() for text in many}
        others = (thing.alternatives | spare) - {(text, tag) for tag, text in labels.items()}
        for text, tag in sorted(others):
            yield text, tag, 1


@dataclass(slots=True)
class _Kind:
    """What a set of types makes of a thing: the class it is introduced by, whether it is a detail, all its classes.

    `named`: it is found by its names. `numbers` are the things of these types.
    """

    types: frozenset[str]
    main: str
    detail: bool
    classes: tuple[str, ...]
    named: bool
    numbers: list[int] = field(default_factory=list)


class _Kinds:
    """The sets of types; sites have few such sets and many things."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[frozenset[str], _Kind] = {}

    def of(self, types: Iterable[str]) -> _Kind:
        """What some types make of a thing."""
        key = frozenset(types)
        known = self._known.get(key)
        if known is None:
            schema = self._schema
            classes = tuple(sorted(key | {above for one in key for above in schema.superclasses(one)}))
            detail = schema.is_detail(key)
            named = not detail and _VERSION_CLASS not in classes
            known = self._known[key] = _Kind(key, schema.main_class(key), detail, classes, named)
        return known

    def by_class(self) -> dict[str, list[int]]:
        """The things of each class, in order."""
        found: dict[str, list[int]] = defaultdict(list)
        for kind in self._known.values():
            for one in kind.classes:
                found[one] += kind.numbers
        for numbers in found.values():
            numbers.sort()
        return found

    def members(self, sorts: Mapping[str, Sequence[str]], gone: Collection[int]) -> dict[str, dict[str, list[int]]]:
        """The things of each class that are not gone, in the order of each language, then of addresses."""
        found: dict[str, dict[str, list[int]]] = {}
        for language, keys in sorts.items():
            lists: dict[str, list[int]] = defaultdict(list)
            sinks: list[tuple[Callable[[int], None], ...]] = [()] * len(keys)
            for kind in self._known.values():
                appends = tuple(lists[one].append for one in kind.classes)
                for number in kind.numbers:
                    sinks[number - 1] = appends
            for number in gone:
                sinks[number - 1] = ()
            for place in sorted(range(len(keys)), key=keys.__getitem__):
                for append in sinks[place]:
                    append(place + 1)
            for one, numbers in lists.items():
                if numbers:
                    found.setdefault(one, {})[language] = numbers
        return found


class _Choice:
    """Chooses which labels are shown, by the languages that a thing has any in; there are few such sets."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = languages
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def of(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """For each of the site's languages: itself, none, another of the site's, any."""
        if tags not in self._known:
            self._known[tags] = tuple(
                next(tag for tag in (language, "", *self._languages, *sorted(tags)) if tag in tags)
                for language in self._languages
            )
        return self._known[tags]


def _labels(thing: Thing, properties: Sequence[str]) -> dict[str, str]:
    """One label per language: that of the best label property that has one."""
    labels: dict[str, str] = {}
    if thing.labels:
        for predicate in properties:
            told = thing.labels.get(predicate)
            if told:
                for tag, texts in told.items():
                    if tag not in labels:
                        labels[tag] = min(texts)
    return labels


def _last_part(iri: str) -> str:
    last = iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2]
    return (unquote(last) if "%" in last else last).replace("-", " ").replace("_", " ") or iri

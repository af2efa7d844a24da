"""Write the index of a generation.

Duty: one pass over the default graph and one over the documents' texts, into a new SQLite file. Whoever has
gathered the things already hands them over (`write_index`). Level 4; runs at build time. Same data, same
rows: everything is sorted before it is numbered.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from samvirke.model import Candidate, DefaultGraph, DocumentVersion, Literal, NamedNode
from samvirke.schema import ALTERNATIVE_PROPERTIES, Schema
from samvirke.search.browsing import LAYOUT as BROWSE_LAYOUT
from samvirke.search.browsing import Listing, wanted_texts, write_lists
from samvirke.search.relations import Relations
from samvirke.search.words import fold, folded_words, initials, plainly, sort_key, stems, tokens
from samvirke.sentences import beginnings
from samvirke.terms import CORE, DCT, OWL, TYPE

__all__ = ["LAYOUT", "Thing", "build_index", "write_index"]

LAYOUT = """
CREATE TABLE site (name TEXT PRIMARY KEY, value TEXT NOT NULL);
-- One row per thing with a page. `class` is what it is introduced by; `detail`: shown inside others only.
CREATE TABLE entity (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, folded TEXT NOT NULL, class TEXT NOT NULL,
  detail INTEGER NOT NULL, withdrawn INTEGER NOT NULL, successor TEXT);
-- Every class a thing is of, superclasses included.
CREATE TABLE entity_class (class TEXT NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY (class, entity)) WITHOUT ROWID;
-- The lists: what stands at which place of the list of a class, in each of the site's languages.
CREATE TABLE member (
  class TEXT NOT NULL, lang TEXT NOT NULL, place INTEGER NOT NULL, entity INTEGER NOT NULL,
  PRIMARY KEY (class, lang, place)) WITHOUT ROWID;
CREATE TABLE class_count (class TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
-- The label shown in each of the site's languages, and what lists are sorted by; `tag` is the label's own language.
CREATE TABLE shown (
  lang TEXT NOT NULL, entity INTEGER NOT NULL, text TEXT NOT NULL, tag TEXT NOT NULL, sort TEXT NOT NULL,
  PRIMARY KEY (entity, lang)) WITHOUT ROWID;
-- Every name, also the alternative ones (kind 1). `folded` is its words, folded, one space between. Names are
-- numbered as hits are ranked: by kind, language, length and alphabet, so that the first that match are the best.
-- `site` has the first and last number of each kind and language, as `name_blocks`.
CREATE TABLE name (
  id INTEGER PRIMARY KEY, entity INTEGER NOT NULL, text TEXT NOT NULL, tag TEXT NOT NULL, kind INTEGER NOT NULL,
  folded TEXT NOT NULL);
-- `words` ends with those that some keyboards write otherwise, `stems` with the initials of the name behind a 0.
CREATE VIRTUAL TABLE name_words USING fts5 (
  words, stems, content='', columnsize=0, prefix='1 2 3', tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE name_parts USING fts5 (folded, content='', columnsize=0, tokenize='trigram');
-- The words of all names: what a misspelt one may have meant.
CREATE TABLE word (id INTEGER PRIMARY KEY, folded TEXT NOT NULL UNIQUE, text TEXT NOT NULL, count INTEGER NOT NULL);
CREATE VIRTUAL TABLE word_parts USING fts5 (folded, content='', columnsize=0, tokenize='trigram');
-- The sentences of the documents. `start` and `end` are code points of the version's text.
CREATE TABLE sentence (
  id INTEGER PRIMARY KEY, version TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL);
CREATE VIRTUAL TABLE sentence_words USING fts5 (
  words, stems, content='', columnsize=0, tokenize='unicode61 remove_diacritics 0');
"""

# Made when the rows are there: sorting once is quicker than keeping sorted.
INDEXES = """
CREATE INDEX entity_folded ON entity (folded);
CREATE INDEX name_folded ON name (folded);
CREATE INDEX name_entity ON name (entity, kind);
"""
_FULL_TEXT = ("name_words", "name_parts", "word_parts", "sentence_words")
_FAST = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;"
_HASH_BYTES = 64 << 20
"""What full text gathers in memory before it writes: with the usual megabyte it merges its parts over and over."""

_LINE = re.compile(r"\S.*")
_VERSION_CLASS = CORE.DocumentVersion.value
_IS_REPLACED_BY = DCT.isReplacedBy.value
_DEPRECATED = OWL.deprecated.value


@dataclass(slots=True)
class Thing:
    """What is gathered about one subject: its types, its names by property and language, whether it is gone."""

    types: set[str] = field(default_factory=set)
    labels: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    alternatives: set[tuple[str, str]] = field(default_factory=set)
    withdrawn: bool = False
    successor: str | None = None


def build_index(path: Path, candidate: Candidate) -> None:
    """Write the index of a candidate to a new file.

    Reads:  the default graph of `candidate`, its schema and the texts of its documents.
    Writes: `path`, which must not exist; it is complete when this returns.
    """
    relations = Relations(wanted_texts(candidate.schema))
    things = _gather(candidate, relations)
    _gather_sources(candidate, relations)
    write_index(path, things, candidate.schema, candidate.languages, documents=candidate.documents, relations=relations)


def write_index(
    path: Path,
    things: Mapping[str, Thing],
    schema: Schema,
    languages: Sequence[str],
    *,
    documents: Sequence[DocumentVersion] = (),
    relations: Relations | None = None,
) -> None:
    """Write the index of some things, by address in order, to a new file; `languages` are the site's.

    Lists can be narrowed by what `relations` tell of the things; without them by class alone.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The file is new and thrown away if the build fails: no journal is needed to protect it.
        connection.executescript(_FAST + LAYOUT + BROWSE_LAYOUT)
        connection.execute("BEGIN")
        for table in _FULL_TEXT:
            connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('hashsize', {_HASH_BYTES})")
        stemmed = _languages(languages, things)
        connection.execute("INSERT INTO site VALUES ('stem_languages', ?)", (" ".join(stemmed),))
        connection.execute("INSERT INTO site VALUES ('languages', ?)", (" ".join(languages),))
        listing = _write_entities(connection, things, schema, languages)
        write_lists(connection, schema, listing, relations or Relations())
        _write_names(connection, stemmed)
        _write_sentences(connection, documents, stemmed)
        for table in _FULL_TEXT:
            connection.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")
        connection.execute("COMMIT")
        connection.executescript(INDEXES)
        connection.execute("ANALYZE")
    finally:
        connection.close()


def _gather(candidate: Candidate, relations: Relations) -> dict[str, Thing]:
    """Read every subject of the default graph that has an address and is no passage; into `relations` the rest."""
    label_properties = set(candidate.schema.label_properties)
    alternatives = set(ALTERNATIVE_PROPERTIES)
    documents = {document.address for document in candidate.documents}
    things: dict[str, Thing] = defaultdict(Thing)
    type_ = TYPE.value
    before, subject, thing = None, "", Thing()
    for quad in candidate.store.quads_for_pattern(None, None, None, DefaultGraph()):
        node = quad.subject
        if node != before:  # What is said of a thing stands together, mostly.
            before = node
            subject = node.value if isinstance(node, NamedNode) else ""
            document, fragment, _ = subject.partition("#")
            if fragment and document in documents:
                subject = ""
            if subject:
                thing = things[subject]
        if not subject:
            continue
        predicate, value = quad.predicate.value, quad.object
        if predicate == type_ and isinstance(value, NamedNode):
            thing.types.add(value.value)
        elif predicate in label_properties and isinstance(value, Literal):
            thing.labels.setdefault(predicate, {}).setdefault(value.language or "", set()).add(value.value)
        elif predicate in alternatives and isinstance(value, Literal):
            thing.alternatives.add((value.value, value.language or ""))
        elif predicate == _DEPRECATED and isinstance(value, Literal):
            thing.withdrawn = value.value in ("true", "1")
        elif predicate == _IS_REPLACED_BY and isinstance(value, NamedNode):
            thing.successor = value.value
        else:
            relations.take(subject, predicate, value)
    return dict(sorted(things.items()))


def _gather_sources(candidate: Candidate, relations: Relations) -> None:
    """Read which things the passages of each document speak of: as what a fact is about, or as its value."""
    documents = {document.address: document.document for document in candidate.documents}
    for graph in candidate.asserted:
        version, sign, _ = graph.value.partition("#")
        if sign and version in documents:
            found = relations.sources.setdefault(documents[version], set())
            for quad in candidate.store.quads_for_pattern(None, None, None, graph):
                if isinstance(quad.subject, NamedNode):
                    found.add(quad.subject.value)
                if isinstance(quad.object, NamedNode):
                    found.add(quad.object.value)


def _languages(languages: Sequence[str], things: Mapping[str, Thing]) -> tuple[str, ...]:
    """The site's languages and those of its names: the ones words are stemmed in."""
    found = set(languages)
    for thing in things.values():
        found.update(tag for texts in thing.labels.values() for tag in texts if tag)
    return tuple(sorted(found))


def _write_entities(
    connection: sqlite3.Connection, things: Mapping[str, Thing], schema: Schema, languages: Sequence[str]
) -> Listing:
    kinds, properties = _Kinds(schema), schema.label_properties
    details: dict[str, frozenset[str]] = {}
    mains: set[str] = set()
    all_sorts: dict[str, list[str]] = {language: [] for language in languages}
    entities, classes, shown = [], [], []
    names: list[tuple[int, str, str, int, str]] = []
    order: list[tuple[int, str, int, str, int, int]] = []
    # Of each class the members, as they are sorted: by language the sort key, the address, the number.
    members: dict[str, list[list[tuple[str, str, int]]]] = defaultdict(lambda: [[] for _ in languages])
    for number, (iri, thing) in enumerate(things.items(), start=1):
        main, detail, all_classes = kinds.of(frozenset(thing.types))
        here = not (thing.withdrawn or thing.successor)
        if detail:
            details[iri] = frozenset(thing.types)
        elif here:
            mains.add(main)
        entities.append((number, iri, fold(iri), main, detail, thing.withdrawn, thing.successor))
        classes += [(one, number) for one in all_classes]
        labels = _labels(thing, properties)
        sorts: dict[str, str] = {}
        for place, language in enumerate(languages):
            text, tag = _shown(labels, language, languages) or (_last_part(iri), "")
            sort = sorts[language] = sort_key(text, language)
            shown.append((language, number, text, tag, sort))
            all_sorts[language].append(sort)
            for one in all_classes if here else ():
                members[one][place].append((sort, iri, number))
        if here and not detail and _VERSION_CLASS not in all_classes:
            for name in _names(number, thing, labels):
                order.append((name[3], name[2], len(name[4]), sorts.get(name[2], name[4]), number, len(names)))
                names.append(name)
    connection.executemany("INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?, ?)", entities)
    connection.executemany("INSERT INTO entity_class VALUES (?, ?)", sorted(classes))
    connection.executemany("INSERT INTO shown VALUES (?, ?, ?, ?, ?)", shown)
    counts = sorted((one, len(by_language[0])) for one, by_language in members.items())
    connection.executemany("INSERT INTO class_count VALUES (?, ?)", counts)
    order.sort()
    ranked = [(number, *names[entry[-1]]) for number, entry in enumerate(order, start=1)]
    connection.executemany("INSERT INTO name VALUES (?, ?, ?, ?, ?, ?)", ranked)
    connection.execute("INSERT INTO site VALUES ('name_blocks', ?)", (json.dumps(_blocks(ranked)),))
    ordered = {
        one: {
            language: [number for _, _, number in sorted(found)]
            for language, found in zip(languages, by_language, strict=True)
        }
        for one, by_language in members.items()
    }
    connection.executemany("INSERT INTO member VALUES (?, ?, ?, ?)", _places(ordered))
    numbers = {iri: number for number, iri in enumerate(things, start=1)}
    return Listing(numbers, ordered, all_sorts, details, frozenset(mains), languages)


def _blocks(ranked: Sequence[tuple[int, int, str, str, int, str]]) -> list[tuple[int, str, int, int]]:
    """The first and the last number of the names of each kind in each language."""
    found: dict[tuple[int, str], tuple[int, int]] = {}
    for number, _, _, tag, kind, _ in ranked:
        found[kind, tag] = (found.get((kind, tag), (number,))[0], number)
    return [(kind, tag, first, last) for (kind, tag), (first, last) in found.items()]


def _places(ordered: Mapping[str, Mapping[str, Sequence[int]]]) -> Iterator[tuple[str, str, int, int]]:
    """Number the members of each class in the alphabet of each language, in the order of the table."""
    for one in sorted(ordered):
        for language, numbers in sorted(ordered[one].items()):
            for place, number in enumerate(numbers):
                yield one, language, place, number


def _names(number: int, thing: Thing, labels: dict[str, str]) -> Iterator[tuple[int, str, str, int, str]]:
    """Every name of a thing: the labels that are shown, then the others."""
    spare = {(text, tag) for texts in thing.labels.values() for tag, many in texts.items() for text in many}
    others = (thing.alternatives | spare) - {(text, tag) for tag, text in labels.items()}
    for tag, text in sorted(labels.items()):
        yield number, text, tag, 0, " ".join(folded_words(text))
    for text, tag in sorted(others):
        yield number, text, tag, 1, " ".join(folded_words(text))


class _Kinds:
    """What a set of types makes of a thing; sites have few such sets and many things."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[frozenset[str], tuple[str, bool, tuple[str, ...]]] = {}

    def of(self, types: frozenset[str]) -> tuple[str, bool, tuple[str, ...]]:
        """The class a thing is introduced by, whether it is a detail, and all its classes."""
        if types not in self._known:
            schema = self._schema
            classes = types | {above for one in types for above in schema.superclasses(one)}
            self._known[types] = (schema.main_class(types), schema.is_detail(types), tuple(sorted(classes)))
        return self._known[types]


def _labels(thing: Thing, properties: Sequence[str]) -> dict[str, str]:
    """One label per language: that of the best label property that has one."""
    labels: dict[str, str] = {}
    for predicate in properties if thing.labels else ():
        for tag, texts in thing.labels.get(predicate, {}).items():
            labels.setdefault(tag, min(texts))
    return labels


def _shown(labels: dict[str, str], language: str, languages: Sequence[str]) -> tuple[str, str] | None:
    """Choose the label a page in a language shows: its own, one without a language, the site's others, any."""
    for tag in (language, "", *languages, *sorted(labels)):
        if tag in labels:
            return labels[tag], tag
    return None


def _last_part(iri: str) -> str:
    last = iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2]
    return (unquote(last) if "%" in last else last).replace("-", " ").replace("_", " ") or iri


def _write_names(connection: sqlite3.Connection, languages: tuple[str, ...]) -> None:
    """Fill the two full-text columns of every name, and the vocabulary of all of them."""
    vocabulary: dict[str, tuple[str, int]] = {}
    known: dict[str, tuple[str, frozenset[str]]] = {}  # of a word as it is written: folded, and its stems
    counts: Counter[str] = Counter()
    words_of, parts_of = [], []
    for number, text, folded in connection.execute("SELECT id, text, folded FROM name ORDER BY id").fetchall():
        words = folded.split(" ") if text.isascii() else tokens(text)
        roots: set[str] = set()
        for word in words:
            if word not in known:
                known[word] = fold(word), stems(word, languages)
            roots.update(known[word][1])
        counts.update(words)
        # Behind the name's own words, which are looked for from its beginning: the words as other keyboards write them.
        also = " ".join((folded, *plainly(text)))
        words_of.append((number, also, " ".join((*sorted(roots), *(f"0{short}" for short in sorted(initials(text)))))))
        parts_of.append((number, folded))
    for word, count in counts.items():
        if word:
            first, before = vocabulary.get(known[word][0], (word, 0))
            vocabulary[known[word][0]] = (first, before + count)
    connection.executemany("INSERT INTO name_words (rowid, words, stems) VALUES (?, ?, ?)", words_of)
    connection.executemany("INSERT INTO name_parts (rowid, folded) VALUES (?, ?)", parts_of)
    known_words = [(n, folded, *told) for n, (folded, told) in enumerate(sorted(vocabulary.items()), start=1)]
    connection.executemany("INSERT INTO word VALUES (?, ?, ?, ?)", known_words)
    connection.executemany("INSERT INTO word_parts (rowid, folded) VALUES (?, ?)", (row[:2] for row in known_words))


def _write_sentences(
    connection: sqlite3.Connection, documents: Sequence[DocumentVersion], languages: tuple[str, ...]
) -> None:
    for document in sorted(documents, key=lambda one: one.address):
        for start, end, text in _sentences(document.text):
            row = (document.address, start, end, text)
            number = connection.execute(
                "INSERT INTO sentence (version, start, end, text) VALUES (?, ?, ?, ?)", row
            ).lastrowid
            roots = {root for word in tokens(text) for root in stems(word, languages)}
            connection.execute(
                "INSERT INTO sentence_words (rowid, words, stems) VALUES (?, ?, ?)",
                (number, " ".join(folded_words(text)), " ".join(sorted(roots))),
            )


def _sentences(text: str) -> Iterator[tuple[int, int, str]]:
    """Cut a text where a line ends or a sentence does."""
    for line in _LINE.finditer(text):
        for low, high in pairwise((0, *beginnings(line[0]), len(line[0]))):
            words = line[0][low:high].rstrip()
            start = line.start() + low
            yield start, start + len(words), words

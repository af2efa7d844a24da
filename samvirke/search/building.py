"""Write the index of a generation.

Duty: one pass over the default graph and one over the documents' texts, into a new SQLite file.
Level 4; runs at build time. Same data, same rows: everything is sorted before it is numbered.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from samvirke.model import Candidate, DefaultGraph, DocumentVersion, Literal, NamedNode
from samvirke.schema import ALTERNATIVE_PROPERTIES, Schema
from samvirke.search.words import fold, folded_words, sort_key, stems, tokens
from samvirke.terms import CORE, DCT, OWL, TYPE

__all__ = ["LAYOUT", "build_index"]

LAYOUT = """
CREATE TABLE site (name TEXT PRIMARY KEY, value TEXT NOT NULL);
-- One row per thing with a page. `class` is what it is introduced by; `detail`: shown inside others only.
CREATE TABLE entity (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, folded TEXT NOT NULL, class TEXT NOT NULL,
  detail INTEGER NOT NULL, withdrawn INTEGER NOT NULL, successor TEXT);
CREATE INDEX entity_folded ON entity (folded);
-- Every class a thing is of, superclasses included.
CREATE TABLE entity_class (class TEXT NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY (class, entity)) WITHOUT ROWID;
CREATE TABLE class_count (class TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
-- The label shown in each of the site's languages, and what lists are sorted by; `tag` is the label's own language.
CREATE TABLE shown (
  lang TEXT NOT NULL, entity INTEGER NOT NULL, text TEXT NOT NULL, tag TEXT NOT NULL, sort TEXT NOT NULL,
  PRIMARY KEY (entity, lang)) WITHOUT ROWID;
CREATE INDEX shown_sort ON shown (lang, sort, entity);
-- Every name, also the alternative ones (kind 1). `folded` is its words, folded, one space between.
CREATE TABLE name (
  id INTEGER PRIMARY KEY, entity INTEGER NOT NULL, text TEXT NOT NULL, tag TEXT NOT NULL, kind INTEGER NOT NULL,
  folded TEXT NOT NULL);
CREATE INDEX name_folded ON name (folded);
CREATE INDEX name_entity ON name (entity, kind);
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

_SENTENCE = re.compile(r"\S(?:.*?[.!?…][”\"»)]*(?=\s|$)|.*$)", re.MULTILINE)
_VERSION_CLASS = CORE.DocumentVersion.value
_IS_REPLACED_BY = DCT.isReplacedBy.value
_DEPRECATED = OWL.deprecated.value


@dataclass(slots=True)
class _Thing:
    """What the pass over the graph gathers about one subject."""

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
    things = _gather(candidate)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The file is new and thrown away if the build fails: no journal is needed to protect it.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + LAYOUT)
        connection.execute("BEGIN")
        languages = _languages(candidate, things)
        connection.execute("INSERT INTO site VALUES ('stem_languages', ?)", (" ".join(languages),))
        connection.execute("INSERT INTO site VALUES ('languages', ?)", (" ".join(candidate.languages),))
        _write_entities(connection, things, candidate)
        _write_names(connection, languages)
        _write_sentences(connection, candidate.documents, languages)
        for table in ("name_words", "name_parts", "sentence_words"):
            connection.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
    finally:
        connection.close()


def _gather(candidate: Candidate) -> dict[str, _Thing]:
    """Read every subject of the default graph that has an address and is no passage."""
    label_properties = set(candidate.schema.label_properties)
    alternatives = set(ALTERNATIVE_PROPERTIES)
    passages = tuple(f"{document.address}#" for document in candidate.documents)
    things: dict[str, _Thing] = defaultdict(_Thing)
    for quad in candidate.store.quads_for_pattern(None, None, None, DefaultGraph()):
        if not isinstance(quad.subject, NamedNode) or quad.subject.value.startswith(passages or ("\0",)):
            continue
        thing, predicate, value = things[quad.subject.value], quad.predicate.value, quad.object
        if quad.predicate == TYPE and isinstance(value, NamedNode):
            thing.types.add(value.value)
        elif predicate in label_properties and isinstance(value, Literal):
            thing.labels.setdefault(predicate, {}).setdefault(value.language or "", set()).add(value.value)
        elif predicate in alternatives and isinstance(value, Literal):
            thing.alternatives.add((value.value, value.language or ""))
        elif predicate == _DEPRECATED and isinstance(value, Literal):
            thing.withdrawn = value.value in ("true", "1")
        elif predicate == _IS_REPLACED_BY and isinstance(value, NamedNode):
            thing.successor = value.value
    return dict(sorted(things.items()))


def _languages(candidate: Candidate, things: dict[str, _Thing]) -> tuple[str, ...]:
    """The site's languages and those of its names: the ones words are stemmed in."""
    found = set(candidate.languages)
    for thing in things.values():
        found.update(tag for texts in thing.labels.values() for tag in texts if tag)
    return tuple(sorted(found))


def _write_entities(connection: sqlite3.Connection, things: dict[str, _Thing], candidate: Candidate) -> None:
    schema, languages = candidate.schema, candidate.languages
    counts: dict[str, int] = defaultdict(int)
    names = []
    for number, (iri, thing) in enumerate(things.items(), start=1):
        detail = schema.is_detail(thing.types)
        row = (number, iri, fold(iri), schema.main_class(thing.types), detail, thing.withdrawn, thing.successor)
        connection.execute("INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        classes = sorted(_with_superclasses(thing.types, schema))
        connection.executemany("INSERT INTO entity_class VALUES (?, ?)", [(one, number) for one in classes])
        if not (thing.withdrawn or thing.successor):
            for one in classes:
                counts[one] += 1
        labels = _labels(thing, schema)
        for language in languages:
            text, tag = _shown(labels, language, languages) or (_last_part(iri), "")
            shown = (language, number, text, tag, sort_key(text, language))
            connection.execute("INSERT INTO shown VALUES (?, ?, ?, ?, ?)", shown)
        if not (detail or thing.withdrawn or thing.successor or _VERSION_CLASS in classes):
            names += [(number, text, tag, 0) for tag, text in sorted(labels.items())]
            spare = {(text, tag) for texts in thing.labels.values() for tag, many in texts.items() for text in many}
            others = (thing.alternatives | spare) - {(text, tag) for tag, text in labels.items()}
            names += [(number, text, tag, 1) for text, tag in sorted(others)]
    connection.executemany("INSERT INTO class_count VALUES (?, ?)", sorted(counts.items()))
    rows = ((*name, " ".join(folded_words(name[1]))) for name in names)
    connection.executemany("INSERT INTO name (entity, text, tag, kind, folded) VALUES (?, ?, ?, ?, ?)", rows)


def _with_superclasses(types: set[str], schema: Schema) -> set[str]:
    return types | {above for one in types for above in schema.superclasses(one)}


def _labels(thing: _Thing, schema: Schema) -> dict[str, str]:
    """One label per language: that of the best label property that has one."""
    labels: dict[str, str] = {}
    for predicate in schema.label_properties:
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
    from urllib.parse import unquote  # noqa: PLC0415 - only where nothing has a name

    return unquote(re.split(r"[/#]", iri.rstrip("/#"))[-1]).replace("-", " ").replace("_", " ") or iri


def _write_names(connection: sqlite3.Connection, languages: Sequence[str]) -> None:
    """Fill the two full-text columns of every name, and the vocabulary of all of them."""
    vocabulary: dict[str, tuple[str, int]] = {}
    for number, text, folded in connection.execute("SELECT id, text, folded FROM name ORDER BY id").fetchall():
        words = tokens(text)
        roots = {root for word in words for root in stems(word, languages)}
        connection.execute(
            "INSERT INTO name_words (rowid, words, stems) VALUES (?, ?, ?)", (number, folded, " ".join(sorted(roots)))
        )
        connection.execute("INSERT INTO name_parts (rowid, folded) VALUES (?, ?)", (number, folded))
        for word in words:
            known = vocabulary.get(fold(word), (word, 0))
            vocabulary[fold(word)] = (known[0], known[1] + 1)
    for number, (folded, (word, count)) in enumerate(sorted(vocabulary.items()), start=1):
        connection.execute("INSERT INTO word VALUES (?, ?, ?, ?)", (number, folded, word, count))
        connection.execute("INSERT INTO word_parts (rowid, folded) VALUES (?, ?)", (number, folded))


def _write_sentences(
    connection: sqlite3.Connection, documents: Sequence[DocumentVersion], languages: Sequence[str]
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
    """Cut a text where a line ends or a sentence does; a date such as "21. oktober" may be cut and does no harm."""
    for found in _SENTENCE.finditer(text):
        words = found[0].rstrip()
        if words:
            yield found.start(), found.start() + len(words), words

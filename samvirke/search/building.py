"""Write the index of a generation.

Duty: one pass over the default graph and one over the documents' texts, into a new SQLite file. Whoever has
gathered the things already hands them over (`write_index`). Level 4; runs at build time. Same data, same
rows: everything is sorted before it is numbered.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from samvirke.memory import without_collector
from samvirke.model import Candidate, DefaultGraph, DocumentVersion, Literal, NamedNode
from samvirke.schema import ALTERNATIVE_PROPERTIES, Schema
from samvirke.search.browsing import LAYOUT as BROWSE_LAYOUT
from samvirke.search.browsing import wanted_texts, write_lists
from samvirke.search.entities import Thing, write_entities
from samvirke.search.relations import Relations
from samvirke.search.vocabulary import Vocabulary, write_names
from samvirke.search.words import folded_words, stems, tokens
from samvirke.sentences import beginnings
from samvirke.terms import DCT, OWL, TYPE

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
_IS_REPLACED_BY = DCT.isReplacedBy.value
_DEPRECATED = OWL.deprecated.value


def build_index(path: Path, candidate: Candidate) -> None:
    """Write the index of a candidate to a new file.

    Reads:  the default graph of `candidate`, its schema and the texts of its documents.
    Writes: `path`, which must not exist; it is complete when this returns.
    """
    relations = Relations(wanted_texts(candidate.schema))
    languages, documents = candidate.languages, candidate.documents
    with without_collector():
        things = _gather(candidate, relations)
        _gather_sources(candidate, relations)
        write_index(path, things, candidate.schema, languages, documents=documents, relations=relations)


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
        vocabulary = Vocabulary(stemmed)
        listing, names = write_entities(connection, things, schema, languages, vocabulary)
        write_lists(connection, schema, listing, relations or Relations())
        write_names(connection, names, vocabulary)
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

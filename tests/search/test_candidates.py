"""The best hits are found among many, whatever order things were written in."""

from __future__ import annotations

import pytest

from samvirke.model import Literal, Quad
from samvirke.search import Index, build_index
from samvirke.search.candidates import blocks_for
from samvirke.terms import SKOS, TYPE
from tests.search.test_search import SPECIAL, THING, candidate, named

MANY = 2_600
"""More things than are ever ranked for one question."""


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    quads = []
    for number in range(MANY):
        thing = named(f"a{number:04}")
        quads.append(Quad(thing, SKOS.prefLabel, Literal(f"Netværk {number:04} for musik", language="da")))
        quads.append(Quad(thing, SKOS.prefLabel, Literal(f"Network {number:04}", language="en")))
        quads.append(Quad(thing, TYPE, THING))
    late = {
        "z-exact": ("Netværk", THING),
        "z-begins": ("Netværk A", THING),
        "z-word": ("Det netværk", THING),
        "z-inside": ("Biblioteksnetværket", THING),
        "z-special": ("Et helt særligt og meget langt navn på et netværk med mange ord i", SPECIAL),
        "z-short": ("Ø Storbiblioteksnetværk", THING),
    }
    for slug, (text, kind) in late.items():
        quads += [Quad(named(slug), SKOS.prefLabel, Literal(text, language="da")), Quad(named(slug), TYPE, kind)]
    quads += [
        Quad(named("a0000"), SKOS.altLabel, Literal(f"Netværk {number}", language=tag))
        for number, tag in enumerate(f"a{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")
    ]
    path = tmp_path_factory.mktemp("many") / "index.sqlite"
    build_index(path, candidate(quads))
    return Index(path)


def test_the_best_come_first_wherever_they_stand(index):
    hits = index.search("netværk", "da", limit=4).hits

    assert [(hit.matched, hit.kind) for hit in hits[:3]] == [
        ("Netværk", "exact"),
        ("Netværk A", "prefix"),
        ("Netværk 0000 for musik", "prefix"),
    ]


def test_a_language_prefers_its_own_names(index):
    assert index.search("network", "en", limit=1).hits[0].matched == "Network 0000"
    assert index.search("network", "da", limit=1).hits[0].matched == "Network 0000"
    assert index.search("netværk 7", "ai", limit=1).hits[0].matched_tag == "ai"


@pytest.mark.parametrize("lang", ["da", "en", "fr", ""])
def test_pages_of_hits_are_those_of_the_whole(index, lang):
    whole = index.search("netværk", lang, limit=2_000)
    pages = [index.search("netværk", lang, limit=97, offset=offset) for offset in range(0, 970, 97)]

    assert [hit for page in pages for hit in page.hits] == list(whole.hits[:970])
    assert len({hit.iri for hit in whole.hits}) == 2_000
    assert all(page.more for page in pages)


def test_a_class_has_its_hits_behind_thousands_of_others(index):
    assert [hit.iri for hit in index.search("netværk", "da", SPECIAL.value).hits] == [named("z-special").value]


def test_words_and_parts_come_when_beginnings_are_used_up(index):
    assert [hit.kind for hit in index.search("biblioteksnetværk", "da").hits] == ["prefix", "part"]
    assert [hit.iri for hit in index.search("ø netværk", "da").hits] == [named("z-short").value]


def test_suggestions_are_the_shortest_that_begin_so(index):
    assert [hit.matched for hit in index.suggest("netv", "da", 2)] == ["Netværk", "Netværk A"]


def test_blocks_stand_in_the_order_of_a_language():
    blocks = [(0, "da", 1, 5), (0, "en", 6, 9), (1, "da", 10, 11), (1, "en", 12, 20)]

    assert blocks_for(blocks, "en") == [[(6, 9)], [(1, 5)], [(12, 20)], [(10, 11)]]
    assert blocks_for(blocks, "sv") == [[(1, 5), (6, 9)], [(10, 11), (12, 20)]]
    assert len(blocks_for([], "da")) == 1
    assert len(blocks_for(blocks * 10, "da")) == 1


def test_no_table_is_asked_again_for_each_row(index):
    """SQLite takes `rowid IN (…)` as a search of the full text for each of its rows, which took half a minute."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    rows = index._rows
    index._rows = lambda query, *values: asked.append((query, values)) or rows(query, *values)
    try:
        index.search("ø netværk storbib a", "da", counted=True)
        index.suggest("ø netv", "da")
    finally:
        del index._rows
    plans = [step[3] for query, values in asked for step in rows(f"EXPLAIN QUERY PLAN {query}", *values)]

    assert any("name_parts VIRTUAL TABLE" in step for step in plans)
    assert [step for step in plans if "VIRTUAL TABLE" in step and "=" in step.rpartition(":")[2]] == []

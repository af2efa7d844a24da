"""Among a thousand generated names the one that is meant comes first."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from samvirke.model import Literal, Quad
from samvirke.search import Index, build_index
from samvirke.terms import SKOS, TYPE
from tests.search.test_search import SPECIAL, THING, candidate, named

CASES = [
    line.split("\t")
    for line in Path(__file__).with_name("asked.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
SYLLABLES = ("bi", "bli", "tek", "net", "værk", "kul", "tur", "sty", "sen", "år", "hus", "ær", "ør", "en", "ing", "jyl")
NAMES = {
    "aeroe": [("Ærøskøbing Bibliotek", "da")],
    "aarhus": [("Århus Ø", "da")],
    "oe": [("Ø", "da")],
    "women": [("Kvindemuseet i Danmark", "da"), ("The Women's Museum in Denmark", "en")],
    "malmoe": [("Malmö stad", "sv")],
    "zuerich": [("Kulturamt Zürich", "de")],
    "ships": [("Det Forenede Dampskibs-Selskab", "da"), ("DFDS", "")],
    "volunteers": [("Videnscenter for Frivilligt Kulturarbejde", "da")],
}
MANY = 1_200


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    chance, quads = random.Random(7), []
    for number in range(MANY):
        words = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(chance.randint(1, 3))]
        quads += [
            Quad(named(f"n{number}"), SKOS.prefLabel, Literal(" ".join(words).capitalize(), language="da")),
            Quad(named(f"n{number}"), TYPE, SPECIAL if number % 3 else THING),
        ]
    for slug, texts in NAMES.items():
        for place, (text, tag) in enumerate(texts):
            kind = SKOS.altLabel if place and not tag else SKOS.prefLabel
            quads.append(Quad(named(slug), kind, Literal(text, language=tag) if tag else Literal(text)))
        quads.append(Quad(named(slug), TYPE, THING))
    path = tmp_path_factory.mktemp("asked") / "index.sqlite"
    build_index(path, candidate(quads))
    return Index(path)


def first(index: Index, words: str) -> str:
    """The label of the first hit; of misspelt words, the first hit of what they may have meant; else the nearest."""
    found = index.search(words, "da")
    hits = found.hits or (index.search(found.suggestion, "da").hits if found.suggestion else ())
    return next((hit.label for hit in hits or index.nearest(words, "da")), "")


def test_what_is_meant_comes_first(index):
    missed = [(words, first(index, words), tried) for words, name, tried in CASES if first(index, words) != name]

    assert len(CASES) >= 30
    assert missed == []


def test_hits_are_counted_by_class_as_they_are_listed(index):
    for words in ("net", "nettek", "bi", "kul tur", "DFDS", "vfk", "ø", "en"):
        whole = index.search(words, "da", limit=2_000, counted=True)
        counts = {one.iri: one.count for one in whole.classes}

        assert whole.total == len(whole.hits) == counts[THING.value], words
        for kind in (THING, SPECIAL):
            of_class = index.search(words, "da", kind.value, limit=2_000).hits
            assert counts.get(kind.value, 0) == len(of_class), (words, kind)


def test_words_asked_for_are_found_in_a_text(index):
    text = "Bibliotekerne i Ærøskøbing åbner et Bibliotekscenter."

    assert [text[start:end] for start, end in index.places(text, "bibliotek aeroeskoebing")] == [
        "Bibliotekerne",
        "Ærøskøbing",
        "Bibliotekscenter",
    ]
    assert index.places(text, "") == []

"""Finding things by name, and listing them."""

from __future__ import annotations

import sqlite3
import threading
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store

from samvirke.errors import StoreDamaged
from samvirke.model import BlankNode, Candidate, DocumentVersion, Literal, NamedNode, Quad
from samvirke.schema import Schema
from samvirke.schema.hints import ClassHint
from samvirke.search import Index, SentenceHit, build_index, fold, sort_key
from samvirke.search.words import folded_words, stems, tokens
from samvirke.terms import CORE, DCT, OWL, SKOS, TYPE, XSD

GOLDEN = tomllib.loads(Path(__file__).with_name("golden.toml").read_text("utf-8"))
BASE = "https://example.org/"
THING, SPECIAL, NODE = (NamedNode(f"{BASE}terms#{name}") for name in ("Thing", "Special", "Node"))
TEXT = "Netværket mødtes i Ærø Hus.  Det var godt!\n\nEt andet afsnit om biblioteker\n"


def named(slug):
    return NamedNode(f"{BASE}id/{slug}")


def candidate(quads, documents=(), languages=("da", "en")):
    store = Store()
    store.extend(quads)
    classes = {
        THING.value: ClassHint(THING.value, "thing"),
        SPECIAL.value: ClassHint(SPECIAL.value, "special", superclasses=(THING.value,)),
        NODE.value: ClassHint(NODE.value, "node", detail=True),
    }
    return Candidate(
        store=store,
        base=BASE,
        languages=languages,
        documents=tuple(documents),
        asserted=(),
        inferred=(),
        schema_graphs=(),
        schema=Schema(BASE, languages, classes=classes),
    )


def names():
    for slug, texts in GOLDEN["names"].items():
        for text in texts:
            label, alternative = text.removesuffix("|alt"), text.endswith("|alt")
            words, _, tag = label.partition("@")
            yield Quad(
                named(slug), SKOS.altLabel if alternative else SKOS.prefLabel, Literal(words, language=tag or "da")
            )
        yield Quad(named(slug), TYPE, SPECIAL if slug in ("nordisk", "bkn") else THING)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("search") / "index.sqlite"
    more = [
        Quad(named("old"), SKOS.prefLabel, Literal("Nordisk Gammelt", language="da")),
        Quad(named("old"), OWL.deprecated, Literal("true", datatype=XSD.boolean)),
        Quad(named("old"), DCT.isReplacedBy, named("nordisk")),
        Quad(named("merged"), SKOS.prefLabel, Literal("Nordisk Netværk", language="da")),
        Quad(named("merged"), DCT.isReplacedBy, named("nordisk")),
        Quad(named("holding"), TYPE, NODE),
        Quad(named("holding"), SKOS.prefLabel, Literal("Nordisk sekretariat", language="da")),
        Quad(named("nameless"), TYPE, THING),
        Quad(BlankNode("b"), SKOS.prefLabel, Literal("Nordisk blank", language="da")),
        Quad(NamedNode(f"{BASE}document/x/1"), TYPE, CORE.DocumentVersion),
        Quad(NamedNode(f"{BASE}document/x/1#char=0,9"), SKOS.note, Literal("no thing")),
    ]
    documents = [DocumentVersion(f"{BASE}document/x/1", f"{BASE}document/x", TEXT, "", "x.txt")]
    build_index(path, candidate([*names(), *more], documents))
    return Index(path)


def test_the_golden_list_is_long_enough():
    assert len(GOLDEN["case"]) >= 25


@pytest.mark.parametrize("case", GOLDEN["case"], ids=[repr(case["q"]) for case in GOLDEN["case"]])
def test_golden(index, case):
    found = index.search(case["q"], "da")

    assert sorted(hit.label for hit in found.hits) == sorted(case["finds"])
    assert found.suggestion == case.get("suggests", "")
    if "first" in case:
        assert (found.hits[0].label, found.hits[0].kind) == (case["finds"][0], case["first"])
    if "matched" in case:
        assert found.hits[0].matched == case["matched"]


def test_a_word_of_one_letter_finds_words_that_begin_so(index):
    assert "BL – Danmarks Almene Boliger" in {hit.label for hit in index.search("b", "da").hits}
    assert "Nordisk Biblioteksnetværk" not in {hit.label for hit in index.search("v", "da").hits}


def test_a_class_narrows_and_takes_in_its_subclasses(index):
    hits = index.search("netværk", "da", SPECIAL.value).hits

    assert len(hits) == 2
    assert len(index.search("nordisk", "da", THING.value).hits) == 1


def test_hits_come_in_pages(index):
    whole = index.search("bibliotek", "da")
    first, second = index.search("bibliotek", "da", limit=3), index.search("bibliotek", "da", limit=3, offset=3)

    assert (first.more, second.more) == (True, False)
    assert (*first.hits, *second.hits) == whole.hits


def test_sentences_are_found_with_their_place(index):
    found = index.search("biblioteket", "da").sentences

    assert found == (SentenceHit(f"{BASE}document/x/1", 44, 74, "Et andet afsnit om biblioteker"),)
    assert found[0].passage == f"{BASE}document/x/1#char=44,74"
    for hit in index.search("netværk", "da").sentences:
        assert TEXT[hit.start : hit.end] == hit.text


def test_what_is_withdrawn_replaced_or_a_detail_is_not_found_nor_listed(index):
    assert {hit.iri for hit in index.search("nordisk", "da").hits} == {named("nordisk").value}
    assert {member.iri for member in index.members(NODE.value, "da")} == {named("holding").value}
    assert (index.entity(named("old").value).withdrawn, index.entity(named("merged").value).withdrawn) == (True, False)
    assert index.entity(named("merged").value).successor == named("nordisk").value


def test_passages_and_blank_nodes_are_no_things(index):
    assert index.entity(f"{BASE}document/x/1#char=0,9") is None
    assert index.count() == len(GOLDEN["names"]) + 3


def test_a_list_is_sorted_by_the_alphabet_of_its_language(index):
    labels = [member.label for member in index.members(THING.value, "da")]

    assert labels[-4:] == ["Ærø", "Ø", "Århus", "Aarhus Kommune"]
    assert index.members(THING.value, "da", offset=1, limit=2) == index.members(THING.value, "da")[1:3]


def test_labels_in_the_language_asked_for_else_the_sites_else_the_address(index):
    assert index.shown(named("kb").value, "en") == ("Royal Danish Library", "en")
    assert index.shown(named("kb").value, "da") == ("Det Kgl. Bibliotek", "da")
    assert index.shown(named("malmoe").value, "en") == ("Malmö stad", "sv")
    assert index.label(named("nameless").value, "da") == "nameless"
    assert index.label("https://elsewhere.example/x", "da") is None


def test_classes_are_counted_with_their_subclasses(index):
    counts = {entry.iri: entry.count for entry in index.classes()}

    assert counts[SPECIAL.value] == 2
    assert counts[THING.value] == len(GOLDEN["names"]) + 1
    assert index.count(SPECIAL.value) == 2


def test_another_spelling_of_an_address(index):
    assert index.like(f"{BASE}ID/BKN") == f"{BASE}id/bkn"
    assert index.like(f"{BASE}id/nobody") is None


def test_nearest_names_for_an_unknown_address(index):
    assert index.nearest("nordisk biblioteksnetvrk", "da")[0].iri == named("nordisk").value
    assert index.nearest("qqqq", "da") == ()
    assert index.nearest("", "da") == ()


def test_suggestions_begin_with_what_was_typed(index):
    assert [hit.label for hit in index.suggest("kom", "da")] == ["Aarhus Kommune"]
    assert [hit.label for hit in index.suggest("slots- og k", "da")] == ["Slots- og Kulturstyrelsen"]


def test_the_same_data_give_the_same_file(tmp_path):
    quads = list(names())
    build_index(tmp_path / "a", candidate(quads))
    build_index(tmp_path / "b", candidate(reversed(quads)))

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_empty_site_has_an_index(tmp_path):
    build_index(tmp_path / "index", candidate([]))
    index = Index(tmp_path / "index")

    assert (index.count(), index.classes(), index.search("x", "da").hits) == (0, (), ())


def test_threads_share_an_index(index):
    failures = []

    def ask():
        try:
            assert index.search("netværk", "da").hits
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_the_index_cannot_be_written(index):
    with pytest.raises(sqlite3.OperationalError):
        index._connection.execute("DELETE FROM entity")


def test_a_damaged_or_missing_file_is_told(tmp_path):
    (tmp_path / "bad").write_bytes(b"no database at all" * 100)

    with pytest.raises(StoreDamaged):
        Index(tmp_path / "bad").count()
    with pytest.raises(StoreDamaged):
        Index(tmp_path / "missing").count()


@given(st.text(max_size=60))
def test_no_question_crashes_it(index, question):
    for lang in ("da", "en", "xx"):
        index.search(question, lang)
    index.suggest(question, "da")
    index.nearest(question, "da")


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


def test_folding():
    assert fold("ÆRØ Århus Ängelholm Göteborg Zürich café") == "aeroe aarhus aengelholm goeteborg zuerich cafe"
    assert folded_words("Slots- og Kultur_styrelsen 2") == ["slots", "og", "kultur", "styrelsen", "2"]


def test_stems_are_made_before_folding():
    assert stems("netværket", ("da",)) == {"netvaerk"}
    assert stems("tokens", ("xx",)) == set()
    assert tokens("Å, Ø!") == ["å", "ø"]


def test_danish_and_swedish_alphabets():
    words = ["Århus", "Ærø", "Øster", "Zebra", "Aalborg", "Bo Sø", "Bodil", "Rum 10", "Rum 9"]

    assert sorted(words, key=lambda word: sort_key(word, "da")) == [
        "Bo Sø", "Bodil", "Rum 9", "Rum 10", "Zebra", "Ærø", "Øster", "Aalborg", "Århus",
    ]  # fmt: skip
    assert sorted(["Ö", "Å", "Ä", "Z"], key=lambda word: sort_key(word, "sv")) == ["Z", "Å", "Ä", "Ö"]

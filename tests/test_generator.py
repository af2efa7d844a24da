"""The generator that measurements are made on: same bytes, exact counts, skew, an answer to every shipped question."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import RdfFormat

from bench.generate import BASE, Document, chunks, main, write
from samvirke.queries import bind, load_queries

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = {question.name: question for question in load_queries(ROOT / "queries")}
NEED_THE_SCHEMA = {"not-stated"}  # it asks what the shapes expect, and the shapes are no part of a generated graph
COUNT = 20_000


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> pyoxigraph.Store:
    folder = tmp_path_factory.mktemp("generated")
    store = pyoxigraph.Store()
    store.bulk_load(path=write(folder / "g.nq", COUNT, quads=True), format=RdfFormat.N_QUADS)
    store.bulk_load(path=write(folder / "g.nt", COUNT), format=RdfFormat.N_TRIPLES)
    return store


def digest(count: int, *, seed: int, quads: bool) -> str:
    return hashlib.sha256("".join(chunks(count, seed=seed, quads=quads)).encode()).hexdigest()


@pytest.mark.parametrize("quads", [False, True])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(quads):
    assert digest(5000, seed=7, quads=quads) == digest(5000, seed=7, quads=quads)
    assert digest(5000, seed=7, quads=quads) != digest(5000, seed=8, quads=quads)


@pytest.mark.parametrize("count", [1, 999, 1000, COUNT])
@pytest.mark.parametrize("form", [RdfFormat.N_TRIPLES, RdfFormat.N_QUADS])
def test_the_count_is_exact_and_no_fact_is_told_twice(count, form):
    text = "".join(chunks(count, quads=form == RdfFormat.N_QUADS))
    assert text.count("\n") == count
    assert len({quad.triple for quad in pyoxigraph.parse(text.encode(), form)}) == count


def test_both_formats_hold_the_same_facts_in_the_same_order():
    quads = pyoxigraph.parse("".join(chunks(COUNT, quads=True)).encode(), RdfFormat.N_QUADS)
    triples = pyoxigraph.parse("".join(chunks(COUNT)).encode(), RdfFormat.N_TRIPLES)
    assert [quad.triple for quad in quads] == [quad.triple for quad in triples]


def test_a_passage_stands_where_its_address_says_and_the_text_has_the_checksum_told(store):
    anchor = "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#anchorOf"
    version = pyoxigraph.NamedNode(f"{BASE}document/dokument-3/2013-04-04")
    places = {}
    for quad in store.quads_for_pattern(None, pyoxigraph.NamedNode(anchor), None, version):
        begin, end = map(int, re.fullmatch(r".*#char=(\d+),(\d+)", quad.subject.value).groups())
        places[begin] = quad.object.value
        assert end - begin == len(quad.object.value)
    text = "\n".join(places[begin] for begin in sorted(places))
    assert all(text[begin:].startswith(quote) for begin, quote in places.items())
    told = next(store.quads_for_pattern(version, pyoxigraph.NamedNode(f"{BASE}core#sha256"), None, version))
    assert told.object.value == hashlib.sha256(text.encode()).hexdigest()


def test_a_few_organisations_and_funders_are_in_much_and_most_in_little(store):
    for predicate in ("http://www.w3.org/ns/org#member", f"{BASE}network#funder", "http://purl.org/dc/terms/subject"):
        found = store.quads_for_pattern(None, pyoxigraph.NamedNode(predicate), None, pyoxigraph.DefaultGraph())
        counts = sorted(Counter(quad.object.value for quad in found).values(), reverse=True)
        assert counts[0] > 4 * counts[len(counts) // 2], predicate


def test_every_shipped_question_has_answers(store):
    assert len(QUESTIONS) >= 40
    empty = []
    for question in QUESTIONS.values():
        text = bind(question, {})
        found = store.query(text)
        if next(iter(found), None) is None and question.name not in NEED_THE_SCHEMA:
            empty.append(question.name)
    assert empty == []


def test_the_command_writes_the_file_it_is_told_and_its_speed_elsewhere(tmp_path, capsys):
    main(["1200", "--seed", "3", "--format", "nq", "-o", str(tmp_path / "g.nq")])
    assert (tmp_path / "g.nq").read_text(encoding="utf-8") == "".join(chunks(1200, seed=3, quads=True))
    assert capsys.readouterr().out == ""
    main(["50"])
    assert capsys.readouterr().out == "".join(chunks(50))


def test_a_document_gives_each_sentence_the_place_after_the_one_before():
    document = Document({"passage": "%(at)s\n", "head": "", "foot": ""}, "a", "2020-01-01", "emne-0", "Om")
    document.sentence("netværk")
    assert document.finished("2020-01-01") == "0,2\n3,10\n11,31\n"

"""What a worker reads for a page."""

from __future__ import annotations

import pytest

from samvirke import describe
from samvirke.describe import gathering
from samvirke.describe.documents import document_view, version_lines
from samvirke.describe.entity import entity_view
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad
from samvirke.terms import CORE, EDTF, NIF, TYPE

BASE = "https://orchard.example/"
VERSION = f"{BASE}document/ledger/1900"
TEXT = "Gråsten stands by the well since 1890, so they say.\nIt was grafted onto Old Stem in June 1891."


@pytest.mark.parametrize("name", sorted(describe.OPERATIONS))
def test_every_operation_answers_quads_and_the_same_each_time(name, orchard):
    store, schema = orchard
    parameters = {"iri": f"{BASE}id/graasten", "iris": [f"{BASE}id/graasten"], "limit": 0}
    parameters |= {"class": f"{BASE}terms#Tree", "columns": ["*"]}

    first = [str(quad) for quad in describe.OPERATIONS[name](store, schema, parameters)]

    assert first == [str(quad) for quad in describe.OPERATIONS[name](store, schema, parameters)]


def test_a_description_holds_facts_from_and_to_the_thing_and_its_details_and_no_summaries(orchard):
    store, schema = orchard
    quads = describe.describe(store, schema, {"iri": f"{BASE}id/graasten"})
    told = {(quad.subject.value.rpartition("/")[2], quad.predicate.value.rpartition("#")[2]) for quad in quads}

    assert not any(isinstance(quad.graph_name, DefaultGraph) for quad in quads)
    assert ("graasten", "planted") in told
    assert ("g1", "of") in told
    assert ("g1", "onto") in told
    assert ("old-stem", "label") not in told


def test_passages_are_their_words_and_nothing_else(orchard):
    store, schema = orchard
    known = sorted({quad.subject.value for quad in store.quads_for_pattern(None, NIF.anchorOf, None, DefaultGraph())})
    quads = list(describe.passages(store, schema, {"iris": [*known[:2], f"{BASE}id/graasten"]}))

    assert sorted(quad.subject.value for quad in quads) == known[:2]
    assert all(quad.object.value in TEXT for quad in quads)


def test_incoming_facts_are_counted(orchard):
    store, schema = orchard
    quads = describe.neighbourhood(store, schema, {"iri": f"{BASE}id/graasten"})
    counts = {quad.subject.value: quad.object.value for quad in quads if quad.predicate == describe.INCOMING}

    assert counts == {f"{BASE}terms#near": "1", f"{BASE}terms#of": "1"}


def test_a_rule_tells_how_much_it_gave(orchard):
    store, schema = orchard
    quads = list(describe.rule(store, schema, {"iri": f"{BASE}rule/nearness", "limit": 1}))

    assert [quad.object.value for quad in quads if quad.predicate == describe.USED] == ["2"]
    assert sum(1 for quad in quads if str(quad.graph_name) == f"<{BASE}rule/nearness>") == 1


def test_a_document_lists_its_passages_with_their_facts(orchard):
    store, schema = orchard
    quads = list(describe.document(store, schema, {"iri": VERSION}))
    view = document_view(quads, schema, VERSION, "en", texts={"aa": TEXT}.get)

    assert view is not None
    assert (view.title.value, view.modified, view.passages, view.characters) == (
        "The ledger",
        "1900-05-01",
        3,
        len(TEXT),
    )
    [block] = view.blocks
    assert [used.number for used in block.used] == [1, 2, 3]
    assert [(said.subject.text, [kind.text for kind in said.kinds]) for said in block.used[0].said] == [
        ("Gråsten", ["Tree"]),
        ("the well", []),
    ]
    assert block.used[2].passage.implied


def test_a_detail_is_told_in_one_line_by_what_the_passage_says(orchard):
    store, schema = orchard
    quads = list(describe.document(store, schema, {"iri": VERSION}))
    view = document_view(quads, schema, VERSION, "en", texts={"aa": TEXT}.get)
    assert view is not None
    told = [
        (said.subject.text, said.detail, [(part.name.value, part.value.text) for part in said.told])
        for used in view.blocks[0].used[1:]
        for said in used.said
    ]

    assert told == [
        ("Old Stem", False, []),
        ("Grafting", True, [("", "Old Stem"), ("when", "1891-06")]),
        ("Grafting", True, [("", "Gråsten")]),
    ]


def test_a_detail_is_folded_into_what_has_it_and_no_fact_is_lost(orchard):
    """A ring of details, one that two things share, and one inside another: each triple is told, and a nest once."""
    _, schema = orchard
    passage = NamedNode(f"{VERSION}#char=0,37")
    d, o = f"{BASE}id/", f"{BASE}terms#"
    joined = [
        ("a", "has", "g1"),
        ("b", "has", "g1"),
        ("g1", "within", "g2"),
        ("g3", "within", "g4"),
        ("g4", "within", "g3"),
    ]
    quads = [Quad(NamedNode(d + s), NamedNode(o + p), NamedNode(d + v), passage) for s, p, v in joined]
    quads += [Quad(NamedNode(f"{d}g{n}"), TYPE, NamedNode(f"{o}Grafting"), passage) for n in (1, 2, 3, 4)]
    quads += [
        Quad(NamedNode(f"{d}g2"), NamedNode(f"{o}when"), Literal("1891", datatype=EDTF.term("EDTF-level0")), passage)
    ]
    quads += [Quad(passage, NIF.anchorOf, Literal("words", language="en"), NamedNode(VERSION))]
    quads += [Quad(NamedNode(VERSION), CORE.sha256, Literal("aa"), NamedNode(VERSION))]
    view = document_view(quads, schema, VERSION, "en")
    assert view is not None
    said = view.loose[0].said

    def count(parts) -> int:
        return sum(1 + count(part.inside) for part in parts)

    assert [(one.subject.text, one.detail) for one in said] == [("a", False), ("b", False), ("Grafting", True)]
    assert [part.value.text for part in said[0].told[0].inside[0].inside] == ["1891"]
    assert said[1].told[0].inside == ()
    types = 4
    assert view.facts == types + sum(count(one.told) for one in said)


def test_versions_are_listed_with_the_number_of_their_passages(orchard):
    store, schema = orchard
    lines = version_lines(describe.versions(store, schema, {"iri": ""}), schema, "en")

    assert [(line.title.value, line.passages) for line in lines] == [("The ledger", 3), ("A letter", 1)]


def test_an_unknown_document_has_no_page(orchard):
    store, schema = orchard
    quads = list(describe.document(store, schema, {"iri": f"{BASE}document/none/1"}))

    assert document_view(quads, schema, f"{BASE}document/none/1", "en") is None


def test_a_store_that_remembers_answers_the_same_as_one_that_does_not(orchard):
    store, schema = orchard
    published = describe.Published(store)
    things = sorted({quad.subject for quad in store if isinstance(quad.subject, NamedNode)}, key=str)
    assert len(things) >= 10

    for _ in range(2):  # The second time everything is known.
        for thing in things:
            parameters = {"iri": thing.value, "iris": [thing.value]}
            for name in ("neighbourhood", "document", "labels", "describe"):
                fresh = sorted(map(str, describe.OPERATIONS[name](store, schema, parameters)))
                assert sorted(map(str, describe.OPERATIONS[name](published, schema, parameters))) == fresh, (
                    name,
                    thing,
                )
    assert published.summaries


def test_a_store_that_remembers_much_forgets_it(orchard, monkeypatch):
    store, schema = orchard
    monkeypatch.setattr(gathering, "KNOWN_LIMIT", 3)
    published = describe.Published(store)
    iri = f"{BASE}id/graasten"
    fresh = sorted(map(str, describe.neighbourhood(store, schema, {"iri": iri})))

    for _ in range(3):
        assert sorted(map(str, describe.neighbourhood(published, schema, {"iri": iri}))) == fresh
    assert published.facts_known > 3
    near = describe.Neighbourhood(published, schema, NamedNode(iri))
    assert entity_view(near, schema, iri, "en") is not None
    assert published.things and published.named and published.words and published.sources

    list(describe.labels(published, schema, {"iris": []}))

    assert published.facts_known == 0
    learnt = [published.summaries, published.details, published.things, published.named, published.backward]
    assert [*learnt, published.words, published.sources] == 7 * [{}]


def test_a_page_read_bit_by_bit_is_the_one_that_all_its_quads_make(orchard):
    store, schema = orchard
    published = describe.Published(store)
    things = sorted({quad.subject.value for quad in store if isinstance(quad.subject, NamedNode)})
    assert len(things) >= 10

    views = 0
    for iri in things:
        quads = list(describe.neighbourhood(store, schema, {"iri": iri}))
        for lang in ("en", "da"):
            whole = entity_view(quads, schema, iri, lang)
            near = describe.Neighbourhood(published, schema, NamedNode(iri))

            assert entity_view(near, schema, iri, lang) == whole, (iri, lang)
            views += whole is not None
    assert views >= 20

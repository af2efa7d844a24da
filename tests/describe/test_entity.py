"""From quads to the page about one thing."""

from __future__ import annotations

from dataclasses import replace

from samvirke import describe
from samvirke.describe.entity import entity_view
from samvirke.describe.facts import Evidence
from samvirke.describe.marks import Mark
from samvirke.model import Literal, NamedNode, Quad
from samvirke.schema import compile_schema
from samvirke.schema.hints import Field, Text
from samvirke.terms import CORE

BASE = "https://orchard.example/"


def test_rows_stand_in_the_order_of_the_shape_with_their_values(view_of):
    view = view_of("graasten")
    told = [(row.label.value, [value.text for fact in row.facts for value in fact.values]) for row in view.rows]

    assert told == [
        ("Planted", ["1890/..", "1889"]),
        ("Near", ["the well"]),
        ("Grafted onto", ["Old Stem"]),
        ("Felled", []),
    ]
    assert [row.gap for row in view.rows] == [False, False, False, True]


def test_passages_are_numbered_as_they_stand_in_their_documents(view_of):
    view = view_of("graasten")

    assert view.numbers == {
        f"{BASE}document/ledger/1900#char=0,37": 1,
        f"{BASE}document/ledger/1900#char=52,93": 2,
        f"{BASE}document/ledger/1900#char=52,54": 3,
        f"{BASE}document/letter/1901#char=0,27": 4,
    }
    assert view.title == Text("Gråsten", "da")
    assert view.title_numbers == (1,)
    assert view.backs == {1: "f1", 4: "f1", 2: "f3", 3: "f3"}


def test_a_detail_is_told_in_one_line_with_its_date_and_how_it_was_read(view_of):
    [row] = [row for row in view_of("graasten").rows if row.label.value == "Grafted onto"]
    [part] = row.parts
    [fact] = part.facts

    assert fact.when == ("1891-06",)
    assert part.numbers == (2, 3)
    assert part.implied
    assert part.readings == (Text("»It« is read as Gråsten.", "en"),)


def test_a_detail_says_what_its_shape_expects_and_nobody_tells(orchard):
    store, schema = orchard
    kind, iri = f"{BASE}terms#Grafting", f"{BASE}id/graasten"
    grafting = schema.classes[kind]
    rows = (
        *grafting.fields,
        Field(f"{BASE}terms#by", names={"en": "Grafted by"}, roles=("key",), gap=True),
        Field(f"{BASE}terms#with", names={"en": "With"}, gap=True),  # not told in the line, so no gap of it
    )
    schema = replace(schema, classes={**schema.classes, kind: replace(grafting, fields=rows)})
    view = entity_view(list(describe.neighbourhood(store, schema, {"iri": iri})), schema, iri, "en")
    assert view is not None
    [row] = [row for row in view.rows if row.label.value == "Grafted onto"]

    assert [fact.gaps for fact in row.facts] == [(Text("Grafted by", "en"),)]
    assert [value.text for fact in row.facts for value in fact.values] == ["Old Stem"]


def test_several_hedges_of_a_passage_are_several_quotations(orchard, view_of):
    store, schema = orchard
    passage = NamedNode(f"{BASE}document/ledger/1900#char=0,37")
    version = NamedNode(f"{BASE}document/ledger/1900")
    iri = f"{BASE}id/graasten"
    quads = [*describe.neighbourhood(store, schema, {"iri": iri}), Quad(passage, CORE.hedge, Literal("by"), version)]
    view = entity_view(quads, schema, iri, "en")
    assert view is not None
    [row] = [row for row in view.rows if row.label.value == "Near"]

    # In the order of the sentence; what the quote does not hold comes first.
    assert [part.hedges for part in row.parts] == [("so they say", "by")]


def test_hedges_are_told_where_the_passage_has_them(view_of):
    [row] = [row for row in view_of("graasten").rows if row.label.value == "Near"]

    assert [part.hedges for part in row.parts] == [("so they say",)]
    assert row.open_list


def test_documents_that_disagree_stand_side_by_side(view_of):
    view = view_of("graasten")
    [row] = [row for row in view.rows if row.label.value == "Planted"]

    assert row.disagreement
    assert [part.numbers for part in row.parts] == [(1,), (4,)]
    assert [source.title.value for source in view.sources] == ["The ledger", "A letter"]


def test_a_source_shows_its_words_with_nested_marks(view_of):
    ledger = view_of("graasten").sources[0]
    [paragraph] = ledger.paragraphs
    outer = [piece for piece in paragraph.pieces if isinstance(piece, Mark)]

    assert ledger.modified == "1900-05-01"
    assert [mark.number for mark in outer] == [1, 2]
    assert [piece.number for piece in outer[1].pieces if isinstance(piece, Mark)] == [3]


def test_a_source_whose_words_are_not_here_is_quoted(view_of):
    view = view_of("graasten", texts={})

    assert view.sources[1].quotes == ((4, Text("Gråsten was planted in 1889", "en")),)
    assert view.sources[1].paragraphs == ()


def test_what_a_rule_says_again_is_not_shown(view_of):
    labels = [row.label.value for row in view_of("graasten").rows]

    assert "beside" not in labels


def test_what_only_a_rule_says_is_shown_with_the_rule_and_its_premises(view_of):
    key = (f"<{BASE}id/well>", f"<{BASE}terms#near>", f"<{BASE}id/graasten>")
    passage = f"{BASE}document/ledger/1900#char=0,37"
    view = view_of("well", explanations={key: Evidence((passage,), f"{BASE}rule/nearness")})
    rows = {row.label.value: row for row in view.rows}

    assert rows["near"].parts[0].rule == f"{BASE}rule/nearness"
    assert rows["near"].parts[0].numbers == (1,)


def test_a_thing_is_also_told_from_the_other_end(view_of):
    view = view_of("old-stem")
    rows = {row.label.value: [value.text for fact in row.facts for value in fact.values] for row in view.rows}

    assert rows["Bears"] == ["Gråsten"]


def test_a_detail_has_a_page_headed_by_its_kind_and_what_it_joins(view_of):
    view = view_of("g1")

    assert view.detail
    assert view.title == Text("Grafting: Gråsten, Old Stem", "en")


def test_counts_tell_how_many_facts_have_a_source(view_of):
    view = view_of("graasten")

    assert (view.sourced, view.total) == (4, 4)
    assert view.own_dates == ("1889", "1890/..")


def test_an_unknown_thing_has_no_page(orchard):
    store, schema = orchard
    quads = list(describe.neighbourhood(store, schema, {"iri": f"{BASE}id/nobody"}))

    assert quads == []
    assert entity_view(quads, schema, f"{BASE}id/nobody", "en") is None


def test_a_thing_without_class_label_or_shapes_is_shown_by_its_properties():
    quads = [
        Quad(
            NamedNode("https://a.example/id/x"),
            NamedNode("https://b.example/colour"),
            Literal("red"),
            NamedNode("https://a.example/graph/g"),
        )
    ]
    schema = compile_schema((), base="https://a.example/", languages=("fr",))
    view = entity_view(quads, schema, "https://a.example/id/x", "fr")

    assert view is not None
    assert view.title == Text("x")
    assert view.class_iri == ""
    assert [(row.label.value, row.facts[0].values[0].text) for row in view.rows] == [("colour", "red")]

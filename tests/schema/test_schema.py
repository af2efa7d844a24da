"""What an ontology and its shapes say, compiled into plain values."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest

from samvirke.schema import Schema, compile_schema
from samvirke.schema.hints import LAST, Text, choose, local_name, slug

HERE = Path(__file__).parent
BASE = "https://orchard.example/"
TERMS = "https://orchard.example/terms#"


@pytest.fixture(scope="module")
def orchard() -> Schema:
    quads = pyoxigraph.parse(path=HERE / "orchard.ttl")
    return compile_schema(quads, base=BASE, languages=("da", "en"), prefixes={"eb": "https://elsewhere.example/"})


def test_rows_come_in_the_order_of_groups_then_of_shapes(orchard):
    rows = [(row.path.removeprefix(TERMS), row.inverse) for row in orchard.fields([f"{TERMS}Tree"]) if not row.hidden]

    assert rows == [
        ("name", False),
        ("shared", False),
        ("planted", False),
        ("height", False),
        ("onto", True),
        ("onto", True),
    ]


def test_shapes_on_the_same_path_are_one_row(orchard):
    [height] = [row for row in orchard.fields([f"{TERMS}Plant"]) if row.path == f"{TERMS}height"]

    assert height.names == {"da": "Højde", "en": "Height"}
    assert height.gap
    assert height.roles == ("key",)
    assert height.datatypes == ("http://www.w3.org/2001/XMLSchema#decimal",)


def test_a_row_can_choose_its_values_by_another_property(orchard):
    only = [row.only for row in orchard.fields([f"{TERMS}Plant"]) if row.path == f"{TERMS}onto"]

    assert only == [((f"{TERMS}kind", f"<{TERMS}apple>"),), ()]


def test_looks_are_inherited_and_bad_ones_are_not_taken(orchard):
    tree, grafting = orchard.class_hint(f"{TERMS}Tree"), orchard.class_hint(f"{TERMS}Grafting")

    assert (tree.icon, tree.hue, tree.detail) == ("disc", 4, False)
    assert (grafting.icon, grafting.hue, grafting.detail) == ("ring", 0, True)
    assert orchard.class_hint("https://nobody.example/Thing").icon == "ring"


def test_namesakes_get_different_slugs_and_the_sites_own_gets_the_short_one(orchard):
    assert orchard.class_by_slug("tree") == f"{TERMS}Tree"
    assert orchard.class_by_slug("tree-2") == "https://elsewhere.example/Tree"
    assert orchard.class_by_slug("no-such") == ""


def test_a_loop_of_classes_ends(orchard):
    assert orchard.superclasses(f"{TERMS}A") == (f"{TERMS}B",)
    assert orchard.superclasses(f"{TERMS}B") == (f"{TERMS}A",)


def test_the_most_specific_described_class_introduces_a_thing(orchard):
    assert orchard.main_class([f"{TERMS}Plant", f"{TERMS}Tree", "https://nobody.example/X"]) == f"{TERMS}Tree"
    assert orchard.main_class(["https://nobody.example/X"]) == "https://nobody.example/X"
    assert orchard.main_class([]) == ""


def test_names_fall_back_to_another_language_then_to_the_local_name(orchard):
    assert orchard.name(f"{TERMS}Tree", "en") == Text("Træ", "da")
    assert orchard.name(f"{TERMS}Plant", "en-GB") == Text("Plante", "da")
    assert orchard.name("https://nobody.example/some/Thing", "da") == Text("Thing")
    assert orchard.class_hint(f"{TERMS}Tree").plural("da", ("da",)) == "Træ"


def test_a_property_has_a_wording_from_the_other_end(orchard):
    assert orchard.reverse_name(f"{TERMS}graftedOn", "da") == Text("bærer", "da")
    assert orchard.reverse_name(f"{TERMS}feeds", "da") == Text("lever af", "da")
    assert orchard.reverse_name(f"{TERMS}firstBloom", "da") is None
    assert orchard.properties[f"{TERMS}firstBloom"].superproperties == (f"{TERMS}bloom", f"{TERMS}event")


def test_label_properties_begin_with_those_the_shapes_name(orchard):
    assert orchard.label_properties[0] == f"{TERMS}name"
    assert "http://www.w3.org/2000/01/rdf-schema#label" in orchard.label_properties


def test_listed_classes_are_those_with_a_plural_or_rows(orchard):
    assert [hint.iri for hint in orchard.listed_classes()] == [f"{TERMS}Plant", f"{TERMS}Tree"]
    assert orchard.class_hint(f"{TERMS}Plant").order == 3
    assert orchard.place(f"{TERMS}Tree") == 3
    assert orchard.place(f"{TERMS}A") == LAST


def test_addresses_are_shortened_by_the_longest_prefix(orchard):
    assert orchard.shorten(f"{TERMS}Tree") == "o:Tree"
    assert orchard.shorten("https://elsewhere.example/Tree") == "eb:Tree"
    assert orchard.shorten(f"{BASE}id/a") == "d:a"
    assert orchard.shorten("https://nobody.example/a") == "https://nobody.example/a"


def test_json_gives_the_same_schema_back(orchard):
    text = orchard.to_json()

    assert Schema.from_json(text) == orchard
    assert Schema.from_json(text).to_json() == text


def test_nothing_at_all_is_a_schema_too():
    empty = compile_schema((), base=BASE, languages=("xx",))

    assert empty.fields(["https://nobody.example/X"]) == ()
    assert empty.listed_classes() == []
    assert empty.class_hint("https://nobody.example/SomeThing").label("da").value == "SomeThing"
    assert Schema.from_json(empty.to_json()) == empty


def test_odd_shapes_are_left_out_and_stop_nothing():
    turtle = b"""
        @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix e: <https://e.example/> .
        e:S a sh:NodeShape ; sh:targetClass e:C ; sh:node e:S ; sh:property e:P,
            [ sh:order "first" ], [ sh:path "text" ] .
        e:P sh:path e:p ; sh:order "not a number" ; sh:name "p"@en .
    """
    schema = compile_schema(
        pyoxigraph.parse(turtle, pyoxigraph.RdfFormat.TURTLE), base="https://e.example/", languages=("en",)
    )

    assert [(row.path, row.order) for row in schema.fields(["https://e.example/C"])] == [("https://e.example/p", LAST)]


CHOICES = [
    ({"da": "a", "en": "b"}, "en", (), Text("b", "en")),
    ({"da-DK": "a"}, "da", (), Text("a", "da-DK")),
    ({"en": "b", "da": "a"}, "fr", ("da",), Text("a", "da")),
    ({"": "c", "zh": "d"}, "fr", ("da",), Text("c", "")),
    ({"zh": "d", "ar": "e"}, "fr", (), Text("e", "ar")),
    ({}, "da", ("en",), None),
]


def test_a_text_is_chosen_among_languages():
    assert len(CHOICES) >= 6
    for texts, language, languages, expected in CHOICES:
        assert choose(texts, language, languages) == expected, (texts, language)


SLUGS = {
    "FormalOrganization": "formal-organization",
    "Ærø": "aeroe",
    "blåbær Æble": "blaabaer-aeble",
    "Crème brûlée!": "creme-brulee",
    "": "x",
    "---": "x",
}


def test_slugs():
    assert len(SLUGS) >= 6
    for name, expected in SLUGS.items():
        assert slug(name) == expected
    assert local_name("https://a.example/b#c") == "c"
    assert local_name("https://a.example/b/") == "b"
    assert local_name("urn:x") == "urn:x"


def test_what_data_make_up_does_not_grow_the_schema(orchard, monkeypatch):
    monkeypatch.setattr("samvirke.schema.ANSWERS_KEPT", 50)
    tree = orchard.fields([f"{TERMS}Tree"])

    for number in range(200):
        assert orchard.main_class([f"{BASE}made-up-{number}"]) == f"{BASE}made-up-{number}"
        assert orchard.name(f"{BASE}made-up-{number}", "en") == Text(f"made-up-{number}")

    assert len(orchard._answers) <= 50
    assert orchard.fields([f"{TERMS}Tree"]) == tree


def test_a_detail_is_said_by_what_it_joins_and_noted_by_its_key_rows(orchard):
    for iri in orchard.classes:
        named, noted = orchard.line_fields([iri])
        rows = [row for row in orchard.fields([iri]) if not row.hidden]
        assert list(named) == [row for row in rows if "label" in row.roles]
        assert list(noted) == [row for row in rows if "key" in row.roles and "label" not in row.roles]


def test_how_many_values_the_shapes_ask_for(orchard):
    rows = {row.path.removeprefix(TERMS): row for row in orchard.fields([f"{TERMS}Tree"])}
    counts = {name: (row.least, row.most, row.gap) for name, row in rows.items()}

    assert counts["name"] == (1, 2, False)
    assert counts["shared"] == (0, 0, False)
    assert counts["planted"] == (0, 0, True)  # what is only told when it is missing is not asked for

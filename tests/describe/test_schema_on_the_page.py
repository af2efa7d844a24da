"""Whatever a shape names appears on the page, field by field, for instances made from the schema."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from samvirke.describe.entity import entity_view
from samvirke.model import Literal, NamedNode, Quad
from samvirke.schema import Schema
from samvirke.schema.hints import ClassHint, Field
from samvirke.terms import TYPE, XSD

BASE = "https://a.example/"
KIND = f"{BASE}terms#Kind"
IRI = f"{BASE}id/x"
GRAPH = NamedNode(f"{BASE}document/d/1#char=0,5")

VALUES = {
    "text": Literal("some words", language="en"),
    "number": Literal("42", datatype=XSD.integer),
    "date": Literal("2014-06", datatype=XSD.gYearMonth),
    "boolean": Literal("false", datatype=XSD.boolean),
    "zero": Literal("0", datatype=XSD.integer),
    "empty": Literal(""),
    "thing": NamedNode(f"{BASE}id/y"),
    "link": NamedNode("https://elsewhere.example/z"),
}


@st.composite
def rows(draw):
    """A shape's rows, each with a value or a gap."""
    count = draw(st.integers(1, 6))
    found = []
    for number in range(count):
        inverse = draw(st.booleans())
        kind = "thing" if inverse else draw(st.sampled_from([*VALUES, "none"]))
        row = Field(
            path=f"{BASE}terms#p{number}",
            inverse=inverse,
            names={"en": f"Row {number}"},
            order=draw(st.floats(0, 9)),
            gap=draw(st.booleans()),
            roles=tuple(draw(st.sets(st.sampled_from(["key", "description"])))),
        )
        found.append((row, kind))
    return found


@settings(deadline=None)
@given(rows())
def test_each_row_of_the_shape_is_on_the_page(made):
    schema = Schema(
        base=BASE, languages=("en",), classes={KIND: ClassHint(KIND, "kind", fields=tuple(row for row, _ in made))}
    )
    node = NamedNode(IRI)
    quads = [Quad(node, TYPE, NamedNode(KIND), GRAPH)]
    for row, kind in made:
        if kind != "none":
            ends = (VALUES[kind], node) if row.inverse else (node, VALUES[kind])
            quads.append(Quad(ends[0], NamedNode(row.path), ends[1], GRAPH))

    view = entity_view(quads, schema, IRI, "en")

    assert view is not None
    shown = {row.label.value: row for row in view.rows}
    for number, (row, kind) in enumerate(made):
        name = f"Row {number}"
        if kind == "none":
            assert (name in shown) == row.gap
            assert name not in shown or shown[name].gap
        else:
            [fact] = shown[name].facts
            expected = VALUES[kind]
            assert fact.values[0].text == expected.value.removeprefix(f"{BASE}id/")
            assert fact.passages == (GRAPH.value,)
    expected = sorted((row.order, row.path, row.inverse) for row, kind in made if kind != "none" or row.gap)
    assert [row.path for row in view.rows] == [path for _, path, _ in expected]

"""Counting lines: what parts them, and what a generation without counts is told as.

That the numbers of a site are true is asked of the endpoint in tests/web/test_void.py.
"""

from __future__ import annotations

from samvirke.counts import Counts, GraphCount, count_graphs, count_triples
from samvirke.model import BlankNode, Literal, NamedNode, Quad, Triple
from samvirke.store import sorted_lines
from samvirke.terms import RDFS, TYPE

BASE = "https://example.org/s/"
PLANT = NamedNode("urn:Plant")
ROSE, TULIP = NamedNode(f"{BASE}id/rose"), NamedNode("https://elsewhere.example/tulip")
THORN = NamedNode(f"{BASE}id/rose#thorn")


def test_each_number_is_counted_once() -> None:
    lines = sorted_lines(
        [
            Triple(ROSE, TYPE, PLANT),
            Triple(ROSE, RDFS.label, Literal('a "rose" . <urn:x>')),
            Triple(THORN, RDFS.seeAlso, ROSE),
            Triple(TULIP, TYPE, PLANT),
            Triple(TULIP, RDFS.label, Literal("ærtetulipan", language="da")),
            Triple(BlankNode("b1"), TYPE, PLANT),
            Triple(BlankNode("b1"), TYPE, BlankNode("class")),
        ]
    )

    assert count_triples(lines, BASE) == Counts(
        triples=7,
        entities=3,
        elsewhere=1,
        documents=1,
        subjects=4,
        objects=5,
        classes={"urn:Plant": 2},
        properties={RDFS.label.value: 2, RDFS.seeAlso.value: 1, TYPE.value: 4},
    )


def test_a_graph_is_the_last_name_of_its_lines() -> None:
    passage = NamedNode(f"{BASE}document/d/1#char=0,4")
    other = NamedNode("urn:g")
    lines = sorted_lines(
        [
            Quad(ROSE, RDFS.label, Literal("x <urn:no> ."), passage),
            Quad(ROSE, TYPE, PLANT, passage),
            Quad(ROSE, TYPE, PLANT, other),
        ]
    )

    assert count_graphs(lines) == {passage.value: 2, "urn:g": 1}


def test_nothing_is_nothing() -> None:
    assert count_triples([], BASE) == Counts()
    assert count_graphs([]) == {}


def test_numbers_are_read_back_as_they_were_written() -> None:
    counts = Counts(triples=3, classes={"urn:C": 1}, graphs={"passages": GraphCount(2, 3)})

    assert Counts.from_json(counts.to_json()) == counts

"""What the gate finds, how it says so, and which shapes it refuses."""
# ruff: noqa: E501 - a shape or a query of one line is read more easily on one line

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from samvirke.errors import InputError
from samvirke.gate import check
from samvirke.gate.prebinding import bind
from samvirke.model import Candidate, Severity

Make = Callable[..., Candidate]
NS = "https://example.org/ns#"
THING = ":ThingShape a sh:NodeShape ; sh:targetClass :Thing ; sh:property :ThingShape-size . :ThingShape-size a sh:PropertyShape ; sh:path :size ; "


def told(candidate: Candidate) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            one.severity.value,
            one.shape.removeprefix(NS),
            one.focus.removeprefix(NS),
            one.path.removeprefix(NS),
            one.value,
        )
        for one in check(candidate).findings
    ]


def test_a_subclass_declared_in_the_ontology_counts(make: Make):
    found = told(
        make(shapes=THING + "sh:minCount 1 .", data=":a a :Small .", ontology=":Small rdfs:subClassOf :Thing .")
    )

    assert found == [("violation", "ThingShape-size", "a", "size", "")]


def test_a_shape_in_the_data_is_not_obeyed(make: Make):
    assert told(make(shapes=THING + "sh:minCount 0 .", data=":a a :Thing . " + THING + "sh:minCount 1 .")) == []


def test_severity_sits_on_the_shape_and_not_on_its_constraint(make: Make):
    shapes = """:S a sh:NodeShape ; sh:targetClass :Thing ; sh:severity sh:Warning ;
        sh:sparql [ sh:severity sh:Info ; sh:select "SELECT $this WHERE { $this a ?x }" ] ."""

    assert told(make(shapes=shapes, data=":a a :Thing .")) == [("warning", "S", "a", "", f"{NS}a")]


def test_an_anonymous_shape_is_named_by_its_parent(make: Make):
    shapes = ":S a sh:NodeShape ; sh:targetNode :a ; sh:property [ sh:path :size ; sh:maxCount 0 ] ."

    assert told(make(shapes=shapes, data=":a :size 1 .")) == [("violation", "S", "a", "size", "")]


def test_a_constraint_sees_the_graph_a_fact_stands_in(make: Make):
    shapes = """:S a sh:NodeShape ; sh:targetNode :a ; sh:sparql [ sh:message "{$this} {?value}"@en ;
        sh:select "SELECT $this ?value WHERE { GRAPH ?value { $this ?p ?o } }" ] ."""
    report = check(make(shapes=shapes, data=":g { :a :size 1 }"))

    assert [(one.value, one.messages) for one in report.findings] == [(f"{NS}g", {"en": ":a :g"})]


def test_a_constraint_sees_the_ontology(make: Make):
    shapes = """:S a sh:NodeShape ; sh:targetNode :a ; sh:sparql [ sh:select
        "SELECT $this WHERE { $this a/<http://www.w3.org/2000/01/rdf-schema#subClassOf> ?above }" ] ."""

    assert len(told(make(shapes=shapes, data=":a a :Small .", ontology=":Small rdfs:subClassOf :Thing ."))) == 1


def test_the_path_of_a_property_shape_is_put_in(make: Make):
    shapes = """:S a sh:NodeShape ; sh:targetNode :a ; sh:property :P . :P a sh:PropertyShape ;
        sh:path [ sh:inversePath :part ] ; sh:sparql [ sh:select "SELECT $this ?value WHERE { $this $PATH ?value }" ] ."""

    assert told(make(shapes=shapes, data=":whole :part :a .")) == [
        ("violation", "P", "a", f"^<{NS}part>", f"{NS}whole")
    ]


def test_a_constraint_inside_another_shape_decides_whether_that_conforms(make: Make):
    """Reported is the shape that asks, as SHACL says, and not the one that is asked."""
    shapes = """:S a sh:NodeShape ; sh:targetNode :a ; sh:not :Big .
        :Big a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this WHERE { $this <https://example.org/ns#size> ?s FILTER(?s < 10) }" ] ."""

    assert told(make(shapes=shapes, data=":a :size 20 ."))[0][:3] == ("violation", "S", "a")
    assert told(make(shapes=shapes, data=":a :size 5 .")) == []


def test_a_deactivated_shape_finds_nothing(make: Make):
    assert told(make(shapes=THING + "sh:minCount 1 ; sh:deactivated true .", data=":a a :Thing .")) == []


def test_a_shape_without_message_gets_a_sentence(make: Make):
    finding = check(make(shapes=THING + "sh:minCount 2 .", data=":a a :Thing .")).findings[0]

    assert finding.messages == {"da": "Der skal være mindst 2 værdi(er).", "en": "There must be at least 2 value(s)."}


def test_findings_are_ordered_worst_first(make: Make):
    shapes = """:I a sh:NodeShape ; sh:targetNode :a ; sh:severity sh:Info ; sh:class :X .
        :V a sh:NodeShape ; sh:targetNode :b, :a ; sh:class :X . :W a sh:NodeShape ; sh:targetNode :a ; sh:severity sh:Warning ; sh:class :X ."""
    report = check(make(shapes=shapes, data=":a a :Y . :b a :Y ."))

    assert [(one.severity, one.focus[-1]) for one in report.findings] == [
        (Severity.VIOLATION, "a"),
        (Severity.VIOLATION, "b"),
        (Severity.WARNING, "a"),
        (Severity.INFO, "a"),
    ]


def test_without_shapes_there_is_nothing_to_find(make: Make):
    assert check(make(shapes="", data=":a a :Thing .")).findings == ()


SELECT = ':S a sh:NodeShape ; sh:targetNode :a ; sh:sparql [ sh:select "{}" ] .'
ILL_FORMED = {
    "a term that SHACL does not have": (THING + "sh:minCout 1 .", "sh:minCout is not a term of SHACL. Did you mean sh:minCount?"),
    "no path": (":P a sh:PropertyShape ; sh:minCount 1 .", "has exactly one sh:path"),
    "two paths": (THING + "sh:path :other .", "has exactly one sh:path"),
    "a dangling property": (":S a sh:NodeShape ; sh:targetNode :a ; sh:property :nowhere .", "S: the shape is ill-formed"),
    "a circle": (":S a sh:NodeShape ; sh:targetNode :a ; sh:node :S .", "S: the shape comes back to itself"),
    "a circle of two": (
        ":S a sh:NodeShape ; sh:targetNode :a ; sh:node :T . :T a sh:NodeShape ; sh:not :S .",
        "the shape comes back to itself",
    ),
    "a count in words": (THING + 'sh:minCount "one" .', "ill-formed"),
    "a broken pattern": (THING + 'sh:pattern "(" .', ""),
    "no query": (":S a sh:NodeShape ; sh:targetNode :a ; sh:sparql [ sh:message 'x' ] .", "has no sh:select"),
    "a query that does not parse": (SELECT.format("SELECT $this WHERE {{ $this }}"), "does not parse"),
    "a query of another form": (SELECT.format("ASK {{ $this a ?x }}"), "no SELECT"),
    "an outbound connection": (SELECT.format("SELECT $this WHERE {{ SERVICE <http://localhost:1/> {{ $this a ?x }} }}"), "outbound connection"),
    "an outbound connection behind a comment": (SELECT.format("SELECT $this WHERE {{ <#> a ?y . service#c\\n<http://localhost:1/> {{ $this a ?x }} }}"), "outbound connection"),
    "an outbound connection in escapes": (SELECT.format("SELECT $this WHERE {{ \\\\u0053ERVICE <http://localhost:1/> {{ $this a ?x }} }}"), "outbound connection"),
    "MINUS": (SELECT.format("SELECT $this WHERE {{ $this a ?x MINUS {{ $this a :Y }} }}"), "MINUS"),
}  # fmt: skip


@pytest.mark.parametrize("case", ILL_FORMED)
def test_an_ill_formed_shape_is_refused_with_its_file(make: Make, case: str):
    shapes, words = ILL_FORMED[case]

    with pytest.raises(InputError) as caught:
        check(make(shapes=shapes.replace("{{", "{").replace("}}", "}"), data=":a a :Thing ; :size 'x' ."))

    assert str(caught.value).startswith("ontology/shapes/thing.ttl: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


BINDINGS = {
    "SELECT $this ?v WHERE { $this <p> ?v }": "SELECT  ?v WHERE { <urn:x> <p> ?v }",
    "SELECT $this WHERE { $this <p> ?v }": "SELECT   (1 AS ?any) WHERE { <urn:x> <p> ?v }",
    "SELECT ?v WHERE { BIND('$this' AS ?v) FILTER(bound(?this)) } # $this": "SELECT ?v WHERE { BIND('$this' AS ?v) FILTER((true)) } # $this",
    "SELECT $this WHERE { ?v <p> 1 } GROUP BY $this": "SELECT   (1 AS ?any) WHERE { ?v <p> 1 } GROUP BY (<urn:x>)",
    "SELECT $this ?n WHERE { { SELECT $this (COUNT(*) AS ?n) { $this <p> ?v } } }": "SELECT  ?n WHERE { { SELECT  (COUNT(*) AS ?n) { <urn:x> <p> ?v } } }",
}  # fmt: skip


@pytest.mark.parametrize("text", BINDINGS)
def test_a_variable_is_bound_beforehand_everywhere_but_in_texts(text: str):
    assert bind(text, {"this": "<urn:x>"}) == BINDINGS[text]


def test_a_date_that_is_none_is_a_finding_and_nothing_on_stderr(make: Make, caplog: pytest.LogCaptureFixture):
    date = "<http://www.w3.org/2001/XMLSchema#date>"
    found = told(make(shapes=THING + f"sh:datatype {date} .", data=f':a a :Thing ; :size "2024-99-99"^^{date} .'))

    assert found == [("violation", "ThingShape-size", "a", "size", f'"2024-99-99"^^{date}')]
    assert not caplog.records


def test_a_pattern_that_stops_other_matchers_is_answered(make: Make):
    """Python's matcher, which pySHACL uses, would need longer than the world has stood."""
    value = "a" * 200 + "!"

    found = told(make(shapes=THING + 'sh:pattern "^(a+)+$" .', data=f":a a :Thing ; :size '{value}' ."))
    assert found == [("violation", "ThingShape-size", "a", "size", f'"{value}"')]


def test_a_closed_shape_names_the_property_that_is_too_much(make: Make):
    shapes = ":S a sh:NodeShape ; sh:targetNode :a ; sh:closed true ; sh:property [ sh:path :size ] ."

    assert told(make(shapes=shapes, data=":a :size 1 ; :colour 2 .")) == [
        ("violation", "S", "a", "colour", '"2"^^<http://www.w3.org/2001/XMLSchema#integer>')
    ]


@pytest.mark.slow
def test_neither_rdflib_nor_pyshacl_is_loaded_where_every_shape_is_compiled():
    script = """
import sys
from tests.gate.conftest import candidate
from samvirke.gate import check
made = candidate(shapes=":S a sh:NodeShape ; sh:targetNode :a ; sh:class :Thing .", data=":a a :Other .")
assert len(check(made).findings) == 1
print(sorted({"rdflib", "pyshacl"}.intersection(sys.modules)))
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert answer.stdout == "[]\n"

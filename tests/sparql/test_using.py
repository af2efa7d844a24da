"""The dataset a request names for an update, written into its text; and the gate's word on updates."""

from __future__ import annotations

import pyoxigraph
import pytest

from samvirke import sparql
from samvirke.errors import QueryRefused
from samvirke.settings import Limits

USING = " USING <urn:a> USING <urn:b> USING NAMED <urn:n>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }", f"INSERT {{ ?s ?p 1 }} {USING} WHERE {{ ?s ?p ?o }}"),
        ("insert{?s ?p 1}where{?s ?p ?o}", f"insert{{?s ?p 1}}{USING} where{{?s ?p ?o}}"),
        ("DELETE WHERE { ?s ?p ?o } ", f"DELETE  {{ ?s ?p ?o }}{USING} WHERE {{ ?s ?p ?o }} "),
        ("INSERT DATA { <urn:WHERE> <urn:p> 'WHERE' }", "INSERT DATA { <urn:WHERE> <urn:p> 'WHERE' }"),
        ("# WHERE\nCLEAR ALL", "# WHERE\nCLEAR ALL"),
        (
            "DELETE { ?s ?p 1 } INSERT {} WHERE { { SELECT * WHERE { ?s ?p ?o } } } ; DELETE WHERE { ?s ?p 2 }",
            f"DELETE {{ ?s ?p 1 }} INSERT {{}} {USING} WHERE {{ {{ SELECT * WHERE {{ ?s ?p ?o }} }} }} ;"
            f" DELETE  {{ ?s ?p 2 }}{USING} WHERE {{ ?s ?p 2 }}",
        ),
    ],
)
def test_each_outermost_pattern_gets_the_dataset(text, expected):
    placed = sparql.with_using(text, ("urn:a", "urn:b"), ("urn:n",))

    assert placed == expected
    pyoxigraph.Store().update(placed)


def test_only_the_named_graphs_are_asked():
    store = pyoxigraph.Store()
    store.update(
        "INSERT DATA { <urn:s> <urn:p> 0 . GRAPH <urn:a> { <urn:s> <urn:p> 1 } GRAPH <urn:b> { <urn:s> <urn:p> 2 } }"
    )
    store.update(sparql.with_using("INSERT { ?s <urn:q> ?o } WHERE { ?s <urn:p> ?o }", ("urn:b",), None))
    store.update(sparql.with_using("INSERT { ?g <urn:r> ?o } WHERE { GRAPH ?g { ?s <urn:p> ?o } }", None, ("urn:a",)))
    store.update(sparql.with_using("DELETE WHERE { ?s <urn:p> ?o }", ("urn:b",), None))

    found = {str(quad.predicate.value): quad.object.value for quad in store.quads_for_pattern(None, None, None, None)}
    assert found == {"urn:p": found["urn:p"], "urn:q": "2", "urn:r": "1"}


def test_without_a_dataset_the_text_stays():
    text = "WITH <urn:g> DELETE WHERE { ?s ?p ?o }"

    assert sparql.with_using(text, None, None) is text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("INSERT {} USING <urn:g> WHERE {}", (1, 11)),
        ("CLEAR ALL ;\nwith <urn:g> DELETE {} WHERE {}", (2, 1)),
        ("DELETE {} USING NAMED <urn:g> WHERE {}", (1, 11)),
    ],
)
def test_a_dataset_in_the_text_as_well_is_refused(text, place):
    with pytest.raises(QueryRefused) as refused:
        sparql.with_using(text, ("urn:g",), None)

    assert (refused.value.rule, refused.value.line, refused.value.column) == ("using", *place)


FACTS = " . ".join(f"<urn:s{i}> <urn:p> {i}" for i in range(5_000))


@pytest.mark.parametrize(
    "text",
    [
        f"INSERT DATA {{ {FACTS} }}",
        f"INSERT DATA {{ GRAPH <urn:g> {{ {FACTS} }} }} ; DELETE DATA {{ {FACTS} }}",
        f"INSERT {{ {FACTS} . GRAPH ?g {{ {FACTS} }} }} WHERE {{ GRAPH ?g {{}} }}",
        "LOAD SILENT <http://a.example/>",
        "LOAD SILENT <http://a.example/> INTO GRAPH <urn:g>",
        "PREFIX load: <urn:x:> INSERT DATA { load:service load:LOAD 'LOAD <http://a>' } # LOAD <http://a>",
        "",
    ],
)
def test_the_gate_lets_an_update_pass(text):
    sparql.gate_update(text, Limits())


PATTERNS = " . ".join(f"?s{i} ?p ?o" for i in range(65))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("LOAD <http://a.example/>", "outbound"),
        ("CLEAR ALL ; lo\\u0041d <file:///etc/passwd>", "outbound"),
        ("LOAD # SILENT\n <http://a.example/>", "outbound"),
        ("LOAD", "outbound"),
        ("DELETE {} WHERE { SERVICE <http://a.example/> {} }", "outbound"),
        (f"INSERT {{}} WHERE {{ {PATTERNS} }}", "triple_patterns"),
        (f"DELETE WHERE {{ {PATTERNS} }}", "triple_patterns"),
        (f"INSERT DATA {{ {'[ <urn:p> ' * 70}", "nesting"),
        (f"INSERT {{ {'[ <urn:p> ' * 70}", "nesting"),
        ("INSERT {} WHERE { " + "OPTIONAL {} " * 129 + "}", "unions"),
        (f"INSERT {{}} WHERE {{ ?s {'/'.join(['<urn:p>'] * 66)} ?o }}", "path_steps"),
        (f"INSERT {{}} WHERE {{ FILTER({'+'.join(['1'] * 258)} > 0) }}", "operators"),
    ],
)
def test_the_gate_refuses_an_update_by_rule(text, rule):
    with pytest.raises(QueryRefused) as refused:
        sparql.gate_update(text, Limits())

    assert refused.value.rule == rule
    if rule not in ("outbound",):
        assert (refused.value.limit, refused.value.found) == (getattr(Limits(), rule), getattr(Limits(), rule) + 1)
        assert refused.value.message.startswith("The update has more than ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LOAD SILENT <http://a.example/> INTO GRAPH <urn:g>", "LOAD SILENT <x:>                INTO GRAPH <urn:g>"),
        ("SERVICE silent ?e {}", "SERVICE silent <x:> {}"),
        ("SERVICE SIL\\u0045NT a:b {}", "SERVICE SIL\\u0045NT <x:> {}"),
        ("SERVICE <http://a.example/> {} # SILENT", "SERVICE <http://a.example/> {} # SILENT"),
        ("SELECT ?silent {}", "SELECT ?silent {}"),
    ],
)
def test_what_is_asked_in_silence_asks_nobody(text, expected):
    assert sparql.unreachable(text) == expected

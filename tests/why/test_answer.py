"""Evidence in each format, its limits, and what is said where it ends."""

from __future__ import annotations

import csv
import io
import json

import pyoxigraph
import pytest
from pyoxigraph import RdfFormat

from samvirke.errors import QueryRefused
from samvirke.why import matching
from samvirke.why.answer import explained, packed, told
from samvirke.why.wording import template
from tests.why.test_cases import BASE, PREFIXES, answer_to

JSON = "application/sparql-results+json"
KNOWS = "SELECT ?x ?y { ?x :knows ?y OPTIONAL { ?y :name ?n } } ORDER BY ?x"
ANN, BO = f"{BASE}document/a/1#char=0,5", f"{BASE}document/a/1#char=6,9"


def in_format(query, media_type, quotes=lambda _: {}):
    from io import BytesIO

    from samvirke.workers import evaluation
    from samvirke.workers.request import Request
    from tests.why.test_cases import store

    output = BytesIO()
    request = Request(text=PREFIXES + query, media_type=media_type, explain=True)
    evaluation.evaluate(store(), request, output, base=BASE, known={})
    return explained(output.getvalue(), media_type, base=BASE, why=lambda *_: None, quotes=quotes)


def test_json_has_one_more_member_and_is_else_the_same():
    answer = in_format(KNOWS, JSON, quotes=lambda found: dict.fromkeys(found, "words"))
    document = json.loads(answer)
    evidence = document.pop("evidence")

    assert document == json.loads(answer_to(KNOWS)[0])
    assert list(evidence) == ["rows", "quotes"]
    assert len(evidence["rows"]) == len(document["results"]["bindings"]) == 2
    assert evidence["rows"][0]["facts"][0] == {
        "subject": {"type": "uri", "value": f"{BASE}id/ann"},
        "predicate": {"type": "uri", "value": f"{BASE}ex#knows"},
        "object": {"type": "uri", "value": f"{BASE}id/bo"},
        "graphs": [ANN, BO],
        "passages": [ANN, BO],
    }
    assert evidence["rows"][0]["facts"][1]["object"] == {"type": "literal", "value": "Bo", "xml:lang": "da"}
    assert evidence["quotes"] == dict.fromkeys([ANN, BO, f"{BASE}document/b/1#char=0,9"], "words")


def test_csv_and_tsv_have_one_more_column():
    rows = list(csv.reader(io.StringIO(in_format(KNOWS, "text/csv").decode(), newline="")))
    lines = in_format(KNOWS, "text/tab-separated-values").decode().splitlines()

    assert rows[0] == ["x", "y", "evidence"]
    assert rows[1] == [f"{BASE}id/ann", f"{BASE}id/bo", f"{ANN} {BO}"]
    assert lines[0] == "?x\t?y\t?evidence"
    assert lines[1].split("\t") == [f"<{BASE}id/ann>", f"<{BASE}id/bo>", f'"{ANN} {BO}"']


def test_the_column_has_a_name_of_its_own():
    query = "SELECT ?evidence ?evidence_ { ?evidence a ?evidence_ }"

    assert in_format(query, "text/csv").startswith(b"evidence,evidence_,evidence__\r\n")
    assert in_format(query, "text/tab-separated-values").startswith(b"?evidence\t?evidence_\t?evidence__\n")


@pytest.mark.parametrize("media_type", ["text/csv", "text/tab-separated-values"])
def test_values_with_line_breaks_and_quotes_stay_in_their_rows(media_type):
    query = 'SELECT ?n { VALUES ?t { "a\\r\\n\\"b\\", c" "d\\te" } ?x :age 30 BIND(?t AS ?n) }'
    text = in_format(query, media_type).decode()
    behind = f"{BASE}document/b/1#char=0,9"

    if media_type == "text/csv":
        assert sorted(csv.reader(io.StringIO(text, newline=""))) == [
            ['a\r\n"b", c', behind],
            ["d\te", behind],
            ["n", "evidence"],
        ]
    else:
        assert [line.split("\t")[1] for line in text.splitlines()] == ["?evidence", f'"{behind}"', f'"{behind}"']


@pytest.mark.parametrize("media_type", ["text/csv", "text/tab-separated-values"])
def test_a_column_has_no_room_for_a_reason_so_it_is_an_error_with_its_place(media_type):
    with pytest.raises(QueryRefused, match="MINUS takes rows away") as refused:
        in_format("SELECT ?x { ?x :age ?a\nMINUS { ?x a :Person } }", media_type)

    assert (refused.value.rule, refused.value.line, refused.value.column) == ("explain", 3, 1)


def test_a_question_for_what_is_not_stated_is_noted_where_it_stands():
    _, evidence = answer_to("SELECT ?x { ?x :age ?a OPTIONAL { ?x :name ?n }\n FILTER(?a > 1 && ! BOUND(?n)) }")
    (note,) = evidence["notes"]

    assert (note["line"], note["column"]) == (3, 19)
    assert "not stated" in note["reason"]
    assert evidence["rows"] == []


def many(count):
    """A store in which one thing has `count` values, all said by one passage."""
    graph = f"<{BASE}document/a/1#char=0,5>"
    lines = [f'<{BASE}id/a> <{BASE}ex#p> "{number}"' for number in range(count)]
    found = pyoxigraph.Store()
    found.load("".join(f"{line} .\n{line} {graph} .\n" for line in lines).encode(), RdfFormat.N_QUADS)
    return found


def explain(store, query):
    solutions = store.query(PREFIXES + query)
    variables = [variable.value for variable in solutions.variables]
    rows = [tuple(solution) for solution in solutions]
    return matching.explain(
        store, PREFIXES + query, variables, rows[: matching.ROWS], total=len(rows), ask=store.query, graphs=None
    )


def test_more_rows_than_are_explained_are_said():
    at_the_limit = explain(many(matching.ROWS), "SELECT ?v { ?x :p ?v }")
    beyond = explain(many(matching.ROWS + 1), "SELECT ?v { ?x :p ?v }")

    assert len(at_the_limit["rows"]) == len(beyond["rows"]) == matching.ROWS
    assert "notes" not in at_the_limit
    assert [note["reason"] for note in beyond["notes"]] == [
        "Only the first 500 rows are explained. Add a LIMIT, and an OFFSET for the rest."
    ]


def test_more_facts_than_are_listed_are_counted():
    (at_the_limit,) = explain(many(matching.FACTS), "SELECT DISTINCT ?x { ?x :p ?v }")["rows"]
    beyond = explain(many(matching.FACTS + 7), "SELECT DISTINCT ?x { ?x :p ?v }")

    assert "left_out" not in at_the_limit
    assert (beyond["rows"][0]["left_out"], beyond["rows"][0]["ways"]) == (7, matching.FACTS + 7)
    assert len(beyond["rows"][0]["facts"]) == matching.FACTS
    assert [note["reason"] for note in beyond["notes"]] == ["Of some rows only the first 60 facts are listed."]


def test_more_ways_than_are_looked_at_are_refused():
    found = explain(many(40), "SELECT DISTINCT ?x { ?x :p ?a, ?b, ?c }")

    assert found == {
        "unavailable": {
            "reason": "The rows come about in more than 50000 ways. Add a LIMIT or name more of what you look for."
        }
    }


def test_what_is_missing_by_a_limit_is_no_csv():
    evidence = packed({"rows": [{"facts": [], "left_out": 1}], "notes": [{"reason": "Of some rows …"}]})
    with pytest.raises(QueryRefused, match="Of some rows"):
        explained(b"x\r\n1\r\n" + evidence, "text/csv", base=BASE, why=lambda *_: None, quotes=lambda _: {})


def test_a_fact_that_is_not_there_is_never_told():
    """The second look goes to a store that has changed: then nothing is said at all."""
    store, other = many(3), many(2)
    query = PREFIXES + "SELECT ?v { ?x :p ?v }"
    rows = [tuple(solution) for solution in store.query(query)]
    lost = {"unavailable": {"reason": "A second look at the data did not find every row again."}}

    assert matching.explain(other, query, ["v"], rows, total=3, ask=other.query, graphs=None) == lost
    assert matching.explain(other, query, ["v"], rows, total=3, ask=store.query, graphs=None) == lost


def test_reasons_are_taken_apart_into_sentence_and_number():
    assert template("Of some rows only the first 60 facts are listed.") == (
        "Of some rows only the first %(limit)s facts are listed.",
        {"limit": 60},
    )
    assert template("No number.") == ("No number.", {})


def test_words_are_asked_for_once_and_not_for_nothing():
    asked = []

    def quotes(addresses):
        asked.append(list(addresses))
        return {}

    told(b"{}" + packed({"rows": [{"facts": []}]}), base=BASE, why=lambda *_: None, quotes=quotes)
    in_format(KNOWS, JSON, quotes=quotes)

    assert len(asked) == 1
    assert asked[0] == sorted(set(asked[0]))

"""explain=evidence, request by request: what a client gets, and what it is told where there is none."""

from __future__ import annotations

import csv
import io
from io import BytesIO

import httpx
import pytest
import rdflib

BASE = "https://example.org/harbour/"
JSON = "application/sparql-results+json"
CSV, TSV = "text/csv", "text/tab-separated-values"
PREFIX = f"PREFIX h: <{BASE}terms#>\n"
SHORT = f"{PREFIX}SELECT ?s ?l {{ ?s h:length ?l FILTER(?l < 20) }} ORDER BY ?l"
COUNT = f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ ?s h:length ?l }}"
MINUS = f"{PREFIX}SELECT ?s {{ ?s h:length ?l FILTER(?l < 20)\n MINUS {{ ?s h:length 7 }} }}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WHY = {"explain": "evidence"}


def ask(client, query, accept=JSON, **more):
    return client.get("/sparql", params={"query": query, **WHY, **more}, headers={"Accept": accept})


def test_json_keeps_its_rows_and_has_evidence_beside_them(client):
    plain = client.get("/sparql", params={"query": SHORT}).json()
    response = ask(client, SHORT)
    document = response.json()
    evidence = document.pop("evidence")

    assert response.status_code == 200
    assert response.headers["Content-Type"] == JSON
    assert document == plain
    assert [len(row["facts"]) for row in evidence["rows"]] == [1, 1]
    fact = evidence["rows"][1]["facts"][0]
    assert fact["subject"]["value"] == f"{BASE}id/aeroe"
    assert {f"{BASE}graph/one", f"{BASE}graph/two"} <= set(fact["graphs"])
    assert fact["passages"] == []


def test_it_is_asked_for_in_all_three_ways(client):
    in_address = ask(client, SHORT)
    in_form = client.post("/sparql", data={"query": SHORT, **WHY})
    direct = client.post(
        "/sparql", params=WHY, content=SHORT.encode(), headers={"Content-Type": "application/sparql-query"}
    )

    assert in_address.json() == in_form.json() == direct.json()
    assert "evidence" in in_form.json()


def test_another_reader_takes_the_answer_as_ever(client):
    found = rdflib.query.Result.parse(BytesIO(ask(client, SHORT).content), format="json")

    assert [row[1].toPython() for row in found] == [7, 12]


@pytest.mark.parametrize("accept", [CSV, TSV])
def test_a_table_has_a_column_more(client, accept):
    text = ask(client, SHORT, accept).text
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="," if accept == CSV else "\t"))

    assert rows[0] == (["s", "l", "evidence"] if accept == CSV else ["?s", "?l", "?evidence"])
    assert [row[2] for row in rows[1:]] == ["", ""]


def test_what_cannot_be_explained_keeps_its_rows_and_says_why_and_where(client):
    document = ask(client, COUNT).json()

    assert document["results"]["bindings"][0]["n"]["value"] == "302"
    assert list(document["evidence"]) == ["unavailable"]
    assert document["evidence"]["unavailable"]["line"] == 2
    assert document["evidence"]["unavailable"]["column"] == 9
    assert "COUNT" in document["evidence"]["unavailable"]["reason"]


@pytest.mark.parametrize("accept", [CSV, TSV])
def test_a_table_that_cannot_be_explained_is_an_error_with_a_caret(client, accept):
    response = ask(client, MINUS, accept)
    problem = response.json() if "json" in response.headers["Content-Type"] else {"detail": response.text}

    assert response.status_code == 400
    assert "MINUS takes rows away" in str(problem)


def test_xml_has_no_room_for_it(client):
    for response in (ask(client, SHORT, "application/sparql-results+xml"), ask(client, SHORT, format="xml")):
        assert response.status_code == 406
        assert JSON in response.text
        assert "sparql-results+xml" not in response.text.partition("Ask for one of")[2]


@pytest.mark.parametrize("value", ["", "proof", "evidence2", "Evidence"])
def test_a_value_that_is_unknown_is_refused(client, value):
    assert ask(client, SHORT, explain=value).status_code == 400


def test_a_value_given_twice_is_refused(client):
    response = client.post("/sparql?explain=evidence", data={"query": SHORT, **WHY})

    assert response.status_code == 400


@pytest.mark.parametrize("query", ["ASK {}", f"DESCRIBE <{BASE}id/bella>", "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_only_rows_have_evidence(client, query):
    response = ask(client, query, "*/*")

    assert response.status_code == 400
    assert query.split()[0] in response.text


@pytest.mark.parametrize("query", ["SELECT * { ?s h:p ?o }", "SELECT * { ?s ?p", "DROP ALL"])
def test_a_wrong_query_is_as_wrong_as_ever(client, query):
    assert ask(client, query).status_code == 400


def test_the_time_limit_holds_for_both_together(client):
    """The answer has its one row at once; only the second look goes through everything."""
    endless = """SELECT (1 AS ?one) {
      { ?a ?b 7 } UNION { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(CONCAT(STR(?a), STR(?d), STR(?g)) = "none") }
    } LIMIT 1"""

    assert client.get("/sparql", params={"query": endless}).status_code == 200
    assert ask(client, endless).status_code == 503


def test_the_dataset_of_the_protocol_holds_for_evidence_too(client):
    query = f"{PREFIX}SELECT ?l {{ <{BASE}id/aeroe> h:length ?l }}"
    found = ask(client, query, **{"default-graph-uri": f"{BASE}graph/two"}).json()

    assert found["evidence"]["rows"][0]["facts"][0]["graphs"] == [f"{BASE}graph/two"]


def test_answers_with_and_without_are_kept_apart(client):
    plain = client.get("/sparql", params={"query": SHORT})
    first = ask(client, SHORT)
    again = client.get("/sparql", params={"query": SHORT, **WHY}, headers={"If-None-Match": first.headers["ETag"]})

    assert plain.headers["ETag"] != first.headers["ETag"]
    assert again.status_code == 304


def test_a_browser_is_led_to_the_page_with_it(client):
    response = ask(client, SHORT, "text/html")

    assert response.status_code == 303
    assert httpx.URL(response.headers["Location"]).params["explain"] == "evidence"

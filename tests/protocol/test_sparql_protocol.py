"""The endpoint, request by request: status, headers and body (SPARQL 1.1 Protocol and ours)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import httpx
import pyoxigraph
import pytest
import rdflib

BASE = "https://example.org/harbour/"
JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
ASK = "ASK { }"
SELECT = f"PREFIX h: <{BASE}terms#>\nSELECT ?s ?l {{ ?s h:length ?l FILTER(?l < 20) }} ORDER BY ?l"
CONSTRUCT = f"PREFIX h: <{BASE}terms#>\nCONSTRUCT WHERE {{ <{BASE}id/bella> h:length ?l }}"
DESCRIBE = f"DESCRIBE <{BASE}id/bella>"
RUNAWAY = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i }"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
SHIPS = [f"{BASE}id/bella", f"{BASE}id/aeroe"]


def three_ways(client, text, **headers):
    yield client.get("/sparql", params={"query": text}, headers=headers)
    yield client.post("/sparql", data={"query": text}, headers=headers)
    yield client.post("/sparql", content=text.encode(), headers=DIRECT | headers)


def ships(response):
    return [row["s"]["value"] for row in response.json()["results"]["bindings"]]


def test_a_query_is_answered_in_all_three_ways(client):
    for response in three_ways(client, SELECT):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == JSON
        assert ships(response) == SHIPS


def test_a_charset_in_the_content_type_is_taken(client):
    for kind in ("application/sparql-query; charset=UTF-8", 'application/sparql-query;charset="utf-8"'):
        response = client.post("/sparql", content=SELECT.encode(), headers={"Content-Type": kind})

        assert ships(response) == SHIPS


def test_letters_beyond_ascii_arrive(client):
    text = 'SELECT ?s { ?s <http://www.w3.org/2000/01/rdf-schema#label> "Ærø"@da }'
    for response in three_ways(client, text):
        assert ships(response) == [f"{BASE}id/aeroe"]


# ------------------------------------------------------------ formats

RESULTS = {
    JSON: JSON,
    XML: XML,
    "text/csv": "text/csv; charset=utf-8; header=present",
    "text/tab-separated-values": "text/tab-separated-values; charset=utf-8",
    "application/json": JSON,
    "application/xml": XML,
}
GRAPHS = {
    "text/turtle": "text/turtle; charset=utf-8",
    "application/n-triples": "application/n-triples",
    "application/rdf+xml": "application/rdf+xml",
    "application/ld+json": "application/ld+json",
    "application/trig": "application/trig",
    "application/n-quads": "application/n-quads",
}
READ = {
    "text/turtle": pyoxigraph.RdfFormat.TURTLE,
    "application/n-triples": pyoxigraph.RdfFormat.N_TRIPLES,
    "application/rdf+xml": pyoxigraph.RdfFormat.RDF_XML,
    "application/ld+json": pyoxigraph.RdfFormat.JSON_LD,
    "application/trig": pyoxigraph.RdfFormat.TRIG,
    "application/n-quads": pyoxigraph.RdfFormat.N_QUADS,
}
LENGTH = {
    pyoxigraph.Quad(
        pyoxigraph.NamedNode(f"{BASE}id/bella"),
        pyoxigraph.NamedNode(f"{BASE}terms#length"),
        pyoxigraph.Literal(7),
    )
}


@pytest.mark.parametrize("accept", RESULTS)
@pytest.mark.parametrize("text", [SELECT, ASK])
def test_rows_come_in_the_format_asked_for(client, accept, text):
    for response in three_ways(client, text, Accept=accept):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == RESULTS[accept]
        assert "Accept" in response.headers["Vary"]
        assert int(response.headers["Content-Length"]) == len(response.content) > 0


@pytest.mark.parametrize("accept", [JSON, XML, "text/tab-separated-values"])
def test_rows_are_read_back_by_another_reader(client, accept):
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": accept})
    form = {JSON: "json", XML: "xml", "text/tab-separated-values": "tsv"}[accept]
    found = rdflib.query.Result.parse(BytesIO(response.content), format=form)

    assert [(str(row[0]), row[1].toPython()) for row in found] == [(SHIPS[0], 7), (SHIPS[1], 12)]


@pytest.mark.parametrize("accept", GRAPHS)
@pytest.mark.parametrize("text", [CONSTRUCT, DESCRIBE])
def test_facts_come_in_the_format_asked_for(client, accept, text):
    response = client.get("/sparql", params={"query": text}, headers={"Accept": accept})

    assert response.status_code == 200
    assert response.headers["Content-Type"] == GRAPHS[accept]
    assert set(pyoxigraph.parse(response.content, READ[accept])) >= LENGTH


@pytest.mark.parametrize(
    ("accept", "text", "expected"),
    [
        ("*/*", SELECT, JSON),
        ("", SELECT, JSON),
        ("*/*", CONSTRUCT, "text/turtle"),
        (f"{JSON};q=0.1, {XML};q=0.9", SELECT, XML),
        ("text/*", SELECT, "text/csv"),
        ("text/*;q=0.5, application/sparql-results+xml;q=0.6", SELECT, XML),
        ("application/sparql-results+json;q=0, */*;q=0.1", SELECT, XML),
        ("text/turtle, application/sparql-results+json;q=0.2", SELECT, JSON),
        ("application/sparql-results+json, application/rdf+xml", CONSTRUCT, "application/rdf+xml"),
        ("application/*", CONSTRUCT, "application/n-triples"),
    ],
)
def test_the_best_offer_is_chosen(client, accept, text, expected):
    response = client.post("/sparql", content=text.encode(), headers=DIRECT | {"Accept": accept})

    assert response.status_code == 200
    assert response.headers["Content-Type"].partition(";")[0] == expected


@pytest.mark.parametrize("accept", ["image/png", "text/turtle", "application/sparql-results+json;q=0"])
def test_what_is_not_offered_is_refused_with_the_offers(client, accept):
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": accept})

    assert response.status_code == 406
    assert "text/csv" in response.text
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("csv", SELECT, "text/csv"),
        ("xml", SELECT, XML),
        ("xml", CONSTRUCT, "application/rdf+xml"),
        ("json", CONSTRUCT, "application/ld+json"),
        ("ttl", CONSTRUCT, "text/turtle"),
        ("turtle", DESCRIBE, "text/turtle"),
        ("application/rdf+xml", DESCRIBE, "application/rdf+xml"),
        (XML, ASK, XML),
    ],
)
def test_the_parameter_format_goes_before_accept(client, name, text, expected):
    for parameter in ("format", "output"):
        response = client.get("/sparql", params={"query": text, parameter: name}, headers={"Accept": "text/html"})

        assert response.status_code == 200
        assert response.headers["Content-Type"].partition(";")[0] == expected


def test_an_unknown_format_is_refused(client):
    assert client.get("/sparql", params={"query": SELECT, "format": "pdf"}).status_code == 406


# ------------------------------------------------------------ datasets

ONE, TWO = f"{BASE}graph/one", f"{BASE}graph/two"
COUNT = "SELECT (COUNT(*) AS ?s) { ?x ?y ?z }"


@pytest.mark.parametrize(
    ("graphs", "text", "expected"),
    [
        ({"default-graph-uri": ONE}, COUNT, "3"),
        ({"default-graph-uri": [ONE, TWO]}, COUNT, "3"),
        ({"default-graph-uri": [TWO, TWO]}, COUNT, "1"),
        ({"named-graph-uri": ONE}, COUNT, "0"),
        ({"named-graph-uri": [ONE, TWO]}, "SELECT (COUNT(*) AS ?s) { GRAPH ?g { ?x ?y ?z } }", "4"),
        ({"default-graph-uri": ONE}, "SELECT (COUNT(*) AS ?s) { GRAPH ?g { ?x ?y ?z } }", "0"),
        ({"default-graph-uri": TWO}, COUNT.replace("{", f"FROM <{ONE}> {{", 1), "1"),
        ({}, COUNT.replace("{", f"FROM <{ONE}> FROM <{TWO}> {{", 1), "3"),
        ({"default-graph-uri": "urn:nothing"}, COUNT, "0"),
    ],
)
def test_the_dataset_of_the_request_is_used(client, graphs, text, expected):
    direct = client.post("/sparql", params=graphs, content=text.encode(), headers=DIRECT)
    for response in (
        client.get("/sparql", params={"query": text} | graphs),
        direct,
        client.post("/sparql", data={"query": text} | graphs),
    ):
        assert ships(response) == [expected]


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
def test_a_graph_that_is_no_address_is_refused(client, name):
    response = client.get("/sparql", params={"query": ASK, name: "not an address"})

    assert response.status_code == 400
    assert name in response.text


# ------------------------------------------------------------ requests that are wrong


@pytest.mark.parametrize(
    "case",
    [
        ("GET", [("query", ASK), ("query", ASK)], None, {}, 400),
        ("GET", [("query", "")], None, {}, 400),
        ("GET", [("update", "DROP ALL")], None, {}, 400),
        ("GET", [("default-graph-uri", "urn:a")], None, {}, 400),
        ("GET", b"query=%FF", None, {}, 400),
        ("GET", b"query=ASK%7B%7D&" + b"&".join(b"a%d=1" % i for i in range(300)), None, {}, 400),
        ("POST", [], b"", FORM, 400),
        ("POST", [], b"query=ASK%7B%7D&query=ASK%7B%7D", FORM, 400),
        ("POST", [("query", ASK)], b"query=ASK%7B%7D", FORM, 400),
        ("POST", [], b"update=DROP+ALL", FORM, 400),
        ("POST", [], b"query=%C3%28", FORM, 400),
        ("POST", [("query", ASK)], ASK.encode(), DIRECT, 400),
        ("POST", [], b'SELECT * { ?s ?p "\xff" }', DIRECT, 400),
        ("POST", [], b"", DIRECT, 400),
        ("POST", [], b"INSERT DATA { <urn:a> <urn:b> 1 }", DIRECT, 400),
        ("POST", [], b"DROP ALL", {"Content-Type": "application/sparql-update"}, 415),
        ("POST", [], ASK.encode(), {"Content-Type": "text/plain"}, 415),
        ("POST", [], ASK.encode(), {}, 415),
        ("POST", [], ASK.encode(), {"Content-Type": "application/json"}, 415),
        ("POST", [], ASK.encode("utf-16"), {"Content-Type": "application/sparql-query; charset=utf-16"}, 415),
        ("POST", [], b"\x1f\x8b", DIRECT | {"Content-Encoding": "gzip"}, 415),
        ("POST", [], b"ASK {}" + b" " * (1 << 20), DIRECT, 413),
        ("PUT", [], b"", {}, 405),
        ("DELETE", [], None, {}, 405),
        ("PATCH", [], b"", {}, 405),
    ],
)
def test_a_wrong_request_is_refused_in_words(client, case):
    method, parameters, content, headers, status = case
    address = "/sparql"
    if isinstance(parameters, bytes):
        address, parameters = f"/sparql?{parameters.decode()}", None
    response = client.request(method, address, params=parameters, content=content, headers=headers)

    assert response.status_code == status
    assert len(response.text.strip()) > 20
    assert "Traceback" not in response.text
    assert "<html" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    if status == 405:
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}


def test_a_body_that_does_not_tell_its_length_is_bounded_too(client):
    small = client.post("/sparql", content=iter([b"ASK", b" {}"]), headers=DIRECT)
    large = client.post("/sparql", content=iter([b"query=ASK+%7B%7D&x="] + [b"x" * 100_000] * 20), headers=FORM)

    assert small.json()["boolean"] is True
    assert large.status_code == 413


def test_multipart_is_not_taken(client):
    response = client.post("/sparql", files={"query": ("q.rq", ASK.encode())})

    assert response.status_code == 415


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("SELECT * {\n  ?s ?p }", 2, 9, "“}”"),
        ("SELECT * {\n  ?s nope:p ?o }", 2, 6, "nope:"),
        ('SELECT * {\n ?s ?p "abc }', 2, 8, "never closed"),
        ("SELECT * {\n\n { ?s ?p ?o }", 1, 10, "never closed"),
        ("SELECT * { ?s ?p ?o } }", 1, 23, "closes nothing"),
        ("SELEC * {}", 1, 1, "SELEC"),
        ("PREFIX a: <urn:a>\nDROP ALL", 2, 1, "DROP"),
        ("SELECT * { SERVICE <http://example.org/> {} }", 1, 12, "SERVICE"),
        ("SELECT (<urn:f>(1) AS ?x) {}", 1, 9, "urn:f"),
    ],
)
def test_a_wrong_query_is_refused_with_its_place(client, text, line, column, told):
    plain = client.get("/sparql", params={"query": text})
    problem = client.get("/sparql", params={"query": text}, headers={"Accept": JSON})

    assert plain.status_code == problem.status_code == 400
    first, *_, shown, caret = plain.text.splitlines()
    assert first.startswith(f"line {line}:{column}: ")
    assert told in first
    assert shown == text.split("\n")[line - 1]
    assert caret == " " * (column - 1) + "^"
    assert problem.headers["Content-Type"] == "application/problem+json"
    document = problem.json()
    assert (document["status"], document["line"], document["column"]) == (400, line, column)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("SELECT * " + "{" * 100 + "}" * 100, "nesting"),
        ("SELECT * { FILTER(1" + "+1" * 400 + ") }", "operators"),
        ("SELECT * { } #" + "x" * 70_000, "query_bytes"),
    ],
)
def test_a_limit_of_the_gate_is_named(client, text, rule):
    response = client.post("/sparql", content=text.encode(), headers=DIRECT | {"Accept": JSON})

    assert response.status_code == 400
    document = response.json()
    assert document["rule"] == rule
    assert document["found"] > document["limit"] > 0


def test_a_timeout_is_told_with_its_limit(client):
    started = time.monotonic()
    response = client.get("/sparql", params={"query": RUNAWAY}, headers={"Accept": JSON})

    assert time.monotonic() - started < 6
    assert response.status_code == 503
    assert "1.5 s" in response.json()["detail"]
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers


def test_too_many_rows_are_an_error_and_never_a_part(client):
    response = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o }"})

    assert response.status_code == 413
    assert "500 rows" in response.text


# ------------------------------------------------------------ headers


def test_head_is_get_without_a_body(client):
    got = client.get("/sparql", params={"query": SELECT})
    head = client.head("/sparql", params={"query": SELECT})

    assert head.content == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Vary"):
        assert head.headers[name] == got.headers[name]


def test_a_copy_that_still_holds_is_not_sent_again(client):
    first = client.get("/sparql", params={"query": SELECT})
    tag = first.headers["ETag"]
    again = client.get("/sparql", params={"query": SELECT}, headers={"If-None-Match": tag})

    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == tag
    assert "Accept" in again.headers["Vary"]
    assert first.headers["Samvirke-Generation"] == again.headers["Samvirke-Generation"]


def test_the_tag_is_one_of_query_dataset_and_format(client):
    tags = {
        client.get("/sparql", params=parameters, headers={"Accept": accept}).headers["ETag"]
        for parameters in ({"query": SELECT}, {"query": ASK}, {"query": SELECT, "default-graph-uri": ONE})
        for accept in (JSON, XML)
    }

    assert len(tags) == 6


def test_what_asks_the_clock_is_not_kept(client):
    response = client.get("/sparql", params={"query": "SELECT (NOW() AS ?s) {}"})

    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers


def test_a_posted_query_is_not_kept(client):
    response = client.post("/sparql", data={"query": SELECT})

    assert response.headers["Cache-Control"] == "no-store"


def test_scripts_of_other_sites_may_ask(client):
    preflight = client.options(
        "/sparql",
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert preflight.status_code in (200, 204)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in preflight.headers


# ------------------------------------------------------------ service description and readers


@pytest.mark.parametrize("accept", GRAPHS)
def test_the_service_describes_itself(client, accept):
    response = client.get("/sparql", headers={"Accept": accept})
    sd = "http://www.w3.org/ns/sparql-service-description#"
    found = {
        (quad.predicate.value, getattr(quad.object, "value", ""))
        for quad in pyoxigraph.parse(response.content, READ[accept])
        if getattr(quad.subject, "value", "") == f"{BASE}sparql"
    }

    assert response.headers["Content-Type"] == GRAPHS[accept]
    assert (f"{sd}endpoint", f"{BASE}sparql") in found
    assert (f"{sd}supportedLanguage", f"{sd}SPARQL11Query") in found
    assert (f"{sd}feature", f"{sd}BasicFederatedQuery") not in found
    tag = response.headers["ETag"]
    assert client.get("/sparql", headers={"Accept": accept, "If-None-Match": tag}).status_code == 304


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(("languages", "lang"), [("da", "da"), ("en;q=0.9, da;q=0.8", "en"), ("fr", "en")])
def test_a_reader_is_led_to_the_page(client, languages, lang):
    headers = {"Accept": BROWSER, "Accept-Language": languages}
    empty = client.get("/sparql", headers=headers)
    asked = client.get("/sparql", params={"query": SELECT}, headers=headers)

    assert empty.status_code == asked.status_code == 303
    assert empty.headers["Location"] == f"/{lang}/sparql"
    assert httpx.URL(asked.headers["Location"]).path == f"/{lang}/sparql"
    assert httpx.URL(asked.headers["Location"]).params["query"] == SELECT
    assert {"Accept", "Accept-Language"} <= set(asked.headers["Vary"].split(", "))


# ------------------------------------------------------------ load


def test_one_runaway_does_not_stop_twenty_others(client, server):
    def ask(_):
        response = client.get("/sparql", params={"query": SELECT})
        return response.status_code, ships(response)

    with ThreadPoolExecutor(21) as threads:
        runaway = threads.submit(client.get, "/sparql", params={"query": RUNAWAY})
        others = list(threads.map(ask, range(20)))

        assert others == [(200, SHIPS)] * 20
        assert runaway.result().status_code == 503


def test_more_runaways_than_a_share_are_told_to_wait(client):
    with ThreadPoolExecutor(12) as threads:
        found = [threads.submit(client.get, "/sparql", params={"query": RUNAWAY}) for _ in range(12)]
        responses = [future.result() for future in found]

    assert {response.status_code for response in responses} <= {429, 503}
    refused = [response for response in responses if response.status_code == 429]
    assert refused
    assert all(int(response.headers["Retry-After"]) >= 1 for response in refused)
    assert client.get("/sparql", params={"query": ASK}).status_code == 200


def test_a_client_that_goes_away_keeps_nobody_waiting(server):
    for _ in range(6):
        with pytest.raises(httpx.ReadTimeout), httpx.Client(base_url=server, trust_env=False, timeout=0.1) as hasty:
            hasty.get("/sparql", params={"query": RUNAWAY})
    with httpx.Client(base_url=server, trust_env=False, timeout=20) as client:
        statuses = {client.get("/sparql", params={"query": ASK}, headers={"Accept": JSON}).status_code}

    assert statuses <= {200, 429, 503}

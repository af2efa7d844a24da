"""Views and orders of an answer: offered where its columns allow them, each an address, all without script."""

from __future__ import annotations

import html
import re

import pytest

BASE = "https://fyr.example/atlas/"
XSD = "http://www.w3.org/2001/XMLSchema#"
LIT = f"PREFIX l: <{BASE}lights#>\nSELECT ?light ?year {{ ?light l:lit ?year }}"
KEPT = f"PREFIX l: <{BASE}lights#>\nSELECT ?light ?keeper {{ ?light l:keeper ?keeper }}"
WHERE = (
    f"PREFIX xsd: <{XSD}>\nSELECT ?light ?lat ?long {{ VALUES (?light ?lat ?long) {{ "
    f"(<{BASE}id/skagen> 57.7 10.6) (<{BASE}id/anholt> 56.7 11.6) "
    f"(<{BASE}id/lost> 156.7 11.6) (UNDEF UNDEF UNDEF) }} }}"
)
POINT = (
    'SELECT ?light ?place { VALUES (?light ?place) { ("Skagen" "POINT (10.6 57.7)"^^'
    "<http://www.opengis.net/ont/geosparql#wktLiteral>) } }"
)
PERIOD = (
    f"PREFIX xsd: <{XSD}>\nSELECT ?name ?from ?to {{ VALUES (?name ?from ?to) {{ "
    '("a" "1900"^^xsd:gYear "1910-05"^^xsd:gYearMonth) ("b" "1905"^^xsd:gYear UNDEF) } }'
)
COUNTED = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
OFFERED = [
    (LIT, ["Table", "Timeline", "Raw"]),
    (KEPT, ["Table", "Graph", "Raw"]),
    (WHERE, ["Table", "Map", "Raw"]),
    (POINT, ["Table", "Map", "Raw"]),
    (PERIOD, ["Table", "Timeline", "Raw"]),
    (COUNTED, ["Table", "Raw"]),
    ("SELECT * { <urn:a> ?p ?o }", ["Table", "Raw"]),
    ("ASK {}", ["Table", "Raw"]),
    (f"DESCRIBE <{BASE}id/skagen>", ["Raw", "Graph"]),
]


def page(client, query, lang="en", **more):
    response = client.get(f"/{lang}/sparql", query_string={"query": query, **more})
    assert response.status_code == 200
    assert "style=" not in response.text
    return response.text


def tabs(text):
    (bar,) = re.findall(r'<nav class="tabs.*?</nav>', text, re.DOTALL)
    return {label: html.unescape(href) for href, label in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', bar)}


def column(text, number=0):
    body = re.search(r"<tbody>.*?</tbody>", text, re.DOTALL)[0]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)]
    return [re.sub(r"<[^>]*>", "", row[number]) for row in rows]


@pytest.mark.parametrize(("query", "views"), OFFERED)
def test_views_are_offered_where_the_columns_allow_them_and_each_answers(client, query, views):
    told = tabs(page(client, query))

    assert list(told) == views
    for label, href in told.items():
        shown = client.get(href).text
        assert f'aria-current="true">{label}</a>' in shown
        assert ("<svg" in re.search(r'id="h-answer".*?</section>', shown, re.DOTALL)[0]) == (
            label in ("Timeline", "Map", "Graph")
        )


def test_a_view_that_the_columns_do_not_allow_is_the_table(client):
    for view in ("map", "graph", "nonsense", "<script>"):
        assert 'aria-current="true">Table</a>' in page(client, LIT, view=view)


def test_what_is_given_twice_is_refused_and_what_the_page_does_not_know_is_nobodys_business(client):
    assert client.get("/en/sparql?query=ASK{}&query=ASK{}").status_code == 400
    assert client.get("/en/sparql?query=ASK{}&utm=1&utm=2").status_code == 200


def test_pictures_say_what_the_rows_say(client):
    assert "Skagen Fyr" in page(client, LIT, view="timeline")
    assert "Jens" in page(client, KEPT, view="graph")
    drawn = page(client, WHERE, view="map")
    assert "Skagen Fyr" in drawn
    assert "Anholt" in drawn
    assert "Tabt Fyr" not in drawn  # no such degrees
    graph = page(client, f"CONSTRUCT {{ ?l <{BASE}lights#keeper> ?k }} {{ ?l <{BASE}lights#keeper> ?k }}", view="graph")
    assert "Jens" in graph
    assert "Holger" in graph


def test_headings_sort_up_down_and_back_by_what_is_shown(client):
    first = page(client, LIT, "da")
    up = html.unescape(re.search(r'<a class="sort" href="([^"]*)"[^>]*>\?year', first)[1])
    upwards = client.get(up).text
    down = html.unescape(re.search(r'<a class="sort" href="([^"]*)"[^>]*>\?year', upwards)[1])
    downwards = client.get(down).text
    back = html.unescape(re.search(r'<a class="sort" href="([^"]*)"[^>]*>\?year', downwards)[1])

    assert column(upwards, 1) == ["1561", "1747"]
    assert column(downwards, 1) == ["1747", "1561"]
    assert 'aria-sort="ascending"' in upwards
    assert 'aria-sort="descending"' in downwards
    assert "order=" not in back
    assert column(page(client, LIT, order="nope"), 1) == column(page(client, LIT), 1)


def test_the_danish_alphabet_and_numbers_sort_as_a_reader_expects_and_what_is_missing_comes_last(client):
    names = 'VALUES ?x { "Ærø" "Aarhus" "Bo" "ål" "Øst" UNDEF "zoo" 10 9.5 "-1"^^xsd:int }'

    assert column(page(client, f"PREFIX xsd: <{XSD}> SELECT ?x {{ {names} }}", "da", order="x")) == [
        "-1", "9,5", "10", "Bo", "zoo", "Ærø", "Øst", "ål", "Aarhus", "–",
    ]  # fmt: skip
    assert column(page(client, f"PREFIX xsd: <{XSD}> SELECT ?x {{ {names} }}", "da", order="-x"))[-1] == "–"


def test_a_limit_that_was_reached_is_said(client):
    assert "Limited to 2 rows by the query itself (LIMIT)" in page(client, f"{LIT} LIMIT 2")
    assert "(LIMIT)" not in page(client, f"{LIT} LIMIT 20")
    assert "(LIMIT)" not in page(client, "SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 1 } }")
    assert "(LIMIT)" not in page(client, 'SELECT ("LIMIT 1" AS ?x) {}')


def test_a_stored_question_is_loaded_with_its_values(client):
    asked = client.get("/en/sparql", query_string={"question": "lit-before"}).text
    filled = client.get("/en/sparql", query_string={"question": "lit-before", "value.year": "1700"}).text

    assert 'name="value.year"' in asked
    assert 'value="1700"' in filled
    assert "Anholt Light" in filled
    assert "Skagen Fyr</a></td>" not in filled
    wrong = client.get("/en/sparql", query_string={"question": "lit-before", "value.year": "soon"})
    assert wrong.status_code == 400
    assert 'id="mistake"' in wrong.text


def test_a_query_too_long_for_an_address_is_answered_in_a_form(client):
    text = f"{LIT} # {'x' * 60_000}"
    response = client.post("/en/sparql", data={"query": text})

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert f'rel="canonical" href="{BASE}en/sparql"' in response.text
    assert "Skagen Fyr" in response.text


def test_the_page_is_whole_without_its_script(client, monkeypatch):
    from samvirke.web import console

    monkeypatch.setattr(console, "made", lambda name: ())
    text = page(client, LIT)

    assert "<script" not in text.replace('<script type="application/ld+json"', "")
    assert "<table" in text
    assert len(tabs(text)) == 3
    assert "<textarea" in text

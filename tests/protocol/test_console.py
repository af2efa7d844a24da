"""The page where a query is written: works without script, and says what is wrong."""

from __future__ import annotations

import html
import re

import pytest

BASE = "https://example.org/harbour/"
SELECT = f"PREFIX h: <{BASE}terms#>\nSELECT ?ship ?l {{ ?ship h:length ?l FILTER(?l < 20) }} ORDER BY ?l"

SCRIPT = re.compile(r'<script src="/static/built/query\.js\?v=[0-9a-f]{10}" defer></script>')
"""All that a page of queries may load, where npm has made it: it only improves the page."""


def page(client, status=200, lang="en", **parameters):
    response = client.get(f"/{lang}/sparql", params=parameters, headers={"Accept": "text/html"})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in SCRIPT.sub("", response.text).replace('<script type="application/ld+json"', "")
    assert "style=" not in response.text
    return response.text


def form_text(text):
    return html.unescape(re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", text, re.DOTALL)[1])


def links(text):
    return [html.unescape(found) for found in re.findall(r'href="([^"]*)"', text)]


def test_without_a_query_there_is_one_to_start_from_that_has_an_answer(client):
    empty = page(client)
    answered = page(client, query=form_text(empty))

    assert "<table" not in empty
    assert '<a href="/en/ontology#' in answered
    assert "303" in answered


def test_rows_are_shown_with_names_and_links(client):
    text = page(client, query=SELECT)

    assert re.findall(r'<th scope="col"><a [^>]*>(.*?)</a></th>', text) == ["?ship", "?l"]
    assert '<a href="/en/id/aeroe">Aeroe</a>' in text
    assert '<td class="num">12</td>' in text
    assert form_text(text) == SELECT
    assert "2 rows" in text


def test_names_are_in_the_readers_language_and_never_markup(client):
    text = page(client, lang="da", query=SELECT)

    assert '<a href="/da/id/aeroe">Ærø</a>' in text
    assert "&lt;fast&gt; &amp; free" in text
    assert "<fast>" not in text


@pytest.mark.parametrize("query", [SELECT, "ASK {}", f"DESCRIBE <{BASE}id/bella>"])
def test_every_download_answers(client, query):
    found = [link for link in links(page(client, query=query)) if link.startswith("/sparql?")]

    assert len(found) >= 4
    for link in found:
        assert client.get(link).status_code == 200


def test_a_yes_or_no_is_a_word(client):
    assert "Yes" in page(client, query="ASK {}")
    assert "Nej" in page(client, lang="da", query="ASK { <urn:a> ?p ?o }")


def test_facts_are_shown_as_turtle(client):
    assert "&lt;https://example.org/harbour/id/bella&gt;" in page(client, query=f"DESCRIBE <{BASE}id/bella>")


def test_no_rows_are_said_in_words(client):
    assert "Nothing in the data fits the query." in page(client, query="SELECT * { <urn:a> ?p ?o }")


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("SELECT * {\n ?s h:p ?o }", 400, "Line 2, column 5."),
        ("DROP ALL", 400, "queries only read"),
        ("", 400, "empty"),
        ("SELECT * { ?s ?p ?o }", 413, "500 rows"),
        ("SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i }", 503, "1.5 s"),
        ('SELECT * { ?s ?p "<script>alert(1)</script>', 400, "never closed"),
    ],
)
def test_a_mistake_keeps_the_query_and_is_told_beside_it(client, query, status, told):
    text = page(client, status, query=query)

    assert form_text(text) == query
    alert = re.search(r'role="alert".*?</div>', text, re.DOTALL)[0]
    assert told in html.unescape(alert)
    assert 'aria-describedby="mistake"' in text


def test_the_place_of_a_mistake_has_a_caret(client):
    text = page(client, 400, query="SELECT * {\n ?s h:p ?o }")

    assert "<pre> ?s h:p ?o }\n    ^</pre>" in text


def test_a_stored_question_can_be_started_from(client):
    (link,) = [link for link in links(page(client)) if "question=" in link]
    text = client.get(link).text

    assert link == "/en/sparql?question=short-ships"
    assert form_text(text).startswith("PREFIX h:")
    assert "title@en" not in form_text(text)
    assert '<a href="/en/id/bella">' in text


def test_an_unknown_question_is_not_found(client):
    assert client.get("/en/sparql", params={"question": "nope"}).status_code == 404


def test_a_result_is_an_address(client):
    first = client.get("/en/sparql", params={"query": SELECT})
    again = client.get("/en/sparql", params={"query": SELECT}, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert 'name="robots" content="noindex"' in first.text

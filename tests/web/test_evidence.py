"""The passages behind rows, on a site that has passages: for programs, and on the page."""

from __future__ import annotations

import html
import re

BASE = "https://fyr.example/atlas/"
PASSAGE = f"{BASE}document/logbog/1900#char=0,28"
LIT = f"PREFIX l: <{BASE}lights#>\nSELECT ?light ?year {{ ?light l:lit ?year }} ORDER BY ?year"
MINUS = f"PREFIX l: <{BASE}lights#>\nSELECT ?light {{ ?light l:lit ?year MINUS {{ ?light a l:Keeper }} }}"


def page(client, query, lang="en", **more):
    response = client.get(f"/{lang}/sparql", query_string={"query": query, **more})
    assert response.status_code == 200
    return response.text


def why(client, query, lang="en"):
    return page(client, query, lang, explain="evidence")


def test_programs_get_the_passage_and_its_words(client):
    response = client.get("/sparql", query_string={"query": LIT, "explain": "evidence"})
    first, second = response.json["evidence"]["rows"]

    assert first["facts"][0]["passages"] == []
    assert second["facts"][0]["passages"] == [PASSAGE]
    assert response.json["evidence"]["quotes"] == {PASSAGE: "Skagen Fyr blev tændt i 1747"}


def test_the_page_has_a_button_for_it_that_works_without_script(client):
    text = page(client, LIT)

    assert '<button class="btn" name="explain" value="evidence" aria-describedby="why">Why?</button>' in text
    assert '<button class="btn" name="explain" value="evidence" aria-describedby="why">Hvorfor?</button>' in page(
        client, LIT, "da"
    )
    assert 'id="k1"' not in text


def test_each_row_leads_to_its_passages_and_each_passage_to_its_document(client):
    text = why(client, LIT)
    row = re.search(r'<tr id="r2" data-k="1">.*?</tr>', text, re.DOTALL)[0]
    mark = re.search(r'<p><mark id="k1".*?</p>', text, re.DOTALL)[0]

    assert '<a class="ev" href="#k1" aria-label="Show source 1 for row 2">1</a>' in row
    assert "Skagen Fyr blev tændt i 1747" in mark
    assert 'lang="da"' in mark
    assert 'href="#r2"' in mark
    target = html.unescape(re.search(r'class="note" href="([^"]*)"', mark)[1])
    assert target == "/en/document/logbog/1900#char=0,28"
    assert 'id="char=0,28"' in client.get(target.partition("#")[0]).text


def test_a_row_whose_facts_no_passage_says_is_told_so(client):
    row = re.search(r'<tr id="r1">.*?</tr>', why(client, LIT), re.DOTALL)[0]

    assert "1 fact stands in no passage" in row
    assert 'class="ev"' not in row


def test_where_it_cannot_be_said_the_rows_stay_and_the_reason_stands_above_them(client):
    english, danish = why(client, MINUS), why(client, MINUS, "da")

    assert "<strong>Line 2, column 36.</strong> MINUS takes rows away" in english
    assert "<strong>Linje 2, kolonne 36.</strong> MINUS tager rækker væk" in danish
    assert "<table" in english
    assert '<th scope="col">Source</th>' not in english


def test_a_yes_or_no_has_no_passages(client):
    text = why(client, "ASK {}")

    assert "Only the rows of a SELECT can be explained." in text
    assert "Yes" in text


def test_an_unknown_wish_is_told_beside_the_query(client):
    response = client.get("/en/sparql", query_string={"query": LIT, "explain": "proof"})

    assert response.status_code == 400
    assert "“proof” is nothing that “explain” can be." in response.text


def test_downloads_have_what_the_page_shows(client):
    for query in (LIT, MINUS):
        found = re.findall(r'href="(/sparql\?[^"]*)"', why(client, query))
        texts = [client.get(html.unescape(link)) for link in found]

        assert len(found) == 4
        assert [response.status_code for response in texts] == [200] * 4
        assert sum("evidence" in response.text for response in texts) == (3 if query == LIT else 1)


def test_the_other_language_shows_the_same(client):
    text = why(client, LIT)
    (twin,) = {html.unescape(one) for one in re.findall(r'href="(/da/sparql[^"]*)"', text) if "query" in one}

    assert "explain=evidence" in twin
    assert 'href="#k1"' in client.get(twin).text

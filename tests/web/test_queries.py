"""Stored questions as pages and files."""

from __future__ import annotations

import csv
import io
import re

import pytest
from pyoxigraph import RdfFormat, parse

from tests.web.conftest import BASE


def test_every_question_is_listed_in_each_language(client):
    danish, english = client.get("/da/queries/").text, client.get("/en/queries/").text

    assert '<a href="/da/queries/all-lights">Hvilke fyr er der?</a>' in danish
    assert '<a href="/en/queries/all-lights">Which lights are there?</a>' in english
    assert danish.count("/da/queries/") >= 7


def test_an_answer_shows_names_with_links_and_escapes_them(client):
    page = client.get("/da/queries/all-lights").text

    assert '<a href="/da/id/anholt">Anholt Fyr</a>' in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert '<th scope="col">Fyr</th>' in page
    headings = re.findall(r'<th scope="col">([^<]*)', page)
    assert headings == ["Fyr", "Lit in", "Note"]


def test_headings_are_in_the_readers_language(client):
    """By the term, the plural or the class a column holds, else by the usual words; names are not said twice."""
    headings = {
        path: re.findall(r'<th scope="col">([^<]*)', client.get(f"/da/queries/{path}").text)
        for path in ("keeper-of", "passages", "lit-before?year=1600")
    }

    assert headings == {
        "keeper-of": ["Fyrpasser"],
        "passages": ["Fyr", "Tekststed"],
        "lit-before?year=1600": ["Fyr", "Antal"],
    }


def test_the_default_is_chosen_and_can_be_changed(client):
    first, second = client.get("/da/queries/keeper-of").text, client.get("/da/queries/keeper-of?light=d:anholt").text

    assert f'<option value="{BASE}id/skagen" selected>Skagen Fyr</option>' in first
    assert "Jens" in first
    assert "Maren" in second
    assert f'<option value="{BASE}id/anholt" selected>Anholt Fyr</option>' in second
    assert 'content="noindex"' in second


def test_no_answer_is_said_so(client):
    assert "Not stated in the sources" in client.get("/en/queries/keeper-of?light=d:v1.2").text


def test_a_question_waits_for_the_value_it_must_have(client):
    page = client.get("/en/queries/lit-before")

    assert page.status_code == 200
    assert "h-answer" not in page.text
    assert client.get("/queries/lit-before.csv").status_code == 400


@pytest.mark.parametrize(
    ("query", "named"),
    [("year=banana", "year"), ("year=1600&colour=red", "colour"), ("word=x", "year"), ("year=1&year=2", "year")],
)
def test_a_bad_value_is_named(client, query, named):
    for path in ("/en/queries/lit-before", "/queries/lit-before.json", "/queries/lit-before.csv"):
        answer = client.get(f"{path}?{query}", headers={"Accept": "application/json"})
        assert answer.status_code == 400
        assert named in answer.text


def test_a_value_is_never_query_text(client):
    attack = 'x" || true) } # '
    answer = client.get("/queries/lit-before.json", query_string={"year": "9999", "word": attack})

    assert answer.status_code == 200
    assert answer.json["results"]["bindings"] == []


def test_files_by_extension_by_parameter_and_by_accept(client):
    by_ending = client.get("/queries/all-lights.csv")
    by_parameter = client.get("/queries/all-lights?format=csv")
    by_accept = client.get("/queries/all-lights", headers={"Accept": "text/csv"})

    assert by_ending.data == by_parameter.data == by_accept.data
    assert by_ending.mimetype == "text/csv"
    assert "Accept" in by_accept.vary
    assert len(list(csv.DictReader(io.StringIO(by_ending.text)))) == 11
    assert client.get("/queries/all-lights.json").json["head"]["vars"] == ["light", "lightLabel", "litIn", "note"]


def test_yes_or_no_and_facts(client):
    assert ">Yes<" in client.get("/en/queries/is-there-one").text
    assert client.get("/queries/is-there-one.json").json["boolean"] is True
    assert "keeps" in client.get("/en/queries/as-facts").text
    assert len(list(parse(client.get("/queries/as-facts.ttl").data, RdfFormat.TURTLE))) == 3
    assert client.get("/queries/as-facts.csv").status_code == 406


def test_passages_lead_to_their_words(client):
    assert 'href="/en/document/logbog/1900#char=0,28"' in client.get("/en/queries/passages").text


def test_what_changes_by_itself_is_not_kept(client):
    for path in ("/en/queries/what-time", "/queries/what-time.json"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers

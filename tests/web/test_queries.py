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


def _pages(client, address):
    """The addresses of the pages that follow each other, and the things each shows."""
    pages = []
    while address:
        page = client.get(address).text
        pages.append((address, re.findall(r"<td>(.*?)</td>", page)))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    return pages


def test_pages_lead_on_to_every_row_once(client):
    rows = [row["light"] for row in csv.DictReader(io.StringIO(client.get("/queries/lights-in-pages.csv").text))]
    pages = _pages(client, "/en/queries/lights-in-pages")
    shown = [thing for _, things in pages for thing in things]

    assert len(rows) == len(set(rows)) > 4
    assert len(pages) == -(-len(rows) // 2)
    assert len(shown) == len(rows)
    assert {len(things) for _, things in pages[:-1]} == {2}
    assert [address for address, _ in pages][:3] == [
        "/en/queries/lights-in-pages",
        "/en/queries/lights-in-pages?offset=2",
        "/en/queries/lights-in-pages?offset=4",
    ]


def test_a_page_says_that_it_is_one_and_its_files_are_whole(client):
    first = client.get("/en/queries/lights-in-pages").text
    second = client.get("/en/queries/lights-in-pages?offset=2&kind=l:Light").text

    assert "1 to 2; there are more" in first
    assert 'rel="prev" href="/en/queries/lights-in-pages?kind=l%3ALight"' in second
    assert 'href="/queries/lights-in-pages.csv"' in first
    assert 'href="/queries/lights-in-pages.csv?kind=l%3ALight"' in second
    assert "offset=" not in "".join(re.findall(r'href="(/queries/[^"]*)"', second))
    assert "LIMIT 2 OFFSET 2" in second


def test_the_end_of_an_answer_is_said(client):
    rows = len(client.get("/queries/lights-in-pages.csv").text.splitlines()) - 1
    last = client.get(f"/en/queries/lights-in-pages?offset={rows - 1}").text
    beyond = client.get(f"/en/queries/lights-in-pages?offset={rows}").text

    assert f"{rows} to the last" in last
    assert 'rel="next"' not in last + beyond
    assert "No more rows" in beyond
    assert 'class="pager"' not in client.get("/en/queries/lights-in-pages?limit=all").text
    assert 'class="pager"' not in client.get(f"/en/queries/lights-in-pages?limit={rows}").text
    assert 'class="pager"' not in client.get("/en/queries/all-lights").text


def test_a_file_has_a_stretch_when_it_is_asked_for(client):
    whole = client.get("/queries/lights-in-pages.json?limit=all").json["results"]["bindings"]
    some = client.get("/queries/lights-in-pages.json?limit=3").json["results"]["bindings"]
    rest = client.get("/queries/lights-in-pages.json?limit=all&offset=3").json["results"]["bindings"]
    named = [{row["light"]["value"] for row in rows} for rows in (whole, some, rest)]

    assert (len(some), named[0]) == (3, named[1] | named[2])
    assert not named[1] & named[2]
    assert client.get("/queries/lights-in-pages.json").json["results"]["bindings"] == whole


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=2%20}", "offset=x", "offset=-1", "limit=1e3", "limit=٣"]
)
def test_a_bad_page_is_named(client, query):
    for path in ("/en/queries/lights-in-pages", "/queries/lights-in-pages.csv"):
        answer = client.get(f"{path}?{query}")

        assert answer.status_code == 400
        assert f"The parameter {query.partition('=')[0]} cannot be" in answer.text.replace("&#39;", "'")


def test_a_question_without_pages_has_no_limit_to_set(client):
    assert client.get("/queries/all-lights.csv?limit=2").status_code == 400

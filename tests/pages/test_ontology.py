"""Each term with what it means, a fact that uses it, how often, what it compares with, and what is asked of it."""

from __future__ import annotations

import re

from pyoxigraph import RdfFormat, parse

BASE = "https://w3id.org/samvirke/"


def term(client, lang: str, anchor: str) -> str:
    page = client.get(f"/{lang}/ontology").text
    found = re.search(rf'<div class="term" id="{anchor}">.*?</div>(?=<div class="term"|</section>)', page, re.DOTALL)
    assert found, anchor
    return found[0]


def test_a_class_is_explained(client):
    found = term(client, "en", "nw-Network")

    assert '<span id="Network"></span>' in found
    assert "Kind of thing · used 2 times" in found
    assert 'In the data: <a href="/en/id/boligsocialt-og-kulturelt-netvaerk">' in found
    assert '<a href="https://schema.org/Consortium" rel="nofollow">schema:Consortium</a>' in found
    assert '<a href="/en/ontology#skos-prefLabel">Name</a>: at least one – text with its language' in found
    assert '<a href="/en/ontology#nw-lifetime">' in found
    assert 'at most one – <a href="/en/ontology#nw-Period">Period</a>' in found
    assert "expected to be told" in found


def test_a_property_is_explained_by_a_fact(client):
    found = term(client, "da", "nw-date")

    assert 'I data: <a href="/da/id/temadag-fredericia-2014-11-03">Temadag i Fredericia</a>' in found
    assert "dato: 3. november 2014" in found
    assert '<a href="/da/ontology#nw-Event">Arrangement</a>: præcis én' in found


def test_every_term_in_use_has_an_example_that_is_a_fact(client):
    page = client.get("/en/ontology").text
    terms = re.findall(r'<div class="term" id="([^"]+)">(.*?)(?=<div class="term"|</section>)', page, re.DOTALL)
    used = [(anchor, text) for anchor, text in terms if re.search(r"used (once|\d+ times)", text)]

    assert len(used) >= 40
    assert [anchor for anchor, text in used if "In the data:" not in text] == []


def test_the_whole_ontology_is_answered_at_its_address(client):
    assert client.get("/ontology", headers={"Accept": "text/html"}).headers["Location"].endswith("/ontology")
    sizes = set()
    for media_type, form in (("text/turtle", RdfFormat.TURTLE), ("application/ld+json", RdfFormat.JSON_LD)):
        response = client.get("/ontology", headers={"Accept": media_type})

        assert response.content_type.startswith(media_type)
        sizes.add(sum(1 for _ in parse(response.data, form)))
    assert len(sizes) == 1
    assert sizes.pop() > 3_000


def test_the_address_of_a_term_leads_to_its_place(client):
    for path, anchor in (("/network", "Network"), ("/core", "Passage")):
        target = client.get(path, headers={"Accept": "text/html", "Accept-Language": "da"}).headers["Location"]

        assert target == "/da/ontology"
        assert f'id="{anchor}"' in client.get(target).text


def test_a_term_has_a_page_of_its_own_and_a_large_ontology_only_names(client, monkeypatch):
    alone = client.get("/da/ontology?term=https%3A%2F%2Fw3id.org%2Fsamvirke%2Fnetwork%23Network")

    assert alone.status_code == 200
    assert alone.text.count('<div class="term"') == 1
    assert ">Netværk</h1>" in alone.text
    assert client.get("/da/ontology?term=urn:x").status_code == 404

    whole = client.get("/da/ontology").text
    monkeypatch.setattr("samvirke.web.ontology_pages.MOST_AT_LENGTH", 10)
    brief = client.get("/da/ontology").text

    assert set(re.findall(r'id="(nw-\w+)"', whole)) == set(re.findall(r'id="(nw-\w+)"', brief))
    assert len(brief) < len(whole) / 2
    for address in re.findall(r'<a href="(\?term=[^"]+)"', brief)[:3]:
        assert client.get(f"/da/ontology{address}").status_code == 200

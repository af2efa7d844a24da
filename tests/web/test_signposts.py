"""Signposts: FAIR Signposting of level 1 in headers and of level 2 in documents, which agree."""

from __future__ import annotations

import pytest
from werkzeug.http import parse_options_header

from samvirke.web.data import RDF
from samvirke.web.signposts import LONGEST_HEADER, Signpost, header_of
from tests.web.conftest import BASE


def links(value):
    """Read a `Link` header without commas in targets: relation, target, type, anchor."""
    found = []
    for part in value.replace(">,", "> ,").split(", <"):
        target, _, rest = part.lstrip("<").partition(">")
        options = parse_options_header(f"x{rest}")[1]
        found.append((options["rel"], target, options.get("type", ""), options.get("anchor", "")))
    return found


def here(address):
    assert address.startswith(BASE)
    return "/" + address.removeprefix(BASE)


@pytest.mark.parametrize("page", ["/da/id/anholt", "/en/document/logbog/1900", "/en/document/logbog", "/da/keeper/7"])
def test_the_page_of_a_thing_says_what_it_shows_and_where_the_rest_is(client, page):
    found = links(client.get(page).headers["Link"])
    iri = BASE + page.split("/", 2)[2]

    assert [one[1] for one in found if one[0] == "cite-as"] == [iri]
    assert [one[1] for one in found if one[0] == "license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert ("type", "https://schema.org/AboutPage", "", "") in found
    assert {one[2] for one in found if one[0] == "describedby"} == {offer.media_type for offer in RDF}
    assert {one[2] for one in found if one[0] == "linkset"} == {"application/linkset+json", "application/linkset"}
    for relation, target, media_type, _ in found:
        if relation in ("describedby", "linkset"):
            answer = client.get(here(target))
            assert (answer.status_code, answer.mimetype) == (200, media_type)
    named = client.get(here(iri), headers={"Accept": "text/html"})
    assert (named.status_code, named.headers["Location"][3:]) == (303, page[3:])


def test_the_page_of_the_data_set_names_its_files(client):
    found = links(client.get("/en/data").headers["Link"])

    assert [one[1] for one in found if one[0] == "cite-as"] == [f"{BASE}data"]
    assert ("type", "https://schema.org/Dataset", "", "") in found
    items = {one[1]: one[2] for one in found if one[0] == "item"}
    assert items[f"{BASE}dump/default.nt"] == "application/n-triples"
    assert len([one for one in found if one[0] == "describedby"]) == 4
    for relation, target, media_type, _ in found:
        if relation in ("item", "describedby", "linkset"):
            answer = client.get(here(target))
            assert (answer.status_code, answer.mimetype) == (200, media_type), target


@pytest.mark.parametrize("about", [f"{BASE}id/anholt", "https://elders.example/kronborg?x=1&y=2", ""])
def test_the_documents_say_the_same_as_the_headers_and_as_each_other(client, about):
    query = {"about": about} if about else {}
    told = client.get("/linkset", query_string={**query, "format": "json"})
    text = client.get("/linkset", query_string={**query, "format": "txt"})

    assert told.content_type == "application/linkset+json"
    assert text.content_type == "application/linkset"
    in_json = {
        (relation, target["href"], target.get("type", ""), context["anchor"])
        for context in told.json["linkset"]
        for relation, targets in context.items()
        if relation != "anchor"
        for target in targets
    }
    assert in_json == set(links(text.text.replace(",\n", ", ").strip()))
    page = {f"{BASE}id/anholt": "da/id/anholt", "": "da/data"}.get(about)
    if page:
        header = {one[:3] for one in links(client.get(f"/{page}").headers["Link"])}
        assert header == {one[:3] for one in in_json if one[3] == BASE + page}
    assert {one[0] for one in in_json} >= {"cite-as", "describedby", "describes", "license", "type", "linkset"}


def test_a_document_is_chosen_by_accept(client):
    for accept, wanted in (
        ("application/linkset+json", "application/linkset+json"),
        ("application/linkset", "application/linkset"),
        ("*/*", "application/linkset+json"),
    ):
        answer = client.get("/linkset", headers={"Accept": accept})
        assert (answer.status_code, answer.content_type) == (200, wanted)
        assert "Accept" in answer.vary
    assert client.get("/linkset", headers={"Accept": "image/png"}).status_code == 406


def test_a_header_never_grows_beyond_its_limit():
    long = "https://example.org/" + "x" * 700
    posts = [Signpost("cite-as", long), *[Signpost("describedby", long, "text/turtle")] * 9]
    posts += [Signpost("linkset", f"{long}?format=json", "application/linkset+json")]

    short = header_of(posts)
    assert len(short) <= LONGEST_HEADER
    assert [one[0] for one in links(short)] == ["cite-as", "linkset"]
    assert header_of([Signpost("cite-as", "https://example.org/" + "x" * 5_000)]) == ""


def test_what_has_no_ascii_is_written_so_that_a_header_may_hold_it(client):
    header = client.get("/da/id/%C3%86bel%C3%B8").headers["Link"]

    assert header.isascii()
    assert f'<{BASE}id/%C3%86bel%C3%B8>; rel="cite-as"' in header

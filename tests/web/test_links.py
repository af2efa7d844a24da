"""Addresses: from IRIs to paths and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.urls import iri_to_uri

from samvirke.web.links import Links, is_iri, is_linkable

ROOT = Links("https://data.example.org/", ("da", "en"), {"d": "https://data.example.org/id/"})
DEEP = Links(
    "https://w3id.org/samvirke/",
    ("da", "en", "kl"),
    {"d": "https://w3id.org/samvirke/id/", "nw": "https://w3id.org/samvirke/network#", "": "https://x.example/"},
    {"https://w3id.org/samvirke/network#FundingOpportunity": "funding-opportunity"},
)
BOTH = pytest.mark.parametrize("links", [ROOT, DEEP], ids=["base without path", "base with path"])


@BOTH
def test_a_thing_below_the_base(links):
    iri = f"{links.base}id/bl"

    assert links.identifier(iri) == "/id/bl"
    assert links.page(iri, "da") == "/da/id/bl"
    assert links.data(iri, "ttl") == "/data/bl.ttl"


@BOTH
def test_a_thing_elsewhere(links):
    iri = "https://other.example/a?b=c&d#e"

    assert links.identifier(iri) == "/thing?address=https%3A%2F%2Fother.example%2Fa%3Fb%3Dc%26d%23e"
    assert links.page(iri, "en").startswith("/en/thing?address=https%3A%2F%2Fother")
    assert links.data(iri, "nt").endswith("%23e&format=nt")


@BOTH
def test_documents_versions_and_passages(links):
    passage = f"{links.base}document/x/2021-10-21#char=190,242"

    assert links.document(passage, "da") == "/da/document/x/2021-10-21#char=190,242"
    assert links.data(f"{links.base}document/x/2021-10-21", "trig") == "/data/document/x/2021-10-21.trig"


@BOTH
@pytest.mark.parametrize(
    "slug", ["bl", "ærø", "%C3%A6r%C3%B8", "a%2Fb", "a/b", "100%25", "x.y", "a'b", "日本", "a;b=c", "~x", "a+b", "%41"]
)
def test_an_address_leads_back_to_its_thing(links, slug):
    """What a server sees of the path is decoded once; the thing is among the candidates for it."""
    from urllib.parse import unquote

    iri = f"{links.base}id/{slug}"
    path = links.identifier(iri)

    assert path.isascii()
    seen = unquote(path)
    reached = links.candidates(seen)
    if slug == "%41":  # An encoded letter that needs no encoding is another IRI; it cannot be told from "A".
        assert f"{links.base}id/A" in reached
    else:
        assert iri in reached


@BOTH
@given(st.text())
def test_no_path_crashes_it(links, path):
    for iri in links.candidates(path):
        assert is_iri(iri)
        assert iri.startswith(links.base)
        assert iri_to_uri(links.identifier(iri)).isascii()
    links.resolve(path)


def test_resolving_what_a_reader_types():
    iri = "https://w3id.org/samvirke/id/bl"
    for words in (iri, f"<{iri}>", f"  {iri} ", "d:bl", "/id/bl", "/da/id/bl", "id/bl"):
        assert DEEP.resolve(words) == iri, words
    assert DEEP.resolve("nw:Network") == "https://w3id.org/samvirke/network#Network"
    assert DEEP.resolve(":a") == "https://x.example/a"
    assert DEEP.resolve("/id/%C3%A6r%C3%B8") == "https://w3id.org/samvirke/id/ærø"
    for words in ("bl", "", "og/eller", "zz:bl", "https://x y", "d:a b", "kl. 12:30", "a: b", "http://"):
        assert DEEP.resolve(words) is None, words


def test_twins_exist_for_pages_only():
    assert DEEP.twins("/da/id/bl?x=1") == {"da": "/da/id/bl?x=1", "en": "/en/id/bl?x=1", "kl": "/kl/id/bl?x=1"}
    assert DEEP.twins("/da/") == {"da": "/da/", "en": "/en/", "kl": "/kl/"}
    assert DEEP.twins("/id/bl") == {}
    assert DEEP.twins("/de/id/bl") == {}


def test_pages():
    cls = "https://w3id.org/samvirke/network#FundingOpportunity"

    assert DEEP.class_list(cls, "da", page=2) == "/da/class/funding-opportunity?page=2"
    assert DEEP.class_of("funding-opportunity") == cls
    assert DEEP.search("da", q="æ & ø") == "/da/search?q=%C3%A6+%26+%C3%B8"
    assert DEEP.search("da", q="") == "/da/search"
    assert DEEP.query_data("who funds", "csv", thing="x") == "/queries/who%20funds.csv?thing=x"
    assert DEEP.rule("https://w3id.org/samvirke/rule/edtf-bounds", "en") == "/en/rule/edtf-bounds"
    assert DEEP.canonical("/da/id/bl") == "https://w3id.org/samvirke/da/id/bl"


def test_only_safe_addresses_are_linked():
    assert is_linkable("https://example.org/ø")
    assert is_linkable("mailto:a@b.dk")
    for address in ("javascript:alert(1)", "data:text/html,x", "https://a b", "https://a\nb", "//x", "", "file:///etc"):
        assert not is_linkable(address), address

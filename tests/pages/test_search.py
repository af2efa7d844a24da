"""What readers ask is answered with what they mean, and what is wrong with an address is said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent / "search"
BASE = "https://w3id.org/samvirke/"
NAMESPACE = "{http://a9.com/-/spec/opensearch/1.1/}"


def cases(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


ASKED, WRONG = cases("asked.tsv"), cases("wrong.tsv")


def first(client, lang: str, words: str) -> str:
    """The address of what a search leads to, or of the first thing it lists."""
    response = client.get(f"/{lang}/search", query_string={"q": words})
    if response.status_code == 303:
        return response.headers["Location"]
    listed = re.search(r'<ul class="hits"><li><span class="ent">.*?<a href="([^"]+)"', response.text, re.DOTALL)
    return listed[1] if listed else ""


def test_what_is_meant_comes_first(client):
    missed = [
        (words, tried, first(client, lang, words))
        for lang, words, slug, tried in ASKED
        if first(client, lang, words) != f"/{lang}/id/{slug}"
    ]

    assert len(ASKED) >= 50
    assert missed == []


@pytest.mark.parametrize(("lang", "words", "said"), WRONG, ids=[case[1] for case in WRONG])
def test_a_bad_address_is_told_what_is_wrong(client, lang, words, said):
    assert len(WRONG) >= 9
    text = client.get(f"/{lang}/search", query_string={"q": words}).text

    assert said in re.sub(r"&#39;|&#34;", '"', text)


def test_words_with_a_colon_are_no_address(client):
    text = client.get("/da/search", query_string={"q": "Netværk: nordisk"}).text

    assert "Præfikset" not in text
    assert "/da/id/nordisk-biblioteksnetvaerk" in text


def test_a_term_a_rule_and_a_passage_lead_to_their_places(client):
    version = "document/biblioteksnetvaerk-om-inkluderingsindsatser/2021-10-21"
    for words, target in (
        ("nw:Network", "/da/ontology#nw-Network"),
        (f"{BASE}network#Network", "/da/ontology#nw-Network"),
        (f"{BASE}rule/chain-of-two", "/da/rule/chain-of-two"),
        (f"{BASE}{version}#char=0,42", f"/da/{version}#char=0,42"),
        (f"{BASE}en/about", "/en/about"),
    ):
        assert first(client, "da", words) == target


def test_classes_are_counted_and_one_can_be_chosen(client):
    text = client.get("/da/search?q=bibliotek").text
    counts = dict(re.findall(r'class=([\w-]+)" rel="nofollow">[^<]*<span class="count">(\d+)</span>', text))

    assert len(counts) >= 4
    for name, count in counts.items():
        chosen = client.get(f"/da/search?q=bibliotek&class={name}").text
        assert len(re.findall(r'<li><span class="ent">', chosen)) == int(count), name
        assert f'class={name}" rel="nofollow" aria-current="true"' in chosen
    everything = int(re.search(r'aria-current="true">Alt&nbsp;<span class="count">(\d+)<', text)[1])
    assert len(re.findall(r'<li><span class="ent">', text)) == everything


def test_a_class_without_hits_says_where_they_are(client):
    text = client.get("/en/search?q=odense&class=network").text

    assert "Look among everything" in text
    assert "/en/search?q=odense" in text


def test_a_sentence_shows_the_words_and_leads_to_itself(client):
    text = client.get("/da/search?q=sprogcafé").text
    sentence = re.search(r"<q>(.*?)</q><br><a class=\"note\" href=\"([^\"]+)\"", text)

    assert "<b>sprogcaféer</b>" in sentence[1]
    path, _, fragment = sentence[2].partition("#:~:text=")
    start, _, end = fragment.partition(",")
    words = re.sub(r"<[^>]+>", "", sentence[1])
    assert words.startswith(unquote(start))
    assert words.endswith(unquote(end))
    assert client.get(path).status_code == 200


def test_the_name_that_matched_is_said(client):
    text = client.get("/da/search?q=inkluderende+kulturliv").text

    assert "Også kaldet Inkluderende kulturliv i Norden" in re.sub(r"<[^>]+>", "", text)


@pytest.mark.parametrize(
    "words", ["\x00\x1b[2J", "<script>alert(1)</script>", "a" * 5_000, "%", "\u202e\ufeff", "'\"*"]
)
def test_no_words_break_the_page(client, words):
    for path in ("/da/search", "/en/suggest"):
        response = client.get(path, query_string={"q": words, "class": words, "page": words})

        assert response.status_code == 200
        assert "<script>alert" not in response.text or path.endswith("suggest")


def test_pages_beyond_the_last_are_the_last(client):
    assert client.get("/da/search?q=bibliotek&page=99999999999").status_code == 200


def test_suggestions_are_what_browsers_expect(client):
    response = client.get("/da/suggest?q=bib")
    typed, names, kinds, addresses = json.loads(response.data)

    assert response.content_type == "application/x-suggestions+json; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert typed == "bib"
    assert names[0] == "Biblioteker"
    assert kinds[0] == "Emneord"
    assert addresses[0] == f"{BASE}da/id/biblioteker"
    assert len(names) == len(kinds) == len(addresses)
    assert all(any(word.startswith("bib") for word in name.casefold().split()) for name in names)
    assert json.loads(client.get("/da/suggest").data) == ["", [], [], []]
    assert client.get("/suggest?q=bib", headers={"Accept-Language": "en"}).headers["Location"] == "/en/suggest?q=bib"


def test_the_search_describes_itself_to_browsers(client):
    for lang in ("da", "en"):
        page = client.get(f"/{lang}/").text
        assert f'<link rel="search" type="application/opensearchdescription+xml" href="/{lang}/opensearch.xml"' in page
        response = client.get(f"/{lang}/opensearch.xml")
        root = ElementTree.fromstring(response.data)
        urls = {one.get("rel"): one.get("template") for one in root.iter(f"{NAMESPACE}Url")}

        assert response.content_type == "application/opensearchdescription+xml; charset=utf-8"
        assert len(root.findtext(f"{NAMESPACE}ShortName")) <= 16
        assert urls["results"] == f"{BASE}{lang}/search?q={{searchTerms}}"
        assert urls["suggestions"] == f"{BASE}{lang}/suggest?q={{searchTerms}}"
        asked = urls["suggestions"].removeprefix(BASE).replace("{searchTerms}", "odense")
        assert json.loads(client.get(f"/{asked}").data)[1][0] == "Odense"

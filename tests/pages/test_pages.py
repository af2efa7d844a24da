"""What each page holds, in both languages."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from samvirke.web.layout import STATIC

THING = "/id/boligsocialt-og-kulturelt-netvaerk"
DOCUMENT = "/document/biblioteksnetvaerk-om-inkluderingsindsatser"
PATHS = (
    "/",
    "/class/network",
    THING,
    "/id/levetid-nbn",
    "/search?q=bibliotek",
    "/search",
    "/documents",
    DOCUMENT,
    f"{DOCUMENT}/2021-10-21",
    "/validation",
    "/ontology",
    "/rule/chain-of-two",
    "/data",
    "/about",
    "/api",
    "/accessibility",
)
LANGUAGES = ("da", "en")


def get(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.get_data(as_text=True)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_has_its_frame_in_both_languages(path, client):
    assert len(PATHS) >= 14
    for lang in LANGUAGES:
        page = get(client, f"/{lang}{path}")

        assert f'<html lang="{lang}">' in page
        assert page.count("<h1") == 1
        assert page.index('class="skip"') < page.index("<header")
        for twin in LANGUAGES:
            assert f'rel="alternate" hreflang="{twin}"' in page
        assert '<link rel="canonical" href="https://w3id.org/samvirke/' in page
        before = page[: page.index("<main")]
        assert before.count("<a ") <= 15
        assert not re.search(r"\sstyle\s*=|\son\w+\s*=|<script(?! type=\"application/ld\+json\")", page)
        assert "None" not in re.sub(r"<[^>]*>", "", page)


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_light(path, client):
    sheets = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in ("style.css", "lit.css"))
    limit = 20_000 if "/id/" in path else 40_000

    assert len(gzip.compress(get(client, f"/da{path}").encode())) + sheets <= limit


def test_the_style_sheet_stays_small():
    assert (STATIC / "style.css").stat().st_size <= 20_000


def test_a_thing_shows_facts_chips_gaps_and_its_source(client):
    page = get(client, f"/da{THING}")

    assert "<h1>Boligsocialt og Kulturelt Netværk</h1>" in page
    assert "juni 2014 – februar 2018" in page
    assert "præcision: måned" in page
    assert "mindst 3 temadage" in page
    assert "Ikke oplyst i kilderne" in page
    assert 'id="timeline"' in page
    assert 'id="connections"' in page
    for number in set(re.findall(r'class="ev[^"]*" href="#(k\d+)"', page)):
        assert page.count(f'id="{number}"') == 1
    for anchor in set(re.findall(r'class="bk" href="#(\w+)"', page)):
        assert page.count(f'id="{anchor}"') == 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_value_says_what_no_source_tells_of_it(client):
    page = get(client, "/da/id/inkluderende-kulturliv-i-norden")
    row = page[page.rindex("Nordisk Ministerråd</a>", 0, page.index("</table>")) :]

    assert row.index("Beløb: ikke oplyst i kilderne") < row.index("</tr>")


def test_dates_are_written_in_the_language_of_the_page(client):
    assert "June 2014 – February 2018" in get(client, f"/en{THING}")
    assert "fra december 2017 (slutning ikke oplyst)" in get(client, "/da/id/nordisk-biblioteksnetvaerk")


def test_the_jsonld_block_says_who_it_is(client):
    page = get(client, f"/da{THING}")
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    told = json.loads(block)

    assert told["@id"] == "https://w3id.org/samvirke/id/boligsocialt-og-kulturelt-netvaerk"
    assert told["name"] == {"@value": "Boligsocialt og Kulturelt Netværk", "@language": "da"}


def test_every_link_of_a_thing_that_stays_here_answers(client):
    page = get(client, f"/da{THING}")
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)', page)}

    assert len(links) >= 20
    for link in sorted(links):
        with client.get(link) as answer:  # a file of the site's is open until the answer is closed
            assert answer.status_code in {200, 303}, link


def test_the_document_page_marks_what_is_used_and_what_is_not(client):
    page = get(client, f"/da{DOCUMENT}/2021-10-21")

    assert "Søg om tilskud til rejseomkostninger her" in page
    assert "47a9a87bd19b504c11a8096bc85271b41a195a0e19be2cecfef8d74f30cb2b25" in page
    assert page.count("<mark") >= 40


def test_the_search_page_leads_an_address_to_its_page(client):
    for words in ("d:det-kgl-bibliotek", "https://w3id.org/samvirke/id/det-kgl-bibliotek"):
        response = client.get("/da/search", query_string={"q": words})

        assert (response.status_code, response.headers["Location"]) == (303, "/da/id/det-kgl-bibliotek")


def test_the_search_page_keeps_out_of_search_engines(client):
    assert '<meta name="robots" content="noindex">' in get(client, "/da/search?q=x")


def test_terms_have_an_anchor_that_survives_the_redirect(client):
    page = get(client, "/en/ontology")

    assert 'id="Network"' in page
    assert 'id="nw-Network"' in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


UNKNOWN = ("/da/id/nobody", "/da/class/nothing", "/da/rule/none", "/da/document/none/1", "/da/what/ever")


def test_the_front_page_answers_the_questions_that_ask_for_a_place(client):
    page = get(client, "/en/")
    shown = re.findall(r'<h3 id="h-q\d"><a href="/en/queries/([a-z-]+)">', page)

    assert shown == ["networks", "who-paid-in-year", "active-in-year"]
    assert '<p class="note">Year: 2017</p>' in page


def test_unknown_addresses_are_404(client):
    for path in UNKNOWN:
        assert client.get(path).status_code == 404, path


def test_hostile_names_and_addresses_stay_text(hostile):
    page = get(hostile, "/en/id/script")

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b onmouseover" not in page
    assert 'href="javascript:' not in page
    assert 'href="data:' not in page
    assert 'href="https://ok.example/a"' in page
    assert 'href="mailto:a@b.example"' in page
    assert json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])


def test_zero_false_and_bad_dates_are_shown(hostile):
    page = get(hostile, "/en/id/script")
    text = re.sub(r"<[^>]*>", " ", page)

    assert re.search(r"count\s+0\s", text)
    assert re.search(r"\sNo\s", text)
    assert "not a date" in text
    assert "February 2014" in text
    assert "1,234,567.5" in text


def test_text_from_right_to_left_says_so(hostile):
    assert '<html lang="ar" dir="rtl">' in get(hostile, "/ar/id/arabic")
    assert "شبكة المكتبات" in get(hostile, "/ar/id/arabic")


def test_things_without_class_or_name_have_pages(hostile):
    for name in ("classless", "nameless", "blank", "long"):
        page = get(hostile, f"/en/id/{name}")

        assert page.count("<h1") == 1

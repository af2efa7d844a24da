"""The gate's report as files of the site: the same formats as the command line has, and the page that leads to them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from samvirke.model import Finding, Report, Severity
from samvirke.web.publication import serving

BASE = "https://fyr.example/atlas/"
THING = f"{BASE}id/anholt"
FILES = [
    ("ttl", "text/turtle; charset=utf-8", "text/turtle"),
    ("csv", "text/csv; charset=utf-8", "text/csv"),
    ("json", "application/json", "application/json"),
    ("sarif", "application/sarif+json", "application/sarif+json"),
    ("txt", "text/plain; charset=utf-8", "text/plain"),
]


@pytest.mark.parametrize(("ending", "content_type", "accept"), FILES)
def test_each_format_is_asked_for_by_its_ending_or_by_its_type(ending, content_type, accept, client: FlaskClient):
    by_ending = client.get(f"/validation?format={ending}")
    by_type = client.get("/validation", headers={"Accept": accept})

    assert by_ending.status_code == by_type.status_code == 200
    assert by_ending.content_type == by_type.content_type == content_type
    assert by_ending.data == by_type.data
    assert "Accept" in by_type.headers["Vary"]
    assert (
        client.get(f"/validation?format={ending}", headers={"If-None-Match": by_ending.headers["ETag"]}).status_code
        == 304
    )


def test_the_words_are_in_the_language_that_is_asked_for(client: FlaskClient):
    danish = client.get("/validation?format=csv&lang=da", headers={"Accept-Language": "en"})
    english = client.get("/validation?format=csv", headers={"Accept-Language": "en"})

    assert (danish.headers["Content-Language"], english.headers["Content-Language"]) == ("da", "en")
    assert danish.headers["ETag"] != english.headers["ETag"]
    assert "Accept-Language" in english.headers["Vary"]
    assert client.get("/validation?format=csv&lang=xx").status_code == 200


@pytest.fixture
def reporting(app: Flask):
    """A function that lets the site have other findings, until the test is over."""
    site = serving(app)
    before = site.newest()

    def report(findings: list[Finding]) -> FlaskClient:
        site._newest = replace(before, report=Report(findings), _answers={})
        return app.test_client()

    yield report
    site._newest = before


def test_a_file_names_things_and_terms_as_the_pages_do(reporting):
    words = {"en": "Wrong.", "da": "Forkert."}
    path = "http://www.w3.org/2004/02/skos/core#prefLabel"
    client = reporting([Finding(Severity.WARNING, "urn:s", words, focus=THING, path=path, file="a.ttl", line=2)])
    told = {lang: json.loads(client.get(f"/validation?format=json&lang={lang}").data) for lang in ("en", "da")}
    rows = list(csv.DictReader(io.StringIO(client.get("/validation?format=csv&lang=da").text, newline="")))
    first = told["en"]["findings"][0]
    heading = re.search(r"<h1[^>]*>(?:<[^>]+>)*([^<]+)", client.get(THING.replace(BASE, "/en/")).text)

    assert heading is not None
    assert first["entity"] == f"“{heading[1].strip()}”"
    assert first["property"] and "#" not in first["property"]
    assert first["sentence"].endswith(": Wrong.") and told["da"]["findings"][0]["sentence"].endswith(": Forkert.")
    assert [(row["expected"], row["place"]) for row in rows] == [("Forkert.", "a.ttl:2")]


@pytest.mark.parametrize("lang", ["en", "da"])
def test_the_page_leads_to_every_file(lang, client: FlaskClient):
    page = client.get(f"/{lang}/validation").text
    links = re.findall(r'<a class="btn[^"]*" href="(/validation\?format=[^"]+)"', page)

    assert [re.search(r"format=(\w+)", link)[1] for link in links] == [ending for ending, _, _ in FILES]
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_a_report_with_many_findings_shows_the_first_of_each_kind_and_counts_the_rest(reporting):
    def many(kind: str, number: int, severity: Severity) -> list[Finding]:
        return [Finding(severity, f"urn:{kind}", {"en": f"{kind} no {one}."}, path="urn:p") for one in range(number)]

    kinds = [one for number in range(40) for one in many(f"k{number:02}", 2, Severity.INFO)]
    page = reporting([*many("most", 5_000, Severity.VIOLATION), *kinds]).get("/en/validation").text

    assert len(re.findall(r"most no \d+\.", page)) == 20
    assert len(re.findall(r"k\d\d no \d+\.", page)) == 48
    assert "4980 more of this kind are counted, and not shown." in page
    assert "32 more of other kinds are counted, and not shown." in page

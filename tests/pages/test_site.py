"""The pages about the whole site: its files and how to cite it, its addresses for programs, its accessibility."""

from __future__ import annotations

import hashlib
import re
from html import unescape

import pytest

from samvirke.web.site_pages import ENDPOINTS, size_in_words, tex


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("lang", ["da", "en"])
def test_each_file_is_told_with_its_size_and_checksum(client, lang):
    page = client.get(f"/{lang}/data").text
    files = re.findall(r'<a class="btn" href="(/dump/[^"]+)" download>', page)

    assert len(files) == 4
    for file in files:
        body = client.get(file).data
        grouped = f"{len(body):,}".replace(",", "." if lang == "da" else ",")
        assert hashlib.sha256(body).hexdigest() in page, file
        assert f"({grouped} " in page, file


def test_the_data_are_cited_in_words_and_in_bibtex(client):
    page = client.get("/en/data").text
    bibtex = text_of(re.search(r'aria-label="BibTeX">(.*?)</pre>', page, re.DOTALL)[1])
    version = re.search(r'<code class="uri">\d+T\d+Z-(\w+)</code>', page)[1]

    assert f"Networks and partners. Data set. Version {version}. " in text_of(page)
    assert bibtex.startswith(f"@misc{{w3id-org-samvirke-{version},\n")
    assert "  title = {Networks and partners},\n" in bibtex
    assert "  url = {https://w3id.org/samvirke/data},\n" in bibtex
    assert bibtex.count("{") == bibtex.count("}")
    assert bibtex.endswith("}")


def test_what_tex_would_take_for_a_command_is_no_command():
    assert tex(r"50% & {a_b} \x #1 ~^$") == (
        r"50\% \& \{a\_b\} \textbackslash{}x \#1 \textasciitilde{}\textasciicircum{}\$"
    )


@pytest.mark.parametrize(
    ("size", "danish", "english"),
    [(0, "0 B", "0 B"), (999, "999 B", "999 B"), (1_000, "1 kB", "1 kB"), (107_344, "107 kB", "107 kB"),
     (1_450_000, "1,4 MB", "1.4 MB"), (250_000_000, "250 MB", "250 MB"), (7_200_000_000_000, "7,2 TB", "7.2 TB")],
)  # fmt: skip
def test_sizes_are_told_in_words(size, danish, english):
    assert [size_in_words(size, lang).replace("\N{NO-BREAK SPACE}", " ") for lang in ("da", "en")] == [danish, english]


def test_every_address_of_the_api_page_answers(client):
    page = client.get("/da/api").text
    tried = re.findall(r'<a href="([^"]+)" rel="nofollow">Prøv', page)

    assert len(tried) == len(ENDPOINTS) >= 14
    for address in tried:
        assert client.get(unescape(address)).status_code in (200, 303), address


def test_the_statement_of_accessibility_is_the_operators_or_the_sites_own(client):
    footer = client.get("/da/").text.rpartition("<footer")[2]
    response = client.get("/was", headers={"Accept-Language": "da"})

    assert '<a href="/was">Tilgængelighedserklæring</a>' in footer
    assert response.status_code == 303
    assert response.headers["Location"] == "/da/accessibility"
    assert "endnu ikke angivet en tilgængelighedserklæring" in client.get("/da/accessibility").text


def test_how_facts_are_made_is_told_with_numbers(client):
    page = text_of(client.get("/da/about").text)

    assert re.search(r"Fakta\d+Tekststeder i brug\d+Dokumenter1Givet af regler\d+", page), page

"""The first document's facts: all of them, each at its words, and nothing that the page does not say."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from samvirke.evidence import passages, verify
from samvirke.model import DefaultGraph, DocumentVersion, Literal, NamedNode, Quad
from samvirke.site import Site
from samvirke.store import read_rdf
from samvirke.terms import NIF, SKOS, TYPE

HERE = Path(__file__).parent
SHA256 = "47a9a87bd19b504c11a8096bc85271b41a195a0e19be2cecfef8d74f30cb2b25"
PREFIXES = """\
@prefix d: <https://w3id.org/samvirke/id/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix document: <https://w3id.org/samvirke/document/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix nw: <https://w3id.org/samvirke/network#> .
@prefix nwr: <https://w3id.org/samvirke/role#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def table(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def span(characters: str) -> tuple[int, int]:
    start, end = characters.split(",")
    return int(start), int(end)


GOLD = table("gold.tsv")
ROWS = table("rows.tsv")
INVENTORY = table("inventory.tsv")


def node(written: str) -> NamedNode:
    """The address of a prefixed name."""
    (quad,) = read_rdf(f"{PREFIXES} [] a {written} .".encode(), format="ttl")
    assert isinstance(quad.object, NamedNode)
    return quad.object


def test_the_text_is_the_page_byte_for_byte(document: DocumentVersion) -> None:
    assert document.sha256 == SHA256
    assert hashlib.sha256(Path(document.file).read_bytes()).hexdigest() == SHA256
    assert len(document.text) == 2157


def test_the_gold_is_all_there() -> None:
    assert sum(row[2] == "S" for row in GOLD) >= 120
    assert sum(row[2] == "I" for row in GOLD) >= 16
    assert {row[0] for row in ROWS} == {row[0] for row in GOLD}
    assert len(ROWS) >= 34


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_every_row_of_the_reading_has_its_words_and_facts(row: list[str], document: DocumentVersion) -> None:
    start, end = span(row[1])
    of_the_row = [span(characters) for name, characters, _, _ in GOLD if name == row[0]]

    assert document.text[start:end] == row[2].replace("⍽", "\u00a0")
    assert any(begin <= start and end <= stop for begin, stop in of_the_row)


def test_the_facts_are_exactly_the_gold_each_at_its_words(document: DocumentVersion, quads: tuple[Quad, ...]) -> None:
    lines = [f"<{document.address}#char={characters}> {{ {fact} . }}" for _, characters, _, fact in GOLD]
    gold = set(read_rdf((PREFIXES + "\n".join(lines)).encode(), format="trig"))
    said = {quad for quad in quads if isinstance(quad.graph_name, NamedNode) and "#" in quad.graph_name.value}

    assert said == gold


def test_every_mode_is_the_gold_s(document: DocumentVersion, quads: tuple[Quad, ...]) -> None:
    gold = {span(characters): {"S": "stated", "I": "implied"}[mode] for _, characters, mode, _ in GOLD}

    assert {(one.start, one.end): one.mode for one in passages(quads, document.address)} == gold


def test_every_quote_stands_at_its_offsets(document: DocumentVersion, quads: tuple[Quad, ...]) -> None:
    """Counted by brute force: by taking the characters one by one."""
    quotes = {quad.subject.value: quad.object.value for quad in quads if quad.predicate == NIF.anchorOf}  # type: ignore[union-attr]  # addresses and literals
    assert len(quotes) >= 44
    for address, quote in quotes.items():
        start, end = span(address.partition("#char=")[2])
        assert "".join(mark for at, mark in enumerate(document.text) if start <= at < end) == quote

    assert verify([document], quads) == []


def test_quotes_are_verbatim_down_to_spaces_and_mistakes(document: DocumentVersion, quads: tuple[Quad, ...]) -> None:
    quotes = [one.quote for one in passages(quads, document.address)]

    assert sum(quote.count("\u00a0") for quote in quotes) == 3
    assert "BL - \u00a0Danmarks Almene Boliger" in quotes
    assert "Opdateret\u00a021. oktober 2021" in quotes
    assert any("Netværket har være med til" in quote for quote in quotes)
    assert "også kaldet ”Inkluderende kulturliv i Norden”" in quotes
    assert not any(mark in quote for quote in quotes for mark in '"“„')


def test_names_are_clean_and_danish_only(quads: tuple[Quad, ...]) -> None:
    names = [quad.object for quad in quads if quad.predicate in {SKOS.prefLabel, SKOS.altLabel}]
    assert len(names) >= 30
    for name in names:
        assert isinstance(name, Literal)
        assert name.language == "da"
        assert re.fullmatch(r"\S+( \S+)*", name.value)
        assert not re.search('[\u00a0\u00ad\u200b”“„"]', name.value)


def test_hedges_are_noted_where_the_page_hedges(document: DocumentVersion, quads: tuple[Quad, ...]) -> None:
    hedged = [[f"{one.start},{one.end}", one.hedge] for one in passages(quads, document.address) if one.hedge]

    assert hedged == table("hedges.tsv")


def test_what_is_implied_says_in_both_languages_how_it_was_read(
    document: DocumentVersion, quads: tuple[Quad, ...]
) -> None:
    implied = [one for one in passages(quads, document.address) if one.mode == "implied"]
    assert len(implied) >= 7
    for one in implied:
        assert set(one.note) == {"da", "en"}
        assert all(note.endswith(".") for note in one.note.values())


def test_passages_of_different_modes_are_different_passages(document: DocumentVersion, quads: tuple[Quad, ...]) -> None:
    found = passages(quads, document.address)

    assert len({(one.start, one.end) for one in found}) == len(found)


def test_everything_of_the_inventory_is_a_thing_with_its_class_and_name(quads: tuple[Quad, ...]) -> None:
    assert len(INVENTORY) >= 40
    for kind, slug, *name in INVENTORY:
        thing = NamedNode(f"https://w3id.org/samvirke/id/{slug}")
        classes = {quad.object for quad in quads if quad.subject == thing and quad.predicate == TYPE}
        names = {quad.object for quad in quads if quad.subject == thing and quad.predicate == SKOS.prefLabel}

        assert classes == {node(kind)}, slug
        assert names == {Literal(one, language="da") for one in name}, slug


def test_every_thing_has_a_class_and_a_flat_plain_slug(quads: tuple[Quad, ...]) -> None:
    typed = {quad.subject for quad in quads if quad.predicate == TYPE}
    things = {
        term
        for quad in quads
        for term in (quad.subject, quad.object)
        if isinstance(term, NamedNode) and term.value.startswith("https://w3id.org/samvirke/id/")
    }
    assert len(things) >= 50
    for thing in things:
        assert isinstance(thing, NamedNode)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", thing.value.removeprefix("https://w3id.org/samvirke/id/"))
        assert thing in typed


def test_nothing_about_a_thing_stands_outside_a_passage(site: Site, quads: tuple[Quad, ...]) -> None:
    elsewhere = [
        quad
        for path in site.data_files()
        for quad in read_rdf(path, base_iri=site.document_base(path))
        if isinstance(quad.graph_name, DefaultGraph) or "#" not in quad.graph_name.value  # type: ignore[union-attr]  # no blank graphs
    ]
    assert elsewhere
    assert not [quad for quad in elsewhere if str(quad.subject).startswith(f"<{site.base}id/")]


def test_bounds_are_left_to_the_engine(quads: tuple[Quad, ...]) -> None:
    assert not [quad for quad in quads if re.search("#(begin|end)(Earliest|Latest)$", quad.predicate.value)]

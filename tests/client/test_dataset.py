"""`samvirke.open`: a folder and a server answer alike, in Python's own values, each fact with its words."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pandas
import pytest
import rdflib
from rdflib.compare import isomorphic

import samvirke
from samvirke import errors
from samvirke.client import Dataset, Iri, Table, Text
from tests.cli.conftest import command
from tests.serving import serving

BASE = "https://example.org/"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
VALUES = f"""PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT * {{ VALUES (?a ?b ?c ?d ?e ?f ?g ?h) {{
  (<{BASE}x> "ord"@da 7 1.5 2.5e0 true "2016-02-29"^^xsd:date UNDEF)
  (<urn:y> "plain" "x"^^xsd:integer "1.50"^^xsd:decimal "INF"^^xsd:double "0"^^xsd:boolean "2016"^^xsd:gYear 1)
}} }}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter site, built."""
    folder = tmp_path_factory.mktemp("client") / "site"
    assert command("init", folder).code == 0
    with (folder / "samvirke.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[limits]\ntimeout_ms = 1500\n")
    built = command("--site", folder, "build", SAMVIRKE_REASONER="false")
    assert built.code == 0, built.err
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with serving(site, "--no-build") as (_, address):
        yield address


@pytest.fixture(scope="module", params=["folder", "server"])
def dataset(request, site: Path) -> Iterator[Dataset]:
    place = site if request.param == "folder" else request.getfixturevalue("address")
    with samvirke.open(place) as found:
        yield found


def some_name(dataset: Dataset) -> tuple[str, str]:
    row = dataset.select(f"SELECT ?s ?l {{ ?s <{LABEL}> ?l FILTER(CONTAINS(STR(?s), '/id/')) }} ORDER BY ?s ?l")[0]
    return str(row["s"]), str(row["l"])


def test_terms_are_pythons_own_values(dataset):
    first, second = sorted(dataset.select(VALUES), key=lambda row: str(row["a"]))
    told = [first[name] for name in "abcdefg"]

    assert told == [f"{BASE}x", "ord", 7, Decimal("1.5"), 2.5, True, datetime.date(2016, 2, 29)]
    assert [type(one) for one in told] == [Iri, Text, int, Decimal, float, bool, datetime.date]
    assert first["b"].language == "da"
    assert first["h"] is None
    assert [second[name] for name in "bcdfgh"] == ["plain", "x", Decimal("1.50"), False, "2016", 1]
    assert second["e"] == float("inf")


def test_forms_are_answered_by_their_kind(dataset):
    assert dataset.query("ASK { ?s ?p ?o }") is True
    graph = dataset.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5")
    assert isinstance(graph, rdflib.Graph)
    assert 1 <= len(graph) <= 5
    with pytest.raises(errors.WrongUse):
        dataset.select("ASK {}")


def test_rows_become_a_data_frame_with_their_passages(dataset):
    table = dataset.select(f"SELECT ?s ?l {{ ?s <{LABEL}> ?l }}", evidence=True)
    frame = table.to_pandas()

    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["s", "l", "evidence"]
    assert len(frame) == len(table) >= 3
    assert any("#char=" in one for row in frame["evidence"] for one in row)
    assert all(table.quotes[one] for row in table.evidence for one in row if "#char=" in one)


def test_a_thing_has_its_facts_and_every_fact_its_words(dataset):
    iri, name = some_name(dataset)
    thing = dataset.entity(iri)

    assert dataset.entity(name).iri == iri
    assert (thing.iri, thing.label) == (iri, name) or thing.label
    own = [fact for fact in thing.facts if not fact.inverse]
    assert len(own) >= 2
    read = [fact for fact in own if fact.passages]
    assert read
    assert all(passage.words and "#" in passage.address for fact in read for passage in fact.passages)
    assert thing[LABEL]
    with pytest.raises(KeyError):
        thing["no such property"]
    assert len(thing.to_pandas()) == len(thing.facts)


def test_a_folder_and_a_server_say_the_same(site, address):
    with samvirke.open(site) as near, samvirke.open(address) as far:
        iri, _ = some_name(near)

        assert near.version == far.version
        assert near.entity(iri) == far.entity(iri)
        assert near.export("ttl")
        assert isomorphic(
            rdflib.Graph().parse(data=near.export("nt"), format="nt"),
            rdflib.Graph().parse(data=far.export("ttl"), format="turtle"),
        )
        assert near.export("nq") == far.export("nq")
        for view in ("framed", "schema", "qs"):  # The others tell what only the folder knows, as the licence.
            assert near.export(view) == far.export(view)
        assert b"schema.org/" in near.export("schema")
        for view in ("anno", "nanopub", "ttl12"):
            assert far.export(view)


def test_exports_go_to_a_file_or_a_stream(dataset, tmp_path):
    kept = io.BytesIO()
    dataset.export("nq", kept)
    dataset.export(".nq", tmp_path / "all.nq")

    assert (tmp_path / "all.nq").read_bytes() == kept.getvalue() == dataset.export("nq")
    with pytest.raises(errors.WrongUse, match="ttl"):
        dataset.export("docx")


def test_notebooks_show_tables_and_things_and_no_markup_of_strangers(dataset):
    iri, _ = some_name(dataset)
    text = '"<script>alert(1)</script>"'
    shown = dataset.select(f"SELECT ?x ?y {{ VALUES (?x ?y) {{ (<javascript:alert(1)> {text}) }} }}")._repr_html_()

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert 'href="javascript' not in shown
    assert "<table>" in dataset.entity(iri)._repr_html_()
    many = Table(["n"], [{"n": number} for number in range(250)])
    assert "150 more" in many._repr_html_()


def test_what_is_wrong_is_said_in_our_own_errors(dataset, tmp_path):
    with pytest.raises(errors.QuerySyntaxError):
        dataset.query("SELECT * { nonsense")
    with pytest.raises(errors.NotFound):
        dataset.entity("There is no such thing at all")
    with pytest.raises(errors.NotFound):
        dataset.entity(f"{BASE}nowhere")
    with pytest.raises(errors.SamvirkeError):
        dataset.query(
            "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o . ?p ?q ?r . ?s ?t ?u }"
        )


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/", "https://127.0.0.1:9", "http://[::1"])
def test_where_nobody_answers_it_says_so(place):
    with pytest.raises(errors.ServiceFailed, match="does not answer"):
        samvirke.open(place, timeout_s=2)


def test_a_folder_with_nothing_published_says_what_to_do(tmp_path):
    with pytest.raises(errors.SiteError):
        samvirke.open(tmp_path / "nothing")
    command("init", tmp_path / "new")
    with pytest.raises(errors.StoreError, match="samvirke build"):
        samvirke.open(tmp_path / "new")

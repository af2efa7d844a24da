"""`serve FILE`: an RDF file on the web, with no site around it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.conftest import Run
from tests.cli.test_serve import fetch, serving

E = "https://e.example/things/"
TURTLE = f"""@prefix e: <{E}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:anna a e:Person ; rdfs:label "Anna" ; e:knows e:bo .
e:bo a e:Person ; rdfs:label "Bo" .
"""


def count(address: str) -> str:
    query = quote("SELECT (COUNT(*) AS ?c) { ?s ?p ?o }")
    return str(json.loads(fetch(f"{address}sparql?query={query}")[1])["results"]["bindings"][0]["c"]["value"])


def test_a_file_has_pages_search_data_and_an_endpoint(tmp_path: Path) -> None:
    (tmp_path / "people.ttl").write_text(TURTLE)
    with serving(tmp_path, "people.ttl") as (process, address):
        home, page = fetch(f"{address}en/")[1], fetch(f"{address}en/anna")[1]
        found, data = fetch(f"{address}en/search?q=bo")[1], fetch(f"{address}data/anna.nt")[1]
        told, void = count(address), fetch(f"{address}.well-known/void")[0]
        process.terminate()
        _, err = process.communicate(timeout=30)

    assert void == 200
    assert "Not checked" in page
    assert "No errors" not in page
    assert "people.ttl" in home
    assert "Person" in home
    assert re.search(r"knows.*Bo", page, re.DOTALL)
    assert "0 of 1" in page
    assert "/en/bo" in found
    assert f"<{E}anna> <{E}knows> <{E}bo> ." in data
    assert told == "5"
    assert err.splitlines()[:2] == ["Publishing people.ttl.", f"5 facts, named under {E}"]
    assert "Traceback" not in err


def test_it_is_published_again_only_when_it_changed(tmp_path: Path) -> None:
    source = tmp_path / "people.ttl"
    source.write_text(TURTLE)
    told = []
    for text in (TURTLE, TURTLE, TURTLE + "e:new e:knows e:bo .\n"):
        if source.read_text() != text:
            source.write_text(text)
        with serving(tmp_path, "people.ttl") as (process, address):
            facts = count(address)
            process.terminate()
            told.append((facts, "Publishing people.ttl." in process.communicate(timeout=30)[1]))

    assert told == [("5", True), ("5", False), ("6", True)]


def test_the_base_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "people.ttl").write_text(TURTLE)
    with serving(tmp_path, "people.ttl", "--base", "https://e.example/") as (_, address):
        assert "Anna" in fetch(f"{address}en/things/anna")[1]
        with pytest.raises(urllib.error.HTTPError):
            fetch(f"{address}en/anna")


def test_a_folder_is_still_a_site(starter: Path) -> None:
    with serving(starter.parent, str(starter)) as (_, address):
        assert "The Harbour Choir" in fetch(f"{address}en/")[1] or "Choirs" in fetch(f"{address}en/")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["broken.ttl"], 3, "broken.ttl:2:9: . is not a valid RDF object. Correct it and try again.\n"),
        (["gone.ttl"], 3, "gone.ttl: The file does not exist. Name an RDF file.\n"),
        (["table.csv"], 3, "table.csv: The format 'csv' is not known. Use one of ttl, trig, nt, nq, rdf, jsonld.\n"),
        (["people.ttl", "--no-build"], 4, "Nothing has been published yet. Run: samvirke build\n"),
        (["--base", "https://e.example/"], 2, "--base is for a file. A site has its base address in samvirke.toml.\n"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    tmp_path: Path, run: Run, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "broken.ttl").write_text("@prefix e: <http://e.example/> .\ne:a e:b .\n")
    (tmp_path / "people.ttl").write_text(TURTLE)
    (tmp_path / "table.csv").write_text("a,b\n")
    outcome = run("serve", "--quiet", "--port", "0", *arguments, cwd=tmp_path)

    assert (outcome.code, outcome.err) == (code, message)


def test_a_wrong_base_is_refused(tmp_path: Path, run: Run) -> None:
    (tmp_path / "people.ttl").write_text(TURTLE)
    outcome = run("serve", "people.ttl", "--port", "0", "--base", "nowhere", cwd=tmp_path)

    assert outcome.code == 2
    assert "`base` is 'nowhere', not an absolute address" in outcome.err

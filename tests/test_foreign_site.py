"""A site of quite another kind: beekeeping, in German, under an address with a path.

Nothing of it is known to the engine. It must build, pass the gate, be served, searched, queried and
taken away in every format with no line of Python of its own.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import httpx
import pytest
from pyoxigraph import RdfFormat, parse

from samvirke.assembly import assemble
from samvirke.gate import check
from samvirke.generations import current
from samvirke.model import BlankNode, Severity
from samvirke.site import Site

SITE = Path(__file__).parent / "sites" / "beekeepers"
BASE = "https://bienen.example/register/"
FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "jsonld": RdfFormat.JSON_LD,
}
QUAD_FORMATS = {"nq", "trig", "jsonld"}


def samvirke(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "samvirke", "--site", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bees") / "site"
    copytree(SITE, place)
    built = samvirke(place, "build")
    assert built.returncode == 0, built.stderr.decode()
    return place


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "samvirke", "--site", str(folder), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            guard = threading.Timer(60, process.kill)
            guard.start()
            line = next((line for line in process.stdout if "http://" in line), "")
            guard.cancel()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert address, "the server ended, or did not say where it serves"
            with httpx.Client(base_url=address[0], trust_env=False, timeout=30) as client:
                yield client
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def test_its_gate_finds_one_gap_and_nothing_wrong():
    report = check(assemble(Site.open(SITE)))

    found = [(one.severity, one.shape.partition("#")[2], one.focus) for one in report.findings]
    assert found == [(Severity.INFO, "VolkForm-königin", f"{BASE}id/ährenvolk")]
    assert report.findings[0].messages["de"] == "Die Quellen sagen nicht, von wann die Königin ist."


def test_offsets_count_characters_beyond_the_first_plane():
    chronicle = Site.open(SITE).documents / "vereinschronik"
    text = (chronicle / "2019-05-01.txt").read_text(encoding="utf-8")
    units = len(text.encode("utf-16-le")) // 2

    assert units > len(text), "the text has characters that UTF-16 counts twice"
    start, end = re.findall(r"#char=(\d+),(\d+)> nif:anchorOf \"Sie hält", (chronicle / "2019-05-01.trig").read_text())[
        0
    ]
    assert text[int(start) : int(end)] == "Sie hält den Bienenstand Südhang"


def test_its_rule_infers_and_explains(folder: Path):
    told = samvirke(folder, "explain", f"{BASE}id/maja", "b:betreutVon", "d:frieda-oeztuerk")

    assert told.returncode == 0
    words = told.stdout.decode()
    assert "Sie hält den Bienenstand Südhang" in words
    assert "Maja und Ährenvolk" in words


PAGES = {
    "/de/": ["Bienenregister Auental", "Bienenstände"],
    "/en/": ["Bee register of the Auental", "Apiaries"],
    "/de/class/volk": ["Maja", "Ährenvolk"],
    "/en/class/imker": ["Frieda Öztürk", "Beekeepers"],
    "/de/id/maja": ["Überblick", "Betreut von", "Frieda Öztürk", "Lindenhonig", "18,5", "👑"],
    "/en/id/maja": ["Overview", "Cared for by", "lime honey", "18.5"],
    "/de/id/%C3%A4hrenvolk": ["Ährenvolk", "Königin von", "9,25"],
    "/de/document/vereinschronik/2019-05-01": ["🐝🍯 Chronik", "👩🏽‍🌾", "<mark"],
    "/de/search?q=aehrenvolk": ["Ährenvolk"],
    "/de/queries/ernten": ["Wie viel gab welches Volk?", "Maja"],
    "/de/rule/betreuung": ["Wer einen Stand hält"],
    "/en/ontology": ["Apiary", "Kind of honey"],
    "/en/validation": ["queen hatched"],
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_served(server: httpx.Client, path: str):
    answer = server.get(path)

    assert answer.status_code == 200
    assert [word for word in PAGES[path] if word not in answer.text] == []


def test_a_missing_value_is_said_to_be_missing(server: httpx.Client):
    page = server.get("/en/id/%C3%A4hrenvolk").text

    assert re.search(r"Queen of.{0,200}Not stated in the sources", re.sub(r"<[^>]*>", " ", page), re.S)


def test_every_link_of_its_pages_answers(server: httpx.Client):
    seen, queue = set(), ["/de/", "/en/"]
    wrong = {}
    while queue:
        path = queue.pop()
        answer = server.get(path)
        if answer.status_code not in {200, 303}:
            wrong[path] = answer.status_code
        narrowed = "/class/" in path and "?" in path  # Every choice is tried from the whole list; then they never end.
        if answer.headers["content-type"].startswith("text/html") and not narrowed:
            # What is sent by POST is no link.
            shown = re.sub(r'<[^>]*method="post"[^>]*>', "", answer.text)
            links = re.findall(r'(?:href|src|action)="(/[^"#]*)', shown)
            fresh = {link.replace("&amp;", "&") for link in links} - seen
            seen |= fresh
            queue += sorted(fresh)

    assert wrong == {}
    assert len(seen) >= 60


def test_the_endpoint_answers(server: httpx.Client):
    query = f"SELECT ?o WHERE {{ <{BASE}id/maja> <{BASE}bienen#betreutVon> ?o }}"
    answer = server.get("/sparql", params={"query": query}, headers={"accept": "application/sparql-results+json"})

    rows = json.loads(answer.text)["results"]["bindings"]
    assert rows == [{"o": {"type": "uri", "value": f"{BASE}id/frieda-oeztuerk"}}]


@pytest.mark.parametrize("extension", FORMATS)
def test_a_thing_is_taken_away(server: httpx.Client, extension: str):
    answer = server.get(f"/data/maja.{extension}")

    assert answer.status_code == 200
    quads = list(parse(answer.content, FORMATS[extension]))
    assert {quad.subject.value for quad in quads if not isinstance(quad.subject, BlankNode)} >= {f"{BASE}id/maja"}


@pytest.mark.parametrize("extension", FORMATS)
def test_an_export_says_what_is_published(folder: Path, extension: str):
    exported = samvirke(folder, "export", extension)
    assert exported.returncode == 0
    generation = current(Site.open(folder).state)
    assert generation is not None
    published = list(parse(path=generation.directory / "data.nq", format=RdfFormat.N_QUADS))

    quads = list(parse(exported.stdout, FORMATS[extension]))
    if extension in QUAD_FORMATS:
        assert set(quads) == set(published)
    else:
        assert {quad.triple for quad in quads} == {quad.triple for quad in published}
    assert len(quads) >= 60


def test_a_mistake_in_it_is_refused(folder: Path, tmp_path: Path):
    place = tmp_path / "site"
    copytree(SITE, place)
    facts = place / "data" / "documents" / "standkarte" / "2024-08-31.trig"
    facts.write_text(facts.read_text("utf-8").replace("b:kilogramm 18.5", "b:kilogramm 185"), "utf-8")

    built = samvirke(place, "build")

    assert built.returncode == 1
    assert current(Site.open(place).state) is None
    report = check(assemble(Site.open(place)))
    violations = [one for one in report.findings if one.severity is Severity.VIOLATION]
    assert [one.constraint or one.component for one in violations] == [
        f"{BASE}bienen#ErnteForm-zuViel",
        "http://www.w3.org/ns/shacl#DatatypeConstraintComponent",
    ]
    assert violations[0].messages["de"] == "185 kg sind mehr, als ein Volk an einem Tag gibt."

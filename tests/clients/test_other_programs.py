"""Clients of other makes as they are: Comunica, Apache Jena and curl, each a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import rdflib

from tests.clients.asking import ASK, CONSTRUCT, NAMES, NETWORK, NETWORKS, SECRETARIAT, SELECT

HERE = Path(__file__).parent
TRIPLES = {"text/turtle": "turtle", "application/rdf+xml": "xml", "application/n-triples": "nt"}


def run(*arguments: str, cwd: Path = HERE) -> str:
    done = subprocess.run(arguments, capture_output=True, cwd=cwd, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


# ------------------------------------------------------------ Comunica


@pytest.fixture(scope="module")
def comunica(address: str) -> dict:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js on the PATH")
    if not (HERE / "node_modules" / "@comunica" / "query-sparql").is_dir():
        pytest.skip("Comunica is not installed: run `npm ci` in tests/clients")
    return json.loads(run(node, "comunica.mjs", address))


@pytest.mark.node
@pytest.mark.parametrize("trial", ["select", "discovered", "dump"])
def test_comunica_finds_the_rows(comunica, trial):
    assert comunica[trial] == [[name] for name in NAMES]


@pytest.mark.node
def test_comunica_asks_yes_and_no(comunica):
    assert (comunica["ask"], comunica["askNot"]) == (True, False)


@pytest.mark.node
def test_comunica_builds_facts(comunica):
    assert [[subject, value] for subject, _, value in comunica["construct"]] == NETWORKS


@pytest.mark.node
def test_comunica_looks_into_named_graphs(comunica):
    assert comunica["graphs"] == [["2"]]


@pytest.mark.node
def test_comunica_follows_the_address_of_a_thing(comunica):
    assert comunica["document"] == [[NAMES[1]]]
    assert comunica["documentFacts"] == [[SECRETARIAT[0]]]


@pytest.mark.node
def test_comunica_joins_a_document_with_the_endpoint(comunica):
    """Both sources know both facts, so a row comes once for each way to combine them."""
    assert {tuple(row) for row in comunica["joined"]} == {tuple(reversed(SECRETARIAT))}


@pytest.mark.node
def test_comunica_tells_why_a_query_is_refused(comunica):
    assert "HTTP status 400" in comunica["wrong"]
    assert "SERVICE would ask another server" in comunica["wrong"]


# ------------------------------------------------------------ Apache Jena


@pytest.fixture(scope="module")
def jena(address: str) -> dict[str, list[str]]:
    java = shutil.which("java")
    if java is None:
        pytest.skip("no Java on the PATH")
    if shutil.which("javac") is None:
        pytest.skip("Java is here without its compiler: install a JDK")
    if not list((HERE / "target").glob("jena-arq-*.jar")):
        pytest.skip("Jena is not installed: run `make tests/clients/target/.stamp` (needs Maven)")
    found: dict[str, list[str]] = {}
    for line in run(java, "-cp", "target/*", "JenaAsks.java", address).splitlines():
        trial, _, value = line.partition("\t")
        found.setdefault(trial, []).append(value)
    return found


@pytest.mark.java
@pytest.mark.parametrize(
    "trial",
    [
        "select",
        "select-post",
        "select-form",
        "select-application/sparql-results+json",
        "select-application/sparql-results+xml",
        "select-text/tab-separated-values",
    ],
)
def test_jena_reads_rows(jena, trial):
    assert jena[trial] == NAMES


@pytest.mark.java
def test_jena_reads_answers_of_every_kind(jena):
    assert (jena["ask"], jena["construct"], jena["describe"]) == (["true"], ["2"], ["true"])


@pytest.mark.java
def test_jena_tells_that_a_query_is_refused(jena):
    assert jena["wrong"] == ["400"]


@pytest.mark.java
def test_jena_reads_a_thing_at_its_address(jena):
    assert jena["document"] == ["true"]


@pytest.mark.java
@pytest.mark.parametrize("media_type", TRIPLES)
def test_jena_and_rdflib_read_the_same_number_of_triples(jena, address, media_type):
    where = {"text/turtle": "ttl", "application/rdf+xml": "rdf", "application/n-triples": "nt"}[media_type]
    graph = rdflib.Graph().parse(f"{address}data/nordisk-biblioteksnetvaerk.{where}", format=TRIPLES[media_type])

    assert jena[f"document-{media_type}"] == [str(len(graph))]


@pytest.mark.java
def test_jena_reads_passages_as_named_graphs(jena, address):
    dataset = rdflib.Dataset().parse(f"{address}data/nordisk-biblioteksnetvaerk.nq", format="nquads")
    passages = {str(graph) for _, _, _, graph in dataset.quads() if graph is not None and "#char=" in str(graph)}

    assert jena["dataset"] == [str(len(passages))]
    assert len(passages) > 1
    assert int(jena["document-application/ld+json"][0]) > 0


@pytest.mark.java
def test_jena_reads_the_dump_and_the_description_of_the_dataset(jena, address):
    graph = rdflib.Graph().parse(f"{address}dump/default.nt", format="nt")

    assert jena["dump"] == [str(len(graph))]
    assert jena["void"] == ["true"]


# ------------------------------------------------------------ curl


@pytest.fixture(scope="module")
def curl() -> str:
    program = shutil.which("curl")
    if program is None:
        pytest.skip("no curl on the PATH")
    return program


@pytest.mark.parametrize(
    "way",
    [
        ("--get", "--data-urlencode", f"query={SELECT}"),
        ("--data-urlencode", f"query={SELECT}"),
        ("-H", "Content-Type: application/sparql-query", "--data-binary", SELECT),
        ("-H", "Transfer-Encoding: chunked", "--data-urlencode", f"query={SELECT}"),
        ("--compressed", "--data-urlencode", f"query={SELECT}"),
        ("-H", "Expect: 100-continue", "--data-urlencode", f"query={SELECT}"),
    ],
    ids=["get", "form", "direct", "chunked", "compressed", "expect"],
)
def test_curl_asks_in_every_way(curl, address, way):
    out = run(curl, "-sS", "--fail-with-body", *way, "-H", "Accept: text/csv", f"{address}sparql")

    assert out.split("\n") == ["network,name\r", *(f"{iri},{name}\r" for iri, name in NETWORKS), ""]


def test_curl_follows_a_thing_to_its_data(curl, address):
    where = f"{address}id/nordisk-biblioteksnetvaerk"
    out = run(curl, "-sSL", "-H", "Accept: text/turtle", "-w", "%{http_code} %{num_redirects} %{content_type}", where)
    body, _, told = out.rpartition("\n")

    assert told == "200 1 text/turtle; charset=utf-8"
    assert rdflib.URIRef(NETWORK) in set(rdflib.Graph().parse(data=body, format="turtle").subjects())


def test_curl_asks_for_headers_only(curl, address):
    out = run(curl, "-sS", "--head", "--get", "--data-urlencode", f"query={ASK}", f"{address}sparql")

    assert out.startswith("HTTP/1.1 200")
    assert out.endswith("\r\n\r\n")


def test_curl_keeps_its_connection_for_several_requests(curl, address):
    where = f"{address}sparql"
    ask = ("-sS", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}\n", "--data-urlencode", f"query={CONSTRUCT}")
    out = run(curl, *ask, where, "--next", *ask, where)

    assert out.splitlines() == ["200 1", "200 0"]

"""What `/.well-known/void` says: every number is counted again by queries to the endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from flask.testing import FlaskClient
from rdflib import DCTERMS, FOAF, RDF, VOID, Graph, Literal, URIRef

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.web.publication import Publication
from samvirke.workers import Pool
from tests.web.conftest import BASE

VOID_ADDRESS = "/.well-known/void"
HERE = {"text/turtle": "turtle", "application/n-triples": "nt", "application/rdf+xml": "xml"}
OTHERS = ("application/ld+json", "application/trig", "application/n-quads")
IRI_SUBJECTS = "{ SELECT DISTINCT ?s { ?s ?p ?o FILTER(isIRI(?s)) } }"
RECOUNTS = {
    "triples": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "entities": f"SELECT (COUNT(*) AS ?n) {{ {IRI_SUBJECTS} }}",
    "documents": (
        f'SELECT (COUNT(DISTINCT ?d) AS ?n) {{ {IRI_SUBJECTS} FILTER(STRSTARTS(STR(?s), "BASE"))'
        ' BIND(STRBEFORE(CONCAT(STR(?s), "#"), "#") AS ?d) }'
    ),
    "distinctSubjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
    "distinctObjects": "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }",
    "classes": "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?s a ?c FILTER(isIRI(?c) && isIRI(?s)) }",
    "properties": "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }",
}


@pytest.fixture(scope="module", params=["first", "atlas"])
def asked(request, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, str]]:
    """The first site and a small foreign one, each with its base."""
    if request.param == "atlas":
        yield request.getfixturevalue("app").test_client(), BASE
        return
    state = tmp_path_factory.mktemp("state")
    site = Site.open(root, overrides={"state": state})
    build(site, reasoner=False)
    with Pool.start(state, Limits(workers=1)) as pool:
        yield create_app(state, pool=pool).test_client(), site.settings.base


def described(client: FlaskClient) -> Graph:
    answer = client.get(VOID_ADDRESS, headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.mimetype) == (200, "text/turtle")
    return Graph().parse(data=answer.get_data(), format="turtle")


def rows(client: FlaskClient, query: str) -> list[dict[str, str]]:
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "application/sparql-results+json"})
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.get_data())["results"]["bindings"]
    return [{name: value["value"] for name, value in row.items()} for row in found]


@pytest.mark.parametrize("name", RECOUNTS)
def test_a_number_is_what_a_query_counts(asked, name):
    client, base = asked
    told = described(client).value(URIRef(f"{base}.well-known/void#dataset"), VOID[name])
    counted = int(rows(client, RECOUNTS[name].replace("BASE", base))[0]["n"])

    assert told.toPython() == counted > 0


def test_every_class_is_listed_with_its_entities(asked):
    client, base = asked
    graph, dataset = described(client), URIRef(f"{base}.well-known/void#dataset")
    told = {
        str(graph.value(part, VOID["class"])): graph.value(part, VOID.entities).toPython()
        for part in graph.objects(dataset, VOID.classPartition)
    }
    query = "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c FILTER(isIRI(?s) && isIRI(?c)) } GROUP BY ?c"

    assert told == {row["c"]: int(row["n"]) for row in rows(client, query)}


def test_every_property_is_listed_with_its_triples(asked):
    client, base = asked
    graph, dataset = described(client), URIRef(f"{base}.well-known/void#dataset")
    told = {
        str(graph.value(part, VOID.property)): graph.value(part, VOID.triples).toPython()
        for part in graph.objects(dataset, VOID.propertyPartition)
    }
    query = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"

    assert told == {row["p"]: int(row["n"]) for row in rows(client, query)}


def test_the_named_graphs_are_counted_by_kind(asked):
    client, base = asked
    graph = described(client)
    inside, schema = f"{base}rule/", set(_manifest(client)["schema_graphs"])
    kinds: dict[str, list[int]] = {}
    for row in rows(client, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"):
        name = row["g"]
        kind = (
            "schema"
            if name in schema
            else "inferred"
            if name.startswith(inside)
            else "passages"
            if "#" in name
            else "stated"
        )
        kinds.setdefault(kind, []).append(int(row["n"]))
    told = {}
    for subset in graph.objects(URIRef(f"{base}.well-known/void#dataset"), VOID.subset):
        text = str(graph.value(subset, DCTERMS.description))
        number = int(text.rpartition("Named graphs: ")[2].rstrip("."))
        told[str(subset).rpartition("#")[2]] = (number, graph.value(subset, VOID.triples).toPython())

    assert told == {kind: (len(numbers), sum(numbers)) for kind, numbers in kinds.items()}
    assert {"passages", "schema"} <= set(told)


def test_it_says_whose_the_data_is_and_where_to_get_it(asked):
    client, base = asked
    graph, dataset = described(client), URIRef(f"{base}.well-known/void#dataset")
    manifest = _manifest(client)

    assert (dataset, RDF.type, VOID.Dataset) in graph
    assert graph.value(dataset, VOID.sparqlEndpoint) == URIRef(f"{base}sparql")
    assert graph.value(dataset, FOAF.homepage) == URIRef(base)
    assert str(graph.value(dataset, DCTERMS.modified)) == manifest["built"].replace("Z", "+00:00")
    assert graph.value(dataset, URIRef("http://www.w3.org/ns/dcat#version")) == Literal(manifest["version"])
    titles = {text.language: str(text) for text in graph.objects(dataset, DCTERMS.title)}
    assert titles == dict(_publication(client).settings["title"])
    assert len(titles) >= 2
    dumps = [str(dump).removeprefix(base) for dump in graph.objects(None, VOID.dataDump)]
    assert sorted(dumps) == ["dump/data.nq", "dump/default.nt", "dump/schema.nq"]
    for dump in dumps:
        assert client.get(f"/{dump}").status_code == 200
    examples = [str(one).removeprefix(base) for one in graph.objects(dataset, VOID.exampleResource)]
    assert examples
    for example in examples:
        answer = client.get(f"/{example}", headers={"Accept": "text/turtle"}, follow_redirects=True)
        assert answer.mimetype == "text/turtle"
        assert f"<{base}.well-known/void#dataset>" in " ".join(answer.headers.getlist("Link"))


def test_the_common_beginning_of_addresses_is_told_only_where_it_is_true(asked):
    client, base = asked
    told = described(client).value(URIRef(f"{base}.well-known/void#dataset"), VOID.uriSpace)
    others = rows(client, f'SELECT * {{ {IRI_SUBJECTS} FILTER(!STRSTARTS(STR(?s), "{base}")) }} LIMIT 1')

    assert (told is None) == bool(others)
    assert told is None or str(told) == base


def test_the_vocabularies_are_those_of_the_terms_in_use(asked):
    client, base = asked
    graph, dataset = described(client), URIRef(f"{base}.well-known/void#dataset")
    told = [str(one) for one in graph.objects(dataset, VOID.vocabulary)]
    terms = [row["t"] for row in rows(client, "SELECT DISTINCT ?t { { ?s ?t ?o } UNION { ?s a ?t } }")]

    assert [term for term in terms if not term.startswith(tuple(told))] == []
    assert [one for one in told if not any(term.startswith(one) for term in terms)] == []


@pytest.mark.parametrize("media_type", [*HERE, *OTHERS])
def test_it_comes_in_every_format(client, media_type):
    answer = client.get(VOID_ADDRESS, headers={"Accept": media_type})
    expected = described(client)
    form = pyoxigraph.RdfFormat.from_media_type(media_type)

    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert len(list(pyoxigraph.parse(answer.get_data(), form))) == len(expected)


def test_it_is_kept_by_its_tag_and_read_by_scripts(client):
    answer = client.get(VOID_ADDRESS)
    again = client.get(VOID_ADDRESS, headers={"If-None-Match": answer.headers["ETag"]})
    head = client.head(VOID_ADDRESS)

    assert answer.mimetype == "text/turtle"
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]
    assert (head.status_code, head.get_data()) == (200, b"")
    assert head.headers["Content-Length"] == str(len(answer.get_data()))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in answer.headers["Vary"]
    assert f'<{BASE}.well-known/void#dataset>; rel="describes"' in answer.headers.getlist("Link")


def test_a_reader_is_led_to_the_page_of_downloads(client):
    answer = client.get(VOID_ADDRESS, headers={"Accept": "text/html", "Accept-Language": "en"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/en/data")
    assert {"Accept", "Accept-Language"} <= set(answer.vary)


def test_what_is_not_offered_is_refused_with_the_offers(client):
    for answer in (
        client.get(VOID_ADDRESS, headers={"Accept": "image/png"}),
        client.get(f"{VOID_ADDRESS}?format=pdf"),
    ):
        assert answer.status_code == 406
        assert "application/ld+json" in answer.text
    assert client.post(VOID_ADDRESS).status_code == 405


def test_the_address_of_the_site_leads_there(client):
    assert f'<{VOID_ADDRESS}>; rel="describedby"; type="text/turtle"' in client.get("/").headers.getlist("Link")


def _publication(client: FlaskClient) -> Publication:
    return client.application.extensions["samvirke"].newest()


def _manifest(client: FlaskClient) -> dict:
    return json.loads((_publication(client).directory / "manifest.json").read_text("utf-8"))

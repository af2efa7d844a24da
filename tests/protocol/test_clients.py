"""Clients in use, as they are: what they send and what they can read."""

from __future__ import annotations

import warnings

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, URLENCODED, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

BASE = "https://example.org/harbour/"
SELECT = f"PREFIX h: <{BASE}terms#>\nSELECT ?s ?l {{ ?s h:length ?l FILTER(?l < 20) }} ORDER BY ?l"
CONSTRUCT = f"CONSTRUCT WHERE {{ <{BASE}id/bella> <{BASE}terms#length> ?l }}"


def asking(server, text, form, method="GET", way=URLENCODED):
    client = SPARQLWrapper(f"{server}/sparql")
    client.setQuery(text)
    client.setReturnFormat(form)
    client.setMethod(method)
    client.setRequestMethod(way)
    return client


@pytest.mark.parametrize(("method", "way"), [("GET", URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)])
def test_sparqlwrapper_reads_rows(server, method, way):
    rows = asking(server, SELECT, JSON, method, way).queryAndConvert()["results"]["bindings"]

    assert [row["s"]["value"] for row in rows] == [f"{BASE}id/bella", f"{BASE}id/aeroe"]


@pytest.mark.parametrize("form", [XML, CSV, TSV])
def test_sparqlwrapper_reads_other_formats(server, form):
    found = asking(server, SELECT, form).queryAndConvert()
    text = found.toxml() if form == XML else found.decode()

    assert text.index("bella") < text.index("aeroe")


@pytest.mark.parametrize("form", [XML, RDFXML, JSONLD])
def test_sparqlwrapper_reads_facts_as_a_graph(server, form):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rdflib's own, about how SPARQLWrapper makes a dataset.
        found = asking(server, CONSTRUCT, form).queryAndConvert()

    assert len(found) == 1


@pytest.mark.parametrize("form", [TURTLE, N3])
def test_sparqlwrapper_reads_facts_as_text(server, form):
    found = asking(server, CONSTRUCT, form).queryAndConvert()

    assert len(rdflib.Graph().parse(data=found, format="turtle")) == 1


def test_sparqlwrapper_tells_a_wrong_query(server):
    with pytest.raises(QueryBadFormed, match="never closed"):
        asking(server, "SELECT * {", JSON).query()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_rdflib_asks_through_its_store(server, method, form):
    graph = rdflib.Graph(SPARQLStore(f"{server}/sparql", method=method, returnFormat=form))
    found = [str(row[0]) for row in graph.query(SELECT)]

    assert found == [f"{BASE}id/bella", f"{BASE}id/aeroe"]


def test_rdflib_walks_the_graph_through_its_store(server):
    graph = rdflib.Graph(SPARQLStore(f"{server}/sparql"))
    bella = rdflib.URIRef(f"{BASE}id/bella")

    assert graph.value(bella, rdflib.URIRef(f"{BASE}terms#length")) == rdflib.Literal(7)
    assert (bella, rdflib.RDF.type, rdflib.URIRef(f"{BASE}terms#Ship")) in graph


def test_rdflib_builds_a_graph_through_its_store(server):
    graph = rdflib.Graph(SPARQLStore(f"{server}/sparql"))

    assert len(graph.query(CONSTRUCT).graph) == 1
    assert bool(graph.query("ASK { ?s ?p ?o }"))

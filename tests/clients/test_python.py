"""Python's clients as they are: SPARQLWrapper, rdflib's stores and its reader, pandas."""

from __future__ import annotations

import io
import json
import urllib.parse
import urllib.request
import warnings
from urllib.error import HTTPError

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from SPARQLWrapper import CSV, JSON, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, URLENCODED, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from tests.clients.asking import (
    ASK,
    ASK_NOT,
    CONSTRUCT,
    ENDLESS,
    LABEL,
    NAMES,
    NETWORK,
    NETWORKS,
    OUTBOUND,
    PREFIXES,
    SELECT,
)

WAYS = [("GET", URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def wrapped(address, query, form=JSON, method="GET", way=URLENCODED):
    client = SPARQLWrapper(f"{address}sparql")
    client.setQuery(query)
    client.setReturnFormat(form)
    client.setMethod(method)
    client.setRequestMethod(way)
    return client


# ------------------------------------------------------------ SPARQLWrapper


@pytest.mark.parametrize(("method", "way"), WAYS)
def test_sparqlwrapper_reads_rows_as_json(address, method, way):
    found = wrapped(address, SELECT, JSON, method, way).queryAndConvert()["results"]["bindings"]

    assert [[row["network"]["value"], row["name"]["value"]] for row in found] == NETWORKS
    assert {row["name"]["xml:lang"] for row in found} == {"da"}


def test_sparqlwrapper_reads_rows_as_xml(address):
    found = wrapped(address, SELECT, XML).queryAndConvert()

    assert [one.firstChild.data for one in found.getElementsByTagName("literal")] == NAMES
    assert [one.firstChild.data for one in found.getElementsByTagName("uri")] == [row[0] for row in NETWORKS]


def test_sparqlwrapper_reads_rows_as_tables(address):
    comma, tab = (wrapped(address, SELECT, form).queryAndConvert().decode() for form in (CSV, TSV))

    assert comma.split("\r\n") == ["network,name", *(",".join(row) for row in NETWORKS), ""]
    assert tab.split("\n") == ["?network\t?name", *(f'<{iri}>\t"{name}"@da' for iri, name in NETWORKS), ""]


@pytest.mark.parametrize(("query", "expected"), [(ASK, True), (ASK_NOT, False)])
def test_sparqlwrapper_reads_yes_and_no(address, query, expected):
    assert wrapped(address, query).queryAndConvert()["boolean"] is expected


@pytest.mark.parametrize("form", [TURTLE, RDFXML])
@pytest.mark.parametrize(("method", "way"), WAYS)
def test_sparqlwrapper_reads_facts(address, form, method, way):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rdflib's own, about how SPARQLWrapper makes a dataset.
        found = wrapped(address, CONSTRUCT, form, method, way).queryAndConvert()
    graph = rdflib.Graph().parse(data=found, format="turtle") if isinstance(found, bytes) else found

    assert sorted([str(s), str(o)] for s, _, o in graph) == NETWORKS


def test_sparqlwrapper_tells_a_query_that_is_cut_off(address):
    with pytest.raises(QueryBadFormed, match="never closed"):
        wrapped(address, "SELECT * {").query()


def test_sparqlwrapper_tells_a_query_that_is_refused(address):
    with pytest.raises(QueryBadFormed, match="SERVICE would ask another server"):
        wrapped(address, OUTBOUND).query()


def test_sparqlwrapper_tells_a_query_that_ran_out_of_time(address):
    """It has no exception of its own for 503 and passes on Python's, with the reason in the body."""
    with pytest.raises(HTTPError) as caught:
        wrapped(address, ENDLESS).query()
    with caught.value as error:
        assert error.code == 503
        assert b"stopped at its time limit of 2 s" in error.read()


# ------------------------------------------------------------ rdflib


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_rdflib_asks_through_its_store(address, method, form):
    graph = rdflib.Graph(SPARQLStore(f"{address}sparql", method=method, returnFormat=form))

    assert [[str(network), str(name)] for network, name in graph.query(SELECT)] == NETWORKS


@pytest.mark.parametrize("kind", [SPARQLStore, SPARQLUpdateStore])
def test_rdflib_walks_the_graph_through_its_stores(address, kind):
    graph = rdflib.Graph(kind(f"{address}sparql"))
    label, network = rdflib.URIRef(LABEL), rdflib.URIRef(NETWORK)

    assert list(graph.triples((network, label, None))) == [(network, label, rdflib.Literal(NAMES[1], lang="da"))]
    assert list(graph.subjects(label, rdflib.Literal(NAMES[1], lang="da"))) == [network]
    assert (network, label, rdflib.Literal(NAMES[1])) not in graph
    assert len(graph) == int(next(iter(graph.query(COUNT)))[0])


@pytest.mark.parametrize("kind", [SPARQLStore, SPARQLUpdateStore])
def test_rdflib_binds_a_variable_beforehand(address, kind):
    graph = rdflib.Graph(kind(f"{address}sparql"))
    query = f"{PREFIXES} SELECT ?name {{ ?network skos:prefLabel ?name }}"
    found = graph.query(query, initBindings={"network": rdflib.URIRef(NETWORK)})

    assert [str(row.name) for row in found] == [NAMES[1]]


def test_rdflib_looks_into_one_passage(address):
    store = SPARQLStore(f"{address}sparql")
    graph = rdflib.Graph(store)
    query = f"{PREFIXES} SELECT ?g {{ GRAPH ?g {{ d:nordisk-biblioteksnetvaerk skos:prefLabel ?l }} }}"
    (passage,) = [row.g for row in graph.query(query)]
    inside = rdflib.Graph(store, identifier=passage)

    assert "#char=" in passage
    assert inside.value(rdflib.URIRef(NETWORK), rdflib.URIRef(LABEL)) == rdflib.Literal(NAMES[1], lang="da")
    assert 0 < len(list(inside)) < len(list(graph))


def test_rdflib_lists_the_graphs_a_fact_stands_in(address):
    dataset = rdflib.Dataset(store=SPARQLStore(f"{address}sparql"))
    fact = (rdflib.URIRef(NETWORK), rdflib.URIRef(LABEL), None)
    found = [str(name) for name in dataset.store.contexts(fact)]

    assert len(found) == 1
    assert "#char=" in found[0]


def test_rdflib_builds_a_graph_and_says_yes_and_no(address):
    graph = rdflib.Graph(SPARQLStore(f"{address}sparql"))

    assert sorted([str(s), str(o)] for s, _, o in graph.query(CONSTRUCT).graph) == NETWORKS
    assert bool(graph.query(ASK)) and not bool(graph.query(ASK_NOT))


def test_rdflib_cannot_change_anything(address):
    store = SPARQLUpdateStore(f"{address}sparql", f"{address}sparql")
    graph = rdflib.Graph(store)
    before = next(iter(graph.query(COUNT)))[0]
    with pytest.raises(HTTPError) as caught:
        store.update("INSERT DATA { <urn:a> <urn:b> <urn:c> }")
    caught.value.close()

    assert 400 <= caught.value.code < 500
    assert next(iter(rdflib.Graph(SPARQLStore(f"{address}sparql")).query(COUNT)))[0] == before


def test_rdflib_reads_a_thing_at_its_address(address):
    """Its `Accept` header leads to data by 303; nothing is said of the format."""
    graph = rdflib.Graph().parse(f"{address}id/nordisk-biblioteksnetvaerk")

    assert graph.value(rdflib.URIRef(NETWORK), rdflib.URIRef(LABEL)) == rdflib.Literal(NAMES[1], lang="da")


# ------------------------------------------------------------ pandas


@pytest.fixture
def pandas():
    return pytest.importorskip("pandas", reason="pandas is not installed")


def test_pandas_reads_a_table_from_an_address(address, pandas):
    frame = pandas.read_csv(f"{address}sparql?" + urllib.parse.urlencode({"query": SELECT, "format": "csv"}))

    assert list(frame.columns) == ["network", "name"]
    assert frame.to_numpy().tolist() == NETWORKS


def test_pandas_asks_with_its_own_headers(address, pandas):
    where = f"{address}sparql?" + urllib.parse.urlencode({"query": SELECT})
    frame = pandas.read_csv(where, storage_options={"Accept": "text/csv"})

    assert frame["name"].tolist() == NAMES


def test_pandas_reads_tabs(address, pandas):
    where = f"{address}sparql?" + urllib.parse.urlencode({"query": COUNT, "format": "csv"})
    counted = pandas.read_csv(where)["n"]

    assert counted.dtype == "int64"
    assert len(counted) == 1


def test_pandas_flattens_json(address, pandas):
    where = f"{address}sparql?" + urllib.parse.urlencode({"query": SELECT, "format": "json"})
    with urllib.request.urlopen(where) as answer:
        rows = json.load(answer)["results"]["bindings"]
    frame = pandas.json_normalize(rows)

    assert frame[["network.value", "name.value"]].to_numpy().tolist() == NETWORKS
    assert set(frame["name.xml:lang"]) == {"da"}


def test_pandas_reads_a_stored_question(address, pandas):
    with urllib.request.urlopen(f"{address}queries/networks.csv") as answer:
        frame = pandas.read_csv(io.BytesIO(answer.read()))

    assert frame["name"].tolist() == NAMES

"""What the endpoint says of itself: each claim is tried."""

from __future__ import annotations

import json

import pytest
from rdflib import DCTERMS, RDF, RDFS, VOID, Graph, Namespace, URIRef

from samvirke.settings import Limits
from samvirke.sparql.formats import GRAPHS, RESULTS
from samvirke.web.service_description import FORMAT_NAMES, READ_ONLY, SD, Service, service_facts
from tests.web.conftest import BASE

TERMS = Namespace(str(SD))
FORMATS = "http://www.w3.org/ns/formats/"
ENDPOINT = URIRef(f"{BASE}sparql")
# One query for each thing that SPARQL 1.2 has and 1.1 has not, and what it answers.
NEWER = {
    "version": ('VERSION "1.2" SELECT ("yes" AS ?x) { }', {"type": "literal", "value": "yes"}),
    "triple-term": (
        "SELECT (SUBJECT(<<( <urn:s> <urn:p> 1 )>>) AS ?x) { }",
        {"type": "uri", "value": "urn:s"},
    ),
    "triple-function": (
        "SELECT (PREDICATE(TRIPLE(<urn:s>, <urn:p>, 1)) AS ?x) { FILTER(isTRIPLE(TRIPLE(<urn:s>, <urn:p>, 1))) }",
        {"type": "uri", "value": "urn:p"},
    ),
    "direction": ('SELECT (LANGDIR("x"@ar--rtl) AS ?x) { }', {"type": "literal", "value": "rtl"}),
    "make-direction": (
        'SELECT (STRLANGDIR("x", "ar", "rtl") AS ?x) { }',
        {"type": "literal", "value": "x", "xml:lang": "ar", "its:dir": "rtl"},
    ),
    "annotation": ('SELECT ("none" AS ?x) { OPTIONAL { ?s <urn:p> ?o ~ ?r {| <urn:q> 1 |} } }', None),
    "reified-triple": ('SELECT ("none" AS ?x) { OPTIONAL { << ?s <urn:p> ?o >> <urn:q> ?z } }', None),
}


@pytest.fixture
def graph(client) -> Graph:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.mimetype) == (200, "text/turtle")
    return Graph().parse(data=answer.get_data(), format="turtle")


def ask(client, query, accept="application/sparql-results+json"):
    return client.post("/sparql", data={"query": query}, headers={"Accept": accept})


@pytest.mark.parametrize("name", NEWER)
def test_the_newer_language_it_names_is_understood(client, graph, name):
    query, expected = NEWER[name]
    answer = ask(client, query)

    assert (ENDPOINT, TERMS.supportedLanguage, TERMS.SPARQL12Query) in graph
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.get_data())["results"]["bindings"]
    assert [row["x"] for row in found] == [expected or {"type": "literal", "value": "none"}]


def test_a_triple_term_is_answered_as_one(client):
    made = ask(client, "CONSTRUCT { <urn:a> <urn:b> <<( <urn:s> <urn:p> 1 )>> } { }", "application/n-triples")

    assert made.get_data().startswith(b"<urn:a> <urn:b> <<( <urn:s> <urn:p> ")


@pytest.mark.parametrize("offer", [*RESULTS, *GRAPHS], ids=lambda offer: offer.extension)
def test_every_format_it_answers_is_named_and_no_other(client, graph, offer):
    query = "SELECT ?s { ?s ?p ?o } LIMIT 1" if offer in RESULTS else "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1"
    answer = ask(client, query, offer.media_type)

    assert (answer.status_code, answer.mimetype) == (200, offer.media_type)
    told = {str(one) for one in graph.objects(ENDPOINT, TERMS.resultFormat)}
    assert told == {FORMATS + FORMAT_NAMES[one.media_type] for one in (*RESULTS, *GRAPHS)}


def test_the_default_graph_is_described_with_true_numbers(client, graph):
    dataset = graph.value(ENDPOINT, TERMS.defaultDataset)
    default = graph.value(dataset, TERMS.defaultGraph)
    counts = {
        VOID.triples: "COUNT(*)",
        VOID.distinctSubjects: "COUNT(DISTINCT ?s)",
        VOID.distinctObjects: "COUNT(DISTINCT ?o)",
        VOID.properties: "COUNT(DISTINCT ?p)",
    }
    for term, count in counts.items():
        answer = ask(client, f"SELECT ({count} AS ?n) {{ ?s ?p ?o }}", "text/csv")
        assert int(answer.text.split()[1]) == graph.value(default, term).toPython() > 0
    assert (ENDPOINT, RDF.type, TERMS.Service) in graph
    assert (ENDPOINT, TERMS.endpoint, ENDPOINT) in graph
    assert (dataset, RDFS.seeAlso, URIRef(f"{BASE}.well-known/void")) in graph
    assert len(list(graph.objects(dataset, DCTERMS.title))) == 2


def test_the_number_of_named_graphs_is_told_and_they_are_not_listed(client, graph):
    answer = ask(client, "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "text/csv")
    comment = str(graph.value(graph.value(ENDPOINT, TERMS.defaultDataset), RDFS.comment))

    assert comment.startswith(f"There are {answer.text.split()[1]} named graphs")
    assert list(graph.objects(None, TERMS.namedGraph)) == []


def test_every_limit_of_a_query_is_told(graph):
    told = " ".join(map(str, graph.objects(ENDPOINT, RDFS.comment)))
    limits = Limits()

    for value in (limits.query_bytes, limits.max_rows, limits.max_bytes, limits.nesting, limits.operators):
        assert f" {value} " in told
    for value in (limits.triple_patterns, limits.unions, limits.path_steps, limits.concurrent_per_client):
        assert f" {value} " in told
    assert "10 seconds" in told


def test_it_promises_no_federation_and_no_update(client, graph):
    features = {str(one) for one in graph.objects(ENDPOINT, TERMS.feature)}
    languages = {str(one).removeprefix(str(TERMS)) for one in graph.objects(ENDPOINT, TERMS.supportedLanguage)}

    assert str(TERMS.BasicFederatedQuery) not in features
    assert languages == {"SPARQL11Query", "SPARQL12Query"}
    assert ask(client, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }").status_code == 400
    assert list(graph.objects(ENDPOINT, TERMS.inputFormat)) == []


def test_a_service_that_can_more_says_more(app):
    with app.test_request_context("/sparql"):
        publication = app.extensions["samvirke"].publication
        more = Service(
            languages=(*READ_ONLY.languages, "SPARQL11Update"),
            results=READ_ONLY.results,
            inputs=("text/turtle", "application/trig"),
            features=("EmptyGraphs",),
        )
        facts = {(p.value, o.value) for _, p, o in service_facts(publication, more, Limits())}

    assert (str(TERMS.supportedLanguage), str(TERMS.SPARQL11Update)) in facts
    assert (str(TERMS.inputFormat), f"{FORMATS}TriG") in facts
    assert (str(TERMS.feature), str(TERMS.EmptyGraphs)) in facts


def test_the_terms_are_those_the_standard_has(client, graph, shared):
    """The conformance runner's own list of terms; without the reference material this is skipped."""
    source = (shared / "conformance" / "lib" / "protocol.py").read_text("utf-8")
    used = {str(term) for triple in graph for term in triple if str(term).startswith(str(TERMS))}
    names = {term.removeprefix(str(TERMS)) for term in used}

    assert len(names) >= 8
    assert [name for name in sorted(names) if name not in source] == []

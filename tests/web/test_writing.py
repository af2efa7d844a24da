"""Writing over HTTP: who may, what an update and a graph may look like, and what each refusal says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from samvirke.scratch import open_scratch
from samvirke.settings import Limits
from samvirke.web import create_app
from samvirke.workers import Pool

BASE = "http://127.0.0.1:8000/"
TOKEN = "nøgle-1"
STORE = "/rdf-graph-store"
GRAPH = f"{STORE}?graph=urn:g"
UPDATE = "application/sparql-update"
FORM = "application/x-www-form-urlencoded"
RIGHT = {"Authorization": f"Bearer {TOKEN}".encode().decode("latin-1")}
TURTLE = "<urn:s> <urn:p> 1 ."


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    site = open_scratch(tmp_path_factory.mktemp("scratch"), base=BASE)
    with Pool.start(site.state, Limits(workers=2, write_bytes=20_000)) as pool:
        yield create_app(site.state, pool=pool, token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest())


@pytest.fixture
def writer(scratch: Flask) -> FlaskClient:
    """A client, and a store with one triple in the default graph and one in the graph urn:g."""
    client = scratch.test_client()
    assert update(client, f"DROP ALL ; INSERT DATA {{ {TURTLE} GRAPH <urn:g> {{ {TURTLE} }} }}").status_code == 204
    return client


def update(client: FlaskClient, text: str | bytes, **named):
    return client.post("/update", **{"data": text, "content_type": UPDATE, "headers": RIGHT, **named})


def graph(client: FlaskClient, path: str = GRAPH, kind: str = "application/n-triples") -> list[str]:
    answer = client.get(path, headers={"Accept": kind})
    assert answer.status_code == 200
    return sorted(answer.text.splitlines())


ONE = '<urn:s> <urn:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .'
TWO = '<urn:s> <urn:p> "2"^^<http://www.w3.org/2001/XMLSchema#integer> .'

WRITES = [
    ("POST", "/update"),
    ("PUT", GRAPH),
    ("POST", GRAPH),
    ("DELETE", GRAPH),
    ("POST", STORE),
    ("PUT", f"{STORE}/a"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    ("named", "challenge"),
    [
        ({}, 'Bearer realm="samvirke"'),
        ({"headers": {"Authorization": "Bearer"}}, 'Bearer realm="samvirke"'),
        ({"headers": {"Authorization": "Basic bsO4Z2xlLTE="}}, 'Bearer realm="samvirke"'),
        ({"headers": {"Authorization": "Bearer wrong"}}, 'Bearer realm="samvirke", error="invalid_token"'),
        ({"headers": {"Authorization": "Bearer n"}}, 'Bearer realm="samvirke", error="invalid_token"'),
        ({"headers": {"X-Token": TOKEN.encode().decode("latin-1")}}, 'Bearer realm="samvirke"'),
        ({"headers": {"Cookie": "token=abc; Authorization=Bearer abc"}}, 'Bearer realm="samvirke"'),
    ],
)
def test_without_the_token_nothing_is_written(method, path, named, challenge, writer):
    answer = writer.open(path, method=method, data=TURTLE, content_type="text/turtle", **named)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == challenge
    assert graph(writer) == [ONE]


@pytest.mark.parametrize("where", ["query", "form"])
def test_a_token_elsewhere_than_in_its_header_is_none(where, writer):
    given = f"access_token={TOKEN}&token={TOKEN}"
    text = "update=DROP ALL"
    answer = (
        writer.post(f"/update?{given}", data=text, content_type=FORM)
        if where == "query"
        else writer.post("/update", data=f"{text}&{given}", content_type=FORM)
    )

    assert answer.status_code == 401
    assert graph(writer) == [ONE]


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_is_what_it_is(name, writer):
    assert writer.get(GRAPH, headers={**RIGHT, name: "DELETE"}).status_code == 200
    assert writer.post(f"{GRAPH}&_method=DELETE", data="", content_type="text/turtle", headers=RIGHT).status_code == 204
    assert graph(writer) == [ONE]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_published_site_takes_no_writes_and_says_why(method, path, client):
    answer = client.open(path, method=method, data=TURTLE, content_type="text/turtle", headers=RIGHT)

    assert answer.status_code == 403
    assert answer.text == "The data of this site are published, and are not changed by requests.\n"


def test_a_published_site_shows_its_graphs(client, manifest):
    everything = client.get(f"{STORE}?default", headers={"Accept": "application/n-triples"})
    schema = client.get(f"{STORE}?graph={manifest['schema_graphs'][0]}")

    assert everything.status_code == 200
    assert len(everything.text.splitlines()) == manifest["counts"]["facts"]
    assert (schema.status_code, schema.content_type) == (200, "text/turtle; charset=utf-8")
    assert client.get(f"{STORE}?graph=urn:none").status_code == 404


# ------------------------------------------------------------ updates


def test_an_update_is_seen_by_the_next_question(writer):
    question = "/sparql?query=SELECT * { ?s ?p ?o }&format=csv"
    before = writer.get(question)
    done = update(writer, "INSERT DATA { <urn:new> <urn:p> 'æ' }")
    after = writer.get(question, headers={"If-None-Match": before.headers["ETag"]})

    assert (done.status_code, done.data) == (204, b"")
    assert "Content-Type" not in done.headers
    assert after.status_code == 200
    assert "urn:new" in after.text and "urn:new" not in before.text
    assert after.headers["Samvirke-Generation"] == done.headers["Samvirke-Generation"]
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_page_that_was_kept_is_made_anew_after_a_write(writer):
    before = writer.get("/en/data")
    update(writer, "INSERT DATA { <urn:new> <urn:p> 2 }")
    after = writer.get("/en/data", headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


@pytest.mark.parametrize(
    ("named", "status", "told"),
    [
        ({"data": "DROP ALL", "content_type": "text/plain"}, 415, "text/plain"),
        ({"data": "SELECT * {}", "content_type": "application/sparql-query"}, 415, "application/sparql-query"),
        ({"data": "DROP ALL", "content_type": None}, 415, "without a Content-Type"),
        ({"data": "DROP ALL", "content_type": f"{UPDATE}; charset=utf-16"}, 415, "utf-16"),
        ({"data": b"x", "headers": {**RIGHT, "Content-Encoding": "gzip"}}, 415, "compressed"),
        ({"data": b"DROP ALL # \xff"}, 400, "not UTF-8"),
        ({"data": "DROP ALL".encode("utf-16")}, 400, "not UTF-8"),
        ({"data": b"update=%ff", "content_type": FORM}, 400, "not UTF-8"),
        ({"data": "", "content_type": FORM}, 400, "“update” is missing"),
        ({"data": "query=ASK {}", "content_type": FORM}, 400, "“update” is missing"),
        ({"data": "update=DROP ALL&update=DROP ALL", "content_type": FORM}, 400, "given 2 times"),
        ({"query_string": "update=DROP ALL", "data": "", "content_type": FORM}, 400, "does not stand in the address"),
        ({"query_string": "update=DROP ALL", "data": "DROP ALL"}, 400, "does not stand in the address"),
        ({"data": "DROP ALL ; INSERT DATA { ?x <urn:p> 1 }"}, 400, "line 1:39"),
        ({"data": "SELECT * { ?s ?p ?o }"}, 400, "line 1:8"),
        ({"data": "CREATE GRAPH <urn:g>"}, 400, "already exists"),
        ({"data": "DROP ALL ; LOAD <http://127.0.0.1:9/>"}, 400, "LOAD would ask another server"),
        ({"data": "DELETE {} WHERE { SERVICE <http://127.0.0.1:9/> {} }"}, 400, "SERVICE would ask another server"),
        ({"data": f"INSERT DATA {{ {'[ <urn:p> ' * 70}"}, 400, "more than 64 brackets"),
        ({"data": f"INSERT DATA {{ <urn:s> <urn:p> '{'x' * 20_000}' }}"}, 413, ""),
        ({"query_string": "using-graph-uri=urn:g", "data": "WITH <urn:g> DELETE WHERE {}"}, 400, "names a dataset"),
        (
            {"query_string": "using-named-graph-uri=urn:g", "data": "INSERT {} USING <urn:g> WHERE {}"},
            400,
            "names a dataset",
        ),
        ({"query_string": "using-graph-uri=nowhere", "data": "DELETE WHERE { ?s ?p ?o }"}, 400, "not an address"),
    ],
)
def test_an_update_that_is_no_good_is_refused_and_changes_nothing(named, status, told, writer):
    answer = update(writer, named.pop("data"), **named)

    assert answer.status_code == status
    assert told in answer.text
    assert graph(writer) == [ONE]
    assert graph(writer, f"{STORE}?default") == [ONE]


def test_other_methods_are_told_which_is_right(writer):
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = writer.open("/update", method=method, headers=RIGHT)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    for path in (STORE, f"{STORE}/", f"{STORE}/a", GRAPH):
        asked = writer.options(path)
        refused = writer.open(path, method="PATCH", headers=RIGHT)
        assert (asked.status_code, refused.status_code) == (200, 405)
        for answer in (asked, refused):
            assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}
    assert writer.options("/update").headers["Allow"] == "POST, OPTIONS"
    assert writer.post("/sparql", data="update=DROP ALL", content_type=FORM, headers=RIGHT).status_code == 400
    assert writer.post("/sparql", data="DROP ALL", content_type=UPDATE, headers=RIGHT).status_code == 415
    assert graph(writer) == [ONE]


def test_the_dataset_of_an_update_is_the_one_the_request_names(writer):
    text = "INSERT { GRAPH <urn:out> { ?s ?p ?o } } WHERE { ?s ?p ?o }"
    update(writer, "DELETE WHERE { ?s ?p ?o } ; INSERT DATA { GRAPH <urn:h> { <urn:s> <urn:p> 2 } }")
    assert update(writer, text, query_string="using-graph-uri=urn:g&using-graph-uri=urn:h").status_code == 204
    form = "update=DELETE WHERE { GRAPH ?g { ?s ?p 1 } }&using-named-graph-uri=urn:g"
    assert update(writer, form, content_type=FORM).status_code == 204

    assert graph(writer, f"{STORE}?graph=urn:out") == [ONE, TWO]
    assert graph(writer) == []


# ------------------------------------------------------------ the graph store


def send(
    client: FlaskClient, method: str, path: str, body: str | bytes = TURTLE, kind: str = "text/turtle", **more: str
):
    return client.open(path, method=method, data=body, content_type=kind, headers={**RIGHT, **more})


@pytest.mark.parametrize("path", [f"{STORE}?graph=urn:new", f"{STORE}/people/1", f"{STORE}/b%C3%A5d%20x"])
def test_a_graph_is_made_replaced_added_to_and_deleted(path, writer):
    made = send(writer, "PUT", path)
    found = graph(writer, path)
    replaced = send(writer, "PUT", path, "<urn:s> <urn:p> 2 .")
    then = graph(writer, path)
    added = send(writer, "POST", path)
    both = graph(writer, path)
    deleted = writer.delete(path, headers=RIGHT)

    assert [answer.status_code for answer in (made, replaced, added, deleted)] == [201, 204, 204, 204]
    assert (found, then, both) == ([ONE], [TWO], [ONE, TWO])
    assert writer.get(path).status_code == writer.head(path).status_code == 404
    assert writer.delete(path, headers=RIGHT).status_code == 404
    assert graph(writer) == [ONE]


def test_an_address_below_the_store_is_the_name_of_its_graph_whatever_the_host(writer):
    send(writer, "PUT", f"{STORE}/people/1", "<#me> <urn:p> <> .", Host="evil.example")

    name = f"{BASE}rdf-graph-store/people/1"
    assert graph(writer, f"{STORE}?graph={name}") == [f"<{name}#me> <urn:p> <{name}> ."]


def test_a_graph_sent_to_the_store_itself_gets_an_address(writer):
    answer = send(writer, "POST", STORE)
    other = send(writer, "POST", f"{STORE}/")

    assert answer.status_code == other.status_code == 201
    assert answer.headers["Location"].startswith(f"{STORE}/")
    assert answer.headers["Location"] != other.headers["Location"]
    assert graph(writer, answer.headers["Location"]) == [ONE]


def test_the_default_graph_is_emptied_and_never_gone(writer):
    assert send(writer, "PUT", f"{STORE}?default", "<urn:s> <urn:p> 2 .").status_code == 204
    assert graph(writer, f"{STORE}?default") == [TWO]
    assert writer.delete(f"{STORE}?default", headers=RIGHT).status_code == 204
    assert graph(writer, f"{STORE}?default") == []


def test_an_empty_graph_can_be_made(writer):
    assert send(writer, "PUT", f"{STORE}?graph=urn:empty", "").status_code == 201
    assert graph(writer, f"{STORE}?graph=urn:empty") == []


BODIES = {
    "text/turtle": TURTLE,
    "text/turtle; charset=UTF-8": TURTLE,
    "application/n-triples": ONE,
    "application/rdf+xml": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:u="urn:"><r:Description'
    ' r:about="urn:s"><u:p r:datatype="http://www.w3.org/2001/XMLSchema#integer">1</u:p></r:Description></r:RDF>',
    "application/ld+json": '{"@id": "urn:s", "urn:p": 1}',
    "multipart/form-data; boundary=b": '--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/turtle'
    "\r\n\r\n<urn:s> <urn:p> 1 .\r\n--b\r\nContent-Type: application/n-triples\r\n\r\n" + ONE + "\r\n--b--\r\n",
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_graph_is_taken_in_each_format(kind, writer):
    assert send(writer, "PUT", f"{STORE}?graph=urn:new", BODIES[kind], kind).status_code == 201
    assert graph(writer, f"{STORE}?graph=urn:new") == [ONE]


@pytest.mark.parametrize(
    "kind", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json", "application/trig"]
)
def test_a_graph_is_given_in_the_format_asked_for(kind, writer):
    answer = writer.get(GRAPH, headers={"Accept": kind})
    head = writer.head(GRAPH, headers={"Accept": kind})

    assert answer.mimetype == head.mimetype == kind
    assert "Accept" in answer.headers["Vary"]
    assert head.data == b""
    assert head.headers["ETag"] == answer.headers["ETag"]
    assert head.content_length == len(answer.data)


PART = "--b\r\nContent-Type: text/turtle\r\n\r\n<urn:s> <urn:p> 2 ."


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status", "told"),
    [
        ("GET", STORE, "", None, 400, "names no graph"),
        ("PUT", STORE, TURTLE, "text/turtle", 400, "names no graph"),
        ("DELETE", STORE, "", None, 400, "names no graph"),
        ("PUT", f"{STORE}?default&graph=urn:g", TURTLE, "text/turtle", 400, "more than one graph"),
        ("PUT", f"{STORE}/a?graph=urn:g", TURTLE, "text/turtle", 400, "more than one graph"),
        ("PUT", f"{STORE}?graph=urn:g&graph=urn:h", TURTLE, "text/turtle", 400, "given 2 times"),
        ("PUT", f"{STORE}?default=urn:g", TURTLE, "text/turtle", 400, "has no value"),
        ("PUT", f"{STORE}?graph=relative", TURTLE, "text/turtle", 400, "not an address"),
        ("PUT", f"{STORE}?graph=", TURTLE, "text/turtle", 400, "not an address"),
        ("PUT", f"{STORE}?graph=%ff", TURTLE, "text/turtle", 400, "not UTF-8"),
        ("PUT", GRAPH, TURTLE, "text/plain", 415, "text/plain"),
        ("PUT", GRAPH, TURTLE, None, 415, "without a Content-Type"),
        ("PUT", GRAPH, "<urn:s> <urn:p> 2 <urn:x> .", "application/n-quads", 415, "application/n-quads"),
        ("PUT", GRAPH, TURTLE, "text/turtle; charset=latin-1", 415, "latin-1"),
        ("PUT", GRAPH, "<urn:s> <urn:p>\n 2 3 .", "text/turtle", 400, "line 2:"),
        ("POST", GRAPH, "<urn:s> <urn:p> 2", "text/turtle", 400, "line 1:"),
        ("PUT", GRAPH, "<urn:s> <urn:p> '\xff", "text/turtle", 400, ""),
        ("PUT", GRAPH, TURTLE, "application/rdf+xml", 400, ""),
        ("PUT", GRAPH, '<!DOCTYPE r [<!ENTITY a "b">]><r/>', "application/rdf+xml", 400, "DOCTYPE"),
        ("PUT", GRAPH, '{"@context": "http://127.0.0.1:9/", "@id": "urn:s"}', "application/ld+json", 400, "fetched"),
        (
            "PUT",
            GRAPH,
            '{"@id": "urn:h", "@graph": [{"@id": "urn:s", "urn:p": 2}]}',
            "application/ld+json",
            400,
            "",
        ),
        ("PUT", GRAPH, "<urn:s> <urn:p> '" + "x" * 20_000 + "' .", "text/turtle", 413, ""),
        ("POST", GRAPH, f"{PART}\r\n--b--", "multipart/form-data", 400, "no boundary"),
        ("POST", GRAPH, PART, "multipart/form-data; boundary=b", 400, "does not end with its boundary"),
        ("POST", GRAPH, "--b\r\nno\r\n--b--", "multipart/form-data; boundary=b", 400, "no empty line"),
        ("POST", GRAPH, "--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b", 400, "part of type “”"),
        ("GET", f"{GRAPH}&format=xlsx", "", None, 406, "xlsx"),
    ],
)
def test_a_graph_that_is_no_good_is_refused(method, path, body, kind, status, told, writer):  # noqa: PLR0917 - a row
    answer = writer.open(path, method=method, data=body, content_type=kind, headers=RIGHT)

    assert answer.status_code == status, answer.text
    assert told in answer.text
    assert graph(writer) == [ONE]
    assert graph(writer, f"{STORE}?default") == [ONE]


def test_a_format_nobody_has_is_refused_with_the_offers(writer):
    answer = writer.get(GRAPH, headers={"Accept": "image/png"})

    assert answer.status_code == 406
    assert "text/turtle" in answer.text


def test_a_conditional_write_never_overwrites_what_was_not_seen(writer):
    seen = writer.get(GRAPH).headers["ETag"]
    assert writer.get(GRAPH, headers={"If-None-Match": seen}).status_code == 304
    first = send(writer, "PUT", GRAPH, "<urn:s> <urn:p> 2 .", **{"If-Match": seen})
    second = send(writer, "PUT", GRAPH, "<urn:s> <urn:p> 3 .", **{"If-Match": seen})

    assert (first.status_code, second.status_code) == (204, 412)
    assert writer.get(GRAPH, headers={"If-None-Match": seen}).status_code == 200
    assert graph(writer) == [TWO]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("PUT", GRAPH, {"If-None-Match": "*"}, 412),
        ("PUT", f"{STORE}?graph=urn:new", {"If-None-Match": "*"}, 201),
        ("PUT", f"{STORE}?graph=urn:new", {"If-Match": "*"}, 412),
        ("POST", GRAPH, {"If-Match": "*"}, 204),
        ("DELETE", f"{STORE}?graph=urn:new", {"If-Match": "*"}, 412),
        ("DELETE", GRAPH, {"If-Match": '"another"'}, 412),
        ("DELETE", GRAPH, {"If-Match": "*"}, 204),
        ("PUT", GRAPH, {"If-None-Match": '"another"'}, 204),
    ],
)
def test_a_condition_is_kept(method, path, headers, status, writer):
    assert send(writer, method, path, **headers).status_code == status


def test_a_graph_that_came_back_as_it_was_has_the_same_nodes(writer):
    send(writer, "PUT", f"{STORE}?graph=urn:n", "_:x <urn:p> _:y . _:y <urn:q> 1 .")
    text = writer.get(f"{STORE}?graph=urn:n").text
    send(writer, "POST", f"{STORE}?graph=urn:n", text)

    assert len(graph(writer, f"{STORE}?graph=urn:n")) == 4, "blank nodes that are sent are nobody else's"


def test_the_description_names_updates_only_where_they_are_taken(writer, client):
    language = "http://www.w3.org/ns/sparql-service-description#SPARQL11Update"
    turtle = {"Accept": "application/n-triples"}

    assert language in writer.get("/sparql", headers=turtle).text
    assert "inputFormat" in writer.get("/sparql", headers=turtle).text
    assert language not in client.get("/sparql", headers=turtle).text
    assert "inputFormat" not in client.get("/sparql", headers=turtle).text
    for client_ in (writer, client):
        assert "SPARQL12Query" in client_.get("/sparql", headers=turtle).text

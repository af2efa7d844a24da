"""OpenRefine's own sequence of requests, each answer judged by the API's schemas; and what strangers send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.web.conftest import BASE

OFFLINE = {"http://swagger.io/v2/schema.json": {"definitions": {"securityDefinitions": {"additionalProperties": {}}}}}
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"


@pytest.fixture(scope="module")
def judge(shared: Path):
    """Judges an answer by a schema of the API; the one schema that lies elsewhere is not asked for."""
    folder = shared / "conformance/data/reconciliation/0.2/schemas"
    schemas = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    assert len(schemas) >= 10
    resources = [(address, DRAFT7.create_resource(schema)) for address, schema in OFFLINE.items()]
    for name, schema in schemas.items():
        for address in {
            name,
            schema.get("$id", name),
            f"https://reconciliation-api.github.io/specs/0.2/schemas/{name}",
        }:
            resources.append((address, Resource(contents=schema, specification=DRAFT7)))
    registry: Registry[Any] = Registry().with_resources(resources)

    def judged(name: str, value: object) -> None:
        validator = Draft7Validator(schemas[f"{name}.json"], registry=registry)
        assert [error.message for error in validator.iter_errors(value)] == []

    return judged


def ask(client: FlaskClient, path: str, **form: object) -> dict[str, Any]:
    answer = client.post(path, data={name: json.dumps(value) for name, value in form.items()})
    assert (answer.status_code, answer.mimetype) == (200, "application/json"), answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.get_json()


def some_things(client: FlaskClient) -> list[tuple[str, str]]:
    here = f"?s <{LABEL}> ?l FILTER(STRSTARTS(STR(?s), '{BASE}id/'))"
    withdrawn = "FILTER NOT EXISTS { ?s <http://www.w3.org/2002/07/owl#deprecated> true }"
    query = f"SELECT ?s (MIN(STR(?l)) AS ?n) {{ {here} {withdrawn} }} GROUP BY ?s"
    answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": "application/sparql-results+json"})
    rows = answer.get_json()["results"]["bindings"]
    return sorted((row["s"]["value"], row["n"]["value"]) for row in rows if "n" in row)


def path_of(address: str) -> str:
    assert address.startswith(BASE)
    return address.removeprefix(BASE.rstrip("/"))


def test_openrefine_matches_a_column_previews_and_extends_it(client, judge):
    things = some_things(client)
    assert len(things) >= 4

    # A service is added by its address; OpenRefine reads the manifest.
    manifest = client.get("/en/reconcile").get_json()
    judge("manifest", manifest)
    assert manifest["identifierSpace"] == BASE

    # To guess the type of a column, the first ten rows are asked without one, three candidates each.
    batch = {f"q{number}": {"query": name, "limit": 3} for number, (_, name) in enumerate(things[:10])}
    judge("reconciliation-query-batch", batch)
    guessed = ask(client, "/en/reconcile", queries=batch)
    judge("reconciliation-result-batch", guessed)
    types = [one["type"][0]["id"] for told in guessed.values() for one in told["result"][:1]]
    assert types

    # Then all rows are asked with the type, in batches of ten, with other columns as properties.
    for number, (iri, name) in enumerate(things[:10]):
        typed = {"query": name, "type": guessed[f"q{number}"]["result"][0]["type"][0]["id"], "type_strict": "should"}
        told = ask(client, "/en/reconcile", queries={"q0": {**typed, "properties": [{"pid": LABEL, "v": name}]}})
        judge("reconciliation-result-batch", told)
        first = told["q0"]["result"][0]
        assert first["score"] >= 95
        assert first["id"] == iri or first["name"] == name
        assert {one["id"]: one["value"] for one in first["features"]}[LABEL] == 100

    # The candidate under the mouse is previewed in a frame; whoever corrects by hand gets suggestions.
    iri = things[0][0]
    shown = client.get(path_of(manifest["preview"]["url"].replace("{{id}}", quote(iri, safe=""))))
    assert (shown.status_code, shown.mimetype) == (200, "text/html")
    assert "frame-ancestors *" in shown.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get("/en/").headers["Content-Security-Policy"]
    page = client.get(path_of(manifest["view"]["url"].replace("{{id}}", quote(iri, safe=""))), follow_redirects=True)
    assert (page.status_code, things[0][1] in page.text) == (200, True)
    for kind in ("entity", "property", "type"):
        service = manifest["suggest"][kind]
        prefix = things[0][1][:3] if kind == "entity" else ""
        answer = client.get(path_of(service["service_url"] + service["service_path"]), query_string={"prefix": prefix})
        plural = {"entity": "entities", "property": "properties", "type": "types"}[kind]
        judge(f"suggest-{plural}-response", answer.get_json())
        assert answer.get_json()["result"], kind
    flyout = manifest["suggest"]["entity"]
    answer = client.get(
        path_of(flyout["flyout_service_url"] + flyout["flyout_service_path"].replace("${id}", quote(iri, safe="")))
    )
    assert answer.get_json()["id"] == iri
    assert things[0][1] in answer.get_json()["html"]

    # Columns are added from the properties that are proposed for the type.
    propose = manifest["extend"]["propose_properties"]
    address = path_of(propose["service_url"] + propose["service_path"])
    proposed = client.get(address, query_string={"type": types[0]}).get_json()
    judge("data-extension-property-proposal", proposed)
    wanted = {"ids": [iri for iri, _ in things[:10]], "properties": [{"id": LABEL, "settings": {"limit": "1"}}]}
    wanted["properties"] += [{"id": one["id"]} for one in proposed["properties"][:5] if one["id"] != LABEL]
    judge("data-extension-query", wanted)
    extended = ask(client, "/en/reconcile", extend=wanted)
    judge("data-extension-response", extended)
    assert list(extended["rows"]) == wanted["ids"]
    assert all(len(row[LABEL]) == 1 for row in extended["rows"].values())


def test_an_address_or_a_prefixed_name_is_itself(client):
    iri, name = some_things(client)[0]
    told = ask(client, "/reconcile", queries={"q": {"query": iri}})["q"]["result"]

    assert [(one["id"], one["score"], one["match"]) for one in told] == [(iri, 100, True)]
    assert told[0]["name"]
    assert name


def test_properties_alone_find_things(client):
    iri, name = some_things(client)[0]
    told = ask(client, "/reconcile", queries={"q": {"properties": [{"pid": LABEL, "v": name.upper()}]}})["q"]["result"]

    assert told[0]["id"] == iri
    assert told[0]["score"] == 100


def test_the_neutral_address_speaks_the_clients_language(client):
    neutral = client.get("/reconcile", headers={"Accept-Language": "en"})

    assert "Accept-Language" in neutral.headers["Vary"]
    assert neutral.get_json() == client.get("/en/reconcile").get_json()


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("", 400, "no JSON"),
        ("[]", 400, "must be an object"),
        ("{", 400, "no JSON"),
        ("[" * 100_000, 400, "no JSON"),
        ('{"q": 1}', 400, "must be an object"),
        ('{"q": {}}', 400, "must be a text"),
        ('{"q": {"query": 7}}', 400, "must be a text"),
        ('{"q": {"query": "a", "limit": -1}}', 400, "from 1 on"),
        ('{"q": {"query": "a", "type": [1]}}', 400, "must be an identifier"),
        ('{"q": {"query": "a", "type_strict": "never"}}', 400, "“any”"),
        ('{"q": {"query": "a", "properties": [{}]}}', 400, "“pid”"),
        (json.dumps({f"q{number}": {"query": "a"} for number in range(201)}), 413, "200 are answered"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_batch_is_refused_with_the_part_that_is_wrong(client, text, status, told):
    answer = client.post("/reconcile", data={"queries": text}, headers={"Accept": "application/json"})

    assert answer.status_code == status
    assert told in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "query",
    ["'; DROP", '" } UNION { ?s ?p ?o', "\\", "a\x00b", "🦊" * 400, "<script>", "%s%n", "*", "{{id}}"],
)
def test_strange_names_and_properties_are_answered(client, query):
    wanted = [{"pid": query, "v": query}, {"pid": LABEL, "v": [query, 7, True, {"id": query}]}]
    told = ask(client, "/reconcile", queries={"q": {"query": query, "properties": wanted}, "r": {"properties": wanted}})
    extended = ask(client, "/reconcile", extend={"ids": [query], "properties": [{"id": query}]})

    assert set(told) == {"q", "r"}
    assert extended["rows"] == {query: {query: []}}


def test_previews_of_what_is_not_here_are_not_found(client):
    for path in ("preview", "flyout"):
        assert client.get(f"/en/reconcile/{path}", query_string={"id": "urn:nothing"}).status_code == 404
    assert client.get("/en/reconcile/suggest/nothing").status_code == 404


def test_a_body_that_is_no_form_is_refused(client):
    answer = client.post("/reconcile", data=b"{}", content_type="application/json", headers={"Accept": "text/html"})

    assert answer.status_code == 400

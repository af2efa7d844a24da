"""`/openapi.json`: a fuzzer that this project did not write holds every address to it."""

from __future__ import annotations

import re

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from samvirke.web.openapi import DOORS

PAGES = (  # For readers, and what only leads to such a page.
    r"/",
    r"/(<language:lang>)?/?(about|accessibility|data|documents|search|graph|timeline|suggest|map|api|changes)?",
    r"/<language:lang>/(<path:local>|id/.*|document/.*|class/<path:name>|help/.*|queries/.*|rule/.*|thing|ontology)",
    r"/<language:lang>/(validation|sparql|sparql/share)",
    r"/(help/.*|class/<path:name>|<path:local>|favicon\.ico|static/.*|was|\.well-known/security\.txt)",
    r"/sitemap-<int:part>\.xml",
    r"/rdf-graph-store/.*",  # The same as without the slash, and direct identification (GSP 4.1).
)
ELSEWHERE = ("/changes/", "/rule/", "/document/", "/{lang}/map.svg")
"""What has no answer on this site for the examples: their names are not those of things, and nothing has a place."""
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


def test_every_route_for_programs_is_a_door_and_every_door_a_route(app: Flask):
    routes = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    doors = {(door.path, door.method) for door in DOORS}
    matched = set()
    for rule, method in routes:
        pattern = re.sub(r"\\?<[^>]*?:?(\w+)>", "{}", rule)
        same = {door for door in doors if door[1] == method and _fits(door[0], rule)}
        matched |= same
        listed = any(re.fullmatch(one, rule) for one in PAGES)
        other = rule == "/update" and method != "post"  # Answers 405, in the protocol's own words.
        assert same or listed or other, (rule, method, pattern)

    assert doors - matched == set()
    assert len(doors) >= 45


def _fits(path: str, rule: str) -> bool:
    """Whether a door's path is the rule's, whatever its parts are called; one rule may be several doors."""
    pieces = re.split(r"(<[^>]+>)", rule)
    pattern = ""
    for piece in pieces:
        if piece.startswith("<any("):
            names = piece[piece.index("(") + 1 : piece.index(")")].split(",")
            pattern += rf"(\{{\w+\}}|{'|'.join(map(re.escape, names))})"
        else:
            pattern += r"(\{\w+\}|\w+)" if piece.startswith("<") else re.escape(piece)
    return re.fullmatch(pattern, path) is not None


def test_it_is_what_openapi_says(client):
    told = client.get("/openapi.json")

    assert (told.status_code, told.mimetype) == (200, "application/json")
    assert told.json["openapi"] == "3.1.0"
    assert {name for path in told.json["paths"].values() for name in path} == {"get", "post", "put", "delete"}


OFTEN = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("number", range(len(DOORS)), ids=lambda number: f"{DOORS[number].method} {DOORS[number].path}")
def test_no_request_breaks_an_address_and_every_answer_is_described(number, app):
    door = DOORS[number]
    operation = schemathesis.openapi.from_wsgi("/openapi.json", app)[door.path][door.method]

    @OFTEN
    @given(case=operation.as_strategy())
    def hold(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=list(CHECKS))

    hold()


def test_the_examples_are_answered(client):
    """Each read that is described with examples for all it needs answers something."""
    paths, answered = client.get("/openapi.json").json["paths"], 0
    for path, operations in paths.items():
        operation = operations.get("get")
        if operation is None:
            continue
        needed = [
            one
            for one in operation.get("parameters", ())
            if one["required"] or one["name"] in ("about", "id", "address", "default")
        ]
        needed = [one for one in needed if one["in"] == "path" or "example" in one]
        values = {one["name"]: one.get("example", (one["schema"].get("enum") or [None])[0]) for one in needed}
        if None in values.values():
            continue
        address, asked = path, {}
        for one in needed:
            if one["in"] == "path":
                address = address.replace(f"{{{one['name']}}}", str(values[one["name"]]))
            else:
                asked[one["name"]] = values[one["name"]]
        answer = client.get(address, query_string=asked)
        assert answer.status_code in (200, 303, 404 if path.startswith(ELSEWHERE) else 200), address
        answered += 1

    assert answered >= 30

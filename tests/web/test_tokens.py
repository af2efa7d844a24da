"""Tokens before writes: what each refusal says, when a token ends, and how often it may write.

The store is a scratch one, which takes what a token permits; over a real socket the same is tried in
`tests/front/test_tokens_over_http.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from samvirke.scratch import open_scratch
from samvirke.settings import Limits
from samvirke.tokens import FILE, Rates, Tokens, issue, read_scope, revoke
from samvirke.web import create_app
from samvirke.web.publication import serving
from samvirke.web.writing import Permit, Refused
from samvirke.workers import Pool

BASE = "http://127.0.0.1:8000/"
STORE = "/rdf-graph-store"
UPDATE = "application/sparql-update"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TURTLE = "<urn:s> <urn:p> 1 ."
CHALLENGE = 'Bearer realm="samvirke"'


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    site = open_scratch(tmp_path_factory.mktemp("tokens"), base=BASE)
    with Pool.start(site.state, Limits(workers=2, write_bytes=20_000)) as running:
        yield running


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def app(pool, tmp_path_factory) -> Flask:
    return create_app(tmp_path_factory.mktemp("state"), pool=pool, writable=True)


@pytest.fixture
def client(app, tmp_path, clock) -> FlaskClient:
    """A client of a site that takes writes, with a folder of the test's own for the tokens, and the test's clock."""
    serving(app).tokens = Tokens(tmp_path, clock=clock)
    serving(app).rates = Rates(clock=lambda: clock().timestamp())
    return app.test_client()


@pytest.fixture
def make(tmp_path):
    def made(*scope: str, name: str = "ada", rate: int = 60, expires: datetime | None = None) -> dict[str, str]:
        _, secret = issue(tmp_path, name, scope=read_scope(scope), expires=expires, rate=rate, now=NOW)
        return {"Authorization": f"Bearer {secret}"}

    return made


def update(client: FlaskClient, headers: dict[str, str], graph: str = "urn:g"):
    text = f"INSERT DATA {{ GRAPH <{graph}> {{ {TURTLE} }} }}"
    return client.post("/update", data=text, content_type=UPDATE, headers=headers)


def send(client: FlaskClient, method: str, path: str, headers: dict[str, str]):
    return client.open(path, method=method, data=TURTLE, content_type="text/turtle", headers=headers)


def test_each_verb_opens_what_it_names_and_nothing_else(client, make):
    tried = {
        "update": lambda headers: update(client, headers),
        "put": lambda headers: send(client, "PUT", f"{STORE}?graph=urn:v", headers),
        "post": lambda headers: send(client, "POST", f"{STORE}?graph=urn:v", headers),
        "delete": lambda headers: send(client, "DELETE", f"{STORE}?graph=urn:v", headers),
    }
    for verb, write in tried.items():
        headers = make(verb, name=verb)
        for other, attempt in tried.items():
            if other != verb:
                answer = attempt(headers)
                assert answer.status_code == 403
                assert answer.text == f"The token “{verb}” does not permit “{other}”, but {verb}.\n"
                assert answer.headers["WWW-Authenticate"] == f'{CHALLENGE}, error="insufficient_scope", scope="{other}"'
        assert write(headers).status_code in (201, 204)


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("PUT", f"{STORE}?graph=urn:ours:1", 201, ""),
        ("PUT", f"{STORE}?graph=urn:ours", 403, "<urn:ours>"),
        ("PUT", f"{STORE}?graph=urn:theirs", 403, "<urn:theirs>"),
        ("PUT", f"{STORE}?default", 403, "the default graph"),
        ("PUT", f"{STORE}/mine", 201, ""),
        ("PUT", f"{STORE}/mine/2", 403, f"<{BASE}rdf-graph-store/mine/2>"),
        ("POST", f"{STORE}?graph=urn:theirs", 403, "<urn:theirs>"),
        ("POST", STORE, 403, f"<{BASE}rdf-graph-store/"),
        ("DELETE", f"{STORE}?graph=urn:theirs", 403, "<urn:theirs>"),
        ("DELETE", f"{STORE}?default", 403, "the default graph"),
        ("DELETE", f"{STORE}?graph=urn:ours:none", 404, ""),
    ],
)
def test_a_graph_outside_the_scope_is_not_touched(method, path, status, told, client, make):  # noqa: PLR0917 - a row
    headers = make(f"put,post,delete:{BASE}rdf-graph-store/mine", "put,post,delete:urn:ours:*")
    answer = send(client, method, path, headers)
    client.delete(path, headers=make("delete", name="sweeper"))

    assert answer.status_code == status
    assert told in answer.text
    if status == 403:
        verb = method.lower()
        assert answer.headers["WWW-Authenticate"] == f'{CHALLENGE}, error="insufficient_scope", scope="{verb}"'
        assert f"does not permit “{verb}” for the " in answer.text
        assert answer.text.endswith(f"but for <{BASE}rdf-graph-store/mine>, <urn:ours:…>.\n")


def test_a_permit_knows_the_graphs_of_its_verb():
    allowed = Permit("ada", "update", ("urn:ours:*",))
    allowed.check(["urn:ours:1", "urn:ours:2"])
    with pytest.raises(Refused, match="for the graph <urn:theirs>, but for <urn:ours:…>"):
        allowed.check(["urn:ours:1", "urn:theirs", "urn:worse"])
    with pytest.raises(Refused, match="for the default graph"):
        allowed.check([""])

    assert Permit("ada", "update").may_touch("")
    assert not Permit("ada", "update", ()).may_touch("urn:ours:1")


def test_a_token_ends_when_it_says(client, make, clock):
    headers = make("update", expires=NOW + timedelta(hours=1))
    clock.now = NOW + timedelta(minutes=59, seconds=59)
    before = update(client, headers)
    clock.now = NOW + timedelta(hours=1)
    after = update(client, headers)

    assert (before.status_code, after.status_code) == (204, 401)
    assert after.headers["WWW-Authenticate"] == f'{CHALLENGE}, error="invalid_token"'
    assert after.text == "The token “ada” has expired.\n"


def test_a_token_that_is_revoked_is_unknown_at_once_and_a_new_one_known(client, make, tmp_path):
    old = make("update")
    before = update(client, old)
    revoke(tmp_path, "ada")
    after = update(client, old)
    new = make("update")

    assert (before.status_code, after.status_code, update(client, new).status_code) == (204, 401, 204)
    assert after.text == "The token is unknown here, or has been revoked.\n"
    assert after.headers["WWW-Authenticate"] == f'{CHALLENGE}, error="invalid_token"'
    assert update(client, old).status_code == 401


def test_who_writes_too_often_waits(client, make, clock):
    headers = make("update", rate=3)
    other = make("update", name="bo", rate=1)
    done = [update(client, headers).status_code for _ in range(3)]
    refused = update(client, headers)
    others = update(client, other)
    clock.now += timedelta(seconds=20)

    assert done == [204] * 3
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "20")
    assert refused.text.startswith("The token has written as often as it may: 3 times a minute. Wait")
    assert others.status_code == 204
    assert update(client, headers).status_code == 204
    assert update(client, headers).status_code == 429


def test_a_refusal_for_want_of_scope_is_not_counted_as_a_write(client, make):
    headers = make("put", rate=1)

    assert [update(client, headers).status_code for _ in range(3)] == [403] * 3
    assert send(client, "PUT", f"{STORE}?graph=urn:r", headers).status_code in (201, 204)


WRITES = [("POST", "/update"), ("PUT", f"{STORE}?graph=urn:g"), ("POST", STORE), ("DELETE", f"{STORE}?graph=urn:g")]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("left", [b"", b'{"version": 2, "tokens": []}'])
def test_damaged_tokens_open_nothing_and_say_so_without_a_path(method, path, left, client, make, tmp_path):  # noqa: PLR0917 - a row
    headers = make("all")
    good = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(left)
    answer = send(client, method, path, headers)
    without = send(client, method, path, {})
    (tmp_path / FILE).write_bytes(good)

    assert answer.status_code == 503
    assert answer.text.startswith("The tokens of this server cannot be read, so nobody can write. Tell who runs it.\n")
    assert str(tmp_path) not in answer.text + json.dumps(list(answer.headers))
    assert without.status_code == 401
    assert update(client, headers).status_code == 204, "repaired, it opens again"


def test_without_a_file_every_token_is_unknown(client, make, tmp_path):
    headers = make("all")
    (tmp_path / FILE).unlink()

    assert update(client, headers).status_code == 401


def test_the_token_of_a_scratch_store_is_none_here(client, make):
    make("update")

    assert update(client, {"Authorization": "Bearer word"}).status_code == 401
    assert update(client, {"Authorization": "Bearer "}).status_code == 401


def test_a_program_is_told_as_a_program_and_a_reader_as_a_reader(client, make):
    headers = make("put")
    problem = update(client, {**headers, "Accept": "application/problem+json"})
    page = update(client, {**headers, "Accept": "text/html", "Accept-Language": "da"})

    assert problem.json["status"] == page.status_code == 403
    assert problem.json["detail"] == "The token “ada” does not permit “update”, but put."
    assert problem.headers["WWW-Authenticate"] == page.headers["WWW-Authenticate"]
    assert "The token “ada” does not permit “update”, but put." in page.text

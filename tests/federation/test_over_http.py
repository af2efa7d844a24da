"""Federation as an operator switches it on: the setting, what the endpoint says of itself, what is kept of answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.federation.other import Other
from tests.processes import children, ended, eventually, proc
from tests.server import Server, serving

SITE = Path(__file__).parent.parent / "web" / "site"
FEATURE = "BasicFederatedQuery"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("federated") / "site"
    shutil.copytree(SITE, folder)
    return folder


@pytest.fixture(scope="module")
def server(site: Path, other: Other) -> Iterator[Server]:
    with serving(
        site,
        allow_invalid="yes",
        reasoner="off",
        federation=f"https://query.wikidata.org,{other.origin}",
        federation_private=other.origin,
        limits_federation_timeout_ms="500",
    ) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, trust_env=False, timeout=20) as talking:
        yield talking


def clause(other: Other, path: str = "/sparql") -> str:
    return f"SELECT * {{ SERVICE <{other.origin}{path}> {{ <urn:a> <urn:knows> ?who }} }}"


def test_an_answer_with_a_part_of_another_server_is_not_kept(client, other):
    other.seen.clear()
    for _ in range(2):
        got = client.get("/sparql", params={"query": clause(other)}, headers={"Accept": "application/json"})
        assert (got.status_code, got.headers["Cache-Control"], got.headers.get("ETag")) == (200, "no-store", None)
        assert len(got.json()["results"]["bindings"]) == 2

    assert len(other.seen) == 2


def test_an_answer_of_our_own_is_kept_as_ever(client):
    got = client.get("/sparql", params={"query": "ASK { }"}, headers={"Accept": "application/json"})

    assert got.headers["Cache-Control"] == "public, no-cache"
    assert got.headers["ETag"]


def test_nothing_of_who_asks_goes_along(client, other):
    other.seen.clear()
    private = {"Authorization": "Bearer smv_secret", "Cookie": "a=b", "X-Forwarded-For": "1.2.3.4", "User-Agent": "me"}
    client.post("/sparql", data={"query": clause(other)}, headers=private)

    (seen,) = other.seen
    assert sorted(seen[2]) == ["Accept", "Accept-Encoding", "Host", "User-Agent"]
    assert seen[2]["User-Agent"].startswith("Samvirke/")
    assert "smv_secret" not in str(seen)


def test_a_failure_is_a_bad_gateway_with_its_place(client, other):
    got = client.get("/sparql", params={"query": clause(other, "/silent")}, headers={"Accept": "application/json"})
    told = got.json()

    assert (got.status_code, told["code"], told["line"], told["column"]) == (502, "service-failed", 1, 12)
    assert "did not answer in time" in told["detail"]
    assert told["excerpt"].endswith("^")


def test_the_page_for_queries_asks_too_and_tells_a_failure(client, other):
    good = client.get("/en/sparql", params={"query": clause(other)})
    bad = client.get("/en/sparql", params={"query": clause(other, "/html")})

    assert "urn:c" in good.text
    assert "answered in another format" in bad.text


def test_evidence_is_not_asked_of_others(client, other):
    other.seen.clear()
    got = client.get("/sparql", params={"query": clause(other), "explain": "evidence"})

    assert got.status_code == 400
    assert other.seen == []


def test_the_service_says_whom_it_asks(client, other):
    told = client.get("/sparql", headers={"Accept": "text/turtle"})

    assert FEATURE in told.text
    assert f"SERVICE asks servers at https://query.wikidata.org, {other.origin} and no others" in told.text


def test_without_the_setting_nothing_is_asked_and_nothing_is_promised(site, other, tmp_path):
    other.seen.clear()
    copy = shutil.copytree(site, tmp_path / "site")
    with serving(copy, "--no-build") as off, httpx.Client(base_url=off.address, trust_env=False, timeout=20) as client:
        told = client.get("/sparql", headers={"Accept": "text/turtle"}).text
        got = client.get("/sparql", params={"query": clause(other)}, headers={"Accept": "application/json"})
        silent = clause(other).replace("SERVICE", "SERVICE SILENT")
        kept = client.get("/sparql", params={"query": silent}, headers={"Accept": "application/json"})

    assert FEATURE not in told
    assert "SERVICE, and FROM of what is not in the dataset, fetch nothing." in told
    assert (got.status_code, json.loads(got.text)["rule"]) == (400, "outbound")
    assert (kept.status_code, kept.headers["Cache-Control"]) == (200, "public, no-cache")
    assert other.seen == []


def test_a_server_that_is_killed_leaves_no_fetcher(site, other, tmp_path):
    copy = shutil.copytree(site, tmp_path / "site")
    named = {"federation": other.origin, "federation_private": other.origin}
    with serving(copy, "--no-build", **named) as running:
        with httpx.Client(base_url=running.address, trust_env=False, timeout=20) as client:
            assert client.get("/sparql", params={"query": clause(other)}).status_code == 200
        found = fetchers(running.process.pid)
        running.process.kill()
        running.process.wait()

        assert len(found) == 1
        assert eventually(lambda: all(ended(number) for number in found))


def fetchers(number: int) -> list[int]:
    """The processes below one that connect to other servers."""
    started = children(number)
    own = [one for one in started if b"samvirke.federation" in proc(one, "cmdline")]
    return own + [found for one in started if one not in own for found in fetchers(one)]

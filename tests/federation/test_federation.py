"""Queries with SERVICE as clients send them: the fetcher process, other servers, and what stays as it was."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from samvirke import errors
from samvirke.federation import Federation
from samvirke.sparql import gate_update
from samvirke.workers import Pool, QueryRequest
from samvirke.workers.abroad import answered_abroad
from samvirke.workers.desk import Desk
from tests import loops
from tests.federation.other import Other
from tests.generation import numbers, publish
from tests.processes import LIMITS, children, ended, eventually, open_files, proc

JSON = "application/sparql-results+json"
SOME = replace(
    LIMITS,
    timeout_ms=5_000,
    federation_timeout_ms=2_000,
    federation_bytes=100_000,
    federation_rows=40,
    federation_calls=3,
    concurrent_per_client=4,
)
SHORT = replace(SOME, federation_timeout_ms=300)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    data, default = numbers(3)
    publish(folder, "v1", data=data, default=default)
    return folder


@pytest.fixture(scope="module")
def pool(state: Path, other: Other) -> Iterator[Pool]:
    with Pool.start(state, SOME, warm=False) as running:
        running.abroad = Federation((other.origin,), (other.origin,), limits=SOME)
        yield running


@pytest.fixture
def hasty(pool: Pool, other: Other) -> Iterator[Pool]:
    """The same with less patience."""
    usual, pool.abroad = pool.abroad, Federation((other.origin,), (other.origin,), limits=SHORT)
    yield pool
    pool.abroad.close()
    pool.abroad = usual


def request(text: str, *, client: str = "", **more: object) -> QueryRequest:
    return QueryRequest(text=text, media_type=JSON, client=client, federated=True, **more)


def answer(pool: Pool, text: str, **more: object) -> dict:
    return json.loads(pool.query(request(text, **more)).read())


def rows(pool: Pool, text: str) -> list[dict[str, str]]:
    found = answer(pool, text)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in found]


def errands(federation: Federation) -> list[int]:
    """The errands that are being done."""
    assert federation._process is not None
    return children(federation._process.pid)


# ---------------------------------------------------------------- answers


def test_another_servers_rows_are_joined_with_ours(pool, other):
    text = f"SELECT ?who ?n {{ SERVICE <{other.origin}/sparql> {{ <urn:a> <urn:knows> ?who }} BIND(1 AS ?n) }}"

    assert sorted(row["who"] for row in rows(pool, text)) == ["urn:b", "urn:c"]


def test_every_form_of_query_may_ask(pool, other):
    group = f"{{ SERVICE <{other.origin}/sparql> {{ ?a <urn:name> ?name }} }}"
    assert answer(pool, f"ASK {group}")["boolean"] is True
    turtle = pool.query(
        QueryRequest(text=f"CONSTRUCT {{ ?a <urn:is> ?name }} {group}", media_type="text/turtle", federated=True)
    ).read()

    assert b'<urn:a> <urn:is> "Ane"@da' in turtle


def test_from_chooses_our_dataset_and_not_theirs(pool, other):
    text = f"SELECT ?who FROM <urn:none> {{ SERVICE <{other.origin}/sparql> {{ <urn:a> <urn:knows> ?who }} }}"

    assert len(rows(pool, text)) == 2


def test_a_blank_node_is_one_in_the_answer(pool, other):
    text = f"SELECT * {{ SERVICE <{other.origin}/sparql> {{ <urn:b> <urn:knows> ?who . ?who <urn:name> ?name }} }}"
    (row,) = answer(pool, text)["results"]["bindings"]

    assert (row["who"]["type"], row["name"]["value"]) == ("bnode", "?")


@pytest.mark.parametrize("path", ["/html", "/silent", "/status/503", "/drip", "/slow-head", "/large", "/many-rows"])
def test_silence_says_nothing_and_the_query_goes_on(path, hasty, other):
    text = f"SELECT * {{ BIND(1 AS ?one) SERVICE SILENT <{other.origin}{path}> {{ ?s <urn:x> ?o }} }}"
    found = answer(hasty, text)

    assert sorted(found["head"]["vars"]) == ["o", "one", "s"]
    assert [list(row) for row in found["results"]["bindings"]] == [["one"]]


FAILURES = {
    "/silent": "did not answer in time",
    "/drip": "did not answer in time",
    "/slow-head": "did not answer in time",
    "/large": "has more than 100000 bytes to say (limits.federation_bytes)",
    "/many-rows": "has more than 40 rows to say (limits.federation_rows)",
    "/not-json": "answered with text that is not JSON",
    "/ask": "answered with JSON that has no rows",
    "/status/429": "answered with status 429",
}


@pytest.mark.parametrize("path", FAILURES)
def test_a_failure_is_told_with_the_place_of_its_clause(path, hasty, other):
    text = f"SELECT * {{\n  ?a ?b ?c\n  SERVICE <{other.origin}{path}> {{ ?s ?p ?o }} }}"
    with pytest.raises(errors.ServiceFailed) as failed:
        hasty.query(request(text))

    assert failed.value.message == f"The server asked by SERVICE, <{other.origin}{path}>, {FAILURES[path]}."
    assert (failed.value.line, failed.value.column) == (3, 3)


def test_one_failure_ends_the_query_though_others_are_still_on_their_way(pool, other):
    text = f"SELECT * {{ SERVICE <{other.origin}/silent> {{ ?s ?p ?o }} SERVICE <{other.origin}/html> {{ ?s ?p ?o }} }}"
    with pytest.raises(errors.ServiceFailed, match="answered in another format"):
        pool.query(request(text))


# ---------------------------------------------------------------- refusals


def test_a_server_that_is_not_named_is_refused_with_those_that_are(pool, other):
    with pytest.raises(errors.QueryRefused) as refused:
        pool.query(request("SELECT * { SERVICE <https://query.wikidata.org/sparql> { ?s ?p ?o } }"))

    assert (refused.value.rule, refused.value.line, refused.value.column) == ("outbound", 1, 12)
    assert refused.value.remedy == f"These are: {other.origin}."


def test_a_query_that_is_refused_asks_nobody(pool, other):
    other.seen.clear()
    group = f"SERVICE <{other.origin}/sparql> {{ ?s ?p ?o }}"
    refused = [
        f"SELECT * {{ {group} {group} {group} {group} }}",
        f"SELECT * {{ {group} SERVICE <http://elsewhere.example/> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ {group} {'(' * 65} }}",
        f"SELECT * {{ {group} {'?a ?b ?c . ' * 65} }}",
        f"SELECT * {{ SERVICE <{other.origin}/sparql> {{ {'?a ?b ?c . ' * 65} }} }}",
        f"SELECT * {{ SERVICE <{other.origin}/sparql> {{ {'{' * 65}{'}' * 65} }} }}",
        f"SELECT * {{ SERVICE <{other.origin}/sparql> {{ {'{' * 30_000}{'}' * 30_000} }} }}",
    ]
    rules = []
    for text in refused:
        with pytest.raises(errors.QueryRefused) as told:
            pool.query(request(text))
        rules.append(told.value.rule)

    assert rules == [
        "federation_calls",
        "outbound",
        "nesting",
        "triple_patterns",
        "triple_patterns",
        "nesting",
        "nesting",
    ]
    assert other.seen == []


def test_a_mistake_elsewhere_in_the_query_has_its_own_place(pool, other):
    text = f"SELECT * {{ SERVICE\n<{other.origin}/sparql>\n {{ ?s <urn:name> ?o }} . nonsense }}"
    with pytest.raises(errors.QuerySyntaxError) as told:
        pool.query(request(text))

    assert (told.value.line, text.split("\n")[2][told.value.column - 1 :]) == (3, "nonsense }")


def test_an_update_asks_nobody(other):
    with pytest.raises(errors.QueryRefused) as refused:
        gate_update(f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{other.origin}/sparql> {{ ?s ?p ?o }} }}", SOME)

    assert refused.value.rule == "outbound"


def test_who_is_not_federated_asks_nobody(pool, other):
    other.seen.clear()
    text = f"SELECT * {{ SERVICE <{other.origin}/sparql> {{ ?s ?p ?o }} }}"
    for asked in (request(text, explain=True), QueryRequest(text=text, media_type=JSON)):
        with pytest.raises(errors.QueryRefused) as refused:
            pool.query(asked)
        assert refused.value.rule == "outbound"

    assert other.seen == []


# ---------------------------------------------------------------- shares


def test_waiting_for_others_counts_towards_the_clients_budget(pool, other):
    text = f"ASK {{ SERVICE <{other.origin}/slow> {{ <urn:a> <urn:knows> ?x }} }}"
    answer(pool, text, client="waits")
    left, _ = pool.budget._buckets["waits"]

    assert pool.limits.client_budget_ms / 1000 - left >= 0.2


def test_twenty_at_once_are_all_answered(pool, other):
    text = f"SELECT * {{ SERVICE <{other.origin}/sparql> {{ <urn:a> <urn:knows> ?who }} }}"

    async def all_of_them() -> list[int]:
        async with Desk(pool) as desk:
            found = await asyncio.gather(*(desk.query(request(text, client=f"c{i % 5}"), "SELECT") for i in range(20)))
        return [one.rows for one in found]

    assert loops.run(all_of_them()) == [2] * 20


def test_no_worker_is_held_while_others_are_waited_for(pool, other):
    """More queries wait for a silent server than there are workers; a plain one is answered all the same."""
    waits = f"ASK {{ SERVICE <{other.origin}/silent> {{ ?s ?p ?o }} }}"

    async def meanwhile() -> tuple[bool, int]:
        async with Desk(pool) as desk:
            waiting = [asyncio.ensure_future(desk.query(request(waits, client=f"c{i}"), "ASK")) for i in range(6)]
            await asyncio.sleep(0.2)
            taken = sum(pool.lanes["query"]._taken.values())
            plain = await desk.query(request("ASK {}"), "ASK")
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return json.loads(plain.body.read())["boolean"], taken

    assert loops.run(meanwhile()) == (True, 0)


def test_a_client_has_its_share_of_places_abroad(pool, other):
    waits = f"ASK {{ SERVICE <{other.origin}/silent> {{ ?s ?p ?o }} }}"

    async def meanwhile() -> int:
        async with Desk(pool) as desk:
            waiting = [asyncio.ensure_future(desk.query(request(waits, client="one"), "ASK")) for _ in range(6)]
            await asyncio.sleep(0.2)
            held = pool.lanes["abroad"]._taken["one"]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return held

    assert loops.run(meanwhile()) == SOME.concurrent_per_client
    assert not pool.lanes["abroad"]._taken


def test_a_client_that_leaves_ends_what_is_done_for_it(pool, other):
    text = f"ASK {{ SERVICE <{other.origin}/silent> {{ ?s ?p ?o }} }}"
    seen = []

    async def leave() -> None:
        async with Desk(pool) as desk:
            task = asyncio.ensure_future(desk.query(request(text), "ASK", watch=lambda: seen.append("watched")))
            while not (seen and errands(pool.abroad)):  # The first errand waits for the fetcher to start.
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    loops.run(leave())

    assert eventually(lambda: errands(pool.abroad) == [])


def test_a_client_is_watched_also_while_a_worker_goes_on_after_a_quick_answer(pool, other):
    many = " ".join(f"VALUES ?x{i} {{ {'1 ' * 60} }}" for i in range(6))
    text = f"SELECT (COUNT(*) AS ?n) {{ SERVICE <{other.origin}/sparql> {{ <urn:a> <urn:name> ?x }} {many} }}"
    seen = []

    async def ask() -> None:
        async with Desk(pool) as desk:
            asked = request(text, timeout_ms=1_500)
            with pytest.raises(errors.QueryTimeout):
                await desk.query(asked, "SELECT", watch=lambda: seen.append("watched"))

    loops.run(ask())

    assert seen == ["watched"]


# ---------------------------------------------------------------- the process


def test_the_fetcher_knows_no_secret_and_no_proxy(pool, other, monkeypatch):
    monkeypatch.setenv("SAMVIRKE_TOKEN", "secret-of-the-operator")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    federation = Federation((other.origin,), (other.origin,), limits=SOME)
    loops.run(federation.inlined("ASK {}", base="http://site.example/", timeout_s=5))
    number = federation._process.pid
    environment = proc(number, "environ")
    files = open_files(number).values()
    federation.close()

    assert environment
    assert b"secret" not in environment
    assert b"proxy" not in environment.lower()
    assert [name for name in files if "samvirke" in name or ".sqlite" in name] == []
    assert not Path(f"/proc/{number}").exists()


def test_a_fetcher_that_was_killed_is_started_again(pool, other):
    text = f"SELECT * {{ SERVICE <{other.origin}/sparql> {{ <urn:a> <urn:knows> ?who }} }}"
    rows(pool, text)
    before = pool.abroad._process.pid
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: ended(before))

    assert len(rows(pool, text)) == 2
    assert pool.abroad._process.pid != before


def test_an_errand_that_is_killed_is_an_error_and_the_next_is_answered(pool, other):
    text = f"ASK {{ SERVICE <{other.origin}/silent> {{ ?s ?p ?o }} }}"

    async def kill() -> None:
        async with Desk(pool) as desk:
            task = asyncio.ensure_future(desk.query(request(text), "ASK"))
            while not (found := errands(pool.abroad)):
                await asyncio.sleep(0.01)
            os.kill(found[0], signal.SIGKILL)
            with pytest.raises(errors.ServiceFailed, match="ended before it had an answer"):
                await task

    loops.run(kill())

    assert answer(pool, f"ASK {{ SERVICE <{other.origin}/sparql> {{ ?s ?p ?o }} }}")["boolean"] is True


def test_an_errand_writes_no_file_and_has_little_memory(pool, other):
    text = f"ASK {{ SERVICE <{other.origin}/silent> {{ ?s ?p ?o }} }}"

    async def look() -> str:
        async with Desk(pool) as desk:
            task = asyncio.ensure_future(desk.query(request(text), "ASK"))
            waiting = len(other.seen)
            while len(other.seen) == waiting:
                await asyncio.sleep(0.01)
            limits = Path(f"/proc/{errands(pool.abroad)[0]}/limits").read_text("ascii")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return limits

    limits = {line[:26].strip(): line[26:].split()[0] for line in loops.run(look()).splitlines()}
    assert (limits["Max file size"], limits["Max core file size"], limits["Max open files"]) == ("0", "0", "64")
    assert int(limits["Max address space"]) < 1 << 30


def test_what_others_take_is_taken_off_the_time_of_the_query(pool, other):
    """They may take all of it; a worker has a moment then to say what there is to say."""
    text = f"SELECT * {{ SERVICE SILENT <{other.origin}/silent> {{ ?s ?p ?o }} }}"
    asked, _ = loops.run(answered_abroad(pool, request(text, timeout_ms=300)))

    assert asked.timeout_ms == 100
    assert [answer for _, _, answer in asked.inlined] == ["VALUES(?s ?p ?o){(UNDEF UNDEF UNDEF)}"]

"""Writes: evaluated in a confined worker, applied by the template – all of it or nothing, and seen at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from samvirke import errors
from samvirke.workers import Pool, QueryRequest, WriteRequest, Zygote
from samvirke.workers.answers import Body, Shelf
from samvirke.workers.client import Line
from samvirke.workers.request import Request
from tests.generation import BASE, numbers, publish
from tests.processes import LIMITS

COUNT = f"SELECT (COUNT(*) AS ?c) {{ ?s <{BASE}ex#number> ?n }}"
RUNAWAY = "{ ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i FILTER(STR(?i) = CONCAT(STR(?a), STR(?d), STR(?f))) }"
ADD = f'INSERT DATA {{ <urn:new> <{BASE}ex#number> "0" }}'


def ask(pool: Pool, text: str) -> list[str]:
    """Return the lines of an answer without its header."""
    return pool.query(QueryRequest(text=text, media_type="text/csv")).read().decode().splitlines()[1:]


def update(pool: Pool, text: str, **extra) -> str:
    return pool.write(WriteRequest(action="update", content=text.encode(), **extra)).version


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    data, default = numbers(300)
    publish(folder, "v1", data=data, default=default, writable=True)
    return folder


@pytest.fixture
def pool(state: Path) -> Iterator[Pool]:
    """A pool over a store that no other test has written to."""
    with Pool.start(state, LIMITS) as running:
        yield running


def test_the_very_next_question_sees_a_write(pool):
    before = pool.version
    assert ask(pool, COUNT) == ["300"]
    for number in range(1, 6):
        version = update(pool, f"INSERT DATA {{ <urn:new> <{BASE}ex#number> {number} }}")
        answer = pool.query(QueryRequest(text=COUNT, media_type="text/csv"))

        assert answer.read() == f"c\r\n{300 + number}\r\n".encode()
        assert answer.version == version == pool.version != before
        before = version


def test_a_write_that_changes_nothing_makes_no_version(pool):
    before = pool.version
    update(pool, "DELETE DATA { <urn:never> <urn:was> <urn:there> }")

    assert pool.version == before


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"INSERT {{ ?a <urn:p> ?i }} WHERE {RUNAWAY}", errors.QueryTimeout),
        (f"{ADD} ; DELETE {{ ?a ?b ?c0 }} WHERE {RUNAWAY}", errors.QueryTimeout),
        (f"{ADD} ; INSERT DATA {{", errors.QuerySyntaxError),
        (f"{ADD} ; CREATE GRAPH <urn:g> ; CREATE GRAPH <urn:g>", errors.QuerySyntaxError),
        (f"{ADD} ; LOAD <http://127.0.0.1:9/>", errors.QueryRefused),
        (f"{ADD} ; INSERT {{ ?s ?p 1 }} WHERE {{ SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}", errors.QueryRefused),
        ("SELECT * { ?s ?p ?o }", errors.QuerySyntaxError),
        (
            f"{ADD} ; INSERT {{ ?s <urn:p> ?d }} WHERE {{ ?s ?p ?o BIND(CONCAT({','.join(['?x'] * 200)}) AS ?d)"
            + " ".join(
                f"BIND(CONCAT({','.join([f'?y{i - 1}' if i else chr(34) + 'x' * 99 + chr(34)] * 99)}) AS ?y{i})"
                for i in range(6)
            )
            + " }",
            errors.LimitError,
        ),
    ],
    ids=["deadline", "deadline-after-insert", "syntax", "evaluation", "load", "service", "query", "memory"],
)
def test_a_write_that_fails_changes_nothing(text, error, pool):
    before = pool.version
    with pytest.raises(error):
        update(pool, text)

    assert ask(pool, COUNT) == ["300"]
    assert ask(pool, "SELECT ?g { GRAPH ?g { <urn:new> ?p ?o } }") == []
    assert pool.version == before


def test_writers_at_the_same_time_lose_nothing(pool):
    update(pool, "INSERT DATA { <urn:c> <urn:n> 0 }")
    step = "DELETE { ?c <urn:n> ?n } INSERT { ?c <urn:n> ?m } WHERE { ?c <urn:n> ?n BIND(?n + 1 AS ?m) }"
    with ThreadPoolExecutor(4) as threads:
        versions = list(threads.map(lambda number: update(pool, step, client=f"c{number}"), range(12)))

    assert ask(pool, "SELECT ?n { <urn:c> <urn:n> ?n }") == ["12"]
    assert len(set(versions)) == 12


def test_writers_in_different_processes_lose_nothing(state):
    zygote = Zygote()
    step = "DELETE { ?c <urn:n> ?n } INSERT { ?c <urn:n> ?m } WHERE { ?c <urn:n> ?n BIND(?n + 1 AS ?m) }"

    def count(pool: Pool) -> None:
        done = 0
        while done < 6:
            try:
                update(pool, step)
            except errors.Overloaded:  # The other one was faster each time; nothing was done.
                continue
            done += 1

    try:
        with (
            Pool.start(state, LIMITS, address=zygote.address) as one,
            Pool.start(state, LIMITS, address=zygote.address) as other,
        ):
            update(one, "INSERT DATA { <urn:c> <urn:n> 0 }")
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(count, (one, other)))
            update(one, "INSERT DATA { <urn:c> <urn:done> true }")

            assert ask(one, "SELECT ?n { <urn:c> <urn:n> ?n }") == ["12"]
    finally:
        zygote.close()


def test_a_question_under_way_keeps_the_store_it_began_with(state):
    zygote = Zygote()
    try:
        line = Line(zygote.address, state / "generations/v1")
        early = line.lease(headroom_bytes=LIMITS.worker_memory_bytes)
        done, version = line.apply(f"A <urn:new> <{BASE}ex#number> <urn:x> .\n".encode(), base=early.version)
        late = line.lease(headroom_bytes=LIMITS.worker_memory_bytes)
        found = []
        for lease in (early, late):
            body = Body(Shelf(1 << 20))
            lease.ask(Request(text=COUNT, media_type="text/csv"), body)
            found.append(b"".join(body))
            lease.close()

        assert (done, version) == (True, 1)
        assert found == [b"c\r\n300\r\n", b"c\r\n301\r\n"]
        assert line.apply(b"A <urn:a> <urn:b> <urn:c> .\n", base=0) == (False, 1)
        for garbled in (b"A <urn:a> <urn:b>\n", b"X <urn:a> <urn:b> <urn:c> .\n", b"\xff\n"):
            with pytest.raises(errors.StoreError):
                line.apply(garbled, base=1)
        assert line.apply(b"", base=1) == (True, 2)
        line.close()
    finally:
        zygote.close()


def test_what_is_published_takes_no_patch(tmp_path):
    data, default = numbers(3)
    directory = publish(tmp_path, "v1", data=data, default=default)
    zygote = Zygote()
    try:
        with Pool.start(tmp_path, LIMITS, address=zygote.address) as pool:
            with pytest.raises(errors.StoreError, match="not changed by requests"):
                update(pool, ADD)
            line = Line(zygote.address, directory)
            with pytest.raises(errors.StoreError, match="published"):
                line.apply(b"A <urn:a> <urn:b> <urn:c> .\n", base=0)
            line.close()

            assert ask(pool, COUNT) == ["3"]
            assert pool.version == "v1"
    finally:
        zygote.close()


def test_blank_nodes_stay_the_nodes_they_are(pool):
    update(pool, "INSERT DATA { _:a <urn:p> 1 . GRAPH <urn:g> { _:a <urn:q> _:b } }")
    update(pool, "INSERT { ?s <urn:r> ?o } WHERE { ?s <urn:p> 1 GRAPH <urn:g> { ?s <urn:q> ?o } }")

    text = "SELECT (COUNT(*) AS ?c) { ?s <urn:p> 1 ; <urn:r> ?o GRAPH <urn:g> { ?s <urn:q> ?o } }"
    assert ask(pool, text) == ["1"]


def test_chance_is_another_one_in_each_write(pool):
    for _ in range(4):
        update(pool, "INSERT { <urn:u> <urn:id> ?u . [] <urn:node> 1 } WHERE { BIND(UUID() AS ?u) }")

    assert len(ask(pool, "SELECT ?u { <urn:u> <urn:id> ?u }")) == 4
    assert len(ask(pool, "SELECT ?n { ?n <urn:node> 1 }")) == 4


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("INSERT DATA { <urn:a> <urn:p> 1 } ;\nPREFIX x: <urn:> DELETE WHERE { ?s x:p }", (2, 40)),
        ("CLEAR ALL ; PREFIX x: <urn:> DELETE WHERE { ?s y:p ?o }", (1, 48)),
    ],
)
@pytest.mark.parametrize("using", [(None, None), (("urn:g",), ())])
def test_an_error_behind_later_declarations_is_told_at_its_place(text, place, using, pool):
    with pytest.raises(errors.QuerySyntaxError) as caught:
        update(pool, text, using=using)

    assert (caught.value.line, caught.value.column) == place


def test_declarations_may_stand_before_each_operation(pool):
    text = "PREFIX : <urn:a> INSERT DATA { :x :p 1 } ; PREFIX : <urn:b> INSERT { :x :p ?o } WHERE { ?s <urn:ap> ?o }"
    update(pool, text)

    assert ask(pool, "SELECT ?o { <urn:bx> <urn:bp> ?o }") == ["1"]


def test_an_empty_graph_is_there_until_it_is_dropped(pool):
    update(pool, "CREATE GRAPH <urn:g>")
    with pytest.raises(errors.QuerySyntaxError, match="already exists"):
        update(pool, "CREATE GRAPH <urn:g>")
    update(pool, "DROP GRAPH <urn:g>")
    update(pool, "CREATE GRAPH <urn:g>")

    assert pool.graph("urn:g", media_type="text/turtle").read() == b""


def test_a_write_tied_to_a_version_is_refused_after_another_write(pool):
    version = pool.version
    update(pool, ADD, only_at=version)
    with pytest.raises(errors.PreconditionFailed):
        update(pool, "DROP ALL", only_at=version)

    assert ask(pool, COUNT) == ["301"]


def test_much_written_and_deleted_leaves_the_rest_whole(state):
    """Deleted quads take memory until the template copies the others: that must change none of them."""
    with Pool.start(state, replace(LIMITS, timeout_ms=60_000)) as pool:  # It is not the time that is tried here.
        _write_and_delete_much(pool)


def _write_and_delete_much(pool):
    many = " . ".join(f"<urn:s{i}> <urn:p> {i}" for i in range(26_000))
    update(pool, "CREATE GRAPH <urn:empty>")
    for _ in range(2):
        update(pool, f"INSERT DATA {{ {many} }}")
        update(pool, "DELETE WHERE { ?s <urn:p> ?o }")

    assert ask(pool, COUNT) == ["300"]
    assert pool.graph("urn:empty", media_type="text/turtle").read() == b""
    assert ask(pool, "SELECT (COUNT(*) AS ?c) { GRAPH ?g { ?s ?p ?o } }") == ["301"]

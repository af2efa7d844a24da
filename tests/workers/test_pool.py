"""The pool as the web tier uses it: real processes, a real store, a limit of one second."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from samvirke import errors
from samvirke.settings import Limits
from samvirke.workers import Pool, QueryRequest, run_once
from samvirke.workers.request import Request
from tests.generation import BASE, numbers, publish
from tests.processes import LIMITS, eventually, processes, ticks

JSON = "application/sparql-results+json"
CSV = "text/csv"
RUNAWAY = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i }"
COUNT = f"SELECT (COUNT(*) AS ?c) {{ ?s <{BASE}ex#number> ?n }}"


def ask(pool, text, media_type=CSV, **extra):
    return pool.query(QueryRequest(text=text, media_type=media_type, **extra)).read()


def test_an_answer_says_what_it_is(pool):
    answer = pool.query(QueryRequest(text=COUNT, media_type=JSON))

    assert (answer.form, answer.rows, answer.media_type) == ("SELECT", 1, JSON)
    assert answer.version == pool.generation.version
    body = answer.read()
    assert len(body) == answer.length_bytes
    assert json.loads(body)["results"]["bindings"][0]["c"]["value"] == "2000"


@pytest.mark.parametrize(
    ("text", "media_type", "expected"),
    [
        ("ASK {}", JSON, b'{"head":{},"boolean":true}'),
        ("ASK { ?s ?p <urn:nothing> }", CSV, b"false"),
        (f"SELECT ?n {{ <{BASE}id/n7> ?p ?n }}", CSV, b"n\r\n7\r\n"),
        ("SELECT ?n { <id/n7> ?p ?n }", CSV, b"n\r\n7\r\n"),
        (
            f"CONSTRUCT {{ ?s <{BASE}p> ?n }} {{ ?s ?p ?n FILTER(?n = 7) }}",
            "application/n-triples",
            f'<{BASE}id/n7> <{BASE}p> "7"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'.encode(),
        ),
        (
            "DESCRIBE <id/n7>",
            "application/n-quads",
            f'<{BASE}id/n7> <{BASE}ex#number> "7"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'.encode(),
        ),
    ],
)
def test_each_form_is_answered(pool, text, media_type, expected):
    assert ask(pool, text, media_type) == expected


def test_the_default_graph_counts_a_fact_once_however_many_passages_say_it(pool):
    assert ask(pool, f"SELECT (COUNT(*) AS ?c) {{ <{BASE}id/n0> ?p ?o }}") == b"c\r\n1\r\n"
    assert ask(pool, f"SELECT (COUNT(*) AS ?c) {{ GRAPH ?g {{ <{BASE}id/n0> ?p ?o }} }}") == b"c\r\n2\r\n"


def test_an_address_with_a_comma_in_it_is_one_field_of_csv(pool):
    rows = list(csv.reader(ask(pool, "SELECT ?g ?s { GRAPH ?g { ?s ?p 3 } }").decode().splitlines()))

    assert rows == [["g", "s"], [f"{BASE}document/a/1#char=3,4", f"{BASE}id/n3"]]


A, B = f"{BASE}document/a/1#char=0,1", f"{BASE}document/b/1#char=0,1"


@pytest.mark.parametrize(
    ("clauses", "default", "named", "expected"),
    [
        (f"FROM <{A}> FROM <{B}>", None, None, b"c,g\r\n1,0\r\n"),
        (f"FROM <{A}>", None, None, b"c,g\r\n1,0\r\n"),
        (f"FROM NAMED <{A}> FROM NAMED <{B}>", None, None, b"c,g\r\n0,2\r\n"),
        (f"FROM <{A}> FROM <{B}> FROM NAMED <{B}>", None, None, b"c,g\r\n1,1\r\n"),
        ("FROM <document/a/1#char=0,1> FROM <document/b/1#char=0,1>", None, None, b"c,g\r\n1,0\r\n"),
        ("", (A, B), (), b"c,g\r\n1,0\r\n"),
        ("", (A,), (B,), b"c,g\r\n1,1\r\n"),
        ("", (), (A, B), b"c,g\r\n0,2\r\n"),
        ("FROM <urn:nothing>", (A, B), (), b"c,g\r\n1,0\r\n"),
        ("FROM <urn:nothing>", None, None, b"c,g\r\n0,0\r\n"),
        ("FROM <file:///etc/passwd>", None, None, b"c,g\r\n0,0\r\n"),
    ],
)
def test_a_dataset_is_the_merge_of_the_graphs_it_names(pool, clauses, default, named, expected):
    text = (
        f"SELECT ?c ?g {clauses} {{ {{ SELECT (COUNT(*) AS ?c) {{ ?s ?p ?o }} }} "
        "{ SELECT (COUNT(*) AS ?g) { GRAPH ?any { ?s ?p ?o } } } }"
    )

    assert ask(pool, text, default_graphs=default, named_graphs=named) == expected


def test_trusted_reads_come_back_as_quads(pool):
    quads = pool.read("graph", iri=B)

    assert [quad.subject.value for quad in quads] == [f"{BASE}id/n0"]


def test_an_unknown_read_is_a_wrong_use(pool):
    with pytest.raises(errors.WrongUse):
        pool.read("everything")


def test_a_mistake_in_a_read_names_its_place_and_costs_no_worker(pool):
    before = processes()
    with pytest.raises(errors.SamvirkeError, match=r"KeyError.*describe/__init__\.py:\d+"):
        pool.read("describe")
    pool.read("graph", iri=B)

    assert set(before) - set(processes()) == set()


@pytest.mark.parametrize(
    ("limits", "text", "media_type"),
    [
        ({"max_rows": 10}, "SELECT * { ?s ?p ?o }", JSON),
        ({"max_rows": 10}, "SELECT * { ?s ?p ?o }", "text/tab-separated-values"),
        ({"max_rows": 10}, "CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle"),
        ({"max_bytes": 1_000}, "SELECT * { ?s ?p ?o }", "application/sparql-results+xml"),
        ({"max_bytes": 1_000}, "CONSTRUCT WHERE { ?s ?p ?o }", "application/ld+json"),
    ],
)
def test_an_answer_beyond_a_cap_is_an_error_and_never_a_part(state, limits, text, media_type):
    with Pool.start(state, Limits(**limits)) as pool:
        with pytest.raises(errors.AnswerTooLarge):
            pool.query(QueryRequest(text=text, media_type=media_type))
        assert ask(pool, "ASK {}") == b"true"


def test_the_limit_of_time_holds_and_the_next_query_is_answered(pool):
    started = time.monotonic()
    with pytest.raises(errors.QueryTimeout, match=r"1 s"):
        ask(pool, RUNAWAY)

    assert time.monotonic() - started < LIMITS.timeout_ms / 1000 + 1
    assert ask(pool, COUNT) == b"c\r\n2000\r\n"


def test_a_worker_killed_in_the_middle_of_a_query_is_told_and_replaced(state):
    with Pool.start(state, Limits(timeout_ms=20_000, workers=2)) as pool:
        ask(pool, "ASK {}")
        others = set(processes())
        with ThreadPoolExecutor(1) as threads:
            # A second lease at work: its process is the one that was not there before.
            first = threads.submit(ask, pool, RUNAWAY, client="a")
            assert eventually(lambda: busy(others))
            for number in busy(others):
                os.kill(number, signal.SIGKILL)
            with pytest.raises(errors.WorkerLost):
                first.result(60)
        assert ask(pool, COUNT) == b"c\r\n2000\r\n"


def busy(numbers):
    """The processes among `numbers` that have used a fifth of a second of processor time lately."""
    before = {number: ticks(number) for number in numbers}
    time.sleep(0.25)
    return [number for number in numbers if before[number] >= 0 and ticks(number) - before[number] >= 5]


def test_one_runaway_does_not_keep_twenty_others_waiting(pool):
    with ThreadPoolExecutor(21) as threads:
        runaway = threads.submit(ask, pool, RUNAWAY, client="greedy", timeout_ms=3_000)
        others = [threads.submit(ask, pool, COUNT, client=f"client {i}") for i in range(20)]

        assert [other.result(10) for other in others] == [b"c\r\n2000\r\n"] * 20
        assert not runaway.done()
        with pytest.raises(errors.QueryTimeout):
            runaway.result(10)


def test_one_client_cannot_take_all_workers(state):
    with (
        Pool.start(state, Limits(timeout_ms=1_500, workers=3, queue_wait_ms=200)) as pool,
        ThreadPoolExecutor(6) as threads,
    ):
        greedy = [threads.submit(ask, pool, RUNAWAY, client="greedy") for _ in range(5)]
        assert eventually(lambda: any(future.done() for future in greedy))

        assert ask(pool, COUNT, client="patient") == b"c\r\n2000\r\n"
        outcomes = sorted(type(future.exception(10)).__name__ for future in greedy)
        assert outcomes == ["QueryTimeout"] * 2 + ["TooManyRequests"] * 3


def test_pages_are_read_while_all_workers_for_queries_are_busy(state):
    with Pool.start(state, Limits(timeout_ms=2_500, workers=2)) as pool, ThreadPoolExecutor(2) as threads:
        runaways = [threads.submit(ask, pool, RUNAWAY, client=str(i)) for i in range(2)]
        time.sleep(0.2)

        assert len(pool.read("graph", iri=B)) == 1
        assert not any(runaway.done() for runaway in runaways)
        for runaway in runaways:
            runaway.exception(10)


def test_an_answer_nobody_reads_keeps_no_worker(state):
    limits = Limits(workers=1, timeout_ms=1_000, queue_wait_ms=100)
    with Pool.start(state, limits) as pool:
        unread = [pool.query(QueryRequest(text="SELECT * { ?s ?p ?o }", media_type=JSON)) for _ in range(4)]
        time.sleep(1.2)

        assert ask(pool, "ASK {}") == b"true"
        assert {len(answer.read()) for answer in unread} == {unread[0].length_bytes}


def test_a_large_answer_arrives_whole(tmp_path):
    data, default = numbers(30_000)
    publish(tmp_path, "20260101T000000Z-bbbbbbbbbbbb", data=data, default=default)
    with Pool.start(tmp_path, Limits()) as pool:
        answer = pool.query(QueryRequest(text="SELECT * { ?s ?p ?o }", media_type=JSON))
        body = answer.read()

    assert answer.rows == len(json.loads(body)["results"]["bindings"]) == 30_000
    assert answer.length_bytes == len(body) > 1 << 20


def test_large_answers_share_a_bounded_room(state):
    with Pool.start(state, Limits(max_bytes=1_600_000, max_rows=10**6)) as pool:
        text = "SELECT ?a ?b { ?a ?p ?x . FILTER(?x < 10) ?b ?q ?y }"
        kept = []
        with pytest.raises(errors.Overloaded):
            for _ in range(100):
                kept.append(pool.query(QueryRequest(text=text, media_type=CSV)))
        assert len(kept) == 16 * 1_600_000 // kept[0].length_bytes
        assert kept[0].length_bytes > 1 << 20
        for answer in kept:
            answer.close()

        assert len(ask(pool, text)) == kept[0].length_bytes


def test_forks_do_not_share_their_random_numbers(tmp_path):
    """Blank nodes in the data seed the engine's generator while the store is loaded."""
    data, default = numbers(5)
    publish(tmp_path, "v1", data=data + "_:a <urn:p> _:b <urn:g> .\n", default=default + "_:a <urn:p> _:b .\n")
    text = "SELECT (UUID() AS ?u) (STR(RAND()) AS ?r) {}"
    seen = set()
    for _ in range(2):
        with Pool.start(tmp_path, Limits(workers=4)) as pool, ThreadPoolExecutor(4) as threads:
            seen.update(threads.map(lambda i: ask(pool, text, client=str(i)), range(8)))

    assert len(seen) == 16


def test_a_new_generation_is_taken_up_and_the_old_one_lets_go(tmp_path):
    data, default = numbers(3)
    publish(tmp_path, "v1", data=data, default=default)
    with Pool.start(tmp_path, Limits()) as pool:
        assert ask(pool, COUNT) == b"c\r\n3\r\n"
        held = pool.query(QueryRequest(text=COUNT, media_type=CSV))
        data, default = numbers(4)
        publish(tmp_path, "v2", data=data, default=default)

        assert eventually(lambda: pool.generation.version == "v2")
        assert ask(pool, COUNT) == b"c\r\n4\r\n"
        assert held.read() == b"c\r\n3\r\n"
        assert held.version == "v1"
        # The new template and its worker: the old generation's processes are gone.
        assert eventually(lambda: len(processes(pool._zygote.process_id)) == 2)


def test_a_query_under_way_finishes_on_the_generation_it_began_with(tmp_path):
    data, default = numbers(3)
    publish(tmp_path, "v1", data=data, default=default)
    with Pool.start(tmp_path, Limits(timeout_ms=1_500)) as pool, ThreadPoolExecutor(1) as threads:
        runaway = threads.submit(ask, pool, "SELECT (SUM(?x) AS ?c) {" + "VALUES ?x {1 2 3 4 5 6 7 8 9}" * 1 + "}")
        assert runaway.result(5) == b"c\r\n45\r\n"
        publish(tmp_path, "v2", data=data, default=default)
        assert eventually(lambda: pool.generation.version == "v2")


def test_a_damaged_generation_does_not_replace_one_that_answers(tmp_path):
    data, default = numbers(3)
    publish(tmp_path, "v1", data=data, default=default)
    with Pool.start(tmp_path, Limits()) as pool:
        publish(tmp_path, "v2", data="this is not N-Quads", default=default)
        time.sleep(0.6)
        for _ in range(3):
            assert ask(pool, COUNT) == b"c\r\n3\r\n"
            time.sleep(0.3)

        assert pool.generation.version == "v1"


def test_a_damaged_generation_is_told_at_the_start(tmp_path):
    publish(tmp_path, "v1", data="this is not N-Quads")
    before = processes()

    with pytest.raises(errors.StoreDamaged, match=r"data\.nq"):
        Pool.start(tmp_path, Limits())
    assert eventually(lambda: set(processes()) <= set(before))


def test_nothing_built_is_told_at_the_start(tmp_path):
    before = processes()

    with pytest.raises(errors.StoreError, match="samvirke build"):
        Pool.start(tmp_path, Limits())
    assert set(processes()) <= set(before)


def test_run_once_answers_and_leaves_nothing_behind(state):
    before = set(processes())
    answer = run_once(state, QueryRequest(text=COUNT, media_type=CSV), Limits())

    assert answer.read() == b"c\r\n2000\r\n"
    assert set(processes()) <= before


def test_several_processes_share_one_zygote(state, pool, monkeypatch):
    monkeypatch.setenv("SAMVIRKE_WORKERS", pool._address)
    with Pool.start(state, LIMITS) as other:
        assert other._zygote is None
        assert ask(other, COUNT) == b"c\r\n2000\r\n"

    assert ask(pool, COUNT) == b"c\r\n2000\r\n"


def test_a_fork_of_the_web_process_makes_its_own_leases(state):
    with Pool.start(state, LIMITS) as pool:
        ask(pool, "ASK {}")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, ask(pool, COUNT))
                pool.close()
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            told = file.read()
        assert os.waitpid(child, 0)[1] == 0

        assert told == b"c\r\n2000\r\n"
        assert ask(pool, COUNT) == b"c\r\n2000\r\n"


def test_threads_get_their_own_answers(pool):
    def number(i):
        return ask(pool, f"SELECT ?n {{ <{BASE}id/n{i}> ?p ?n }}", client=str(i % 5))

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(number, range(300)))

    assert answers == [f"n\r\n{i}\r\n".encode() for i in range(300)]


def test_a_zygote_that_was_killed_is_started_again(state):
    with Pool.start(state, LIMITS) as pool:
        ask(pool, "ASK {}")
        os.kill(pool._zygote.process_id, signal.SIGKILL)
        assert eventually(lambda: not pool._zygote.alive)

        assert eventually(lambda: answered(pool))


def test_a_shared_zygote_that_is_gone_is_replaced_by_ones_own(state):
    with Pool.start(state, LIMITS) as first, Pool.start(state, LIMITS, address=first._address) as second:
        ask(second, "ASK {}")
        first.close()

        assert eventually(lambda: answered(second))
        assert second._zygote is not None


def answered(pool):
    try:
        return ask(pool, COUNT) == b"c\r\n2000\r\n"
    except errors.WorkerLost:
        return False


def test_a_worker_asked_by_hand_needs_no_gate(pool):
    """The kernel's limits do not lean on the gate: `ask` goes round it."""
    body, end, _ = pool.ask(Request(text="ASK { SERVICE SILENT <http://127.0.0.1:9/> {} }"), lane="query")

    assert b"".join(body) == b'{"head":{},"boolean":true}'
    assert end["rows"] == 1


def test_threads_are_not_left_behind(state):
    before = threading.active_count()
    with Pool.start(state, LIMITS) as pool:
        ask(pool, "ASK {}")

    assert threading.active_count() == before


def test_a_worker_that_took_much_memory_once_gives_way_to_a_fresh_one(state):
    """What the engine took for one question it would keep for good, beside that of all other workers."""
    large = "SELECT (COUNT(*) AS ?n) { { SELECT DISTINCT ?s ?p ?o ?x { ?s ?p ?o . ?x ?y ?z } LIMIT 300000 } }"
    with Pool.start(state, Limits(workers=1, worker_memory_bytes=256 << 20)) as pool:
        ask(pool, "ASK {}")
        first = sorted(processes(pool._zygote.process_id))
        ask(pool, "ASK {}")
        same = sorted(processes(pool._zygote.process_id))
        ask(pool, large)
        ask(pool, "ASK {}")

        assert same == first
        assert eventually(lambda: first[-1] not in processes(pool._zygote.process_id))

"""Disk first, memory after it: the same answers, the same walls, and nothing lost when one takes over."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from samvirke.errors import SamvirkeError, StoreDamaged, WorkerLost
from samvirke.store import disk
from samvirke.workers import Pool, QueryRequest
from samvirke.workers.request import Request
from tests.generation import BASE, numbers, publish
from tests.processes import LIMITS, eventually

CSV = "text/csv"
SIZE = 2_000
QUESTIONS = (
    "SELECT (COUNT(*) AS ?c) { ?s ?p ?o }",
    f"SELECT ?s ?n {{ ?s <{BASE}ex#number> ?n }} ORDER BY DESC(?n) ?s",
    "SELECT (COUNT(*) AS ?c) { GRAPH ?g { ?s ?p ?o } }",
    f"SELECT ?g {{ GRAPH ?g {{ <{BASE}id/n0> ?p ?o }} }} ORDER BY ?g",
)


def make(state: Path, *, version: str = "v1", size: int = SIZE) -> Path:
    data, default = numbers(size)
    return publish(state, version, data=data, default=default, disk=True)


def ask(pool: Pool, text: str) -> bytes:
    return pool.query(QueryRequest(text=text, media_type=CSV)).read()


def test_the_disk_answers_first_and_memory_takes_over_with_the_same_answers(tmp_path):
    make(tmp_path)
    with Pool.start(tmp_path, LIMITS, warm=False) as pool:
        assert pool.tier == "disk"
        from_disk = [ask(pool, text) for text in QUESTIONS]
        version = pool.query(QueryRequest(text="ASK {}", media_type=CSV)).version
    with Pool.start(tmp_path, LIMITS) as pool:
        assert eventually(lambda: pool.tier == "memory")
        assert [ask(pool, text) for text in QUESTIONS] == from_disk
        assert pool.query(QueryRequest(text="ASK {}", media_type=CSV)).version == version


def test_no_answer_is_lost_while_memory_takes_over(tmp_path):
    make(tmp_path, size=60_000)
    tiers, failed, ended = set(), [], threading.Event()

    def client(number: int) -> int:
        asked = 0
        while not ended.is_set() or asked < 5:
            tiers.add(pool.tier)
            try:
                if ask(pool, f"SELECT ?n {{ <{BASE}id/n{number}> ?p ?n }}") != b"n\r\n%d\r\n" % number:
                    failed.append("wrong")
            except SamvirkeError as error:
                failed.append(str(error))
            asked += 1
        return asked

    limits = dataclasses.replace(LIMITS, timeout_ms=10_000, queue_wait_ms=20_000)
    with Pool.start(tmp_path, limits) as pool, ThreadPoolExecutor(4) as clients:
        answered = [clients.submit(client, number) for number in range(4)]
        try:
            assert eventually(lambda: pool.tier == "memory", within_s=60)
            time.sleep(0.2)  # Some more questions, so that each worker of the old crew has come back.
        finally:
            ended.set()
        assert sum(one.result() for one in answered) >= 20

    assert failed == []
    assert tiers == {"disk", "memory"}


def test_a_question_in_progress_on_disk_is_answered_after_memory_took_over(tmp_path):
    make(tmp_path)
    limits = dataclasses.replace(LIMITS, timeout_ms=10_000)
    slow = f"SELECT (COUNT(*) AS ?c) {{ ?a <{BASE}ex#number> ?b . ?c <{BASE}ex#number> ?d FILTER(?b + ?d < 0) }}"
    with Pool.start(tmp_path, limits) as pool, ThreadPoolExecutor(1) as other:
        begun = other.submit(ask, pool, slow)
        assert eventually(lambda: pool.tier == "memory")
        assert begun.result() == b"c\r\n0\r\n"


def test_more_facts_than_memory_is_given_for_stay_on_disk(tmp_path):
    directory = make(tmp_path)
    (directory / "manifest.json").write_text('{"version": "v1", "hash": "v1", "counts": {"facts": 2000}}')
    with Pool.start(tmp_path, dataclasses.replace(LIMITS, memory_facts=1_999)) as pool:
        ask(pool, QUESTIONS[0])
        assert not eventually(lambda: pool.tier == "memory", within_s=0.5)
    with Pool.start(tmp_path, dataclasses.replace(LIMITS, memory_facts=2_000)) as pool:
        assert eventually(lambda: pool.tier == "memory")


def gone(folder: Path) -> None:
    for path in folder.glob("*.sst"):
        path.unlink()


def cut_short(folder: Path) -> None:
    for path in folder.glob("*.sst"):
        os.truncate(path, path.stat().st_size // 2)


def scribbled(folder: Path) -> None:
    for path in folder.glob("MANIFEST-*"):
        path.write_bytes(b"no manifest" * 20)


def emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def flipped(folder: Path) -> None:
    """Change a byte in the middle of every table: the size is right and the beginning and end are."""
    for path in folder.glob("*.sst"):
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 0xFF
        path.write_bytes(content)


@pytest.mark.parametrize("damage", [gone, cut_short, scribbled, emptied, flipped])
def test_a_damaged_disk_store_takes_no_site_down_and_is_told(tmp_path, damage, capfd):
    damage(make(tmp_path) / disk.FOLDER)
    with Pool.start(tmp_path, LIMITS, warm=False) as pool:
        answers = [ask(pool, text) for text in QUESTIONS]
        tier = pool.tier

    assert tier == "memory"
    assert answers[0] == b"c\r\n2000\r\n"
    assert "store" in capfd.readouterr().err


def test_damaged_files_of_the_data_leave_the_disk_store_answering(tmp_path, capfd):
    directory = make(tmp_path)
    (directory / "data.nq").write_text("no quads")
    with Pool.start(tmp_path, LIMITS) as pool:
        assert eventually(lambda: "The disk store goes on answering." in capfd.readouterr().err)
        assert pool.tier == "disk"
        assert ask(pool, QUESTIONS[0]) == b"c\r\n2000\r\n"


def test_a_new_generation_is_taken_up_from_its_disk_store(tmp_path):
    make(tmp_path)
    with Pool.start(tmp_path, LIMITS) as pool:
        assert eventually(lambda: pool.tier == "memory")
        make(tmp_path, version="v2", size=7)
        assert eventually(lambda: ask(pool, QUESTIONS[0]) == b"c\r\n7\r\n")
        assert eventually(lambda: pool.tier == "memory")
        assert pool.generation.version == "v2"


def test_a_pool_that_is_closed_while_memory_loads_ends(tmp_path):
    make(tmp_path, size=60_000)
    pool = Pool.start(tmp_path, LIMITS)
    ask(pool, QUESTIONS[1].replace("ORDER BY DESC(?n) ?s", "LIMIT 1"))
    pool.close()

    assert eventually(lambda: not any(thread.name.startswith("promote") for thread in threading.enumerate()))


def test_a_worker_on_disk_keeps_no_descriptor_but_its_stream_and_tables(tmp_path):
    """Every table is open for reading before the worker is confined; nothing else is, and nothing more can be."""
    directory = make(tmp_path)
    before = disk.open_files(directory / disk.FOLDER)
    store = disk.open_disk(directory)
    opened = disk.open_files(directory / disk.FOLDER) - before

    assert {Path(f"/dev/fd/{number}").readlink().suffix for number in opened} == {".sst"}
    assert len(opened) == len(list((directory / disk.FOLDER).glob("*.sst")))
    assert len(store) > 0


@pytest.mark.parametrize("tier", ["disk", "memory"])
def test_a_worker_out_of_memory_or_time_is_told_on_either_tier(tmp_path, tier):
    data, default = numbers(SIZE)
    publish(tmp_path, "v1", data=data, default=default, disk=tier == "disk")
    double = "".join(f" BIND(CONCAT({one}, {one}) AS {two})" for one, two in pairwise(NAMES))
    with Pool.start(tmp_path, LIMITS, warm=False) as pool:
        assert pool.tier == tier
        text = f'SELECT (STRLEN({NAMES[-1]}) AS ?l) {{ BIND("0123456789abcdef" AS ?v0) {double} }}'
        with pytest.raises(SamvirkeError) as told:
            pool.ask(Request(text=text, media_type=CSV, timeout_s=20), lane="query")
        assert isinstance(told.value, WorkerLost)
        assert ask(pool, QUESTIONS[0]) == b"c\r\n2000\r\n"


NAMES = [f"?v{number}" for number in range(40)]


def test_a_disk_store_that_is_not_there_is_damaged(tmp_path):
    with pytest.raises(StoreDamaged, match="there is none"):
        disk.open_disk(tmp_path)


def test_opening_writes_nothing(tmp_path):
    folder = make(tmp_path) / disk.FOLDER
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    disk.open_disk(folder.parent)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not {"LOG", "LOCK"} & before.keys()

"""Workers that write pages: many at once, in the order asked, and none lost when one of them dies."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import time

import pytest

from samvirke.errors import QueryTimeout, SamvirkeError, WrongUse
from samvirke.workers import Pool
from samvirke.workers.answers import Body
from samvirke.workers.pages import question
from samvirke.workers.request import Request
from samvirke.workers.scribes import Scribes
from tests.loops import run
from tests.processes import LIMITS

QUADS = 4_001


@pytest.fixture(scope="module")
def writers(state):
    with Pool.start(state, dataclasses.replace(LIMITS, timeout_ms=1_000)) as pool:
        pool.writer = "tests.workers.writing"
        yield pool


def asked(pool, *iris, lang="da"):
    """Ask for pages at once; returns pages and errors in the order asked."""

    async def ask():
        scribes = Scribes(pool)
        try:
            await scribes.prepare()
            every = [scribes.page(iri, lang, client="somebody") for iri in iris]
            return await asyncio.gather(*every, return_exceptions=True)
        finally:
            await scribes.close()

    return run(ask())


def test_many_pages_are_written_by_several_workers_each_for_whom_it_is(writers):
    found = asked(writers, *(f"thing:{number}" for number in range(40)))
    told = [[text.decode() for text in page.texts] for page, _ in found]

    assert told == [[f"thing:{number}", "da"] for number in range(40)]
    assert {version for _, version in found} == {writers.version}
    assert {page.told["quads"] for page, _ in found} == {QUADS}
    assert len({page.told["process"] for page, _ in found}) >= 2


def test_there_may_be_no_such_page(writers):
    [(page, version)] = asked(writers, "none:x")

    assert (page, version) == (None, writers.version)


def test_a_mistake_in_one_page_costs_no_other(writers):
    found = asked(writers, "thing:1", "mistake:oh", "thing:2", "mistake:no", "thing:3")
    errors = [one for one in found if isinstance(one, Exception)]

    assert [type(one) for one in errors] == [SamvirkeError, SamvirkeError]
    assert [page.texts[0] for page, _ in (found[0], found[2], found[4])] == [b"thing:1", b"thing:2", b"thing:3"]


def test_a_worker_that_is_killed_loses_no_page(writers, tmp_path):
    marks = [tmp_path / str(number) for number in range(3)]
    for mark in marks:
        mark.touch()
    iris = [f"thing:{number}" for number in range(9)]
    found = asked(writers, *iris[:3], f"once:{marks[0]}", *iris[3:], f"once:{marks[1]}")

    assert [one for one in found if isinstance(one, Exception)] == []
    assert [page.texts[0].decode() for page, _ in found if page.texts[0].startswith(b"thing")] == iris


def test_a_page_that_takes_too_long_is_ended_and_its_neighbours_are_not(writers):
    found = asked(writers, "sleep:30", "thing:1", "thing:2", "thing:3", "thing:4")

    assert isinstance(found[0], QueryTimeout)
    assert [page.texts[0] for page, _ in found[1:]] == [b"thing:1", b"thing:2", b"thing:3", b"thing:4"]


def test_a_page_that_always_ends_its_worker_is_given_up(writers):
    started = time.monotonic()
    found = asked(writers, f"die:{int(signal.SIGSEGV)}", "thing:1")

    assert isinstance(found[0], SamvirkeError)
    assert found[1][0].texts[0] == b"thing:1"
    assert time.monotonic() - started < 10  # Only that it ends at all.


def test_pages_can_be_asked_for_by_threads_too(writers):
    page, version = writers.page("thing:7", "en")

    assert (page.texts, writers.page("none:x", "en")) == ([b"thing:7", b"en"], (None, version))
    assert version == writers.version


def test_a_worker_that_writes_pages_reads_files_and_answers_no_query(writers):
    crew = writers.crew()
    lease = crew.hire(LIMITS.worker_memory_bytes, writers.writer)
    body = Body(writers.shelf)
    try:
        lease.ask(question("read:manifest.json", "da", LIMITS), body)
        with pytest.raises(WrongUse):
            lease.ask(Request(text="ASK {}"), Body(writers.shelf))
        with pytest.raises(WrongUse):
            lease.ask(Request(action="update", text="INSERT DATA {}"), Body(writers.shelf))
    finally:
        lease.close()

    assert b'"hash"' in body.read()


def test_a_worker_for_queries_writes_no_page(writers):
    lease = writers.crew().hire(LIMITS.worker_memory_bytes)
    try:
        with pytest.raises(WrongUse):
            lease.ask(question("thing:1", "da", LIMITS), Body(writers.shelf))
    finally:
        lease.close()

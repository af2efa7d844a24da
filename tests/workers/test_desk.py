"""Workers asked from an event loop: the same answers and errors as from a thread, and questions called off."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from samvirke import errors
from samvirke.workers import Pool, QueryRequest
from samvirke.workers.desk import Desk
from tests.generation import numbers, publish
from tests.loops import run
from tests.processes import LIMITS, eventually, processes

RUNAWAY = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    data, default = numbers(2_000)
    publish(folder, "v1", data=data, default=default)
    return folder


@pytest.fixture
def pool(state):
    with Pool.start(state, LIMITS) as running:
        yield running


def below(pool):
    """The processes below a pool's zygote: its template first, then the workers."""
    return sorted(processes(pool._zygote.process_id))


def asked(text, *, timeout_ms=None, client="somebody"):
    return QueryRequest(text=text, media_type="text/csv", timeout_ms=timeout_ms, client=client)


def test_the_answers_are_those_of_the_pool(pool):
    texts = [f"SELECT ?o {{ <https://example.org/site/id/n{number}> ?p ?o }}" for number in range(200)]

    async def work():
        async with Desk(pool) as desk:
            return [
                answer.read()
                for answer in await asyncio.gather(*(desk.query(asked(one, client=""), "SELECT") for one in texts[:20]))
            ]

    assert run(work()) == [pool.query(asked(one)).read() for one in texts[:20]]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT {", errors.QuerySyntaxError),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> {} }", errors.QueryRefused),
        (RUNAWAY, errors.QueryTimeout),
        ("SELECT * { ?s ?p ?o . ?a ?b ?c }", errors.AnswerTooLarge),
    ],
)
def test_what_fails_fails_as_in_the_pool_and_the_next_is_answered(pool, text, kind):
    async def work():
        async with Desk(pool) as desk:
            with pytest.raises(kind):
                await desk.query(asked(text, timeout_ms=500), "SELECT")
            return (await desk.query(asked("ASK {}"), "ASK")).read()

    assert run(work()) == b"true"


def test_a_question_called_off_ends_its_worker_and_frees_its_seat(pool):
    async def work():
        async with Desk(pool) as desk:
            for _ in range(5):
                tasks = [asyncio.create_task(desk.query(asked(RUNAWAY, timeout_ms=60_000), "SELECT")) for _ in range(2)]
                await asyncio.sleep(0.1)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            return (await desk.query(asked("ASK {}"), "ASK")).read()

    assert run(work()) == b"true"
    assert eventually(lambda: len(below(pool)) == 1)


def test_a_worker_killed_from_outside_is_replaced(pool):
    async def work():
        async with Desk(pool) as desk:
            await desk.query(asked("ASK {}"), "ASK")
            for number in below(pool)[1:]:
                os.kill(number, 9)
            await asyncio.sleep(0.05)
            return (await desk.query(asked("ASK {}"), "ASK")).read()

    assert run(work()) == b"true"


def test_a_template_that_died_is_replaced(pool):
    async def work():
        async with Desk(pool) as desk:
            await desk.query(asked("ASK {}"), "ASK")
            os.kill(below(pool)[0], 9)
            await asyncio.sleep(0.05)
            return [(await desk.query(asked("ASK {}"), "ASK")).read() for _ in range(3)]

    assert run(work()) == [b"true"] * 3


def test_a_new_generation_answers_the_next_question(tmp_path):
    for version, count in (("v1", 1), ("v2", 2)):
        data, default = numbers(count)
        if version == "v1":
            publish(tmp_path, version, data=data, default=default)
    with Pool.start(tmp_path, LIMITS) as pool:

        async def work():
            async with Desk(pool) as desk:
                count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
                first = await desk.query(asked(count), "SELECT")
                publish(tmp_path, "v2", data=data, default=default)
                for _ in range(200):
                    answer = await desk.query(asked(count), "SELECT")
                    if answer.version == "v2":
                        break
                    await asyncio.sleep(0.05)
                return first, answer

        first, second = run(work())

    assert (first.version, first.read()) == ("v1", b"n\r\n1\r\n")
    assert (second.version, second.read()) == ("v2", b"n\r\n2\r\n")


def test_short_questions_are_answered_while_long_ones_have_all_seats(pool):
    """And one that turns out to be long gets a seat in its turn, from the beginning."""

    async def work():
        async with Desk(pool) as desk:
            long = [
                asyncio.create_task(desk.query(asked(RUNAWAY, timeout_ms=3_000, client=str(number)), "SELECT"))
                for number in range(LIMITS.workers)
            ]
            await asyncio.sleep(0.2)
            short = [(await desk.query(asked(f"ASK {{ ?s ?p {number} }}"), "ASK")).read() for number in range(20)]
            other = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
            later = asyncio.create_task(desk.query(asked(other, timeout_ms=10_000, client="later"), "SELECT"))
            done = [task.done() for task in long]
            for task in long:
                task.cancel()
            await asyncio.gather(*long, return_exceptions=True)
            return short, done, (await later).read()

    short, done, later = run(work())
    assert len(short) == 20
    assert not any(done)
    assert later == b"n\r\n4000000\r\n"


def test_a_thread_asks_through_the_loop_once_there_is_one(pool):
    async def work():
        async with Desk(pool) as desk:
            loop = asyncio.get_running_loop()
            seen = []

            def ask(request, form):
                seen.append(form)
                return asyncio.run_coroutine_threadsafe(desk.query(request, form), loop).result()

            pool.desk = ask
            answer = await loop.run_in_executor(None, pool.query, asked("ASK {}"))
            return seen, answer.read()

    assert run(work()) == (["ASK"], b"true")


SMALL = [f"SELECT ?o {{ <https://example.org/site/id/n{number}> ?p ?o }}" for number in range(120)]
DOUBLING = " ".join(
    ['BIND("0123456789abcdef" AS ?a0)', *(f"BIND(CONCAT(?a{n}, ?a{n}) AS ?a{n + 1})" for n in range(30))]
)


async def all_of(desk, texts, *, timeout_ms=20_000):
    """Ask everything at once; what each text came to, in their order."""
    asking = (desk.query(asked(text, client="", timeout_ms=timeout_ms), "SELECT") for text in texts)
    return [
        one if isinstance(one, Exception) else one.read()
        for one in await asyncio.gather(*asking, return_exceptions=True)
    ]


@pytest.fixture
def expected(pool):
    return [pool.query(asked(text, client="")).read() for text in SMALL]


@pytest.mark.parametrize(
    ("guilty", "kind", "timeout_ms"),
    [
        (f"SELECT ?a30 {{ {DOUBLING} }}", errors.WorkerLost, 20_000),
        (RUNAWAY, errors.QueryTimeout, 500),
        ("SELECT {", errors.QuerySyntaxError, 20_000),
        ("SELECT * { ?s ?p ?o . ?a ?b ?c }", errors.AnswerTooLarge, 20_000),
    ],
)
def test_a_question_that_ends_its_worker_takes_no_other_along(pool, expected, guilty, kind, timeout_ms):
    places = (0, 3, 40, len(SMALL) - 1)
    texts = [text if place not in places else f"{guilty} # {place}" for place, text in enumerate(SMALL)]

    async def work():
        async with Desk(pool) as desk:
            parts = (texts[:30], texts[30:60], texts[60:90], texts[90:])
            return [one for part in parts for one in await all_of(desk, part, timeout_ms=timeout_ms)]

    for place, (found, right) in enumerate(zip(run(work()), expected, strict=True)):
        if place in places:
            assert type(found) is kind
        else:
            assert found == right


def test_workers_killed_in_the_middle_of_it_leave_every_answer_whole_and_its_own(pool, expected):
    async def killing(over):
        killed = 0
        while not over.is_set():
            for number in below(pool)[1:3]:
                os.kill(number, signal.SIGKILL)
                killed += 1
            await asyncio.sleep(0.15)
        return killed

    async def work():
        async with Desk(pool) as desk:
            over = asyncio.Event()
            killer = asyncio.create_task(killing(over))
            rounds = [[*await all_of(desk, SMALL[:30]), *await all_of(desk, SMALL[30:60])] for _ in range(10)]
            over.set()
            return rounds, await killer

    rounds, killed = run(work())
    assert killed >= 2
    for found in rounds:
        lost = [one for one in found if isinstance(one, Exception)]
        assert all(type(one) is errors.WorkerLost for one in lost)  # Three workers in a row were killed under it.
        assert [one for one in found if one not in lost] == [
            right for one, right in zip(found, expected[:60], strict=True) if one not in lost
        ]
        assert len(lost) < 5


def test_what_waits_behind_a_worker_that_stands_still_is_answered_by_others(pool, expected):
    """And what the worker answers of it afterwards, it answers nobody."""

    async def work():
        async with Desk(pool) as desk:
            await all_of(desk, SMALL[:3])
            still = below(pool)[1:3]
            for number in still:
                os.kill(number, signal.SIGSTOP)
            asking = asyncio.create_task(all_of(desk, SMALL[:24]))
            await asyncio.sleep(0.3)
            for number in still:
                os.kill(number, signal.SIGCONT)
            return [await asking, await all_of(desk, SMALL[:30])]

    first, second = run(work())
    assert first == expected[:24]
    assert second == expected[:30]


def test_who_leaves_takes_no_other_along(pool, expected):
    async def work():
        async with Desk(pool) as desk:
            found = []
            for _ in range(5):
                tasks = [asyncio.create_task(desk.query(asked(text, client=""), "SELECT")) for text in SMALL[:40]]
                await asyncio.sleep(0)
                for task in tasks[::4]:
                    task.cancel()
                found.append(await asyncio.gather(*tasks, return_exceptions=True))
            return [[one if isinstance(one, BaseException) else one.read() for one in answers] for answers in found]

    for answers in run(work()):
        assert [type(one) for one in answers[::4]] == [asyncio.CancelledError] * 10
        kept = [place for place in range(40) if place % 4]
        assert [answers[place] for place in kept] == [expected[place] for place in kept]


def test_one_client_is_with_fewer_workers_than_there_are_however_much_it_asks(pool):
    """So the others have one left, also when its questions were sent behind each other."""

    async def work():
        async with Desk(pool) as desk:
            hers = [
                asyncio.create_task(desk.query(asked(f"{RUNAWAY} # {n}", timeout_ms=2_000, client="her"), "SELECT"))
                for n in range(12)
            ]
            await asyncio.sleep(0.4)
            his = [(await desk.query(asked(text, client="him"), "SELECT")).read() for text in SMALL[:5]]
            lane = pool.lanes["query"]
            taken = lane._taken["her"]
            for task in hers:
                task.cancel()
            await asyncio.gather(*hers, return_exceptions=True)
            for _ in range(500):  # A worker that was just being forked for her is let go when it is there.
                if not lane._used:
                    break
                await asyncio.sleep(0.01)
            return his, taken, (lane._used, dict(lane._taken), lane._line)

    his, taken, after = run(work())
    assert len(his) == 5
    assert taken == LIMITS.workers - 1
    assert after == (0, {}, [])

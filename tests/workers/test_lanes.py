from __future__ import annotations

import asyncio
import threading

import pytest

from samvirke.errors import Overloaded, TooManyRequests
from samvirke.workers.lanes import Lane
from tests.loops import run

LONGEST_QUEUE = 32


def test_one_client_leaves_a_seat_for_the_others():
    lane = Lane(3, per_client=10, wait_s=0.01, queue=LONGEST_QUEUE)
    with lane.seat("a"), lane.seat("a"):
        with pytest.raises(TooManyRequests) as refused, lane.seat("a"):
            pass
        with lane.seat("b"):
            pass

    assert refused.value.retry_after_s == 1


def test_full_lane_refuses_after_its_wait():
    lane = Lane(2, per_client=1, wait_s=0.01, queue=LONGEST_QUEUE)
    with lane.seat("a"), lane.seat("b"), pytest.raises(Overloaded) as refused, lane.seat("c"):
        pass

    assert not isinstance(refused.value, TooManyRequests)


def test_a_single_seat_is_shared_by_taking_turns():
    lane = Lane(1, per_client=4, wait_s=0.01, queue=LONGEST_QUEUE)
    with lane.seat("a"):
        pass
    with lane.seat("b"):
        pass


def test_one_client_leaves_room_in_the_queue():
    lane = Lane(2, per_client=1, wait_s=5, queue=LONGEST_QUEUE)
    refused, entered = [], threading.Semaphore(0)

    def wait():
        entered.release()
        try:
            with lane.seat("a"):
                pass
        except Overloaded as error:
            refused.append(error)

    with lane.seat("a"):
        threads = [threading.Thread(target=wait) for _ in range(LONGEST_QUEUE)]
        for thread in threads:
            thread.start()
            entered.acquire()
        for thread in threads[-1:]:
            thread.join(5)
        with lane.seat("b"):
            assert 0 < len(refused) < LONGEST_QUEUE
    for thread in threads:
        thread.join(5)

    assert all(isinstance(error, TooManyRequests) for error in refused)


def test_the_site_itself_keeps_to_no_share():
    lane = Lane(2, per_client=1, wait_s=0.01, queue=LONGEST_QUEUE)
    with lane.seat(""), lane.seat(""):
        pass


def test_who_waits_gets_the_seat_when_it_is_free():
    lane = Lane(2, per_client=1, wait_s=5, queue=LONGEST_QUEUE)
    order = []
    entered, leave = threading.Event(), threading.Event()

    def first():
        with lane.seat("a"):
            entered.set()
            leave.wait(5)
            order.append("first")

    def second():
        with lane.seat("a"):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    entered.wait(5)
    threads[1].start()
    leave.set()
    for thread in threads:
        thread.join(5)

    assert order == ["first", "second"]


def test_a_seat_is_given_back_after_an_error():
    lane = Lane(1, per_client=1, wait_s=0.01, queue=LONGEST_QUEUE)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), lane.seat("a"):
            raise ZeroDivisionError


def test_a_task_waits_without_a_thread_and_gets_the_seat_of_one():
    lane = Lane(1, per_client=1, wait_s=5, queue=LONGEST_QUEUE)

    async def work():
        with lane.seat("thread"):
            waiting = asyncio.create_task(lane.enter("task"))
            await asyncio.sleep(0.01)
            assert not waiting.done()
        await waiting
        lane.leave("task")

    run(work())
    with lane.seat("after"):
        pass


def test_a_task_that_is_called_off_in_line_takes_no_seat_along():
    lane = Lane(1, per_client=1, wait_s=5, queue=LONGEST_QUEUE)

    async def work():
        await lane.enter("first")
        waiting = [asyncio.create_task(lane.enter(f"other {number}")) for number in range(5)]
        await asyncio.sleep(0.01)
        lane.leave("first")  # The seat is given, and its new holder is called off before it hears of that.
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await lane.enter("last")

    run(asyncio.wait_for(work(), 4))


def test_a_task_is_refused_when_its_wait_is_over():
    lane = Lane(1, per_client=1, wait_s=0.01, queue=LONGEST_QUEUE)

    async def work():
        await lane.enter("a")
        with pytest.raises(Overloaded):
            await lane.enter("b")
        lane.leave("a")
        await lane.enter("b")

    run(work())


def test_those_who_came_first_are_seated_first():
    lane = Lane(1, per_client=1, wait_s=5, queue=LONGEST_QUEUE)
    order = []

    async def work():
        async def one(name):
            await lane.enter(name)
            order.append(name)
            lane.leave(name)

        await lane.enter("")
        waiting = [asyncio.create_task(one(f"{number:02d}")) for number in range(20)]
        await asyncio.sleep(0.01)
        lane.leave("")
        await asyncio.gather(*waiting)

    run(work())
    assert order == sorted(order)
    assert len(order) == 20


def test_a_quick_seat_is_for_who_takes_it_one_for_each_client():
    lane = Lane(1, per_client=1, wait_s=0.05, queue=LONGEST_QUEUE, quick=2)

    async def work():
        assert await lane.enter("a", takes_quick=True) is False
        assert await lane.enter("a", takes_quick=True) is True
        assert await lane.enter("b", takes_quick=True) is True
        for client in ("a", "b", "c"):  # One has its own, the other too, and there are no more.
            with pytest.raises(Overloaded):
                await lane.enter(client, takes_quick=True)
        lane.leave("a", quick=True)
        with pytest.raises(Overloaded):
            await lane.enter("c")
        assert await lane.enter("c", takes_quick=True) is True
        lane.leave("a")
        assert await lane.enter("d", takes_quick=True) is False

    run(work())


def test_who_waits_gets_whichever_seat_is_free_first():
    lane = Lane(1, per_client=1, wait_s=5, queue=LONGEST_QUEUE, quick=1)

    async def work():
        await lane.enter("a")
        await lane.enter("b", takes_quick=True)
        lasting = asyncio.create_task(lane.enter("c"))
        either = asyncio.create_task(lane.enter("d", takes_quick=True))
        await asyncio.sleep(0.01)
        lane.leave("b", quick=True)
        assert await either is True
        lane.leave("a")
        assert await lasting is False

    run(work())


def test_two_clients_that_fill_the_line_do_not_keep_a_third_out_of_it():
    lane = Lane(1, per_client=1, wait_s=5, queue=8)
    seated = []

    async def work():
        async def one(client):
            await lane.enter(client)
            seated.append(client)
            lane.leave(client)

        await lane.enter("first")
        crowd = [asyncio.create_task(one(client)) for client in "ab" * 4]
        await asyncio.sleep(0.01)
        third = asyncio.create_task(one("c"))
        await asyncio.sleep(0.01)
        refused = [task for task in crowd if task.done()]
        assert [type(task.exception()) for task in refused] == [Overloaded]
        lane.leave("first")
        await asyncio.gather(*(task for task in crowd if task not in refused), third)

    run(asyncio.wait_for(work(), 5))
    assert sorted(seated) in (sorted("aaabbbbc"), sorted("aaaabbbc"))
    assert "c" in seated[:3]


def test_clients_take_turns_however_many_one_of_them_has_in_line():
    lane = Lane(1, per_client=1, wait_s=5, queue=LONGEST_QUEUE)
    order = []

    async def work():
        async def one(client):
            await lane.enter(client)
            order.append(client)
            await asyncio.sleep(0)
            lane.leave(client)

        await lane.enter("a")
        waiting = [asyncio.create_task(one(client)) for client in "aaaaaabab"]
        await asyncio.sleep(0.01)
        lane.leave("a")
        await asyncio.gather(*waiting)

    run(work())
    assert order == list("babaaaaaa")


def test_who_uses_little_is_not_kept_waiting_by_who_uses_much():
    lane = Lane(1, per_client=1, wait_s=5, queue=LONGEST_QUEUE)
    order = []

    async def work():
        async def one(client, used_s):
            await lane.enter(client)
            order.append(client)
            await asyncio.sleep(0)
            lane.leave(client, used_s=used_s)

        await lane.enter("much")
        waiting = [asyncio.create_task(one("much", 2.0)) for _ in range(6)]
        waiting += [asyncio.create_task(one("more", 0.1)) for _ in range(6)]
        waiting += [asyncio.create_task(one("little", 0.002)) for _ in range(12)]
        await asyncio.sleep(0.01)
        lane.leave("much", used_s=2.0)
        await asyncio.gather(*waiting)

    run(work())
    assert order[0] in ("more", "little")
    assert order.index("much") > 12
    assert max(place for place, client in enumerate(order) if client == "little") <= 13


def test_who_shares_a_seat_counts_as_if_it_had_one():
    lane = Lane(3, per_client=2, wait_s=0.01, queue=LONGEST_QUEUE)
    assert lane.take("a")
    assert lane.join("b")
    assert lane.take("b")
    assert not lane.join("b")
    assert not lane.take("b")
    lane.part("b")
    assert lane.take("b")
    assert not lane.take("c")


def test_those_in_line_are_called_in_turn_if_they_may_share():
    lane = Lane(2, per_client=1, wait_s=5, queue=LONGEST_QUEUE)
    assert lane.take("a")
    assert lane.take("b")
    lane.count("d", 9.0)
    line = [lane.wait(client, list, takes_quick=False, rides=client * 2) for client in ("d", "b", "c", "a", "c")]
    assert not any(waiting.seated for waiting in line)
    assert lane.waiting == 5
    assert [lane.called({"a": 1}).rides for _ in range(3)] == ["cc", "aa", "dd"]
    assert lane.called({"a": 1}) is None
    assert lane.called({"c": 1}).rides == "cc"
    assert lane.waiting == 1


def test_nobody_is_called_past_one_who_waits_for_a_seat():
    lane = Lane(1, per_client=1, wait_s=5, queue=LONGEST_QUEUE)
    assert lane.take("a")
    woken = []
    alone = lane.wait("b", lambda: woken.append("b"), takes_quick=False, rides=None)
    lane.wait("c", lambda: woken.append("c"), takes_quick=False, rides="c")
    assert lane.called({"a": 1}) is None
    lane.leave("a")
    assert (alone.seated, woken) == (True, ["b"])


def test_who_was_in_is_not_refused_when_asked_again():
    lane = Lane(1, per_client=1, wait_s=5, queue=1)
    assert lane.take("a")
    lane.wait("b", list, takes_quick=False, rides=None)
    with pytest.raises(Overloaded):
        lane.wait("c", list, takes_quick=False, rides=None)
    assert not lane.wait("c", list, takes_quick=False, rides=None, again=True).seated
    assert lane.waiting == 2

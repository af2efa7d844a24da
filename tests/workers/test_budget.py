"""What one client may cost: a bucket that is emptied by use and filled by time."""

from __future__ import annotations

import pytest

from samvirke.errors import TooManyRequests
from samvirke.workers.budget import MOST_CLIENTS, Budget


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def budget(clock):
    return Budget(capacity_ms=10_000, refill_ms_per_s=500, clock=clock)


def test_a_client_asks_until_its_bucket_is_empty(budget):
    for _ in range(10):
        budget.check("a")
        budget.charge("a", 1.0)

    with pytest.raises(TooManyRequests) as refused:
        budget.check("a")
    assert refused.value.retry_after_s == 1
    budget.check("b")


def test_many_short_queries_cost_as_much_as_one_long_one(budget):
    for _ in range(10_000):
        budget.charge("short", 0.001_1)
    budget.charge("long", 11)

    for client in ("short", "long"):
        with pytest.raises(TooManyRequests):
            budget.check(client)


def test_the_wait_that_is_told_is_long_enough_and_no_longer_than_needed(budget, clock):
    budget.charge("a", 15)
    with pytest.raises(TooManyRequests) as refused:
        budget.check("a")
    clock.now += refused.value.retry_after_s - 2
    with pytest.raises(TooManyRequests):
        budget.check("a")
    clock.now += 2

    budget.check("a")


def test_a_bucket_never_holds_more_than_it_can(budget, clock):
    budget.charge("a", 1)
    clock.now += 1_000_000
    budget.charge("a", 10.5)

    with pytest.raises(TooManyRequests):
        budget.check("a")


def test_the_site_itself_has_no_bucket(budget):
    budget.charge("", 1_000)

    budget.check("")


def test_memory_is_bounded_however_many_clients_come(budget):
    for number in range(MOST_CLIENTS + 500):
        budget.charge(str(number), 20)

    assert len(budget._buckets) == MOST_CLIENTS
    budget.check("0")

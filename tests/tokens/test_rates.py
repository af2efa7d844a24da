"""How often a token may write, by a clock of the test's own."""

from __future__ import annotations

import pytest

from samvirke.errors import TooManyRequests
from samvirke.tokens import Rates
from samvirke.tokens.rates import MOST_TOKENS


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def refused(rates: Rates, key: str, rate: int) -> int:
    with pytest.raises(TooManyRequests) as told:
        rates.take(key, rate)
    return told.value.retry_after_s


def test_a_minutes_writes_pass_at_once_and_then_one_by_one():
    clock = Clock()
    rates = Rates(clock=clock)
    for _ in range(4):
        rates.take("a", 4)
    first = refused(rates, "a", 4)
    clock.now += 14.5
    second = refused(rates, "a", 4)
    clock.now += 0.5
    rates.take("a", 4)

    assert (first, second) == (15, 1)
    assert refused(rates, "a", 4) == 15


def test_a_refused_write_makes_nobody_wait_longer():
    clock = Clock()
    rates = Rates(clock=clock)
    rates.take("a", 1)

    assert [refused(rates, "a", 1) for _ in range(50)] == [60] * 50
    clock.now += 60
    rates.take("a", 1)


def test_the_bucket_holds_a_minutes_writes_and_no_more():
    clock = Clock()
    rates = Rates(clock=clock)
    rates.take("a", 2)
    clock.now += 86_400
    rates.take("a", 2)
    rates.take("a", 2)

    assert refused(rates, "a", 2) == 30


def test_each_token_has_its_own():
    rates = Rates(clock=Clock())
    rates.take("a", 1)
    rates.take("b", 1)

    assert refused(rates, "a", 1) == refused(rates, "b", 1) == 60


def test_what_is_remembered_is_bounded():
    rates = Rates(clock=Clock())
    for number in range(MOST_TOKENS + 1):
        rates.take(str(number), 1)

    assert refused(rates, str(MOST_TOKENS), 1) == 60
    rates.take("0", 1)

"""What one client may cost.

Duty: a bucket of worker time for each client, emptied by what its queries cost and filled at a steady
rate. Level 4.5; knows no worker. Every query counts from its first millisecond, also one that failed:
many short queries cost as much as one long one.
Source: https://www.rfc-editor.org/rfc/rfc6585#section-4
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from samvirke.errors import TooManyRequests

__all__ = ["MOST_CLIENTS", "Budget"]

MOST_CLIENTS = 10_000
"""Clients that are remembered; who has not asked for longest is forgotten first, and so has a full bucket."""


class Budget:
    """Buckets of worker time by client. The empty name is the site itself, which has no bucket."""

    def __init__(self, *, capacity_ms: int, refill_ms_per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Give each client `capacity_ms` at most, and `refill_ms_per_s` more in each second."""
        self._capacity = capacity_ms / 1000
        self._refill = refill_ms_per_s / 1000
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, client: str) -> None:
        """Let a client ask. Raises: TooManyRequests while its bucket is empty."""
        if not client or client not in self._buckets:
            return
        with self._lock:
            left = self._left(client)
        if left <= 0:
            raise TooManyRequests(
                f"Your queries have used the {self._capacity:g} s of processor time that one client may use.",
                retry_after_s=max(1, math.ceil((self._refill - left) / self._refill)),
                remedy=f"Wait: {self._refill:g} s come back each second. Whoever wants everything takes the dumps.",
            )

    def charge(self, client: str, seconds: float) -> None:
        """Take what a query cost off a client's bucket; it may go below empty, which lengthens the wait."""
        if not client:
            return
        with self._lock:
            self._buckets[client] = (self._left(client) - seconds, self._clock())
            self._buckets.move_to_end(client)
            while len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)

    def _left(self, client: str) -> float:
        left, at = self._buckets.get(client, (self._capacity, 0.0))
        return min(self._capacity, left + (self._clock() - at) * self._refill)

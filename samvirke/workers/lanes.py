"""Who may use a worker, and how long one waits in line.

Duty: a bounded number of seats, a fair share of them for each client, a bounded wait. Level 4.5;
knows no worker.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from samvirke.errors import Overloaded, TooManyRequests

LONGEST_QUEUE = 32
"""Requests that may wait for a seat. Each holds a thread of the web server, which needs some for pages."""

_LONGEST_SHARE = 24
"""Of these, how many one client may have."""


class Lane:
    """Seats with a queue. One client may take all seats but one, so that it never shuts others out."""

    def __init__(self, seats: int, *, per_client: int, wait_s: float) -> None:
        """Make a lane of `seats`, of which one client may use `per_client` at once."""
        self._seats = seats
        self._per_client = max(1, min(per_client, seats - 1))
        self._wait_s = wait_s
        self._taken: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def seat(self, client: str) -> Iterator[None]:
        """Hold a seat for `client`; the empty name is the site itself, which has no share to keep to.

        Raises: TooManyRequests when the client's own share stayed used up for as long as one waits;
        Overloaded when all seats were taken by others, or the queue is full.
        """
        with self._changed:
            self._enter(client)
        try:
            yield
        finally:
            with self._changed:
                self._taken[client] -= 1
                if not self._taken[client]:
                    del self._taken[client]
                self._changed.notify_all()

    def _enter(self, client: str) -> None:
        if not self._free(client):
            if self._waiting.total() >= LONGEST_QUEUE or (client and self._waiting[client] >= _LONGEST_SHARE):
                raise self._refusal(client)
            self._waiting[client] += 1
            try:
                self._wait(client)
            finally:
                self._waiting[client] -= 1
                if not self._waiting[client]:
                    del self._waiting[client]
        self._taken[client] += 1

    def _wait(self, client: str) -> None:
        until = time.monotonic() + self._wait_s
        while not self._free(client):
            left = until - time.monotonic()
            if left <= 0 or not self._changed.wait(left):
                if self._free(client):
                    return
                raise self._refusal(client)

    def _free(self, client: str) -> bool:
        if self._taken.total() >= self._seats:
            return False
        return not client or self._taken[client] < self._per_client

    def _refusal(self, client: str) -> Overloaded:
        retry_after_s = max(1, round(self._wait_s))
        if client and self._taken[client] >= self._per_client:
            return TooManyRequests(
                f"{self._per_client} queries from your address are being answered already.",
                retry_after_s=retry_after_s,
                remedy="Wait for one to end, and ask fewer at once.",
            )
        return Overloaded(
            "All workers are busy with other queries.",
            retry_after_s=retry_after_s,
            remedy="Try again in a moment.",
        )

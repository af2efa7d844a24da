"""Who may use a worker, and how long one waits in line.

Duty: a bounded number of seats, a fair share of them for each client, a bounded queue, a bounded wait. Level 4.5;
knows no worker. A seat that becomes free goes straight to somebody in line, thread or task: clients take turns.
Quick seats are for a short try while all others are taken: most questions need no longer, and so nobody waits
behind those that do.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from samvirke.errors import Overloaded, TooManyRequests

_SHARE = 0.75
"""How much of the queue one client may fill."""
_REMEMBERED = 1_000
"""Clients of whom it is remembered what they used."""
_LEAST_S = 0.001
"""What each turn counts at least."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """Somebody in line; `wake` is called, in any thread, when the seat is theirs – or the place is not (`put_out`).

    `takes_quick`: also a quick seat will do.
    """

    client: str
    wake: Callable[[], object]
    takes_quick: bool = False
    seated: bool = False
    quick: bool = False
    put_out: bool = False


class Lane:
    """Seats with a queue. One client may take all seats but one, so that it never shuts others out."""

    def __init__(self, seats: int, *, per_client: int, wait_s: float, queue: int, quick: int = 0) -> None:
        """Make a lane of `seats`, of which one client may use `per_client` at once; `queue` may wait for one.

        Of the `quick` seats beside them each client may have one.
        """
        self._seats = seats
        self._per_client = max(1, min(per_client, seats - 1))
        self._wait_s = wait_s
        self._queue = queue
        self._share = max(1, int(queue * _SHARE))
        self._taken: Counter[str] = Counter()
        self._used = 0
        self._quick = quick
        self._quick_taken: set[str] = set()
        self._used_s: OrderedDict[str, float] = OrderedDict()
        self._least_s = 0.0
        self._line: list[_Waiting] = []
        self._lock = threading.Lock()

    @contextmanager
    def seat(self, client: str) -> Iterator[None]:
        """Hold a seat for `client`; the empty name is the site itself, which has no share to keep to.

        Raises: TooManyRequests when the client's own share stayed used up for as long as one waits;
        Overloaded when all seats were taken by others, or the queue is full.
        """
        self._enter(client)
        try:
            yield
        finally:
            self.leave(client)

    async def enter(self, client: str, *, takes_quick: bool = False) -> bool:
        """Take a seat, in a task; `leave` gives it back. Raises: as `seat`.

        Returns whether it is a quick one, which only those get who take them.
        """
        if self._enter_now(client):
            return False
        loop = asyncio.get_running_loop()
        given: asyncio.Future[None] = loop.create_future()
        mine = threading.get_ident()

        def wake() -> None:
            if threading.get_ident() == mine:  # Mostly: seats that tasks hold become free in the loop's own thread.
                _seat_given(given)
            else:
                loop.call_soon_threadsafe(_seat_given, given)

        waiting = self._queue_up(client, wake, takes_quick=takes_quick)
        if waiting.seated:
            return waiting.quick
        try:
            async with asyncio.timeout(self._wait_s):
                await given
        except TimeoutError:
            if not self._give_up(waiting):
                return waiting.quick
            raise self._refusal(client) from None
        except BaseException:
            if not self._give_up(waiting):
                self.leave(client, quick=waiting.quick)
            raise
        if waiting.put_out:
            raise self._refusal(client)
        return waiting.quick

    def leave(self, client: str, *, quick: bool = False, used_s: float = 0.0) -> None:
        """Give a seat back that was used for `used_s` seconds, to somebody in line who may have it.

        Clients take turns by what they have used: who asks for little is not kept waiting by who asks for much.
        """
        with self._lock:
            self._count(client, used_s)
            if quick:
                self._quick_taken.discard(client)
            else:
                self._used -= 1
                self._taken[client] -= 1
                if not self._taken[client]:
                    del self._taken[client]
            # One seat became free, so one gets it: of those who may, the client that has used least.
            for waiting in sorted(self._line, key=lambda one: max(self._used_s.get(one.client, 0.0), self._least_s)):
                if self._seat(waiting):
                    self._least_s = max(self._least_s, self._used_s.get(waiting.client, 0.0))
                    self._line.remove(waiting)
                    waiting.wake()
                    return

    def _enter_now(self, client: str) -> bool:
        with self._lock:
            if not self._free(client):
                return False
            self._take(client)
            return True

    def _enter(self, client: str) -> None:
        if self._enter_now(client):
            return
        given = threading.Event()
        waiting = self._queue_up(client, given.set)
        if not waiting.seated and ((not given.wait(self._wait_s) and self._give_up(waiting)) or waiting.put_out):
            raise self._refusal(client)

    def _queue_up(self, client: str, wake: Callable[[], object], *, takes_quick: bool = False) -> _Waiting:
        """Stand in line, or take the seat that there is. Raises: as `seat`."""
        waiting = _Waiting(client, wake, takes_quick)
        with self._lock:
            if self._seat(waiting):
                return waiting
            own = sum(other.client == client for other in self._line)
            if (client and own >= self._share) or (len(self._line) >= self._queue and not self._make_room(own)):
                raise self._refusal(client)
            self._line.append(waiting)
            return waiting

    def _make_room(self, own: int) -> bool:
        """Put out of a full line whoever came last of the client that fills most of it, if that is more than fair."""
        most, waiting = Counter(one.client for one in self._line).most_common(1)[0]
        if waiting <= own + 1:
            return False
        last = next(one for one in reversed(self._line) if one.client == most)
        self._line.remove(last)
        last.put_out = True
        last.wake()
        return True

    def _seat(self, waiting: _Waiting) -> bool:
        """Give somebody the seat they may have, a lasting one before a quick one."""
        if self._free(waiting.client):
            self._take(waiting.client)
        elif waiting.takes_quick and self._free_quick(waiting.client):
            self._quick_taken.add(waiting.client)
            waiting.quick = True
        else:
            return False
        waiting.seated = True
        return True

    def _count(self, client: str, used_s: float) -> None:
        """Count what a client has used, from what the least demanding one in line had used when it got its seat.

        So nobody saves up turns by staying away. Source: start-time fair queueing, doi:10.1109/90.649569
        """
        self._used_s[client] = max(self._used_s.get(client, 0.0), self._least_s) + max(used_s, _LEAST_S)
        self._used_s.move_to_end(client)
        while len(self._used_s) > _REMEMBERED:
            self._used_s.popitem(last=False)

    def _free_quick(self, client: str) -> bool:
        return len(self._quick_taken) < self._quick and client not in self._quick_taken

    def _give_up(self, waiting: _Waiting) -> bool:
        """Leave the line; False when the seat came at the last moment."""
        with self._lock:
            if not waiting.seated and not waiting.put_out:
                self._line.remove(waiting)
            return not waiting.seated

    def _take(self, client: str) -> None:
        self._used += 1
        self._taken[client] += 1

    def _free(self, client: str) -> bool:
        if self._used >= self._seats:
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


def _seat_given(given: asyncio.Future[None]) -> None:
    if not given.done():
        given.set_result(None)

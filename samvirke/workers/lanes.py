"""Who may use a worker, and how long one waits in line.

Duty: a bounded number of seats, a fair share of them for each client, a bounded queue, a bounded wait. Level 4.5;
knows no worker. A seat that becomes free goes straight to somebody in line, thread or task: clients take turns.
Quick seats are for a short try while all others are taken: most questions need no longer, and so nobody waits
behind those that do.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from samvirke.errors import Overloaded, TooManyRequests

_SHARE = 0.75
"""How much of the queue one client may fill."""
_REMEMBERED = 1_000
"""Clients of whom it is remembered what they used."""
_LEAST_S = 0.001
"""What each turn counts at least."""


@dataclass(slots=True, eq=False)
class Waiting:
    """Somebody in line; `wake` is called, in any thread, when the seat is theirs – or the place is not (`put_out`).

    `takes_quick`: also a quick seat will do. `rides`: what is to be asked when also a place behind somebody else's
    question will do.
    """

    client: str
    wake: Callable[[], object]
    takes_quick: bool = False
    rides: object = None
    seated: bool = False
    quick: bool = False
    put_out: bool = False
    since: float = field(default_factory=time.monotonic)


class Lane:
    """Seats with a queue. One client may take all seats but one, so that it never shuts others out."""

    def __init__(self, seats: int, *, per_client: int, wait_s: float, queue: int, quick: int = 0) -> None:
        """Make a lane of `seats`, of which one client may use `per_client` at once; `queue` may wait for one.

        Of the `quick` seats beside them each client may have one.
        """
        self._seats = seats
        self._per_client = max(1, min(per_client, seats - 1))
        self.wait_s = wait_s
        self._queue = queue
        self._share = max(1, int(queue * _SHARE))
        self._taken: Counter[str] = Counter()
        self._used = 0
        self._quick = quick
        self._quick_taken: set[str] = set()
        self._used_s: OrderedDict[str, float] = OrderedDict()
        self._least_s = 0.0
        self._line: list[Waiting] = []
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
            async with asyncio.timeout(self.wait_s):
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
                self._part(client)
            seated = self._next_seated()
        if seated is not None:
            seated.wake()

    def _next_seated(self) -> Waiting | None:
        """One seat became free, so one gets it: of those who may, the client that has used least."""
        for waiting in self._in_turn() if self._line else ():
            if self._seat(waiting):
                self._called(waiting)
                return waiting
        return None

    def _in_turn(self) -> list[Waiting]:
        if len(self._line) < 2:  # noqa: PLR2004 - nothing to sort
            return list(self._line)
        return sorted(self._line, key=lambda one: max(self._used_s.get(one.client, 0.0), self._least_s))

    def _called(self, waiting: Waiting) -> None:
        self._least_s = max(self._least_s, self._used_s.get(waiting.client, 0.0))
        self._line.remove(waiting)

    # ------------------------------------------------------------ sharing a seat: for the desk

    def take(self, client: str) -> bool:
        """Take a lasting seat if there is one for `client`; `leave` gives it back."""
        return self._used < self._seats and self._enter_now(client)

    def wait(
        self, client: str, wake: Callable[[], object], *, takes_quick: bool, rides: object, again: bool = False
    ) -> Waiting:
        """Stand in line, or take the seat that there is: the place says which. `again`: nobody who was in is refused.

        Raises: as `seat`.
        """
        return self._queue_up(client, wake, takes_quick=takes_quick, rides=rides, again=again)

    def give_up(self, waiting: Waiting) -> bool:
        """Leave the line; False when the seat came at the last moment."""
        return self._give_up(waiting)

    def join(self, client: str) -> bool:
        """Let `client` share a seat that others have: it counts for both. `part` ends it."""
        with self._lock:
            return self._join(client)

    def part(self, client: str) -> None:
        """End what `join` began, and see whether somebody of this client may have a seat now that is free."""
        with self._lock:
            self._part(client)
            seated = self._next_seated() if self._line and self._used < self._seats else None
        if seated is not None:
            seated.wake()

    def count(self, client: str, used_s: float) -> None:
        """Count what a client has used of a seat that it shares."""
        with self._lock:
            self._count(client, used_s)

    def called(self, aboard: Mapping[str, int]) -> Waiting | None:
        """Take somebody out of the line who may share a seat with those `aboard`; None when there is nobody."""
        if not self._line:
            return None
        with self._lock:
            for waiting in self._in_turn():
                if waiting.rides is None:  # Its turn is at a seat of its own, which is free the sooner for that.
                    return None
                if waiting.client in aboard or self._join(waiting.client):
                    self._called(waiting)
                    return waiting
        return None

    @property
    def waiting(self) -> int:
        """How many are in line."""
        return len(self._line)

    def _join(self, client: str) -> bool:
        if client and self._taken[client] >= self._per_client:
            return False
        self._taken[client] += 1
        return True

    def _part(self, client: str) -> None:
        self._taken[client] -= 1
        if not self._taken[client]:
            del self._taken[client]

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
        if not waiting.seated and ((not given.wait(self.wait_s) and self._give_up(waiting)) or waiting.put_out):
            raise self._refusal(client)

    def _queue_up(
        self,
        client: str,
        wake: Callable[[], object],
        *,
        takes_quick: bool = False,
        rides: object = None,
        again: bool = False,
    ) -> Waiting:
        """Stand in line, or take the seat that there is. Raises: as `seat`."""
        waiting = Waiting(client, wake, takes_quick, rides)
        put_out = None
        with self._lock:
            if self._seat(waiting):
                return waiting
            if not again:
                own = sum(other.client == client for other in self._line)
                if client and own >= self._share:
                    raise self._refusal(client)
                if len(self._line) >= self._queue:
                    put_out = self._make_room(own)
                    if put_out is None:
                        raise self._refusal(client)
            self._line.append(waiting)
        if put_out is not None:
            put_out.wake()
        return waiting

    def _make_room(self, own: int) -> Waiting | None:
        """Put out of a full line whoever came last of the client that fills most of it, if that is more than fair."""
        most, waiting = Counter(one.client for one in self._line).most_common(1)[0]
        if waiting <= own + 1:
            return None
        last = next(one for one in reversed(self._line) if one.client == most)
        self._line.remove(last)
        last.put_out = True
        return last

    def _seat(self, waiting: Waiting) -> bool:
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

    def _give_up(self, waiting: Waiting) -> bool:
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

    def refusal(self, client: str) -> Overloaded:
        """Return the error for who waited too long."""
        return self._refusal(client)

    def _refusal(self, client: str) -> Overloaded:
        retry_after_s = max(1, round(self.wait_s))
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

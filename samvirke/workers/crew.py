"""The workers of one generation, on one tier.

Duty: lease them, keep the idle ones, let all go when another crew has taken over. Level 4.5; for `pool` and `desk`,
which choose and ask them.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from samvirke.workers.client import Lease, Line

if TYPE_CHECKING:
    from samvirke.generations import Generation

__all__ = ["Crew"]


class Crew:
    """The workers of one generation: idle ones per lane, and how many are at work.

    `counter` is how often the store was written to, as far as is known here; workers forked before the last
    write finish what they do and are let go.
    """

    def __init__(self, generation: Generation, address: str, tier: str) -> None:
        self.generation = generation
        self.tier = tier
        self.line = Line(address, generation.directory, tier)
        self.counter = self.line.version
        self.version = self.name(self.counter)
        """What is answered from now: the generation's name and, where it was written to since, how often that was."""
        self.lock = threading.Lock()
        self.idle: dict[str, list[Lease]] = {"query": [], "read": []}
        self.busy = 0
        self.retired = False

    def name(self, counter: int) -> str:
        """Return the name of the store's state after `counter` writes; never the same for two states.

        What the journal counts keeps its number; the writes of a scratch store count for one life only.
        """
        name = self.generation.directory.name
        if self.generation.writable:
            return f"{name}.{self.line.life}-{counter}"
        return name if counter == self.generation.sequence else f"{name}.{counter}"

    def join(self) -> None:
        """Count one more question that is being answered; `leave` ends it."""
        with self.lock:
            self.busy += 1

    def take(self, lane: str, headroom_bytes: int, *, writer: str = "") -> Lease:
        """Return a worker that stands by, or a new one; `put_back` gives it back. Raises: WorkerLost."""
        with self.lock:
            self.busy += 1
            while self.idle[lane]:
                lease = self.idle[lane].pop()
                if lease.version == self.counter and lease.usable:
                    return lease
                lease.close()
        try:
            lease = self.hire(headroom_bytes, writer)
        except BaseException:
            self.leave()
            raise
        return lease

    def apply(self, patch: bytes, lease: Lease) -> bool:
        """Have the store changed; False when it is no longer the one the lease's worker was forked with."""
        done, counter = self.line.apply(patch, base=lease.version)
        self.written(counter)
        return done

    def written(self, counter: int) -> None:
        """Note a version of the store, and let the workers go that were forked before it."""
        if counter <= self.counter:
            return
        with self.lock:
            self.counter = max(self.counter, counter)
            self.version = self.name(self.counter)
            stale = [lease for leases in self.idle.values() for lease in leases]
            self.idle = {"query": [], "read": []}
        for lease in stale:
            lease.close()

    def catch_up(self) -> None:
        """Have every change made that was written down meanwhile. Raises: WorkerLost; StoreDamaged."""
        self.written(self.line.replay())

    def hire(self, headroom_bytes: int, writer: str = "", *, clerk: bool = False) -> Lease:
        """Have a worker forked; with a `writer`, one that writes pages, with a clerk, one that judges a write.

        Raises: WorkerLost; StoreError when there can be no clerk.
        """
        lease = self.line.lease(headroom_bytes=headroom_bytes, writer=writer, clerk=clerk)
        self.written(lease.version)
        return lease

    def put_back(self, lane: str, lease: Lease) -> None:
        """Have a worker stand by for the next question, unless it is of no more use."""
        with self.lock:
            if lease.version == self.counter and lease.usable and not self.retired:
                self.idle[lane].append(lease)
            else:
                lease.close()
        self.leave()

    def leave(self) -> None:
        """Count a question less; the last one of a retired crew closes its line."""
        with self.lock:
            self.busy -= 1
            last = self.retired and self.busy == 0
        if last:
            self.line.close()

    def retire(self) -> None:
        """Let the idle workers go now, and the busy ones when they are done."""
        with self.lock:
            self.retired = True
            idle = [lease for leases in self.idle.values() for lease in leases]
            self.idle = {"query": [], "read": []}
            last = self.busy == 0
        for lease in idle:
            lease.close()
        if last:
            self.line.close()

"""Writes to published data: judged in a worker, written down, and only then made.

Duty: the order of these steps, for the one process that may write. Level 4.5; evaluates nothing and judges nothing:
a worker with a clerk does. Whatever dies in between, a change that is written down is made by whoever takes over,
and one that is not never was.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from samvirke.errors import (
    AnswerTooLarge,
    Overloaded,
    PreconditionFailed,
    QueryTimeout,
    StoreDamaged,
    StoreError,
    WorkerLost,
)
from samvirke.patch import read_patch
from samvirke.workers import failures
from samvirke.workers.answers import Body
from samvirke.workers.asked import WriteRequest, Written
from samvirke.workers.request import Request
from samvirke.workers.tiers import MEMORY, tiers

if TYPE_CHECKING:
    from samvirke.generations import Generation
    from samvirke.journal import Journal
    from samvirke.workers.client import Lease
    from samvirke.workers.crew import Crew
    from samvirke.workers.pool import Pool

__all__ = ["Ledger", "open_journal", "recognise"]

_PUT_BACK = "Put the journal back from a backup; nothing can be written before."


def open_journal(state: Path, *, free_bytes: int | None = None) -> Journal:
    """Open the journal of a state folder for this process alone; `free_bytes` of the disk stay free.

    Raises: StoreBusy when another process writes; StoreDamaged when it is not whole, or is not the one that what is
    published was built with; StoreError when the folder cannot be written to.
    """
    from samvirke import journal  # noqa: PLC0415 - most pools only read
    from samvirke.generations import JOURNAL, current  # noqa: PLC0415 - the same

    floor = journal.FREE_BYTES if free_bytes is None else free_bytes
    generation = current(state)
    if generation is not None and generation.sequence and not (state / JOURNAL / journal.FILE).exists():
        raise StoreDamaged(
            f"The journal is gone, and {generation.version} was built with {generation.sequence} records of it.",
            remedy=_PUT_BACK,
        )
    opened = journal.Journal.open(state / JOURNAL, free_bytes=floor)
    try:
        if generation is not None:
            recognise(generation)
    except BaseException:
        opened.close()
        raise
    return opened


def recognise(generation: Generation) -> None:
    """See to it that the journal beside a generation is the one that it was built from. Raises: StoreDamaged."""
    from samvirke import journal  # noqa: PLC0415 - as above

    last, folder = generation.sequence, generation.journal
    if not last or not folder.is_dir():  # A generation by itself, as a copy on another machine is.
        return
    record = next(iter(journal.read(folder, after=last - 1)), None)
    if record is None or record.hash != generation.manifest["journal"]["hash"]:
        raise StoreDamaged(
            f"The journal in {folder.name} is not the one that {generation.version} was built from.", remedy=_PUT_BACK
        )


class Ledger:
    """The writer of a pool: one write at a time, each of them in the journal."""

    def __init__(self, pool: Pool, journal: Journal) -> None:
        """Write for `pool` into `journal`, which is open for this process alone."""
        self._pool = pool
        self._journal = journal
        self.turn = threading.RLock()
        """Held for a write, and while another crew takes over, which has to know every write."""
        self._kept: tuple[Crew, Lease] | None = None

    def close(self) -> None:
        """Let the journal go, and the worker that stands by."""
        if self._kept is not None:
            self._kept[1].close()
        self._journal.close()

    def write(self, request: WriteRequest, question: Request) -> Written | None:
        """Evaluate a write, have it judged, write it down and make it; None when the workers died before that."""
        with self.turn:
            crew = self._crew()
            body = Body(self._pool.shelf)
            crew.join()
            lease = None
            try:
                try:
                    lease = self._clerk(crew)
                except WorkerLost:  # The template has died: nothing was written, and another one is asked.
                    self._pool.renew(crew)
                    return None
                if lease.version != self._journal.sequence:
                    crew.catch_up()  # Who took over for one that died began to load before the last write.
                    return None
                if request.only_at and crew.name(lease.version) != request.only_at:
                    raise PreconditionFailed(
                        "The data have changed since you asked.", remedy="Ask again, and decide anew."
                    )
                try:
                    end = lease.ask(question, body, request.content)
                except (QueryTimeout, AnswerTooLarge, WorkerLost) as error:
                    if isinstance(error, WorkerLost) and not lease.fresh:
                        return None  # It stood by, and may have died of anything: a new one is asked.
                    limits = self._pool.limits
                    raise failures.unjudged(
                        error, seconds=question.timeout_s, memory_bytes=limits.write_memory_bytes
                    ) from error
                lease.fresh = False
                patch = b"".join(body)
                changes, existed, sequence = int(end["rows"]), bool(end["existed"]), 0
                if changes:
                    asserted = read_patch(patch[: int(end["asserted"])])
                    record = self._journal.append(author=request.author, reason=request.reason, delta=asserted)
                    sequence = record.sequence
                    # From here on it is done, whatever happens: who takes over reads it in the journal.
                    try:
                        crew.apply(patch, lease)
                        lease.version = crew.counter
                    except (WorkerLost, StoreError):
                        crew.leave()
                        crew = self._pool.renew(crew)
                        crew.join()
                        crew.catch_up()
                # The worker's own copy has become what the store is now: it can judge the next write, too.
                if not end["last"] and lease.version == crew.counter:
                    self._kept, lease = (crew, lease), None
                return Written(crew.version, changes, existed, sequence)
            finally:
                if lease is not None:
                    lease.close()  # Its copy of the store is its own by now.
                crew.leave()
                body.close()

    def _clerk(self, crew: Crew) -> Lease:
        """Return the worker that judged the last write, if nothing has changed since, or a new one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            if kept[0] is crew and kept[1].version == crew.counter and kept[1].usable:
                return kept[1]
            kept[1].close()
        return crew.hire(self._pool.limits.write_memory_bytes, clerk=True)

    def _crew(self) -> Crew:
        """Return a crew whose store can be changed: the one in memory, which may have to be loaded now."""
        crew = self._pool.crew()
        if crew.tier != MEMORY:
            if tiers(crew.generation, self._pool.limits)[-1] != MEMORY:
                raise StoreError(
                    "There are more facts than are held in memory, and only what is there can be written to.",
                    remedy="Raise the setting limits.memory_facts.",
                )
            self._pool.promote(crew)
            crew = self._pool.crew()
        if crew.tier != MEMORY:
            raise Overloaded("The data are not in memory yet.", remedy="Try again in a moment.")
        return crew

"""Have pages written by workers, from an event loop: no thread waits, and a worker is never without the next page.

Duty: a few workers that write pages (`pages`) beside those for queries, each with the next page already on its
stream, and clients that take turns. Level 4.5; knows no HTTP. Every method belongs to the loop's thread; a worker is
forked in a thread of its own. Strangers' queries have other workers and other seats: they keep no page waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from samvirke.errors import WorkerLost
from samvirke.workers import failures, pages
from samvirke.workers.frames import Kind, StreamCut, frame
from samvirke.workers.lanes import Lane
from samvirke.workers.request import write_request

if TYPE_CHECKING:
    from samvirke.workers.crew import Crew
    from samvirke.workers.pool import Pool

__all__ = ["Scribes"]

_HEAD = struct.Struct("!BI")
_AHEAD = 2
"""Pages on a worker's stream at once: the one it writes, and the one it goes on with."""
_MOST = 4
_LINE = 256
"""Pages that may wait for their turn; one client may have three quarters of them waiting."""
_OWN_TRIES = 3
"""How many workers may end over a page, all of them by chance, before it is given up."""
_TRIES = 16
"""How often a page is asked for when workers end over others, or have to be started first."""
_GUARD_S = 0.5
"""How much later than the kernel's clock this side's own one strikes."""


@dataclass(slots=True, eq=False)
class _Asked:
    """A page that is being written: where its bytes go, and who waits for them."""

    ended: asyncio.Future[bytes]
    parts: list[bytes] = field(default_factory=list)


class _Ended(StreamCut):
    """The worker ended over this very page, or before it had begun with it."""


class _Scribe(asyncio.Protocol):
    """The stream of one worker. It answers in the order in which it was asked."""

    def __init__(self, crew: Crew, number: int, version: int) -> None:
        self.crew = crew
        self.number = number
        self.version = version
        self.usable = True
        self.asked: deque[_Asked] = deque()
        self._transport: asyncio.Transport | None = None
        self._pending = bytearray()

    def fits(self, crew: Crew) -> bool:
        """Say whether this worker writes from what a crew answers from now."""
        return self.usable and self.crew is crew and self.version == crew.counter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the transport."""
        self._transport = cast("asyncio.Transport", transport)  # Other loops' transports are no such class.

    def ask(self, message: bytes) -> asyncio.Future[bytes]:
        """Send a request; the future ends with the whole answer."""
        assert self._transport is not None
        asked = _Asked(asyncio.get_running_loop().create_future())
        self.asked.append(asked)
        self._transport.write(message)
        return asked.ended

    def data_received(self, data: bytes) -> None:
        """Take frames off the stream."""
        pending = self._pending
        pending += data
        start = 0
        while len(pending) - start >= _HEAD.size:
            kind, length = _HEAD.unpack_from(pending, start)
            end = start + _HEAD.size + length
            if len(pending) < end:
                break
            self._frame(kind, bytes(pending[start + _HEAD.size : end]))
            start = end
        del pending[:start]

    def _frame(self, kind: int, payload: bytes) -> None:
        if not self.asked:
            self.hang_up()  # Nobody asked.
            return
        asked = self.asked[0]
        if kind == Kind.BODY:
            asked.parts.append(payload)
            return
        self.asked.popleft()
        try:
            if kind == Kind.ERROR:
                raise failures.FromWorker(failures.read_error(payload))
            if kind != Kind.LAST:
                raise StreamCut(f"a frame of kind {kind} ends no page")
            asked.parts.append(payload[failures.END_BYTES :])
            if failures.read_last(payload).last:
                self.hang_up()
        except Exception as error:  # what the worker answered, or a frame that is none of ours
            _fail(asked.ended, error)
        else:
            if not asked.ended.done():
                asked.ended.set_result(b"".join(asked.parts))

    def connection_lost(self, exc: Exception | None) -> None:
        """Notice that the worker is gone, and with it what it had not answered."""
        self.usable = False
        reason = str(exc or "the worker ended")
        if self.asked:
            _fail(self.asked.popleft().ended, _Ended(reason))
        while self.asked:
            _fail(self.asked.popleft().ended, StreamCut(reason))

    def hang_up(self) -> None:
        """Let the worker go: it ends when its stream does."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()


class Scribes:
    """Has pages written by a pool's workers from one event loop."""

    def __init__(self, pool: Pool) -> None:
        """Ask on workers of `pool`, as many as there are processors."""
        self._pool = pool
        self._number = min(_MOST, max(2, os.cpu_count() or 2))
        wait_s = pool.limits.timeout_ms / 1000
        seats = self._number * _AHEAD
        self._lane = Lane(seats + 1, per_client=seats, wait_s=wait_s, queue=_LINE)
        self._scribes: list[_Scribe] = []
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="scribes")
        self._hiring: asyncio.Task[None] | None = None
        self._closed = False

    async def page(self, iri: str, lang: str, *, client: str) -> tuple[pages.Page | None, str]:
        """Have the page about a thing written; None when there is none to be written so.

        Returns the version of the data it is written from, too.
        Raises: TooManyRequests, Overloaded when too many wait; QueryTimeout, WorkerLost, AnswerTooLarge.
        """
        message = frame(Kind.REQUEST, write_request(pages.question(iri, lang, self._pool.limits)))
        await self._lane.enter(client)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            content, version = await self._asked(message)
        finally:
            self._lane.leave(client, used_s=loop.time() - began)
        return pages.read(content), version

    async def prepare(self) -> None:
        """Have workers stand by before the first page is asked for."""
        with contextlib.suppress(WorkerLost):
            await self._hired(self._pool.crew())

    async def close(self) -> None:
        """Let the workers go, also those that are only on their way."""
        self._closed = True
        if self._hiring is not None:
            await asyncio.wait([self._hiring])
        for scribe in self._scribes:
            scribe.hang_up()
        self._scribes.clear()
        await asyncio.sleep(0)  # A stream that was hung up is closed at the loop's next turn.
        self._hand.shutdown(wait=False)

    async def _asked(self, message: bytes) -> tuple[bytes, str]:
        own = 0
        for _ in range(_TRIES):
            crew = self._pool.crew()
            crew.join()
            try:
                scribe = self._free(crew)
                if scribe is None:
                    await self._hired(crew)
                    continue
                return await self._exchange(scribe, message), crew.name(scribe.version)
            except _Ended:
                own += 1
                if own == _OWN_TRIES:
                    break
            except StreamCut:  # Over another page: the next worker is asked.
                continue
            finally:
                crew.leave()
        raise WorkerLost("The process that writes pages ended before the page was complete.", remedy="Ask again.")

    async def _exchange(self, scribe: _Scribe, message: bytes) -> bytes:
        ended = scribe.ask(message)
        timeout_s = self._pool.limits.timeout_ms / 1000
        clock = asyncio.get_running_loop().call_later(_AHEAD * timeout_s + _GUARD_S, _fail, ended, TimeoutError())
        try:
            return await ended
        except TimeoutError as error:
            scribe.hang_up()
            self._hand.submit(scribe.crew.line.kill, scribe.number)
            raise failures.timed_out(timeout_s) from error
        except _Ended:
            status = await asyncio.get_running_loop().run_in_executor(self._hand, scribe.crew.line.fate, scribe.number)
            if failures.by_chance(status):
                raise
            raise failures.died(status, timeout_s=timeout_s) from None
        except failures.FromWorker as error:
            raise error.reason from None
        finally:
            clock.cancel()

    def _free(self, crew: Crew) -> _Scribe | None:
        """Return the worker with the least to do; None when none is there. Others are let go when they are done."""
        fitting = [scribe for scribe in self._scribes if scribe.fits(crew)]
        if len(fitting) < len(self._scribes):
            for scribe in self._scribes:
                if scribe not in fitting and not scribe.asked:
                    scribe.hang_up()
            self._scribes = [one for one in self._scribes if one.usable]
        if len(fitting) < self._number:
            self._hire(crew)
        return min(fitting, key=lambda scribe: len(scribe.asked), default=None)

    def _hire(self, crew: Crew) -> asyncio.Task[None]:
        if self._hiring is None or self._hiring.done():
            self._hiring = asyncio.ensure_future(self._hire_all(crew))
            # Who waits for it looks at how it went; who does not will ask for workers again.
            self._hiring.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._hiring

    async def _hired(self, crew: Crew) -> None:
        """Wait until there is a worker. Raises: WorkerLost, after the crew was renewed where it is gone."""
        task = self._hire(crew)
        await asyncio.wait([task])
        if task.exception() is not None and not any(scribe.fits(crew) for scribe in self._scribes):
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._hand, self._pool.renew, crew)

    async def _hire_all(self, crew: Crew) -> None:
        loop = asyncio.get_running_loop()
        while sum(scribe.fits(crew) for scribe in self._scribes) < self._number and not self._closed:
            memory = self._pool.limits.worker_memory_bytes
            lease = await loop.run_in_executor(self._hand, crew.hire, memory, self._pool.writer)
            number, stream = lease.detach()
            stream.setblocking(False)
            scribe = _Scribe(crew, number, lease.version)
            await loop.create_connection(lambda made=scribe: made, sock=stream)  # type: ignore[misc]  # a default binds it
            self._scribes.append(scribe)
            if not scribe.fits(crew):
                return  # Written to meanwhile: the next page hires anew.


def _fail(ended: asyncio.Future[bytes], error: Exception) -> None:
    if not ended.done():
        ended.set_exception(error)

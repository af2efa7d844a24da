"""Ask workers from an event loop: no thread waits, and a question whose client left is called off.

Duty: the same questions as `Pool.query`, on the same seats, budgets and generations, without a thread
for each. Level 4.5; knows no HTTP. Every method belongs to the loop's thread. What may block (forking a
worker, asking how one ended) is done by a few threads of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import struct
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar, cast

from samvirke.errors import QueryTimeout, WorkerLost
from samvirke.workers import failures
from samvirke.workers.answers import Answer, Body
from samvirke.workers.frames import Kind, StreamCut, frame
from samvirke.workers.request import Request, write_request

if TYPE_CHECKING:
    from samvirke.workers.crew import Crew
    from samvirke.workers.pool import Pool, QueryRequest

__all__ = ["Desk"]

_HEAD = struct.Struct("!BI")
_GUARD_S = 0.5
"""How much later than the kernel's clock this side's own one strikes."""
_GRACE_S = 0.5
"""How much of the wait for a seat does not count towards a question's time."""
_HANDS = 4
_TRIES = 3
QUICK_S = 0.1
"""How long a question may take on a quick seat."""
LATE_S = 0.3
"""How long one is busy on a lasting seat before it makes way for others on the processor. Its worker is replaced
afterwards, so this is well beyond what a question takes that only waits for its turn on a busy machine."""
_LATER = 15
"""The niceness of a worker that is busy for longer: those that have just begun come first."""
_Found = tuple[Body, Mapping[str, float], str]
_LANE = "query"
_Given = TypeVar("_Given")
_Result = TypeVar("_Result")


class _Gone(Exception):
    """A worker was killed while it stood by, as all are when their template dies: another may be asked."""


class Wire(asyncio.Protocol):
    """The stream of one worker: one question at a time."""

    def __init__(self, crew: Crew, number: int, version: int, process: int) -> None:
        """Belong to a worker of `crew` that was leased as `number`, with the store as it was at `version`.

        `process` is its process id.
        """
        self.process = process
        self.late = False
        self.crew = crew
        self.number = number
        self.version = version
        self.transport: asyncio.Transport | None = None
        self._pending = bytearray()
        self._body: Body | None = None
        self._ended: asyncio.Future[Mapping[str, float]] | None = None
        self.usable = True

    def fits(self, crew: Crew) -> bool:
        """Say whether this worker answers from what a crew answers from now."""
        return self.usable and self.crew is crew and self.version == crew.counter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the transport."""
        self.transport = cast("asyncio.Transport", transport)  # Other loops' transports are no such class.

    def ask(self, message: bytes, body: Body) -> asyncio.Future[Mapping[str, float]]:
        """Send a request; the future ends with what the worker says of the answer that went into `body`."""
        assert self.transport is not None
        self._body = body
        self._ended = asyncio.get_running_loop().create_future()
        self.transport.write(message)
        return self._ended

    def data_received(self, data: bytes) -> None:
        """Take frames off the stream."""
        pending = self._pending
        pending += data
        while len(pending) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(pending)
            end = _HEAD.size + length
            if len(pending) < end:
                return
            payload = bytes(pending[_HEAD.size : end])
            del pending[:end]
            self._frame(kind, payload)

    def _frame(self, kind: int, payload: bytes) -> None:
        if self._ended is None or self._ended.done() or self._body is None:
            self.hang_up()  # Nobody asked.
            return
        try:
            if kind == Kind.BODY:
                self._body.write(payload)
            elif kind == Kind.END:
                self._ended.set_result(failures.read_end(payload))
            elif kind == Kind.ERROR:
                self._ended.set_exception(failures.FromWorker(failures.read_error(payload)))
        except Exception as error:  # no room for the answer, or a frame that is none of ours
            self._ended.set_exception(error)
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Notice that the worker is gone."""
        self.usable = False
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(StreamCut(str(exc or "the worker ended")))

    def make_way(self) -> None:
        """Let others come first on the processor, from now on: a process cannot take that back by itself."""
        self.late = True
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process, _LATER)

    def hang_up(self) -> None:
        """Let the worker go: it ends when its stream does."""
        self.usable = False
        if self.transport is not None:
            self.transport.abort()


class Desk:
    """Answers queries on a pool's workers from one event loop."""

    def __init__(self, pool: Pool) -> None:
        """Ask on the workers of `pool`."""
        self._pool = pool
        self._idle: list[Wire] = []
        self._hiring = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="desk")

    async def query(self, request: QueryRequest, form: str) -> Answer:
        """Answer a query of a form (`sparql.classify`). Cancelling the task ends the worker that is busy with it.

        Returns and raises: as `Pool.query`.
        """
        pool = self._pool
        pool.budget.check(request.client)
        question = pool.question(request)
        lane = pool.lanes[_LANE]
        came = time.monotonic()
        found = None
        if await lane.enter(request.client, takes_quick=True):
            found = await self._tried(question, request.client)
            if found is None:
                await lane.enter(request.client)
        if found is None:
            found = await self._seated(_in_time(question, time.monotonic() - came), request.client)
        body, end, version = found
        return Answer(request.media_type, form, int(end["rows"]), body.length, end["seconds"], version, body)

    async def _tried(self, question: Request, client: str) -> _Found | None:
        """Try on a quick seat whether a moment is enough; None when it is not, and a lasting seat is needed."""
        if question.timeout_s <= QUICK_S:
            return await self._seated(question, client, quick=True)
        try:
            return await self._seated(dataclasses.replace(question, timeout_s=QUICK_S), client, quick=True)
        except QueryTimeout:
            return None

    async def _seated(self, question: Request, client: str, *, quick: bool = False) -> _Found:
        """Ask on the seat that `client` has, and give it back. Failures cost the time they took."""
        pool = self._pool
        body = Body(pool.shelf)
        started = time.monotonic()
        cost = None
        try:
            end, version = await self._ask(question, body)
            cost = end["processor"]
            return body, end, version
        except BaseException:
            body.close()
            raise
        finally:
            used_s = time.monotonic() - started
            pool.lanes[_LANE].leave(client, quick=quick, used_s=used_s)
            pool.budget.charge(client, used_s if cost is None else cost)

    async def prepare(self) -> None:
        """Have workers stand by before the first question: as many as may be asked at once."""
        for _ in range(self._pool.limits.workers - len(self._idle)):
            await self._stand_by()

    async def _stand_by(self) -> None:
        self._hiring += 1
        try:
            with contextlib.suppress(WorkerLost):
                self._idle.append(await self._lease(self._pool.crew()))
        finally:
            self._hiring -= 1

    def _replace(self) -> None:
        """Have a new worker stand by in place of one that is gone, before the next question needs it."""
        if self._hiring + len(self._idle) < self._pool.limits.workers:
            task = asyncio.ensure_future(self._stand_by())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let the idle workers go, also those that are only on their way."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        while self._idle:
            self._idle.pop().hang_up()
        await asyncio.sleep(0)  # A stream that was hung up is closed at the loop's next turn.
        self._hands.shutdown(wait=False)

    async def __aenter__(self) -> Desk:
        """Have workers stand by."""
        await self.prepare()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    def drop_old(self) -> None:
        """Let idle workers of former generations go."""
        crew = self._pool.crew()
        for wire in [wire for wire in self._idle if not wire.fits(crew)]:
            self._idle.remove(wire)
            wire.hang_up()

    async def _ask(self, question: Request, body: Body) -> tuple[Mapping[str, float], str]:
        crew = self._pool.crew()
        crew.join()
        try:
            for _ in range(_TRIES):
                try:
                    wire = await self._take(crew)
                except WorkerLost:  # The template has died, or was retired under us.
                    renewed = await self._in_hand(self._pool.renew, crew)
                    crew.leave()
                    crew = renewed
                    crew.join()
                    wire = await self._take(crew)
                with contextlib.suppress(_Gone):
                    return await self._exchange(wire, question, body), crew.name(wire.version)
            raise failures.died(None, timeout_s=question.timeout_s)
        finally:
            crew.leave()

    async def _take(self, crew: Crew) -> Wire:
        while self._idle:
            wire = self._idle.pop()
            if wire.fits(crew):
                return wire
            wire.hang_up()
        return await self._lease(crew)

    async def _lease(self, crew: Crew) -> Wire:
        hiring = asyncio.ensure_future(self._in_hand(crew.hire, self._pool.limits.worker_memory_bytes))
        try:
            lease = await asyncio.shield(hiring)
        except asyncio.CancelledError:  # The thread cannot be called off; the worker it gets is let go at once.
            hiring.add_done_callback(lambda done: None if done.exception() else done.result().close())
            raise
        number, stream = lease.detach()
        stream.setblocking(False)
        wire = Wire(crew, number, lease.version, lease.process)
        await asyncio.get_running_loop().create_connection(lambda: wire, sock=stream)
        return wire

    async def _exchange(self, wire: Wire, question: Request, body: Body) -> Mapping[str, float]:
        ended = wire.ask(frame(Kind.REQUEST, write_request(question)), body)
        loop = asyncio.get_running_loop()
        clock = loop.call_later(question.timeout_s + _GUARD_S, _late, ended)
        soon = loop.call_later(LATE_S, wire.make_way)
        try:
            end = await ended
        except TimeoutError as error:
            self._end(wire)
            raise failures.timed_out(question.timeout_s) from error
        except StreamCut as error:
            self._replace()
            status = await self._in_hand(wire.crew.line.fate, wire.number)
            if failures.by_chance(status) and not body.length:
                raise _Gone from error
            raise failures.died(status, timeout_s=question.timeout_s) from error
        except failures.FromWorker as error:
            if wire.late:
                self._end(wire)
            else:
                self._idle.append(wire)
            raise error.reason from None
        except BaseException:  # The client has left, or there is no room for the answer.
            self._end(wire)
            raise
        finally:
            clock.cancel()
            soon.cancel()
        if end["last"] or wire.late:
            wire.hang_up()
            self._replace()
        else:
            self._idle.append(wire)
        return end

    def _end(self, wire: Wire) -> None:
        """End a worker that is still busy; closing its stream alone would let it go on to its deadline."""
        wire.hang_up()
        self._replace()
        self._hands.submit(wire.crew.line.kill, wire.number)

    async def _in_hand(self, work: Callable[[_Given], _Result], given: _Given) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._hands, work, given)


def _in_time(question: Request, waited_s: float) -> Request:
    """Count the wait for a seat, all but half a second of it, towards a question's time."""
    left = question.timeout_s + _GRACE_S - waited_s
    return question if left >= question.timeout_s else dataclasses.replace(question, timeout_s=max(left, _GRACE_S))


def _late(ended: asyncio.Future[Mapping[str, float]]) -> None:
    if not ended.done():
        ended.set_exception(TimeoutError())

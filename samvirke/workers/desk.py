"""Ask workers from an event loop: no thread waits, and a question whose client left is called off.

Duty: the same questions as `Pool.query`, on the same seats, budgets and generations, without a thread
for each. Level 4.5; knows no HTTP. Every method belongs to the loop's thread. What may block (forking a
worker, asking how one ended) is done by a few threads of its own.

A question takes a seat of the lane where one is free. Where none is, it is sent to a worker that has just begun
another one, and waits there: most questions take less than it costs to wake a process for them. When the one before
it takes longer than a moment, or ends its worker, it is asked again elsewhere; who waits notices nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

from samvirke.errors import QueryTimeout, SamvirkeError, WorkerLost
from samvirke.workers import failures
from samvirke.workers.abroad import answered_abroad, goes_abroad
from samvirke.workers.answers import Answer, Body
from samvirke.workers.asked import QueryRequest
from samvirke.workers.wire import Errand, Wire

if TYPE_CHECKING:
    from samvirke.workers.crew import Crew
    from samvirke.workers.pool import Pool

__all__ = ["Desk"]

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
DEPTH = 8
"""How many questions may be with one worker at once."""
YOUNG_S = 0.01
"""How long a worker may be busy with one question and still be sent others behind it."""
MOMENT_S = 0.025
"""How long one waits behind another question on the way before it is asked elsewhere."""
WATCH_S = 0.05
"""How long a question may take before somebody watches whether its client is still there."""
_LOOK_S = 0.01
_LANE = "query"
_Given = TypeVar("_Given")
_Result = TypeVar("_Result")


class Desk:
    """Answers queries on a pool's workers from one event loop."""

    def __init__(self, pool: Pool) -> None:
        """Ask on the workers of `pool`."""
        self._pool = pool
        self._idle: list[Wire] = []
        self._busy: list[Wire] = []
        self._errands: set[Errand] = set()
        self._hiring = 0
        self._looking = self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="desk")
        self.usual = pool.question(QueryRequest(text="", media_type=""))
        """What questions are like that only say what they ask, and in what format they are to be answered."""

    async def query(self, request: QueryRequest, form: str, *, watch: Callable[[], object] | None = None) -> Answer:
        """Answer a query of a form (`sparql.classify`). Cancelling the task ends the worker that is busy with it.

        `watch` is called once when the answer takes longer than a moment.
        Returns and raises: as `Pool.query`.
        """
        pool = self._pool
        pool.budget.check(request.client)
        if goes_abroad(pool, request):
            request, watched = await answered_abroad(pool, request, watch=watch)
            watch = None if watched else watch
        loop = asyncio.get_running_loop()
        given: asyncio.Future[Answer] = loop.create_future()
        errand = Errand(pool.question(request), request.client, form, given, time.monotonic(), watch)
        try:
            self.take(errand, loop)
            return await given
        except asyncio.CancelledError:
            self.call_off(errand)
            raise
        finally:
            self._errands.discard(errand)

    def take(self, errand: Errand, loop: asyncio.AbstractEventLoop) -> None:
        """Have a question answered whose client has been let in; who waits is told by `errand.given`.

        Raises: Overloaded, TooManyRequests.
        """
        self._errands.add(errand)
        if not self._looking:
            self._loop, self._thread, self._looking = loop, threading.get_ident(), True
            loop.call_later(_LOOK_S, self._look)
        self._place(errand)

    def let_go(self, errand: Errand) -> None:
        """Forget a question that was taken, and is answered or called off."""
        self._errands.discard(errand)

    # ------------------------------------------------------------ where a question goes

    def _place(self, errand: Errand, *, again: bool = False) -> None:
        """Have a question asked where there is room, or stand in line. Raises: Overloaded, TooManyRequests."""
        lane = self._pool.lanes[_LANE]
        if lane.take(errand.client):
            self._seated(errand, quick=False)
            return
        if not errand.alone and not lane.waiting and (wire := self._young(errand.client)) is not None:
            wire.ask(errand, self._time_for(errand))
            return
        waiting = lane.wait(
            errand.client,
            lambda: self._wake(errand),
            takes_quick=not errand.tried,
            rides=None if errand.alone else errand,
            again=again,
        )
        if waiting.seated:
            self._seated(errand, quick=waiting.quick)
        else:
            errand.waiting = waiting

    def _wake(self, errand: Errand) -> None:
        """Hear, in any thread, that a place in line has changed; mostly a seat was given back in the loop's own."""
        if threading.get_ident() == self._thread:
            self._woken(errand)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken, errand)

    def _woken(self, errand: Errand) -> None:
        """Go on with a question whose place in line has become a seat, or none."""
        waiting, errand.waiting = errand.waiting, None
        if waiting is None:
            return
        if waiting.put_out:
            errand.fail(self._pool.lanes[_LANE].refusal(errand.client))
        elif errand.void:
            self._pool.lanes[_LANE].leave(errand.client, quick=waiting.quick)
        else:
            self._seated(errand, quick=waiting.quick)

    def _young(self, client: str) -> Wire | None:
        """Return the worker with the shortest line among those a question of `client` may be sent to."""
        crew, now = self._pool.crew(), time.monotonic()
        best: Wire | None = None
        mine: Wire | None = None
        for wire in self._busy:
            length = len(wire.queue)
            if not 0 < length < DEPTH or wire.quick or wire.marks or wire.late or now - wire.since >= YOUNG_S:
                continue
            if wire.fits(crew):
                if best is None or length < len(best.queue):
                    best = wire
                if client in wire.aboard and (mine is None or length < len(mine.queue)):
                    mine = wire
        if best is None or best is mine or self._pool.lanes[_LANE].join(client):
            return best
        return mine

    def _seated(self, errand: Errand, *, quick: bool) -> None:
        """Ask on the seat that a question has now."""
        try:
            crew = self._pool.crew()
        except SamvirkeError as error:
            self._pool.lanes[_LANE].leave(errand.client, quick=quick)
            errand.fail(error)
            return
        crew.join()
        while self._idle:
            wire = self._idle.pop()
            if wire.fits(crew):
                self._begin(wire, errand, quick=quick)
                return
            wire.hang_up()
        self._do(self._hired(crew, errand, quick=quick))

    async def _hired(self, crew: Crew, errand: Errand, *, quick: bool) -> None:
        """Ask a worker that is yet to be forked."""
        try:
            try:
                wire = await self._lease(crew)
            except WorkerLost:  # The template has died, or was retired under us.
                renewed = await self._in_hand(self._pool.renew, crew)
                crew.leave()
                crew = renewed
                crew.join()
                wire = await self._lease(crew)
        except Exception as error:  # whatever it is, who asked must hear it
            crew.leave()
            self._pool.lanes[_LANE].leave(errand.client, quick=quick)
            errand.fail(error)
            return
        if errand.void or not wire.usable:
            crew.leave()
            self._stand(wire)
            self._pool.lanes[_LANE].leave(errand.client, quick=quick)
            self._once_more([errand])
        else:
            self._begin(wire, errand, quick=quick)

    def _begin(self, wire: Wire, errand: Errand, *, quick: bool) -> None:
        wire.quick = quick
        self._busy.append(wire)
        limit = self._time_for(errand)
        wire.ask(errand, min(limit, QUICK_S) if quick else limit)
        self._fill(wire)

    def _fill(self, wire: Wire) -> None:
        """Send those who wait in line behind the question that a worker has just begun."""
        lane = self._pool.lanes[_LANE]
        if not lane.waiting or wire.quick or wire.marks:
            return
        while len(wire.queue) < DEPTH and (waiting := lane.called(wire.aboard)) is not None:
            errand = cast("Errand", waiting.rides)
            errand.waiting = None
            wire.ask(errand, self._time_for(errand))

    @staticmethod
    def _time_for(errand: Errand) -> float:
        """Count the wait for a seat, all but half a second of it, towards a question's time."""
        limit = errand.question.timeout_s
        left = limit + _GRACE_S - (time.monotonic() - errand.came)
        return limit if left >= limit else max(left, _GRACE_S)

    # ------------------------------------------------------------ what comes back

    def piece(self, errand: Errand, data: bytes) -> None:
        """Take a piece of an answer. Raises: Overloaded when there is no room for it."""
        if errand.body is None:
            errand.body = Body(self._pool.shelf)
        errand.body.write(data)

    def answered(self, wire: Wire, errand: Errand, end: failures.End) -> None:
        """Take the end of an answer, which is complete now."""
        body, media_type = errand.body, errand.question.media_type
        if not errand.given.done() and body is not None and not errand.void:
            answer = Answer(media_type, errand.form, end.rows, body.length, end.seconds, wire.told, body)
            errand.given.set_result(answer)
        self._through(wire, errand, cost=end.processor, last=end.last)

    def refused(self, wire: Wire, errand: Errand, error: SamvirkeError) -> None:
        """Take an error that came in place of an answer."""
        if not errand.void:
            errand.fail(error)
        self._through(wire, errand, cost=None, last=False)

    def broken(self, wire: Wire, errand: Errand, error: Exception) -> None:
        """Let a worker go whose answer cannot be taken."""
        if not errand.void:
            errand.fail(error)
        self._end(wire)

    def left_out(self, wire: Wire, errands: list[Errand]) -> None:
        """Hear that a worker did not do what was called off."""
        for errand in errands:
            self._ashore(wire, errand)
        self._rest(wire)
        # What was taken for begun, and was not: its worker lost the processor after the answer before it.
        self._once_more(errands)

    def lost(self, wire: Wire) -> None:
        """Hear that a worker is gone: by the fault of the question it was busy with, or by nobody's."""
        if wire.queue:
            wire.crew.join()  # Whose line tells how it ended.
            head, *behind = self._given_up(wire)
            self._once_more(behind, alone=True)
            if head is None or head.void:
                wire.crew.leave()
            else:
                self._do(self._fate(wire, head))

    def _through(self, wire: Wire, errand: Errand, *, cost: float | None, last: bool) -> None:
        """Go on with a worker that has answered the first question in its line. Failures cost the time they took."""
        now = time.monotonic()
        used_s, wire.since = now - wire.since, now
        wire.queue.popleft()
        self._pool.budget.charge(errand.client, used_s if cost is None else cost)
        if last or not wire.usable:
            self._let_go(wire)
        elif wire.queue:
            self._pool.lanes[_LANE].count(errand.client, used_s)
            self._ashore(wire, errand)
            self._fill(wire)
        else:
            self._rest(wire, used_s)

    def _ashore(self, wire: Wire, errand: Errand) -> None:
        """Note that a question is through, or called off; the last one of a client leaves the seat to the others."""
        if errand.wire is not wire:  # Called off long since.
            return
        client = errand.client
        left = wire.aboard[client] - 1
        if left or len(wire.aboard) == 1:
            wire.aboard[client] = left
        else:
            del wire.aboard[client]
            self._pool.lanes[_LANE].part(client)

    def _rest(self, wire: Wire, used_s: float = 0.0) -> None:
        """Give back the seat of a worker that has nothing left to do, and have it stand by."""
        if wire.queue:
            return
        if wire.late:
            self._let_go(wire)
            return
        self._busy.remove(wire)
        client = next(iter(wire.aboard))
        wire.aboard.clear()
        self._stand(wire)
        wire.crew.leave()
        self._pool.lanes[_LANE].leave(client, quick=wire.quick, used_s=used_s)

    def _stand(self, wire: Wire) -> None:
        if wire.fits(self._pool.crew()):
            self._idle.append(wire)
        else:
            wire.hang_up()

    # ------------------------------------------------------------ workers that end

    def _let_go(self, wire: Wire) -> None:
        """Let a worker end that is of no more use, and ask elsewhere what it was not to begin."""
        behind = self._given_up(wire)
        wire.hang_up()
        self._once_more(behind)

    def _end(self, wire: Wire) -> None:
        """End a worker that is still busy; closing its stream alone would let it go on to its deadline."""
        behind = self._given_up(wire)[1:]
        wire.hang_up()
        with contextlib.suppress(RuntimeError):  # The desk is closed; so are the lines, which ends their workers.
            self._hands.submit(wire.crew.line.kill, wire.number)
        self._once_more(behind, alone=True)

    def _given_up(self, wire: Wire) -> list[Errand | None]:
        """Give back the seat of a worker that answers nothing more; return what was on the way to it.

        What it was busy with costs the time that took.
        """
        left, clients = list(wire.queue), list(wire.aboard)
        lane = self._pool.lanes[_LANE]
        if left and (head := left[0]) is not None:
            used_s = time.monotonic() - wire.since
            self._pool.budget.charge(head.client, used_s)
            lane.count(head.client, used_s)
        wire.queue.clear()
        wire.aboard.clear()
        wire.marks, wire.usable = 0, False
        self._busy.remove(wire)
        self._replace()
        wire.crew.leave()
        for client in clients[1:]:
            lane.part(client)
        lane.leave(clients[0], quick=wire.quick)
        return left

    def _once_more(self, errands: Sequence[Errand | None], *, alone: bool = False) -> None:
        """Ask what nobody has answered yet once more; whoever was in line is not refused now."""
        for errand in errands:
            if errand is None or errand.void:
                continue
            errand.alone = errand.alone or alone
            if self._closing:
                errand.fail(WorkerLost("The server is ending.", remedy="Ask again in a moment."))
                continue
            try:
                self._place(errand, again=True)
            except SamvirkeError as error:
                errand.fail(error)

    async def _fate(self, wire: Wire, errand: Errand) -> None:
        """Find out how a worker ended, and what that means for the question it was busy with."""
        try:
            status = await self._in_hand(wire.crew.line.fate, wire.number)
        except Exception as error:  # whatever it is, who asked must hear it
            errand.fail(error)
            return
        finally:
            wire.crew.leave()
        limit = errand.question.timeout_s
        reason = failures.died(status, timeout_s=limit)
        if isinstance(reason, QueryTimeout) and wire.quick and errand.timeout_s < limit:
            errand.tried = True  # It needs a lasting seat, and begins anew there.
        elif failures.by_chance(status) and errand.body is None and errand.tries < _TRIES:
            errand.tries += 1
        else:
            errand.fail(reason)
            return
        if errand.body is not None:
            errand.body.close()
            errand.body = None
        self._once_more([errand], alone=True)

    def call_off(self, errand: Errand) -> None:
        """End what is done for a question that nobody waits for any more."""
        errand.void = True
        wire = errand.wire
        if errand.waiting is not None:
            if self._pool.lanes[_LANE].give_up(errand.waiting):
                errand.waiting = None
        elif wire is not None and wire.queue and wire.queue[0] is errand:
            self._end(wire)
        if errand.body is not None:
            errand.body.close()

    # ------------------------------------------------------------ what takes long

    def _look(self) -> None:
        """See what takes longer than it should: here, and not with a clock for each question."""
        now = time.monotonic()
        for wire in list(self._busy):
            if wire.queue:
                self._look_at(wire, now - wire.since)
        for errand in list(self._errands):
            self._look_after(errand, now)
        self._looking = bool(self._errands or self._busy)
        if self._looking and self._loop is not None:
            self._loop.call_later(_LOOK_S, self._look)

    def _look_at(self, wire: Wire, busy_s: float) -> None:
        head = wire.queue[0]
        if head is None or head.void:
            if busy_s > QUICK_S:  # With what was called off and begun all the same.
                self._end(wire)
        elif busy_s > head.timeout_s + _GUARD_S:
            head.fail(failures.timed_out(head.question.timeout_s))
            self._end(wire)
        else:
            if busy_s > LATE_S and not wire.late:
                wire.make_way()
            if busy_s > MOMENT_S and len(wire.queue) > 1 and not wire.marks:
                behind = wire.call_off()
                for errand in behind:
                    self._ashore(wire, errand)
                self._once_more(behind, alone=True)

    def _look_after(self, errand: Errand, now: float) -> None:
        if errand.watch is not None and now - errand.came > WATCH_S:
            watch, errand.watch = errand.watch, None
            watch()
        lane = self._pool.lanes[_LANE]
        if errand.waiting is not None and now - errand.waiting.since > lane.wait_s and lane.give_up(errand.waiting):
            errand.waiting = None
            errand.fail(lane.refusal(errand.client))

    # ------------------------------------------------------------ workers that stand by

    async def prepare(self) -> None:
        """Have workers stand by before the first question: as many as may be asked at once."""
        for _ in range(self._pool.limits.workers - len(self._idle)):
            await self._stand_by()

    async def _stand_by(self) -> None:
        self._hiring += 1
        try:
            with contextlib.suppress(WorkerLost):
                self._stand(await self._lease(self._pool.crew()))
        finally:
            self._hiring -= 1

    def _replace(self) -> None:
        """Have a new worker stand by in place of one that is gone, before the next question needs it."""
        if not self._closing and self._hiring + len(self._idle) < self._pool.limits.workers:
            self._do(self._stand_by())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def drop_old(self) -> None:
        """Let idle workers of former generations go."""
        crew = self._pool.crew()
        for wire in [wire for wire in self._idle if not wire.fits(crew)]:
            self._idle.remove(wire)
            wire.hang_up()

    async def _lease(self, crew: Crew) -> Wire:
        hiring = asyncio.ensure_future(self._in_hand(crew.hire, self._pool.limits.worker_memory_bytes))
        try:
            lease = await asyncio.shield(hiring)
        except asyncio.CancelledError:  # The thread cannot be called off; the worker it gets is let go at once.
            hiring.add_done_callback(lambda done: None if done.exception() else done.result().close())
            raise
        number, stream = lease.detach()
        stream.setblocking(False)
        wire = Wire(crew, number, lease.version, lease.process, self)
        await asyncio.get_running_loop().create_connection(lambda: wire, sock=stream)
        return wire

    async def _in_hand(self, work: Callable[[_Given], _Result], given: _Given) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._hands, work, given)

    async def close(self) -> None:
        """Let all workers go: on duty, on their way, or busy with what nobody waits for."""
        self._closing = True
        for wire in list(self._busy):  # What was called off behind another question, and was begun all the same.
            self._end(wire)
        while self._tasks:
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

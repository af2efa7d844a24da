"""The stream of one worker, and the questions that are on their way over it.

Duty: frames onto the stream and off it; whose answer they are. Level 4.5; for `desk`, which decides what is asked of
whom and what an end means. Answers come in the order of the questions: the first in line is the one the worker is
busy with, those behind it are with the worker already, so that it need not wait for the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

from samvirke.workers import failures
from samvirke.workers.frames import Kind, frame
from samvirke.workers.request import Request, write_request, write_short

if TYPE_CHECKING:
    from samvirke.errors import SamvirkeError
    from samvirke.workers.answers import Answer, Body
    from samvirke.workers.crew import Crew
    from samvirke.workers.lanes import Waiting

__all__ = ["Errand", "Keeper", "Wire"]

_HEAD = struct.Struct("!BI")
_LONGEST_FRAME = 64 << 20
_LATER = 15
"""The niceness of a worker that is busy for longer: those that have just begun come first."""
_CANCEL = frame(Kind.CANCEL, b"")


@dataclass(slots=True, eq=False)
class Errand:
    """A question on its way from its first moment to its answer.

    `body` is what has come of the answer. `void`: nobody waits for it any more, here or at all. `alone`: it was once
    behind a question that took long or ended its worker, and is not put behind another.
    `tried`: it takes longer than a moment.
    `watch` is called when the answer takes so long that somebody should see whether its client is still there.
    `short`: the text of the question in UTF-8, where all else of it is as usual but the format.
    """

    question: Request
    client: str
    form: str
    given: Given
    came: float
    watch: Callable[[], object] | None = None
    short: bytes = b""
    body: Body | None = None
    timeout_s: float = 0.0
    waiting: Waiting | None = None
    wire: Wire | None = None
    alone: bool = False
    tried: bool = False
    tries: int = 0
    void: bool = False

    def fail(self, error: BaseException) -> None:
        """Give whoever waits an error."""
        if self.body is not None:
            self.body.close()
            self.body = None
        if not self.given.done():
            self.given.set_exception(error)


class Given(Protocol):
    """What an answer or an error is given to, once: a future, or what is like one."""

    def done(self) -> bool:
        """Say whether nobody waits any more."""

    def set_result(self, answer: Answer, /) -> None:
        """Take the answer."""

    def set_exception(self, error: BaseException, /) -> None:
        """Take what came in its place."""


class Keeper(Protocol):
    """Who is told what comes over a stream."""

    usual: Request
    """What short questions are like."""

    def piece(self, errand: Errand, data: bytes) -> None:
        """Take a piece of an answer. Raises: Overloaded when there is no room for it."""

    def answered(self, wire: Wire, errand: Errand, end: failures.End) -> None:
        """Take the end of an answer, which is complete now."""

    def refused(self, wire: Wire, errand: Errand, error: SamvirkeError) -> None:
        """Take an error that came in place of an answer."""

    def broken(self, wire: Wire, errand: Errand, error: Exception) -> None:
        """Hear that an answer could not be taken: the worker is of no more use."""

    def left_out(self, wire: Wire, errands: list[Errand]) -> None:
        """Hear that the worker did not do what was called off; these were the last on their way, or not."""

    def lost(self, wire: Wire) -> None:
        """Hear that the worker is gone."""


class Wire(asyncio.Protocol):
    """The stream of one worker."""

    def __init__(self, crew: Crew, number: int, version: int, process: int, keeper: Keeper) -> None:
        """Belong to a worker of `crew` that was leased as `number`, with the store as it was at `version`.

        `process` is its process id.
        """
        self.process = process
        self.crew = crew
        self.number = number
        self.version = version
        self.told = crew.name(version)
        self.queue: deque[Errand | None] = deque()
        """The questions on their way; None stands where those before it were called off."""
        self.aboard: dict[str, int] = {}
        self.marks = 0
        self.quick = False
        self.since = 0.0
        self.late = False
        self.usable = True
        self._keeper = keeper
        self._transport: asyncio.Transport | None = None
        self._pending = b""

    def fits(self, crew: Crew) -> bool:
        """Say whether this worker answers from what a crew answers from now."""
        return self.usable and self.crew is crew and self.version == crew.counter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the transport."""
        self._transport = cast("asyncio.Transport", transport)  # Other loops' transports are no such class.
        # Before all else, where nothing can call it off.
        self._transport.write(frame(Kind.USUAL, write_request(self._keeper.usual)))

    def ask(self, errand: Errand, timeout_s: float) -> None:
        """Send a question; the worker takes it up when it is through with those before it."""
        assert self._transport is not None
        if not self.queue:
            self.since = time.monotonic()
        self.queue.append(errand)
        self.aboard[errand.client] = self.aboard.get(errand.client, 0) + 1
        errand.wire, errand.timeout_s = self, timeout_s
        question = errand.question
        if errand.short:
            sent = frame(Kind.SHORT, write_short(errand.short, question.media_type, timeout_s))
        else:
            if timeout_s != question.timeout_s:
                question = question._replace(timeout_s=timeout_s)
            sent = frame(Kind.REQUEST, write_request(question))
        self._transport.write(sent)

    def call_off(self) -> list[Errand]:
        """Call off the questions that are not begun yet, and return them."""
        assert self._transport is not None
        head, *rest = self.queue
        behind = [errand for errand in rest if errand is not None and not errand.void]
        # The worker may have begun one of them by now: each keeps its place, and its answer is nobody's.
        places = (errand if errand is None or errand.void else replace(errand, void=True, wire=None) for errand in rest)
        self.queue = deque([head, *places, None])
        self.marks += 1
        self._transport.write(_CANCEL)
        return behind

    def data_received(self, data: bytes) -> None:
        """Take frames off the stream."""
        if self._pending:
            data = self._pending + data
            self._pending = b""
        place, size = 0, len(data)
        while size - place >= _HEAD.size and self.usable:
            kind, length = _HEAD.unpack_from(data, place)
            end = place + _HEAD.size + length
            if size < end:
                if length > _LONGEST_FRAME:
                    self.hang_up()
                break
            self._frame(kind, data[place + _HEAD.size : end])
            place = end
        if place < size:
            self._pending = data[place:]

    def _frame(self, kind: int, payload: bytes) -> None:
        errand = self.queue[0] if self.queue else None
        if errand is None:
            if kind == Kind.CANCELLED and self.marks:
                self._forget()
            else:
                self.hang_up()  # Nobody asked.
            return
        try:
            if kind == Kind.LAST:
                end = failures.read_last(payload)
                if not errand.void:
                    self._keeper.piece(errand, payload[failures.END_BYTES :])
                self._keeper.answered(self, errand, end)
            elif kind == Kind.BODY:
                if not errand.void:
                    self._keeper.piece(errand, payload)
            elif kind == Kind.ERROR:
                self._keeper.refused(self, errand, failures.read_error(payload))
            elif kind == Kind.CANCELLED and self.marks:
                self._forget()
            else:
                self.hang_up()
        except Exception as error:  # no room for the answer, or a frame that is none of ours
            self._keeper.broken(self, errand, error)

    def _forget(self) -> None:
        """Take out of the line what the worker says it has left out."""
        left_out = []
        while (errand := self.queue.popleft()) is not None:
            left_out.append(errand)
        self.marks -= 1
        self.since = time.monotonic()
        self._keeper.left_out(self, left_out)

    def connection_lost(self, exc: Exception | None) -> None:
        """Notice that the worker is gone."""
        self.usable = False
        self._keeper.lost(self)

    def make_way(self) -> None:
        """Let others come first on the processor, from now on: a process cannot take that back by itself."""
        self.late = True
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process, _LATER)

    def hang_up(self) -> None:
        """Let the worker go: it ends when its stream does."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

"""Work of the gate in processes of its own, each piece with a deadline.

Duty: run pieces of work in forks and hand over what they yield, or say which of them went on for too long.
Level 3; knows no shape. Nothing inside a process stops a query that the engine is at, so that a shape whose
query compares everything with everything would hold a build for ever; a process can be ended. Several lanes
run side by side; a fork shares the memory of the store and gives back all of its own when it ends.
What is called must have no other threads that matter: a fork takes only the one that forks along.
Source: fork(2)
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import selectors
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from samvirke.errors import LimitError

_HEAD = struct.Struct("!I")
_ROWS = 2_000
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work: what it is called where it takes too long, and the rows it yields.

    The rows must be what pickle takes.
    """

    name: str
    rows: Callable[[], Iterable[Any]]


class TooLongError(LimitError):
    """A piece of work took too long; `name` says which."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"{name} was not done after {seconds:g} seconds.")
        self.name = name


@dataclass(slots=True)
class _Lane:
    """A process at work: where it is heard, since when it is at which piece, and what came in half.

    The time of a piece runs from when the process says that it begins.
    """

    process: int
    hears: int
    lifeline: int
    since: float = float("inf")
    piece: int = 0
    half: bytearray = field(default_factory=bytearray)
    done: bool = False


def run(
    lanes: Sequence[Sequence[Piece]], *, seconds: float, meanwhile: Callable[[], None] | None = None
) -> Iterator[tuple[int, int, list[Any]]]:
    """Yield rows of the pieces as they come, each time with the places of lane and piece.

    A lane is a process, which does its pieces in turn; `meanwhile` is called once they are under way.
    With no `seconds` everything is done here, and nothing ends it.
    Raises: TooLongError for a piece that takes longer, LimitError when a process dies, and what a piece raises.
    """
    if not seconds:
        if meanwhile:
            meanwhile()
        for number, pieces in enumerate(lanes):
            for place, piece in enumerate(pieces):
                yield number, place, list(piece.rows())
        return
    started: list[_Lane] = []
    try:
        for pieces in lanes:
            started.append(_started(pieces))
        if meanwhile:
            meanwhile()
        yield from _heard(started, lanes, seconds)
    finally:
        for lane in started:
            _ended(lane)


def _heard(
    started: list[_Lane], lanes: Sequence[Sequence[Piece]], seconds: float
) -> Iterator[tuple[int, int, list[Any]]]:
    with selectors.DefaultSelector() as waiting:
        for number, lane in enumerate(started):
            waiting.register(lane.hears, selectors.EVENT_READ, number)
        while not all(lane.done for lane in started):
            left = min(lane.since + seconds for lane in started if not lane.done) - time.monotonic()
            ready = waiting.select(None if left == float("inf") else max(left, 0))
            for key, _ in ready:
                number = key.data
                lane = started[number]
                got = os.read(lane.hears, _READ)
                if not got:
                    if not lane.done:
                        names = [piece.name for piece in lanes[number][lane.piece : lane.piece + 1]]
                        raise LimitError(
                            f"The process that checked {' '.join(names) or 'nothing'} died.",
                            remedy="Look at the memory that is free.",
                        )
                    waiting.unregister(lane.hears)
                    continue
                lane.half += got
                for place, state, payload in _frames(lane):
                    if state == "rows":
                        yield number, place, payload
            for number, lane in enumerate(started):
                if not lane.done and time.monotonic() >= lane.since + seconds:
                    raise TooLongError(lanes[number][lane.piece].name, seconds)


def _frames(lane: _Lane) -> Iterator[tuple[int, str, Any]]:
    """Take whole frames from what came in.

    Raises: what a piece raised.
    """
    while len(lane.half) >= _HEAD.size:
        (size,) = _HEAD.unpack_from(lane.half)
        if len(lane.half) < _HEAD.size + size:
            return
        frame = bytes(lane.half[_HEAD.size : _HEAD.size + size])
        del lane.half[: _HEAD.size + size]
        place, state, payload = pickle.loads(frame)
        if state == "begin":
            lane.piece, lane.since = place, time.monotonic()
        elif state == "end":
            lane.done = True
        elif state == "error":
            raise _error(*payload)
        yield place, state, payload


def _error(kind: type[BaseException], arguments: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    """The error as it was raised there; its constructor may want other arguments."""
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(state)
    return error


def _started(pieces: Sequence[Piece]) -> _Lane:
    hears, tells = os.pipe()
    held, lifeline = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        os.close(tells)
        os.close(held)
        return _Lane(process, hears, lifeline)
    _work(pieces, tells, held, (hears, lifeline))


def _ended(lane: _Lane) -> None:
    if not lane.done:
        with contextlib.suppress(ProcessLookupError):
            os.kill(lane.process, signal.SIGKILL)
    os.close(lane.hears)
    os.close(lane.lifeline)
    os.waitpid(lane.process, 0)


# ---------------------------------------------------------------- in the process


def _work(pieces: Sequence[Piece], tells: int, held: int, others: Iterable[int]) -> NoReturn:
    code = 1
    try:
        for one in others:
            os.close(one)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for this process ends it
        threading.Thread(target=_watch, args=(held,), daemon=True).start()
        gc.disable()
        for place, piece in enumerate(pieces):
            _tell(tells, (place, "begin", None))
            rows: list[Any] = []
            for row in piece.rows():
                rows.append(row)
                if len(rows) == _ROWS:
                    _tell(tells, (place, "rows", rows))
                    rows = []
            _tell(tells, (place, "rows", rows))
        _tell(tells, (0, "end", None))
        code = 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            _tell(tells, (0, "error", (type(error), error.args, dict(error.__dict__))))
    finally:
        os._exit(code)


def _watch(held: int) -> None:
    """End when nobody waits any more."""
    with contextlib.suppress(OSError):
        os.read(held, 1)
    os._exit(0)


def _tell(tells: int, frame: tuple[int, str, Any]) -> None:
    body = pickle.dumps(frame, protocol=pickle.HIGHEST_PROTOCOL)
    left = memoryview(_HEAD.pack(len(body)) + body)
    while left:
        left = left[os.write(tells, left) :]

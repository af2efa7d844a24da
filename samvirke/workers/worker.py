"""The process that answers: a fork of the template, confined by the kernel, one question at a time.

Duty: take a request off the stream, answer it, wait for the next. Level 4.5; it may read the store it
was forked with and write to its stream, and nothing else: it cannot open a file or a connection.
At its deadline it is ended by the kernel (SIGALRM, default action), also inside the engine.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pyoxigraph
from pyoxigraph import Quad, Store

from samvirke.errors import SamvirkeError
from samvirke.sparql.errors import WELL_KNOWN
from samvirke.workers import evaluation, failures, limits
from samvirke.workers.frames import BODY_BYTES, FrameReader, Kind, StreamCut, frame, message_frame
from samvirke.workers.request import Request, read_request

if TYPE_CHECKING:
    from samvirke.schema import Schema

Operation = Callable[[Any, Any, Mapping[str, Any]], Iterable[Quad]]


@dataclass(frozen=True, slots=True)
class Hands:
    """What a worker is forked with: the store, the compiled schema and the trusted reads by name.

    `known` is the store with what trusted reads remember of it (`describe.Published`).
    `prefixes` are those worth suggesting to who forgot to declare one.
    """

    store: Store
    known: Any
    schema: Schema
    operations: Mapping[str, Operation]
    prefixes: Mapping[str, str]


def load(directory: Path) -> Hands:
    """Load a generation; imports everything a worker will need, for afterwards no file can be opened."""
    from samvirke.store import open_generation  # noqa: PLC0415 - the zygote itself needs no store

    store = open_generation(directory)
    describe = importlib.import_module("samvirke.describe")
    schema_room = importlib.import_module("samvirke.schema")
    schema_file = directory / "schema.json"
    schema = schema_room.Schema.from_json(schema_file.read_text(encoding="utf-8"))
    prefixes = {**WELL_KNOWN, **schema.prefixes, "d": f"{schema.base}id/"}
    return Hands(store, describe.Published(store), schema, describe.OPERATIONS, prefixes)


def main(connection: socket.socket, hands: Hands, *, headroom_bytes: int, parent: int) -> None:
    """Answer requests until the other side closes the stream."""
    limits.die_with_parent(parent)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    loaded = limits.address_space_bytes()
    _keep_only(connection.fileno())
    limits.confine(loaded_bytes=loaded, headroom_bytes=headroom_bytes)
    frames = FrameReader(connection)
    try:
        while True:
            kind, payload = frames.receive()
            if kind is not Kind.REQUEST:
                return
            _answer(connection, hands, read_request(payload))
    except (StreamCut, OSError):  # The client has gone; nobody waits for the rest.
        return
    except MemoryError:
        os._exit(failures.OUT_OF_MEMORY)


def _answer(connection: socket.socket, hands: Hands, request: Request) -> None:
    """Answer one request within its time: evaluation and sending together."""
    started = time.monotonic()
    limits.allow_processor_seconds(int(request.timeout_s) + 1)
    signal.setitimer(signal.ITIMER_REAL, request.timeout_s)
    body = Body(connection, request.max_bytes)
    try:
        rows = _read(hands, request, body) if request.operation else _evaluate(hands, request, body)
        end = {"rows": rows, "bytes": body.sent, "seconds": round(time.monotonic() - started, 6)}
        connection.sendall(body.rest() + message_frame(Kind.END, end))
    except SamvirkeError as error:
        connection.sendall(message_frame(Kind.ERROR, failures.to_message(error)))
    except (StreamCut, MemoryError):
        raise
    except Exception as error:  # a mistake of ours must reach the log of the web process, which has one
        connection.sendall(message_frame(Kind.ERROR, failures.to_message(failures.fault(error))))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _evaluate(hands: Hands, request: Request, body: Body) -> int:
    return evaluation.evaluate(hands.store, request, body, base=f"{hands.schema.base}sparql", known=hands.prefixes)


def _read(hands: Hands, request: Request, body: Body) -> int:
    """Run a trusted read; its quads travel as N-Quads."""
    operation = hands.operations.get(request.operation)
    if operation is None:
        raise failures.unknown_operation(request.operation)
    quads = list(operation(hands.known, hands.schema, request.parameters))
    pyoxigraph.serialize(quads, cast("IO[bytes]", body), format=pyoxigraph.RdfFormat.N_QUADS)
    return len(quads)


class Body:
    """The file the engine writes to: gathers small writes into frames and counts bytes."""

    def __init__(self, connection: socket.socket, max_bytes: int) -> None:
        """Write to `connection` at most `max_bytes`."""
        self._connection = connection
        self._max_bytes = max_bytes
        self._pending = bytearray()
        self.sent = 0

    def write(self, data: bytes) -> int:
        """Take bytes; raises AnswerTooLarge when they are more than allowed."""
        self.sent += len(data)
        if self.sent > self._max_bytes:
            raise failures.too_many_bytes(self._max_bytes)
        self._pending += data
        if len(self._pending) >= BODY_BYTES:
            try:
                self._connection.sendall(self.rest())  # Blocks while the other side does not read.
            except OSError as error:  # Not to be taken for an error of the engine, through which it passes.
                raise StreamCut("nobody reads the answer") from error
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is gathered goes out with the end of the answer."""

    def rest(self) -> bytes:
        """Return the frame of what is gathered and not sent yet, and forget it."""
        gathered = frame(Kind.BODY, bytes(self._pending)) if self._pending else b""
        self._pending.clear()
        return gathered


def _keep_only(descriptor: int) -> None:
    """Close every descriptor but one, and let the standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        if stream != descriptor:
            os.dup2(nowhere, stream)
    highest = max(os.sysconf("SC_OPEN_MAX"), descriptor + 1)
    os.closerange(3, descriptor)
    os.closerange(max(3, descriptor + 1), highest)

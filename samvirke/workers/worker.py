"""The process that answers: a fork of the template, confined by the kernel, one question at a time.

Duty: take a request off the stream, answer it, wait for the next. Level 4.5; it may read the store it
was forked with and write to its stream, and nothing else: it cannot open a file or a connection.
At its deadline it is ended by the kernel (SIGALRM, default action), also inside the engine.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pyoxigraph
from pyoxigraph import Quad, Store

from samvirke.errors import SamvirkeError
from samvirke.sparql.errors import WELL_KNOWN
from samvirke.workers import evaluation, failures, limits, pages, writes
from samvirke.workers.frames import BODY_BYTES, FrameReader, Kind, StreamCut, frame, message_frame
from samvirke.workers.request import Request, read_request, read_short
from samvirke.workers.tiers import DISK

if TYPE_CHECKING:
    from samvirke.schema import Schema

_KEPT_BYTES = 96 << 20
_KEPT_SHARE = 4
"""A worker that has come to have more memory of its own than this, and than this part of what is loaded, answers no
further question. Reading alone makes pages its own, for it counts references: the larger the data, the more. At
100 000 facts that is 43 MB within 500 questions and 5 kB with each one more, and who replaces it begins anew: a worker
let go of at 48 MB was never warm."""

_LONG_S = 0.005
"""What takes longer than this may have had the questions in line behind it called off."""
_TRUSTED_BYTES = 192 << 20
"""The same for a worker for trusted reads: nobody is out to take its memory, and what it has learnt is worth it."""
_LEARNT_BYTES = 64 << 20
"""Memory for what such a worker remembers of its data (`describe.Published`)."""
_COLLECT_AFTER = 250
"""Pages written before the collector looks at what they left."""
_DESCRIPTORS = 64
"""Files that a worker for trusted reads may have open: its stream, an index, a document at a time."""

Operation = Callable[[Any, Any, Mapping[str, Any]], Iterable[Quad]]


@dataclass(frozen=True, slots=True)
class Hands:
    """What a worker is forked with: the store, the compiled schema and the trusted reads by name.

    `known` is the store with what trusted reads remember of it (`describe.Published`).
    `prefixes` are those worth suggesting to who forgot to declare one. `writable`: the generation says of
    itself that the template may change its store; one that was published never does. `files` are the descriptors,
    open for reading, that a store on disk is read through. `writer` is there in workers for trusted reads only: it
    writes pages, and may open the files of its generation for that. The `clerk` judges writes, where there are any.
    """

    store: Store
    known: Any
    schema: Schema
    operations: Mapping[str, Operation]
    prefixes: Mapping[str, str]
    writable: bool = False
    files: frozenset[int] = frozenset()
    writer: pages.Writer | None = None
    clerk: Any = None

    def with_store(self, store: Store) -> Hands:
        """Return these hands with another store."""
        return replace(self, store=store, known=type(self.known)(store))


def load(directory: Path, tier: str) -> Hands:
    """Load a generation; imports everything a worker will need, for afterwards no file can be opened."""
    from samvirke.generations import open_directory  # noqa: PLC0415 - the zygote itself needs no store

    writable = open_directory(directory).writable
    store, files = _open(directory, tier)
    describe = importlib.import_module("samvirke.describe")
    schema_room = importlib.import_module("samvirke.schema")
    schema_file = directory / "schema.json"
    schema = schema_room.Schema.from_json(schema_file.read_text(encoding="utf-8"))
    prefixes = {**WELL_KNOWN, **schema.prefixes, "d": f"{schema.base}id/"}
    return Hands(store, describe.Published(store), schema, describe.OPERATIONS, prefixes, writable, files)


def _open(directory: Path, tier: str) -> tuple[Store, frozenset[int]]:
    """Return a generation's store on a tier, and the descriptors it is read through: none in memory."""
    from samvirke.store import disk, open_generation  # noqa: PLC0415 - the zygote itself needs no store

    if tier == DISK:
        return disk.open_disk(directory), disk.open_files(directory / disk.FOLDER)
    return open_generation(directory), frozenset()


def main(connection: socket.socket, hands: Hands, *, headroom_bytes: int, parent: int) -> None:
    """Answer requests until the other side closes the stream."""
    limits.die_with_parent(parent)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    loaded = limits.address_space_bytes()
    _keep_only({connection.fileno(), *hands.files})
    trusted = hands.writer is not None
    headroom_bytes += _LEARNT_BYTES if trusted else 0
    limits.confine(loaded_bytes=loaded, headroom_bytes=headroom_bytes, descriptors=_DESCRIPTORS if trusted else 0)
    frames = FrameReader(connection)
    kept = max(_TRUSTED_BYTES, loaded // 2) if trusted else max(_KEPT_BYTES, loaded // _KEPT_SHARE)
    if trusted:  # A page makes thousands of values, and none of them in a circle: to look for these took a tenth of it.
        gc.disable()
    answered = 0
    most = limits.touched_bytes() + kept
    usual: Request | None = None
    try:
        while True:
            kind, payload = frames.receive()
            if kind is Kind.CANCEL:
                connection.sendall(frame(Kind.CANCELLED, b""))
                continue
            if kind is Kind.USUAL:
                usual = read_request(payload)
                continue
            begun = time.monotonic()
            request = _request(kind, payload, usual)
            if request is None:
                return
            content = _content(frames, request.content_bytes) if request.content_bytes else b""
            if _answer(connection, hands, request, content, most_bytes=most):
                return
            answered += 1
            if trusted and answered % _COLLECT_AFTER == 0:
                gc.collect(0)
                gc.freeze()  # What is left is what was learnt: it is let go by count, and not looked at again.
            if time.monotonic() - begun > _LONG_S:
                # Nobody waits behind a question like this one: those in line after it may be asked elsewhere by now.
                connection.sendall(frame(Kind.CANCELLED, b"") * frames.called_off())
    except (StreamCut, OSError):  # The client has gone; nobody waits for the rest.
        return
    except MemoryError:
        os._exit(failures.OUT_OF_MEMORY)


def _request(kind: Kind, payload: bytes, usual: Request | None) -> Request | None:
    """Read what is asked, None when it is nothing that is known here."""
    if kind is Kind.REQUEST:
        return read_request(payload)
    return read_short(payload, usual) if kind is Kind.SHORT and usual is not None else None


def _content(frames: FrameReader, length: int) -> bytes:
    """Read what follows a request."""
    content = bytearray()
    while len(content) < length:
        content += frames.receive()[1]
    return bytes(content)


def _answer(connection: socket.socket, hands: Hands, request: Request, content: bytes, *, most_bytes: int) -> bool:
    """Answer one request within its time: evaluation and sending together.

    Returns whether it was the last: after a write this copy of the store is not the snapshot it was, but for a change
    that was judged, which makes it what the store will be; and what the engine took for a question it does not give
    back, so a worker that once had more than `most_bytes` is replaced by a fresh fork. The end of the answer says so,
    lest it be asked again.
    """
    started, used = time.monotonic(), time.process_time()
    limits.allow_processor_seconds(int(request.timeout_s) + 1, used=used)
    signal.setitimer(signal.ITIMER_REAL, request.timeout_s)
    body = Body(connection, request.max_bytes)
    try:
        told = _told(hands, request, content, body)
        written = request.action in writes.ACTIONS and not request.judged
        last = written or limits.touched_bytes() > most_bytes
        end = failures.End(last, told["rows"], time.monotonic() - started, time.process_time() - used)
        if request.action:
            connection.sendall(body.rest() + message_frame(Kind.END, {**end._asdict(), **told}))
        else:
            connection.sendall(body.last(failures.write_last(end)))
        return last
    except SamvirkeError as error:
        connection.sendall(message_frame(Kind.ERROR, failures.to_message(error)))
    except (StreamCut, MemoryError):
        raise
    except Exception as error:  # a mistake of ours must reach the log of the web process, which has one
        connection.sendall(message_frame(Kind.ERROR, failures.to_message(failures.fault(error))))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return request.action in writes.ACTIONS  # A write that failed may have been half done, here.


def _told(hands: Hands, request: Request, content: bytes, body: Body) -> dict[str, int]:
    base, known = f"{hands.schema.base}sparql", hands.prefixes
    if hands.writer is not None and not request.operation:
        raise failures.not_for_strangers()
    if request.action:
        if request.judged:
            return writes.judged(hands.store, request, content, body, base=base, known=known, clerk=hands.clerk)
        return writes.answer(hands.store, request, content, body, base=base, known=known)
    if request.operation == pages.OPERATION and hands.writer is not None:
        pages.answer(hands.writer, hands.known, request.parameters, cast("IO[bytes]", body))
        return {"rows": 1}
    if request.operation:
        return {"rows": _read(hands, request, body)}
    return {"rows": evaluation.evaluate(hands.store, request, body, base=base, known=known)}


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

    def last(self, end: bytes) -> bytes:
        """Return the last frame of the answer: what is told of it, and what is gathered and not sent yet."""
        return frame(Kind.LAST, end + self._pending)

    def rest(self) -> bytes:
        """Return the frame of what is gathered and not sent yet, and forget it."""
        gathered = frame(Kind.BODY, bytes(self._pending)) if self._pending else b""
        self._pending.clear()
        return gathered


def _keep_only(kept: set[int]) -> None:
    """Close every descriptor but a few, and let the standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        if stream not in kept:
            os.dup2(nowhere, stream)
    highest = max(os.sysconf("SC_OPEN_MAX"), *(number + 1 for number in kept))
    first = 3
    for number in (*sorted(kept), highest):
        os.closerange(first, number)
        first = max(first, number + 1)

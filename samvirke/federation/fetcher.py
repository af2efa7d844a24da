"""The fetcher: the one process of a server that connects to other servers.

Duty: take errands from the web process, and do each in a fork of its own that the kernel ends. Level 4.75. It has no
data, no token and no request of a client: it is told the text of a query and whom it may ask. A child may write no
file and use little memory and time; when its stream closes, for whoever asked has left, it ends at once.
Sources: fork(2), setitimer(2), unix(7)
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import ssl
import struct
import sys
import threading
from typing import Any

from samvirke.errors import InputError, QueryRefused
from samvirke.federation.errand import Errand, run
from samvirke.federation.exchange import Policy
from samvirke.workers.limits import address_space_bytes, allow_processor_seconds, confine, die_with_parent
from samvirke.workers.request import Gate

__all__ = ["HEAD", "main"]

HEAD = struct.Struct("!I")
"""In front of each message: how long it is."""
_DESCRIPTORS = 64
_MEMORY = 96 << 20
_MEMORY_PER_BYTE = 40
"""What a byte of hostile JSON may become while it is read."""
_STACK = 256 << 10
_LATE_S = 1.0
"""How much later than an errand's own clock the kernel's strikes."""


def main(number: int) -> int:
    """Serve errands from the socket with this descriptor until it closes."""
    "host.example".encode("idna")  # Imports what every look-up needs.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Children leave nothing behind.
    ssl.create_default_context()  # Reads what certificates are trusted once, so that children find it in memory.
    with socket.socket(fileno=number) as line:
        while True:
            try:
                told, handed, _, _ = socket.recv_fds(line, 1, 1)
            except OSError:
                return 0
            if not told:
                return 0
            for descriptor in handed:
                _fork(line, descriptor)


def _fork(line: socket.socket, descriptor: int) -> None:
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:  # No room for another process: whoever asked sees the stream close.
        child = parent
    if child:
        os.close(descriptor)
        return
    code = 1
    try:
        die_with_parent(parent)
        line.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with socket.socket(fileno=descriptor) as stream:
            _serve(stream)
        code = 0
    except BaseException as error:  # the process's edge: a fork must never go on as its parent would
        sys.stderr.write(f"an errand to another server failed: {type(error).__name__}: {error}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)  # Threads that still wait for others are not waited for.


def _serve(stream: socket.socket) -> None:
    told = json.loads(_take(stream))
    signal.setitimer(signal.ITIMER_REAL, float(told["seconds"]) + _LATE_S)
    allow_processor_seconds(int(told["seconds"]) + 1, used=0.0)
    confine(
        loaded_bytes=address_space_bytes(),
        headroom_bytes=_MEMORY + _MEMORY_PER_BYTE * told["most_bytes"],
        descriptors=_DESCRIPTORS,
    )
    threading.stack_size(_STACK)
    threading.Thread(target=_watch, args=(stream,), daemon=True).start()
    answer = json.dumps(_answer(_errand(told))).encode()
    stream.sendall(HEAD.pack(len(answer)) + answer)


def _watch(stream: socket.socket) -> None:
    """End when nobody waits any more; the other side says nothing more."""
    with contextlib.suppress(OSError):
        stream.recv(1)
    os._exit(0)


def _take(stream: socket.socket) -> bytes:
    size = HEAD.unpack(_exactly(stream, HEAD.size))[0]
    return _exactly(stream, size)


def _exactly(stream: socket.socket, size: int) -> bytes:
    gathered = bytearray()
    while len(gathered) < size:
        piece = stream.recv(size - len(gathered))
        if not piece:
            raise EOFError
        gathered += piece
    return bytes(gathered)


def _errand(told: dict[str, Any]) -> Errand:
    policy = Policy(
        origins=frozenset(told["origins"]),
        private=frozenset(told["private"]),
        most_bytes=told["most_bytes"],
        agent=told["agent"],
    )
    return Errand(
        text=told["text"],
        base=told["base"],
        gate=Gate(*told["gate"]),
        policy=policy,
        salt=told["salt"],
        seconds=told["seconds"],
        most_rows=told["most_rows"],
        most_calls=told["most_calls"],
    )


def _answer(errand: Errand) -> dict[str, Any]:
    """Do an errand, and say what came of it and what it cost the processor."""
    try:
        told: dict[str, Any] = {"inlined": run(errand)}
    except InputError as error:
        told = {
            "error": type(error).__name__,
            "message": error.message,
            "remedy": error.remedy,
            "line": error.line,
            "column": error.column,
        }
        if isinstance(error, QueryRefused):
            told |= {"rule": error.rule, "limit": error.limit, "found": error.found}
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {**told, "processor_s": used.ru_utime + used.ru_stime}

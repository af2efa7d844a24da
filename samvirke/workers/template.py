"""The process that loads one generation once, and forks it as often as workers are wanted.

Duty: answer `lease`, `kill`, `fate` and `apply` on the control lines of its clients. Level 4.5; it
evaluates nothing a stranger wrote: what it applies is the patch of a worker that did. It stays
single-threaded whenever it forks, and ends with its zygote or its last client.
"""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from samvirke.workers import limits, pages, worker
from samvirke.workers.frames import ControlLine, StreamCut
from samvirke.workers.held import Held

Result = TypeVar("Result")

_LINGER_S = 2.0
"""How long a template without clients waits for the next one before it gives its memory back."""
_GRACE_S = 0.5
"""How long a worker whose stream ended may take to end by itself."""


@dataclass
class Client:
    """One control line and the workers forked for it: lease number → process id, or its wait status."""

    line: ControlLine
    running: dict[int, int] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)


def main(link: socket.socket, directory: str, tier: str, *, parent: int) -> None:
    """Load the generation in `directory` on a tier, and serve until the zygote or the last client is gone.

    When it cannot be loaded, each client waiting is told why, and the process ends.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    limits.die_with_parent(parent)
    try:
        held = _in_a_thread(lambda: Held.load(Path(directory), tier))
    except Exception as error:  # whatever is wrong with the generation, the client must hear it
        _refuse(link, f"{error}" or type(error).__name__)
        return
    _settle()
    Template(link, held).run()


def _settle() -> None:
    """Spare the collector what is loaded: its looks in the forks would touch, and so copy, all of it."""
    gc.collect()
    gc.freeze()


def _in_a_thread(work: Callable[[], Result]) -> Result:
    """Do `work` in a thread that is gone when this returns; what it raises is raised here.

    The engine seeds its random numbers per thread, on first use, which loading blank nodes is. Loaded
    in the main thread, every fork would draw the same UUID(), RAND() and BNODE().
    """
    outcome: list[Result] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:  # raised again by the caller, in the main thread
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return outcome[0]


def _refuse(link: socket.socket, reason: str) -> None:
    """Tell the clients that are waiting, and those that come within a moment."""
    link.settimeout(0.2)
    with contextlib.suppress(OSError):
        while True:
            data, descriptors, _, _ = socket.recv_fds(link, 1, 1)
            if not data:
                return
            for descriptor in descriptors:
                with socket.socket(fileno=descriptor) as connection:
                    ControlLine(connection).send({"error": reason})


@dataclass
class Template:
    """The event loop of one generation."""

    link: socket.socket
    held: Held
    clients: dict[int, Client] = field(default_factory=dict)
    leases: int = 0
    life: str = field(default_factory=lambda: secrets.token_hex(4))
    """Tells this process's versions from those of one before it, whose patches are lost."""
    writers: dict[str, pages.Writer] = field(default_factory=dict)
    """What writes pages, by the module its clients named."""
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def run(self) -> None:
        """Serve until the zygote is gone, or no client has come for a while."""
        self.selector.register(self.link, selectors.EVENT_READ)
        idle_since = time.monotonic()
        while self.clients or time.monotonic() - idle_since < _LINGER_S:
            for key, _ in self.selector.select(timeout=1.0):
                if key.fileobj is self.link:
                    if not self._welcome():
                        return
                elif key.fd in self.clients:
                    self._attend(self.clients[key.fd])
            self._reap()
            if self.clients:
                idle_since = time.monotonic()

    def _welcome(self) -> bool:
        """Take a client's connection from the zygote; False when the zygote is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.link, 1, 1)
        except OSError:
            return False
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            connection.settimeout(_GRACE_S)  # A client that does not read its replies is dropped.
            client = Client(ControlLine(connection))
            self.clients[descriptor] = client
            self.selector.register(connection, selectors.EVENT_READ)
            self._reply(client, {"ready": True, "version": self.held.version, "life": self.life})
        return bool(data)

    def _attend(self, client: Client) -> None:
        try:
            for message in client.line.lines():
                self._answer(client, message)
        except (OSError, ValueError, KeyError, StreamCut):
            self._dismiss(client)

    def _answer(self, client: Client, message: dict[str, Any]) -> None:
        if "lease" in message:
            if message.get("clerk") and (told := self._tried(self.held.appoint)):
                self._reply(client, told)
                return
            self._lease(client, headroom_bytes=int(message["lease"]), writer=str(message.get("writer", "")))
        elif "kill" in message:
            self._end(client, int(message["kill"]))
        elif "fate" in message:
            number = int(message["fate"])
            self._end(client, number, grace_s=_GRACE_S)
            self._reply(client, {"status": client.ended.pop(number, None)})
        elif "apply" in message:
            # Taken off the line before anything is judged: what follows it are lines again.
            patch = client.line.receive_bytes(int(message["apply"]))
            self._reply(client, self._apply(patch, base=int(message["base"])))
        elif "replay" in message:
            self._reply(client, self._tried(self.held.replay) or {"version": self.held.version})

    def _apply(self, patch: bytes, *, base: int) -> dict[str, Any]:
        """Change the store as a worker did its own copy, unless the store has changed since it was copied."""
        if not self.held.changes:
            return {"error": "This generation is published and is not changed."}
        if base != self.held.version:
            return {"stale": self.held.version}
        try:
            _in_a_thread(lambda: self.held.apply(patch))
        except (ValueError, SyntaxError) as error:
            return {"error": f"The patch cannot be read: {error}."}
        return {"version": self.held.version}

    def _tried(self, work: Callable[[], None]) -> dict[str, Any]:
        """Do what may fail for reasons on the disk; say so if it does."""
        try:
            _in_a_thread(work)
        except Exception as error:  # the client must hear it; the template goes on as it was
            return {"error": f"{error}" or type(error).__name__}
        return {}

    def _lease(self, client: Client, *, headroom_bytes: int, writer: str) -> None:
        """Fork a worker and send the client its end of the stream to it; with a `writer`, one that writes pages."""
        hands = self._with_writer(writer) if writer else self.held.hands
        ours, theirs = socket.socketpair()
        self.leases += 1
        me = os.getpid()

        def work() -> None:
            worker.main(theirs, hands, headroom_bytes=headroom_bytes, parent=me)

        process = client.running[self.leases] = _fork(work)
        theirs.close()
        with ours:
            told = {"lease": self.leases, "process": process, "version": self.held.version}
            self._reply(client, told, descriptor=ours.fileno())

    def _with_writer(self, module: str) -> worker.Hands:
        """Return what a worker that writes pages is forked with; its module is loaded when it is first asked for."""
        made, held = self.writers.get(module), self.held
        if made is None:
            directory, schema = held.generation.directory, held.hands.schema
            made = self.writers[module] = _in_a_thread(lambda: pages.writer(module, directory, schema))
            _settle()
        return replace(held.hands, writer=made)

    def _reply(self, client: Client, message: dict[str, Any], *, descriptor: int | None = None) -> None:
        try:
            client.line.send(message, descriptor=descriptor)
        except OSError:
            self._dismiss(client)

    def _end(self, client: Client, number: int, *, grace_s: float = 0.0) -> None:
        """End a worker – at once, or when it has not ended by itself within the grace – and note how."""
        process = client.running.get(number)
        if process is None:
            return
        until = time.monotonic() + grace_s
        while time.monotonic() < until:
            if _waited(client, number, process, os.WNOHANG):
                return
            time.sleep(0.002)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)  # Not waited for yet, so the number is still this worker's.
        _waited(client, number, process, 0)

    def _dismiss(self, client: Client) -> None:
        """Drop a client that is gone; what still works for it works for nobody."""
        descriptor = client.line.fileno()
        if self.clients.pop(descriptor, None) is None:
            return
        self.selector.unregister(client.line.connection)
        client.line.close()
        for number in list(client.running):
            self._end(client, number)

    def _reap(self) -> None:
        for client in self.clients.values():
            for number, process in list(client.running.items()):
                _waited(client, number, process, os.WNOHANG)


def _waited(client: Client, number: int, process: int, options: int) -> bool:
    """Wait for a worker; True when it has ended, its status noted."""
    found, status = os.waitpid(process, options)
    if found == 0:
        return False
    del client.running[number]
    client.ended[number] = status
    return True


def _fork(work: Callable[[], None]) -> int:
    """Fork a process that does `work` and ends, whatever happens in it."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0)

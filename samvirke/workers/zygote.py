"""The process that never sees a query: it keeps one template process per generation and tier.

Duty: accept connections, and hand each to the template that holds the generation it asks for, in the way it
asks for (`tiers`).
Level 4.5; single-threaded and without web framework, rdflib or settings, because its children are
forks of it. It ends when the process that started it ends, and takes its children with it.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from samvirke.workers import template
from samvirke.workers.frames import ControlLine, StreamCut
from samvirke.workers.tiers import MEMORY

_PATIENCE_S = 5.0
"""Longest a fresh connection may take to say which generation it wants; it is written in one piece."""


@dataclass
class Zygote:
    """The listening socket, the owner's lifeline and the templates by directory and tier."""

    listener: socket.socket
    lifeline: socket.socket
    templates: dict[tuple[str, str], tuple[socket.socket, int]] = field(default_factory=dict)

    def run(self) -> None:
        """Serve until the owner's end of the lifeline is closed."""
        selector = selectors.DefaultSelector()
        selector.register(self.listener, selectors.EVENT_READ)
        selector.register(self.lifeline, selectors.EVENT_READ)
        self.lifeline.send(b"r")  # ready
        while True:
            for key, _ in selector.select():
                if key.fileobj is self.lifeline:
                    if not _received(self.lifeline):
                        return
                elif key.fileobj is self.listener:
                    self._accept(selector)
                else:  # A template ended: it has nothing else to tell.
                    self._forget(selector, key.fd)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        """Read the directory a client asks for, and pass its connection on."""
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(_PATIENCE_S)
            try:
                message, _ = ControlLine(connection).receive()
                wanted = (str(message["open"]), str(message.get("tier", MEMORY)))
            except (OSError, ValueError, KeyError, TypeError, AttributeError, StreamCut):
                return
            link = self._template(selector, wanted)
            # A failed hand-over closes the connection; the client notices and asks again.
            with contextlib.suppress(OSError):
                socket.send_fds(link, [b"c"], [connection.fileno()])

    def _template(self, selector: selectors.BaseSelector, wanted: tuple[str, str]) -> socket.socket:
        """Return the link to the template of a directory and tier; fork one if there is none."""
        if wanted in self.templates:
            return self.templates[wanted][0]
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                selector.close()
                self._close_inherited(ours)
                template.main(theirs, *wanted, parent=parent)
                status = 0
            except BaseException as error:  # a forked child must never return into its parent's code
                print(f"samvirke workers: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(status)
        theirs.close()
        ours.setblocking(False)
        self.templates[wanted] = (ours, child)
        selector.register(ours, selectors.EVENT_READ)
        return ours

    def _close_inherited(self, ours: socket.socket) -> None:
        self.listener.close()
        self.lifeline.close()
        ours.close()
        for link, _ in self.templates.values():
            link.close()

    def _forget(self, selector: selectors.BaseSelector, descriptor: int) -> None:
        for wanted, (link, child) in list(self.templates.items()):
            if link.fileno() == descriptor:
                selector.unregister(link)
                link.close()
                del self.templates[wanted]
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child, 0)  # It closed its link by ending.


def main(arguments: list[str]) -> int:
    """Run as `python -m samvirke.workers SOCKET LIFELINE`; returns the exit code.

    `SOCKET` is the path to listen on, in a folder of its own that is removed at the end; `LIFELINE`
    the inherited descriptor of a socket whose other end the owner holds.
    """
    address, descriptor = Path(arguments[0]), int(arguments[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the owner, whose end is ours.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    lifeline = socket.socket(fileno=descriptor)
    lifeline.set_inheritable(False)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    owner = os.getpid()
    try:
        listener.bind(str(address))
        listener.listen(64)
        Zygote(listener, lifeline).run()
    finally:
        if os.getpid() == owner:
            with contextlib.suppress(OSError):
                address.unlink()
            with contextlib.suppress(OSError):
                address.parent.rmdir()
    return 0


def _received(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1))
    except OSError:
        return False

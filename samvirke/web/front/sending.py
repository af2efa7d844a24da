"""Answers sent through the HTTP server.

Duty: the three ways a body leaves – none, from memory, from a file – and room on disk given back when a file
is through. Level 7. The server reads a file only as fast as the client takes it, so an unread answer costs
disk and no memory; what is streamed through the server from here would pile up in memory instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samvirke.web.front.reply import Reply
from samvirke.workers.answers import Body

__all__ = ["Sender"]

_LOOK_S = 0.5
_OPENED_WITHIN_S = 2.0
"""Longest time until the server has opened a file it was told to send."""
_BLIND_S = 60.0
"""How long a file is kept where the platform does not tell who has it open."""
_DESCRIPTORS = Path("/proc/self/fd")
_NO_BODY = (204, 304)


@dataclass(slots=True)
class _Sent:
    body: Body
    descriptor: int
    since: float


class Sender:
    """Sends replies, and lets go of bodies on disk when the server has sent them."""

    def __init__(self) -> None:
        """Begin with nothing on its way."""
        self._sent: list[_Sent] = []

    def send(self, protocol: Any, method: str, reply: Reply) -> None:  # noqa: ANN401 - the server's own type
        """Send a reply; for HEAD, and where the status has none, without its body."""
        headers = reply.headers
        if method == "HEAD" or reply.status in _NO_BODY:
            if reply.status not in _NO_BODY:
                headers = [*headers, ("Content-Length", str(_length(reply)))]
            protocol.response_empty(reply.status, headers)
            if isinstance(reply.body, Body):
                reply.body.close()
        elif reply.path:
            protocol.response_file(reply.status, [*headers, ("Content-Length", str(_length(reply)))], reply.path)
        elif isinstance(reply.body, bytes):
            protocol.response_bytes(reply.status, headers, reply.body)
        else:
            self._send_file(protocol, reply.status, headers, reply.body)

    def _send_file(self, protocol: Any, status: int, headers: list[tuple[str, str]], body: Body) -> None:  # noqa: ANN401 - the same
        descriptor = body.descriptor
        if descriptor is None:
            protocol.response_bytes(status, headers, body.read())
            return
        # The file has no name; where it has a descriptor it can be opened once more, and read from its beginning.
        os.lseek(descriptor, 0, os.SEEK_SET)
        self._sent.append(_Sent(body, descriptor, time.monotonic()))
        protocol.response_file(status, [*headers, ("Content-Length", str(body.length))], f"/dev/fd/{descriptor}")

    async def watch(self) -> None:
        """Let go of bodies whose file the server has closed again; runs as long as the loop."""
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._sent:
                self._let_go()

    def _let_go(self) -> None:
        opened = _times_open()
        now = time.monotonic()
        for sent in list(self._sent):
            age = now - sent.since
            status = os.fstat(sent.descriptor)
            through = age > _BLIND_S if opened is None else age > _OPENED_WITHIN_S
            if through and (opened is None or opened.get((status.st_dev, status.st_ino), 0) <= 1):
                self._sent.remove(sent)
                sent.body.close()


def _times_open() -> dict[tuple[int, int], int] | None:
    """How often this process has each file open; None where the platform does not tell."""
    found: dict[tuple[int, int], int] = {}
    try:
        names = os.listdir(_DESCRIPTORS)  # noqa: PTH208 - hundreds of names, twice a second
    except OSError:
        return None
    for name in names:
        with contextlib.suppress(OSError):
            status = os.stat(f"{_DESCRIPTORS}/{name}")  # noqa: PTH116 - the same
            key = (status.st_dev, status.st_ino)
            found[key] = found.get(key, 0) + 1
    return found


def _length(reply: Reply) -> int:
    return Path(reply.path).stat().st_size if reply.path else reply.length

"""A request handed to the WSGI application, and its answer taken back.

Duty: WSGI on one side, `Reply` on the other. Level 7; runs in a thread, for a WSGI application may block.
Source: https://peps.python.org/pep-3333/
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from samvirke.errors import SamvirkeError
from samvirke.web.front.reply import Reply
from samvirke.workers.answers import Answer, Body, Shelf

__all__ = ["ANSWERED", "ERROR", "Incoming", "ask_application"]

ERROR = "samvirke.error"
"""The key under which the front hands the application an error that it met before it, to be told as any other."""

ANSWERED = "samvirke.answered"
"""The key of the answer to the query that a page is about, or of the error it met: asked by the front, which sees when
the client leaves."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(slots=True)
class Incoming:
    """A request: method, decoded path, query string, headers by lower-case name, the client's address, the whole body.

    `scheme` and `server` are what the connection came in by; `error` is told instead of an answer; `answered` is what
    came of the page's query.
    """

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    client: str
    body: bytes = b""
    scheme: str = "http"
    server: tuple[str, str] = ("localhost", "80")
    error: Exception | None = field(default=None, compare=False)
    answered: Answer | SamvirkeError | None = field(default=None, compare=False)

    @property
    def address(self) -> str:
        """Path and query string: what an answer is kept under."""
        return f"{self.path}?{self.query_string}"


class _File:
    """A file that the application wants sent: passed on by its path, without being read here."""

    def __init__(self, file: IO[bytes], _size: int = 8192) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.file.read(1 << 16):
            yield chunk

    def close(self) -> None:
        self.file.close()


def ask_application(application: Application, incoming: Incoming, shelf: Shelf) -> Reply:
    """Have a WSGI application answer a request.

    Returns the whole answer; what does not fit into memory lies on disk, within the room of `shelf`.
    Raises: Overloaded when there is no room for it.
    """
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        told[:] = [int(status.split(" ", 1)[0]), headers]
        return written.append

    written: list[bytes] = []
    chunks = application(_environ(incoming), start_response)
    try:
        if isinstance(chunks, _File) and isinstance(name := getattr(chunks.file, "name", None), str):
            status, headers = told
            return Reply(status, _without_length(headers), path=name)
        body = Body(shelf)
        for chunk in chunks:
            if chunk:
                body.write(chunk)
    finally:
        if (close := getattr(chunks, "close", None)) is not None:
            close()
    status, headers = told
    if written:
        raise RuntimeError("this application writes through start_response")
    return Reply(status, _without_length(headers), body if body.descriptor is not None else body.read())


def _without_length(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() != "content-length"]


def _environ(incoming: Incoming) -> dict[str, Any]:
    environ: dict[str, Any] = {
        # HEAD is GET without the body, which is left out when the answer is sent: so their headers never differ.
        "REQUEST_METHOD": "GET" if incoming.method == "HEAD" else incoming.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": incoming.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": incoming.query_string,
        "SERVER_NAME": incoming.server[0],
        "SERVER_PORT": incoming.server[1],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": incoming.client,
        "CONTENT_LENGTH": str(len(incoming.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": incoming.scheme,
        "wsgi.input": io.BytesIO(incoming.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _File,
    }
    for name, value in incoming.headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name not in ("content-length", "transfer-encoding"):
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    if incoming.error is not None:
        environ[ERROR] = incoming.error
    if incoming.answered is not None:
        environ[ANSWERED] = incoming.answered
    return environ

"""Another server on loopback: a SPARQL endpoint over a few facts, and every way in which one can misbehave."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pyoxigraph

CERTIFICATE = Path(__file__).with_name("localhost.pem")
JSON = "application/sparql-results+json"
FACTS = """
<urn:a> <urn:knows> <urn:b>, <urn:c> ; <urn:name> "Ane"@da .
<urn:b> <urn:knows> _:somebody . _:somebody <urn:name> "?" .
"""
EMPTY = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'


class Other(ThreadingHTTPServer):
    """The server; `seen` are the requests: method, path with its query, headers, the SPARQL query."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *, tls: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, dict[str, str], str]] = []
        self.visits = 0
        self.store = pyoxigraph.Store()
        self.store.load(FACTS.encode(), format=pyoxigraph.RdfFormat.TURTLE)
        self.gate = threading.Event()
        self.redirects: dict[str, str] = {}
        self.origin = f"http://127.0.0.1:{self.server_port}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.origin = f"https://localhost:{self.server_port}"

    def process_request(self, request: object, client_address: object) -> None:
        self.visits += 1
        super().process_request(request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is what is tested, and no news."""


class Handler(BaseHTTPRequestHandler):
    server: Other
    protocol_version = "HTTP/1.1"
    timeout = 20
    BODIES: ClassVar[dict[str, tuple[str, bytes]]] = {
        "/html": ("text/html", b"<html>"),
        "/plain-json": ("application/json", EMPTY),
        "/xml": ("application/sparql-results+xml", b"<sparql/>"),
        "/latin": (f"{JSON}; charset=iso-8859-1", EMPTY),
        "/not-json": (JSON, b"{"),
        "/ask": (JSON, b'{"head":{},"boolean":true}'),
        "/charset": (f"{JSON};charset=UTF-8", EMPTY),
    }

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._do(parse_qs(urlsplit(self.path).query).get("query", [""])[0])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._do(parse_qs(body).get("query", [""])[0])

    def _do(self, query: str) -> None:
        self.close_connection = True
        self.server.seen.append((self.command, self.path, dict(self.headers.items()), query))
        with contextlib.suppress(OSError):
            self._answer(urlsplit(self.path).path, query)

    def _answer(self, path: str, query: str) -> None:
        if path in self.server.redirects:
            self._redirect(int(path.rsplit("/", 1)[-1]), self.server.redirects[path])
        elif path.startswith("/loop"):
            self._redirect(307, "/loop")
        elif path.startswith("/hops/"):
            left = int(path.rsplit("/", 1)[-1])
            self._redirect(307, f"/hops/{left - 1}" if left > 1 else "/sparql")
        elif path in self.BODIES:
            self._say(*self.BODIES[path])
        elif path.startswith("/status/"):
            self._say(JSON, EMPTY, status=int(path.rsplit("/", 1)[-1]))
        elif path in self.TRICKS:
            getattr(self, self.TRICKS[path])(query)
        else:
            self._found(query)

    TRICKS: ClassVar[dict[str, str]] = {
        "/gzip": "_gzip",
        "/large": "_large",
        "/drip": "_drip",
        "/slow-head": "_slow_head",
        "/silent": "_silent",
        "/slow": "_slow",
        "/cut": "_cut",
        "/chunked-cut": "_chunked_cut",
        "/garbage": "_garbage",
        "/many-rows": "_many_rows",
    }

    def _gzip(self, _: str) -> None:
        self._say(JSON, b"\x1f\x8b", coding="gzip")

    def _large(self, _: str) -> None:
        self._endless(b" " * 65_536)

    def _drip(self, _: str) -> None:
        self._endless(b" ", pause_s=0.02)

    def _silent(self, _: str) -> None:
        self.server.gate.wait(10)

    def _slow(self, query: str) -> None:
        time.sleep(0.2)
        self._found(query)

    def _cut(self, _: str) -> None:
        self._say(JSON, EMPTY, announced=len(EMPTY) + 9)

    def _garbage(self, _: str) -> None:
        self.wfile.write(b"\0\0\0nonsense\r\n\r\n")

    def _many_rows(self, _: str) -> None:
        row = b'{"s":{"type":"literal","value":"x"}}'
        self._say(JSON, b'{"head":{"vars":["s"]},"results":{"bindings":[' + b",".join([row] * 50) + b"]}}")

    def _found(self, query: str) -> None:
        found = self.server.store.query(query)
        self._say(JSON, found.serialize(format=pyoxigraph.QueryResultsFormat.JSON))

    def _say(self, kind: str, body: bytes, *, status: int = 200, coding: str = "", announced: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", "visited=yes")
        self.send_header("Content-Length", str(announced or len(body)))
        if coding:
            self.send_header("Content-Encoding", coding)
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, status: int, location: str) -> None:
        self.send_response(status)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _endless(self, piece: bytes, *, pause_s: float = 0.0) -> None:
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.end_headers()
        while not self.server.gate.is_set():
            self.wfile.write(piece)
            time.sleep(pause_s)

    def _slow_head(self, _: str) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.server.gate.is_set():
            self.wfile.write(b"x")
            time.sleep(0.02)

    def _chunked_cut(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"9\r\n%s\r\n" % EMPTY[:9])


@contextmanager
def other_server(*, tls: bool = False) -> Iterator[Other]:
    """Run one, and end it."""
    server = Other(tls=tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""Requests that no careful client sends, as bytes to a real `samvirke serve`.

The cases are in `bad_requests.toml`, with the clause each expectation comes from. Whatever is sent: an answer
that can be read, no status that means a mistake of ours, nothing of the request's host in it, and the same
HTTP process before and after.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import processes
from tests.serving import serving_first_site

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("bad_requests.toml").read_text("utf-8"))["case"]
PATIENCE_S = 20
"""Not an expectation: when no answer has come by then, the test ends instead of waiting for ever."""

HOSTILE = b"evil.example"
OUR_MISTAKES = {500, 502, 504}
NOT_COMPARED = {"date"}


@dataclass(frozen=True)
class Answer:
    """One answer: header names in lower case, repeated ones joined by commas."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes


@dataclass(frozen=True)
class Served:
    """The running server."""

    address: tuple[str, int]
    pid: int

    def children(self) -> list[int]:
        """The processes the command started itself: the HTTP process and the workers' template."""
        return processes.children(self.pid)

    def send(self, request: bytes, heads: tuple[int, ...] = (), *, half: bool = False) -> list[Answer]:
        """Send bytes and read all that comes back until the other side closes; `half`: nothing more will come."""
        with socket.create_connection(self.address, timeout=PATIENCE_S) as connection:
            try:
                connection.sendall(request)
                if half:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # A server may answer and close before it has read all.
            received = b""
            try:
                while piece := connection.recv(1 << 16):
                    received += piece
            except ConnectionError:
                pass
        return list(read_answers(received, heads))


def read_answers(data: bytes, heads: tuple[int, ...]) -> Iterator[Answer]:
    """Read one answer after another; `heads` are the places of those that have no body, being to HEAD."""
    place = 0
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        assert end, f"half an answer: {data[:200]!r}"
        first, *lines = head.split(b"\r\n")
        found = re.fullmatch(rb"HTTP/1\.[01] (\d{3}) ?[^\r\n]*", first)
        assert found, first
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.decode("latin-1").partition(":")
            known = headers.get(name.lower())
            headers[name.lower()] = value.strip() if known is None else f"{known}, {value.strip()}"
        status = int(found[1])
        if status < 200:
            data = rest
            continue
        if place in heads or status in (204, 304):
            body, data = b"", rest
        elif "chunked" in headers.get("transfer-encoding", ""):
            body, data = read_chunks(rest)
        elif "content-length" in headers:
            length = int(headers["content-length"])
            assert len(rest) >= length, f"{len(rest)} of {length} bytes"
            body, data = rest[:length], rest[length:]
        else:
            body, data = rest, b""
        yield Answer(status, headers, body, head + b"\r\n\r\n" + body)
        place += 1


def read_chunks(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        body, data = body + data[:length], data[length + 2 :]
        if not length:
            return body, data


def request_of(case: dict[str, Any]) -> bytes:
    """Spell a case as bytes."""
    if "raw" in case:
        return str(case["raw"]).encode("latin-1")
    text, times = case.get("repeat", ("@", 1))

    def filled(part: str) -> str:
        return part.replace("@", text * times) if "repeat" in case else part

    body = b""
    if "gzip" in case:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(-(-case["gzip"] >> 20))) + packer.flush()
    elif "bytes" in case:
        body = case["bytes"].encode("latin-1")
    elif "raw_body" in case:
        body = case["raw_body"].encode("latin-1")
    else:
        body = filled(case.get("body", "")).encode()
    lines = [f"{case.get('method', 'GET')} {filled(case.get('target', '/sparql'))} HTTP/1.1"]
    if case.get("host", True):
        lines.append("Host: localhost")
    lines += [filled(line) for line in case.get("headers", ())]
    if case.get("chunked"):
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    elif "raw_body" not in case and {"body", "bytes", "gzip"} & case.keys():
        lines.append(f"Content-Length: {case.get('length', len(body))}")
    lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@pytest.fixture(scope="module")
def served(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_first_site(root, tmp_path_factory.mktemp("state")) as (process, address):
        parts = urlsplit(address)
        yield Served((parts.hostname or "", parts.port or 0), process.pid)


@pytest.fixture(scope="module")
def before(served: Served) -> list[int]:
    """The processes before the first case."""
    found = served.children()
    assert found
    return found


def test_the_cases_are_all_here() -> None:
    names = [case["name"] for case in CASES]

    assert len(CASES) >= 100
    assert len(set(names)) == len(names)


def fits(status: int, expected: int | list[int]) -> bool:
    return status in expected if isinstance(expected, list) else status == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_a_bad_request_is_answered_as_the_standard_has_it(served: Served, before: list[int], case) -> None:
    heads = tuple(case.get("heads", (0,) if case.get("method") == "HEAD" else ()))
    answers = served.send(request_of(case), heads, half=case.get("half", False))
    told = [answer.raw[:600] for answer in answers]

    if "statuses" in case:
        assert [answer.status for answer in answers] == case["statuses"], told
    else:
        status = answers[0].status if answers else 0
        assert fits(status, case["status"]), told
    for answer in answers:
        assert answer.status not in OUR_MISTAKES
        assert HOSTILE not in answer.raw, told
        assert b"Traceback" not in answer.body
        assert b"root:" not in answer.body
        if answer.status >= 400 and answer.headers.get("content-type") == "application/problem+json":
            assert json.loads(answer.body)["status"] == answer.status
    for text in case.get("contains", ()):
        content = answers[0].body.decode()
        if answers[0].headers.get("content-type") == "application/problem+json":
            content = content.replace("\\n", "\n")
        assert text in content, told
    for name, value in case.get("answers", {}).items():
        assert value in answers[0].headers.get(name.lower(), ""), told
    for name in case.get("lacks", ()):
        assert name.lower() not in answers[0].headers, told
    if "lacks_in_location" in case:
        assert case["lacks_in_location"] not in answers[0].headers.get("location", ""), told
    assert served.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0].status == 200


# ------------------------------------------------------------ over several addresses

ADDRESSES = (
    "/",
    "/en/",
    "/id/nordisk-biblioteksnetvaerk",
    "/data/nordisk-biblioteksnetvaerk.ttl",
    "/data/nordisk-biblioteksnetvaerk",
    "/en/id/nordisk-biblioteksnetvaerk",
    "/id/Nordisk-Biblioteksnetvaerk/",
    "/en/queries/networks",
    "/queries/networks.csv",
    "/sparql",
    "/sparql?query=ASK%7B%7D",
    "/sparql?query=ASK",
    "/.well-known/void",
    "/sitemap.xml",
    "/robots.txt",
    "/en",
    "/nothing-here",
    "/dump/default.nt",
)
CLAIMS = (
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Prefix: /evil.example",
    "X-Forwarded-For: 10.0.0.1, evil.example",
    "X-Forwarded-Port: 666",
    "X-Original-URL: /evil.example",
    "X-Rewrite-URL: /evil.example",
    "X-Host: evil.example",
    "Forwarded: host=evil.example;proto=https",
    "Referer: http://evil.example/",
    "Origin: http://evil.example",
)


def ask(served: Served, target: str, *headers: str, method: str = "GET", host: str = "localhost") -> Answer:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers, "Connection: close", "", ""]
    (answer,) = served.send("\r\n".join(lines).encode(), (0,) if method == "HEAD" else ())
    return answer


def plain(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in NOT_COMPARED}


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "*/*"])
@pytest.mark.parametrize("target", ADDRESSES)
def test_no_claim_of_a_host_enters_an_answer(served: Served, target: str, accept: str) -> None:
    usual = ask(served, target, f"Accept: {accept}")
    claimed = ask(served, target, f"Accept: {accept}", *CLAIMS, host="evil.example:666")

    assert HOSTILE not in claimed.raw
    assert b":666" not in claimed.raw
    assert (claimed.status, plain(claimed), claimed.body) == (usual.status, plain(usual), usual.body)


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/sparql-results+json"])
@pytest.mark.parametrize("target", ADDRESSES)
def test_head_is_get_without_its_body(served: Served, target: str, accept: str) -> None:
    full = ask(served, target, f"Accept: {accept}")
    head = ask(served, target, f"Accept: {accept}", method="HEAD")

    assert (head.status, plain(head), head.body) == (full.status, plain(full), b"")
    assert full.body or 300 <= full.status < 400


@pytest.mark.parametrize("target", ADDRESSES)
def test_scripts_of_other_sites_may_read_every_answer(served: Served, target: str) -> None:
    assert ask(served, target, "Origin: https://other.example").headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "BREW"])
@pytest.mark.parametrize("target", [target for target in ADDRESSES if target != "/nothing-here"])
def test_what_may_not_be_done_is_told_with_what_may(served: Served, target: str, method: str) -> None:
    answer = ask(served, target, method=method)

    assert answer.status in ((405, 501) if method == "BREW" else (405,))
    assert answer.status == 501 or {"GET", "HEAD"} <= set(re.split(r",\s*", answer.headers["allow"]))


def test_requests_that_never_end_and_answers_that_nobody_reads_hold_nobody_up(
    served: Served, before: list[int]
) -> None:
    """Half heads, half bodies and unread answers, all open at once; pages and data are answered meanwhile."""
    post = b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
    beginnings = (
        b"GET /healthz HTTP/1.1\r\nHost: lo",
        post + b"Content-Length: 600\r\n\r\nASK",
        post + b"Transfer-Encoding: chunked\r\n\r\n6\r\nASK",
        b"GET /dump/schema.nq HTTP/1.1\r\nHost: localhost\r\n\r\n" * 8,
    )
    with contextlib.ExitStack() as stack:
        for beginning in beginnings * 40:
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(PATIENCE_S)
            connection.connect(served.address)
            connection.sendall(beginning)
        for target in ("/healthz", "/en/", "/.well-known/void", "/data/nordisk-biblioteksnetvaerk.ttl") * 5:
            assert ask(served, target).status == 200
    assert served.children() == before


def test_the_http_process_is_the_one_it_was(served: Served, before: list[int]) -> None:
    """The last test of the module."""
    answer = ask(served, "/sparql?query=ASK%7B%7D", "Accept: application/sparql-results+json")

    assert json.loads(answer.body)["boolean"] is True
    assert served.children() == before

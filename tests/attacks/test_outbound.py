"""No query reaches the network or a file: not with the gate, and not without it.

The gate's word is a courtesy. What keeps the worker in is RLIMIT_NOFILE=0, so each spelling is also
sent past the gate, against a listener that notes every connection and a file with a telling content.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from samvirke import errors
from samvirke.workers import Pool, QueryRequest
from samvirke.workers.request import Request
from tests.generation import numbers, publish
from tests.processes import LIMITS

CASES = sorted(Path(__file__).with_name("outbound").glob("*.rq"))
assert len(CASES) >= 30
SECRET = "this-stands-in-the-canary-file"
FORMATS = {"CONSTRUCT": "text/turtle", "DESCRIBE": "text/turtle"}


class Canary:
    """A listener on loopback that counts who comes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}/sparql"
        self.visits = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.visits += 1
                connection.close()


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    listening = Canary()
    yield listening
    # `shutdown` wakes the thread that waits in accept; closing alone would leave it there.
    listening.socket.shutdown(socket.SHUT_RDWR)
    listening.socket.close()


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "secret.ttl"
    path.write_text(f'<urn:a> <urn:b> "{SECRET}" .', encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["memory", "disk"])
def pool(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Pool]:
    state = tmp_path_factory.mktemp("state")
    data, default = numbers(3)
    publish(state, "v1", data=data, default=default, disk=request.param == "disk")
    with Pool.start(state, LIMITS, warm=False) as running:
        assert running.tier == request.param
        yield running


def text_of(case: Path, canary: Canary, secret: Path) -> str:
    text = case.read_text(encoding="utf-8")
    return text.replace("{canary}", canary.address).replace("{file}", str(secret))


def media_type(text: str) -> str:
    return next((kind for word, kind in FORMATS.items() if word in text), "application/sparql-results+json")


def test_the_canary_notices_a_visitor(canary):
    before = canary.visits
    socket.create_connection(canary.socket.getsockname()).close()
    for _ in range(200):
        if canary.visits > before:
            break
        threading.Event().wait(0.01)

    assert canary.visits == before + 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_gate_lets_nothing_out(case, pool, canary, secret):
    text = text_of(case, canary, secret)
    before = canary.visits
    with contextlib.suppress(errors.InputError):
        answer = pool.query(QueryRequest(text=text, media_type=media_type(text)))
        assert SECRET.encode() not in answer.read()

    assert canary.visits == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_kernel_lets_nothing_out(case, pool, canary, secret):
    text = text_of(case, canary, secret)
    before = canary.visits
    try:
        body = pool.ask(Request(text=text, media_type=media_type(text), timeout_s=5), lane="query")[0]
        told = b"".join(body).decode()
    except errors.SamvirkeError as error:
        told = str(error)

    assert canary.visits == before
    assert SECRET not in told


SERVICES = [case for case in CASES if "SERVICE" in case.read_text().upper()]
SILENT = [case for case in SERVICES if "SILENT" in case.read_text().upper()]
assert len(SILENT) >= 4


@pytest.mark.parametrize("case", [case for case in SERVICES if case not in SILENT], ids=lambda c: c.stem)
def test_the_refusal_names_the_keyword_and_its_place(case, pool, canary, secret):
    text = text_of(case, canary, secret)
    with pytest.raises(errors.QueryRefused) as refused:
        pool.query(QueryRequest(text=text, media_type=media_type(text)))

    assert refused.value.rule == "outbound"
    line = text.split("\n")[refused.value.line - 1]
    found = line[refused.value.column - 1 :]
    assert found[0] in "sS\\"


@pytest.mark.parametrize("case", SILENT, ids=lambda case: case.stem)
def test_a_silent_service_is_answered_as_one_that_nobody_reached(case, pool, canary, secret):
    """What SILENT asks for: the one solution that says nothing, https://www.w3.org/TR/sparql11-federated-query/."""
    text = text_of(case, canary, secret)
    before = canary.visits
    pool.query(QueryRequest(text=text, media_type=media_type(text))).close()

    assert canary.visits == before


@pytest.mark.parametrize(
    "text",
    [
        'SELECT * { ?s ?p "SERVICE <http://a> {}" }',
        "SELECT * { ?SERVICE ?p ?LOAD }",
        "SELECT * { ?s <http://example.org/SERVICE> ?o } # SERVICE <http://a>",
        "PREFIX service: <urn:x:> SELECT * { ?s service:load service: }",
        "PREFIX : <urn:x:> SELECT * { ?s :SERVICE ?o }",
        "SELECT * { ?s ?p '''LOAD''' }",
        "ASK { _:SERVICE ?p ?o }",
    ],
)
def test_the_same_letters_elsewhere_are_no_offence(pool, text):
    pool.query(QueryRequest(text=text, media_type="application/sparql-results+json")).close()

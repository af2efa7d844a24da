"""Bodies that come slowly, in part or not at all."""

from __future__ import annotations

import io
import threading

import pytest

from samvirke.web import bodies

QUERY = "application/sparql-query"


class Stalled(io.BytesIO):
    """A body of which nothing comes until the connection is let go."""

    def __init__(self) -> None:
        super().__init__(b"ASK{}")
        self.asked, self.gone = threading.Semaphore(0), threading.Event()

    def read(self, _size: int | None = -1) -> bytes:
        self.asked.release()
        self.gone.wait(10)
        raise OSError("the connection is gone")

    def readinto(self, _buffer: object) -> int:
        return len(self.read())


@pytest.fixture
def stalled():
    stream = Stalled()
    yield stream
    stream.gone.set()


def ask(client, stream, length=5, address="192.0.2.1"):
    # As the server passes it on; the client of the tests would count the bytes itself.
    environ = {"REMOTE_ADDR": address, "CONTENT_LENGTH": str(length), "wsgi.input_terminated": True}
    return client.post("/sparql", input_stream=stream, content_type=QUERY, environ_overrides=environ)


def test_a_body_that_ends_too_early_is_not_asked(client):
    answer = ask(client, io.BytesIO(b"ASK{}"), length=50)

    assert answer.status_code == 400
    assert "ends before the length" in answer.text


def test_a_connection_that_breaks_is_told_without_its_cause(client, stalled):
    stalled.gone.set()

    answer = ask(client, stalled)

    assert answer.status_code == 400
    assert "the connection is gone" not in answer.text


def test_one_client_that_never_ends_its_bodies_shuts_nobody_out(app, client, stalled):
    threads = [threading.Thread(target=ask, args=(app.test_client(), stalled)) for _ in range(bodies.MOST_OF_ONE)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert stalled.asked.acquire(timeout=10)

    refused = ask(client, io.BytesIO(b"ASK{}"))
    other = ask(client, io.BytesIO(b"ASK{}"), address="192.0.2.2")

    assert (refused.status_code, other.status_code) == (429, 200)
    assert refused.headers["Retry-After"] == "1"
    stalled.gone.set()
    for thread in threads:
        thread.join(10)
    assert ask(client, io.BytesIO(b"ASK{}")).status_code == 200

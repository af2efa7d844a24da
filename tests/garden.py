"""A site that is written to by requests, and that everything may happen to: the garden, with a server on it."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from samvirke.tokens import MOST_PER_MINUTE, issue
from tests.cli.conftest import COMMAND, environment

GARDEN = Path(__file__).parent / "sites" / "garden"
GRAPH = "https://garden.example/document/walk/2020#char=0,38"
OAK = "https://garden.example/id/oak"
FAR = "http://www.w3.org/2004/02/skos/core#altLabel"
START_S = 60
RATE = MOST_PER_MINUTE
"""Writes a minute that the token allows."""


@dataclass
class Garden:
    """The site in a folder of the test's, with a server on it that may be killed at any time."""

    site: Path
    secret: str
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    port: int = 0
    said: list[str] = field(default_factory=list)
    listener: threading.Thread | None = None

    @property
    def state(self) -> Path:
        return self.site / ".samvirke"

    def start(self, *arguments: str, writable: bool = True) -> float:
        """Start the server; return how many seconds it took until it answered."""
        begun = time.monotonic()
        given = [*(["--writable"] if writable else []), *arguments]
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *given],
            cwd=self.site,
            env=environment(PYTHONUNBUFFERED="1", SAMVIRKE_REASONER="false", **self.settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        self.listener = threading.Thread(target=self._listen, args=(self.process.stderr,), daemon=True)
        self.listener.start()
        guard = threading.Timer(START_S, self.process.kill)
        guard.start()
        line = self.process.stdout.readline()
        guard.cancel()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found, f"{line!r} {self.said}"
        self.port = int(found[1])
        return time.monotonic() - begun

    def _listen(self, stream) -> None:
        with stream:
            for line in stream:
                self.said.append(line.rstrip("\n"))

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        """Send one request; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body.encode(), {"Accept": "application/problem+json, */*", **headers})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def update(self, text: str, reason: str = "") -> int:
        """Send an update; return its status."""
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/sparql-update"}
        return self.ask("POST", f"/update?{urlencode({'reason': reason})}", text, **headers)[0]

    def names(self) -> set[str]:
        """Return what the oak is called besides, in the graph of its passage."""
        query = f"SELECT ?name {{ GRAPH <{GRAPH}> {{ <{OAK}> <{FAR}> ?name }} }}"
        status, body = self.ask("GET", f"/sparql?{urlencode({'query': query})}", Accept="text/csv")
        assert status == 200, body
        return set(body.split()[1:])

    def kill(self) -> None:
        """End the server as a power cut would: no handler runs, in none of its processes."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._gone()

    def stop(self) -> None:
        """End the server in order."""
        assert self.process is not None
        self.process.terminate()
        self._gone()

    def _gone(self) -> None:
        assert self.process is not None
        self.process.wait(30)
        assert self.process.stdout is not None and self.listener is not None
        self.listener.join(30)
        self.process.stdout.close()
        self.process = None


def adding(*names: str) -> str:
    """An update that gives the oak names, all of them or none."""
    facts = " ".join(f'<{OAK}> <{FAR}> "{name}" .' for name in names)
    return f"INSERT DATA {{ GRAPH <{GRAPH}> {{ {facts} }} }}"


def deleting(*names: str) -> str:
    """An update that takes names away."""
    return adding(*names).replace("INSERT", "DELETE", 1)


def make(folder: Path, **settings: str) -> Garden:
    """Copy the garden into a folder, with a token that may write."""
    shutil.copytree(GARDEN, folder, dirs_exist_ok=True)
    state = folder / ".samvirke"
    state.mkdir()
    scope = {"update": ("*",), "undo": ("*",)}
    secret = issue(state, "gardener", scope=scope, expires=None, rate=RATE, now=datetime.now(UTC))[1]
    return Garden(folder, secret, settings)

"""A real server: `samvirke serve` as a process of its own on loopback, over a generation made by the test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import processes

START_S = 60


@dataclass(frozen=True)
class Server:
    """A running server: its address with a closing slash, its port, its process."""

    address: str
    port: int
    process: subprocess.Popen[str]

    def workers(self) -> dict[int, str]:
        """Return the worker processes below it, by id."""
        return processes(self.process.pid)

    def memory_kb(self) -> int:
        """Return the memory that its processes have for themselves."""
        below = _below(self.process.pid)
        return sum(_private_kb(number) for number in (self.process.pid, *below))


@contextmanager
def serving(site: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """Start the server over a site's folder; settings are environment variables without `SAMVIRKE_`."""
    names = ("PATH", "HOME", "TMPDIR", "JAVA_HOME")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    environment |= {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    environment |= {f"SAMVIRKE_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "samvirke", "--site", str(site), "serve", "--port", "0", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    guard = threading.Timer(START_S, process.kill)
    guard.start()
    reader: threading.Thread | None = None
    assert process.stdout is not None and process.stderr is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://[^:]+:(\d+)/", line)
        assert found, f"{line!r} {process.stderr.read() if not line else ''}"
        guard.cancel()
        reader = threading.Thread(target=process.stderr.read)  # A full pipe would stop the server.
        reader.start()
        yield Server(found[0], int(found[1]), process)
    finally:
        guard.cancel()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if reader is not None:
            reader.join()
        process.stdout.close()
        process.stderr.close()


def _below(number: int) -> list[int]:
    found = [
        int(one) for path in Path(f"/proc/{number}/task").glob("*/children") for one in path.read_text("ascii").split()
    ]
    return found + [below for one in found for below in _below(one)]


def _private_kb(number: int) -> int:
    try:
        text = Path(f"/proc/{number}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    return int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]  # every kernel tells it

"""Processes of a measurement: started on a free port, watched through /proc, ended by their own number.

Duty: start a server and stop it; the processor time and memory of it and everything it forked. It must not end
a process that it did not start.
Standard: proc(5), https://man7.org/linux/man-pages/man5/proc.5.html
"""

from __future__ import annotations

import http.client
import os
import platform
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """Return a process and everything below it that is alive now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                fields = _stat(int(entry.name))
                if fields[0] != "Z":
                    children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """Return the processor time of a process tree, with that of children that have ended and were waited for."""
    total = 0
    for pid in tree(root):
        with suppress(OSError, IndexError):
            total += sum(int(field) for field in _stat(pid)[11:15])
    return total / TICKS


def memory_bytes(root: int) -> int:
    """Return the memory of a process tree; what its processes share is counted once (proportional set size)."""
    total = 0
    for pid in tree(root):
        with suppress(OSError, ValueError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def _busy_seconds() -> float:
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    return sum(int(field) for place, field in enumerate(fields[:8]) if place not in (3, 4)) / TICKS


class Others:
    """How many cores were busy with what is no part of the measurement: a figure taken beside much of it is worth less.

    What belongs to it is this process and everything it started, ended or not.
    """

    cores = 0.0

    def _used(self) -> tuple[float, float, float]:
        return time.perf_counter(), _busy_seconds(), cpu_seconds(os.getpid())

    def __enter__(self) -> Others:
        self._before = self._used()
        return self

    def __exit__(self, *_: object) -> None:
        took, busy, ours = (after - before for after, before in zip(self._used(), self._before, strict=True))
        self.cores = round(max(0.0, busy - ours) / max(took, 1e-9), 2)


class Peak:
    """The most memory of a process tree while a block runs, looked at every few milliseconds."""

    def __init__(self, root: int, *, every_s: float = 0.1) -> None:
        self.bytes = 0
        self._root, self._every_s, self._over = root, every_s, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.is_set():
            self.bytes = max(self.bytes, memory_bytes(self._root))
            self._over.wait(self._every_s)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its process, its port, and how long it took to its first answer."""

    name: str
    pid: int
    port: int
    first_answer_s: float


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    ready: str = "/",
    environ: Mapping[str, str] | None = None,
    within_s: float = 120.0,
) -> Iterator[Server]:
    """Start a server, wait until `ready` answers with 200, and stop it at the end of the block."""
    with tempfile.TemporaryFile() as told:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(command), env={**os.environ, **(environ or {})}, stdout=told, stderr=told, stdin=subprocess.DEVNULL
        )
        try:
            while not _answers(port, ready):
                if process.poll() is not None or time.perf_counter() - started > within_s:
                    told.seek(0)
                    raise RuntimeError(f"{name} did not answer: {told.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.005)
            yield Server(name, process.pid, port, time.perf_counter() - started)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    below = tree(process.pid)[1:]
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in below:  # Ours all of them: nothing of a peer may outlive its measurement.
        with suppress(OSError):
            if _stat(pid)[1] == "1" or _stat(pid)[1] == str(os.getpid()):
                os.kill(pid, 15)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def machine() -> dict[str, object]:
    """Return what the figures were measured on."""
    model = ""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": model,
        "kernel": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }

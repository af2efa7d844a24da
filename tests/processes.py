"""The processes that a test run has started, and waiting for what happens in them.

A process may end between two looks, and while it is looked at: then it has told nothing and has no children.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from samvirke.settings import Limits

LIMITS = Limits(timeout_ms=1_000, workers=3, worker_memory_bytes=256 << 20, max_rows=5_000, queue_wait_ms=3_000)


def proc(number: int, name: str) -> bytes:
    """Return what the kernel tells of a process in /proc, such as `stat` or `environ`; nothing when it has ended."""
    try:
        return Path(f"/proc/{number}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def status(number: int) -> list[bytes]:
    """Return the fields of `stat` from the state on (proc_pid_stat(5)); none when the process has ended."""
    return proc(number, "stat").rpartition(b")")[2].split()


def ended(number: int) -> bool:
    """Say whether a process is gone, or only waits to be forgotten."""
    return status(number)[:1] in ([], [b"Z"])


def ticks(number: int) -> int:
    """Return the processor time a process has used, in clock ticks; -1 when it has ended."""
    fields = status(number)
    return int(fields[11]) + int(fields[12]) if fields else -1


def children(number: int) -> list[int]:
    """Return the processes that a process, by any of its threads, has started and that have not ended."""
    try:
        threads = [path.name for path in Path(f"/proc/{number}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return sorted(int(one) for thread in threads for one in proc(number, f"task/{thread}/children").split())


def below(number: int) -> list[int]:
    """Return the processes below a process: children, their children, and so on."""
    found = children(number)
    return found + [deeper for one in found for deeper in below(one)]


def open_files(number: int) -> dict[str, str]:
    """Return what the descriptors of a process lead to; PermissionError where one may not look."""
    found = {}
    try:
        for path in Path(f"/proc/{number}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # Closed since.
                found[path.name] = str(path.readlink())
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return found


def processes(ancestor: int = 0) -> dict[int, str]:
    """Return the worker processes that this test run – or the process `ancestor` – has started, by id."""
    found = {}
    mine = {ancestor or os.getpid()}
    entries = sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    for _ in range(4):  # A zygote's children's children, whatever the order of their numbers.
        for number in entries:
            state, parent = status(number)[:2] or (b"Z", b"0")
            command = proc(number, "cmdline").replace(b"\0", b" ").decode()
            if int(parent) in mine and state != b"Z" and "samvirke.workers" in command:
                found[number] = command
                mine.add(number)
    return found


def eventually(condition, *, within_s: float = 20.0) -> bool:
    """Say whether a condition comes true; it is looked at every few milliseconds."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())

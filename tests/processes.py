"""The worker processes that a test run has started, and waiting for what happens in them."""

from __future__ import annotations

import os
import time
from pathlib import Path

from samvirke.settings import Limits

LIMITS = Limits(timeout_ms=1_000, workers=3, worker_memory_bytes=256 << 20, max_rows=5_000, queue_wait_ms=3_000)


def processes(ancestor: int = 0) -> dict[int, str]:
    """Return the worker processes that this test run – or the process `ancestor` – has started, by id."""
    found = {}
    mine = {ancestor or os.getpid()}
    entries = sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    for _ in range(4):  # A zygote's children's children, whatever the order of their numbers.
        for number in entries:
            try:
                state, parent = Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()[:2]
                command = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
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

"""The server as a person starts it: `samvirke serve` as a process of its own, on a free port."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.conftest import COMMAND, environment

START_S = 60


@contextmanager
def serving(site: Path, *arguments: str, **extra: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `serve` on a free port; give the process and the address it printed.

    `extra` is added to its environment.
    """
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *arguments],
        cwd=site,
        env=environment(PYTHONUNBUFFERED="1", **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    guard = threading.Timer(START_S, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+/", line)
        assert found, f"{line!r} {process.stderr.read() if process.stderr and not line else ''}"
        guard.cancel()
        yield process, found[0]
    finally:
        guard.cancel()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


@contextmanager
def serving_first_site(root: Path, state: Path, **extra: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve the repository's own site from a state folder of the test's, built there first."""
    settings = {"SAMVIRKE_STATE": str(state), "SAMVIRKE_REASONER": "false", "PYTHONPATH": str(root)}
    with serving(root, **settings, **extra) as started:
        yield started

"""What a server does for its state folder besides answering: keep others off it, and build what was written.

Level 8. The building is done by a process of its own, at the lowest priority, as `samvirke build` does it: search,
lists and counts then know what was written, and the next start has less to replay. Nothing depends on it: what was
written is in the journal.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvirke.errors import StoreBusy

if TYPE_CHECKING:
    from samvirke.site import Site

__all__ = ["Builder", "running", "sole_server"]

_FILE = "server"
_WAIT_S = 3.0
"""Longest wait for a server that is about to end: one that was just told to."""
_POLL_S = 0.1
_LOOK_S = 1.0
_LONGEST_WAIT = 12
"""Writes that keep coming put a build off no longer than this many times the usual wait."""
_NICE = 19


@contextmanager
def sole_server(state: Path, *, address: str) -> Iterator[None]:
    """Be the only server on a state folder, and say in it where that server answers.

    The lock is one that children do not inherit and that ends with the process, however it ends. A folder that
    cannot be written to needs none: nobody can change anything there.
    Raises: StoreBusy when another server is at work there.
    Source: https://pubs.opengroup.org/onlinepubs/9699919799/functions/fcntl.html
    """
    try:
        file = (state / _FILE).open("r+" if (state / _FILE).exists() else "w+", encoding="utf-8")
    except OSError:
        yield
        return
    with file:
        _wait_for(file.fileno(), state)
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"process": os.getpid(), "address": address}) + "\n")
        file.flush()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                file.seek(0)
                file.truncate()


def _wait_for(descriptor: int, state: Path) -> None:
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= until:
                told = _told(state)
                who = f"Another server (process {told['process']}, {told['address']})" if told else "Another server"
                raise StoreBusy(
                    f"{who} serves from {state}.", remedy="Stop it first, or serve a copy of the folder."
                ) from None
            time.sleep(_POLL_S)
        except OSError:  # A file system without locks: nothing can be promised there.
            return
        else:
            return


def _told(state: Path) -> dict[str, str]:
    try:
        told = json.loads((state / _FILE).read_text(encoding="utf-8"))
        return {"process": str(told["process"]), "address": str(told["address"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def running(state: Path) -> str:
    """Return the address of the server that is at work on a state folder, "" when there is none."""
    try:
        with (state / _FILE).open("r+", encoding="utf-8") as file:
            try:
                fcntl.lockf(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return _told(state).get("address", "")
            fcntl.lockf(file.fileno(), fcntl.LOCK_UN)
    except OSError:
        pass
    return ""


class Builder:
    """Builds the site again some time after something was written. A build that fails is said, and changes nothing."""

    def __init__(self, site: Site, *, after_s: float) -> None:
        """Watch the journal of `site`; build when nothing was written for `after_s` seconds."""
        from samvirke.generations import JOURNAL

        self._site = site
        self._folder = site.state / JOURNAL
        self._after_s = after_s
        self._stopping = threading.Event()
        self._failed_at = -1
        self._counted = (-1, 0)
        """How large the journal was when it was last read through, and the number of its last record then."""
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Builder:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; a build that runs is ended, and leaves nothing."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        first = last = 0.0
        known = self._size()
        while not self._stopping.wait(_LOOK_S):
            now, size = time.monotonic(), self._size()
            if size != known:
                known, last, first = size, now, first or now
            behind = self._behind()
            first = first if behind else 0.0
            quiet = now - last >= self._after_s or (first and now - first >= _LONGEST_WAIT * self._after_s)
            if behind and quiet and behind != self._failed_at:
                first = 0.0
                self._failed_at = -1 if self._build() else behind

    def _size(self) -> int:
        try:
            return sum(entry.stat().st_size for entry in os.scandir(self._folder))
        except OSError:
            return 0

    def _behind(self) -> int:
        """Return the number of the last record that is in no generation, 0 when all are."""
        from samvirke.errors import SamvirkeError
        from samvirke.generations import current
        from samvirke.journal import last_sequence

        try:
            generation = current(self._site.state)
            size = self._size()
            if size != self._counted[0]:
                self._counted = size, last_sequence(self._folder)
            last = self._counted[1]
        except (SamvirkeError, OSError):
            return 0
        return last if generation is not None and last > generation.sequence else 0

    def _build(self) -> bool:
        command = [sys.executable, "-m", "samvirke", "--site", str(self._site.root), "build", "--quiet"]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        told = threading.Thread(target=self._tell, args=(process,), daemon=True)
        told.start()
        while process.poll() is None:
            if self._stopping.wait(_POLL_S):
                process.terminate()
                process.wait()
                return True
        told.join()
        return process.returncode == 0

    def _tell(self, process: subprocess.Popen[bytes]) -> None:
        """Say why a build failed: what was published before is served, with everything that was written."""
        assert process.stderr is not None
        words = process.stderr.read().decode("utf-8", "replace").strip()
        if words and not self._stopping.is_set():
            click.echo(words, err=True)

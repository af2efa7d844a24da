"""A real server: `samvirke serve` as a process of its own on loopback, over a generation made by the test."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from samvirke.commands.keeping import running
from tests.processes import below, proc, processes
from tests.serving import serving as as_a_person


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
        return sum(_private_kb(number) for number in (self.process.pid, *below(self.process.pid)))


@contextmanager
def serving(site: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """Start the server over a site's folder; settings are environment variables without `SAMVIRKE_`."""
    given = {f"SAMVIRKE_{name.upper()}": value for name, value in settings.items()}
    with contextlib.ExitStack() as stack:
        if running(site / ".samvirke"):  # Another server of the test has the folder: this one gets a copy.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()), site.name)
            site = Path(shutil.copytree(site, folder, symlinks=True))
        process, address = stack.enter_context(as_a_person(site, *arguments, **given))
        assert process.stderr is not None
        reader = threading.Thread(target=process.stderr.read)  # A full pipe would stop the server.
        reader.start()
        try:
            yield Server(address, int(address.rstrip("/").rpartition(":")[2]), process)
        finally:
            process.send_signal(signal.SIGTERM)
            reader.join()


def _private_kb(number: int) -> int:
    found = re.search(rb"^Pss:\s+(\d+)", proc(number, "smaps_rollup"), re.MULTILINE)
    return int(found[1]) if found else 0

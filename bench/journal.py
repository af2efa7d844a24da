"""What the journal costs: `python bench/journal.py [records] [folder]`.

Appends records (by default 100 000 of three changes each) and prints one JSON object: the time of an append
with its sync on this disk, of an append whose sync is left out (what is ours), of opening, of adding up, and
of finding the records of one thing among all of them. Only the first 2 000 records are synced one by one.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from samvirke.journal import FILE, Journal, check, net, read, touching
from samvirke.patch import Delta

BASE = "https://example.org/"
SYNCED = 2_000
ROUNDS = 5
THINGS, GRAPHS = 4_999, 4  # Without a common divisor: every thing comes to stand in every graph.


def change(number: int) -> Delta:
    """One edit as a person makes it: a name is replaced, and a link is added."""
    thing, graph = NamedNode(f"{BASE}id/{number % THINGS}"), NamedNode(f"{BASE}document/{number % GRAPHS}#char=0,99")
    name, link = NamedNode(f"{BASE}network/name"), NamedNode(f"{BASE}network/participant")
    old = Literal(f"Navn {number - THINGS * GRAPHS}", language="da")
    return Delta(
        deleted=frozenset({Quad(thing, name, old, graph)} if number >= THINGS * GRAPHS else ()),
        added=frozenset(
            {
                Quad(thing, name, Literal(f"Navn {number}", language="da"), graph),
                Quad(thing, link, NamedNode(f"{BASE}id/{number * 7 % THINGS}"), graph),
            }
        ),
    )


def append(journal: Journal, numbers: range) -> list[float]:
    """Append, and return how many milliseconds each took."""
    taken = []
    for number in numbers:
        delta = change(number)
        start = time.perf_counter()
        journal.append(author="Anna Holm", reason="Navnet er skiftet", delta=delta)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def figures(taken: list[float]) -> dict[str, float]:
    return {
        "median_ms": round(statistics.median(taken), 3),
        "p99_ms": round(taken[int(len(taken) * 0.99)], 3),
        "worst_ms": round(taken[-1], 3),
        "records_per_s": round(len(taken) / sum(taken) * 1000),
    }


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Return the medians of some rounds, by the clock and by the processor."""
    seconds, processor = [], []
    for _ in range(ROUNDS):
        start, busy = time.perf_counter(), time.process_time()
        work()
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    return {
        "ms": round(statistics.median(seconds) * 1000, 1),
        "processor_ms": round(statistics.median(processor) * 1000, 1),
    }


def main() -> None:
    """Measure and print."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    place = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        folder = Path(name) / "journal"
        with Journal.open(folder) as journal:
            synced = append(journal, range(min(records, SYNCED)))
            sync, os.fdatasync = os.fdatasync, lambda file: None
            unsynced = append(journal, range(min(records, SYNCED), records)) or [0.0, 0.0]
            os.fdatasync = sync
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        opening = timed(lambda: Journal.open(folder).close())
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        rare = f"{BASE}id/471"
        found = sum(1 for _ in touching(folder, rare))
        answer = {
            "command": " ".join(["python", *sys.argv]),
            "python": platform.python_version(),
            "pyoxigraph": version("pyoxigraph"),
            "records": records,
            "bytes": (folder / FILE).stat().st_size,
            "append": figures(synced),
            "append_without_sync": figures(unsynced),
            "open": opening,
            "open_grows_memory_kb": grown,
            "read_the_last": timed(lambda: list(read(folder, after=records - 1))),
            "touching": {"found": found, **timed(lambda: list(touching(folder, rare)))},
            "net": timed(lambda: net(read(folder))),
            "check": {"findings": len(check(folder)), **timed(lambda: check(folder))},
        }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()

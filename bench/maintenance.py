"""How long the rules take to follow a change: `python bench/maintenance.py [facts] [site]`.

The data are generated (`generate.py`), with ontology and rules of the site of this repository. One fact, and
a hundred at once, are deleted and put back, drawn at random from what is asserted; each time only `apply` is
counted. Prints one JSON object: milliseconds of processor time, and what a forked process grew by.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import resource
import statistics
import sys
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from random import Random

import pyoxigraph
from generate import chunks

from samvirke.assembly import assemble_with_rules
from samvirke.model import DefaultGraph, Quad
from samvirke.patch import Delta
from samvirke.rules.maintenance import Maintainer
from samvirke.site import Site


def load(store: pyoxigraph.Store, facts: int) -> list[Quad]:
    """Load generated facts, and return those that are asserted."""
    asserted: list[Quad] = []
    lines: list[str] = []

    def flush() -> None:
        quads = list(pyoxigraph.parse("".join(lines).encode(), pyoxigraph.RdfFormat.N_QUADS))
        store.bulk_extend(quads)
        store.bulk_extend(Quad(*quad.triple, DefaultGraph()) for quad in quads)
        chance = Random(len(asserted))
        told = [quad for quad in quads if "/rule/" not in quad.graph_name.value]
        asserted.extend(chance.sample(told, min(len(told), 2000)))
        lines.clear()

    for number, chunk in enumerate(chunks(facts, seed=7, quads=True)):
        lines.append(chunk)
        if number % 500 == 499:
            flush()
    flush()
    return asserted


def timed(maintainer: Maintainer, store: pyoxigraph.Store, change: Delta) -> tuple[float, int]:
    """Make a change and have it followed: milliseconds of processor time, and how many quads that changed."""
    for quad in change.deleted:
        store.remove(quad)
    store.extend(change.added)
    begun = time.process_time()
    done = maintainer.apply(store, change)
    return (time.process_time() - begun) * 1000, len(done)


def told(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(len(ordered) * 0.95)], 2),
        "max": round(ordered[-1], 2),
    }


def measure(maintainer: Maintainer, store: pyoxigraph.Store, asserted: list[Quad]) -> dict[str, object]:
    chance = Random(7)
    size = len(store)
    found: dict[str, object] = {}
    slowest: defaultdict[str, float] = defaultdict(float)
    for number, times in ((1, 200), (100, 5)):
        gone, back, changed = [], [], []
        for _ in range(times):
            change = Delta(deleted=frozenset(chance.sample(asserted, number)))
            for delta, kept in ((change, gone), (change.reversed(), back)):
                took, quads = timed(maintainer, store, delta)
                kept.append(took)
                changed.append(quads)
                if number == 1:
                    name = next(iter(change.deleted)).predicate.value.rpartition("/")[2].rpartition("#")[2]
                    slowest[name] = max(slowest[name], round(took, 1))
        # The generator leaves out 2 % of what follows: what is put back gives that too.
        assert size <= len(store) <= size * 1.05, "what is put back gives what was"
        found[f"delete_{number}_ms"] = told(gone)
        found[f"insert_{number}_ms"] = told(back)
        found[f"quads_changed_by_{number}"] = told(changed)
    found["slowest_by_property_ms"] = dict(sorted(slowest.items(), key=lambda one: -one[1])[:5])
    return found


def forked(maintainer: Maintainer, store: pyoxigraph.Store, asserted: list[Quad]) -> dict[str, object]:
    """Measure in a forked process, as a worker would, and say how much memory deleting a hundred made its own."""
    reading, writing = os.pipe()
    gc.freeze()
    if os.fork() == 0:
        gc.disable()
        hundred = Delta(deleted=frozenset(asserted[:: len(asserted) // 100]))
        before = private()
        timed(maintainer, store, hundred)
        grown = private() - before
        timed(maintainer, store, hundred.reversed())
        found = measure(maintainer, store, asserted)
        found["private_mb_of_100"] = round(grown / 1024, 1)
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with os.fdopen(reading) as pipe:
        return json.loads(pipe.read())


def private() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def main() -> None:
    """Measure and print."""
    facts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent
    assembly = assemble_with_rules(Site.open(root))
    candidate = assembly.candidate
    store = pyoxigraph.Store()
    for graph in candidate.schema_graphs:
        store.bulk_extend(candidate.store.quads_for_pattern(None, None, None, graph))
    asserted = load(store, facts)
    begun, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    maintainer = Maintainer.of(store, assembly.rules, candidate.schema_graphs)
    prepared = time.process_time() - begun
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    answer = {
        "command": " ".join(["python", *sys.argv]),
        "python": platform.python_version(),
        "pyoxigraph": version("pyoxigraph"),
        "quads": len(store),
        "preparation_ms": round(prepared * 1000, 1),
        "preparation_mb": round(grown / 1024, 1),
        **forked(maintainer, store, list(dict.fromkeys(asserted))),
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()

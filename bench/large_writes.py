"""What one large write costs to judge: processor time, and memory besides the data.

The site is the garden of `bench/writes.py`; each write adds names to its plants, in one request: as SPARQL Update, as
RDF Patch and as a graph that is put. Each is judged in a process forked for it, as on a server. Prints one JSON object.

    python bench/large_writes.py [FACTS_OF_THE_SITE] [--writes 10000,100000]
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pyoxigraph import NamedNode  # noqa: E402 - found by the line above

from bench.support.processes import machine  # noqa: E402
from bench.writes import BASE, FACTS_PER_SENTENCE, NAME, make  # noqa: E402
from samvirke.build import build  # noqa: E402
from samvirke.generations import current  # noqa: E402
from samvirke.site import Site  # noqa: E402
from samvirke.workers import writes  # noqa: E402
from samvirke.workers.held import Held  # noqa: E402
from samvirke.workers.request import Request  # noqa: E402
from samvirke.workers.tiers import MEMORY  # noqa: E402

PLACES = 200


def sent(action: str, count: int, graphs: list[str], plants: int) -> tuple[Request, bytes]:
    """Return a write of so many facts."""
    facts = [f'<{BASE}id/p{number % plants}> <{NAME}> "name {number}"@en' for number in range(count)]
    if action == "put":
        request = Request(action="put", graph=graphs[0], content_type="text/turtle", judged=True)
        return request, "".join(f"{fact} .\n" for fact in facts).encode()
    if action == "patch":
        lines = (f"A {fact} <{graphs[number % PLACES]}> .\n" for number, fact in enumerate(facts))
        return Request(action="patch", judged=True), "".join(lines).encode()
    parts = (f"GRAPH <{graph}> {{ {' . '.join(facts[number::PLACES])} }}" for number, graph in enumerate(graphs))
    return Request(action="update", judged=True), f"INSERT DATA {{ {' '.join(parts)} }}".encode()


def status(name: str) -> int:
    """Return a line of this process's status, in kilobytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def judged(held: Held, request: Request, content: bytes) -> dict[str, object]:
    """Judge a write in a process of its own, and say what that took."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        gc.disable()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        before, begun = status("VmRSS"), time.process_time()
        output = io.BytesIO()
        found = writes.judged(held.hands.store, request, content, output, base=BASE, known={}, clerk=held.hands.clerk)
        told = {
            "facts": found["rows"],
            "sent_bytes": len(content),
            "processor_s": round(time.process_time() - begun, 2),
            "more_mb": (status("VmHWM") - before) // 1024,
        }
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with os.fdopen(reading) as pipe:
        answer: dict[str, object] = json.loads(pipe.read())
    return answer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure large writes.")
    parser.add_argument("facts", type=int, nargs="?", default=100_000)
    parser.add_argument("--writes", default="10000,100000")
    asked = parser.parse_args()
    told: dict[str, object] = {"command": " ".join(["python", *sys.argv]), "machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        site = Site.open(make(Path(folder), asked.facts), overrides={"reasoner": False, "allow_invalid": True})
        build(site, reasoner=False)
        generation = current(site.state)
        assert generation is not None
        held = Held.load(generation.directory, MEMORY)
        held.appoint()
        told["quads"] = len(held.hands.store)
        names = (graph.value for graph in held.hands.store.named_graphs() if isinstance(graph, NamedNode))
        graphs = sorted(name for name in names if "#" in name and "/document/" in name)[:PLACES]
        gc.freeze()
        for count in map(int, asked.writes.split(",")):
            for action in ("update", "patch", "put"):
                request, content = sent(action, count, graphs, asked.facts // FACTS_PER_SENTENCE)
                told[f"{action} {count}"] = judged(held, request, content)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()

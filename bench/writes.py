"""What an acknowledged write to a published site costs: evaluated, judged, written down and on the disk, made.

Prints one JSON object: for sites of several sizes, milliseconds by the clock of writes in a row through a pool of
workers, and of whole requests to a server. The first write, which also prepares the clerk, is told apart.

    python bench/writes.py [FACTS ...]
"""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.support.processes import machine  # noqa: E402 - found by the line above
from samvirke.build import build  # noqa: E402
from samvirke.settings import Limits  # noqa: E402
from samvirke.site import Site  # noqa: E402
from samvirke.tokens import MOST_PER_MINUTE, issue  # noqa: E402
from samvirke.workers import Pool  # noqa: E402
from samvirke.workers.pool import WriteRequest  # noqa: E402

SIZES = (5_000, 100_000)
WRITES = 60
PER_DOCUMENT = 100
FACTS_PER_SENTENCE = 6
GARDEN = ROOT / "tests" / "sites" / "garden"
BASE = "https://garden.example/"
NAME = "http://www.w3.org/2004/02/skos/core#altLabel"


def make(folder: Path, facts: int) -> Path:
    """Make a garden of about so many facts: documents of a hundred sentences, a passage each."""
    for name in ("samvirke.toml", "ontology", "queries"):
        source = GARDEN / name
        for path in [source] if source.is_file() else [one for one in source.rglob("*") if one.is_file()]:
            target = folder / path.relative_to(GARDEN)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    for document in range(-(-facts // (FACTS_PER_SENTENCE * PER_DOCUMENT))):
        place = folder / "data" / "documents" / f"d{document}"
        place.mkdir(parents=True)
        text, turtle = [], [PROLOGUE.format(document=document)]
        start = 0
        for sentence in range(PER_DOCUMENT):
            number = document * PER_DOCUMENT + sentence
            words = f"Gardener {number} tends plant {number} in bed {number // 7}."
            mark = f"#char={start},{start + len(words)}"
            turtle.append(BLOCK.format(mark=mark, words=words, n=number, bed=number // 7))
            text.append(words)
            start += len(words) + 1
        (place / "2020.txt").write_text(" ".join(text), encoding="utf-8")
        (place / "2020.trig").write_text("".join(turtle), encoding="utf-8")
    return folder


PROLOGUE = """\
@base <https://garden.example/document/d{document}/2020> .
@prefix : <https://garden.example/terms#> .
@prefix d: <https://garden.example/id/> .
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
BLOCK = """\
<> {{ <{mark}> nif:anchorOf "{words}"@en . }}
<{mark}> {{
    d:g{n} a :Gardener ; rdfs:label "Gardener {n}"@en ; :tends d:p{n} .
    d:p{n} a :Poppy ; rdfs:label "Plant {n}"@en ; :growsIn d:b{bed} .
    d:b{bed} a :Bed ; rdfs:label "Bed {bed}"@en .
}}
"""


def update(number: int, mark: str = "") -> str:
    """Write a name, and now and then delete one."""
    thing = number * 17 % PER_DOCUMENT
    words_before = sum(len(f"Gardener {n} tends plant {n} in bed {n // 7}.") + 1 for n in range(thing))
    words = f"Gardener {thing} tends plant {thing} in bed {thing // 7}."
    graph = f"{BASE}document/d0/2020#char={words_before},{words_before + len(words)}"
    fact = f'<{BASE}id/p{thing}> <{NAME}> "name {mark}{number - number % 3}"@en'
    return f"{'DELETE' if number % 3 == 2 else 'INSERT'} DATA {{ GRAPH <{graph}> {{ {fact} }} }}"


def timed(write: Callable[[str], None], mark: str) -> dict[str, float]:
    """Return milliseconds of the first write, and median and worst of the others."""
    times = []
    for number in range(WRITES):
        begun = time.perf_counter()
        write(update(number, mark))
        times.append((time.perf_counter() - begun) * 1000)
    first, *rest = times
    return {
        "first_ms": round(first, 1),
        "median_ms": round(statistics.median(rest), 2),
        "p95_ms": round(sorted(rest)[int(len(rest) * 0.95)], 2),
    }


def through_a_pool(site: Site) -> dict[str, float]:
    """Write through workers of this process's own."""
    with Pool.start(site.state, Limits(), writable=True) as pool:
        pool.promote(pool.crew())

        def write(text: str) -> None:
            pool.write(WriteRequest(action="update", content=text.encode(), author="bench"))

        return timed(write, "pool ")


def over_http(site: Site) -> dict[str, float]:
    """Write to a server, over one connection."""
    scope = {"update": ("*",)}
    token = issue(site.state, "bench", scope=scope, expires=None, rate=MOST_PER_MINUTE, now=datetime.now(UTC))[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "samvirke", "serve", "--writable", "--no-build", "--port", "0"],
        cwd=site.root,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SAMVIRKE_CHECKPOINT_AFTER_MS": "0", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found, "the server did not start"
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sparql-update"}

        def write(text: str) -> None:
            connection.request("POST", "/update", text, headers)
            response = connection.getresponse()
            body = response.read()
            assert response.status == http.client.NO_CONTENT, body

        return timed(write, "http ")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure each size."""
    told: dict[str, object] = {"machine": machine(), "writes": WRITES}
    for facts in [int(argument) for argument in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            site = Site.open(make(Path(folder), facts), overrides={"reasoner": False, "allow_invalid": True})
            generation = build(site, reasoner=False)
            told[str(facts)] = {
                "facts": generation.manifest["counts"]["facts"],
                "build_s": round(time.perf_counter() - begun, 1),
                "pool": through_a_pool(site),
                "http": over_http(site),
            }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()

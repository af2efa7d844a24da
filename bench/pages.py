"""What it costs to make a page that is not kept: `python bench/pages.py [state folder] [--rounds 30] [--pages 40]`.

Makes entity pages – no server, no cache – and says what each part costs: in this process, as a worker does it,
`gather` (the facts about the thing and its details), `view` (rows, numbers, sources, and what is read for them) and
`written` (all of it, HTML too);
then `asked` (the page from a worker, waiting included), `framed`, and `request`, the whole through the application.
Without a folder the first site is built for it. A folder of a generated graph is what `bench/generate.py` and its
support make. Prints one JSON object: median and 95th percentile in milliseconds per page, processor time of this
process and of its workers per page, and the bytes of a page. Pages are spread evenly over all things of the site.
`once` are 1 500 pages written one time each, in both languages: what a worker does for readers who ask for all kinds.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import platform
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from flask import Flask
from werkzeug.test import EnvironBuilder

from samvirke.describe.blocks import Neighbourhood
from samvirke.describe.entity import entity_view
from samvirke.model import NamedNode
from samvirke.settings import Limits
from samvirke.web import create_app, outline, written
from samvirke.web.publication import Publication
from samvirke.workers import Pool, worker
from samvirke.workers.tiers import MEMORY

ROOT = Path(__file__).resolve().parent.parent
RICHEST = ("id/nordisk-biblioteksnetvaerk", "id/boligsocialt-og-kulturelt-netvaerk")
NEVER_ASKED = itertools.count()
Result = TypeVar("Result")


class Clock:
    """Wall-clock milliseconds by part."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)

    def of(self, part: str, work: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        result = work()
        self.times[part].append(1000 * (time.perf_counter() - start))
        return result

    def told(self) -> dict[str, dict[str, float]]:
        return {
            part: {"median": round(statistics.median(times), 3), "p95": round(sorted(times)[int(0.95 * len(times))], 3)}
            for part, times in self.times.items()
        }


def processor_seconds_of_children() -> float:
    """Processor time of all processes below this one (Linux)."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(path.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    below, grown = {os.getpid()}, True
    while grown:
        more = {one for one, (parent, _) in found.items() if parent in below} - below
        below, grown = below | more, bool(more)
    return sum(found[one][1] for one in below - {os.getpid()}) / os.sysconf("SC_CLK_TCK")


@contextmanager
def state_folder(given: str | None) -> Iterator[Path]:
    """The folder told, else one in which the first site is built."""
    if given:
        yield Path(given)
        return
    with tempfile.TemporaryDirectory() as folder:
        environ = {"SAMVIRKE_STATE": folder, "SAMVIRKE_REASONER": "false", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "samvirke", "--site", str(ROOT), "build"]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environ})
        yield Path(folder)


def spread(publication: Publication, count: int) -> list[str]:
    """Addresses of things with pages, evenly over the alphabet."""
    query = "SELECT iri FROM entity WHERE NOT withdrawn AND successor IS NULL ORDER BY iri"
    with sqlite3.connect(publication.directory / "index.sqlite") as index:
        every = [iri for (iri,) in index.execute(query) if iri.startswith(f"{publication.base}id/")]
    return every[:: max(1, len(every) // count)][:count]


def measure(app: Flask, pool: Pool, publication: Publication, iris: list[str], rounds: int) -> dict[str, object]:
    """Make each page some times in parts, then as many times as a request."""
    lang = publication.languages[0]
    clock, sizes, facts = Clock(), [], []
    hands = worker.load(publication.directory, MEMORY)
    pages = written.load(publication.directory, hands.schema)

    def parts(iri: str) -> None:
        found = clock.of("gather", lambda: Neighbourhood(hands.known, hands.schema, NamedNode(iri)))
        told = written.Told(pages.index, iri)
        view = clock.of(
            "view", lambda: entity_view(found, hands.schema, iri, lang, texts=pages.text, explanations=told)
        )
        clock.of("written", lambda: pages.page(hands.known, iri, lang))
        page, _ = clock.of("asked", lambda: pool.page(iri, lang))
        assert view is not None and page is not None
        frame, texts = outline.outline_of(app, publication, lang, page)
        sizes.append(len(clock.of("framed", lambda: frame.filled(texts))))
        facts.append(view.total)

    def request(iri: str) -> None:
        # The query string is part of what a page is kept by: this one has never been asked.
        number = next(NEVER_ASKED)
        address = publication.links.page(iri, lang)
        environ = EnvironBuilder(path=address, query_string=f"n={number}").get_environ()
        statuses: list[str] = []
        body = clock.of("request", lambda: b"".join(app.wsgi_app(environ, lambda status, *_: statuses.append(status))))
        assert statuses[0].startswith("200") and body, (iri, statuses)

    with app.test_request_context(f"/{lang}/"):
        app.preprocess_request()
        for iri in iris:
            parts(iri)
        clock, sizes, facts = Clock(), [], []
        for _ in range(rounds):
            for iri in iris:
                parts(iri)
    own, others = time.process_time(), processor_seconds_of_children()
    for _ in range(rounds):
        for iri in iris:
            request(iri)
    made = rounds * len(iris)
    return {
        "pages": len(iris),
        "median_bytes": statistics.median(sizes),
        "median_facts": statistics.median(facts),
        "ms": clock.told(),
        "processor_ms_per_request": {
            "web": round(1000 * (time.process_time() - own) / made, 3),
            "workers": round(1000 * (processor_seconds_of_children() - others) / made, 3),
        },
    }


def once(publication: Publication, most: int) -> dict[str, float]:
    """Processor milliseconds of each page, written once in this process, in an order drawn by lot: as a worker does."""
    hands = worker.load(publication.directory, MEMORY)
    pages = written.load(publication.directory, hands.schema)
    asked = [(iri, lang) for iri in spread(publication, most) for lang in publication.languages]
    random.Random(7).shuffle(asked)
    gc.collect()
    gc.freeze()
    gc.disable()
    times = []
    for iri, lang in asked[:most]:
        begun = time.process_time()
        pages.page(hands.known, iri, lang)
        times.append(1000 * (time.process_time() - begun))
    gc.enable()
    times.sort()
    told = {"mean": statistics.fmean(times), "median": statistics.median(times), "p99": times[int(0.99 * len(times))]}
    return {"pages": len(times), **{name: round(value, 3) for name, value in told.items()}}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("state", nargs="?")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--pages", type=int, default=40)
    asked = parser.parse_args()
    with state_folder(asked.state) as state, Pool.start(state, Limits(workers=1)) as pool:
        app = create_app(state, pool=pool)
        publication = app.extensions["samvirke"].newest()
        rich = [publication.base + local for local in RICHEST if publication.index.entity(publication.base + local)]
        told = {
            "command": " ".join(["python bench/pages.py", *sys.argv[1:]]),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "spread": measure(app, pool, publication, spread(publication, asked.pages), asked.rounds),
            "once_processor_ms": once(publication, 1_500),
            "richest": measure(app, pool, publication, rich, asked.rounds) if rich else None,
        }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()

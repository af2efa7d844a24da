"""What it costs to have a query answered in a confined process: `python bench/query_overhead.py [things]`.

Prints one JSON object: milliseconds per query, median and 95th percentile, of the same small queries
in this process and through the pool, interleaved in one run; and of the gate on texts of 64 kB.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph

from samvirke import sparql
from samvirke.errors import QueryRefused
from samvirke.settings import Limits
from samvirke.store import open_generation
from samvirke.workers import Pool, QueryRequest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.generation import BASE, numbers, publish

ROUNDS = 1_000
CSV = "text/csv"
GATE_TEXTS = {
    "one long string": 'SELECT * { ?s ?p "' + "x" * 65_000 + '" }',
    "5000 rows of VALUES": "SELECT * { VALUES (?a ?b) { " + "(1 <u:a>) " * 5_000 + "} }",
    "32000 members of IN": "SELECT * { FILTER(?x IN (1" + ",1" * 32_000 + ")) }",
    "a usual query": f"PREFIX h: <{BASE}> SELECT ?s ?l {{ ?s a h:A ; h:b/h:c ?l . OPTIONAL {{ ?s h:d ?y }} }} LIMIT 9",
}


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds `work` takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def told(samples: list[float]) -> dict[str, float]:
    """Return median and 95th percentile."""
    return {
        "median_ms": round(statistics.median(samples), 4),
        "p95_ms": round(statistics.quantiles(samples, n=20)[18], 4),
    }


def main() -> None:
    """Measure and print."""
    things = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        data, default = numbers(things)
        state = Path(folder)
        directory = publish(state, "bench", data=data, default=default)
        started = time.perf_counter()
        with Pool.start(state, Limits()) as pool:
            start_s = time.perf_counter() - started
            store = open_generation(directory)
            direct: list[float] = []
            pooled: list[float] = []
            reads: list[float] = []
            for number in range(ROUNDS):
                text = f"SELECT ?p ?o {{ <{BASE}id/n{number % things}> ?p ?o }}"
                direct.append(timed(lambda t=text: store.query(t).serialize(format=pyoxigraph.QueryResultsFormat.CSV)))
                pooled.append(timed(lambda t=text: pool.query(QueryRequest(text=t, media_type=CSV)).read()))
                reads.append(timed(lambda: pool.read("graph", iri=f"{BASE}document/b/1#char=0,1")))
    gate = {}
    for name, text in GATE_TEXTS.items():
        samples = []
        for _ in range(5):
            try:
                samples.append(timed(lambda t=text: sparql.gate_query(t, Limits())))
            except QueryRefused as error:
                raise SystemExit(f"the gate refuses {name}: {error}") from error
        gate[name] = round(min(samples), 3)
    result = {
        "things": things,
        "pool_start_s": round(start_s, 3),
        "direct": told(direct),
        "pool": told(pooled),
        "read": told(reads),
        "overhead_median_ms": round(statistics.median(pooled) - statistics.median(direct), 4),
        "gate_best_of_5_ms": gate,
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

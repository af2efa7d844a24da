"""What an update costs a worker, by what it changes and by what the store holds: `python bench/updates.py [quads …]`.

Prints one JSON object: for each size of the store, milliseconds of processor time for small updates, told by
`samvirke.workers.delta` and, as it was done before, by two looks at the whole store.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator

from pyoxigraph import NamedNode, Quad, RdfFormat, Store

from samvirke.workers import delta

BASE = "https://w3id.org/samvirke/"
ROUNDS = 25
PREFIXES = f"PREFIX d: <{BASE}id/> PREFIX n: <{BASE}network#> "
PER_ENTITY, PER_GRAPH = 5, 10


def lines(quads: int) -> Iterator[str]:
    """Yield N-Quads: things with five facts each, ten facts in each graph."""
    for number in range(quads):
        yield (
            f"<{BASE}id/t{number // PER_ENTITY}> <{BASE}network#p{number % PER_ENTITY}> "
            f'"value {number}" <{BASE}document/a/1#char={number // PER_GRAPH},{number // PER_GRAPH + 9}> .\n'
        )


def insert_data(number: int) -> str:
    return f'{PREFIXES} INSERT DATA {{ GRAPH d:g {{ d:new{number} n:p0 "new" ; n:p1 {number} }} }}'


def delete_entity(number: int) -> str:
    return f"{PREFIXES} DELETE WHERE {{ GRAPH ?g {{ d:t{number * 7 + 1} ?p ?o }} }}"


def replace_hundred(number: int) -> str:
    things = " ".join(f"d:t{number * 40 + 400 + place}" for place in range(20))
    return (
        f'{PREFIXES} DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} INSERT {{ GRAPH ?g {{ ?s ?p "other" }} }} '
        f"WHERE {{ VALUES ?s {{ {things} }} GRAPH ?g {{ ?s ?p ?o }} }}"
    )


def replace_value(number: int) -> str:
    thing = f"d:t{number * 7 + 3}"
    return (
        f"{PREFIXES} DELETE {{ GRAPH ?g {{ {thing} n:p1 ?o }} }} INSERT {{ GRAPH ?g {{ {thing} n:p1 ?n }} }} "
        f'WHERE {{ GRAPH ?g {{ {thing} n:p1 ?o }} BIND(CONCAT(?o, "!") AS ?n) }}'
    )


UPDATES: dict[str, tuple[Callable[[int], str], int]] = {
    "INSERT DATA of 2": (insert_data, 2),
    "DELETE WHERE of one thing": (delete_entity, PER_ENTITY),
    "DELETE INSERT of one value": (replace_value, 2),
    "DELETE INSERT of 100": (replace_hundred, 200),
}


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds of processor time `work` takes."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def measured(store: Store, text: Callable[[int], str], changes: int) -> dict[str, float]:
    samples, engine, found = [], [], []
    for number in range(ROUNDS):
        samples.append(timed(lambda n=number: found.append(delta.evaluate(store, text(n), base=BASE))))
        if len(found[-1]) < changes:
            raise SystemExit(f"changed {len(found[-1])} quads, not {changes}: {text(number)}")
    for number in range(ROUNDS, 2 * ROUNDS):
        engine.append(timed(lambda n=number: store.update(text(n), base_iri=BASE)))
    whole = [timed(lambda: delta.compared(store, text(2 * ROUNDS), BASE))]
    return {
        "median_ms": round(statistics.median(samples), 3),
        "worst_ms": round(max(samples), 3),
        "engine_alone_median_ms": round(statistics.median(engine), 3),
        "whole_store_ms": round(min(whole), 1),
    }


def main() -> None:
    """Measure and print."""
    result: dict[str, object] = {"processor_ms": {}}
    for quads in [int(size) for size in sys.argv[1:]] or [100_000, 1_000_000]:
        store = Store()
        store.bulk_load("".join(lines(quads)).encode(), RdfFormat.N_QUADS)
        store.add(Quad(NamedNode("urn:x"), NamedNode("urn:x"), NamedNode("urn:x")))
        result["processor_ms"][str(quads)] = {
            name: measured(store, text, changes) for name, (text, changes) in UPDATES.items()
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()

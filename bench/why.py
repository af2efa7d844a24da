"""What the evidence of rows costs beside the query itself: `python bench/why.py [runs]`.

Times queries on 190 000 quads made for it, in this process, without and with the second look for evidence.
Prints one JSON object: rows, facts, and medians in milliseconds.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Iterator

from pyoxigraph import RdfFormat, Store

from samvirke.why.matching import ROWS, explain

PEOPLE = 20_000
INTEGER = "<http://www.w3.org/2001/XMLSchema#integer>"
QUERIES = {
    "facts of one": "SELECT ?p ?o { <urn:p7> ?p ?o }",
    "members of one": "SELECT ?x ?n { ?x <urn:member> <urn:o3> ; <urn:name> ?n }",
    "star, 100 rows": "SELECT ?x ?n { ?x a <urn:Person> ; <urn:name> ?n ; <urn:age> ?a ; <urn:member> ?o } LIMIT 100",
    "optional, 500 rows": (
        "SELECT ?x ?k { ?x a <urn:Person> ; <urn:name> ?n OPTIONAL { ?x <urn:knows> ?y . ?y <urn:name> ?k } } LIMIT 500"
    ),
    "hidden join, 100 rows": "SELECT ?n { ?x <urn:knows> ?y . ?y <urn:knows> ?z . ?z <urn:name> ?n } LIMIT 100",
    "all in order, 10 rows": "SELECT ?x ?a { ?x <urn:age> ?a } ORDER BY DESC(?a) ?x LIMIT 10",
    "union": 'SELECT ?x { { ?x <urn:age> 80 } UNION { ?x <urn:name> "Person 5" } }',
    "distinct, 50 rows": "SELECT DISTINCT ?o ?n { ?x <urn:member> ?o . ?o <urn:name> ?n } LIMIT 50",
}


def main() -> None:
    """Time each query."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    store = Store()
    store.bulk_load("".join(_lines()).encode(), RdfFormat.N_QUADS)
    print(json.dumps({"quads": len(store), **{name: _timed(store, text, runs) for name, text in QUERIES.items()}}))


def _timed(store: Store, text: str, runs: int) -> dict[str, float]:
    without, beside, count, facts = [], [], 0, 0
    for _ in range(runs):
        start = time.perf_counter()
        solutions = store.query(text)
        rows = [tuple(solution) for solution in solutions]
        without.append(time.perf_counter() - start)
        names = [variable.value for variable in solutions.variables]
        start = time.perf_counter()
        told = explain(store, text, names, rows[:ROWS], total=len(rows), ask=store.query, graphs=None)
        beside.append(time.perf_counter() - start)
        count, facts = len(rows), sum(len(row["facts"]) for row in told["rows"])
    query_ms, why_ms = (round(statistics.median(times) * 1000, 1) for times in (without, beside))
    return {"rows": count, "facts": facts, "query_ms": query_ms, "why_ms": why_ms}


def _lines() -> Iterator[str]:
    """Facts with a passage each, and the same in the default graph; few organisations have most members."""
    dice = random.Random(1)
    organisations = PEOPLE // 10
    for number in range(PEOPLE):
        of = min(organisations - 1, int(dice.paretovariate(0.7)) - 1)
        facts = [("a", "<urn:Person>"), ("name", f'"Person {number}"'), ("member", f"<urn:o{of}>")]
        facts.append(("age", f'"{dice.randrange(90)}"^^{INTEGER}'))
        if number % 3:
            facts.append(("knows", f"<urn:p{dice.randrange(PEOPLE)}>"))
        yield from _told(f"<urn:p{number}>", facts, number)
    for number in range(organisations):
        yield from _told(f"<urn:o{number}>", [("name", f'"Organisation {number}"')], number)


def _told(subject: str, facts: list[tuple[str, str]], number: int) -> Iterator[str]:
    for name, value in facts:
        property_ = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>" if name == "a" else f"<urn:{name}>"
        fact = f"{subject} {property_} {value}"
        yield f"{fact} .\n{fact} <https://example.org/document/d{number % 500}/1#char={number},{number + 9}> .\n"


if __name__ == "__main__":
    main()

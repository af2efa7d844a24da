"""How long each shipped question takes on a generated graph: `python bench/shipped.py [facts] [runs]`.

Every file of queries/ with its default values, in a worker on the memory tier, and every kind of look-up in the
index. Prints one JSON object: median milliseconds and rows, and what is over the goal (100 ms a question, 5 ms a
look-up). A question that lists everything there is has as many rows as there are things.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pyoxigraph
from pyoxigraph import NamedNode, QueryResultsFormat, RdfFormat, Store

from samvirke.bulk.survey import schema_of, survey, things_of
from samvirke.queries import bind, load_queries
from samvirke.search import Index, write_index
from samvirke.site import Site

ROOT = Path(__file__).resolve().parent.parent
GOAL_MS = {"queries": 100.0, "look-ups": 5.0}
WORDS = ("bibliotek", "kommune", "netværk", "ord", "fredericia", "slots", "tilskud", "temadag", "sprog", "kultur")


def loaded(folder: Path, facts: int) -> Store:
    """Generate both files and load them with the site's ontology, as a worker's memory holds them."""
    store = Store()
    for ending, form in (("nq", RdfFormat.N_QUADS), ("nt", RdfFormat.N_TRIPLES)):
        file = folder / f"facts.{ending}"
        command = [sys.executable, str(ROOT / "bench/generate.py"), str(facts), "--format", ending, "-o", str(file)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        store.bulk_load(path=file, format=form)
    site = Site.open(ROOT)
    for path in site.ontology_files():
        store.bulk_load(path=path, format=RdfFormat.TURTLE, base_iri=site.base, to_graph=NamedNode("urn:schema"))
    return store


def measured(work: Callable[[], object], runs: int) -> float:
    """Median milliseconds of some runs; what takes seconds is run once."""
    taken: list[float] = []
    while len(taken) < runs and sum(taken) < 5_000:
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(taken), 2)


def queries(store: Store, runs: int) -> dict[str, dict[str, float]]:
    """Time each stored question, answered in JSON."""
    told = {}
    for query in load_queries(ROOT / "queries"):
        text = bind(query, {})

        def ask(text: str = text) -> int:
            answer = store.query(text)
            assert isinstance(answer, pyoxigraph.QuerySolutions)
            body = answer.serialize(format=QueryResultsFormat.CSV)
            return (body or b"").count(b"\n") - 1

        rows = ask()
        told[query.name] = {"ms": measured(ask, runs), "rows": rows}
    return told


def look_ups(folder: Path, runs: int) -> dict[str, dict[str, float]]:
    """Time what pages ask of the index: counts for facets, a stretch of a list, search, suggestions."""
    found = survey(folder / "facts.nt")
    schema = schema_of(found, base="https://w3id.org/samvirke/", languages=("da", "en"), prefixes={})
    write_index(folder / "index.sqlite", things_of(found), schema, ("da", "en"))
    index = Index(folder / "index.sqlite")
    largest = max(index.classes(), key=lambda one: one.count)
    kinds: dict[str, Callable[[str], object]] = {
        "facets": lambda _: index.classes(),
        "list": lambda _: index.members(largest.iri, "da", largest.count // 2, 100),
        "search": lambda word: index.search(word, "da"),
        "suggest": lambda word: index.suggest(word[:3], "da"),
    }
    told = {}
    for name, ask in kinds.items():
        each = [measured(partial(ask, word), runs) for word in WORDS]
        told[name] = {"ms": round(statistics.median(each), 2), "most_ms": max(each)}
    return told


def main() -> None:
    facts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        store = loaded(Path(name), facts)
        told = {"queries": queries(store, runs), "look-ups": look_ups(Path(name), runs)}
    over = {kind: [one for one, row in rows.items() if row["ms"] > GOAL_MS[kind]] for kind, rows in told.items()}
    print(
        json.dumps(
            {
                "command": "python bench/shipped.py",
                "facts": facts,
                "runs": runs,
                "python": platform.python_version(),
                "versions": {name: version(name) for name in ("pyoxigraph",)},
                **told,
                "goal_ms": GOAL_MS,
                "over_goal": over,
            },
            indent=1,
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()

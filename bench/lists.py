"""Lists at size: what facets cost to make and to ask: `python bench/lists.py [facts]`.

The index of a generated graph under the first site's shapes, with and without the side tables that narrow lists, in
processor seconds; then of the largest lists the milliseconds of a page's facets: first asked, asked again, with two
values and a span of years chosen, and the first hundred rows in the order of a column. Prints one JSON object.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph
from generate import write

from samvirke.assembly import assemble
from samvirke.model import Candidate, DocumentVersion, NamedNode
from samvirke.search import Index, Listed, building
from samvirke.site import Site

ROOT = Path(__file__).resolve().parent.parent
RUNS = 20


def candidate(count: int, folder: Path) -> Candidate:
    site = assemble(Site.open(ROOT))
    store = pyoxigraph.Store()
    for graph in site.schema_graphs:
        store.extend(site.store.quads_for_pattern(None, None, None, graph))
    store.bulk_load(path=write(folder / "made.nq", count, seed=7, quads=True), format=pyoxigraph.RdfFormat.N_QUADS)
    store.bulk_load(path=write(folder / "made.nt", count, seed=7), format=pyoxigraph.RdfFormat.N_TRIPLES)
    graphs = sorted((one for one in store.named_graphs() if isinstance(one, NamedNode) and "#" in one.value), key=str)
    versions = sorted({one.value.partition("#")[0] for one in graphs})
    documents = tuple(DocumentVersion(one, one.rpartition("/")[0], "En tekst.", "", "x.txt") for one in versions)
    return replace(site, store=store, documents=documents, asserted=tuple(graphs), inferred=())


def built(path: Path, given: Candidate, *, lists: bool) -> dict[str, float]:
    """Build the index; without lists it is what it was before there were any."""
    kept = building.write_lists, building._gather_sources
    if not lists:
        building.write_lists, building._gather_sources = (lambda *_: None), (lambda *_: None)  # type: ignore[assignment]
    started = time.process_time()
    building.build_index(path, given)
    taken = time.process_time() - started
    building.write_lists, building._gather_sources = kept
    return {"cpu_s": round(taken, 2), "mb": round(path.stat().st_size / 1e6, 1)}


def milliseconds(ask: Any) -> float:
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 2)


def asked(listed: Listed) -> dict[str, float]:
    started = time.perf_counter()
    counts = listed.counts({})
    first = round((time.perf_counter() - started) * 1000, 1)
    some = [name for name, values in counts.items() if values and name != "active"][:2]
    chosen = {name: (counts[name][0].value,) for name in some}
    if listed.dated:
        chosen["active"] = ("2014/2016",)
    left = listed.select(chosen)
    column = listed.sorts[-1]
    return {
        "things": listed.size,
        "facets": len(listed.facets),
        "first_ms": first,
        "again_ms": milliseconds(lambda: listed.counts({})),
        "narrowed_ms": milliseconds(lambda: listed.counts(chosen)),
        "rows_ms": milliseconds(lambda: listed.places(left, "en", sort=column, limit=100)),
        "all_sorted_ms": milliseconds(lambda: listed.places(listed.select({}), "en", sort=column, limit=100)),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = candidate(count, folder)
        plain = built(folder / "plain.sqlite", given, lists=False)
        whole = built(folder / "whole.sqlite", given, lists=True)
        index = Index(folder / "whole.sqlite")
        lists = [one for one in (index.listed(one.iri) for one in index.classes()) if one.facets]
        largest = sorted(lists, key=lambda one: -one.size)[:4]
        told = {one.class_iri.rpartition("/")[2]: asked(one) for one in largest}
        print(json.dumps({"facts": count, "index": {"plain": plain, "with_lists": whole}, "lists": told}, indent=1))


if __name__ == "__main__":
    main()

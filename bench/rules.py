"""How long the rules take over many facts: `python bench/rules.py [triples] [site]`.

The data are those of a site, told again and again about other things (by default the site of this
repository, until 100 000 asserted triples); ontology and rules are the site's own. Prints one JSON
object: seconds and seconds of processor time for the rules alone, and what they inferred.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyoxigraph

from samvirke.assembly import Assembly, assemble_with_rules
from samvirke.model import DefaultGraph, NamedNode, Quad
from samvirke.rules import apply_rules
from samvirke.site import Site


def copies(assembly: Assembly, triples: int) -> Iterator[Quad]:
    """Yield the asserted quads again and again, each time about other things, until there are enough."""
    candidate = assembly.candidate
    graphs = [list(candidate.store.quads_for_pattern(None, None, None, graph)) for graph in candidate.asserted]
    quads = [quad for graph in graphs for quad in graph]
    own = tuple(f"{candidate.base}{part}/" for part in ("id", "document", "graph"))

    def renamed(term: Any) -> Any:
        owned = isinstance(term, NamedNode) and term.value.startswith(own)
        return NamedNode(f"{term.value}-{turn}") if owned else term

    told, turn = 0, 0
    while told < triples:
        for quad in quads[: triples - told]:
            yield Quad(*map(renamed, (quad.subject, quad.predicate, quad.object, quad.graph_name)))
        told, turn = told + len(quads), turn + 1


def main() -> None:
    """Measure and print."""
    triples = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent
    site = Site.open(root)
    assembly = assemble_with_rules(site)
    schema_graphs = assembly.candidate.schema_graphs
    holder = pyoxigraph.Store()
    for graph in schema_graphs:
        holder.bulk_extend(assembly.candidate.store.quads_for_pattern(None, None, None, graph))
    asserted = list(copies(assembly, triples))
    holder.bulk_extend(asserted)
    holder.bulk_extend(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in asserted)
    started, busy = time.perf_counter(), time.process_time()
    results = apply_rules(holder, assembly.rules, schema_graphs=schema_graphs)
    seconds, processor = time.perf_counter() - started, time.process_time() - busy
    inferred = "\n".join(sorted(f"{rule.rule} {triple}" for triple, rule in results.derivations.items()))
    answer = {
        "command": " ".join(["python", *sys.argv]),
        "python": platform.python_version(),
        "pyoxigraph": version("pyoxigraph"),
        "asserted": len(asserted),
        "inferred": len(results.derivations),
        "rounds": results.rounds,
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "by_rule": {address.rpartition("/")[2]: count for address, count in results.counts.items()},
        "sha256_of_inferred": hashlib.sha256(inferred.encode()).hexdigest(),
    }
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()

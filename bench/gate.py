"""How long the gate takes: `python bench/gate.py [triples] [--referee]`.

The data are made by `bench/generate.py`, with mistakes seeded: of every 500th network, role, event, period and
funding one fact is taken out, put twice or given a wrong value. Ontology and shapes are the first site's. Prints one
JSON object: seconds of processor time for the whole check as `samvirke check` does it, for SHACL Core compiled and
(with `--referee`) by pySHACL, for the constraints in SPARQL, and for rechecks after changes of 1 and of 100 things; how
much memory each took on top of the store, and whether both found the same. A mistake is exactly the facts that it adds
and takes away, so that taking it back leaves the data as they were, whatever is measured before or after.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from bench.generate import BASE, write
from bench.support.processes import machine
from samvirke.assembly import assemble
from samvirke.gate import Prepared, check
from samvirke.gate.bounded import Piece, run
from samvirke.gate.checking import Checking
from samvirke.gate.compiled.compiler import compiled
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import Facts, Schema
from samvirke.gate.shapes import Shapes
from samvirke.gate.visible import schema_quads, visible_quads
from samvirke.model import Candidate, Finding, Severity
from samvirke.patch import Delta
from samvirke.site import Site

ROOT = Path(__file__).resolve().parent.parent
SEED = 7
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SEEDED = ("Network", "RoleHolding", "Event", "Period", "Funding", "Project")


def rss_bytes() -> int:
    """Return the memory of this process."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * resource.getpagesize()


def taken(work: Callable[[], Any]) -> tuple[float, int, Any]:
    """Return the processor seconds and the memory that work took, and what it gave."""
    gc.collect()
    before, started = rss_bytes(), time.process_time()
    gave = work()
    return time.process_time() - started, rss_bytes() - before, gave


def candidate(count: int, folder: Path, *, plain: bool = False) -> Candidate:
    """Return the first site's shapes over a generated graph, each fact in its passage and in the default graph.

    `plain`: in the default graph only, so that the store holds as many quads as facts.
    """
    site = assemble(Site.open(ROOT))
    store = pyoxigraph.Store()
    for graph in site.schema_graphs:
        store.extend(site.store.quads_for_pattern(None, None, None, graph))
    if not plain:
        made = write(folder / "made.nq", count, seed=SEED, quads=True)
        store.bulk_load(path=made, format=pyoxigraph.RdfFormat.N_QUADS)
    store.bulk_load(path=write(folder / "made.nt", count, seed=SEED), format=pyoxigraph.RdfFormat.N_TRIPLES)
    return replace(site, store=store, documents=(), asserted=(), inferred=())


def things(store: pyoxigraph.Store, name: str) -> list[NamedNode]:
    """Return the things of a class, sorted."""
    kind = NamedNode(f"{BASE}network#{name}")
    return sorted((quad.subject for quad in store.quads_for_pattern(None, TYPE, kind, DefaultGraph())), key=str)  # type: ignore[misc]


def mistaken(store: pyoxigraph.Store, thing: NamedNode, chance: random.Random) -> Delta:
    """Return a change that spoils one fact about a thing, in its passage and among all facts."""
    facts = [quad for quad in store.quads_for_pattern(thing, None, None, None) if quad.predicate != TYPE]
    if not facts:
        return Delta()
    one = chance.choice(sorted(facts, key=str))
    same = list(store.quads_for_pattern(one.subject, one.predicate, one.object, None))
    how = chance.choice(("gone", "twice", "wrong"))
    wrong = Literal("?") if how == "wrong" else Literal("2", language="da")
    added = {Quad(quad.subject, quad.predicate, wrong, quad.graph_name) for quad in same} if how != "gone" else set()
    deleted = set() if how == "twice" else set(same)
    # A fact that stands there already is not added: taking the change back would take it away.
    return Delta(deleted=frozenset(deleted - added), added=frozenset(one for one in added if one not in store))


def apply(store: pyoxigraph.Store, change: Delta) -> None:
    """Make a change."""
    for quad in change.deleted:
        store.remove(quad)
    store.extend(change.added)


def key(finding: Finding) -> tuple[str, ...]:
    """Return what makes a finding."""
    return (finding.severity.value, finding.shape, finding.focus, finding.path, finding.value, finding.component)


def by_us(given: Candidate, shapes: Shapes, run_here: frozenset[Any]) -> list[Finding]:
    """Return what the compiled shapes find."""
    gc.disable()
    evaluation = Evaluation(Facts(given.store, Schema.of(schema_quads(given))))
    roots = compiled(shapes, run_here).roots
    found = [one for root in roots for one in evaluation.findings(root.shape, evaluation.focus(root.targets))]
    gc.enable()
    return found


def processor_s() -> float:
    """Return the processor time of this process and of those it has waited for."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def whole(given: Candidate) -> dict[str, Any]:
    """Return what the check takes as a build does it, its processes with it."""
    before, started, loaded = processor_s(), time.perf_counter(), rss_bytes()
    report = check(given, languages=given.languages, shape_ms=600_000)
    return {
        "processor_s": round(processor_s() - before, 2), "seconds": round(time.perf_counter() - started, 2),
        "findings": len(report.findings), "more_bytes": rss_bytes() - loaded,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "peak_of_a_process_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
    }  # fmt: skip


def by_constraint(given: Candidate, shapes: Shapes) -> dict[str, float]:
    """Return the processor seconds of each constraint in SPARQL, in a fork as in a check."""
    checking = Checking(given, shapes, 600)
    pieces = checking.constraints()

    def timed() -> Iterator[tuple[str, float]]:
        for piece in pieces:
            started = time.process_time()
            for _ in piece.rows():
                pass
            yield piece.name, time.process_time() - started

    found: Counter[str] = Counter()
    for _, _, rows in run([[Piece("constraints", timed)]], seconds=600):
        for name, seconds in rows:
            found[name.rpartition("#")[2]] += seconds
    return {name: round(seconds, 2) for name, seconds in found.items()}


def rechecks(given: Candidate, chance: random.Random) -> dict[str, Any]:
    """Return the milliseconds of rechecks, as a write asks for them: of one thing, of a hundred, and at hubs."""
    seconds, _, prepared = taken(lambda: Prepared.of(given, severities=(Severity.VIOLATION,), placed=False))
    every = [thing for name in SEEDED for thing in things(given.store, name)]
    changes = [mistaken(given.store, thing, chance) for thing in chance.sample(every, 200)]
    hundreds = [hundred(given.store, every, chance) for _ in range(3)]
    hubs = list(at_hubs(given.store, chance))
    whole = Prepared.of(given)
    return {
        "prepare_s": round(seconds, 2),
        "wide": dict(prepared.wide),
        "one_thing_ms": spread(given.store, prepared, changes),
        "hundred_things_ms": spread(given.store, prepared, hundreds),
        "one_thing_at_a_hub_ms": spread(given.store, prepared, hubs),
        "with_warnings_and_passages": {
            "one_thing_ms": spread(given.store, whole, changes),
            "hundred_things_ms": spread(given.store, whole, hundreds),
            "one_thing_at_a_hub_ms": spread(given.store, whole, hubs),
        },
    }


def hundred(store: pyoxigraph.Store, every: list[NamedNode], chance: random.Random) -> Delta:
    """Return one change that spoils a hundred things."""
    change = Delta()
    for thing in chance.sample(every, 100):
        change = change.then(mistaken(store, thing, chance))
    return change


def at_hubs(store: pyoxigraph.Store, chance: random.Random) -> Iterator[Delta]:
    """Yield changes at the thirty nodes most referred to: users come and go, and a fact of the node itself changes."""
    facts = store.quads_for_pattern(None, None, None, DefaultGraph())
    count = Counter((q.object, q.predicate) for q in facts if isinstance(q.object, NamedNode) and q.predicate != TYPE)
    new, name = NamedNode(f"{BASE}id/new"), NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")
    for (hub, predicate), _ in count.most_common(30):
        users = list(store.quads_for_pattern(None, predicate, hub, DefaultGraph()))
        for user in chance.sample(users, 3):
            yield Delta(deleted=frozenset(store.quads_for_pattern(user.subject, predicate, hub, None)))
        yield Delta(added=frozenset({Quad(new, predicate, hub, DefaultGraph())}))
        yield Delta(added=frozenset({Quad(hub, name, Literal("x", language="da"), DefaultGraph())}))
        yield mistaken(store, hub, chance)


def spread(store: pyoxigraph.Store, prepared: Prepared, changes: list[Delta]) -> dict[str, Any]:
    """Return how the milliseconds of rechecks after changes spread, each made and taken back."""
    times: list[float] = []
    for change in changes:
        # What stood there before is not to be taken back with it.
        new = Delta(change.deleted, frozenset(quad for quad in change.added if quad not in store))
        apply(store, new)
        started = time.process_time()
        prepared.recheck(store, new)
        times.append((time.process_time() - started) * 1000)
        apply(store, new.reversed())
    ordered = sorted(times)
    last = len(ordered) - 1
    most = next(iter(changes[times.index(ordered[-1])].deleted | changes[times.index(ordered[-1])].added))
    places = {"median": last // 2, "p90": round(last * 0.9), "p99": round(last * 0.99), "most": last}
    told: dict[str, Any] = {name: round(ordered[place], 1) for name, place in places.items()}
    return {"changes": len(ordered), **told, "most_at": f"{most.subject} {most.predicate}"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the gate.")
    parser.add_argument("triples", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--referee", action="store_true", help="let pySHACL check the same (minutes, gigabytes)")
    parser.add_argument("--plain", action="store_true", help="facts stand in the default graph only")
    asked = parser.parse_args()
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        given = candidate(asked.triples, Path(folder), plain=asked.plain)
    spoilt = Counter[str]()
    for name in SEEDED:
        for thing in things(given.store, name)[::500]:
            apply(given.store, mistaken(given.store, thing, chance))
            spoilt[name] += 1
    shapes = Shapes.read(given)
    own = list(shapes.constraints())
    run_here = frozenset(one.node for one in own)
    loaded = rss_bytes()
    core_s, core_bytes, found = taken(lambda: by_us(given, shapes, run_here))
    every = whole(given)
    sparql = by_constraint(given, shapes)
    answer: dict[str, Any] = {
        "command": " ".join(["python", *sys.argv]), "machine": machine(), "triples": asked.triples,
        "quads_with_passages": len(given.store), "spoilt": dict(spoilt), "store_bytes": loaded,
        "core": {"processor_s": round(core_s, 2), "more_bytes": core_bytes, "findings": len(found)},
        "check": every,
        "sparql_s": {"all": round(sum(sparql.values()), 2), **dict(Counter(sparql).most_common(6))},
    }  # fmt: skip
    if asked.referee:
        from samvirke.gate.core import core_findings  # noqa: PLC0415 - slow to import

        seconds, more, referee = taken(lambda: list(core_findings(visible_quads(given), shapes, own)))
        same = set(map(key, found)) == set(map(key, referee))
        answer["pyshacl"] = {
            "processor_s": round(seconds, 2), "more_bytes": more, "findings": len(referee), "same": same,
            "times": round(seconds / core_s, 1),
        }  # fmt: skip
    answer["recheck"] = rechecks(given, chance)
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()

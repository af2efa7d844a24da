"""The first site as a candidate, and what a mutation makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph
import pytest

from samvirke.assembly import assemble
from samvirke.model import Candidate, DefaultGraph, NamedNode, Quad
from samvirke.site import Site

HERE = Path(__file__).parent
PREFIXES = (HERE / "prefixes.rq").read_text(encoding="utf-8")
NAMESPACES = dict(re.findall(r"PREFIX (\w*): <([^>]*)>", PREFIXES))


def expand(name: str) -> str:
    """The address that a prefixed name or a bracketed address of a case stands for."""
    if name.startswith("<"):
        return name[1:-1]
    prefix, _, local = name.partition(":")
    return NAMESPACES[prefix] + local.replace("\\,", ",")


@dataclass(frozen=True)
class Case:
    name: str
    shape: str
    severity: str
    focus: str
    update: str

    @classmethod
    def read(cls, path: Path) -> Case:
        first, _, update = path.read_text(encoding="utf-8").partition("\n")
        expected = re.fullmatch(r"# expects: (\S+) (violation|warning|info) (\S+)", first)
        assert expected, f"{path.name}: the first line says what is expected"
        return cls(path.stem, expand(expected[1]), expected[2], expand(expected[3]), update)


def cases() -> list[Case]:
    return [Case.read(path) for path in sorted((HERE / "sabotage").glob("*.rq"))]


def mutated(clean: Candidate, update: str) -> Candidate:
    """Apply an update to the named graphs, and put the default graph together anew."""
    store = pyoxigraph.Store()
    store.bulk_extend(quad for quad in clean.store if not isinstance(quad.graph_name, DefaultGraph))
    store.update(PREFIXES + update)
    apart = {*clean.inferred, *clean.schema_graphs}
    asserted = tuple(graph for graph in store.named_graphs() if graph not in apart)
    store.bulk_extend(
        Quad(quad.subject, quad.predicate, quad.object, DefaultGraph())
        for graph in (*asserted, *clean.inferred)
        for quad in store.quads_for_pattern(None, None, None, graph)  # type: ignore[arg-type]
    )
    return replace(clean, store=store, asserted=tuple(sorted(asserted, key=str)))  # type: ignore[arg-type, type-var]


def narrowed(candidate: Candidate, shape: str) -> Candidate:
    """The candidate with the shapes of one file, and those that all files share: a case asks about one shape only."""
    is_shape = pyoxigraph.NamedNode("http://www.w3.org/ns/shacl#NodeShape")
    kept: list[NamedNode] = []
    for graph in candidate.schema_graphs:
        quads = candidate.store.quads_for_pattern(None, None, is_shape, graph)
        holds_shapes = next(iter(quads), None) is not None
        own = next(iter(candidate.store.quads_for_pattern(NamedNode(shape), None, None, graph)), None)
        if not holds_shapes or own is not None or graph.value.endswith("/shapes/names"):
            kept.append(graph)
    return replace(candidate, schema_graphs=tuple(kept))


@pytest.fixture(scope="session")
def clean(root: Path) -> Candidate:
    return assemble(Site.open(root))

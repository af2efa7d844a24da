"""The gate: what stands between a candidate dataset and publication.

Duty: validate a candidate by its shapes and report every finding in one order. Level 3; publishes
nothing, reads no file and changes nothing. SHACL Core is compiled (`compiled`), constraints written in
SPARQL are evaluated by the store's engine (`sparql`), and what neither takes is pySHACL's (`core`),
which is loaded for nothing else: the same findings, not the same seconds.
Source: https://www.w3.org/TR/shacl/#validation
"""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from samvirke import evidence
from samvirke.gate.checking import Checking
from samvirke.gate.compiled.compiler import compiled
from samvirke.gate.placing import ordered
from samvirke.gate.recheck import Prepared
from samvirke.gate.shapes import Shapes
from samvirke.gate.sparql import written
from samvirke.gate.visible import visible_quads
from samvirke.model import Candidate, Finding, NamedNode, Quad, Report, Severity
from samvirke.terms import CORE

__all__ = ["Prepared", "check", "left_findings"]

_INFERRED = CORE.InferredShape
_INFERRED_WORDS = {
    "da": "Et faktum står både blandt det, kilderne siger, og blandt det, reglen udleder. Fjern det ene sted.",
    "en": "A fact stands both among what the sources say and among what the rule infers. Remove it from one of them.",
}


def check(
    candidate: Candidate,
    *,
    languages: Sequence[str] = (),
    extra: Iterable[Finding] = (),
    shape_ms: int = 0,
    meanwhile: Callable[[], None] | None = None,
) -> Report:
    """Validate a candidate dataset before publication.

    Reads:  every graph of `candidate`, whose schema graphs hold the shapes, and the words of its documents.
            `extra` are findings of other rooms. `languages` limits the messages to those that
            the pages can show; none means all.
    Writes: nothing; `candidate` is not changed.
    Returns findings ordered by severity, shape, focus node, path and value – the same on each run.
    Units:  `shape_ms` wall-clock milliseconds for each shape; 0 means no limit. With a limit, processes are
            forked: start threads in `meanwhile`, which is called when that is done.
    Raises: InputError when a shape is ill-formed (carries file and clause), LimitError when one takes too long.
    Source: https://www.w3.org/TR/shacl/#validation
    """
    started = time.perf_counter()
    shapes = Shapes.read(candidate)
    with _no_collection():
        checking = Checking(candidate, shapes, shape_ms / 1000)
        found = itertools.chain(
            checking.findings(meanwhile),
            extra,
            _inferred_twice(candidate),
            evidence.verify(candidate.documents, _about_passages(candidate), graphs=_names(candidate.asserted)),
        )
        return Report(ordered(found, candidate, languages), seconds=time.perf_counter() - started)


def left_findings(candidate: Candidate) -> tuple[Finding, ...]:
    """Return what pySHACL finds by the shapes that are left to it, over all of a candidate's facts.

    Reads: the visible graphs of `candidate`. A recheck (`Prepared`) passes over these shapes.
    """
    from samvirke.gate.core import core_findings  # noqa: PLC0415 - as above

    shapes = Shapes.read(candidate)
    own = list(shapes.constraints())
    left = set(compiled(shapes, frozenset(one.node for one in own)).left)
    found = core_findings(visible_quads(candidate), shapes, own, only=left) if left else ()
    return ordered(found, candidate, ())


@contextmanager
def _no_collection() -> Iterator[None]:
    """Look for no cycles meanwhile: millions of small lists are made, none of which is part of one."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _about_passages(candidate: Candidate) -> Iterator[Quad]:
    """The asserted quads that speak of passages; there are few of them beside the facts."""
    asserted = frozenset(candidate.asserted)
    for predicate in sorted(evidence.READS, key=str):
        for quad in candidate.store.quads_for_pattern(None, predicate, None, None):
            if quad.graph_name in asserted:
                yield quad


def _names(graphs: Iterable[NamedNode]) -> list[str]:
    return [graph.value for graph in graphs]


def _inferred_twice(candidate: Candidate) -> Iterator[Finding]:
    """Find inferred facts that sources say too: the rule would be named as evidence beside the words."""
    asserted = frozenset(candidate.asserted)
    for rule in candidate.inferred:
        for quad in candidate.store.quads_for_pattern(None, None, None, rule):
            for other in candidate.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None):
                if other.graph_name in asserted:
                    yield Finding(
                        severity=Severity.VIOLATION,
                        shape=_INFERRED.value,
                        messages=_INFERRED_WORDS,
                        focus=written(quad.subject),  # type: ignore[arg-type]  # rules conclude no triple terms
                        path=quad.predicate.value,
                        value=written(quad.object),  # type: ignore[arg-type]  # as above
                    )

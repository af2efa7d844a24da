"""What the compiled shapes find, and what pySHACL finds by the same shapes: every result, not only the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from samvirke.gate.compiled.compiler import compiled
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import Facts, Schema
from samvirke.gate.compiled.values import Undecided
from samvirke.gate.core import core_findings
from samvirke.gate.shapes import Shapes
from samvirke.gate.visible import schema_quads, visible_quads
from samvirke.model import Candidate, Finding, Term

Told = tuple[str, str, str, str, str, str, tuple[tuple[str, str], ...]]


def told(findings: Iterable[Finding]) -> set[Told]:
    return {
        (
            one.severity.value,
            one.shape,
            one.focus,
            one.path,
            one.value,
            one.component,
            tuple(sorted(one.messages.items())),
        )
        for one in findings
    }


@dataclass
class Compared:
    """`claimed`: shapes that the compiler takes; `left`: those it leaves, and why; `undecided`: those it gave up."""

    claimed: set[Term]
    left: dict[Term, str]
    undecided: set[Term]
    here: set[Told]
    referee: set[Told]


def compare(candidate: Candidate, *, few: bool = False) -> Compared:
    shapes = Shapes.read(candidate)
    own = list(shapes.constraints())
    taken = compiled(shapes, frozenset(one.node for one in own))
    evaluation = Evaluation(Facts(candidate.store, Schema.of(schema_quads(candidate)), few=few))
    found: list[Finding] = []
    undecided: set[Term] = set()
    for root in taken.roots:
        try:
            found += list(evaluation.findings(root.shape, evaluation.focus(root.targets)))
        except Undecided:
            undecided.add(root.shape.node)
    claimed = {root.shape.node for root in taken.roots} - undecided
    referee = told(core_findings(visible_quads(candidate), shapes, own, only=claimed)) if claimed else set()
    return Compared(claimed, dict(taken.left), undecided, told(found), referee)

"""Every check of the shapes catches the mistake it is there for.

One file of `sabotage/` is one mistake made in the clean site; its first line says which shape (or which
named `sh:sparql` constraint) must find it, how severely, and at which thing.
"""

from __future__ import annotations

import pytest

from samvirke.gate import check
from samvirke.gate.shapes import Shapes
from samvirke.model import Candidate, Finding, NamedNode
from samvirke.terms import CORE, SH, TYPE

from .conftest import Case, cases, mutated, narrowed

CASES = cases()
PYTHON_CHECKS = {"Quote", "Fragment", "Span", "Version", "Overlap", "Mode", "Hedge", "Checksum", "Inferred"}
ELSEWHERE = {"Date", "Consistency"}  # tested with the dates and the reasoner
NOT_A_CHECK = {
    SH.path, SH.term("name"), SH.description, SH.order, SH.group, SH.message, SH.severity, SH.property,
    SH.sparql, SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode, SH.prefixes,
}  # fmt: skip


def found(finding: Finding) -> set[tuple[str, str, str]]:
    """A finding counts for its shape and for the constraint that the shape names."""
    names = {finding.shape, finding.constraint} - {""}
    return {(name, finding.severity.value, finding.focus) for name in names}


@pytest.fixture(scope="session")
def before(clean: Candidate) -> set[tuple[str, str, str]]:
    return set().union(*(found(finding) for finding in check(clean).findings))


# Each case validates the whole site anew, 0.2 s: the fast suite tries every fifth, the full suite all.
TRIED = [
    pytest.param(case, id=case.name, marks=[pytest.mark.slow] if number % 5 else [])
    for number, case in enumerate(CASES)
]


@pytest.mark.parametrize("case", TRIED)
def test_a_mistake_is_caught_by_its_shape(case: Case, clean: Candidate, before: set[tuple[str, str, str]]):
    candidate = mutated(clean, case.update)
    if not case.shape.endswith(tuple(f"#{name}Shape" for name in PYTHON_CHECKS)):
        candidate = narrowed(candidate, case.shape)

    report = check(candidate)

    new = set().union(*(found(finding) for finding in report.findings)) - before
    assert (case.shape, case.severity, case.focus) in new
    assert report.publishable is (case.severity != "violation")


def test_every_check_has_a_mistake_it_catches(clean: Candidate):
    shapes = Shapes.read(clean)
    checks = {
        subject.value
        for subject, row in shapes.rows.items()
        if isinstance(subject, NamedNode)
        and (
            SH.SPARQLConstraint in row.get(TYPE, ())
            or ({SH.NodeShape, SH.PropertyShape} & set(row.get(TYPE, ())) and _can_fail(row))
        )
    }
    checks |= {CORE.term(f"{name}Shape").value for name in PYTHON_CHECKS}

    caught = {case.shape for case in CASES}
    assert sorted(checks - caught) == []
    assert sorted(caught - checks) == []
    assert len(CASES) >= 200
    assert len(checks) >= 120


def _can_fail(row: dict[NamedNode, list[object]]) -> bool:
    sh_terms = {predicate for predicate in row if predicate.value.startswith(str(SH))}
    checks = sh_terms - NOT_A_CHECK
    # A qualified value shape that asks for none chooses the values of a row and cannot fail.
    wants_none = [str(value) for value in row.get(SH.qualifiedMinCount, ())] == [
        '"0"^^<http://www.w3.org/2001/XMLSchema#integer>'
    ]
    return bool(checks) and not (wants_none and checks == {SH.qualifiedValueShape, SH.qualifiedMinCount})


def test_each_check_in_python_is_described_as_a_shape(clean: Candidate):
    shapes = Shapes.read(clean)

    for name in PYTHON_CHECKS | ELSEWHERE:
        shape = CORE.term(f"{name}Shape")
        assert SH.NodeShape in shapes.all(shape, TYPE), name
        assert len(shapes.all(shape, SH.description)) == 2, name

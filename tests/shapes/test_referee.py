"""The gate and plain pySHACL find the same.

pySHACL evaluates everything here, `sh:sparql` included, over the same graphs: it is the referee for the
constraints that the gate evaluates in its own way. Messages and values are the gate's own business.
"""

from __future__ import annotations

import pyshacl
import pytest
import rdflib

from samvirke.assembly import assemble
from samvirke.gate import check
from samvirke.gate.core import as_graph
from samvirke.gate.shapes import Shapes
from samvirke.gate.visible import visible_graphs, visible_quads
from samvirke.model import BlankNode, Candidate, NamedNode
from samvirke.site import Site

from .conftest import cases, mutated, narrowed

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
SEVERITIES = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}
CORE = "https://w3id.org/samvirke/core#"
IN_PYTHON = ("Quote", "Fragment", "Span", "Version", "Overlap", "Mode", "Hedge", "Checksum", "Inferred")
NOT_SHACL = {f"{CORE}{name}Shape" for name in IN_PYTHON}
SPARQL_CASES = [case for case in cases() if case.shape.rpartition("#")[2] in {
    "EventDateShape-withinActivity", "EventDateShape-knownDate", "FundingShape-positive", "DistinctThingShape-sameName",
    "SourcedShape-passage", "UnitShape-cycle", "FunderShape-hasFunding", "NotSelfFundedShape-other",
    "PeriodOrderShape-endAfterBegin", "PeriodPrecisionShape-begin", "PeriodPrecisionShape-end",
    "RoleHoldingShape-withinLife", "ActingThroughShape-ownUnit", "JointHoldingShape-sameRole", "PassageShape-facts",
    "PassageHedgeShape-missing", "DocumentVersionShape-description", "SupersededShape-facts", "NoSameAsShape-merged",
    "DeclaredTermShape-property", "DeclaredTermShape-class", "FundingShape-amountNeedsCurrency",
}]  # fmt: skip


def by_the_gate(candidate: Candidate) -> set[tuple[str, str, str, str]]:
    return {
        (one.severity.value, one.shape, one.focus, one.component)
        for one in check(candidate).findings
        if one.shape not in NOT_SHACL
    }


def by_pyshacl(candidate: Candidate) -> set[tuple[str, str, str, str]]:
    data = rdflib.Dataset(default_union=False)
    apart = set(visible_graphs(candidate))
    visible = as_graph(visible_quads(candidate))
    default = data.default_graph
    for triple in visible:
        default.add(triple)
    for graph in (*candidate.asserted, *candidate.inferred):
        assert graph not in apart
        named = data.graph(rdflib.URIRef(graph.value))
        for triple in as_graph(candidate.store.quads_for_pattern(None, None, None, graph)):
            named.add(triple)
    shapes = Shapes.read(candidate)
    _, results, _ = pyshacl.validate(
        data, shacl_graph=as_graph(shapes.quads), inference="none", advanced=True, inplace=True
    )
    found = set()
    for result in results.objects(None, SH.result):
        source = results.value(result, SH.sourceShape)
        node = NamedNode(str(source)) if isinstance(source, rdflib.URIRef) else None
        shape = node.value if node else _parent(shapes, str(source))
        severity = SEVERITIES[results.value(result, SH.resultSeverity)]
        component = str(results.value(result, SH.sourceConstraintComponent))
        found.add((severity, shape, str(results.value(result, SH.focusNode)), component))
    return found


def _parent(shapes: Shapes, blank: str) -> str:
    return shapes.named(BlankNode(blank)).value


@pytest.mark.slow
def test_on_the_whole_site(clean: Candidate):
    assert by_the_gate(clean) == by_pyshacl(clean)


def test_on_a_site_of_another_kind(root):
    candidate = assemble(Site.open(root / "tests" / "sites" / "beekeepers"))

    found = by_the_gate(candidate)
    assert found == by_pyshacl(candidate)
    assert len(found) == 1


# pySHACL needs some ten seconds for each, so every sixth is tried; all of them agreed when this was written.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", SPARQL_CASES[::6], ids=lambda case: case.name)
def test_on_a_mistake(case, clean: Candidate):
    candidate = narrowed(mutated(clean, case.update), case.shape)

    found = by_the_gate(candidate)
    assert found == by_pyshacl(candidate)
    assert case.focus in {focus for _, _, focus, _ in found}


def test_there_are_mistakes_to_compare_on():
    assert len(SPARQL_CASES) >= 25

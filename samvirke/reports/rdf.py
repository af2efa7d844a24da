"""The gate's report as RDF: a SHACL validation report.

Duty: turn findings into a `sh:ValidationReport`, in their order, so that a published report can be asked. Level 6;
judges nothing. When not all findings are listed, comments on the report say so and count them.
Standard: https://www.w3.org/TR/shacl/#validation-report
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from samvirke.errors import InputError
from samvirke.formats import FORMATS
from samvirke.model import BlankNode, DefaultGraph, Finding, Literal, NamedNode, Quad, Report, Severity, Term
from samvirke.reports.grouping import Group, clipped, grouped, select, shortened
from samvirke.reports.wording import cut_words
from samvirke.store import read_rdf
from samvirke.terms import CORE, PROV, RDFS, SH, TYPE, XSD

_SEVERITY = {Severity.VIOLATION: SH.Violation, Severity.WARNING: SH.Warning, Severity.INFO: SH.Info}
_PREFIXES = {"sh": str(SH), "xsd": str(XSD), "prov": str(PROV), "core": str(CORE), "rdfs": str(RDFS)}
_REPORT = BlankNode("report")


def report_turtle(report: Report) -> bytes:
    """Return the report as Turtle, the same bytes for the same findings."""
    output = BytesIO()
    FORMATS["ttl"].write(report_quads(report), output, _PREFIXES)
    return output.getvalue()


def report_quads(report: Report) -> Iterator[Quad]:
    """Yield the report's triples, in the default graph.

    `sh:conforms` is what SHACL says it is – no result at all – so it can be false of a report that is publishable.
    Results are numbered blank nodes: a result has no name beyond its report.
    """
    yield Quad(_REPORT, TYPE, SH.ValidationReport)
    conforms = "false" if report.findings else "true"
    yield Quad(_REPORT, SH.conforms, Literal(conforms, datatype=XSD.boolean))
    groups = grouped(report)
    # The Turtle of a finding is no longer than its N-Triples, and its own indentation.
    selection = select(groups, head=_head, row=lambda finding: b"".join(map(_written, _statements(finding))))
    for language in ("da", "en") if selection.left_out else ():
        yield Quad(_REPORT, RDFS.comment, Literal(cut_words(selection, language), language=language))
    for one in selection.groups:
        if one.left_out:
            yield Quad(_REPORT, RDFS.comment, Literal(one.head.decode()))
    # Listed in the report's order, which is not that of the groups.
    kept = {id(finding) for one in selection.groups for finding in one.group.findings[: len(one.rows)]}
    listed = [finding for finding in report.findings if id(finding) in kept]
    width = len(str(len(listed)))
    for number, finding in enumerate(listed, start=1):
        result = BlankNode(f"result{number:0{width}}")
        yield Quad(_REPORT, SH.result, result)
        for predicate, value in _statements(shortened(finding)):
            yield Quad(result, predicate, value, DefaultGraph())


def _head(group: Group, listed: int) -> bytes:
    about = " ".join(part for part in (group.shape, group.path, group.component) if part)
    return f"{group.severity.value}: {group.count} in all, {group.count - listed} not listed: {clipped(about)}".encode()


def _written(statement: tuple[NamedNode, Term]) -> bytes:
    return f"_:result000000 {statement[0]} {statement[1]} .\n".encode()


def _statements(finding: Finding) -> Iterator[tuple[NamedNode, Term]]:
    yield TYPE, SH.ValidationResult
    yield SH.resultSeverity, _SEVERITY[finding.severity]
    for language, text in sorted(finding.messages.items()):
        yield SH.resultMessage, Literal(text, language=language)
    for predicate, text in (
        (SH.sourceShape, finding.shape),
        (SH.sourceConstraintComponent, finding.component),
        (SH.focusNode, finding.focus),
        (SH.resultPath, finding.path),
        (SH.value, finding.value),
        (PROV.wasDerivedFrom, finding.passage),
    ):
        term = _term(text)
        # The path of a finding can be a path's text; SHACL wants a node there, and a text says more than none.
        if term is not None:
            yield predicate, term


def _term(text: str) -> Term | None:
    """Read an address or an N-Triples term; a text that is neither stays a text."""
    if not text:
        return None
    if text.startswith("_:"):
        return BlankNode(text[2:])
    node = text if text.startswith(("<", '"')) else f"<{text}>"
    try:
        quad = next(read_rdf(f"<x:s> <x:p> {node} .".encode(), format="nt"), None)
    except InputError:
        quad = None
    return Literal(text) if quad is None else quad.object  # type: ignore[return-value]  # read_rdf refuses triple terms

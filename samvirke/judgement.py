"""One report from everything that judges a site: the gate, the dates, the reasoner.

Duty: run them side by side and put their findings into one order. Level 6; repairs nothing.
The reasoner runs in a process of its own while the gate works, and is not asked again about an
ontology and data that it has found consistent before. Without Java the site is published all the
same, and the report says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Any

from samvirke import gate, owl
from samvirke.assembly import Assembly, Progress
from samvirke.errors import InputError, JavaMissing, LimitError
from samvirke.model import Candidate, Finding, Literal, NamedNode, Quad, Report, Severity, Triple
from samvirke.terms import CORE, EDTF

CONSISTENCY = CORE.ConsistencyShape.value
DATE = CORE.DateShape.value
_ORDER = {severity: number for number, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The report, and what became of the reasoner, for the manifest."""

    report: Report
    reasoner: Mapping[str, Any]


def judge(
    assembly: Assembly,
    *,
    reasoner: bool,
    progress: Progress | None = None,
    before: Mapping[str, Any] = MappingProxyType({}),
    beside: Sequence[Finding] = (),
    shape_ms: int = 0,
) -> Judgement:
    """Check an assembled site.

    Reads:  the assembly; `before` is the manifest of what is published now, `beside` what others found.
    Units:  `shape_ms` wall-clock milliseconds for each shape; 0 means no limit.
    Raises: LimitError when a shape takes longer.
    Returns findings ordered by severity, shape, focus, path, value – the same on each run.
    """
    begun = monotonic()
    candidate = assembly.candidate
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: list[Future[tuple[str, owl.OwlResult | None]]] = []

        def meanwhile() -> None:
            # Not before the gate has forked: a fork takes no thread along, but what that had locked.
            if reasoner:
                waiting.append(pool.submit(_reason, candidate, before))

        if progress:
            progress("Checking …")
        report = gate.check(candidate, languages=candidate.languages, shape_ms=shape_ms, meanwhile=meanwhile)
        findings = [*report.findings, *_unread_dates(assembly), *beside]
        asked = waiting[0] if waiting else None
        if asked is not None and progress and not asked.done():
            progress("Waiting for the reasoner …")
        found, told = _outcome(asked)
    findings = sorted([*findings, *found], key=_key)
    return Judgement(Report(tuple(findings), monotonic() - begun), told)


def _key(finding: Finding) -> tuple[object, ...]:
    messages = tuple(sorted(finding.messages.items()))
    return (
        _ORDER[finding.severity],
        finding.shape,
        finding.focus,
        finding.path,
        finding.value,
        finding.passage,
        messages,
    )


def _unread_dates(assembly: Assembly) -> list[Finding]:
    """Report the dates that could not be read: no bounds were computed from them."""
    return [
        _unread_date(assembly.candidate, triple, error)
        for triple, error in sorted(assembly.results.unread_dates.items(), key=lambda item: str(item[0]))
    ]


def _unread_date(candidate: Candidate, triple: Triple, error: InputError) -> Finding:
    quads = candidate.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
    graphs = sorted(quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode))
    assert isinstance(triple.object, Literal), "the rule reads literals"
    text = triple.object.value
    return Finding(
        # A text of level 2 may be right: it is this engine that cannot read it.
        severity=Severity.WARNING if triple.object.datatype == EDTF.term("EDTF-level2") else Severity.VIOLATION,
        shape=DATE,
        messages={
            "da": f"”{text}” er ikke en dato i EDTF, niveau 0 eller 1, så datogrænserne kan ikke regnes ud.",
            "en": f"“{text}” is no date of EDTF level 0 or 1, so its bounds cannot be computed: {error.message}",
        },
        focus=triple.subject.value if isinstance(triple.subject, NamedNode) else str(triple.subject),
        path=triple.predicate.value,
        value=str(triple.object),
        passage=graphs[0] if graphs else "",
        file=candidate.sources.get(graphs[0], "") if graphs else "",
    )


def _reason(candidate: Candidate, before: Mapping[str, Any]) -> tuple[str, owl.OwlResult | None]:
    """Ask the reasoner, unless it found the same input consistent before; return the input's checksum too."""
    quads: list[Quad] = [
        quad
        for graph in (*candidate.schema_graphs, *candidate.asserted)
        for quad in candidate.store.quads_for_pattern(None, None, None, graph)
    ]
    digest = hashlib.sha256(owl.project(quads).encode()).hexdigest()
    if before.get("reasoner", {}).get("consistent") == digest:
        return digest, None
    return digest, owl.check_consistency(quads)


def _outcome(asked: Future[tuple[str, owl.OwlResult | None]] | None) -> tuple[list[Finding], dict[str, Any]]:
    """Wait for the reasoner; return what it found, and what the manifest says about it."""
    if asked is None:
        return [], {"asked": False, "why": "not wanted"}
    try:
        digest, result = asked.result()
    except JavaMissing as error:
        da = "Ræsonneren blev ikke spurgt, for den kræver Java, og det findes ikke her."
        return [_told(Severity.INFO, da, f"The reasoner was not asked: {error}")], {"asked": False, "why": str(error)}
    except (InputError, LimitError) as error:
        da = f"Ræsonneren gav intet svar: {error}"
        return [_told(Severity.WARNING, da, f"The reasoner gave no answer: {error}")], {
            "asked": True,
            "why": str(error),
        }
    if result is None:
        return [], {"asked": False, "why": "the same input was consistent before", "consistent": digest}
    findings = [
        _told(
            Severity.VIOLATION,
            "Ingen ting kan høre til denne klasse, for dens betingelser modsiger hinanden.",
            "Nothing can belong to this class: its conditions contradict each other.",
            focus=address,
        )
        for address in result.unsatisfiable
    ]
    if not result.consistent:
        why = " ".join(result.explanation)
        findings.append(
            _told(
                Severity.VIOLATION,
                f"Ontologien og oplysningerne modsiger hinanden. {why}".strip(),
                f"The ontology and the facts contradict each other. {why}".strip(),
            )
        )
    told: dict[str, Any] = {"asked": True, "seconds": round(result.seconds, 1)}
    if not findings:
        told["consistent"] = digest
    return findings, told


def _told(severity: Severity, da: str, en: str, *, focus: str = "") -> Finding:
    return Finding(severity=severity, shape=CONSISTENCY, messages={"da": da, "en": en}, focus=focus)

"""Findings that only a write can cause, in both languages.

Duty: one sentence each. Level 4; pure.
"""

from __future__ import annotations

from samvirke.errors import InputError
from samvirke.model import Finding, Literal, NamedNode, Quad, Severity
from samvirke.terms import CORE

__all__ = ["ill_dated", "without_evidence"]


def without_evidence(quad: Quad) -> Finding:
    """A fact that stands in no passage of a document that is here."""
    graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else str(quad.graph_name)
    return Finding(
        severity=Severity.VIOLATION,
        shape=CORE.term("EvidenceShape").value,
        messages={
            "da": f"Ingen ord belægger oplysningen: <{graph}> er ikke en passage i et dokument her."
            " Skriv den i grafen for den passage, den er læst af.",
            "en": f"No words support this fact: <{graph}> is no passage of a document here."
            " Write it into the graph of the passage it was read from.",
        },
        focus=_bare(quad.subject),
        path=quad.predicate.value,
        value=_bare(quad.object),
        component=CORE.term("EvidenceConstraintComponent").value,
        passage=graph,
    )


def ill_dated(quad: Quad, error: InputError) -> Finding:
    """A date that cannot be read."""
    text = quad.object.value if isinstance(quad.object, Literal) else str(quad.object)
    return Finding(
        severity=Severity.VIOLATION,
        shape=CORE.DateShape.value,
        messages={
            "da": f"”{text}” er ikke en dato i EDTF, niveau 0 eller 1, så datogrænserne kan ikke regnes ud.",
            "en": f"“{text}” is no date of EDTF level 0 or 1, so its bounds cannot be computed: {error.message}",
        },
        focus=_bare(quad.subject),
        path=quad.predicate.value,
        value=str(quad.object),
        passage=quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else "",
    )


def _bare(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)

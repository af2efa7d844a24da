"""Findings in the order and the form that a report has them.

Duty: each finding once, worst first, where the offending fact stands, in the languages asked for.
Level 3; changes nothing.
Source: https://www.w3.org/TR/shacl/#results
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from samvirke.gate.compiled.values import parts
from samvirke.model import BlankNode, Candidate, Finding, Literal, NamedNode, Quad, Severity
from samvirke.terms import TYPE

_ORDER = {severity: place for place, severity in enumerate(Severity)}
_INVERSE = re.compile(r"\^<([^<>]+)>")


def ordered(findings: Iterable[Finding], candidate: Candidate, languages: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings, each once, the same on each run; no languages means all."""
    unique = {_key(finding): finding for finding in findings}
    return tuple(_spoken(_placed(unique[key], candidate), languages) for key in sorted(unique))


def _key(finding: Finding) -> tuple[object, ...]:
    return (
        _ORDER[finding.severity],
        finding.shape,
        finding.focus,
        finding.path,
        finding.value,
        finding.component,
        finding.constraint,
        tuple(sorted(finding.messages.items())),
        finding.passage,
        finding.file,
        finding.line,
    )


def _spoken(finding: Finding, languages: Sequence[str]) -> Finding:
    """Keep the messages in the languages that are asked for, if there is one of them."""
    kept = {language: text for language, text in finding.messages.items() if language in languages}
    return replace(finding, messages=kept) if kept else finding


def _placed(finding: Finding, candidate: Candidate) -> Finding:
    """Say where the offending fact stands: its passage, else the passage that says what the thing is."""
    if finding.passage or not finding.focus or finding.focus.startswith("_:"):
        return finding
    graphs = _graphs_of(finding, candidate)
    if not graphs:
        return finding
    return replace(finding, passage=graphs[0], file=finding.file or candidate.sources.get(graphs[0], ""))


def _graphs_of(finding: Finding, candidate: Candidate) -> list[str]:
    if finding.focus.startswith('"'):
        return []
    focus = NamedNode(finding.focus)
    inverse = _INVERSE.fullmatch(finding.path)
    path = inverse[1] if inverse else finding.path
    quads: list[Quad] = []
    if "://" in path and not path.startswith(("(", "^", "<")):
        step, store = NamedNode(path), candidate.store
        # Asked for with its value: where thousands refer to a node, there may be a finding about each of them.
        end = _term(finding.value) if finding.value else None
        if not inverse:
            quads = list(store.quads_for_pattern(focus, step, end, None))
        elif not isinstance(end, Literal):
            quads = list(store.quads_for_pattern(end, step, focus, None))
    quads = quads or list(candidate.store.quads_for_pattern(focus, TYPE, None, None))
    return sorted(quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode))


def _term(value: str) -> NamedNode | BlankNode | Literal:
    """The term that a finding names as its value."""
    if value.startswith("_:"):
        return BlankNode(value[2:])
    if not value.startswith('"'):
        return NamedNode(value)
    text, datatype, language = parts(value)
    return Literal(text, language=language) if language else Literal(text, datatype=NamedNode(datatype))

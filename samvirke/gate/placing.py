"""Findings in the order and the form that a report has them.

Duty: each finding once, worst first, where the offending fact stands, in the languages asked for.
Level 3; changes nothing.
Source: https://www.w3.org/TR/shacl/#results
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from samvirke.gate.compiled.values import parts
from samvirke.model import BlankNode, Candidate, Finding, Literal, NamedNode, Quad, Severity
from samvirke.terms import TYPE

_ORDER = {severity: place for place, severity in enumerate(Severity)}
_SHARED = 256
_INVERSE = re.compile(r"\^<([^<>]+)>")


def ordered(findings: Iterable[Finding], candidate: Candidate, languages: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings, each once, the same on each run; no languages means all."""
    # Shape by shape, and each let go when it is done: a hundred thousand findings are held once, not three times.
    shapes: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        shapes.setdefault((_ORDER[finding.severity], finding.shape), []).append(finding)
    made: list[Finding] = []
    for shape in sorted(shapes):
        unique = {_key(finding): finding for finding in shapes.pop(shape)}
        spoken: dict[int, tuple[Mapping[str, str], Mapping[str, str]]] = {}
        for key in sorted(unique):
            finding = unique.pop(key)
            messages = finding.messages
            # Most findings of a shape share their words.
            if id(messages) not in spoken:
                spoken[id(messages)] = messages, _spoken(messages, languages)
            made.append(_placed(finding, spoken[id(messages)][1], candidate))
            if len(spoken) > _SHARED:
                spoken.clear()
    return tuple(made)


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


def _spoken(messages: Mapping[str, str], languages: Sequence[str]) -> Mapping[str, str]:
    """The messages in the languages that are asked for, if there is one of them."""
    kept = {language: text for language, text in messages.items() if language in languages}
    return messages if not kept or len(kept) == len(messages) else kept


def _placed(finding: Finding, messages: Mapping[str, str], candidate: Candidate) -> Finding:
    """Say where the offending fact stands: its passage, else the passage that says what the thing is."""
    graphs: list[str] = []
    if not finding.passage and finding.focus and not finding.focus.startswith("_:"):
        graphs = _graphs_of(finding, candidate)
    if graphs:
        file = finding.file or candidate.sources.get(graphs[0], "")
        return replace(finding, messages=messages, passage=graphs[0], file=file)
    return finding if messages is finding.messages else replace(finding, messages=messages)


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


def _term(value: str) -> NamedNode | BlankNode | Literal | None:
    """The term that a finding names as its value; None for words that are no term, such as a checksum."""
    if value.startswith("_:"):
        return BlankNode(value[2:])
    if not value.startswith('"'):
        try:
            return NamedNode(value)
        except ValueError:
            return None
    text, datatype, language = parts(value)
    return Literal(text, language=language) if language else Literal(text, datatype=NamedNode(datatype))

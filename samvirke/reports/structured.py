"""The report for programs: JSON and SARIF.

Duty: every field of a finding, and what a person reads. Level 6; judges nothing.
Standard: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from samvirke import __version__
from samvirke.model import Finding, Report, Severity
from samvirke.reports.grouping import Group, clipped, grouped, select
from samvirke.reports.wording import Name, cut_words, tell, title

__all__ = ["fingerprint", "write_json", "write_sarif"]

_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}
"""SARIF's levels for SHACL's severities."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NO_RULE = "samvirke"
"""The rule of a finding that no shape made."""


def write_json(report: Report, language: str, name: Name) -> bytes:
    """Return the report as JSON: the findings one on a line, the groups with their counts, and what was left out."""

    def row(finding: Finding) -> bytes:
        told = tell(finding, language, name)
        fields = asdict(finding) | {
            "severity": finding.severity.value,
            "messages": dict(finding.messages),
            "entity": told.entity,
            "property": told.property_name,
            "found": told.found,
            "advice": told.advice,
            "sentence": told.sentence,
        }
        return _line(fields)

    def head(group: Group, listed: int) -> bytes:
        return _line(
            {
                "severity": group.severity.value,
                "shape": clipped(group.shape),
                "path": clipped(group.path),
                "component": clipped(group.component),
                "constraint": clipped(group.constraint),
                "title": title(group.shape, group.path, language, name),
                "count": group.count,
                "listed": listed,
            }
        )

    selection = select(grouped(report), head=head, row=row)
    told = {
        "publishable": report.publishable,
        "seconds": report.seconds,
        "counts": {**_counts(report), "total": selection.total, "listed": selection.listed},
        "cut": cut_words(selection, language) or None,
    }
    parts = [json.dumps(told, ensure_ascii=False, indent=2)[:-2].encode(), b',\n  "groups": [']
    parts += [_joined(one.head for one in selection.groups), b'],\n  "findings": [']
    parts += [_joined(row for one in selection.groups for row in one.rows), b"]\n}\n"]
    return b"".join(parts)


def write_sarif(report: Report, language: str, name: Name) -> bytes:
    """Return the report as a SARIF log with one run; what is left out stands among the run's notifications."""
    groups = grouped(report)
    numbers: dict[str, int] = {}
    for group in groups:
        numbers.setdefault(_rule(group.shape), len(numbers))

    def row(finding: Finding) -> bytes:
        return _line(_result(finding, numbers[_rule(finding.shape)], language, name))

    def head(group: Group, listed: int) -> bytes:
        # A notification for each group that is not whole, and its rule's descriptor, of about that length.
        del listed
        return _line(_descriptor(group.shape, language, name)) + _line(_notification(group, 0, language, name))

    selection = select(groups, head=head, row=row)
    rules = list(dict.fromkeys(one.group.shape for one in selection.groups))
    notes = [_notification(one.group, one.left_out, language, name) for one in selection.groups if one.left_out]
    if cut := cut_words(selection, language):
        notes.insert(0, {"level": "warning", "message": {"text": cut}})
    driver = {"name": "samvirke", "version": __version__, "informationUri": "https://w3id.org/samvirke/"}
    parts = [
        f'{{\n"$schema": "{_SCHEMA}",\n"version": "2.1.0",\n"runs": [{{\n"tool": {{"driver": '.encode(),
        _line(driver).removesuffix(b"}\n"),
        b', "rules": [',
        _joined(_line(_descriptor(shape, language, name)) for shape in _in_order(rules, numbers)),
        b']}},\n"columnKind": "unicodeCodePoints",\n"invocations": [{"executionSuccessful": true,',
        b' "toolExecutionNotifications": [',
        _joined(_line(note) for note in notes),
        b']}],\n"properties": ',
        _line({**_counts(report), "total": selection.total, "listed": selection.listed}),
        b',\n"results": [',
        _joined(row for one in selection.groups for row in one.rows),
        b"]\n}]\n}\n",
    ]
    return b"".join(parts)


def _in_order(shapes: list[str], numbers: dict[str, int]) -> list[str]:
    """The shapes of the rules by their number: a selection lists the first groups, so no number is passed over."""
    found = {_rule(shape): shape for shape in shapes}
    return [found[rule] for rule in sorted(found, key=numbers.__getitem__)]


def _rule(shape: str) -> str:
    return clipped(shape) or _NO_RULE


def _descriptor(shape: str, language: str, name: Name) -> dict[str, Any]:
    text = title(shape, "", language, name) or _NO_RULE
    return {"id": _rule(shape), "shortDescription": {"text": text}}


def _notification(group: Group, left_out: int, language: str, name: Name) -> dict[str, Any]:
    named = title(group.shape, group.path, language, name)
    told = f"{named}: {group.count} i alt, {left_out} vises ikke." if language == "da" else ""
    text = told or f"{named}: {group.count} in all, {left_out} not listed."
    return {"level": "note", "message": {"text": text}, "associatedRule": {"id": _rule(group.shape)}}


def _result(finding: Finding, rule: int, language: str, name: Name) -> dict[str, Any]:
    told = tell(finding, language, name)
    location: dict[str, Any] = {}
    if finding.file:
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(finding.file)}}
        if finding.line > 0:
            location["physicalLocation"]["region"] = {"startLine": finding.line}
    if finding.focus:
        logical = {"fullyQualifiedName": finding.focus}
        location["logicalLocations"] = [logical | ({"name": told.entity} if told.entity else {})]
    result: dict[str, Any] = {
        "ruleId": _rule(finding.shape),
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity.value],
        "message": {"text": told.sentence or _rule(finding.shape)},
        "partialFingerprints": {"finding/v1": fingerprint(finding)},
        "properties": {"path": finding.path, "value": finding.value, "passage": finding.passage},
    }
    if location:
        result["locations"] = [location]
    return result


def fingerprint(finding: Finding) -> str:
    """Return what tells a finding from others also when lines have moved, words changed, and in another language."""
    parts = (finding.shape, finding.component, finding.constraint, finding.focus, finding.path, finding.value)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _counts(report: Report) -> dict[str, int]:
    number = {severity.value: 0 for severity in Severity}
    for finding in report.findings:
        number[finding.severity.value] += 1
    return number


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _joined(rows: Any) -> bytes:  # noqa: ANN401 - an iterable of bytes
    listed = [row.rstrip(b"\n") for row in rows]
    return b"\n" + b",\n".join(listed) + b"\n" if listed else b""

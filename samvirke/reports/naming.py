"""The names of what findings speak of.

Duty: look the names up in the candidate while it is there, and give them when the report is written. Level 6.
"""

from __future__ import annotations

from dataclasses import replace

from samvirke.model import Candidate, Literal, NamedNode, Report
from samvirke.reports.grouping import grouped
from samvirke.reports.wording import Name

__all__ = ["named", "naming"]

NAMED_OF_A_GROUP = 100
"""Findings of a group whose things are named; of a report so large that not all are listed, no more are."""

NAMED = 20_000
"""Names that a report knows at most."""


def named(report: Report, candidate: Candidate) -> Report:
    """Return a report that knows the names of what its findings speak of, as far as they will be listed."""
    schema = candidate.schema
    wanted: dict[str, None] = {}
    for group in grouped(report):
        wanted |= dict.fromkeys((group.shape, group.path.strip("^<>")))
        for finding in group.findings[:NAMED_OF_A_GROUP]:
            wanted |= dict.fromkeys((finding.focus.strip("<>"), finding.value.strip("<>")))
        if len(wanted) > NAMED:
            break
    labels = {}
    for address in wanted:
        hint = schema.properties.get(address) or schema.classes.get(address) or schema.terms.get(address)
        found = dict(hint.labels) if hint else _labels(candidate, address)
        if found:
            labels[address] = found
    return replace(report, labels=labels)


def _labels(candidate: Candidate, address: str) -> dict[str, str]:
    """Return the labels of a thing by language, of the best property that has any."""
    try:
        thing = NamedNode(address)
    except ValueError:
        return {}
    for property_ in candidate.schema.label_properties:
        quads = candidate.store.quads_for_pattern(thing, NamedNode(property_), None, None)
        texts = sorted(
            (quad.object.language or "", quad.object.value) for quad in quads if isinstance(quad.object, Literal)
        )
        if texts:
            return dict(reversed(texts))
    return {}


def naming(report: Report, language: str) -> Name:
    """Return what gives names from a report that knows them: in a language, else in English, else in any."""

    def name(address: str) -> str:
        texts = report.labels.get(address, {})
        return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")

    return name

"""How a thing is said in one line inside another thing's page.

Duty: turn a value into what stands in a row: its name, or – for a detail node, which has no name –
what its shape says it joins, with its notes and dates. Level 3; pure; imports no web code.
Source: http://datashapes.org/propertyroles.html (which property names, which one matters)
"""

from __future__ import annotations

from dataclasses import dataclass

from samvirke.facts import Evidence, Facts, Node, Value
from samvirke.hints import Field, Text, local_name
from samvirke.model import Literal, NamedNode, Triple
from samvirke.terms import TYPE

DEPTH = 3


@dataclass(frozen=True, slots=True)
class Note:
    """A further word on a value: the name of the property, and its value."""

    label: Text
    value: Value


@dataclass(frozen=True, slots=True)
class Line:
    """A value in one line.

    `values` are what the line is about (none: nothing is said to be there), `when` the dates the
    line itself has, `evidence` what stands behind each of its triples.
    """

    values: tuple[Value, ...]
    notes: tuple[Note, ...] = ()
    when: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def field_label(facts: Facts, row: Field) -> Text:
    """Return a row's name: the shape's word, else the property's, else the local name."""
    named = facts.schema.text(row.names, facts.lang)
    if named:
        return named
    if row.inverse:
        return facts.schema.reverse_name(row.path, facts.lang) or facts.schema.name(row.path, facts.lang)
    return facts.schema.name(row.path, facts.lang)


def line(facts: Facts, node: Node, page: Node, only: tuple[tuple[str, str], ...] = (), depth: int = DEPTH) -> Line:
    """Return a value in one line, seen from the page about `page`.

    `only` are the pairs by which the row chose the value: they are not said again.
    """
    if isinstance(node, (Literal, Triple)) or depth == 0 or not facts.is_detail(node):
        return Line((facts.value(node),))
    types = facts.types(node)
    rows = [row for row in facts.schema.fields(types) if not row.hidden]
    named = [row for row in rows if "label" in row.roles]
    noted = [row for row in rows if "key" in row.roles and row not in named]
    if not named and not noted:
        return _unshaped(facts, node, page, depth)
    said = dict(only)
    values: list[Value] = []
    notes: list[Note] = []
    when: list[str] = []
    evidence: list[Evidence] = []
    for row in (*named, *noted):
        for value in facts.values(node, NamedNode(row.path), inverse=row.inverse):
            evidence.append(_evidence(facts, node, row, value))
            if value == page or said.get(row.path) == str(value):
                continue
            inner = line(facts, value, node, depth=depth - 1)
            evidence += inner.evidence
            when += inner.when
            dates, others = _parted(inner.values)
            if row in named:
                values += inner.values
                notes += inner.notes
            elif dates and not others:
                when += dates
            else:
                notes += [Note(field_label(facts, row), one) for one in others]
    if values and all(value.kind == "date" for value in values) and named:
        when = []
    for path, wanted in only:
        chosen = [one for one in facts.values(node, NamedNode(path)) if str(one) == wanted]
        evidence += [facts.evidence(node, NamedNode(path), one) for one in chosen]
    return Line(tuple(dict.fromkeys(values)), tuple(notes), tuple(dict.fromkeys(when)), tuple(evidence))


def _unshaped(facts: Facts, node: Node, page: Node, depth: int) -> Line:
    """A detail node whose shape names nothing: things are what it joins, the rest are notes."""
    values: list[Value] = []
    notes: list[Note] = []
    when: list[str] = []
    evidence: list[Evidence] = []
    for predicate, objects in sorted(facts.out.get(node, {}).items(), key=str):
        for value in objects:
            if predicate == TYPE or value == page:
                continue
            evidence.append(facts.evidence(node, predicate, value))
            inner = line(facts, value, node, depth=depth - 1)
            evidence += inner.evidence
            when += inner.when
            for one in inner.values:
                if one.kind == "date":
                    when += [one.text] if facts.is_told_date(predicate, value) or facts.is_detail(value) else []
                elif one.kind == "thing":
                    values.append(one)
                else:
                    notes.append(Note(facts.schema.name(predicate.value, facts.lang), one))
    if not values and when:
        return Line(tuple(Value("date", date) for date in dict.fromkeys(when)), tuple(notes), (), tuple(evidence))
    return Line(tuple(dict.fromkeys(values)), tuple(notes), tuple(dict.fromkeys(when)), tuple(evidence))


def _parted(values: tuple[Value, ...]) -> tuple[list[str], list[Value]]:
    """The dates of a line, and its other values."""
    return [one.text for one in values if one.kind == "date"], [one for one in values if one.kind != "date"]


def _evidence(facts: Facts, node: Node, row: Field, value: Node) -> Evidence:
    path = NamedNode(row.path)
    return facts.evidence(value, path, node) if row.inverse else facts.evidence(node, path, value)


def title(facts: Facts, node: Node) -> Text:
    """Return what a page about the thing is headed: its name; for a detail, its kind and whom it joins."""
    own = facts.label(node)
    if own:
        return own
    kind = facts.schema.main_class(facts.types(node))
    if not kind:
        return facts.name(node)
    named = facts.schema.name(kind, facts.lang)
    if not facts.is_detail(node):
        iri = node.value if isinstance(node, NamedNode) else kind
        return Text(local_name(iri))
    joined = [one.text for one in line(facts, node, node).values if one.kind == "thing"]
    return Text(f"{named.value}: {', '.join(joined)}" if joined else named.value, named.language)

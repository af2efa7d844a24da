"""How a thing is said in one line inside another thing's page.

Duty: turn a value into what stands in a row: its name, or – for a detail node, which has no name –
what its shape says it joins, with its notes and dates. Level 3; pure; imports no web code.
Source: http://datashapes.org/propertyroles.html (which property names, which one matters)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from samvirke.describe.facts import Evidence, Facts, Node, Value
from samvirke.model import Literal, NamedNode, Triple
from samvirke.schema.hints import Field, Text, readable_name
from samvirke.terms import TYPE

DEPTH = 3


class Note(NamedTuple):
    """A further word on a value: the name of the property, its value, and the passages behind it."""

    label: Text
    value: Value
    passages: tuple[str, ...] = ()


class Line(NamedTuple):
    """A value in one line.

    `values` are what the line is about (none: nothing is said to be there), `when` the dates the
    line itself has. `evidence` is what stands behind the values, `when_passages` behind the dates.
    `gaps` names what its shape expects to be told and nobody tells.
    """

    values: tuple[Value, ...]
    notes: tuple[Note, ...] = ()
    when: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    when_passages: tuple[str, ...] = ()
    gaps: tuple[Text, ...] = ()


def field_label(facts: Facts, row: Field) -> Text:
    """Return a row's name: the shape's word, else the property's, else the local name."""
    return facts.schema.row_words(row, facts.lang)[0]


def line(facts: Facts, node: Node, page: Node, only: tuple[tuple[str, str], ...] = (), depth: int = DEPTH) -> Line:
    """Return a value in one line, seen from the page about `page`.

    `only` are the pairs by which the row chose the value: they are not said again.
    """
    if isinstance(node, (Literal, Triple)) or depth == 0 or not facts.is_detail(node) or facts.is_cut_off(node):
        return Line((facts.value(node),))
    key = (node, page, only, depth)
    found = facts.lines.get(key)
    if found is None:
        found = facts.lines[key] = _line(facts, node, page, only, depth)
    return found


def _line(facts: Facts, node: Node, page: Node, only: tuple[tuple[str, str], ...], depth: int) -> Line:
    schema = facts.schema
    named, noted = schema.line_fields(facts.types(node))
    if not named and not noted:
        return _unshaped(facts, node, page, depth)
    said = dict(only)
    gathered = _Gathered()
    out, into = facts.rows(node), facts.rows_into(node)
    for position, row in enumerate((*named, *noted)):
        found = (into if row.inverse else out).get(schema.node(row.path), ())
        if row.gap and not found:
            gathered.gaps.append(field_label(facts, row))
        for value in found:
            own = _evidence(facts, node, row, value)
            if value == page or (row.path in said and said[row.path] == str(value)):
                gathered.evidence.append(own)
                continue
            inner = line(facts, value, node, depth=depth - 1)
            if position < len(named):
                gathered.take_main(inner, own)
            else:
                gathered.take_note(inner, own, field_label(facts, row))
    for path, wanted in only:
        chosen = [one for one in facts.values(node, schema.node(path)) if str(one) == wanted]
        gathered.evidence += [facts.evidence(node, schema.node(path), one) for one in chosen]
    return gathered.line()


@dataclass(slots=True)
class _Gathered:
    """What has been found of a detail node so far."""

    values: list[Value] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    when: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    when_passages: list[str] = field(default_factory=list)
    gaps: list[Text] = field(default_factory=list)

    def take_main(self, inner: Line, own: Evidence) -> None:
        """Take what the line is about."""
        self.values += inner.values
        self.notes += inner.notes
        self.when += inner.when
        self.when_passages += inner.when_passages
        self.evidence += [own, *inner.evidence]

    def take_note(self, inner: Line, own: Evidence, label: Text) -> None:
        """Take a further word; one that is only dates is when the line holds."""
        passages = tuple(dict.fromkeys(one for each in (own, *inner.evidence) for one in each.passages))
        others = [one for one in inner.values if one.kind != "date"]
        dates = [one.text for one in inner.values if one.kind == "date"]
        self.when += inner.when
        self.when_passages += inner.when_passages
        if dates and not others:
            self.when += dates
            self.when_passages += passages
        else:
            self.notes += [Note(label, one, passages) for one in others]

    def take_inside(self, inner: Line, own: Evidence, label: Text) -> None:
        """Take what is said of a thing without a name: each of its words under the way that leads to it."""
        self.take_note(inner._replace(notes=()), own, label)
        for note in inner.notes:
            way = f"{label.value} › {note.label.value}"
            self.notes.append(note._replace(label=Text(way, label.language)))

    def line(self) -> Line:
        """Return the line; dates that stand alone are what it is about."""
        if not self.values and self.when and not self.notes:
            behind = Evidence(tuple(dict.fromkeys(self.when_passages)))
            values = tuple(Value("date", date) for date in dict.fromkeys(self.when))
            return Line(values, evidence=(*self.evidence, behind), gaps=tuple(self.gaps))
        return Line(
            tuple(dict.fromkeys(self.values)),
            tuple(self.notes),
            tuple(dict.fromkeys(self.when)),
            tuple(self.evidence),
            tuple(dict.fromkeys(self.when_passages)),
            tuple(self.gaps),
        )


def _unshaped(facts: Facts, node: Node, page: Node, depth: int) -> Line:
    """A detail node whose shape names nothing: things are what it joins, the rest are notes."""
    gathered = _Gathered()
    skipped = {TYPE.value}
    if facts.schema.is_nameless(node):  # Nowhere else is told what it is called, or what it is.
        own_name = facts.label(node)
        if own_name:
            skipped.update(facts.schema.label_properties)
        elif kind := facts.schema.main_class(facts.types(node)):
            own_name = facts.schema.name(kind, facts.lang)
        if own_name:
            gathered.values.append(Value("text", own_name.value, own_name.language))
    for predicate, objects in sorted(facts.rows(node).items(), key=str):
        for value in objects:
            if predicate.value in skipped or value == page:
                continue
            own = facts.evidence(node, predicate, value)
            inner = line(facts, value, node, depth=depth - 1)
            computed = inner.values and inner.values[0].kind == "date" and not facts.is_detail(value)
            if facts.schema.is_nameless(value):
                gathered.take_inside(inner, own, facts.schema.name(predicate.value, facts.lang))
            elif any(one.kind == "thing" for one in inner.values):
                gathered.take_main(inner, own)
            elif not computed or facts.is_told_date(predicate, value):
                gathered.take_note(inner, own, facts.schema.name(predicate.value, facts.lang))
    return gathered.line()


def _evidence(facts: Facts, node: Node, row: Field, value: Node) -> Evidence:
    path = facts.schema.node(row.path)
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
        return Text(readable_name(iri))
    joined = [one.text for one in line(facts, node, node).values if one.kind == "thing"]
    return Text(f"{named.value}: {', '.join(joined)}" if joined else named.value, named.language)

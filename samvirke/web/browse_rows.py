"""The rows of a list: what a thing says in each column.

Duty: from the facts that a worker gathered (`samvirke.describe.listing`) to values with names, for the table of a
page and for files alike. Level 7; names of things are the index's, so a row costs no further question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from samvirke.describe.facts import Facts, Node, Value
from samvirke.describe.inline import Line, line
from samvirke.describe.listing import EVERY
from samvirke.model import Literal, NamedNode
from samvirke.schema.facets import NamedField, named_fields
from samvirke.schema.hints import Field, Text
from samvirke.search import Member
from samvirke.web.publication import Publication, serving

__all__ = ["Cell", "Row", "column_fields", "field_label", "rows_of"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a column: what it is about (nothing: the dates or notes stand alone), its dates as told, notes."""

    values: tuple[Value, ...]
    when: tuple[str, ...] = ()
    notes: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A thing, the cells of each column, and its dates as they were told."""

    member: Member
    columns: tuple[tuple[Cell, ...], ...]
    dates: tuple[str, ...]


def field_label(publication: Publication, row: Field, lang: str) -> Text:
    """Return what a column or a facet is called: the shape's word, else the property's, seen from this end.

    It begins as a heading does: an ontology has the names of properties in small letters.
    """
    schema = publication.schema
    named = schema.text(row.names, lang)
    if named is None and row.inverse:
        named = schema.reverse_name(row.path, lang)
    found = named or schema.name(row.path, lang)
    return Text(found.value[:1].upper() + found.value[1:], found.language)


def column_fields(publication: Publication, class_iri: str, names: Iterable[str]) -> tuple[NamedField, ...]:
    """Return the rows of the shapes behind some columns; `EVERY` names all that pages show."""
    wanted = set(names)
    fields = named_fields(publication.schema, class_iri)
    if EVERY in wanted:
        return tuple(one for one in fields if not one.field.hidden and "label" not in one.field.roles)
    return tuple(one for one in fields if one.name in wanted)


def rows_of(
    publication: Publication, class_iri: str, members: Sequence[Member], columns: Sequence[NamedField], lang: str
) -> list[Row]:
    """Return the rows of some things. One question to a worker.

    Raises: Moved when what is published is not what the request sees any more.
    """
    if not members:
        return []
    quads = serving().read(
        "listing",
        iris=[member.iri for member in members],
        columns=[one.name for one in columns],
        **{"class": class_iri},
    )
    facts = Facts(quads, publication.schema, lang)
    found = []
    for member in members:
        node = NamedNode(member.iri)
        cells = tuple(tuple(_cells(facts, node, one.field)) for one in columns)
        found.append(Row(member, cells, facts.dates(node)))
    return _named(publication, found, lang)


def _cells(facts: Facts, node: NamedNode, row: Field) -> Iterator[Cell]:
    path = facts.schema.node(row.path)
    only = [(facts.schema.node(predicate), wanted) for predicate, wanted in row.only]
    for value in facts.values(node, path, inverse=row.inverse):
        if all(any(str(one) == wanted for one in facts.values(value, predicate)) for predicate, wanted in only):
            told = _line(facts, value, node, row)
            yield Cell(told.values, told.when, tuple(note.value for note in told.notes))


def _line(facts: Facts, value: Node, node: NamedNode, row: Field) -> Line:
    if isinstance(value, Literal) or not facts.is_detail(value):
        return Line((facts.value(value),))
    return line(facts, value, node, row.only)


def _named(publication: Publication, rows: list[Row], lang: str) -> list[Row]:
    """Give the things in cells the names that pages show; the index is asked once for all of them."""
    iris = {
        value.iri
        for row in rows
        for cells in row.columns
        for cell in cells
        for value in (*cell.values, *cell.notes)
        if value.iri
    }
    known = publication.index.members_by_address(sorted(iris), lang)

    def named(value: Value) -> Value:
        member = known.get(value.iri) if value.iri else None
        if member is None:
            return value
        return Value("thing", member.label, member.tag, member.iri, member.class_iri)

    def cell(one: Cell) -> Cell:
        return replace(one, values=tuple(map(named, one.values)), notes=tuple(map(named, one.notes)))

    return [replace(row, columns=tuple(tuple(map(cell, cells)) for cells in row.columns)) for row in rows]

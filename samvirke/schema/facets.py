"""By what a list of a class may be narrowed, and what its table shows: learnt from the shapes.

Duty: which rows of the shapes can be facets and columns, in which order, and what an address calls them. Level 2;
names no term of a site. Whether a row has values that are worth it, the data decide when the index is made.
Source: https://www.w3.org/TR/shacl/#nonValidation and `core:facet`, `core:facetOrder` of the engine's own vocabulary
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from samvirke.schema import Schema
from samvirke.schema.hints import LAST, Field, local_name, slug

__all__ = ["ACTIVE", "ANSWER", "CLASS", "DOCUMENT", "NamedField", "named_fields", "offered"]

CLASS, ACTIVE, ANSWER, DOCUMENT = "class", "active", "as", "document"
"""The facets that every list may have: narrower class, the time something was active, how sure, the source."""


@dataclass(frozen=True, slots=True)
class NamedField:
    """A row of the shapes with the name that addresses have for it."""

    name: str
    field: Field


def named_fields(schema: Schema, class_iri: str) -> tuple[NamedField, ...]:
    """Return the rows of a class and of its narrower classes, in the order of the shapes, each with its own name.

    Behind them stand the properties that the ontology gives the class and no shape speaks of.
    """
    classes = schema.subclasses(class_iri)
    shaped = schema.fields(classes)
    taken = dict.fromkeys((CLASS, ACTIVE, ANSWER, DOCUMENT), 1)
    found = []
    for row in (*shaped, *_declared(schema, classes, frozenset(row.path for row in shaped if not row.inverse))):
        stem = _stem(row)
        taken[stem] = taken.get(stem, 0) + 1
        found.append(NamedField(stem if taken[stem] == 1 else f"{stem}-{taken[stem]}", row))
    return tuple(found)


def _declared(schema: Schema, classes: Iterable[str], known: frozenset[str]) -> Iterator[Field]:
    """The properties with one of some classes, or of those above, as their domain; not those that are `known`."""
    if not schema.declared:
        return
    line = {one for iri in classes for one in (iri, *schema.superclasses(iri))}
    names = {*schema.label_properties, *schema.description_properties}
    for iri in sorted({iri for one in line for iri in schema.declared.get(one, ())} - known - names):
        yield Field(iri)


def _stem(row: Field) -> str:
    """The property's own name, how it is read, and what its values are restricted to."""
    restricted = (slug(local_name(term.strip("<>"))) for _, term in row.only)
    return "-".join((slug(local_name(row.path)), *(("of",) if row.inverse else ()), *restricted))


def offered(rows: Iterable[NamedField]) -> tuple[NamedField, ...]:
    """Return the rows that may be facets: those the ontology places first, those it asks for, then the others."""
    open_ = [one for one in rows if one.field.facet is not False]
    return tuple(sorted(open_, key=lambda one: (one.field.facet_order, one.field.facet is not True)))


def is_first(row: Field) -> bool:
    """Whether the ontology asks for a facet by name."""
    return row.facet is True or row.facet_order < LAST

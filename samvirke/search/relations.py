"""What is said of things besides their names, as lists need it.

Duty: gather, in the one pass that the index makes over the facts, which things point at which and what dates and
texts they have; and follow a row of the shapes from a thing to its values. Level 4; runs at build time. A value that
is a detail – a role held for some years – is read through: what counts is the thing it joins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from samvirke.model import Literal, NamedNode, Term, Triple
from samvirke.schema import Schema
from samvirke.schema.hints import Field
from samvirke.terms import CORE, TEMPORAL_DATATYPES

__all__ = ["Paths", "Relations"]

_BOUNDS = frozenset(CORE.term(name).value for name in ("beginEarliest", "beginLatest", "endEarliest", "endLatest"))
Pairs = tuple[list[str], list[str]]


@dataclass(slots=True)
class Relations:
    """Facts by property. `links` hold subjects and the things they point at, `dates` subjects and dates as told.

    `texts` hold subjects and what is written of them, for the properties in `wanted`. `sources` are the things that
    the passages of a document speak of, by the address of the document.
    """

    wanted: frozenset[str] = frozenset()
    links: dict[str, Pairs] = field(default_factory=dict)
    dates: dict[str, Pairs] = field(default_factory=dict)
    texts: dict[str, tuple[list[str], list[Literal]]] = field(default_factory=dict)
    sources: dict[str, set[str]] = field(default_factory=dict)

    def take(self, subject: str, predicate: str, value: Term | Triple) -> None:
        """Take a fact about a thing that is neither its type nor its name."""
        if isinstance(value, NamedNode):
            found = self.links.get(predicate)
            if found is None:
                found = self.links[predicate] = [], []
            found[0].append(subject)
            found[1].append(value.value)
        elif isinstance(value, Literal):
            if value.datatype in TEMPORAL_DATATYPES:
                told = self.dates.setdefault(predicate, ([], []))
                told[0].append(subject)
                told[1].append(value.value)
            elif predicate in self.wanted:
                written = self.texts.setdefault(predicate, ([], []))
                written[0].append(subject)
                written[1].append(value)


class Paths:
    """Follows rows of the shapes.

    `details` are the things that are shown inside others, with their types; `typed` all that have a type.
    """

    def __init__(
        self, relations: Relations, schema: Schema, details: Mapping[str, frozenset[str]], typed: Container[str]
    ) -> None:
        self._relations = relations
        self._schema = schema
        self._details = details
        self._typed = typed
        self._forward: dict[str, dict[str, list[str]]] = {}
        self._backward: dict[str, dict[str, list[str]]] = {}
        self._lines: dict[frozenset[str], tuple[Field, ...]] = {}
        self._joined: dict[str, tuple[str, ...]] = {}

    def pairs(self, row: Field) -> Iterator[tuple[str, str]]:
        """Yield each thing with each value that a row has of it; details are read through."""
        subjects, objects = self._relations.links.get(row.path, ((), ()))
        owners, values = (objects, subjects) if row.inverse else (subjects, objects)
        chosen = self._chosen(row)
        details = self._details
        for owner, value in zip(owners, values, strict=True):
            if chosen is not None and value not in chosen:
                continue
            if value not in details:
                yield owner, value
                continue
            for joined in self.joined(value):
                if joined != owner:
                    yield owner, joined

    def _chosen(self, row: Field) -> set[str] | None:
        """The values that a row is restricted to; None where it is not."""
        chosen: set[str] | None = None
        for path, term in row.only:
            having = set(self._step(path, inverse=True).get(term.strip("<>"), ())) if term.startswith("<") else set()
            chosen = having if chosen is None else chosen & having
        return chosen

    def joined(self, detail: str) -> tuple[str, ...]:
        """Return the things that a detail is about: those its shape names it by, and no further details."""
        known = self._joined.get(detail)
        if known is None:
            types = self._details[detail]
            named = self._lines.get(types)
            if named is None:
                named = self._lines[types] = self._schema.line_fields(types)[0]
            found = (one for row in named for one in self._step(row.path, inverse=row.inverse).get(detail, ()))
            known = self._joined[detail] = tuple(dict.fromkeys(one for one in found if one not in self._details))
        return known

    def _step(self, path: str, *, inverse: bool) -> dict[str, list[str]]:
        kept = self._backward if inverse else self._forward
        if path not in kept:
            subjects, objects = self._relations.links.get(path, ((), ()))
            step: dict[str, list[str]] = defaultdict(list)
            for one, other in zip(subjects, objects, strict=True):
                if inverse:
                    step[other].append(one)
                else:
                    step[one].append(other)
            kept[path] = dict(step)
        return kept[path]

    def dates(self) -> dict[str, set[str]]:
        """Return the dates of things: their own, and those of details that join nothing else."""
        schema, details = self._schema, self._details
        found: dict[str, set[str]] = defaultdict(set)
        for predicate, (subjects, texts) in self._relations.dates.items():
            hint = schema.properties.get(predicate)
            if _BOUNDS.isdisjoint({predicate, *(hint.superproperties if hint else ())}):
                for subject, text in zip(subjects, texts, strict=True):
                    found[subject].add(text)
        dated = {one for one in found if one in details}
        joining = self._joining(dated)
        lent: dict[str, set[str]] = defaultdict(set)
        for subjects, objects in self._relations.links.values():
            for subject, value in zip(subjects, objects, strict=True):
                if value in dated and value not in joining and subject not in details:
                    lent[subject] |= found[value]
        for subject, texts_ in lent.items():
            found[subject] |= texts_
        return found

    def _joining(self, dated: set[str]) -> set[str]:
        """Those of some details that point at a thing with a page of its own: their dates are their own."""
        details, typed = self._details, self._typed
        return {
            subject
            for subjects, objects in self._relations.links.values()
            for subject, value in zip(subjects, objects, strict=True)
            if subject in dated and value not in details and value in typed
        }

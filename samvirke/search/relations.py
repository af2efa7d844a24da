"""What is said of things besides their names, as lists need it.

Duty: gather, in the one pass that the index makes over the facts, which things point at which and what dates and
texts they have; and follow a row of the shapes from a thing to its values. Level 4; runs at build time. A value that
is a detail – a role held for some years – is read through: what counts is the thing it joins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from samvirke.model import Literal, NamedNode, Term, Triple
from samvirke.schema import Schema
from samvirke.schema.hints import Field
from samvirke.terms import CORE, TEMPORAL_DATATYPES

__all__ = ["ByThing", "Paths", "Relations"]

_BOUNDS = frozenset(CORE.term(name).value for name in ("beginEarliest", "beginLatest", "endEarliest", "endLatest"))
Pairs = tuple[list[str], list[str]]
_NONE: tuple[list[int], list[int]] = ([], [])
_NOT = bytes([1, 0, *range(2, 256)])
"""Turns the bytes 0 and 1 into each other."""


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


class _Codes(dict[str, int]):
    """Addresses by number: things have that of the index, what else they point at the next when it is first met."""

    def __missing__(self, iri: str) -> int:
        self[iri] = code = len(self) + 1
        return code


Step = dict[int, list[int]]
ByThing = Mapping[int, Sequence[int]]
"""The values of each thing; both by number."""


class Paths:
    """Follows rows of the shapes, from number to number; `address` gives the address of one.

    `details` are the things that are shown inside others, with their types; `numbers` those of all things, from 1.
    """

    def __init__(
        self, relations: Relations, schema: Schema, details: Mapping[str, frozenset[str]], numbers: Mapping[str, int]
    ) -> None:
        self._dates = relations.dates
        self._schema = schema
        self._codes = codes = _Codes(numbers)
        code = codes.__getitem__
        self._links = {
            path: (list(map(code, subjects)), list(map(code, objects)))
            for path, (subjects, objects) in relations.links.items()
        }
        self._types = {codes[one]: types for one, types in details.items()}
        # A byte for each number is looked up sooner than a set.
        self._detail = bytearray(len(codes) + 1)
        for one in self._types:
            self._detail[one] = 1
        self._own = bytearray(len(codes) + 1)
        self._own[1 : len(numbers) + 1] = self._detail[1 : len(numbers) + 1].translate(_NOT)
        self._forward: dict[str, Step] = {}
        self._backward: dict[str, Step] = {}
        self._lines: dict[frozenset[str], tuple[Field, ...]] = {}
        self._joined: dict[int, tuple[int, ...]] = {}
        self._addresses = list(codes)

    def address(self, number: int) -> str:
        """Return the address of a thing or a value."""
        return self._addresses[number - 1]

    def values(self, row: Field) -> ByThing:
        """Return the values that a row has of each thing with a page, each once; details are read through."""
        subjects, objects = self._links.get(row.path, _NONE)
        owners, values = (objects, subjects) if row.inverse else (subjects, objects)
        chosen, detail = self._chosen(row), self._detail
        found: Step = {}
        for owner, value in compress(zip(owners, values, strict=True), map(self._own.__getitem__, owners)):
            if chosen is not None and value not in chosen:
                continue
            if detail[value]:
                for one in self.joined(value):
                    if one != owner:
                        found.setdefault(owner, []).append(one)
            elif (known := found.get(owner)) is None:
                found[owner] = [value]
            else:
                known.append(value)
        for owner, many in found.items():
            if len(many) > 1:
                found[owner] = list(dict.fromkeys(many))
        return found

    def _chosen(self, row: Field) -> set[int] | None:
        """The values that a row is restricted to; None where it is not."""
        chosen: set[int] | None = None
        for path, term in row.only:
            value = self._codes.get(term.strip("<>")) if term.startswith("<") else None
            having = set(self._step(path, inverse=True).get(value, ())) if value else set()
            chosen = having if chosen is None else chosen & having
        return chosen

    def joined(self, detail: int) -> tuple[int, ...]:
        """Return the things that a detail is about: those its shape names it by, and no further details."""
        known = self._joined.get(detail)
        if known is None:
            types = self._types[detail]
            named = self._lines.get(types)
            if named is None:
                named = self._lines[types] = self._schema.line_fields(types)[0]
            is_detail = self._detail
            found: dict[int, None] = {}
            for row in named:
                for one in self._step(row.path, inverse=row.inverse).get(detail, ()):
                    if not is_detail[one]:
                        found[one] = None
            known = self._joined[detail] = tuple(found)
        return known

    def _step(self, path: str, *, inverse: bool) -> Step:
        kept = self._backward if inverse else self._forward
        if path not in kept:
            subjects, objects = self._links.get(path, _NONE)
            step: Step = defaultdict(list)
            for one, other in zip(objects, subjects, strict=True) if inverse else zip(subjects, objects, strict=True):
                step[one].append(other)
            kept[path] = dict(step)
        return kept[path]

    def dates(self) -> dict[int, set[str]]:
        """Return the dates of things: their own, and those of details that join nothing else."""
        schema, detail, own = self._schema, self._detail, self._own
        found: dict[int, set[str]] = defaultdict(set)
        for predicate, (subjects, texts) in self._dates.items():
            hint = schema.properties.get(predicate)
            if _BOUNDS.isdisjoint({predicate, *(hint.superproperties if hint else ())}):
                for subject, text in zip(map(self._codes.get, subjects), texts, strict=True):
                    if subject is not None:
                        found[subject].add(text)
        lends = bytearray(len(detail))
        for one in found:
            lends[one] = detail[one]
        # Those that point at a thing with a page of its own keep their dates to themselves.
        joining: set[int] = set()
        for subjects_, objects in self._links.values():
            pairs = compress(zip(subjects_, objects, strict=True), map(lends.__getitem__, subjects_))
            joining.update([subject for subject, value in pairs if own[value]])
        for one in joining:
            lends[one] = 0
        lent: dict[int, set[str]] = defaultdict(set)
        for subjects_, objects in self._links.values():
            for subject, value in compress(zip(subjects_, objects, strict=True), map(lends.__getitem__, objects)):
                if not detail[subject]:
                    lent[subject] |= found[value]
        for subject, more in lent.items():
            found[subject] |= more
        return found

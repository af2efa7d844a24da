"""The rows of a page about one thing: which facts there are, and what stands behind each.

Duty: find the values of each row that the shapes name, then what no shape names, without numbers:
these are given when all is known (`numbering.py`). Level 4; pure. Must not name a term of a site.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from samvirke.describe.facts import Facts, Node, Value, place_of
from samvirke.describe.gathering import INCOMING, INCOMING_KEPT, UNNAMED
from samvirke.describe.inline import Line, Note, line
from samvirke.model import Literal, NamedNode
from samvirke.schema.hints import Field, Text
from samvirke.terms import TYPE

INCOMING_GROUP = "urn:incoming"
REST_GROUP = "urn:rest"
SHOWN = 20
"""Things that a row shows which is read backwards: a hub is named by thousands, and a page is no list."""


class Fact(NamedTuple):
    """One value with what stands behind it.

    `rule` is set when nobody said it and a rule gave it; `gaps` names what no source says of it.
    """

    values: tuple[Value, ...]
    notes: tuple[Note, ...] = ()
    when: tuple[str, ...] = ()
    when_passages: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    rule: str = ""
    gaps: tuple[Text, ...] = ()


class Part(NamedTuple):
    """The values of a row that share their evidence: drawn as one line of the table.

    `numbers` are the chips, `implied` and `hedges` what the passages themselves say, `readings` how
    implied facts were read. `when` is set, and taken off the facts, where all share the same dates.
    """

    facts: tuple[Fact, ...]
    numbers: tuple[int, ...]
    rule: str = ""
    implied: bool = False
    hedges: tuple[str, ...] = ()
    readings: tuple[Text, ...] = ()
    when: tuple[str, ...] = ()
    when_numbers: tuple[int, ...] = ()
    when_implied: bool = False

    @property
    def all_numbers(self) -> tuple[int, ...]:
        """Every number that the part shows, also beside its notes and dates."""
        return tuple(dict.fromkeys((*self.numbers, *self.when_numbers, *self.note_numbers)))

    note_numbers: tuple[int, ...] = ()


class Row(NamedTuple):
    """One property of the thing, seen from it or from the other end.

    `gap` says that the shape expects a value and no source has one; `disagreement` that documents
    give different values; `total` how many values there are when not all are here; `turned` that
    the row has no wording of its own from this end. `about` is the thing, where not all is shown.
    """

    id: str
    label: Text
    description: str
    parts: tuple[Part, ...]
    path: str
    inverse: bool = False
    gap: bool = False
    disagreement: bool = False
    key: bool = False
    turned: bool = False
    total: int = 0
    about: str = ""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts of the row."""
        return tuple(fact for part in self.parts for fact in part.facts)

    @property
    def open_list(self) -> bool:
        """Whether the words say that there are more than they name."""
        return any(part.hedges for part in self.parts)


class Draft(NamedTuple):
    """A row before its passages have numbers.

    `total` is how many values there are, `kept` how many of them were looked at, `sourced` how many of these have a
    passage.
    """

    group: str
    field: Field
    facts: tuple[Fact, ...]
    turned: bool
    total: int
    kept: int
    sourced: int


class Drafts:
    """Collects the rows of one page."""

    def __init__(self, facts: Facts, node: NamedNode) -> None:
        """Take the quads of an answer and the thing the page is about."""
        self.facts = facts
        self.node = node
        self.types = facts.types(node)
        self.detail = facts.is_detail(node)
        self.rows: list[Draft] = []
        self.used: set[tuple[str, bool, Node]] = set()
        self.placed: set[Node] = set()
        self.shown: set[str] = set()
        self.name_passages: tuple[str, ...] = ()
        self._build()

    def _build(self) -> None:
        """Find the rows of the shapes, then those of what no shape names."""
        schema = self.facts.schema
        names = schema.label_places
        # By address: a page asks for dozens of rows, most of which are not there.
        out = {predicate.value: values for predicate, values in self.facts.rows(self.node).items()}
        into = {predicate.value: values for predicate, values in self.facts.rows_into(self.node).items()}
        for row in schema.fields(self.types):
            found = self._matching(row, (into if row.inverse else out).get(row.path))
            if found:
                self._use(row.path, found, inverse=row.inverse)
            elif not row.gap:
                continue
            if row.hidden or (row.path in names and not row.inverse and not self.detail):
                continue
            self._add(row, found)
        self.name_passages = self._passages_of_names()
        self._rest({TYPE.value, *names})
        self._rest_incoming()

    def _use(self, path: str, values: Sequence[Node], *, inverse: bool = False) -> None:
        self.used.update([(path, inverse, value) for value in values])
        self.placed.update(values)

    def _matching(self, row: Field, values: Sequence[Node] | None) -> list[Node]:
        """The values of a row's path that meet its restriction."""
        if not values:
            return []
        return [value for value in values if value != self.node and (not row.only or self._meets(value, row))]

    def _meets(self, value: Node, row: Field) -> bool:
        node = self.facts.schema.node
        return all(wanted in map(str, self.facts.values(value, node(path))) for path, wanted in row.only)

    def _passages_of_names(self) -> tuple[str, ...]:
        """The passages that name the thing."""
        found = {
            passage
            for predicate in self.facts.schema.label_nodes
            for value in self.facts.values(self.node, predicate)
            for passage in self.facts.evidence(self.node, predicate, value).passages
        }
        return tuple(found)

    def _add(self, row: Field, values: Sequence[Node], *, group: str | None = None, turned: bool = False) -> None:
        """Add a row; one without values only where the shape wants the gap told."""
        if not values and not row.gap:
            return
        shown = values
        if row.inverse and len(values) > SHOWN:
            shown = self._first(row, values)
        facts = tuple([self._fact(row, value) for value in shown])
        self.shown.update([value.iri for fact in facts for value in fact.values if value.iri])
        kept = total = len(values)
        sourced = sum([1 for fact in facts if fact.passages])
        if shown is not values:
            left = set(values).difference(shown)
            path = self.facts.schema.node(row.path)
            sourced += sum([1 for one in left if self.facts.evidence(one, path, self.node).passages])
            counted = self.facts.counts.get((path, INCOMING), 0)
            total = counted if counted > kept >= INCOMING_KEPT - 1 else kept
        self.rows.append(Draft(row.group if group is None else group, row, facts, turned, total, kept, sourced))

    def _first(self, row: Field, values: Sequence[Node]) -> list[Node]:
        """The values that a row shows where they are too many: those that come first in the sources."""
        path = self.facts.schema.node(row.path)
        last = ("\uffff", 0, 0, "")

        def place(value: Node) -> tuple[str, int, int, str]:
            passages = self.facts.evidence(value, path, self.node).passages
            found = [(version, start, -end, one) for one in passages for version, start, end in (place_of(one),)]
            return min(found, default=last)

        placed = sorted([(place(value), at) for at, value in enumerate(values)])
        return [values[at] for _, at in placed[:SHOWN]]

    def _fact(self, row: Field, value: Node) -> Fact:
        """One value of a row with the passages behind it."""
        path = self.facts.schema.node(row.path)
        ends = (value, path, self.node) if row.inverse else (self.node, path, value)
        own = self.facts.evidence(*ends)
        told: Line = line(self.facts, value, self.node, row.only)
        passages = own.passages
        if told.evidence:
            behind = (own, *told.evidence)
            passages = tuple(dict.fromkeys([passage for one in behind for passage in one.passages]))
        return Fact(told.values, told.notes, told.when, told.when_passages, passages, own.rule, told.gaps)

    # ------------------------------------------------------------ what no shape names

    def _rest(self, skipped: set[str]) -> None:
        """Add what is said and no shape names; not what says again what is shown."""
        for predicate, values in sorted(self.facts.rows(self.node).items(), key=_name):
            if predicate.value in skipped:
                continue
            path = predicate.value
            left = [one for one in values if (path, False, one) not in self.used]
            left = [one for one in left if not self._said_again(self.node, predicate, one, one)]
            if left:
                self._use(path, left)
                self._add(self.facts.schema.bare_field(path), left, group=REST_GROUP)

    def _rest_incoming(self) -> None:
        """Add what names the thing and no shape reads backwards."""
        for predicate, subjects in sorted(self.facts.rows_into(self.node).items(), key=_name):
            path = predicate.value
            left = [one for one in subjects if (path, True, one) not in self.used and one != self.node]
            left = [one for one in left if not self._said_again(one, predicate, self.node, one)]
            left = [one for one in left if self.facts.graphs_of(one, predicate, self.node)]
            if left:
                worded = self.facts.schema.reverse_name(path, self.facts.lang)
                field = self.facts.schema.bare_field(path, inverse=True)
                self._add(field, left, group=INCOMING_GROUP, turned=worded is None)

    def _said_again(self, subject: Node, predicate: NamedNode, value: Node, other: Node) -> bool:
        """Whether an inferred triple only says in other words what a row shows already."""
        if isinstance(other, Literal):
            return False
        if self.facts.is_said(subject, predicate, value):
            return False
        if other in self.placed or (isinstance(other, NamedNode) and other.value in self.shown):
            return True
        if UNNAMED.value in self.facts.graphs_of(subject, predicate, value):
            return False  # The data say it, where nothing of them has a passage.
        # A detail's ends are shown by what it joins.
        ends = [one.iri for one in line(self.facts, other, self.node).values if one.iri]
        return bool(ends) and all(iri in self.shown for iri in ends)


def _name(item: tuple[NamedNode, list[Node]]) -> str:
    return str(item[0])

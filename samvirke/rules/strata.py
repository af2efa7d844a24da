"""In which order rules must come to an end, where one asks what another must not have inferred.

Duty: give each part of the rules its stratum. Level 4; pure. A rule that asks NOT EXISTS, MINUS or OPTIONAL
is asked when everything that could answer is inferred; so what the rules infer does not depend on the order
in which they are asked, and stays explainable. Where no rule asks such a thing there is one stratum, and
where a rule would have to wait for itself there is no order: then too.
Source: stratified Datalog, Abiteboul, Hull, Vianu: Foundations of Databases, section 15.2
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import Variable

from samvirke.model import NamedNode, Term
from samvirke.rules import date_bounds
from samvirke.rules.reads import Read
from samvirke.rules.text import Rule


@dataclass(frozen=True, slots=True)
class Place:
    """Triples of a predicate and an object, None being any. `negated`: read for what is not there."""

    predicate: NamedNode | None
    object: Term | None
    negated: bool = False
    dates: bool = False

    def meets(self, written: Place) -> bool:
        """Whether a triple that is written there can be read here."""
        return (
            None in (self.predicate, written.predicate) or self.predicate == written.predicate
        ) and self._meets_object(written.object)

    def _meets_object(self, written: Term | None) -> bool:
        if written is None or self.object is None:
            return written is None or not self.dates or date_bounds.is_date(written)
        return written == self.object


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the rules that is asked as one: what it reads and what it writes."""

    reads: tuple[Place, ...]
    writes: tuple[Place, ...]


def place(slots: Sequence[object]) -> Place:
    """Return where a pattern or a template reads or writes."""
    predicate, value = slots[1], slots[2]
    return Place(
        predicate if isinstance(predicate, NamedNode) else None,
        None if value is None or isinstance(value, Variable) else value,  # type: ignore[arg-type]  # a term then
    )


def part_of_rule(rule: Rule) -> Part:
    """Return a site's rule as a part."""
    return Part(tuple(map(_read, rule.reads)), tuple(map(place, rule.template)))


def part_of_dates(properties: Iterable[NamedNode]) -> Part:
    """Return the rule of dates as a part; what is stated beside a date is not a matter of rules."""
    return Part((Place(None, None, dates=True),), tuple(Place(one, None) for one in properties))


def _read(read: Read) -> Place:
    found = place((read.subject, read.predicate, read.object))
    return Place(found.predicate, found.object, read.negated)


def strata(parts: Sequence[Part]) -> list[int] | None:
    """Return the stratum of each part, counted from 0; None when a part would have to wait for itself."""
    levels = [0] * len(parts)
    waiting = sum(any(read.negated for read in part.reads) for part in parts)
    if not waiting:
        return levels
    needs = _needs(parts)
    changed = True
    while changed:
        changed = False
        for number, others in enumerate(needs):
            level = max((levels[other] + negated for other, negated in others.items()), default=0)
            if level > waiting:
                return None
            if level > levels[number]:
                levels[number], changed = level, True
    return levels


def _needs(parts: Sequence[Part]) -> list[dict[int, bool]]:
    """Return for each part those that write what it reads, and whether it must wait for them."""
    writers: defaultdict[NamedNode | None, list[tuple[int, Place]]] = defaultdict(list)
    everything: list[tuple[int, Place]] = []
    for number, part in enumerate(parts):
        for written in part.writes:
            writers[written.predicate].append((number, written))
            everything.append((number, written))
    found: list[dict[int, bool]] = []
    for part in parts:
        others: dict[int, bool] = {}
        for read in part.reads:
            open_ = read.predicate is None
            for number, written in everything if open_ else (*writers[read.predicate], *writers[None]):
                if read.meets(written):
                    others[number] = others.get(number, False) or read.negated
        found.append(others)
    return found

"""What a thing is connected with, in words: relations with their numbers, and the things behind them.

Duty: turn what the read `connections` answers into groups, named and in order. Level 7 (web). A relation that is said
twice – from both ends, or by a wider property, too – is told once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from samvirke.describe import INCOMING, USED
from samvirke.model import Quad
from samvirke.schema import Schema
from samvirke.schema.hints import LAST, readable_name
from samvirke.search import Member
from samvirke.terms import TYPE
from samvirke.web import wording
from samvirke.web.formatting import lower_first
from samvirke.web.publication import Publication, serving

__all__ = ["STEP", "Group", "Neighbours", "neighbours", "slice_of"]

STEP = 25
"""Things that are shown or added at a time."""


@dataclass(frozen=True, slots=True)
class Group:
    """The things at the other end of one relation, in the alphabet of the language.

    `key` names the relation in addresses: the property's short name, with a hyphen before it when it is read
    backwards. `total` may be more than `things` has.
    """

    key: str
    property: str
    inverse: bool
    label: str
    things: tuple[Member, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A thing with its relations; `total` is how many connections there are."""

    this: Member
    groups: tuple[Group, ...]

    @property
    def total(self) -> int:
        """How many connections there are."""
        return sum(one.total for one in self.groups)


@dataclass(slots=True)
class _Read:
    """What was answered: ends by relation, what details lead on to, and numbers of what was too many."""

    ends: dict[tuple[str, bool], list[str]] = field(default_factory=lambda: defaultdict(list))
    details: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[tuple[str, bool], int] = field(default_factory=dict)
    types: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def neighbours(publication: Publication, iri: str, lang: str) -> Neighbours | None:
    """Return a thing with what it is connected with; None for one that has no page. One read of the store."""
    known = serving().entity(iri)
    if known is None or known.withdrawn or known.successor is not None:
        return None
    read = _read(serving().read("connections", iri=iri), iri)
    _once(read, publication.schema)
    others = {one for ends in read.ends.values() for one in ends} | {
        one for ends in read.details.values() for one in ends
    }
    found = publication.index.some(sorted({*others, iri}), lang)
    this = found.get(iri) or Member(iri, readable_name(iri), "", known.class_iri)
    groups = []
    for (property_, inverse), ends in read.ends.items():
        things = _things(ends, read, found, iri)
        if things:
            total = max(len(things), read.numbers.get((property_, inverse), 0))
            key, label = _named(publication, property_, inverse, lang)
            groups.append(Group(key, property_, inverse, label, things, total))
    order = _order(publication.schema, [this.class_iri])
    groups.sort(
        key=lambda one: (order.get((one.property, one.inverse), LAST), one.inverse, one.label.casefold(), one.key)
    )
    return Neighbours(this, tuple(groups))


def _read(quads: Iterable[Quad], iri: str) -> _Read:
    read = _Read()
    for quad in quads:
        subject, value = _name(quad.subject), _name(quad.object)
        if quad.predicate in (INCOMING, USED):
            read.numbers[subject, quad.predicate == INCOMING] = int(value)
        elif quad.predicate == TYPE:
            read.types[subject].append(value)
        elif subject == iri:
            read.ends[quad.predicate.value, False].append(value)
        elif value == iri:
            read.ends[quad.predicate.value, True].append(subject)
        else:
            read.details[subject].append(value)
            read.details[value].append(subject)
    return read


def _name(term: object) -> str:
    """The address of a node, a blank node's label, the text of a literal."""
    return str(getattr(term, "value", term))


def _once(read: _Read, schema: Schema) -> None:
    """Leave out ends that a narrower property has, too, and those that the inverse property has."""
    said: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for property_, inverse in sorted(read.ends, key=lambda key: -len(_hint(schema, key[0])[0])):
        ends = [one for one in read.ends[property_, inverse] if one not in said[property_, inverse]]
        read.ends[property_, inverse] = ends
        above, inverses = _hint(schema, property_)
        for wider in above:
            said[wider, inverse].update(ends)
            for turned in _hint(schema, wider)[1]:
                said[turned, not inverse].update(ends)
        for turned in inverses:
            said[turned, not inverse].update(ends)


def _hint(schema: Schema, property_: str) -> tuple[Sequence[str], Sequence[str]]:
    hint = schema.properties.get(property_)
    return (hint.superproperties, hint.inverses) if hint else ((), ())


def _things(ends: Sequence[str], read: _Read, found: Mapping[str, Member], iri: str) -> tuple[Member, ...]:
    """The things at the ends, a detail replaced by what it leads on to; in the alphabet."""
    things: dict[str, Member] = {}
    for end in ends:
        for one in read.details.get(end, ()) if end in read.types else (end,):
            if one in found and one != iri:
                things[one] = found[one]
    return tuple(sorted(things.values(), key=lambda member: (member.label.casefold(), member.iri)))


def _named(publication: Publication, property_: str, inverse: bool, lang: str) -> tuple[str, str]:
    """How a relation is called in addresses, and in words."""
    schema = publication.schema
    label = schema.name(property_, lang).value
    if inverse:
        turned = schema.reverse_name(property_, lang)
        told = wording.words(lang).gettext("Named under “%(label)s” by") % {"label": lower_first(label, lang)}
        label = turned.value if turned else told
    short = publication.links.prefixed(property_) or property_
    return f"-{short}" if inverse else short, label[:1].upper() + label[1:]


def _order(schema: Schema, types: Sequence[str]) -> dict[tuple[str, bool], float]:
    """The places of relations as the shapes of the thing's class have them."""
    rows = schema.fields([one for iri in types if iri for one in (iri, *schema.superclasses(iri))])
    found: dict[tuple[str, bool], float] = {}
    for place, row in enumerate(rows):
        found.setdefault((row.path, row.inverse), float(place))
    return found


def slice_of(group: Group, first: int, number: int = STEP) -> Group:
    """Return a group with a stretch of its things."""
    things = group.things[first : first + number]
    return Group(group.key, group.property, group.inverse, group.label, things, group.total)

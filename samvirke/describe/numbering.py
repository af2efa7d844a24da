"""Which number each passage has on a page, and how a row is parted by what stands behind it.

Duty: put the facts of a row in the order of their sources, join those that share their evidence and
give each passage its number. Level 4; pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from samvirke.describe.facts import Facts, PassageView, Value
from samvirke.describe.inline import Note
from samvirke.describe.rows import INCOMING_GROUP, Draft, Drafts, Fact, Part, Row


class Numbering:
    """The passages of a page in the order of their documents, numbered from 1."""

    def __init__(self, drafts: Drafts) -> None:
        """Take all rows of a page."""
        wanted = dict.fromkeys([one for row in drafts.rows for fact in row.facts for one in behind(fact)])
        wanted.update(dict.fromkeys(drafts.name_passages))
        facts = drafts.facts
        self.about = drafts.node.value
        self.known: Mapping[str, PassageView] = {one: facts.passage(one) for one in wanted}
        self.ordered: Sequence[PassageView] = sorted(self.known.values(), key=lambda one: one.place)
        self.numbers: Mapping[str, int] = {one.address: number for number, one in enumerate(self.ordered, 1)}

    def of(self, passages: Sequence[str]) -> tuple[int, ...]:
        """Return the numbers of some passages, in order."""
        if not passages:
            return ()
        numbers = self.numbers
        return (numbers[passages[0]],) if len(passages) == 1 else tuple(sorted([numbers[one] for one in passages]))

    def row(self, facts: Facts, draft: Draft, id: str) -> Row:
        """Return a row with its facts in the order of their sources, parted by what stands behind them."""
        ordered = draft.facts if len(draft.facts) < 2 else sorted(draft.facts, key=self._place)  # noqa: PLR2004 - nothing to sort
        groups: dict[tuple[tuple[str, ...], str], list[Fact]] = {}
        for fact in ordered:
            groups.setdefault((tuple(sorted(fact.passages)), fact.rule), []).append(fact)
        parts = tuple([self._part(some, passages, rule) for (passages, rule), some in groups.items()])
        field = draft.field
        label, description = facts.schema.row_words(field, facts.lang)
        return Row(
            id=id,
            label=label,
            description=description,
            parts=parts,
            path=field.path,
            inverse=field.inverse,
            gap=not draft.facts,
            disagreement=len(parts) > 1 and self._disagree(parts),
            key="key" in field.roles,
            turned=draft.turned,
            total=draft.total,
            about=self.about if draft.total > len(draft.facts) and draft.group != INCOMING_GROUP else "",
        )

    def _place(self, fact: Fact) -> tuple[int, int, str]:
        """Where the words of a fact stand: by passage, and within it by the value's own words."""
        numbers = self.numbers
        first = min([numbers[one] for one in fact.passages], default=len(numbers) + 1)
        text = " ".join([value.text for value in fact.values])
        quote = next((self.known[one].quote.value for one in fact.passages if numbers[one] == first), None)
        at = -1
        if quote is not None:
            # A label is normalised where its quote is not ("BL - \xa0Danmarks"), so its first word will do.
            folded = quote.casefold()
            at = next((at for one in (text, *text.split()[:1]) if (at := folded.find(one.casefold())) >= 0), len(quote))
        dates = min([one for value in fact.values for one in value.when], default="")
        return (first, max(at, 0), dates or text.casefold())

    def _part(self, facts: Sequence[Fact], passages: Sequence[str], rule: str) -> Part:
        known = self.known
        views = [known[one] for one in passages]
        every = dict.fromkeys([one for fact in facts for one in behind(fact)])
        when: tuple[str, ...] = ()
        when_passages: tuple[str, ...] = ()
        if len(facts) > 1:
            shared = {(fact.when, fact.when_passages) for fact in facts}
            when, when_passages = shared.pop() if len(shared) == 1 else ((), ())
        facts = [self._sorted_passages(fact) for fact in facts]
        if when:
            facts = [fact._replace(when=(), when_passages=()) for fact in facts]
        notes = dict.fromkeys([one for fact in facts for note in fact.notes for one in note.passages])
        read = [note for one in every if (note := known[one].note) is not None]
        return Part(
            facts=tuple(facts),
            numbers=self.of(passages),
            rule=rule,
            implied=not rule and any(view.implied for view in views),
            hedges=() if rule else tuple(dict.fromkeys([hedge for view in views for hedge in view.hedges])),
            readings=tuple(dict.fromkeys(read)),
            when=when,
            when_numbers=self.of(when_passages),
            when_implied=any(known[one].implied for one in when_passages),
            note_numbers=self.of(tuple(notes)),
        )

    def _sorted_passages(self, fact: Fact) -> Fact:
        """The fact with the passages of its notes and dates in the order of their numbers."""
        if len(fact.when_passages) < 2 and all(len(note.passages) < 2 for note in fact.notes):  # noqa: PLR2004 - nothing to sort
            return fact
        numbers = self.numbers.__getitem__
        notes = tuple(Note(note.label, note.value, tuple(sorted(note.passages, key=numbers))) for note in fact.notes)
        return fact._replace(notes=notes, when_passages=tuple(sorted(fact.when_passages, key=numbers)))

    def _disagree(self, parts: Sequence[Part]) -> bool:
        """Whether two documents speak of the row and do not say the same."""
        said: dict[str, set[tuple[Value, ...]]] = {}
        for part in parts:
            for version in {self.ordered[number - 1].version.rpartition("/")[0] for number in part.numbers}:
                said.setdefault(version, set()).update([fact.values for fact in part.facts])
        told = list(said.values())
        return len(told) > 1 and any(one != told[0] for one in told)


def behind(fact: Fact) -> tuple[str, ...]:
    """Return every passage behind a fact, its notes and its dates."""
    if not fact.when_passages and not fact.notes:
        return fact.passages
    return (*fact.passages, *fact.when_passages, *[one for note in fact.notes for one in note.passages])


def shortened(row: Row, room: int) -> Row:
    """Return a row with as many facts as there is room for."""
    parts = []
    for part in row.parts:
        if room <= 0:
            break
        parts.append(part if len(part.facts) <= room else part._replace(facts=part.facts[:room]))
        room -= len(part.facts)
    return row._replace(parts=tuple(parts))

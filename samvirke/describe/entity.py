"""The page about one thing, as plain values.

Duty: turn the quads about a thing into sections, rows, evidence, source texts and key figures, in
the order its shapes give. Level 4; pure: the quads come from `describe.py`, addresses and dates are
written by the web. Must not name a term of a site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from samvirke.describe import INCOMING, INCOMING_KEPT
from samvirke.describe.facts import Explanations, Facts, Node, PassageView, Value
from samvirke.describe.inline import Line, Note, field_label, line, title
from samvirke.describe.marks import Paragraph, Stretch, paragraphs
from samvirke.model import Literal, NamedNode, Quad
from samvirke.schema import Schema
from samvirke.schema.hints import Field, Text
from samvirke.terms import CORE, DCT, PROV, TYPE

KEY_LIMIT = 3
INCOMING_LIMIT = 20

Texts = Callable[[str], str | None]
"""SHA-256 → the words of a document version, None when they are not here."""


@dataclass(frozen=True, slots=True)
class Fact:
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


@dataclass(frozen=True, slots=True)
class Part:
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


@dataclass(frozen=True, slots=True)
class Row:
    """One property of the thing, seen from it or from the other end.

    `gap` says that the shape expects a value and no source has one; `disagreement` that documents
    give different values; `total` how many values there are when not all are here; `turned` that
    the row has no wording of its own from this end.
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

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts of the row."""
        return tuple(fact for part in self.parts for fact in part.facts)

    @property
    def open_list(self) -> bool:
        """Whether the words say that there are more than they name."""
        return any(part.hedges for part in self.parts)


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one group; `label` is None for rows without a group."""

    label: Text | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A document version behind the page, cut to the paragraphs that matter."""

    version: str
    document: str
    title: Text
    modified: str
    publishers: tuple[Value, ...]
    language: str
    paragraphs: tuple[Paragraph, ...]
    quotes: tuple[tuple[int, Text], ...] = ()


@dataclass(frozen=True, slots=True)
class EntityView:
    """Everything the page about a thing shows."""

    iri: str
    class_iri: str
    detail: bool
    title: Text
    title_numbers: tuple[int, ...]
    alternatives: tuple[Text, ...]
    lead: Text | None
    key: tuple[Row, ...]
    sections: tuple[Section, ...]
    incoming: tuple[Row, ...]
    incoming_total: int
    sources: tuple[Source, ...]
    numbers: Mapping[str, int]
    backs: Mapping[int, str]
    own_dates: tuple[str, ...]
    total: int
    sourced: int
    nodes: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all sections, in order."""
        return tuple(row for section in self.sections for row in section.rows)


def entity_view(
    quads: Iterable[Quad],
    schema: Schema,
    iri: str,
    lang: str,
    *,
    texts: Texts | None = None,
    explanations: Explanations | None = None,
) -> EntityView | None:
    """Return the page about a thing; None when nothing is said about it.

    Reads:  what `describe.neighbourhood` gathered; `texts` for the words of the documents;
            `explanations` for the premises behind inferred triples.
    """
    facts = Facts(quads, schema, lang, explanations)
    node = NamedNode(iri)
    if node not in facts.out and node not in facts.into:
        return None
    builder = _Builder(facts, node)
    builder.build()
    return builder.view(texts or (lambda _: None))


class _Builder:
    """Collects the rows of one page; numbers the passages when all are known."""

    def __init__(self, facts: Facts, node: NamedNode) -> None:
        self.facts = facts
        self.node = node
        self.types = facts.types(node)
        self.detail = facts.is_detail(node)
        self.rows: list[tuple[str, Row]] = []  # group, row
        self.used: set[tuple[str, bool, Node]] = set()
        self.shown: set[str] = set()
        self.name_passages: tuple[str, ...] = ()

    # ------------------------------------------------------------ rows

    def build(self) -> None:
        """Build the rows of the shapes, then those of what no shape names."""
        names = set(self.facts.schema.label_properties)
        for row in self.facts.schema.fields(self.types):
            found = self.matching(row)
            self.used |= {(row.path, row.inverse, value) for value in found}
            if row.hidden or (row.path in names and not row.inverse and not self.detail):
                continue
            self.add(row, found)
        self.name_passages = self.passages_of_names(names)
        self.rest(names)

    def matching(self, row: Field) -> list[Node]:
        """The values of a row's path that meet its restriction."""
        values = self.facts.values(self.node, NamedNode(row.path), inverse=row.inverse)
        return [
            value
            for value in values
            if value != self.node
            and all(wanted in map(str, self.facts.values(value, NamedNode(path))) for path, wanted in row.only)
        ]

    def passages_of_names(self, names: set[str]) -> tuple[str, ...]:
        """The passages that name the thing."""
        found = {
            passage
            for iri in names
            for value in self.facts.values(self.node, NamedNode(iri))
            for passage in self.facts.evidence(self.node, NamedNode(iri), value).passages
        }
        return tuple(found)

    def add(self, row: Field, values: Sequence[Node], *, group: str | None = None, turned: bool = False) -> None:
        """Add a row; one without values only where the shape wants the gap told."""
        facts = [self.fact(row, value) for value in values]
        if not facts and not row.gap:
            return
        self.shown |= {value.iri for fact in facts for value in fact.values if value.iri}
        description = self.facts.schema.text(row.descriptions, self.facts.lang)
        made = Row(
            id="",
            label=field_label(self.facts, row),
            description=description.value if description else "",
            parts=(Part(tuple(facts), ()),),
            path=row.path,
            inverse=row.inverse,
            gap=not facts,
            key="key" in row.roles,
            turned=turned,
            total=len(facts),
        )
        self.rows.append((row.group if group is None else group, made))

    def fact(self, row: Field, value: Node) -> Fact:
        """One value of a row with the passages behind it."""
        path = NamedNode(row.path)
        ends = (value, path, self.node) if row.inverse else (self.node, path, value)
        own = self.facts.evidence(*ends)
        told: Line = line(self.facts, value, self.node, row.only)
        behind = [own, *told.evidence]
        passages = tuple(dict.fromkeys(passage for one in behind for passage in one.passages))
        return Fact(told.values, told.notes, told.when, told.when_passages, passages, own.rule, told.gaps)

    # ------------------------------------------------------------ what no shape names

    def rest(self, names: set[str]) -> None:
        """Add what is said and no shape names; not what says again what is shown."""
        skipped = {TYPE.value, *names}
        for predicate, values in sorted(self.facts.out.get(self.node, {}).items(), key=str):
            if predicate.value in skipped:
                continue
            left = [one for one in values if (predicate.value, False, one) not in self.used]
            left = [one for one in left if not self.said_again(self.node, predicate, one, one)]
            if left:
                self.used |= {(predicate.value, False, one) for one in left}
                self.add(Field(predicate.value), left, group="urn:rest")
        for predicate, subjects in sorted(self.facts.into.get(self.node, {}).items(), key=str):
            left = [one for one in subjects if (predicate.value, True, one) not in self.used and one != self.node]
            left = [one for one in left if not self.said_again(one, predicate, self.node, one)]
            left = [one for one in left if self.facts.graphs.get((one, predicate, self.node))]
            if left:
                worded = self.facts.schema.reverse_name(predicate.value, self.facts.lang)
                self.add(Field(predicate.value, inverse=True), left, group="urn:incoming", turned=worded is None)

    def said_again(self, subject: Node, predicate: NamedNode, value: Node, other: Node) -> bool:
        """Whether an inferred triple only says in other words what a row shows already."""
        behind = self.facts.evidence(subject, predicate, value)
        if (behind.passages and not behind.rule) or isinstance(other, Literal):
            return False
        if isinstance(other, NamedNode) and other.value in self.shown:
            return True
        if any(shown == other for _, _, shown in self.used):
            return True
        # A detail's ends are shown by what it joins.
        joined = line(self.facts, other, self.node).values
        return bool(joined) and all(one.iri in self.shown for one in joined if one.iri)

    # ------------------------------------------------------------ the whole

    def view(self, texts: Texts) -> EntityView:
        """Number the passages as they stand in their documents, and put everything together."""
        schema, facts = self.facts.schema, self.facts
        wanted = [passage for _, row in self.rows for fact in row.facts for passage in _behind(fact)]
        known = {one: facts.passage(one) for one in dict.fromkeys((*wanted, *self.name_passages))}
        ordered = sorted(known.values(), key=lambda one: one.place)
        numbers = {one.address: number for number, one in enumerate(ordered, 1)}
        placed = [
            (group, replace(_numbered(row, numbers, known), id=f"f{position}"))
            for position, (group, row) in enumerate(self.rows, 1)
        ]
        self.rows = placed
        shown = [(group, row) for group, row in placed if group != "urn:incoming"]
        incoming, incoming_total = self.incoming([row for group, row in placed if group == "urn:incoming"])
        all_facts = [fact for _, row in placed for fact in row.facts]
        main = schema.main_class(self.types)
        backs: dict[int, str] = {}
        for row in (*(row for _, row in shown), *incoming):
            for part in row.parts:
                for number in part.all_numbers:
                    backs.setdefault(number, row.id)
        return EntityView(
            iri=self.node.value,
            class_iri=main,
            detail=self.detail,
            title=title(facts, self.node),
            title_numbers=tuple(sorted(numbers[one] for one in self.name_passages)),
            alternatives=tuple(facts.alternatives(self.node)),
            lead=self.lead(),
            key=tuple(row for _, row in shown if row.key and row.facts)[:KEY_LIMIT],
            sections=self.sections(shown),
            incoming=incoming,
            incoming_total=incoming_total,
            sources=_sources(facts, ordered, numbers, texts),
            numbers=numbers,
            backs=backs,
            own_dates=facts.dates(self.node),
            total=len(all_facts),
            sourced=sum(1 for fact in all_facts if fact.passages),
            nodes=self.nodes(),
        )

    def nodes(self) -> tuple[str, ...]:
        """The thing and the details shown inside it: whose findings the page tells."""
        values = {value for row in self.facts.out.get(self.node, {}).values() for value in row}
        values |= {subject for row in self.facts.into.get(self.node, {}).values() for subject in row}
        details = sorted(one.value for one in values if isinstance(one, NamedNode) and self.facts.is_detail(one))
        return (self.node.value, *details)

    def lead(self) -> Text | None:
        """The sentence under the heading: what the shapes give the description role, its values in one."""
        rows = [row.path for row in self.facts.schema.fields(self.types) if "description" in row.roles]
        for path in (*rows, *self.facts.schema.description_properties):
            told = [fact for _, row in self.rows if row.path == path and not row.inverse for fact in row.facts]
            values = [value for fact in told for value in fact.values if value.kind == "text"]
            texts: dict[str, list[str]] = {}
            for value in values:
                texts.setdefault(value.language, []).append(value.text)
            found = self.facts.schema.text({tag: _sentence(parts) for tag, parts in texts.items()}, self.facts.lang)
            if found:
                return found
        return None

    def sections(self, placed: Sequence[tuple[str, Row]]) -> tuple[Section, ...]:
        """The rows by group, in the order of the rows."""
        groups: dict[str, list[Row]] = {}
        for group, row in placed:
            groups.setdefault(group, []).append(row)
        found = []
        for group, rows in groups.items():
            hint = self.facts.schema.groups.get(group)
            label = self.facts.schema.text(hint.labels, self.facts.lang) if hint else None
            found.append(Section(label, tuple(rows)))
        return tuple(found)

    def incoming(self, rows: Sequence[Row]) -> tuple[tuple[Row, ...], int]:
        """The first incoming facts, and how many there are in all."""
        found: list[Row] = []
        total, room = 0, INCOMING_LIMIT
        for row in rows:
            counted = self.facts.counts.get((NamedNode(row.path), INCOMING), 0)
            here = len(row.facts)
            number = counted if counted > here >= INCOMING_KEPT - 1 else here
            total += number
            if room > 0:
                found.append(_shortened(row, room, number))
                room -= min(here, room)
        return tuple(found), total


def _shortened(row: Row, room: int, total: int) -> Row:
    """A row with as many facts as there is room for."""
    parts = []
    for part in row.parts:
        if room <= 0:
            break
        parts.append(replace(part, facts=part.facts[:room]))
        room -= len(part.facts)
    return replace(row, parts=tuple(parts), total=total)


def _sentence(parts: Sequence[str]) -> str:
    """Join some texts to one that begins with a capital and ends with a mark."""
    text = "; ".join(parts)
    text = text[:1].upper() + text[1:]
    return text if text[-1:] in {".", "!", "?", "…", ""} else f"{text}."


def _behind(fact: Fact) -> tuple[str, ...]:
    """Every passage behind a fact, its notes and its dates."""
    return (*fact.passages, *fact.when_passages, *(one for note in fact.notes for one in note.passages))


def _numbered(row: Row, numbers: Mapping[str, int], known: Mapping[str, PassageView]) -> Row:
    """The row with its facts in the order of their sources, parted by what stands behind them."""
    ordered = sorted(row.facts, key=lambda fact: _place(fact, numbers, known))
    groups: dict[tuple[tuple[str, ...], str], list[Fact]] = {}
    for fact in ordered:
        groups.setdefault((tuple(sorted(fact.passages)), fact.rule), []).append(fact)
    parts = tuple(_part(facts, passages, rule, numbers, known) for (passages, rule), facts in groups.items())
    return replace(row, parts=parts, disagreement=_disagree(parts, known, numbers))


def _place(fact: Fact, numbers: Mapping[str, int], known: Mapping[str, PassageView]) -> tuple[int, int, str]:
    """Where the words of a fact stand: by passage, and within it by the value's own words."""
    first = min((numbers[one] for one in fact.passages), default=len(numbers) + 1)
    text = " ".join(value.text for value in fact.values)
    quotes = [known[one].quote.value for one in fact.passages if numbers[one] == first]
    # A label is normalised where its quote is not ("BL - \xa0Danmarks"), so its first word will do.
    spellings = (text, *text.split()[:1]) if quotes else ()
    at = next((at for one in spellings if (at := quotes[0].casefold().find(one.casefold())) >= 0), -1)
    dates = min((one for value in fact.values for one in value.when), default="")
    return (first, at if at >= 0 else len(quotes[0]) if quotes else 0, dates or text.casefold())


def _part(
    facts: Sequence[Fact],
    passages: Sequence[str],
    rule: str,
    numbers: Mapping[str, int],
    known: Mapping[str, PassageView],
) -> Part:
    views = [known[one] for one in passages]
    every = dict.fromkeys(one for fact in facts for one in _behind(fact))
    shared = {(fact.when, fact.when_passages) for fact in facts} if len(facts) > 1 else set()
    when, when_passages = shared.pop() if len(shared) == 1 else ((), ())
    facts = [_sorted_passages(fact, numbers) for fact in facts]
    if when:
        facts = [replace(fact, when=(), when_passages=()) for fact in facts]
    implied_by = [known[one] for one in when_passages]
    notes = dict.fromkeys(one for fact in facts for note in fact.notes for one in note.passages)
    return Part(
        facts=tuple(facts),
        numbers=tuple(sorted(numbers[one] for one in passages)),
        rule=rule,
        implied=any(view.implied for view in views) and not rule,
        hedges=tuple(dict.fromkeys(hedge for view in views if not rule for hedge in view.hedges)),
        readings=tuple(dict.fromkeys(known[one].note for one in every if known[one].note is not None)),  # type: ignore[misc]  # filtered
        when=when,
        when_numbers=tuple(sorted(numbers[one] for one in when_passages)),
        when_implied=any(view.implied for view in implied_by),
        note_numbers=tuple(sorted(numbers[one] for one in notes)),
    )


def _sorted_passages(fact: Fact, numbers: Mapping[str, int]) -> Fact:
    """The fact with the passages of its notes and dates in the order of their numbers."""
    notes = tuple(
        replace(note, passages=tuple(sorted(note.passages, key=lambda one: numbers[one]))) for note in fact.notes
    )
    return replace(fact, notes=notes, when_passages=tuple(sorted(fact.when_passages, key=lambda one: numbers[one])))


def _disagree(parts: Sequence[Part], known: Mapping[str, PassageView], numbers: Mapping[str, int]) -> bool:
    """Whether two documents speak of the row and do not say the same."""
    address = {number: known[passage] for passage, number in numbers.items() if passage in known}
    said: dict[str, set[tuple[Value, ...]]] = {}
    for part in parts:
        for version in {address[number].version.rpartition("/")[0] for number in part.numbers}:
            said.setdefault(version, set()).update(fact.values for fact in part.facts)
    told = list(said.values())
    return len(told) > 1 and any(one != told[0] for one in told)


def _sources(
    facts: Facts, ordered: Sequence[PassageView], numbers: Mapping[str, int], texts: Texts
) -> tuple[Source, ...]:
    """The documents behind the page, in the order of their numbers."""
    versions: dict[str, list[PassageView]] = {}
    for passage in ordered:
        versions.setdefault(passage.version, []).append(passage)
    return tuple(_source(facts, version, passages, numbers, texts) for version, passages in versions.items())


def _source(
    facts: Facts, version: str, passages: Sequence[PassageView], numbers: Mapping[str, int], texts: Texts
) -> Source:
    node = NamedNode(version)
    documents = [one for one in facts.values(node, PROV.specializationOf) if isinstance(one, NamedNode)]
    document = documents[0] if documents else NamedNode(version.rpartition("/")[0] or version)
    checksums = [one.value for one in facts.values(node, CORE.sha256) if isinstance(one, Literal)]
    text = texts(checksums[0]) if checksums else None
    stretches = [Stretch(numbers[one.address], one.start, one.end) for one in passages if one.end > one.start]
    placed = {stretch.number for stretch in stretches} if text is not None else set()
    quotes = [(numbers[one.address], one.quote) for one in passages if numbers[one.address] not in placed]
    language = next((one.quote.language for one in passages if one.quote.language), "")
    dates = [one.value for one in facts.values(node, DCT.modified) if isinstance(one, Literal)]
    return Source(
        version=version,
        document=document.value,
        title=facts.label(node) or facts.label(document) or facts.name(document),
        modified=min(dates, default=""),
        publishers=tuple(facts.value(one) for one in facts.values(document, DCT.publisher)),
        language=language,
        paragraphs=paragraphs(text, stretches, everything=False) if text is not None else (),
        quotes=tuple(quotes),
    )

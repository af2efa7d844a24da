"""The page about one thing, as plain values.

Duty: turn the quads about a thing into sections, rows, evidence, source texts and key figures, in
the order its shapes give. Level 4; pure: the quads come from `describe.py`, addresses and dates are
written by the web. Must not name a term of a site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from samvirke.describe.blocks import Neighbourhood
from samvirke.describe.facts import Explanations, Facts
from samvirke.describe.inline import title
from samvirke.describe.numbering import Numbering, shortened
from samvirke.describe.rows import INCOMING_GROUP, SHOWN, Drafts, Row
from samvirke.describe.sources import Source, Texts, sources
from samvirke.model import NamedNode, Quad
from samvirke.schema import Schema
from samvirke.schema.hints import Text

KEY_LIMIT = 3
INCOMING_LIMIT = SHOWN


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one group; `label` is None for rows without a group."""

    label: Text | None
    rows: tuple[Row, ...]


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
    quads: Iterable[Quad] | Neighbourhood,
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
    if not facts.rows(node) and not facts.rows_into(node):
        return None
    return _View(Drafts(facts, node), texts or (lambda _: None)).view()


class _View:
    """Numbers the passages as they stand in their documents, and puts everything together."""

    def __init__(self, drafts: Drafts, texts: Texts) -> None:
        self.drafts = drafts
        self.facts = drafts.facts
        self.node = drafts.node
        self.texts = texts
        self.numbering = Numbering(drafts)
        self.rows = [
            self.numbering.row(self.facts, draft, f"f{position}") for position, draft in enumerate(drafts.rows, 1)
        ]

    def view(self) -> EntityView:
        """Return the whole."""
        facts, drafts, numbering = self.facts, self.drafts, self.numbering
        grouped = list(zip(drafts.rows, self.rows, strict=True))
        shown = [row for draft, row in grouped if draft.group != INCOMING_GROUP]
        incoming, incoming_total = self.incoming([row for draft, row in grouped if draft.group == INCOMING_GROUP])
        backs: dict[int, str] = {}
        for row in (*shown, *incoming):
            for part in row.parts:
                for number in part.all_numbers:
                    backs.setdefault(number, row.id)
        return EntityView(
            iri=self.node.value,
            class_iri=facts.schema.main_class(drafts.types),
            detail=drafts.detail,
            title=title(facts, self.node),
            title_numbers=numbering.of(drafts.name_passages),
            alternatives=tuple(facts.alternatives(self.node)),
            lead=self.lead(),
            key=tuple([row for row in shown if row.key and row.total])[:KEY_LIMIT],
            sections=self.sections(),
            incoming=incoming,
            incoming_total=incoming_total,
            sources=sources(facts, numbering.ordered, numbering.numbers, self.texts),
            numbers=numbering.numbers,
            backs=backs,
            own_dates=facts.dates(self.node),
            total=sum([row.kept for row in drafts.rows]),
            sourced=sum([row.sourced for row in drafts.rows]),
            nodes=self.nodes(),
        )

    def nodes(self) -> tuple[str, ...]:
        """The thing and the details shown inside it: whose findings the page tells."""
        facts = self.facts
        sides = (*facts.rows(self.node).values(), *facts.rows_into(self.node).values())
        details = {one.value for row in sides for one in row if facts.is_detail(one) and isinstance(one, NamedNode)}
        return (self.node.value, *sorted(details))

    def lead(self) -> Text | None:
        """The sentence under the heading: what the shapes give the description role, its values in one."""
        shown = {row.path for row in self.rows}
        for path in self.facts.schema.describing(self.drafts.types):
            if path not in shown:
                continue
            told = [part for row in self.rows if row.path == path and not row.inverse for part in row.parts]
            values = [value for part in told for fact in part.facts for value in fact.values if value.kind == "text"]
            texts: dict[str, list[str]] = {}
            for value in values:
                texts.setdefault(value.language, []).append(value.text)
            found = self.facts.schema.text({tag: _sentence(parts) for tag, parts in texts.items()}, self.facts.lang)
            if found:
                return found
        return None

    def sections(self) -> tuple[Section, ...]:
        """The rows by group, in the order of the rows."""
        groups: dict[str, list[Row]] = {}
        for draft, row in zip(self.drafts.rows, self.rows, strict=True):
            if draft.group != INCOMING_GROUP:
                groups.setdefault(draft.group, []).append(row)
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
            total += row.total
            if room > 0:
                here = len(row.facts)
                found.append(shortened(row, room))
                room -= min(here, room)
        return tuple(found), total


def _sentence(parts: Sequence[str]) -> str:
    """Join some texts to one that begins with a capital and ends with a mark."""
    text = "; ".join(parts)
    text = text[:1].upper() + text[1:]
    return text if text[-1:] in {".", "!", "?", "…", ""} else f"{text}."

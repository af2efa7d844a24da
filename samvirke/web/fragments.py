"""The small pieces of a page that are written hundreds of times: values, icons, chips, rows, marked text.

Duty: write views of `samvirke.describe` as HTML, in one language of one publication. Level 7 (web). A
template does the same at ten times the cost, so what is inside a table's rows is written here and the
rest by templates. Every value goes through `escaped`. Methods for templates return `Markup`; those that are named
after HTML, and private ones, return finished HTML as plain text, to be put into f-strings only.
Source: https://markupsafe.palletsprojects.com/en/stable/escaping/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from samvirke.describe.facts import Value
from samvirke.describe.marks import Mark, Piece
from samvirke.describe.rows import Fact, Part, Row
from samvirke.schema.hints import Text
from samvirke.web import formatting, wording
from samvirke.web.escaping import escaped

if TYPE_CHECKING:
    from samvirke.schema import Schema
    from samvirke.web.links import Links

RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
ICONS_KEPT = 1_000
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # Made once: `json.dumps` makes one each time.


def script_safe(value: object) -> str:
    """Return `value` as JSON that cannot close the script element it stands in."""
    return _JSON.encode(value).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def direction(language: str) -> str:
    """Return "rtl" for languages written from right to left, else "ltr"."""
    return "rtl" if language.split("-", maxsplit=1)[0].lower() in RIGHT_TO_LEFT else "ltr"


class Fragments:
    """Writes the pieces of a publication's pages in one language."""

    def __init__(self, links: Links, schema: Schema, lang: str) -> None:
        """Take what addresses and looks come from, and the language of the pages."""
        self._links = links
        self._schema = schema
        self._lang = lang
        self.gettext = wording.words(lang).gettext
        self._icons: dict[str, str] = {}
        back = escaped(self.gettext("Back to the facts, source %(number)s"))
        # Written once, with places for what differs: no sign of these places is changed by escaping.
        shown = escaped(self.gettext("Show source %(number)s for %(label)s"))
        self._chip_of = f'<a class="%(look)s" href="#k%(number)s" aria-label="{shown}">%(number)s</a>'
        self._mark_end = f'<a class="bk" href="#%(row)s" aria-label="{back}">%(number)s</a>'
        # Named outside of the texts they stand in: what collects the words to translate cannot look into those.
        implied = self.gettext("implied")
        self._implied = f' <span class="tag">{escaped(implied)}</span>'
        self._not_stated = escaped(self.gettext("Not stated in the sources"))
        self._reservation = escaped(self.gettext("reservation:"))
        self._disagreement = escaped(self.gettext("The sources do not say the same here."))
        self._inferred = escaped(self.gettext("Inferred"))
        self._precise = self.gettext("precision: %(unit)s")

    # ------------------------------------------------------------ a value

    def icon(self, class_iri: str) -> Markup:
        """Return the icon of a class."""
        return Markup(self.icon_html(class_iri))

    def icon_html(self, class_iri: str) -> str:
        """Return the icon of a class."""
        found = self._icons.get(class_iri)
        if found is None:
            if len(self._icons) >= ICONS_KEPT:  # Data can name any number of classes.
                self._icons.clear()
            look = self._schema.class_hint(class_iri)
            found = self._icons[class_iri] = (
                f'<svg class="hue-{look.hue:d}" aria-hidden="true" viewBox="0 0 16 16">'
                f'<use href="#i-{escaped(look.icon)}"/></svg>'
            )
        return found

    def words(self, text: Text) -> Markup:
        """Return a text; in another language than the page's, it says which."""
        return Markup(self.inner_html(text.value, text.language))

    def inner(self, text: str, language: str) -> Markup:
        """Return a text in a language."""
        return Markup(self.inner_html(text, language))

    def inner_html(self, text: str, language: str) -> str:
        """Return a text in a language; in another than the page's, it says which."""
        if not language or language == self._lang:
            return escaped(text)
        return f'<span lang="{escaped(language)}" dir="{direction(language)}">{escaped(text)}</span>'

    def value(self, value: Value) -> Markup:
        """Return a value without its dates."""
        return Markup(self.value_html(value))

    def value_html(self, value: Value) -> str:
        """Return a value without its dates."""
        kind, text, lang = value.kind, value.text, self._lang
        if kind in {"thing", "term"}:
            links, iri = self._links, value.iri
            address = links.page(iri, lang) if kind == "thing" else links.ontology(lang, iri)
            return f'<a href="{escaped(address)}">{self.inner_html(text, value.language)}</a>'
        if kind == "link":
            return f'<a href="{escaped(value.iri)}" rel="nofollow">{escaped(text)}</a>'
        if kind == "text":
            return self.inner_html(text, value.language)
        told = {"date": formatting.when, "number": formatting.number}.get(kind, self._yes_or_no)
        return escaped(told(text, lang))

    def _yes_or_no(self, text: str, _: str) -> str:
        return self.gettext("Yes") if text == "true" else self.gettext("No")

    def dates(self, texts: Iterable[str]) -> Markup:
        """Return dates in words."""
        return Markup(self._dates(texts))

    def _dates(self, texts: Iterable[str]) -> str:
        return escaped(", ".join([formatting.when(text, self._lang) for text in texts]))

    # ------------------------------------------------------------ what stands behind it

    def chips(self, numbers: Iterable[int], label: str, look: str = "ev") -> Markup:
        """Return the links to numbered sentences that stand behind a row."""
        return Markup(self.chips_html(numbers, escaped(label), look))

    def chips_html(self, numbers: Iterable[int], label: str, look: str = "ev") -> str:
        """Return the links to numbered sentences that stand behind a row; its `label` is escaped already."""
        chip = self._chip_of
        return "".join([chip % {"look": look, "number": number, "label": label} for number in numbers])

    def hedged(self, hedges: Iterable[str]) -> Markup:
        """Return the words by which a passage hedges, each quoted by itself."""
        return Markup(self._hedged(hedges))

    def _hedged(self, hedges: Iterable[str]) -> str:
        quoted = ", ".join([f"<q>{escaped(hedge)}</q>" for hedge in hedges])
        return f'<span class="tag">{self._reservation} {quoted}</span>'

    def pieces(
        self, parts: Iterable[Piece], backs: Mapping[int, str], anchors: Mapping[int, str] | None = None
    ) -> Markup:
        """Return marked text, nested; `backs` maps a number to the row it supports, `anchors` to further ids."""
        return Markup(self.pieces_html(parts, backs, anchors or {}))

    def pieces_html(self, parts: Iterable[Piece], backs: Mapping[int, str], anchors: Mapping[int, str]) -> str:
        """Return the same as plain text."""
        return "".join([self._piece(piece, backs, anchors) for piece in parts])

    def _piece(self, piece: Piece, backs: Mapping[int, str], anchors: Mapping[int, str]) -> str:
        if isinstance(piece, str):
            return escaped(piece)
        if not isinstance(piece, Mark):
            tag = escaped(self.gettext("gave no facts"))
            return f'<span class="skipped">{escaped(piece.text)}<span class="tag">{tag}</span></span> '
        number = piece.number
        begin = f'<mark id="k{number:d}">' if piece.first else f'<mark data-p="{number:d}">'
        if piece.first and number in anchors:
            begin += f'<span id="{escaped(anchors[number])}"></span>'
        end = ""
        if piece.last:
            end = self._mark_end % {"row": escaped(backs.get(number, "main")), "number": number}
        return f"{begin}{self.pieces_html(piece.pieces, backs, anchors)}{end}</mark>"

    # ------------------------------------------------------------ rows of the table of facts

    def rows(self, some: Iterable[Row], numbers: Mapping[str, int]) -> Markup:
        """Return rows of the table of facts; `numbers` are those of the page's passages."""
        return Markup(self.rows_html(some, numbers))

    def rows_html(self, some: Iterable[Row], numbers: Mapping[str, int]) -> str:
        """Return the same as plain text."""
        return "".join([self._row(row, numbers) for row in some])

    def _row(self, row: Row, numbers: Mapping[str, int]) -> str:
        label = escaped(row.label.value)
        title = f' title="{escaped(row.description)}"' if row.description else ""
        shown = named = self.inner_html(row.label.value, row.label.language)
        if row.turned:
            shown = escaped(self.gettext("Named under “%(label)s” by") % {"label": row.label.value})
        found = []
        last = len(row.parts) - 1
        for position, part in enumerate(row.parts):
            if not part.facts:
                continue
            every = part.all_numbers
            keys = f' data-k="{" ".join(map(str, every))}"' if every else ""
            place, hidden = (f' id="{escaped(row.id)}"', "") if position == 0 else (' class="more"', ' class="vh"')
            disagree = ""
            if row.disagreement and position == last:
                disagree = f'<p class="note">{self._disagreement}</p>'
            if row.about and position == last:
                disagree += self._all_of(row)
            chips = f"<span>{self.chips_html(part.numbers, label)}</span>" if part.numbers else ""
            found.append(
                f'<tr role="row"{keys}{place}><th role="rowheader" scope="row"{title}><span{hidden}>{shown}</span></th>'
                f'<td role="cell">{self._cell(part, label, numbers)}{disagree}</td>'
                f'<td role="cell" class="k">{chips}</td></tr>\n'
            )
        if row.gap:
            found.append(
                f'<tr role="row" class="gap" id="{escaped(row.id)}">'
                f'<th role="rowheader" scope="row"{title}>{named}</th>'
                f'<td role="cell">{self._not_stated}</td><td role="cell" class="k"></td></tr>\n'
            )
        return found[0] if len(found) == 1 else "".join(found)

    def _all_of(self, row: Row) -> str:
        """The way to all values of a row that shows some."""
        pattern = f"GRAPH ?passage {{ ?thing <{row.path}> <{row.about}> }}"
        query = self._links.sparql(self._lang, query=f"SELECT * WHERE {{\n  {pattern}\n}}\nLIMIT 1000")
        told = escaped(self.gettext("All %(total)s") % {"total": formatting.number(str(row.total), self._lang)})
        return f'<p class="note"><a href="{escaped(query)}" rel="nofollow">{told}</a></p>'

    def _cell(self, part: Part, label: str, numbers: Mapping[str, int]) -> str:
        """The facts of a part, its dates, and how its passages say it. Of a row's `label` the escaped text is given."""
        facts = [self._fact(fact, label, numbers) for fact in part.facts]
        text = f"<ul>{''.join([f'<li>{fact}</li>' for fact in facts])}</ul>" if len(facts) > 1 else facts[0]
        if part.when:
            implied = self._implied if part.when_implied else ""
            further = [one for one in part.when_numbers if one not in part.numbers]
            chips = "".join([f" {self.chips_html((one,), label, 'ev s')}" for one in further])
            text += f'<div class="note">{self._dates(part.when)}{implied}{chips}</div>'
        if part.implied or part.hedges or part.rule or part.readings:
            text += self._tags(part)
        return text

    def _tags(self, part: Part) -> str:
        text = self._implied if part.implied else ""
        if part.hedges:
            text += f" {self._hedged(part.hedges)}"
        if part.rule:
            address = escaped(self._links.rule(part.rule, self._lang))
            text += f' <a class="tag" href="{address}">{self._inferred}</a>'
        if part.readings:
            read = "".join([f"<p>{self.inner_html(one.value, one.language)}</p>" for one in part.readings])
            named = escaped(self.gettext("How it was read"))
            text += f'<details class="reading"><summary>{named}</summary>{read}</details>'
        return text

    def _fact(self, fact: Fact, label: str, numbers: Mapping[str, int]) -> str:
        """One fact: what it is about, its dates, and its notes after the last value."""
        noted = bool(fact.notes or fact.gaps or fact.when_passages)
        notes = self._notes(fact, label, numbers) if noted else ""
        if not fact.values:
            empty = not (fact.notes or fact.when or fact.gaps)
            missing = f'<span class="note">{self._not_stated}</span>' if empty else ""
            return f"{self._dates(fact.when)}{notes}{missing}"
        last = len(fact.values) - 1
        found = []
        for position, value in enumerate(fact.values):
            end = notes if position == last else ""
            if value.kind == "thing":
                told = fact.when or value.when
                dates = f", {self._dates(told)}" if told else ""
                icon = self.icon_html(value.class_iri)
                found.append(f'<span class="ent">{icon}<span>{self.value_html(value)}{dates}{end}</span></span>')
            else:
                when = f", {self._dates(fact.when)}" if fact.when and position == last else ""
                found.append(f"{self.value_html(value)}{self._precision(value)}{when}{end}")
        return found[0] if last == 0 else ", ".join(found)

    def _precision(self, value: Value) -> str:
        """How coarse a date is, where it is not a day."""
        unit = formatting.precision(value.text, self._lang) if value.kind == "date" else ""
        if not unit:
            return ""
        return f' <span class="tag">{escaped(self._precise % {"unit": unit})}</span>'

    def _notes(self, fact: Fact, label: str, numbers: Mapping[str, int]) -> str:
        text = ""
        if fact.values and fact.when_passages and fact.when:
            text = f" {self._few(fact.when_passages, fact, label, numbers)}"
        for note in fact.notes:
            name = ""
            if not (note.value.kind in {"text", "date"} and fact.values):
                # The markup stays markup: only its first letter changes, and an element begins with "<".
                named = self.inner_html(note.label.value, note.label.language)
                name = f"{formatting.lower_first(named, self._lang)} "
            few = self._few(note.passages, fact, label, numbers)
            text += f' <span class="note">{name}{self.value_html(note.value)}</span>{few}'
        for gap in fact.gaps:
            told = escaped(self.gettext("%(name)s: not stated in the sources") % {"name": gap.value})
            text += f'<div class="note">{told}</div>'
        return text

    def _few(self, passages: Sequence[str], fact: Fact, label: str, numbers: Mapping[str, int]) -> str:
        """Chips for passages that the row's own chips do not show."""
        further = [numbers[one] for one in passages if one not in fact.passages and one in numbers]
        return "".join([f" {self.chips_html((number,), label, 'ev s')}" for number in further])

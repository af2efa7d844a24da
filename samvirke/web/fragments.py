"""The small pieces of a page that are written hundreds of times: values, icons, chips, rows, marked text.

Duty: write views of `samvirke.describe` as HTML, in one language of one publication. Level 7 (web). A
template does the same at ten times the cost, so what is inside a table's rows is written here and the
rest by templates. Every value goes through `escape`. Methods for templates return `Markup`; private ones
return finished HTML as plain text, to be put into f-strings only: `+` would escape it again.
Source: https://markupsafe.palletsprojects.com/en/stable/escaping/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from samvirke.describe.facts import Value
from samvirke.describe.marks import Mark, Piece
from samvirke.describe.rows import Fact, Part, Row
from samvirke.schema.hints import Text
from samvirke.web import formatting, wording

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
        self._icons: dict[str, Markup] = {}
        self._show = self.gettext("Show source %(number)s for %(label)s")
        self._back = self.gettext("Back to the facts, source %(number)s")
        # Named outside of the texts they stand in: what collects the words to translate cannot look into those.
        implied = self.gettext("implied")
        self._implied = f' <span class="tag">{escape(implied)}</span>'
        self._not_stated = escape(self.gettext("Not stated in the sources"))
        self._reservation = escape(self.gettext("reservation:"))
        self._disagreement = escape(self.gettext("The sources do not say the same here."))
        self._inferred = escape(self.gettext("Inferred"))
        self._precise = self.gettext("precision: %(unit)s")

    # ------------------------------------------------------------ a value

    def icon(self, class_iri: str) -> Markup:
        """Return the icon of a class."""
        found = self._icons.get(class_iri)
        if found is None:
            if len(self._icons) >= ICONS_KEPT:  # Data can name any number of classes.
                self._icons.clear()
            look = self._schema.class_hint(class_iri)
            found = self._icons[class_iri] = Markup(
                f'<svg class="hue-{escape(look.hue)}" aria-hidden="true" viewBox="0 0 16 16">'
                f'<use href="#i-{escape(look.icon)}"/></svg>'
            )
        return found

    def words(self, text: Text) -> Markup:
        """Return a text; in another language than the page's, it says which."""
        return self.inner(text.value, text.language)

    def inner(self, text: str, language: str) -> Markup:
        """Return a text in a language."""
        if not language or language == self._lang:
            return escape(text)
        return Markup(f'<span lang="{escape(language)}" dir="{direction(language)}">{escape(text)}</span>')

    def value(self, value: Value) -> Markup:
        """Return a value without its dates."""
        kind, text, lang = value.kind, value.text, self._lang
        if kind in {"thing", "term"}:
            links, iri = self._links, value.iri
            address = links.page(iri, lang) if kind == "thing" else links.ontology(lang, iri)
            return Markup(f'<a href="{escape(address)}">{self.inner(text, value.language)}</a>')
        if kind == "link":
            return Markup(f'<a href="{escape(value.iri)}" rel="nofollow">{escape(text)}</a>')
        if kind == "date":
            return escape(formatting.when(text, lang))
        if kind == "number":
            return escape(formatting.number(text, lang))
        if kind == "boolean":
            return escape(self.gettext("Yes") if text == "true" else self.gettext("No"))
        return self.inner(text, value.language)

    def dates(self, texts: Iterable[str]) -> Markup:
        """Return dates in words."""
        return escape(", ".join([formatting.when(text, self._lang) for text in texts]))

    # ------------------------------------------------------------ what stands behind it

    def chips(self, numbers: Iterable[int], label: str, look: str = "ev") -> Markup:
        """Return the links to numbered sentences that stand behind a row."""
        return Markup("".join([self._chip(number, label, look) for number in numbers]))

    def _chip(self, number: int, label: str, look: str) -> str:
        told = escape(self._show % {"number": number, "label": label})
        return f'<a class="{look}" href="#k{number:d}" aria-label="{told}">{number:d}</a>'

    def hedged(self, hedges: Iterable[str]) -> Markup:
        """Return the words by which a passage hedges, each quoted by itself."""
        quoted = ", ".join([f"<q>{escape(hedge)}</q>" for hedge in hedges])
        return Markup(f'<span class="tag">{self._reservation} {quoted}</span>')

    def pieces(
        self, parts: Iterable[Piece], backs: Mapping[int, str], anchors: Mapping[int, str] | None = None
    ) -> Markup:
        """Return marked text, nested; `backs` maps a number to the row it supports, `anchors` to further ids."""
        return Markup(self._pieces(parts, backs, anchors or {}))

    def _pieces(self, parts: Iterable[Piece], backs: Mapping[int, str], anchors: Mapping[int, str]) -> str:
        return "".join([self._piece(piece, backs, anchors) for piece in parts])

    def _piece(self, piece: Piece, backs: Mapping[int, str], anchors: Mapping[int, str]) -> str:
        if isinstance(piece, str):
            return escape(piece)
        if not isinstance(piece, Mark):
            tag = escape(self.gettext("gave no facts"))
            return f'<span class="skipped">{escape(piece.text)}<span class="tag">{tag}</span></span> '
        number = piece.number
        begin = f'<mark id="k{number:d}">' if piece.first else f'<mark data-p="{number:d}">'
        if piece.first and number in anchors:
            begin += f'<span id="{escape(anchors[number])}"></span>'
        end = ""
        if piece.last:
            told = escape(self._back % {"number": number})
            end = f'<a class="bk" href="#{escape(backs.get(number, "main"))}" aria-label="{told}">{number:d}</a>'
        return f"{begin}{self._pieces(piece.pieces, backs, anchors)}{end}</mark>"

    # ------------------------------------------------------------ rows of the table of facts

    def rows(self, some: Iterable[Row], numbers: Mapping[str, int]) -> Markup:
        """Return rows of the table of facts; `numbers` are those of the page's passages."""
        return Markup("".join([self._row(row, numbers) for row in some]))

    def _row(self, row: Row, numbers: Mapping[str, int]) -> str:
        label = row.label.value
        title = f' title="{escape(row.description)}"' if row.description else ""
        named = self.words(row.label)
        found = []
        last = len(row.parts) - 1
        for position, part in enumerate(row.parts):
            if not part.facts:
                continue
            shown = named
            if row.turned:
                shown = escape(self.gettext("Named under “%(label)s” by") % {"label": label})
            every = part.all_numbers
            keys = f' data-k="{" ".join(map(str, every))}"' if every else ""
            place, hidden = (f' id="{escape(row.id)}"', "") if position == 0 else (' class="more"', ' class="vh"')
            disagree = ""
            if row.disagreement and position == last:
                disagree = f'<p class="note">{self._disagreement}</p>'
            chips = f"<span>{self.chips(part.numbers, label)}</span>" if part.numbers else ""
            found.append(
                f'<tr role="row"{keys}{place}><th role="rowheader" scope="row"{title}><span{hidden}>{shown}</span></th>'
                f'<td role="cell">{self._cell(part, label, numbers)}{disagree}</td>'
                f'<td role="cell" class="k">{chips}</td></tr>\n'
            )
        if row.gap:
            found.append(
                f'<tr role="row" class="gap" id="{escape(row.id)}"><th role="rowheader" scope="row"{title}>{named}</th>'
                f'<td role="cell">{self._not_stated}</td><td role="cell" class="k"></td></tr>\n'
            )
        return "".join(found)

    def _cell(self, part: Part, label: str, numbers: Mapping[str, int]) -> str:
        """The facts of a part, its dates, and how its passages say it."""
        facts = [self._fact(fact, label, numbers) for fact in part.facts]
        text = f"<ul>{''.join([f'<li>{fact}</li>' for fact in facts])}</ul>" if len(facts) > 1 else f"{facts[0]}"
        if part.when:
            implied = self._implied if part.when_implied else ""
            further = [one for one in part.when_numbers if one not in part.numbers]
            chips = "".join([f" {self._chip(one, label, 'ev s')}" for one in further])
            text += f'<div class="note">{self.dates(part.when)}{implied}{chips}</div>'
        return f"{text}{self._tags(part)}"

    def _tags(self, part: Part) -> str:
        text = self._implied if part.implied else ""
        if part.hedges:
            text += f" {self.hedged(part.hedges)}"
        if part.rule:
            address = escape(self._links.rule(part.rule, self._lang))
            text += f' <a class="tag" href="{address}">{self._inferred}</a>'
        if part.readings:
            read = "".join([f"<p>{self.words(reading)}</p>" for reading in part.readings])
            named = escape(self.gettext("How it was read"))
            text += f'<details class="reading"><summary>{named}</summary>{read}</details>'
        return text

    def _fact(self, fact: Fact, label: str, numbers: Mapping[str, int]) -> str:
        """One fact: what it is about, its dates, and its notes after the last value."""
        notes = self._notes(fact, label, numbers)
        if not fact.values:
            empty = not (fact.notes or fact.when or fact.gaps)
            missing = f'<span class="note">{self._not_stated}</span>' if empty else ""
            return f"{self.dates(fact.when)}{notes}{missing}"
        last = len(fact.values) - 1
        found = []
        for position, value in enumerate(fact.values):
            end = notes if position == last else ""
            if value.kind == "thing":
                told = fact.when or value.when
                dates = f", {self.dates(told)}" if told else ""
                icon = self.icon(value.class_iri)
                found.append(f'<span class="ent">{icon}<span>{self.value(value)}{dates}{end}</span></span>')
            else:
                when = f", {self.dates(fact.when)}" if fact.when and position == last else ""
                found.append(f"{self.value(value)}{self._precision(value)}{when}{end}")
        return ", ".join(found)

    def _precision(self, value: Value) -> str:
        """How coarse a date is, where it is not a day."""
        unit = formatting.precision(value.text, self._lang) if value.kind == "date" else ""
        if not unit:
            return ""
        return f' <span class="tag">{escape(self._precise % {"unit": unit})}</span>'

    def _notes(self, fact: Fact, label: str, numbers: Mapping[str, int]) -> str:
        text = ""
        if fact.values and fact.when_passages and fact.when:
            text = f" {self._few(fact.when_passages, fact, label, numbers)}"
        for note in fact.notes:
            name = ""
            if not (note.value.kind in {"text", "date"} and fact.values):
                # The markup stays markup: only its first letter changes, and an element begins with "<".
                name = f"{formatting.lower_first(str(self.words(note.label)), self._lang)} "
            few = self._few(note.passages, fact, label, numbers)
            text += f' <span class="note">{name}{self.value(note.value)}</span>{few}'
        for gap in fact.gaps:
            told = escape(self.gettext("%(name)s: not stated in the sources") % {"name": gap.value})
            text += f'<div class="note">{told}</div>'
        return text

    def _few(self, passages: Sequence[str], fact: Fact, label: str, numbers: Mapping[str, int]) -> str:
        """Chips for passages that the row's own chips do not show."""
        further = [numbers[one] for one in passages if one not in fact.passages and one in numbers]
        return "".join([f" {self._chip(number, label, 'ev s')}" for number in further])

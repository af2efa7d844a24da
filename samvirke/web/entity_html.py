"""The page about one thing as HTML, all of it but the frame around it.

Duty: write an `EntityView` with its pictures and links, in one language of one generation. Level 7 (web); runs in
worker processes, so it imports no web framework and no templates: those do the same at five times the cost. As in
`fragments`, every value goes through `escape`, and what is written is finished HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import escape

from samvirke.web import formatting, wording
from samvirke.web.fragments import Fragments, direction

if TYPE_CHECKING:
    from samvirke.describe.entity import EntityView, Section
    from samvirke.describe.rows import Row
    from samvirke.describe.sources import Source
    from samvirke.schema import Schema
    from samvirke.schema.hints import Text
    from samvirke.web.drawing import Drawing
    from samvirke.web.links import Links
    from samvirke.web.pictures import Connections, Timeline

_GAP = '<p class="muted" aria-hidden="true">…</p>'


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure: its name and its value in words."""

    label: Text
    text: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a page about a thing shows besides the view of it.

    `problems` is how many findings the gate has about the thing, if it has `checked` at all; `query_link`
    opens the query that asks for its facts with their passages, `incoming_query` the one for what names it;
    `modified` is the day the youngest source was changed, in words; `formats` are the labels and addresses of its data.
    """

    class_label: Text
    figures: Sequence[Figure]
    problems: int
    checked: bool
    picture_time: Timeline | None
    picture_graph: Connections | None
    formats: Sequence[tuple[str, str]]
    query_link: str
    incoming_query: str
    licence: Mapping[str, str]
    modified: str


class EntityWriter:
    """Writes the pages about things of a generation in one language. Private methods return finished HTML."""

    def __init__(self, links: Links, schema: Schema, draw: Fragments, picture: Drawing, lang: str) -> None:
        """Take what addresses and looks come from, what writes the small pieces, and the language of the pages."""
        self._links = links
        self._schema = schema
        self._draw = draw
        self._picture = picture
        self._lang = lang
        self.gettext = wording.words(lang).gettext
        self.ngettext = wording.words(lang).ngettext
        self._also = escape(self.gettext("Also called"))
        self._name_in_source = escape(self.gettext("The name in the source:"))
        self._the_name = self.gettext("the name")
        self._sourced = escape(self.gettext("Facts with a source"))
        self._some_of_all = self.gettext("%(some)s of %(all)s")
        self._validation = escape(self.gettext("Validation"))
        self._no_errors = escape(self.gettext("No errors"))
        self._not_checked = escape(self.gettext("Not checked"))
        self._facts = escape(self.gettext("Facts"))
        self._hint = escape(self.gettext("The number to the right shows the sentence in the source"))
        self._more = escape(self.gettext("More"))
        self._elsewhere = escape(self.gettext("Named elsewhere"))
        self._all = self.gettext("All %(total)s")
        self._timeline = escape(self.gettext("Timeline"))
        self._connections = escape(self.gettext("Connections"))
        self._explore = escape(self.gettext("As a graph"))
        self._side = escape(self.gettext("Source and data"))
        self._source = escape(self.gettext("Source"))
        self._source_of = self.gettext("Source %(number)s of %(total)s")
        self._whole = escape(self.gettext("The whole document"))
        self._back = self.gettext("Back to the facts, source %(number)s")
        self._updated = self.gettext("Updated %(date)s")
        self._download = escape(self.gettext("Download data"))
        self._permanent = escape(self.gettext("Permanent address"))
        self._query = escape(self.gettext("Query"))
        self._open = escape(self.gettext("Open in SPARQL"))
        self._licence = escape(self.gettext("Licence of the facts"))
        self._changed = escape(self.gettext("Last changed"))
        self._history = escape(self.gettext("History"))
        self._who = escape(self.gettext("Who wrote what, and when"))
        property_, value = escape(self.gettext("Property")), escape(self.gettext("Value"))
        self._heads = (
            '<thead class="vh" role="rowgroup"><tr role="row">'
            f'<th role="columnheader" scope="col">{property_}</th><th role="columnheader" scope="col">{value}</th>'
            f'<th role="columnheader" scope="col">{self._source}</th></tr></thead>\n'
        )

    def content(self, view: EntityView, beside: Beside) -> str:
        """Return what stands between the breadcrumb and the foot."""
        return (
            f"{self._head(view, beside)}"
            '<div class="cols">\n<div class="col">\n'
            f"{self._table(view)}{self._incoming(view, beside)}{self._pictures(view, beside)}"
            f'</div>\n<aside class="col side" aria-label="{self._side}">\n'
            f"{self._sources(view)}{self._data(view, beside)}"
            "</aside>\n</div>\n"
        )

    # ------------------------------------------------------------ the head

    def _head(self, view: EntityView, beside: Beside) -> str:
        kind = ""
        if view.class_iri:
            hue = escape(self._schema.class_hint(view.class_iri).hue)
            words = self._draw.words(beside.class_label)
            kind = f'<p class="type hue-{hue}">{self._draw.icon(view.class_iri)}{words}</p>'
        lead = f'<p class="lead"{self._tongue(view.lead)}>{escape(view.lead.value)}</p>' if view.lead else ""
        return (
            f'<div class="head">\n{kind}<h1{self._tongue(view.title)}>{escape(view.title.value)}</h1>\n'
            f"{self._names(view)}{lead}{self._strip(view, beside)}</div>\n"
        )

    def _tongue(self, text: Text) -> str:
        """The attributes that say which language a text is in, where it is another than the page's."""
        return self._tagged(text.language)

    def _tagged(self, language: str) -> str:
        if not language or language == self._lang:
            return ""
        return f' lang="{escape(language)}" dir="{direction(language)}"'

    def _names(self, view: EntityView) -> str:
        """The other names, and where the name was read."""
        numbers = view.title_numbers
        if not view.alternatives and not numbers:
            return ""
        names = source = ""
        if view.alternatives:
            listed = ", ".join([str(self._draw.words(name)) for name in view.alternatives])
            names = f"{self._also} {listed}{'. ' if numbers else ''}"
        if numbers:
            keys = " ".join(map(str, numbers))
            chips = self._draw.chips(numbers, self._the_name)
            source = f'<span class="named" data-k="{keys}">{self._name_in_source} {chips}</span>'
        return f'<p class="alt">{names}{source}</p>'

    def _strip(self, view: EntityView, beside: Beside) -> str:
        """The key figures, how much is supported, and what the gate says."""
        figures = "".join(
            [f"<div><dt>{self._draw.words(one.label)}</dt><dd>{escape(one.text)}</dd></div>" for one in beside.figures]
        )
        number, lang = formatting.number, self._lang
        told = self._some_of_all % {"some": number(str(view.sourced), lang), "all": number(str(view.total), lang)}
        if beside.problems:
            words = self.ngettext("%(num)s remark", "%(num)s remarks", beside.problems) % {"num": beside.problems}
            address = escape(self._links.validation(lang))
            found = f'<dd class="bad"><a href="{address}">{escape(words)}</a></dd>'
        elif beside.checked:
            found = f'<dd class="ok">{self._no_errors}</dd>'
        else:
            found = f"<dd>{self._not_checked}</dd>"
        return (
            f'<dl class="strip">{figures}<div><dt>{self._sourced}</dt><dd>{escape(told)}</dd></div>'
            f"<div><dt>{self._validation}</dt>{found}</div></dl>\n"
        )

    # ------------------------------------------------------------ the tables

    def _table(self, view: EntityView) -> str:
        if not any(section.rows for section in view.sections):
            return ""
        hint = f"<p>{self._hint}</p>" if view.sources else ""
        several, last = len(view.sections) > 1, len(view.sections) - 1
        bodies = "".join(
            [
                f'<tbody role="rowgroup">{self._group(section, position == last) if several else ""}'
                f"{self._draw.rows(section.rows, view.numbers)}</tbody>"
                for position, section in enumerate(view.sections)
            ]
        )
        return (
            f'<section class="card long" id="facts" aria-labelledby="h-f"><header><h2 id="h-f">{self._facts}</h2>{hint}'
            f'</header>\n<table class="facts" role="table" aria-labelledby="h-f">{self._heads}{bodies}'
            "</table></section>\n"
        )

    def _group(self, section: Section, last: bool) -> str:
        words = self._draw.words(section.label) if section.label else self._more if last else self._facts
        return f'<tr role="row" class="group"><th role="columnheader" scope="rowgroup" colspan="3">{words}</th></tr>'

    def _incoming(self, view: EntityView, beside: Beside) -> str:
        if not view.incoming:
            return ""
        link = ""
        if _shown(view.incoming) < view.incoming_total:
            total = formatting.number(str(view.incoming_total), self._lang)
            words = escape(self._all % {"total": total})
            link = f'<a href="{escape(beside.incoming_query)}" rel="nofollow">{words}</a>'
        return (
            '<section class="card long" id="incoming" aria-labelledby="h-i"><header>'
            f'<h2 id="h-i">{self._elsewhere}</h2><p>{link}</p></header>\n'
            f'<table class="facts" role="table" aria-labelledby="h-i">{self._heads}'
            f'<tbody role="rowgroup">{self._draw.rows(view.incoming, view.numbers)}</tbody></table></section>\n'
        )

    def _pictures(self, view: EntityView, beside: Beside) -> str:
        found = ""
        if beside.picture_time:
            drawn = self._picture.timeline(beside.picture_time, view.title.value)
            found = (
                '<section class="card" id="timeline" aria-labelledby="h-t"><header>'
                f'<h2 id="h-t">{self._timeline}</h2></header>{drawn}</section>'
            )
        if beside.picture_graph:
            hub = "facts" if any(section.rows for section in view.sections) else "main"
            drawn = self._picture.connections(beside.picture_graph, view.title.value, hub=hub)
            found += (
                '<section class="card" id="connections" aria-labelledby="h-g"><header>'
                f'<h2 id="h-g">{self._connections}</h2><p class="noprint"><a rel="nofollow"'
                f' href="{escape(self._links.graph(view.iri, self._lang))}">{self._explore}</a></p>'
                f"</header>{drawn}</section>"
            )
        return found

    # ------------------------------------------------------------ the words behind it, and the data

    def _sources(self, view: EntityView) -> str:
        total = len(view.sources)
        return "".join([self._one(source, at, total, view.backs) for at, source in enumerate(view.sources, 1)])

    def _one(self, source: Source, number: int, total: int, backs: Mapping[int, str]) -> str:
        named = escape(self._source_of % {"number": number, "total": total}) if total > 1 else self._source
        text = "".join(
            [
                f"{_GAP if paragraph.after_gap else ''}<p>{self._draw.pieces(paragraph.pieces, backs)}</p>\n"
                for paragraph in source.paragraphs
            ]
        )
        quotes = "".join([self._quote(at, quote.value, backs) for at, quote in source.quotes])
        publishers = "".join([f"<span>{self._draw.value(publisher)}</span>" for publisher in source.publishers])
        updated = ""
        if source.modified:
            told = self._updated % {"date": formatting.when(source.modified, self._lang)}
            updated = f"<span>{escape(told)}</span>"
        address = escape(self._links.document(source.version, self._lang))
        return (
            f'<section class="card long" id="source-{number:d}" aria-labelledby="h-k{number:d}"><header>'
            f'<h2 id="h-k{number:d}">{named}</h2><p><a href="{address}">{self._whole}</a></p></header>\n'
            f'<blockquote class="doc"{self._tagged(source.language)}>{text}{quotes}</blockquote>\n'
            f'<p class="meta"><span>{self._draw.words(source.title)}</span>{publishers}{updated}</p></section>\n'
        )

    def _quote(self, number: int, words: str, backs: Mapping[int, str]) -> str:
        """A passage whose document's words are not here."""
        told = escape(self._back % {"number": number})
        return (
            f'<p><mark id="k{number:d}">{escape(words)}<a class="bk" href="#{escape(backs.get(number, "main"))}"'
            f' aria-label="{told}">{number:d}</a></mark></p>'
        )

    def _data(self, view: EntityView, beside: Beside) -> str:
        forms = "".join(
            [
                f'<li><a class="{"btn" if at else "btn p"}" href="{escape(href)}" download>{escape(label)}</a></li>'
                for at, (label, href) in enumerate(beside.formats)
            ]
        )
        history = escape(self._links.history(view.iri, self._lang))
        modified = f"<div><dt>{self._changed}</dt><dd>{escape(beside.modified)}</dd></div>" if beside.modified else ""
        return (
            f'<section class="card noprint" aria-labelledby="h-d"><h2 id="h-d">{self._download}</h2>\n'
            f'<ul class="btns">{forms}</ul>\n<hr><dl class="rows"><div><dt>{self._permanent}</dt>'
            f'<dd><code class="uri">{escape(view.iri)}</code></dd></div><div><dt>{self._query}</dt>'
            f'<dd><a href="{escape(beside.query_link)}" rel="nofollow">{self._open}</a></dd></div>'
            f"{self._terms_of(beside.licence)}{modified}<div><dt>{self._history}</dt>"
            f'<dd><a href="{history}" rel="nofollow">{self._who}</a></dd></div>'
            "</dl></section>\n"
        )

    def _terms_of(self, licence: Mapping[str, str]) -> str:
        """The licence of the facts."""
        name, address = licence.get("name"), licence.get("address")
        if not name:
            return ""
        shown = f'<a href="{escape(address)}" rel="license">{escape(name)}</a>' if address else escape(name)
        return f"<div><dt>{self._licence}</dt><dd>{shown}</dd></div>"


def _shown(rows: Iterable[Row]) -> int:
    return sum([len(row.facts) for row in rows])

"""The list of a class: narrowed, sorted, as table and in other views.

Duty: from an address to what `class.html` shows. Level 7 (web). What a list can be narrowed by is learnt from the
shapes when the index is made; how many there are of each is counted there, and never asked of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from flask import redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from samvirke.errors import NotFound
from samvirke.schema.facets import ACTIVE, ANSWER, CLASS, DOCUMENT, named_fields
from samvirke.schema.hints import ClassHint
from samvirke.search import Facet, Listed, Member, Selection, ValueCount
from samvirke.search.spans import ANSWERS, CERTAIN, POSSIBLE, UNKNOWN_END
from samvirke.web import layout, views, wording
from samvirke.web.browse_address import LAST_PAGE, State, read_state
from samvirke.web.browse_pictures import offered_views, picture, view_names
from samvirke.web.browse_rows import Row, column_fields, field_label, rows_of
from samvirke.web.entity_pages import fields_of
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.publication import Publication, current

PER_PAGE = 100
VALUES_SHOWN = 8
VALUES_SENT = 30
"""Values of a facet on a page that does not ask for all of them: a page stays light."""
OPEN_FACETS = 4
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = ("text/csv", SHEET_TYPE, "application/json")
"""The types of a list's files, as they are offered."""
MOST_SPOTS = 5_000
FACETS_S = 1.0
"""Seconds that the facets of a page may take; those not counted by then say so."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: where choosing it, or taking it back, leads. `count` None: not counted."""

    label: str
    tag: str
    href: str
    count: int | None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet. `choices` None: not counted. `open`: its values are seen at once; `more` stand behind a word.

    `all_href` leads to all `all_count` values where there are more.
    """

    name: str
    label: str
    choices: tuple[Choice, ...] | None
    more: tuple[Choice, ...] = ()
    open: bool = False
    over: bool = False
    all_count: int = 0
    all_href: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice that was made, and where the list without it is."""

    facet: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its name, where the list sorted by it is, and how it is sorted now ("" for not)."""

    label: str
    href: str
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the list."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a long list a page is: positions count from 1; an address is "" where there is no page."""

    first: int
    last: int
    total: int
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class Download:
    """The list as a file: its format, and the addresses with values joined in one cell and on rows of their own."""

    label: str
    href: str
    repeated: str


@dataclass(frozen=True, slots=True)
class ListContext:
    """What `class.html` shows: a stretch of the things of a class. `total` things there are, `count` are left.

    `answers` says, where a time was asked for, how sure each row is. `hidden` is what the form of years carries along.
    """

    page: Page
    this: ClassHint
    definition: str
    total: int
    count: int
    facets: tuple[FacetView, ...]
    chips: tuple[Chip, ...]
    clear: str
    tabs: tuple[Tab, ...]
    view: str
    picture: Markup
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    answers: tuple[str, ...]
    certainty: tuple[Choice, ...]
    paging: Paging
    downloads: tuple[Download, ...]
    hidden: tuple[tuple[str, str], ...]
    years: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A list that was asked for: the class, what narrows it, what was chosen, and what is left."""

    publication: Publication
    lang: str
    class_iri: str
    listed: Listed
    state: State
    selection: Selection

    def href(self, state: State) -> str:
        """Return the address of this list with another choice."""
        links = self.publication.links
        return links.class_list(self.class_iri, self.lang) + state.query(links)

    def members(self, places: Sequence[int]) -> tuple[Member, ...]:
        """Return the things at some places."""
        return self.publication.index.numbered(self.listed.numbers(places), self.lang)

    def places(self, offset: int = 0, limit: int | None = None) -> list[int]:
        """Return a stretch of the places that are left, in the order that was asked for."""
        state = self.state
        return self.listed.places(
            self.selection, self.lang, sort=state.sort, descending=state.descending, offset=offset, limit=limit
        )


def asked(lang: str, name: str, parameters: Iterable[tuple[str, str]]) -> Asked:
    """Read what an address asks for. Raises: NotFound when there is no such class."""
    publication = current()
    iri = publication.links.class_of(name) or _unlisted_class(publication, name, lang)
    total = publication.index.count(iri) if iri else 0
    if not iri or (not total and iri not in publication.schema.classes):
        raise NotFound("There is no such list.", remedy="The front page has all of them.")
    listed = publication.index.listed(iri)
    state = read_state(parameters, listed, publication.links, offered_views(listed))
    return Asked(publication, lang, iri, listed, state, listed.select(state.chosen))


def class_list(lang: str, name: str) -> str | Response:
    """List the things of a class, a hundred at a time."""
    ask = asked(lang, name, request.args.items(multi=True))
    offset = (ask.state.page - 1) * PER_PAGE
    if (offset and offset >= ask.selection.count) or {"from", "to"} & request.args.keys():
        # The form of years has its own names; the result has one address however it was asked for.
        return redirect(ask.href(replace(ask.state, page=1)), 303)
    return render_template("class.html", **fields_of(_context(ask, offset)))


def _context(ask: Asked, offset: int) -> ListContext:
    publication, lang, state, listed = ask.publication, ask.lang, ask.state, ask.listed
    gettext = wording.words(lang).gettext
    hint = publication.schema.class_hint(ask.class_iri)
    plural = hint.plural(lang, publication.languages)
    definition = publication.schema.text(hint.definitions, lang)
    places = ask.places(offset, PER_PAGE) if state.view != "data" else []
    members = ask.members(places)
    columns = column_fields(publication, ask.class_iri, listed.columns)
    rows = tuple(rows_of(publication, ask.class_iri, members, columns, lang))
    spans = state.chosen.get(ACTIVE, ())
    chips, files = _chips(ask), downloads(ask)
    return ListContext(
        page=layout.frame(
            lang=lang,
            path=ask.href(state).removeprefix(f"/{lang}"),
            title=", ".join((plural, *(chip.label for chip in chips)))[:200],
            description=definition.value if definition else "",
            crumbs=[Crumb(plural)],
            menu_key=ask.class_iri,
            data_links=[
                *(DataLink(media_type, one.href) for one, media_type in zip(files, MEDIA_TYPES, strict=True)),
                DataLink("application/atom+xml", f"/changes?format=atom&class={quote(ask.class_iri, safe='')}"),
            ],
            robots="noindex" if state != State(page=state.page) else "",
            sheets=(views.SHEET,),
        ),
        this=hint,
        definition=definition.value if definition else "",
        total=listed.size,
        count=ask.selection.count,
        facets=_facets(ask),
        chips=chips,
        clear=ask.href(replace(state, chosen={}, page=1)) if len(chips) > 1 else "",
        tabs=(
            Tab(gettext("List"), ask.href(replace(state, view="", page=1)), not state.view),
            *(
                Tab(label, ask.href(replace(state, view=view, page=1)), state.view == view)
                for view, label in view_names(lang).items()
                if view in offered_views(listed)
            ),
        ),
        view=state.view,
        headings=_headings(ask, [field_label(publication, one.field, lang).value for one in columns]),
        picture=picture(publication, lang, state.view, rows, columns, spots=_spots(ask)),
        rows=rows,
        answers=tuple(_answer(ask, place) for place in places) if spans else (),
        certainty=_certainty(ask) if spans else (),
        paging=_paging(ask, offset, len(places)),
        downloads=files,
        hidden=tuple(state.without(ACTIVE).pairs(publication.links)),
        years=_years(spans) if listed.dated else None,
    )


def _unlisted_class(publication: Publication, name: str, lang: str) -> str:
    """Return the class of the data, unknown to the ontology, whose list has this address."""
    for one in publication.index.classes():
        if publication.links.class_list(one.iri, lang) == f"/{lang}/class/{name}":
            return one.iri
    return ""


# ---------------------------------------------------------------- facets


def _labels(ask: Asked) -> dict[str, str]:
    """The names of the facets."""
    publication, lang = ask.publication, ask.lang
    gettext = wording.words(lang).gettext
    found = {
        one.name: field_label(publication, one.field, lang).value
        for one in named_fields(publication.schema, ask.class_iri)
    }
    return {
        **found,
        CLASS: gettext("Narrower kinds"),
        ACTIVE: gettext("Active in the year"),
        ANSWER: gettext("How sure"),
        DOCUMENT: gettext("Source document"),
    }


def _facets(ask: Asked) -> tuple[FacetView, ...]:
    counts = ask.listed.counts(ask.state.chosen, limit_s=FACETS_S)
    labels = _labels(ask)
    sent = {name: None if some is None else _sent(ask, name, some) for name, some in counts.items()}
    named = _namer(ask, {name: [one.value for one in some] for name, some in sent.items() if some})
    found: list[FacetView] = []
    for facet in sorted(ask.listed.facets, key=lambda one: not one.first):
        some, whole = sent[facet.name], len(counts[facet.name] or ())
        if some is not None and not some and facet.name != ACTIVE:
            continue
        opened = facet.first or len(found) < OPEN_FACETS or facet.name in ask.state.chosen
        found.append(_facet(ask, facet, labels[facet.name], some, named, whole=whole, opened=opened))
    return tuple(found)


def _facet(
    ask: Asked,
    facet: Facet,
    label: str,
    counts: Sequence[ValueCount] | None,
    named: Callable[[str, str], tuple[str, str]],
    *,
    whole: int,
    opened: bool,
) -> FacetView:
    if counts is None:
        return FacetView(facet.name, label, None, open=opened, over=facet.over)
    choices = []
    for one in counts:
        text, tag = named(facet.name, one.value)
        state = ask.state
        other = state.without(facet.name, one.value) if one.chosen else state.with_value(facet.name, one.value)
        choices.append(Choice(text, tag, ask.href(other), one.count, one.chosen))
    if facet.name != ACTIVE:
        choices.sort(key=lambda one: (not one.chosen, -(one.count or 0), one.label.casefold()))
    every = ask.state.every == facet.name
    shown = choices if every else choices[:VALUES_SHOWN]
    href = ask.href(replace(ask.state, every=facet.name)) if len(choices) < whole else ""
    more = tuple(choices[len(shown) :])
    return FacetView(facet.name, label, tuple(shown), more, open=opened or every, all_count=whole, all_href=href)


def _sent(ask: Asked, name: str, counts: Sequence[ValueCount]) -> Sequence[ValueCount]:
    """The values of a facet that a page has: those chosen, and the most frequent – of years the latest."""
    if ask.state.every == name or len(counts) <= VALUES_SENT:
        return counts
    chosen = [one for one in counts if one.chosen]
    return [*chosen, *(one for one in counts if not one.chosen)][: max(VALUES_SENT, len(chosen))]


def _namer(ask: Asked, values: Mapping[str, Sequence[str]]) -> Callable[[str, str], tuple[str, str]]:
    """Return what names the values of facets, in the page's language; the index is asked once for all."""
    publication, lang = ask.publication, ask.lang
    things = {one for name, some in values.items() if name not in {CLASS, ACTIVE, ANSWER} for one in some}
    known = publication.index.members_by_address(sorted(things), lang)

    def named(name: str, value: str) -> tuple[str, str]:
        if name == ACTIVE:
            return value.replace("/", "–"), ""
        if name == ANSWER:
            return _sureness(lang)[value], ""
        if name == CLASS:
            return publication.schema.class_hint(value).plural(lang, publication.languages), ""
        if value in known:
            return known[value].label, known[value].tag
        text = publication.schema.name(value, lang)
        return text.value, text.language

    return named


def _sureness(lang: str) -> dict[str, str]:
    """The words for how sure it is that something was active."""
    gettext = wording.words(lang).gettext
    return {CERTAIN: gettext("Certain"), POSSIBLE: gettext("Possible"), UNKNOWN_END: gettext("End unknown")}


def _chips(ask: Asked) -> tuple[Chip, ...]:
    labels, named = _labels(ask), _namer(ask, ask.state.chosen)
    return tuple(
        Chip(labels[name], named(name, value)[0], ask.href(ask.state.without(name, value)))
        for name, values in ask.state.chosen.items()
        for value in values
    )


def _certainty(ask: Asked) -> tuple[Choice, ...]:
    """How many things were certainly, possibly, or with an unknown end active; each leads to those alone."""
    words = _sureness(ask.lang)
    chosen = ask.state.chosen.get(ANSWER, ())
    every = ask.listed.select(ask.state.chosen, without=ANSWER).answers if chosen else ask.selection.answers
    found = []
    for one in ANSWERS:
        state = ask.state.without(ANSWER, one) if one in chosen else ask.state.with_value(ANSWER, one)
        found.append(Choice(words[one], "", ask.href(state), every[one].bit_count(), one in chosen))
    return tuple(found)


def _answer(ask: Asked, place: int) -> str:
    how = next((one for one, places in ask.selection.answers.items() if places >> place & 1), "")
    return _sureness(ask.lang)[how] if how else ""


def _years(spans: Sequence[str]) -> tuple[str, str]:
    """What stands in the form of years."""
    if len(spans) != 1:
        return "", ""
    first, _, last = spans[0].partition("/")
    return first, last


# ---------------------------------------------------------------- table, pages, files


def _spots(ask: Asked) -> list[tuple[str, str, int]]:
    """What a map shows: the things that are left, and the values of facets, each with how many have it."""
    if ask.state.view != "map":
        return []
    found = []
    if "" in ask.listed.mapped:
        members = ask.members(ask.places(limit=MOST_SPOTS))
        found += [(one.iri, one.label, 1) for one in members]
    counts = ask.listed.counts(ask.state.chosen)
    for name in ask.listed.mapped:
        values = {one.value: one.count for one in counts.get(name) or () if one.count}
        known = ask.publication.index.members_by_address(list(values), ask.lang)
        found += [(iri, known[iri].label, count) for iri, count in values.items() if iri in known]
    return found


def _headings(ask: Asked, labels: Sequence[str]) -> tuple[Heading, ...]:
    gettext = wording.words(ask.lang).gettext
    state = ask.state
    named = [("", gettext("Name")), *zip(ask.listed.columns, labels, strict=True)]
    if ask.listed.dated:
        named.append((ACTIVE, gettext("Dates")))
    found = []
    for sort, label in named:
        here = sort == state.sort
        turned = replace(state, sort=sort, descending=here and not state.descending, page=1)
        how = ("descending" if state.descending else "ascending") if here else ""
        found.append(Heading(label, ask.href(turned), how))
    return tuple(found)


def _paging(ask: Asked, offset: int, shown: int) -> Paging:
    state, total = ask.state, ask.selection.count
    more = offset + PER_PAGE < total and state.page < LAST_PAGE
    return Paging(
        first=offset + 1,
        last=offset + shown,
        total=total,
        previous=ask.href(replace(state, page=state.page - 1)) if state.page > 1 else "",
        next=ask.href(replace(state, page=state.page + 1)) if more else "",
    )


def downloads(ask: Asked) -> tuple[Download, ...]:
    """Return where the list is, as it is narrowed and sorted, in each format."""
    links = ask.publication.links
    start = links.class_list(ask.class_iri, ask.lang)
    query = replace(ask.state, page=1, view="").query(links)
    repeat = f"{query}&values=rows" if query else "?values=rows"
    return tuple(
        Download(label, f"{start}.{ending}{query}", f"{start}.{ending}{repeat}" if ending != "json" else "")
        for ending, label in (("csv", "CSV"), ("xlsx", "Excel (XLSX)"), ("json", "JSON"))
    )

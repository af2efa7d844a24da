"""Everything with a date, and everything with a place: a page each, for the site or for one class.

Duty: one read of the store for all dates or places of a generation, kept; then a table with its picture. Level 7 (web).
Which properties say where something is, the standards and the site's ontology say; no class is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from samvirke.describe import USED
from samvirke.describe.linked import LATITUDES, LONGITUDES, POINTS, below
from samvirke.edtf import Kind
from samvirke.errors import NotFound
from samvirke.model import Literal, NamedNode
from samvirke.schema.hints import ClassHint
from samvirke.search import Member
from samvirke.web import layout, wording
from samvirke.web.browse import Paging
from samvirke.web.entity_pages import fields_of
from samvirke.web.formatting import parsed
from samvirke.web.layout import Crumb, Page
from samvirke.web.publication import Publication, current, serving
from samvirke.web.views import SHEET, Dated, Placed, map_of, timeline_of
from samvirke.web.views.alone import alone
from samvirke.wkt import on_earth, point_in

__all__ = ["blueprint"]

blueprint = Blueprint("picture_pages", __name__)

PER_PAGE = 100
_LAST_PAGE = 10_000

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Choice:
    """A class that the page can be narrowed to; `chosen` is the one that it is."""

    label: str
    href: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A row of the table of dates."""

    member: Member
    date: str
    property: str


@dataclass(frozen=True, slots=True)
class TimelineContext:
    """What `timeline.html` shows: a stretch of the rows, the first to begin first, and their picture."""

    page: Page
    choices: tuple[Choice, ...]
    rows: tuple[DatedRow, ...]
    paging: Paging
    more: bool
    picture: Markup
    drawn: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the list: what is there is counted, and the first are named."""

    member: Member
    latitude: float
    longitude: float
    count: int
    things: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class MapContext:
    """What `map.html` shows: the places, those with most things first; the coordinates of `wrong` cannot be read."""

    page: Page
    choices: tuple[Choice, ...]
    places: tuple[Place, ...]
    paging: Paging
    wrong: tuple[Member, ...]
    picture: Markup
    drawn: str


# ---------------------------------------------------------------- when


@blueprint.get("/<language:lang>/timeline")
def timeline(lang: str) -> str:
    """Show everything with a date, in the order of time."""
    return render_template("timeline.html", **fields_of(_timeline(lang)))


@blueprint.get("/<language:lang>/timeline.svg")
def timeline_file(lang: str) -> Response:
    """Answer the picture of the page as a file."""
    return _file(_timeline(lang).picture, "timeline")


def _timeline(lang: str) -> TimelineContext:
    publication = current()
    known, more = publication.once(("dated", lang), lambda: _dated(publication, lang))
    chosen = _chosen(publication)
    rows = [row for row in known if _is_of(publication, row.member, chosen)]
    gettext = wording.words(lang).gettext
    links = publication.links
    shown, paging = _stretch(rows, lambda page: links.timeline(lang, **_narrowed(publication, chosen, page)))
    return TimelineContext(
        page=_frame(publication, lang, "/timeline", gettext("Timeline"), chosen),
        choices=_choices(publication, [row.member for row in known], chosen, lang, "timeline"),
        rows=tuple(shown),
        paging=paging,
        more=more,
        picture=timeline_of(
            [
                Dated(row.member.label, links.page(row.member.iri, lang), row.member.class_iri, point=row.date)
                for row in shown
            ],
            lang,
            schema=publication.schema,
        ),
        drawn=links.drawn("timeline", lang, **_same()),
    )


def _dated(publication: Publication, lang: str) -> tuple[tuple[DatedRow, ...], bool]:
    """Everything with a date that can be read, in the order of time, and whether there is more than was read."""
    quads = serving().read("dated")
    told = [quad for quad in quads if quad.predicate != USED and isinstance(quad.object, Literal)]
    members = publication.index.some(sorted({_name(quad.subject) for quad in told}), lang)
    found: dict[tuple[str, str], tuple[tuple[int, int, int], DatedRow]] = {}
    for quad in told:
        member = members.get(_name(quad.subject))
        date = parsed(_name(quad.object))
        first = date and (date.begin.first if date.begin.kind is Kind.DATE else date.end.first)
        if member and date and first and publication.schema.is_told(quad.predicate.value):
            row = DatedRow(member, _name(quad.object), publication.schema.name(quad.predicate.value, lang).value)
            found.setdefault((member.iri, row.date), (first, row))
    order = sorted(found.values(), key=lambda pair: (pair[0], pair[1].member.label.casefold(), pair[1].member.iri))
    return tuple(row for _, row in order), len(told) < len(quads)


def _name(term: object) -> str:
    """The address of a thing, the text of a literal."""
    return str(getattr(term, "value", ""))


# ---------------------------------------------------------------- where


@blueprint.get("/<language:lang>/map")
def map_(lang: str) -> str:
    """Show everything with a place on a map, and in a list."""
    return render_template("map.html", **fields_of(_map(lang)))


@blueprint.get("/<language:lang>/map.svg")
def map_file(lang: str) -> Response:
    """Answer the picture of the page as a file."""
    return _file(_map(lang).picture, "map")


def _file(picture: Markup, name: str) -> Response:
    """A picture as a file, with the parameters of its page. Raises: NotFound when there is nothing to draw."""
    drawn = alone(picture, current().base)
    if not drawn:
        raise NotFound("There is nothing to draw.", remedy="The page without choices has all there is.")
    response = Response(drawn, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.svg"'
    return response


def _map(lang: str) -> MapContext:
    publication = current()
    everywhere, wrong = publication.once(("placed", lang), lambda: _placed(publication, lang))
    chosen = _chosen(publication)
    gettext = wording.words(lang).gettext
    links = publication.links
    places = [place for one in everywhere if (place := _narrow(publication, one, chosen)) is not None]
    places.sort(key=lambda one: (-one.count, one.member.label.casefold(), one.member.iri))
    shown, paging = _stretch(places, lambda page: links.map(lang, **_narrowed(publication, chosen, page)))
    things = [thing for one in everywhere for thing in (*one.things, one.member)]
    return MapContext(
        page=_frame(publication, lang, "/map", gettext("Map"), chosen),
        choices=_choices(publication, things, chosen, lang, "map"),
        places=tuple(shown),
        paging=paging,
        wrong=wrong,
        picture=map_of(
            [
                Placed(one.member.label, links.page(one.member.iri, lang), one.latitude, one.longitude, one.count)
                for one in places
            ],
            lang,
        ),
        drawn=links.drawn("map", lang, **_same()),
    )


def _placed(publication: Publication, lang: str) -> tuple[tuple[Place, ...], tuple[Member, ...]]:
    """Everything with coordinates, and what has some that nobody can read."""
    schema = publication.schema
    north, east, points = (frozenset(below(schema, kind)) for kind in (LATITUDES, LONGITUDES, POINTS))
    where: dict[str, dict[str, str]] = defaultdict(dict)
    there: dict[str, dict[str, None]] = defaultdict(dict)
    for quad in serving().read("placed"):
        subject, value = _name(quad.subject), _name(quad.object)
        kind = next((name for name, some in _kinds(north, east, points) if quad.predicate.value in some), "")
        if kind and isinstance(quad.object, Literal):
            where[subject].setdefault(kind, value)
        elif isinstance(quad.object, NamedNode):
            there[value][subject] = None
    names = {*where, *(one for some in there.values() for one in some)}
    members = publication.index.some(sorted(names), lang)
    places, wrong = [], []
    for iri, told in sorted(where.items()):
        member, point = members.get(iri), _point(told)
        things = tuple(members[one] for one in sorted(there[iri]) if one in members)
        if member is not None and point is not None:
            places.append(Place(member, *point, len(things), things))
        elif member is not None:
            wrong.append(member)
    return tuple(places), tuple(wrong)


def _kinds(
    north: frozenset[str], east: frozenset[str], points: frozenset[str]
) -> tuple[tuple[str, frozenset[str]], ...]:
    return ("north", north), ("east", east), ("point", points)


def _point(told: Mapping[str, str]) -> tuple[float, float] | None:
    """Degrees north and east as they were told, None where they are none on this earth."""
    if "north" in told and "east" in told:
        try:
            north, east = float(told["north"]), float(told["east"])
        except ValueError:
            return None
    elif (found := point_in(told.get("point", ""))) is not None:
        north, east = found
    else:
        return None
    return on_earth(north, east)


def _narrow(publication: Publication, place: Place, chosen: str) -> Place | None:
    """A place with what is there of a class; None where nothing is."""
    if not chosen:
        return Place(place.member, place.latitude, place.longitude, max(1, place.count), place.things)
    things = tuple(one for one in place.things if _is_of(publication, one, chosen))
    number = len(things) or int(_is_of(publication, place.member, chosen))
    return Place(place.member, place.latitude, place.longitude, number, things) if number else None


# ---------------------------------------------------------------- what both have


def _chosen(publication: Publication) -> str:
    """The class that the address narrows to, "" for none. Raises: NotFound for one that there is not."""
    name = request.args.get("class", "")
    iri = publication.links.class_of(name) if name else ""
    if iri is None:
        raise NotFound("There is no such class.", remedy="The page without it has all of them.")
    return iri


def _same() -> dict[str, str | int | None]:
    """What this page was asked with: the picture's file shows the same."""
    return {name: request.args.get(name) for name in ("class", "page")}


def _is_of(publication: Publication, member: Member, chosen: str) -> bool:
    return not chosen or chosen in (member.class_iri, *publication.schema.superclasses(member.class_iri))


def _narrowed(publication: Publication, chosen: str, page: int) -> dict[str, str | int | None]:
    hint: ClassHint | None = publication.schema.class_hint(chosen) if chosen else None
    return {"class": hint.slug if hint else None, "page": page if page > 1 else None}


def _choices(
    publication: Publication, members: Sequence[Member], chosen: str, lang: str, kind: str
) -> tuple[Choice, ...]:
    """The classes that lists have, with how many things of each have a date or a place."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for member in members:
        for iri in (member.class_iri, *publication.schema.superclasses(member.class_iri)):
            numbers[iri].add(member.iri)
    address = publication.links.timeline if kind == "timeline" else publication.links.map
    found = [
        Choice(
            hint.plural(lang, publication.languages),
            address(lang, **_narrowed(publication, hint.iri, 1)),
            len(numbers[hint.iri]),
            hint.iri == chosen,
        )
        for hint, _ in layout.shown_classes(publication)
        if numbers.get(hint.iri) and publication.links.class_of(hint.slug)
    ]
    everything = wording.words(lang).gettext("Everything")
    return (Choice(everything, address(lang), len({one.iri for one in members}), not chosen), *found) if found else ()


def _stretch(rows: Sequence[Row], address: Callable[[int], str]) -> tuple[Sequence[Row], Paging]:
    """A page of rows, and where in all of them it is."""
    pages = max(1, -(-len(rows) // PER_PAGE))
    number = min(max(request.args.get("page", 1, type=int), 1), pages, _LAST_PAGE)
    first = (number - 1) * PER_PAGE
    shown = rows[first : first + PER_PAGE]
    return shown, Paging(
        first=first + 1 if shown else 0,
        last=first + len(shown),
        total=len(rows),
        previous=address(number - 1) if number > 1 else "",
        next=address(number + 1) if number < pages else "",
    )


def _frame(publication: Publication, lang: str, path: str, name: str, chosen: str) -> Page:
    plural = publication.schema.class_hint(chosen).plural(lang, publication.languages) if chosen else ""
    crumbs = [Crumb(name)]
    address = path
    if chosen:
        links = publication.links
        crumbs = [Crumb(plural, links.class_list(chosen, lang)), Crumb(name)]
        narrowed = _narrowed(publication, chosen, 1)
        address = (links.timeline if path == "/timeline" else links.map)(lang, **narrowed).removeprefix(f"/{lang}")
    return layout.frame(
        lang=lang,
        path=address,
        title=f"{plural}: {name[:1].lower() + name[1:]}" if plural else name,
        crumbs=crumbs,
        sheets=(SHEET,),
        robots="noindex" if request.args else "",
    )

"""Stored questions: a page with a form and the answer, and the same answer as a file.

Duty: `/queries/…` and its pages. Level 7; binds values through `samvirke.queries` and has every
question answered by the workers. No query text is put together here.
Source: https://www.w3.org/TR/sparql11-protocol/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Response, render_template, request

from samvirke import sparql
from samvirke.errors import AnswerTooLarge, InputError, NotFound, QueryTimeout, WorkerLost
from samvirke.negotiate import Offer, choose, named
from samvirke.queries import Parameter, StoredQuery, bind, paging
from samvirke.sparql.formats import content_type, offers
from samvirke.sparql.tokens import prologue
from samvirke.web import wording
from samvirke.web.headers import NOT_KEPT, link, redirect, vary
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.layout import Crumb, DataLink, frame
from samvirke.web.publication import Publication, current, serving
from samvirke.web.results import Table, table
from samvirke.workers.pool import QueryRequest

__all__ = ["Choice", "Control", "QueryPage", "Stretch", "blueprint", "controls_of"]

blueprint = Blueprint("queries", __name__)

_HTML = Offer("text/html", "html", aliases=("application/xhtml+xml",))
_FORMAT = "format"
_ROWS_SHOWN = 1_000
_MOST_CHOICES = 300
_INPUT_TYPES = {"year": "number", "integer": "number", "date": "date", "text": "text", "iri": "text"}
_HYPHENS_IN_DATE = 2
_JSON = "application/sparql-results+json"
_TURTLE = "text/turtle"
_SPREADSHEET = "csv"
"""What most readers take away, so it is named first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a parameter can be."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Control:
    """One parameter as a form shows it: a list of `choices`, or a field of the type `input`."""

    name: str
    label: str
    value: str
    input: str
    required: bool
    optional: bool
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One question on the list."""

    title: str
    description: str
    href: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which of the rows a page shows, counted from 1; `previous` and `next` are addresses, "" where there is none."""

    first: int
    last: int
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class QueryPage:
    """What `query.html` shows beside its frame.

    `answer` is None when the question still needs a value, or a value is wrong (then `mistake` says
    which); `turtle` holds the answer of a question that makes facts rather than rows; `files` maps a
    format's label to the address of the whole answer in it; `text` is the question with its values.
    `stretch` is None when the page shows all rows there are.
    """

    title: str
    description: str
    controls: tuple[Control, ...]
    answer: Table | None = None
    turtle: str = ""
    mistake: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    console: str = ""
    shown: int = _ROWS_SHOWN
    stretch: Stretch | None = None


# ---------------------------------------------------------------- pages


@blueprint.get("/<language:lang>/queries/")
def listing(lang: str) -> str:
    """Show every question of the site: those that have an answer at once, and those that ask for a value."""
    publication = current()
    _ = wording.words(lang).gettext
    ready: list[Listed] = []
    asking: list[Listed] = []
    for query in sorted(publication.queries.values(), key=lambda one: (one.title(lang).casefold(), one.name)):
        listed = Listed(query.title(lang), query.description(lang), publication.links.query(query.name, lang))
        (asking if query.parameters else ready).append(listed)
    groups = [(_("Answered at once"), ready), (_("Answered when you choose"), asking)]
    page = frame(
        lang=lang,
        path="/queries/",
        title=_("Queries"),
        description=_("Questions that have been asked before, with their answers as they are today."),
        crumbs=(Crumb(_("Queries")),),
        menu_key="queries",
    )
    return render_template("queries.html", page=page, groups=[group for group in groups if group[1]])


@blueprint.get("/<language:lang>/queries/<name>")
def page(lang: str, name: str) -> Response:
    """Show a question, its form and its answer."""
    publication, query = current(), _stored(name)
    values = _values()
    shown, status = _page(publication, query, values, lang), 200
    if shown.mistake:
        status = 400
    _ = wording.words(lang).gettext
    formats = offers(sparql.classify(query.text))
    path = publication.links.query(name, lang, **values).removeprefix(f"/{lang}")
    context = frame(
        lang=lang,
        path=path,
        title=shown.title,
        description=shown.description or shown.title,
        crumbs=(Crumb(_("Queries"), publication.links.queries(lang)), Crumb(shown.title)),
        robots="noindex" if values else "",
        data_links=tuple(
            DataLink(offer.media_type, publication.links.query_data(name, offer.extension, **_whole(query, values)))
            for offer in formats
            if shown.text
        ),
        menu_key="queries",
    )
    response = Response(render_template("query.html", page=context, query=shown), status, mimetype="text/html")
    if sparql.varies(query.text):
        response.headers["Cache-Control"] = NOT_KEPT
    return response


def _page(publication: Publication, query: StoredQuery, values: dict[str, str], lang: str) -> QueryPage:
    links = publication.links
    title, description = query.title(lang), query.description(lang)
    controls = controls_of(publication, query, values, lang)
    if not values and any(parameter.required for parameter in query.parameters):
        return QueryPage(title, description, controls)
    try:
        text = bind(query, values)
    except InputError as error:
        return QueryPage(title, description, controls, mistake=str(error))
    form = sparql.classify(text)
    makes_rows = form in ("SELECT", "ASK")
    kind = _JSON if makes_rows else _TURTLE
    body = _asked(text, kind)
    answer = table(body, publication, lang, limit=_ROWS_SHOWN) if makes_rows else None
    return QueryPage(
        title,
        description,
        controls,
        answer=answer,
        turtle="" if makes_rows else body.decode(),
        files={
            offer.label: links.query_data(query.name, offer.extension, **_whole(query, values))
            for offer in sorted(offers(form), key=lambda offer: offer.extension != _SPREADSHEET)
        },
        text=text,
        console=links.sparql(lang, query=text),
        stretch=_stretch(publication, query, values, lang, rows=answer.total) if answer and query.page else None,
    )


def _asked(text: str, kind: str) -> bytes:
    asked = QueryRequest(text=text, media_type=kind, client=request.remote_addr or "unknown")
    return serving().pool.query(asked).read()


def _stretch(
    publication: Publication, query: StoredQuery, values: Mapping[str, str], lang: str, *, rows: int
) -> Stretch | None:
    """Where the page stands among all rows: whether there are more is asked for, counting them is not.

    What the page picks gives a row at least, so fewer rows than it may have are the last.
    """
    limit, offset = paging.numbers(query.page or 1, values)
    if limit is None or not (offset or rows >= limit):
        return None
    after = bind(query, {**values, paging.LIMIT: "1", paging.OFFSET: str(offset + limit)})
    more = rows >= limit and bool(json.loads(_asked(after, _JSON))["results"]["bindings"])
    if not offset and not more:
        return None

    def address(start: int) -> str:
        told = {name: value for name, value in values.items() if name != paging.OFFSET}
        return publication.links.query(query.name, lang, **told, **({paging.OFFSET: start} if start else {}))

    previous = address(max(0, offset - limit)) if offset else ""
    return Stretch(offset + 1, offset + limit, previous, address(offset + limit) if more else "")


def _whole(query: StoredQuery, values: Mapping[str, str]) -> dict[str, str]:
    """The values of a file: it has all rows, whichever of them the page shows."""
    return {name: value for name, value in values.items() if not query.page or name not in paging.NAMES}


def controls_of(
    publication: Publication, query: StoredQuery, values: Mapping[str, str], lang: str
) -> tuple[Control, ...]:
    """Return how a form asks for the parameters of a question."""
    return tuple(_control(publication, query, parameter, values, lang) for parameter in query.parameters)


def _control(
    publication: Publication, query: StoredQuery, parameter: Parameter, values: Mapping[str, str], lang: str
) -> Control:
    """How a form asks for a parameter: things of a class are chosen from a list unless they are too many."""
    value = values.get(parameter.name) or parameter.default or ""
    choices: tuple[Choice, ...] = ()
    if parameter.of and publication.index.count(parameter.of) <= _MOST_CHOICES:
        wanted = _address(value, query, publication)
        members = publication.index.members(parameter.of, lang, 0, _MOST_CHOICES)
        choices = tuple(Choice(member.iri, member.label, member.iri == wanted) for member in members)
        if value and not any(choice.chosen for choice in choices):
            label = publication.index.label(wanted, lang) or value
            choices = (Choice(value, label, True), *choices)
    return Control(
        parameter.name,
        parameter.label(lang),
        value,
        _input(parameter.kind, value),
        parameter.required,
        parameter.optional,
        choices,
    )


def _input(kind: str, value: str) -> str:
    """The type of a field; a value that its own type could not show is shown as text, to be corrected."""
    fits = {"number": value.lstrip("+-").isdigit(), "date": value.count("-") == _HYPHENS_IN_DATE}
    wanted = _INPUT_TYPES.get(kind, "text")
    return wanted if not value or fits.get(wanted, True) else "text"


def _address(value: str, query: StoredQuery, publication: Publication) -> str:
    """The address a value names, with the question's own prefixes before the site's."""
    prefix, sign, local = value.partition(":")
    known = prologue(query.text).prefixes
    if sign and prefix in known and not local.startswith("//"):
        return known[prefix] + local
    return publication.links.resolve(value) or value


# ---------------------------------------------------------------- files


@blueprint.get("/queries/")
def neutral_listing() -> Response:
    """Lead to the list in the client's language."""
    return redirect(303, current().links.queries(neutral_redirect_language()), "Accept-Language")


@blueprint.get("/queries/<name>")
def data(name: str) -> Response:
    """Answer a question as a file, by extension, `format=` or `Accept`; a browser is led to its page."""
    publication = current()
    stem, dot, extension = name.rpartition(".")
    if name not in publication.queries and dot:
        query = _stored(stem)
        return _file(query, named(extension, offers(sparql.classify(query.text))))
    query, wish = _stored(name), request.args.get(_FORMAT)
    form = sparql.classify(query.text)
    offer = choose(request.headers.get("Accept"), (_HTML, *offers(form)), query_format=wish)
    if offer is _HTML:
        target = publication.links.query(name, neutral_redirect_language(), **_values())
        return redirect(303, target, "Accept", "Accept-Language")
    response = _file(query, offer)
    if wish is None:
        vary(response, "Accept")
    return response


def _file(query: StoredQuery, offer: Offer) -> Response:
    values = _values()
    whole = bool(query.page) and not values.keys() & set(paging.NAMES)
    text = bind(query, {**values, paging.LIMIT: paging.ALL} if whole else values)
    asked = QueryRequest(text=text, media_type=offer.media_type, client=request.remote_addr or "unknown")
    try:
        answer = serving().pool.query(asked)
    except (AnswerTooLarge, QueryTimeout, WorkerLost) as error:
        if query.page:
            error.remedy = "Ask for a stretch at a time with limit and offset: limit=10000&offset=0, then offset=10000."
        raise
    response = Response(answer.body, content_type=content_type(offer))
    response.content_length = answer.length_bytes
    publication = current()
    for lang in publication.languages:
        target = publication.links.query(query.name, lang, **values)
        link(response, target, "alternate", type=_HTML.media_type, hreflang=lang)
    if sparql.varies(text) or answer.version != publication.version:
        response.headers["Cache-Control"] = NOT_KEPT
    return response


def _stored(name: str) -> StoredQuery:
    found = current().queries.get(name)
    if found is None:
        raise NotFound("There is no such question.", remedy="The list of questions names them all.")
    return found


def _values() -> dict[str, str]:
    """The values in the address, in its order.

    Raises: InputError naming the parameter that is given twice: none of the two can be preferred.
    """
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if name == _FORMAT:
            continue
        if len(given) > 1:
            raise InputError(f"The parameter {name} is given {len(given)} times.", remedy="Give it once.")
        if given[0].strip():
            values[name] = given[0]
    return values

"""What was written since the files were, who wrote it and why: for the site, for a thing, for programs.

Duty: pages and feed of the journal. Level 7 (web). Reads the journal, which holds accepted writes only, and
judges nothing. Sources: https://afs.github.io/rdf-delta/rdf-patch.html ·
https://www.rfc-editor.org/rfc/rfc4287 (Atom)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from samvirke import journal
from samvirke.describe.facts import Facts, Value
from samvirke.errors import NotFound
from samvirke.journal import Record
from samvirke.model import NamedNode, Quad, Triple
from samvirke.negotiate import Offer, choose
from samvirke.schema.hints import Text
from samvirke.web import feeds, layout, wording
from samvirke.web.entity_pages import fields_of
from samvirke.web.formatting import moment
from samvirke.web.headers import redirect, vary
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current, serving

__all__ = ["blueprint"]

blueprint = Blueprint("history", __name__)

ON_A_PAGE = 25
MOST_SHOWN = 100
"""Facts of one change that a page shows; all of them stand in the change's own file."""
MOST_SEARCHED = 5_000
"""Changes, the newest first, among which those of a class are looked for."""
_PATCH = Offer("application/rdf-patch", "rdfp", aliases=("text/x-rdf-patch",))
_HTML = Offer("text/html", "html", aliases=("application/xhtml+xml",))
_ATOM = Offer("application/atom+xml", "atom", aliases=("application/xml", "text/xml"))


@dataclass(frozen=True, slots=True)
class Line:
    """One fact that a change added or deleted; `passage` is the place whose words support it."""

    added: bool
    subject: Value
    name: Text
    value: Value
    passage: str


@dataclass(frozen=True, slots=True)
class Change:
    """One record of the journal as a page shows it; `hidden` facts stand only in its file."""

    sequence: int
    when: str
    stamp: str
    author: str
    reason: str
    lines: tuple[Line, ...]
    hidden: int
    href: str


@dataclass(frozen=True, slots=True)
class ChangesContext:
    """What `changes.html` shows: the changes, the newest first; `thing` is the one that they are about, if it is one.

    `built` is when the files were last read, in words, and `files` how many there are.
    """

    page: Page
    thing: Value | None
    changes: tuple[Change, ...]
    built: str
    files: int
    newer: str
    older: str


# ---------------------------------------------------------------- pages


@blueprint.get("/<language:lang>/changes")
def changes(lang: str) -> str:
    """Show what was written to the site, or about one thing that is named in the address."""
    publication = current()
    if about := request.args.get("about"):
        return _of_thing(publication, _known(publication, [about]), lang)
    gettext = wording.words(lang).gettext
    name = gettext("Changes")
    page = layout.frame(
        lang=lang,
        path="/changes",
        title=name,
        description=gettext("What was written since the files were read, by whom and why."),
        crumbs=[Crumb(name)],
        data_links=[DataLink(_ATOM.media_type, "/changes?format=atom")],
    )
    records, count = _followed(_folder(publication)).newest(first := _first(), ON_A_PAGE)
    return _page(publication, page, records, first, count, thing=None, path=publication.links.changes(lang))


@blueprint.get("/<language:lang>/id/<path:name>/history")
@blueprint.get("/<language:lang>/document/<path:name>/history", defaults={"kind": "document"})
def thing_history(lang: str, name: str, kind: str = "id") -> str:
    """Show what was written about one thing."""
    publication = current()
    return _of_thing(publication, _known(publication, publication.links.candidates(f"{kind}/{name}")), lang)


def _of_thing(publication: Publication, iri: str, lang: str) -> str:
    gettext = wording.words(lang).gettext
    links = publication.links
    shown = publication.index.shown(iri, lang)
    label = shown[0] if shown else iri
    path = links.history(iri, lang)
    page = layout.frame(
        lang=lang,
        path=path.removeprefix(f"/{lang}"),
        title=gettext("History of %(name)s") % {"name": label},
        description=gettext("Who said what about %(name)s since when.") % {"name": label},
        crumbs=[Crumb(label, links.page(iri, lang)), Crumb(gettext("History"))],
        robots="noindex",
        data_links=[DataLink(_ATOM.media_type, f"/changes?format=atom&about={quote(iri, safe='')}")],
    )
    records = sorted(journal.touching(_folder(publication), iri), key=lambda one: -one.sequence)
    thing = Value("thing", label, shown[1] if shown else "", iri)
    first = _first()
    return _page(publication, page, records[first : first + ON_A_PAGE], first, len(records), thing=thing, path=path)


def _page(
    publication: Publication,
    page: Page,
    shown: Sequence[Record],
    first: int,
    count: int,
    *,
    thing: Value | None,
    path: str,
) -> str:
    """Show the changes from the `first` newest on; there are `count` in all."""
    lang = page.lang
    context = ChangesContext(
        page=page,
        thing=thing,
        changes=_told(publication, shown, lang, about=thing.iri if thing else ""),
        built=moment(str(publication.manifest.get("built", "")), lang),
        files=len(publication.manifest.get("files", ())),
        newer=_at(path, max(0, first - ON_A_PAGE)) if first else "",
        older=_at(path, first + ON_A_PAGE) if first + ON_A_PAGE < count else "",
    )
    return render_template("changes.html", **fields_of(context))


def _at(path: str, first: int) -> str:
    return f"{path}{'&' if '?' in path else '?'}from={first}" if first else path


def _first() -> int:
    given = request.args.get("from", "0")
    return min(int(given), 10**9) if given.isascii() and given.isdigit() and len(given) < 10 else 0  # noqa: PLR2004 - no more digits


def _known(publication: Publication, candidates: Sequence[str]) -> str:
    """Return the thing that is meant. Raises: NotFound for one that is neither here nor in any change."""
    for iri in candidates:
        if serving().entity(iri) is not None:
            return iri
        if is_iri(iri) and next(iter(journal.touching(_folder(publication), iri)), None) is not None:
            return iri
    raise NotFound("Nothing has this address.", remedy="Search for its name.")


def _told(publication: Publication, records: Iterable[Record], lang: str, *, about: str = "") -> tuple[Change, ...]:
    """Put changes into words; about one thing, only the facts that name it."""
    deltas = [(record, record.delta) for record in records]
    parts: list[tuple[Record, list[tuple[bool, Quad]]]] = []
    for record, delta in deltas:
        quads = [*((False, quad) for quad in delta.deleted), *((True, quad) for quad in delta.added)]
        if about:
            quads = [pair for pair in quads if _names(pair[1], about)]
        parts.append((record, sorted(quads, key=lambda pair: (str(pair[1].subject), str(pair[1].predicate), pair[0]))))
    facts = _facts(publication, (quad for _, quads in parts for _, quad in quads[:MOST_SHOWN]), lang)
    return tuple(
        Change(
            sequence=record.sequence,
            when=moment(feeds.moment(record), lang),
            stamp=feeds.moment(record),
            author=record.author,
            reason=record.reason,
            lines=tuple(_line(publication, facts, added, quad, lang) for added, quad in quads[:MOST_SHOWN]),
            hidden=max(0, len(quads) - MOST_SHOWN),
            href=f"/changes/{record.sequence}",
        )
        for record, quads in parts
    )


def _names(quad: Quad, iri: str) -> bool:
    return any(isinstance(term, NamedNode) and term.value == iri for term in (quad.subject, quad.object))


def _facts(publication: Publication, quads: Iterable[Quad], lang: str) -> Facts:
    """Read the names of what the changes name."""
    named = {term.value for quad in quads for term in (quad.subject, quad.object) if isinstance(term, NamedNode)}
    return Facts(serving().read("labels", iris=sorted(named)), publication.schema, lang)


def _line(publication: Publication, facts: Facts, added: bool, quad: Quad, lang: str) -> Line:
    graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
    assert not isinstance(quad.subject, Triple) and not isinstance(quad.object, Triple), "the clerk takes none"
    return Line(
        added=added,
        subject=facts.value(quad.subject),
        name=publication.schema.name(quad.predicate.value, lang),
        value=facts.value(quad.object),
        passage=graph if "#" in graph else "",
    )


# ---------------------------------------------------------------- for programs


@blueprint.get("/changes")
def changes_twin() -> Response:
    """Lead to the page in the client's language, or answer the feed."""
    offer = choose(request.headers.get("Accept"), (_HTML, _ATOM), query_format=request.args.get("format"))
    if offer is _HTML:
        return redirect(303, f"/{neutral_redirect_language()}/changes", "Accept", "Accept-Language")
    publication = current()
    about, kind = request.args.get("about", ""), request.args.get("class", "")
    if about:
        found = _about(publication, _known(publication, [about]))
    elif kind:
        found = _of_class(publication, kind)
    else:
        found = feeds.of_site(publication, _followed(_folder(publication)).newest(0, feeds.ENTRIES)[0])
    vary(response := Response(feeds.written(publication, found), content_type=feeds.CONTENT_TYPE), "Accept")
    return response


def _about(publication: Publication, iri: str) -> feeds.Feed:
    records = sorted(journal.touching(_folder(publication), iri), key=lambda one: -one.sequence)
    return feeds.of_thing(publication, iri, records[: feeds.ENTRIES])


def _of_class(publication: Publication, named: str) -> feeds.Feed:
    """The changes of things of a class, by its address or the name of its list. Raises: NotFound."""
    iri = publication.links.class_of(named) or named
    if iri not in publication.schema.classes and not publication.index.count(iri):
        raise NotFound("There is no such class.", remedy="The ontology page has all of them.")
    return feeds.of_class(publication, iri, _newest(_followed(_folder(publication))))


def _newest(followed: journal.Followed) -> Iterator[Record]:
    """Yield records, the newest first, a page at a time."""
    for first in range(0, MOST_SEARCHED, feeds.ENTRIES):
        found = followed.newest(first, feeds.ENTRIES)[0]
        yield from found
        if len(found) < feeds.ENTRIES:
            return


@blueprint.get("/changes/<int:sequence>")
def change(sequence: int) -> Response:
    """Answer one change as it stands in the journal."""
    publication = current()
    record = next(iter(journal.read(_folder(publication), after=sequence - 1)), None) if sequence else None
    if record is None or record.sequence != sequence:
        raise NotFound(f"There is no change number {sequence}.", remedy="The page of changes lists them.")
    response = Response(journal.spelt(record), content_type=f"{_PATCH.media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="change-{sequence}.rdfp"'
    return response


def _folder(publication: Publication) -> Path:
    return publication.generation.journal


@lru_cache(maxsize=8)  # one journal goes on under many generations
def _followed(folder: Path) -> journal.Followed:
    return journal.Followed(folder)


def latest(publication: Publication, lang: str, limit: int) -> tuple[Change, ...]:
    """Return the newest changes without the facts in them: when, who, why, and where they stand in full."""
    page = publication.links.changes(lang)
    return tuple(
        Change(
            sequence=record.sequence,
            when=moment(feeds.moment(record), lang),
            stamp=feeds.moment(record),
            author=record.author,
            reason=record.reason,
            lines=(),
            hidden=0,
            href=f"{page}#c{record.sequence}",
        )
        for record in _followed(_folder(publication)).newest(0, limit)[0]
    )

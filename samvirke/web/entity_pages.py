"""The page about one thing.

Duty: read a thing's neighbourhood in one call, build its view and render it. Level 7 (web).
What is shown, and in which order, is decided by `entity.py` from the shapes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import redirect, render_template
from werkzeug.wrappers import Response

from samvirke.describe.entity import EntityView, entity_view
from samvirke.describe.facts import Evidence, Explanations
from samvirke.describe.rows import Row
from samvirke.errors import Gone, NotFound
from samvirke.formats import FORMATS
from samvirke.model import Severity
from samvirke.schema.hints import Text
from samvirke.search import Entity
from samvirke.web import layout, wording
from samvirke.web.drawing import Drawing
from samvirke.web.formatting import count, lower_first, number, stamp, when
from samvirke.web.fragments import Fragments
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.pictures import Connections, Timeline, connections, timeline
from samvirke.web.publication import Publication, current, serving

SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_FIGURE = 60
DESCRIPTION = 300


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure: its name and its value in words."""

    label: Text
    text: str


@dataclass(frozen=True, slots=True)
class Download:
    """One format the page's data can be had in."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class EntityContext:
    """What `entity.html` shows.

    `problems` is how many findings the gate has about the thing, if it has `checked` at all; `query_link`
    opens the query that asks for its facts with their passages, `incoming_query` the one for what names it;
    `modified` is the day the youngest source was changed, in words; `draw` writes the small pieces and
    `picture` the two pictures.
    """

    page: Page
    draw: Fragments
    picture: Drawing
    view: EntityView
    class_label: Text
    figures: tuple[Figure, ...]
    problems: int
    checked: bool
    picture_time: Timeline | None
    picture_graph: Connections | None
    formats: tuple[Download, ...]
    query_link: str
    incoming_query: str
    shown_incoming: int
    licence: Mapping[str, str]
    modified: str


def entity(lang: str, name: str) -> str | Response:
    """Show the thing at `/<lang>/id/<name>`."""
    return _page(lang, f"id/{name}")


def entity_elsewhere(lang: str, address: str) -> str | Response:
    """Show a thing whose address does not lie below the base."""
    return _show(lang, address)


def entity_at(lang: str, local: str) -> str | Response:
    """Show a thing that lies below the base and not below `id/`."""
    return _page(lang, local)


def _page(lang: str, local: str) -> str | Response:
    publication = current()
    for iri in publication.links.candidates(local):
        known = publication.index.entity(iri)
        if known is not None:
            return _shown(lang, iri, known)
    for iri in publication.links.candidates(local.rstrip("/")):
        meant = publication.index.like(iri)
        if meant is not None:
            return redirect(publication.links.page(meant, lang), 301)
    raise NotFound("Nothing has this address.", remedy="Search for its name.")


def _show(lang: str, iri: str) -> str | Response:
    known = current().index.entity(iri)
    if known is None:
        raise NotFound("Nothing has this address.", remedy="Search for its name.")
    return _shown(lang, iri, known)


def _shown(lang: str, iri: str, known: Entity) -> str | Response:
    publication = current()
    if known.successor is not None and not known.withdrawn:
        return redirect(publication.links.page(known.successor, lang), 301)
    if known.withdrawn:
        raise Gone("This has been withdrawn.", successor=known.successor)
    quads = serving().pool.read("neighbourhood", iri=iri)
    view = entity_view(
        quads,
        publication.schema,
        iri,
        lang,
        texts=text_of(publication),
        explanations=explanations(publication, iri),
        ordered=True,
    )
    if view is None:
        raise NotFound("Nothing is known about this.", remedy="Search for its name.")
    return render_template("entity.html", **fields_of(context(publication, view, lang)))


def fields_of(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any context dataclass
    """Return the fields of a context as a template takes them, one level deep."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def explanations(publication: Publication, iri: str) -> Explanations:
    """Return which rule and which passages are behind the inferred triples of a thing."""
    return {key: Evidence(passages, rule) for key, (rule, passages) in publication.index.inferred(iri).items()}


def text_of(publication: Publication) -> Callable[[str], str | None]:
    """Return what finds a document's words by their checksum; None for words that are not here."""
    folder = publication.directory / "texts"
    return lambda checksum: _text(folder, checksum) if SHA256.fullmatch(checksum) else None


@lru_cache(maxsize=64)
def _text(folder: Path, checksum: str) -> str | None:
    try:
        return (folder / f"{checksum}.txt").read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def context(publication: Publication, view: EntityView, lang: str) -> EntityContext:
    """Put together what the page shows."""
    links, schema, class_iri = publication.links, publication.schema, view.class_iri
    class_label, list_crumb = publication.once(
        ("class", class_iri, lang), lambda: _class_words(publication, class_iri, lang)
    )
    crumbs = [Crumb(view.title.value)]
    if list_crumb and not view.detail:
        crumbs.insert(0, list_crumb)
    dates = [source.modified for source in view.sources if source.modified]
    description = view.lead.value if view.lead else f"{view.title.value}: {lower_first(class_label.value, lang)}"
    data = [(form, links.data(view.iri, ending)) for ending, form in FORMATS.items()]
    return EntityContext(
        page=layout.frame(
            lang=lang,
            path=links.page(view.iri, lang).removeprefix(f"/{lang}"),
            title=view.title.value,
            description=description,
            crumbs=crumbs,
            data_links=[DataLink(form.media_type, address) for form, address in data],
            sheets=("lit.css",),
            json_ld=layout.json_ld(_json_ld(publication, view)),
            menu_key=view.class_iri,
        ),
        draw=publication.fragments(lang),
        picture=publication.once(("drawing", lang), lambda: Drawing(links, schema, lang)),
        view=view,
        class_label=class_label,
        figures=tuple(figure for row in view.key if (figure := _figure(publication, row, lang))),
        problems=_problems(publication, view),
        checked=publication.checked,
        picture_time=timeline(view, lang),
        picture_graph=connections(view, schema.place),
        formats=tuple([Download(form.label, address) for form, address in data]),
        query_link=links.sparql(lang, query=_query(f"GRAPH ?passage {{ <{view.iri}> ?property ?value }}")),
        incoming_query=links.sparql(lang, query=_query(f"GRAPH ?passage {{ ?thing ?property <{view.iri}> }}")),
        shown_incoming=sum(len(row.facts) for row in view.incoming),
        licence=publication.settings.get("licence") or {},
        modified=when(max(dates), lang) if dates else stamp(publication.version, lang),
    )


def _class_words(publication: Publication, class_iri: str, lang: str) -> tuple[Text, Crumb | None]:
    """The name of a class, and the way to the list of its things where there is one."""
    if not class_iri:
        return Text(""), None
    hint, languages = publication.schema.class_hint(class_iri), publication.schema.languages
    crumb = None
    if publication.index.count(class_iri):
        crumb = Crumb(hint.plural(lang, languages), publication.links.class_list(class_iri, lang))
    return hint.label(lang, languages), crumb


def _query(pattern: str) -> str:
    return f"SELECT * WHERE {{\n  {pattern}\n}}\nLIMIT 1000"


def _figure(publication: Publication, row: Row, lang: str) -> Figure | None:
    """Return a row as a key figure: the value, or how many there are of the commonest kind."""
    values = [value for fact in row.facts for value in fact.values]
    if not values:
        return None
    if len(values) == 1 and not row.open_list:
        value = values[0]
        text = {"date": when, "number": number}.get(value.kind, lambda text, _: text)(value.text, lang)
        return Figure(row.label, text) if len(text) <= LONGEST_FIGURE else None
    _ = wording.words(lang).gettext
    kinds: dict[str, int] = {}
    for value in values:
        kinds[value.class_iri] = kinds.get(value.class_iri, 0) + 1
    # "At least 3 feasts" counts the feasts, not the series they belong to.
    kind = max(sorted(kinds), key=lambda iri: kinds[iri])
    amount = count(kinds[kind], lang)
    if kind:
        schema = publication.schema
        hint = schema.class_hint(kind)
        named = hint.plural(lang, schema.languages) if kinds[kind] > 1 else hint.label(lang, schema.languages).value
        if named.casefold() != row.label.value.casefold():
            amount = f"{amount} {lower_first(named, lang)}"
    return Figure(row.label, _("at least %(number)s") % {"number": amount} if row.open_list else amount)


def _problems(publication: Publication, view: EntityView) -> int:
    """How many violations and warnings the gate found about the thing and its details."""
    told = publication.once("problems", lambda: _problems_by_thing(publication))
    return sum([told[node] for node in view.nodes if node in told])


def _problems_by_thing(publication: Publication) -> Mapping[str, int]:
    told = {Severity.VIOLATION, Severity.WARNING}
    return Counter(one.focus.strip("<>") for one in publication.report.findings if one.severity in told)


def _json_ld(publication: Publication, view: EntityView) -> dict[str, Any]:
    """Return the thing as a search engine reads it (https://schema.org/Thing)."""
    licence = publication.settings.get("licence") or {}
    found: dict[str, Any] = {
        "@context": {"@vocab": "https://schema.org/"},
        "@id": view.iri,
        "@type": "Thing",
        "additionalType": {"@id": view.class_iri} if view.class_iri else None,
        "name": _tagged(view.title),
        "alternateName": [_tagged(name) for name in view.alternatives] or None,
        "description": _tagged(view.lead) if view.lead else None,
        "subjectOf": [{"@id": source.version, "name": _tagged(source.title)} for source in view.sources] or None,
        "license": licence.get("address") or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _tagged(text: Text) -> object:
    return {"@value": text.value, "@language": text.language} if text.language else text.value

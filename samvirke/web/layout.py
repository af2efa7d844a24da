"""The frame around every page: title, menu, languages, foot.

Duty: build the one context object, `Page`, that `templates/base.html` reads. Level 7 (web).
Must not read the store: what the frame shows is computed once per generation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError
from flask import Flask
from jinja2.runtime import Macro
from markupsafe import Markup

from samvirke import __version__
from samvirke.describe.linked import places_told
from samvirke.errors import SamvirkeError
from samvirke.schema.hints import LAST, ClassHint
from samvirke.terms import CORE
from samvirke.web import formatting, wording
from samvirke.web.fragments import direction, script_safe
from samvirke.web.links import is_linkable
from samvirke.web.publication import Publication, current

if TYPE_CHECKING:
    from samvirke.schema import Schema

STATIC = Path(__file__).parent / "static"
MENU_CLASSES = 3
OWN_LISTS = frozenset({CORE.SourceDocument.value, CORE.DocumentVersion.value, CORE.Passage.value})
"""Classes whose things are listed elsewhere than under "classes"."""


@dataclass(frozen=True, slots=True)
class Item:
    """One link of the menu or the foot."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the breadcrumb; the page itself has no address."""

    label: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class DataLink:
    """The page's data in one format: for `rel=alternate`."""

    media_type: str
    href: str


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the site and the address of this page in it."""

    code: str
    name: str
    href: str
    canonical: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything `base.html` shows.

    `lang` the page's language, `direction` "ltr" or "rtl", `title` without the site's name,
    `robots` the content of the robots tag or "", `sheets` further style sheets, `scripts` what only
    improves the page and was made from npm, `json_ld` a script-safe text, `query` what stands in the search field.
    """

    lang: str
    direction: str
    title: str
    description: str
    site_title: str
    robots: str
    canonical: str
    languages: tuple[Language, ...]
    data_links: tuple[DataLink, ...]
    sheets: tuple[str, ...]
    scripts: tuple[str, ...]
    json_ld: Markup
    crumbs: tuple[Crumb, ...]
    menu: tuple[Item, ...]
    footer: tuple[Item, ...]
    footnote: str
    licence: Item | None
    query: str


@cache
def asset(name: str) -> str:
    """Return the address of a file of `static/`, with its checksum so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


@cache
def made(name: str) -> tuple[str, ...]:
    """Return a script made by `frontend/build.mjs` for `frame(scripts=…)`; nothing where it was not made.

    A page must be whole without it: where npm was missing when Samvirke was installed, no script is named.
    """
    path = f"built/{name}"
    return (path,) if (STATIC / path).is_file() else ()


def json_ld(value: object) -> Markup:
    """Return `value` as JSON that cannot close the script element it stands in."""
    return Markup(script_safe(value))


@lru_cache(maxsize=256)
def language_name(code: str) -> str:
    """Return a language's own name for itself, else its code."""
    try:
        return (Locale.parse(code, sep="-").get_display_name() or code).capitalize()
    except (UnknownLocaleError, ValueError):
        return code


def in_language(texts: Mapping[str, str] | str, language: str, languages: Sequence[str]) -> str:
    """Return the text of a setting in the reader's language, else the site's first that has one."""
    if isinstance(texts, str):
        return texts
    for code in (language, *languages):
        if code in texts:
            return texts[code]
    return next(iter(texts.values()), "")


def shown_classes(publication: Publication) -> tuple[tuple[ClassHint, int], ...]:
    """Return the classes that lists and the front page show, with how many things each has.

    Those whose shapes give them a place come in that order; where no shape does, the fullest come
    first. Left out are details, documents (they have their own list), empty classes, and a class
    that holds the same things as one of its subclasses.
    """
    schema = publication.schema
    counts = {one.iri: one.count for one in publication.index.classes()}
    hints = [schema.class_hint(iri) for iri in counts]
    hints = [hint for hint in hints if not hint.detail and not OWN_LISTS.intersection(_line(schema, hint.iri))]
    placed = [hint for hint in hints if hint.order < LAST]
    if placed:
        return tuple((hint, counts[hint.iri]) for hint in sorted(placed, key=lambda one: (one.order, one.iri)))
    same = {above for hint in hints for above in schema.superclasses(hint.iri) if counts.get(above) == counts[hint.iri]}
    rest = [hint for hint in hints if hint.iri not in same]
    return tuple((hint, counts[hint.iri]) for hint in sorted(rest, key=lambda one: (-counts[one.iri], one.iri)))


def _line(schema: Schema, iri: str) -> tuple[str, ...]:
    return (iri, *schema.superclasses(iri))


def _menu(publication: Publication, lang: str, key: str) -> tuple[Item, ...]:
    _ = wording.words(lang).gettext
    links, languages = publication.links, publication.languages
    items = [
        Item(hint.plural(lang, languages), links.class_list(hint.iri, lang), current=key == hint.iri)
        for hint, _count in shown_classes(publication)[:MENU_CLASSES]
    ]
    items.append(Item(_("Questions"), links.queries(lang), current=key == "queries"))
    items.append(Item("SPARQL", links.sparql(lang), current=key == "sparql"))
    return tuple(items)


def _footer(publication: Publication, lang: str) -> tuple[Item, ...]:
    _ = wording.words(lang).gettext
    links = publication.links
    return (
        Item(_("About the data"), links.about(lang)),
        Item(_("Documents"), f"/{lang}/documents"),
        Item(_("Timeline"), links.timeline(lang)),
        *([Item(_("Map"), links.map(lang))] if places_told(publication.schema) else []),
        Item(_("Ontology"), links.ontology(lang)),
        Item(_("Validation report"), links.validation(lang)),
        Item(_("Changes"), links.changes(lang)),
        Item(_("Download everything"), links.dataset(lang)),
        Item(_("Help"), links.help(lang)),
        Item(_("Accessibility statement"), "/was"),
    )


def menu_classes(publication: Publication) -> frozenset[str]:
    """Return the classes that the menu names."""
    return frozenset(hint.iri for hint, _count in shown_classes(publication)[:MENU_CLASSES])


def site_title(publication: Publication, lang: str) -> str:
    """Return the site's name."""
    return in_language(publication.settings.get("title", ""), lang, publication.languages) or publication.base


def described(publication: Publication, lang: str, title: str) -> str:
    """Return how a page describes itself that has no words for it.

    No two pages do it alike: the site's words follow the page's own name.
    """
    about = in_language(publication.settings.get("description", ""), lang, publication.languages)
    if about and title == site_title(publication, lang):
        return about
    return ". ".join(part for part in (title, about) if part)


def frame(
    *,
    lang: str,
    path: str,
    title: str,
    description: str = "",
    crumbs: Sequence[Crumb] = (),
    robots: str = "",
    data_links: Sequence[DataLink] = (),
    sheets: Sequence[str] = (),
    scripts: Sequence[str] = (),
    json_ld: Markup | None = None,
    query: str = "",
    menu_key: str = "",
) -> Page:
    """Build the frame of one page.

    `path` is what follows `/<lang>` and starts with a slash; `menu_key` the address of the class
    (or "queries", "sparql") that the menu marks as current. A path of "" means that the page has no
    address of its own (errors): neither canonical nor twins are named.
    """
    publication = current()
    settings, codes = publication.settings, publication.languages
    base = publication.base
    languages = tuple(
        Language(code, language_name(code), f"/{code}{path or '/'}", f"{base}{code}{path}") for code in codes
    )
    site = site_title(publication, lang)
    return Page(
        lang=lang,
        direction=direction(lang),
        title=title,
        description=(description or described(publication, lang, title))[:300],
        site_title=site,
        robots=robots,
        canonical=f"{base}{lang}{path}" if path else "",
        languages=languages,
        data_links=tuple(data_links),
        sheets=tuple(sheets),
        scripts=tuple(scripts),
        json_ld=json_ld or Markup(),
        crumbs=tuple(crumbs),
        menu=publication.once(("menu", lang, menu_key), lambda: _menu(publication, lang, menu_key)),
        footer=publication.once(("footer", lang), lambda: _footer(publication, lang)),
        footnote=publication.once(("footnote", lang), lambda: _footnote(lang, publication.version)),
        licence=publication.once("licence", lambda: _licence(settings)),
        query=query,
    )


def _licence(settings: Mapping[str, Any]) -> Item | None:
    """The licence of the facts: its name and, when a page may link to it, its address."""
    licence = settings.get("licence") or {}
    address = str(licence.get("address") or "")
    name = str(licence.get("name") or address)
    return Item(name, address if is_linkable(address) else "") if name else None


def _footnote(lang: str, version: str) -> str:
    _ = wording.words(lang).gettext
    stamp = formatting.stamp(version, lang)
    made = _("Made with Samvirke %(version)s.") % {"version": __version__}
    if not stamp:
        return made
    name = version.partition("-")[2] or version
    return " ".join((_("Published %(when)s.") % {"when": stamp}, _("Version %(name)s.") % {"name": name}, made))


def kept(macro: Macro, *read: Hashable) -> Markup:
    """Return what a template's macro writes, once in a generation for the same values of all that it reads."""

    def written() -> Markup:
        return Markup(macro())

    return current().once(("html", macro.name, *read), written)


def install(app: Flask) -> None:
    """Give an application's templates the wording, the formatting, addresses and looks."""
    wording.install(app.jinja_env)
    formatting.install(app.jinja_env)
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["kept"] = kept
    app.jinja_env.globals["direction"] = direction
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def of_the_site() -> dict[str, object]:
        try:
            publication = current()
        except SamvirkeError:  # nothing is published: only the bare error page is drawn then
            return {}
        return {
            "fragments": publication.fragments,
            "links": publication.links,
            "hint": publication.schema.class_hint,
            "page_languages": publication.languages,
        }

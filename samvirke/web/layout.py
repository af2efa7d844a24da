"""The frame around every page: title, menu, languages, foot.

Duty: build the one context object, `Page`, that `templates/base.html` reads. Level 7 (web).
Must not read the store: what the frame shows is computed once per generation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from babel import Locale, UnknownLocaleError
from flask import Flask, current_app
from markupsafe import Markup

from samvirke import __version__
from samvirke.web import formatting, wording

if TYPE_CHECKING:
    from samvirke.schema import Schema

STATIC = Path(__file__).parent / "static"
MENU_CLASSES = 4
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


class Serving(Protocol):
    """What a view needs of the running site; `create_app` puts it at `app.extensions["samvirke"]`."""

    @property
    def pool(self) -> Any: ...
    @property
    def generation(self) -> Any: ...
    @property
    def index(self) -> Any: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...


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
    `robots` the content of the robots tag or "", `sheets` further style sheets, `json_ld` a
    script-safe text, `query` what stands in the search field.
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
    json_ld: Markup
    crumbs: tuple[Crumb, ...]
    menu: tuple[Item, ...]
    footer: tuple[Item, ...]
    footnote: str
    query: str


def serving() -> Serving:
    """Return the running site of the current request."""
    found: Serving = current_app.extensions["samvirke"]
    return found


@cache
def asset(name: str) -> str:
    """Return the address of a file of `static/`, with its checksum so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def json_ld(value: object) -> Markup:
    """Return `value` as JSON that cannot close the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped here


def language_name(code: str) -> str:
    """Return a language's own name for itself, else its code."""
    try:
        return (Locale.parse(code, sep="-").get_display_name() or code).capitalize()
    except (UnknownLocaleError, ValueError):
        return code


def direction(language: str) -> str:
    """Return "rtl" for languages written from right to left, else "ltr"."""
    return "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def in_language(texts: Mapping[str, str] | str, language: str, languages: Sequence[str]) -> str:
    """Return the text of a setting in the reader's language, else the site's first that has one."""
    if isinstance(texts, str):
        return texts
    for code in (language, *languages):
        if code in texts:
            return texts[code]
    return next(iter(texts.values()), "")


def _menu(site: Serving, lang: str, key: str) -> tuple[Item, ...]:
    _ = wording.words(lang).gettext
    items = [
        Item(entry.plural(lang), f"/{lang}/class/{quote(entry.slug)}", current=key == entry.iri)
        for entry in site.schema.listed_classes()[:MENU_CLASSES]
    ]
    items.append(Item(_("Queries"), f"/{lang}/queries/", current=key == "queries"))
    items.append(Item("SPARQL", f"/{lang}/sparql", current=key == "sparql"))
    return tuple(items)


def _footer(lang: str) -> tuple[Item, ...]:
    _ = wording.words(lang).gettext
    return (
        Item(_("About the data"), f"/{lang}/about"),
        Item(_("Documents"), f"/{lang}/documents"),
        Item(_("Ontology"), f"/{lang}/ontology"),
        Item(_("Validation report"), f"/{lang}/validation"),
        Item(_("Download everything"), f"/{lang}/data"),
        Item(_("Accessibility statement"), "/was"),
    )


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
    json_ld: Markup | None = None,
    query: str = "",
    menu_key: str = "",
) -> Page:
    """Build the frame of one page.

    `path` is what follows `/<lang>` and starts with a slash; `menu_key` the address of the class
    (or "queries", "sparql") that the menu marks as current. A path of "" means that the page has no
    address of its own (errors): neither canonical nor twins are named.
    """
    site = serving()
    settings = site.settings
    codes = tuple(settings["languages"])
    base = str(settings["base"])
    languages = tuple(
        Language(code, language_name(code), f"/{code}{path or '/'}", f"{base}{code}{path}") for code in codes
    )
    site_title = in_language(settings.get("title", ""), lang, codes)
    description = description or in_language(settings.get("description", ""), lang, codes)
    version = str(getattr(site.generation, "version", ""))
    return Page(
        lang=lang,
        direction=direction(lang),
        title=title,
        description=description[:300],
        site_title=site_title,
        robots=robots,
        canonical=f"{base}{lang}{path}" if path else "",
        languages=languages,
        data_links=tuple(data_links),
        sheets=tuple(sheets),
        json_ld=json_ld or Markup(),
        crumbs=tuple(crumbs),
        menu=_menu(site, lang, menu_key),
        footer=_footer(lang),
        footnote=_footnote(lang, version),
        query=query,
    )


def _footnote(lang: str, version: str) -> str:
    _ = wording.words(lang).gettext
    stamp = formatting.stamp(version, lang)
    made = _("Made with Samvirke %(version)s.") % {"version": __version__}
    return " ".join(part for part in ((_("Published %(when)s.") % {"when": stamp}) if stamp else "", made) if part)


def install(app: Flask) -> None:
    """Give an application's templates the wording, the formatting and the addresses of assets."""
    wording.install(app.jinja_env)
    formatting.install(app.jinja_env)
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

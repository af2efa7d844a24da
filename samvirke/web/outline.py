"""The frame around the page of a thing, as it is filled in.

Duty: have `base.html` written once with a sign in each place that differs from page to page, and put the parts of a
page there. Level 7 (web). So the template stays the one place that says what a frame looks like, and a page
costs no template. The signs are drawn by lot: no text of a site can hold one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, g, has_request_context, render_template
from markupsafe import Markup, escape

from samvirke.formats import FORMATS
from samvirke.web import layout
from samvirke.web.layout import Crumb, DataLink
from samvirke.web.publication import Publication
from samvirke.web.written import DESCRIPTION, PARTS
from samvirke.workers.pages import Page

__all__ = ["EntityContext", "Outline", "outline_of"]

_TITLE, _DESCRIPTION = PARTS.index("title"), PARTS.index("description")
_SHEET = "lit.css"
_Key = tuple[str, bool, bool, bool]
"""The class that the menu marks, and whether there is a list of its things, the site's own name for the page's, and
a description: what a frame looks like but for the parts."""


@dataclass(frozen=True, slots=True)
class EntityContext:
    """What `entity.html` shows: the frame, and in it what a worker wrote."""

    page: layout.Page
    content: Markup


@dataclass(frozen=True, slots=True)
class Outline:
    """A frame in pieces: what is the same on all its pages, and before each piece but the first a part's place."""

    first: bytes
    rest: tuple[tuple[int, bytes], ...]

    def filled(self, texts: Sequence[bytes]) -> bytes:
        """Return a whole page. `texts` are its parts, as `PARTS` names them."""
        pieces = [self.first]
        for place, piece in self.rest:
            pieces += (texts[place], piece)
        return b"".join(pieces)


def outline_of(app: Flask, publication: Publication, lang: str, page: Page) -> tuple[Outline, list[bytes]]:
    """Return the frame of a page, made when it is first asked for, and the parts of the page that fit it."""
    titled = publication.once(("titled", lang), lambda: str(escape(layout.site_title(publication, lang))).encode())
    texts = page.texts
    if not texts[_DESCRIPTION]:  # The site's own words, behind the page's name.
        name = Markup(texts[_TITLE].decode()).unescape()
        described = escape(layout.described(publication, lang, name)[:DESCRIPTION]).encode()
        texts = [*texts[:_DESCRIPTION], described, *texts[_DESCRIPTION + 1 :]]
    menu = publication.once("menu classes", lambda: layout.menu_classes(publication))
    shown = page.told["class"] if page.told["class"] in menu else ""
    key = (shown, bool(page.told["crumb"]), texts[_TITLE] == titled, bool(texts[_DESCRIPTION]))
    found = publication.once(("outline", lang, *key), lambda: _outline(app, publication, lang, key))
    return found, texts


def _outline(app: Flask, publication: Publication, lang: str, key: _Key) -> Outline:
    if has_request_context():
        return _compiled(publication, lang, key)
    with app.test_request_context(f"/{lang}/"):
        g.publication = publication
        return _compiled(publication, lang, key)


def _compiled(publication: Publication, lang: str, key: _Key) -> Outline:
    shown, crumb, same, told = key
    lot = secrets.token_hex(16)
    sign = {name: f"{name.replace('_', '-')}-{lot}-" for name in PARTS}
    places = {text: place for place, text in enumerate(sign.values())}
    crumbs = [Crumb(sign["title"])]
    if crumb:
        crumbs.insert(0, Crumb(sign["crumb_label"], sign["crumb_href"]))
    site = layout.site_title(publication, lang)
    page = layout.frame(
        lang=lang,
        path=sign["path"],
        title=site if same else sign["title"],
        description=sign["description"] if told else "",
        crumbs=crumbs,
        data_links=[DataLink(form.media_type, sign[ending]) for ending, form in FORMATS.items()],
        sheets=(_SHEET,),
        json_ld=Markup(sign["json_ld"]),
        menu_key=shown,
    )
    context = EntityContext(page, Markup(sign["content"]))
    html = render_template("entity.html", page=context.page, content=context.content)
    pieces = re.split(f"({'|'.join(map(re.escape, places))})", html)
    rest = [(places[one], pieces[at + 1].encode()) for at, one in enumerate(pieces) if at % 2]
    return Outline(pieces[0].encode(), tuple(rest))

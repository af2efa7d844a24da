"""The manual, read from Markdown files that come with the package.

Duty: `/<lang>/help/` and the pages below it. Level 7 (web). The files are ours; even so HTML in them
is shown as text, and links other than to the web or to another page stay text.
Source: https://spec.commonmark.org/0.31.2/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from flask import Blueprint, render_template
from markupsafe import Markup

from samvirke.errors import NotFound
from samvirke.web import layout, wording
from samvirke.web.entity_pages import fields_of
from samvirke.web.layout import Crumb, Page

INDEX = "index"
FALLBACK = "en"
LANGUAGES = ("da", "en")
_NAME = re.compile(r"[a-z]+")

blueprint = Blueprint("manual", __name__)


@dataclass(frozen=True, slots=True)
class ManualContext:
    """What `manual.html` shows. `text` is the page without its heading, `tag` its own language."""

    page: Page
    heading: str
    text: Markup
    tag: str


@blueprint.get("/<language:lang>/help/", defaults={"name": INDEX})
@blueprint.get("/<language:lang>/help/<name>")
def manual(lang: str, name: str) -> str:
    """Show one page of the manual; a language it is not written in gets the English one.

    Raises: NotFound when there is no such page.
    """
    tag = lang if lang in LANGUAGES else FALLBACK
    found = _read(tag, name) if _NAME.fullmatch(name) else None
    if found is None:
        raise NotFound("The manual has no such page.", remedy="Begin at the manual's first page.")
    heading, text = found
    first = wording.words(lang).gettext("Help")
    crumbs = [Crumb(first)] if name == INDEX else [Crumb(first, f"/{lang}/help/"), Crumb(heading)]
    path = "/help/" + ("" if name == INDEX else name)
    context = ManualContext(layout.frame(lang=lang, path=path, title=heading, crumbs=crumbs), heading, text, tag)
    return render_template("manual.html", **fields_of(context))


@cache
def _read(language: str, name: str) -> tuple[str, Markup] | None:
    """Return the heading and the text of a page, or None when there is none."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - most requests read no manual

    file = resources.files("samvirke.web") / "help" / language / f"{name}.md"
    if not file.is_file():
        return None
    heading, _, rest = file.read_text(encoding="utf-8").partition("\n")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return heading.removeprefix("# ").strip(), Markup(reader.render(rest))

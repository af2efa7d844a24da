"""How the things of a picture look, and what stands under it.

Duty: colour and icon of a class, the key in words, the sentences on what was left out. Level 7 (web).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from samvirke.schema import Schema

LONGEST = 300
"""Characters of a label that stand in the title of a mark: the table beside has all of it."""
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Return a label without what no document may hold, and without what would turn the text around it.

    Source: https://www.w3.org/TR/xml/#charsets and https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
    """
    return " ".join(_UNSEEN.sub("", text).split())


def titled(text: str) -> Markup:
    """Return a mark's title, cut where it is very long."""
    told = plain(text)
    return escape(told if len(told) <= LONGEST else told[: LONGEST - 1].rstrip() + "…")


def schema_here() -> Schema:
    """Return the schema of what the current request sees."""
    from samvirke.web.publication import current  # noqa: PLC0415 - pictures are also drawn where no web framework is

    return current().schema


def linked(href: str, title: str, content: str) -> str:
    """Return finished SVG as a link with a title; without an address, as a group."""
    told = f"<title>{titled(title)}</title>{content}"
    return f'<a href="{escape(_UNSEEN.sub("", href))}">{told}</a>\n' if href else f"<g>{told}</g>\n"


def class_key(schema: Schema, classes: Iterable[str], lang: str) -> str:
    """Return the entries of the key for some classes."""
    found = []
    for iri in dict.fromkeys(one for one in classes if one):
        look = schema.class_hint(iri)
        name = escape(plain(look.label(lang, schema.languages).value))
        found.append(
            f'<li><svg class="hue-{look.hue:d}" aria-hidden="true" viewBox="0 0 16 16">'
            f'<use href="#i-{escape(look.icon or "ring")}"/></svg>{name}</li>'
        )
    return "".join(found)


def under(key: str, notes: Iterable[str]) -> str:
    """Return what stands under a picture: its key, and what was left out."""
    told = "".join([f'<p class="note">{escape(note)}</p>' for note in notes])
    return (f'<ul class="key">{key}</ul>\n' if key else "") + told

"""The gate's report as a file, in each format that the command line has too.

Duty: which formats `/validation` offers besides its page, and the answer in one of them. Level 7; judges nothing, and
writes no format itself.
"""

from __future__ import annotations

from flask import Response, request

from samvirke.negotiate import Offer
from samvirke.reports import FORMATS, Name
from samvirke.web.data import dump
from samvirke.web.headers import entity_tag, vary
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.publication import Publication, current

__all__ = ["OFFERS", "file_links", "naming", "report_file"]

_EXTENSIONS = {"ttl": "ttl", "csv": "csv", "json": "json", "sarif": "sarif", "text": "txt"}
"""The formats that are files here, by the ending each has; the HTML of a site is its page."""

_ALIASES = {"ttl": ("application/x-turtle",)}

OFFERS = tuple(
    Offer(FORMATS[form].media_type, ending, FORMATS[form].label, _ALIASES.get(form, ()))
    for form, ending in _EXTENSIONS.items()
)


def file_links(lang: str) -> tuple[tuple[str, str, str], ...]:
    """Return the label, media type and address of each file, worded in a language."""
    return tuple((offer.label, offer.media_type, _address(offer, lang)) for offer in OFFERS)


def _address(offer: Offer, lang: str) -> str:
    # Turtle has the words of all languages.
    return f"/validation?format={offer.extension}" + ("" if offer.extension == "ttl" else f"&lang={lang}")


def report_file(offer: Offer) -> Response:
    """Answer the report in one of the offers, worded in the language that the address or else the client asks for."""
    if offer.extension == "ttl":
        return dump("report.ttl")
    publication = current()
    form = next(form for form, ending in _EXTENSIONS.items() if ending == offer.extension)
    asked = request.args.get("lang", "")
    lang = asked if asked in publication.languages else neutral_redirect_language()
    body = publication.once(
        ("report", form, lang), lambda: FORMATS[form].write(publication.report, lang, naming(publication, lang))
    )
    media_type = offer.media_type + ("; charset=utf-8" if offer.media_type.startswith("text/") else "")
    response = Response(body, content_type=media_type)
    response.headers["Content-Language"] = lang
    response.headers["Content-Disposition"] = f'attachment; filename="validation.{offer.extension}"'
    response.set_etag(entity_tag(publication, f"{media_type} {lang}"))
    vary(response, "Accept-Language")
    return response


def naming(publication: Publication, lang: str) -> Name:
    """Return what gives the names of things and terms, "" for what has none of its own."""
    schema = publication.schema

    def name(address: str) -> str:
        hint = schema.properties.get(address) or schema.classes.get(address) or schema.terms.get(address)
        text = schema.text(hint.labels, lang) if hint else None
        return text.value if text else publication.index.label(address, lang) or ""

    return name

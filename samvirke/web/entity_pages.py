"""The page about one thing.

Duty: find the thing an address names, have its page written by a worker, and put the frame around it. Level 7 (web).
What is shown, and in which order, is decided in `samvirke.describe` from the shapes; it is written in `written.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, redirect
from werkzeug.wrappers import Response as BaseResponse

from samvirke.describe.facts import Evidence, Explanations
from samvirke.errors import Gone, NotFound
from samvirke.search import Entity
from samvirke.web import outline, signposts, written
from samvirke.web.publication import Publication, current, serving


@dataclass(frozen=True, slots=True)
class Download:
    """One format the page's data can be had in."""

    label: str
    href: str


def entity(lang: str, name: str) -> BaseResponse:
    """Show the thing at `/<lang>/id/<name>`."""
    return _page(lang, f"id/{name}")


def entity_elsewhere(lang: str, address: str) -> BaseResponse:
    """Show a thing whose address does not lie below the base."""
    return _show(lang, address)


def entity_at(lang: str, local: str) -> BaseResponse:
    """Show a thing that lies below the base and not below `id/`."""
    return _page(lang, local)


def _page(lang: str, local: str) -> BaseResponse:
    publication = current()
    for iri in publication.links.candidates(local):
        known = serving().entity(iri)
        if known is not None:
            return _shown(lang, iri, known)
    for iri in publication.links.candidates(local.rstrip("/")):
        meant = publication.index.like(iri)
        if meant is not None:
            return redirect(publication.links.page(meant, lang), 301)
    raise NotFound("Nothing has this address.", remedy="Search for its name.")


def _show(lang: str, iri: str) -> BaseResponse:
    known = serving().entity(iri)
    if known is None:
        raise NotFound("Nothing has this address.", remedy="Search for its name.")
    return _shown(lang, iri, known)


def _shown(lang: str, iri: str, known: Entity) -> BaseResponse:
    publication = current()
    if known.successor is not None and not known.withdrawn:
        return redirect(publication.links.page(known.successor, lang), 301)
    if known.withdrawn:
        raise Gone("This has been withdrawn.", successor=known.successor)
    page, version = serving().pool.page(iri, lang)
    serving().agree(version)
    if page is None:
        raise NotFound("Nothing is known about this.", remedy="Search for its name.")
    frame, texts = outline.outline_of(current_app, publication, lang, page)
    response = Response(frame.filled(texts), content_type="text/html; charset=utf-8")
    return signposts.signposted(response, signposts.of_thing(publication, iri, str(page.told["class"])))


def fields_of(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any context dataclass
    """Return the fields of a context as a template takes them, one level deep."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def explanations(publication: Publication, iri: str) -> Explanations:
    """Return which rule and which passages are behind the inferred triples of a thing."""
    return {key: Evidence(passages, rule) for key, (rule, passages) in publication.index.inferred(iri).items()}


def text_of(publication: Publication) -> Callable[[str], str | None]:
    """Return what finds a document's words by their checksum; None for words that are not here."""
    return written.text_of(publication.directory)

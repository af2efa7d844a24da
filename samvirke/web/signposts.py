"""Signposts: typed links by which programs find their way from a page to the name, data and licence of what it shows.

Duty: the `Link` headers of landing pages, and `/linkset`, where the same links stand as a document. Level 7; states
nothing that the settings, the schema and the generation do not say. Both are made from one list, so they agree; their
number does not grow with what is known of a thing, and what would make a header too long stands in the document only.
Standards: FAIR Signposting, https://signposting.org/FAIR/ · Linkset, https://www.rfc-editor.org/rfc/rfc9264 ·
Web Linking, https://www.rfc-editor.org/rfc/rfc8288
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, make_response, request

from samvirke.errors import Gone, NotFound
from samvirke.negotiate import Offer, choose
from samvirke.web.data import DUMPS, RDF
from samvirke.web.headers import redirect, vary
from samvirke.web.links import is_iri
from samvirke.web.publication import Publication, current, serving

__all__ = ["OFFERS", "Signpost", "blueprint", "header_of", "of_dataset", "of_thing", "signposted"]

blueprint = Blueprint("signposts", __name__)

OFFERS = (
    Offer("application/linkset+json", "json", aliases=("application/json",)),
    Offer("application/linkset", "txt", aliases=("text/plain",)),
)
LONGEST_HEADER = 4096
"""Characters: servers and proxies in between take 8 kB of headers, and these are not all."""
_SCHEMA_ORG = ("https://schema.org/", "http://schema.org/")
_URI = "/:@!$&'()*+,;=~-._?#[]%"


@dataclass(frozen=True, slots=True)
class Signpost:
    """One link: from a page (or, in the document, from data) by a relation to a target of a media type."""

    relation: str
    target: str
    media_type: str = ""


def of_thing(publication: Publication, iri: str, class_iri: str = "") -> tuple[Signpost, ...]:
    """Return where the page of a thing points. `class_iri` is the class that the page shows it as."""
    links = publication.links
    types = [one for one in (class_iri, *publication.schema.superclasses(class_iri)) if one.startswith(_SCHEMA_ORG)]
    return (
        Signpost("cite-as", _uri(iri)),
        Signpost("type", "https://schema.org/AboutPage"),
        *(Signpost("type", _uri(one)) for one in types[:1]),
        *_licence(publication),
        *(
            Signpost("describedby", links.canonical(links.data(iri, offer.extension)), offer.media_type)
            for offer in RDF
        ),
        *_linksets(publication, iri),
    )


def of_dataset(publication: Publication) -> tuple[Signpost, ...]:
    """Return where the page of the whole data set points: its descriptions, and its files as its content."""
    links = publication.links
    author = str((publication.settings.get("publisher") or {}).get("address") or "")
    described = [("text/turtle", "ttl"), ("application/ld+json", "jsonld")]
    return (
        Signpost("cite-as", f"{publication.base}data"),
        Signpost("type", "https://schema.org/AboutPage"),
        Signpost("type", "https://schema.org/Dataset"),
        *([Signpost("author", _uri(author))] if is_iri(author) else []),
        *_licence(publication),
        *(
            Signpost("describedby", f"{links.canonical(path)}?format={ending}", media_type)
            for path in (links.catalogue, links.void)
            for media_type, ending in described
        ),
        *(
            Signpost("item", links.canonical(links.dump(name)), media_type)
            for name, media_type in DUMPS.items()
            if (publication.directory / name).is_file()
        ),
        *_linksets(publication, ""),
    )


def header_of(signposts: Iterable[Signpost]) -> str:
    """Return the value of `Link`; of what is too long for a header, only the name and the documents with the rest."""
    spelt = [(one, _spelt(one)) for one in signposts]
    whole = ", ".join(text for _, text in spelt)
    if len(whole) <= LONGEST_HEADER:
        return whole
    short = ", ".join(text for one, text in spelt if one.relation in ("cite-as", "linkset"))
    return short if len(short) <= LONGEST_HEADER else ""


def signposted(body: str | Response, signposts: Iterable[Signpost]) -> Response:
    """Return a page with its signposts."""
    response = make_response(body)
    if value := header_of(signposts):
        response.headers.add("Link", value)
    return response


def _licence(publication: Publication) -> list[Signpost]:
    address = str((publication.settings.get("licence") or {}).get("address") or "")
    return [Signpost("license", _uri(address))] if is_iri(address) else []


def _linksets(publication: Publication, iri: str) -> list[Signpost]:
    about = f"about={quote(iri, safe='')}&" if iri else ""
    return [
        Signpost("linkset", f"{publication.base}linkset?{about}format={one.extension}", one.media_type)
        for one in OFFERS
    ]


def _uri(iri: str) -> str:
    """Return an address as a header may hold it: what RFC 3986 has no sign for is percent-encoded."""
    return quote(iri, safe=_URI)


def _spelt(one: Signpost, anchor: str = "") -> str:
    media_type = f'; type="{one.media_type}"' if one.media_type else ""
    return f'<{one.target}>; rel="{one.relation}"{media_type}' + (f'; anchor="{anchor}"' if anchor else "")


# ---------------------------------------------------------------- the document


@blueprint.get("/linkset")
def linkset() -> Response:
    """Answer all links of a thing's pages and of its data, or those of the whole data set."""
    publication = current()
    offer = choose(request.headers.get("Accept"), OFFERS, query_format=request.args.get("format"))
    iri = request.args.get("about", "")
    if iri:
        known = serving().entity(iri)
        if known is None:
            raise NotFound("Nothing has that address.", remedy="Search for its name.")
        if known.withdrawn:
            raise Gone("This has been withdrawn.", successor=known.successor)
        if known.successor is not None:
            query = urlencode({"about": known.successor, "format": offer.extension})
            return redirect(301, f"/linkset?{query}", "Accept")
        pages = [publication.links.page(iri, lang) for lang in publication.languages]
        posts = of_thing(publication, iri, known.class_iri)
    else:
        pages = [publication.links.dataset(lang) for lang in publication.languages]
        posts = of_dataset(publication)
    anchored = _anchored([_uri(publication.links.canonical(page)) for page in pages], posts)
    write = _as_json if offer is OFFERS[0] else _as_text
    response = Response(write(anchored), content_type=offer.media_type)
    vary(response, "Accept")
    return response


def _anchored(pages: list[str], posts: Iterable[Signpost]) -> dict[str, list[Signpost]]:
    """Return the links by what they start from: the pages, and back to those from data (`describes`, `collection`)."""
    back = {"describedby": "describes", "item": "collection"}
    found = {page: list(posts) for page in pages}
    for post in posts:
        if post.relation in back:
            found[post.target] = [Signpost(back[post.relation], page, "text/html") for page in pages]
    return found


def _as_json(anchored: dict[str, list[Signpost]]) -> str:
    contexts: list[dict[str, object]] = []
    for anchor, posts in anchored.items():
        context: dict[str, object] = {"anchor": anchor}
        for relation in dict.fromkeys(post.relation for post in posts):
            context[relation] = [
                {"href": post.target, **({"type": post.media_type} if post.media_type else {})}
                for post in posts
                if post.relation == relation
            ]
        contexts.append(context)
    return json.dumps({"linkset": contexts}, indent=1) + "\n"


def _as_text(anchored: dict[str, list[Signpost]]) -> str:
    return ",\n".join(_spelt(post, anchor) for anchor, posts in anchored.items() for post in posts) + "\n"

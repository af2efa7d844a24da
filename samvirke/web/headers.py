"""What every answer carries besides its body.

Duty: security headers, entity tags and 304, CORS, and locations without a host – in one place, on
each answer, errors included. Level 7. Must not read the request's host.
Sources: https://www.w3.org/TR/CSP3/ · https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 ·
https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from flask import Flask, Response, g, request
from werkzeug.routing import RequestRedirect

from samvirke import __version__
from samvirke.web.publication import Publication, serving

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "NOT_KEPT",
    "dressed",
    "entity_tag",
    "install",
    "link",
    "of_page",
    "redirect",
    "vary",
]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
VERSION_HEADER = "Samvirke-Generation"
NOT_KEPT = "no-store"
_REVALIDATE = "public, no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"
_EXPOSED = f"ETag, Link, Retry-After, {VERSION_HEADER}"
_HTML = "text/html; charset=utf-8"
_OK, _FOUND = 200, 300
_PREFLIGHT_SECONDS = "86400"


def install(app: Flask) -> None:
    """Hook the headers into an application."""
    app.before_request(_leads_on)
    app.before_request(_unchanged_page)
    app.after_request(_dress)


@cache
def _engine() -> str:
    """The checksum of the interface itself: a page changes when its template does, not only with the data."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".py", ".html", ".po", ".css", ".js", ".md"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def entity_tag(publication: Publication, representation: str, address: str | None = None) -> str:
    """Return the strong tag of what an address answers in one representation (its content type).

    It holds as long as the generation and the software do: pages and data are functions of these and the address.
    """
    address = request.full_path if address is None else address
    digest = _begun(publication.version, publication.hash).copy()
    digest.update(f"{address}\n{representation}".encode())
    return digest.hexdigest()[:32]


@lru_cache(maxsize=8)
def _begun(version: str, checksum: str) -> hashlib._Hash:
    """What all tags of a generation begin with."""
    return hashlib.sha256(f"{_engine()}\n{version}\n{checksum}\n".encode())


def vary(response: Response, *names: str) -> None:
    """Say which request headers the answer depends on."""
    response.vary.update(names)


def link(response: Response, target: str, relation: str, **attributes: str) -> None:
    """Add a `Link` header. The target is an address this module's callers made, so it holds no `>`.

    Source: https://www.rfc-editor.org/rfc/rfc8288#section-3
    """
    named = "".join(f'; {name}="{value}"' for name, value in attributes.items())
    response.headers.add("Link", f'<{target}>; rel="{relation}"{named}')


def redirect(status: int, target: str, *varies: str) -> Response:
    """Lead to another address; `varies` are the request headers that chose it."""
    response = Response(f"{target}\n", status, {"Location": target}, content_type="text/plain; charset=utf-8")
    vary(response, *varies)
    return response


def _leads_on() -> Response | None:
    """Answer what a browser asks before it sends something, where the router would lead on: to that, none follows.

    Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    if request.method != "OPTIONS" or not isinstance(request.routing_exception, RequestRedirect):
        return None
    return Response(headers={"Allow": "GET, HEAD, OPTIONS"})


def _unchanged_page() -> Response | None:
    """Answer 304 before a page is made: a page in a language has one representation, so its tag is known."""
    if request.method not in ("GET", "HEAD") or "If-None-Match" not in request.headers or request.url_rule is None:
        return None
    if "lang" not in (request.view_args or {}):
        return None
    publication = serving().publication
    tag = entity_tag(publication, _HTML)
    # A star means "if there is anything at all", and whether there is a page here is not known yet.
    if request.if_none_match.star_tag or not request.if_none_match.contains(tag):
        return None
    response = Response(status=304, headers={"Cache-Control": _REVALIDATE})
    response.set_etag(tag)
    return response


ON_EVERY_ANSWER: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    # Scripts of other sites may read: all is public, and no cookie or token is ever taken along.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": _EXPOSED,
}


def of_page(publication: Publication, path: str, signposts: str = "") -> list[tuple[str, str]]:
    """Return what a page at a path without a query carries, as `_dress` would have it; `signposts` is its `Link`."""
    tag = entity_tag(publication, _HTML, f"{path}?")
    named = [("Content-Type", _HTML), ("Cache-Control", _REVALIDATE), ("ETag", f'"{tag}"')]
    named += [("Link", signposts)] if signposts else []
    return [*named, *dressed(publication.version)]


def dressed(version: str) -> list[tuple[str, str]]:
    """Return what an answer from a generation carries, for answers that Flask does not make."""
    return [*ON_EVERY_ANSWER.items(), (VERSION_HEADER, version)]


def _dress(response: Response) -> Response:
    """Give an answer its headers."""
    headers = response.headers
    for name, value in ON_EVERY_ANSWER.items():
        headers.setdefault(name, value)  # What may be shown inside other programs has a policy of its own.
    publication: Publication | None = g.get("publication")
    if publication is not None:
        headers.setdefault(VERSION_HEADER, publication.version)  # A file of a generation has named its own.
    _allow_other_origins(response)
    _keep_location_here(response)
    return _tag(response, publication)


def _allow_other_origins(response: Response) -> None:
    """Answer the question of a browser whether a script of another site may send what it is about to."""
    headers = response.headers
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", "GET, HEAD, OPTIONS")
        headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, Content-Type, If-None-Match"
        headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS


def _keep_location_here(response: Response) -> None:
    """Strip scheme and host off a redirect that the router made, and let no path pass for a host (`//evil`)."""
    location = response.headers.get("Location")
    if location is None or not (location.startswith("/") or request.host_url.rstrip("/") in location):
        return
    path = "/" + re.sub(r"^[a-z]+://[^/]*", "", location, flags=re.IGNORECASE).lstrip("/\\")
    response.headers["Location"] = path
    if path != location:  # The router's own page repeats the host.
        response.set_data(f"{path}\n")
        response.content_type = "text/plain; charset=utf-8"


def _tag(response: Response, publication: Publication | None) -> Response:
    """Set the entity tag and how long the answer may be kept, and answer 304 when the client has it."""
    if request.method not in ("GET", "HEAD"):
        return response
    if request.endpoint == "static":
        response.headers["Cache-Control"] = _FOR_EVER if "v" in request.args else _REVALIDATE
        return response
    headers = response.headers
    if response.status_code >= _FOUND:
        headers.setdefault("Cache-Control", "no-cache")
        return response
    if headers.get("Cache-Control") == NOT_KEPT or publication is None or response.status_code != _OK:
        return response
    headers.setdefault("Cache-Control", _REVALIDATE)
    if "ETag" not in headers and request.path != "/sparql":
        response.set_etag(entity_tag(publication, headers.get("Content-Type", "")))
    if "ETag" in headers:
        response.make_conditional(request, accept_ranges=False)
    return response

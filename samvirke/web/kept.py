"""Pages that have been made once in this generation.

Duty: keep finished pages in memory, a bounded number of bytes, by generation and address. Level 7.
A page in a language is a function of these two alone: no cookie and no header of the client enters
it, so what one reader got is what the next one gets. A new generation never sees an old page.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from flask import Flask, Response, g, request

from samvirke.web.publication import serving

__all__ = ["LARGEST_PAGE_BYTES", "MOST_BYTES", "Kept", "install"]

MOST_BYTES = 32 << 20
LARGEST_PAGE_BYTES = 1 << 20
_OK = 200
_EXTENSION = "samvirke.kept"


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


class Kept:
    """Pages by generation and address; those not asked for longest make room first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Keep at most `most_bytes` of page bodies."""
        self._most_bytes = most_bytes
        self._pages: OrderedDict[tuple[str, str], Page] = OrderedDict()
        self._lock = threading.Lock()
        self.size_bytes = 0

    def get(self, version: str, address: str) -> Page | None:
        """Return a page, or None."""
        with self._lock:
            page = self._pages.get((version, address))
            if page is not None:
                self._pages.move_to_end((version, address))
            return page

    def put(self, version: str, address: str, page: Page) -> None:
        """Keep a page, unless it is too large to be worth it."""
        if len(page.body) > min(LARGEST_PAGE_BYTES, self._most_bytes):
            return
        with self._lock:
            before = self._pages.pop((version, address), None)
            self.size_bytes += len(page.body) - (0 if before is None else len(before.body))
            self._pages[version, address] = page
            while self.size_bytes > self._most_bytes:
                _, oldest = self._pages.popitem(last=False)
                self.size_bytes -= len(oldest.body)


def install(app: Flask) -> None:
    """Answer pages that are kept, and keep those that are made."""
    kept = app.extensions[_EXTENSION] = Kept()

    @app.before_request
    def known_page() -> Response | None:
        if not _is_page():
            return None
        page = kept.get(serving().publication.version, request.full_path)
        if page is None:
            return None
        g.kept = True
        return Response(page.body, headers=list(page.headers))

    @app.after_request
    def keep_page(response: Response) -> Response:
        worth = request.method == "GET" and response.status_code == _OK and not response.is_streamed
        if worth and _is_page() and "kept" not in g and response.headers.get("Cache-Control") != "no-store":
            page = Page(response.get_data(), tuple(response.headers))
            kept.put(serving().publication.version, request.full_path, page)
        return response


def _is_page() -> bool:
    """Say whether the request is for a page in a language: nothing else is kept here."""
    return request.method in ("GET", "HEAD") and "lang" in (request.view_args or {})

"""Pages about things, answered without a thread and without Flask.

Duty: from the address of a thing's page to its page, where all is plain: a thing below `id/` in a language of the
site. Level 7. Whatever is not – a thing that moved, is gone or unknown, a query string, a client that has the page
already – is left to Flask, whose answer to the same address has the same bytes and headers: `None` says so.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from samvirke.web.front.reply import Reply
from samvirke.web.headers import of_page
from samvirke.workers.scribes import Scribes

if TYPE_CHECKING:
    from flask import Flask

    from samvirke.web.front.application import Incoming
    from samvirke.web.publication import Publication
    from samvirke.workers.pool import Pool

__all__ = ["Pages"]

_ADDRESS = re.compile(r"/([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)/(id/[A-Za-z0-9._~-]+)")
"""A language and the part of an address below the base that is written as it is: no other can be meant by it."""


class Pages:
    """Answers requests for things' pages from one event loop."""

    def __init__(self, app: Flask, pool: Pool) -> None:
        """Have pages written by workers of `pool`, and framed as `app` frames them."""
        self._app = app
        self._scribes = Scribes(pool)

    async def prepare(self) -> None:
        """Have workers stand by."""
        await self._scribes.prepare()

    async def close(self) -> None:
        """Let the workers go."""
        await self._scribes.close()

    async def answer(self, incoming: Incoming, newest: Callable[[], Awaitable[Publication]]) -> Reply | None:
        """Answer a request for a thing's page; None when it is for something else. Raises: as `Scribes.page`."""
        match = _ADDRESS.fullmatch(incoming.path)
        if match is None or incoming.query_string or "if-none-match" in incoming.headers:
            return None
        publication = await newest()
        lang, local = match.groups()
        if lang not in publication.languages:
            return None
        page, version = await self._scribes.page(f"{publication.base}{local}", lang, client=incoming.client)
        if page is None or version != publication.version:
            return None
        from samvirke.web import signposts  # noqa: PLC0415 - brings Flask's world along
        from samvirke.web.outline import outline_of  # noqa: PLC0415 - the same

        outline, texts = outline_of(self._app, publication, lang, page)
        posts = signposts.of_thing(publication, f"{publication.base}{local}", str(page.told["class"]))
        return Reply(200, of_page(publication, incoming.path, signposts.header_of(posts)), outline.filled(texts))

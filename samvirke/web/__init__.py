"""The web tier: pages, data and the endpoint over one published site.

Duty: `create_app` wires the rooms together and decides nothing. Level 7. Loads neither a validator
nor a reasoner, and opens no store: what is asked is answered by the worker processes.
Source: https://flask.palletsprojects.com/patterns/appfactories/
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from samvirke.settings import Limits
    from samvirke.workers.pool import Pool

__all__ = ["create_app"]

ROOMS = (
    "history",
    "graph_answers",
    "graph_pages",
    "robots",
    "protocol",
    "updates",
    "graph_store",
    "console",
    "completion",
    "shares",
    "queries",
    "pages",
    "picture_pages",
    "search_pages",
    "data",
    "addresses",
    "manual",
    "void",
    "catalogue",
    "reconcile",
    "openapi",
    "signposts",
    "ldes",
)
"""Modules with a `blueprint`. The order does not matter: no two of them share an address."""

WRITER = "samvirke.web.written"
"""What the worker processes write pages with: named to them, for they stand on a lower floor."""


def create_app(
    state: Path | str,
    *,
    pool: Pool | None = None,
    limits: Limits | None = None,
    token_sha256: str = "",
    writable: bool = False,
    free_bytes: int | None = None,
    federation: Iterable[str] = (),
    federation_private: Iterable[str] = (),
) -> Flask:
    """Return the application that serves what is published in a state folder.

    `token_sha256` is the hexadecimal checksum of the token that writes to a scratch store need; `writable`: writes are
    taken with the tokens of the state folder, and leave `free_bytes` of the disk. Without either there are no writes.
    Queries may ask the servers of the origins in `federation`; those in `federation_private` in a private net, too.
    Reads:  `state`/current and the generation it names; both again when a new one is published. Where the site is
            writable, `state`/tokens.json, again when it changes.
    Writes: `state`/shared, the queries that got a short address; nothing where it cannot. Starts the worker processes,
            unless a running `pool` is given.
    """
    # Imported here because they bring Flask's world along; what writes pages in the worker processes needs none of it.
    from flask import Flask  # noqa: PLC0415 - see above

    from samvirke.tokens import Tokens  # noqa: PLC0415 - see above
    from samvirke.web import errors, headers, languages, layout, publication, shares  # noqa: PLC0415 - see above

    if pool is None:
        from samvirke.settings import Limits as DefaultLimits  # noqa: PLC0415 - only needed here
        from samvirke.workers.pool import Pool as Workers  # noqa: PLC0415 - only needed here

        pool = Workers.start(Path(state), limits or DefaultLimits(), writable=writable, free_bytes=free_bytes)
    if origins := tuple(federation):
        from samvirke.federation import Federation  # noqa: PLC0415 - off unless the operator says otherwise

        pool.abroad = Federation(origins, federation_private, limits=pool.limits)
    pool.writer = WRITER
    app = Flask("samvirke.web", static_folder="static", template_folder="templates")
    app.config.update(
        MAX_CONTENT_LENGTH=pool.limits.body_bytes,
        MAX_FORM_MEMORY_SIZE=pool.limits.body_bytes,
        MAX_FORM_PARTS=100,
        TRAP_BAD_REQUEST_ERRORS=False,
    )
    # The router's own redirect would name the host; `headers` makes it a path of this server.
    app.url_map.merge_slashes = False
    app.extensions[publication.EXTENSION] = publication.Serving(
        pool, shares.Shares(Path(state)), token_sha256=token_sha256, tokens=Tokens(Path(state)) if writable else None
    )
    errors.install(app)
    languages.install(app)
    headers.install(app)
    layout.install(app)
    for room in ROOMS:
        app.register_blueprint(import_module(f"samvirke.web.{room}").blueprint)
    return app

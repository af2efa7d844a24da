"""Short addresses of queries: `/q/<name>`.

Duty: keep the text of a query in the state folder under a name made of its own checksum, and lead from the name to the
page that asks it. Level 7. Kept are texts that a worker has taken for queries, never answers: bounded in number and in
size, so many for each client. They outlive a restart and every generation, and none is given up for another: when the
room is taken, no more are made. Where the folder cannot be written to, none are offered.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import secrets
import threading
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from samvirke import sparql
from samvirke.errors import AnswerTooLarge, DiskFull, NotFound, QueryTimeout, StoreError, TooManyRequests, WrongUse
from samvirke.generations import SHARED
from samvirke.settings import Limits
from samvirke.tokens import Rates
from samvirke.web.bodies import read_body
from samvirke.web.headers import NOT_KEPT, redirect
from samvirke.web.languages import neutral_redirect_language
from samvirke.web.protocol import check_kind, one_parameter, placed, read_parameters
from samvirke.web.publication import current, serving
from samvirke.workers.pool import QueryRequest

__all__ = ["MOST", "MOST_BYTES", "PER_MINUTE", "Shares", "blueprint", "name_of"]

blueprint = Blueprint("shares", __name__)

MOST = 10_000
"""Queries that are kept."""
MOST_BYTES = 64 << 20
"""What all of them may take."""
PER_MINUTE = 12
"""New ones that a client may have kept in a minute."""
_NAME = re.compile(r"[a-z2-7]{16}")
_NAME_BYTES = 10
_TRIED_MS = 1_000
_ENDING = ".rq"
_SAME_SITE = ("same-origin", "none")


class Shares:
    """The queries kept in a state folder. Safe to use from several threads, and beside other processes."""

    def __init__(self, state: Path, *, most: int = MOST, per_minute: int = PER_MINUTE) -> None:
        """Take the state folder; whether it can be written to is tried once, now."""
        self._folder = state / SHARED
        self._most = most
        self._per_minute = per_minute
        self._rates = Rates()
        self._lock = threading.Lock()
        self.offered = self._can_write()

    def _can_write(self) -> bool:
        folder = self._folder if self._folder.exists() else self._folder.parent
        probe = folder / f".{secrets.token_hex(8)}"
        try:
            probe.touch()
            probe.unlink()
        except OSError:
            return False
        return True

    def read(self, name: str) -> str:
        """Return the query of a name. Raises: NotFound."""
        if _NAME.fullmatch(name):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                return (self._folder / f"{name}{_ENDING}").read_bytes().decode("utf-8")
        raise NotFound(
            "There is no query of this short address.", remedy="Ask who gave it to you for the query itself."
        )

    def knows(self, text: str) -> bool:
        """Return whether a query has its short address already."""
        try:
            return self.read(name_of(text)) == text
        except NotFound:
            return False

    def count_for(self, client: str) -> None:
        """Count one more for a client. Raises: TooManyRequests."""
        try:
            self._rates.take(client, self._per_minute)
        except TooManyRequests as error:
            raise TooManyRequests(
                f"You have made {self._per_minute} short addresses in a minute, and more are not made.",
                retry_after_s=error.retry_after_s,
                remedy="Wait a little. The long address works without one.",
            ) from None

    def keep(self, text: str) -> str:
        """Keep a query, and return its name: all of it is on the disk then. Raises: DiskFull; StoreError.

        Who calls has seen to it that it is a query and not too long.
        """
        name, data = name_of(text), text.encode()
        path = self._folder / f"{name}{_ENDING}"
        fresh = self._folder / f".{secrets.token_hex(8)}"
        with self._lock:
            try:
                self._folder.mkdir(exist_ok=True)
                self._check_room(len(data))
                try:
                    with fresh.open("xb") as file:
                        file.write(data)
                        file.flush()
                        os.fsync(file.fileno())
                    fresh.rename(path)
                    descriptor = os.open(self._folder, os.O_RDONLY)
                    try:
                        os.fsync(descriptor)  # The name, too: an address that was given out stays.
                    finally:
                        os.close(descriptor)
                finally:
                    fresh.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(
                    f"The query cannot be kept: {error.strerror}.", remedy="Use the long address."
                ) from error
        return name

    def _check_room(self, more_bytes: int) -> None:
        """Look how much there is; other processes may have added some. Raises: DiskFull."""
        with os.scandir(self._folder) as entries:
            sizes = [entry.stat().st_size for entry in entries]
        if len(sizes) >= self._most or sum(sizes) + more_bytes > MOST_BYTES:
            raise DiskFull(
                f"{len(sizes)} queries have a short address, and more are not kept.",
                remedy="Use the long address, or ask the operator for room.",
            )


def name_of(text: str) -> str:
    """Return the name of a query: eighty bits of its checksum, in letters that cannot be misread."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()[:_NAME_BYTES]).decode().lower()


@blueprint.get("/q/<name>")
def short(name: str) -> Response:
    """Lead from a short address to the page that asks the query, in the client's language."""
    serving().shares.read(name)
    view = request.args.get("view", "")
    target = f"/{neutral_redirect_language()}/sparql?{urlencode({'shared': name, **({'view': view} if view else {})})}"
    return redirect(303, target, "Accept-Language")


@blueprint.post("/<language:lang>/sparql/share")
def share(lang: str) -> Response:
    """Keep the query of a form, and lead to its page, which tells the short address.

    Raises: what is wrong with it as a query; TooManyRequests; DiskFull; WrongUse.
    """
    found = serving()
    if request.headers.get("Sec-Fetch-Site", "none") not in _SAME_SITE:
        raise WrongUse("Pages of other sites do not make short addresses here.", remedy="Open the page of queries.")
    if not found.shares.offered:
        raise StoreError("Short addresses are not made here.", remedy="Use the long address.")
    check_kind(request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", "identity"))
    parameters = read_parameters(read_body(), "the form")
    text = (one_parameter(parameters, "query") or "").replace("\r\n", "\n")
    client = request.remote_addr or "unknown"
    if not found.shares.knows(text):
        _check(text, found.pool.limits, client)
        found.shares.count_for(client)
        found.shares.keep(text)
    response = redirect(303, current().links.sparql(lang, shared=name_of(text)))
    response.headers["Cache-Control"] = NOT_KEPT
    return response


def _check(text: str, limits: Limits, client: str) -> None:
    """Have a worker read the query. One that runs out of time or room was read, and is one."""
    with placed(text):
        sparql.check_size(text, limits)
        form = sparql.classify(text)
        kind = "application/sparql-results+json" if form in ("SELECT", "ASK") else "application/n-triples"
        timeout_ms = min(_TRIED_MS, limits.timeout_ms)
        asked = QueryRequest(text=text, media_type=kind, client=client, timeout_ms=timeout_ms)
        with contextlib.suppress(QueryTimeout, AnswerTooLarge):
            serving().pool.query(asked).body.close()

"""Queries with nothing unusual about them, straight from the request to a worker and back.

Duty: GET of the endpoint with a query and nothing else, for which no task, no thread and no dictionary of headers is
needed. Level 7. What is unusual in any way – another parameter, a conditional request, an error – is left to the
front's long way: `None` says so, and its answers have the same bytes and headers.
Standard: SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/#query-via-get
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from samvirke import sparql
from samvirke.errors import SamvirkeError
from samvirke.negotiate import Offer
from samvirke.sparql.formats import offer_for
from samvirke.web.front import codings
from samvirke.web.front.kept import Kept, KeptAnswer
from samvirke.web.headers import dressed
from samvirke.web.protocol import PAGE, Plan, Question, heads, unquoted
from samvirke.workers.wire import Errand

if TYPE_CHECKING:
    from samvirke.web.publication import Publication
    from samvirke.workers.answers import Answer
    from samvirke.workers.desk import Desk
    from samvirke.workers.pool import Pool
    from samvirke.workers.request import Request

__all__ = ["Ride", "Straight"]

_PARAMETER = "query="
_UNUSUAL = ("content-length", "transfer-encoding", "content-encoding", "if-none-match")
_MOST_REMEMBERED = 512
"""What clients write again and again is looked up; of what they make up, no more than this is kept."""

Headers = list[tuple[str, str]]


@dataclass(slots=True, eq=False)
class Ride:
    """A query on its way: what its worker's answer is given to, and what the server waits for."""

    straight: Straight
    scope: Any
    protocol: Any
    address: str
    accept: str | None
    found: Plan
    publication: Publication
    over: asyncio.Future[None]
    errand: Errand | None = None
    watching: asyncio.Future[Any] | None = None

    def __await__(self) -> Generator[Any, None, None]:
        """Wait until the answer is sent; who stops waiting calls the question off."""
        try:
            yield from self.over
        except asyncio.CancelledError:
            self.leave()

    def done(self) -> bool:
        """Say whether nobody waits any more."""
        return self.over.done()

    def set_result(self, answer: Answer, /) -> None:
        """Send the answer."""
        self._ashore()
        self.straight.send(self, answer)

    def set_exception(self, error: BaseException, /) -> None:
        """Have the application tell what came in place of an answer."""
        self._ashore()
        self.straight.tell(self, error)

    def watch(self) -> None:
        """See whether the client is still there: the answer takes longer than most."""
        self.watching = asyncio.ensure_future(self.protocol.client_disconnect())
        self.watching.add_done_callback(self._gone)

    def leave(self) -> None:
        """Call the question off: nobody waits for it any more."""
        errand = self.errand
        self._ashore()
        if errand is not None:
            self.straight.desk.call_off(errand)

    def _gone(self, watching: asyncio.Future[Any]) -> None:
        if not watching.cancelled() and not self.over.done():
            self.leave()
            self.over.set_result(None)

    def _ashore(self) -> None:
        if self.errand is not None:
            self.straight.desk.let_go(self.errand)
            self.errand = None
        if self.watching is not None:
            self.watching.cancel()


class Straight:
    """Takes usual queries from one event loop."""

    def __init__(
        self,
        pool: Pool,
        desk: Desk,
        kept: Kept,
        slowly: Callable[[Ride, Answer | BaseException], Coroutine[Any, Any, None]],
    ) -> None:
        """Ask on `desk`, keep in `kept`; `slowly` sends what takes more than a moment to send, or is an error."""
        self._pool = pool
        self.desk = desk
        self._kept = kept
        self._slowly = slowly
        self._most_bytes = pool.limits.query_bytes
        self._offers: dict[tuple[str, str | None], Offer] = {}
        self._usual: dict[str, Request] = {}
        self._heads: dict[tuple[Offer, str], tuple[Headers, Headers]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, scope: Any, headers: Any, protocol: Any, publication: Publication, client: str) -> Ride | None:  # noqa: ANN401 - the server's own types
        """Have a usual query answered; None when it is none, or cannot be asked now: the long way says why."""
        query_string: str = scope.query_string
        if not query_string.startswith(_PARAMETER) or "&" in query_string or not query_string.isascii():
            return None
        if any(map(headers.__contains__, _UNUSUAL)):
            return None
        data = unquoted(query_string[len(_PARAMETER) :].encode("ascii"))
        accepted = headers.get_all("accept")
        if len(data) > self._most_bytes or len(accepted) > 1:
            return None
        try:
            found = self._plan(data.decode("utf-8"), accepted[0] if accepted else None)
            if found is None:
                return None
            self._pool.budget.check(client)
        except (SamvirkeError, UnicodeDecodeError):
            return None
        loop = asyncio.get_running_loop()
        accept = accepted[0] if accepted else None
        ride = Ride(
            self, scope, protocol, f"{scope.path}?{query_string}", accept, found, publication, loop.create_future()
        )
        errand = Errand(self._question(found.offer), client, found.form, ride, monotonic(), ride.watch, data)
        ride.errand = errand
        try:
            self.desk.take(errand, loop)
        except SamvirkeError as error:
            ride.set_exception(error)
        return ride

    def _plan(self, text: str, accept: str | None) -> Plan | None:
        """Return what a usual query comes to. Raises: as `protocol.plan`, whose answer this is."""
        form = sparql.classify(text)
        offer = self._offers.get((form, accept))
        if offer is None:
            offer = offer_for(form, accept, also=(PAGE,))
            if len(self._offers) < _MOST_REMEMBERED:
                self._offers[form, accept] = offer
        if offer is PAGE or (self._pool.abroad is not None and sparql.may_ask_others(text)):
            return None
        return Plan(Question(text, (), (), None), form, offer, not sparql.varies(text))

    def _question(self, offer: Offer) -> Request:
        found = self._usual.get(offer.media_type)
        if found is None:
            found = self._usual[offer.media_type] = self.desk.usual._replace(media_type=offer.media_type)
        return found

    # ------------------------------------------------------------ what goes out

    def send(self, ride: Ride, answer: Answer) -> None:
        """Send an answer at once if it is small, and goes out as it is."""
        body, found, publication = answer.body, ride.found, ride.publication
        codable = body.length >= codings.LEAST_BYTES
        if body.descriptor is not None or (
            codable and codings.choose_coding(ride.scope.headers.get("accept-encoding"))
        ):
            self._do(ride, answer)
            return
        data, version = body.read(), answer.version
        known, unknown = self._head(found.offer, version)
        if found.keeps and version == publication.version:
            tag = found.tag(publication)
            headers = [*known, ("ETag", f'"{tag}"')]
            ride.protocol.response_bytes(200, headers, data)
            self._kept.put_for(
                version, ride.address, ("accept",), (ride.accept,), KeptAnswer(headers, tag, data, codable)
            )
        else:
            ride.protocol.response_bytes(200, unknown, data)
        if not ride.over.done():
            ride.over.set_result(None)

    def tell(self, ride: Ride, error: BaseException) -> None:
        """Have an error told."""
        self._do(ride, error)

    def _do(self, ride: Ride, outcome: Answer | BaseException) -> None:
        task = asyncio.ensure_future(self._slowly(ride, outcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: None if ride.over.done() else ride.over.set_result(None))

    def _head(self, offer: Offer, version: str) -> tuple[Headers, Headers]:
        """Return the headers of an answer that may be kept, all but its entity tag, and of one that may not."""
        found = self._heads.get((offer, version))
        if found is None:
            if len(self._heads) > _MOST_REMEMBERED:
                self._heads.clear()
            more = dressed(version)
            known, unknown = heads(offer)
            found = self._heads[offer, version] = [*known, *more], [*unknown, *more]
        return found

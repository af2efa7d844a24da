"""The event loop's side of the server.

Duty: from a request of the HTTP server to an answer sent, once. Level 7. What an answer says is decided
elsewhere: by the protocol for queries, by Flask for the rest; here it is found, coded, kept and sent.
An answer is complete before its first byte goes out: the server ends a chunked body cleanly even when its
maker fails, so a body cut short could not be told from a whole one.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from granian._granian import RSGIProtocolClosed as ProtocolClosed
from werkzeug.exceptions import (
    BadRequest,
    LengthRequired,
    RequestEntityTooLarge,
    RequestTimeout,
)
from werkzeug.exceptions import NotImplemented as Unimplemented

from samvirke.errors import SamvirkeError
from samvirke.web.front import codings
from samvirke.web.front.application import Incoming, ask_application
from samvirke.web.front.kept import Kept, KeptAnswer
from samvirke.web.front.pages import Pages
from samvirke.web.front.reply import Reply
from samvirke.web.front.sending import Sender
from samvirke.web.front.straight import Ride, Straight
from samvirke.web.headers import dressed
from samvirke.web.protocol import PAGE, Call, CodedBody, Plan, placed, plan, read_parameters
from samvirke.web.publication import Publication, serving
from samvirke.web.wishes import read_wish, request_of
from samvirke.web.writing import ADDRESSES, may_send
from samvirke.workers.answers import Answer, Body
from samvirke.workers.desk import Desk

if TYPE_CHECKING:
    from flask import Flask

    from samvirke.workers.pool import QueryRequest

__all__ = ["Front"]

logger = logging.getLogger(__name__)

THREADS = 32
"""Requests that Flask answers at once. Queries and kept answers need none of them."""
_SLOW_CODING_BYTES = 64 << 10
"""A body that takes more than a millisecond to compress is compressed in a thread."""
_TEMPLATES_AFTER_S = 1.5
"""When the templates are compiled: not before the first answer, which may need none of them."""
_ENDPOINT = "/sparql"
_QUERY_PAGE = re.compile(r"/[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*/sparql")
_WITH_BODY = ("POST", "PUT", "PATCH")
_MOST_HOSTS = 64
_HOST = re.compile(r"[A-Za-z0-9._~%!$&'()*+;=-]+(?::[0-9]*)?|\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")


class Front:
    """An application for an RSGI server; a WSGI server calls it and gets Flask behind the same kept answers."""

    def __init__(self, app: Flask, *, trusted_proxies: int = 0) -> None:
        """Stand before `app`; `trusted_proxies` is how many proxies in front are believed who the client is."""
        self.app = app
        self._serving = serving(app)
        self._pool = self._serving.pool
        limits = self._limits = self._pool.limits
        self._proxies = trusted_proxies
        self._kept = Kept(limits.cache_bytes)
        self._desk = Desk(self._pool)
        self._pages = Pages(app, self._pool)
        self._straight = Straight(self._pool, self._desk, self._kept, self._finish)
        self._hosts: set[str] = set()
        """Values of `Host` that were found right."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="flask")
        self._sender = Sender()
        self._version = ""
        self._publication: Publication | None = None

    # ------------------------------------------------------------ RSGI

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have workers stand by; from now on threads ask through this loop, too."""

        def ask(request: QueryRequest, form: str) -> Answer:
            return asyncio.run_coroutine_threadsafe(self._desk.query(request, form), loop).result()

        self._pool.desk = ask
        self._tasks = [loop.create_task(self._desk.prepare()), loop.create_task(self._sender.watch())]
        loop.call_later(_TEMPLATES_AFTER_S, lambda: self._threads.submit(self._prepare_templates))
        loop.call_later(_TEMPLATES_AFTER_S, lambda: self._tasks.append(loop.create_task(self._pages.prepare())))

    def _prepare_templates(self) -> None:
        """Compile what pages are made of before the first one is asked for: the slowest takes a tenth of a second."""
        environment = self.app.jinja_env
        for name in environment.list_templates(extensions=["html"]):
            environment.get_template(name)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the workers go."""
        self._pool.desk = None
        for task in self._tasks:
            task.cancel()
        loop.run_until_complete(self._pages.close())
        loop.run_until_complete(self._desk.close())

    def __rsgi__(self, scope: Any, protocol: Any) -> Awaitable[None]:  # noqa: ANN401 - the server's own types
        """Answer one request: at once, by a usual query, or the long way."""
        try:
            at_once = self._at_once(scope, protocol)
        except Exception:
            self._failed(protocol)
            return _Done()
        return self._the_long_way(scope, protocol) if at_once is None else at_once

    async def _the_long_way(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - the same
        try:
            await self._answer(scope, protocol)
        except asyncio.CancelledError:
            return  # The client has left; nobody waits for an answer.
        except Exception:
            self._failed(protocol)

    @staticmethod
    def _failed(protocol: Any) -> None:  # noqa: ANN401 - the same
        """Tell of a mistake of ours. The edge of the process: nothing below may end a connection without an answer."""
        logger.exception("a request failed in front of the application")
        protocol.response_str(500, [("content-type", "text/plain")], "Something went wrong on the server.\n")

    def _at_once(self, scope: Any, protocol: Any) -> Awaitable[None] | None:  # noqa: ANN401 - the same
        """Answer what was answered before, or have a usual query answered; None for all else."""
        if scope.proto != "http" or scope.method != "GET":
            return None
        path, headers, version = scope.path, scope.headers, self._pool.version
        host = headers.get("host") or scope.authority or ""
        if host not in self._hosts and not self._right_host(host):
            return None
        found = self._kept.find(version, f"{path}?{scope.query_string}", headers.get)
        if found is not None:
            coding = codings.choose_coding(headers.get("accept-encoding")) if found.codable else ""
            if coding and coding not in found.codings:
                return None
            self._send_kept(protocol, "GET", found, coding, headers.get("if-none-match"))
            return _Done()
        if path != _ENDPOINT or self._publication is None or version != self._version:
            return None
        peer: str = scope.client.rpartition(":")[0].strip("[]")
        if self._proxies:
            peer = _behind(self._proxies, peer, {"x-forwarded-for": ", ".join(headers.get_all("x-forwarded-for"))})
        return self._straight.take(scope, headers, protocol, self._publication, peer)

    def _right_host(self, host: str) -> bool:
        right = _HOST.fullmatch(host) is not None
        if right and len(self._hosts) < _MOST_HOSTS:
            self._hosts.add(host)
        return right

    async def _finish(self, ride: Ride, outcome: Answer | BaseException) -> None:
        """Send the answer to a usual query that is large or is to be coded; or tell the error in its place."""
        protocol, incoming = ride.protocol, self._incoming(ride.scope)
        try:
            if isinstance(outcome, Answer):
                reply = self._replied(ride.found, incoming, outcome, ride.publication)
            else:
                try:
                    with placed(ride.found.question.text):
                        raise outcome
                except Exception as error:  # told by the application, in the form the client accepts
                    reply = await self._ask_application(_with(incoming, error=error))
            await self._send(incoming, reply, protocol, ride.publication.version)
        except Exception:
            self._failed(protocol)

    async def _answer(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - the same
        if scope.proto != "http":
            protocol.close(1008)
            return
        method, path, headers = scope.method, scope.path, scope.headers
        if method in ("GET", "HEAD") and _HOST.fullmatch(headers.get("host") or scope.authority or ""):
            found = self._kept.find(self._pool.version, f"{path}?{scope.query_string}", headers.get)
            if found is not None:
                coding = codings.choose_coding(headers.get("accept-encoding")) if found.codable else ""
                if coding and coding not in found.codings:
                    await self._add_coding(found, coding)
                self._send_kept(protocol, method, found, coding, headers.get("if-none-match"))
                return
        incoming = self._incoming(scope)
        try:
            _check_head(scope, incoming)
            body = await self._body(scope, protocol) if method in _WITH_BODY or "content-length" in headers else b""
        except Exception as error:  # every failure to read a body is told by the application, in one form
            incoming = _with(incoming, error=error)
        else:
            incoming = _with(incoming, body=body) if body else incoming
        version = self._pool.version
        await self._send(incoming, await self._reply(incoming, protocol), protocol, version)

    async def _send(self, incoming: Incoming, reply: Reply, protocol: Any, version: str) -> None:  # noqa: ANN401 - the same
        if not reply.settled:
            reply = await self._coded(incoming, reply, version)
        self._sender.send(protocol, incoming.method, reply)

    async def _reply(self, incoming: Incoming, protocol: Any) -> Reply:  # noqa: ANN401 - the same
        if incoming.path == _ENDPOINT and incoming.method in ("GET", "HEAD", "POST") and incoming.error is None:
            try:
                reply = await self._query(incoming, protocol)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # told by the application, in the form the client accepts
                incoming = _with(incoming, error=error)
            else:
                if reply is not None:
                    return reply
        if incoming.method in ("GET", "HEAD") and incoming.error is None:
            try:
                page = await self._pages.answer(incoming, self._newest)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # told by the application, as above
                incoming = _with(incoming, error=error)
            else:
                if page is not None:
                    return page
        if incoming.method in ("GET", "POST") and incoming.error is None and _QUERY_PAGE.fullmatch(incoming.path):
            incoming = await self._page_of_query(incoming, protocol)
        return await self._ask_application(incoming)

    async def _page_of_query(self, incoming: Incoming, protocol: Any) -> Incoming:  # noqa: ANN401 - the same
        """Ask the query that a page shows the answer of, as long as its reader waits; the application does the rest."""
        if "if-none-match" in incoming.headers:
            return incoming
        body = incoming.body if incoming.method == "POST" else incoming.query_string.encode("utf-8", "surrogateescape")
        if not body:
            return incoming
        publication = await self._newest()
        try:
            wish = read_wish(read_parameters(body, "the address"), publication, self._serving.shares)
            if wish.text is None:
                return incoming
            request, form = request_of(wish, self._limits, incoming.client)
        except SamvirkeError:
            return incoming  # The application finds the same, and tells it.
        answered: Answer | SamvirkeError
        try:
            answered = await self._at_the_desk(request, form, protocol)
        except SamvirkeError as error:
            answered = error
        return replace(incoming, answered=answered)

    async def _ask_application(self, incoming: Incoming) -> Reply:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._from_application, incoming)

    def _from_application(self, incoming: Incoming) -> Reply:
        try:
            return ask_application(self.app.wsgi_app, incoming, self._pool.shelf)
        except SamvirkeError as error:  # No room for the answer.
            return ask_application(self.app.wsgi_app, _with(incoming, error=error), self._pool.shelf)
        finally:
            if isinstance(incoming.answered, Answer):
                incoming.answered.body.close()  # Whoever told an error instead has not read it.

    # ------------------------------------------------------------ queries

    async def _query(self, incoming: Incoming, protocol: Any) -> Reply | None:  # noqa: ANN401 - the same
        """Answer a query; None when the request is for a page, the service description, or evidence."""
        header = incoming.headers.get
        call = Call(
            incoming.query_string.encode("utf-8", "surrogateescape"),
            header("accept"),
            header("content-type") or "",
            header("content-encoding", "identity"),  # One that cannot be read is given as empty.
            incoming.body if incoming.method == "POST" else None,
        )
        found = plan(call, self._limits, federated=self._pool.abroad is not None)
        if found is None or found.offer is PAGE or found.question.explain:
            return None
        publication = await self._newest()
        if found.keeps and (known := header("if-none-match")) and found.tag(publication) in codings.plain_tags(known):
            return None  # Rare, and answered with 304 by the same rules as everything else.
        with placed(found.question.text):
            answer = await self._asked(found, incoming.client, protocol)
        return self._replied(found, incoming, answer, publication)

    def _replied(self, found: Plan, incoming: Incoming, answer: Answer, publication: Publication) -> Reply:
        headers = [*found.headers(publication, answer.version), *dressed(answer.version)]
        if answer.body.descriptor is not None:
            return Reply(200, headers, answer.body)
        reply = Reply(200, headers, answer.body.read())
        self._settle(found, incoming, reply, publication if answer.version == publication.version else None)
        return reply

    def _settle(self, found: Plan, incoming: Incoming, reply: Reply, publication: Publication | None) -> None:
        """Keep an answer to a query that goes out as it is, without a look at each of its headers again."""
        codable = reply.length >= codings.LEAST_BYTES
        if codable and codings.choose_coding(incoming.headers.get("accept-encoding")):
            return
        reply.settled = True
        if found.keeps and publication is not None and isinstance(reply.body, bytes):
            kept = KeptAnswer(reply.headers, found.tag(publication), reply.body, codable)
            self._kept.put(publication.version, incoming.address, incoming.headers.get, ("accept",), kept)

    async def _asked(self, found: Plan, client: str, protocol: Any) -> Answer:  # noqa: ANN401 - the same
        return await self._at_the_desk(found.request(client), found.form, protocol)

    async def _at_the_desk(self, request: QueryRequest, form: str, protocol: Any) -> Answer:  # noqa: ANN401 - the same
        """Wait for an answer as long as the client does; then end the work. Most answers come before anybody looks."""
        task, watching = asyncio.current_task(), None

        def watch() -> None:
            nonlocal watching
            watching = asyncio.ensure_future(protocol.client_disconnect())
            watching.add_done_callback(lambda done: None if done.cancelled() or task is None else task.cancel())

        try:
            return await self._desk.query(request, form, watch=watch)
        finally:
            if watching is not None:
                watching.cancel()

    async def _newest(self) -> Publication:
        """Return the newest publication; one that has to be opened first is opened in a thread."""
        version = self._pool.version
        if self._publication is None or version != self._version:
            loop = asyncio.get_running_loop()
            self._publication = await loop.run_in_executor(self._threads, self._serving.newest)
            self._version = version
            self._desk.drop_old()
        return self._publication

    # ------------------------------------------------------------ what came in

    def _incoming(self, scope: Any) -> Incoming:  # noqa: ANN401 - the same
        headers: dict[str, str] = {}
        for name, value in scope.headers.items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        peer = scope.client.rpartition(":")[0].strip("[]")
        host, _, port = scope.server.rpartition(":")
        if self._proxies:
            peer = _behind(self._proxies, peer, headers)
        return Incoming(
            scope.method, scope.path, scope.query_string, headers, peer, scheme=scope.scheme, server=(host, port)
        )

    async def _body(self, scope: Any, protocol: Any) -> bytes:  # noqa: ANN401 - the same
        """Return the whole body.

        Raises: RequestEntityTooLarge; RequestTimeout when it does not arrive in time; LengthRequired for a body
        of unknown length where one that was cut short would be taken for a whole one, and written.
        """
        most, length = self._limits.body_bytes, scope.headers.get("content-length")
        if scope.path.startswith(ADDRESSES):
            if not may_send(scope.headers.get("authorization") or "", self._serving):
                return b""  # Refused in any case; nobody has to take it in for that.
            most = self._limits.write_bytes
        try:
            async with asyncio.timeout(self._limits.body_wait_ms / 1000):
                if length is not None:
                    if int(length) > most:
                        raise RequestEntityTooLarge
                    return bytes(await protocol())
                if "transfer-encoding" not in scope.headers:
                    return b""
                if scope.path != _ENDPOINT:
                    raise LengthRequired("Say with Content-Length how long the body is.")
                gathered, ends = bytearray(), 0
                async for chunk in protocol:
                    gathered += chunk
                    ends += not chunk
                    if len(gathered) > most:
                        raise RequestEntityTooLarge
                if ends > 1:  # The server gives nothing once at the end, and once more where there was none.
                    raise BadRequest("The body of the request ends before its last chunk, or has trailers.")
                return bytes(gathered)
        except ProtocolClosed:
            raise BadRequest("The body of the request ends before the length it was announced with.") from None
        except TimeoutError:
            raise RequestTimeout("The body of the request did not arrive in time.") from None

    # ------------------------------------------------------------ what goes out

    def _send_kept(self, protocol: Any, method: str, found: KeptAnswer, coding: str, known: str | None) -> None:  # noqa: ANN401 - the same
        headers, body = found.codings[coding] if coding else (found.headers, found.body)
        if known is not None and (known.strip() == "*" or f'"{found.tag}"' in codings.plain_tags(known)):
            self._sender.send(protocol, method, Reply(HTTPStatus.NOT_MODIFIED, _of_unchanged(headers)))
        elif method == "GET":
            protocol.response_bytes(200, headers, body)
        else:
            self._sender.send(protocol, method, Reply(200, headers, body))

    async def _add_coding(self, found: KeptAnswer, coding: str) -> None:
        coded = await self._code(Reply(200, found.headers, found.body), coding)
        if isinstance(coded.body, bytes):
            found.codings[coding] = (coded.headers, coded.body)

    async def _code(self, reply: Reply, coding: str) -> Reply:
        """Return a reply with its body in a coding; a large one is coded in a thread."""
        plain = reply.body
        if isinstance(plain, bytes) and len(plain) <= _SLOW_CODING_BYTES:
            body: bytes | Body = codings.CODINGS[coding](plain)
        else:
            loop = asyncio.get_running_loop()
            body = await loop.run_in_executor(self._threads, codings.code, coding, plain, self._pool.shelf)
        return _tagged(Reply(reply.status, [*reply.headers, ("Content-Encoding", coding)], body), coding)

    async def _coded(self, incoming: Incoming, reply: Reply, version: str) -> Reply:
        """Put a body into the coding its client likes best, and keep what may be kept."""
        told = {name.lower(): value for name, value in reply.headers}
        if not codings.is_text(told.get("content-type", "")) or "content-encoding" in told or reply.path:
            return reply
        if "accept-encoding" not in told.get("vary", "").lower():
            varies = [name for part in told.get("vary", "").split(",") if (name := part.strip())]
            reply.replace("Vary", ", ".join([*varies, "Accept-Encoding"]))
        coding = codings.choose_coding(incoming.headers.get("accept-encoding"))
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return _tagged(reply, coding)
        self._keep(incoming, reply, told, version)
        if not coding or reply.length < codings.LEAST_BYTES:
            return reply
        return await self._code(reply, coding)

    def _keep(self, incoming: Incoming, reply: Reply, told: Mapping[str, str], version: str) -> None:
        tag = told.get("etag")
        if tag is None or reply.status != HTTPStatus.OK or incoming.method not in ("GET", "HEAD"):
            return
        fresh = told.get("samvirke-generation") == version and "no-store" not in told.get("cache-control", "")
        if not fresh or not isinstance(reply.body, bytes):
            return
        names = (name.strip() for name in told.get("vary", "").lower().split(","))
        varies = tuple(name for name in names if name and name != "accept-encoding")
        codable = len(reply.body) >= codings.LEAST_BYTES
        answer = KeptAnswer(list(reply.headers), codings.plain_tag(tag), reply.body, codable)
        self._kept.put(version, incoming.address, incoming.headers.get, varies, answer)

    # ------------------------------------------------------------ WSGI

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as a WSGI application, for servers that have no event loop of this kind."""
        return self.app(environ, start_response)


class _Done:
    """What a request waits for that is answered already: nothing."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


def _check_head(scope: Any, incoming: Incoming) -> None:  # noqa: ANN401 - the same
    """Refuse a head that two servers in a row could read differently.

    Sources: https://www.rfc-editor.org/rfc/rfc9112#section-3.2 (one host), #section-6.1 (codings of the transfer),
    https://www.rfc-editor.org/rfc/rfc9110#section-9.1 (methods are case-sensitive)
    """
    if not _HOST.fullmatch(incoming.headers.get("host") or scope.authority or ""):
        raise BadRequest("A request names the host it is for, once.")
    if incoming.headers.get("transfer-encoding", "chunked").strip().lower() != "chunked":
        raise Unimplemented("No other coding of a transfer is known here than “chunked”.")
    if "content-encoding" in scope.headers and not incoming.headers.get("content-encoding"):
        raise CodedBody("The coding of the body cannot be read.")
    if incoming.method != incoming.method.upper():
        raise Unimplemented("Methods are written in capital letters.")


def _with(incoming: Incoming, *, body: bytes = b"", error: Exception | None = None) -> Incoming:
    return Incoming(
        incoming.method,
        incoming.path,
        incoming.query_string,
        incoming.headers,
        incoming.client,
        body or incoming.body,
        incoming.scheme,
        incoming.server,
        error,
    )


def _behind(proxies: int, peer: str, headers: Mapping[str, str]) -> str:
    """Return the client's address as the trusted proxies tell it: each adds whom it saw at the end.

    Source: https://www.rfc-editor.org/rfc/rfc7239#section-5.2 (of X-Forwarded-For's form)
    """
    seen = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
    return (seen[-proxies] if len(seen) >= proxies else seen[0] if seen else peer)[:100] or peer


def _of_unchanged(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of a 304: all but those that describe the body it does not have."""
    return [(name, value) for name, value in headers if not name.lower().startswith("content-e")]


def _tagged(reply: Reply, coding: str) -> Reply:
    """Give an answer in a coding the entity tag of that coding."""
    tag = reply.header("etag")
    if coding and tag is not None:
        reply.replace("ETag", codings.tag_in(coding, codings.plain_tag(tag)))
    return reply

"""Ask one question of one server, and take its answer in.

Duty: HTTP with another server, as strictly as with a stranger. Level 4.75; runs in a process of its own that has no
data and no token. The origin is looked at before each connection, also of a redirect; a connection goes to the very
address that was looked at, so that a name cannot lead elsewhere a moment later; nothing of who asked goes along.
Standards: https://www.w3.org/TR/sparql11-protocol/#query-operation, https://www.rfc-editor.org/rfc/rfc9110#section-15.4
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlencode, urljoin

from samvirke.federation.addresses import Forbidden, Resolve, check, lookup
from samvirke.federation.rows import Unusable
from samvirke.origins import Address, split_address

__all__ = ["MEDIA_TYPE", "NotAllowed", "Policy", "ask"]

MEDIA_TYPE = "application/sparql-results+json"
_FORM = "application/x-www-form-urlencoded"
_LONGEST_TARGET = 2_000
"""Longest address that a query goes into; a longer one is sent as a form."""
_PIECE = 64 << 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Whom a query may ask, and how much they may say. Units: `most_bytes` bytes."""

    origins: frozenset[str]
    private: frozenset[str] = frozenset()
    most_bytes: int = 2 << 20
    agent: str = "Samvirke"
    resolve: Resolve = lookup


class NotAllowed(Exception):
    """A server is not among those that may be asked."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent: with a body by POST, without one by GET."""

    address: Address
    body: bytes | None


def ask(address: str, query: str, policy: Policy, *, until: float) -> bytes:
    """Return a server's answer to a SELECT, whole, as SPARQL's JSON results.

    Units:  `until` is a reading of the monotonic clock; each single wait ends then, but not all of them together:
            whoever asks has to look at the clock, too.
    Raises: NotAllowed before anything is looked up; Unusable with what went wrong.
    """
    request = _request(_allowed(address, policy), query)
    for _ in range(_MOST_REDIRECTS + 1):
        answer = _exchange(request, policy, until)
        if isinstance(answer, bytes):
            return answer
        request = _redirected(request, answer, policy)
    raise Unusable(f"redirected more than {_MOST_REDIRECTS} times")


def _allowed(address: str, policy: Policy) -> Address:
    found = split_address(address)
    if found is None or found.origin not in policy.origins:
        raise NotAllowed(address)
    return found


def _request(address: Address, query: str) -> _Request:
    sign = "&" if "?" in address.target else "?"
    target = f"{address.target}{sign}query={quote(query, safe='')}"
    if len(target) <= _LONGEST_TARGET:
        return _Request(address._replace(target=target), None)
    return _Request(address, urlencode({"query": query}).encode("ascii"))


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    status: int
    location: str


def _redirected(request: _Request, answer: _Elsewhere, policy: Policy) -> _Request:
    """Return what is asked where a server leads to, if that server may be asked, too."""
    before = request.address
    try:
        target = _allowed(urljoin(f"{before.origin}{before.target}", answer.location), policy)
    except (NotAllowed, ValueError):
        raise Unusable("redirected to a server that may not be asked from here") from None
    if before.scheme == "https" and target.scheme == "http":
        raise Unusable("redirected from https to http")
    return _Request(target, None if answer.status == HTTPStatus.SEE_OTHER else request.body)


def _exchange(request: _Request, policy: Policy, until: float) -> bytes | _Elsewhere:
    address = request.address
    connection = _connection(address, policy, until)
    try:
        headers = {"Accept": MEDIA_TYPE, "Accept-Encoding": "identity", "User-Agent": policy.agent}
        if request.body is not None:
            headers["Content-Type"] = _FORM
        connection.request("GET" if request.body is None else "POST", address.target, request.body, headers)
        with contextlib.closing(connection.getresponse()) as response:
            if response.status in _REDIRECTS and (location := response.headers.get("location")):
                return _Elsewhere(response.status, location)
            return _body(response, policy.most_bytes)
    except TimeoutError:
        raise Unusable("did not answer in time") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unusable(f"broke off ({type(error).__name__})") from error
    finally:
        connection.close()


def _connection(address: Address, policy: Policy, until: float) -> http.client.HTTPConnection:
    """Connect to an address of the host that was looked at; nobody looks the name up a second time."""
    try:
        found = policy.resolve(address.host, address.port)
        checked = check(found, private=address.origin in policy.private)
    except (OSError, UnicodeError):
        raise Unusable("has no address") from None
    except Forbidden as error:
        raise Unusable(str(error)) from None
    for tried in checked:
        try:
            return _connected(address, tried, until)
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or "no common language"
            raise Unusable(f"cannot prove that it is who it says ({str(reason).lower()})") from None
        except OSError:
            continue
    raise Unusable("cannot be reached")


def _connected(address: Address, tried: str, until: float) -> http.client.HTTPConnection:
    stream = socket.create_connection((tried, address.port), timeout=_left(until))
    try:
        if address.scheme == "http":
            plain = http.client.HTTPConnection(address.host, address.port)
        else:
            context = ssl.create_default_context()
            stream.settimeout(_left(until))
            stream = context.wrap_socket(stream, server_hostname=address.host)
            plain = http.client.HTTPSConnection(address.host, address.port, context=context)
        stream.settimeout(_left(until))
    except BaseException:
        stream.close()
        raise
    plain.auto_open = 0  # It is connected, and never connects by itself.
    plain.sock = stream
    return plain


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _body(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    """Return the whole body of an answer. Raises: Unusable when it is not what was asked for, or too large."""
    if response.status != HTTPStatus.OK:
        raise Unusable(f"answered with status {response.status}")
    headers = response.headers
    if headers.get_content_type() != MEDIA_TYPE or (headers.get_content_charset() or "utf-8") not in ("utf-8", "utf8"):
        raise Unusable("answered in another format than SPARQL's JSON results")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Unusable("answered with compressed text, which was not asked for")
    gathered = bytearray()
    while piece := response.read(_PIECE):
        gathered += piece
        if len(gathered) > most_bytes:
            raise Unusable(f"has more than {most_bytes} bytes to say (limits.federation_bytes)")
    if response.length:  # Less came than was announced.
        raise Unusable("broke off in the middle of its answer")
    return bytes(gathered)

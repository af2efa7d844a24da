"""Who may write, and the body of a write.

Duty: one check in front of every write, and one way to read what it sends. Level 7; knows no
operation. A token counts only in the header Authorization: an address is logged, a form can be filled
in by another site, and a cookie would be sent along by itself.
Standards: https://www.rfc-editor.org/rfc/rfc6750, https://www.rfc-editor.org/rfc/rfc9110#section-8.3
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response, request
from werkzeug.exceptions import Forbidden, HTTPException, UnsupportedMediaType

from samvirke.errors import StoreError, WrongUse
from samvirke.model import NamedNode
from samvirke.tokens import ANY, Token, Tokens, covers, shown_pattern
from samvirke.web.bodies import read_body
from samvirke.web.headers import link
from samvirke.web.protocol import one_parameter, refuse_coded
from samvirke.web.publication import Serving, current, serving

if TYPE_CHECKING:
    from samvirke.workers.pool import Written

__all__ = ["ADDRESSES", "Permit", "address", "may_send", "permit", "read_sent", "reason_of", "written"]

logger = logging.getLogger(__name__)

ADDRESSES = ("/update", "/undo", "/rdf-graph-store")
"""Where writes are sent to, and below which."""

_LONGEST_REASON = 1_000
CHANGE_HEADER = "Samvirke-Change"
"""Carries the number of the record that a write got in the journal."""

SCRATCH_AUTHOR = "scratch"
"""Whose the writes to a scratch store are: its one token has no name."""

_PUBLISHED = "The data of this site are published, and are not changed by requests."
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
"""https://www.rfc-editor.org/rfc/rfc6750#section-2.1"""


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one write: whose it is, by which verb, and which graphs it may touch.

    `graphs` are exact addresses, and beginnings with a `*` behind; the default graph is "", which `*` alone covers.
    """

    author: str
    verb: str
    graphs: tuple[str, ...] = (ANY,)

    def may_touch(self, graph: str) -> bool:
        """Say whether the write may change a graph."""
        return covers(self.graphs, graph)

    def check(self, graphs: Iterable[str]) -> None:
        """Let the write change graphs. Raises: Refused that names the first one it may not change."""
        for graph in graphs:
            if not self.may_touch(graph):
                named = f"the graph <{graph}>" if graph else "the default graph"
                allowed = ", ".join(map(shown_pattern, self.graphs))
                raise Refused(
                    HTTPStatus.FORBIDDEN,
                    f"The token “{self.author}” does not permit “{self.verb}” for {named}, but for {allowed}.",
                    error="insufficient_scope",
                    scope=self.verb,
                )


class Refused(HTTPException):
    """A write that is refused with a challenge, which says what a token would have to be like."""

    def __init__(self, status: HTTPStatus, description: str, **challenge: str) -> None:
        super().__init__(description)
        self.code = status
        self.challenge = challenge

    def get_headers(self, *given: Any, **named: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - passed through
        """Return the headers of the answer, the challenge among them.

        A realm is always quoted. Source: https://www.rfc-editor.org/rfc/rfc9110#section-11.5
        """
        told = ", ".join(f'{name}="{value}"' for name, value in {"realm": "samvirke", **self.challenge}.items())
        return [*super().get_headers(*given, **named), ("WWW-Authenticate", f"Bearer {told}")]


def permit(verb: str) -> Permit:
    """Let a write pass that is done by one of the verbs of tokens.

    Raises: Forbidden where nothing can be written; Refused without a good token, or with one that does not permit
    the verb; TooManyRequests when it has written as often as it may; StoreError when the tokens cannot be read.
    """
    site = serving()
    if site.tokens is not None:
        return _permit_by_token(site, site.tokens, verb)
    if not (site.token_sha256 and current().writable):
        raise Forbidden(_PUBLISHED)
    given = _credentials()
    if not given:
        raise _no_token("Writing needs the server's token in the header “Authorization: Bearer …”.")
    if not _is_scratch_token(given, site.token_sha256):
        raise Refused(HTTPStatus.UNAUTHORIZED, "The token is not the server's.", error="invalid_token")
    return Permit(SCRATCH_AUTHOR, verb)


def _permit_by_token(site: Serving, tokens: Tokens, verb: str) -> Permit:
    if len(request.headers.getlist("Authorization")) > 1 or "," in request.headers.get("Authorization", ""):
        # Two servers in a row could each take another of them for the one that counts.
        raise Refused(
            HTTPStatus.BAD_REQUEST, "A request has one header Authorization, with one token.", error="invalid_request"
        )
    given = _credentials()
    if not given:
        raise _no_token("Writing needs a token in the header “Authorization: Bearer …”.")
    token = _find(tokens, given)
    if token is None:
        raise Refused(HTTPStatus.UNAUTHORIZED, "The token is unknown here, or has been revoked.", error="invalid_token")
    if not tokens.good(token):
        raise Refused(HTTPStatus.UNAUTHORIZED, f"The token “{token.name}” has expired.", error="invalid_token")
    if not token.may(verb):
        allowed = ", ".join(token.scope)
        told = f"The token “{token.name}” does not permit “{verb}”, but {allowed}."
        raise Refused(HTTPStatus.FORBIDDEN, told, error="insufficient_scope", scope=verb)
    site.rates.take(token.sha256, token.rate)
    if not current().writable:
        raise Forbidden(_PUBLISHED)
    return Permit(token.name, verb, token.scope[verb])


def _credentials() -> str:
    """What the request's header gives as a token, "" when it gives none."""
    return _bearer(request.headers.get("Authorization", ""))


def _bearer(authorization: str) -> str:
    scheme, _, given = authorization.partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def _no_token(told: str) -> Refused:
    """Tell who gave no credentials how, and of no error. Source: https://www.rfc-editor.org/rfc/rfc6750#section-3.1."""
    return Refused(HTTPStatus.UNAUTHORIZED, told)


def _find(tokens: Tokens, given: str) -> Token | None:
    """Return the token of a secret. Raises: StoreError when the file of tokens cannot be read; it tells no path."""
    try:
        return tokens.find(given) if _TOKEN.fullmatch(given) else None
    except StoreError as error:
        logger.warning("nobody can write: %s", error)
        raise StoreError(
            "The tokens of this server cannot be read, so nobody can write.", remedy="Tell who runs it."
        ) from error


def _is_scratch_token(given: str, wanted_sha256: str) -> bool:
    digest = hashlib.sha256(given.encode("latin-1", "replace")).hexdigest()
    return bool(wanted_sha256) and hmac.compare_digest(digest, wanted_sha256)


def may_send(authorization: str, site: Serving) -> bool:
    """Say whether the body of a write is worth taking in: whether its header carries a token that is good here.

    How long that takes says nothing of the tokens. Whether the write is permitted, `permit` says.
    """
    given = _bearer(authorization)
    if site.tokens is None:
        return _is_scratch_token(given, site.token_sha256)
    try:
        token = site.tokens.find(given)
    except StoreError:
        return False  # As `permit` will say.
    return token is not None and site.tokens.good(token)


def address(given: str) -> str:
    """Return an address that a request names. Raises: WrongUse when it is none, or not a full one."""
    try:
        return NamedNode(given).value
    except ValueError as error:
        raise WrongUse(f"“{given[:200]}” is not an address.", remedy="Give a full IRI.") from error


def reason_of(parameters: dict[str, list[str]]) -> str:
    """Return why a write is done, as its parameter “reason” says, in one line. Raises: WrongUse when it is too long."""
    given = " ".join((one_parameter(parameters, "reason") or "").split())
    if len(given) > _LONGEST_REASON:
        raise WrongUse(f"The reason has more than {_LONGEST_REASON} characters.", remedy="Shorten it.")
    return given


def written(change: Written, status: HTTPStatus = HTTPStatus.NO_CONTENT) -> Response:
    """Answer a write that was done: with its status, the version it made, its number, and nothing else."""
    serving().after_write()
    response = Response(status=status)
    del response.headers["Content-Type"]
    if change.sequence:
        response.headers[CHANGE_HEADER] = str(change.sequence)
        link(response, f"/changes/{change.sequence}", "describedby", type="application/rdf-patch")
    return response


def read_sent(*kinds: str) -> bytes:
    """Return the body of a write, whose type is one of `kinds`.

    Raises: UnsupportedMediaType for another type, a compressed body or one that is not UTF-8; what
    `read_body` raises, with the setting `limits.write_bytes` as the limit.
    """
    refuse_coded(request.headers.get("Content-Encoding", "identity"))
    if request.mimetype not in kinds:
        given = f"A body of type “{request.mimetype[:80]}”" if request.mimetype else "A body without a Content-Type"
        raise UnsupportedMediaType(f"{given} is not taken. Send one of {', '.join(kinds)}.")
    charset = request.mimetype_params.get("charset", "utf-8").strip("'\"").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"The character set “{charset[:40]}” is not taken. Send UTF-8.")
    request.max_content_length = serving().pool.limits.write_bytes
    return read_body()

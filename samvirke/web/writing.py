"""Who may write, and the body of a write.

Duty: one check in front of every write, and one way to read what it sends. Level 7; knows no
operation. A token counts only in the header Authorization: an address is logged, a form can be filled
in by another site, and a cookie would be sent along by itself.
Standards: https://www.rfc-editor.org/rfc/rfc6750, https://www.rfc-editor.org/rfc/rfc9110#section-8.3
"""

from __future__ import annotations

import hashlib
import hmac
from http import HTTPStatus

from flask import Response, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized, UnsupportedMediaType

from samvirke.errors import WrongUse
from samvirke.model import NamedNode
from samvirke.web.bodies import read_body
from samvirke.web.protocol import refuse_coded
from samvirke.web.publication import current, serving

__all__ = ["ADDRESSES", "address", "done", "has_token", "permit", "read_sent"]

ADDRESSES = ("/update", "/rdf-graph-store")
"""Where writes are sent to, and below which."""


def permit() -> None:
    """Let a write pass.

    Raises: Forbidden where nothing can be written; Unauthorized without the right token.
    """
    wanted = serving().token_sha256
    if not (wanted and current().writable):
        raise Forbidden("The data of this site are published, and are not changed by requests.")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized(
            "Writing needs the server's token in the header “Authorization: Bearer …”.",
            www_authenticate=WWWAuthenticate("bearer", {"realm": "samvirke"}),
        )
    if not has_token(request.headers.get("Authorization", ""), wanted):
        raise Unauthorized(
            "The token is not the server's.",
            www_authenticate=WWWAuthenticate("bearer", {"realm": "samvirke", "error": "invalid_token"}),
        )


def has_token(authorization: str, wanted_sha256: str) -> bool:
    """Say whether a header carries the token with a checksum; how long that takes says nothing of the token."""
    scheme, _, token = authorization.partition(" ")
    given = hashlib.sha256(token.strip().encode("latin-1", "replace")).hexdigest()
    return bool(wanted_sha256) and scheme.lower() == "bearer" and hmac.compare_digest(given, wanted_sha256)


def address(given: str) -> str:
    """Return an address that a request names. Raises: WrongUse when it is none, or not a full one."""
    try:
        return NamedNode(given).value
    except ValueError as error:
        raise WrongUse(f"“{given[:200]}” is not an address.", remedy="Give a full IRI.") from error


def done(status: HTTPStatus) -> Response:
    """Answer a write that was done: with its status, the version it made, and nothing else."""
    serving().after_write()
    response = Response(status=status)
    del response.headers["Content-Type"]
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

"""The body of a request.

Duty: read a body so that clients that send theirs slowly, or never, cannot hold all threads: pages need some.
Level 7; knows no content. Must not answer while a body is being read: the server's read has no end but
the connection's, and it does not bear being left to another thread.
Source: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from samvirke.workers.lanes import Lane

__all__ = ["MOST_AT_ONCE", "MOST_OF_ONE", "read_body"]

MOST_AT_ONCE = 16
"""Bodies on their way at the same time; one that is there already counts for a millisecond."""

MOST_OF_ONE = 8
"""Of these, how many one client may send."""

_lane = Lane(MOST_AT_ONCE, per_client=MOST_OF_ONE, wait_s=0.25, queue=MOST_AT_ONCE)


def read_body() -> bytes:
    """Return the whole body of the current request.

    Raises: BadRequest when it ends before the length it was announced with; RequestEntityTooLarge;
    TooManyRequests or Overloaded when too many others are still on their way.
    """
    length, most = request.content_length, request.max_content_length or 0
    with _lane.seat(request.remote_addr or "unknown"):
        try:
            body = request.get_data(cache=False)
        except (HTTPException, MemoryError):
            raise
        except Exception as error:  # The server names no errors of its stream.
            raise BadRequest("The body of the request cannot be read.") from error
    if length is None and len(body) >= most:
        # A body that does not tell its length is read up to the limit, as if it ended there.
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise BadRequest("The body of the request ends before the length it was announced with.")
    return body

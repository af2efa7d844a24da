"""What stands between the HTTP server and Flask.

Duty: answers that were given before, and queries, without Flask and without a thread each; everything else
is handed to the application. Level 7; holds no data, parses nothing a stranger wrote but the protocol's own
parameters, evaluates nothing. Speaks RSGI (the event loop of Granian) and, for other servers, WSGI.

    request ─▶ kept answer? ─▶ 200 or 304                         no thread, no Flask
            └▶ GET or POST /sparql ─▶ plan ─▶ a worker ─▶ answer    no thread, no Flask
            └▶ anything else, and every error ─▶ a thread ─▶ Flask

Sources: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md ·
https://peps.python.org/pep-3333/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samvirke.web.front.front import Front

__all__ = ["Front"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module holds
    """Import the front when it is asked for: it stands on rooms that use others of this package."""
    if name != "Front":
        raise AttributeError(name)
    from samvirke.web.front.front import Front as Found  # noqa: PLC0415 - see above

    return Found

"""Worker processes: where everything a stranger wrote is evaluated.

Duty: a pool of confined processes that answer queries and trusted reads. Level 4.5; the web process
and the command line use `Pool` and `run_once`, and hold no store themselves.

    web process ──control line──▶ template (one per generation) ◀──fork── zygote ◀──lifeline── owner
         └──────stream─────▶ worker (fork of the template, confined by the kernel)

`python -m samvirke.workers` is the zygote. See `zygote`, `template`, `worker` for the processes,
`pool` and `client` for this side of the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samvirke.workers.answers import Answer
    from samvirke.workers.client import Zygote
    from samvirke.workers.pool import Pool, QueryRequest, WriteRequest, Written, run_once

__all__ = ["Answer", "Pool", "QueryRequest", "WriteRequest", "Written", "Zygote", "run_once"]

_HOMES = {
    "Answer": "answers",
    "Zygote": "client",
    "Pool": "pool",
    "QueryRequest": "pool",
    "WriteRequest": "pool",
    "Written": "pool",
    "run_once": "pool",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module holds
    """Import a name when it is first asked for: the zygote needs none of them."""
    if name not in _HOMES:
        raise AttributeError(name)
    import importlib  # noqa: PLC0415 - see above

    return getattr(importlib.import_module(f"samvirke.workers.{_HOMES[name]}"), name)

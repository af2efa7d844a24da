"""What other servers know of a query, before a worker is asked.

Duty: have the SERVICE clauses of a query answered outside of any worker, on the client's share of time and of places.
Level 4.5; connects to nothing and knows no HTTP: who asks other servers stands on a floor above, and only where the
operator named some. No worker is held meanwhile, and a query that has no SERVICE passes by.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from samvirke.sparql.inline import Inlined
    from samvirke.workers.pool import Pool, QueryRequest

__all__ = ["LANE", "WATCH_S", "Abroad", "answered_abroad", "goes_abroad"]

LANE = "abroad"
WATCH_S = 0.05
"""How long it may take before somebody watches whether the client is still there."""
_LEAST_MS = 100
"""What is left of a query's time at least, when others have taken it all."""


class Abroad(Protocol):
    """Who asks other servers."""

    @property
    def origins(self) -> tuple[str, ...]:
        """The servers that may be asked."""

    def concerns(self, text: str) -> bool:
        """Say whether a query may have to be looked at for SERVICE clauses."""

    async def inlined(self, text: str, *, base: str, timeout_s: float) -> tuple[Inlined, ...]:
        """Return what takes the place of each SERVICE clause. Raises: QuerySyntaxError, QueryRefused, ServiceFailed."""

    def close(self) -> None:
        """Let go of what is held."""


def goes_abroad(pool: Pool, request: QueryRequest) -> bool:
    """Say whether other servers may have to be asked for a query; never for its evidence, which none of them has."""
    abroad = pool.abroad
    return abroad is not None and request.federated and not request.explain and abroad.concerns(request.text)


async def answered_abroad(
    pool: Pool, request: QueryRequest, *, watch: Callable[[], object] | None = None
) -> tuple[QueryRequest, bool]:
    """Return the query with what others answered in it, and with the time that is left of its own.

    `watch` is called once when that takes longer than a moment; the second value says whether it was.
    Cancelling the task ends what is done for it.
    Raises: QuerySyntaxError, QueryRefused, ServiceFailed; Overloaded, TooManyRequests when there is no place.
    """
    abroad = pool.abroad
    assert abroad is not None, "asked only where somebody may be asked"
    began = time.monotonic()
    pool.budget.check(request.client)
    watched: list[object] = []

    def look() -> None:
        if watch is not None:
            watched.append(watch())

    watching = asyncio.get_running_loop().call_later(WATCH_S, look)
    lane = pool.lanes[LANE]
    try:
        await lane.enter(request.client)
        entered = time.monotonic()
        try:
            timeout_s = (request.timeout_ms or pool.limits.timeout_ms) / 1000 - (entered - began)
            base = f"{pool.generation.manifest['base']}sparql"
            inlined = await abroad.inlined(request.text, base=base, timeout_s=max(timeout_s, _LEAST_MS / 1000))
        finally:
            used_s = time.monotonic() - entered
            lane.leave(request.client, used_s=used_s)
            # Waiting costs as much as working: it is what other servers put up with for this client.
            pool.budget.charge(request.client, used_s)
    finally:
        watching.cancel()
    spent_ms = round((time.monotonic() - began) * 1000)
    left_ms = max((request.timeout_ms or pool.limits.timeout_ms) - spent_ms, _LEAST_MS)
    return replace(request, inlined=inlined, timeout_ms=left_ms, federated=False), bool(watched)

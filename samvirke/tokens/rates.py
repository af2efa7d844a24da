"""How often a token may write.

Duty: a bucket of writes for each token, filled at a steady rate. Level 3. It holds a minute's writes, so that a
program may send them at once; the counts are those of this process and begin full when it starts.
Source: https://www.rfc-editor.org/rfc/rfc6585#section-4
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from samvirke.errors import TooManyRequests

__all__ = ["MOST_TOKENS", "Rates"]

MOST_TOKENS = 10_000
"""Tokens whose writes are counted; the one that has not written for longest is forgotten first."""
_MINUTE_S = 60


class Rates:
    """Buckets of writes by the digest of a token: a new token of the same name begins anew."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, per_minute: int) -> None:
        """Count one write. Raises: TooManyRequests when the bucket is empty; that write is not counted."""
        with self._lock:
            now = self._clock()
            left, at = self._buckets.get(key, (float(per_minute), now))
            left = min(per_minute, left + (now - at) * per_minute / _MINUTE_S)
            enough = left >= 1
            self._buckets[key] = (left - enough, now)
            self._buckets.move_to_end(key)
            while len(self._buckets) > MOST_TOKENS:
                self._buckets.popitem(last=False)
        if not enough:
            raise TooManyRequests(
                f"The token has written as often as it may: {per_minute} times a minute.",
                retry_after_s=max(1, math.ceil((1 - left) * _MINUTE_S / per_minute)),
                remedy="Wait, send more in one write, or ask for a token with a higher rate.",
            )

"""Make many small values without being interrupted.

Duty: keep the search for cycles of garbage out of the steps that make a million values and no cycle among them.
Level 0. Values that are let go by count alone are let go as ever.
Source: https://docs.python.org/3/library/gc.html
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_collector"]


@contextmanager
def without_collector() -> Iterator[None]:
    """Spare the search for cycles, for as long as this lasts; it looks at every value again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

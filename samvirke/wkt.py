"""Where a point in well-known text lies.

Duty: one reading of coordinates for lists, maps and answers, so that a thing stands at the same place in all of them.
Level 0; pure.
Source: https://docs.ogc.org/is/22-047r1/22-047r1.html#10-8-1-wkt-literal (CRS84, east first, unless it says so)
"""

from __future__ import annotations

import math
import re

__all__ = ["on_earth", "point_in"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_POINT = re.compile(
    rf"\s*(?:<([^>]*)>\s*)?POINT(?:\s+ZM?|\s+M)?\s*\(\s*({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER})*\s*\)\s*", re.I
)
_LONGEST = 1_000
_NORTH_FIRST = frozenset({"4326", "4258"})
"""Reference systems whose axes are latitude, longitude: said with a POINT, they turn its numbers around."""
_MOST_NORTH, _MOST_EAST = 90, 180


def point_in(text: str) -> tuple[float, float] | None:
    """Return the degrees north and east of a POINT in well-known text; None for all else."""
    match = _POINT.fullmatch(text[:_LONGEST])
    if match is None:
        return None
    system, one, other = match.groups()
    code = (system or "").rstrip("/").rpartition("/")[2]
    if system and code not in _NORTH_FIRST and code.upper() != "CRS84":
        return None  # Of another system than degrees nothing is known here.
    return (float(one), float(other)) if code in _NORTH_FIRST else (float(other), float(one))


def on_earth(north: float, east: float) -> tuple[float, float] | None:
    """Return degrees north and east as they are given, None where they are none on this earth."""
    sound = math.isfinite(north) and math.isfinite(east) and abs(north) <= _MOST_NORTH and abs(east) <= _MOST_EAST
    return (north, east) if sound else None

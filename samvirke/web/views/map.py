"""A map of places on outlines that come with the package: nothing is asked of another server.

Duty: choose outlines and a window that fit the places, and draw dots by how many things are there. Level 7 (web).
The frame's shape is fixed by the style sheet (`aspect-ratio`), so that percentages on both axes fall on the outlines,
the only part with a viewBox, while dots and text keep their size.
Source: https://www.naturalearthdata.com/ (public domain) for the outlines, converted by scripts/outlines.py
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from samvirke.web import wording
from samvirke.web.formatting import count
from samvirke.web.views.looks import linked, plain, under
from samvirke.web.views.values import Placed

__all__ = ["MOST", "map_of"]

MOST = 500
"""Places that are drawn."""
OUTLINES = Path(__file__).with_name("outlines.json")
WIDTH = 280
"""Pixels of the map on the narrowest page: dots nearer than these allow are drawn as one, labels must fit."""
ASPECT, WIDE = 1.25, 2.0
NEAR = 15
LABELS = 14
LETTER = 6.8
LONGEST = 24
NAMED = 4
"""Names of a dot that stands for several places."""
ROOM = 1.35
"""How much larger than the places the window is."""
POLE = 85.0
LEAST = 1.8
"""The smallest window, in degrees: outlines are no street map."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """Outlines of a part of the world, in units of their own: x to the east, y to the south."""

    units: int
    mercator: bool
    box: tuple[int, int, int, int]
    shapes: Sequence[tuple[int, int, int, int, str]]

    def point(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return where a place lies."""
        north = max(-POLE, min(POLE, latitude))
        straight = math.degrees(math.asinh(math.tan(math.radians(north)))) if self.mercator else north
        return longitude * self.units, -straight * self.units


@dataclass(frozen=True, slots=True)
class _Window:
    """What of a ground is shown; `wide` is the frame twice as wide as high."""

    ground: _Ground
    x: float
    y: float
    width: float
    height: float
    wide: bool

    def share(self, place: Placed) -> tuple[float, float]:
        """Return where a place lies in the window, in parts of its width and of its height."""
        x, y = self.ground.point(place.latitude, place.longitude)
        return (x - self.x) / self.width, (y - self.y) / self.height


@dataclass(slots=True)
class _Dot:
    places: list[Placed]
    x: float
    y: float
    total: int


@cache
def _grounds() -> tuple[_Ground, ...]:
    """The outlines, the nearest first."""
    told = json.loads(OUTLINES.read_text(encoding="utf-8"))
    return tuple(
        _Ground(
            one["units"], one["projection"] == "mercator", tuple(one["box"]), [tuple(each) for each in one["shapes"]]
        )
        for one in told["grounds"]
    )


def map_of(places: Sequence[Placed], lang: str) -> Markup:
    """Return a map with the places that can be on one, "" when none can.

    At most `MOST` are drawn, those with most things first. Places too near each other share a dot.
    """
    sound = [one for one in places if _sound(one)]
    wrong = len(places) - len(sound)
    drawn = sorted(sound, key=lambda one: -one.count)[:MOST]
    if not drawn:
        return Markup()
    window = _window(drawn)
    dots = _dots(drawn, window)
    words = wording.words(lang)
    told = words.ngettext("Map with %(num)s place.", "Map with %(num)s places.", len(drawn)) % {"num": len(drawn)}
    named = escape(f"{told} {words.gettext('The same places stand in the list.')}")
    marks = "".join([_dot(dot, lang) for dot in dots])
    return Markup(
        f'<div class="view"><svg class="map{" wide" if window.wide else ""}" role="group" aria-label="{named}">'
        f"{_outlines(window)}\n{marks}{_labels(dots, window)}</svg>\n"
        f"{under('', _notes(len(sound) - len(drawn), wrong, lang))}"
        f'<p class="note">{escape(words.gettext("Outlines: Natural Earth, public domain."))}</p></div>\n'
    )


def _sound(place: Placed) -> bool:
    """Whether there is such a place on the earth."""
    return abs(place.latitude) <= 90 and abs(place.longitude) <= 180 and place.count > 0  # noqa: PLR2004 - degrees; a NaN is not


# ---------------------------------------------------------------- which part of the world


def _window(places: Sequence[Placed]) -> _Window:
    """The part of the finest outlines that has all places in it, with room around them."""
    *finer, world = _grounds()
    for ground in finer:
        window = _fit(ground, places, ASPECT, 1.0)
        if _inside(window, ground) and all(0 < share < 1 for place in places for share in window.share(place)):
            return window
    middle = sum(one.latitude for one in places) / len(places)
    # Away from the equator a degree to the east is shorter than one to the north.
    squeeze = max(0.4, math.cos(math.radians(middle)))
    window = _fit(world, places, ASPECT, squeeze)
    if window.width >= 180 * world.units:
        return _fit(world, places, WIDE, max(0.8, squeeze), wide=True)
    return window


def _fit(ground: _Ground, places: Sequence[Placed], aspect: float, squeeze: float, *, wide: bool = False) -> _Window:
    """The smallest window of a shape around the places, moved into the ground where it fits."""
    points = [ground.point(one.latitude, one.longitude) for one in places]
    (x0, x1), (y0, y1) = [(min(axis), max(axis)) for axis in zip(*points, strict=True)]
    least = LEAST * ground.units * (1 if ground.mercator else 12)
    width, height = max((x1 - x0) * ROOM, least), max((y1 - y0) * ROOM, least)
    width, height = max(width, height * aspect / squeeze), max(height, width * squeeze / aspect)
    west, north, east, south = ground.box
    x, y = (x0 + x1 - width) / 2, (y0 + y1 - height) / 2
    if width <= east - west:
        x = min(max(x, west), east - width)
    if height <= south - north:
        y = min(max(y, north), south - height)
    return _Window(ground, x, y, width, height, wide)


def _inside(window: _Window, ground: _Ground) -> bool:
    west, north, east, south = ground.box
    return (
        window.x >= west and window.y >= north and window.x + window.width <= east and window.y + window.height <= south
    )


def _outlines(window: _Window) -> str:
    """The outlines in the window; what lies outside of it is not sent."""
    right, bottom = window.x + window.width, window.y + window.height
    inside = "".join(
        [
            path
            for west, north, east, south, path in window.ground.shapes
            if east >= window.x and west <= right and south >= window.y and north <= bottom
        ]
    )
    view = f"{window.x:.0f} {window.y:.0f} {window.width:.0f} {window.height:.0f}"
    return (
        f'<svg viewBox="{view}" preserveAspectRatio="none" width="100%" height="100%" aria-hidden="true">'
        f'<path class="ground" vector-effect="non-scaling-stroke" d="{inside}"/></svg>'
    )


# ---------------------------------------------------------------- dots and their names


def _dots(places: Sequence[Placed], window: _Window) -> list[_Dot]:
    """One dot for places that would cover each other on the narrowest page."""
    height = WIDTH / (WIDE if window.wide else ASPECT)
    dots: list[_Dot] = []
    cells: dict[tuple[int, int], list[_Dot]] = {}
    for place in places:
        x, y = window.share(place)
        column, row = int(x * WIDTH // NEAR), int(y * height // NEAR)
        near = [dot for dx in (-1, 0, 1) for dy in (-1, 0, 1) for dot in cells.get((column + dx, row + dy), ())]
        taken = next((dot for dot in near if math.hypot((dot.x - x) * WIDTH, (dot.y - y) * height) < NEAR), None)
        if taken is None:
            taken = _Dot([], x, y, 0)
            dots.append(taken)
            cells.setdefault((column, row), []).append(taken)
        taken.places.append(place)
        taken.total += place.count
    return sorted(dots, key=lambda dot: -dot.total)  # Small ones are drawn last, over large ones.


def _radius(total: int) -> int:
    """The size of a dot: its area grows with what it stands for, as far as there is room."""
    return min(20, round(5 + 2.4 * math.log2(total))) if total > 1 else 6


def _dot(dot: _Dot, lang: str) -> str:
    names = [plain(one.label) for one in dot.places[:NAMED]]
    if len(dot.places) > NAMED:
        names.append(wording.words(lang).gettext("%(num)s more") % {"num": len(dot.places) - NAMED})
    told = ", ".join(names)
    x, y = round(100 * dot.x, 2), round(100 * dot.y, 2)
    number = ""
    if dot.total > 1:
        told = f"{told}: {count(dot.total, lang)}"
        if len(str(dot.total)) <= 3:  # noqa: PLR2004 - what fits into the largest dot
            number = f'<text class="n" x="{x}%" y="{y}%" dy="4.5" text-anchor="middle">{dot.total:d}</text>'
    href = dot.places[0].href if len(dot.places) == 1 else ""
    radius = max(_radius(dot.total), 9 if number else 0)
    return linked(href, told, f'<circle class="dot" cx="{x}%" cy="{y}%" r="{radius:d}"/>{number}')


def _labels(dots: Sequence[_Dot], window: _Window) -> str:
    """The names of the largest dots, where there is room for them."""
    height = WIDTH / (WIDE if window.wide else ASPECT)
    taken = [_box(dot.x * WIDTH, dot.y * height, _radius(dot.total)) for dot in dots]
    found = ""
    for dot in dots[:LABELS]:
        largest = dot.places[0]
        text = plain(largest.label) if 2 * largest.count > dot.total else ""
        text = text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
        if not text:
            continue
        length, middle, off = len(text) * LETTER, dot.y * height, max(_radius(dot.total), 9) + 4
        beside = dot.x * WIDTH
        for left, anchor, dx in ((beside + off, "", off), (beside - off - length, ' text-anchor="end"', -off)):
            box = (left, middle - 8, left + length, middle + 8)
            if box[0] >= 0 and box[2] <= WIDTH and not any(_cross(box, one) for one in taken):
                taken.append(box)
                place = f'x="{round(100 * dot.x, 2)}%" y="{round(100 * dot.y, 2)}%" dx="{dx:d}" dy="4.5"'
                found += f'<text {place}{anchor} aria-hidden="true">{escape(text)}</text>'
                break
    return found


_Box = tuple[float, float, float, float]


def _box(x: float, y: float, radius: int) -> _Box:
    return (x - radius, y - radius, x + radius, y + radius)


def _cross(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _notes(more: int, wrong: int, lang: str) -> list[str]:
    ngettext = wording.words(lang).ngettext
    told = [
        (more, ngettext("%(num)s smaller place.", "%(num)s smaller places.", more)),
        (wrong, ngettext("%(num)s has no place on earth.", "%(num)s have no place on earth.", wrong)),
    ]
    lead = wording.words(lang).gettext("Not drawn:")
    return [f"{lead} {sentence % {'num': number}}" for number, sentence in told if number]

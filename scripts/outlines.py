"""Convert Natural Earth's countries to the small outlines that maps are drawn on.

    npm pack world-atlas@2.0.2, unpack it, and then
    python scripts/outlines.py package/ > samvirke/web/views/outlines.json

Natural Earth (https://www.naturalearthdata.com/) is in the public domain. world-atlas, which has it as TopoJSON, brings
no data of its own. Run once for each new version of either; nothing of this runs when the site is built or served.
Source: https://github.com/topojson/topojson-specification#213-arcs
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Wanted:
    """A ground: units a degree; the tolerance and the smallest ring in units; the box as west, south, east, north."""

    name: str
    file: str
    projection: str
    units: int
    tolerance: float
    least: int
    box: tuple[float, float, float, float]


GROUNDS = (
    Wanted("near", "countries-10m.json", "mercator", 400, 2.0, 3, (7.2, 54.2, 15.9, 58.2)),
    Wanted("region", "countries-50m.json", "mercator", 60, 1.0, 2, (-28.0, 51.0, 42.0, 73.0)),
    Wanted("world", "countries-110m.json", "plain", 10, 0.6, 2, (-180.0, -60.0, 180.0, 84.0)),
)

Point = tuple[float, float]


def mercator(lat: float) -> float:
    """Return a latitude in degrees of the Mercator projection."""
    return math.degrees(math.asinh(math.tan(math.radians(lat))))


def decoded(topology: dict) -> list[list[Point]]:
    """Undo the quantisation and the differences of the arcs."""
    (kx, ky), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * kx + x0, y * ky + y0))
        arcs.append(points)
    return arcs


def simplified(points: list[Point], tolerance: float) -> list[Point]:
    """Leave out what lies nearer than the tolerance to what stays (Douglas and Peucker)."""
    kept = {0, len(points) - 1}
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        (ax, ay), (bx, by) = points[first], points[last]
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        far, place = 0.0, 0
        for at in range(first + 1, last):
            x, y = points[at]
            off = abs(dx * (y - ay) - dy * (x - ax)) / length if length else math.hypot(x - ax, y - ay)
            if off > far:
                far, place = off, at
        if far > tolerance:
            kept.add(place)
            stack += [(first, place), (place, last)]
    return [points[at] for at in sorted(kept)]


def clipped(ring: list[Point], box: tuple[float, float, float, float]) -> list[Point]:
    """Return the part of a ring inside a box (Sutherland and Hodgman)."""
    west, north, east, south = box
    for axis, limit, sign in ((0, west, 1), (0, east, -1), (1, north, 1), (1, south, -1)):
        found: list[Point] = []
        for at, point in enumerate(ring):
            before = ring[at - 1]
            inside, was = sign * (point[axis] - limit) >= 0, sign * (before[axis] - limit) >= 0
            if inside != was:
                share = (limit - before[axis]) / (point[axis] - before[axis])
                found.append(tuple(before[i] + share * (point[i] - before[i]) for i in (0, 1)))
            if inside:
                found.append(point)
        ring = found
        if not ring:
            break
    return ring


def round_the_world(ring: list[Point], turn: float) -> list[list[Point]]:
    """Return a ring that crosses the date line as one without a jump, once for each end of the map."""
    shift, found = 0.0, [ring[0]]
    for (before, _), (x, y) in pairwise(ring):
        if abs(x - before) > turn / 2:
            shift += turn if x < before else -turn
        found.append((x + shift, y))
    if all(one == other for one, other in zip(found, ring, strict=True)):
        return [ring]
    return [[(x + by, y) for x, y in found] for by in (-turn, 0.0, turn)]


def path(ring: list[Point]) -> tuple[str, tuple[int, int, int, int]] | None:
    """Write a ring as a path of whole numbers, with the box it fills."""
    points = [(round(x), round(y)) for x, y in ring]
    points = [point for at, point in enumerate(points) if point != points[at - 1]]
    if len(points) < 3:  # noqa: PLR2004 - fewer points enclose nothing
        return None
    (x, y), text = points[0], ""
    for nx, ny in points[1:]:
        dx, dy = nx - x, ny - y
        text += f"{'' if dx < 0 or not text else ' '}{dx}{'' if dy < 0 else ' '}{dy}"
        x, y = nx, ny
    xs, ys = [one for one, _ in points], [one for _, one in points]
    return f"M{points[0][0]} {points[0][1]}l{text}z", (min(xs), min(ys), max(xs), max(ys))


def ground(folder: Path, wanted: Wanted) -> dict:
    """Return one ground: the rings of all countries in a box."""
    topology = json.loads((folder / wanted.file).read_text(encoding="utf-8"))
    straight = mercator if wanted.projection == "mercator" else lambda lat: lat

    def placed(point: Point) -> Point:
        return point[0] * wanted.units, -straight(max(-85.0, min(85.0, point[1]))) * wanted.units

    west, south, east, north = wanted.box
    (x0, y1), (x1, y0) = placed((west, south)), placed((east, north))
    arcs = [simplified([placed(one) for one in arc], wanted.tolerance) for arc in decoded(topology)]
    shapes = []
    for country in topology["objects"]["countries"]["geometries"]:
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            points: list[Point] = []
            for number in ring:
                arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                points += arc[1:] if points else arc
            for whole in round_the_world(points[:-1], 360 * wanted.units):
                drawn = path(clipped(whole, (x0, y0, x1, y1)))
                if drawn and max(drawn[1][2] - drawn[1][0], drawn[1][3] - drawn[1][1]) >= wanted.least:
                    shapes.append([*drawn[1], drawn[0]])
    return {
        "name": wanted.name,
        "projection": wanted.projection,
        "units": wanted.units,
        "box": [round(x0), round(y0), round(x1), round(y1)],
        "shapes": shapes,
    }


def main() -> None:
    """Print all grounds."""
    folder = Path(sys.argv[1])
    found = {
        "source": "Natural Earth (https://www.naturalearthdata.com/) as in world-atlas 2.0.2, by scripts/outlines.py",
        "licence": "Public domain",
        "grounds": [ground(folder, one) for one in GROUNDS],
    }
    print(json.dumps(found, separators=(",", ":"), ensure_ascii=False))


if __name__ == "__main__":
    main()

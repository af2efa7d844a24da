"""What pictures without a viewBox are measured by: a scale of years, and labels that fit the narrowest page.

Duty: from days to percent, from texts to lines of a width. Level 7 (web); pure, and imports no web framework: the
processes that write pages use it, too.
Source: https://www.w3.org/TR/SVG2/coords.html#Units
"""

from __future__ import annotations

from dataclasses import dataclass

NARROW = 256
"""Width in pixels of the picture on the narrowest page (320 px): labels must fit there."""
LETTER = 7.4
SMALL = 6.6
"""Widths in pixels of a letter of 14 px and of 13 px, on the safe side."""
DAYS = 366
TICKS = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """The stretch of days that a picture shows."""

    first: int
    last: int

    def x(self, day: int) -> float:
        """Return where a day lies, in percent of the width; what lies outside is drawn at the edge."""
        share = (day - self.first) / max(1, self.last - self.first)
        return round(100 * min(1.0, max(0.0, share)), 2)


def ordinal(day: tuple[int, int, int] | None) -> int | None:
    """Return the number of a day."""
    # Years of 366 days keep every year the same width and need no calendar: far years are drawn too.
    if day is None:
        return None
    return day[0] * DAYS + (day[1] - 1) * 31 - (2 if day[1] > 2 else 0) - (day[1] > 7) * 2 + day[2] - 1  # noqa: PLR2004 - month lengths, near enough for a pixel


def fitted(text: str, x: float, end: float, letter: float = LETTER) -> tuple[str, float, bool]:
    """Return a label that fits the narrowest picture, where it begins or ends, and which of the two."""
    most = int(NARROW / letter)
    text = text if len(text) <= most else text[: most - 1].rstrip() + "…"
    width = len(text) * letter
    if x / 100 * NARROW + width <= NARROW:
        return text, x, False
    if end / 100 * NARROW >= width:
        return text, end, True
    return text, 0.0, False


def lines_of(text: str, width: int, most: int) -> tuple[str, ...]:
    """Break a label at its spaces into a few short lines; what does not fit ends in an ellipsis."""
    lines: list[str] = [""]
    for word in text.split():
        piece = word if len(word) <= width + 4 else word[: width + 2] + "…"
        if not lines[-1]:
            lines[-1] = piece
        elif len(lines[-1]) + 1 + len(piece) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
        if len(lines) > most:
            return (*lines[: most - 1], lines[most - 1] + " …")
    return tuple(lines)

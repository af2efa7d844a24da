"""A picture as a file of its own, that looks the same wherever it is opened.

Duty: take the SVG out of what a view wrote, and put in what a page gives it: namespace, icons, colours. Level 7 (web).
Colours are presentation attributes: a style element would be refused where the file is opened on this server.
Source: https://www.w3.org/TR/SVG2/styling.html#PresentationAttributes
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

__all__ = ["WIDTH", "alone"]

WIDTH = 900
"""Pixels: the file has a size, as what is inside it is placed in parts of its width."""
HUES = ("#4d5862", "#0b5563", "#8b3a16", "#5a3d91", "#1d6b3a", "#6a5400")
"""The light colours of style.css, by hue."""
_INK, _MUTED, _EDGE, _PAPER = "#1a2129", "#4d5862", "#767d84", "#ffffff"
_HALO = f'paint-order="stroke" stroke="{_PAPER}" stroke-width="4" stroke-linejoin="round"'
_LOOKS = {
    "e": f'stroke="{_EDGE}" stroke-width="1.5"',
    "r": f'fill="{_MUTED}" font-style="italic" {_HALO}',
    "hole": f'fill="{_PAPER}"',
    # A timeline's lines and years, its ends that only a year is told of, doubts and question marks.
    "g": 'stroke="#dcd8ce"',
    "y": f'fill="{_MUTED}"',
    "q": 'stroke="currentColor" stroke-width="8" stroke-dasharray="3 2"',
    "w": 'stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 4"',
    "u": 'fill="currentColor" font-weight="700"',
    # A map's ground, its dots and the numbers in them.
    "ground": f'fill="{_PAPER}" stroke="{_EDGE}" stroke-width="0.75" stroke-linejoin="round"',
    "dot": f'fill="{HUES[1]}" stroke="{_PAPER}" stroke-width="1.5"',
    "n": f'fill="{_PAPER}" font-weight="700"',
    **{f"hue-{at}": f'color="{hue}" fill="{hue}"' for at, hue in enumerate(HUES)},
}
_GROUNDS = {"graph": _PAPER, "tl": _PAPER, "map": "#f0eee8"}
_HEIGHTS = {"graph": 600, "tl": 600, "map": 720, "wide": 450}
"""Heights where the picture itself says none; those of maps are the proportions of views.css."""
_PICTURE = re.compile(r'<svg class="(graph|tl|map)[ "]')
_CLASS = re.compile(r' class="([^"]*)"')


@cache
def _icons() -> str:
    """The icons that pages have, from the frame of a page."""
    frame = (Path(__file__).parents[1] / "templates" / "base.html").read_text(encoding="utf-8")
    return "".join(re.findall(r"<symbol .*?</symbol>", frame, re.DOTALL))


def alone(picture: Markup, base: str) -> str:
    """Return the first picture in what a view wrote as a document; "" when there is none.

    `base` is what the addresses in it are completed with: on another machine a path leads nowhere.
    """
    text = str(picture)
    found = _PICTURE.search(text)
    if found is None:
        return ""
    start, end = found.start(), text.find("</svg>\n<ul", found.start())
    end = end if end >= 0 else text.rindex("</svg>")
    kind = found[1]
    head, _, body = text[start:end].partition(">")
    height = re.search(r'height="(\d+)"', head)
    label = re.search(r'aria-label="([^"]*)"', head)
    body = body.replace('<a href="/', f'<a href="{base}')
    body = re.sub(r"<text(?![^>]* class=)", f'<text fill="{_INK}" {_HALO}', body)
    body = re.sub(r'<a href="#[^"]*">(.*?)</a>', r"<g>\1</g>", body, flags=re.DOTALL)
    body = body.replace('<svg x="', '<svg overflow="visible" x="')
    icons = _CLASS.sub(_look, _icons()) if kind == "graph" else ""
    anchor = ' text-anchor="middle"' if kind == "graph" else ""
    tall = int(height[1]) if height else _HEIGHTS["wide" if " wide" in head else kind]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:d}" height="{tall:d}"'
        f' font-family="system-ui, sans-serif" font-size="13"{anchor}>'
        f"<title>{label[1] if label else ''}</title><defs>{icons}</defs>"
        f'<rect width="100%" height="100%" fill="{_GROUNDS[kind]}"/>{_CLASS.sub(_look, body)}</svg>\n'
    )


def _look(found: re.Match[str]) -> str:
    looks = [_LOOKS[one] for one in found[1].split() if one in _LOOKS]
    return f" {looks[0]}" if looks else ""

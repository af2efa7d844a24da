"""A text as it may stand in HTML, as plain text again.

Duty: escape what is put into finished HTML by hand. Level 7 (web); pure. The signs are those of `markupsafe.escape`,
whose results are no plain text: joining and formatting those costs several times as much, and a page has hundreds.
Source: https://html.spec.whatwg.org/multipage/parsing.html#tokenization
"""

from __future__ import annotations

import re

__all__ = ["escaped"]

_SIGNS = re.compile("[&<>'\"]")
_TABLE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;"})


def escaped(text: str) -> str:
    """Return a text with the five signs that mean something in HTML written as references."""
    return text.translate(_TABLE) if _SIGNS.search(text) else text

"""Choose the form of an answer from what the client accepts.

Duty: pure functions from an `Accept` header and a list of offers to one offer. Level 1; knows no
format, no address and no web framework, and never guesses past what the header says.
Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from samvirke.errors import NotAcceptable

__all__ = ["Offer", "Range", "choose", "named", "parse_accept", "quality"]

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"\s*(?:({_TOKEN})\s*/\s*({_TOKEN})|(\*))\s*$")
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*({_TOKEN}|"(?:[^"\\]|\\.)*")\s*$')
_QUALITY = re.compile(r"(?:0|1|0?\.[0-9]{1,6}|[01]\.[0-9]{0,6})$")
_EXACT = 2
_LONGEST_HEADER = 4096
"""Characters read of a header. A browser sends about 100; what is longer is not a choice but a load."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One form an answer can take. `aliases` are other names clients use for the same media type."""

    media_type: str
    extension: str = ""
    label: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The media types this offer answers to, its own first, without parameters, in lower case."""
        return tuple(name.partition(";")[0].strip().lower() for name in (self.media_type, *self.aliases))


@dataclass(frozen=True, slots=True)
class Range:
    """One element of an `Accept` header: `text/*;q=0.5`."""

    main: str
    sub: str
    quality: float

    @property
    def specificity(self) -> int:
        """0 for `*/*`, 1 for `text/*`, 2 for `text/turtle`."""
        return (self.main != "*") + (self.sub != "*")

    def covers(self, media_type: str) -> bool:
        """Say whether the range takes in a media type given as `main/sub` in lower case."""
        main, _, sub = media_type.partition("/")
        return self.main in ("*", main) and self.sub in ("*", sub)


def parse_accept(header: str) -> tuple[Range, ...]:
    """Read an `Accept` header; elements that are not media ranges are left out.

    A lone `*` counts as `*/*`, because clients send it. Parameters other than `q` are read past:
    no format here has two variants that differ by one.
    """
    return tuple(found for element in _split(header[:_LONGEST_HEADER], ",") if (found := _read(element)) is not None)


def quality(offer: Offer, ranges: Sequence[Range]) -> tuple[float, int]:
    """Return what the most specific range that covers the offer says: its quality and specificity.

    An alias counts as the offer itself, so that a client that knows only the older name is served; but
    only where it is named: who asks for `text/*` is not served something else because of an alias.
    """
    own, *aliases = offer.names
    best = max(((a.specificity, a.quality) for a in ranges if a.covers(own)), default=(-1, 0.0))
    if best[0] < _EXACT:  # What is said of the offer's own name outweighs an alias.
        named = ((_EXACT, a.quality) for a in ranges if a.specificity == _EXACT and f"{a.main}/{a.sub}" in aliases)
        best = max(best, max(named, default=best))
    return (best[1], best[0]) if best[0] >= 0 else (0.0, 0)


def choose(accept: str | None, offers: Sequence[Offer], *, query_format: str | None = None) -> Offer:
    """Return the offer the client likes best; among equals the first offered.

    Reads:  `accept`, the header's value or None when it was not sent; an empty header says nothing
            either, so both mean "anything". `query_format`, if given, decides alone: an extension
            ("ttl") or a media type ("text/turtle") from the address.
    Raises: NotAcceptable with the offers when nothing fits.
    Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
    """
    if query_format is not None:
        return named(query_format, offers)
    if accept is None or not accept.strip():
        return offers[0]
    best = _best(accept[:_LONGEST_HEADER], tuple(offers))
    if best is None:
        raise _refusal(f"None of the formats asked for is available: {_shown(accept)}.", offers)
    return offers[best]  # The very object that was offered: callers may ask which it is.


@lru_cache(maxsize=1024)
def _best(accept: str, offers: tuple[Offer, ...]) -> int | None:
    """The place of the offer a header likes best; programs send the same header again and again."""
    ranges = parse_accept(accept)
    weights = [quality(offer, ranges)[0] for offer in offers]
    best = max(weights, default=0.0)
    return weights.index(best) if best > 0 else None


def named(name: str, offers: Sequence[Offer]) -> Offer:
    """Return the offer with this extension or media type.

    Raises: NotAcceptable with the offers when there is none.
    """
    # A plus in a query string is a space once decoded: "application/ld json" means "application/ld+json".
    wanted = name.strip().lower().partition(";")[0].strip().replace(" ", "+")
    for offer in offers:
        if wanted and wanted in (offer.extension.lower(), *offer.names):
            return offer
    raise _refusal(f"There is no format called {_shown(name)}.", offers)


def _refusal(message: str, offers: Sequence[Offer]) -> NotAcceptable:
    types = tuple(offer.media_type for offer in offers)
    return NotAcceptable(message, offers=types, remedy=f"Ask for one of: {', '.join(types)}.")


def _shown(text: str) -> str:
    """The client's words in a message: at most 200 characters, nothing that breaks a line."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return clean[:200] + ("…" if len(clean) > 200 else "")  # noqa: PLR2004 - the length the docstring names


def _read(element: str) -> Range | None:
    """Read one element, or return None when it is none."""
    kind, *parameters = _split(element, ";")
    match = _RANGE.match(kind)
    if match is None:
        return None
    main, sub = (match[1] or "*").lower(), (match[2] or "*").lower()
    if main == "*" and sub != "*":
        return None
    weight = 1.0
    for parameter in parameters:
        if not parameter.strip():
            continue
        found = _PARAMETER.match(parameter)
        if found is None:
            return None
        if found[1].lower() == "q":
            if not _QUALITY.match(found[2]):
                return None
            weight = min(1.0, float(found[2]))
    return Range(main, sub, weight)


def _split(text: str, separator: str) -> Iterator[str]:
    """Split at a separator that does not stand inside a quoted string."""
    start, quoted, escaped = 0, False, False
    for place, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            yield text[start:place]
            start = place + 1
    yield text[start:]

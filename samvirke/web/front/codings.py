"""Content codings: which one a client takes, and how a body is put into it.

Duty: gzip and zstd. Level 7; knows no route. An answer in a coding has an entity tag of its own, made from
the plain one's: `"x"` becomes `"x.gzip"`, and a client that sends that back is understood.
Sources: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 · https://www.rfc-editor.org/rfc/rfc8878
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import IO, Any, cast

import zstandard

from samvirke.workers.answers import Body, Shelf

__all__ = ["CODINGS", "LEAST_BYTES", "choose_coding", "code", "is_text", "plain_tag", "plain_tags", "tag_in"]

LEAST_BYTES = 1_000
"""What is smaller fits into one packet with its headers either way."""

CODINGS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        # A compressor is not to be shared by threads, and costs nothing to make beside the work itself.
        "zstd": lambda body: zstandard.ZstdCompressor(level=4).compress(body),
        "gzip": lambda body: gzip.compress(body, 5, mtime=0),
    }
)
"""The codings offered, the better one first."""

_LONGEST_HEADER = 1_024
_TEXTS = re.compile(
    r"(?:text/|application/(?:[a-z0-9.-]+\+)?(?:json|xml)\b|application/(?:n-|trig|javascript)|image/svg)"
)
_CODED_TAG = re.compile(rf"\.(?:{'|'.join(CODINGS)})\"")


@lru_cache(maxsize=512)
def choose_coding(header: str | None) -> str:
    """Return the coding for an `Accept-Encoding`; "" for none. Among equals ours decides; `*` names none of them."""
    if not header:
        return ""
    weights: dict[str, float] = {}
    for element in header[:_LONGEST_HEADER].lower().split(","):
        name, _, parameters = element.partition(";")
        quality = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", parameters) if parameters.strip() else None
        if parameters.strip() and quality is None:
            continue
        weights[{"x-gzip": "gzip"}.get(name.strip(), name.strip())] = float(quality[1]) if quality else 1.0
    best = max(CODINGS, key=lambda name: weights.get(name, 0.0))
    return best if weights.get(best, 0.0) > weights.get("identity", 0.0) * ("identity" in weights) else ""


@lru_cache(maxsize=128)
def is_text(content_type: str) -> bool:
    """Say whether a content type is worth compressing."""
    return _TEXTS.match(content_type.lower()) is not None


def tag_in(coding: str, tag: str) -> str:
    """Return the quoted entity tag of an answer in a coding ("" for none) from its plain tag without quotes."""
    return f'"{tag}.{coding}"' if coding else f'"{tag}"'


def plain_tag(header: str) -> str:
    """Return the tag without quotes that an `ETag` header carries."""
    return header.removeprefix("W/").strip('"')


def plain_tags(header: str) -> str:
    """Return an `If-None-Match` in which tags of codings are replaced by the plain ones they were made from."""
    return _CODED_TAG.sub('"', header)


def code(coding: str, body: bytes | Body, shelf: Shelf) -> bytes | Body:
    """Return a body of any size in a coding; what lies on disk is read and written piece by piece."""
    if isinstance(body, bytes):
        return CODINGS[coding](body)
    coded = Body(shelf)
    try:
        if coding == "zstd":
            writer: Any = zstandard.ZstdCompressor(level=3).stream_writer(cast("IO[bytes]", coded), closefd=False)
        else:
            writer = gzip.GzipFile(fileobj=cast("IO[bytes]", coded), mode="wb", compresslevel=3, mtime=0)
        with writer:
            for chunk in body:
                writer.write(chunk)
    except BaseException:
        coded.close()
        raise
    return coded if coded.descriptor is not None else coded.read()

"""Pages that are written in a worker: how they are asked for, and how they travel.

Duty: the seam between a worker, which has the data, and what writes pages of them, which the web names. Level 4.5;
knows neither HTML nor the web: a page is some named values and some texts. An answer is a line of JSON – the values,
and how many bytes each text has – and the texts; nothing but the line's end when there is no such page.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from samvirke.workers.request import Request

if TYPE_CHECKING:
    from samvirke.schema import Schema
    from samvirke.settings import Limits

__all__ = ["OPERATION", "Page", "Writer", "answer", "question", "read", "writer"]

OPERATION = "page"
"""The trusted read that answers a page and no quads. Its parameters: `iri`, `lang`."""


def question(iri: str, lang: str, limits: Limits) -> Request:
    """Return what a worker is asked for a page."""
    return Request(
        operation=OPERATION,
        parameters={"iri": iri, "lang": lang},
        timeout_s=limits.timeout_ms / 1000,
        max_bytes=limits.max_bytes,
    )


class Writer(Protocol):
    """What writes the pages of one generation, from its store."""

    def page(self, store: Any, iri: str, lang: str) -> tuple[dict[str, Any], list[str]] | None:  # noqa: ANN401 - a store, or one with what is known of it
        """Return what is to be known of the page and its texts; None when there is no such page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came: `told` is what is to be known of it."""

    told: Mapping[str, Any]
    texts: list[bytes]


def writer(module: str, directory: Path, schema: Schema) -> Writer:
    """Return what a module writes the pages of a generation with: its `load`. Imports it with all it needs."""
    made: Writer = importlib.import_module(module).load(directory, schema)
    return made


def answer(made: Writer, store: Any, parameters: Mapping[str, Any], body: IO[bytes]) -> None:  # noqa: ANN401 - as above
    """Write a page to `body`."""
    found = made.page(store, parameters["iri"], parameters["lang"])
    if found is None:
        body.write(b"\n")
        return
    told, texts = found
    parts = [text.encode() for text in texts]
    head = json.dumps({**told, "bytes": [len(part) for part in parts]}).encode()
    body.write(b"".join((head, b"\n", *parts)))


def read(content: bytes) -> Page | None:
    """Return the page that `answer` wrote; None when there is none."""
    start = content.index(b"\n") + 1
    if start == 1:
        return None
    told = json.loads(content[:start])
    texts = []
    for length in told["bytes"]:
        texts.append(content[start : start + length])
        start += length
    return Page(told, texts)

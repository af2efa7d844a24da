"""Other forms the facts can be taken away in, for programs that expect them.

Duty: one table, as `formats.FORMATS`, of forms that say the facts in another way, or only what another
vocabulary has words for. A view is one module here and one row below. Level 3.
Their media types are those of the syntaxes they are written in, so a header `Accept` never chooses one:
they are asked for by name. Output is sorted: the same quads give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO

from samvirke.formats import (
    FORMATS,
    Format,
    framed,
    nanopublications,
    quickstatements,
    reified,
    schemaorg,
    web_annotations,
)
from samvirke.formats.about import About
from samvirke.model import Quad

__all__ = ["ENDINGS", "VIEWS", "View", "form_of", "write"]

_JSON_LD = "application/ld+json"
# https://www.w3.org/TR/json-ld-framing/#application-ld-json, https://www.w3.org/TR/annotation-protocol/#media-type
_FRAMED = "http://www.w3.org/ns/json-ld#framed"
_ANNOTATION = "http://www.w3.org/ns/anno.jsonld"
_SCHEMA_ORG = "https://schema.org"


@dataclass(frozen=True, slots=True)
class View:
    """A view: `quads` is true where it wants the passages; `write(quads, output, about)` writes UTF-8."""

    extension: str
    media_type: str
    label: str
    quads: bool
    write: Callable[[Iterable[Quad], IO[bytes], About], None]


VIEWS: Mapping[str, View] = {
    one.extension: one
    for one in (
        View("framed", f'{_JSON_LD};profile="{_FRAMED}"', "JSON-LD, framed", quads=False, write=framed.write_framed),
        View(
            "schema", f'{_JSON_LD};profile="{_SCHEMA_ORG}"', "schema.org", quads=False, write=schemaorg.write_schemaorg
        ),
        View(
            "anno",
            f'{_JSON_LD};profile="{_ANNOTATION}"',
            "Web Annotation",
            quads=True,
            write=web_annotations.write_annotations,
        ),
        View(
            "nanopub", "application/trig", "Nanopublications", quads=True, write=nanopublications.write_nanopublications
        ),
        View("ttl12", "text/turtle;version=1.2", "Turtle 1.2", quads=True, write=reified.write_reified),
        View("qs", "text/plain", "QuickStatements", quads=True, write=quickstatements.write_quickstatements),
    )
}
ENDINGS = (*FORMATS, *VIEWS)
"""Every ending, the formats before the views."""


def form_of(ending: str) -> Format | View:
    """Return the format or view with an ending out of `ENDINGS`."""
    return FORMATS.get(ending) or VIEWS[ending]


def write(ending: str, quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write quads in a format or view."""
    if ending in FORMATS:
        FORMATS[ending].write(quads, output, about.prefixes)
    else:
        VIEWS[ending].write(quads, output, about)

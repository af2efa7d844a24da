"""The formats the facts can be taken away in.

Duty: one table, file ending → media type, name and writer. A format is one module here and one row
below. Level 3; knows nothing of sites or the web.
A format for triples writes each triple once, whatever graphs it stands in; a format for quads writes
each quad, and so keeps the passage or the rule behind it. Output is sorted: the same quads give the
same bytes. A writer looks at all quads before the first byte, so what a format cannot say is
refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO

from samvirke.formats import jsonld, lines, rdfxml, turtle
from samvirke.model import Quad

Writer = Callable[[Iterable[Quad], IO[bytes], Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: `quads` is true where it keeps graphs; `write(quads, output, prefixes)` writes UTF-8."""

    extension: str
    media_type: str
    label: str
    quads: bool
    write: Writer


FORMATS: Mapping[str, Format] = {
    one.extension: one
    for one in (
        Format("ttl", "text/turtle", "Turtle", quads=False, write=turtle.write_turtle),
        Format("nt", "application/n-triples", "N-Triples", quads=False, write=lines.write_ntriples),
        Format("nq", "application/n-quads", "N-Quads", quads=True, write=lines.write_nquads),
        Format("trig", "application/trig", "TriG", quads=True, write=turtle.write_trig),
        Format("rdf", "application/rdf+xml", "RDF/XML", quads=False, write=rdfxml.write_rdfxml),
        Format("jsonld", "application/ld+json", "JSON-LD", quads=True, write=jsonld.write_jsonld),
    )
}

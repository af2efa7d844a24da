"""Web Annotations: each passage with its selectors as target, and its facts as bodies.

Duty: one annotation a passage, in JSON-LD. Level 3. Facts that stand in no passage are not in it.
The context stands in the file – the terms used of http://www.w3.org/ns/anno.jsonld, with its names – so that
a reader fetches nothing. A body is one fact in N-Triples: what is said there is quoted, not stated anew.
Standards: https://www.w3.org/TR/annotation-model/, https://www.w3.org/TR/annotation-vocab/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from samvirke.formats.about import About
from samvirke.formats.said import Said, said
from samvirke.model import Quad

_SURROUNDING = 32
"""Characters before and after the words, which find them again when the document has changed."""
_FRAGMENTS = {"char": "http://tools.ietf.org/rfc/rfc5147"}
_TABLE = "http://tools.ietf.org/rfc/rfc7111"
_CONTEXT: Mapping[str, object] = {
    "oa": "http://www.w3.org/ns/oa#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": {"@type": "@id", "@id": "@id"},
    "type": {"@type": "@id", "@id": "@type"},
    "Annotation": "oa:Annotation",
    "FragmentSelector": "oa:FragmentSelector",
    "TextPositionSelector": "oa:TextPositionSelector",
    "TextQuoteSelector": "oa:TextQuoteSelector",
    "SpecificResource": "oa:SpecificResource",
    "TextualBody": "oa:TextualBody",
    "describing": "oa:describing",
    "body": {"@type": "@id", "@id": "oa:hasBody"},
    "target": {"@type": "@id", "@id": "oa:hasTarget"},
    "source": {"@type": "@id", "@id": "oa:hasSource"},
    "selector": {"@type": "@id", "@id": "oa:hasSelector"},
    "motivation": {"@type": "@vocab", "@id": "oa:motivatedBy"},
    "exact": "oa:exact",
    "prefix": "oa:prefix",
    "suffix": "oa:suffix",
    "start": {"@type": "xsd:nonNegativeInteger", "@id": "oa:start"},
    "end": {"@type": "xsd:nonNegativeInteger", "@id": "oa:end"},
    "conformsTo": {"@type": "@id", "@id": "dcterms:conformsTo"},
    "format": "dc:format",
    "value": "rdf:value",
    "rights": {"@type": "@id", "@id": "dcterms:rights"},
}


def write_annotations(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write the annotations in the order of their passages."""
    passages, _ = said(quads)
    output.write(b'{\n "@context": ' + _json(_CONTEXT) + b',\n "@graph": [')
    separator = b"\n  "
    for passage in passages:
        output.write(separator + _json(_annotation(passage, about)))
        separator = b",\n  "
    output.write(b"\n ]\n}\n")


def _annotation(passage: Said, about: About) -> dict[str, Any]:
    return {
        "id": passage.name("annotation"),
        "type": "Annotation",
        "motivation": "describing",
        **({"rights": about.licence} if about.licence else {}),
        "body": [
            {"type": "TextualBody", "format": "application/n-triples", "value": f"{fact} .\n"} for fact in passage.facts
        ],
        "target": {
            "id": passage.address,
            "type": "SpecificResource",
            "source": passage.version,
            "selector": _selectors(passage, about),
        },
    }


def _selectors(passage: Said, about: About) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    span = passage.span
    if passage.words is not None:
        selector = {"type": "TextQuoteSelector", "exact": passage.words.value}
        text = about.text(passage.checksum) if span is not None else None
        if span is not None and text is not None and text[span.start : span.end] == passage.words.value:
            selector["prefix"] = text[max(0, span.start - _SURROUNDING) : span.start]
            selector["suffix"] = text[span.end : span.end + _SURROUNDING]
        found.append(selector)
    if span is not None:
        found.append({"type": "TextPositionSelector", "start": span.start, "end": span.end})
    standard = _FRAGMENTS.get(passage.fragment.partition("=")[0], _TABLE)
    return [*found, {"type": "FragmentSelector", "conformsTo": standard, "value": passage.fragment}]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()

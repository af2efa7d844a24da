"""What the query page offers while a query is written: prefixes, classes and properties of the loaded data.

Duty: `/<language>/sparql/terms.json`, one answer for each generation and language. Level 7. Counts nothing: the numbers
were counted when the generation was built. Bounded, for a generated ontology can have any number of terms.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response

from samvirke.web import void
from samvirke.web.publication import Publication, current

__all__ = ["MOST_BYTES", "MOST_TERMS", "blueprint", "terms"]

blueprint = Blueprint("completion", __name__)

MOST_TERMS = 1_500
"""Classes, and properties, that are offered: the most used first."""
MOST_BYTES = 160_000
"""All that is offered, as it is sent; most sites need a tenth of it."""
_LONGEST_LABEL = 80
_LONGEST_ADDRESS = 300


@blueprint.get("/<language:lang>/sparql/terms.json")
def listing(lang: str) -> Response:
    """Return the terms with their names in a language."""
    publication = current()
    body = publication.once(("completion", lang), lambda: json.dumps(terms(publication, lang), ensure_ascii=False))
    return Response(body, content_type="application/json; charset=utf-8")


def terms(publication: Publication, lang: str) -> dict[str, Any]:
    """Return prefixes by name; classes and properties as address, name and how often each is used.

    What is declared and not used comes last. After a write the numbers are those of the last build.
    """
    counts = void.built_counts(publication)
    classes = counts.classes if counts else {one.iri: one.count for one in publication.index.classes()}
    properties = counts.properties if counts else {}
    schema, room = publication.schema, [MOST_BYTES]
    prefixes: dict[str, str] = {}
    for name, namespace in sorted(publication.links.prefixes.items()):
        if _fits(room, name, namespace):
            prefixes[name] = namespace
    return {
        "prefixes": prefixes,
        "classes": _told(publication, lang, classes, schema.classes, room),
        "properties": _told(publication, lang, properties, schema.properties, room),
    }


def _told(
    publication: Publication, lang: str, used: Mapping[str, int], declared: Iterable[str], room: list[int]
) -> list[tuple[str, str, int]]:
    numbers = {**dict.fromkeys(declared, 0), **used}
    found: list[tuple[str, str, int]] = []
    for iri in sorted(numbers, key=lambda one: (-numbers[one], one))[:MOST_TERMS]:
        if len(iri) > _LONGEST_ADDRESS:
            continue
        name = publication.schema.name(iri, lang).value[:_LONGEST_LABEL]
        if not _fits(room, iri, name):
            break
        found.append((iri, name, numbers[iri]))
    return found


def _fits(room: list[int], *texts: str) -> bool:
    """Take the room that some texts need with what stands around them; False when there is not so much."""
    needed = sum(len(json.dumps(text, ensure_ascii=False).encode()) + 4 for text in texts) + 12
    if needed > room[0]:
        return False
    room[0] -= needed
    return True

"""What a view of the facts needs to know beside the facts: names, mappings, licence, words.

Duty: read it from the files of a generation, each of which may be missing. Level 3; imports `store`.
Knows no class of any site: a mapping is what the ontology declares.
Source: https://www.w3.org/TR/skos-reference/#mapping
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from samvirke.model import NamedNode, Quad
from samvirke.store import SCHEMA_FILE, read_rdf
from samvirke.terms import OWL, RDF, RDFS, SKOS, TYPE

__all__ = ["About", "Mappings", "about_of", "read_about"]

_SAME = frozenset({SKOS.exactMatch, OWL.equivalentClass, OWL.equivalentProperty, OWL.sameAs})
_UP = frozenset({RDFS.subClassOf, RDFS.subPropertyOf})
# Enough alike for an export. What is only related, or narrower, would say more than the facts do.
_NEAR = frozenset({SKOS.closeMatch, SKOS.broadMatch}) | _UP
_KINDS = frozenset(
    {
        OWL.Class,
        RDFS.Class,
        RDF.Property,
        OWL.ObjectProperty,
        OWL.DatatypeProperty,
        OWL.AnnotationProperty,
    }
)
_LOCAL = re.compile(r"[A-Za-z]\w*")
_VERSION = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Mappings:
    """Which terms elsewhere mean what a term means, as the ontology declares it."""

    def __init__(self, quads: Iterable[Quad] = ()) -> None:
        """Read the declared matches, and what stands above a term."""
        same: dict[str, set[str]] = defaultdict(set)
        near: dict[str, set[str]] = defaultdict(set)
        above: dict[str, set[str]] = defaultdict(set)
        for quad in quads:
            if not isinstance(quad.subject, NamedNode) or not isinstance(quad.object, NamedNode):
                continue
            here, there = quad.subject.value, quad.object.value
            if quad.predicate in _SAME:
                same[here].add(there)
                same[there].add(here)
            elif quad.predicate in _NEAR:
                near[here].add(there)
                if quad.predicate in _UP:
                    above[here].add(there)
                elif quad.predicate == SKOS.closeMatch:
                    near[there].add(here)
        self._same, self._near, self._above = same, near, above

    def exact(self, term: str, spaces: tuple[str, ...]) -> tuple[str, ...]:
        """Return the terms below one of `spaces` that mean the same, sorted; a term there means itself."""
        met, waiting = {term}, [term]
        while waiting:
            fresh = self._same.get(waiting.pop(), set()) - met
            met |= fresh
            waiting += fresh
        return tuple(sorted(one for one in met if one.startswith(spaces)))

    def nearest(self, term: str, spaces: tuple[str, ...]) -> tuple[str, ...]:
        """Return the terms below one of `spaces` that mean the same or nearly, else those of the nearest term above."""
        met, level = {term}, [term]
        while level:
            found = {
                other
                for one in level
                for other in (*self.exact(one, spaces), *self._near.get(one, ()))
                if other.startswith(spaces)
            }
            if found:
                return tuple(sorted(found))
            above = {up for one in level for up in self._above.get(one, set()) | self._same.get(one, set())}
            level = sorted(above - met)
            met |= above
        return ()


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the dataset. `terms` gives the plain name of a class or property, where only one has it.

    `generated` is a moment in ISO 8601 or empty, `licence` an address or empty, `text` finds a document's words
    by their checksum, `roots` are the things a file is about: none where it holds everything.
    """

    prefixes: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    licence: str = ""
    generated: str = ""
    mappings: Mappings = field(default_factory=Mappings)
    terms: Mapping[str, str] = field(default_factory=dict)
    text: Callable[[str], str | None] = lambda checksum: None
    roots: tuple[str, ...] = ()

    def of(self, *roots: str) -> About:
        """The same for a file that is about some things."""
        return replace(self, roots=roots)


def read_about(directory: Path, *, version: str, prefixes: Mapping[str, str]) -> About:
    """Read what a generation's files tell.

    Reads:  settings.json, the schema graphs and the texts in `directory`; what is missing is not known.
    """
    settings = _settings(directory / "settings.json")
    path = directory / SCHEMA_FILE
    schema = list(read_rdf(path)) if path.is_file() else []
    moment = _VERSION.match(version)
    licence = settings.get("licence")
    return replace(
        about_of(schema),
        prefixes=prefixes,
        base=str(settings.get("base") or ""),
        licence=str(licence.get("address") or "") if isinstance(licence, dict) else "",
        generated="{}-{}-{}T{}:{}:{}Z".format(*moment.groups()) if moment else "",
        text=_texts(directory / "texts"),
    )


def about_of(schema: Iterable[Quad]) -> About:
    """Return what the schema graphs alone tell: mappings and names."""
    given = list(schema)
    return About(mappings=Mappings(given), terms=_names(given))


def _settings(path: Path) -> Mapping[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _names(schema: Iterable[Quad]) -> dict[str, str]:
    """Give each declared class and property its local name; where two have the same, neither has it."""
    named: dict[str, set[str]] = defaultdict(set)
    for quad in schema:
        if quad.predicate == TYPE and quad.object in _KINDS and isinstance(quad.subject, NamedNode):
            address = quad.subject.value
            name = address[max(address.rfind("#"), address.rfind("/")) + 1 :]
            if _LOCAL.fullmatch(name):
                named[name].add(address)
    return {next(iter(addresses)): name for name, addresses in sorted(named.items()) if len(addresses) == 1}


def _texts(folder: Path) -> Callable[[str], str | None]:
    @lru_cache(maxsize=1)  # Passages come document by document.
    def text(checksum: str) -> str | None:
        if not _SHA256.fullmatch(checksum):
            return None
        try:
            # Offsets count what is in the file: no line ending may become another.
            return (folder / f"{checksum}.txt").read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    return text

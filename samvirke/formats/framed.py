"""JSON-LD as a tree: plain names, the thing first, and what belongs to it inside.

Duty: write triples as nested nodes under the local names of the site's classes and properties. Level 3.
The context stands in the file, so a reader fetches nothing; `context` gives the whole of it, which a server
answers at `/context.jsonld`. Both give each name the same meaning.
Standards: https://www.w3.org/TR/json-ld11/, https://www.w3.org/TR/json-ld11-framing/ (embedding once)
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import IO, Any

from samvirke.formats.about import About
from samvirke.formats.jsonld import plain
from samvirke.formats.order import triples
from samvirke.model import BlankNode, Literal, NamedNode, Quad, Triple
from samvirke.terms import TYPE

_DEEPEST = 16
"""Nodes within nodes; what lies deeper stands beside the others."""
_WORDS = frozenset({"id", "type"})
"""Names the context gives to JSON-LD's own words."""


def context(about: About) -> bytes:
    """Return the context of a site as a document: every class and property that has a name of its own."""
    return _json({"@context": _context(about, _names(about).items())}) + b"\n"


def write_framed(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write the triples, each once: first what the file is about, then what is in none of it."""
    given = triples(quads)
    frame = _Frame(given, _names(about))
    names = frame.names
    used = [(address, name) for address, name in names.items() if address in frame.addresses]
    output.write(b'{\n "@context": ' + _json(_context(about, used)) + b',\n "@graph": [')
    separator = b"\n  "
    for subject in frame.order(about.roots):
        if subject in frame.left:
            output.write(separator + _json(frame.node(subject, deep=bool(about.roots))))
            separator = b",\n  "
    output.write(b"\n ]\n}\n")


def _names(about: About) -> dict[str, str]:
    return {address: name for address, name in sorted(about.terms.items()) if name not in _WORDS}


def _context(about: About, names: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    return {"id": "@id", "type": "@type", **{name: address for address, name in sorted(names, key=lambda one: one[1])}}


class _Frame:
    """The nodes that are not written yet."""

    def __init__(self, given: list[Triple], names: Mapping[str, str]) -> None:
        self.left: dict[str, list[Triple]] = defaultdict(list)
        for triple in given:
            self.left[_identifier(triple.subject)].append(triple)
        self.addresses = {term.value for triple in given for term in triple if isinstance(term, NamedNode)}
        # A reader could take `name:rest` for a compact address, were the scheme of some address a name.
        schemes = {address.partition(":")[0] for address in self.addresses}
        self.names = {address: name for address, name in names.items() if name not in schemes}
        self._pointed = {triple.object.value for triple in given if isinstance(triple.object, BlankNode)}

    def order(self, roots: tuple[str, ...]) -> list[str]:
        """The things the file is about, then the others in order; a blank node that something leads to last."""
        return sorted(
            self.left, key=lambda one: (one not in roots, one.startswith("_:") and one[2:] in self._pointed, one)
        )

    def node(self, subject: str, *, deep: bool, depth: int = 0) -> dict[str, Any]:
        """Write a node, and in it what it leads to and nothing has held before."""
        found: dict[str, list[Any]] = defaultdict(list)
        for triple in self.left.pop(subject):
            if triple.predicate == TYPE and not isinstance(triple.object, Literal):
                address = _identifier(triple.object)
                found["type"].append(self.names.get(address, address))
                continue
            key = self.names.get(triple.predicate.value, triple.predicate.value)
            found[key].append(self._value(triple.object, deep=deep, depth=depth))
        values = {key: value[0] if len(value) == 1 else value for key, value in found.items()}
        return {"id": subject, **values}

    def _value(self, term: object, *, deep: bool, depth: int) -> Any:  # noqa: ANN401 - a JSON value
        if isinstance(term, Literal):
            return plain(term)
        address = _identifier(term)
        if address in self.left and depth < _DEEPEST and (deep or isinstance(term, BlankNode)):
            return self.node(address, deep=deep, depth=depth + 1)
        return {"id": address}


def _identifier(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()

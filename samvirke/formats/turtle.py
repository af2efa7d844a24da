"""Turtle and TriG: grouped by graph and subject, with prefixes.

Only the prefixes that some address begins with are declared.
Standards: https://www.w3.org/TR/turtle/, https://www.w3.org/TR/trig/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO

import pyoxigraph
from pyoxigraph import RdfFormat

from samvirke.formats.order import ordered, triples, usable
from samvirke.model import Literal, NamedNode, Quad


def write_turtle(quads: Iterable[Quad], output: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write the triples, each once."""
    given = triples(quads)
    used = declared(prefixes, (term for triple in given for term in triple))
    pyoxigraph.serialize(given, output, RdfFormat.TURTLE, prefixes=used)


def write_trig(quads: Iterable[Quad], output: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write the quads, each once, graph by graph."""
    given = ordered(quads)
    used = declared(prefixes, (term for quad in given for term in quad))
    pyoxigraph.serialize(given, output, RdfFormat.TRIG, prefixes=used)


def declared(prefixes: Mapping[str, str], terms: Iterable[object]) -> dict[str, str]:
    """Return the prefixes that some term begins with."""
    addresses = set()
    for term in terms:
        if isinstance(term, NamedNode):
            addresses.add(term.value)
        elif isinstance(term, Literal):
            addresses.add(term.datatype.value)
    # An address can only begin with a namespace that is one of its own beginnings up to a separator.
    starts = {address[: i + 1] for address in addresses for i, letter in enumerate(address) if letter in "/#:=?"}
    return {
        name: space
        for name, space in usable(prefixes).items()
        if space in starts or (space[-1] not in "/#:=?" and any(address.startswith(space) for address in addresses))
    }

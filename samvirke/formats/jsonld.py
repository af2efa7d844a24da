"""JSON-LD with a context, so that keys read as names.

Duty: write quads as nodes with compact names; the context stands in the file, so a reader fetches
nothing. Whole numbers and truth values become JSON's own only where they come back as they were.
Standard: https://www.w3.org/TR/json-ld11/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import IO, Any

from samvirke.formats.order import graphs, usable
from samvirke.model import Literal, NamedNode, Quad, Triple
from samvirke.terms import TYPE, XSD

# A prefix of JSON-LD 1.1 ends in one of these (https://www.w3.org/TR/json-ld11/#dfn-prefix).
_PREFIX_ENDS = (":", "/", "?", "#", "[", "]", "@")
_LOCAL = re.compile(r"\w(?:[\w.-]*\w)?")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_BOOLEANS = {"true": True, "false": False}


def write_jsonld(quads: Iterable[Quad], output: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write the quads, each once: the default graph's nodes, then graph by graph."""
    given = list(graphs(quads))
    names = _Names(prefixes, given)
    output.write(b'{\n "@context": ' + _json(names.context) + b',\n "@graph": [')
    separator = b"\n  "
    for graph, triples in given:
        if graph:
            output.write(
                separator
                + b'{"@id": '
                + _json(names.short(graph[1:-1]) if graph.startswith("<") else graph)
                + b', "@graph": ['
            )
            inner = b"\n   "
            for node in _nodes(triples, names):
                output.write(inner + _json(node))
                inner = b",\n   "
            output.write(b"]}")
            separator = b",\n  "
        else:
            for node in _nodes(triples, names):
                output.write(separator + _json(node))
                separator = b",\n  "
    output.write(b"\n ]\n}\n")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


class _Names:
    """The context: the prefixes that some name uses and none of which is the scheme of an address."""

    def __init__(self, prefixes: Mapping[str, str], given: list[tuple[str, list[Triple]]]) -> None:
        addresses = {address for graph, triples in given for address in _addresses(graph, triples)}
        schemes = {address.partition(":")[0].lower() for address in addresses}
        self._spaces = {
            space: name
            for name, space in usable(prefixes).items()
            if space.endswith(_PREFIX_ENDS) and name.lower() not in schemes
        }
        used = {name.partition(":")[0] for address in addresses if (name := self.short(address)) != address}
        self.context = {
            name: space for space, name in sorted(self._spaces.items(), key=lambda one: one[1]) if name in used
        }

    def short(self, address: str) -> str:
        """Return `prefix:name` where a prefix fits, else the address."""
        cut = max(address.rfind(end) for end in _PREFIX_ENDS) + 1
        name = self._spaces.get(address[:cut])
        return f"{name}:{address[cut:]}" if name and _LOCAL.fullmatch(address[cut:]) else address


def _addresses(graph: str, triples: list[Triple]) -> Iterable[str]:
    if graph.startswith("<"):
        yield graph[1:-1]
    for triple in triples:
        for term in triple:
            if isinstance(term, NamedNode):
                yield term.value
            elif isinstance(term, Literal) and isinstance(value := plain(term), dict) and "@type" in value:
                yield term.datatype.value


def _nodes(triples: list[Triple], names: _Names) -> Iterable[dict[str, Any]]:
    for subject, group in groupby(triples, key=lambda triple: triple.subject):
        node: dict[str, Any] = {"@id": _identifier(subject, names)}
        for triple in group:
            if triple.predicate == TYPE and not isinstance(triple.object, Literal):
                node.setdefault("@type", []).append(_identifier(triple.object, names))
            else:
                node.setdefault(names.short(triple.predicate.value), []).append(_value(triple.object, names))
        yield {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in node.items()}


def _identifier(term: object, names: _Names) -> str:
    return names.short(term.value) if isinstance(term, NamedNode) else str(term)


def _value(term: object, names: _Names) -> Any:  # noqa: ANN401 - a JSON value
    if not isinstance(term, Literal):
        return {"@id": _identifier(term, names)}
    value = plain(term)
    return {**value, "@type": names.short(value["@type"])} if isinstance(value, dict) and "@type" in value else value


def plain(term: Literal) -> Any:  # noqa: ANN401 - a JSON value
    """Return a literal as JSON-LD has it: a JSON value where it comes back as it was, else a value object."""
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype == XSD.string:
        return term.value
    if term.datatype == XSD.integer and _INTEGER.fullmatch(term.value):
        return int(term.value)
    if term.datatype == XSD.boolean and term.value in _BOOLEANS:
        return _BOOLEANS[term.value]
    return {"@value": term.value, "@type": term.datatype.value}

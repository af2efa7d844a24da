"""schema.org in JSON-LD: what the ontology's mappings and the standards it uses have a schema.org term for.

Duty: translate, by `skos:exactMatch`, `skos:closeMatch`, `rdfs:subClassOf`, `owl:equivalentClass` and their like
as the ontology declares them; what has no mapping is left out, and a thing without one is a `Thing`. Level 3;
knows no class of any site. The result says less than the facts, never more, and nothing is reasoned from it.
Standards: https://schema.org/docs/datamodel.html, https://www.w3.org/TR/skos-reference/#mapping
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import IO, Any

from samvirke.formats.about import About
from samvirke.formats.jsonld import plain
from samvirke.formats.order import triples
from samvirke.model import BlankNode, Literal, NamedNode, Quad
from samvirke.terms import DCT, OWL, RDFS, SKOS, TEMPORAL_DATATYPES, TYPE

_SCHEMA = "https://schema.org/"
_SPACES = (_SCHEMA, "http://schema.org/")
# Properties of standards, not of any site. A mapping that the ontology declares goes before.
_STANDARD = {
    SKOS.prefLabel: "name",
    RDFS.label: "name",
    DCT.title: "name",
    SKOS.altLabel: "alternateName",
    DCT.description: "description",
    RDFS.comment: "description",
    SKOS.definition: "description",
    DCT.identifier: "identifier",
    SKOS.exactMatch: "sameAs",
    OWL.sameAs: "sameAs",
}
_ADDRESSES = ("sameAs", "url")
_CONTEXT = {"@vocab": _SCHEMA, **{key: {"@id": _SCHEMA + key, "@type": "@id"} for key in _ADDRESSES}}


def write_schemaorg(quads: Iterable[Quad], output: IO[bytes], about: About) -> None:
    """Write a node for each thing that schema.org has a class or a property for."""
    nodes: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples(quads):
        subject, key = _identifier(triple.subject), ""
        if triple.predicate == TYPE:
            if isinstance(triple.object, NamedNode):
                nodes[subject]["@type"] += _terms(triple.object, about)
            continue
        for key in _terms(triple.predicate, about) or [_STANDARD.get(triple.predicate, "")]:
            if key:
                nodes[subject][key].append(_value(triple.object, key))
    told = {subject: _finished(subject, node) for subject, node in nodes.items() if any(node.values())}
    output.write(b'{\n "@context": ' + json.dumps(_CONTEXT).encode() + b',\n "@graph": [')
    separator = b"\n  "
    for subject in sorted(told, key=lambda one: (one not in about.roots, one)):
        output.write(separator + json.dumps(told[subject], ensure_ascii=False).encode())
        separator = b",\n  "
    output.write(b"\n ]\n}\n")


def _identifier(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _terms(term: NamedNode, about: About) -> list[str]:
    """Return the names of schema.org's terms for a term."""
    found = {one.partition("schema.org/")[2] for one in about.mappings.nearest(term.value, _SPACES)}
    return sorted(name for name in found if name.isalnum())


def _value(term: object, key: str) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(term, NamedNode):
        # sameAs and url have addresses as values, not things.
        return term.value if key in _ADDRESSES else {"@id": term.value}
    if isinstance(term, BlankNode):
        return {"@id": str(term)}
    if not isinstance(term, Literal):
        return str(term)  # A triple term: schema.org has nothing like it.
    value = plain(term)
    if isinstance(value, dict) and "@type" in value:
        # schema.org has Date and Text where RDF has datatypes; both are written as text.
        return term.value if term.datatype in TEMPORAL_DATATYPES else str(term.value)
    return value


def _finished(subject: str, node: dict[str, list[Any]]) -> dict[str, Any]:
    kinds = sorted(set(node.pop("@type", []))) or ["Thing"]
    found: dict[str, Any] = {"@id": subject, "@type": kinds[0] if len(kinds) == 1 else kinds}
    for key in sorted(node):
        values = list({json.dumps(value, sort_keys=True): value for value in node[key]}.values())
        found[key] = values[0] if len(values) == 1 else values
    return found

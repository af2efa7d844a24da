"""Which terms of other vocabularies does a graph use that do not exist?"""

from __future__ import annotations

from pathlib import Path

import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, ORG, OWL, PROV, RDF, RDFS, SDO, SH, SKOS, TIME, VANN, VOID, XSD

TERMS = Path(__file__).parent / "terms"
CLOSED = (DCAT, DCTERMS, FOAF, ORG, OWL, PROV, RDF, RDFS, SDO, SH, SKOS, TIME, VANN, VOID, XSD)
OWN = "https://w3id.org/samvirke/"
# Addresses that name things, not terms.
THINGS = ("https://creativecommons.org/", "http://id.loc.gov/vocabulary/iso639-1/")


def term_lists() -> dict[str, frozenset[str]]:
    """Read the lists: a namespace to its names."""
    lists = {}
    for path in sorted(TERMS.glob("*.txt")):
        if path.stem == "axioms":
            continue
        first, _source, *names = path.read_text(encoding="utf-8").splitlines()
        lists[first.split("<")[1].rstrip(">")] = frozenset(names)
    return lists


def unknown_terms(graph: rdflib.Graph) -> set[str]:
    """Return every address in `graph` that is neither the site's own nor a term its vocabulary has."""
    lists = term_lists()
    return {
        str(node) for triple in graph for node in triple if isinstance(node, rdflib.URIRef) and not _known(node, lists)
    }


def _known(node: rdflib.URIRef, lists: dict[str, frozenset[str]]) -> bool:
    address = str(node)
    if address.startswith((OWN, *THINGS)):
        return True
    for closed in CLOSED:
        if address.startswith(str(closed)):
            return address == str(closed) or node in closed
    for namespace, names in lists.items():
        if address.startswith(namespace):
            return address == namespace or address.removeprefix(namespace) in names
    return any(address == str(namespace).rstrip("#/") for namespace in (*CLOSED, *lists))

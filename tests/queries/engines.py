"""Ask a query of either engine, and write its answer so that the two can be compared."""

from __future__ import annotations

import pyoxigraph
import rdflib

Row = list[str | None]

PREFIXES = {
    "d": "https://w3id.org/samvirke/id/",
    "nw": "https://w3id.org/samvirke/network#",
    "nwr": "https://w3id.org/samvirke/role#",
    "core": "https://w3id.org/samvirke/core#",
    "document": "https://w3id.org/samvirke/document/",
    "rule": "https://w3id.org/samvirke/rule/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "org": "http://www.w3.org/ns/org#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
}


def _short(address: str) -> str:
    for prefix, namespace in PREFIXES.items():
        if address.startswith(namespace):
            return f"{prefix}:{address.removeprefix(namespace)}"
    return f"<{address}>"


def _literal(value: str, language: str | None, datatype: str) -> str:
    if language:
        return f'"{value}"@{language}'
    kind = _short(datatype)
    if kind == "xsd:integer":
        return value
    return f'"{value}"' if kind == "xsd:string" else f'"{value}"^^{kind}'


def ask_oxigraph(store: pyoxigraph.Store, text: str) -> tuple[list[str], list[Row]]:
    answer = store.query(text)
    assert isinstance(answer, pyoxigraph.QuerySolutions)

    def show(term: object) -> str | None:
        if term is None:
            return None
        if isinstance(term, pyoxigraph.Literal):
            return _literal(term.value, term.language, term.datatype.value)
        assert isinstance(term, pyoxigraph.NamedNode)
        return _short(term.value)

    return [variable.value for variable in answer.variables], [[show(term) for term in row] for row in answer]


def ask_rdflib(dataset: rdflib.Dataset, text: str) -> tuple[list[str], list[Row]]:
    answer = dataset.query(text)

    def show(term: object) -> str | None:
        if term is None:
            return None
        if isinstance(term, rdflib.Literal):
            return _literal(str(term), term.language, str(term.datatype or rdflib.XSD.string))
        assert isinstance(term, rdflib.URIRef)
        return _short(str(term))

    assert answer.vars is not None
    return [str(variable) for variable in answer.vars], [[show(term) for term in row] for row in answer]

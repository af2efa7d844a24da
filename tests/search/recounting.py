"""What the side tables of a list should say, asked of the store with SPARQL.

Written apart from the code under test: each facet is a pattern here, from the same shapes.
"""

from __future__ import annotations

from samvirke.model import Candidate
from samvirke.schema.facets import CLASS, DOCUMENT, NamedField, named_fields

PREFIXES = "PREFIX owl: <http://www.w3.org/2002/07/owl#> PREFIX dct: <http://purl.org/dc/terms/>"
HERE = "FILTER NOT EXISTS { ?m owl:deprecated true } FILTER NOT EXISTS { ?m dct:isReplacedBy ?newer }"


class Recount:
    """Counts the things of a class that have some values, in the store itself."""

    def __init__(self, candidate: Candidate, class_iri: str) -> None:
        self.candidate = candidate
        self.schema = candidate.schema
        self.fields = {one.name: one for one in named_fields(self.schema, class_iri)}
        self.members = f"{self._one_of('?m', self.schema.subclasses(class_iri))} {HERE}"
        details = [iri for iri, hint in self.schema.classes.items() if self.schema.class_hint(hint.iri).detail]
        self.details = [one for one in details if self._ask(f"?x a <{one}>")]

    def values(self, facet: str) -> dict[str, int]:
        """Return each value of a facet with the number of things that have it."""
        query = f"SELECT ?v (COUNT(DISTINCT ?m) AS ?n) {{ {self.members} {self._has(facet, '?v')} }} GROUP BY ?v"
        rows = self.candidate.store.query(f"{PREFIXES} {query}")
        return {row["v"].value: int(row["n"].value) for row in rows}

    def count(self, chosen: dict[str, tuple[str, ...]]) -> int:
        """Return how many things have one of the chosen values of every facet."""
        parts = []
        for number, (facet, values) in enumerate(chosen.items()):
            listed = " ".join(f"<{value}>" for value in values)
            parts.append(f"FILTER EXISTS {{ VALUES ?v{number} {{ {listed} }} {self._has(facet, f'?v{number}')} }}")
        query = f"SELECT (COUNT(DISTINCT ?m) AS ?n) {{ {self.members} {' '.join(parts)} }}"
        [row] = self.candidate.store.query(f"{PREFIXES} {query}")
        return int(row["n"].value)

    def _has(self, facet: str, value: str) -> str:
        if facet == CLASS:
            return self._of_class(value)
        if facet == DOCUMENT:
            return self._in_document(value)
        return self._by_row(self.fields[facet], value)

    def _by_row(self, named: NamedField, value: str) -> str:
        row = named.field
        between = f"{value}_d"
        direct = f"{self._step(row.path, row.inverse, '?m', value)} {self._only(row.only, value)}"
        direct += f" FILTER(isIRI({value})) {self._not_detail(value)}"
        through = []
        for detail in self.details:
            for inner in self.schema.line_fields((detail,))[0]:
                through.append(
                    f"{{ {self._step(row.path, row.inverse, '?m', between)} {self._only(row.only, between)}"
                    f" {between} a <{detail}> . {self._step(inner.path, inner.inverse, between, value)}"
                    f" FILTER(isIRI({value}) && {value} != ?m) {self._not_detail(value)} }}"
                )
        return " UNION ".join([f"{{ {direct} }}", *through])

    def _only(self, only, value: str) -> str:
        return " ".join(f"{value} <{path}> {term} ." for path, term in only)

    def _step(self, path: str, inverse: bool, start: str, end: str) -> str:
        return f"{end} <{path}> {start} ." if inverse else f"{start} <{path}> {end} ."

    def _not_detail(self, value: str) -> str:
        listed = ", ".join(f"<{one}>" for one in self.details)
        return f"FILTER NOT EXISTS {{ {value} a {value}_t FILTER({value}_t IN ({listed})) }}" if listed else ""

    def _of_class(self, value: str) -> str:
        parts = []
        for one in self.schema.classes:
            below = " ".join(f"<{iri}>" for iri in self.schema.subclasses(one))
            parts.append(f"{{ VALUES {value} {{ <{one}> }} VALUES {value}_c {{ {below} }} ?m a {value}_c }}")
        return " UNION ".join(parts)

    def _in_document(self, value: str) -> str:
        parts = []
        for document in self.candidate.documents:
            spoken = "{ ?m ?p ?o } UNION { ?o ?p ?m }"
            parts.append(
                f"{{ VALUES {value} {{ <{document.document}> }} GRAPH {value}_g {{ {spoken} }}"
                f' FILTER(STRSTARTS(STR({value}_g), "{document.address}#")) }}'
            )
        return " UNION ".join(parts)

    def _one_of(self, thing: str, classes) -> str:
        return f"VALUES {thing}_k {{ {' '.join(f'<{one}>' for one in classes)} }} {thing} a {thing}_k ."

    def _ask(self, pattern: str) -> bool:
        return bool(self.candidate.store.query(f"ASK {{ {pattern} }}"))

"""How much there is of what in a dataset: the numbers that its VoID description states.

Duty: one pass over sorted lines of N-Triples and one over N-Quads, at build time. Level 3; opens no
store and knows no term of a site. What is counted here is what a query over the default graph and the
named graphs counts: the tests ask for each number again.
Source: https://www.w3.org/TR/void/#statistics
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from samvirke.terms import TYPE

__all__ = ["COUNTS_FILE", "Counts", "GraphCount", "count_graphs", "count_triples"]

COUNTS_FILE = "counts.json"
_TYPE = f"<{TYPE.value}>".encode()


@dataclass(frozen=True, slots=True)
class GraphCount:
    """How many named graphs there are of one kind, and how many triples in all of them together."""

    graphs: int = 0
    triples: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of one generation. All but `graphs` are of the default graph.

    `entities` are subjects with an address, `elsewhere` those of them that lie outside the base,
    `documents` the addresses below the base that entities have when the fragment is left off.
    `classes` counts the entities said to be of a class, `properties` the triples with a property.
    """

    triples: int = 0
    entities: int = 0
    elsewhere: int = 0
    documents: int = 0
    subjects: int = 0
    objects: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    properties: dict[str, int] = field(default_factory=dict)
    graphs: dict[str, GraphCount] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Counts:
        """Read what `to_json` gave."""
        return cls(**{**value, "graphs": {kind: GraphCount(**count) for kind, count in value["graphs"].items()}})


def count_triples(lines: Iterable[bytes], base: str, graphs: dict[str, GraphCount] | None = None) -> Counts:
    """Count the triples of a default graph.

    Reads:  canonical N-Triples, each line once, sorted – so the lines of one subject stand together.
    """
    inside = f"<{base}".encode()
    properties: Counter[bytes] = Counter()
    classes: Counter[bytes] = Counter()
    objects: set[bytes] = set()
    documents: set[bytes] = set()
    triples = subjects = entities = elsewhere = 0
    current = b""
    for triples, line in enumerate(lines, start=1):  # noqa: B007 - the number of the last line is the count
        # Neither an address nor a blank node's label holds a space; what follows the second one is the object.
        subject, predicate, value = line.split(b" ", 2)
        properties[predicate] += 1
        objects.add(value)
        if subject != current:
            current = subject
            subjects += 1
            if subject.startswith(b"<"):
                entities += 1
                if subject.startswith(inside):
                    documents.add(subject[:-1].partition(b"#")[0])
                else:
                    elsewhere += 1
        if predicate == _TYPE and subject.startswith(b"<") and value.startswith(b"<"):
            classes[value.removesuffix(b" .\n")] += 1
    return Counts(
        triples=triples,
        entities=entities,
        elsewhere=elsewhere,
        documents=len(documents),
        subjects=subjects,
        objects=len(objects),
        classes=_by_address(classes),
        properties=_by_address(properties),
        graphs=graphs or {},
    )


def count_graphs(lines: Iterable[bytes]) -> dict[str, int]:
    """Count the triples of each named graph in canonical N-Quads, by the graph's address."""
    # A literal may hold anything; the graph's name is the last but one of what spaces part.
    return _by_address(Counter(line.rsplit(b" ", 2)[1] for line in lines))


def _by_address(counter: Counter[bytes]) -> dict[str, int]:
    return {term[1:-1].decode(): number for term, number in sorted(counter.items())}

"""The values that pass between the rooms.

Duty: frozen values with no behaviour beyond their own invariants. Level 1; imports levels 0 only.
RDF terms are pyoxigraph's value types, re-exported here so that no other room depends on the
engine binding for more than values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

if TYPE_CHECKING:
    import pyoxigraph

    from samvirke.schema import Schema

__all__ = [
    "BlankNode",
    "Candidate",
    "DefaultGraph",
    "DocumentVersion",
    "Finding",
    "Literal",
    "NamedNode",
    "Passage",
    "Quad",
    "Report",
    "Severity",
    "Term",
    "Triple",
]

Term = NamedNode | BlankNode | Literal


class Severity(StrEnum):
    """SHACL's three severities, worst first (https://www.w3.org/TR/shacl/#severity)."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One harvested state of a document: its words never change.

    `address` is the IRI of the version, `text` its words as Unicode code points exactly as in the
    file, `sha256` the lower-case hexadecimal checksum of the file's bytes, `file` its path.
    """

    address: str
    document: str
    text: str
    sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document version whose words support facts; its address names their graph.

    `start` and `end` are Unicode code points, half-open (RFC 5147). `mode` is "stated" or
    "implied"; `hedge` the hedging words, if any; `note` says how an implied fact was read.
    """

    address: str
    version: str
    start: int
    end: int
    quote: str
    language: str = ""
    mode: str = "stated"
    hedge: str = ""
    note: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the gate found.

    `messages` maps a language to one whole sentence. `shape` is the address of the shape whose
    constraint failed (its parent node shape where the property shape is anonymous), `component`
    the constraint component, `path` a property address or a SPARQL path text, `value` and `focus`
    N-Triples terms or addresses as they stand. `passage` is the graph the offending fact stands in.
    `constraint` names the `sh:sparql` constraint that failed, where a shape has several.
    """

    severity: Severity
    shape: str
    messages: Mapping[str, str]
    focus: str = ""
    path: str = ""
    value: str = ""
    component: str = ""
    passage: str = ""
    file: str = ""
    line: int = 0
    constraint: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What the gate found, ordered by severity, shape, focus, path, value – the same on each run."""

    findings: Sequence[Finding]
    seconds: float = 0.0
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """The names by language of what the findings speak of, by address, as far as they were looked up."""

    def of(self, severity: Severity) -> list[Finding]:
        """The findings of one severity, in order."""
        return [finding for finding in self.findings if finding.severity is severity]

    @property
    def publishable(self) -> bool:
        """No violation was found."""
        return not self.of(Severity.VIOLATION)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A site's whole dataset, assembled and not yet published.

    `store` holds the asserted graphs, one graph per rule, the schema graphs, and – as its default
    graph – the set-union of asserted and inferred triples. The three graph lists are disjoint and
    together name every graph of the store.
    """

    store: pyoxigraph.Store
    base: str
    languages: tuple[str, ...]
    documents: tuple[DocumentVersion, ...]
    asserted: tuple[NamedNode, ...]
    inferred: tuple[NamedNode, ...]
    schema_graphs: tuple[NamedNode, ...]
    schema: Schema
    prefixes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Graph address → file it was read from, for messages."""

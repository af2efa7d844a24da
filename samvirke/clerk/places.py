"""Which graphs may be written to, and the words behind them.

Duty: tell the graph of a passage from that of a version, a rule, the ontology, or nothing at all. Level 4; reads
the texts of a generation when it is made, and no file afterwards.
Source: RFC 5147 and RFC 7111 for the places in a document, https://www.rfc-editor.org/rfc/rfc5147
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Store

from samvirke.errors import StoreDamaged, WriteRefused
from samvirke.model import BlankNode, DefaultGraph, DocumentVersion, Literal, NamedNode, Quad, Triple
from samvirke.patch import Delta
from samvirke.terms import CORE
from samvirke.tokens import covers

__all__ = ["Places"]


@dataclass(frozen=True, slots=True)
class Places:
    """The graphs of a generation. `free` are those that its data files named themselves, without a document."""

    base: str
    documents: Mapping[str, DocumentVersion]
    schema_graphs: frozenset[str]
    free: frozenset[str]

    @classmethod
    def of(cls, texts: Path, store: Store, *, base: str, schema_graphs: Iterable[NamedNode]) -> Places:
        """Read what the store says of document versions, and their words.

        Raises: StoreDamaged when the words of one are missing.
        """
        documents = {}
        for quad in store.quads_for_pattern(None, CORE.sha256, None, DefaultGraph()):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                address = quad.subject.value
                documents[address] = _document(texts, address, quad.object.value)
        schema = frozenset(graph.value for graph in schema_graphs)
        found = (name.value for name in store.named_graphs() if isinstance(name, NamedNode) and "#" not in name.value)
        free = frozenset(
            name
            for name in found
            if name not in schema and name not in documents and not name.startswith(f"{base}rule/")
        )
        return cls(base, documents, schema, free)

    def document(self, address: str) -> DocumentVersion | None:
        """Return a document version by its address, with its words."""
        return self.documents.get(address)

    def versions_of(self, graphs: Iterable[str]) -> set[str]:
        """Return the document versions that graphs belong to."""
        return {name for graph in graphs if (name := graph.partition("#")[0]) in self.documents}

    def has_words(self, quad: Quad) -> bool:
        """Say whether a fact stands where a reader can look it up: with a document, or where a data file is."""
        graph = quad.graph_name
        return isinstance(graph, NamedNode) and (
            graph.value.partition("#")[0] in self.documents or graph.value in self.free
        )

    def permit(self, delta: Delta, graphs: Sequence[str] | None) -> None:
        """Refuse a change of what requests do not change.

        Raises: WriteRefused that names the graph.
        """
        for graph in sorted({quad.graph_name for quad in delta.added | delta.deleted}, key=str):
            if isinstance(graph, DefaultGraph):
                raise WriteRefused(
                    "The default graph is everything that is said and what follows from it; it is not written to.",
                    remedy="Name the graph of the passage that says it: GRAPH <…#char=…> { … }.",
                )
            if isinstance(graph, (BlankNode, Triple)):
                raise WriteRefused("A graph without an address cannot be found again.", remedy="Give it an address.")
            name = graph.value
            if name.startswith(f"{self.base}rule/"):
                raise WriteRefused(
                    f"The graph <{name}> holds what a rule infers.", remedy="Change what it is inferred from."
                )
            if name in self.schema_graphs or name.startswith(f"{self.base}schema/"):
                raise WriteRefused(
                    f"The graph <{name}> is part of the ontology.", remedy="Change its file, and build the site again."
                )
            if graphs is not None and not covers(graphs, name):
                raise WriteRefused(
                    f"This token may not change the graph <{name}>.", remedy="Use one that may, or name another graph."
                )
        for quad in delta.added:
            if isinstance(quad.object, Triple) or isinstance(quad.subject, Triple):
                raise WriteRefused(
                    "A statement about a statement cannot be kept here.", remedy="Say it of a node with an address."
                )

    def skolemised(self, quads: Iterable[Quad]) -> frozenset[Quad]:
        """Name nodes without an address, each with an address that nothing had before.

        Source: https://www.w3.org/TR/rdf11-concepts/#section-skolemization
        """
        known: dict[BlankNode, NamedNode] = {}

        def node(term: object) -> object:
            if not isinstance(term, BlankNode):
                return term
            if term not in known:
                known[term] = NamedNode(f"{self.base}.well-known/genid/{uuid.uuid4().hex[:20]}")
            return known[term]

        return frozenset(
            Quad(node(quad.subject), quad.predicate, node(quad.object), quad.graph_name)  # type: ignore[arg-type] # each term keeps its place
            for quad in quads
        )


def _document(texts: Path, address: str, checksum: str) -> DocumentVersion:
    path = texts / f"{checksum}.txt"
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreDamaged(f"The words of <{address}> cannot be read.", remedy="Build the site again.") from error
    return DocumentVersion(address, address.rpartition("/")[0], text, checksum, "")

"""What of a candidate the shapes speak of.

Duty: the graphs that count as data, and their quads. Level 3; changes nothing.
Source: https://www.w3.org/TR/shacl/#data-graph
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph

from samvirke.gate.shapes import is_shape_type
from samvirke.gate.sparql import Graph
from samvirke.model import Candidate, DefaultGraph, NamedNode, Quad
from samvirke.terms import OWL, RDFS, TYPE


def visible_graphs(candidate: Candidate) -> tuple[Graph, ...]:
    """The graphs that count as the data: facts, inferences, ontologies and schemes; not the shapes.

    The class hierarchy and the terms of schemes belong to what shapes speak of (SHACL 3.2). A file
    that holds ontology and shapes together counts as both.
    """
    store = candidate.store
    ontologies = [
        graph
        for graph in candidate.schema_graphs
        if not any(map(is_shape_type, store.quads_for_pattern(None, TYPE, None, graph)))
        or _declares_classes(store, graph)
    ]
    return (DefaultGraph(), *ontologies)


def _declares_classes(store: pyoxigraph.Store, graph: NamedNode) -> bool:
    kinds = (OWL.Class, RDFS.Class)
    return any(next(iter(store.quads_for_pattern(None, TYPE, kind, graph)), None) is not None for kind in kinds)


def visible_quads(candidate: Candidate) -> Iterator[Quad]:
    """The quads of the visible graphs."""
    for graph in visible_graphs(candidate):
        yield from candidate.store.quads_for_pattern(None, None, None, graph)


def schema_quads(candidate: Candidate) -> Iterator[Quad]:
    """The quads of the visible graphs beside the facts."""
    for graph in visible_graphs(candidate):
        if isinstance(graph, NamedNode):
            yield from candidate.store.quads_for_pattern(None, None, None, graph)

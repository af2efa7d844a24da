"""Small candidates for the gate, made from text."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph
import pytest

from samvirke.model import Candidate, DefaultGraph, NamedNode, Quad
from samvirke.schema import Schema

BASE = "https://example.org/"
PREFIXES = f"""
@prefix : <{BASE}ns#> .
@prefix dash: <http://datashapes.org/dash#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = NamedNode(f"{BASE}schema/shapes")
ONTOLOGY = NamedNode(f"{BASE}schema/ontology")


def parsed(text: str, graph: NamedNode) -> list[Quad]:
    quads = pyoxigraph.parse(PREFIXES + text, pyoxigraph.RdfFormat.TRIG)
    return [
        Quad(quad.subject, quad.predicate, quad.object, graph) if isinstance(quad.graph_name, DefaultGraph) else quad
        for quad in quads
    ]


def candidate(*, shapes: str, data: str = "", ontology: str = "") -> Candidate:
    store = pyoxigraph.Store()
    store.bulk_extend(parsed(shapes, SHAPES) + parsed(ontology, ONTOLOGY))
    facts = parsed(data, NamedNode(f"{BASE}graph/data"))
    store.bulk_extend(facts)
    store.bulk_extend(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in facts)
    return Candidate(
        store=store,
        base=BASE,
        languages=("da", "en"),
        documents=(),
        asserted=tuple(sorted({quad.graph_name for quad in facts}, key=str)),
        inferred=(),
        schema_graphs=(ONTOLOGY, SHAPES),
        schema=Schema(base=BASE, languages=("da", "en")),
        prefixes={"": f"{BASE}ns#"},
        sources={SHAPES.value: "ontology/shapes/thing.ttl"},
    )


@pytest.fixture(scope="session")
def make() -> Callable[..., Candidate]:
    return candidate

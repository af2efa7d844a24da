"""The ontology as rdflib and as quads."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest
import rdflib

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def ontology_files() -> list[Path]:
    folder = ROOT / "ontology"
    return [
        *sorted(folder.glob("*.ttl")),
        *sorted((folder / "vocab").glob("*.ttl")),
        ROOT / "samvirke/vocabulary/core.ttl",
    ]


@pytest.fixture(scope="session")
def ontology(ontology_files: list[Path]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in ontology_files:
        graph.parse(path)
    return graph


@pytest.fixture(scope="session")
def ontology_quads(ontology_files: list[Path]) -> list[pyoxigraph.Quad]:
    return [quad for path in ontology_files for quad in pyoxigraph.parse(path=str(path))]

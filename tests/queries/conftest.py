"""The assembled site, in both engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph
import pytest
import rdflib

from samvirke.assembly import assemble
from samvirke.site import Site
from tests.queries.engines import Row, ask_oxigraph, ask_rdflib

ROOT = Path(__file__).parents[2]
Ask = Callable[[str], tuple[list[str], list[Row]]]


@pytest.fixture(scope="session")
def store() -> pyoxigraph.Store:
    return assemble(Site.open(ROOT, environ={})).store


@pytest.fixture(scope="session")
def dataset(store: pyoxigraph.Store) -> rdflib.Dataset:
    """The same quads in rdflib: the materialised default graph, and each named graph."""
    dataset = rdflib.Dataset(default_union=False)
    nquads = pyoxigraph.serialize(store, format=pyoxigraph.RdfFormat.N_QUADS)
    assert nquads is not None
    dataset.parse(data=nquads, format="nquads")
    return dataset


@pytest.fixture(scope="session")
def ask(store: pyoxigraph.Store, dataset: rdflib.Dataset) -> dict[str, Ask]:
    return {"pyoxigraph": lambda text: ask_oxigraph(store, text), "rdflib": lambda text: ask_rdflib(dataset, text)}

"""A small orchard in a store: two documents, one n-ary relation, one rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph
import pytest

from samvirke import describe
from samvirke.describe.entity import EntityView, entity_view
from samvirke.model import DefaultGraph, Quad
from samvirke.schema import Schema, compile_schema

HERE = Path(__file__).parent
BASE = "https://orchard.example/"
TEXTS = {
    "aa": "Gråsten stands by the well since 1890, so they say.\nIt was grafted onto Old Stem in June 1891.",
    "bb": "Gråsten was planted in 1889.",
}


@pytest.fixture(scope="session")
def orchard() -> tuple[pyoxigraph.Store, Schema]:
    """The store as a generation has it: named graphs, and their union as the default graph."""
    store = pyoxigraph.Store()
    store.load(path=HERE / "orchard.trig", format=pyoxigraph.RdfFormat.TRIG)
    for quad in list(store):
        store.add(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()))
    quads = pyoxigraph.parse(path=HERE / "orchard.ttl")
    return store, compile_schema(quads, base=BASE, languages=("en", "da"))


@pytest.fixture
def view_of(orchard) -> Callable[..., EntityView]:
    """Return the page of a thing of the orchard."""

    def view(slug: str, *, texts=TEXTS, explanations=None) -> EntityView:
        store, schema = orchard
        iri = f"{BASE}id/{slug}"
        quads = list(describe.neighbourhood(store, schema, {"iri": iri}))
        found = entity_view(quads, schema, iri, "en", texts=texts.get, explanations=explanations)
        assert found is not None
        return found

    return view

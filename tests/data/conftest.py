"""The first site's data, as its files say it and as the engine assembles it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
import rdflib

from samvirke.assembly import assemble
from samvirke.model import DocumentVersion, Quad
from samvirke.site import Site
from samvirke.sources import read_documents
from samvirke.store import read_rdf

SLUG = "biblioteksnetvaerk-om-inkluderingsindsatser"


@pytest.fixture(scope="session")
def site(root: Path) -> Site:
    return Site.open(root)


@pytest.fixture(scope="session")
def document(site: Site) -> DocumentVersion:
    (found,) = [one for one in read_documents(site.root, site.base) if one.document.endswith(f"/{SLUG}")]
    return found


@pytest.fixture(scope="session")
def quads(site: Site, document: DocumentVersion) -> tuple[Quad, ...]:
    """What the data file of the document says."""
    path = Path(document.file).with_suffix(".trig")
    return tuple(read_rdf(path, base_iri=site.document_base(path)))


@pytest.fixture(scope="module")
def assembled(site: Site) -> Iterator[pyoxigraph.Store]:
    """The whole dataset with what the rules infer."""
    yield assemble(site).store


@pytest.fixture(scope="module")
def other_engine(assembled: pyoxigraph.Store) -> rdflib.Dataset:
    """The same dataset in rdflib; a triple that two passages say stands once in its default graph."""
    content = pyoxigraph.serialize(assembled, format=pyoxigraph.RdfFormat.N_QUADS)
    assert content is not None
    dataset = rdflib.Dataset()
    dataset.parse(data=content, format="nquads")
    return dataset

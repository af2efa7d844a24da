"""The first site and a hostile one, built and served by real workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool

HERE = Path(__file__).parent


def _client(folder: Path, state: Path) -> Iterator[FlaskClient]:
    build(Site.open(folder, overrides={"state": state}), allow_invalid=True, reasoner=False)
    with Pool.start(state, Limits(workers=1)) as pool:
        yield create_app(state, pool=pool).test_client()


@pytest.fixture(scope="session")
def client(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The first site."""
    yield from _client(root, tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A site without ontology whose names and addresses try to break out of the page."""
    yield from _client(HERE / "hostile", tmp_path_factory.mktemp("hostile"))

"""A small site with every kind of address, built and served by real workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool

BASE = "https://fyr.example/atlas/"


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application over `tests/web/site`."""
    state = tmp_path_factory.mktemp("state")
    folder = Path(__file__).with_name("site")
    build(Site.open(folder, overrides={"state": state}), allow_invalid=True, reasoner=False)
    with Pool.start(state, Limits(workers=2)) as pool:
        yield create_app(state, pool=pool)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def manifest(app: Flask) -> dict:
    return json.loads((app.extensions["samvirke"].newest().directory / "manifest.json").read_text("utf-8"))

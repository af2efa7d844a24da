"""A site of odd things: each case a file, and three that are generated because of their size."""

from __future__ import annotations

import shutil
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
BASE = "https://oddities.example/"
NAMING = 10_000
"""Things that name the hub."""
FACTS = 500


def _lines() -> Iterator[str]:
    """The things of size: a hub, a thing of 500 facts with as many values, and one of 500 properties."""
    name, kind = "http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    yield f'<{BASE}id/hub> <{name}> "Hub"@en .'
    for number in range(NAMING):
        one = f"<{BASE}id/spoke-{number}>"
        yield f"{one} <{kind}> <{BASE}terms#Spoke> ."
        yield f'{one} <{name}> "Spoke {number}"@en .'
        yield f"{one} <{BASE}terms#{('holds', 'leans', 'rests')[number % 3]}> <{BASE}id/hub> ."
    for number in range(FACTS):
        yield f"<{BASE}id/many-values> <{BASE}terms#near> <{BASE}id/spoke-{number}> ."
        yield f'<{BASE}id/many-properties> <{BASE}terms#property{number:03}> "{number}" .'


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built."""
    site = tmp_path_factory.mktemp("oddities")
    shutil.copyfile(HERE / "samvirke.toml", site / "samvirke.toml")
    data = site / "data"
    data.mkdir()
    for path in (HERE / "cases").glob("*.ttl"):
        shutil.copyfile(path, data / path.name)
    (data / "size.nt").write_text("\n".join(_lines()) + "\n", encoding="utf-8")
    build(Site.open(site, overrides={"state": site / "state"}), allow_invalid=True, reasoner=False)
    return site / "state"


@pytest.fixture(scope="session")
def client(state: Path) -> Iterator[FlaskClient]:
    """It, answering."""
    with Pool.start(state, Limits(workers=1)) as pool:
        yield create_app(state, pool=pool).test_client()

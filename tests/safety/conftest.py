"""The garden, published and written to."""

from __future__ import annotations

import shutil

import pytest

from samvirke.build import build
from samvirke.site import Site
from samvirke.workers import Pool
from samvirke.workers.pool import WriteRequest
from tests.garden import GARDEN, adding
from tests.processes import LIMITS


@pytest.fixture(scope="session")
def written_once(tmp_path_factory):
    """The garden with two generations and two changes, the second of them in no generation."""
    folder = tmp_path_factory.mktemp("written") / "site"
    shutil.copytree(GARDEN, folder)
    site = Site.open(folder)
    build(site, reasoner=False)
    with Pool.start(site.state, LIMITS, writable=True) as pool:
        pool.write(WriteRequest(action="update", content=adding("One").encode(), author="ada", reason="she says so"))
        build(site, reasoner=False)
        pool.write(WriteRequest(action="update", content=adding("Two").encode(), author="ben"))
    return folder


@pytest.fixture
def site(written_once, tmp_path):
    """A copy of it for one test."""
    shutil.copytree(written_once, tmp_path / "garden", symlinks=True)
    return Site.open(tmp_path / "garden")

"""One real server over the site of `tests/web`, with some bulk data to make large answers of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server import Server, serving

SITE = Path(__file__).parent.parent / "web" / "site"
BASE = "https://fyr.example/atlas/"
BULK = 3_000


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's folder, with its state below it."""
    folder = tmp_path_factory.mktemp("front") / "site"
    shutil.copytree(SITE, folder)
    lines = (f'<{BASE}bulk/{i}> <{BASE}terms#note> "{i:0100d}" .\n' for i in range(BULK))
    (folder / "data" / "bulk.ttl").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[Server]:
    with serving(
        site, allow_invalid="yes", reasoner="off", limits_timeout_ms="5000", limits_body_wait_ms="700"
    ) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, trust_env=False, timeout=20, headers={"Accept": "*/*"}) as talking:
        talking.headers["Accept-Encoding"] = "identity"
        yield talking

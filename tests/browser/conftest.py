"""The first site, built and served to a real browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool
from samvirke.workers.pool import WriteRequest

BASE = "https://w3id.org/samvirke/"
PASSAGE = f"{BASE}document/biblioteksnetvaerk-om-inkluderingsindsatser/2021-10-21#char=0,42"
THING = f"{BASE}id/inkluderingsindsatser"
NAME = "http://www.w3.org/2004/02/skos/core#altLabel"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site_address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the first site answers, on a port of its own."""
    state = tmp_path_factory.mktemp("state")
    build(Site.open(root, overrides={"state": state}), reasoner=False)
    with Pool.start(state, Limits(workers=2), writable=True) as pool:
        for verb in ("INSERT", "DELETE"):  # Two changes to show, and nothing changed by them.
            text = f"{verb} DATA {{ GRAPH <{PASSAGE}> {{ <{THING}> <{NAME}> 'Inkludering'@da }} }}"
            pool.write(WriteRequest(action="update", content=text.encode(), author="ada", reason="prøve"))
        server = make_server("127.0.0.1", 0, create_app(state, pool=pool), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium of this machine."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on the PATH")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility rules as a script."""
    path = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        pytest.skip("axe-core is not installed: run `npm ci` in tests/browser")
    return path.read_text(encoding="utf-8")

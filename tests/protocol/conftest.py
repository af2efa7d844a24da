"""A small site on a real server on loopback, with real workers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from samvirke.build import build
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool

BASE = "https://example.org/harbour/"


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Say nothing: what is asked here is wrong on purpose."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state = tmp_path_factory.mktemp("state")
    site = Site.open(Path(__file__).with_name("site"), overrides={"state": state})
    build(site, allow_invalid=True, reasoner=False)
    logging.getLogger("samvirke.web.errors").setLevel(logging.CRITICAL)
    with Pool.start(state, site.settings.limits) as pool:
        running = make_server("127.0.0.1", 0, create_app(state, pool=pool), threaded=True, request_handler=Quiet)
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()
        running.server_close()


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, trust_env=False, timeout=20, headers={"Accept": "*/*"}) as talking:
        yield talking

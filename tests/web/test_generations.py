"""A new generation is served as soon as it is there, and no page of the old one with it."""

from __future__ import annotations

import shutil
from pathlib import Path

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool
from tests.processes import eventually


def test_a_new_generation_replaces_the_old_one(tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(Path(__file__).with_name("site"), folder)
    site = Site.open(folder)
    first = build(site, allow_invalid=True, reasoner=False)
    with Pool.start(site.state, Limits(workers=1)) as pool:
        client = create_app(site.state, pool=pool).test_client()
        before = client.get("/da/id/anholt")
        assert before.headers["Samvirke-Generation"] == first.version
        data = folder / "data" / "lights.ttl"
        data.write_text(data.read_text("utf-8").replace("Anholt Fyr", "Fyret på Anholt"), encoding="utf-8")
        second = build(Site.open(folder), allow_invalid=True, reasoner=False)

        assert eventually(
            lambda: client.get("/da/id/anholt").headers["Samvirke-Generation"] == second.version, within_s=20
        )
        after = client.get("/da/id/anholt", headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert "Fyret på Anholt" in after.text
    assert "Fyret på Anholt" not in before.text

"""The scripts made from npm: what is in them, how large they are, and that no page needs them."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from samvirke.web import layout

MOST_GZIPPED = {"query.js": 135 * 1024, "graph.js": 30 * 1024}
FILES = {"query.js", "graph.js", "parts.json", "licences.txt"}


@pytest.fixture(scope="module")
def built() -> Path:
    folder = layout.STATIC / "built"
    if not (folder / "parts.json").is_file():
        pytest.skip("the scripts are not made: run `make samvirke/web/static/built/parts.json` (needs npm)")
    return folder


@pytest.mark.node
def test_each_script_keeps_its_weight(built):
    sizes = {name: len(gzip.compress((built / name).read_bytes(), 9)) for name in MOST_GZIPPED}

    assert all(sizes[name] <= most for name, most in MOST_GZIPPED.items()), sizes


@pytest.mark.node
def test_the_table_names_every_script_and_part_and_the_licences_stand_beside_it(built):
    table = json.loads((built / "parts.json").read_text(encoding="utf-8"))
    licences = (built / "licences.txt").read_text(encoding="utf-8")
    parts = {part["name"]: part for part in table["parts"]}

    assert {path.name for path in built.iterdir()} == FILES
    assert {one["name"]: one["sha256"] for one in table["scripts"]} == {
        name: hashlib.sha256((built / name).read_bytes()).hexdigest() for name in MOST_GZIPPED
    }
    assert {name for one in table["scripts"] for name in one["parts"]} == set(parts)
    assert len(parts) >= 20
    for part in parts.values():
        assert f"\n{part['name']} {part['version']} ({part['licence']})\n" in licences
        assert len(part["sha256"]) == 64


@pytest.mark.node
def test_the_recipe_makes_the_same_bytes_again(built, root, tmp_path):
    node = shutil.which("node")
    if node is None or not (root / "frontend" / "node_modules").is_dir():
        pytest.skip("Node.js or what npm installs into frontend/ is missing")
    subprocess.run([node, "build.mjs", str(tmp_path / "again")], cwd=root / "frontend", check=True, capture_output=True)

    assert {name: (tmp_path / "again" / name).read_bytes() for name in FILES} == {
        name: (built / name).read_bytes() for name in FILES
    }


def test_the_lock_file_names_no_server_and_not_the_old_editor(root):
    lock = json.loads((root / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert len(packages) >= 25
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert "node_modules/codemirror" not in packages


def test_a_script_that_was_not_made_is_not_named(monkeypatch, tmp_path):
    monkeypatch.setattr(layout, "STATIC", tmp_path)
    layout.made.cache_clear()

    assert layout.made("query.js") == ()
    layout.made.cache_clear()

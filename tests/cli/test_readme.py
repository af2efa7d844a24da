"""The README is true: its commands run as they stand, against a running server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import environment
from tests.cli.test_serve import serving

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
EXPECTED = {
    "/id/nordisk-biblioteksnetvaerk": 'skos:prefLabel "Nordisk Biblioteksnetværk"@da',
    "year=2016": "Boligsocialt og Kulturelt Netværk",
    "explain=evidence": '/id/nordisk-ministerraad,"https://w3id.org/samvirke/document/',
    "--data-urlencode": "/2021-10-21#char=163,188",
    "samvirke.open": "– “",
    "urlopen": "Boligsocialt og Kulturelt Netværk\nNordisk Biblioteksnetværk\n",
    "samvirke query": "Nordisk Biblioteksnetværk",
    "samvirke init": "0 violations",
}


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a fresh checkout: the site's files, and `samvirke` where make puts it."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("ontology", "data", "queries", "samvirke.toml"):
        (folder / name).symlink_to(root / name)
    commands = folder / ".venv/bin"
    commands.mkdir(parents=True)
    (commands / "samvirke").write_text(f'#!/bin/sh\nexec {sys.executable} -m samvirke "$@"\n', encoding="utf-8")
    (commands / "samvirke").chmod(0o755)
    return folder


def test_its_commands_run_and_answer_what_it_says(root: Path, checkout: Path) -> None:
    blocks = BLOCK.findall((root / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) == len(EXPECTED)

    with serving(checkout) as (_, address):
        for language, text in blocks:
            wanted = next(found for mark, found in EXPECTED.items() if mark in text)
            program = [sys.executable, "-"] if language == "python" else ["bash", "-euo", "pipefail"]
            done = subprocess.run(
                program,
                input=text.replace("http://127.0.0.1:8000/", address),
                capture_output=True,
                text=True,
                cwd=checkout,
                env=environment(PYTHONUTF8="1"),
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert wanted in done.stdout, done.stdout

    assert (checkout / "everything.trig").stat().st_size > 10_000


def test_its_links_lead_somewhere(root: Path) -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in LINK.findall((root / name).read_text(encoding="utf-8")):
            assert (root / target).exists(), f"{name} links to {target}"


def test_it_names_every_command_and_exit_code(root: Path) -> None:
    from samvirke.cli import samvirke

    text = (root / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}" in text or f"`{name}`" in text for name in samvirke.commands)
    codes = (0, 1, 2, 3, 4, 5, 70, 130, 141)
    assert all(re.search(rf"\b{code}\b", text.partition("Exit codes:")[2]) for code in codes)


def test_the_lock_of_the_browser_tests_names_no_host(root: Path) -> None:
    lock = json.loads((root / "tests/browser/package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


@pytest.mark.parametrize("name", ["run", "test"])
def test_every_locked_package_has_a_checksum_and_no_host(name: str, root: Path) -> None:
    text = (root / f"requirements/{name}.txt").read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)

    assert len(packages) >= 25
    assert "://" not in text
    assert all("--hash=sha256:" in block for block in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:])

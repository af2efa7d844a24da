"""The house rules that a machine can check: floors, names, and what a process loads."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import command, environment

NO_NAMES = {"utils", "util", "common", "misc", "base", "helpers", "helper", "shared", "tools", "stuff"}
HEAVY = ("pyshacl", "owlready2", "rdflib", "granian")


def engine_files(root: Path) -> list[Path]:
    return [
        path
        for path in sorted((root / "samvirke").rglob("*"))
        if path.suffix == ".py" and "__pycache__" not in path.parts
    ]


def test_imports_go_downwards(root: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]


def test_no_module_is_a_drawer(root: Path) -> None:
    assert [path for path in (root / "samvirke").rglob("*.py") if path.stem.strip("_") in NO_NAMES] == []


def test_every_module_says_its_duty(root: Path) -> None:
    silent = [
        str(path.relative_to(root))
        for path in engine_files(root)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_only_the_store_reads_and_writes_rdf_by_the_engine_binding(root: Path) -> None:
    """Errors of the parser get their file, line and column in one place only."""
    allowed = ("samvirke/store/", "samvirke/formats/", "samvirke/workers/", "samvirke/patch.py")
    found = [
        str(path.relative_to(root))
        for path in engine_files(root)
        if re.search(r"\bpyoxigraph\.(?:parse|serialize)\(|\.bulk_load\(", path.read_text(encoding="utf-8"))
        and not str(path.relative_to(root)).startswith(allowed)
    ]

    assert found == []


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("layout") / "site"
    assert command("init", site).code == 0
    assert command("build", "--site", site).code == 0
    return site / ".samvirke"


def loaded(program: str, *arguments: str) -> set[str]:
    """Return the names of the packages a fresh interpreter has loaded after `program`."""
    tell = "; import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", program + tell, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_web_tier_loads_neither_validator_nor_reasoner(state: Path) -> None:
    program = "import sys; from samvirke.web import create_app; app = create_app(sys.argv[1])"
    asked = "; app.test_client().get('/en/').get_data()"
    packages = loaded(program + asked, str(state))

    assert "flask" in packages
    assert packages.isdisjoint({"pyshacl", "owlready2", "rdflib"})


def test_the_command_line_starts_without_the_rooms() -> None:
    packages = loaded("import samvirke.cli")

    assert "click" in packages
    assert packages.isdisjoint({*HEAVY, "flask", "jinja2", "pyoxigraph", "babel"})


def test_the_worker_process_loads_the_engine_only() -> None:
    packages = loaded("import samvirke.workers.zygote")

    assert packages.isdisjoint({*HEAVY, "flask", "jinja2", "click", "babel"})

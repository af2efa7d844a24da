"""The package as somebody installs it: a wheel that holds all it needs."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import environment

NEEDED = (
    "samvirke/vocabulary/core.ttl",
    "samvirke/vocabulary/rules/",
    "samvirke/starter/common/ontology/words.ttl",
    "samvirke/starter/da/samvirke.toml",
    "samvirke/starter/en/samvirke.toml",
    "samvirke/web/templates/entity.html",
    "samvirke/web/static/style.css",
    "samvirke/web/locales/da.po",
    "samvirke/web/help/da/index.md",
    "samvirke/py.typed",
)


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(root)],
        check=True,
        capture_output=True,
        env=environment(PIP_DISABLE_PIP_VERSION_CHECK="1"),
    )
    return next(folder.glob("samvirke-*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_what_the_engine_reads_and_nothing_of_the_site(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert [needed for needed in NEEDED if not any(name.startswith(needed) for name in names)] == []
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"samvirke"}
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]
    assert any(name.endswith("licenses/LICENSE") for name in names)
    entries = next(name for name in names if name.endswith("entry_points.txt"))
    assert "samvirke = samvirke.cli:main" in zipfile.ZipFile(wheel).read(entries).decode()


@pytest.mark.slow
def test_the_installed_command_makes_builds_and_asks_a_site(wheel: Path, tmp_path: Path) -> None:
    """The dependencies are those of the running interpreter; the package is the wheel's."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    packages = next(home.glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(packages)
    running = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    for entry in running.iterdir():
        if "samvirke" not in entry.name and not (packages / entry.name).exists():
            (packages / entry.name).symlink_to(entry)
    program = "import sys; from samvirke.cli import main; import samvirke; assert 'venv' in samvirke.__file__; main()"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(home / "bin/python"), "-P", "-c", program, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment(PYTHONPATH=""),
            check=False,
        )

    made, built = run("init", "site"), run("--site", "site", "build")
    asked = run("--site", "site", "query", "conductors", "--format", "csv")

    assert (made.returncode, built.returncode, asked.returncode) == (0, 0, 0), (made, built, asked)
    assert "Mette Holm" in asked.stdout

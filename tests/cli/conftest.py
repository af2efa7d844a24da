"""A site to run commands on, and the command itself in a process of its own."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

QUIET_ENVIRONMENT = {"LANG": "C.UTF-8", "NO_COLOR": "1"}
KEPT = ("PATH", "HOME", "TMPDIR", "JAVA_HOME", "SYSTEMROOT", "PYTHONPATH")
COMMAND = (sys.executable, "-m", "samvirke")


@dataclass(frozen=True)
class Outcome:
    """What one run of the command line left."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


def environment(**extra: str) -> dict[str, str]:
    """Return an environment in which nothing of the developer's speaks."""
    return {**{name: os.environ[name] for name in KEPT if name in os.environ}, **QUIET_ENVIRONMENT, **extra}


def command(*arguments: str | Path, stdin: str | bytes = b"", cwd: Path | None = None, **extra: str) -> Outcome:
    """Run the command line and return what it said."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=120,
        cwd=cwd,
        env=environment(**extra),
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def run() -> Run:
    """The command line in a process of its own."""
    return command


@pytest.fixture
def run_here(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line in this process: the same code without a second of imports."""
    from samvirke.cli import run as run_command

    def here(*arguments: str | Path, stdin: str = "", cwd: Path | None = None, **extra: str) -> Outcome:
        for name in list(os.environ):
            if name.startswith(("SAMVIRKE_", "LC_")):
                monkeypatch.delenv(name)
        for name, value in {**QUIET_ENVIRONMENT, **extra}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        if cwd:
            monkeypatch.chdir(cwd)
        capfd.readouterr()
        code = run_command([str(argument) for argument in arguments])
        return Outcome(code, *capfd.readouterr())

    return here


@pytest.fixture(scope="session")
def _published_starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("starter") / "site"
    assert command("init", site).code == 0
    built = command("--site", site, "build")
    assert built.code == 0, built.err
    return site


@pytest.fixture
def starter(_published_starter: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the English starter site, built."""
    site = tmp_path / "site"
    shutil.copytree(_published_starter, site, symlinks=True)
    yield site


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The English starter site, never built."""
    site = tmp_path / "fresh"
    assert command("init", site).code == 0
    return site

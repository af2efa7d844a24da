"""Bad input of every kind: the exit code, one line of error, no traceback, nothing half-written.

A case is a file in `bad/`:

    command     the arguments; {site} is the site's folder
    exit        the exit code
    error       a regular expression that the whole of stderr matches
    stdin       what is fed to it, if anything
    write       file → its new text
    replace     file → [old, new], once
    remove      files and folders that are missing
"""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

CASES = sorted((Path(__file__).parent / "bad").glob("*.toml"))


def test_the_cases_are_all_here() -> None:
    assert len(CASES) >= 30


def _spoil(site: Path, case: dict[str, Any]) -> None:
    for name, text in case.get("write", {}).items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, (old, new) in case.get("replace", {}).items():
        path = site / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    for name in case.get("remove", ()):
        path = site / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _tree(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its bytes; the lock's holder is no state."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_bad_input_is_refused_in_one_line(path: Path, starter: Path, run_here: Run) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    _spoil(starter, case)
    before = _tree(starter.parent)
    arguments = [argument.replace("{site}", str(starter)) for argument in case["command"]]

    outcome = run_here(*arguments, stdin=case.get("stdin", ""), cwd=starter, **case.get("environment", {}))

    assert outcome.code == case["exit"], outcome
    assert re.fullmatch(case["error"], outcome.err.strip(), re.DOTALL), outcome.err
    assert "Traceback" not in outcome.err + outcome.out
    if not case.get("findings"):
        assert len(outcome.err.strip().splitlines()) == 1, outcome.err
        assert outcome.out == ""
    assert _tree(starter.parent) == before

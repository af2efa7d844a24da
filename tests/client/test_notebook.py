"""The notebook of the manual: each cell runs, and what it shows is there."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from tests.client.test_dataset import site  # noqa: F401 - the fixture


def shown(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as notebooks do: what its last line is worth is shown."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "cell", "exec"), names)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_every_cell_runs_and_shows_what_it_promises(root: Path, site: Path, monkeypatch, capsys):  # noqa: F811 - the fixture
    monkeypatch.chdir(site)
    notebook = json.loads((root / "docs/samvirke.ipynb").read_text("utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    told = [shown(source, names) for source in sources]

    assert len(sources) >= 7
    assert notebook["nbformat"] == 4
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    html = [value._repr_html_() for value in told if hasattr(value, "_repr_html_")]
    assert len(html) >= 3
    assert all("<table" in one for one in html)
    assert "#char=" in capsys.readouterr().out
    assert any(isinstance(value, int) and value > 1_000 for value in told)

"""The W3C's suites against `samvirke serve --scratch`, started as a person would: a process, asked over HTTP.

Exact counts, so that a case that is lost shows, and so does one that is won. For queries and syntax
the measure is the engine asked directly: over HTTP no single case may be worse.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_serve import serving

TOKEN = "the-token-of-the-conformance-run"
PASSES = ("pass", "value")
"""A "value" is an answer that is right but written differently, as 1.0 for 1."""

PASSED = {
    "protocol": {"protocol 1.1": (34, 34)},
    "gsp": {"graph store 1.1": (13, 13)},
    "sd": {"service description": (3, 3)},
    "update": {"update 1.1": (94, 94), "update 1.2": (3, 3)},
    "query": {"query 1.0": (269, 283), "query 1.1": (224, 236), "query 1.2": (61, 63)},
    "syntax": {"syntax 1.0": (198, 199), "syntax 1.1": (169, 169), "syntax 1.2": (200, 203)},
}
"""For each suite of the runner and each version: how many cases pass, of how many."""


@pytest.fixture(scope="module")
def address(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("nothing")
    with serving(folder, "--scratch", SAMVIRKE_TOKEN=TOKEN) as (_, found):
        yield found


@pytest.fixture(scope="module")
def engine(shared: Path) -> dict[str, str]:
    """What the engine in process makes of each case."""
    path = next((shared / "conformance/baseline").glob("pyoxigraph-*.json"))
    found = {row["id"]: row["verdict"] for row in json.loads(path.read_text(encoding="utf-8"))}
    assert len(found) >= 1200
    return found


@pytest.mark.parametrize("suite", PASSED)
def test_the_suite_passes_and_nothing_is_worse_than_in_the_engine(suite, address, engine, shared, record_property):
    rows = run(suite, address, shared)
    totals = Counter(row["suite"] for row in rows)
    passed = Counter(row["suite"] for row in rows if row["verdict"] in PASSES)
    for name, total in totals.items():
        record_property("conformance", f"{name:20} {passed[name]:4} of {total:4} passed")
    worse = [
        f"{row['id']}: {row['message']}"
        for row in rows
        if row["verdict"] not in PASSES and engine.get(row["id"]) in PASSES
    ]

    assert worse == []
    assert {name: (passed[name], total) for name, total in totals.items()} == PASSED[suite]


def run(suite: str, address: str, shared: Path) -> list[dict[str, str]]:
    """Run one suite of the runner and return a row per case."""
    with tempfile.TemporaryDirectory() as folder:
        return run_into(Path(folder, "rows.json"), suite, address, shared)


def run_into(output: Path, suite: str, address: str, shared: Path) -> list[dict[str, str]]:
    done = subprocess.run(
        [
            sys.executable,
            str(shared / "conformance/run.py"),
            *("--base", address, "--query", "sparql", "--update", "update", "--gsp", "rdf-graph-store"),
            *("--header", f"Authorization: Bearer {TOKEN}", "--suites", suite, "--json", str(output), "-q"),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert output.exists(), done.stderr
    return json.loads(output.read_text(encoding="utf-8"))

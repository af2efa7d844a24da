"""The measurements under load still run, on a graph of a thousand facts: what they say is not judged here."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph
import pytest

from bench.gate import apply, mistaken
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad

ROOT = Path(__file__).resolve().parent.parent


def measured(name: str, *arguments: str) -> dict:
    command = [sys.executable, str(ROOT / "bench" / f"{name}.py"), *arguments]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(shutil.which("wrk") is None, reason="the load comes from wrk, which is not installed")
def test_the_comparison_gives_a_valid_row_for_each_that_is_asked_for():
    found = measured("serving", "--quick", "--size", "2000", "--only", "a,c")
    rows = {row["row"]: row for row in found["rows"]}
    assert list(rows) == ["a", "c cached", "c uncached"]
    assert all(row["valid"] for row in rows.values())
    answers = rows["a"]["answers"]
    assert (answers["queries"] >= 40, answers["rows"] > 0, answers["differing"]) == (True, True, [])
    assert rows["a"]["servers"]["samvirke"]["requests"] > 0
    assert rows["c cached"]["status"] == 200
    assert rows["c uncached"]["statuses"] == [200]
    assert set(rows["a"]["servers"]) | set(found["missing"]) >= {"samvirke", "oxigraph", "rdflib-endpoint"}


def test_an_attack_gives_its_statuses_and_what_the_bystander_saw():
    found = measured("attacks", "--facts", "2000", "--seconds", "0.3", "--only", "braces,gzip bomb")
    rows = {row["attack"]: row for row in found["rows"]}
    assert list(rows) == ["nothing", "braces", "gzip bomb"]
    assert list(rows["braces"]["statuses"]) == ["400"]
    assert list(rows["gzip bomb"]["statuses"]) == ["415"]
    assert rows["nothing"]["bystander"]["query"]["asked"] > 0
    assert all(row["http_process_kept"] for row in rows.values())


def test_a_mistake_that_is_taken_back_leaves_the_data_as_they_were():
    """A value that a mistake would add may stand there already, from a mistake before it; it is not taken away."""
    thing, name = NamedNode("urn:thing"), NamedNode("urn:name")
    values = (Literal("a"), Literal("?"), Literal("2", language="da"))
    store = pyoxigraph.Store()
    store.extend(Quad(thing, name, value, DefaultGraph()) for value in values)
    facts = set(store)

    for seed in range(60):
        change = mistaken(store, thing, random.Random(seed))
        apply(store, change)
        apply(store, change.reversed())
        assert set(store) == facts, seed

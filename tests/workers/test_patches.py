"""A patch brings a copy of a store to the same state, node by node."""

from __future__ import annotations

import io
from pathlib import Path

import pyoxigraph
import pytest

from samvirke.workers.patches import Snapshot, apply, copy

CASES = sorted(Path(__file__).with_name("patches").glob("*.ru"))
assert len(CASES) >= 8


def state(store: pyoxigraph.Store) -> tuple[set[str], set[str]]:
    return {str(quad) for quad in store}, {str(graph) for graph in store.named_graphs()}


def filled() -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    store.load(path=Path(__file__).with_name("patches") / "before.trig")
    store.update("CREATE GRAPH <urn:empty>")
    return store


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_copy_is_brought_to_the_same_state(case):
    store = filled()
    twin = copy(store)
    before = Snapshot.of(store)
    store.update(case.read_text(encoding="utf-8"))
    patch = io.BytesIO()
    changes = before.write_changes(store, patch)
    applied = apply(twin, patch.getvalue())

    assert state(twin) == state(store) != state(filled())
    assert changes == patch.getvalue().count(b"\n") >= applied.deleted + applied.added


@pytest.mark.parametrize(
    "patch",
    [b"A <urn:a> <urn:b> <urn:c> .\nA <urn:a>\n", b"PA x <urn:x> .\n", b"A\n", b"GA nothing .\n", b"D \x00 .\n"],
)
def test_what_is_no_patch_changes_nothing(patch):
    store = filled()
    before = state(store)
    with pytest.raises((ValueError, SyntaxError)):
        apply(store, patch)

    assert state(store) == before

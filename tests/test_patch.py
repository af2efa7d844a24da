"""Patches: what is written is read back, taken back, and added up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from samvirke.patch import Delta, read_patch

NODES = [NamedNode("urn:a"), NamedNode("urn:b"), BlankNode("c")]
VALUES = [*NODES, Literal("a\nb"), Literal("æ", language="da"), Literal("1", datatype=NamedNode("urn:int"))]
GRAPHS = [NamedNode("urn:g"), NamedNode("urn:h"), BlankNode("i")]
quads = st.builds(
    Quad,
    st.sampled_from(NODES),
    st.sampled_from(NODES[:2]),
    st.sampled_from(VALUES),
    st.sampled_from([*GRAPHS, DefaultGraph()]),
)


def state(quads, graphs):
    return frozenset(quads), frozenset(graphs)


def between(before, after):
    """The change from one state to another."""
    return Delta(
        deleted=before[0] - after[0], added=after[0] - before[0], gone=before[1] - after[1], made=after[1] - before[1]
    )


states = st.builds(state, st.sets(quads, max_size=8), st.sets(st.sampled_from(GRAPHS)))


@given(states, states)
def test_a_patch_is_read_as_it_was_written(before, after):
    delta = between(before, after)

    assert read_patch(delta.patch()) == delta
    assert len(delta) == delta.patch().count(b"\n")
    assert bool(delta) == (before != after)


@given(states, states, states)
def test_changes_add_up_and_are_taken_back(first, second, third):
    assert between(first, second).then(between(second, third)) == between(first, third)
    assert between(first, second).reversed() == between(second, first)


@pytest.mark.parametrize("line", [b"A <urn:a> .", b"PA x <urn:x> .", b"A", b"GA nothing .", b"D \x00 .", b"TX ."])
def test_what_is_no_line_of_a_patch_is_refused(line):
    with pytest.raises((ValueError, SyntaxError)):
        read_patch(b"A <urn:a> <urn:b> <urn:c> .\n" + line + b"\n")

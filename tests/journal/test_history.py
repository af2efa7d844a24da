"""Changes add up, and one is taken back without touching what came after (any history: test_properties.py)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from samvirke.errors import NotFound, PreconditionFailed
from samvirke.journal import undo
from samvirke.patch import Delta
from tests.journal.conftest import GRAPH, recorded

A, B, NAME = (NamedNode(f"http://a/{name}") for name in ("a", "b", "name"))


def quad(value, graph=GRAPH):
    return Quad(A, NAME, Literal(value), graph)


def replaced(old, new):
    return Delta(deleted=frozenset({quad(old)}), added=frozenset({quad(new)}))


def test_what_was_replaced_again_is_not_brought_back_beside_it():
    records = recorded(replaced("x", "y"), Delta(added=frozenset({Quad(B, NAME, A)})), replaced("y", "z"))

    with pytest.raises(PreconditionFailed) as told:
        undo(records, 1)
    assert told.value.message == (
        "Record 1 cannot be taken back: the same was changed since by record 3 (2026-03-01, a3) (of <http://a/a>)."
    )
    assert undo(records, 2) == records[1].delta.reversed()
    assert undo(records, 3) == replaced("z", "y")
    assert undo([*records, *recorded(*[Delta()] * 3, replaced("z", "y"))[3:]], 1) == replaced("y", "x")


def test_a_long_list_of_later_records_is_cut_short():
    names = "abcdefgh"
    records = recorded(*(replaced(old, new) for old, new in pairwise(names)))

    with pytest.raises(PreconditionFailed, match=r"a6\) and 1 more"):
        undo(records, 1)


def test_another_source_may_say_it_too():
    records = recorded(
        Delta(deleted=frozenset({quad("x")})), Delta(added=frozenset({quad("x", B), quad("y", DefaultGraph())}))
    )

    assert undo(records, 1) == Delta(added=frozenset({quad("x")}))


def test_what_is_gone_or_back_already_needs_nothing():
    added, deleted = Delta(added=frozenset({quad("x")})), Delta(deleted=frozenset({quad("x")}))

    assert undo(recorded(added, deleted), 1) == Delta()
    assert undo(recorded(deleted, added), 1) == Delta()


def test_a_graph_that_others_filled_stays():
    made = Delta(made=frozenset({B}))

    assert undo(recorded(made), 1) == made.reversed()
    assert undo(recorded(made, Delta(added=frozenset({quad("x", B)}))), 1) == Delta()
    assert undo(recorded(made, made.reversed()), 1) == Delta()


@pytest.mark.parametrize("number", [0, 2, -1])
def test_a_record_that_is_not_there_cannot_be_taken_back(number):
    with pytest.raises(NotFound, match=f"There is no record {number} in the journal"):
        undo(recorded(Delta()), number)

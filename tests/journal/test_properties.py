"""Any history of a store: what the records say together is what happened to it."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store

from samvirke.errors import PreconditionFailed
from samvirke.journal import net, undo
from samvirke.patch import Delta
from samvirke.workers.patches import apply_delta
from tests.journal.conftest import recorded

A, B, LINK, NAME = (NamedNode(f"http://a/{name}") for name in ("a", "b", "link", "name"))
GRAPHS = [NamedNode("http://a/g"), BlankNode("h")]
quads = st.builds(
    Quad,
    st.sampled_from([A, BlankNode("b")]),
    st.sampled_from([LINK, NAME]),
    st.sampled_from([A, Literal("a\nb"), Literal("æ", language="da")]),
    st.sampled_from([*GRAPHS, DefaultGraph()]),
)


def state(store):
    return frozenset(store), frozenset(store.named_graphs())


@st.composite
def stories(draw):
    """A store and the changes that were made to it one after another, each as it was seen from the store."""
    store, states, deltas = Store(), [], []
    states.append(state(store))
    for _ in range(draw(st.integers(1, 6))):
        before = state(store)
        store.extend(draw(st.sets(quads, max_size=4)))
        for quad in draw(st.sets(quads, max_size=4)):
            store.remove(quad)
        for graph in draw(st.sets(st.sampled_from(GRAPHS))):
            store.remove_graph(graph)
        after = state(store)
        deltas.append(
            Delta(
                deleted=before[0] - after[0],
                added=after[0] - before[0],
                gone=before[1] - after[1],
                made=after[1] - before[1],
            )
        )
        states.append(after)
    return recorded(*deltas), states


def applied(before, *deltas):
    store = Store()
    store.extend(before[0])
    for graph in before[1]:
        store.add_graph(graph)
    for delta in deltas:
        apply_delta(store, delta)
    return state(store)


@given(stories())
def test_records_add_up_to_what_they_do_to_a_store(story):
    records, states = story

    assert net(records) == reduce(Delta.then, (record.delta for record in records), Delta())
    assert applied(states[0], net(records)) == states[-1]
    assert applied(states[-1], net(records).reversed()) == states[0]


@given(stories())
def test_taking_back_the_last_one_first_leads_back_to_the_beginning(story):
    records, states = story
    for number in range(len(records), 0, -1):
        assert applied(states[number], undo(records[:number], number)) == states[number - 1]


@given(stories(), st.data())
def test_taking_one_back_touches_nothing_but_what_it_did(story, data):
    records, states = story
    number = data.draw(st.integers(1, len(records)))
    done, since = records[number - 1].delta, net(records[number:])
    try:
        back = undo(records, number)
    except PreconditionFailed as error:
        assert any(f"record {later.sequence} " in error.message for later in records[number:])
        return
    now = states[-1]
    after = applied(now, back)

    assert after[0] == (now[0] - done.added) | (done.deleted - since.deleted)
    assert back.deleted <= now[0]
    assert not back.added & now[0]
    assert applied(after, back.reversed()) == now

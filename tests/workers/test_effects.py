"""What writes changed in the default graph, as workers tell it."""

from __future__ import annotations

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from samvirke.patch import Delta
from samvirke.workers.effects import ADDED, DELETED, Effects

GRAPH = NamedNode("https://example.org/g")
SAYS = NamedNode("https://example.org/says")


def quad(name, text, graph=None):
    return Quad(NamedNode(f"https://example.org/{name}"), SAYS, Literal(text), graph or DefaultGraph())


def told(effects, **parameters):
    return {(str(one.subject), one.object.value, one.graph_name.value) for one in effects.read(None, None, parameters)}


def test_only_what_changed_in_the_default_graph_is_told_by_record():
    effects = Effects()
    effects.note(3, Delta(added=frozenset({quad("a", "x", GRAPH)})), Delta(added=frozenset({quad("a", "x")})))
    effects.note(4, Delta(added=frozenset({quad("a", "y", GRAPH)})))
    effects.note(5, Delta(deleted=frozenset({quad("a", "x")}), added=frozenset({quad("b", "z")})))

    a, b = "<https://example.org/a>", "<https://example.org/b>"
    assert told(effects) == {(a, "x", f"{ADDED}3"), (a, "x", f"{DELETED}5"), (b, "z", f"{ADDED}5")}
    assert told(effects, after=3) == {(a, "x", f"{DELETED}5"), (b, "z", f"{ADDED}5")}
    assert told(effects, iris=["https://example.org/b"]) == {(b, "z", f"{ADDED}5")}
    assert told(effects, after=5) == set()


def test_what_one_record_did_and_undid_is_not_told():
    effects = Effects()
    effects.note(1, Delta(added=frozenset({quad("a", "x")})), Delta(deleted=frozenset({quad("a", "x")})))

    assert told(effects) == set()


def test_many_changes_are_told_some_whole_records_at_a_time(monkeypatch):
    monkeypatch.setattr("samvirke.workers.effects.AT_ONCE", 3)
    effects = Effects()
    for sequence in range(1, 6):
        effects.note(sequence, Delta(added=frozenset({quad("a", f"{sequence}{one}") for one in range(2)})))

    assert {graph for *_, graph in told(effects)} == {f"{ADDED}1", f"{ADDED}2"}
    assert {graph for *_, graph in told(effects, after=2)} == {f"{ADDED}3", f"{ADDED}4"}
    assert len(told(effects, iris=["https://example.org/a"])) == 10

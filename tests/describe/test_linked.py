"""What a thing is connected with, as a worker reads it: details passed through, and limits that are told."""

from __future__ import annotations

import pytest
from pyoxigraph import Store

from samvirke import describe
from samvirke.describe import linked
from samvirke.model import Literal, NamedNode, Quad
from samvirke.schema import Schema
from samvirke.schema.hints import ClassHint
from samvirke.terms import TYPE, XSD

BASE = "https://guild.example/"
ROLE = f"{BASE}Role"
SCHEMA = Schema(BASE, ("en",), classes={ROLE: ClassHint(ROLE, "role", detail=True)})


def node(name: str) -> NamedNode:
    return NamedNode(f"{BASE}{name}")


@pytest.fixture
def store() -> Store:
    """A guild with nine members, each through a role of its own, and twelve friends."""
    store = Store()
    for at in range(9):
        role = node(f"role{at}")
        store.add(Quad(role, TYPE, node("Role")))
        store.add(Quad(role, TYPE, node("Thing")))
        store.add(Quad(role, node("of"), node("guild")))
        store.add(Quad(role, node("holder"), node(f"member{at}")))
        store.add(Quad(role, node("since"), Literal("1900", datatype=XSD.gYear)))
    for at in range(12):
        store.add(Quad(node("guild"), node("knows"), node(f"friend{at}")))
    store.add(Quad(node("guild"), TYPE, node("Guild")))
    store.add(Quad(node("guild"), node("knows"), node("guild")))
    store.add(Quad(node("guild"), node("note"), Literal("words")))
    return store


def short(quad: Quad) -> tuple[str, str, str]:
    subject, predicate, value = (str(one.value) for one in (quad.subject, quad.predicate, quad.object))
    return subject.removeprefix(BASE), predicate.removeprefix(BASE), value.removeprefix(BASE)


def told(store: Store) -> list[tuple[str, str, str]]:
    quads = describe.OPERATIONS["connections"](store, SCHEMA, {"iri": f"{BASE}guild"})
    return [short(quad) for quad in quads]


def test_details_lead_to_their_other_ends_and_words_to_nothing(store):
    found = told(store)

    assert sum(one[:2] == ("guild", "knows") for one in found) == 12, "itself is no friend"
    assert sum(one[1:] == ("of", "guild") for one in found) == 9
    assert sorted(one[2] for one in found if one[1] == "holder") == [f"member{at}" for at in range(9)]
    assert sum(one[1].endswith("#type") for one in found) == 9, "one type says that it is a detail"
    assert not any("note" in one or "since" in one for one in found)
    assert not any(one[1].startswith("urn:") or "view" in one[1] for one in found), "nothing was left out"


def test_what_is_too_much_is_counted(store, monkeypatch):
    monkeypatch.setattr(linked, "KEPT", 10)
    monkeypatch.setattr(linked, "FOLLOWED", 4)
    found = told(store)
    numbers = {one[0]: one[2] for one in found if one[1] in (describe.USED.value, describe.INCOMING.value)}

    assert sum(one[:2] == ("guild", "knows") for one in found) == 10
    assert sum(one[1:] == ("of", "guild") for one in found) == 4
    assert sum(one[1] == "holder" for one in found) == 4
    assert numbers == {"knows": "12", "of": "9"}


def test_relations_of_many_things_go_through_details_too(store):
    store.add(Quad(node("member1"), node("has"), node("role1")))
    store.add(Quad(node("member2"), node("serves"), node("guild")))
    iris = [f"{BASE}guild", *(f"{BASE}member{at}" for at in range(9))]
    found = sorted(short(quad) for quad in describe.OPERATIONS["relations"](store, SCHEMA, {"iris": iris}))

    assert found == sorted(
        [
            *(("guild", "knows", f"friend{at}") for at in range(12)),
            *(("guild", "holder", f"member{at}") for at in range(9) if at not in (1, 2)),
            ("member1", "has", "guild"),
            ("member2", "serves", "guild"),
        ]
    ), "through a detail only what nothing says directly, and once"

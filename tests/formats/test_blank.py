"""Blank nodes are named after what is said of them, whatever a store called them."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from samvirke.formats.blank import named

P, Q = NamedNode("https://example.org/p"), NamedNode("https://example.org/q")
TURTLE = """
PREFIX : <https://example.org/>
:a :p [ :q 1 ], [ :q 2 ], [ :q 2 ], [ :q [ :q 3 ] ] .
:b :list ( 1 2 2 [ :q () ] ) .
_:x :p _:y . _:y :p _:x . _:z :p _:z .
_:u :p _:v . _:v :p _:w . _:w :p _:u .
_:r :says <<( :a :p _:x )>> .
"""


def lines(quads: list[Quad]) -> list[str]:
    return sorted(map(str, quads))


def again(quads: list[Quad], seed: int) -> list[Quad]:
    """The same graph from another store: other names, another order."""
    text = "".join(f"{quad.triple} .\n" for quad in quads)
    found = list(parse(text.encode(), RdfFormat.N_TRIPLES, rename_blank_nodes=True))
    random.Random(seed).shuffle(found)
    return found


def canonical(quads: list[Quad]) -> list[str]:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return lines(list(dataset))


def test_the_same_graph_has_the_same_names():
    given = list(parse(TURTLE.encode(), RdfFormat.TURTLE))
    wanted = lines(named(given))

    assert len(wanted) == len(given)
    assert sum("<<(" in line for line in wanted) == 1
    for seed in range(20):
        assert lines(named(again(given, seed))) == wanted


def test_it_is_the_same_graph():
    given = [quad for quad in parse(TURTLE.encode(), RdfFormat.TURTLE) if not isinstance(quad.object, Triple)]

    assert canonical(named(given)) == canonical(given)


def test_without_blank_nodes_nothing_changes():
    given = [Quad(P, Q, Literal("a")), Quad(Q, P, P)]

    assert named(iter(given)) == given


@pytest.mark.parametrize("size", [40, 120])
def test_a_graph_that_is_made_to_be_hard_stays_the_same_graph(size):
    nodes = [BlankNode() for _ in range(size)]
    given = [Quad(one, P, other) for one, other in combinations(nodes, 2)]

    found = named(given)

    assert len(set(found)) == len(given)
    assert len({quad.subject for quad in found} | {quad.object for quad in found}) == size

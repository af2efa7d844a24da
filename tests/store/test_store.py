"""Blank nodes get the same names at each build, whatever they look like, and files stay apart."""

from __future__ import annotations

from samvirke.model import BlankNode, NamedNode
from samvirke.store import canonical_hash, has_blank_nodes, localise, read_rdf, skolemise, sorted_lines

BASE = "https://x.example/"
TURTLE = b"@prefix : <https://x.example/> . :a :p [ :q 1 ; :r [ :s ( 1 2 ) ] ] , _:named . _:named :p _:named ."


def test_two_readings_of_a_file_give_the_same_addresses() -> None:
    one, two = (sorted_lines(skolemise(read_rdf(TURTLE, format="ttl"), base=BASE, key="a.ttl")) for _ in range(2))

    assert one == two
    assert not any(b"_:" in line for line in one)
    assert len({line.split()[0] for line in one if b"/.well-known/genid/" in line.split()[0]}) == 5


def test_two_files_with_the_same_labels_stay_apart() -> None:
    def nodes(key: str) -> set[object]:
        found = localise(read_rdf(TURTLE, format="ttl"), key=key)
        return {quad.subject for quad in found if isinstance(quad.subject, BlankNode)}

    assert len(nodes("a.ttl")) == 5
    assert nodes("a.ttl").isdisjoint(nodes("b.ttl"))


def test_blank_nodes_that_all_point_at_each_other_cost_no_more_than_others() -> None:
    """Labelling these twelve canonically takes longer than anyone waits."""
    names = [f"_:n{number}" for number in range(12)]
    clique = "".join(f"{one} <http://p> {two} .\n" for one in names for two in names if one != two)
    quads = skolemise(read_rdf(clique.encode(), format="nt"), base=BASE, key="x")

    assert not has_blank_nodes(quads)
    assert len({quad.subject for quad in quads}) == 12
    assert all(isinstance(quad.object, NamedNode) for quad in quads)


def test_the_hash_does_not_see_labels_and_order() -> None:
    one = list(read_rdf(b"_:a <http://p> _:b . _:b <http://p> 1 .", format="ttl"))
    two = list(read_rdf(b"_:y <http://p> 1 . _:x <http://p> _:y .", format="ttl"))
    three = list(read_rdf(b"_:y <http://p> 2 . _:x <http://p> _:y .", format="ttl"))

    assert canonical_hash(one) == canonical_hash(two)
    assert canonical_hash(one) != canonical_hash(three)

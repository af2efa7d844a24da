"""A clause joined as rows means what SERVICE means: the same as the other's data in a graph of ours.

The engine evaluates `GRAPH <remote> { … }` over a local copy; that is the reference. Blank nodes are compared up to
their names.
"""

from __future__ import annotations

from collections import Counter

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samvirke.federation.clauses import clauses
from samvirke.federation.rows import rows_text
from samvirke.sparql import spliced

REMOTE = "urn:remote"
NODES = [f"<urn:n{i}>" for i in range(4)]
VALUES = [*NODES, "1", "2", '"x"', '"x"@da', "_:r0", "_:r1"]
QUERIES = [
    "SELECT * { SERVICE <E> { ?a ?p ?b } }",
    "SELECT * { ?a ?p ?b SERVICE <E> { ?b ?q ?c } }",
    "SELECT * { SERVICE <E> { ?b ?q ?c } ?a ?p ?b }",
    "SELECT * { ?a ?p ?b OPTIONAL { SERVICE <E> { ?b ?q ?c } } }",
    "SELECT * { SERVICE <E> { ?a ?p ?b OPTIONAL { ?b ?q ?c } } ?a ?q ?c }",
    "SELECT * { ?a ?p ?b MINUS { SERVICE <E> { ?a ?q ?b } } }",
    "SELECT * { { ?a ?p ?b } UNION { SERVICE <E> { ?a ?q ?c } } }",
    "SELECT * { SERVICE <E> { ?a ?p ?b } SERVICE <E> { ?b ?q ?c } FILTER(isIRI(?b)) }",
    "SELECT ?a (COUNT(*) AS ?n) { SERVICE <E> { ?a ?p ?b } } GROUP BY ?a",
    "SELECT * { BIND(<urn:n0> AS ?a) SERVICE <E> { ?a ?p ?b } }",
    "SELECT * { VALUES ?a { <urn:n0> <urn:n1> } SERVICE <E> { ?a ?p ?b FILTER(?b = 1) } }",
    "SELECT * { ?a ?p ?b FILTER(?b = ?c) SERVICE <E> { ?a ?q ?c } }",
    "SELECT * { SERVICE <E> { SELECT ?a (COUNT(?b) AS ?n) { ?a ?p ?b } GROUP BY ?a } ?a ?p ?b }",
    "SELECT * { SERVICE <E> { { ?a <urn:p0> ?b } UNION { ?a <urn:p1> ?c } } OPTIONAL { ?c ?p ?b } }",
    "SELECT * { SERVICE <E> { <urn:n0> <urn:p0> <urn:n1> } ?a <urn:p0> ?b }",
    "SELECT * { { SELECT DISTINCT ?a { SERVICE <E> { ?a ?p ?b } } } ?a ?q ?c }",
    "SELECT * { SERVICE <E> { ?a ?p ?b BIND(STR(?b) AS ?s) } FILTER(STRLEN(?s) > 1) }",
    "SELECT * { ?a ?p ?b FILTER NOT EXISTS { ?b ?p ?a } SERVICE <E> { ?a ?q ?x . ?x ?r ?y } }",
    "SELECT DISTINCT ?a ?b { SERVICE <E> { ?a <urn:p0>+ ?b } }",
    "SELECT * { SERVICE <E> { FILTER(?nothing = 1) } }",
    "SELECT * { SERVICE <E> { SELECT ?a { ?a ?p ?b } } }",
    "SELECT * { SERVICE <E> { ?a ?p [] } ?a ?q ?c }",
    "SELECT * { SERVICE <E> { } ?a <urn:p0> ?b }",
]
assert len(QUERIES) >= 23


@st.composite
def graphs(draw: st.DrawFn, values: list[str]) -> str:
    triple = st.tuples(st.sampled_from(NODES), st.sampled_from(["<urn:p0>", "<urn:p1>"]), st.sampled_from(values))
    return "".join(f"{s} {p} {o} . " for s, p, o in draw(st.lists(triple, max_size=6)))


def bag(store: pyoxigraph.Store, query: str) -> Counter:
    found = store.query(query)
    names = [variable.value for variable in found.variables]

    def shown(term: object) -> str:
        return "_" if isinstance(term, pyoxigraph.BlankNode) else str(term)

    return Counter(tuple((name, shown(row[name])) for name in names if row[name] is not None) for row in found)


def federated(query: str, remote: pyoxigraph.Store) -> str:
    inlined = []
    for number, clause in enumerate(clauses(query)):
        body = remote.query(clause.query).serialize(format=pyoxigraph.QueryResultsFormat.JSON)
        inlined.append(
            (
                clause.start,
                clause.end,
                rows_text(body, clause.columns, salt=f"s{number}", most_rows=999, most_bytes=99_999),
            )
        )
    return spliced(query, inlined)


@pytest.mark.parametrize("query", QUERIES)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(here=graphs(NODES + VALUES[4:8]), there=graphs(VALUES))
def test_a_query_with_service_is_the_query_over_a_copy(query, here, there):
    remote, local, both = (pyoxigraph.Store() for _ in range(3))
    turtle = pyoxigraph.RdfFormat.TURTLE
    remote.load(there.encode(), format=turtle)
    local.load(here.encode(), format=turtle)
    both.load(here.encode(), format=turtle)
    both.load(
        f"{there} <urn:only> <urn:makes> <urn:thegraph> .".encode(),
        format=turtle,
        to_graph=pyoxigraph.NamedNode(REMOTE),
    )
    remote.load(b"<urn:only> <urn:makes> <urn:thegraph> .", format=turtle)

    expected = bag(both, query.replace("SERVICE <E>", f"GRAPH <{REMOTE}>"))
    assert bag(local, federated(query, remote)) == expected

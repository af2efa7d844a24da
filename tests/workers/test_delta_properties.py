"""Any update on any store: the change that is told is the one between two looks at the whole store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from tests.workers.test_delta import check

NODES = [NamedNode(f"urn:{letter}") for letter in "abc"] + [BlankNode("n1"), BlankNode("n2")]
VALUES = [Literal("1"), Literal(1), Literal("x", language="da"), Literal("} ; { # \" ' \\ \n")]
PREDICATES = [NamedNode("urn:p"), NamedNode("urn:q")]
GRAPHS = [DefaultGraph(), NamedNode("urn:g"), NamedNode("urn:h"), BlankNode("g1")]

triples = st.builds(Triple, st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(NODES + VALUES))
objects = st.sampled_from(NODES + VALUES) | triples
quads = st.builds(Quad, st.sampled_from(NODES), st.sampled_from(PREDICATES), objects, st.sampled_from(GRAPHS))

names = st.sampled_from([":a", "<urn:b>", ":c", "<../:a>"])
variables = st.sampled_from(["?s", "?p", "$o", "?g", "?t"])
literals = st.sampled_from(["1", '"1"', "01", '"x"@da', "'} ; {'", '"""# " }"""', "true"])
verbs = st.sampled_from([":p", ":q", "<urn:p>", "?p", "a"])
space = st.sampled_from([" ", "\n", " # } ; DROP ALL {\n", "\t"])


def terms(*, node: bool):
    return names | variables | literals | st.just("<<( :a :p ?o )>>") | (st.just("_:x") if node else names)


def patterns(*, node: bool = False):
    """A triple as it stands in a template or a pattern."""
    subjects = names | variables | (st.just("[]") if node else variables)
    return st.tuples(subjects, verbs, terms(node=node), space).map(lambda parts: " ".join(parts) + ".")


def blocks(inner):
    """What stands in braces: triples, some of them in graphs."""
    graph = st.tuples(st.sampled_from([":g", "?g", "<urn:h>", ":new"]), st.lists(inner, max_size=2)).map(
        lambda parts: f"GRAPH {parts[0]} {{ {' '.join(parts[1])} }}"
    )
    return st.lists(inner | graph, max_size=3).map(lambda parts: "{ " + " ".join(parts) + " }")


facts = st.tuples(names, st.sampled_from([":p", ":q"]), names | literals).map(lambda parts: " ".join(parts) + " .")
data = blocks(facts).filter(lambda text: "?g" not in text)
wheres = st.one_of(
    blocks(patterns()),
    st.tuples(blocks(patterns()), blocks(patterns())).map(lambda parts: f"{{ {parts[0]} OPTIONAL {parts[1]} }}"),
    st.tuples(blocks(patterns()), blocks(patterns())).map(lambda parts: f"{{ {parts[0]} UNION {parts[1]} }}"),
    st.tuples(blocks(patterns()), blocks(patterns())).map(lambda parts: f"{{ {parts[0]} MINUS {parts[1]} }}"),
    blocks(patterns()).map(lambda text: f"{{ SELECT DISTINCT ?s ?o WHERE {text} }}"),
    blocks(patterns()).map(lambda text: f"{{ {text} ?s :p|:q|^:q ?t FILTER(?s<?t || ?t>1 || isLiteral(?o)) }}"),
    blocks(patterns()).map(lambda text: f'{{ {text} BIND(CONCAT("}};", STR(?s)) AS ?t2) VALUES ?g {{ :g :h }} }}'),
)
datasets = st.lists(st.sampled_from(["USING :g", "USING <urn:h>", "USING NAMED :g", "USING NAMED :h"]), max_size=3)
targets = st.sampled_from(["", "", "WITH :g ", "WITH <urn:none> "])
modifications = st.tuples(
    targets, blocks(patterns()), blocks(patterns(node=True)), datasets.map(" ".join), wheres, st.integers(1, 3)
).map(
    lambda parts: (
        parts[0]
        + (f"DELETE {parts[1]} " if parts[5] & 1 else "")
        + (f"INSERT {parts[2]} " if parts[5] & 2 else "")
        + f"{parts[3]} WHERE {parts[4]}"
    )
)
places = st.sampled_from(["DEFAULT", ":g", "GRAPH :h", ":none"])
operations = st.one_of(
    modifications,
    modifications,
    data.map(lambda text: f"INSERT DATA {text}"),
    data.map(lambda text: f"DELETE DATA {text}"),
    blocks(patterns()).map(lambda text: f"DELETE WHERE {text}"),
    st.tuples(st.sampled_from(["ADD", "COPY", "MOVE", "ADD SILENT"]), places, places).map(
        lambda parts: f"{parts[0]} {parts[1]} TO {parts[2]}"
    ),
    st.tuples(
        st.sampled_from(["CLEAR", "DROP", "CLEAR SILENT", "DROP SILENT"]),
        st.sampled_from(["ALL", "NAMED", "DEFAULT", "GRAPH :g", "GRAPH :none"]),
    ).map(" ".join),
    st.sampled_from(["CREATE GRAPH :new", "CREATE SILENT GRAPH :g"]),
)


@given(st.sets(quads, max_size=12), st.lists(operations, min_size=1, max_size=3), space)
def test_any_update_is_told_exactly_and_without_the_whole_store(stored, texts, between):
    store = Store()
    store.extend(stored)

    check(store, f"PREFIX : <urn:> {between}" + f"{between};{between}".join(texts))

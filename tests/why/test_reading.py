"""Any text at all: it is explained, or refused with a place, and nothing else happens."""

from __future__ import annotations

import contextlib

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samvirke.why import asking
from samvirke.why.matching import explain
from samvirke.why.reading import NotExplained, patterns, read
from tests.why.test_cases import PREFIXES, store

SPELLED = (
    '{ } { } ( ) [ ] . ; , ?x ?y ?z _:b :knows :name a d:ann d:bo "Ann" \'x\'@en "1"^^xsd:integer 41 -1 + * / ^ | ! ? '
    "OPTIONAL UNION FILTER BIND VALUES GRAPH MINUS SELECT EXISTS AS = && < << >> {| |} ~ true () # \\"
)
WORDS = SPELLED.split()
soup = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
statement = st.lists(
    st.sampled_from(
        [
            "?x :knows ?y .",
            "?y (:knows|^:name)/:age ?z .",
            "[ :age ?z ] .",
            "?x :name ?z ; :age 41 .",
            "OPTIONAL { ?y :name ?z }",
            "{ ?x :age ?z } UNION { ?x a ?z }",
            "FILTER(?x != ?y)",
            "FILTER(BOUND(?z) || !BOUND(?y))",
            "BIND(?z AS ?w)",
            "VALUES ?x { d:ann UNDEF }",
            "GRAPH ?g { ?x ?p ?y OPTIONAL { ?y ?p ?z } }",
            "{ BIND(1 AS ?v) ?x :age ?z }",
            "?x :likes ( ?y ?z ) .",
        ]
    ),
    max_size=4,
).map(" ".join)


@settings(max_examples=500)
@given(soup)
def test_any_words_at_all_are_read_or_refused_with_a_place(text):
    query = f"{PREFIXES}SELECT * {{ {text}"
    with contextlib.suppress(NotExplained):
        read(query)
        read(f"{query} }}")


@settings(max_examples=200)
@given(statement, st.sampled_from(["*", "?x", "DISTINCT ?y ?z", "(STR(?z) AS ?s) ?x"]), st.integers(1, 9))
def test_what_is_explained_is_in_the_store(text, columns, limit):
    query = f"{PREFIXES}SELECT {columns} {{ {text} }} LIMIT {limit}"
    try:
        solutions = store().query(query)
        rows = [tuple(solution) for solution in solutions]
    except SyntaxError:
        return
    names = [variable.value for variable in solutions.variables]
    evidence = explain(store(), query, names, rows, total=len(rows), ask=store().query, graphs=None)

    assert "unavailable" not in evidence, evidence
    assert len(evidence["rows"]) == len(rows)
    for row in evidence["rows"]:
        for fact in row["facts"]:
            assert fact["graphs"], fact


@pytest.mark.parametrize(
    "deep",
    ["{" * 71 + "}" * 71, "?x :p " + "[ :p " * 71 + "?y" + "]" * 71, "?x " + "(" * 71 + ":p" + ")" * 71 + " ?y"],
)
def test_deep_nesting_is_refused(deep):
    with pytest.raises(NotExplained, match="nested too deeply"):
        read(f"SELECT * {{ {deep} }}")


@pytest.mark.parametrize("columns", ["()", "(?x)", "(AS ?x)", "1", "?x +"])
def test_columns_that_no_engine_takes_are_refused(columns):
    with pytest.raises(NotExplained):
        read(f"SELECT {columns} {{ }}")


def test_patterns_are_numbered_as_the_query_names_them():
    plan = read(f"{PREFIXES}SELECT * {{ ?x :p [ :q/^:r 1 ] , ( ?y ) ; (:s|:t) [] . OPTIONAL {{ ?x :u ?y }} }}")
    told = [pattern for _, pattern in sorted((one.number, str(one)) for one in patterns(plan.body))]

    assert [one.split()[1] for one in told] == [
        ":p", ":q", ":r", ":p",
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>",
        ":s", ":t", ":u",
    ]  # fmt: skip


def test_rows_are_narrowed_only_by_what_always_has_a_value():
    plan = read(f"{PREFIXES}SELECT * {{ ?x :p ?y OPTIONAL {{ ?x :q ?z }} ?x :r ?w }}")
    row = tuple(pyoxigraph.NamedNode(f"urn:{name}") for name in "xyzw")

    assert plan.certain == {"x", "y"}
    assert "VALUES (?x ?y) {\n(<urn:x> <urn:y>)\n}" in asking.query(plan, ["x", "y", "z", "w"], [row])


def test_rows_are_not_narrowed_by_what_may_not_come_back_as_it_was():
    plan = read(f"{PREFIXES}SELECT * {{ ?x :p ?y }}")
    node, text = pyoxigraph.BlankNode("b"), pyoxigraph.Literal("\\u0041")

    assert "VALUES" not in asking.query(plan, ["x", "y"], [(node, text)])


@pytest.mark.parametrize(
    "pattern",
    [
        "{" * 60 + " ?x :age 30 " + "}" * 60,
        "OPTIONAL {" * 60 + " ?x :age 30 " + "}" * 60,
        "GRAPH ?g {" * 60 + " ?x :age 30 " + "}" * 60,
        "?x " + "(" * 60 + ":age" + ")" * 60 + " 30",
        "?x " + "^(" * 60 + ":age" + ")" * 60 + " 30",
    ],
)
def test_what_the_gate_lets_through_is_deep_enough(pattern):
    query = f"{PREFIXES}SELECT ?x {{ {pattern} }}"
    rows = [tuple(solution) for solution in store().query(query)]
    (told,) = explain(store(), query, ["x"], rows, total=1, ask=store().query, graphs=None)["rows"]

    assert [fact["object"]["value"] for fact in told["facts"]] == ["30"]

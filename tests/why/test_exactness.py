"""Evidence is exact: every fact of every way a row came about, and nothing else."""

from __future__ import annotations

from collections import Counter

import pyoxigraph
from hypothesis import given, settings
from hypothesis import strategies as st

from samvirke.why.matching import explain
from tests.why import oracle


def store_of(quads) -> pyoxigraph.Store:
    lines = [" ".join((*triple, graph, ".")) for triple, graph in quads] + [" ".join((*t, ".")) for t, _ in quads]
    store = pyoxigraph.Store()
    store.load("\n".join(lines).encode(), pyoxigraph.RdfFormat.N_QUADS)
    return store


def evidence(store, query, graphs=None, ask=None):
    ask = ask or store.query
    solutions = ask(query)
    variables = [variable.value for variable in solutions.variables]
    rows = [tuple(solution) for solution in solutions]
    return rows, explain(store, query, variables, rows, total=len(rows), ask=ask, graphs=graphs)


def plain(fact):
    return tuple(f"<{fact[part]['value']}>" for part in ("subject", "predicate", "object"))


def stands_in(triple, asked, quads):
    return tuple(sorted(g[1:-1] for t, g in quads if t == triple and asked in (oracle.DEFAULT, g)))


@settings(max_examples=300)
@given(
    quads=oracle.quads,
    group=oracle.groups,
    shown=st.lists(st.sampled_from([*oracle.VARIABLES, "g"]), min_size=1, max_size=2, unique=True),
    distinct=st.booleans(),
    limit=st.sampled_from(["", " LIMIT 2", " ORDER BY ?x LIMIT 3 OFFSET 1"]),
)
def test_evidence_is_that_of_a_plain_evaluation(quads, group, shown, distinct, limit):
    query = (
        f"SELECT {'DISTINCT ' if distinct else ''}{' '.join(f'?{one}' for one in shown)} {oracle.text_of(group)}{limit}"
    )
    rows, told = evidence(store_of(quads), query)
    solutions = oracle.solve(group, quads)
    expected: dict[tuple, set] = {}
    ways: Counter = Counter()
    for mu, used in solutions:
        key = tuple(mu.get(f"?{one}") for one in shown)
        ways[key] += 1
        expected.setdefault(key, set()).update((t, stands_in(t, asked, quads)) for t, asked in used)

    assert "unavailable" not in told, (query, told)
    assert len(told["rows"]) == len(rows)
    for row, found in zip(rows, told["rows"], strict=True):
        key = tuple(None if term is None else str(term) for term in row)

        assert {(plain(fact), tuple(fact["graphs"])) for fact in found["facts"]} == expected[key], query
        assert found.get("ways", 1) == ways[key], query
    if not limit:
        found_rows = Counter(tuple(None if term is None else str(term) for term in row) for row in rows)
        assert set(found_rows) == set(ways)
        # Where both ways of a|b lead to the same, the standard has the solution twice and the engine once.
        if "choice" not in str(group):
            assert found_rows == (Counter(dict.fromkeys(ways, 1)) if distinct else ways)

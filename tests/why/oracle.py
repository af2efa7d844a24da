"""A second, slow and plain evaluation of small patterns that keeps with each solution the facts it used.

Written after the algebra alone: each pattern is evaluated by itself, then joined; nothing is pushed down.
Source: https://www.w3.org/TR/sparql11-query/#sparqlAlgebra
"""

from __future__ import annotations

from hypothesis import strategies as st

DEFAULT = ""
VARIABLES = ("x", "y", "z")
NODES = ("<urn:a>", "<urn:b>", "<urn:c>")
PROPERTIES = ("<urn:p>", "<urn:q>")
GRAPHS = ("<urn:g1>", "<urn:g2>")

facts = st.tuples(st.sampled_from(NODES), st.sampled_from(PROPERTIES), st.sampled_from(NODES))
quads = st.sets(st.tuples(facts, st.sampled_from(GRAPHS)), max_size=9)

_variable = st.sampled_from([f"?{name}" for name in VARIABLES])
_end = st.one_of(_variable, _variable, st.sampled_from(NODES))
_triple = st.tuples(st.just("triple"), _end, st.one_of(st.sampled_from(PROPERTIES), _variable), _end)
_sequence = st.tuples(st.just("path"), _end, st.sampled_from(PROPERTIES), st.sampled_from(PROPERTIES), _end)
_choice = st.tuples(st.just("choice"), _end, st.sampled_from(PROPERTIES), st.sampled_from(PROPERTIES), _end)
_filter = st.one_of(
    st.tuples(st.just("bound"), st.booleans(), _variable),
    st.tuples(
        st.just("compare"), st.sampled_from(["=", "!="]), _variable, st.one_of(_variable, st.sampled_from(NODES))
    ),
)


def _elements(inner):
    return st.one_of(
        _triple,
        _triple,
        _sequence,
        _choice,
        _filter,
        st.tuples(st.just("optional"), inner),
        st.tuples(st.just("union"), inner, inner),
        st.tuples(st.just("group"), inner),
        # A variable of its own: the engine has the name of a graph in view inside of it, where the standard
        # joins it afterwards, and so tells FILTER(BOUND(?g)) inside another truth.
        st.tuples(st.just("graph"), st.sampled_from(["?g", *GRAPHS]), inner),
    )


groups = st.recursive(
    st.lists(_triple, min_size=1, max_size=2),
    lambda inner: st.lists(_elements(inner), min_size=1, max_size=3),
    max_leaves=6,
)


def text_of(group) -> str:
    """Spell a group as SPARQL."""
    return "{ " + " ".join(_text(element) for element in group) + " }"


def _text(element) -> str:
    kind, *rest = element
    parts = [text_of(part) if isinstance(part, list) else part for part in rest]
    if kind == "bound":
        return f"FILTER({'' if rest[0] else '!'}BOUND({rest[1]}))"
    shapes = {
        "triple": "{} {} {} .",
        "path": "{} {}/^{} {} .",
        "choice": "{0} {1}|^{2} {3} .",
        "compare": "FILTER({1} {0} {2})",
        "union": "{} UNION {}",
        "optional": "OPTIONAL {}",
        "graph": "GRAPH {} {}",
        "group": "{}",
    }
    return shapes[kind].format(*parts)


def solve(group, quads, graph=DEFAULT):
    """Return the solutions of a group: (bindings, facts used) each; a fact is (triple, graph asked)."""
    found, filters = [({}, frozenset())], []
    for kind, *rest in group:
        if kind in ("bound", "compare"):
            filters.append((kind, *rest))
        elif kind == "optional":
            conditions = [one for one in rest[0] if one[0] in ("bound", "compare")]
            inner = solve([one for one in rest[0] if one not in conditions], quads, graph)
            found = _left_join(found, inner, conditions)
        else:
            found = _join(found, _part(kind, rest, quads, graph))
    return [one for one in found if all(_holds(condition, one[0]) for condition in filters)]


def _part(kind, rest, quads, graph):
    if kind == "triple":
        return _match(rest, quads, graph)
    if kind == "path":
        start, first, second, end = rest
        joined = _join(_match((start, first, "?hidden"), quads, graph), _match((end, second, "?hidden"), quads, graph))
        return [({name: value for name, value in mu.items() if name != "?hidden"}, used) for mu, used in joined]
    if kind == "choice":
        start, first, second, end = rest
        return [*_match((start, first, end), quads, graph), *_match((end, second, start), quads, graph)]
    if kind == "union":
        return [*solve(rest[0], quads, graph), *solve(rest[1], quads, graph)]
    if kind == "graph":
        return _in_graphs(rest[0], rest[1], quads)
    return solve(rest[0], quads, graph)


def _in_graphs(name, group, quads):
    there = {graph for _, graph in quads}
    if not name.startswith("?"):
        return solve(group, quads, name) if name in there else []
    found = []
    for graph in sorted(there):
        found += _join(solve(group, quads, graph), [({name: graph}, frozenset())])
    return found


def _match(pattern, quads, graph):
    triples = {triple for triple, stands in quads if graph in (DEFAULT, stands)}
    found = []
    for triple in sorted(triples):
        mu = {}
        for slot, term in zip(pattern, triple, strict=True):
            if slot.startswith("?"):
                if mu.setdefault(slot, term) != term:
                    break
            elif slot != term:
                break
        else:
            found.append((mu, frozenset({(triple, graph)})))
    return found


def _join(left, right):
    return [
        (one | other, used | also)
        for one, used in left
        for other, also in right
        if all(other.get(name, value) == value for name, value in one.items())
    ]


def _left_join(left, right, conditions):
    found = []
    for one in left:
        matched = [both for both in _join([one], right) if all(_holds(condition, both[0]) for condition in conditions)]
        found += matched or [one]
    return found


def _holds(condition, mu) -> bool:
    kind, sign, name, *other = condition
    if kind == "bound":
        return (name in mu) is sign
    value = mu.get(name)
    against = mu.get(other[0]) if other[0].startswith("?") else other[0]
    if value is None or against is None:  # an error, and with it the solution is gone
        return False
    return (value == against) is (sign == "=")

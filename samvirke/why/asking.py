"""The query that finds how rows came about: the same pattern, with everything it binds in view.

Duty: from a plan to SPARQL text. Level 4; pure. Each OPTIONAL and each branch of a UNION binds a variable
of its own where it matched; where rows are narrowed, it is by variables that have a value before anything
optional is looked at (`Plan.certain`), so that nothing matches that did not match before.
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#sparqlAlgebra
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from samvirke.why.patterns import Element, Graph, Group, Optional, Plan, Raw, Triples, Union

__all__ = ["Row", "constants_query", "query"]

Row = tuple[object, ...]
"""The terms of a row in the order of its variables; None where there is none."""


def query(plan: Plan, variables: Sequence[str], rows: Sequence[Row]) -> str:
    """Return the query that has every solution behind some rows, and perhaps others."""
    lines = [plan.head, "SELECT * WHERE {", "{", *_narrowed(plan, variables, rows), *_inside(plan.body), "}"]
    lines.append(plan.ending)
    lines += [f"BIND({expression}\nAS ?{name})" for expression, name in plan.named]
    return "\n".join([*lines, "}"])


def constants_query(plan: Plan, names: Mapping[str, str]) -> str:
    """Return the query whose one row has the value of each constant, as the engine reads it; `names` → constant."""
    binds = [f"BIND({constant} AS ?{name})" for name, constant in names.items()]
    return "\n".join([plan.head, "SELECT * WHERE {", *binds, "}"])


def _narrowed(plan: Plan, variables: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """VALUES with what the rows say of the variables that always have a value."""
    usable = [
        position
        for position, name in enumerate(variables)
        if name in plan.certain and all(_can_be_written(row[position]) for row in rows)
    ]
    if not usable:
        return []
    names = " ".join(f"?{variables[position]}" for position in usable)
    told = dict.fromkeys(" ".join(str(row[position]) for position in usable) for row in rows)
    return [f"VALUES ({names}) {{", *(f"({row})" for row in told), "}"]


def _can_be_written(term: object) -> bool:
    r"""Whether a term comes back as it was written: no blank node, and no `\` that SPARQL may read otherwise."""
    return isinstance(term, NamedNode | Literal) and "\\" not in str(term)


def _inside(group: Group) -> Iterator[str]:
    for element in group.elements:
        yield from _element(element)


def _element(element: Element) -> Iterator[str]:
    if isinstance(element, Triples):
        yield from map(str, element.patterns)
    elif isinstance(element, Raw):
        yield element.text
    elif isinstance(element, Optional):
        yield from ("OPTIONAL {", *_marked(element.group, element.mark), "}")
    elif isinstance(element, Graph):
        yield from (f"GRAPH {element.name} {{", *_inside(element.group), "}")
    elif isinstance(element, Union):
        for number, (branch, mark) in enumerate(element.branches):
            yield from ("UNION {" if number else "{", *_marked(branch, mark), "}")
    else:
        yield from ("{", *_inside(element), "}")


def _marked(group: Group, mark: str) -> Iterator[str]:
    yield from _inside(group)
    yield f"BIND(true AS ?{mark})"

"""Run the constraints that shapes write in SPARQL, for all their focus nodes.

Duty: the rows that a constraint's query gives at focus nodes, as findings. Level 3; writes nothing.
The queries see the default graph and the ontology as one, and every named graph by GRAPH, which is
how a check of evidence can be written at all. pySHACL reads a query anew for each focus node (14 s
on the first site); here the store's own engine evaluates it.
Source: https://www.w3.org/TR/shacl/#sparql-constraints-validation
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph
from pyoxigraph import Variable

from samvirke.gate.compiled.facts import literal
from samvirke.gate.prebinding import bind, settled
from samvirke.gate.shapes import CLAUSE, Constraint, Shapes
from samvirke.gate.together import Together, together
from samvirke.model import BlankNode, Candidate, DefaultGraph, Finding, Literal, NamedNode, Term, Triple
from samvirke.terms import SH

COMPONENT = SH.SPARQLConstraintComponent.value
BATCH = 1_000
_MORE = 1.2
_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")
Graph = NamedNode | DefaultGraph


@dataclass(slots=True)
class Runner:
    """Evaluates constraints over one candidate. `graphs` are what a pattern without GRAPH sees."""

    candidate: Candidate
    shapes: Shapes
    graphs: tuple[Graph, ...]

    # ------------------------------------------------------------ evaluation

    def rows(self, constraint: Constraint, focus: Iterable[Term]) -> Iterator[dict[str, Term]]:
        """Yield the rows of a constraint, each with its focus node as `this`."""
        return self.rows_at(constraint, [str(node) for node in focus])

    def rows_at(self, constraint: Constraint, focus: Collection[str]) -> Iterator[dict[str, Term]]:
        """Yield the same for focus nodes as N-Triples writes them."""
        if not focus:
            return
        fixed = {"currentShape": str(constraint.shape)} if isinstance(constraint.shape, NamedNode) else {}
        if constraint.path is not None:
            fixed["PATH"] = self._path(constraint.path)
        text = settled(constraint.select, tuple(fixed.items()))
        how = together(text)
        if how is not None:
            # A blank node cannot be written in a query.
            yield from self._together(constraint, how, focus)
            focus = [node for node in focus if node.startswith("_:")]
        for node in focus:
            if node.startswith("<"):
                rows, term = self.evaluate(constraint, bind(text, {"this": node})), NamedNode(node[1:-1])
            else:  # a literal cannot be written as a subject
                term = BlankNode(node[2:]) if node.startswith("_:") else literal(node)
                rows = self.evaluate(constraint, text, substitutions={Variable("this"): term})
            yield from ({**row, "this": term} for row in rows)

    def _together(self, constraint: Constraint, how: Together, focus: Collection[str]) -> Iterator[dict[str, Term]]:
        """Yield the rows of many focus nodes at once."""
        if len(focus) > BATCH and how.free and (how.whole or self._few(constraint, how, len(focus))):
            wanted = frozenset(focus)
            for text in (how.whole,) if how.whole else map("".join, how.texts):
                yield from self.evaluate(constraint, text, wanted=wanted)
            return
        written = [node for node in focus if not node.startswith("_:")]
        for start in range(0, len(written), BATCH):
            for text in how.joined(written[start : start + BATCH]):
                yield from self.evaluate(constraint, text)

    def _few(self, constraint: Constraint, how: Together, focus: int) -> bool:
        """Whether what is found without naming the focus nodes is little more than what they have."""
        for text in how.counted:
            for row in self.evaluate(constraint, text):
                count = row["n"]
                if isinstance(count, Literal) and int(count.value) <= focus * _MORE:
                    return True
        return False

    def _path(self, path: Term) -> str:
        text = self.shapes.path_text(path)
        return str(path) if isinstance(path, NamedNode) else text

    def evaluate(
        self,
        constraint: Constraint,
        text: str,
        *,
        substitutions: Mapping[Variable, Term] | None = None,
        wanted: Collection[str] | None = None,
    ) -> Iterator[dict[str, Term]]:
        """Yield the rows of one query, each once, by variable; those of `wanted` focus nodes, if these are given."""
        try:
            answer = self.candidate.store.query(
                text, default_graph=list(self.graphs), substitutions=dict(substitutions or {})
            )
        except (SyntaxError, ValueError) as error:
            raise self.shapes.error(
                constraint.shape, f"its query does not parse: {error}.", f"See {CLAUSE}#sparql-constraints."
            ) from error
        if not isinstance(answer, pyoxigraph.QuerySolutions):
            raise self.shapes.error(constraint.shape, "its query is no SELECT.", f"See {CLAUSE}#sparql-constraints.")
        names = [variable.value for variable in answer.variables]
        seen: set[tuple[Term | Triple | None, ...]] = set()
        for solution in answer:
            if wanted is not None and str(solution["this"]) not in wanted:
                continue
            key = tuple(solution[name] for name in names)
            if key not in seen:
                seen.add(key)
                yield {
                    name: term
                    for name, term in zip(names, key, strict=True)
                    if term is not None and not isinstance(term, Triple)
                }

    # ------------------------------------------------------------ results

    def finding(self, constraint: Constraint, row: Mapping[str, Term]) -> Finding:
        """Map a row to a finding (SHACL 5.3.2)."""
        path = row.get("path")
        value = row.get("value", None if constraint.path is not None else row["this"])
        shape = self.shapes.named(constraint.shape)
        messages = constraint.messages or {"en": "The constraint of this shape does not hold."}
        return Finding(
            severity=constraint.severity,
            shape=written(shape),
            messages={language: fill(text, row, self.candidate.prefixes) for language, text in messages.items()},
            focus=written(row["this"]),
            path=path.value if isinstance(path, NamedNode) else self.shapes.path_text(constraint.path),
            value="" if value is None else written(value),
            component=COMPONENT,
            constraint=constraint.node.value if isinstance(constraint.node, NamedNode) else "",
        )


def written(term: Term) -> str:
    """A term as a finding holds it: an address bare, anything else as N-Triples."""
    return term.value if isinstance(term, NamedNode) else str(term)


def fill(text: str, row: Mapping[str, Term], prefixes: Mapping[str, str]) -> str:
    """Put the values of a row into a message; a variable without a value is left out."""
    return _PLACEHOLDER.sub(lambda match: readable(row.get(match[1]), prefixes), text)


def readable(term: Term | None, prefixes: Mapping[str, str]) -> str:
    """A term for people: a text as it is, an address by its prefix where it has one."""
    if isinstance(term, NamedNode):
        fits = [(space, name) for name, space in prefixes.items() if space and term.value.startswith(space)]
        if not fits:
            return term.value
        space, name = max(fits, key=lambda pair: len(pair[0]))
        local = term.value[len(space) :]
        return term.value if "/" in local or "#" in local else f"{name}:{local}"
    if isinstance(term, Literal):
        return term.value
    return "" if term is None else str(term)

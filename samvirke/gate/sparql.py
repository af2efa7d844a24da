"""Run the constraints that shapes write in SPARQL, for all their focus nodes.

Duty: the focus nodes of a shape, and the rows its query gives, as findings. Level 3; writes nothing.
The queries see the default graph and the ontology as one, and every named graph by GRAPH, which is
how a check of evidence can be written at all. pySHACL reads a query anew for each focus node (14 s
on the first site); here the store's own engine evaluates it.
Source: https://www.w3.org/TR/shacl/#sparql-constraints-validation
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyoxigraph
from pyoxigraph import Variable

from samvirke.gate.prebinding import bind, join, joinable, settled
from samvirke.gate.shapes import CLAUSE, Constraint, Shapes
from samvirke.model import BlankNode, Candidate, DefaultGraph, Finding, Literal, NamedNode, Term, Triple
from samvirke.terms import OWL, RDFS, SH, TYPE

COMPONENT = SH.SPARQLConstraintComponent.value
BATCH = 1_000
_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")
Graph = NamedNode | DefaultGraph


@dataclass(slots=True)
class Runner:
    """Evaluates constraints over one candidate. `graphs` are what a pattern without GRAPH sees."""

    candidate: Candidate
    shapes: Shapes
    graphs: tuple[Graph, ...]
    _subclasses: dict[Term, frozenset[Term]] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Yield what each constraint finds."""
        for constraint in self.shapes.constraints():
            for row in self.rows(constraint, sorted(self.focus(constraint.owner), key=str)):
                yield self.finding(constraint, row)

    # ------------------------------------------------------------ focus nodes

    def focus(self, shape: Term) -> set[Term]:
        """The focus nodes of a shape (SHACL 2.1.3)."""
        found = set(self.shapes.all(shape, SH.targetNode))
        classes = self.shapes.all(shape, SH.targetClass)
        if {RDFS.Class, OWL.Class}.intersection(self.shapes.all(shape, TYPE)):
            classes.append(shape)
        for one in {below for given in classes for below in self.subclasses(given)}:
            found |= {subject for subject, _ in self.pairs(TYPE, one)}
        for predicate in self.shapes.all(shape, SH.targetSubjectsOf):
            found |= {subject for subject, _ in self.pairs(predicate)}
        for predicate in self.shapes.all(shape, SH.targetObjectsOf):
            found |= {value for _, value in self.pairs(predicate)}
        return found

    def subclasses(self, given: Term) -> frozenset[Term]:
        """A class and its subclasses, by what data and ontology say."""
        if given not in self._subclasses:
            found, front = {given}, [given]
            while front:
                below = {subject for one in front for subject, _ in self.pairs(RDFS.subClassOf, one)}
                front = sorted(below - found, key=str)
                found |= below
            self._subclasses[given] = frozenset(found)
        return self._subclasses[given]

    def pairs(self, predicate: Term, value: Term | None = None) -> Iterator[tuple[Term, Term]]:
        """The subjects and objects of a property in what the constraints see."""
        for graph in self.graphs:
            for quad in self.candidate.store.quads_for_pattern(None, predicate, value, graph):  # type: ignore[arg-type]  # a predicate is an address
                if not isinstance(quad.subject, Triple) and not isinstance(quad.object, Triple):
                    yield quad.subject, quad.object

    # ------------------------------------------------------------ evaluation

    def rows(self, constraint: Constraint, focus: list[Term]) -> Iterator[dict[str, Term]]:
        """Yield the rows of a constraint, each with its focus node as `this`."""
        if not focus:
            return
        fixed = {"currentShape": str(constraint.shape)} if isinstance(constraint.shape, NamedNode) else {}
        if constraint.path is not None:
            fixed["PATH"] = self._path(constraint.path)
        text = settled(constraint.select, tuple(fixed.items()))
        if joinable(text):
            named = [node for node in focus if not isinstance(node, BlankNode)]
            for start in range(0, len(named), BATCH):
                part = join(text, (str(node) for node in named[start : start + BATCH]))
                yield from self.evaluate(constraint, part)
            focus = [node for node in focus if isinstance(node, BlankNode)]
        for node in focus:
            if isinstance(node, BlankNode):  # a blank node cannot be written in a query
                rows = self.evaluate(constraint, text, substitutions={Variable("this"): node})
            else:
                rows = self.evaluate(constraint, bind(text, {"this": str(node)}))
            yield from ({**row, "this": node} for row in rows)

    def _path(self, path: Term) -> str:
        text = self.shapes.path_text(path)
        return str(path) if isinstance(path, NamedNode) else text

    def evaluate(
        self, constraint: Constraint, text: str, substitutions: Mapping[Variable, Term] | None = None
    ) -> Iterator[dict[str, Term]]:
        """Yield the rows of one query, each once, by variable."""
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

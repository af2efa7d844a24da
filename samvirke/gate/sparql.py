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

from samvirke.gate.compiled.facts import columns, literal
from samvirke.gate.compiled.values import parts
from samvirke.gate.prebinding import bind, settled
from samvirke.gate.shapes import CLAUSE, Constraint, Shapes
from samvirke.gate.together import Together, together
from samvirke.model import BlankNode, Candidate, DefaultGraph, Finding, NamedNode, Term
from samvirke.terms import SH

COMPONENT = SH.SPARQLConstraintComponent.value
BATCH = 10_000
_MORE = 1.2
_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")
Graph = NamedNode | DefaultGraph
Row = Mapping[str, str]
"""The variables that have a value, with their values as N-Triples writes them."""


@dataclass(slots=True)
class Runner:
    """Evaluates constraints over one candidate. `graphs` are what a pattern without GRAPH sees."""

    candidate: Candidate
    shapes: Shapes
    graphs: tuple[Graph, ...]

    # ------------------------------------------------------------ evaluation

    def rows(self, constraint: Constraint, focus: Iterable[Term]) -> Iterator[dict[str, Term]]:
        """Yield the rows of a constraint, each with its focus node as `this`."""
        for row in self.rows_at(constraint, [str(node) for node in focus]):
            yield {name: _term(text) for name, text in row.items()}

    def rows_at(self, constraint: Constraint, focus: Collection[str]) -> Iterator[Row]:
        """Yield the same with terms as N-Triples writes them."""
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
                rows = self.evaluate(constraint, bind(text, {"this": node}))
            else:  # a literal cannot be written as a subject
                rows = self.evaluate(constraint, text, substitutions={Variable("this"): _term(node)})
            yield from ({**row, "this": node} for row in rows)

    def _together(self, constraint: Constraint, how: Together, focus: Collection[str]) -> Iterator[Row]:
        """Yield the rows of many focus nodes at once."""
        if len(focus) > BATCH and how.free and (how.whole or self._few(constraint, how, len(focus))):
            wanted = frozenset(focus)
            for text in (how.whole,) if how.whole else map("".join, how.texts):
                yield from self.evaluate(constraint, text, wanted=wanted)
            return
        named, size = [node for node in focus if not node.startswith("_:")], max(BATCH, 1)
        for start in range(0, len(named), size):
            for text in how.joined(named[start : start + size]):
                yield from self.evaluate(constraint, text)

    def _few(self, constraint: Constraint, how: Together, focus: int) -> bool:
        """Whether what is found without naming the focus nodes is little more than what they have."""
        for text in how.counted:
            for row in self.evaluate(constraint, text):
                if int(parts(row["n"])[0]) <= focus * _MORE:
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
    ) -> Iterator[Row]:
        """Yield the rows of one query, each once, by variable; those of `wanted` focus nodes, if these are given."""
        try:
            answer = self.candidate.store.query(
                text, default_graph=list(self.graphs), substitutions=dict(substitutions or {})
            )
        except (SyntaxError, ValueError) as error:
            raise self.shapes.error(
                constraint.shape,
                f"its query does not parse: {' '.join(str(error).split())}.",
                f"See {CLAUSE}#sparql-constraints.",
            ) from error
        if not isinstance(answer, pyoxigraph.QuerySolutions):
            raise self.shapes.error(constraint.shape, "its query is no SELECT.", f"See {CLAUSE}#sparql-constraints.")
        names = [variable.value for variable in answer.variables]
        if not names:
            if next(answer, None) is not None:
                yield {}
            return
        asked = names.index("this") if wanted is not None else 0
        for key in dict.fromkeys(zip(*columns(answer, len(names)), strict=True)):
            if wanted is None or key[asked] in wanted:
                yield {name: text for name, text in zip(names, key, strict=True) if text}

    # ------------------------------------------------------------ results

    def finding(self, constraint: Constraint, row: Mapping[str, Term]) -> Finding:
        """Map a row to a finding (SHACL 5.3.2)."""
        return self.found(constraint, {name: str(term) for name, term in row.items()})

    def found(self, constraint: Constraint, row: Row) -> Finding:
        """Do the same for terms as N-Triples writes them."""
        path, focus = row.get("path", ""), row["this"]
        value = row.get("value", "" if constraint.path is not None else focus)
        shape = self.shapes.named(constraint.shape)
        messages = constraint.messages or {"en": "The constraint of this shape does not hold."}
        return Finding(
            severity=constraint.severity,
            shape=written(shape),
            messages={language: fill(text, row, self.candidate.prefixes) for language, text in messages.items()},
            focus=_bare(focus),
            path=path[1:-1] if path.startswith("<") else self.shapes.path_text(constraint.path),
            value=_bare(value),
            component=COMPONENT,
            constraint=constraint.node.value if isinstance(constraint.node, NamedNode) else "",
        )


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("<") else text


def _term(text: str) -> Term:
    if text.startswith("<"):
        return NamedNode(text[1:-1])
    return BlankNode(text[2:]) if text.startswith("_:") else literal(text)


def written(term: Term) -> str:
    """A term as a finding holds it: an address bare, anything else as N-Triples."""
    return term.value if isinstance(term, NamedNode) else str(term)


def fill(text: str, row: Row, prefixes: Mapping[str, str]) -> str:
    """Put the values of a row into a message; a variable without a value is left out."""
    return _PLACEHOLDER.sub(lambda match: readable(row.get(match[1], ""), prefixes), text)


def readable(term: str, prefixes: Mapping[str, str]) -> str:
    """A term for people: a text as it is, an address by its prefix where it has one."""
    if term.startswith("<"):
        address = term[1:-1]
        # What comes after a prefix holds neither of these.
        end = max(address.rfind("/"), address.rfind("#")) + 1
        fits = [(space, name) for name, space in prefixes.items() if space and address.startswith(space)]
        if not fits:
            return address
        space, name = max(fits, key=lambda pair: len(pair[0]))
        return address if end > len(space) else f"{name}:{address[len(space) :]}"
    return parts(term)[0] if term.startswith('"') else term

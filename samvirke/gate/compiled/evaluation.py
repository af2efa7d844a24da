"""Evaluate compiled shapes: the focus nodes of each, and what their constraints find.

Duty: from compiled shapes and facts to findings. Level 3. A shape is evaluated for all its focus
nodes at once; whether nodes conform to a shape inside another is asked for all value nodes at once.
Source: https://www.w3.org/TR/shacl/#validation-definition
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from samvirke.gate.compiled.components import CLOSED, FOCUS, PROPERTY, VALUES, beyond
from samvirke.gate.compiled.facts import Facts, Links
from samvirke.gate.compiled.paths import follow
from samvirke.gate.compiled.shape import Constraint, Shape, Targets
from samvirke.gate.compiled.values import Undecided
from samvirke.model import Finding

Result = tuple[Shape, Constraint, str, str, str]
"""Shape and constraint, focus node, value, and the property where the shape has no path."""


@dataclass(slots=True)
class Evaluation:
    """Evaluates shapes over facts.

    With `strict`, a value of which only pySHACL could say what it makes of it breaks the constraint:
    where pySHACL cannot be asked, what is in doubt is refused.
    """

    facts: Facts
    strict: bool = False

    # ------------------------------------------------------------ focus nodes

    def focus(self, targets: Targets) -> set[str]:
        """The focus nodes that targets choose (SHACL 2.1.3)."""
        found = set(targets.nodes)
        for one in targets.classes:
            found |= self.facts.instances(one)
        for predicate in targets.subjects_of:
            found.update(self.facts.column(predicate))
        for predicate in targets.objects_of:
            found.update(self.facts.column(predicate, back=True))
        return found

    def chosen(self, targets: Targets, nodes: Collection[str]) -> set[str]:
        """Those of the nodes that targets choose."""
        found = set(nodes).intersection(targets.nodes)
        for one in targets.classes:
            found |= self.facts.of_class(one, nodes)
        for predicate in targets.subjects_of:
            found.update(self.facts.step(predicate, nodes))
        for predicate in targets.objects_of:
            found.update(self.facts.step(predicate, nodes, back=True))
        return found

    # ------------------------------------------------------------ findings

    def findings(self, shape: Shape, nodes: Collection[str], *, here: bool = False) -> Iterator[Finding]:
        """Yield what a shape finds at its focus nodes, or, unless it is to be `here` only, at their value nodes."""
        return itertools.starmap(finding, self.results(shape, nodes, here=here))

    def results(self, shape: Shape, nodes: Collection[str], *, here: bool = False) -> Iterator[Result]:
        """Yield the same as `findings`, before words are put to it."""
        if not nodes or not shape.constraints:
            return
        links, values = self._values(shape, nodes)
        for one in shape.constraints:
            if one.component == PROPERTY:
                if shape.path is None or not here:
                    yield from self.results(one.shapes[0], values, here=here)
            elif one.component == CLOSED:
                yield from self._closed(shape, one, links, values)
            else:
                for node, value in self._results(shape, one, nodes, links, values):
                    yield shape, one, node, value, ""

    def _closed(self, shape: Shape, one: Constraint, links: Links | None, values: set[str]) -> Iterator[Result]:
        owners = _owners(links)
        for value, predicate, end in beyond(one, values, self):
            for node in [value] if owners is None else owners[value]:
                yield shape, one, node, end, predicate[1:-1]

    def _values(self, shape: Shape, nodes: Collection[str]) -> tuple[Links | None, set[str]]:
        """The value nodes, by focus node unless each is its own, and all together."""
        if shape.path is None:
            return None, set(nodes)
        links = follow(shape.path, nodes, self.facts)
        return links, set().union(*links.values())

    def _results(
        self, shape: Shape, one: Constraint, nodes: Collection[str], links: Links | None, values: set[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the focus node and the value of each result of a constraint."""
        if one.component not in VALUES:
            own = {node: [node] for node in nodes} if links is None else links
            yield from self._together(one, nodes, own)
            return
        bad = self._bad(one, values) if values else set()
        if not bad:
            return
        if links is None:
            yield from ((node, node) for node in bad)
            return
        for node, ends in links.items():
            yield from ((node, value) for value in ends if value in bad)

    def _bad(self, one: Constraint, values: set[str]) -> set[str]:
        find = VALUES[one.component]
        try:
            return find(one, values, self)
        except Undecided:
            if not self.strict:
                raise
            return values if len(values) == 1 else set().union(*(self._bad(one, {value}) for value in values))

    def _together(self, one: Constraint, nodes: Collection[str], links: Links) -> Iterator[tuple[str, str]]:
        find = FOCUS[one.component]
        if not self.strict:
            yield from find(one, nodes, links, self)
            return
        try:
            yield from list(find(one, nodes, links, self))
        except Undecided:
            if len(nodes) == 1:
                yield from ((node, "") for node in nodes)
            else:
                for node in nodes:
                    yield from self._together(one, [node], {node: links[node]} if node in links else {})

    # ------------------------------------------------------------ conformance

    def failing(self, shape: Shape, nodes: Collection[str]) -> set[str]:
        """Those of the nodes that do not conform to a shape."""
        if not nodes or not shape.constraints:
            return set()
        links, values = self._values(shape, nodes)
        found: set[str] = set()
        owners: Links | None = None
        for one in shape.constraints:
            if one.component not in {PROPERTY, CLOSED}:
                found.update(node for node, _ in self._results(shape, one, nodes, links, values))
                continue
            if one.component == PROPERTY:
                bad = self.failing(one.shapes[0], values)
            else:
                bad = {value for value, _, _ in beyond(one, values, self)}
            owners = _owners(links) if owners is None else owners
            found.update(bad if owners is None else (node for value in bad for node in owners[value]))
        return found

    # ------------------------------------------------------------ single values

    def among(self, shape: Shape, links: Links) -> Iterator[Finding]:
        """Yield what the constraints of a property shape find when the focus nodes have these values and no others."""
        values = set().union(*links.values())
        # As in an evaluation of all values, one without any is none of the links.
        full = {node: ends for node, ends in links.items() if ends}
        for one in shape.constraints:
            for node, value in self._results(shape, one, links, full, values):
                yield finding(shape, one, node, value, "")


def _owners(links: Links | None) -> Links | None:
    """The focus nodes by value; None when each node is its own value."""
    if links is None:
        return None
    owners: Links = {}
    for node, values in links.items():
        for value in values:
            owners.setdefault(value, []).append(node)
    return owners


def finding(shape: Shape, one: Constraint, node: str, value: str, path: str) -> Finding:
    """Put words to a result."""
    return Finding(
        severity=shape.severity,
        shape=shape.name,
        messages=shape.words[one.component],
        focus=_bare(node),
        path=shape.path_text or path,
        value=_bare(value),
        component=one.component,
    )


def _bare(term: str) -> str:
    return term[1:-1] if term.startswith("<") else term

"""Check again only what a change can have touched.

Duty: once, before processes are forked, read shapes and constraints; then, for each change, the focus
nodes it can reach and everything that is found at them now. Level 3; keeps no store, changes nothing,
opens no file and imports nothing once it is made, for it runs in workers that may do neither.
Source: https://www.w3.org/TR/shacl/#validation
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyoxigraph

from samvirke.gate.compiled import reads
from samvirke.gate.compiled.compiler import compiled
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import IS_A, SUBCLASS, Facts, Schema
from samvirke.gate.compiled.paths import CLASS_OF, HERE, Path, follow
from samvirke.gate.compiled.reads import ANY, Read
from samvirke.gate.compiled.shape import Shape, Targets
from samvirke.gate.placing import ordered
from samvirke.gate.prebinding import bind
from samvirke.gate.reaching import Asked, Change, by_query, changes_of, name_of, onwards, read_constraint, wide_of
from samvirke.gate.shapes import Shapes
from samvirke.gate.sparql import Graph, Runner
from samvirke.gate.visible import schema_quads, visible_graphs
from samvirke.model import Candidate, Finding, Term
from samvirke.patch import Delta


@dataclass(frozen=True, slots=True)
class Reach:
    """What a change can reach: nodes, and single values of constraints that speak of the site as a whole.

    `nodes` are named as findings name them; `values` pair a named `sh:sparql` constraint's node with
    the value of a finding.
    """

    nodes: frozenset[str]
    values: frozenset[tuple[str, str]] = frozenset()

    def covers(self, finding: Finding) -> bool:
        """Whether a finding from before the change has to be looked for again; `recheck` gives it if it still holds."""
        return finding.focus in self.nodes or (finding.constraint, finding.value) in self.values


@dataclass(frozen=True, slots=True)
class _Part:
    """A shape that finds something at the nodes that `way` leads to from the focus nodes of `targets`."""

    shape: Shape
    targets: Targets
    way: Path

    def chosen(self, run: Evaluation, nodes: set[str]) -> set[str]:
        """Those of the nodes at which it is evaluated."""
        if self.way == HERE:
            return run.chosen(self.targets, nodes)
        owners = follow(self.way.back(), nodes, run.facts)
        focus = run.chosen(self.targets, set().union(*owners.values()))
        return {node for node, found in owners.items() if not focus.isdisjoint(found)}


@dataclass(slots=True)
class Prepared:
    """Shapes ready for rechecking.

    `left` are the shapes that only pySHACL can decide, with the reasons: a recheck passes over them,
    and only a full check looks at them. `wide` are the constraints in SPARQL some changes of which
    reach all their focus nodes, with the properties that do ("" for every property).
    """

    parts: tuple[_Part, ...]
    left: Mapping[str, str]
    wide: Mapping[str, tuple[str, ...]]
    languages: tuple[str, ...]
    _candidate: Candidate
    _shapes: Shapes
    _schema: Schema
    _graphs: tuple[Graph, ...]
    _asked: tuple[Asked, ...]
    _reads: dict[str, list[tuple[int, Read]]] = field(default_factory=dict)

    @classmethod
    def of(cls, candidate: Candidate, *, languages: Sequence[str] = ()) -> Prepared:
        """Prepare the shapes of a candidate; its store is read here and not kept.

        Raises: InputError when a shape is ill-formed, as in a full check.
        """
        shapes = Shapes.read(candidate)
        own = list(shapes.constraints())
        shapes.refuse_graphs(frozenset(one.node for one in own))
        taken = compiled(shapes, frozenset(one.node for one in own))
        graphs = visible_graphs(candidate)
        schema = Schema.of(schema_quads(candidate))
        asked = tuple(read_constraint(one, shapes) for one in own)
        parts = tuple(_Part(shape, root.targets, way) for root in taken.roots for shape, way in reads.parts(root.shape))
        made = cls(
            parts=parts,
            left={str(shapes.named(node)).strip("<>"): why for node, why in taken.left.items()},
            wide=wide_of(asked),
            languages=tuple(languages),
            _candidate=replace(candidate, store=pyoxigraph.Store(), documents=()),
            _shapes=shapes,
            _schema=schema,
            _graphs=graphs,
            _asked=asked,
        )
        for place, part in enumerate(parts):
            for read in dict.fromkeys(reads.of_shape(part.shape, here=True)):
                made._reads.setdefault(read.predicate, []).append((place, read))
        return made

    # ------------------------------------------------------------ what a change reaches

    def reach(self, store: pyoxigraph.Store, change: Delta) -> Reach:
        """Where the findings may be others than before the change.

        Reads: `store`, in which the change is made. Whichever graphs the quads of `change` stand in, they
        count as facts.
        """
        nodes, values = self._reach(Facts(store, self._schema, few=True), change)
        named = {(name_of(self._asked[place].constraint), _bare(value)) for place, value in values}
        return Reach(frozenset(map(_bare, nodes)), frozenset(named))

    def _reach(self, facts: Facts, change: Delta) -> tuple[set[str], set[tuple[int, str]]]:
        changes = set(changes_of(change))
        run = Evaluation(facts)
        found = self._by_targets(facts, changes)
        for part in self.parts:
            if part.way != HERE:
                found |= onwards(part.way, changes, found, facts)
        for place, nodes in self._by_shapes(facts, changes).items():
            found |= self.parts[place].chosen(run, nodes - found)
        # A finding names the passage that says what its node is, so that another passage makes it another finding.
        typed = {one[0] for one in changes if one[1] == IS_A}
        for part in self.parts:
            found |= part.chosen(run, typed - found)
        for targets in {asked.targets for asked in self._asked}:
            found |= run.chosen(targets, typed - found)
        values: set[tuple[int, str]] = set()
        for place, asked in enumerate(self._asked):
            nodes, single = by_query(run, asked, changes)
            found |= run.chosen(asked.targets, nodes - found)
            values.update((place, value) for value in single)
        return found, values

    def _targets(self) -> Iterator[Targets]:
        yield from (part.targets for part in self.parts)
        yield from (asked.targets for asked in self._asked)

    def _by_targets(self, facts: Facts, changes: set[Change]) -> set[str]:
        """Nodes that became focus nodes, or ceased to be."""
        subjects = {one for targets in self._targets() for one in targets.subjects_of}
        objects = {one for targets in self._targets() for one in targets.objects_of}
        classes = {below for targets in self._targets() for one in targets.classes for below in facts.subclasses(one)}
        found: set[str] = set()
        moved: set[str] = set()
        for subject, predicate, value, _ in changes:
            if (predicate == IS_A and value in classes) or predicate in subjects:
                found.add(subject)
            if predicate in objects:
                found.add(value)
            if predicate == SUBCLASS:
                moved.add(subject)
        if moved:
            found.update(*follow(CLASS_OF.back(), moved, facts).values())
        return found

    def _by_shapes(self, facts: Facts, changes: set[Change]) -> dict[int, set[str]]:
        """Nodes from which a shape reads what has changed, by the shape's place; not all are its focus nodes."""
        starts: dict[tuple[str, bool], set[str]] = {}
        for subject, predicate, value, _ in changes:
            for one in (predicate, ANY):
                starts.setdefault((one, False), set()).add(subject)
                starts.setdefault((one, True), set()).add(value)
        found: dict[int, set[str]] = {}
        walked: dict[tuple[object, str, bool], set[str]] = {}
        for predicate in {one for one, _ in starts}:
            for place, read in self._reads.get(predicate, ()):
                key = read.way, predicate, read.back
                if key not in walked:
                    nodes = starts[predicate, read.back]
                    walked[key] = (
                        nodes if read.way == HERE else set().union(*follow(read.way.back(), nodes, facts).values())
                    )
                found.setdefault(place, set()).update(walked[key])
        return found

    # ------------------------------------------------------------ what is found there

    def recheck(self, store: pyoxigraph.Store, change: Delta) -> tuple[Finding, ...]:
        """Return everything that the shapes find at the nodes a change reaches, ordered as in a report.

        Reads: `store`, in which the change is made. A value that only pySHACL could judge counts as wrong.
        """
        facts = Facts(store, self._schema, few=True)
        nodes, values = self._reach(facts, change)
        return self._findings(facts, nodes, values)

    def findings(self, store: pyoxigraph.Store, nodes: Iterable[str]) -> tuple[Finding, ...]:
        """Return everything that the shapes find at nodes named as `reach` names them."""
        return self._findings(Facts(store, self._schema, few=True), set(map(_written, nodes)), set())

    def _findings(self, facts: Facts, nodes: set[str], values: set[tuple[int, str]]) -> tuple[Finding, ...]:
        if not nodes and not values:
            return ()
        run = Evaluation(facts, strict=True)
        found: list[Finding] = []
        candidate = replace(self._candidate, store=facts.store)
        runner = Runner(candidate, self._shapes, self._graphs)
        focus: dict[Targets, set[str]] = {}

        def chosen(targets: Targets) -> set[str]:
            if targets not in focus:
                focus[targets] = run.chosen(targets, nodes)
            return focus[targets]

        for part in self.parts:
            at = chosen(part.targets) if part.way == HERE else part.chosen(run, nodes)
            found += run.findings(part.shape, at, here=True)
        for asked in self._asked:
            terms = sorted((facts.term(node) for node in chosen(asked.targets)), key=str)
            found += (runner.finding(asked.constraint, row) for row in runner.rows(asked.constraint, terms))
        for place, value in sorted(values):
            found += _of_value(runner, self._asked[place], facts.term(value), run)
        return ordered(found, candidate, self.languages)


def _of_value(runner: Runner, asked: Asked, value: Term, run: Evaluation) -> Iterator[Finding]:
    """Yield what a constraint finds with one value, at whichever focus node."""
    constraint = replace(asked.constraint, select=bind(asked.constraint.select, {"value": str(value)}))
    focus = sorted((run.facts.term(node) for node in run.focus(asked.targets)), key=str)
    for row in runner.rows(constraint, focus):
        yield runner.finding(asked.constraint, {**row, "value": value})


def _bare(term: str) -> str:
    return term[1:-1] if term.startswith("<") else term


def _written(text: str) -> str:
    return text if text.startswith(('"', "_:")) else f"<{text}>"

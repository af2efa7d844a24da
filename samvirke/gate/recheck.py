"""Check again only what a change can have touched.

Duty: once, before processes are forked, read shapes and constraints; then, for each change, the places
its findings can be at and everything that is found there now. Level 3; keeps no store, changes nothing,
opens no file and imports nothing once it is made, for it runs in workers that may do neither. A place is
a shape's focus node, or, where a shape can be read value by value (`narrow`), one value of it.
Source: https://www.w3.org/TR/shacl/#validation
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyoxigraph

from samvirke.gate.compiled.compiler import compiled
from samvirke.gate.compiled.components import CLOSED
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import IS_A, Facts, Schema
from samvirke.gate.compiled.paths import HERE, follow
from samvirke.gate.compiled.reads import ANY, Read
from samvirke.gate.compiled.shape import Targets
from samvirke.gate.narrow import SINGLE, Touched, bare
from samvirke.gate.parts import Key, Part, parts_of
from samvirke.gate.placing import ordered
from samvirke.gate.prebinding import bind
from samvirke.gate.reaching import (
    Asked,
    Change,
    Focus,
    by_query,
    changes_of,
    name_of,
    onwards,
    read_constraint,
    wide_of,
)
from samvirke.gate.shapes import Shapes
from samvirke.gate.sparql import COMPONENT, Graph, Runner, written
from samvirke.gate.visible import schema_quads, visible_graphs
from samvirke.model import Candidate, Finding, Severity, Term
from samvirke.patch import Delta


@dataclass(frozen=True, slots=True)
class Reach:
    """What a change can reach, named as findings name it.

    `places` are focus nodes of a shape or constraint; `single` are values of them, with the focus node or, as "",
    with whichever has the value; `values` are values of constraints that speak of the site as a whole.
    """

    places: frozenset[tuple[Key, str]]
    single: frozenset[tuple[Key, str, str]] = frozenset()
    values: frozenset[tuple[Key, str]] = frozenset()

    def covers(self, finding: Finding) -> bool:
        """Whether a finding from before the change has to be looked for again; `recheck` gives it if it still holds."""
        key = _key(finding)
        return (
            (key, finding.focus) in self.places
            or (key, finding.focus, finding.value) in self.single
            or (bool(finding.value) and (key, "", finding.value) in self.single)
            or (key, finding.value) in self.values
        )


@dataclass(slots=True)
class _Reached:
    """As `Reach`, but terms are written as N-Triples."""

    whole: dict[Key, set[str]] = field(default_factory=dict)
    touched: dict[Key, Touched] = field(default_factory=dict)
    values: set[tuple[int, str]] = field(default_factory=set)
    pairs: set[tuple[int, str, str]] = field(default_factory=set)

    def add(self, key: Key, nodes: set[str]) -> None:
        if nodes:
            self.whole.setdefault(key, set()).update(nodes)

    def at(self, key: Key) -> Touched:
        return self.touched.setdefault(key, Touched())


@dataclass(slots=True)
class Prepared:
    """Shapes ready for rechecking.

    `left` are the shapes that only pySHACL can decide, with the reasons: a recheck passes over them,
    and only a full check looks at them. `wide` are the constraints in SPARQL some changes of which
    reach all their focus nodes, with the properties that do ("" for every property).
    """

    parts: tuple[Part, ...]
    left: Mapping[str, str]
    wide: Mapping[str, tuple[str, ...]]
    languages: tuple[str, ...]
    severities: frozenset[Severity]
    placed: bool
    _candidate: Candidate
    _shapes: Shapes
    _schema: Schema
    _graphs: tuple[Graph, ...]
    _asked: tuple[Asked, ...]
    _reads: dict[str, list[tuple[int, Read]]] = field(default_factory=dict)
    _steps: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        candidate: Candidate,
        *,
        languages: Sequence[str] = (),
        severities: Sequence[Severity] = tuple(Severity),
        placed: bool = True,
    ) -> Prepared:
        """Prepare the shapes of a candidate; its store is read here and not kept.

        Only findings of `severities` are looked for. Without `placed`, a finding counts as the same when only the
        passage is another that says its fact: then a passage more for a node that thousands refer to costs nothing.
        Raises: InputError when a shape is ill-formed, as in a full check.
        """
        shapes = Shapes.read(candidate)
        own = list(shapes.constraints())
        shapes.refuse_graphs(frozenset(one.node for one in own))
        taken = compiled(shapes, frozenset(one.node for one in own))
        graphs = visible_graphs(candidate)
        schema = Schema.of(schema_quads(candidate))
        kept = frozenset(severities)
        asked = tuple(read_constraint(one, shapes) for one in own if one.severity in kept)
        made = cls(
            parts=parts_of(taken.roots, kept),
            left={str(shapes.named(node)).strip("<>"): why for node, why in taken.left.items()},
            wide=wide_of(asked),
            languages=tuple(languages),
            severities=kept,
            placed=placed,
            _candidate=replace(candidate, store=pyoxigraph.Store(), documents=()),
            _shapes=shapes,
            _schema=schema,
            _graphs=graphs,
            _asked=asked,
        )
        for place, part in enumerate(made.parts):
            if part.narrow is not None:
                made._steps.setdefault(part.narrow.predicate, []).append(place)
            for read in part.reads:
                made._reads.setdefault(read.predicate, []).append((place, read))
        return made

    # ------------------------------------------------------------ what a change reaches

    def reach(self, store: pyoxigraph.Store, change: Delta) -> Reach:
        """Where the findings may be others than before the change.

        Reads: `store`, in which the change is made. Whichever graphs the quads of `change` stand in, they
        count as facts; without `placed`, those of the default graph do.
        """
        facts = Facts(store, self._schema, few=True)
        reached = self._reach(facts, Focus(facts), change)
        single: set[tuple[Key, str, str]] = set()
        for key, touched in reached.touched.items():
            for node, values in touched.pairs.items():
                single.update((key, bare(node), bare(value)) for value in (*values, ""))
            single.update((key, "", bare(value)) for value in touched.values)
        for place, node, value in reached.pairs:
            single.add((self._key_of(self._asked[place]), bare(node), bare(value)))
        return Reach(
            frozenset((key, bare(node)) for key, nodes in reached.whole.items() for node in nodes),
            frozenset(single),
            frozenset((self._key_of(self._asked[place]), bare(value)) for place, value in reached.values),
        )

    def _key_of(self, asked: Asked) -> Key:
        return "sparql", written(self._shapes.named(asked.constraint.shape)), name_of(asked.constraint)

    def _reach(self, facts: Facts, focus: Focus, change: Delta) -> _Reached:
        every = set(changes_of(change))
        changes = every if self.placed else {one for one in every if not one[3]}
        reached = _Reached()
        moved = {targets: focus.moved(targets, changes) for targets in self._targets()}
        for part in self.parts:
            if part.way == HERE:
                reached.add(part.key, moved[part.targets])
            else:
                reached.add(part.key, onwards(part.way, changes, moved[part.targets], facts))
        self._by_steps(changes, reached)
        self._by_reads(facts, changes, reached)
        # A finding names the passage that says what its node is, so that another passage makes it another finding.
        typed = {one[0] for one in changes if one[1] == IS_A} if self.placed else set()
        if typed:
            for part in self.parts:
                reached.add(part.key, part.chosen(focus, typed))
        for place, asked in enumerate(self._asked):
            key = self._key_of(asked)
            reached.add(key, moved[asked.targets])
            reached.add(key, focus.chosen(asked.targets, typed))
            found = by_query(focus, asked, every if asked.graphs else changes)
            reached.add(key, found.nodes)
            reached.values.update((place, value) for value in found.values)
            reached.pairs.update((place, *pair) for pair in found.pairs)
        return reached

    def _targets(self) -> Iterator[Targets]:
        yield from {part.targets: None for part in self.parts}
        yield from {asked.targets: None for asked in self._asked}

    def _by_steps(self, changes: set[Change], reached: _Reached) -> None:
        """Find focus nodes and values between which a step came or went."""
        for subject, predicate, value, _ in changes:
            for place in self._steps.get(predicate, ()):
                part = self.parts[place]
                assert part.narrow is not None
                node, end = (value, subject) if part.narrow.back else (subject, value)
                reached.at(part.key).pairs.setdefault(node, set()).add(end)

    def _by_reads(self, facts: Facts, changes: set[Change], reached: _Reached) -> None:
        """Find nodes from which a shape reads what has changed; not all are its focus nodes, or values of them."""
        starts: dict[tuple[str, bool], set[str]] = {}
        for subject, predicate, value, _ in changes:
            for one in (predicate, ANY):
                starts.setdefault((one, False), set()).add(subject)
                starts.setdefault((one, True), set()).add(value)
        walked: dict[tuple[object, str, bool], set[str]] = {}
        for predicate in {one for one, _ in starts}:
            for place, read in self._reads.get(predicate, ()):
                key = read.way, predicate, read.back
                if key not in walked:
                    nodes = starts[predicate, read.back]
                    walked[key] = (
                        nodes if read.way == HERE else set().union(*follow(read.way.back(), nodes, facts).values())
                    )
                part = self.parts[place]
                if part.narrow is None:
                    reached.add(part.key, walked[key])
                else:
                    reached.at(part.key).values.update(walked[key])

    # ------------------------------------------------------------ what is found there

    def recheck(self, store: pyoxigraph.Store, change: Delta) -> tuple[Finding, ...]:
        """Return everything that the shapes find at the places a change reaches, ordered as in a report.

        Reads: `store`, in which the change is made. A value that only pySHACL could judge counts as wrong.
        """
        facts = Facts(store, self._schema, few=True)
        focus = Focus(facts)
        reached = self._reach(facts, focus, change)
        run = Evaluation(facts, strict=True)
        found: list[Finding] = []
        for part in self.parts:
            if nodes := reached.whole.get(part.key):
                found += run.findings(part.shape, part.chosen(focus, nodes), here=True)
            if touched := reached.touched.get(part.key):
                found += part.findings(run, focus, touched)
        candidate = replace(self._candidate, store=store)
        runner = Runner(candidate, self._shapes, self._graphs)
        for asked in self._asked:
            if nodes := reached.whole.get(self._key_of(asked)):
                terms = sorted((facts.term(node) for node in focus.chosen(asked.targets, nodes)), key=str)
                found += (runner.finding(asked.constraint, row) for row in runner.rows(asked.constraint, terms))
        for place, node, value in sorted(reached.pairs):
            asked = self._asked[place]
            if node not in reached.whole.get(self._key_of(asked), ()) and focus.chosen(asked.targets, (node,)):
                found += _of_pair(runner, asked, facts.term(node), facts.term(value))
        for place, value in sorted(reached.values):
            found += _of_value(runner, self._asked[place], facts.term(value), run)
        return ordered(found, candidate, self.languages)


def _of_value(runner: Runner, asked: Asked, value: Term, run: Evaluation) -> Iterator[Finding]:
    """Yield what a constraint finds with one value, at whichever focus node."""
    constraint = replace(asked.constraint, select=bind(asked.constraint.select, {"value": str(value)}))
    focus = sorted((run.facts.term(node) for node in run.focus(asked.targets)), key=str)
    for row in runner.rows(constraint, focus):
        yield runner.finding(asked.constraint, {**row, "value": value})


def _of_pair(runner: Runner, asked: Asked, node: Term, value: Term) -> Iterator[Finding]:
    """Yield what a constraint finds at a focus node with one value."""
    constraint = replace(asked.constraint, select=bind(asked.constraint.select, {"value": str(value)}))
    for row in runner.rows(constraint, [node]):
        yield runner.finding(asked.constraint, {**row, "value": value})


def _key(finding: Finding) -> Key:
    """What shape, or constraint in SPARQL, a finding is of."""
    if finding.component == COMPONENT:
        return "sparql", finding.shape, finding.constraint
    if finding.component == CLOSED:  # Its path is the property that is not allowed.
        return "closed", finding.shape, ""
    return ("single" if finding.component in SINGLE else "core"), finding.shape, finding.path

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

from samvirke.gate.compiled import queries, reads
from samvirke.gate.compiled.compiler import compiled, targets_of
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import IS_A, SUBCLASS, Facts, Schema
from samvirke.gate.compiled.paths import CLASS_OF, HERE, Path, follow, step
from samvirke.gate.compiled.queries import Known, Pattern, Walk
from samvirke.gate.compiled.reads import ANY, Read
from samvirke.gate.compiled.shape import Shape, Targets
from samvirke.gate.placing import ordered
from samvirke.gate.prebinding import bind
from samvirke.gate.shapes import Constraint, Shapes
from samvirke.gate.sparql import Graph, Runner
from samvirke.gate.visible import schema_quads, visible_graphs
from samvirke.model import BlankNode, Candidate, DefaultGraph, Finding, Literal, NamedNode, Quad, Term, Triple
from samvirke.patch import Delta

Change = tuple[str, str, str, str]


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
class _Asked:
    """A constraint in SPARQL: whose focus nodes it is asked of, and what its text tells if it is read."""

    constraint: Constraint
    targets: Targets
    text: queries.Text | None
    predicates: frozenset[str] = frozenset()


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
    _asked: tuple[_Asked, ...]
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
        asked = tuple(_asked(one, shapes) for one in own)
        parts = tuple(_Part(shape, root.targets, way) for root in taken.roots for shape, way in reads.parts(root.shape))
        made = cls(
            parts=parts,
            left={str(shapes.named(node)).strip("<>"): why for node, why in taken.left.items()},
            wide=_wide(asked),
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
        named = {(_name(self._asked[place].constraint), _bare(value)) for place, value in values}
        return Reach(frozenset(map(_bare, nodes)), frozenset(named))

    def _reach(self, facts: Facts, change: Delta) -> tuple[set[str], set[tuple[int, str]]]:
        changes = set(_changes(change))
        run = Evaluation(facts)
        found = self._by_targets(facts, changes)
        for part in self.parts:
            if part.way != HERE:
                found |= _onwards(part.way, changes, found, facts)
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
            nodes, single = _by_query(run, asked, changes)
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


def _of_value(runner: Runner, asked: _Asked, value: Term, run: Evaluation) -> Iterator[Finding]:
    """Yield what a constraint finds with one value, at whichever focus node."""
    constraint = replace(asked.constraint, select=bind(asked.constraint.select, {"value": str(value)}))
    focus = sorted((run.facts.term(node) for node in run.focus(asked.targets)), key=str)
    for row in runner.rows(constraint, focus):
        yield runner.finding(asked.constraint, {**row, "value": value})


def _asked(constraint: Constraint, shapes: Shapes) -> _Asked:
    text = constraint.select
    if constraint.path is not None:
        path = constraint.path
        text = bind(text, {"PATH": str(path) if isinstance(path, NamedNode) else shapes.path_text(path)})
    targets = targets_of(shapes, constraint.owner)
    told = queries.told(text)
    if told is None:
        return _Asked(constraint, targets, None, frozenset({ANY}))
    used = {predicate for known in told.patterns for predicate in _properties(known.pattern)}
    return _Asked(constraint, targets, told, frozenset(used))


def _properties(pattern: Pattern) -> set[str]:
    return {ANY} if pattern.path is None else {read.predicate for read in reads.of_path(pattern.path)}


def _name(constraint: Constraint) -> str:
    return constraint.node.value if isinstance(constraint.node, NamedNode) else ""


def _is_single(asked: _Asked, known: Known) -> bool:
    """Whether a pattern without a chain tells the value of the finding, so that one can ask for that alone."""
    return bool(_name(asked.constraint)) and known.pattern.place_of("?value") in {"s", "p", "o"}


def _wide(asked: Iterable[_Asked]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in asked:
        loose = {ANY} if one.text is None else set()
        for known in one.text.patterns if one.text else ():
            if known.chain is None and not _is_single(one, known):
                loose |= _properties(known.pattern)
        if loose:
            found[str(one.constraint.node).strip("<>")] = tuple(sorted(name.strip("<>") for name in loose))
    return found


def _by_query(run: Evaluation, asked: _Asked, changes: set[Change]) -> tuple[set[str], set[str]]:
    """Nodes of which a constraint in SPARQL may say something else now, and single values of its findings."""
    found: set[str] = set()
    values: set[str] = set()
    if ANY not in asked.predicates and all(one[1] not in asked.predicates for one in changes):
        return found, values
    if asked.text is None:
        return run.focus(asked.targets), values
    for known in asked.text.patterns:
        if known.chain is None and _is_single(asked, known):
            single = _matching(known.pattern, known.pattern.place_of("?value"), changes, run.facts)
            if known.lone:
                single = {value for value in single if not _elsewhere(known.pattern, value, changes, run.facts)}
            if not any(value.startswith("_:") for value in single):  # which no query can write
                values |= single
                continue
        start = _matching(known.pattern, known.start or "s", changes, run.facts)
        if start and known.chain is None:
            start = _all(run, asked)
        for walk in known.chain or ():
            start = _walked(walk, start, run.facts) if start else start
        found |= start
    return found, values


def _elsewhere(pattern: Pattern, value: str, changes: set[Change], facts: Facts) -> bool:
    """Whether a fact that did not change matches a pattern with this value, so that it matched before and does now."""
    if pattern.path is not None and pattern.path.kind != "step":
        return False
    place = pattern.place_of("?value")
    given = [pattern.subject, pattern.path.predicate if pattern.path else "", pattern.value]
    given = ["" if text.startswith("?") else text for text in given]
    given["spo".index(place)] = value
    changed = {one[:3] for one in changes}
    subject, predicate, end = (facts.term(text) if text else None for text in given)
    if isinstance(subject, Literal) or isinstance(predicate, Literal | BlankNode):
        return False
    quads = facts.store.quads_for_pattern(subject, predicate, end, DefaultGraph())
    if any((str(quad.subject), str(quad.predicate), str(quad.object)) not in changed for quad in quads):
        return True
    return facts.schema.holds(*given)


def _all(run: Evaluation, asked: _Asked) -> set[str]:
    """Every focus node at which there can be a row: those that what every row needs is said of."""
    found = run.focus(asked.targets)
    for pattern in asked.text.needed if asked.text else ():
        for place, name in pattern.ends():
            if name == queries.THIS and place in "so" and pattern.path is not None and pattern.path.kind == "step":
                found &= run.facts.column(pattern.path.predicate, back=place == "o").keys()
    return found


def _onwards(way: Path, changes: set[Change], focus: set[str], facts: Facts) -> set[str]:
    """Nodes that a way led to before a change, or leads to now, from where it changed or its focus nodes did."""
    steps = {read.predicate: read.back for read in reads.of_path(way)}
    starts = {end for one in changes if one[1] in steps for end in (one[0], one[2])} | focus
    each = tuple(step(one).back() if back else step(one) for one, back in steps.items())
    return set().union(*follow(Path("*", parts=(Path("|", parts=each),)), starts, facts).values()) if starts else starts


def _matching(pattern: Pattern, place: str, changes: set[Change], facts: Facts) -> set[str]:
    """The terms that stand at a pattern's place where a changed fact matches it."""
    if place == "g" or pattern.path is None:
        at = {"s": 0, "p": 1, "o": 2, "g": 3}[place]
        used = None if pattern.path is None else {read.predicate for read in reads.of_path(pattern.path)}
        return {one[at] for one in changes if (used is None or one[1] in used) and one[at]}
    path = pattern.path if place == "s" else pattern.path.back()
    found: set[str] = set()
    for read in reads.of_path(path):
        nodes = {one[2] if read.back else one[0] for one in changes if one[1] == read.predicate}
        if nodes:
            found |= nodes if read.way == HERE else set().union(*follow(read.way.back(), nodes, facts).values())
    return found


def _walked(walk: Walk, nodes: set[str], facts: Facts) -> set[str]:
    """Go from one place of a pattern to another; facts of named graphs stand among all facts as well."""
    pattern = walk.pattern
    if "g" in (walk.start, walk.end):
        return set(_across_graphs(walk, nodes, facts))
    if pattern.path is not None:
        path = pattern.path if walk.start == "s" else pattern.path.back()
        return set().union(*follow(path, nodes, facts).values())
    if walk.start == "s":
        return {value for node in nodes for _, value in facts.about(node)}
    return {subject for node in nodes for subject in facts.users(node)}


def _across_graphs(walk: Walk, nodes: set[str], facts: Facts) -> Iterator[str]:
    # A path longer than a step takes any of its properties for the whole: more nodes, none too few.
    path = walk.pattern.path
    predicates = [None] if path is None else [facts.term(read.predicate) for read in set(reads.of_path(path))]
    for node in nodes:
        for predicate in predicates:
            place = {walk.start: facts.term(node)}
            quads = facts.store.quads_for_pattern(place.get("s"), predicate, place.get("o"), place.get("g"))  # type: ignore[arg-type]  # a property is an address
            for quad in quads:
                end = {"s": quad.subject, "o": quad.object, "g": quad.graph_name}[walk.end]
                if not isinstance(end, Triple | DefaultGraph):
                    yield str(end)


def _changes(change: Delta) -> Iterator[Change]:
    quads: Iterable[Quad] = (*change.deleted, *change.added)
    for quad in quads:
        if not isinstance(quad.subject, Triple) and not isinstance(quad.object, Triple):
            graph = "" if isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name)
            yield str(quad.subject), str(quad.predicate), str(quad.object), graph


def _bare(term: str) -> str:
    return term[1:-1] if term.startswith("<") else term


def _written(text: str) -> str:
    return text if text.startswith(('"', "_:")) else f"<{text}>"

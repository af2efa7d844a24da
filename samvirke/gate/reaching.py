"""What a change of facts can reach: along ways of shapes, and through the patterns of constraints in SPARQL.

Duty: from changed facts to nodes, by walking back among the facts as they are now. Level 3; changes
nothing, and evaluates no shape. Why the facts as they are now suffice, `compiled.reads` says.
Source: https://www.w3.org/TR/shacl/#validation-definition
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from samvirke.gate.compiled import queries, reads
from samvirke.gate.compiled.compiler import targets_of
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import IS_A, SUBCLASS, Facts
from samvirke.gate.compiled.paths import CLASS_OF, HERE, Path, follow, step
from samvirke.gate.compiled.queries import Known, Pattern, Walk
from samvirke.gate.compiled.reads import ANY
from samvirke.gate.compiled.shape import Targets
from samvirke.gate.narrow import first
from samvirke.gate.prebinding import bind
from samvirke.gate.shapes import Constraint, Shapes
from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple
from samvirke.patch import Delta

_MOST_PAIRS = 32
"""So many are asked for one by one; where there are more, their focus nodes are asked for."""
Change = tuple[str, str, str, str]
"""Subject, property, value and graph, the last "" for the default graph."""


@dataclass(slots=True)
class Asked:
    """A constraint in SPARQL: whose focus nodes it is asked of, and what its text tells if it is read."""

    constraint: Constraint
    targets: Targets
    text: queries.Text | None
    predicates: frozenset[str] = frozenset()

    @property
    def graphs(self) -> bool:
        """Whether it may ask in which graphs facts stand."""
        return self.text is None or any(known.pattern.graph for known in self.text.patterns)


@dataclass(slots=True)
class Focus:
    """Which of given nodes are focus nodes: what each is, is read once for a change."""

    facts: Facts
    _kinds: dict[str, frozenset[str]] = field(default_factory=dict)
    _below: dict[Targets, frozenset[str]] = field(default_factory=dict)
    _known: dict[Targets, dict[str, bool]] = field(default_factory=dict)

    def chosen(self, targets: Targets, nodes: Iterable[str]) -> set[str]:
        """Those of the nodes that targets choose."""
        known = self._known.setdefault(targets, {})
        found = set()
        for node in nodes:
            if node not in known:
                known[node] = self._is_chosen(targets, node)
            if known[node]:
                found.add(node)
        return found

    def all(self, targets: Targets) -> set[str]:
        """Every focus node."""
        return Evaluation(self.facts).focus(targets)

    def moved(self, targets: Targets, changes: set[Change]) -> set[str]:
        """Nodes that may have become focus nodes or ceased to be: by nothing but the change are they such."""
        found: set[str] = set()
        moved = {one[0] for one in changes if one[1] == SUBCLASS}
        classes = self._below_before(targets, changes) if moved else self.below(targets)
        for subject, predicate, value, _ in changes:
            if (predicate == IS_A and value in classes) or predicate in targets.subjects_of:
                found.add(subject)
            if predicate in targets.objects_of:
                found.add(value)
        if found:
            changed = {one[:3] for one in changes}
            found = {node for node in found if not self._stays(targets, node, changed)}
        if moved and targets.classes:
            found.update(*follow(CLASS_OF.back(), moved, self.facts).values())
        return found

    def below(self, targets: Targets) -> frozenset[str]:
        """The classes of targets, and those below them."""
        if targets not in self._below:
            self._below[targets] = frozenset().union(*map(self.facts.subclasses, targets.classes))
        return self._below[targets]

    def _below_before(self, targets: Targets, changes: set[Change]) -> set[str]:
        """The classes of targets and those below them, now or before the change."""
        found = set(self.below(targets))
        edges = {(one[0], one[2]) for one in changes if one[1] == SUBCLASS}
        while new := {below for below, above in edges if above in found and below not in found}:
            found.update(*map(self.facts.subclasses, new))
        return found

    def _is_chosen(self, targets: Targets, node: str) -> bool:
        if node in targets.nodes:
            return True
        if targets.classes and not self.below(targets).isdisjoint(self._kinds_of(node)):
            return True
        return any(
            first(self.facts, predicate, node, 1, back=back)
            for back, predicates in ((False, targets.subjects_of), (True, targets.objects_of))
            for predicate in predicates
        )

    def _kinds_of(self, node: str) -> frozenset[str]:
        if node not in self._kinds:
            self._kinds[node] = frozenset(self.facts.near(IS_A, node))
        return self._kinds[node]

    def _stays(self, targets: Targets, node: str, changed: set[tuple[str, str, str]]) -> bool:
        """Whether a node is a focus node by something that did not change, so that it was one before, too."""
        if node in targets.nodes:
            return True
        kinds = (one for one in self._kinds_of(node) if (node, IS_A, one) not in changed)
        if targets.classes and any(kind in self.below(targets) for kind in kinds):
            return True
        for predicate in targets.subjects_of:
            ends = first(self.facts, predicate, node, len(changed) + 1)
            if any((node, predicate, end) not in changed for end in ends):
                return True
        for predicate in targets.objects_of:
            ends = first(self.facts, predicate, node, len(changed) + 1, back=True)
            if any((end, predicate, node) not in changed for end in ends):
                return True
        return False


def read_constraint(constraint: Constraint, shapes: Shapes) -> Asked:
    """Read what a constraint's text tells."""
    text = constraint.select
    if constraint.path is not None:
        path = constraint.path
        text = bind(text, {"PATH": str(path) if isinstance(path, NamedNode) else shapes.path_text(path)})
    targets = targets_of(shapes, constraint.owner)
    told = queries.told(text)
    if told is None:
        return Asked(constraint, targets, None, frozenset({ANY}))
    used = {predicate for known in told.patterns for predicate in _properties(known.pattern)}
    return Asked(constraint, targets, told, frozenset(used))


def _properties(pattern: Pattern) -> set[str]:
    return {ANY} if pattern.path is None else {read.predicate for read in reads.of_path(pattern.path)}


def name_of(constraint: Constraint) -> str:
    """The address of a constraint as findings have it, or ""."""
    return constraint.node.value if isinstance(constraint.node, NamedNode) else ""


def _is_single(asked: Asked, known: Known) -> bool:
    """Whether a pattern without a chain tells the value of the finding, so that one can ask for that alone."""
    return bool(name_of(asked.constraint)) and known.pattern.place_of("?value") in {"s", "p", "o"}


def wide_of(asked: Iterable[Asked]) -> dict[str, tuple[str, ...]]:
    """The constraints that some changes reach at every focus node, with the properties of those changes."""
    found: dict[str, tuple[str, ...]] = {}
    for one in asked:
        loose = {ANY} if one.text is None else set()
        for known in one.text.patterns if one.text else ():
            if known.chain is None and not _is_single(one, known):
                loose |= _properties(known.pattern)
        if loose:
            found[str(one.constraint.node).strip("<>")] = tuple(sorted(name.strip("<>") for name in loose))
    return found


@dataclass(slots=True)
class Found:
    """What a constraint in SPARQL may say otherwise: focus nodes, values of its findings, and pairs of both."""

    nodes: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)


def by_query(focus: Focus, asked: Asked, changes: set[Change]) -> Found:
    """Find where a constraint in SPARQL may say something else now."""
    found = Found()
    if ANY not in asked.predicates and all(one[1] not in asked.predicates for one in changes):
        return found
    if asked.text is None:
        found.nodes = focus.all(asked.targets)
        return found
    for known in asked.text.patterns:
        if known.chain is None and _is_single(asked, known):
            single = _matching(known.pattern, known.pattern.place_of("?value"), changes, focus.facts)
            if known.lone:
                single = {value for value in single if not _elsewhere(known.pattern, value, changes, focus.facts)}
            if not any(value.startswith("_:") for value in single):  # which no query can write
                found.values |= single
                continue
        pairs = _pairs(known, changes, focus.facts)
        if pairs is not None:
            found.pairs |= pairs
            continue
        start = _matching(known.pattern, known.start or "s", changes, focus.facts)
        if start and known.chain is None:
            start = _all(focus, asked)
        found.nodes |= _walked_all(known.chain or (), start, focus.facts)
    return found


def _pairs(known: Known, changes: set[Change], facts: Facts) -> set[tuple[str, str]] | None:
    """The focus nodes with the values of the rows that a changed fact is part of; None when they cannot be told.

    The facts that lead to the value must not have changed: they are the same before the change and after it then.
    """
    path = known.pattern.path
    if known.chain is None or known.value_chain is None or (path is not None and path.kind not in {"step", "^"}):
        return None
    led = {name for walk in known.value_chain for name in _properties(walk.pattern)}
    if ANY in led or any(one[1] in led for one in changes):
        return None
    pairs: set[tuple[str, str]] = set()
    for one in changes:
        nodes = _walked_all(known.chain, _matching(known.pattern, known.start, {one}, facts), facts)
        if not nodes:
            continue
        values = _walked_all(known.value_chain, _matching(known.pattern, known.value_start, {one}, facts), facts)
        pairs.update((node, value) for node in nodes for value in values)
        if len(pairs) > _MOST_PAIRS:
            return None
    if any(term.startswith("_:") for pair in pairs for term in pair):  # which no query can write
        return None
    return pairs


def _walked_all(chain: Iterable[Walk], start: set[str], facts: Facts) -> set[str]:
    for walk in chain:
        start = _walked(walk, start, facts) if start else start
    return start


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


def _all(focus: Focus, asked: Asked) -> set[str]:
    """Every focus node at which there can be a row: those that what every row needs is said of."""
    found = focus.all(asked.targets)
    for pattern in asked.text.needed if asked.text else ():
        for place, name in pattern.ends():
            if name == queries.THIS and place in "so" and pattern.path is not None and pattern.path.kind == "step":
                found &= focus.facts.column(pattern.path.predicate, back=place == "o").keys()
    return found


def onwards(way: Path, changes: set[Change], focus: set[str], facts: Facts) -> set[str]:
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


def changes_of(change: Delta) -> Iterator[Change]:
    """The facts of a change, deleted and added, whichever graphs they stand in."""
    quads: Iterable[Quad] = (*change.deleted, *change.added)
    for quad in quads:
        if not isinstance(quad.subject, Triple) and not isinstance(quad.object, Triple):
            graph = "" if isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name)
            yield str(quad.subject), str(quad.predicate), str(quad.object), graph

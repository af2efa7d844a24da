"""Keep what rules infer up to date while facts come and go.

Duty: after a change of asserted graphs, bring the default graph and the graphs of the rules to what a new
application of all rules would give, and tell what that took. Level 4; judges nothing.
Deletion is delete-and-rederive: first everything goes that may rest on what went, then what still follows
comes back – so nothing holds itself up in a circle. Insertion asks each rule only for matches with something
new. A rule that asks for what is not there is looked at before and after: it can lose by what comes and gain
by what goes. Strata (`strata`) settle in which order. Where they cannot, all rules are applied anew.
A `Maintainer` holds what the rules come to under the ontology, and no data: the store comes with each change.
Source: Gupta, Mumick, Subrahmanian: Maintaining Views Incrementally, SIGMOD 1993,
https://doi.org/10.1145/170035.170066
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph

from samvirke.errors import InputError
from samvirke.model import BlankNode, DefaultGraph, NamedNode, Quad, Triple
from samvirke.patch import Delta
from samvirke.rules import MAX_ROUNDS, apply_rules, date_bounds
from samvirke.rules.match import Facts
from samvirke.rules.plan import plan
from samvirke.rules.reach import DatesReach, Graphs, InstancesReach, QueryReach, Reach
from samvirke.rules.text import Rule

__all__ = ["Maintainer"]

MAX_NEW = 1_000_000
_DATA = DefaultGraph()


@dataclass(frozen=True)
class Maintainer:
    """What maintenance needs to know of rules and ontology, prepared once."""

    rules: tuple[Rule, ...]
    schema_graphs: tuple[NamedNode, ...]
    reaches: tuple[tuple[Reach, ...], ...] | None
    dates: DatesReach | None
    special: Graphs
    axioms: Mapping[NamedNode, Sequence[NamedNode]]

    @classmethod
    def of(cls, store: pyoxigraph.Store, rules: Sequence[Rule], schema_graphs: Sequence[NamedNode]) -> Maintainer:
        """Prepare the maintenance of a published store.

        Reads:  the schema graphs of `store`, which it does not keep.
        """
        facts = Facts(store, schema_graphs)
        axioms: defaultdict[NamedNode, list[NamedNode]] = defaultdict(list)
        for graph in schema_graphs:
            for predicate in {quad.predicate for quad in store.quads_for_pattern(None, None, None, graph)}:
                axioms[predicate].append(graph)
        special: Graphs = frozenset((_DATA, *schema_graphs, *(rule.address for rule in rules)))
        found = plan(facts, rules)
        strata: list[list[Reach]] = [[] for _ in range(found.strata)]
        dates = None
        for rule in rules:
            levels = found.levels[rule.name]
            if rule.axioms:
                for level in sorted(set(levels)):
                    numbered = zip(levels, found.instances[rule.name], strict=True)
                    strata[level].append(InstancesReach(rule, [one for at, one in numbered if at == level]))
            elif rule.name == date_bounds.NAME:
                dates = DatesReach(rule, date_bounds.declared(facts), special)
                strata[levels[0]].append(dates)
            else:
                strata[levels[0]].append(QueryReach(rule, facts))
        reaches = tuple(map(tuple, strata)) if found.is_ordered else None
        return cls(tuple(rules), tuple(schema_graphs), reaches, dates, special, dict(axioms))

    def apply(self, store: pyoxigraph.Store, change: Delta) -> Delta:
        """Bring the default graph and the graphs of rules up to date, and return what that changed there.

        Reads:  `store`, in whose asserted graphs `change` has been made already; of a change only the quads count.
        Writes: its default graph and the graphs of `rules`. When it fails, it leaves them as they were.
        Raises: InputError that names the rules that never come to an end; ValueError when a quad of the
                change is in a graph in which nothing is asserted.
        """
        run = _Run(self, Facts(store, self.schema_graphs))
        try:
            run.follow(change)
        except BaseException:
            run.revert()
            raise
        return run.delta()


@dataclass
class _Run:
    """One change on its way. `net` tells of each quad whether it was added, else it was deleted."""

    known: Maintainer
    facts: Facts
    net: dict[Quad, bool] = field(default_factory=dict)
    stated: set[Triple] = field(default_factory=set)
    taken: set[Triple] = field(default_factory=set)
    graphs: set[NamedNode] = field(default_factory=set)

    def follow(self, change: Delta) -> None:
        addresses = (rule.address for rule in self.known.rules)
        self.graphs = {one for one in addresses if self.facts.store.contains_named_graph(one)}
        lost, come = self._asserted(change)
        if self.known.reaches is None:
            self._anew(lost, come)
            return
        for level, reaches in enumerate(self.known.reaches):
            if level:
                lost, come = self._so_far()
            below = [reach for one in self.known.reaches[:level] for reach in one]
            self._settle(reaches, below, lost, come)

    def delta(self) -> Delta:
        """Return what was changed, and let go of graphs in which nothing is left."""
        store = self.facts.store
        touched = {quad.graph_name for quad in self.net if isinstance(quad.graph_name, NamedNode)}
        empty = {one for one in touched if next(store.quads_for_pattern(None, None, None, one), None) is None}
        self._remove_graphs(empty)
        return Delta(
            deleted=frozenset(quad for quad, added in self.net.items() if not added),
            added=frozenset(quad for quad, added in self.net.items() if added),
            gone=frozenset(empty & self.graphs),
            made=frozenset(touched - empty - self.graphs),
        )

    def revert(self) -> None:
        """Take everything back."""
        self._turn(self.net, back=True)
        self._remove_graphs({rule.address for rule in self.known.rules} - self.graphs)

    def _remove_graphs(self, graphs: Iterable[NamedNode]) -> None:
        for graph in graphs:
            if self.facts.store.contains_named_graph(graph):
                self.facts.store.remove_graph(graph)

    # ------------------------------------------------------------ what is asserted

    def _asserted(self, change: Delta) -> tuple[list[Triple], list[Triple]]:
        """Return the triples of the default graph that are no longer asserted, and the asserted ones it lacks.

        A triple that a rule inferred and a source asserts now leaves the graph of the rule.
        """
        lost, come = [], []
        for triple in sorted(
            {_in_data(quad, self.known.special) for quad in (*change.deleted, *change.added)}, key=str
        ):
            graphs = self._graphs(triple)
            inferred = [graph for graph in graphs if graph in self.known.special and graph != _DATA]
            inferred = [graph for graph in inferred if graph not in self.known.schema_graphs]
            if self.known.dates is not None and triple.predicate in self.known.dates.written:
                self.stated.add(triple)
            if any(graph not in self.known.special for graph in graphs):
                for graph in inferred:
                    self.taken.add(triple)
                    self._take(Quad(triple.subject, triple.predicate, triple.object, graph))
                if _DATA not in graphs:
                    come.append(triple)
            elif _DATA in graphs and not inferred:
                lost.append(triple)
        return lost, come

    def _graphs(self, triple: Triple) -> set[NamedNode | BlankNode | DefaultGraph]:
        found = self.facts.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return {quad.graph_name for quad in found}

    # ------------------------------------------------------------ one stratum

    def _settle(self, reaches: Sequence[Reach], below: Sequence[Reach], lost: list[Triple], come: list[Triple]) -> None:
        """Bring the conclusions of a stratum up to date with what went and came, also in those below it."""
        before = dict(self.net) if below else {}
        self._turn(before, back=True)
        try:
            doubted = self._doubted(reaches, lost, come)
        finally:
            self._turn(before, back=False)
        for triple, graph in doubted.items():
            self._take(Quad(triple.subject, triple.predicate, triple.object, graph))
        gone = list(dict.fromkeys((*lost, *doubted)))
        for triple in come:
            self._put(_default(triple))
        for triple in gone:
            self._take(_default(triple))
        fresh = list(come)
        for triple in sorted(gone, key=str):
            # A rule has parts in several strata and one graph, so what is doubted here may follow from below.
            givers = (*below, *reaches) if triple in doubted else reaches
            reach = None if self._is_axiom(triple) else self._giver(givers, triple)
            if reach is not None:
                self._infer(reach, triple)
                fresh.append(triple)
        self._spread(reaches, fresh, gone)

    def _doubted(self, reaches: Sequence[Reach], lost: list[Triple], come: list[Triple]) -> dict[Triple, NamedNode]:
        """Return the conclusions of a stratum that may rest on what went or came, with their graphs.

        The store is as it was before the change.
        """
        found: dict[Triple, NamedNode] = {}
        queue = list(lost)
        seen = dict.fromkeys(reaches, -1)
        while any(number < len(queue) for number in seen.values()):
            for reach, number in seen.items():
                heads = set(reach.heads(self.facts, queue[max(number, 0) :]))
                seen[reach] = len(queue)
                if number < 0:
                    heads.update(reach.heads(self.facts, come, negated=True))
                    heads.update(self._beside_stated(reach))
                address = reach.rule.address
                for head in heads:
                    # It may rest on the change only if its own rule drew it from that.
                    quad = Quad(head.subject, head.predicate, head.object, address)
                    if head not in found and head not in self.taken and quad in self.facts.store:
                        found[head] = address
                        queue.append(head)
        return found

    def _beside_stated(self, reach: Reach) -> Iterable[Triple]:
        for triple in self.stated if reach is self.known.dates else ():
            if not reach.allows(self.facts, triple):
                graph = reach.rule.address
                for quad in self.facts.store.quads_for_pattern(triple.subject, triple.predicate, None, graph):
                    yield quad.triple

    def _giver(self, reaches: Sequence[Reach], triple: Triple) -> Reach | None:
        return next((reach for reach in reaches if reach.gives(self.facts, triple)), None)

    def _spread(self, reaches: Sequence[Reach], fresh: list[Triple], gone: list[Triple]) -> None:
        """Infer what follows from what is new, and from what is no longer in the way."""
        seen = dict.fromkeys(reaches, -1)
        sweeps, begun = 0, len(fresh)
        active: list[str] = []
        while any(number < len(fresh) for number in seen.values()):
            sweeps += 1
            if sweeps > MAX_ROUNDS or len(fresh) - begun > MAX_NEW:
                names = ", ".join(active)
                raise InputError(
                    f"The rules never come to an end: {names} still infer new facts after {sweeps} rounds.",
                    remedy="A rule must not make new addresses out of what it infers.",
                )
            active = []
            for reach, number in seen.items():
                heads = set(reach.heads(self.facts, fresh[max(number, 0) :]))
                if number < 0:
                    heads.update(reach.heads(self.facts, gone, negated=True))
                    heads.update(self._no_longer_stated(reach))
                seen[reach] = len(fresh)
                for head in sorted(heads, key=str):
                    if not self._holds(head) and reach.allows(self.facts, head):
                        self._infer(reach, head)
                        fresh.append(head)
                if len(fresh) > seen[reach]:
                    active.append(reach.rule.name)

    def _holds(self, triple: Triple) -> bool:
        return _default(triple) in self.facts.store or self._is_axiom(triple)

    def _is_axiom(self, triple: Triple) -> bool:
        # To look for a quad is cheap; to look through those of a node copies the pages that a fork shares.
        graphs = self.known.axioms.get(triple.predicate, ())
        return any(Quad(triple.subject, triple.predicate, triple.object, graph) in self.facts.store for graph in graphs)

    def _no_longer_stated(self, reach: Reach) -> Iterable[Triple]:
        dates = self.known.dates
        if dates is None or reach is not dates:
            return
        for node in {triple.subject for triple in self.stated}:
            yield from reach.heads(self.facts, dates.dates(self.facts, node))

    def _infer(self, reach: Reach, triple: Triple) -> None:
        self._put(Quad(triple.subject, triple.predicate, triple.object, reach.rule.address))
        self._put(_default(triple))

    # ------------------------------------------------------------ all anew

    def _anew(self, lost: list[Triple], come: list[Triple]) -> None:
        """Take away everything inferred and apply the rules again."""
        store = self.facts.store
        graphs = [rule.address for rule in self.known.rules]
        for quad in [quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph)]:
            self._take(quad)
            self._take(_default(quad.triple))
        for triple in lost:
            self._take(_default(triple))
        for triple in come:
            self._put(_default(triple))
        try:
            results = apply_rules(store, self.known.rules, schema_graphs=self.known.schema_graphs)
        except BaseException:
            for quad in [quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph)]:
                store.remove(quad)
                store.remove(_default(quad.triple))
            raise
        for triple, derivation in results.derivations.items():
            for quad in (Quad(triple.subject, triple.predicate, triple.object, derivation.rule), _default(triple)):
                self._note(quad, added=True)

    # ------------------------------------------------------------ the store

    def _so_far(self) -> tuple[list[Triple], list[Triple]]:
        """Return what the change has taken from the default graph so far, and added to it."""
        changed = [(quad.triple, added) for quad, added in self.net.items() if quad.graph_name == _DATA]
        return [one for one, added in changed if not added], [one for one, added in changed if added]

    def _put(self, quad: Quad) -> None:
        store = self.facts.store
        if quad not in store:
            self._note(quad, added=True)
            store.add(quad)

    def _take(self, quad: Quad) -> None:
        if quad in self.facts.store:
            self._note(quad, added=False)
            self.facts.store.remove(quad)

    def _note(self, quad: Quad, *, added: bool) -> None:
        if self.net.get(quad) == (not added):
            del self.net[quad]
        else:
            self.net[quad] = added

    def _turn(self, net: dict[Quad, bool], *, back: bool) -> None:
        """Undo changes in the store, or make them again."""
        store = self.facts.store
        store.extend(quad for quad, added in net.items() if added != back)
        for quad, added in net.items():
            if added == back:
                store.remove(quad)


def _default(triple: Triple) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, _DATA)


def _in_data(quad: Quad, special: Graphs) -> Triple:
    if quad.graph_name in special:
        raise ValueError(f"{quad} is in a graph in which nothing is asserted")
    return quad.triple

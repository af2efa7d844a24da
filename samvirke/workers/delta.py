"""Execute an update on a worker's own copy of the store, and say exactly what it changed there.

Duty: from the text of an update to its `Delta`, at a cost that follows what it changes and not what the store
holds. Level 4.5; knows no request and no socket. The engine parses every text and evaluates every pattern, once;
the templates are filled here, because the engine does not tell what it does with them. Operations on graphs are
the engine's own, and the graphs they name are compared before and after. What is not understood is executed by the
engine between two looks at the whole store.
Standard: https://www.w3.org/TR/sparql11-update/#formalModel
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, QuerySolutions, Store

from samvirke.patch import Delta, read_patch
from samvirke.sparql.operations import Operation, Parted, part
from samvirke.sparql.tokens import prologue, tokens
from samvirke.workers import failures
from samvirke.workers.patches import Snapshot
from samvirke.workers.templates import GraphName, Templates, facts, named

__all__ = ["check", "compared", "evaluate"]

Thing = TypeVar("Thing")
Whole = Callable[[Store, str, str], Delta]

_FAILS = "DROP GRAPH <x:> ; "
"""What ends an update of an empty store before anything that stands behind it is done."""


def compared(store: Store, text: str, base: str) -> Delta:
    """Execute any update, and compare the whole store before and after."""
    before, patch = Snapshot.of(store), io.BytesIO()
    store.update(text, base_iri=base)
    before.write_changes(store, patch)
    return read_patch(patch.getvalue())


def evaluate(store: Store, text: str, *, base: str, whole: Whole = compared, most: int = 0) -> Delta:
    """Execute an update and return what it changed; `base` resolves its relative addresses.

    `whole` executes what is not understood. When this raises, the store may be changed in part: it is for a copy
    that is thrown away then. An operation that says more than `most` quads is not carried out; 0: it may.
    Raises: as `Store.update`: SyntaxError with places in `text`; ValueError, RuntimeError or OSError; WriteTooLarge.
    """
    parted = part(text)
    if parted is not None and [one.kind for one in parted.operations] == ["INSERT DATA"] and not parted.scattered:
        return _changed(store, set(), facts(text, base))  # To read these facts is to check the text.
    if not _checked(text, parted, base) or parted is None:
        return whole(store, text, base)
    if len(parted.operations) == 1:
        return _executed(store, parted.operations[0], base, whole, most)
    total = _Total()
    for operation in parted.operations:
        total.add(_executed(store, operation, base, whole, most))
    return total.delta()


def check(text: str, *, base: str) -> None:
    """Parse an update; evaluates nothing, not even on an empty store. Raises: SyntaxError with places in `text`."""
    _checked(text, part(text), base)


def _checked(text: str, parted: Parted | None, base: str) -> bool:
    """Say whether an update, which is parsed, may be executed part by part."""
    if _parses(text, base):
        # Each pattern is parsed for itself too: where it was parted wrongly, it would hardly be one.
        patterns = [one for one in parted.operations if one.pattern] if parted else []
        return parted is not None and (len(parted.operations) == 1 or all(_parses(one.alone, base) for one in patterns))
    if parted is None or not parted.scattered:
        return _raise(text, base)
    # The engine takes declarations before the first operation only; the standard has them before each.
    labels: set[str] = set()
    for one in parted.operations:
        if not _parses(one.alone, base):
            return _raise(one.in_place(text), base)
        facts_of = one.text if one.kind == "INSERT DATA" else ""
        own = {token.text for token in tokens(facts_of) if token.kind == "blank"}
        if shared := sorted(own & labels):
            raise SyntaxError(f"The blank node {shared[0]} cannot be shared by multiple blocks")
        labels |= own
    return True


def _raise(text: str, base: str) -> bool:
    """Have the engine say what is wrong with a text."""
    with contextlib.suppress(ValueError, RuntimeError, OSError):
        Store().update(text, base_iri=base)
    return False


def _executed(store: Store, operation: Operation, base: str, whole: Whole, most: int) -> Delta:
    if operation.kind == "INSERT DATA":
        return _changed(store, set(), facts(operation.alone, base))
    if operation.kind == "DELETE DATA":
        return _changed(store, facts(f"{operation.declarations}\nINSERT DATA {operation.delete}", base), set())
    if operation.kind == "MODIFY":
        return _modified(store, operation, base, whole, most)
    if operation.kind == "ADD":
        return _copied(store, operation, base)
    return _managed(store, operation, base)


def _modified(store: Store, operation: Operation, base: str, whole: Whole, most: int) -> Delta:
    """Fill the templates with the rows of the pattern, all of which are there before the first change."""
    deleted: set[Quad] = set()
    inserted: set[Quad] = set()
    try:
        templates = Templates.of(operation, base)
        rows = _rows(store, operation, templates, base)
    except SyntaxError:
        return whole(store, operation.alone, base)
    for row in rows:
        templates.fill(tuple(row), deleted, inserted)
        if most and len(deleted) + len(inserted) > 2 * most:  # What is deleted to be put back is no change.
            raise failures.too_many_facts(most)
    return _changed(store, deleted, inserted)


def _rows(store: Store, operation: Operation, templates: Templates, base: str) -> QuerySolutions:
    # Where each row gives the same quads, it matters only whether there is one.
    head, tail = (" ".join(templates.variables), "") if templates.variables else (f"(1 AS {templates.unused})", "")
    if templates.ground:
        tail = " LIMIT 1"
    text = f"{operation.declarations}\nSELECT {head}{operation.dataset} WHERE {operation.pattern}{tail}"
    if operation.target and not operation.dataset:  # WITH is the default graph of the pattern, beside all named ones.
        rows = store.query(text, base_iri=base, default_graph=templates.target)
    else:
        rows = store.query(text, base_iri=base)
    assert isinstance(rows, QuerySolutions), "a SELECT has rows"
    return rows


def _changed(store: Store, deleted: set[Quad], inserted: set[Quad]) -> Delta:
    """Delete and then insert, and return what that changes."""
    gone = frozenset(quad for quad in deleted if quad not in inserted and quad in store)
    new = frozenset(quad for quad in inserted if quad not in store)
    made = _existing(store, {quad.graph_name for quad in new}, exist=False)
    for quad in gone:
        store.remove(quad)
    store.extend(new)
    return Delta(gone, new, frozenset(), made)


def _copied(store: Store, operation: Operation, base: str) -> Delta:
    """Have the engine ADD a graph to another: it can only bring quads that are not there yet."""
    source, target = (_graph(address, operation, base) for address in operation.graphs)
    found = store.quads_for_pattern(None, None, None, source)
    copies = (Quad(quad.subject, quad.predicate, quad.object, target) for quad in found)
    new = {quad for quad in copies if quad not in store}
    missing = _existing(store, {target}, exist=False)
    store.update(operation.alone, base_iri=base)
    return Delta(added=frozenset(q for q in new if q in store), made=_existing(store, missing, exist=True))


def _managed(store: Store, operation: Operation, base: str) -> Delta:
    """Have the engine do an operation on graphs, and compare those it names."""
    graphs: set[GraphName] = set()
    for address in operation.graphs if operation.kind != "COPY" else operation.graphs[1:]:
        if address in ("ALL", "NAMED"):
            graphs.update(store.named_graphs())
        if address in ("ALL", "DEFAULT"):
            graphs.add(DefaultGraph())
        if address not in ("ALL", "NAMED", "DEFAULT"):
            graphs.add(named(address, operation.declarations, base))
    before = {quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph)}
    present, missing = _existing(store, graphs, exist=True), _existing(store, graphs, exist=False)
    store.update(operation.alone, base_iri=base)
    added: set[Quad] = set()
    for graph in graphs:
        for quad in store.quads_for_pattern(None, None, None, graph):
            if quad in before:
                before.remove(quad)
            else:
                added.add(quad)
    gone, made = _existing(store, present, exist=False), _existing(store, missing, exist=True)
    return Delta(frozenset(before), frozenset(added), gone, made)


def _graph(address: str, operation: Operation, base: str) -> GraphName:
    return DefaultGraph() if address == "DEFAULT" else named(address, operation.declarations, base)


def _existing(store: Store, graphs: Iterable[GraphName], *, exist: bool) -> frozenset[NamedNode | BlankNode]:
    """Return those of the named graphs that exist, or those that do not."""
    names = (graph for graph in graphs if not isinstance(graph, DefaultGraph))
    return frozenset(graph for graph in names if store.contains_named_graph(graph) == exist)


def _parses(text: str, base: str) -> bool:
    """Say whether the engine takes a text for an update, without having it evaluated, not even on an empty store."""
    verb = prologue(text).verb
    start = len(text) if verb is None else verb.start
    try:
        Store().update(f"{text[:start]}{_FAILS}{text[start:]}", base_iri=base)
    except SyntaxError:
        return False
    except RuntimeError:
        return True
    return False


@dataclass(slots=True)
class _Total:
    """The change that several make together; each is counted in at the cost of that one."""

    deleted: set[Quad] = field(default_factory=set)
    added: set[Quad] = field(default_factory=set)
    gone: set[NamedNode | BlankNode] = field(default_factory=set)
    made: set[NamedNode | BlankNode] = field(default_factory=set)

    def add(self, later: Delta) -> None:
        _count(later.deleted, undone=self.added, done=self.deleted)
        _count(later.added, undone=self.deleted, done=self.added)
        _count(later.gone, undone=self.made, done=self.gone)
        _count(later.made, undone=self.gone, done=self.made)

    def delta(self) -> Delta:
        return Delta(frozenset(self.deleted), frozenset(self.added), frozenset(self.gone), frozenset(self.made))


def _count(things: Iterable[Thing], *, undone: set[Thing], done: set[Thing]) -> None:
    for thing in things:
        if thing in undone:
            undone.remove(thing)
        else:
            done.add(thing)

"""The clerk: what stands between a write and the published data.

Duty: decide on the copy of a worker whether a change may be made, and say what follows from it. Level 4;
runs where the store is, evaluates nothing a stranger wrote, opens no file once it is made, and changes only
the copy it is given. A write is held to what a build is held to, for the things it touches: every fact in
the graph of a passage whose words are those of its document, shapes, dates, inferences up to date.

    worker: the update is evaluated on a copy → the clerk judges the change → the journal → the store
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyoxigraph import Store

from samvirke import evidence
from samvirke.clerk.places import Places
from samvirke.clerk.wording import ill_dated, without_evidence
from samvirke.errors import GateRefused, InputError, WriteRefused
from samvirke.gate import Prepared, left_findings
from samvirke.model import BlankNode, Candidate, Finding, Literal, NamedNode, Report, Severity
from samvirke.patch import Delta, apply_delta
from samvirke.rules import date_bounds
from samvirke.rules.maintenance import Maintainer
from samvirke.rules.published import published_rules
from samvirke.terms import EDTF

if TYPE_CHECKING:
    from samvirke.generations import Generation
    from samvirke.schema import Schema

__all__ = ["Clerk", "Judged"]

_LEVEL_2 = EDTF.term("EDTF-level2")


@dataclass(frozen=True, slots=True)
class Judged:
    """A change that may be made: what was asked for, and what follows from it in the default graph and by rules."""

    asserted: Delta
    derived: Delta


@dataclass(slots=True)
class Clerk:
    """Everything a judgement needs, made once for a generation, before workers are forked."""

    places: Places
    rules: Maintainer
    shapes: Prepared
    candidate: Candidate
    """What is published, but for its store, which comes with each question."""

    @classmethod
    def of(cls, generation: Generation, store: Store, schema: Schema) -> Clerk:
        """Make the clerk of a generation.

        Reads:  the generation's texts and manifest, and its `store` as it was published.
        Raises: StoreDamaged when a rule or a text of the generation is missing.
        """
        candidate = _candidate(generation, store, schema)
        # A passage more for what is broken already is no new violation.
        prepared = Prepared.of(candidate, severities=(Severity.VIOLATION,), placed=False)
        if prepared.left:  # Loaded now: a worker that judges can open no file.
            importlib.import_module("samvirke.gate.core")
        schema_graphs = candidate.schema_graphs
        return cls(
            places=Places.of(generation.directory / "texts", store, base=schema.base, schema_graphs=schema_graphs),
            rules=Maintainer.of(store, published_rules(store, schema.base), schema_graphs),
            shapes=prepared,
            candidate=replace(candidate, store=Store()),
        )

    def replay(self, store: Store, asserted: Delta) -> Delta:
        """Make a change again that was judged and written down before, and bring up to date what follows from it.

        Returns what follows.
        """
        apply_delta(store, asserted)
        derived = self.rules.apply(store, asserted)
        return derived.then(_let_go(store, asserted))

    def judge(self, store: Store, delta: Delta, *, graphs: Sequence[str] | None = None) -> Judged:
        """Judge a change that has been made to a copy of the store, and bring the copy up to date.

        `graphs` are the graphs the writer may change: addresses, or beginnings that end in "*"; None means any.
        Returns the change with new nodes named, and with what follows from it.
        Raises: WriteRefused for a graph that is not to be changed; GateRefused with the findings.
        """
        delta = self._named(store, _tidy(delta))
        self.places.permit(delta, graphs)
        try:
            derived = self.rules.apply(store, delta)
        except InputError as error:  # Rules that come to no end over these facts.
            raise WriteRefused(error.message, remedy=error.remedy) from error
        whole = delta.then(derived)
        broken = self._broken(store, delta, whole)
        if broken:  # What was broken before may stay so: nobody could repair a thing step by step otherwise.
            apply_delta(store, whole.reversed())
            before = {_what(finding) for finding in self._broken(store, delta, whole)}
            apply_delta(store, whole)
            broken = [finding for finding in broken if _what(finding) not in before]
        broken += [without_evidence(quad) for quad in sorted(delta.added, key=str) if not self.places.has_words(quad)]
        broken += _dates(delta)
        if broken:
            count = len(broken)
            raise GateRefused(
                f"The check found {count} violation{'' if count == 1 else 's'}; nothing was written.",
                report=Report(tuple(broken)),
                remedy="Repair them and write again.",
            )
        return Judged(delta, derived.then(_let_go(store, delta)))

    def _broken(self, store: Store, delta: Delta, whole: Delta) -> list[Finding]:
        """Return the violations of what the change touches, as the store is now."""
        found = [*self._evidence(store, delta), *self.shapes.recheck(store, whole)]
        if self.shapes.left:  # Only the whole can be judged by these shapes.
            found += left_findings(replace(self.candidate, store=store))
        return [finding for finding in found if finding.severity is Severity.VIOLATION]

    def _evidence(self, store: Store, delta: Delta) -> list[Finding]:
        """Check the passages of the document versions that the change touches."""
        changed = delta.added | delta.deleted
        touched = {quad.graph_name.value for quad in changed if isinstance(quad.graph_name, NamedNode)}
        # What is said of a passage stands in the graph of its version: the passage's own graph is touched too.
        touched |= {quad.subject.value for quad in changed if isinstance(quad.subject, NamedNode)}
        documents = [
            found for name in sorted(self.places.versions_of(touched)) if (found := self.places.document(name))
        ]
        if any(quad.predicate in evidence.READS for quad in changed):
            subjects: list[NamedNode | None] = [None]  # Passages themselves have changed: they may cross others.
        else:
            subjects = [NamedNode(name) for name in touched if "#" in name]
        quads = [
            quad
            for document in documents
            for predicate in evidence.READS
            for subject in subjects
            for quad in store.quads_for_pattern(subject, predicate, None, NamedNode(document.address))
        ]
        filled = [
            name for name in touched if next(iter(store.quads_for_pattern(None, None, None, NamedNode(name))), None)
        ]
        return evidence.verify(documents, quads, graphs=filled)

    def _named(self, store: Store, delta: Delta) -> Delta:
        """Give nodes without an address one: everything published has a name that stays."""
        if not any(isinstance(term, BlankNode) for quad in delta.added for term in (quad.subject, quad.object)):
            return delta
        named = self.places.skolemised(delta.added)
        for quad in delta.added:
            store.remove(quad)
        store.extend(named)
        return Delta(deleted=delta.deleted - named, added=frozenset(named - delta.deleted))


def _candidate(generation: Generation, store: Store, schema: Schema) -> Candidate:
    """Return what is published as the gate sees it."""
    schema_graphs = tuple(NamedNode(graph) for graph in generation.manifest.get("schema_graphs", ()))
    rules = f"{schema.base}rule/"
    named = sorted((graph for graph in store.named_graphs() if isinstance(graph, NamedNode)), key=str)
    return Candidate(
        store=store,
        base=schema.base,
        languages=tuple(schema.languages),
        documents=(),
        asserted=tuple(one for one in named if one not in schema_graphs and not one.value.startswith(rules)),
        inferred=tuple(one for one in named if one.value.startswith(rules)),
        schema_graphs=schema_graphs,
        schema=schema,
        prefixes=dict(generation.manifest.get("prefixes", {})),
    )


def _let_go(store: Store, delta: Delta) -> Delta:
    """Remove the graphs that a change has emptied, and return which: published data have no empty ones."""
    touched = {quad.graph_name for quad in delta.deleted if isinstance(quad.graph_name, NamedNode)}
    gone = frozenset(
        graph for graph in touched if next(iter(store.quads_for_pattern(None, None, None, graph)), None) is None
    )
    for graph in gone:
        store.remove_graph(graph)
    return Delta(gone=gone)


def _tidy(delta: Delta) -> Delta:
    """Leave out graphs as such: published data have no empty ones."""
    return Delta(deleted=delta.deleted, added=delta.added)


def _what(finding: Finding) -> tuple[str, ...]:
    return (finding.shape, finding.component, finding.focus, finding.path, finding.value, finding.constraint)


def _dates(delta: Delta) -> Iterable[Finding]:
    """Find new dates that cannot be read: no bounds can be computed from them. Level 2 may be right all the same."""
    for quad in sorted(delta.added, key=str):
        if (
            isinstance(quad.object, Literal)
            and date_bounds.is_date(quad.object)
            and quad.object.datatype != EDTF.term("EDTF-level2")
        ):
            try:
                date_bounds.bounds_of(quad.triple)
            except InputError as error:
                yield ill_dated(quad, error)

"""What each write changed in the default graph: what was said, and what followed from it by rules.

Duty: remember these changes since the generation was loaded, for the stream of versions. Level 4.5; judges nothing and
keeps no facts but those that changed, packed. The journal has only what was asked for; what follows is computed where a
write is judged or made again, so it is caught there. A worker is forked with what its template remembers.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from samvirke.model import DefaultGraph, NamedNode, Quad
from samvirke.patch import Delta, read_patch

__all__ = ["ADDED", "DELETED", "Effects"]

ADDED, DELETED = "urn:samvirke:added:", "urn:samvirke:deleted:"
"""What the graph of an answered quad is called, with the number of the record behind it."""
AT_ONCE = 20_000
"""Quads after which an answer ends, with the record that reached them."""


class Effects:
    """The changes to the default graph, by the number of the journal's record."""

    def __init__(self) -> None:
        """Begin with none."""
        self._packed: list[tuple[int, bytes]] = []

    def note(self, sequence: int, *deltas: Delta) -> None:
        """Remember what a record came to; deltas that were made one after another."""
        whole = Delta()
        for delta in deltas:
            whole = whole.then(delta)
        kept = Delta(deleted=_of_default(whole.deleted), added=_of_default(whole.added))
        if kept:
            self._packed.append((sequence, zlib.compress(kept.patch(), 1)))

    def read(self, store: Any, schema: Any, parameters: Mapping[str, Any]) -> Iterator[Quad]:  # noqa: ANN401 - a trusted read's form
        """Yield the changes behind the record `after`; with `iris` only those of these things, else some at a time."""
        del store, schema
        wanted, after, count = frozenset(parameters.get("iris", ())), int(parameters.get("after", 0)), 0
        needles = [f"<{iri}>".encode() for iri in wanted]
        for sequence, packed in self._packed:
            if sequence <= after:
                continue
            patch = zlib.decompress(packed)
            if needles and not any(needle in patch for needle in needles):
                continue
            delta = read_patch(patch)
            for name, quads in ((DELETED, delta.deleted), (ADDED, delta.added)):
                graph = NamedNode(f"{name}{sequence}")
                for quad in quads:
                    if not wanted or (isinstance(quad.subject, NamedNode) and quad.subject.value in wanted):
                        count += 1
                        yield Quad(quad.subject, quad.predicate, quad.object, graph)
            if not wanted and count >= AT_ONCE:
                return


def _of_default(quads: Iterable[Quad]) -> frozenset[Quad]:
    return frozenset(quad for quad in quads if isinstance(quad.graph_name, DefaultGraph))

"""RDF Patch: what a change adds to a dataset and takes out of it, as lines.

Duty: write and read the lines of a patch; the only form in which a change passes from a confined
worker to the store, and in which the journal keeps it. Level 1; opens no store and no file. One line
per change; the term after the verb is N-Quads:

    D <s> <p> <o> <g> .    the quad is deleted
    A <s> <p> <o> <g> .    the quad is added
    GD <g> .               the graph is gone
    GA <g> .               the graph exists, also when nothing stands in it

The first two are RDF Patch's; the others are ours, for a scratch store knows empty graphs. Blank nodes
keep their labels: they name the same nodes in the copy as in the store.
Source: https://afs.github.io/rdf-delta/rdf-patch.html
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

import pyoxigraph
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store

__all__ = ["Applied", "Delta", "apply_delta", "read_patch", "write_patch"]

_VERBS = frozenset({b"D", b"A", b"GD", b"GA"})


@dataclass(frozen=True, slots=True)
class Delta:
    """What a change deletes, adds, lets go and makes: quads and the names of graphs, no quad in both."""

    deleted: frozenset[Quad] = frozenset()
    added: frozenset[Quad] = frozenset()
    gone: frozenset[NamedNode | BlankNode] = frozenset()
    made: frozenset[NamedNode | BlankNode] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.deleted or self.added or self.gone or self.made)

    def __len__(self) -> int:
        """How many changes there are."""
        return len(self.deleted) + len(self.added) + len(self.gone) + len(self.made)

    def reversed(self) -> Delta:
        """The change that takes this one back."""
        return Delta(deleted=self.added, added=self.deleted, gone=self.made, made=self.gone)

    def then(self, later: Delta) -> Delta:
        """The change that this one and a later one make together."""
        return Delta(
            deleted=(self.deleted - later.added) | (later.deleted - self.added),
            added=(self.added - later.deleted) | (later.added - self.deleted),
            gone=(self.gone - later.made) | (later.gone - self.made),
            made=(self.made - later.gone) | (later.made - self.gone),
        )

    def patch(self) -> bytes:
        """The change as a patch, its lines in one order: the same change gives the same bytes."""
        output = io.BytesIO()
        self.write(output)
        return output.getvalue()

    def write(self, output: IO[bytes]) -> int:
        """Write the patch to a file, and return the number of changes."""
        return write_patch(
            output,
            deleted=(f"{quad} .".encode() for quad in self.deleted),
            gone=(f"{graph} .".encode() for graph in self.gone),
            made=(f"{graph} .".encode() for graph in self.made),
            added=(f"{quad} .".encode() for quad in self.added),
        )


def read_patch(patch: bytes) -> Delta:
    """Read a patch; empty lines count for nothing.

    Raises: ValueError or SyntaxError when a line is none of a patch.
    """
    parts: dict[bytes, list[bytes]] = {verb: [] for verb in _VERBS}
    for line in patch.split(b"\n"):
        if line:
            verb, _, rest = line.partition(b" ")
            if verb not in _VERBS:
                raise ValueError(f"{line[:40]!r} is no line of a patch")
            parts[verb].append(rest)
    return Delta(
        deleted=frozenset(_quads(parts[b"D"])),
        added=frozenset(_quads(parts[b"A"])),
        gone=frozenset(_graphs(parts[b"GD"])),
        made=frozenset(_graphs(parts[b"GA"])),
    )


@dataclass(frozen=True, slots=True)
class Applied:
    """How many quads a patch deleted and added."""

    deleted: int
    added: int


def apply_delta(store: Store, delta: Delta) -> Applied:
    """Apply a change that was read."""
    # Adding comes first: it is one transaction, and the only step that can run out of anything.
    store.extend(delta.added)
    for graph in delta.made:
        store.add_graph(graph)
    for quad in delta.deleted:
        store.remove(quad)
    for graph in delta.gone:
        store.remove_graph(graph)
    return Applied(len(delta.deleted), len(delta.added))


def write_lines(output: IO[bytes], verb: bytes, lines: Iterable[bytes]) -> int:
    """Write the lines of one verb, N-Quads or names of graphs each with its dot, sorted; return their number."""
    count = 0
    for line in sorted(lines):
        output.write(verb + b" " + line + b"\n")
        count += 1
    return count


def write_patch(
    output: IO[bytes],
    *,
    deleted: Iterable[bytes] = (),
    added: Iterable[bytes] = (),
    gone: Iterable[bytes] = (),
    made: Iterable[bytes] = (),
) -> int:
    """Write a patch of N-Quads lines and of graph names, each with its dot; return the number of changes."""
    parts = ((b"D", deleted), (b"GD", gone), (b"GA", made), (b"A", added))
    return sum(write_lines(output, verb, lines) for verb, lines in parts)


def _quads(lines: list[bytes]) -> list[Quad]:
    quads = list(pyoxigraph.parse(b"\n".join(lines), RdfFormat.N_QUADS)) if lines else []
    if len(quads) != len(lines):
        raise ValueError("a line of the patch holds no quad")
    return quads


def _graphs(lines: list[bytes]) -> list[NamedNode | BlankNode]:
    """Read graph names: each stands where a subject would."""
    found: list[NamedNode | BlankNode] = []
    for quad in _quads([line.removesuffix(b" .") + b" <urn:graph> <urn:graph> ." for line in lines]):
        assert isinstance(quad.subject, NamedNode | BlankNode), "a graph's name is no triple"
        found.append(quad.subject)
    return found

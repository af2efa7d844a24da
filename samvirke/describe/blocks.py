"""What a page about one thing is made from: the facts of each thing on it, in order, ready to be looked up.

Duty: gather the neighbourhood of a thing as blocks – what is said of one thing – instead of quads one by one. A block
is read, sorted and taken apart once and then shared by all pages it stands on: nobody changes one. Level 4; reads
through `gathering`. The order of everything in a block is that of the N-Quads lines it stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from samvirke.describe.gathering import (
    DEPTH,
    INCOMING,
    INCOMING_KEPT,
    INCOMING_SCAN,
    NEIGHBOUR_LIMIT,
    OUT_LIMIT,
    Gatherer,
    Node,
    Published,
    Summary,
    count,
)
from samvirke.model import Literal, NamedNode, Quad, Triple
from samvirke.terms import TYPE

if TYPE_CHECKING:
    from pyoxigraph import Store

    from samvirke.schema import Schema

__all__ = ["Block", "Neighbourhood", "block_of", "blocks_of", "closed", "joined"]

_AT_ONCE = 150
"""Incoming facts that are read with all their graphs at once; of more, those that a page shows one by one."""
_Key = tuple[NamedNode, Node]


@dataclass(slots=True, eq=False)
class Block:
    """What is said of one thing, sorted.

    `out` are the values by property, `graphs` the named graphs that a property and a value stand in (none: no entry),
    `bare` those that stand in the default graph, too, or in a graph without an address; `edges` are the properties
    and values that are no literals, `near` the values as the store gives them, types left out. `passages` are the
    graphs that are parts of documents.
    """

    out: Mapping[NamedNode, list[Node]]
    graphs: Mapping[_Key, Sequence[str]]
    bare: frozenset[_Key]
    edges: Sequence[_Key]
    near: Sequence[Node]
    passages: Sequence[str]
    types: list[str] = field(default_factory=list)
    made: dict[Any, Any] = field(default_factory=dict)
    """What pages have made of it, by language: what follows from the block alone."""

    def __post_init__(self) -> None:
        """Name the types."""
        self.types = [one.value for one in self.out.get(TYPE, ()) if isinstance(one, NamedNode)]

    def quads(self, subject: Any) -> Iterator[Quad]:  # noqa: ANN401 - whatever may be the subject of a quad
        """Give the quads again that the block was made from."""
        for predicate, values in self.out.items():
            for value in values:
                key = (predicate, value)
                if key in self.bare:
                    yield Quad(subject, predicate, value)
                for graph in self.graphs.get(key, ()):
                    yield Quad(subject, predicate, value, NamedNode(graph))


Part = tuple[Node, Block]


def block_of(quads: Iterable[Quad]) -> Block:
    """Return the block that some quads about one thing make."""
    met = sorted(quads, key=str)
    out: dict[NamedNode, list[Node]] = {}
    graphs: dict[_Key, list[str]] = {}
    edges: list[_Key] = []
    near: dict[Node, None] = {}
    bare: set[_Key] = set()
    predicate: NamedNode | None = None
    values: list[Node] = []
    for _, found, value, graph in met:
        if found != predicate:
            predicate, values = found, []
            out[found] = values
        key = (found, value)
        if not values or values[-1] != value:
            values.append(value)
            if not isinstance(value, Literal):
                edges.append(key)
                if found != TYPE:
                    near[value] = None
        if isinstance(graph, NamedNode):
            graphs.setdefault(key, []).append(graph.value)
        else:
            bare.add(key)
    return Block(out, graphs, frozenset(bare), edges, tuple(near), _passages(graphs.values()))


def _passages(graphs: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple({one: None for some in graphs for one in some if "#" in one})


def blocks_of(quads: Iterable[Quad]) -> dict[Node, Block]:
    """Return the blocks that some quads make, by what they are about."""
    about: dict[Node, list[Quad]] = {}
    for quad in quads:
        about.setdefault(quad.subject, []).append(quad)
    return {subject: block_of(some) for subject, some in about.items()}


def joined(blocks: Sequence[Block]) -> Block:
    """Return one block for several about the same thing."""
    if len(blocks) == 1:
        return blocks[0]
    properties = [predicate for block in blocks for predicate in block.out]
    if len(properties) == len(set(properties)):
        return _beside(blocks, properties)
    keys: dict[_Key, None] = {}
    graphs: dict[_Key, set[str]] = {}
    for block in blocks:
        keys.update(dict.fromkeys([(predicate, one) for predicate, values in block.out.items() for one in values]))
        for key, some in block.graphs.items():
            graphs.setdefault(key, set()).update(some)
    out: dict[NamedNode, list[Node]] = {}
    for predicate, value in sorted(keys, key=_written):
        out.setdefault(predicate, []).append(value)
    return Block(
        out,
        {key: sorted(some, key=closed) for key, some in graphs.items()},
        frozenset().union(*[block.bare for block in blocks]),
        [(predicate, one) for predicate, values in out.items() for one in values if not isinstance(one, Literal)],
        (),
        tuple({one for block in blocks for one in block.passages}),
    )


def _beside(blocks: Sequence[Block], properties: list[NamedNode]) -> Block:
    """Return one block for several that have no property in common."""
    out: dict[NamedNode, list[Node]] = {}
    graphs: dict[_Key, Sequence[str]] = {}
    for block in blocks:
        out.update(block.out)
        graphs.update(block.graphs)
    return Block(
        {predicate: out[predicate] for predicate in sorted(properties, key=str)},
        graphs,
        frozenset().union(*[block.bare for block in blocks]),
        [edge for block in blocks for edge in block.edges],
        (),
        tuple({one for block in blocks for one in block.passages}),
    )


def _written(key: _Key) -> tuple[str, str]:
    return str(key[0]), str(key[1])


def closed(address: str) -> str:
    """An address as it is sorted in N-Quads, where a sign follows it that most others come before."""
    return f"{address}>"


class Neighbourhood:
    """What the page about a thing shows, by what it is about, and how often the thing is named.

    What is said of the thing and of its details is read at once, and so is what names it; the names of its
    neighbours, the words of passages and what is told of documents are read when they are asked for.
    """

    def __init__(self, store: Store | Published, schema: Schema, node: NamedNode) -> None:
        """Read it from a store, or from one with what is known of it."""
        known = store if isinstance(store, Published) else Published(store)
        self.node = node
        self.known = known
        self.blocks: dict[Node, list[Block]] = {}
        self.opened: dict[Node, Block] = {}
        """What is read as a whole: the thing and its details. All that `blocks` has of others are facts about these."""
        self.met: set[Node] = set()
        """Their neighbours: what may be told of one is its name, its types and its dates."""
        self.details: set[Node] = set()
        """Those of them that are details."""
        self.counts: Counter[NamedNode] = Counter()
        self._reader = Gatherer(known, schema)
        self._schema = schema
        if self._reader.is_detail(node):
            self.details.add(node)
        self._thing(node, DEPTH)
        self._incoming(node)

    def quads(self) -> Iterator[Quad]:
        """Give it as quads, with all that may be asked for."""
        every = {subject: [block] for subject, block in self.opened.items() if block.out}
        for subject, some in self.blocks.items():
            every.setdefault(subject, some)

        def take(subject: Node, block: Block) -> None:
            if block.out and not any(block is one for one in every.get(subject, ())):
                every[subject] = [*every.get(subject, ()), block]

        addresses = {one for some in every.values() for block in some for one in block.passages}
        for node in self.met.difference(self.opened):
            for subject, block in self.parts(node).items():
                take(subject, block)
        for address in addresses:
            take(NamedNode(address), self._all(NamedNode(address)))
        for version in sorted({address.partition("#")[0] for address in addresses}):
            for subject, block in blocks_of(self.version(version)).items():
                take(subject, block)
        for subject, blocks in every.items():
            yield from joined(blocks).quads(subject)
        for predicate, number in sorted(self.counts.items(), key=str):
            yield count(predicate, INCOMING, number)

    def _take(self, subject: Node, block: Block) -> None:
        found = self.blocks.get(subject)
        if found is None:
            self.blocks[subject] = [block]
        elif not any(block is one for one in found):
            found.append(block)

    def _all(self, node: Node) -> Block:
        """All facts about a thing."""
        found = self.known.things.get(node)
        if found is None:
            found = block_of(islice(self._reader.facts(node, None, None), OUT_LIMIT))
            self.known.learn(self.known.things, node, found, len(found.graphs))
        return found

    # ------------------------------------------------------------ things

    def _thing(self, node: Node, depth: int) -> None:
        """Take all facts about a thing, and what names the things they point at."""
        if node in self.opened:
            return
        block = self.opened[node] = self._all(node)
        for value in block.near:
            self._neighbour(value, depth - 1)
        if depth < DEPTH:
            for subject, backward in self._backward(node, block.types):
                self._take(subject, backward)
                self._neighbour(subject, depth - 1)

    def _backward(self, node: Node, types: Sequence[str]) -> Sequence[Part]:
        """The incoming facts that the shapes of a detail read backwards."""
        found = self.known.backward.get(node)
        if found is None:
            made: list[Part] = []
            for row in self._schema.fields(types):
                if row.inverse:
                    quads = islice(self._reader.facts(None, self._schema.node(row.path), node), INCOMING_KEPT)
                    made += blocks_of(quads).items()
            found = self.known.learn(self.known.backward, node, tuple(made), len(made))
        return found

    def _incoming(self, node: NamedNode) -> None:
        """Take the first incoming facts of each property, and how many there are of each."""
        counts = self.counts
        kept: list[tuple[Node, NamedNode]] = []
        for quad in islice(self._reader.merged(None, None, node), INCOMING_SCAN):
            predicate = quad.predicate
            counts[predicate] += 1
            if counts[predicate] <= INCOMING_KEPT and quad.subject != node:
                kept.append((quad.subject, predicate))
        if not kept:
            return
        for subject, _ in kept:
            self._neighbour(subject, DEPTH - 1)
        # What is read as a whole says it already.
        wanted = {pair for pair in kept if pair[0] not in self.opened}
        if counts.total() <= _AT_ONCE:
            quads = self._reader.facts(None, None, node) if wanted else ()
            for subject, block in blocks_of([one for one in quads if (one.subject, one.predicate) in wanted]).items():
                self._take(subject, block)
            return
        for subject, predicate in wanted:
            self._take(subject, block_of(self._reader.facts(subject, predicate, node)))

    def _neighbour(self, node: Node, depth: int) -> None:
        """Take what a page shows of a thing beside the one it is about: all of a detail; others are only met."""
        if isinstance(node, (Literal, Triple)) or len(self.met) >= NEIGHBOUR_LIMIT:
            return
        if node not in self.met:
            self.met.add(node)
            if self._reader.is_detail(node):
                self.details.add(node)
        if depth > 0 and node in self.details:
            self._thing(node, depth)

    def summary(self, node: Node) -> Summary:
        """Return what names a thing: what it is called, of which types it is, and when it was."""
        found = self.known.named.get(node)
        if found is None:
            found = self._reader.summed(node)
            self.known.learn(self.known.named, node, found, 2)
        return found

    def parts(self, node: Node) -> dict[Node, Block]:
        """Return the same as blocks: of the thing, and of the details that its dates hang on."""
        return blocks_of(self._reader.sum_up(node))

    # ------------------------------------------------------------ evidence

    def version(self, version: str) -> list[Quad]:
        """Return the description of a document version and of its document, and what names whom these point at."""
        return self._reader.version_alone(NamedNode(version))

    def described(self, address: str) -> Iterator[Quad]:
        """Return what is said of a passage."""
        return islice(self._reader.facts(NamedNode(address), None, None), OUT_LIMIT)

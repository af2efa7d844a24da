"""What the records say together: who changed a thing, what all changes add up to, and one taken back.

Duty: questions to the records. Level 3; writes nothing and knows no store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Quad, Triple

from samvirke.errors import NotFound, PreconditionFailed
from samvirke.journal.reading import Walk, opened, pread
from samvirke.journal.records import FILE, HEADER, MARK, Record
from samvirke.patch import Delta, read_patch

__all__ = ["net", "touching", "undo"]

_BLOCK_BYTES = 1 << 18
"""What stays in the processor's cache between being read and being searched: twice as fast as 1 MiB."""

_RECORD_BYTES = 1 << 12
_NAMED = 5
"""How many later records a refusal names."""

_UNDONE_BY = {b"D": b"A", b"A": b"D", b"GD": b"GA", b"GA": b"GD"}


def touching(folder: Path, address: str) -> Iterator[Record]:
    """Yield the records whose change has `address` as a subject, an object or a graph, the oldest first.

    The bytes are searched, and only records in which the address stands are looked at (and checked by their
    own hash); an index would have to be kept right.

    Raises: StoreDamaged when such a record is not as it was written; StoreError when the file cannot be read.
    """
    needle = f"<{address}>".encode()
    exact = _mention(needle)
    with opened(folder) as file:
        if file is None:
            return
        walk = Walk(file, folder / FILE, block_bytes=_RECORD_BYTES)
        for start, block in _blocks(file, walk.size):
            at = block.find(needle)
            while at >= 0:
                begin = block.rfind(MARK, 0, at) + 1
                record = walk.single(start + begin)
                if record is None:  # An unfinished end.
                    return
                if exact.search(record.patch) or (b"<<(" in record.patch and _inside_triples(record.delta, address)):
                    yield record
                at = block.find(needle, walk.offset - start)


def _blocks(file: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the file in blocks of whole records, each with its offset."""
    offset, wanted = len(HEADER), _BLOCK_BYTES
    while offset < size:
        block = pread(file, min(wanted, size - offset), offset)
        last = len(block) if offset + len(block) >= size or not block else block.rfind(MARK) + 1
        if not block:
            return
        if last:
            yield offset, block[:last]
            offset, wanted = offset + last, _BLOCK_BYTES
        else:
            wanted *= 2


def _mention(needle: bytes) -> re.Pattern[bytes]:
    """Match lines with an address as subject, object or graph, and not in a text, a datatype or as predicate.

    A text ends in a quotation mark, so a line that ends in a space and an address ends in a whole term; and
    only addresses and blank nodes have no space in them, so the third term is found by counting.
    """
    term = re.escape(needle)
    return re.compile(rb"(?m)^[AD] (?:\S+ <\S+ )?" + term + rb" | " + term + rb" \.$")


def _inside_triples(delta: Delta, address: str) -> bool:
    def stands(term: object) -> bool:
        if isinstance(term, Triple):
            return stands(term.subject) or stands(term.object)
        return isinstance(term, NamedNode) and term.value == address

    return any(stands(quad.object) for quad in delta.deleted | delta.added)


def net(records: Iterable[Record]) -> Delta:
    """Return the change that the records make together: `Delta.then` over all of them, in linear time.

    Lines are added up as they stand, and read once at the end: a quad is always written the same way.
    """
    lines: dict[bytes, set[bytes]] = {verb: set() for verb in _UNDONE_BY}
    for record in records:
        for line in record.patch.split(b"\n"):
            if line:
                verb, _, rest = line.partition(b" ")
                undone = lines[_UNDONE_BY[verb]]
                if rest in undone:
                    undone.remove(rest)
                else:
                    lines[verb].add(rest)
    return read_patch(b"".join(verb + b" " + rest + b"\n" for verb, rests in lines.items() for rest in rests))


def undo(records: Iterable[Record], sequence: int) -> Delta:
    """Return the change that takes one record back, and leaves what later ones did.

    Reads:  the record `sequence` and all after it; those before it count for nothing.
    What the record added and is there no longer needs no deletion, and what it deleted and is there again
    needs no adding; a graph that it made and that others filled stays. Something it deleted is not brought
    back beside what others have put in its place since: that would tell both.

    Raises: NotFound when there is no such record; PreconditionFailed, naming the later records, when what was
            deleted has had its place (same subject, predicate and graph) changed since.
    """
    found: Record | None = None
    later: list[Record] = []
    for record in records:
        if record.sequence == sequence:
            found = record
        elif found is not None:
            later.append(record)
    if found is None:
        raise NotFound(f"There is no record {sequence} in the journal.", remedy="`samvirke history` lists them.")
    back, since = found.delta.reversed(), net(later)
    brought = back.added - since.added
    changed = {_place(quad) for quad in since.deleted | since.added}
    if taken := {place for quad in brought if (place := _place(quad)) in changed}:
        raise _in_the_way(sequence, later, taken)
    filled = {quad.graph_name for quad in since.added}
    return Delta(
        deleted=back.deleted - since.deleted,
        added=brought,
        gone=frozenset(graph for graph in back.gone - since.gone if graph not in filled),
        # What is brought back into a graph that is gone since makes that graph again.
        made=(back.made - since.made) | (since.gone & {quad.graph_name for quad in brought}),
    )


def _place(quad: Quad) -> tuple[object, object, object]:
    return quad.subject, quad.predicate, quad.graph_name


def _in_the_way(sequence: int, later: list[Record], taken: set[tuple[object, object, object]]) -> PreconditionFailed:
    names = [
        f"record {record.sequence} ({record.time:%Y-%m-%d}, {record.author})"
        for record in later
        if any(_place(quad) in taken for quad in record.delta.deleted | record.delta.added)
    ]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    subject = min(str(place[0]) for place in taken)
    return PreconditionFailed(
        f"Record {sequence} cannot be taken back: the same was changed since by {', '.join(names[:_NAMED])}{more} "
        f"(of {subject}).",
        remedy="Take the later ones back first, the last one before the others.",
    )

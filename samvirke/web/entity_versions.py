"""The versions of everything in the default graph: as it was built, what is gone since, and each write that followed.

Duty: members of a stream and its pages, from the files of a generation and the journal behind it. Level 7 (web), but
knows no request and no store. A page holds a bounded number of facts, unless one thing alone has more; all pages but
the last of the changes hold the same for ever. Memory follows how many changes there were since the build, and
not what is known of the things: facts are read again when a page is asked for.
"""

from __future__ import annotations

import hashlib
import heapq
import mmap
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse

from samvirke import journal
from samvirke.errors import NotFound
from samvirke.generations import Generation
from samvirke.store import DEFAULT_FILE
from samvirke.workers.effects import DELETED as GONE

__all__ = ["CREATED", "DELETED", "UPDATED", "Page", "Version", "Versions"]

FACTS_ON_A_PAGE = 2_000
MEMBERS_ON_A_PAGE = 250
CREATED, UPDATED, DELETED = "Create", "Update", "Delete"
Effects = Callable[[int, Sequence[str]], Iterable[Quad]]
"""What the writes behind a record changed in the default graph: of some things all of it, else some at a time."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Version:
    """One thing as it was from a moment on; `facts` are sorted, and none where it was deleted.

    `sequence` is the number of the record that made it so, 0 where the build did.
    """

    iri: str
    kind: str
    created: datetime
    facts: tuple[Triple, ...]
    sequence: int = 0

    @property
    def sha256(self) -> str:
        """The checksum of the facts as sorted N-Triples."""
        return hashlib.sha256("".join(f"{fact} .\n" for fact in self.facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `last`: there is none behind it yet in its part of the stream."""

    versions: tuple[Version, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """That a record changed a thing; `sequence` is the record's number."""

    iri: str
    sequence: int
    kind: str
    created: datetime


class Versions:
    """The versions of one generation; threads may share it."""

    def __init__(self, generation: Generation, followed: journal.Followed) -> None:
        """Take a generation and the journal that goes on behind it.

        Raises: NotFound when its facts do not stand in the order in which a build writes them.
        """
        self.built = datetime.fromisoformat(str(generation.manifest.get("built", "1970-01-01T00:00:00Z")))
        self._generation = generation
        self._followed = followed
        self._facts = _Sorted(generation.directory / DEFAULT_FILE)
        self._things = _pages(self._facts)
        self._gone: tuple[str, ...] | None = None
        self._lock = threading.Lock()
        self._changes: list[_Change] = []
        self._starts: list[int] = [0]
        self._filled = 0
        self._sizes: dict[str, int] = {}
        self._seen, self._moment = generation.sequence, self.built

    # ------------------------------------------------------------ as built

    def things(self, number: int) -> Page | None:
        """Return a page of everything as it was built; None when there is no such page."""
        if not 0 < number < len(self._things):
            return None
        lines = self._facts.data[self._things[number - 1] : self._things[number]]
        facts = (quad.triple for quad in parse(lines, RdfFormat.N_TRIPLES))
        grouped = groupby(facts, key=lambda fact: fact.subject)
        found = [Version(_iri(node), CREATED, self.built, tuple(some)) for node, some in grouped]
        return Page(tuple(found), last=number == len(self._things) - 1)

    def gone(self, number: int) -> Page | None:
        """Return a page of what is no longer here: it stood in a generation that is kept, or in the journal."""
        with self._lock:
            if self._gone is None:
                self._gone = tuple(self._find_gone())
        start = (number - 1) * MEMBERS_ON_A_PAGE
        if number < 1 or start >= len(self._gone):
            return None
        found = self._gone[start : start + MEMBERS_ON_A_PAGE]
        versions = tuple(Version(iri, DELETED, self.built, ()) for iri in found)
        return Page(versions, last=start + MEMBERS_ON_A_PAGE >= len(self._gone))

    def _find_gone(self) -> Iterator[str]:
        here, folder = self._generation.directory, self._generation.directory.parent
        others = [path for path in sorted(folder.iterdir()) if path.name != here.name and not path.name.startswith(".")]
        sources: list[Iterable[bytes]] = [
            _Sorted(path / DEFAULT_FILE).subjects() for path in others if (path / DEFAULT_FILE).is_file()
        ]
        sources.append(sorted(self._written_before()))
        known = self._facts.subjects()
        at = next(known, None)
        for subject, _ in groupby(heapq.merge(*sources)):
            while at is not None and at < subject:
                at = next(known, None)
            if at != subject and subject.startswith(b"<"):
                yield subject[1 : subject.index(b">")].decode()

    def _written_before(self) -> set[bytes]:
        """The things that the records which are part of the generation made or changed."""
        found = set()
        for record in journal.read(self._generation.journal):
            if record.sequence > self._generation.sequence:
                break
            for quad in record.delta.added | record.delta.deleted:
                found |= {_key(node.value) for node in (quad.subject, quad.object) if isinstance(node, NamedNode)}
        return found

    # ------------------------------------------------------------ written since

    def changes(self, number: int, effects: Effects) -> Page | None:
        """Return a page of what was written since; the first is there, if empty, also before anything was.

        `effects` tells what the writes changed in the default graph, as the workers remember it.
        """
        with self._lock:
            self._follow(effects)
            if not 0 < number <= len(self._starts):
                return None
            last = number == len(self._starts)
            wanted = self._changes[self._starts[number - 1] : None if last else self._starts[number]]
        return Page(tuple(self._materialised(wanted, effects)), last)

    def _follow(self, effects: Effects) -> None:
        """Take in the writes that came since: which things they changed, and how many facts each has then."""
        while told := _by_record(effects(self._seen, [])):
            for record in self._followed.numbered(sorted(told)):
                self._moment = max(record.time, self._moment + _TICK)
                for iri, (added, deleted) in sorted(told[record.sequence].items()):
                    self._take_in(iri, record.sequence, len(added) - len(deleted))
            self._seen = max(told)

    def _take_in(self, iri: str, sequence: int, grown: int) -> None:
        before = self._sizes[iri] if iri in self._sizes else len(self._facts.of(iri))
        size = before + grown
        kind = DELETED if not size else UPDATED if before else CREATED
        members = len(self._changes) - self._starts[-1]
        if members and (self._filled + size > FACTS_ON_A_PAGE or members >= MEMBERS_ON_A_PAGE):
            self._starts.append(len(self._changes))
            self._filled = 0
        self._filled += size
        self._sizes[iri] = size
        self._changes.append(_Change(iri, sequence, kind, self._moment))

    def _materialised(self, wanted: Sequence[_Change], effects: Effects) -> Iterator[Version]:
        """Tell what the things were after the writes: what stands in the file, and what the writes up to there did."""
        things = {change.iri for change in wanted}
        facts = {iri: set(self._facts.of(iri)) for iri in things}
        kept: dict[tuple[str, int], tuple[Triple, ...]] = {}
        asked = {(change.iri, change.sequence) for change in wanted}
        told = _by_record(effects(self._generation.sequence, sorted(things))) if things else {}
        for sequence in sorted(told):
            for iri, (added, deleted) in told[sequence].items():
                facts[iri] = (facts[iri] - deleted) | added
                if (iri, sequence) in asked:
                    kept[iri, sequence] = tuple(sorted(facts[iri], key=str))
        for change in wanted:
            facts_then = kept[change.iri, change.sequence]
            yield Version(change.iri, change.kind, change.created, facts_then, change.sequence)


_Both = tuple[set[Triple], set[Triple]]


def _by_record(quads: Iterable[Quad]) -> dict[int, dict[str, _Both]]:
    """Return what was added to and taken from each thing, by the number of the record."""
    found: dict[int, dict[str, _Both]] = {}
    for quad in quads:
        verb, _, number = _iri(quad.graph_name).rpartition(":")
        of_thing = found.setdefault(int(number), {}).setdefault(_iri(quad.subject), (set(), set()))
        of_thing[f"{verb}:" == GONE].add(quad.triple)
    return found


def _iri(node: object) -> str:
    assert isinstance(node, NamedNode), "a generation has no blank nodes"
    return node.value


def _key(iri: str) -> bytes:
    """How a line about a thing begins."""
    return f"<{iri}> ".encode()


class _Sorted:
    """A file of N-Triples, sorted by line, that does not change."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            empty = not file.seek(0, 2)
            self.data: bytes | mmap.mmap = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def of(self, iri: str) -> list[Triple]:
        """Return the facts of a thing."""
        data, key = self.data, _key(iri)
        low, high = 0, len(data)
        while low < high:  # Both are beginnings of lines, or the end.
            start = data.rfind(b"\n", low, (low + high) // 2) + 1 or low
            if data[start : start + len(key)] < key:
                low = data.find(b"\n", start) + 1
            else:
                high = start
        end = low
        while data[end : end + len(key)] == key:
            end = data.find(b"\n", end) + 1
        return [quad.triple for quad in parse(data[low:end], RdfFormat.N_TRIPLES)]

    def subjects(self) -> Iterator[bytes]:
        """Yield how the lines about each subject begin, in order."""
        at = 0
        while at < len(self.data):
            key = self.data[at : self.data.find(b" ", at) + 1]
            yield key
            while self.data[at : at + len(key)] == key:
                at = self.data.find(b"\n", at) + 1


def _pages(facts: _Sorted) -> list[int]:
    """Return where the pages of a file begin, and where the last one ends. Raises: NotFound when it is not sorted."""
    starts, filled, members = [0], 0, 0
    at, subject, before = 0, b"", b""
    data = facts.data
    while at < len(data):
        end = data.find(b"\n", at) + 1
        line = data[at:end]
        if line < before:
            raise NotFound("There is no stream of versions here.", remedy="A site that is built has one.")
        if not line.startswith(subject) or not subject:
            subject, members = line[: line.index(b" ") + 1], members + 1
            if filled >= FACTS_ON_A_PAGE or members > MEMBERS_ON_A_PAGE:
                starts.append(at)
                filled, members = 0, 1
        filled += 1
        before, at = line, end
    return [*starts, at] if at else [0, 0]

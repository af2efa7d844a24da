"""Is everything on disk what was written? A full scan of what is published and of the journal.

Duty: look at every byte and every fact, and say what is wrong. Level 6; repairs nothing, changes nothing. A damaged
disk store can make the engine take all memory or never end (measured), so its scan is a process of its own with
limits; what does not end is damaged.

    checksums   every file is the one that the manifest names, and the manifest is the one that was written
    counts      the facts that can be read are as many as were counted
    hash        the canonical hash of the data is the one that was published
    union       the default graph is exactly what is said and what was inferred
    quotes      every quote stands in its document's words
    store       the store on disk holds the same quads, found through each of its indexes
    index       the search index is a sound database
    journal     every record is whole, and follows from the one before
    tokens      the file of tokens is as it was written
Sources: https://www.w3.org/TR/rdf-canon/ · https://www.sqlite.org/pragma.html#pragma_integrity_check
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from samvirke import evidence, generations, journal, store
from samvirke.errors import SamvirkeError, StoreError
from samvirke.generations import Generation
from samvirke.model import DefaultGraph, DocumentVersion, Literal, NamedNode
from samvirke.store import disk
from samvirke.terms import CORE, NIF
from samvirke.tokens import read_tokens
from samvirke.workers.ledger import recognise

__all__ = ["Check", "verify", "verify_state"]

_SCAN_S = 600
_SCAN_BYTES = 2 << 30
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, how much there was of it, and what is wrong with it, in sentences."""

    name: str
    looked_at: int
    wrong: tuple[str, ...] = ()


def verify_state(state: Path, *, progress: Callable[[str], None] | None = None) -> list[Check]:
    """Look at what a state folder serves: the current generation and the journal.

    Raises: StoreDamaged when there is no telling what is served; StoreError when nothing is published.
    """
    generation = generations.current(state)
    found = list(verify(generation, progress=progress)) if generation is not None else []
    if progress:
        progress("journal …")
    if (checked := _journal(state, generation)) is not None:
        found.append(checked)
    if tokens := _tokens(state):
        found.append(tokens)
    return found


def _journal(state: Path, generation: Generation | None) -> Check | None:
    """Look at every record, and whether what is published was built from these; None where nothing was ever written."""
    folder = state / generations.JOURNAL
    if not (folder / journal.FILE).is_file():
        built_with = generation.sequence if generation is not None else 0
        told = f"It is gone, and {built_with} records of it are part of what is published."
        return Check("journal", 0, (told,)) if built_with else None
    if wrong := journal.check(folder):
        return Check("journal", 0, tuple(wrong))
    try:
        if generation is not None:
            recognise(generation)
    except StoreError as error:
        return Check("journal", 0, (error.message,))
    return Check("journal", journal.last_sequence(folder))


def _tokens(state: Path) -> Check | None:
    try:
        known = read_tokens(state)
    except StoreError as error:
        return Check("tokens", 0, (error.message,))
    return Check("tokens", len(known)) if known else None


def verify(generation: Generation, *, progress: Callable[[str], None] | None = None) -> Iterator[Check]:
    """Look at one generation, and yield each check as it is done."""
    checks = (
        ("checksums", _checksums),
        ("data", _data),
        ("quotes", _quotes),
        ("store", _disk_store),
        ("index", _index),
    )
    for name, look in checks:
        if progress:
            progress(f"{name} …")
        try:
            count, wrong = look(generation)
        except (SamvirkeError, OSError, ValueError, SyntaxError, sqlite3.Error) as error:
            count, wrong = 0, [f"It cannot be read: {error}"]
        yield Check(name, count, tuple(wrong))


def _checksums(generation: Generation) -> tuple[int, list[str]]:
    parts = generation.manifest.get("parts", {})
    wrong = [f"{name} is not as it was written." for name in generations.verify(generation)]
    there = {
        path.relative_to(generation.directory).as_posix()
        for path in generation.directory.rglob("*")
        if path.is_file() and path.name != generations.MANIFEST
    }
    wrong += [f"{name} was not written by a build." for name in sorted(there - set(parts))[:_SHOWN]]
    if not generations.is_sealed(generation):
        wrong.append(f"{generations.MANIFEST} is not as it was written.")
    return len(parts), wrong


def _data(generation: Generation) -> tuple[int, list[str]]:
    """Count the quads again, hash them again, and compare the default graph with what it is made of."""
    directory, wrong = generation.directory, []
    data = list(store.read_rdf(directory / store.DATA_FILE))
    schema = list(store.read_rdf(directory / store.SCHEMA_FILE))
    counts = generation.manifest.get("counts", {})
    default = {quad.triple for quad in store.read_rdf(directory / store.DEFAULT_FILE)}
    for name, number in (("quads", len(data)), ("schema", len(schema)), ("facts", len(default))):
        if name in counts and counts[name] != number:
            wrong.append(f"There are {number} {name}, and {counts[name]} were counted.")
    if default != {quad.triple for quad in data}:
        wrong.append("The default graph is not exactly what the other graphs say.")
    if generation.hash and (found := store.canonical_hash([*data, *schema])) != generation.hash:
        wrong.append(f"The hash of the data is {found[:12]}…, and {generation.hash[:12]}… was published.")
    return len(data) + len(schema), wrong


def _quotes(generation: Generation) -> tuple[int, list[str]]:
    """Hold every quote against the words of its document."""
    quads = [
        quad for quad in store.read_rdf(generation.directory / store.DATA_FILE) if quad.predicate in evidence.READS
    ]
    documents, wrong = [], []
    for quad in quads:
        if quad.predicate == CORE.sha256 and isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode):
            path = generation.directory / "texts" / f"{quad.object.value}.txt"
            if not path.is_file():
                wrong.append(f"The words of <{quad.subject.value}> are missing.")
                continue
            text = path.read_bytes().decode("utf-8")
            documents.append(DocumentVersion(quad.subject.value, "", text, quad.object.value, str(path)))
    findings = evidence.verify(documents, quads)
    published = generation.manifest.get("findings", {}).get("violation", 0)
    if len(findings) > published:  # A site may have been published all the same; those were told then.
        wrong += [finding.messages.get("en", finding.focus) for finding in findings[:_SHOWN]]
    return sum(quad.predicate == NIF.anchorOf for quad in quads), wrong


def _disk_store(generation: Generation) -> tuple[int, list[str]]:
    """Scan the store on disk through each index, in a process that can be ended."""
    if not disk.has_disk_store(generation.directory):
        return 0, []
    command = [sys.executable, "-P", "-m", "samvirke.verification", str(generation.directory)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SCAN_S, check=False)
    except subprocess.TimeoutExpired:
        return 0, [f"Reading the store on disk did not end within {_SCAN_S} s."]
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it took more memory than it may"])[-1]
        return 0, [f"The store on disk cannot be read: {reason}"]
    counts = [int(number) for number in done.stdout.split()]
    expected = 0
    for path, _format in store.files_of(generation.directory):
        with path.open("rb") as file:
            expected += sum(1 for _line in file)  # One line is one fact in both formats.
    if set(counts) != {expected}:
        return expected, [f"The store on disk holds {sorted(set(counts))} quads, and {expected} were published."]
    return expected, []


def _index(generation: Generation) -> tuple[int, list[str]]:
    path = generation.directory / "index.sqlite"
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        count = int(connection.execute("SELECT count(*) FROM entity").fetchone()[0])
    finally:
        connection.close()
    return count, [] if told == ["ok"] else [f"The index is damaged: {line}." for line in told]


def _scan(directory: Path) -> None:
    """Print how many quads are found through each index of a store on disk: they are four ways to the same ones."""
    resource.setrlimit(resource.RLIMIT_AS, (_SCAN_BYTES, _SCAN_BYTES))
    opened = disk.open_disk(directory)
    subjects, predicates, objects, graphs = set(), set(), set(), {DefaultGraph()}
    count = 0
    for quad in opened:
        count += 1
        subjects.add(quad.subject)
        predicates.add(quad.predicate)
        objects.add(quad.object)
        graphs.add(quad.graph_name)
    by = (
        sum(1 for one in subjects for _ in opened.quads_for_pattern(one, None, None, None)),
        sum(1 for one in predicates for _ in opened.quads_for_pattern(None, one, None, None)),
        sum(1 for one in objects for _ in opened.quads_for_pattern(None, None, one, None)),
        sum(1 for one in graphs for _ in opened.quads_for_pattern(None, None, None, one)),
    )
    print(count, *by)


if __name__ == "__main__":
    _scan(Path(sys.argv[1]))

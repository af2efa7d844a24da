"""The records of a journal file, one after another, and what is wrong with it.

Duty: read and verify; the only place that tells an unfinished end from damage. Level 3; never writes.
The file is read in blocks and not mapped: a mapped file that its writer cuts back, or whose disk fails,
kills the process that looks at it, and blocks keep memory flat.

An end is unfinished (torn) when the file is shorter than the last frame says, or when nothing but zeros
stands from the beginning of a record or of a disk block up to the end of the file, as a power cut leaves
it. Everything else that is not as it was written is damage: it is told with its place, and never skipped.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from samvirke.errors import StoreDamaged, StoreError
from samvirke.journal.records import FILE, FRAME_BYTES, HEADER, MARK, Record, decode, framed, may_become, sealed

__all__ = ["Walk", "check", "opened", "pread", "read"]

BLOCK_BYTES = 1 << 20
_SECTOR_BYTES = 512
_AGAIN_S = 0.02


def read(folder: Path, *, after: int = 0) -> Iterator[Record]:
    """Yield the records with a sequence above `after`, also while another process writes.

    Reads:  what was whole when reading began; never an unfinished record.
    Raises: StoreDamaged at the first record that is not as it was written; StoreError when the file cannot be read.
    """
    with opened(folder) as file:
        if file is not None:
            yield from Walk(file, folder / FILE).records(after=after)


def last_sequence(folder: Path) -> int:
    """Return the number of the last whole record, 0 when there is none. Raises: as `read`."""
    return _end(folder)[0]


def whole_bytes(folder: Path) -> int:
    """Return how long the journal is up to the end of its last whole record. Raises: as `read`."""
    return _end(folder)[1]


def _end(folder: Path) -> tuple[int, int]:
    with opened(folder) as file:
        if file is None:
            return 0, 0
        walk = Walk(file, folder / FILE)
        for _ in walk.records(after=sys.maxsize):
            pass  # Each is only passed: none has a number above that.
        return walk.sequence, walk.offset


def check(folder: Path) -> list[str]:
    """Return a sentence for everything that is wrong with the journal; nothing when all is well.

    Every record is read, also those behind damage. An end that a living writer is still writing is not wrong.
    """
    with opened(folder) as file:
        return [] if file is None else _findings(file, folder)


def _findings(file: int, folder: Path) -> list[str]:
    found: list[str] = []
    walk = Walk(file, folder / FILE)
    while True:
        try:
            for record in walk.records():
                try:
                    record.delta  # noqa: B018 - reading it is the check
                except (ValueError, SyntaxError) as error:
                    found.append(f"{walk.name}, record {record.sequence}: its change cannot be read: {error}.")
            break
        except StoreDamaged as error:
            found.append(error.message)
            if not walk.find_next():
                break
    if walk.torn and not _being_written(folder):
        found.append(
            f"{walk.name}: the {walk.size - walk.offset} bytes from byte {walk.offset} on are no whole record; "
            f"they were never acknowledged, and the next start puts them aside."
        )
    return found


def _being_written(folder: Path) -> bool:
    """Whether a writer holds the journal."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def opened(folder: Path) -> Iterator[int | None]:
    """Open the journal for reading; None when nothing was ever written.

    Raises: StoreError when it cannot be opened or read.
    """
    path = folder / FILE
    try:
        file = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    except OSError as error:
        raise StoreError(f"The journal cannot be opened: {error.strerror}.") from error
    try:
        yield file
    except OSError as error:
        raise StoreError(f"The journal cannot be read: {error.strerror}.", remedy="Look after the disk.") from error
    finally:
        os.close(file)


def pread(file: int, count: int, offset: int) -> bytes:
    """Read `count` bytes at `offset`, fewer only where the file ends."""
    data = os.pread(file, count, offset)
    if len(data) == count or not data:
        return data
    parts = [data]
    while (missing := count - sum(map(len, parts))) and (more := os.pread(file, missing, offset + count - missing)):
        parts.append(more)
    return b"".join(parts)


class Walk:
    """A walk over the records of a file as long as it is now.

    `offset` is where the whole records end that were passed so far, `torn` whether bytes follow that are none;
    `sequence` and `hash` are those of the record passed last.
    """

    def __init__(self, file: int, path: Path, *, block_bytes: int = BLOCK_BYTES) -> None:
        # What is told of damage may reach a reader of the web: it names no folder of this machine.
        self.name = f"{path.parent.name}/{path.name}"
        self.size = os.fstat(file).st_size
        self.offset = 0
        self.sequence = 0
        self.hash = ""
        self.torn = False
        self._file = file
        self._written = _written(file, self.size)
        self._block, self._base = b"", 0
        self._block_bytes = block_bytes
        self._linked = True  # Whether the record before the next one is known.

    def records(self, *, after: int = 0) -> Iterator[Record]:
        """Yield the records from here on whose sequence is above `after`; the others are only passed.

        Raises: StoreDamaged at the first place that is not as it was written.
        """
        for sequence, length, digest in self.passed(after=after):
            yield self._record(sequence, length, digest)

    def passed(self, *, after: int = 0) -> Iterator[tuple[int, int, str]]:
        """Pass the records from here on, each by its hash and its link; yield number, length and hash above `after`.

        Of records before `after` only the frames are looked at.
        Raises: StoreDamaged at the first place that is not as it was written.
        """
        if not self.offset:
            self._header()
        while self.offset < self.size:
            place = self._frame()
            if place is None:
                self.torn = True
                return
            sequence, length = place
            if self._linked and sequence != self.sequence + 1:
                raise self._damage(f"record {self.sequence + 1} should stand here, and record {sequence} does")
            digest = ""
            if sequence >= after:
                digest, previous = self._sealed(sequence, length)
                follows = previous == self.hash if self._linked and sequence > max(after, 1) else True
                if not follows or (sequence == 1) != (previous == ""):
                    raise self._damage(f"record {sequence} does not follow the record before it")
            if sequence > after:
                yield sequence, length, digest
            self.offset += length
            self.sequence, self.hash, self._linked = sequence, digest, True

    def resume(self, offset: int, *, sequence: int, digest: str) -> None:
        """Go on behind the record of that number and hash, which ends at `offset`."""
        self.offset, self.sequence, self.hash, self._linked = offset, sequence, digest, True

    def single(self, offset: int) -> Record | None:
        """Return the record that begins at `offset` by itself, or None when it was never finished.

        Raises: StoreDamaged when it is not as it was written.
        """
        self.offset, self._linked = offset, False
        place = self._frame()
        if place is None:
            return None
        record = self._record(*place, self._sealed(*place)[0])
        self.offset += place[1]
        return record

    def find_next(self) -> bool:
        """After damage: go to the next place where a record begins, whatever its number; False when there is none."""
        at = max(self.offset, len(HEADER)) + 1
        while at < self.size:
            block = pread(self._file, BLOCK_BYTES, at)
            if not block:
                break
            begin = block.find(MARK)
            while begin >= 0:
                place = at + begin + 1
                if framed(pread(self._file, FRAME_BYTES, place)):
                    self.offset, self._linked = place, False
                    return True
                begin = block.find(MARK, begin + 1)
            at += max(len(block) - len(MARK), 1)
        return False

    def _header(self) -> None:
        start = pread(self._file, len(HEADER), 0)
        if start != HEADER:
            known = start.startswith(HEADER[: HEADER.index(b"1")])
            raise StoreDamaged(
                f"{self.name} does not begin as a journal of this version of Samvirke (byte 0).",
                remedy="Read it with the version that wrote it." if known else "Put the journal back from a backup.",
            )
        self.offset = len(HEADER)

    def _frame(self) -> tuple[int, int] | None:
        """Return sequence and length of the record that begins here, or None when it was never finished."""
        at = self.offset - self._base
        place = framed(self._block, at)
        if place is None or at + place[1] > len(self._block):
            self._block, self._base = pread(self._file, self._block_bytes, self.offset), self.offset
            place = framed(self._block)
        if place is None:
            rest = self._block[: max(self._end() - self.offset, 0)]
            if len(rest) < FRAME_BYTES and may_become(rest):
                return None
            raise self._damage("no record begins here, and one should")
        if place[1] < FRAME_BYTES:
            raise self._damage("the record is shorter than its first line")
        if self.offset + place[1] > self._end():
            return None
        if place[1] > len(self._block):
            self._block = pread(self._file, place[1], self.offset)
        return place if place[1] <= len(self._block) else None

    def _sealed(self, sequence: int, length: int) -> tuple[str, str]:
        """Return the hash of the record that begins here, which it was checked to have, and of the one before."""
        seal = sealed(self._block, self.offset - self._base, length)
        if seal is None and self.offset + length >= self.size:
            # A writer that ran out of room may have cut this back and written anew while we were reading.
            time.sleep(_AGAIN_S)
            self._block, self._base = pread(self._file, max(length, self._block_bytes), self.offset), self.offset
            seal = sealed(self._block, 0, length)
        if seal is None:
            raise self._damage(f"the {length} bytes of record {sequence} are not those that were written")
        return seal

    def _record(self, sequence: int, length: int, digest: str) -> Record:
        at = self.offset - self._base
        record = decode(self._block[at : at + length], sequence=sequence, digest=digest)
        if record is None:
            raise self._damage(f"record {sequence} has not the form of one")
        return record

    def _end(self) -> int:
        """Where the file ends for the record that begins here: before zeros that no write can have left."""
        if self._written % _SECTOR_BYTES == 0 or self._written == self.offset:
            return self._written
        return self.size

    def _damage(self, what: str) -> StoreDamaged:
        before, whole = "", ""
        if self._linked:
            before = f", after record {self.sequence}" if self.sequence else ", before the first record"
            kept = "no record" if not self.sequence else f"{self.sequence} records" if self.sequence > 1 else "1 record"
            whole = f" Its first {self.offset} bytes hold {kept} as written."
        return StoreDamaged(
            f"{self.name} is damaged at byte {self.offset}{before}: {what}.",
            remedy=f"Put the journal back from a backup.{whole}",
        )


def _written(file: int, size: int) -> int:
    """Return where the zeros at the end of a file begin; its size when it does not end in zeros."""
    count = 1  # Nearly always the last byte is a line's end.
    while size:
        start = max(size - count, 0)
        kept = pread(file, size - start, start).rstrip(b"\0")
        if kept:
            return start + len(kept)
        size, count = start, BLOCK_BYTES
    return 0

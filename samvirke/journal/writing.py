"""The one writer of the journal.

Duty: bring each record to the disk before `append` returns, or leave the file as it was. Level 3; decides
nothing about what may be written.

What a failed sync leaves is unknown, also to a second sync that succeeds: after one, and when the file
cannot be cut back, this writer writes nothing more. Opening the journal anew reads what is really there.
Source: https://pubs.opengroup.org/onlinepubs/9699919799/functions/fdatasync.html
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from samvirke.errors import DiskFull, SamvirkeError, StoreBusy, StoreDamaged, StoreError
from samvirke.journal.reading import Walk, pread
from samvirke.journal.records import FILE, HEADER, Record, encode
from samvirke.patch import Delta

__all__ = ["FREE_BYTES", "Journal"]

FREE_BYTES = 16 << 20
_SMALL_DISK = 16
_LOCK_WAIT_S = 1.0
_POLL_S = 0.05
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_MAKE_ROOM = "Make room on the disk and write again. Nothing of this write was kept, and reading goes on."


def _now() -> datetime:
    return datetime.now(UTC)


class Journal:
    """The journal, open for writing by this process alone; `open` makes one. Threads may share it.

    `sequence` and `head` are those of the last record (0 and "" when there is none). `dropped` says what an
    unfinished end was put aside, "" when there was none.
    """

    def __init__(self, folder: Path, *, lock: int, file: int, free_bytes: int, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self.sequence = 0
        self.head = ""
        self.dropped = ""
        self._lock, self._file = lock, file
        self._end = len(HEADER)
        self._time: datetime | None = None
        self._broken = ""
        self._free_bytes, self._clock = free_bytes, clock
        self._turn = threading.Lock()
        _OPEN.add(self)

    @classmethod
    def open(cls, folder: Path, *, free_bytes: int = FREE_BYTES, clock: Callable[[], datetime] = _now) -> Self:
        """Open the journal in `folder` for writing; make it when there is none.

        Reads:  every record, each by its hash and its link to the one before.
        Writes: puts an unfinished end aside into a file of its own, beside the journal, and cuts it off.
        Units:  below `free_bytes` of free space nothing is written (on a small disk a sixteenth of it).
        Raises: StoreBusy when another process writes here; StoreDamaged at the first place that is not as it
                was written; DiskFull or StoreError when the folder cannot be written.
        """
        with _plainly(folder):
            if not folder.is_dir():
                folder.mkdir(parents=True)
                _sync_folder(folder.parent)
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        file = -1
        try:
            _take_lock(lock, folder)
            with _plainly(folder):
                if not (folder / FILE).exists():
                    _make(folder)
                file = os.open(folder / FILE, os.O_RDWR)
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    raise StoreDamaged(f"{folder / FILE} is no file.", remedy="Put the journal back from a backup.")
            journal = cls(folder, lock=lock, file=file, free_bytes=free_bytes, clock=clock)
            journal._take_in()
        except BaseException:
            for descriptor in (file, lock):
                if descriptor >= 0:
                    os.close(descriptor)
            raise
        return journal

    def append(self, *, author: str, reason: str, delta: Delta) -> Record:
        """Write one record; when this returns, it is on the disk.

        Writes: the record, or nothing: when it fails, the file is cut back to the record before.
        Raises: DiskFull when there is no room, or would soon be none; StoreError when the disk fails, or failed
                before; StoreDamaged when somebody else wrote to the file; InputError when a text is none.
        """
        with self._turn:
            self._ready()
            now = self._clock()
            record, data = encode(
                delta,
                sequence=self.sequence + 1,
                time=now if self._time is None else max(now, self._time),  # The clock may have been set back.
                author=author,
                reason=reason,
                previous=self.head,
            )
            self._check_room(len(data))
            try:
                _write(self._file, data, self._end)
            except BaseException as error:
                self._cut_back()
                raise (_explained(error) if isinstance(error, OSError) else error) from error
            self._sync()
            self.sequence, self.head, self._time = record.sequence, record.hash, record.time
            self._end += len(data)
            return record

    def close(self) -> None:
        """Let go of the journal; a second time does nothing."""
        with self._turn:
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take_in(self) -> None:
        walk = Walk(self._file, self.folder / FILE)
        last = len(HEADER)
        for _ in walk.passed():
            last = walk.offset
        with _plainly(self.folder):
            if walk.torn:
                self.dropped = _put_aside(self.folder, self._file, walk)
                os.ftruncate(self._file, walk.offset)
            # A record of a writer that was killed before its sync may stand in the cache only.
            os.fsync(self._file)
        self._end, self.sequence, self.head = walk.offset, walk.sequence, walk.hash
        record = Walk(self._file, self.folder / FILE).single(last) if walk.sequence else None
        self._time = record.time if record else None

    def _ready(self) -> None:
        if self._file < 0:
            raise StoreError("The journal is closed.", remedy="Write in the process that opened it.")
        if self._broken:
            raise StoreError(
                f"Nothing more is written: {self._broken}.",
                remedy="Look after the disk and start the server again; reading goes on.",
            )
        try:
            here, named = os.fstat(self._file), (self.folder / FILE).stat()
        except FileNotFoundError:
            raise self._breaks("the journal's file was taken away") from None
        except OSError as error:
            raise _explained(error) from error
        if (here.st_dev, here.st_ino) != (named.st_dev, named.st_ino):
            raise self._breaks("another file was put in the journal's place")
        if here.st_size != self._end:
            raise self._breaks("something else wrote to the journal's file")

    def _breaks(self, why: str) -> StoreDamaged:
        self._broken = why
        return StoreDamaged(
            f"Nothing was written: {why}.", remedy="Let only Samvirke write there, and start the server again."
        )

    def _check_room(self, needed: int) -> None:
        """Refuse before the disk is full, while everything else can still go on."""
        disk = os.fstatvfs(self._file)
        floor = min(self._free_bytes, disk.f_blocks * disk.f_frsize // _SMALL_DISK)
        if disk.f_blocks and disk.f_bavail * disk.f_frsize - needed < floor:
            raise DiskFull(
                f"Less than {floor / (1 << 20):.1f} MiB would be left on the disk, and so much is kept free.",
                remedy=_MAKE_ROOM,
            )

    def _sync(self) -> None:
        self._broken = "it was broken off while it came to the disk"
        try:
            os.fdatasync(self._file)
        except OSError as error:
            self._cut_back()
            self._broken = f"the disk did not take a record ({error.strerror})"
            raise _explained(error) from error
        self._broken = ""

    def _cut_back(self) -> None:
        """Take back what was written of a record; when even that fails, nothing is written any more."""
        self._broken = "what was written of a record could not be taken back"
        try:
            if os.fstat(self._file).st_size != self._end:
                os.ftruncate(self._file, self._end)
                os.fdatasync(self._file)
        except OSError:
            return
        self._broken = ""

    def _let_go(self) -> None:
        file, lock, self._file, self._lock = self._file, self._lock, -1, -1
        for descriptor in (file, lock):
            if descriptor >= 0:
                os.close(descriptor)


_OPEN: weakref.WeakSet[Journal] = weakref.WeakSet()


def _leave_to_the_parent() -> None:
    """In a forked child: a copy of the lock would outlive the writer, and keep the next one out."""
    for journal in list(_OPEN):
        journal._turn = threading.Lock()  # Another thread of the parent may have held it.
        journal._let_go()


os.register_at_fork(after_in_child=_leave_to_the_parent)


def _take_lock(lock: int, folder: Path) -> None:
    """Take the lock; one that is only being tried by a check is let go within the wait."""
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreBusy(
                    f"Another server writes to {folder}.", remedy="Only one may; end it, or use another state folder."
                ) from None
            time.sleep(_POLL_S)


def _make(folder: Path) -> None:
    """Make an empty journal; it gets its name when it is complete."""
    new = folder / f".{FILE}.new"
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        _write(file, HEADER, 0)
        os.fsync(file)
    finally:
        os.close(file)
    new.rename(folder / FILE)
    _sync_folder(folder)


def _put_aside(folder: Path, file: int, walk: Walk) -> str:
    """Copy the unfinished end into a file of its own, and say so. Done again, it makes the same file."""
    end = pread(file, walk.size - walk.offset, walk.offset)
    aside = folder / f"unfinished-{walk.sequence + 1}-{walk.offset}"
    number = 1
    while aside.exists() and aside.read_bytes() != end:
        number += 1
        aside = folder / f"unfinished-{walk.sequence + 1}-{walk.offset}.{number}"
    target = os.open(aside, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        _write(target, end, 0)
        os.fsync(target)
    finally:
        os.close(target)
    _sync_folder(folder)
    return (
        f"Record {walk.sequence + 1} was never finished and never acknowledged: its {len(end)} bytes from "
        f"byte {walk.offset} on were put aside as {folder.name}/{aside.name}."
    )


def _write(file: int, data: bytes, offset: int) -> None:
    """Write at a place: one call, unless the kernel takes only a part of it."""
    done = os.pwrite(file, data, offset)
    while done < len(data):
        done += os.pwrite(file, memoryview(data)[done:], offset + done)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _plainly(folder: Path) -> Iterator[None]:
    """Say plainly why the journal cannot be opened for writing."""
    try:
        yield
    except OSError as error:
        raise _explained(error, f"{folder} cannot be opened for writing") from error


def _explained(error: OSError, what: str = "The write cannot be recorded") -> SamvirkeError:
    if error.errno in _FULL:
        return DiskFull(f"{what}: there is no room left on the disk.", remedy=_MAKE_ROOM)
    if error.errno in _CLOSED:
        return StoreError(f"{what}: {error.strerror}.", remedy="Reading goes on; writing needs a folder that takes it.")
    return StoreError(f"{what}: {error.strerror}.", remedy="Look after the disk; nothing of this write was kept.")

"""Where the records of a growing journal begin, so that the newest are read without the others.

Duty: the places of all records, and the newest of them; what was passed once is not passed again while the file
only grows. Level 3; never writes, and keeps no record. A file that was put back, cut or replaced is passed anew.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from samvirke.journal.reading import Walk, opened
from samvirke.journal.records import FILE, Record

__all__ = ["Followed"]


class Followed:
    """The journal in `folder` as a list, the newest record first; threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._forget(0)

    def _forget(self, file: int) -> None:
        self._file = file
        self._places: list[int] = []
        self._end = 0
        self._hash = ""

    def newest(self, first: int, count: int) -> tuple[list[Record], int]:
        """Return `count` records from the `first` newest on, and how many there are in all.

        Raises: StoreDamaged at the first record that is not as it was written; StoreError when it cannot be read.
        """
        with self._lock, opened(self._folder) as file:
            if file is None:
                self._forget(0)
                return [], 0
            path = self._folder / FILE
            number = os.fstat(file).st_ino
            if number != self._file or not self._goes_on(Walk(file, path)):
                self._forget(number)
            self._pass(Walk(file, path))
            last = len(self._places) - first
            places = self._places[max(last - count, 0) : max(last, 0)]
            found = [Walk(file, path).single(place) for place in reversed(places)]
            return [record for record in found if record is not None], len(self._places)

    def numbered(self, sequences: Sequence[int]) -> Iterator[Record]:
        """Yield the records of those numbers, in the order given; of what is not there, nothing.

        Raises: as `newest`.
        """
        self.newest(0, 0)
        with opened(self._folder) as file:
            if file is None:
                return
            walk = Walk(file, self._folder / FILE)
            for sequence in sequences:
                place = self._places[sequence - 1] if 0 < sequence <= len(self._places) else None
                record = walk.single(place) if place is not None else None
                if record is not None:
                    yield record

    def _goes_on(self, walk: Walk) -> bool:
        """Whether the last record that was passed still stands where it stood."""
        if not self._places:
            return True
        if walk.size < self._end:
            return False
        record = walk.single(self._places[-1])
        return record is not None and record.hash == self._hash and walk.offset == self._end

    def _pass(self, walk: Walk) -> None:
        if self._places:
            walk.resume(self._end, sequence=len(self._places), digest=self._hash)
        for _, length, digest in walk.passed(after=len(self._places)):
            self._places.append(walk.offset)
            self._end, self._hash = walk.offset + length, digest

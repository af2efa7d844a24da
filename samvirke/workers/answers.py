"""An answer, taken off the worker's stream completely before anybody is told that it succeeded.

Duty: hold a finished answer, in memory while it is small and in a nameless file beyond that.
Level 4.5. Because the whole answer is here before its first byte goes out, every failure is an error
with a status, never a body cut short; and a client that reads slowly keeps no worker waiting.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from samvirke.errors import Overloaded

_IN_MEMORY_BYTES = 1 << 20
_CHUNK_BYTES = 64 << 10


@dataclass(slots=True)
class Answer:
    """A complete answer. `body` is read once; `close` lets go of it before that."""

    media_type: str
    form: str
    rows: int
    length_bytes: int
    seconds: float
    version: str
    body: Body

    def read(self) -> bytes:
        """Return the whole body."""
        return self.body.read()

    def close(self) -> None:
        """Let go of the body."""
        self.body.close()


class Shelf:
    """How many bytes of answers may lie on disk at once, for all clients together."""

    def __init__(self, limit_bytes: int) -> None:
        """Hold at most `limit_bytes`."""
        self._limit_bytes = limit_bytes
        self.used_bytes = 0
        self._lock = threading.Lock()

    def take(self, count_bytes: int) -> None:
        """Claim room. Raises: Overloaded when there is none."""
        with self._lock:
            if self.used_bytes + count_bytes > self._limit_bytes:
                raise Overloaded(
                    "Too many large answers are being downloaded.", retry_after_s=10, remedy="Try again in a moment."
                )
            self.used_bytes += count_bytes

    def give_back(self, count_bytes: int) -> None:
        """Return what was claimed."""
        with self._lock:
            self.used_bytes -= count_bytes


class Body:
    """The bytes of an answer: first written, then iterated over once, or taken whole."""

    def __init__(self, shelf: Shelf) -> None:
        """Claim room on `shelf` for what does not fit into memory."""
        self._shelf = shelf
        self._claimed = 0
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.length = 0

    def write(self, data: bytes) -> int:
        """Add bytes, and return how many. Raises: Overloaded when there is no room, or the disk is full."""
        self.length += len(data)
        if self._file is None and self.length <= _IN_MEMORY_BYTES:
            self._parts.append(data)
            return len(data)
        needed = self.length - self._claimed
        self._shelf.take(needed)
        self._claimed += needed
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
                self._file.writelines(self._parts)
                self._parts.clear()
            self._file.write(data)
        except OSError as error:
            raise Overloaded(f"The answer cannot be kept: {error.strerror}.", retry_after_s=30) from error
        return len(data)

    def flush(self) -> None:
        """Do nothing: what writes through this as through a file may ask for it."""

    @property
    def descriptor(self) -> int | None:
        """The descriptor of the file that holds the whole answer, read from its beginning; None while in memory."""
        if self._file is None:
            return None
        self._file.flush()
        return self._file.fileno()

    def read(self) -> bytes:
        """Return the bytes, and let go of them."""
        if self._file is None:
            whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self.close()
            return whole
        return b"".join(self)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes, and let go of them at the end."""
        try:
            if self._file is None:
                yield from self._parts
                return
            self._file.seek(0)
            while chunk := self._file.read(_CHUNK_BYTES):
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Let go of memory and disk; may be called again."""
        if self._file is not None:
            self._file.close()
        self._parts.clear()
        claimed, self._claimed = self._claimed, 0
        if claimed:
            self._shelf.give_back(claimed)

    def __del__(self) -> None:
        """Give the room back also when nobody read the answer."""
        self.close()

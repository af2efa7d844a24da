"""Answers that have been given once in this generation.

Duty: keep whole answers in memory, a bounded number of bytes, by generation, address and the request
headers that the answer says it varies on. Level 7; knows no route and no framework. An answer is a function
of these alone, so what one client got is what the next one gets; a new generation never sees an old answer.
Source: https://www.rfc-editor.org/rfc/rfc9111#section-4.1
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Kept", "KeptAnswer"]

_OVERHEAD = 1_000
"""Bytes that an entry costs beside its body and its key."""

Header = Callable[[str], str | None]
"""The value of a request's header, by its name in lower case."""


@dataclass(slots=True)
class KeptAnswer:
    """A whole answer with status 200: its headers, its entity tag without quotes, and its body.

    `codable` says that a content coding is worth it; `codings` holds the same with its body in one, made when
    it is first asked for.
    """

    headers: list[tuple[str, str]]
    tag: str
    body: bytes
    codable: bool = False
    codings: dict[str, tuple[list[tuple[str, str]], bytes]] = field(default_factory=dict)


class Kept:
    """Answers by generation, address and varying headers; those not asked for longest make room first."""

    def __init__(self, most_bytes: int) -> None:
        """Keep at most `most_bytes`, an eighth of it for one answer at most."""
        self._most_bytes = most_bytes
        self._largest = most_bytes // 8
        self._varies: dict[str, tuple[str, ...]] = {}
        self._answers: OrderedDict[tuple[str | None, ...], tuple[KeptAnswer, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._version = ""
        self.size_bytes = 0

    def find(self, version: str, address: str, header: Header) -> KeptAnswer | None:
        """Return the answer to a request for an address, or None."""
        names = self._varies.get(address)
        if names is None or version != self._version:
            return None
        key = (address, *map(header, names))
        with self._lock:
            found = self._answers.get(key)
            if found is None or version != self._version:
                return None
            self._answers.move_to_end(key)
            return found[0]

    def put(self, version: str, address: str, header: Header, varies: tuple[str, ...], answer: KeptAnswer) -> None:
        """Keep an answer, unless it is too large to be worth it.

        `varies` names the request headers it depends on, in lower case.
        """
        self.put_for(version, address, varies, tuple(map(header, varies)), answer)

    def put_for(
        self, version: str, address: str, varies: tuple[str, ...], values: tuple[str | None, ...], answer: KeptAnswer
    ) -> None:
        """Keep an answer as `put` does, the `values` of the headers that it depends on being known."""
        key = (address, *values)
        # The codings are smaller than the plain body, and not there yet: half of it is set aside for them.
        size = _OVERHEAD + len(answer.body) * 3 // 2 + sum(map(len, filter(None, key)))
        if size > self._largest:
            return
        with self._lock:
            if version != self._version:
                self._forget(version)
            self._remove(key)
            self._varies[address] = varies
            self._answers[key] = (answer, size)
            self.size_bytes += size
            self._make_room()

    def _forget(self, version: str) -> None:
        self._answers.clear()
        self._varies.clear()
        self.size_bytes, self._version = 0, version

    def _remove(self, key: tuple[str | None, ...]) -> None:
        before = self._answers.pop(key, None)
        if before is not None:
            self.size_bytes -= before[1]

    def _make_room(self) -> None:
        while self.size_bytes > self._most_bytes:
            key, (_, size) = self._answers.popitem(last=False)
            self.size_bytes -= size
            address = key[0]
            if len(self._varies) > 2 * len(self._answers) + 16 and address is not None:  # Mostly of one variant each.
                self._varies.pop(address, None)

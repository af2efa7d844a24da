"""Journals to try things on, and changes to write into them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from samvirke.journal import FILE, Journal, Record
from samvirke.journal.records import encode
from samvirke.patch import Delta

GRAPH = NamedNode("http://a/document/1#char=0,9")
FIRST = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def name(number: int, text: str = "Sø") -> Quad:
    return Quad(NamedNode(f"http://a/id/{number}"), NamedNode("http://a/name"), Literal(text, language="da"), GRAPH)


def adding(number: int, text: str = "Sø") -> Delta:
    return Delta(added=frozenset({name(number, text)}))


def write(folder: Path, count: int, *, text: str = "Sø") -> list[int]:
    """Append so many records; return where each of them ends."""
    ends = []
    with Journal.open(folder, clock=lambda: FIRST) as journal:
        for number in range(journal.sequence + 1, journal.sequence + count + 1):
            journal.append(author="Anna", reason="", delta=adding(number, text))
            ends.append((folder / FILE).stat().st_size)
    return ends


def recorded(*deltas: Delta) -> list[Record]:
    """Records of such changes, with no file."""
    return [
        encode(delta, sequence=number, time=FIRST, author=f"a{number}", reason="", previous="")[0]
        for number, delta in enumerate(deltas, 1)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where a journal may be made: in memory where there is a place for that, since the tests wait for each sync."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path / "journal"
    else:
        with tempfile.TemporaryDirectory(dir=memory) as name:
            yield Path(name) / "journal"

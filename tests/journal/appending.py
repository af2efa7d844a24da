"""Append in a loop until killed, and print each acknowledged sequence: `python appending.py FOLDER SEED [SPACE]`.

A program for test_faults.py. Sizes are mixed, so that kills fall into the middle of long writes too. With SPACE, the
largest size the file may get, it goes on trying when there is no room, and prints what it was told.
"""

from __future__ import annotations

import os
import random
import resource
import sys
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

from samvirke.errors import SamvirkeError
from samvirke.journal import Journal
from samvirke.patch import Delta

THING, NAME = NamedNode("http://a/thing"), NamedNode("http://a/name")


def text(sequence: int, seed: int) -> str:
    """What record `sequence` of a run says: the reader can tell whether it is all there."""
    chance = random.Random(f"{seed} {sequence}")
    return f"{sequence} " + "x" * chance.choice((10, 10, 10, 10, 1000, 1000, 50_000, 50_000, 2_000_000))


def main(folder: Path, seed: int, space: int | None) -> None:
    if space is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (space, space))
    failed = 0
    with Journal.open(folder) as journal:
        while failed < 3:
            delta = Delta(added=frozenset({Quad(THING, NAME, Literal(text(journal.sequence + 1, seed)))}))
            try:
                record = journal.append(author=str(seed), reason="", delta=delta)
                os.write(1, b"%d\n" % record.sequence)
            except SamvirkeError as error:
                failed += 1
                os.write(1, f"{type(error).__name__}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)

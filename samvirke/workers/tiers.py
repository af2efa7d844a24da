"""On which tier a generation is answered: from its disk store at once, from memory as soon as it is loaded.

Duty: the choice alone; templates load and pools switch. Level 4.5; opens no store.
Measured at a million triples: the disk store opens in 20 ms where memory takes seconds to load, and memory
answers two to eight times faster once it is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samvirke.generations import Generation
    from samvirke.settings import Limits

__all__ = ["DISK", "MEMORY", "say", "tiers", "was_written_to"]

DISK = "disk"
MEMORY = "memory"


def tiers(generation: Generation, limits: Limits) -> tuple[str, ...]:
    """Return the tiers a generation is answered from, in the order in which they are taken up.

    The last one is where it stays: the disk when its facts are more than memory is given for. A tier that
    cannot be had is passed over, so after the disk memory always stands. What was written since the generation
    was published is in memory only: the store on disk never changes.
    """
    from samvirke.store.disk import has_disk_store  # noqa: PLC0415 - the zygote, which needs the names, needs no store

    if not has_disk_store(generation.directory) or was_written_to(generation):
        return (MEMORY,)
    return (DISK,) if fact_count(generation) > limits.memory_facts else (DISK, MEMORY)


def was_written_to(generation: Generation) -> bool:
    """Say whether the journal has records that are not part of the generation."""
    from samvirke import journal  # noqa: PLC0415 - as above

    folder = generation.journal
    return folder.is_dir() and next(iter(journal.read(folder, after=generation.sequence)), None) is not None


def fact_count(generation: Generation) -> int:
    """Return how many facts the manifest counts; 0 when it does not say."""
    counts = generation.manifest.get("counts")
    return int(counts.get("facts", 0)) if isinstance(counts, dict) else 0


def say(reason: object) -> None:
    """Tell the operator what became of a tier."""
    print(f"samvirke: {reason}", file=sys.stderr, flush=True)

"""What a template holds: a generation, as it is after everything that was written since it was published.

Duty: load, replay the journal, apply patches. Level 4.5; answers nobody and forks nothing. The clerk, who
knows rules and shapes, is only appointed where there is something to judge or to replay: reading needs none.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samvirke.patch import apply_delta, read_patch
from samvirke.workers import patches, worker
from samvirke.workers.effects import Effects
from samvirke.workers.ledger import recognise
from samvirke.workers.tiers import MEMORY

if TYPE_CHECKING:
    from samvirke.generations import Generation

__all__ = ["Held"]

_CLERK = "samvirke.clerk"
"""Named, not imported: the room brings a validator along, which no worker for reading needs."""
_LEAST_GARBAGE = 50_000
"""Deleted quads, which the engine keeps for readers of the past, that are worth copying the rest for."""


@dataclass
class Held:
    """One generation on one tier.

    `version` counts the changes: it is the number of the journal's last record that is in the store or, where
    nothing is written down, of the patches that were applied.
    """

    generation: Generation
    hands: worker.Hands
    tier: str
    version: int
    garbage: int = 0
    effects: Effects = field(default_factory=Effects)

    def __post_init__(self) -> None:
        """Have the workers answer what the changes came to."""
        self.hands = replace(self.hands, operations={**self.hands.operations, "effects": self.effects.read})

    @classmethod
    def load(cls, directory: Path, tier: str) -> Held:
        """Load a generation and make it what it is now. Raises: StoreDamaged; JournalDamaged."""
        from samvirke.generations import open_directory  # noqa: PLC0415 - the zygote itself needs no store

        generation = open_directory(directory)
        held = cls(generation, worker.load(directory, tier), tier, generation.sequence)
        recognise(generation)
        held.replay()
        return held

    @property
    def changes(self) -> bool:
        """Whether the store may change at all: a scratch store's does, and one with a clerk."""
        return self.hands.writable or self.hands.clerk is not None

    def appoint(self) -> None:
        """See to it that there is a clerk."""
        if self.hands.clerk is None:
            clerk: Any = importlib.import_module(_CLERK).Clerk
            self.hands = replace(self.hands, clerk=clerk.of(self.generation, self.hands.store, self.hands.schema))

    def replay(self) -> None:
        """Make the changes that were written down and are not made here. Raises: JournalDamaged."""
        from samvirke import journal  # noqa: PLC0415 - only where there is one

        folder = self.generation.journal
        if self.hands.writable or not folder.is_dir():
            return
        for record in journal.read(folder, after=self.version):
            self.appoint()
            assert self.tier == MEMORY, "a store on disk is not changed: `tiers` has seen to it"
            derived = self.hands.clerk.replay(self.hands.store, record.delta)
            self.version = record.sequence
            self.effects.note(self.version, record.delta, derived)
            self._tidy(len(record.delta.deleted))

    def apply(self, patch: bytes) -> None:
        """Apply the patch of a worker. Raises: ValueError or SyntaxError when it is none; nothing is changed then."""
        delta = read_patch(patch)
        applied = apply_delta(self.hands.store, delta)
        self.version += 1
        if not self.hands.writable:  # Of a scratch store nothing is written down.
            self.effects.note(self.version, delta)
        self._tidy(applied.deleted)

    def _tidy(self, deleted: int) -> None:
        self.garbage += deleted
        # The size is asked last: the engine counts the quads, one by one.
        if self.garbage > _LEAST_GARBAGE and self.garbage > len(self.hands.store):
            self.hands = self.hands.with_store(patches.copy(self.hands.store))
            self.garbage = 0

"""Samvirke publishes documents as a checked knowledge graph in which every fact leads back to its words.

Importing the package loads nothing else: the rooms are imported where they are used,
so that the command line starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from samvirke.client import Dataset

__all__ = ["__version__", "open"]

__version__ = "0.1.0"


def open(place: str | Path, *, language: str = "en", timeout_s: float = 60.0) -> Dataset:
    """Open what is published in a site's folder, or behind a server's address: see `samvirke.client.open_dataset`."""
    from importlib import import_module  # noqa: PLC0415 - the package loads nothing until it is used

    dataset: Dataset = import_module("samvirke.client").open_dataset(place, language=language, timeout_s=timeout_s)
    return dataset

"""The disk store of a generation: what answers before the data are in memory, and instead when they are too many.

Duty: write a generation's data once as an engine's own directory, and open that read-only. Level 3; decides
nothing about when. The directory never changes after it was written: opening it writes nothing, so it may lie
on a read-only disk, and any number of processes may have it open.
Source: https://github.com/facebook/rocksdb/wiki/Read-only-and-Secondary-instances
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pyoxigraph
from pyoxigraph import RdfFormat

from samvirke.errors import StoreDamaged
from samvirke.store import load_files

__all__ = ["FOLDER", "WORTH_QUADS", "has_disk_store", "open_disk", "open_files", "write_disk"]

FOLDER = "store"
WORTH_QUADS = 50_000
"""Quads from which on a disk store is worth its place. Fewer are in memory within a quarter of a second."""
_TABLE = ".sst"
_UNNEEDED = ("LOG", "LOCK")
"""What the writer leaves and no reader wants: its diary and its lock."""


def write_disk(directory: Path, files: Iterable[tuple[Path, RdfFormat]]) -> None:
    """Write the disk store of the generation in `directory` from the files of its data.

    Compacted at once: a store that was not is up to twelve times slower to read.
    Raises: StoreDamaged when a file does not parse; OSError when the disk is full.
    """
    store = pyoxigraph.Store(directory / FOLDER)
    load_files(store, files)
    store.optimize()
    store.flush()
    finish_disk(directory)


def finish_disk(directory: Path) -> None:
    """Remove from a disk store that was just written what is not data."""
    for name in _UNNEEDED:
        with suppress(FileNotFoundError):
            (directory / FOLDER / name).unlink()


def has_disk_store(directory: Path) -> bool:
    """Say whether a generation was published with a disk store."""
    return (directory / FOLDER).is_dir()


def open_disk(directory: Path) -> pyoxigraph.Store:
    """Open the disk store of a generation, read-only: takes milliseconds, whatever its size.

    Raises: StoreDamaged when it is missing, cut short or not what the engine writes, or when not every table
    of it could be opened now: a confined worker cannot open one later.
    """
    folder = directory / FOLDER
    try:
        if not folder.is_dir():
            raise OSError("there is none")
        store = pyoxigraph.Store.read_only(str(folder))
        tables = {path.stat().st_ino for path in folder.iterdir() if path.suffix == _TABLE}
        if unopened := tables - {os.fstat(number).st_ino for number in open_files(folder)}:
            raise OSError(f"{len(unopened)} of its files stay closed")
    except OSError as error:
        raise StoreDamaged(f"{folder} cannot be opened: {error}.", remedy="Build the site again.") from error
    return store


def open_files(folder: Path) -> frozenset[int]:
    """Return the descriptors of this process that are files of `folder`."""
    found = set()
    wanted = {(path.stat().st_dev, path.stat().st_ino) for path in folder.iterdir() if path.is_file()}
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - numbers are wanted, not paths
        with suppress(OSError, ValueError):  # The listing's own descriptor is closed by now.
            told = os.fstat(int(name))
            if (told.st_dev, told.st_ino) in wanted:
                found.add(int(name))
    return frozenset(found)

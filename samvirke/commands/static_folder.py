"""A folder that is written anew as a whole, and takes its name when everything is in it and on the disk.

Level 8. Writes beside the folder, never into it: a link in the old folder is not followed, and a kill at any moment
leaves the old one or the new one. A folder with a file that was not written here is never replaced.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import sqlite3
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from samvirke.errors import StoreBusy, WriteRefused

__all__ = ["MARKER", "Folder", "replacing"]

MARKER = ".samvirke-export"
_AT_FDCWD = -100
_EXCHANGE = 2


class Folder:
    """A folder that is being written. Each file once: what would be written over another is refused."""

    def __init__(self, path: Path, names: Path) -> None:
        """Take the empty folder, and where the names that are taken are kept: there may be very many."""
        self.path = path
        self._names = sqlite3.connect(names, isolation_level=None)
        self._names.execute("PRAGMA journal_mode = OFF")
        self._names.execute("CREATE TABLE name (folded TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID")
        self._names.execute("BEGIN")
        self.files = 0
        self.alike: list[tuple[str, str]] = []
        """Pairs of files whose names are one where upper and lower case, or composed letters, are not told apart."""

    def write(self, parts: tuple[str, ...], body: Iterable[bytes]) -> bool:
        """Write a file below the folder; False when another has its place. `parts` are safe names."""
        name = "/".join(parts)
        path = self.path.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                for piece in body:
                    file.write(piece)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            return False
        self.files += 1
        self._remember(name)
        return True

    def _remember(self, name: str) -> None:
        folded = unicodedata.normalize("NFC", name).casefold()
        try:
            self._names.execute("INSERT INTO name VALUES (?, ?)", (folded, name))
        except sqlite3.IntegrityError:
            other = self._names.execute("SELECT name FROM name WHERE folded = ?", (folded,)).fetchone()[0]
            self.alike.append((other, name))

    def close(self) -> None:
        """Forget the names."""
        self._names.close()


@contextmanager
def replacing(target: Path) -> Iterator[Folder]:
    """Hand out a new folder, and give it the name `target` when the context ends well.

    Raises: WriteRefused when `target` holds what was not written here; StoreBusy when another run writes it.
    """
    refuse_strangers(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target), tempfile.TemporaryDirectory(dir=target.parent, prefix=_prefix(target)) as work:
        made = Path(work) / "new"
        made.mkdir()
        folder = Folder(made, Path(work) / "names")
        try:
            yield folder
        finally:
            folder.close()
        top = sorted({path.name for path in made.iterdir()} | {MARKER})
        (made / MARKER).write_text(json.dumps({"samvirke": "export site", "top": top}) + "\n", encoding="utf-8")
        os.sync()  # One call for all: there may be a million files.
        refuse_strangers(target)
        _switch(made, target)


def refuse_strangers(target: Path) -> None:
    """Raise when a folder is not this program's to replace: one that was written here, an empty one, or none."""
    if target.is_symlink():
        raise WriteRefused(f"{target} is a link.", remedy="Name the folder itself.")
    if not target.exists():
        return
    if not target.is_dir():
        raise WriteRefused(f"{target} is not a folder.", remedy="Name a new or an empty folder.")
    found = {path.name for path in target.iterdir()}
    if not found:
        return
    strangers = sorted(found - _written(target))
    if strangers:
        raise WriteRefused(
            f"{target} holds files that an export did not write: {', '.join(strangers[:5])}.",
            remedy="Name a new or an empty folder.",
        )


def _written(target: Path) -> set[str]:
    """What an export wrote at the top of a folder."""
    marker = target / MARKER
    if marker.is_symlink() or not marker.is_file():
        return set()
    try:
        told = json.loads(marker.read_text(encoding="utf-8"))
    except ValueError:
        return set()
    mine = isinstance(told, dict) and told.get("samvirke") == "export site" and isinstance(told.get("top"), list)
    return {str(name) for name in told["top"]} if mine else set()


def _prefix(target: Path) -> str:
    return f".{target.name}.samvirke-"


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the name against other runs, and sweep up what a killed one left."""
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusy(f"Another export is writing in {target.parent}.", remedy="Wait for it to end.") from error
        for left in target.parent.iterdir():
            if left.name.startswith(_prefix(target)) and left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _switch(made: Path, target: Path) -> None:
    """Put a folder in the place of another; in one step where the system can."""
    if not target.exists():
        made.rename(target)
    elif not _exchanged(made, target):
        aside = made.with_name("old")
        target.rename(aside)
        try:
            made.rename(target)
        except BaseException:
            with suppress(OSError):
                aside.rename(target)
            raise


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two names in one step (https://man7.org/linux/man-pages/man2/rename.2.html); False where that is unknown."""
    swap = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return swap is not None and (
        swap(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_EXCHANGE)) == 0
    )

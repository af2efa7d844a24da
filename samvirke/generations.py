"""Generations: what is published, on disk, and the switch from one to the next.

Duty: the state folder. A generation is a directory that never changes once it has its name; the
symbolic link `current` names the one that is served. Level 3; knows no RDF.

    lock                              held (flock) by the one build that runs
    journal/                          what was written since, by requests (room `journal`)
    current -> generations/<version>  replaced by rename, so a reader sees the old or the new, never neither
    generations/<version>/            complete and on disk before it got its name
    generations/.building-…           unfinished; removed by the next build, under the lock
    generations/.removing-…           retired, being deleted; the same

Whatever the moment at which a build is killed, `current` names a complete generation.
Standard: rename(2) of POSIX, https://pubs.opengroup.org/onlinepubs/9699919799/functions/rename.html
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samvirke.errors import NotFound, StoreBusy, StoreDamaged, StoreError

MANIFEST = "manifest.json"
CURRENT = "current"
FOLDER = "generations"
JOURNAL = "journal"
SHARED = "shared"
"""The queries that have a short address: they belong to no generation."""
LOCK = "lock"
_UNFINISHED = ".building-"
_RETIRED = ".removing-"
_LINK = ".current-"
_SEAL = "seal"
_POLL_S = 0.05
_READERS = 2
_BUILD_AGAIN = "Build the site again with `samvirke build`."


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation: its directory and what its manifest says."""

    directory: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The name of the generation: when it was built, and the beginning of its hash."""
        return self.directory.name

    @property
    def hash(self) -> str:
        """The SHA-256 of the dataset's canonical form."""
        return str(self.manifest.get("hash", ""))

    @property
    def sequence(self) -> int:
        """The number of the last record of the journal that is part of the generation; 0 when none is."""
        return int(self.manifest.get("journal", {}).get("sequence", 0))

    @property
    def journal(self) -> Path:
        """The folder of the journal beside the generations; it need not exist."""
        return self.directory.parent.parent / JOURNAL

    @property
    def writable(self) -> bool:
        """Whether what is loaded of it may be changed: true of a scratch store only, and of nothing published."""
        return self.manifest.get("writable") is True


def current(state: Path) -> Generation | None:
    """Return the generation that is served, or None when nothing has been published.

    Raises: StoreDamaged when the link leads nowhere or the manifest cannot be read.
    """
    link = state / CURRENT
    try:
        target = link.resolve(strict=True)
    except FileNotFoundError:
        if link.is_symlink():
            raise StoreDamaged(f"{link} leads to a folder that is gone.", remedy=_BUILD_AGAIN) from None
        return None
    except OSError as error:
        raise StoreDamaged(f"{link} cannot be followed: {error.strerror}.", remedy=_BUILD_AGAIN) from error
    return open_directory(target)


def open_directory(directory: Path) -> Generation:
    """Open a generation by its directory, also one that was copied to another machine.

    Raises: StoreDamaged when the manifest is missing or is not what was written.
    """
    path = directory / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreDamaged(f"{path} cannot be read: {error}.", remedy=_BUILD_AGAIN) from error
    if not isinstance(manifest, dict) or "hash" not in manifest:
        raise StoreDamaged(f"{path} is not a manifest.", remedy=_BUILD_AGAIN)
    return Generation(directory, manifest)


def verify(generation: Generation) -> list[str]:
    """Return the files of a generation that are not as they were written, in path order."""
    parts: Mapping[str, str] = generation.manifest.get("parts", {})
    wrong = []
    for name, digest in sorted(parts.items()):
        path = generation.directory / name
        if not path.is_file() or file_digest(path) != digest:
            wrong.append(name)
    return wrong


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with its own checksum: all else is covered by the checksums in it."""
    bare = {name: value for name, value in manifest.items() if name != _SEAL}
    return {**bare, _SEAL: hashlib.sha256(_spelt(bare).encode()).hexdigest()}


def is_sealed(generation: Generation) -> bool:
    """Say whether a generation's manifest is, byte for byte, as it was written."""
    try:
        text = (generation.directory / MANIFEST).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return text == _spelt(sealed(generation.manifest)) and generation.manifest.get("version") == generation.version


def _spelt(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(state: Path, *, wait_ms: int) -> Iterator[None]:
    """Hold the state folder for one build, and clear away what a killed build left.

    Units:  `wait_ms` milliseconds to wait for another build; 0 tries once.
    Raises: StoreBusy when the other build goes on for longer; StoreError when the folder cannot be written.
    """
    with writing(state):
        (state / FOLDER).mkdir(parents=True, exist_ok=True)
        file = (state / LOCK).open("a+", encoding="ascii")
    with file:
        deadline = time.monotonic() + wait_ms / 1000
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise _busy(state, file.name) from None
                time.sleep(_POLL_S)
        with writing(state):
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            _sweep(state)
        yield


def _busy(state: Path, lock: str) -> StoreBusy:
    holder = ""
    with suppress(OSError):
        holder = Path(lock).read_text(encoding="ascii").strip()
    who = f"Another build (process {holder})" if holder.isdigit() else "Another build"
    return StoreBusy(f"{who} is at work in {state}.", remedy="Wait until it is done and try again.")


def _sweep(state: Path) -> None:
    """Remove what builds left that were killed. Only the holder of the lock may do this."""
    for path in (state / FOLDER).iterdir():
        if path.name.startswith((_UNFINISHED, _RETIRED)):
            shutil.rmtree(path)
    for path in state.iterdir():
        if path.name.startswith(_LINK):
            path.unlink()


def publish(state: Path, *, name: str, write: Callable[[Path], Mapping[str, Any]], retention: int) -> Generation:
    """Write a new generation and switch to it. The caller holds the lock.

    Reads:  nothing but what `write` reads. `write` gets an empty directory, fills it and returns the
            manifest; version and checksums are added here, but those that it gives as `parts`. `name`
            becomes the directory's name, with a number when there is one of that name already.
    Writes: the generation, the link `current`; deletes all but the newest `retention` generations.
    Raises: StoreError when the disk is full or cannot be written; what was published before stands.
    """
    unfinished = state / FOLDER / f"{_UNFINISHED}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with writing(state):
            unfinished.mkdir()
            manifest = dict(write(unfinished))
            version = _free(state, name)
            parts = _digests(unfinished, manifest.get("parts", {}))
            manifest = sealed({"version": version, **manifest, "parts": parts})
            (unfinished / MANIFEST).write_text(_spelt(manifest), encoding="utf-8")
            sync_tree(unfinished)
            directory = state / FOLDER / version
            unfinished.rename(directory)
            sync(state / FOLDER)
            _switch(state, version)
    except BaseException:
        # Also on Ctrl-C: a build that did not finish leaves nothing. A kill leaves it to the next build.
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    _retire(state, keep=version, retention=retention)
    return Generation(directory.resolve(), manifest)


def _digests(folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Return the checksum of every file by its path; several files are read at once."""
    names = [path.relative_to(folder).as_posix() for path in _below(folder)]
    with ThreadPoolExecutor(_READERS) as readers:
        missing = [name for name in names if name not in known]
        found = {
            **known,
            **dict(zip(missing, readers.map(lambda name: file_digest(folder / name), missing), strict=True)),
        }
    return {name: found[name] for name in names}


def _free(state: Path, name: str) -> str:
    version, number = name, 1
    while (state / FOLDER / version).exists():
        number += 1
        version = f"{name}.{number}"
    return version


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sync_tree(folder: Path) -> None:
    """Bring every file and folder to the disk before the folder gets its name."""
    for path in _below(folder):
        sync(path)
    for path in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        sync(path)


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _switch(state: Path, version: str) -> None:
    link = state / f"{_LINK}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        link.symlink_to(Path(FOLDER) / version)
        link.replace(state / CURRENT)
    except BaseException:
        link.unlink(missing_ok=True)
        raise
    sync(state)


def versions(state: Path) -> list[Generation]:
    """Return the generations that are kept, the newest first; one that cannot be opened is left out."""
    found = []
    for path in (state / FOLDER).iterdir() if (state / FOLDER).is_dir() else ():
        if path.is_dir() and not path.name.startswith("."):
            with suppress(StoreDamaged):
                found.append(open_directory(path))
    return sorted(found, key=lambda one: one.version, reverse=True)


def switch(state: Path, version: str) -> Generation:
    """Serve a generation that is kept. The caller holds the lock.

    Writes: the link `current`, which names the old generation or the new one at any moment.
    Raises: NotFound when there is none of that version; StoreDamaged when it is not as it was written.
    """
    directory = state / FOLDER / version
    if "/" in version or version.startswith(".") or not directory.is_dir():
        kept = ", ".join(one.version for one in versions(state)) or "none"
        raise NotFound(f"There is no generation {version}.", remedy=f"These are kept: {kept}.")
    generation = open_directory(directory.resolve())
    wrong = verify(generation)
    if wrong:
        raise StoreDamaged(f"{wrong[0]} of {version} is not as it was written.", remedy="Choose another generation.")
    with writing(state):
        _switch(state, version)
    return generation


def _retire(state: Path, *, keep: str, retention: int) -> None:
    """Delete old generations; each loses its name first, so that no half of one is ever found by name.

    The new generation is served already, so a folder that cannot be deleted is left for the next build.
    """
    others = [
        path
        for path in (state / FOLDER).iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.name != keep
    ]
    others.sort(key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    for path in others[max(retention - 1, 0) :]:
        with suppress(OSError):
            retired = path.rename(path.with_name(f"{_RETIRED}{path.name}"))
            shutil.rmtree(retired)


@contextmanager
def writing(state: Path) -> Iterator[None]:
    """Say plainly what stops a build from writing to the state folder."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{state} cannot be written: {error}.", remedy="Make room on the disk and try again."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            message, remedy = f"There is no room left for {state}.", "Make room on the disk and build again."
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            message = f"{error.filename or state} may not be written ({error.strerror})."
            remedy = "Choose another folder with the setting `state` or SAMVIRKE_STATE."
        else:
            message, remedy = f"{error.filename or state}: {error.strerror}.", "Repair the folder and build again."
        raise StoreError(message, remedy=remedy) from error

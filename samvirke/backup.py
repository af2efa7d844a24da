"""Backups: everything a site is, in one file that was read again before it is called good.

Duty: write, read and try a backup. Level 6. It holds the site's own files, the generation that is served, the
journal up to a moment and the tokens (as their checksums), so that the site can be served anywhere from it alone.

    backup.json     when, of what version, and the SHA-256 of every other member
    site/…          samvirke.toml, ontology, data, queries
    state/…         generations/<version>/…, journal/…, tokens.json
Standard: pax interchange format, https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from samvirke import generations, journal
from samvirke.errors import InputError, StoreDamaged, StoreError, WrongUse
from samvirke.generations import Generation
from samvirke.site import Site
from samvirke.verification import Check, verify_state

__all__ = ["Backup", "back_up", "restore"]

_INDEX = "backup.json"
_SITE, _STATE = "site", "state"
_TOKENS = "tokens.json"
_USUAL_STATE = ".samvirke"
_STRETCH = 1 << 20
_MOST_MEMBERS = 1_000_000
_AGAIN = "Make another backup, or use an older one."
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was found good: where it is, of what version, how many bytes, and what was looked at."""

    path: Path
    version: str
    size_bytes: int
    checks: tuple[Check, ...]


def back_up(site: Site, target: Path, *, progress: Say | None = None) -> Backup:
    """Write a backup of a site to the file `target`, and try it.

    Reads:  the site, its state and its journal; what is written meanwhile is in it whole or not at all.
    Writes: `target`, which appears only when the backup was read again and everything in it verified.
    Raises: WrongUse when the file is there; StoreError when nothing is published or there is no room;
            StoreDamaged with the reason when what is published is damaged: a copy of that is no backup.
    """
    if target.exists():
        raise WrongUse(f"{target} is there already.", remedy="Name another file.")
    unfinished = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        with generations.locked(site.state, wait_ms=site.settings.lock_wait_ms):  # No build retires what is copied.
            generation = generations.current(site.state)
            if generation is None:
                raise StoreError("Nothing has been published yet.", remedy="Run: samvirke build")
            if progress:
                progress("copying …")
            _write(unfinished, site, generation)
        checks = _tried(unfinished, progress=progress)
        generations.sync(unfinished)
        unfinished.replace(target)
        generations.sync(target.parent)
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written: {error.strerror or error}.", remedy="Make room there."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return Backup(target, generation.version, target.stat().st_size, tuple(checks))


def restore(source: Path, folder: Path, *, progress: Say | None = None) -> Backup:
    """Make a site of a backup in an empty or new folder, ready to be served.

    Writes: `folder`, which gets its name only when everything in it was verified.
    Raises: WrongUse when the folder holds something; InputError when the file is no backup;
            StoreDamaged with the reason when it is damaged.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUse(f"{folder} is not empty.", remedy="Name a new folder: nothing is ever written over.")
    unfinished = folder.resolve().with_name(f".{folder.resolve().name}-{secrets.token_hex(4)}")
    try:
        unfinished.mkdir(parents=True)
        index = _unpack(source, unfinished)
        checks = _judged(unfinished / _STATE, progress)
        site = unfinished / _SITE
        site.mkdir(exist_ok=True)
        (unfinished / _STATE).rename(site / str(index.get("state", _USUAL_STATE)))
        generations.sync_tree(site)
        if folder.exists():
            folder.rmdir()
        site.rename(folder)
        generations.sync(folder.resolve().parent)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Backup(folder, str(index.get("version", "")), source.stat().st_size, tuple(checks))


# ---------------------------------------------------------------- writing


def _write(path: Path, site: Site, generation: Generation) -> None:
    digests: dict[str, str] = {}
    with path.open("xb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, source in _members(site, generation):
            with source.open("rb") as content:
                digests[name] = _add(archive, name, content, source.stat().st_size)
        folder = site.state / generations.JOURNAL
        if folder.is_dir():
            name = f"{_STATE}/{generations.JOURNAL}/{journal.FILE}"
            whole = journal.whole_bytes(folder)  # Ends with a record, also while one is being written.
            with (folder / journal.FILE).open("rb") as content:
                digests[name] = _add(archive, name, content, whole)
        index = {
            "format": 1,
            "version": generation.version,
            "hash": generation.hash,
            "made": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "state": _inner_state(site),
            "files": digests,
        }
        told = json.dumps(index, ensure_ascii=False, indent=1).encode() + b"\n"
        _add(archive, _INDEX, io.BytesIO(told), len(told))


def _inner_state(site: Site) -> str:
    """Where the state lies in the restored folder: where the settings say, if that is inside the site."""
    state = site.settings.state
    return (
        state.as_posix()
        if not state.is_absolute() and ".." not in state.parts and len(state.parts) == 1
        else ".samvirke"
    )


def _members(site: Site, generation: Generation) -> Iterator[tuple[str, Path]]:
    for path in site.source_files():
        yield f"{_SITE}/{site.relative(path)}", path
    for path in sorted(path for path in generation.directory.rglob("*") if path.is_file()):
        local = path.relative_to(generation.directory).as_posix()
        yield f"{_STATE}/{generations.FOLDER}/{generation.version}/{local}", path
    tokens = site.state / _TOKENS
    if tokens.is_file():
        yield f"{_STATE}/{_TOKENS}", tokens
    for path in sorted((site.state / generations.SHARED).glob("*.rq")):  # One that is being kept has no such name yet.
        yield f"{_STATE}/{generations.SHARED}/{path.name}", path


def _add(archive: tarfile.TarFile, name: str, content: io.BufferedIOBase, size: int) -> str:
    """Add the first `size` bytes of a file under a name; return their checksum."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    reader = _Digesting(content, size)
    archive.addfile(entry, reader)
    return reader.digest.hexdigest()


class _Digesting:
    """Reads no more than a number of bytes, and takes their checksum as they pass."""

    def __init__(self, content: io.BufferedIOBase, size: int) -> None:
        self._content, self._left = content, size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._content.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self.digest.update(data)
        return data


# ---------------------------------------------------------------- reading


def _tried(path: Path, *, progress: Say | None) -> list[Check]:
    """Unpack a backup somewhere else and look at everything in it."""
    with tempfile.TemporaryDirectory(prefix=".samvirke-backup-", dir=path.parent) as folder:
        _unpack(path, Path(folder))
        return _judged(Path(folder) / _STATE, progress)


def _judged(state: Path, progress: Say | None) -> list[Check]:
    checks = verify_state(state, progress=progress)
    if wrong := [sentence for check in checks for sentence in check.wrong]:
        raise StoreDamaged(f"The backup is not good: {wrong[0]}", remedy=_AGAIN)
    return checks


def _unpack(source: Path, folder: Path) -> Mapping[str, object]:
    """Write out the members of a backup whose checksums are right, and set the link to the generation.

    Raises: InputError when the file is no backup; StoreDamaged when it is not whole.
    """
    found: dict[str, str] = {}
    index: Mapping[str, object] | None = None
    with _opened(source) as archive:
        for number, entry in enumerate(archive):
            if number > _MOST_MEMBERS:
                raise InputError("There are too many members.", file=source)
            content = archive.extractfile(entry) if entry.isreg() else None
            if content is None or not _is_inside(entry.name):
                raise InputError(f"The member {entry.name[:200]!r} does not belong in a backup.", file=source)
            if entry.name == _INDEX:
                index = json.load(content)
                continue
            target = folder / entry.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                digest = hashlib.sha256()
                while data := content.read(_STRETCH):
                    digest.update(data)
                    file.write(data)
            target.chmod(0o600 if target.name == _TOKENS else 0o644)
            found[entry.name] = digest.hexdigest()
    if not isinstance(index, dict) or not isinstance(index.get("files"), dict):
        raise StoreDamaged(f"{source} ends too early: its list of files is missing.", remedy=_AGAIN)
    wrong = sorted(name for name in {*found, *index["files"]} if found.get(name) != index["files"].get(name))
    if wrong:
        raise StoreDamaged(f"{wrong[0]} in {source} is not as it was written.", remedy=_AGAIN)
    link = folder / _STATE / generations.CURRENT
    link.symlink_to(Path(generations.FOLDER) / str(index["version"]))
    return index


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with source.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
            yield archive
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise InputError(f"It is no backup, or a damaged one: {error}.", file=source, remedy=_AGAIN) from error


def _is_inside(name: str) -> bool:
    """Whether a member's name stays inside the folder it is unpacked to."""
    parts = PurePosixPath(name).parts
    return name == _INDEX or (
        len(parts) > 1 and parts[0] in (_SITE, _STATE) and not {"..", "", "/"} & set(parts) and "\\" not in name
    )

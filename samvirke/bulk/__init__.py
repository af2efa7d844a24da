"""Publish one RDF file, with no site around it.

Duty: from a file to a generation, at the speed of the engine's own loader. Level 6. Classes and properties are
read off the data; nothing is checked beyond the syntax, nothing is inferred, and nothing is claimed: facts that
stand in no passage have no evidence. While the engine loads the lines on one processor, the index is written
from the same lines on another.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from samvirke import __version__, generations, search
from samvirke.bulk.survey import Survey, Unusual, common_base, schema_of, survey, things_of
from samvirke.errors import InputError
from samvirke.generations import Generation
from samvirke.memory import without_collector
from samvirke.model import Report, Severity
from samvirke.reports import report_turtle
from samvirke.settings import public_settings, settings_from_public
from samvirke.store import DATA_FILE, DEFAULT_FILE
from samvirke.store.bulk import Lines, load_lines, write_lines

__all__ = ["is_published", "publish_file"]

NO_BASE = "http://localhost/"
"""What things are named under that have no address of their own, when nothing else is known."""
ON_DISK_BYTES = 6_000_000
"""Size of the lines from which on a disk store is written: about fifty thousand facts."""
INFERRED = (
    "CREATE TABLE inferred (s TEXT NOT NULL, p TEXT NOT NULL, o TEXT NOT NULL, rule TEXT NOT NULL,"
    " passages TEXT NOT NULL, PRIMARY KEY (s, p, o)) WITHOUT ROWID"
)
Progress = Callable[[str], None]


def publish_file(
    source: Path,
    state: Path,
    *,
    base: str | None = None,
    languages: Sequence[str] = ("en",),
    retention: int = 1,
    lock_wait_ms: int = 30_000,
    progress: Progress | None = None,
) -> Generation:
    """Publish an RDF file as a generation in the folder `state`.

    Reads:  `source`: ttl, trig, nt, nq, rdf or jsonld. `base` is the address things are named under; without
            it, what the addresses of the file's things have in common.
    Writes: a generation and the link `current`; nothing when it raises.
    Raises: InputError with file, line and column; StoreBusy; StoreError when the folder cannot be written.
    """
    if not source.is_file():
        what = "is not a file" if source.exists() else "does not exist"
        raise InputError(f"The file {what}.", file=source, remedy="Name an RDF file.")
    with generations.locked(state, wait_ms=lock_wait_ms), without_collector():
        writer = _Writer(source, base, languages, progress or (lambda _: None))
        return generations.publish(state, name=writer.name, write=writer.write, retention=retention)


def is_published(source: Path, generation: Generation | None, *, base: str | None) -> bool:
    """Say whether a generation was made of the file as it is now, by this version of the engine."""
    if generation is None or generation.manifest.get("engine") != __version__:
        return False
    told: Mapping[str, Any] = generation.manifest.get("source", {})
    return told == _stamp(source) and base in (None, generation.manifest.get("base"))


def _stamp(source: Path) -> dict[str, Any]:
    status = source.stat()
    return {"name": source.name, "bytes": status.st_size, "modified_ns": status.st_mtime_ns}


class _Writer:
    """Writes the generation of one file."""

    def __init__(self, source: Path, base: str | None, languages: Sequence[str], progress: Progress) -> None:
        self.source = source
        self.given_base = base
        self.languages = tuple(languages)
        self.progress = progress
        self.built = datetime.now(UTC).replace(microsecond=0)
        self.stamp = _stamp(source)

    @property
    def name(self) -> str:
        """The generation's name: the time it was built, and a digest of which file it was made of."""
        digest = hashlib.sha256(json.dumps(self.stamp, sort_keys=True).encode()).hexdigest()
        return f"{self.built:%Y%m%dT%H%M%SZ}-{digest[:12]}"

    def write(self, directory: Path) -> Mapping[str, Any]:
        """Fill `directory` and return the manifest."""
        self.progress("Reading the file …")
        try:
            return self._write(directory, plain=True)
        except Unusual:
            # Comments, repetitions, odd spelling: every line is written anew, as it should be.
            for path in directory.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return self._write(directory, plain=False)

    def _write(self, directory: Path, *, plain: bool) -> Mapping[str, Any]:
        base = self.given_base or NO_BASE
        lines = write_lines(self.source, directory, base=base, plain=plain)
        on_disk = (directory / DATA_FILE).stat().st_size >= ON_DISK_BYTES
        with ThreadPoolExecutor(1) as other:
            # The engine lets this thread work while it loads.
            loading = other.submit(load_lines, directory, lines, source=self.source, on_disk=on_disk)
            try:
                found = survey(directory / DATA_FILE)
                base = self.given_base or common_base(found.subjects) or NO_BASE
                self._write_beside(directory, found, base, lines)
                digest = generations.file_digest(directory / DATA_FILE)
            except (Unusual, InputError):
                loading.result()  # The parser tells the place of a mistake.
                raise
            count = loading.result()
        if lines.as_given and (found.others or found.facts != count):
            raise Unusual
        return self._manifest(base, lines, digest, count)

    def _write_beside(self, directory: Path, found: Survey, base: str, lines: Lines) -> None:
        """Write everything but the data and their store."""
        self.progress("Writing the index …")
        schema = schema_of(found, base=base, languages=self.languages, prefixes=dict(lines.prefixes))
        schema = replace(schema, unnamed_facts=True)
        (directory / "schema.json").write_text(schema.to_json() + "\n", encoding="utf-8")
        title = dict.fromkeys(self.languages, self.source.name)
        told = {"base": base, "languages": list(self.languages), "title": title}
        settings = public_settings(settings_from_public(told, place=str(self.source)))
        _write_json(directory / "settings.json", settings)
        _write_json(directory / "report.json", {"findings": [], "seconds": 0.0})
        (directory / "report.ttl").write_bytes(report_turtle(Report(())))
        index = directory / "index.sqlite"
        search.write_index(index, things_of(found), schema, self.languages)
        connection = sqlite3.connect(index)
        try:
            connection.execute(INFERRED)
        finally:
            connection.close()

    def _manifest(self, base: str, lines: Lines, digest: str, count: int) -> dict[str, Any]:
        known = {DATA_FILE: digest} if lines.named_graphs else {DATA_FILE: digest, DEFAULT_FILE: digest}
        return {
            "built": self.built.isoformat().replace("+00:00", "Z"),
            "engine": __version__,
            "base": base,
            "languages": list(self.languages),
            # Of the lines as they stand: labelling a million blank nodes canonically takes longer than loading them.
            "hash": digest,
            "source": self.stamp,
            "counts": {"facts": count, "inferred": 0, "quads": count, "schema": 0, "passages": 0, "documents": 0},
            "rules": {},
            "findings": {severity.value: 0 for severity in Severity},
            "reasoner": "not asked",
            "checked": False,
            "schema_graphs": [],
            "prefixes": dict(lines.prefixes),
            "files": {},
            "parts": known,
        }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

"""Rewrite single terms of Turtle and TriG files, safely.

Duty: read a file with the places of its terms, apply edits to its text, prove that it then says what it
should, and replace it in one step. Level 4; imports `store` and `turtle_text`.
It must not decide what is to change, and must not write before every new text is proven.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from samvirke.anchor.turtle_text import Text, read
from samvirke.errors import EvidenceError, InputError
from samvirke.evidence.quotes import clip
from samvirke.model import NamedNode, Quad
from samvirke.store import read_rdf
from samvirke.terms import CORE

__all__ = ["Change", "Edit", "File", "applied", "changes", "prove", "read_file", "replace"]

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was, or with `dry_run` would be, rewritten, where it stands in the file before."""

    file: str
    line: int
    column: int
    old: str
    new: str
    quote: str = ""

    def __str__(self) -> str:
        words = f" “{clip(self.quote)}”" if self.quote else ""
        return f"{self.file}:{self.line}:{self.column}: {self.old} → {self.new}{words}"


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was read: its bytes, and the terms of its text."""

    path: Path
    content: bytes
    text: Text
    base: str
    quads: tuple[Quad, ...]

    def here(self, offset: int) -> dict[str, object]:
        """Name a place of the file for an error."""
        line, column = self.text.place(offset)
        return {"file": self.path, "line": line, "column": column}


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of a file's text and what to put in their place."""

    start: int
    end: int
    new: str
    old_shown: str
    new_shown: str
    quote: str = ""
    told: str = ""
    """Edits that tell the same are told once."""


def read_file(path: Path, base: str) -> File:
    """Read a file whose relative addresses count from `base`; it must parse before its text is looked at."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", file=path) from error
    quads = tuple(read_rdf(content, format=path.suffix.lstrip("."), base_iri=base, file=str(path)))
    return File(path, content, read(content.decode("utf-8").removeprefix(_BOM), base), base, quads)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with every edit made."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def changes(file: File, edits: Iterable[Edit]) -> list[Change]:
    """Return what the edits change, each thing once, in the order of the file."""
    told: dict[str, Change] = {}
    for edit in sorted(edits, key=lambda edit: edit.start):
        line, column = file.text.place(edit.start)
        change = Change(str(file.path), line, column, edit.old_shown, edit.new_shown, edit.quote)
        told.setdefault(edit.told or f"{edit.start} {edit.new}", change)
    return list(told.values())


def prove(file: File, text: str, renamed: Mapping[str, str]) -> None:
    """The new text says what the old one said, with the new addresses and checksums, or nothing is written."""
    content = text.encode("utf-8")
    said = set(read_rdf(content, format=file.path.suffix.lstrip("."), base_iri=file.base, file=str(file.path)))
    was = {_moved(quad, renamed) for quad in file.quads}
    # The parser names blank nodes anew each time; what has none must agree.
    apart = [quad for quad in said ^ was if quad.predicate != CORE.sha256 and not _anonymous(quad)]
    if apart:
        raise EvidenceError(
            f"The file would say something else after anchoring: {min(apart, key=str)}.",
            file=file.path,
            remedy="Nothing was written. Write the addresses of passages as <#…>.",
        )


def _moved(quad: Quad, renamed: Mapping[str, str]) -> Quad:
    def move(term: object) -> object:
        return NamedNode(renamed.get(term.value, term.value)) if isinstance(term, NamedNode) else term

    return Quad(move(quad.subject), move(quad.predicate), move(quad.object), move(quad.graph_name))  # type: ignore[arg-type]  # a term of the same kind comes back


def _anonymous(quad: Quad) -> bool:
    return any(str(term).startswith("_:") for term in (quad.subject, quad.object, quad.graph_name))


def replace(contents: Sequence[tuple[File, str]]) -> None:
    """Write every file beside its old self first, then put each in its place in one step."""
    written: list[tuple[Path, Path]] = []
    try:
        for file, text in contents:
            target = file.path.resolve()
            if target.read_bytes() != file.content:
                raise InputError("The file was changed meanwhile.", file=file.path, remedy="Run the command again.")
            mark = _BOM if file.content.startswith(_BOM.encode()) else ""
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
            written.append((Path(name), target))
            with os.fdopen(handle, "wb") as output:
                output.write((mark + text).encode("utf-8"))
                output.flush()
                os.fsync(output.fileno())
            Path(name).chmod(target.stat().st_mode)
        while written:
            new, target = written[-1]
            new.replace(target)
            written.pop()
    except OSError as error:
        raise InputError(
            f"The file cannot be written: {error.strerror}.",
            file=error.filename2 or error.filename,
            remedy="Check that you may write there.",
        ) from error
    finally:
        for new, _ in written:
            new.unlink(missing_ok=True)

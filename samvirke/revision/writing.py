"""Put the files of a new version into its document's folder.

Duty: write what is not there yet, each file whole and on disk; refuse what a person has changed. Level 6.
It must not write over any file but `about.ttl`, to which it only adds. Whatever moment it is ended at, running
it again completes the work: the facts come last, and each file is there as it should be or not at all.
"""

from __future__ import annotations

import datetime
import errno
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from samvirke.anchor.rewriting import File, read_file, replace
from samvirke.errors import InputError
from samvirke.model import NamedNode, Quad
from samvirke.revision.describing import dated, described, description
from samvirke.revision.versions import Before, Target
from samvirke.site import Site

__all__ = ["about_text", "write"]

About = tuple[File | None, str]


def about_text(site: Site, said: Before, new: Target, carried: Sequence[Quad]) -> tuple[About, tuple[Quad, ...]]:
    """Return `about.ttl` with the text it is to have ("" when it stays), and what is said of the old version."""
    base = site.document_base(new.about) or ""
    file = read_file(new.about, base) if new.about.is_file() else None
    mark = f"{said.version.address}#"
    known = tuple(
        quad
        for quad in (*(file.quads if file else ()), *(said.file.quads if said.file else ()))
        if not (isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(mark))
    )
    if described(file, new.version.address):
        return (file, ""), known
    date = "" if dated(carried, new.version.address) else _date(new.text.stem)
    text = file.text.text if file else ""
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return (file, text + gap + description(file, known, said.version, new.version, date=date)), known


def _date(name: str) -> str:
    """The name of a version, when it is a day, a month or a year that there is."""
    try:
        datetime.date.fromisoformat(f"{name}-01-01"[:10] if len(name) < len("2024-01-01") else name)
    except ValueError:
        return ""
    return name


def write(new: Target, *, facts: str, lost: str, about: About, dry_run: bool) -> tuple[tuple[Path, str], ...]:
    """Write the files of the new version that are not there, and return each with what happened to it.

    Raises: InputError when one is there and is another; nothing was written then.
    """
    wanted = [(new.text, new.content), (new.review, lost.encode()), (new.facts, facts.encode())]
    written = [(path, content) for path, content in wanted if content or path == new.text]
    others = [path for path, content in written if _is_other(path, content)]
    if not facts and new.facts.exists():
        others.append(new.facts)
    if others and not dry_run:
        raise InputError(
            "The file is there and is not what a revision would write: somebody has worked in it.",
            file=others[0],
            remedy="Nothing was written. Go on in that file; to begin anew, move it away first. "
            "With --dry-run only the comparison is shown.",
        )
    states = {path: "edited" if path in others else "there" if path.exists() else "new" for path, _ in written}
    told = list(states.items())
    file, text = about
    if text:
        told.append((new.about, "changed" if file else "new"))
    if dry_run:
        return tuple(told)
    for path, content in written[:-1] if facts else written:
        _put(path, content)
    if text and file is not None:
        replace([(file, text)])
    elif text:
        _put(new.about, text.encode())
    if facts:
        _put(*written[-1])
    return tuple(told)


def _is_other(path: Path, content: bytes) -> bool:
    """Whether a file is there and holds something else."""
    try:
        return path.exists() and path.read_bytes() != content
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", file=path) from error


def _put(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, in one step; one that came up meanwhile is left."""
    if path.exists():
        return
    handle, name = -1, ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
        with os.fdopen(handle, "wb") as output:
            output.write(content)
            output.flush()
            os.fsync(output.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        _take_name(Path(name), path)
    except FileExistsError as error:
        raise InputError("The file came up meanwhile.", file=path, remedy="Run the command again.") from error
    except OSError as error:
        raise InputError(
            f"The file cannot be written: {error.strerror}.", file=path, remedy="Check that you may write there."
        ) from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
    _sync(path.parent)


def _take_name(written: Path, path: Path) -> None:
    """Give a written file its name, unless a file of that name came up meanwhile."""
    try:
        os.link(written, path)
    except OSError as error:
        # Some file systems know no second name for a file.
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS} or path.exists():
            raise
        written.replace(path)


def _sync(path: Path) -> None:
    """Let the names in a folder be on disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

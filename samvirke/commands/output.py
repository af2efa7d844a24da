"""Where results go: stdout or a file that appears whole or not at all.

Level 8. Writes only where the user said; never touches the file until the new one is complete.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from samvirke.errors import WrongUse

STANDARD = "-"


@contextmanager
def destination(output: str | None) -> Iterator[IO[bytes]]:
    """Open what `-o` names for writing; `None` and `-` are stdout.

    Writes: a file beside the destination, renamed over it once all is written and synced, so that a
    reader sees the old file or the new one and an interruption leaves no half of one.
    Raises: WrongUse when the folder is missing or not writable.
    """
    if output is None or output == STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise WrongUse(
            f"{path} cannot be written: {error.strerror}.", remedy="Name a file in a folder you may write to."
        ) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise WrongUse(f"{path} cannot be written: {error.strerror}.") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """Return the rights of the file that is replaced, else those a new file would get."""
    if path.is_file():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_json(value: object) -> None:
    """Print `value` as indented JSON in UTF-8."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def read_text(source: str) -> tuple[str, str]:
    """Return the text of a file, or of stdin for `-`, and the name to use in messages.

    Raises: WrongUse when there is no such file; InputError when it is not UTF-8.
    """
    from samvirke.errors import InputError

    name = "<stdin>" if source == STANDARD else source
    try:
        data = sys.stdin.buffer.read() if source == STANDARD else Path(source).read_bytes()
    except OSError as error:
        raise WrongUse(
            f"{source} cannot be read: {error.strerror}.", remedy="Name an existing file, or - for standard input."
        ) from error
    try:
        return data.decode("utf-8-sig"), name
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("This is not UTF-8 text.", file=name, line=line, remedy="Save it as UTF-8.") from error


def width(text: str) -> int:
    """Return the columns that `text` takes on a terminal."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lay `rows` out in columns under `header`, without lines around them."""
    cleaned = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(header, *cleaned, strict=True)]
    for row in (header, ["─" * size for size in widths], *cleaned):
        cells = [cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()

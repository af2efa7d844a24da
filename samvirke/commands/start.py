"""The command that makes a new site: init.

Level 8. Writes a folder that was not there or was empty, and nothing else.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from samvirke.commands.frame import Command, Frame, option, pass_frame, words
from samvirke.errors import WrongUse

STARTER = "starter"
# The base address of the starter's files, and what a new site is named under unless the user says otherwise.
STARTER_BASE = "https://example.org/site/"

NEXT_STEPS = words(
    """A new site is in {folder}. Next:

  cd {folder}
  samvirke serve      build it and show it at http://127.0.0.1:8000
  samvirke anchor     after you changed quotes: find them in the document
  samvirke check      list what is wrong

data/documents/ holds the text and the facts read from it, ontology/ the words and the checks, queries/ the questions.
""",
    """Et nyt sted ligger i {folder}. Det næste:

  cd {folder}
  samvirke serve      byg det, og vis det på http://127.0.0.1:8000
  samvirke anchor     når du har ændret citater: find dem i dokumentet
  samvirke check      vis, hvad der er galt

data/documents/ rummer teksten og de fakta, der er læst af den, ontology/ ordene og kontrollerne, queries/ spørgsmålene.
""",
)


@click.command(
    cls=Command,
    words=words(
        "Make a new site: a small one that builds at once, to change into your own.",
        "Lav et nyt sted: et lille, der kan bygges med det samme, og som du laver om til dit eget.",
    ),
)
@click.argument("folder", metavar="DIR")
@option(
    "--base",
    metavar="ADDRESS",
    default=STARTER_BASE,
    help=words("The address everything is named under.", "Adressen, som alting navngives under."),
)
@pass_frame
def init(frame: Frame, folder: str, base: str) -> None:
    """Write the starter site."""
    target = Path(folder)
    _refuse_occupied(target)
    files = dict(_starter_files(frame.language, base))
    _write(target, files)
    frame.note(NEXT_STEPS, folder=target)


def _refuse_occupied(target: Path) -> None:
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists() or target.is_symlink():
        what = "is not empty" if target.is_dir() else "is not a folder"
        raise WrongUse(f"{target.absolute()} {what}.", remedy="Name a folder that does not exist yet.")


def _starter_files(language: str, base: str) -> Iterator[tuple[str, str]]:
    """Give the path and text of each file of the starter, named under `base`."""
    from samvirke.settings.values import READERS, SettingValueError

    try:
        READERS["base"](base)
    except SettingValueError as error:
        raise WrongUse(f"The base address {error}.", remedy="It looks like https://example.org/site/.") from error
    root = resources.files("samvirke") / STARTER
    for part in (root / "common", root / language):
        for path, entry in _walk(part, ""):
            yield path, entry.read_text(encoding="utf-8").replace(STARTER_BASE, base)


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        else:
            yield path, entry


def _write(target: Path, files: dict[str, str]) -> None:
    """Write all files beside the target, then rename: an interruption leaves no half of a site."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
            staged = Path(scratch) / "site"
            for name, text in files.items():
                path = staged / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            staged.chmod(0o755)
            if target.is_dir() and target.samefile(Path.cwd()):
                for entry in staged.iterdir():  # a folder somebody stands in cannot be replaced
                    entry.rename(target / entry.name)
            else:
                staged.replace(target)
    except OSError as error:
        raise WrongUse(f"{target} cannot be written: {error.strerror}.", remedy="Name another folder.") from error

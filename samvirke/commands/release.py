"""The command that makes a release: files for an archive, with what changed since the one before.

Level 8. Reads what is published; writes one new folder, whole or not at all.
"""

from __future__ import annotations

from pathlib import Path

import click

from samvirke.commands.frame import Command, Frame, option, pass_frame, words
from samvirke.commands.output import write_json

__all__ = ["release"]


@click.command(
    cls=Command,
    words=words(
        "Write what is published as a release: dumps with checksums, catalogue entry, citation, and what changed since"
        " the release before. Refuses when an address that was published before would lead nowhere.",
        "Skriv det, der er udgivet, som en udgivelse til arkivet: filer med kontrolsummer, katalogpost, henvisning og"
        " ændringerne siden den forrige. Nægter, når en adresse, der var udgivet før, ville føre ingen steder hen.",
    ),
)
@option(
    "-o",
    "--output",
    metavar="DIR",
    default="releases",
    help=words("The folder of releases (default: releases).", "Mappen med udgivelser (ellers: releases)."),
)
@option(
    "--previous",
    metavar="DIR",
    help=words("The release before (default: the newest there).", "Den forrige (ellers: den nyeste i mappen)."),
)
@option(
    "--allow-gone",
    is_flag=True,
    help=words("Release although addresses have gone.", "Udgiv, selv om adresser er forsvundet."),
)
@pass_frame
def release(frame: Frame, output: str, previous: str | None, *, allow_gone: bool) -> None:
    """Write a release."""
    from samvirke.commands.releasing import make_release

    site = frame.open_site()
    folder = Path(output) if Path(output).is_absolute() else site.root / output
    made = make_release(
        site, folder, previous=Path(previous) if previous else None, language=frame.language, allow_gone=allow_gone
    )
    if frame.json:
        write_json(
            {"folder": str(made.folder), "version": made.version, "previous": made.previous, "files": list(made.files)}
        )
        return
    click.echo(str(made.folder))
    told = (
        words("Changes since {previous}: {notes}", "Ændringer siden {previous}: {notes}")
        if made.previous
        else words("The first release: {notes}", "Den første udgivelse: {notes}")
    )
    frame.note(told, previous=made.previous, notes=made.folder / "CHANGES.md")
    if made.waiting:
        frame.note(
            words(
                "{n} changes were written since it was built and are not in it: run samvirke build first.",
                "{n} ændringer er skrevet, siden det blev bygget, og er ikke med: kør samvirke build først.",
            ),
            n=made.waiting,
        )

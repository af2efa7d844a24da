"""Commands for who keeps a site safe: backup, restore, verify, generations, rollback.

Level 8. `restore` writes a new folder, `backup` a file, `rollback` the link to what is served; the others change
nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvirke.commands.frame import Command, Frame, Words, end_progress, pass_frame, words
from samvirke.commands.output import table, write_json

if TYPE_CHECKING:
    from samvirke.backup import Backup
    from samvirke.verification import Check

DAMAGED = 4


@click.command(
    cls=Command,
    words=words(
        "Write everything the site is into one file: its files, what is published, the journal. May run while the"
        " site is served. The file is read again and verified before it gets its name.",
        "Skriv alt, hvad stedet er, i én fil: dets filer, det udgivne og journalen. Kan køre, mens stedet vises."
        " Filen læses igen og efterprøves, før den får sit navn.",
    ),
)
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@pass_frame
def backup(frame: Frame, target: Path) -> None:
    """Back the site up."""
    from samvirke.backup import back_up

    made = back_up(frame.open_site(), target, progress=frame.progress())
    end_progress()
    _tell(
        frame,
        made,
        words("Good: {path}, {size} MB, version {version}.", "I orden: {path}, {size} MB, version {version}."),
    )


@click.command(
    cls=Command,
    words=words(
        "Make a site of a backup, in a new folder, ready to be served.",
        "Lav et sted af en sikkerhedskopi i en ny mappe, klar til at blive vist.",
    ),
)
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@pass_frame
def restore(frame: Frame, source: Path, folder: Path) -> None:
    """Restore a backup."""
    from samvirke.backup import restore as unpack

    made = unpack(source, folder, progress=frame.progress())
    end_progress()
    told = words(
        "Restored version {version} in {path}. Serve it: samvirke --site {path} serve",
        "Version {version} er genskabt i {path}. Vis den: samvirke --site {path} serve",
    )
    _tell(frame, made, told)


def _tell(frame: Frame, made: Backup, text: Words) -> None:
    if frame.json:
        write_json(
            {"path": str(made.path), "version": made.version, "bytes": made.size_bytes, "checks": _plain(made.checks)}
        )
        return
    size = f"{made.size_bytes / (1 << 20):.1f}"
    click.echo(frame.say(text, path=made.path, size=size, version=made.version))


@click.command(
    cls=Command,
    words=words(
        "Read everything that is published, and the journal, and say whether it is what was written. Exit code 4"
        " when something is not.",
        "Læs alt, der er udgivet, og journalen, og sig, om det er det, der blev skrevet. Slutkode 4, når noget"
        " ikke er.",
    ),
)
@pass_frame
def verify(frame: Frame) -> int:
    """Scan what is on disk."""
    from samvirke.verification import verify_state

    checks = verify_state(frame.open_site().state, progress=frame.progress())
    end_progress()
    wrong = any(check.wrong for check in checks)
    if frame.json:
        write_json({"good": not wrong, "checks": _plain(tuple(checks))})
        return DAMAGED if wrong else 0
    rows = [("!" if check.wrong else "ok", check.name, str(check.looked_at)) for check in checks]
    for line in table(("", frame.say(words("What", "Hvad")), frame.say(words("Looked at", "Set på"))), rows):
        click.echo(line)
    for check in checks:
        for sentence in check.wrong:
            click.echo(f"{check.name}: {sentence}", err=True)
    if not checks:
        frame.note(words("Nothing has been published yet.", "Intet er udgivet endnu."))
    elif wrong:
        frame.note(
            words(
                "Restore a backup, or build again: samvirke build. The journal cannot be built again: keep the file.",
                "Genskab en sikkerhedskopi, eller byg igen: samvirke build. Journalen kan ikke bygges igen: gem filen.",
            )
        )
    return DAMAGED if wrong else 0


def _plain(checks: tuple[Check, ...]) -> list[dict[str, object]]:
    return [{"name": check.name, "looked_at": check.looked_at, "wrong": list(check.wrong)} for check in checks]


@click.command(
    cls=Command,
    words=words(
        "List the generations that are kept, the newest first; the one that is served is marked.",
        "Vis de generationer, der er gemt, den nyeste først; den, der vises, er mærket.",
    ),
)
@pass_frame
def generations(frame: Frame) -> None:
    """List what can be served."""
    from samvirke.generations import current, versions

    state = frame.open_site().state
    served = current(state)
    kept = versions(state)
    if frame.json:
        write_json(
            [
                {
                    "version": one.version,
                    "hash": one.hash,
                    "served": served is not None and one.version == served.version,
                    "counts": dict(one.manifest.get("counts", {})),
                    "journal": one.sequence,
                }
                for one in kept
            ]
        )
        return
    rows = [
        (
            "→" if served is not None and one.version == served.version else "",
            one.version,
            str(one.manifest.get("counts", {}).get("facts", "")),
            str(one.sequence),
        )
        for one in kept
    ]
    header = (
        "",
        frame.say(words("Version", "Version")),
        frame.say(words("Facts", "Fakta")),
        frame.say(words("Changes", "Ændringer")),
    )
    for line in table(header, rows):
        click.echo(line)


@click.command(
    cls=Command,
    words=words(
        "Serve a generation that is kept instead of the newest; without a version, the one before. A running server"
        " follows within a second. What was written since stays in the journal: `samvirke undo` takes that back.",
        "Vis en generation, der er gemt, i stedet for den nyeste; uden version den foregående. En kørende server"
        " følger med inden for et sekund. Det, der er skrevet siden, bliver i journalen: `samvirke undo` tager"
        " det tilbage.",
    ),
)
@click.argument("version", metavar="[VERSION]", required=False)
@pass_frame
def rollback(frame: Frame, version: str | None) -> None:
    """Switch to another generation."""
    from samvirke.errors import NotFound
    from samvirke.generations import current, locked, switch, versions

    site = frame.open_site()
    with locked(site.state, wait_ms=site.settings.lock_wait_ms):
        served = current(site.state)
        if version is None:
            older = [one for one in versions(site.state) if served is not None and one.version < served.version]
            if not older:
                raise NotFound("There is no older generation.", remedy="`samvirke generations` lists what is kept.")
            version = older[0].version
        switched = switch(site.state, version)
    click.echo(switched.version)
    frame.note(
        words(
            "The next build publishes the files again as they are then.",
            "Den næste bygning udgiver filerne igen, som de er til den tid.",
        )
    )

"""Commands about what was written to a site between builds: history, undo.

Level 8. `history` reads the journal; `undo` writes to it, through the gate as every write: by the server where one is
running, else by itself.
"""

from __future__ import annotations

import getpass
import http.client
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import click

from samvirke.commands.frame import Command, Frame, option, pass_frame, words
from samvirke.commands.output import table, write_json

if TYPE_CHECKING:
    from samvirke.journal import Record
    from samvirke.site import Site

TOKEN = "SAMVIRKE_TOKEN"
_WAIT_S = 60
_SHOWN = 20


@click.command(
    cls=Command,
    words=words(
        "List what was written to the site since its files, the newest first. THING (its address, prefixed name or"
        " label) narrows it to what names that thing; --patch shows the facts.",
        "Vis, hvad der er skrevet til stedet ud over dets filer, det nyeste først. TING (adresse, kort navn eller"
        " navn) begrænser det til det, der nævner tingen; --patch viser oplysningerne.",
    ),
)
@click.argument("thing", metavar="[THING]", required=False)
@option(
    "--patch", is_flag=True, help=words("Show each added and deleted fact.", "Vis hver tilføjet og slettet oplysning.")
)
@option(
    "-n",
    "--number",
    type=click.IntRange(1),
    default=_SHOWN,
    help=words("How many changes are shown (default: 20).", "Hvor mange ændringer der vises (ellers: 20)."),
)
@pass_frame
def history(frame: Frame, thing: str | None, *, patch: bool, number: int) -> None:
    """Print records of the journal."""
    from samvirke import journal

    site = frame.open_site()
    folder = _journal(site)
    if thing is None:
        records = list(journal.read(folder)) if folder.is_dir() else []
    else:
        from samvirke.commands.published import published

        with published(site, frame.language) as found:
            iri = found.find(thing)
        records = list(journal.touching(folder, iri)) if folder.is_dir() else []
    records = records[::-1][:number]
    if frame.json:
        write_json([_plain(record) for record in records])
        return
    if not records:
        frame.note(words("Nothing was written.", "Intet er skrevet."))
        return
    if patch:
        for record in records:
            click.echo(f"# {record.sequence} {record.time:%Y-%m-%d %H:%M:%S}Z {record.author}: {record.reason}")
            click.echo(record.patch.decode("utf-8"))
        return
    rows = [
        (
            str(record.sequence),
            f"{record.time:%Y-%m-%d %H:%M}",
            record.author,
            f"+{len(record.delta.added)} −{len(record.delta.deleted)}",
            record.reason,
        )
        for record in records
    ]
    header = [
        frame.say(text)
        for text in (
            words("No.", "Nr."),
            words("When (UTC)", "Hvornår (UTC)"),
            words("Who", "Hvem"),
            words("Facts", "Fakta"),
            words("Why", "Hvorfor"),
        )
    ]
    for line in table(header, rows):
        click.echo(line)


def _plain(record: Record) -> dict[str, Any]:
    return {
        "sequence": record.sequence,
        "time": record.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "author": record.author,
        "reason": record.reason,
        "hash": record.hash,
        "previous": record.previous,
        "patch": record.patch.decode("utf-8"),
    }


def _journal(site: Site) -> Path:
    from samvirke.generations import JOURNAL

    return site.state / JOURNAL


@click.command(
    cls=Command,
    words=words(
        "Take a change back: number NUMBER of `samvirke history`, by default the last one. It passes the check as any"
        " change, and is written down itself. While a server runs, it is asked to, with the token in SAMVIRKE_TOKEN.",
        "Tag en ændring tilbage: nummer NUMMER i `samvirke history`, ellers den seneste. Det kontrolleres som enhver"
        " ændring og skrives selv ned. Kører der en server, bedes den om det, med nøglen i SAMVIRKE_TOKEN.",
    ),
)
@click.argument("number", metavar="[NUMBER]", type=click.IntRange(1), required=False)
@option("--reason", metavar="TEXT", help=words("Why, for the history.", "Hvorfor, til historikken."))
@pass_frame
def undo(frame: Frame, number: int | None, reason: str | None) -> None:
    """Undo one record of the journal."""
    from samvirke import journal
    from samvirke.commands.keeping import running
    from samvirke.errors import NotFound

    site = frame.open_site()
    folder = _journal(site)
    sequence = number or (journal.last_sequence(folder) if folder.is_dir() else 0)
    if not sequence:
        raise NotFound("Nothing was written, so there is nothing to take back.")
    address = running(site.state)
    written = _ask(address, sequence, reason or "") if address else _do(site, sequence, reason or "")
    if frame.json:
        write_json({"undone": sequence, "sequence": written})
    else:
        click.echo(str(written))
    if written:
        frame.note(words("Change {n} is taken back.", "Ændring {n} er taget tilbage."), n=sequence)
    else:
        frame.note(
            words(
                "Nothing of change {n} is left to take back.", "Der er intet tilbage af ændring {n} at tage tilbage."
            ),
            n=sequence,
        )


def _do(site: Site, sequence: int, reason: str) -> int:
    """Undo with workers of our own: nobody serves the site."""
    from samvirke import journal
    from samvirke.commands.keeping import sole_server
    from samvirke.workers.pool import Pool, WriteRequest

    with (
        sole_server(site.state, address="samvirke undo"),
        Pool.start(site.state, site.settings.limits, warm=False, writable=True) as pool,
    ):
        delta = journal.undo(list(journal.read(_journal(site))), sequence)
        request = WriteRequest(
            action="patch", content=delta.patch(), author=getpass.getuser(), reason=reason or f"undo {sequence}"
        )
        return pool.write(request).sequence


def _ask(address: str, sequence: int, reason: str) -> int:
    """Have the running server undo it."""
    from samvirke.errors import StoreBusy, StoreError

    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise StoreBusy(
            f"A server is running at {address}, and {TOKEN} is not set.",
            remedy="Set it to a token that may undo, or stop the server first.",
        )
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_WAIT_S)
    try:
        connection.request(
            "POST",
            "/undo",
            urlencode({"sequence": sequence, **({"reason": reason} if reason else {})}),
            {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/problem+json",
            },
        )
        response = connection.getresponse()
        told = response.read()
        if response.status >= http.client.BAD_REQUEST:
            raise StoreError(str(json.loads(told).get("detail", response.reason)))
        return int(response.headers.get("Samvirke-Change", "0"))
    except (OSError, ValueError) as error:
        raise StoreError(f"The server at {address} does not answer: {error}.", remedy="Try again.") from error
    finally:
        connection.close()

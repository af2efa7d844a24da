"""Commands that make and hand out what is published: anchor, check, build, export.

Level 8. `anchor` changes files of the site, `build` its state; `check` and `export` change nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samvirke.commands.frame import Command, Frame, Words, end_progress, option, pass_frame, words
from samvirke.commands.output import destination, write_json

if TYPE_CHECKING:
    from samvirke.generations import Generation
    from samvirke.model import Report
    from samvirke.site import Site

FOUND = 1
SITE = "site"
_TOLD = 20
_PATH = re.compile(r"/?[A-Za-z0-9._~/-]*")
_SERVER = re.compile(r"https?://[^\s<>\"'?#]+")
_REASONS = {
    "name": words("its address cannot be the name of a file here", "dens adresse kan ikke være navnet på en fil her")
}


@click.command(
    cls=Command,
    words=words(
        "Find each quote in its document and write its offsets. Nobody counts characters:"
        " write the quote, and this sets or repairs the passage's address.",
        "Find hvert citat i dets dokument, og skriv dets placering. Ingen tæller tegn:"
        " skriv citatet, og denne sætter eller retter passagens adresse.",
    ),
)
@click.argument("paths", nargs=-1, metavar="[FILE]...")
@option("--dry-run", is_flag=True, help=words("Show the changes, write nothing.", "Vis ændringerne, skriv intet."))
@pass_frame
def anchor(frame: Frame, paths: tuple[str, ...], dry_run: bool) -> None:
    """Set or repair the offsets of passages."""
    from samvirke.anchor import anchor as anchor_files

    target = [Path(path) for path in paths] if paths else frame.open_site()
    changes = anchor_files(target, dry_run=dry_run)
    if frame.json:
        write_json([str(change) for change in changes])
        return
    for change in changes:
        click.echo(str(change))
    if not changes:
        frame.note(words("Every passage is where its quote is.", "Hver passage står, hvor dens citat står."))
    elif dry_run:
        frame.note(words("{n} to change; nothing was written.", "{n} at ændre; intet er skrevet."), n=len(changes))
    else:
        frame.note(words("{n} changed.", "{n} ændret."), n=len(changes))


@click.command(
    cls=Command,
    words=words(
        "Check the site and list what is wrong. Publishes nothing; exit code 1 when something must be repaired.",
        "Kontrollér stedet, og vis, hvad der er galt. Udgiver intet; slutkode 1, når noget skal rettes.",
    ),
)
@option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "csv", "json", "turtle", "sarif", "ttl"]),
    help=words("How the findings are written (default: text).", "Hvordan fundene skrives (ellers: text)."),
)
@option(
    "--reasoner", is_flag=True, help=words("Ask the reasoner too (needs Java).", "Spørg også ræsonneren (kræver Java).")
)
@option("--strict", is_flag=True, help=words("Exit code 1 for warnings too.", "Slutkode 1 også ved advarsler."))
@option("-o", "--output", metavar="FILE", help=words("Write to this file.", "Skriv til denne fil."))
@pass_frame
def check(frame: Frame, form: str | None, reasoner: bool, strict: bool, output: str | None) -> int:
    """Print the report of the gate."""
    from samvirke.build import check_site
    from samvirke.commands.findings import write_report
    from samvirke.model import Severity

    report = check_site(frame.open_site(), reasoner=reasoner, progress=frame.progress())
    end_progress()
    with destination(output) as file:
        write_report(report, form or ("json" if frame.json else "text"), file, language=frame.language)
    return FOUND if not report.publishable or (strict and report.of(Severity.WARNING)) else 0


@click.command(
    cls=Command,
    words=words(
        "Check the site and publish it. Nothing is published when something is wrong;"
        " what was published before stays as it is.",
        "Kontrollér stedet, og udgiv det. Intet udgives, når noget er galt;"
        " det, der var udgivet i forvejen, bliver stående.",
    ),
)
@option(
    "--allow-invalid",
    is_flag=True,
    help=words("Publish although the check found violations.", "Udgiv, selv om kontrollen fandt fejl."),
)
@pass_frame
def build(frame: Frame, allow_invalid: bool) -> int:
    """Publish the site."""
    site = frame.open_site()
    generation = publish(frame, site, allow_invalid=allow_invalid)
    if generation is None:
        return FOUND
    if frame.json:
        write_json(dict(generation.manifest))
    else:
        click.echo(generation.version)
    return 0


def publish(frame: Frame, site: Site, *, allow_invalid: bool = False) -> Generation | None:
    """Build the site and say on stderr how it went.

    Returns the new generation, or None when the gate refused it; the findings are then on stderr.
    """
    from samvirke.build import build as build_site
    from samvirke.errors import GateRefused

    try:
        generation = build_site(site, allow_invalid=allow_invalid, progress=frame.progress())
    except GateRefused as refused:
        end_progress()
        _show_refusal(frame, refused)
        return None
    end_progress()
    counts = generation.manifest.get("counts", {})
    frame.note(
        words("Published {version}: {counts}.", "Udgivet {version}: {counts}."),
        version=generation.version,
        counts=", ".join(f"{name} {number}" for name, number in counts.items() if isinstance(number, int)),
    )
    return generation


def _show_refusal(frame: Frame, refused: Exception) -> None:
    from samvirke.commands.findings import finding_lines

    report: Report = refused.report  # type: ignore[attr-defined] # errors.py may not name model.Report
    for line in finding_lines(report, language=frame.language):
        click.echo(line, err=True)
    click.echo(
        frame.say(
            words(
                "Nothing was published. Repair this, or publish all the same with --allow-invalid.",
                "Intet er udgivet. Ret dette, eller udgiv alligevel med --allow-invalid.",
            )
        ),
        err=True,
    )


@click.command(
    cls=Command,
    words=words(
        "Write everything that is published in one format. nq and trig keep the passage or rule each fact comes from."
        " The format site writes all pages and data into the folder -o, for any file server."
        "\n\nFormats: ttl, nt, nq, trig, rdf, jsonld; framed (JSON-LD as a tree), schema (schema.org), anno"
        " (Web Annotation), nanopub (nanopublications), ttl12 (Turtle of RDF 1.2), qs (QuickStatements).",
        "Skriv alt det udgivne i ét format. nq og trig bevarer passagen eller reglen, hver oplysning kommer fra."
        " Formatet site skriver alle sider og data i mappen -o, til enhver filserver."
        "\n\nFormater: ttl, nt, nq, trig, rdf, jsonld; framed (JSON-LD som et træ), schema (schema.org), anno"
        " (Web Annotation), nanopub (nanopublikationer), ttl12 (Turtle efter RDF 1.2), qs (QuickStatements).",
    ),
)
@click.argument("form", metavar="FORMAT")
@option(
    "-o", "--output", metavar="FILE", help=words("Write to this file or folder.", "Skriv til denne fil eller mappe.")
)
@option(
    "--at",
    metavar="PATH",
    help=words("site: the path it lies at on its server (default: /).", "site: stien, det ligger på (ellers: /)."),
)
@option(
    "--live",
    metavar="ADDRESS",
    help=words(
        "site: a running server for what files cannot answer, such as searches.",
        "site: en kørende server til det, filer ikke kan svare på, som søgning.",
    ),
)
@pass_frame
def export(frame: Frame, form: str, output: str | None, at: str | None, live: str | None) -> int:
    """Write the published facts, or the whole site."""
    from samvirke.commands.published import export_published

    if form == SITE:
        return _export_site(frame, output, at, live)
    if at is not None or live is not None:
        from samvirke.errors import WrongUse

        raise WrongUse("--at and --live belong to the format site.", remedy="Leave them out.")
    with destination(output) as file:
        export_published(frame, form, file)
    return 0


def _export_site(frame: Frame, output: str | None, at: str | None, live: str | None) -> int:
    from samvirke.commands.static_site import export_site
    from samvirke.errors import WrongUse

    if not output or output == "-":
        raise WrongUse("A site is written into a folder.", remedy="Name it: samvirke export site -o DIR")
    if at is not None and not _PATH.fullmatch(at):
        raise WrongUse(f"{at} is no path.", remedy="Write one like /atlas/.")
    if live is not None and not _SERVER.fullmatch(live):
        raise WrongUse(f"{live} is no address of a server.", remedy="Write one like https://example.org/.")
    root = f"/{at.strip('/')}/" if at and at.strip("/") else "/"
    server = f"{live.rstrip('/')}/" if live else ""
    done = export_site(frame.open_site(), Path(output), root=root, live=server, progress=frame.progress())
    end_progress()
    if frame.json:
        write_json(
            {
                "folder": output,
                "version": done.version,
                "files": done.files,
                "missing": [{"address": address, "reason": reason} for address, reason in done.missing],
                "alike": [list(pair) for pair in done.alike],
                "waiting": done.waiting,
            }
        )
    else:
        click.echo(output)
    frame.note(words("{n} files of {version}.", "{n} filer af {version}."), n=done.files, version=done.version)
    for address, reason in done.missing[:_TOLD]:
        frame.note(
            words("Not in the copy: {address} ({reason}).", "Ikke i kopien: {address} ({reason})."),
            address=address,
            reason=_REASONS.get(reason, Words(reason, reason)).in_(frame.language),
        )
    if len(done.missing) > _TOLD:
        frame.note(
            words("And {n} more; --json lists all.", "Og {n} til; --json viser alle."), n=len(done.missing) - _TOLD
        )
    for one, other in done.alike[:_TOLD]:
        frame.note(
            words(
                "One file where upper and lower case are the same: {one} and {other}.",
                "Én fil, hvor store og små bogstaver er det samme: {one} og {other}.",
            ),
            one=one,
            other=other,
        )
    if done.waiting:
        frame.note(
            words(
                "{n} changes were written since it was built and are not in it: run samvirke build first.",
                "{n} ændringer er skrevet, siden det blev bygget, og er ikke med: kør samvirke build først.",
            ),
            n=done.waiting,
        )
    return FOUND if done.missing or done.alike else 0

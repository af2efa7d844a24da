"""The command that takes a document's facts over to a new version: revise.

Level 8. Shows what `revision` says, as a table or as JSON, and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samvirke.commands.frame import Command, Frame, Words, frame_of, option, pass_frame, words
from samvirke.commands.output import table, write_json

if TYPE_CHECKING:
    from samvirke.revision import Change, Fate, Revision

FOUND = 1
SHOWN = 5


STATES = {
    "stands": words("stands", "står"),
    "moved": words("moved", "flyttet"),
    "lost": words("lost", "mistet"),
}
REASONS = {
    "gone": words("nothing like it is there", "intet, der ligner, står der"),
    "unsought": words("its words are not there", "ordene står der ikke"),
    "changed": words("its words were changed", "ordene er ændret"),
    "ambiguous": words("several places are as good", "flere steder er lige gode"),
    "context": words("nothing around it is as before", "intet omkring det er som før"),
    "crowded": words("the same words stood there for others", "de samme ord stod der for andre"),
    "crossing": words("it would overlap another in part", "det ville overlappe et andet delvis"),
    "hedge": words("its hedge is not in the words", "forbeholdet står ikke i ordene"),
}
FILES = {
    "new": words("written", "skrevet"),
    "changed": words("added to", "føjet til"),
    "there": words("was there", "var der"),
    "edited": words("edited since, left alone", "redigeret siden, ladt i fred"),
}
# What a diff shows before a sentence that was deleted, inserted and moved.
GONE, COME, MOVED = "-", "+", ">"


def _documents(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a document."""
    folder = Path(frame_of(context).site, "data", "documents")
    found = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(name for name in found if name.startswith(incomplete) and not name.startswith("."))


@click.command(
    cls=Command,
    words=words(
        "Take the facts of a document over to a new version of it. The old version stays as it is; what lost its words"
        " waits in a file that `check` tells of. Exit code 1 when something did.",
        "Før et dokuments fakta over til en ny version af det. Den gamle version bliver, som den er; det, der mistede"
        " sine ord, venter i en fil, som `check` minder om. Slutkode 1, når noget gjorde.",
    ),
)
@click.argument("text", metavar="TEXT", type=click.Path())
@option(
    "--document",
    metavar="SLUG",
    shell_complete=_documents,
    help=words(
        "The document’s folder in data/documents/, if TEXT lies elsewhere.",
        "Dokumentets mappe i data/documents/, hvis TEXT ligger et andet sted.",
    ),
)
@option(
    "--version",
    metavar="DATE",
    help=words(
        "The name of the new version, if TEXT lies elsewhere.", "Den nye versions navn, hvis TEXT ligger et andet sted."
    ),
)
@option(
    "--from",
    "older",
    metavar="DATE",
    help=words(
        "The version to compare with (default: the newest older one).",
        "Den version, der sammenlignes med (ellers: den nyeste ældre).",
    ),
)
@option("--diff", is_flag=True, help=words("Show how the texts differ, too.", "Vis også, hvordan teksterne afviger."))
@option("--dry-run", is_flag=True, help=words("Show the result, write nothing.", "Vis resultatet, skriv intet."))
@pass_frame
def revise(
    frame: Frame, text: str, *, document: str | None, version: str | None, older: str | None, diff: bool, dry_run: bool
) -> int:
    """Revise a document."""
    from samvirke.revision import revise as revise_document

    revision = revise_document(
        frame.open_site(), Path(text), document=document, version=version, older_version=older, dry_run=dry_run
    )
    if frame.json:
        write_json(_plain(revision, dry_run=dry_run))
    else:
        for line in _lines(frame, revision, diff=diff):
            click.echo(line)
        _notes(frame, revision, dry_run=dry_run)
    return FOUND if revision.of("lost") else 0


def _lines(frame: Frame, revision: Revision, *, diff: bool) -> Iterator[str]:
    header = [
        frame.say(text)
        for text in (
            words("State", "Tilstand"),
            words("Quote", "Citat"),
            words("Place", "Sted"),
            words("Facts", "Fakta"),
        )
    ]
    ordered = [fate for state in STATES for fate in revision.of(state)]
    if ordered:
        yield from table(
            header,
            [
                (frame.say(STATES[fate.state]), f"“{_clip(fate.quote)}”", _place(fate), str(len(fate.facts)))
                for fate in ordered
            ],
        )
        yield ""
    for state, title in (
        ("lost", words("These lost their words; what is nearest:", "Disse mistede deres ord; det nærmeste er:")),
        (
            "again",
            words(
                "Read these again, what stands around them has changed:",
                "Læs disse igen, det, der står omkring dem, er ændret:",
            ),
        ),
        ("spelled", words("These are spelled otherwise now:", "Disse staves nu anderledes:")),
    ):
        lines = list(_said(frame, revision, state))
        if lines:
            yield from [frame.say(title), *lines, ""]
    if diff and revision.changes:
        yield frame.say(
            words("How the texts differ (- gone, + new, > moved):", "Sådan afviger teksterne (- væk, + ny, > flyttet):")
        )
        yield from (line for change in revision.changes for line in _difference(change))
        yield ""
    if revision.unread:
        yield frame.say(
            words(
                "These sentences are new and nothing was read from them:",
                "Disse sætninger er nye, og intet er læst af dem:",
            )
        )
        yield from (f"  {_numbers(change.new_place)}  {_line(change.new)}" for change in revision.unread)
        yield ""
    yield frame.say(
        words(
            "Passages (facts): {stands} ({a}) stand · {moved} ({b}) moved · {lost} ({c}) lost their words",
            "Tekststeder (fakta): {stands} ({a}) står · {moved} ({b}) er flyttet · {lost} ({c}) mistede deres ord",
        ),
        **{state: len(revision.of(state)) for state in STATES},
        **{name: revision.facts(state) for name, state in zip("abc", STATES, strict=True)},
    )


def _said(frame: Frame, revision: Revision, state: str) -> Iterator[str]:
    for fate in revision.fates:
        if state == "lost" and fate.state == "lost":
            yield f"  {fate.place.start},{fate.place.end}  “{_clip(fate.quote)}”: {_reason(frame, fate)}"
            yield from (f"      {fact}" for fact in fate.facts)
        elif state == "again" and fate.reread:
            yield f"  {_numbers(fate.new_place)}  “{_clip(fate.quote)}”"
        elif state == "spelled" and fate.respelled:
            yield f"  {_numbers(fate.new_place)}  “{_clip(fate.quote)}” → “{_clip(fate.new_quote)}”"


def _reason(frame: Frame, fate: Fate) -> str:
    told = frame.say(REASONS[fate.reason])
    if fate.near is not None:
        told += f": {_numbers((fate.near.start, fate.near.end))} “{_clip(fate.found)}”"
    elif fate.places:
        size = len(fate.quote)
        shown = [f"{at},{at + size}" for at in fate.places[:SHOWN]]
        told += ": " + " · ".join(shown) + (" …" if len(fate.places) > SHOWN else "")
    return told


def _place(fate: Fate) -> str:
    was = f"{fate.place.start},{fate.place.end}"
    if fate.new_place is None or fate.new_place == fate.place:
        return was
    return f"{was} → {fate.new_place.start},{fate.new_place.end}"


def _difference(change: Change) -> Iterator[str]:
    if change.kind in {"deleted", "changed"}:
        yield f"  {GONE} {_line(change.old)}"
    if change.kind in {"inserted", "changed"}:
        yield f"  {COME} {_line(change.new)}"
    if change.kind == "moved":
        yield f"  {MOVED} {_line(change.new)}"


def _notes(frame: Frame, revision: Revision, *, dry_run: bool) -> None:
    if revision.newest:
        frame.note(
            words("There is a newer version than this one: {newest}.", "Der er en nyere version end denne: {newest}."),
            newest=revision.newest,
        )
    if revision.undescribed:
        frame.note(
            words(
                "The old version has these in about.ttl or its own graph; look them up for the new one: {names}.",
                "Den gamle version har disse i about.ttl eller sin egen graf; slå dem op for den nye: {names}.",
            ),
            names=" ".join(f"<{name}>" for name in revision.undescribed),
        )
    for path, state in revision.files:
        told: Words = words("not written", "ikke skrevet") if dry_run and state in {"new", "changed"} else FILES[state]
        frame.note(words("{path}: {told}.", "{path}: {told}."), path=path, told=frame.say(told))


def _clip(text: str) -> str:
    from samvirke.evidence.quotes import clip

    return clip(text)


def _line(text: str) -> str:
    return " ".join(text.split())


def _numbers(place: Any) -> str:  # noqa: ANN401 - a span or a pair of numbers
    if place is None:
        return ""
    start, end = place if isinstance(place, tuple) else (place.start, place.end)
    return f"{start},{end}"


def _plain(revision: Revision, *, dry_run: bool) -> dict[str, Any]:
    return {
        "document": revision.document,
        "old": revision.old,
        "new": revision.new,
        "newest": revision.newest,
        "counts": {state: {"passages": len(revision.of(state)), "facts": revision.facts(state)} for state in STATES},
        "passages": [
            {
                "state": fate.state,
                "address": fate.address,
                "new_address": fate.new_address,
                "quote": fate.quote,
                "new_quote": fate.new_quote,
                "reread": fate.reread,
                "respelled": fate.respelled,
                "reason": fate.reason,
                "places": list(fate.places),
                "nearest": {"start": fate.near.start, "end": fate.near.end, "words": fate.found} if fate.near else None,
                "facts": list(fate.facts),
            }
            for fate in revision.fates
        ],
        "changes": [_change(change) for change in revision.changes],
        "unread": [_change(change) for change in revision.unread],
        "undescribed": list(revision.undescribed),
        "files": {str(path): state for path, state in revision.files},
        "written": not dry_run,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "old": change.old,
        "new": change.new,
        "old_place": change.old_place,
        "new_place": change.new_place,
    }

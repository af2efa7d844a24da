"""Commands that look after an installation: doctor, config, completion.

Level 8. They change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from samvirke.commands.frame import Command, Frame, pass_frame, words
from samvirke.commands.output import table, write_json

FOUND = 1


@click.command(
    cls=Command,
    words=words(
        "Say what is installed, what is published, and what is missing. Exit code 1 when something is.",
        "Sig, hvad der er installeret, hvad der er udgivet, og hvad der mangler. Slutkode 1, når noget gør.",
    ),
)
@pass_frame
def doctor(frame: Frame) -> int:
    """Examine the installation and the site."""
    from samvirke.commands.examine import examine

    results = list(examine(frame))
    if frame.json:
        write_json([{"name": item.name, "state": item.state, "told": frame.say(item.told)} for item in results])
    else:
        marks = {"ok": "ok", "note": "–", "missing": "!"}
        for line in table(
            ("", frame.say(words("What", "Hvad")), frame.say(words("Found", "Fundet"))),
            [(marks[item.state], item.name, frame.say(item.told)) for item in results],
        ):
            click.echo(line)
    return FOUND if any(item.state == "missing" for item in results) else 0


@click.command(
    cls=Command,
    words=words(
        "Show every setting, its value and where the value comes from.",
        "Vis hver indstilling, dens værdi, og hvor værdien kommer fra.",
    ),
)
@pass_frame
def config(frame: Frame) -> None:
    """List the settings."""
    from samvirke.settings import SETTINGS

    settings = frame.open_site().settings
    if frame.json:
        write_json(
            {
                setting.name: {"value": _plain(settings.value(setting.name)), "origin": settings.origin(setting.name)}
                for setting in SETTINGS
            }
        )
        return
    rows = [
        (
            setting.name,
            _shown(settings.value(setting.name)) + (f" {setting.unit}" if setting.unit else ""),
            settings.origin(setting.name),
            setting.help.get(frame.language, setting.help["en"]),
        )
        for setting in SETTINGS
    ]
    header = [
        frame.say(text)
        for text in (
            words("Setting", "Indstilling"),
            words("Value", "Værdi"),
            words("From", "Fra"),
            words("Meaning", "Betydning"),
        )
    ]
    for line in table(header, rows):
        click.echo(line)


def _plain(value: Any) -> Any:  # noqa: ANN401 - each setting has its own type
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "address"):
        return {"address": value.address, "name": value.name}
    return str(value) if isinstance(value, Path) else value


def _shown(value: Any) -> str:  # noqa: ANN401 - each setting has its own type
    plain = _plain(value)
    if isinstance(plain, dict):
        return "; ".join(f"{key}: {text}" for key, text in plain.items() if text) or "–"
    if isinstance(plain, (list, tuple)):
        return ", ".join(map(str, plain))
    if isinstance(plain, bool):
        return str(plain).lower()
    return str(plain) if plain != "" else "–"


@click.command(
    cls=Command,
    words=words(
        "Print the completion script of a shell. For bash: samvirke completion bash > ~/.samvirke-complete.bash,"
        " and source that file in ~/.bashrc.",
        "Skriv en shells udfyldningsscript. For bash: samvirke completion bash > ~/.samvirke-complete.bash,"
        " og kald filen med source i ~/.bashrc.",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "samvirke", "_SAMVIRKE_COMPLETE").source())

"""What every command shares: the language of the words, the options that may stand anywhere, the site.

Level 8. Reads the environment's language; writes notes to stderr. It must not import a room at the
top (see the package).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from samvirke.site import Site

LANGUAGES = ("da", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages of the interface."""

    en: str
    da: str

    def in_(self, language: str) -> str:
        """Return the text in `language`; English for any language that is not Danish."""
        return self.da if language == "da" else self.en


def words(en: str, da: str) -> Words:
    """Return both texts as one."""
    return Words(en, da)


@dataclass(slots=True)
class Frame:
    """What the options that may stand anywhere were set to."""

    language: str = "en"
    site: str = "."
    verbose: int = 0
    quiet: bool = False
    json: bool = False

    def say(self, text: Words, **values: object) -> str:
        """Return `text` in the user's language, with `values` filled in if there are any."""
        told = text.in_(self.language)
        return told.format(**values) if values else told

    def note(self, text: Words, **values: object) -> None:
        """Tell on stderr what happens, unless the user asked for quiet."""
        if not self.quiet:
            click.echo(self.say(text, **values), err=True)

    def open_site(self) -> Site:
        """Open the site's folder.

        Raises: SiteError when the folder or its settings are missing or wrong.
        """
        from samvirke.site import Site

        return Site.open(Path(self.site))

    def progress(self) -> Callable[[str], None] | None:
        """Return a function that shows one line of progress, on a terminal only."""
        if self.quiet or not sys.stderr.isatty():
            return None
        return show_progress


def show_progress(step: str) -> None:
    """Write `step` over the line before it."""
    click.echo(f"\r\033[K{step}", err=True, nl=False)


def end_progress() -> None:
    """Clear the line that `show_progress` wrote."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


def environment_language(environ: Mapping[str, str] = os.environ) -> str:
    """Return the interface language that the environment asks for, by the order POSIX gives."""
    for name in ("SAMVIRKE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return "da" if value.lower().startswith("da") else "en"
    return "en"


def asked_language(arguments: Sequence[str]) -> str:
    """Return the language named by `--lang` wherever it stands, else the environment's.

    Read before click does, because `--help` is answered before the options behind it are.
    """
    for index, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--lang":
            value = value or (arguments[index + 1] if index + 1 < len(arguments) else "")
            if value in LANGUAGES:
                return value
    return environment_language()


def frame_of(context: click.Context) -> Frame:
    """Return the frame of this run."""
    return context.find_root().ensure_object(Frame)


class Option(click.Option):
    """An option whose help has two languages."""

    def __init__(self, names: Sequence[str], *, words: Words, **settings: Any) -> None:
        super().__init__(names, **{**settings, "help": words.en})
        self.words = words

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the help line in the user's language."""
        self.help = frame_of(ctx).say(self.words)
        return super().get_help_record(ctx)


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        source = context.get_parameter_source(parameter.name or "")
        if value is not None and source is not click.core.ParameterSource.DEFAULT:
            setattr(frame_of(context), name, value)

    return callback


def anywhere_options() -> list[click.Parameter]:
    """Return the options that are accepted before and after the command's name."""
    return [
        Option(
            ["--site"],
            metavar="DIR",
            envvar="SAMVIRKE_SITE",
            words=words("The site's folder (default: this one).", "Stedets mappe (ellers: denne)."),
            expose_value=False,
            callback=_remember("site"),
        ),
        Option(
            ["--lang"],
            type=click.Choice(LANGUAGES),
            words=words("Language of the words.", "Ordenes sprog."),
            expose_value=False,
            callback=_remember("language"),
        ),
        Option(
            ["--json"],
            is_flag=True,
            default=None,
            words=words("Print the result as JSON.", "Skriv resultatet som JSON."),
            expose_value=False,
            callback=_remember("json"),
        ),
        Option(
            ["-v", "--verbose"],
            is_flag=True,
            default=None,
            words=words("Say more; show where an error arose.", "Sig mere; vis, hvor en fejl opstod."),
            expose_value=False,
            callback=_remember("verbose"),
        ),
        Option(
            ["-q", "--quiet"],
            is_flag=True,
            default=None,
            words=words("Print results and errors only.", "Skriv kun resultater og fejl."),
            expose_value=False,
            callback=_remember("quiet"),
        ),
    ]


class Command(click.Command):
    """A command with help in two languages and the options that may stand anywhere."""

    def __init__(self, *arguments: Any, words: Words, **settings: Any) -> None:
        super().__init__(*arguments, **{**settings, "help": words.en})
        self.words = words
        self.params.extend(anywhere_options())

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the description in the user's language."""
        self.help = frame_of(ctx).say(self.words)
        super().format_help_text(ctx, formatter)


class Group(click.Group):
    """The command without which nothing is said; lists its commands in the order they are met."""

    command_class = Command

    def __init__(self, *arguments: Any, words: Words, **settings: Any) -> None:
        super().__init__(*arguments, **{**settings, "help": words.en})
        self.words = words
        self.params.extend(anywhere_options())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Learn the language first, then read the options."""
        frame_of(ctx).language = asked_language(args)
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the description in the user's language."""
        self.help = frame_of(ctx).say(self.words)
        super().format_help_text(ctx, formatter)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which the commands are used, not by letter."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their first sentence in the user's language."""
        frame = frame_of(ctx)
        rows = [
            (name, frame.say(command.words).split(". ")[0].rstrip("."))
            for name, command in self.commands.items()
            if isinstance(command, Command | Group)
        ]
        with formatter.section(frame.say(words("Commands", "Kommandoer"))):
            formatter.write_dl(rows)


pass_frame = click.make_pass_decorator(Frame, ensure=True)


def option(*names: str, help: Words, **settings: Any) -> Callable[[Any], Any]:
    """Declare an option whose help has two languages."""
    return click.option(*names, cls=Option, words=help, **settings)

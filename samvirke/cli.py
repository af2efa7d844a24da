"""The command line: `samvirke COMMAND`.

Duty: gather the commands, and turn every outcome into an exit code and every error into one line on
stderr. Level 8. No traceback reaches a user unless asked for with -v.

    0   done, and nothing was found
    1   the check found violations, `revise` lost words, or `doctor` found something missing
    2   wrong use: unknown command or option, missing folder
    3   bad input, or nothing of that name: `file:line:column: what is wrong. What to do.`
    4   something needed is busy, damaged or missing: store, port, Java
    5   a limit was reached
    70  a mistake in Samvirke itself
    130 interrupted
    141 the reader of stdout went away
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from samvirke import __version__
from samvirke.commands.ask import describe, evidence, explain, query
from samvirke.commands.care import completion, config, doctor
from samvirke.commands.changes import history, undo
from samvirke.commands.frame import Frame, Group, asked_language, end_progress, words
from samvirke.commands.mcp import mcp
from samvirke.commands.publish import anchor, build, check, export
from samvirke.commands.release import release
from samvirke.commands.revise import revise
from samvirke.commands.safety import backup, generations, restore, rollback, verify
from samvirke.commands.serve import serve
from samvirke.commands.start import init
from samvirke.commands.token import token
from samvirke.errors import SamvirkeError

WRONG_USE = 2
BUSY = 4
LIMIT = 5
OWN_MISTAKE = 70
INTERRUPTED = 130
READER_GONE = 141


@click.group(
    cls=Group,
    words=words(
        "Publish a folder of documents and facts as a website, a query endpoint and open data,"
        " where every fact leads back to the words it was read from.",
        "Udgiv en mappe med dokumenter og fakta som websted, SPARQL-endepunkt og åbne data,"
        " hvor hver oplysning fører tilbage til ordene, den er læst af.",
    ),
)
@click.version_option(__version__, prog_name="samvirke", message="%(prog)s %(version)s")
def samvirke() -> None:
    """Read the options that may stand anywhere; the commands do the rest."""


for command in (
    init,
    anchor,
    revise,
    check,
    build,
    serve,
    token,
    query,
    describe,
    evidence,
    explain,
    mcp,
    export,
    release,
    history,
    undo,
    generations,
    rollback,
    backup,
    restore,
    verify,
    doctor,
    config,
    completion,
):
    samvirke.add_command(command)


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    _open_closed()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Writes: its result to stdout; notes and at most one line of error to stderr.
    Returns the exit code of the table above.
    """
    if instruction := os.environ.get("_SAMVIRKE_COMPLETE"):
        from click.shell_completion import shell_complete

        return shell_complete(samvirke, {}, "samvirke", "_SAMVIRKE_COMPLETE", instruction)
    frame = Frame(language=asked_language(arguments))
    try:
        with samvirke.make_context("samvirke", list(arguments), obj=frame) as context:
            code = samvirke.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except (KeyboardInterrupt, click.Abort):
        end_progress()
        code = INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        code = READER_GONE
    except Exception as error:
        end_progress()
        code = _fail(error, frame)
    return code if isinstance(code, int) else 0


def _fail(error: Exception, frame: Frame) -> int:
    """Say in one line what went wrong and return the exit code for it."""
    code, text = _outcome(error, frame)
    if frame.verbose and not isinstance(error, click.ClickException):
        import traceback

        traceback.print_exception(error)
    click.echo(" ".join(text.split()), err=True)
    return code


def _outcome(error: Exception, frame: Frame) -> tuple[int, str]:
    """Return the exit code for an error, and its sentence."""
    if isinstance(error, SamvirkeError):
        return error.exit_code, str(error)
    if isinstance(error, click.ClickException):
        return WRONG_USE, _wrong_use(error, frame)
    if isinstance(error, MemoryError):
        return LIMIT, frame.say(words("There is not enough memory for this.", "Der er ikke hukommelse nok til dette."))
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return BUSY, f"{place}{error.strerror or error}."
    told = frame.say(
        words(
            "This is a mistake in Samvirke: {kind}: {error}. Run it again with -v to see where, and report it.",
            "Dette er en fejl i Samvirke: {kind}: {error}. Kør igen med -v for at se hvor, og meld den.",
        ),
        kind=type(error).__name__,
        error=error,
    )
    return OWN_MISTAKE, told


def _wrong_use(error: click.ClickException, frame: Frame) -> str:
    """Return what is wrong with the command's words and where to read about them."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        path = error.ctx.command_path if error.ctx else "samvirke"
        return frame.say(words("Name a command. See: {path} --help", "Nævn en kommando. Se: {path} --help"), path=path)
    if not isinstance(error, click.UsageError):
        return error.format_message()
    path = error.ctx.command_path if error.ctx else "samvirke"
    return f"{_usage(error, frame)} {frame.say(words('See: {path} --help', 'Se: {path} --help'), path=path)}"


def _usage(error: click.UsageError, frame: Frame) -> str:
    """Return what is wrong with the command's words, in the user's language where click has only one."""
    near = ""
    if isinstance(error, (click.NoSuchOption, click.exceptions.NoSuchCommand)) and error.possibilities:
        near = " " + frame.say(words("Did you mean {near}?", "Mente du {near}?"), near=error.possibilities[0])
    if isinstance(error, click.exceptions.NoSuchCommand):
        text = words("There is no command “{name}”.", "Der er ingen kommando “{name}”.")
        return frame.say(text, name=error.command_name) + near
    if isinstance(error, click.NoSuchOption):
        return (
            frame.say(words("There is no option {name}.", "Der er intet valg {name}."), name=error.option_name) + near
        )
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = error.param.opts[0] if isinstance(error.param, click.Option) else error.param.human_readable_name
        return frame.say(words("{name} is missing.", "{name} mangler."), name=name)
    return error.format_message()


def _open_closed() -> None:
    """Let stdin, stdout and stderr that were closed (`>&-`) lead nowhere, before a file of ours takes their number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - stays open


def _silence_stdout() -> None:
    """Point stdout nowhere, so that the interpreter does not complain when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()

"""Commands about tokens: `token create`, `token list`, `token revoke`.

Level 8. They change the file of tokens in the state folder and nothing else; a running server sees it at its next
request. A secret goes to stdout once, when it is made, and nowhere else.
"""

from __future__ import annotations

import difflib
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from samvirke.commands.frame import Frame, Group, frame_of, option, pass_frame, words
from samvirke.commands.output import table, write_json
from samvirke.errors import NotFound, SamvirkeError, WrongUse

if TYPE_CHECKING:
    from samvirke.tokens import Token

DEFAULT_RATE = 60
_SPAN = re.compile(r"(\d{1,5})([hdw])", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


@click.group(
    cls=Group,
    words=words(
        "Make, list and revoke the tokens that writes need. See `serve --writable`.",
        "Lav, vis og inddrag de nøgler, der skal til for at skrive. Se `serve --writable`.",
    ),
)
def token() -> None:
    """Gather the commands about tokens."""


def _complete_scope(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from samvirke.tokens import VERBS

    before, comma, begun = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{verb}") for verb in (*VERBS, "all") if verb.startswith(begun)]


def _complete_name(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from samvirke.tokens import read_tokens

    try:
        found = read_tokens(frame_of(context).open_site().state)
    except SamvirkeError:
        return []  # Whoever presses Tab is not told of errors; the command tells them.
    return [CompletionItem(one.name) for one in found if one.name.startswith(incomplete)]


@token.command(
    "create",
    words=words(
        "Make a token and print its secret, once. NAME is the author of what is written with it."
        " A scope is VERB or VERB:GRAPH, as in --scope update --scope put,post:https://example.org/document/*;"
        " the verbs are update, put, post, delete, undo, review, and all for all of them.",
        "Lav en nøgle, og skriv dens hemmelighed, én gang. NAME står som forfatter til det, der skrives med den."
        " Et område er HANDLING eller HANDLING:GRAF, som i --scope update --scope put,post:https://example.org/document/*;"
        " handlingerne er update, put, post, delete, undo, review, og all for dem alle.",
    ),
)
@click.argument("name")
@option(
    "--scope",
    "scopes",
    metavar="VERB[:GRAPH]",
    multiple=True,
    required=True,
    shell_complete=_complete_scope,
    help=words(
        "What it may do, and to which graphs: an address, or a beginning with * behind (default: any)."
        " May be repeated.",
        "Hvad den må, og med hvilke grafer: en adresse, eller begyndelsen af en med * efter (ellers: alle)."
        " Kan gentages.",
    ),
)
@option(
    "--expires",
    metavar="WHEN",
    help=words(
        "When it expires: 12h, 30d, 8w, a last day as 2027-01-31, or a moment as 2027-01-31T12:00:00Z"
        " (default: never).",
        "Hvornår den udløber: 12h, 30d, 8w, en sidste dag som 2027-01-31 eller et tidspunkt som 2027-01-31T12:00:00Z"
        " (ellers: aldrig).",
    ),
)
@option(
    "--rate",
    type=int,
    default=DEFAULT_RATE,
    metavar="N",
    help=words(
        f"Most writes a minute (default: {DEFAULT_RATE}).", f"Flest skrivninger i minuttet (ellers: {DEFAULT_RATE})."
    ),
)
@pass_frame
def create(frame: Frame, name: str, *, scopes: tuple[str, ...], expires: str | None, rate: int) -> None:
    """Make a token."""
    from samvirke.tokens import issue, read_scope

    now = datetime.now(UTC)
    scope = read_scope(scopes)
    ends = None if expires is None else read_end(expires, now)
    made, secret = issue(frame.open_site().state, name, scope=scope, expires=ends, rate=rate, now=now)
    if frame.json:
        write_json({"token": secret, **_told(made, now)})
    else:
        click.echo(secret)
    frame.note(
        words(
            "The token “{name}” is made. Its secret is shown this once: keep it as you keep a password.",
            "Nøglen “{name}” er lavet. Hemmeligheden vises kun denne ene gang: gem den, som du gemmer en adgangskode.",
        ),
        name=made.name,
    )


@token.command(
    "list",
    words=words(
        "List the tokens with what they may do and when they expire. Their secrets are nowhere.",
        "Vis nøglerne, hvad de må, og hvornår de udløber. Hemmelighederne står ingen steder.",
    ),
)
@pass_frame
def list_(frame: Frame) -> None:
    """List the tokens."""
    from samvirke.tokens import moment, read_tokens, scope_words

    now = datetime.now(UTC)
    found = read_tokens(frame.open_site().state)
    if frame.json:
        write_json([_told(one, now) for one in found])
        return
    if not found:
        frame.note(words("There are no tokens.", "Der er ingen nøgler."))
        return
    never, over = frame.say(words("never", "aldrig")), frame.say(words("expired", "udløbet"))
    header = [
        frame.say(text)
        for text in (
            words("Name", "Navn"),
            words("May", "Må"),
            words("A minute", "I minuttet"),
            words("Made", "Lavet"),
            words("Expires", "Udløber"),
        )
    ]
    rows = [
        (
            one.name,
            " ".join(scope_words(one.scope)),
            str(one.rate),
            moment(one.created),
            never if one.expires is None else moment(one.expires) + (f" ({over})" if one.expired(now) else ""),
        )
        for one in found
    ]
    for line in table(header, rows):
        click.echo(line)


@token.command(
    "revoke",
    words=words(
        "Take a token away. A running server refuses it from the next request on.",
        "Inddrag en nøgle. En kørende server afviser den fra næste anmodning.",
    ),
)
@click.argument("name", shell_complete=_complete_name)
@pass_frame
def revoke(frame: Frame, name: str) -> None:
    """Revoke a token."""
    from samvirke.tokens import read_tokens
    from samvirke.tokens import revoke as take_away

    state = frame.open_site().state
    now = datetime.now(UTC)
    try:
        taken = take_away(state, name)
    except NotFound as error:
        near = difflib.get_close_matches(name, [one.name for one in read_tokens(state)], n=1, cutoff=0.5)
        if near:
            raise NotFound(error.message, remedy=f"Did you mean “{near[0]}”?") from None
        raise
    if frame.json:
        write_json(_told(taken, now))
    frame.note(words("The token “{name}” is revoked.", "Nøglen “{name}” er inddraget."), name=taken.name)


def _told(one: Token, now: datetime) -> dict[str, Any]:
    """Return what is told of a token: all but its digest."""
    from samvirke.tokens import moment, scope_words

    return {
        "name": one.name,
        "scope": scope_words(one.scope),
        "rate": one.rate,
        "created": moment(one.created),
        "expires": None if one.expires is None else moment(one.expires),
        "expired": one.expired(now),
    }


def read_end(text: str, now: datetime) -> datetime:
    """Return the first moment at which a token is not good any more: a day is good to its end, in UTC.

    Raises: WrongUse when the text names no time.
    """
    written = text.strip()
    try:
        if span := _SPAN.fullmatch(written):
            return now.replace(microsecond=0) + timedelta(hours=int(span[1]) * _HOURS[span[2]])
        if re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
            return datetime.combine(date.fromisoformat(written) + timedelta(days=1), time(), UTC)
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is not None and "T" in written:
            return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise WrongUse(
        f"“{text}” names no time at which a token ends.",
        remedy="Write 12h, 30d, 8w, a day as 2027-01-31, or a moment as 2027-01-31T12:00:00Z.",
    )

"""The command that serves a site over HTTP, and the web process it starts.

Level 8. Builds when there is nothing to serve or something changed, then hands over to the HTTP
server (Granian, RSGI). Holds no data itself: the web process starts the workers that do.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import ipaddress
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samvirke.commands.frame import Command, Frame, end_progress, option, pass_frame, words
from samvirke.commands.keeping import Builder, sole_server
from samvirke.errors import SamvirkeError, StoreError, WrongUse

if TYPE_CHECKING:
    from samvirke.settings import Settings
    from samvirke.site import Site

SERVED = "SAMVIRKE_SERVED"
"""Carries what is served from the command to the web process, which may be a fresh interpreter."""

TOKEN = "SAMVIRKE_TOKEN"
"""Names the environment variable with the token that writes need."""

DEFAULT_PORT = 8000
BUSY = 4
HEADERS_WAIT_MS = 15_000
"""Longest time a connection may take to send the head of a request, also the next one on a kept connection."""

ANSWER_WAIT_S = 60.0
ANY_BASE = "http://localhost/"
"""Stands in for a base address where settings are read and none is needed."""
POLL_S = 0.02


@click.command(
    cls=Command,
    words=words(
        "Serve the site over HTTP. Builds it first when it never was, or when a file changed since."
        " Given an RDF file, serves what is in it, with no site.",
        "Vis stedet over HTTP. Bygger det først, når det aldrig er sket, eller når en fil er ændret siden."
        " Med en RDF-fil: vis, hvad der står i den, uden noget sted.",
    ),
)
@click.argument("path", metavar="[FILE]", required=False)
@option(
    "--host", help=words("The interface to listen on (default: 127.0.0.1).", "Netkort at lytte på (ellers: 127.0.0.1).")
)
@option(
    "--port",
    type=click.IntRange(0, 65535),
    help=words("The port (default: 8000; 0: any free one).", "Porten (ellers: 8000; 0: en ledig)."),
)
@option(
    "--base",
    metavar="ADDRESS",
    help=words(
        "With a file: the address its things are named under (default: what their addresses begin with).",
        "Med en fil: adressen, som dens ting er navngivet under (ellers: det, deres adresser begynder med).",
    ),
)
@option("--no-build", is_flag=True, help=words("Serve what is published.", "Vis det, der er udgivet."))
@option(
    "--scratch",
    is_flag=True,
    help=words(
        "Serve an empty store in memory that takes writes with the token in SAMVIRKE_TOKEN, on this machine only.",
        "Vis et tomt lager i hukommelsen, der kan skrives i med nøglen i SAMVIRKE_TOKEN, kun på denne maskine.",
    ),
)
@option(
    "--writable",
    is_flag=True,
    help=words(
        "Take writes from who has a token (samvirke token create).",
        "Lad den, der har en nøgle, skrive (samvirke token create).",
    ),
)
@pass_frame
def serve(
    frame: Frame,
    path: str | None,
    *,
    host: str | None,
    port: int | None,
    base: str | None,
    no_build: bool,
    scratch: bool,
    writable: bool,
) -> int:
    """Build if needed, then serve until stopped."""
    if writable and (scratch or (path is not None and not Path(path).is_dir())):
        raise WrongUse(
            "--writable is for a site.",
            remedy="A scratch store is writable already, and a file's facts are the file's.",
        )
    if scratch:
        if path is not None:
            raise WrongUse("A scratch store begins empty.", remedy="Leave out the file, or --scratch.")
        return _serve_scratch(frame, host or "127.0.0.1", port)
    if path is not None and not Path(path).is_dir():
        return _serve_file(frame, Path(path), host=host, port=port, base=base, no_build=no_build)
    if base is not None:
        raise WrongUse("--base is for a file.", remedy="A site has its base address in samvirke.toml.")
    if path is not None:
        frame.site = path
    site = frame.open_site()
    writable = writable or site.settings.writable
    if writable:
        _refuse_without_token(site.state)
    host = host or site.settings.host
    port = free_port(host, site.settings.port if port is None else port)
    if not no_build:
        code = _bring_up_to_date(frame, site)
        if code:
            return code
    _refuse_unpublished(site.state)
    after_s = site.settings.checkpoint_after_ms / 1000
    builder = Builder(site, after_s=after_s) if writable and after_s else contextlib.nullcontext()
    with sole_server(site.state, address=_address(host, port)), builder:
        _try_journal(site.state, writable=writable)
        return _serve(frame, site.state, site.settings, host, port, writable=writable)


def _try_journal(state: Path, *, writable: bool) -> None:
    """See whether what was written can be read, and more be written, and say it here if not.

    The web process could only die of it. Raises: StoreDamaged; StoreBusy; StoreError.
    """
    from samvirke import journal
    from samvirke.generations import current
    from samvirke.workers.ledger import open_journal, recognise

    if writable:
        with open_journal(state) as opened:
            if opened.dropped:
                click.echo(opened.dropped, err=True)
    elif (generation := current(state)) is not None and generation.journal.is_dir():
        recognise(generation)
        for _record in journal.read(generation.journal, after=generation.sequence):
            pass  # Damage is told where it stands.


def _address(host: str, port: int) -> str:
    """Return where the server answers, as somebody on this machine asks for it."""
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{asked}]:{port}/" if ":" in asked else f"http://{asked}:{port}/"


def _refuse_without_token(state: Path) -> None:
    """Refuse to take writes that nobody could send: whoever forgot the token is told now, not by a client later."""
    from samvirke.tokens import read_tokens

    found = read_tokens(state)
    now = datetime.now(UTC)
    if all(token.expired(now) for token in found):
        told = "each of its tokens has expired" if found else "it has none"
        raise StoreError(
            f"A site is written to with a token, and {told}.", remedy="Run: samvirke token create NAME --scope update"
        )


def _serve_file(
    frame: Frame, source: Path, *, host: str | None, port: int | None, base: str | None, no_build: bool
) -> int:
    """Publish an RDF file if it was not, or changed since, then serve it until stopped."""
    from samvirke.settings import settings_from_public

    asked = {"base": base} if base is not None else {}
    settings = settings_from_public({"base": ANY_BASE, **asked}, place="--base", environ=_but_base(os.environ))
    host = host or settings.host
    port = free_port(host, settings.port if port is None else port)
    state = state_of(source, settings.state)
    if not no_build:
        _publish_file(frame, source, state, settings, base=base)
    _refuse_unpublished(state)
    return _serve(frame, state, settings, host, port)


def _publish_file(frame: Frame, source: Path, state: Path, settings: Settings, *, base: str | None) -> None:
    """Publish an RDF file, unless that is done already; say what was found in it."""
    from samvirke.bulk import is_published, publish_file
    from samvirke.generations import current

    if source.is_file() and is_published(source, current(state), base=base):
        return
    frame.note(words("Publishing {name}.", "Udgiver {name}."), name=source.name)
    generation = publish_file(
        source,
        state,
        base=base,
        languages=settings.languages,
        lock_wait_ms=settings.lock_wait_ms,
        progress=frame.progress(),
    )
    end_progress()
    frame.note(
        words("{n} facts, named under {base}", "{n} oplysninger, navngivet under {base}"),
        n=generation.manifest["counts"]["facts"],
        base=generation.manifest["base"],
    )


def state_of(source: Path, states: Path) -> Path:
    """Return the folder for what is made of a file: below `states`, one for each file."""
    digest = hashlib.sha256(str(source.resolve()).encode()).hexdigest()
    return states / "files" / f"{source.stem}-{digest[:8]}"


def _but_base(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the base address of a site: a file's things have their own."""
    return {name: value for name, value in environ.items() if name != "SAMVIRKE_BASE"}


def _serve_scratch(frame: Frame, host: str, port: int | None) -> int:
    """Serve an empty, writable store until stopped; nothing of it is left then."""
    from samvirke.scratch import open_scratch

    try:
        reached = ipaddress.ip_address(_numeric(host))
    except socket.gaierror as error:
        raise _no_host(host) from error
    if not reached.is_loopback:
        raise WrongUse(
            f"A scratch store is served on this machine only, and {host} reaches further.", remedy="Leave out --host."
        )
    # Taken out of the environment, so that no worker process has it.
    token = os.environ.pop(TOKEN, "").strip()
    if not token:
        raise WrongUse(
            f"A scratch store is written to with a token, and {TOKEN} is not set.",
            remedy=f"Set the environment variable {TOKEN} to a word of your own.",
        )
    port = free_port(host, DEFAULT_PORT if port is None else port)
    shown = f"[{host}]" if ":" in host else host
    with tempfile.TemporaryDirectory(prefix="samvirke-scratch-") as folder:
        site = open_scratch(Path(folder), base=f"http://{shown}:{port}/")
        frame.note(
            words(
                "An empty store: what is written to it is gone when the server stops.",
                "Et tomt lager: det, der skrives i det, er væk, når serveren stopper.",
            )
        )
        checksum = hashlib.sha256(token.encode()).hexdigest()
        return _serve(frame, site.state, site.settings, host, port, token_sha256=checksum)


def free_port(host: str, port: int) -> int:
    """Return the port to listen on, a free one for 0.

    Raises: PortBusy when somebody listens there; WrongUse for an unknown host.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except socket.gaierror as error:
        raise _no_host(host) from error
    except OSError as error:
        raise PortBusy(
            f"Port {port} at {host} cannot be used: {(error.strerror or str(error)).lower()}.",
            remedy="Choose another with --port, or a free one with --port 0.",
        ) from error


def _no_host(host: str) -> WrongUse:
    return WrongUse(f"There is no host {host}.", remedy="Use an address of this machine, as 127.0.0.1.")


class PortBusy(SamvirkeError):
    """Somebody else listens on the port."""

    exit_code = BUSY


def _bring_up_to_date(frame: Frame, site: Site) -> int:
    """Build when nothing is published, or when files changed; say which.

    Returns an exit code other than 0 when there is nothing to serve. A site that cannot be built
    but was published before is served as it was: a mistake in a file takes no site down.
    """
    from samvirke.commands.publish import publish
    from samvirke.commands.published import changed_files
    from samvirke.generations import current

    generation = current(site.state)
    if generation is not None:
        changed = changed_files(site, generation)
        if not changed:
            return 0
        names = ", ".join(changed[:3]) + (" …" if len(changed) > len(changed[:3]) else "")
        frame.note(words("Building again, because of {names}.", "Bygger igen på grund af {names}."), names=names)
    else:
        frame.note(words("Building the site for the first time.", "Bygger stedet for første gang."))
    try:
        if publish(frame, site) is not None:
            return 0
        code = 1
    except SamvirkeError as error:
        if generation is None:
            raise
        click.echo(str(error), err=True)
        code = error.exit_code
    if generation is None:
        return code
    frame.note(
        words("Serving what was published before: {version}.", "Viser det, der var udgivet før: {version}."),
        version=generation.version,
    )
    return 0


def _refuse_unpublished(state: Path) -> None:
    from samvirke.generations import current

    if current(state) is None:
        raise StoreError("Nothing has been published yet.", remedy="Run: samvirke build")


def _serve(
    frame: Frame,
    state: Path,
    settings: Settings,
    host: str,
    port: int,
    *,
    token_sha256: str = "",
    writable: bool = False,
) -> int:
    """Run the HTTP server until it is told to stop.

    Writes are taken with the token of a checksum, that of a scratch store; where the site is `writable`, with
    the tokens in its state folder.
    """
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from samvirke.workers.client import Zygote
    from samvirke.workers.pool import ADDRESS_VARIABLE

    served = {
        "state": str(state.resolve()),
        "limits": asdict(settings.limits),
        "proxies": settings.trusted_proxies,
        "token_sha256": token_sha256,
        "writable": writable,
        "free_bytes": settings.free_bytes,
        "federation": settings.federation,
        "federation_private": settings.federation_private,
    }
    os.environ[SERVED] = json.dumps(served)
    # Ours, not the web process's: should that one ever be replaced, the loaded data stays.
    zygote = Zygote(wait=False)
    os.environ[ADDRESS_VARIABLE] = zygote.address
    _import_rooms()  # Meanwhile, and before the web process is forked off, which then has them.
    zygote.ready()
    level = LogLevels.info if frame.verbose else LogLevels.error
    server = Granian(
        f"{__name__}:application",
        factory=True,
        address=_numeric(host),
        port=port,
        interface=Interfaces.RSGI,
        workers=1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WAIT_MS),
        respawn_failed_workers=True,
        websockets=False,
        log_level=level,
        log_dictconfig=_log_to_stderr(),
        log_access=False,
    )
    threading.Thread(target=_announce, args=(frame, host, port), daemon=True).start()
    try:
        server.serve()
    except SystemExit as stopped:
        if stopped.code:
            raise StoreError(
                "The web server stopped by itself.", remedy="Run it again with -v to see why, or: samvirke doctor"
            ) from None
    finally:
        zygote.close()
    frame.note(words("Stopped.", "Stoppet."))
    return 0


def _import_rooms() -> None:
    """Import what the web process needs."""
    from importlib import import_module

    from samvirke.web import ROOMS
    from samvirke.web.front import Front

    del Front
    for room in ROOMS:
        import_module(f"samvirke.web.{room}")


def _numeric(host: str) -> str:
    """Return the address of `host` in digits: the server takes no names."""
    return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][4][0])


def _log_to_stderr() -> dict[str, Any]:
    """Return a logging configuration that keeps stdout for the address."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
        "loggers": {"_granian": {"handlers": ["stderr"], "propagate": False}},
    }


def _announce(frame: Frame, host: str, port: int) -> None:
    """Print the address once it answers, not before: who reads it may ask at once."""
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    deadline = time.monotonic() + ANSWER_WAIT_S
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(asked, port, timeout=5)
            connection.request("GET", "/readyz")
            ready = connection.getresponse().status < http.client.BAD_REQUEST
            connection.close()
        except OSError:
            ready = False
        if ready:
            shown = f"[{host}]" if ":" in host else host
            told = words(
                "Serving at http://{host}:{port}/ – Ctrl+C stops it.",
                "Klar på http://{host}:{port}/ – stop med Ctrl+C.",
            )
            click.echo(frame.say(told, host=shown, port=port))
            sys.stdout.flush()
            return
        time.sleep(POLL_S)


def application() -> Any:  # noqa: ANN401 - Flask may only be named in the web tier
    """Return the application of the site that the command serves."""
    from samvirke.settings import Limits
    from samvirke.web import create_app
    from samvirke.web.front import Front
    from samvirke.workers.limits import die_with_parent

    # The web server's processes outlive a parent that is killed: the port would stay taken.
    die_with_parent(os.getppid())
    # Threads that make pages give the event loop its turn five times as often as usual.
    sys.setswitchinterval(0.001)
    served = json.loads(os.environ[SERVED])
    app = create_app(
        served["state"],
        limits=Limits(**served["limits"]),
        token_sha256=served["token_sha256"],
        writable=served["writable"],
        free_bytes=served["free_bytes"],
        federation=served["federation"],
        federation_private=served["federation_private"],
    )
    return Front(app, trusted_proxies=served["proxies"])

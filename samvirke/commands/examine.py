"""What `doctor` looks at: one function per question, each answered in plain words.

Level 8. Reads the machine and the site, starts `java -version` and nothing else, changes nothing.
"""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from samvirke import __version__
from samvirke.commands.frame import Frame, Words, words
from samvirke.errors import SamvirkeError

if TYPE_CHECKING:
    from samvirke.site import Site

NEEDED_PYTHON = (3, 11)
NEEDED_FREE_MB = 200
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Result:
    """One answer. `state` is "ok", "note" (good to know) or "missing" (something does not work)."""

    name: str
    state: str
    told: Words


def examine(frame: Frame) -> Iterator[Result]:
    """Answer every question, the machine's before the site's."""
    yield _python()
    yield _packages()
    yield _java()
    yield _browser()
    try:
        site = frame.open_site()
    except SamvirkeError as error:
        yield Result("site", "missing", _same(str(error)))
        return
    yield Result("site", "ok", _same(f"{site.root.resolve()} ({site.base})"))
    yield _published(site)
    yield _tokens(site)
    yield _port(site)
    yield _disk(site)


def _same(text: str) -> Words:
    """Return a text that is the same in both languages."""
    return words(text, text)


def _python() -> Result:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < NEEDED_PYTHON:
        return Result("Python", "missing", words(f"{version}; 3.11 or newer is needed", f"{version}; kræver 3.11"))
    return Result("Python", "ok", _same(version))


def _packages() -> Result:
    """Compare what is installed with what the package asks for."""
    lacking = []
    for line in importlib.metadata.requires("samvirke") or ():
        name, marker = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0], line.partition(";")[2]
        if marker:
            continue
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            lacking.append(name)
    if lacking:
        names = ", ".join(lacking)
        return Result(
            "packages", "missing", words(f"not installed: {names}. Run: make", f"ikke installeret: {names}. Kør: make")
        )
    return Result("packages", "ok", _same(f"samvirke {__version__}"))


def _java() -> Result:
    """Ask Java itself: a stand-in on the PATH is not a Java."""
    path = shutil.which("java")
    lacking = words(
        "not found: the reasoner does not run; everything else does",
        "ikke fundet: ræsonneren kører ikke; det gør alt andet",
    )
    if path is None:
        return Result("Java", "note", lacking)
    try:
        answer = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return Result("Java", "note", lacking)
    lines = answer.stderr.strip().splitlines()
    return Result("Java", "ok", _same(lines[0] if lines else path))


def _browser() -> Result:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        return Result(
            "Chromium", "note", words("not found: only its tests need it", "ikke fundet: kun testene bruger den")
        )
    return Result("Chromium", "ok", _same(path))


def _published(site: Site) -> Result:
    from samvirke.generations import current

    name = "published"
    try:
        generation = current(site.state)
    except SamvirkeError as error:
        return Result(name, "missing", _same(str(error)))
    if generation is None:
        return Result(name, "note", words("nothing yet. Run: samvirke build", "intet endnu. Kør: samvirke build"))
    from samvirke.commands.published import changed_files

    changed = changed_files(site, generation)
    if changed:
        shown = ", ".join(changed[:3]) + (" …" if len(changed) > len(changed[:3]) else "")
        return Result(
            name,
            "note",
            words(
                f"{generation.version}; changed since: {shown}. Run: samvirke build",
                f"{generation.version}; ændret siden: {shown}. Kør: samvirke build",
            ),
        )
    return Result(name, "ok", _same(generation.version))


def _tokens(site: Site) -> Result:
    from samvirke.tokens import read_tokens

    try:
        found = read_tokens(site.state)
    except SamvirkeError as error:
        return Result("tokens", "missing", _same(str(error)))
    now = datetime.now(UTC)
    over = sum(token.expired(now) for token in found)
    good = len(found) - over
    state = "ok" if good else "missing" if site.settings.writable else "note"
    if not found:
        return Result("tokens", state, words("none; nobody can write", "ingen; der kan ikke skrives"))
    return Result("tokens", state, words(f"{good} good, {over} expired", f"{good} gyldige, {over} udløbet"))


def _port(site: Site) -> Result:
    host, port = site.settings.host, site.settings.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family[0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(family[4])
    except OSError as error:
        reason = error.strerror or str(error)
        return Result(
            "port",
            "note",
            words(
                f"{host}:{port} is not free ({reason}). Choose another: samvirke serve --port 8001",
                f"{host}:{port} er ikke ledig ({reason}). Vælg en anden: samvirke serve --port 8001",
            ),
        )
    return Result("port", "ok", words(f"{host}:{port} is free", f"{host}:{port} er ledig"))


def _disk(site: Site) -> Result:
    state = site.state
    place = next(folder for folder in (state, *state.resolve().parents) if folder.exists())
    free_mb = shutil.disk_usage(place).free >> 20
    if free_mb < NEEDED_FREE_MB:
        return Result("disk", "missing", words(f"only {free_mb} MB free in {place}", f"kun {free_mb} MB fri i {place}"))
    return Result("disk", "ok", words(f"{free_mb} MB free in {place}", f"{free_mb} MB fri i {place}"))

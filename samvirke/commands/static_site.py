"""The whole published site as files that any file server can hand out.

Level 8. Asks the web tier in this process, as a reader would, from what has an address and along every link; knows no
page by name. Writes one new folder, whole or not at all. Memory stays flat: what is still to be asked lies in a file.
The same generation gives the same bytes.
Standards: https://www.rfc-editor.org/rfc/rfc9309 (robots), https://www.sitemaps.org/protocol.html; the two files of
settings are those of https://httpd.apache.org/docs/2.4/mod/mod_mime.html and of hosts that read `_headers`.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samvirke.commands.static_folder import Folder, replacing
from samvirke.commands.static_links import NOTE, Copy, file_parts, lead
from samvirke.errors import StoreBusy, StoreError

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from samvirke.site import Site
    from samvirke.web.publication import Publication

__all__ = ["Exported", "export_site"]

_AT_ONCE = 32
_TOLD_EVERY = 100
_OK, _REDIRECT, _ERROR, _GONE = 200, 300, 400, 410
_BUSY = frozenset({429, 503})
_TRIES = 5
_HTML = "text/html"
_ATOM = "application/atom+xml"
_LISTS = frozenset({_ATOM, "application/xml"})
"""Feeds and site maps: what they list is asked for, too."""
_LISTED = re.compile(r'<link\b[^>]*\shref="([^"]+)"|<loc>([^<]+)</loc>')
_FIXED = (
    "/robots.txt",
    "/sitemap.xml",
    "/.well-known/void",
    "/.well-known/security.txt",
    "/dcat",
    "/openapi.json",
    "/llms.txt",
    "/ontology",
    "/documents",
    "/changes",
)
_OPTIONAL = frozenset({"/.well-known/security.txt"})
"""What a site need not have."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the version, how many files, and what a copy cannot have.

    `missing` are addresses with the reason; `alike` pairs of files that some file systems take for one; `waiting`
    changes that were written since the generation was built, and are not in it.
    """

    version: str
    files: int
    missing: tuple[tuple[str, str], ...]
    alike: tuple[tuple[str, str], ...]
    waiting: int


def export_site(
    site: Site, target: Path, *, root: str = "/", live: str = "", progress: Callable[[str], None] | None = None
) -> Exported:
    """Write what is published of a site into the folder `target`, for a server that has it at the path `root`.

    Reads:  the current generation, through the pages' own code and worker processes.
    Raises: StoreError when nothing is published; StoreBusy when something new was published meanwhile; WriteRefused
    when `target` holds what was not written here.
    """
    from samvirke.commands.published import generation_of
    from samvirke.commands.static_folder import refuse_strangers
    from samvirke.journal import last_sequence
    from samvirke.web import create_app
    from samvirke.workers.pool import Pool

    generation = generation_of(site)
    refuse_strangers(target)
    limits = site.settings.limits
    with Pool.start(site.state, limits, warm=False) as pool, replacing(target) as folder:
        app = create_app(site.state, pool=pool)
        with tempfile.TemporaryDirectory() as work, closing(_Waiting(Path(work) / "waiting")) as waiting:
            made = _Export(app, folder, waiting, Copy(site.settings.base, (), root, live))
            made.write(progress, threads=max(1, limits.workers))
            missing = waiting.missing()
    done = int((generation.manifest.get("journal") or {}).get("sequence", 0))
    newer = max(0, last_sequence(site.state / "journal") - done)
    return Exported(made.version, folder.files, missing, tuple(folder.alike), newer)


class _Waiting:
    """Addresses that are still to be asked, each once, in the order they were met; kept in a file.

    Those that a page leads to, or that the site must have, are wanted: when they are missing, it is told.
    """

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(
            "CREATE TABLE address (number INTEGER PRIMARY KEY, text TEXT UNIQUE, wanted INTEGER, reason TEXT)"
        )
        self._rows.execute("BEGIN")
        self._taken = 0

    def add(self, addresses: Iterable[str], *, wanted: bool = True) -> None:
        query = (
            "INSERT INTO address (text, wanted) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET wanted = 1 WHERE excluded.wanted AND NOT wanted"
        )
        self._rows.executemany(query, ((text, int(wanted)) for text in addresses))

    def take(self, most: int) -> list[str]:
        query = "SELECT number, text FROM address WHERE number > ? ORDER BY number LIMIT ?"
        found = self._rows.execute(query, (self._taken, most)).fetchall()
        if found:
            self._taken = found[-1][0]
        return [text for _, text in found]

    def miss(self, address: str, reason: str) -> None:
        self._rows.execute("UPDATE address SET reason = ? WHERE text = ?", (reason, address))

    @property
    def known(self) -> int:
        return int(self._rows.execute("SELECT max(number) FROM address").fetchone()[0] or 0)

    def missing(self) -> tuple[tuple[str, str], ...]:
        query = "SELECT text, reason FROM address WHERE wanted AND reason IS NOT NULL ORDER BY text"
        return tuple(self._rows.execute(query))

    def close(self) -> None:
        self._rows.close()


class _Export:
    """One run."""

    def __init__(self, app: Flask, folder: Folder, waiting: _Waiting, copy: Copy) -> None:
        from samvirke.web.publication import serving

        self.publication: Publication = serving(app).publication
        self.version = self.publication.version
        self.copy = Copy(copy.base, tuple(self.publication.languages), copy.root, copy.live)
        self._app = app
        self._folder = folder
        self._waiting = waiting

    def write(self, progress: Callable[[str], None] | None, *, threads: int) -> None:
        """Ask for everything and write it."""
        self._write_settings()
        self._write_notes()
        asked = 0
        seeds = self._seeds()
        with ThreadPoolExecutor(threads, "export") as crew:
            while True:
                batch = self._waiting.take(_AT_ONCE)
                if not batch:
                    more = [address for _, address in zip(range(_AT_ONCE), seeds, strict=False)]
                    if not more:
                        return
                    self._waiting.add(more)
                    continue
                for address, answer in zip(batch, crew.map(self._answer, batch), strict=True):
                    with closing(answer):
                        self._take(address, answer)
                asked += len(batch)
                if progress and asked // _TOLD_EVERY != (asked - len(batch)) // _TOLD_EVERY:
                    progress(f"{self._folder.files} / {self._waiting.known}")

    # ------------------------------------------------------------ what there is

    def _seeds(self) -> Iterator[str]:
        """What has an address, whether anything links to it or not; the rest is found along links."""
        from samvirke.formats import FORMATS
        from samvirke.web.data import DUMPS
        from samvirke.web.layout import STATIC

        publication, links = self.publication, self.publication.links
        yield from (links.home(lang) for lang in publication.languages)
        yield from _FIXED
        yield from (links.dump(name) for name in DUMPS)
        for path in sorted(STATIC.rglob("*")):
            if path.is_file():
                yield links.static(path.relative_to(STATIC).as_posix())
        terms = sorted(iri for iri, hint in publication.schema.terms.items() if hint.kind != "shape")
        yield from (links.identifier(iri).partition("#")[0] for iri in terms if links.local(iri) is not None)
        for iri in publication.index.addresses():
            yield links.identifier(iri).partition("#")[0]
            if (entity := publication.index.entity(iri)) is None or entity.withdrawn or entity.successor is not None:
                continue
            yield from (links.page(iri, lang).partition("#")[0] for lang in publication.languages)
            yield from (links.data(iri, extension) for extension in FORMATS)

    # ------------------------------------------------------------ asking

    def _answer(self, address: str, accept: str = "") -> TestResponse:
        """Ask the web tier for an address; the answer's body is not read yet."""
        from werkzeug.test import Client

        client = Client(self._app, use_cookies=False)
        for _ in range(_TRIES):
            answer = client.get(address, headers={"Accept": accept} if accept else {}, buffered=False)
            if answer.status_code not in _BUSY:
                break
            answer.close()
        return answer

    def _take(self, address: str, answer: TestResponse) -> None:
        """Write an answer, and remember where it leads."""
        from samvirke.web.headers import VERSION_HEADER

        if answer.headers.get(VERSION_HEADER, self.version) != self.version:
            raise StoreBusy("The site was published anew while it was being written.", remedy="Run this again.")
        for target in answer.headers.getlist("Link"):
            self._follow(target.partition(">")[0].lstrip("<"), address, wanted=False)
        status = answer.status_code
        if _REDIRECT <= status < _ERROR:
            self._put(address, self._lead(address, answer).encode(), page=True)
        elif status == _GONE:
            with closing(self._answer(address, _HTML)) as page:
                self._put(address, self._page(page, address), page=True)
        elif status != _OK:
            if address not in _OPTIONAL:
                self._waiting.miss(address, str(status))
        elif answer.mimetype == _HTML:
            self._put(address, self._page(answer, address), page=True)
        elif answer.mimetype in _LISTS:
            body = answer.get_data()
            for found in _LISTED.finditer(body.decode()):
                self._follow((found[1] or found[2]).replace("&amp;", "&"), address)
            self._put(address, body)
        else:
            self._stream(address, answer)

    def _follow(self, target: str, origin: str, *, wanted: bool = True) -> None:
        """Ask for where a link leads, if it leads to this site and a copy can have it."""
        base = self.copy.base
        if target.startswith(base):
            target = "/" + target[len(base) :]
        self.copy.link(target, origin, "", lambda found: self._waiting.add([found.partition("#")[0]], wanted=wanted))

    # ------------------------------------------------------------ writing

    def _page(self, answer: TestResponse, address: str) -> bytes:
        """An answered page as the copy has it. What it leads to is asked for, too."""
        text, found = self.copy.page(answer.get_data().decode(), address)
        self._waiting.add(found)
        return text.encode()

    def _put(self, address: str, body: bytes, *, page: bool = False) -> None:
        parts = self._parts(address, page=page)
        if parts is None or not self._folder.write(parts, [body]):
            self._waiting.miss(address, "name")

    def _stream(self, address: str, answer: TestResponse) -> None:
        parts = self._parts(address, page=False)
        if parts is None or not self._folder.write(parts, answer.iter_encoded()):
            self._waiting.miss(address, "name")

    def _parts(self, address: str, *, page: bool) -> tuple[str, ...] | None:
        place = self.copy.place(address)
        parts = None if place is None else file_parts(place)
        if parts is None:
            return None
        if not page:
            return parts if parts[-1] else None
        return (*(parts if parts[-1] else parts[:-1]), "index.html")

    def _lead(self, address: str, answer: TestResponse) -> str:
        """A page in the place of a redirect: to the pages in every language, else where it leads."""
        from samvirke.web.layout import language_name, site_title

        publication = self.publication
        onward = answer.headers.get("Location", "/")
        self._follow(onward, address)
        twins = publication.links.twins(onward.partition("#")[0])
        fragment = "".join(onward.partition("#")[1:])
        links = [
            (lang, language_name(lang), self.copy.link(twin + fragment, address, lang, self._seen))
            for lang, twin in twins.items()
        ] or [("", onward, self.copy.link(onward, address, ""))]
        first = links[0][2]
        return lead(site_title(publication, publication.languages[0]), links, root=self.copy.root, onward=first)

    def _seen(self, address: str) -> None:
        self._waiting.add([address.partition("#")[0]])

    def _write_notes(self) -> None:
        """The front door; what stands where nothing was found; and the note at addresses that need a server."""
        from samvirke.web.layout import language_name, site_title

        publication, languages = self.publication, self.publication.languages
        doors = [(lang, language_name(lang), f"{self.copy.root}{lang}/") for lang in languages]
        front = lead(site_title(publication, languages[0]), doors, root=self.copy.root)
        self._folder.write(("index.html",), [front.encode()])
        nowhere = f"/{languages[0]}/id/-"
        with closing(self._answer(nowhere, _HTML)) as page:
            self._folder.write(("404.html",), [self._page(page, nowhere)])
        for lang in languages:
            with closing(self._answer(f"/{lang}{NOTE}")) as page:
                if page.status_code != _OK:
                    raise StoreError("The manual's page on copies is missing.", remedy="Install Samvirke again.")
                note = self._page(page, f"/{lang}{NOTE}")
            for name in ("search", "sparql"):
                self._folder.write((lang, name, "index.html"), [note])

    def _write_settings(self) -> None:
        """What servers that read settings from the folder need to name every type, and to let scripts read the data."""
        types = dict(_types())
        apache = [
            "ErrorDocument 404 " + self.copy.root + "404.html",
            "DirectoryIndex index.html",
            "AddDefaultCharset utf-8",
        ]
        apache += [f"AddType {kind} .{ending}" for ending, kind in types.items()]
        apache += ["<IfModule mod_headers.c>", 'Header set Access-Control-Allow-Origin "*"', "</IfModule>"]
        hosts = ["/*", "  Access-Control-Allow-Origin: *", "  X-Content-Type-Options: nosniff"]
        for ending, kind in types.items():
            hosts += [f"/*.{ending}", f"  Content-Type: {kind}"]
        for path in ("/.well-known/void", "/dcat"):
            hosts += [path, "  Content-Type: text/turtle"]
            apache += [f'<Files "{path.rpartition("/")[2]}">', "ForceType text/turtle", "</Files>"]
        self._folder.write((".htaccess",), ["\n".join(apache).encode() + b"\n"])
        self._folder.write(("_headers",), ["\n".join(hosts).encode() + b"\n"])
        self._folder.write((".nojekyll",), [b""])


def _types() -> Iterator[tuple[str, str]]:
    """The types of all endings that servers may not know."""
    from samvirke.formats import FORMATS

    yield from ((form.extension, form.media_type) for form in FORMATS.values())
    yield from (("atom", _ATOM), ("graphml", "application/graphml+xml"), ("gexf", "application/gexf+xml"))

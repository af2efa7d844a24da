"""What is published now, opened once per generation.

Duty: open the small files of a generation (settings, schema, index, report, stored questions) and
swap them together when the generation changes. Level 7. Must not load a validator, a reasoner or
the data itself: facts are asked of the worker processes.
"""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, current_app, g, has_request_context

from samvirke import __version__
from samvirke.errors import StoreDamaged, StoreError
from samvirke.model import Finding, Report, Severity
from samvirke.search import Entity, Index
from samvirke.tokens import Rates, Tokens
from samvirke.web.fragments import Fragments
from samvirke.web.links import Links, is_iri, links_of

if TYPE_CHECKING:
    from samvirke.generations import Generation
    from samvirke.model import Quad
    from samvirke.queries import StoredQuery
    from samvirke.schema import Schema
    from samvirke.web.shares import Shares
    from samvirke.workers.pool import Pool

__all__ = ["Moved", "Publication", "Serving", "current", "open_publication", "published_at", "serving"]

EXTENSION = "samvirke"
ANSWERS_KEPT = 5_000
COLLECT_AFTER = 20_000
"""Values made before the collector looks at the youngest: those of some pages."""
_UNKNOWN = object()

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Publication:
    """One generation as the web tier sees it. Nothing in it changes but what is remembered of it.

    `version` names the generation and, where it can be written to, how often it was. `hash` is the canonical
    hash of its data, `settings` the site's public settings as JSON values, `links` makes every address of the
    site.
    """

    generation: Generation
    version: str
    hash: str
    settings: Mapping[str, Any]
    schema: Schema
    index: Index
    report: Report
    queries: Mapping[str, StoredQuery]
    links: Links
    manifest: Mapping[str, Any] = field(default_factory=dict)
    writable: bool = False
    """Whether requests may change what is served: a scratch store, and a site that keeps a journal."""
    _answers: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: Hashable, find: Callable[[], Answer]) -> Answer:
        """Return what `find` answers, found once in this generation: what all its pages have in common.

        When it is much, everything is forgotten: an address that a reader makes up may be part of a key.
        Two threads may find the same twice.
        """
        answer = self._answers.get(key, _UNKNOWN)
        if answer is _UNKNOWN:
            if len(self._answers) >= ANSWERS_KEPT:
                self._answers.clear()
            answer = self._answers[key] = find()
        found: Answer = answer
        return found

    def fragments(self, lang: str) -> Fragments:
        """Return what writes the small pieces of pages in a language."""
        return self.once(("fragments", lang), lambda: Fragments(self.links, self.schema, lang))

    @property
    def checked(self) -> bool:
        """Whether a gate looked at the data before they were published; nothing looks at those of a lone file."""
        return bool(self.manifest.get("checked", True))

    @property
    def streams(self) -> bool:
        """Whether there is a stream of its versions: of what was built, and not of a lone file or a scratch store."""
        return self.checked and not self.generation.writable

    @property
    def base(self) -> str:
        """Return the address everything is named under."""
        return self.links.base

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the site's languages, the preferred one first."""
        return self.links.languages

    @property
    def directory(self) -> Path:
        """Return the generation's folder."""
        return Path(self.generation.directory)


def open_publication(generation: Generation) -> Publication:
    """Open the small files of a generation.

    Reads:  settings.json, schema.json, report.json, index.sqlite, queries/*.rq.
    Raises: StoreDamaged when one is missing or cannot be read.
    """
    from samvirke.queries import load_queries  # noqa: PLC0415 - not needed to start a command
    from samvirke.schema import Schema  # noqa: PLC0415 - the same

    directory = Path(generation.directory)
    settings = _json(directory / "settings.json")
    schema = Schema.from_json((directory / "schema.json").read_text(encoding="utf-8"))
    folder = directory / "queries"
    stored = load_queries(folder, base=str(settings["base"])) if folder.is_dir() else ()
    return Publication(
        generation=generation,
        version=generation.version,
        hash=generation.hash,
        settings=settings,
        schema=schema,
        index=Index(directory / "index.sqlite"),
        report=_report(directory / "report.json"),
        queries={query.name: query for query in stored},
        links=links_of(settings, schema, generation.manifest),
        manifest=generation.manifest,
    )


def published_at(publication: Publication) -> datetime | None:
    """Return when the generation was built: its version begins with the moment."""
    try:
        return datetime.strptime(publication.version[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreDamaged(f"{path.name} is missing from the published data.", remedy="Build the site again.") from None
    except ValueError as error:
        raise StoreDamaged(f"{path.name} cannot be read: {error}.", remedy="Build the site again.") from error
    if not isinstance(value, dict):
        raise StoreDamaged(f"{path.name} is not an object.", remedy="Build the site again.")
    return value


def _report(path: Path) -> Report:
    value = _json(path)
    findings = [Finding(**{**entry, "severity": Severity(entry["severity"])}) for entry in value.get("findings", ())]
    return Report(findings, float(value.get("seconds", 0.0)))


def _settle() -> None:
    """Spare the collector what stays: a page makes thousands of values, and none of them in a circle.

    With Python's own thresholds (module gc) it looked through everything published again and again.
    """
    gc.unfreeze()  # What an earlier generation left may go.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


class Moved(Exception):
    """Another version was published, or written, while a request was being answered: it is answered anew."""


class Serving:
    """The running site: the worker pool, and the publication each request sees.

    A request keeps the publication it began with, even when a new one is published meanwhile.
    `shares` are the queries with a short address. `token_sha256` is the hexadecimal checksum of the one token of a
    scratch store; `tokens` are those of a site that takes writes. Without either there are none.
    """

    def __init__(self, pool: Pool, shares: Shares, *, token_sha256: str = "", tokens: Tokens | None = None) -> None:
        self.pool = pool
        self.shares = shares
        self.token_sha256 = token_sha256
        self.tokens = tokens
        self.rates = Rates()
        self._lock = threading.Lock()
        self._newest: Publication | None = None

    def newest(self) -> Publication:
        """Return the publication of the pool's generation, opening it when it is new.

        Raises: StoreError when nothing is published; StoreDamaged when it cannot be read.
        """
        generation, version = self.pool.standing
        if generation is None:
            raise StoreError("Nothing has been published yet.", remedy="Build the site with `samvirke build`.")
        known = self._newest
        if known is not None and known.version == version:
            return known
        with self._lock:
            known = self._newest
            if known is None or known.generation.directory != generation.directory:
                known = open_publication(generation)
                _settle()
            # After a write the small files are the same; every tag and everything kept goes by the version.
            known = self._newest = replace(known, version=version, writable=self.pool.writable, _answers={})
        return known

    def read(self, operation: str, **parameters: str | int | list[str]) -> list[Quad]:
        """Run a trusted read for the current request. Raises: Moved; as `Pool.read`."""
        quads, version = self.pool.read_at(operation, **parameters)
        self.agree(version)
        return quads

    def entity(self, iri: str) -> Entity | None:
        """Return a thing that has a page: one of the index, or one that was written since that was made."""
        publication = self.publication
        known = publication.index.entity(iri)
        if known is not None or publication.version == publication.generation.version or not is_iri(iri) or "#" in iri:
            return known
        return Entity(iri, "", False, False, None) if self.read("describe", iri=iri) else None

    def agree(self, version: str) -> None:
        """See to it that what a worker answered belongs to what the request sees. Raises: Moved when it does not."""
        if version != self.publication.version:
            raise Moved

    def after_write(self) -> Publication:
        """Let the current request, which has written, see what it wrote."""
        g.pop("publication", None)
        return self.publication

    @property
    def publication(self) -> Publication:
        """Return what the current request sees; outside a request, the newest."""
        if not has_request_context():
            return self.newest()
        if "publication" not in g:
            g.publication = self.newest()
        found: Publication = g.publication
        return found

    @property
    def generation(self) -> Generation:
        """Return the generation of the current request."""
        return self.publication.generation

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the public settings of the current request's publication."""
        return self.publication.settings

    @property
    def schema(self) -> Schema:
        """Return the compiled ontology and shapes of the current request's publication."""
        return self.publication.schema

    @property
    def index(self) -> Index:
        """Return the index of the current request's publication."""
        return self.publication.index

    @property
    def report(self) -> Report:
        """Return what the gate found in the current request's publication."""
        return self.publication.report

    @property
    def queries(self) -> Mapping[str, StoredQuery]:
        """Return the stored questions of the current request's publication, by name."""
        return self.publication.queries

    @property
    def links(self) -> Links:
        """Return the addresses of the current request's site."""
        return self.publication.links

    @property
    def version(self) -> str:
        """Return the version of the software."""
        return __version__


def serving(app: Flask | None = None) -> Serving:
    """Return the running site of an application, by default that of the current request."""
    found: Serving = (app or current_app).extensions[EXTENSION]
    return found


def current() -> Publication:
    """Return the publication that the current request sees."""
    return serving().publication

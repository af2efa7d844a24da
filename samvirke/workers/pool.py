"""The pool: what the web process and the command line hold instead of a store.

Duty: find the current generation, keep workers standing by for it, and answer queries and trusted
reads through them. Level 4.5; evaluates nothing itself. Safe to use from any number of threads, and
after a fork of the process that made it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from samvirke import sparql
from samvirke.errors import StoreError, WorkerLost
from samvirke.settings import Limits
from samvirke.workers.answers import Answer, Body, Shelf
from samvirke.workers.client import Lease, Line, Zygote
from samvirke.workers.lanes import Lane
from samvirke.workers.request import Gate, Request

if TYPE_CHECKING:
    from samvirke.generations import Generation
    from samvirke.model import Quad

__all__ = ["Pool", "QueryRequest", "run_once"]

ADDRESS_VARIABLE = "SAMVIRKE_WORKERS"
_LOOK_S = 0.5
"""How often the link to the current generation is looked at."""
_READ_SEATS = 4
"""Workers for trusted reads: they are short, and no query may keep a page waiting."""
_ANSWERS_ON_DISK = 16
"""Largest answers that may lie on disk at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRequest:
    """A stranger's query.

    `media_type` is the format of the answer, fit for the query's form (`sparql.classify`).
    `default_graphs` and `named_graphs` are the protocol's dataset, None where it names none.
    `client` is whose share of the workers is used; the site's own queries leave it empty.
    """

    text: str
    media_type: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    client: str = ""
    timeout_ms: int | None = None


class _Crew:
    """The workers of one generation: idle ones per lane, and how many are at work."""

    def __init__(self, generation: Generation, address: str) -> None:
        self.generation = generation
        self.version = generation.directory.name
        self.line = Line(address, generation.directory)
        self.lock = threading.Lock()
        self.idle: dict[str, list[Lease]] = {"query": [], "read": []}
        self.busy = 0
        self.retired = False

    def take(self, lane: str, headroom_bytes: int) -> Lease:
        with self.lock:
            self.busy += 1
            while self.idle[lane]:
                lease = self.idle[lane].pop()
                if lease.usable:
                    return lease
                lease.close()
        try:
            return self.line.lease(headroom_bytes=headroom_bytes)
        except BaseException:
            self.leave()
            raise

    def put_back(self, lane: str, lease: Lease) -> None:
        with self.lock:
            if lease.usable and not self.retired:
                self.idle[lane].append(lease)
            else:
                lease.close()
        self.leave()

    def leave(self) -> None:
        with self.lock:
            self.busy -= 1
            last = self.retired and self.busy == 0
        if last:
            self.line.close()

    def retire(self) -> None:
        """Let the idle workers go now, and the busy ones when they are done."""
        with self.lock:
            self.retired = True
            idle = [lease for leases in self.idle.values() for lease in leases]
            self.idle = {"query": [], "read": []}
            last = self.busy == 0
        for lease in idle:
            lease.close()
        if last:
            self.line.close()


class Pool:
    """Workers for one site's state folder, or for one generation's folder."""

    def __init__(self, locate: Callable[[], Generation], limits: Limits, *, address: str | None = None) -> None:
        """Prefer `Pool.start`. `locate` finds the current generation."""
        self._locate = locate
        self._limits = limits
        self._gate = Gate(**{row.name: getattr(limits, row.name) for row in fields(Gate)})
        self._zygote = None if address else Zygote()
        self._address = address or (self._zygote.address if self._zygote else "")
        self._crew: _Crew | None = None
        self._reset()
        try:
            self._renew(None)
        except BaseException:
            self.close()
            raise

    @classmethod
    def start(cls, state: Path, limits: Limits, *, address: str | None = None) -> Pool:
        """Start a pool for the site whose state is in `state`.

        Reads:  the generation that `current` leads to; `address`, else the environment variable
                SAMVIRKE_WORKERS, names a running zygote's socket. Without either one is started.
        Raises: StoreError when nothing is built yet; StoreDamaged when it cannot be loaded.
        """
        from samvirke.generations import current  # noqa: PLC0415 - the type above is all else that is needed

        def locate() -> Generation:
            found = current(state)
            if found is None:
                raise StoreError(f"Nothing is built yet in {state}.", remedy="Run `samvirke build` first.")
            return found

        return cls(locate, limits, address=address or os.environ.get(ADDRESS_VARIABLE))

    def _reset(self) -> None:
        """Make what threads share; again after a fork, where the parent's sockets are not ours to use."""
        limits = self._limits
        self._process = os.getpid()
        self._crew = None
        self._looked = time.monotonic()
        self._switching = threading.Lock()
        wait_s = limits.queue_wait_ms / 1000
        self._lanes = {
            "query": Lane(limits.workers, per_client=limits.concurrent_per_client, wait_s=wait_s),
            "read": Lane(_READ_SEATS, per_client=_READ_SEATS, wait_s=max(wait_s, 1.0)),
        }
        self._shelf = Shelf(_ANSWERS_ON_DISK * limits.max_bytes)

    @property
    def generation(self) -> Generation:
        """The generation that questions are answered from now."""
        return self._current().generation

    @property
    def limits(self) -> Limits:
        """The limits the pool was started with."""
        return self._limits

    def query(self, request: QueryRequest) -> Answer:
        """Answer a query.

        Returns the complete answer; nothing of it is missing.
        Raises: QueryRefused, QuerySyntaxError, QueryTimeout, AnswerTooLarge, WorkerLost, Overloaded,
        TooManyRequests.
        """
        sparql.check_size(request.text, self._limits)
        form = sparql.classify(request.text)
        limits = self._limits
        question = Request(
            text=request.text,
            gate=self._gate,
            media_type=request.media_type,
            default_graphs=request.default_graphs,
            named_graphs=request.named_graphs,
            timeout_s=(request.timeout_ms or limits.timeout_ms) / 1000,
            max_rows=limits.max_rows,
            max_bytes=limits.max_bytes,
        )
        body, end, version = self.ask(question, lane="query", client=request.client)
        return Answer(request.media_type, form, int(end["rows"]), body.length, end["seconds"], version, body)

    def read(self, operation: str, **parameters: str | int | list[str]) -> list[Quad]:
        """Run a trusted read of `samvirke.describe` in a worker.

        Returns its quads in the order of their N-Quads lines (code points): the same on each run.
        """
        import pyoxigraph  # noqa: PLC0415 - keeps this module's import light

        limits = self._limits
        question = Request(
            operation=operation,
            parameters=parameters,
            timeout_s=limits.timeout_ms / 1000,
            max_bytes=limits.max_bytes,
        )
        try:
            body = self.ask(question, lane="read")[0]
        except WorkerLost:  # A read is ours and harmless: what killed its worker was not the question.
            body = self.ask(question, lane="read")[0]
        # To sort bytes costs a tenth of sorting the terms, and order is what every reader needs first.
        lines = sorted(b"".join(body).splitlines(keepends=True))
        # Written by our own worker: what `store.read_rdf` refuses of strangers cannot stand here.
        return list(pyoxigraph.parse(b"".join(lines), pyoxigraph.RdfFormat.N_QUADS))

    def ask(self, request: Request, *, lane: str, client: str = "") -> tuple[Body, Mapping[str, float], str]:
        """Ask one worker, without a gate; `query` and `read` are what callers want."""
        self._current()
        with self._lanes[lane].seat(client), self._worker(lane) as (lease, version):
            body = Body(self._shelf)
            try:
                return body, lease.ask(request, body), version
            except BaseException:
                body.close()
                raise

    @contextmanager
    def _worker(self, lane: str) -> Iterator[tuple[Lease, str]]:
        crew = self._current()
        try:
            lease = crew.take(lane, self._limits.worker_memory_bytes)
        except WorkerLost:  # The template has died, or was retired under us.
            crew = self._renew(crew)
            lease = crew.take(lane, self._limits.worker_memory_bytes)
        try:
            yield lease, crew.version
        finally:
            crew.put_back(lane, lease)

    def _current(self) -> _Crew:
        """Return the crew in charge; every half second, see whether there is a newer generation."""
        if self._process != os.getpid():
            self._reset()
        crew = self._crew
        if crew is None:
            return self._renew(None)
        if time.monotonic() - self._looked > _LOOK_S:
            self._looked = time.monotonic()
            with contextlib.suppress(StoreError, OSError):
                if self._locate().directory != crew.generation.directory:
                    # Loading takes its time; until it is done, questions are answered from the old one.
                    threading.Thread(target=self._switch, args=(crew,), daemon=True).start()
        return crew

    def _switch(self, old: _Crew) -> None:
        # A generation that cannot be loaded does not replace one that answers; the next look tries again.
        with contextlib.suppress(StoreError, WorkerLost, OSError):
            self._renew(old)

    def _renew(self, old: _Crew | None) -> _Crew:
        """Put a new crew in charge in place of `old`, unless another thread has done so."""
        with self._switching:
            if self._crew is not None and self._crew is not old:
                return self._crew
            crew = self._crew = self._hire(self._locate())
        if old is not None:
            old.retire()
        return crew

    def _hire(self, generation: Generation) -> _Crew:
        """Return a crew for a generation; a zygote that is gone, ours or another's, is replaced by one of ours."""
        if self._zygote is None or self._zygote.alive:
            try:
                return _Crew(generation, self._address)
            except WorkerLost:
                if self._zygote is not None and self._zygote.alive:
                    raise
        if self._zygote is not None:
            self._zygote.close()
        self._zygote = Zygote()
        self._address = self._zygote.address
        return _Crew(generation, self._address)

    def close(self) -> None:
        """Let the workers go, and end the zygote if this pool started it; may be called again."""
        if self._process != os.getpid():
            return
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.retire()
        if self._zygote is not None:
            self._zygote.close()

    def __enter__(self) -> Pool:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def run_once(state: Path, request: QueryRequest, limits: Limits) -> Answer:
    """Answer one query with workers of its own: for the command line."""
    with Pool.start(state, limits) as pool:
        return pool.query(request)

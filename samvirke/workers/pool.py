"""The pool: what the web process and the command line hold instead of a store.

Duty: find the current generation, keep workers standing by for it, and answer queries, trusted
reads and writes through them. Level 4.5; evaluates nothing itself. Safe to use from any number of threads, and
after a fork of the process that made it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from samvirke import sparql
from samvirke.errors import Overloaded, PreconditionFailed, StoreDamaged, StoreError, WorkerLost
from samvirke.settings import Limits
from samvirke.workers import pages
from samvirke.workers.abroad import LANE, answered_abroad, goes_abroad
from samvirke.workers.answers import Answer, Body, Shelf
from samvirke.workers.asked import QueryRequest, WriteRequest, Written
from samvirke.workers.budget import Budget
from samvirke.workers.client import Lease, Zygote
from samvirke.workers.crew import Crew
from samvirke.workers.lanes import Lane
from samvirke.workers.ledger import Ledger, open_journal
from samvirke.workers.request import Gate, Request
from samvirke.workers.tiers import DISK, MEMORY, say, tiers

if TYPE_CHECKING:
    from samvirke.generations import Generation
    from samvirke.journal import Journal
    from samvirke.model import Quad
    from samvirke.workers.abroad import Abroad

__all__ = ["Pool", "QueryRequest", "WriteRequest", "Written", "run_once"]

ADDRESS_VARIABLE = "SAMVIRKE_WORKERS"
_LOOK_S = 0.5
"""How often the link to the current generation is looked at."""
_READ_SEATS = 3
"""Workers for trusted reads: they are short, and no query may keep a page waiting."""
_READ_QUEUE = 32
"""Trusted reads that may wait for one of these."""
_SWITCHES = 3
"""How often a question may find that its crew was just replaced: by a better tier, a newer generation."""
_PROMOTED_AFTER_S = 1.0
_ANSWERS_ON_DISK = 16
"""Largest answers that may lie on disk at once."""
_ATTEMPTS = 3
"""How often a write is evaluated anew because another process's write came between."""

_EXPLAINED_BYTES = 16 << 20
"""Largest answer with evidence."""


class Pool:
    """Workers for one site's state folder, or for one generation's folder."""

    def __init__(
        self,
        locate: Callable[[], Generation],
        limits: Limits,
        *,
        address: str | None = None,
        warm: bool = True,
        journal: Journal | None = None,
    ) -> None:
        """Prefer `Pool.start`. `locate` finds the current generation; with a `journal` it may be written to."""
        self._locate = locate
        self.ledger = None if journal is None else Ledger(self, journal)
        self._warm = warm
        self._limits = limits
        self._gate = Gate._make(getattr(limits, name) for name in Gate._fields)
        self.desk: Callable[[QueryRequest, str], Answer] | None = None
        """Who answers queries instead, once an event loop does: all share its seats then."""
        self.abroad: Abroad | None = None
        """Who asks other servers for SERVICE clauses, where the operator named some."""
        self.writer = ""
        """The module that writes pages in workers for trusted reads (`pages`), once somebody shows pages."""
        self._zygote = None if address else Zygote()
        self._address = address or (self._zygote.address if self._zygote else "")
        self._crew: Crew | None = None
        self._reset()
        try:
            self.renew(None)
        except BaseException:
            self.close()
            raise

    @classmethod
    def start(
        cls,
        state: Path,
        limits: Limits,
        *,
        address: str | None = None,
        warm: bool = True,
        writable: bool = False,
        free_bytes: int | None = None,
    ) -> Pool:
        """Start a pool for the site whose state is in `state`.

        Reads:  the generation that `current` leads to; `address`, else the environment variable
                SAMVIRKE_WORKERS, names a running zygote's socket. Without either one is started. A pool that
                is not `warm` stays on the disk store where there is one: right for a question or two.
        Writes: the journal in `state`, if the pool is `writable`; it is the only one then that may. `free_bytes` of
                the disk stay free.
        Raises: StoreError when nothing is built yet; StoreDamaged when it cannot be loaded, or the journal cannot;
                StoreBusy when another process writes.
        """
        from samvirke.generations import current  # noqa: PLC0415 - the type above is all else that is needed

        def locate() -> Generation:
            found = current(state)
            if found is None:
                raise StoreError(f"Nothing is built yet in {state}.", remedy="Run `samvirke build` first.")
            return found

        book = open_journal(state, free_bytes=free_bytes) if writable else None
        if book is not None and book.dropped:
            say(book.dropped)
        try:
            return cls(locate, limits, address=address or os.environ.get(ADDRESS_VARIABLE), warm=warm, journal=book)
        except BaseException:
            if book is not None:
                book.close()
            raise

    def _reset(self) -> None:
        """Make what threads share; again after a fork, where the parent's sockets are not ours to use."""
        limits = self._limits
        self._process = os.getpid()
        self._crew = None
        self._closed = False
        self._looked = time.monotonic()
        self._switching = threading.Lock()
        self._loading = threading.Lock()
        """Held while a newer generation is loaded."""
        wait_s = limits.queue_wait_ms / 1000
        self.lanes = {
            "query": Lane(
                limits.workers,
                per_client=limits.concurrent_per_client,
                wait_s=wait_s,
                queue=limits.queue_length,
                quick=limits.quick_workers,
            ),
            "read": Lane(_READ_SEATS, per_client=_READ_SEATS, wait_s=max(wait_s, 1.0), queue=_READ_QUEUE),
            # Here nobody takes a worker: they wait for other servers.
            LANE: Lane(
                limits.federation_at_once,
                per_client=limits.concurrent_per_client,
                wait_s=wait_s,
                queue=limits.queue_length,
            ),
            # One writer at a time: the next one sees what this one did.
            "write": Lane(
                1,
                per_client=1,
                wait_s=max(wait_s, limits.timeout_ms / 1000, limits.write_ms / 1000),
                queue=limits.queue_length,
            ),
        }
        self.budget = Budget(capacity_ms=limits.client_budget_ms, refill_ms_per_s=limits.client_refill_ms)
        self.shelf = Shelf(_ANSWERS_ON_DISK * limits.max_bytes)

    @property
    def generation(self) -> Generation:
        """The generation that questions are answered from now."""
        return self.crew().generation

    @property
    def version(self) -> str:
        """The name of what questions are answered from now: it changes with every generation and every write."""
        return self.crew().version

    @property
    def standing(self) -> tuple[Generation, str]:
        """The generation and the version that questions are answered from now, of one moment."""
        crew = self.crew()
        return crew.generation, crew.version

    @property
    def tier(self) -> str:
        """Where the questions are answered from now: "disk" or "memory"."""
        return self.crew().tier

    @property
    def writable(self) -> bool:
        """Whether what is served may be changed: a scratch store, or published data with a journal."""
        return self.ledger is not None or self.crew().generation.writable

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
        if self.desk is not None:
            return self.desk(request, form)
        if goes_abroad(self, request):
            with ThreadPoolExecutor(1) as thread:  # The caller's own may have a loop that runs.
                request, _ = thread.submit(asyncio.run, answered_abroad(self, request)).result()
        body, end, version = self.ask(self.question(request), lane="query", client=request.client)
        return Answer(request.media_type, form, int(end["rows"]), body.length, end["seconds"], version, body)

    def question(self, request: QueryRequest) -> Request:
        """Return what a worker is asked for a stranger's query: with the gate and the limits."""
        limits = self._limits
        return Request(
            text=request.text,
            gate=self._gate,
            media_type=request.media_type,
            default_graphs=request.default_graphs,
            named_graphs=request.named_graphs,
            byte_order_mark=request.byte_order_mark,
            timeout_s=(request.timeout_ms or limits.timeout_ms) / 1000,
            max_rows=limits.max_rows,
            # An answer with evidence is put together in memory.
            max_bytes=min(limits.max_bytes, _EXPLAINED_BYTES) if request.explain else limits.max_bytes,
            explain=request.explain,
            inlined=request.inlined,
        )

    def graph(self, graph: str, *, media_type: str, client: str = "") -> Answer:
        """Answer a graph of the store, the default one for ""; nothing of it is missing.

        Raises: NotFound when there is none of that address; what `query` raises for time, size and load.
        """
        limits = self._limits
        question = Request(
            action="get",
            graph=graph,
            media_type=media_type,
            timeout_s=limits.timeout_ms / 1000,
            max_rows=limits.max_rows,
            max_bytes=limits.max_bytes,
        )
        body, end, version = self.ask(question, lane="query", client=client)
        return Answer(media_type, "GRAPH", int(end["rows"]), body.length, end["seconds"], version, body)

    def write(self, request: WriteRequest) -> Written:
        """Do a write: all of it or, when it raises, nothing. Who asks after it returned sees it.

        The worker that evaluates it has the limits of a query; what it answers with – a patch – is applied
        by the template, unread here.
        Published data are written to through the journal: the change is judged by the clerk, written down and
        brought to the disk, and only then made.
        Raises: what `query` raises; InputError for a graph that does not parse; NotFound; PreconditionFailed;
        WriteRefused for a graph that is not to be changed; GateRefused with what the check found; DiskFull;
        StoreError when what is served is not writable.
        """
        limits = self._limits
        default_graphs, named_graphs = request.using
        question = Request(
            action=request.action,
            gate=self._gate,
            graph=request.graph,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            must_exist=request.must_exist,
            content_type=request.content_type,
            content_bytes=len(request.content),
            judged=self.ledger is not None,
            graphs=request.graphs,
            timeout_s=(limits.timeout_ms if self.ledger is None else limits.write_ms) / 1000,
            max_bytes=limits.max_bytes,
            max_facts=limits.write_facts,
        )
        self.crew()
        self.budget.check(request.client)
        do = self._written if self.ledger is None else self.ledger.write
        with self.lanes["write"].seat(request.client):
            started = time.monotonic()
            try:
                for _ in range(_ATTEMPTS):
                    written = do(request, question)
                    if written is not None:
                        return written
            finally:
                self.budget.charge(request.client, time.monotonic() - started)
        raise Overloaded("Other writes kept coming between.", remedy="Try again in a moment.")

    def _written(self, request: WriteRequest, question: Request) -> Written | None:
        """Evaluate a write and apply its patch; None when the store was another's to change meanwhile."""
        with self._worker("query") as (lease, crew):
            body = Body(self.shelf)
            try:
                if not crew.generation.writable:
                    raise StoreError("What is published here is not changed by requests.")
                if request.only_at and crew.name(lease.version) != request.only_at:
                    raise PreconditionFailed(
                        "The data have changed since you asked.", remedy="Ask again, and decide anew."
                    )
                end = lease.ask(question, body, request.content)
                patch = b"".join(body)
                if patch and not crew.apply(patch, lease):
                    return None
                return Written(crew.version, int(end["rows"]), bool(end["existed"]))
            finally:
                body.close()
                lease.close()  # Its copy of the store is its own by now.

    def page(self, iri: str, lang: str) -> tuple[pages.Page | None, str]:
        """Have the page about a thing written by `writer`, in a worker for trusted reads; None when it writes none.

        Says of which version of the data the page is, too.
        Raises: as `ask`.
        """
        question = pages.question(iri, lang, self._limits)
        try:
            body, _, version = self.ask(question, lane="read")
        except WorkerLost:  # As in `read`.
            body, _, version = self.ask(question, lane="read")
        return pages.read(body.read()), version

    def read(self, operation: str, **parameters: str | int | list[str]) -> list[Quad]:
        """Run a trusted read of `samvirke.describe` in a worker.

        Returns its quads in the order of their N-Quads lines (code points): the same on each run.
        """
        return self.read_at(operation, **parameters)[0]

    def read_at(self, operation: str, **parameters: str | int | list[str]) -> tuple[list[Quad], str]:
        """Run a trusted read, and say of which version of the data its quads are."""
        import pyoxigraph  # noqa: PLC0415 - keeps this module's import light

        limits = self._limits
        question = Request(
            operation=operation,
            parameters=parameters,
            timeout_s=limits.timeout_ms / 1000,
            max_bytes=limits.max_bytes,
        )
        try:
            body, _, version = self.ask(question, lane="read")
        except WorkerLost:  # A read is ours and harmless: what killed its worker was not the question.
            body, _, version = self.ask(question, lane="read")
        # To sort bytes costs a tenth of sorting the terms, and order is what every reader needs first.
        lines = sorted(b"".join(body).splitlines(keepends=True))
        # Written by our own worker: what `store.read_rdf` refuses of strangers cannot stand here.
        return list(pyoxigraph.parse(b"".join(lines), pyoxigraph.RdfFormat.N_QUADS)), version

    def ask(self, request: Request, *, lane: str, client: str = "") -> tuple[Body, Mapping[str, float], str]:
        """Ask one worker, without a gate; `query` and `read` are what callers want."""
        self.crew()
        self.budget.check(client)
        with self.lanes[lane].seat(client), self._worker(lane) as (lease, crew):
            body = Body(self.shelf)
            started = time.monotonic()
            cost = 0.0
            try:
                end = lease.ask(request, body)
                cost = end["processor"]
                return body, end, crew.name(lease.version)
            except BaseException:
                body.close()
                cost = time.monotonic() - started  # Who asks what fails pays for the time it took.
                raise
            finally:
                self.budget.charge(client, cost)

    @contextmanager
    def _worker(self, lane: str) -> Iterator[tuple[Lease, Crew]]:
        crew = self.crew()
        writer = self.writer if lane == "read" else ""
        for _ in range(_SWITCHES):
            try:
                lease = crew.take(lane, self._limits.worker_memory_bytes, writer=writer)
                break
            except WorkerLost:  # The template has died, or was retired under us.
                crew = self.renew(crew)
        else:
            lease = crew.take(lane, self._limits.worker_memory_bytes, writer=writer)
        try:
            yield lease, crew
        finally:
            crew.put_back(lane, lease)

    def crew(self) -> Crew:
        """Return the crew in charge; every half second, see whether there is a newer generation."""
        if self._process != os.getpid():
            self._reset()
        crew = self._crew
        if crew is None:
            return self.renew(None)
        if time.monotonic() - self._looked > _LOOK_S:
            self._looked = time.monotonic()
            with contextlib.suppress(StoreError, OSError):
                if self._locate().directory != crew.generation.directory:
                    # Loading takes its time; until it is done, questions are answered from the old one.
                    threading.Thread(target=self._switch, args=(crew,), daemon=True).start()
        return crew

    def _switch(self, old: Crew) -> None:
        # A generation that cannot be loaded does not replace one that answers; the next look tries again.
        with contextlib.suppress(StoreError, WorkerLost, OSError):
            if self._loading.acquire(blocking=False):
                try:
                    self._take_over(self._hire(self._locate()), old)
                finally:
                    self._loading.release()

    def renew(self, old: Crew | None) -> Crew:
        """Put a new crew in charge in place of `old`, unless another thread has done so."""
        with self._switching:
            if self._crew is not None and self._crew is not old:
                return self._crew
            crew = self._crew = self._hire(self._locate())
        self._followed(crew, old)
        return crew

    def _take_over(self, crew: Crew, old: Crew) -> None:
        """Let a crew that has loaded beside `old` answer from now; nothing is written while it does."""
        with contextlib.nullcontext() if self.ledger is None else self.ledger.turn:  # Taken before `_switching`.
            if self.ledger is not None:
                crew.catch_up()
            with self._switching:
                mine = self._crew is old and not self._closed
                if mine:
                    self._crew = crew
        if mine:
            self._followed(crew, old)
        else:
            crew.retire()

    def _followed(self, crew: Crew, old: Crew | None) -> None:
        if old is not None:
            old.retire()
        if self._warm and crew.tier != tiers(crew.generation, self._limits)[-1]:
            # Not at once: the first answer is due, and loading would have its processor.
            promotion = threading.Timer(_PROMOTED_AFTER_S, self.promote, (crew,))
            promotion.daemon = True
            promotion.start()

    def promote(self, crew: Crew) -> None:
        """Have the crew's generation loaded into memory, and let workers on that take over.

        Until it is loaded, and if it cannot be, the workers on the disk store answer.
        """
        if self._closed or self._crew is not crew:
            return
        try:
            better = self._with_writer(Crew(crew.generation, self._address, MEMORY))
        except (StoreError, WorkerLost, OSError) as error:
            if not self._closed:
                say(f"{error} The disk store goes on answering.")
            return
        self._take_over(better, crew)

    def _hire(self, generation: Generation) -> Crew:
        """Return a crew for a generation; a zygote that is gone, ours or another's, is replaced by one of ours."""
        if self._zygote is None or self._zygote.alive:
            try:
                return self._man(generation)
            except WorkerLost:
                if self._closed or (self._zygote is not None and self._zygote.alive):
                    raise
        if self._closed:
            raise WorkerLost("The workers were let go.")
        if self._zygote is not None:
            self._zygote.close()
        self._zygote = Zygote()
        self._address = self._zygote.address
        return self._man(generation)

    def _man(self, generation: Generation) -> Crew:
        """Return a crew on the first tier that can be had; a damaged disk store takes no site down."""
        wanted = tiers(generation, self._limits)
        if wanted[0] == DISK:
            try:
                return self._with_writer(Crew(generation, self._address, DISK))
            except StoreDamaged as error:
                say(f"{error} The data are loaded into memory instead.")
        return self._with_writer(Crew(generation, self._address, MEMORY))

    def _with_writer(self, crew: Crew) -> Crew:
        """Have what writes pages loaded before a crew takes over, so that no page waits for it."""
        if self.writer:
            crew.put_back("read", crew.take("read", self._limits.worker_memory_bytes, writer=self.writer))
        return crew

    def close(self) -> None:
        """Let the workers go, and end the zygote if this pool started it; may be called again."""
        if self._process != os.getpid():
            return
        self._closed = True
        if self.abroad is not None:
            self.abroad.close()
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.retire()
        if self._zygote is not None:
            self._zygote.close()
        with self._loading:  # What loads in the background has lost its zygote, and starts no other.
            pass
        if self.ledger is not None:
            self.ledger.close()

    def __enter__(self) -> Pool:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def run_once(state: Path, request: QueryRequest, limits: Limits) -> Answer:
    """Answer one query with workers of its own: for the command line."""
    with Pool.start(state, limits, warm=False) as pool:
        return pool.query(request)

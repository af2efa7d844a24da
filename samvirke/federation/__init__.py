"""Federation: SERVICE in a query, for servers that the operator has named.

Duty: this side of it: hand a query to the fetcher, a process of its own, and take in what stands in the places of
its SERVICE clauses. Level 4.75: below the web tier, above the workers, which reach nobody and keep it so; here
nothing is fetched, parsed or evaluated. Off unless a setting names an origin.
Standard: https://www.w3.org/TR/sparql11-federated-query/
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import samvirke
from samvirke.errors import InputError, Overloaded, QueryRefused, QuerySyntaxError, ServiceFailed
from samvirke.federation.fetcher import HEAD
from samvirke.settings import Limits
from samvirke.sparql.inline import Inlined, may_ask_others
from samvirke.sparql.tokens import tokens
from samvirke.workers.request import Gate

__all__ = ["Federation"]

_GUARD_S = 1.5
"""How much later than the fetcher's own clock and the kernel's this side's strikes."""
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPATH")
"""What the fetcher has of this process's environment: nothing that could be a secret, and no proxy."""
_LONGEST_ANSWER_FACTOR = 8
_LOOKED_AT = 4_000
"""Longest query that is looked at word by word here, in the event loop; a longer one the fetcher looks at."""
_UNREACHED = "The process that asks other servers ended before it had an answer."
_AGAIN = "Try again in a moment."


class Federation:
    """Asks other servers for the SERVICE clauses of queries. Safe to use from any number of threads."""

    def __init__(self, origins: Iterable[str], private: Iterable[str] = (), *, limits: Limits) -> None:
        """Let queries ask these origins (`origins.origin_of`); those in `private` may have a private address."""
        self.origins = tuple(origins)
        self._private = tuple(private)
        self._limits = limits
        self._gate = tuple(getattr(limits, name) for name in Gate._fields)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._owner = 0

    def concerns(self, text: str) -> bool:
        """Say whether a query may have to be looked at for SERVICE clauses."""
        if not may_ask_others(text):
            return False
        if len(text) > _LOOKED_AT:
            return True
        return any(token.kind == "word" and token.text.upper() == "SERVICE" for token in tokens(text))

    async def inlined(self, text: str, *, base: str, timeout_s: float) -> tuple[Inlined, ...]:
        """Return what takes the place of each SERVICE clause of a query. Cancelling the task ends what is done for it.

        Raises: QuerySyntaxError, QueryRefused; ServiceFailed when another server gave no answer.
        """
        limits = self._limits
        seconds = min(timeout_s, limits.federation_timeout_ms / 1000)
        told = {
            "text": text,
            "base": base,
            "origins": self.origins,
            "private": self._private,
            "agent": f"Samvirke/{samvirke.__version__} (+{base})" if base.isascii() else "Samvirke",
            "gate": self._gate,
            # Letters and digits that no label of a store begins with by chance.
            "salt": f"s{secrets.token_hex(16)}",
            "seconds": seconds,
            "most_bytes": limits.federation_bytes,
            "most_rows": limits.federation_rows,
            "most_calls": limits.federation_calls,
        }
        try:
            reader, writer = await asyncio.open_connection(sock=self._hand_over())
        except OSError:
            raise ServiceFailed(_UNREACHED, remedy=_AGAIN) from None
        try:
            return await self._answer(reader, writer, json.dumps(told).encode(), seconds)
        finally:
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: bytes, seconds: float
    ) -> tuple[Inlined, ...]:
        longest = _LONGEST_ANSWER_FACTOR * self._limits.federation_bytes * self._limits.federation_calls
        try:
            async with asyncio.timeout(seconds + _GUARD_S):
                writer.write(HEAD.pack(len(told)) + told)
                await writer.drain()
                size = HEAD.unpack(await reader.readexactly(HEAD.size))[0]
                if size > longest:
                    raise ServiceFailed("The other servers' answers are too large to be put into the query.")
                answer = json.loads(await reader.readexactly(size))
        except TimeoutError:
            raise ServiceFailed("The servers that the query asks did not answer in time.", remedy=_AGAIN) from None
        except (OSError, EOFError, ValueError):
            raise ServiceFailed(_UNREACHED, remedy=_AGAIN) from None
        if "error" in answer:
            raise _error(answer)
        return tuple((int(start), int(end), str(text)) for start, end, text in answer["inlined"])

    # ------------------------------------------------------------ the process

    def _hand_over(self) -> socket.socket:
        """Return a stream to a new child of the fetcher. Raises: OSError; Overloaded."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                for _ in range(2):
                    line = self._fetcher()
                    try:
                        socket.send_fds(line, [b"\0"], [theirs.fileno()])
                        break
                    except BlockingIOError:
                        raise Overloaded("Too many queries wait for other servers.", remedy=_AGAIN) from None
                    except OSError:  # It has ended; another one is started.
                        self._end()
                else:
                    raise OSError(_UNREACHED)
        except BaseException:
            ours.close()
            raise
        ours.setblocking(False)
        return ours

    def _fetcher(self) -> socket.socket:
        """Return the line to the fetcher, which is started when it is first needed; after a fork, a new one's."""
        if self._line is not None and self._owner == os.getpid():
            return self._line
        line, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        home = str(Path(samvirke.__file__).parent.parent)
        environment["MALLOC_ARENA_MAX"] = "1"  # Each further one takes of the address space that a child may have.
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (home, environment.get("PYTHONPATH"))))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "samvirke.federation", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        line.setblocking(False)
        self._line, self._owner = line, os.getpid()
        return line

    def _end(self) -> None:
        line, process, self._line, self._process = self._line, self._process, None, None
        if line is not None:
            line.close()  # Which ends the process.
        if process is None or self._owner != os.getpid():
            return
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End the fetcher; may be called again."""
        with self._lock, contextlib.suppress(OSError):
            self._end()


def _error(told: dict[str, Any]) -> InputError:
    """Return the error that the fetcher told of."""
    message, remedy = str(told["message"]), str(told["remedy"])
    line, column = int(told["line"]), int(told["column"])
    if told["error"] == "QueryRefused":
        return QueryRefused(
            message,
            rule=str(told["rule"]),
            limit=int(told["limit"]),
            found=int(told["found"]),
            line=line,
            column=column,
            remedy=remedy,
        )
    kind = QuerySyntaxError if told["error"] == "QuerySyntaxError" else ServiceFailed
    return kind(message, line=line, column=column, remedy=remedy)

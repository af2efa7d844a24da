"""This side of the sockets: start a zygote, lease workers, ask them.

Duty: processes and streams, one lease at a time. Level 4.5; no queue, no choice between workers:
that is `pool`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import samvirke
from samvirke.errors import StoreDamaged, StoreError, WorkerLost
from samvirke.workers import failures
from samvirke.workers.answers import Body
from samvirke.workers.frames import ControlLine, FrameReader, Kind, StreamCut, frame
from samvirke.workers.request import Request, write_request
from samvirke.workers.tiers import MEMORY

__all__ = ["Lease", "Line", "Zygote"]

_START_S = 20.0
_LOAD_S = 600.0
"""Longest wait for a generation to be loaded; ten million triples take about a minute."""
_GUARD_S = 0.5
"""How much later than the kernel's clock the client's own one strikes."""
_CONTENT_FRAME = 1 << 20
_LONGEST_PATH = 100
"""A socket's path may have about 108 bytes."""


class Zygote:
    """The zygote process and this process's end of its lifeline: when that closes, the zygote ends."""

    def __init__(self, *, wait: bool = True) -> None:
        """Start the process and, unless `wait` is false, wait until it listens. Raises: as `ready`."""
        self._owner = os.getpid()
        folder = tempfile.mkdtemp(prefix="samvirke-")
        if len(folder) > _LONGEST_PATH - len("/workers"):
            Path(folder).rmdir()
            folder = tempfile.mkdtemp(prefix="samvirke-", dir="/tmp")  # mkdtemp makes it private
        self.address = str(Path(folder, "workers"))
        self._lifeline, theirs = socket.socketpair()
        home = str(Path(samvirke.__file__).parent.parent)
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (home, environment.get("PYTHONPATH"))))
        with theirs:
            # -P: a file called json.py in the folder we stand in is not the standard library's.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "samvirke.workers", self.address, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal is for us; we end it in order.
            )
        if wait:
            self.ready()

    def ready(self) -> None:
        """Wait until the process listens. Raises: WorkerLost when it does not."""
        self._lifeline.settimeout(_START_S)
        try:
            ready = self._lifeline.recv(1)
        except OSError:
            ready = b""
        if not ready:
            self.close()
            raise WorkerLost("The worker processes did not start.", remedy="See the messages above this one.")

    @property
    def alive(self) -> bool:
        """Say whether the process still runs; a fork of its owner cannot tell and says yes."""
        return os.getpid() != self._owner or self._process.poll() is None

    @property
    def process_id(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    def close(self) -> None:
        """End the zygote and its children, and remove its folder; may be called again, and only by its owner."""
        self._lifeline.close()
        if os.getpid() != self._owner:
            return
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        folder = Path(self.address)
        with contextlib.suppress(OSError):
            folder.unlink()
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


class Line:
    """The control line to one generation's template; shared by threads."""

    def __init__(self, address: str, directory: Path, tier: str = MEMORY) -> None:
        """Connect and wait until the generation is loaded, on the tier named.

        Raises: StoreDamaged with the reason when it cannot be loaded; WorkerLost when nobody answers.
        """
        self._lock = threading.Lock()
        for attempt in (1, 2, 3):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_LOAD_S)
            self._line = ControlLine(connection)
            try:
                connection.connect(address)
                self._line.send({"open": str(directory), "tier": tier})
                reply, _ = self._line.receive()
                self.version, self.life = int(reply.get("version", 0)), str(reply.get("life", ""))
            except (OSError, StreamCut) as error:
                # A template that has just run out of clients may end with our connection in its hands.
                self._line.close()
                if attempt == 3:  # noqa: PLR2004 - the last of the attempts above
                    raise WorkerLost("The worker processes do not answer.", remedy="Start the server again.") from error
                time.sleep(0.05)
                continue
            if "error" in reply:
                self._line.close()
                raise StoreDamaged(reply["error"])
            return

    def lease(self, *, headroom_bytes: int, writer: str = "", clerk: bool = False) -> Lease:
        """Have a worker forked: with a `writer` (a module, see `pages`) one for trusted reads, which writes pages, too.

        With a `clerk` it judges a write.
        Raises: WorkerLost when the template is gone; StoreError with the reason when there can be no clerk.
        """
        try:
            with self._lock:
                self._line.send({"lease": headroom_bytes, "writer": writer, "clerk": clerk})
                reply, descriptor = self._line.receive()
        except (OSError, StreamCut) as error:
            raise WorkerLost("The worker processes are gone.", remedy="Ask again.") from error
        if "error" in reply:
            raise StoreError(reply["error"])
        if descriptor is None:
            raise WorkerLost("No worker could be started.", remedy="Ask again.")
        stream = socket.socket(fileno=descriptor)
        return Lease(self, reply["lease"], stream, version=int(reply["version"]), process=int(reply["process"]))

    def apply(self, patch: bytes, *, base: int) -> tuple[bool, int]:
        """Have the template change its store by the patch of a worker that was leased at the version `base`.

        Returns whether it did, and the store's version now.
        Raises: WorkerLost when the template is gone: nobody knows then whether it did, and what it held is lost
        with it; StoreError when it takes no patches, or not this one.
        """
        try:
            with self._lock:
                self._line.send({"apply": len(patch), "base": base})
                self._line.connection.sendall(patch)
                reply, _ = self._line.receive()
        except (OSError, StreamCut) as error:
            raise WorkerLost("The worker processes are gone.", remedy="Ask again.") from error
        if "error" in reply:
            raise StoreError(reply["error"])
        return "version" in reply, int(reply.get("version", reply.get("stale", 0)))

    def replay(self) -> int:
        """Have the template make every change that was written down meanwhile; return the store's version now.

        Raises: WorkerLost when the template is gone; StoreDamaged when the journal cannot be read.
        """
        try:
            with self._lock:
                self._line.send({"replay": True})
                reply, _ = self._line.receive()
        except (OSError, StreamCut) as error:
            raise WorkerLost("The worker processes are gone.", remedy="Ask again.") from error
        if "error" in reply:
            raise StoreDamaged(reply["error"])
        return int(reply["version"])

    def kill(self, number: int) -> None:
        """End a worker at once."""
        with contextlib.suppress(OSError), self._lock:
            self._line.send({"kill": number})

    def fate(self, number: int) -> int | None:
        """Return the wait status of a worker that has ended; one that has not is ended."""
        try:
            with self._lock:
                self._line.send({"fate": number})
                status = self._line.receive()[0]["status"]
        except (OSError, StreamCut):
            return None
        return None if status is None else int(status)

    def close(self) -> None:
        """Close the line: the template ends the workers leased over it."""
        self._line.close()


class Lease:
    """One worker, standing by for one question after the other."""

    def __init__(self, line: Line, number: int, stream: socket.socket, *, version: int, process: int) -> None:
        """Take over the stream of a worker leased as `number`, with the store as it was at `version`.

        `process` is its process id.
        """
        self.version = version
        self.process = process
        self.fresh = True
        """Whether nothing was asked yet; who asks says when that is over."""
        self._line = line
        self._number = number
        self._stream = stream
        self._frames = FrameReader(stream)

    def detach(self) -> tuple[int, socket.socket]:
        """Hand over the number of the lease and the stream of its worker; this object is done with."""
        return self._number, self._stream

    @property
    def usable(self) -> bool:
        """Say whether the worker is still there and has nothing unasked to say."""
        try:
            self._stream.settimeout(0)
            self._stream.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def ask(self, request: Request, body: Body, content: bytes = b"") -> dict[str, float]:
        """Ask, and take the whole answer into `body`. `content` is what the request says that follows it.

        Returns what the worker says of it: rows, bytes, seconds.
        Raises: what the worker raised; QueryTimeout or WorkerLost when it died. After those two,
        and after any error on this side, the lease is of no more use (`usable` says so).
        """
        until = time.monotonic() + request.timeout_s + _GUARD_S
        try:
            return self._ask(request, body, content, until)
        except TimeoutError as error:
            self._discard()
            raise failures.timed_out(request.timeout_s) from error
        except (OSError, StreamCut) as error:
            self._stream.close()
            raise failures.died(self._line.fate(self._number), timeout_s=request.timeout_s) from error
        except failures.FromWorker as error:
            raise error.reason from None
        except BaseException:
            self._discard()
            raise

    def _ask(self, request: Request, body: Body, content: bytes, until: float) -> dict[str, float]:
        self._wait_at_most(until)
        self._stream.sendall(frame(Kind.REQUEST, write_request(request)))
        for start in range(0, len(content), _CONTENT_FRAME):
            self._wait_at_most(until)
            self._stream.sendall(frame(Kind.BODY, content[start : start + _CONTENT_FRAME]))
        while True:
            self._wait_at_most(until)
            kind, payload = self._frames.receive()
            if kind is Kind.BODY:
                body.write(payload)
            elif kind is Kind.LAST:
                last = failures.read_last(payload)
                body.write(payload[failures.END_BYTES :])
                if last.last:
                    self._stream.close()
                return last._asdict()
            elif kind is Kind.END:
                end = failures.read_end(payload)
                if end["last"]:
                    self._stream.close()
                return end
            elif kind is Kind.ERROR:
                raise failures.FromWorker(failures.read_error(payload))

    def _wait_at_most(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._stream.settimeout(left)

    def _discard(self) -> None:
        self._stream.close()
        self._line.kill(self._number)

    def close(self) -> None:
        """Let the worker go: it ends when its stream does."""
        self._stream.close()

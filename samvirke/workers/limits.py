"""What the kernel takes away from a worker before it meets a stranger's query.

Duty: one function that a freshly forked worker calls once. Level 4.5; knows nothing of queries.
Neither a signal handler nor an argument can stop the engine in the middle of a query, and `SERVICE`
makes real requests; so the limits are the kernel's, which no query can talk to. Where the platform
has no `prctl`, those calls are left out and the rest holds.
Source: setrlimit(2), prctl(2)
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends; `parent` is the parent's id.

    Only for children of single-threaded processes: the signal follows the thread that forked.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # It ended between the fork and the call above.
        os._exit(0)


def address_space_bytes() -> int:
    """Return the size of this process's address space, or 0 where the platform does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def touched_bytes() -> int:
    """Return how much memory this process has come to have for itself: each page it was given, or its own copy of.

    Pages shared with the process it was forked from cost nothing until they are written to; reference counts do.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt * _PAGE_BYTES


def confine(*, loaded_bytes: int, headroom_bytes: int, descriptors: int = 0) -> None:
    """Take away memory beyond what is loaded plus headroom, files, sockets, core dumps and debuggers.

    A worker that no stranger's query reaches may have some `descriptors`, to read the files of its generation.

    Nothing can be undone: hard limits are set with the soft ones. From here on no descriptor can be
    opened, so every module the worker needs must be imported already.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if loaded_bytes:
        _limit(resource.RLIMIT_AS, loaded_bytes + headroom_bytes)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _limit(resource.RLIMIT_NOFILE, descriptors)


def allow_processor_seconds(seconds: int, *, used: float) -> None:
    """Let this process use `seconds` more of processor time than the `used` ones; the kernel ends it beyond that.

    What is left of an earlier allowance is renewed only when it is less than half: this is the second line behind
    the clock, and asked before each question.
    """
    if used + seconds <= _allowed.seconds <= used + 2 * seconds:
        return
    soft = int(used + 2 * seconds)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        _allowed.seconds = soft


class _Allowed:
    """Until when this process may use the processor, as it told the kernel last."""

    seconds = 0


_allowed = _Allowed()


def _limit(what: int, value: int) -> None:
    with contextlib.suppress(OSError, ValueError):  # Not every platform knows every limit.
        resource.setrlimit(what, (value, value))


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)

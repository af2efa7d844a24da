"""Errors on their way between a worker and its client.

Duty: one spelling of each error as a JSON object, and the errors that only workers raise. Level 4.5.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from samvirke import errors
from samvirke.errors import (
    AnswerTooLarge,
    GateRefused,
    LimitError,
    QueryTimeout,
    SamvirkeError,
    WorkerLost,
    WriteTooLarge,
    WrongUse,
)
from samvirke.model import Finding, Report, Severity

OUT_OF_MEMORY = 77
"""Exit code of a worker whose memory ran out in Python; the engine's own end is SIGABRT."""
_PLACED = ("line", "column")
_MOST_FINDINGS = 200
"""Findings that travel with a refusal; the sentence says how many there were."""
_REFUSAL = ("rule", "limit", "found")


class FromWorker(Exception):
    """Carries the error that a worker answered with; the worker itself is well."""

    def __init__(self, reason: SamvirkeError) -> None:
        """Carry `reason`."""
        super().__init__(str(reason))
        self.reason = reason


class End(NamedTuple):
    """What a worker says of an answer: `last` when it answers no other."""

    last: bool
    rows: int
    seconds: float
    processor: float


_END = struct.Struct("!?QII")
END_BYTES = _END.size
_MICRO = 1_000_000
_MOST = (1 << 32) - 1


def write_last(end: End) -> bytes:
    """Spell what the frame of kind LAST begins with."""
    seconds, processor = int(end.seconds * _MICRO), int(end.processor * _MICRO)
    return _END.pack(end.last, end.rows, min(seconds, _MOST), min(processor, _MOST))


def read_last(payload: bytes | memoryview) -> End:
    """Read what `write_last` wrote. Raises: struct.error when it is too short."""
    last, rows, seconds, processor = _END.unpack_from(payload)
    return End(last, rows, seconds / _MICRO, processor / _MICRO)


def read_end(payload: bytes) -> dict[str, float]:
    """Read the last frame of an answer."""
    return {name: float(value) for name, value in json.loads(payload).items()}


def read_error(payload: bytes) -> SamvirkeError:
    """Read the frame that stands in place of an answer."""
    return from_message(json.loads(payload))


def to_message(error: SamvirkeError) -> dict[str, Any]:
    """Spell an error as a JSON object."""
    message: dict[str, Any] = {"type": type(error).__name__, "message": error.message, "remedy": error.remedy}
    for name in (*_PLACED, *_REFUSAL):
        if hasattr(error, name):
            message[name] = getattr(error, name)
    if isinstance(error, GateRefused):
        findings = error.report.findings if isinstance(error.report, Report) else ()
        message["findings"] = [asdict(finding) for finding in findings[:_MOST_FINDINGS]]
    return message


def from_message(message: Mapping[str, Any]) -> SamvirkeError:
    """Make the error again that a worker spelt."""
    kind = getattr(errors, message["type"], None)
    if not (isinstance(kind, type) and issubclass(kind, SamvirkeError)):
        return SamvirkeError(str(message["message"]))
    extra = {name: message[name] for name in (*_PLACED, *_REFUSAL) if name in message}
    if kind is GateRefused:
        told = message.get("findings", ())
        extra["report"] = Report([Finding(**{**one, "severity": Severity(one["severity"])}) for one in told])
    return kind(message["message"], remedy=message["remedy"], **extra)


def too_many_bytes(limit: int) -> AnswerTooLarge:
    """The answer outgrew its bytes."""
    return AnswerTooLarge(
        f"The answer is larger than the {limit} bytes allowed.",
        remedy="Add a LIMIT, or ask for fewer columns.",
    )


def too_many_rows(limit: int) -> AnswerTooLarge:
    """The answer outgrew its rows."""
    return AnswerTooLarge(
        f"The answer has more than the {limit} rows allowed.",
        remedy="Add a LIMIT, and an OFFSET for the rest.",
    )


def too_many_facts(limit: int, *, found: int = 0) -> WriteTooLarge:
    """A write would change more than one may."""
    told = f"The write changes {found} facts; one" if found else "The write changes too much; one"
    return WriteTooLarge(
        f"{told} may change {limit} (limits.write_facts). Nothing was written.", remedy="Send it in smaller parts."
    )


def unjudged(error: LimitError, *, seconds: float, memory_bytes: int) -> LimitError:
    """Say of a write what became of the worker that was to judge it."""
    if isinstance(error, QueryTimeout):
        return QueryTimeout(
            f"The write could not be judged within {seconds:g} s (limits.write_ms). Nothing was written.",
            remedy="Send it in smaller parts. Where the check itself takes so long, raise the setting.",
        )
    if isinstance(error, AnswerTooLarge):
        return WriteTooLarge(
            "What follows from the write is more than one may change. Nothing was written.",
            remedy="Send it in smaller parts.",
        )
    return WorkerLost(
        f"The process that judged the write ended before it was done; it may use {memory_bytes >> 20} MB"
        " (limits.write_memory_bytes). Nothing was written.",
        remedy="Send it in smaller parts.",
    )


def timed_out(timeout_s: float) -> QueryTimeout:
    """The deadline came first."""
    return QueryTimeout(
        f"The query was stopped at its time limit of {timeout_s:g} s.",
        remedy="Ask for less: add a LIMIT, name more of the things you look for, or split the question.",
    )


def no_rows_to_explain() -> WrongUse:
    """Only SELECT has rows."""
    return WrongUse(
        "Only the rows of a SELECT can be explained.", remedy="Ask with SELECT, or leave out explain=evidence."
    )


def no_evidence_in(media_type: str) -> WrongUse:
    """The format has no place for evidence."""
    return WrongUse(f"{media_type} has no place for evidence.", remedy="Ask for JSON, CSV or TSV.")


def unknown_operation(name: str) -> WrongUse:
    """The caller asked for a trusted read that does not exist."""
    return WrongUse(f"There is no read operation called {name!r}.")


def not_for_strangers() -> WrongUse:
    """A worker for trusted reads, which may open files, was asked something else."""
    return WrongUse("This worker answers trusted reads only.")


def fault(error: Exception) -> SamvirkeError:
    """A mistake in the worker's own code, with the place it was made."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{'/'.join(last.filename.split('/')[-2:])}:{last.lineno}"
    return SamvirkeError(f"A worker failed with {type(error).__name__}: {error} ({place}).", remedy="Report this.")


def by_chance(status: int | None) -> bool:
    """Say whether a worker ended for no reason that its question could have given: it may be asked of another."""
    if status is None:
        return True
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return number == signal.SIGKILL or status == 0


def died(status: int | None, *, timeout_s: float) -> QueryTimeout | WorkerLost:
    """Say what a worker's end means for the query it was busy with; `status` is its wait status."""
    number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else 0
    if number in (signal.SIGALRM, signal.SIGXCPU):
        return timed_out(timeout_s)
    if number == signal.SIGABRT or (status is not None and os.waitstatus_to_exitcode(status) == OUT_OF_MEMORY):
        return WorkerLost(
            "The query needed more memory than it may use, and was stopped.",
            remedy="Ask for less: add a LIMIT, or avoid sorting and joining everything with everything.",
        )
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL):
        return WorkerLost(
            "The query was more than the engine could take in, and was stopped.",
            remedy="Make it shorter or less deeply nested.",
        )
    return WorkerLost("The process that answered the query ended before the answer was complete.", remedy="Ask again.")

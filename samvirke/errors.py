"""Every error the engine raises on purpose.

Duty: one tree, each error with a sentence for people and the exit code of the command line.
Level 0; imports nothing of the package. No HTTP status stands here: `web/errors.py` is the
only table from error to status.

    SamvirkeError
    ├── WrongUse            2  the command or call itself is off
    │   └── SiteError       2  the site's folder or its settings are missing or wrong
    ├── InputError          3  a file or text given to us is bad (file:line:column)
    │   ├── EvidenceError   3  a quote, passage or document does not hold
    │   ├── QuerySyntaxError 3 the query does not parse
    │   ├── QueryRefused    3  the query breaks a rule that is checked before parsing
    │   └── ServiceFailed   3  another server that the query asks gave no answer that can be used
    ├── GateRefused         1  the gate found violations, nothing was published
    ├── NotFound            3  no such thing here
    │   └── Gone            3  was here once, and is withdrawn
    ├── NotAcceptable       3  none of the offered formats is acceptable
    ├── PreconditionFailed  3  a write was tied to a state that is not the present one
    ├── WriteRefused        3  what was to be written to is not changed by requests, or not by this writer
    ├── StoreError          4  the store is busy or damaged
    │   ├── StoreBusy       4
    │   ├── StoreDamaged    4
    │   └── DiskFull        4
    ├── LimitError          5  a limit was reached
    │   ├── QueryTimeout    5
    │   ├── AnswerTooLarge  5
    │   ├── WorkerLost      5  the process that evaluated the query died (memory or engine)
    │   └── Overloaded      5  no worker became free in time
    │       └── TooManyRequests 5  one client asks for more than its share
    └── JavaMissing         4  the reasoner needs Java and there is none
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class SamvirkeError(Exception):
    """The root. `message` says what is wrong, `remedy` what to do; both are whole sentences."""

    exit_code = 2

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class WrongUse(SamvirkeError):
    """The command or the call is off."""

    exit_code = 2


class SiteError(WrongUse):
    """The site's folder or its settings are missing or wrong."""


class InputError(SamvirkeError):
    """A file or text is bad. `line` and `column` count from 1; 0 means unknown."""

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int = 0,
        column: int = 0,
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.file = None if file is None else str(file)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = self.file or ""
        if self.line:
            place += f"{':' if place else 'line '}{self.line}"
            if self.column:
                place += f":{self.column}"
        text = super().__str__()
        return f"{place}: {text}" if place else text


class EvidenceError(InputError):
    """A quote, a passage or a document does not hold."""


class QuerySyntaxError(InputError):
    """The query does not parse."""


class QueryRefused(InputError):
    """The query breaks a rule that is checked before it is parsed.

    `rule` is the setting's name, `limit` its value, `found` what the query has.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str,
        limit: int = 0,
        found: int = 0,
        line: int = 0,
        column: int = 0,
        remedy: str = "",
    ) -> None:
        super().__init__(message, line=line, column=column, remedy=remedy)
        self.rule = rule
        self.limit = limit
        self.found = found


class ServiceFailed(InputError):
    """Another server that the query asks (SERVICE) gave no answer that can be used; the place is the clause's."""


class GateRefused(SamvirkeError):
    """The gate found violations; nothing was published. `report` is a `model.Report`."""

    exit_code = 1

    def __init__(self, message: str, *, report: object, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.report = report


class NotFound(SamvirkeError):
    """There is no such thing here."""

    exit_code = 3


class Gone(NotFound):
    """It was here once and is withdrawn; `successor` is the address that replaced it, if any."""

    def __init__(self, message: str, *, successor: str | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.successor = successor


class NotAcceptable(SamvirkeError):
    """None of the offered formats is acceptable; `offers` lists their media types."""

    exit_code = 3

    def __init__(self, message: str, *, offers: Sequence[str], remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.offers = tuple(offers)


class PreconditionFailed(SamvirkeError):
    """A write was to be done only in a certain state of the store, and the state is another."""

    exit_code = 3


class WriteRefused(SamvirkeError):
    """What was to be changed is not changed by requests, or not by this writer."""

    exit_code = 3


class StoreError(SamvirkeError):
    """The store is busy or damaged."""

    exit_code = 4


class StoreBusy(StoreError):
    """Somebody else holds the store."""


class StoreDamaged(StoreError):
    """What is on disk is not what was written."""


class DiskFull(StoreError):
    """There is no room for what was to be written; what can be read stays as it was."""


class JavaMissing(SamvirkeError):
    """The reasoner needs Java and there is none on the PATH."""

    exit_code = 4


class LimitError(SamvirkeError):
    """A limit was reached."""

    exit_code = 5


class QueryTimeout(LimitError):
    """The query was ended at its time limit."""


class AnswerTooLarge(LimitError):
    """The answer is larger than the rows or bytes allowed."""


class WriteTooLarge(LimitError):
    """A write would change more than one may at once; nothing was written."""


class WorkerLost(LimitError):
    """The process that evaluated the query died: out of memory, or the engine crashed."""


class Overloaded(LimitError):
    """No worker became free in time; `retry_after_s` is in whole seconds."""

    def __init__(self, message: str, *, retry_after_s: int = 1, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class TooManyRequests(Overloaded):
    """One client asks for more at once than its share; others are served."""

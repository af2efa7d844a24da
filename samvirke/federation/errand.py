"""One query's errand to other servers: all of its SERVICE clauses, in one disposable process.

Duty: from a query to the texts that take its clauses' places, or to a refusal. Level 4.75; runs in a child of the
fetcher that ends with it. Clauses are asked side by side, each in a thread that nobody waits for beyond the time
there is: a name that is looked up, or an answer that drips, cannot be called off in any other way.
Standard: https://www.w3.org/TR/sparql11-federated-query/#fedSemantics
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from samvirke.errors import InputError, QueryRefused, ServiceFailed
from samvirke.federation.clauses import Clause, clauses
from samvirke.federation.exchange import NotAllowed, Policy, ask
from samvirke.federation.rows import Unusable, nothing_said, rows_text
from samvirke.origins import split_address
from samvirke.sparql.gate import GateLimits, gate_query
from samvirke.sparql.inline import Inlined, vacant
from samvirke.sparql.tokens import brackets, place

__all__ = ["Errand", "run"]

_SHOWN_ORIGINS = 8
_LONGER = 2
"""How many times as long as an answer its rows may be in the query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be done. `salt` begins names that occur nowhere else. Units: `seconds` there are for all of it."""

    text: str
    base: str
    gate: GateLimits
    policy: Policy
    salt: str
    seconds: float
    most_rows: int
    most_calls: int


def run(errand: Errand) -> list[Inlined]:
    """Return what stands in the place of each SERVICE clause.

    Raises: QuerySyntaxError, QueryRefused before anybody is asked; ServiceFailed for the first clause in the text
    that got no answer and is not silent.
    """
    until = time.monotonic() + errand.seconds
    _check_nesting(errand)
    found = clauses(errand.text, base=errand.base)
    if len(found) > errand.most_calls:
        late = found[errand.most_calls]
        raise QueryRefused(
            f"The query has more than {errand.most_calls} SERVICE clauses.",
            rule="federation_calls",
            limit=errand.most_calls,
            found=len(found),
            line=late.line,
            column=late.column,
            remedy="Split it into several.",
        )
    # What the engine will be given, and what others are: nobody is asked for a query that is refused anyway.
    gate_query(vacant(errand.text, [(clause.start, clause.end, "") for clause in found]), errand.gate)
    for clause in found:
        _check(clause, errand)
    return _inlined(found, errand, until)


def _check_nesting(errand: Errand) -> None:
    """Refuse what is nested too deeply to be looked at: groups are read inside one another."""
    depth, most = 0, errand.gate.nesting
    for bracket in brackets(errand.text, 0):
        depth += 1 if bracket.text in "{([" else -1
        if depth > most:
            line, column = place(errand.text, bracket.start)
            raise QueryRefused(
                f"The query has more than {most} brackets inside one another.",
                rule="nesting",
                limit=most,
                found=depth,
                line=line,
                column=column,
                remedy="Make it simpler, or split it into several.",
            )


def _check(clause: Clause, errand: Errand) -> None:
    """Refuse a clause that may not be sent, unless it is silent about that: then it is not sent either."""
    try:
        gate_query(clause.query, errand.gate)
    except InputError as error:  # Its places are those of another text.
        error.line, error.column = clause.line, clause.column
        raise
    if not clause.silent and not _may_be_asked(clause, errand.policy):
        origins = sorted(errand.policy.origins)
        shown = ", ".join(origins[:_SHOWN_ORIGINS]) + (" …" if len(origins) > _SHOWN_ORIGINS else "")
        raise QueryRefused(
            f"SERVICE would ask <{clause.address[:200]}>, which is not of a server that is asked from here.",
            rule="outbound",
            line=clause.line,
            column=clause.column,
            remedy=f"These are: {shown}.",
        )


def _may_be_asked(clause: Clause, policy: Policy) -> bool:
    found = split_address(clause.address)
    return found is not None and found.origin in policy.origins


def _inlined(found: Sequence[Clause], errand: Errand, until: float) -> list[Inlined]:
    told: queue.SimpleQueue[tuple[int, str | Unusable | NotAllowed]] = queue.SimpleQueue()
    parsing = threading.Lock()  # One at a time: a small text may be a large value.

    def fetch(number: int, clause: Clause) -> None:
        try:
            body = ask(clause.address, clause.query, errand.policy, until=until)
            with parsing:
                rows = rows_text(
                    body,
                    clause.columns,
                    salt=f"{errand.salt}n{number}",
                    most_rows=errand.most_rows,
                    most_bytes=_LONGER * errand.policy.most_bytes,
                )
            told.put((number, rows))
        except (Unusable, NotAllowed) as failure:
            told.put((number, failure))
        except Exception as error:  # the thread's edge: whoever waits must hear of it
            told.put((number, Unusable(f"could not be asked ({type(error).__name__})")))

    for number, clause in enumerate(found):
        threading.Thread(target=fetch, args=(number, clause), daemon=True).start()
    answers: dict[int, str | Unusable | NotAllowed] = {}
    while len(answers) < len(found):
        try:
            number, answer = told.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        answers[number] = answer
        if not isinstance(answer, str) and not found[number].silent:
            break  # The query has no answer any more.
    return _in_place(found, answers)


def _in_place(found: Sequence[Clause], answers: Mapping[int, Any]) -> list[Inlined]:
    failed = [number for number, clause in enumerate(found) if not clause.silent and not _is_text(answers.get(number))]
    # Of those that failed, one that says why comes before one that was still on its way.
    for number in sorted(failed, key=lambda number: number not in answers):
        clause, reason = found[number], answers.get(number) or Unusable("did not answer in time")
        raise ServiceFailed(
            f"The server asked by SERVICE, <{clause.address[:200]}>, {reason}.",
            line=clause.line,
            column=clause.column,
            remedy="Try again later, ask it directly, or write SERVICE SILENT to go on without it.",
        )
    return [
        (clause.start, clause.end, answers[number] if _is_text(answers.get(number)) else nothing_said(clause.columns))
        for number, clause in enumerate(found)
    ]


def _is_text(answer: object) -> bool:
    return isinstance(answer, str)

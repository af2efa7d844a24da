"""What a worker is asked, and its spelling on the stream.

Duty: one frozen value and its JSON. Level 4.5; used on both sides of the stream.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The limits of `sparql.gate_query`: it runs in the worker, so that a long text holds up nobody else."""

    query_bytes: int
    nesting: int
    operators: int
    triple_patterns: int
    unions: int
    path_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a worker is asked: a query (`text`) or a trusted read (`operation` with `parameters`).

    `default_graphs` and `named_graphs` name the query's dataset instead of the store's own; None
    means that the protocol named none. `media_type` has no parameters.
    `explain` asks for the evidence of the rows behind the answer (`samvirke.why`).
    Without a `gate` the text goes straight to the engine.
    """

    text: str = ""
    gate: Gate | None = None
    media_type: str = "application/sparql-results+json"
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    explain: bool = False
    operation: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    timeout_s: float = 10.0
    max_rows: int = 100_000
    max_bytes: int = 64 << 20


_GATE = fields(Gate)


def write_request(request: Request) -> bytes:
    """Spell a request as JSON."""
    values = {row.name: getattr(request, row.name) for row in fields(request)}
    values["gate"] = None if request.gate is None else {row.name: getattr(request.gate, row.name) for row in _GATE}
    return json.dumps(values, ensure_ascii=True).encode()


def read_request(payload: bytes) -> Request:
    """Read what `write_request` wrote."""
    values = json.loads(payload)
    for name in ("default_graphs", "named_graphs"):
        values[name] = None if values[name] is None else tuple(values[name])
    values["gate"] = None if values["gate"] is None else Gate(**values["gate"])
    return Request(**values)

"""What a worker is asked, and its spelling on the stream.

Duty: one frozen value and its spelling. Level 4.5; used on both sides of the stream.
"""

from __future__ import annotations

import marshal
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_NONE: Mapping[str, Any] = MappingProxyType({})


class Gate(NamedTuple):
    """The limits of `sparql.gate_query`: it runs in the worker, so that a long text holds up nobody else."""

    query_bytes: int
    nesting: int
    operators: int
    triple_patterns: int
    unions: int
    path_steps: int


class Request(NamedTuple):
    """What a worker is asked: a query (`text`), a trusted read (`operation` with `parameters`) or an `action`.

    `default_graphs` and `named_graphs` name the query's dataset instead of the store's own; None
    means that the protocol named none. `media_type` has no parameters; `byte_order_mark` goes before CSV only.
    `explain` asks for the evidence of the rows behind the answer (`samvirke.why`).
    Without a `gate` the text goes straight to the engine. `inlined` are the answers of other servers, and the places
    in the text of the clauses they answer.

    The actions are "update", and "get", "put", "post" and "delete" of the graph with the address `graph`, ""
    being the default graph; `must_exist` says what has to be true of it before. The text of the update or
    the graph follows the request as `content_bytes` bytes, of the type `content_type`. A change that is `judged` has
    to pass the clerk, and may touch the `graphs` alone, if any are named. The action "patch" makes the change that
    the content spells, as far as it is not made already. A judged change is of `max_facts` at most; 0: of any number.
    """

    text: str = ""
    gate: Gate | None = None
    media_type: str = "application/sparql-results+json"
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    byte_order_mark: bool = False
    explain: bool = False
    inlined: tuple[tuple[int, int, str], ...] = ()
    operation: str = ""
    action: str = ""
    graph: str = ""
    must_exist: bool | None = None
    content_type: str = ""
    content_bytes: int = 0
    judged: bool = False
    graphs: tuple[str, ...] | None = None
    parameters: Mapping[str, Any] = _NONE
    timeout_s: float = 10.0
    max_rows: int = 100_000
    max_bytes: int = 64 << 20
    max_facts: int = 0


MEDIA_TYPES = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
    "text/turtle",
    "application/n-triples",
    "application/rdf+xml",
    "application/ld+json",
    "application/trig",
    "application/n-quads",
)
"""What a short request may ask for, by its place here."""
_SHORT = struct.Struct("!dB")
_MEDIA_TYPE = Request._fields.index("media_type")
_TIMEOUT = Request._fields.index("timeout_s")


def write_short(text: bytes, media_type: str, timeout_s: float) -> bytes:
    """Spell a request that is all as usual but for its text (UTF-8), the format of its answer and its time."""
    return _SHORT.pack(timeout_s, MEDIA_TYPES.index(media_type)) + text


def read_short(payload: bytes, usual: Request) -> Request:
    """Read what `write_short` wrote; all else is as in `usual`."""
    timeout_s, media_type = _SHORT.unpack_from(payload)
    values: list[Any] = list(usual)
    values[0], values[_MEDIA_TYPE] = payload[_SHORT.size :].decode(), MEDIA_TYPES[media_type]
    values[_TIMEOUT] = timeout_s
    return Request._make(values)


_GATE = Request._fields.index("gate")
_PARAMETERS = Request._fields.index("parameters")


def write_request(request: Request) -> bytes:
    """Spell a request.

    In the interpreter's own notation: both sides are the same interpreter, and requests travel only from the
    process that is trusted to the one that is not – answers, the other way, are JSON.
    """
    values: list[Any] = list(request)
    if request.gate is not None:
        values[_GATE] = tuple(request.gate)
    values[_PARAMETERS] = dict(request.parameters) if request.parameters else None
    return marshal.dumps(values)


def read_request(payload: bytes) -> Request:
    """Read what `write_request` wrote."""
    values: list[Any] = marshal.loads(payload)
    if values[_GATE] is not None:
        values[_GATE] = Gate._make(values[_GATE])
    if values[_PARAMETERS] is None:
        values[_PARAMETERS] = _NONE
    return Request._make(values)

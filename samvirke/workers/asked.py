"""What a pool is asked: a stranger's query, a write; and what it says of a write that is done.

Duty: values. Level 4.5; what a worker is asked is `request`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QueryRequest", "WriteRequest", "Written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRequest:
    """A stranger's query.

    `media_type` is the format of the answer, fit for the query's form (`sparql.classify`).
    `default_graphs` and `named_graphs` are the protocol's dataset, None where it names none.
    `byte_order_mark` puts one before a CSV answer: spreadsheets take the text for another encoding without it.
    With `explain` the answer has its evidence behind it: `samvirke.why.answer` takes it apart.
    `client` is whose share of the workers is used; the site's own queries leave it empty.
    A query that is `federated` may ask the servers that the operator named; `inlined` is what they answered.
    """

    text: str
    media_type: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    byte_order_mark: bool = False
    explain: bool = False
    client: str = ""
    timeout_ms: int | None = None
    federated: bool = False
    inlined: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """A write: an "update", or "put", "post" or "delete" of the graph with the address `graph` ("": the default one).

    `content` is the text of the update, or the graph in the format `content_type`; of the action "patch" it is an
    RDF Patch. `using` are the protocol's default and named graphs for an update. `must_exist` ties a graph's write to
    whether there is one, `only_at` any write to one version of the store. `author` and `reason` go into the journal;
    `graphs` are those that the author may change, None means all.
    """

    action: str
    content: bytes = b""
    content_type: str = ""
    graph: str = ""
    using: tuple[tuple[str, ...] | None, tuple[str, ...] | None] = (None, None)
    must_exist: bool | None = None
    only_at: str = ""
    author: str = ""
    reason: str = ""
    graphs: tuple[str, ...] | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A write that is done: the version it made, how many changes it made, and whether its graph existed before.

    `sequence` is the number of its record in the journal; 0 where nothing changed, or nothing is written down.
    """

    version: str
    changes: int
    existed: bool
    sequence: int = 0

"""Evidence on its way into an answer.

Duty: take the worker's bytes apart, name the passages of each fact – its own, or those of the premises a
rule had – add their words, and write it all into the format asked for. Level 4; pure: what it needs of the
index and the store comes as functions.

SPARQL JSON gets a member beside `head` and `results`, which clients that do not know it pass over:

    "evidence": {
      "rows": [{"facts": [{"subject": term, "predicate": term, "object": term, "graphs": [address],
                           "passages": [address], "rule": address}],
                "ways": 2, "left_out": 3}],
      "quotes": {passage: words},
      "notes": [{"reason": sentence, "line": 1, "column": 1}]}

`rows` are in the order of the bindings. `rule` stands at what was inferred, whose passages are those of the
premises. `ways` is how many solutions gave the row when it is more than one, `left_out` how many facts are not
listed. Instead of all that there may be `"unavailable": {"reason": sentence, "line": 1, "column": 1}`.
CSV and TSV get a last column `evidence` (`evidence_` where the query has one of that name): the addresses of the
passages, with a space between them; what cannot be told there in full is an error.
Source: https://www.w3.org/TR/sparql11-results-json/ and https://www.w3.org/TR/sparql11-results-csv-tsv/
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode

from samvirke.errors import QueryRefused

__all__ = ["VALUES", "column_beside", "explained", "packed", "passages_of", "refuse_what_is_missing", "told"]

VALUES = ("evidence",)
"""What the parameter `explain` can be."""
_COLUMN = "evidence"
_LENGTH = struct.Struct("!Q")
_CSV, _TSV = "text/csv", "text/tab-separated-values"
# A line of CSV ends outside quotes.
_CSV_LINE = re.compile(rb'(?:[^"\r\n]|"[^"]*")*\r\n')


class Premises(Protocol):
    """How an inferred fact came about."""

    @property
    def rule(self) -> str:
        """The address of the rule."""

    @property
    def passages(self) -> tuple[str, ...]:
        """The passages of the premises."""


Why = Callable[[str, str, str], Premises | None]
"""Subject, predicate and object in N-Triples form → what the index knows of an inferred fact."""
Quotes = Callable[[Sequence[str]], Mapping[str, str]]
"""Addresses of passages → their words."""


def packed(evidence: Mapping[str, Any]) -> bytes:
    """Return evidence as it stands behind an answer."""
    data = json.dumps(evidence, ensure_ascii=False, separators=(",", ":")).encode()
    return data + _LENGTH.pack(len(data))


def told(body: bytes, *, base: str, why: Why, quotes: Quotes) -> tuple[bytes, dict[str, Any]]:
    """Take an answer with evidence apart: the answer as it is without, and the evidence with passages and words."""
    (length,) = _LENGTH.unpack(body[-_LENGTH.size :])
    end = len(body) - _LENGTH.size
    results, evidence = body[: end - length], json.loads(body[end - length : end])
    for row in evidence.get("rows", ()):
        for fact in row["facts"]:
            _add_passages(fact, base, why)
    if "rows" in evidence:
        addresses = sorted({address for row in evidence["rows"] for address in passages_of(row)})
        evidence["quotes"] = dict(quotes(addresses)) if addresses else {}
    return results, evidence


def explained(body: bytes, media_type: str, *, base: str, why: Why, quotes: Quotes) -> bytes:
    """Return an answer with its evidence in the format asked for.

    Raises: QueryRefused where a format that has no room for a reason would need one.
    """
    results, evidence = told(body, base=base, why=why, quotes=quotes)
    if media_type in (_CSV, _TSV):
        refuse_what_is_missing(evidence)
        cells = [" ".join(passages_of(row)) for row in evidence["rows"]]
        return b"".join(_csv(results, cells) if media_type == _CSV else _tsv(results, cells))
    document = json.dumps(evidence, ensure_ascii=False, separators=(",", ":")).encode()
    # The engine's answer is one object: the member comes before its last brace, and no row is read again.
    return b"".join((results[: results.rindex(b"}")], b',"evidence":', document, b"}"))


def passages_of(row: Mapping[str, Any]) -> list[str]:
    """Return the passages behind a row, each once, in the order of its facts."""
    return list(dict.fromkeys(address for fact in row["facts"] for address in fact["passages"]))


def column_beside(names: Sequence[str]) -> str:
    """Return the name of the column of evidence: one that the query does not use."""
    name = _COLUMN
    while name in names:
        name += "_"
    return name


def _add_passages(fact: dict[str, Any], base: str, why: Why) -> None:
    graphs: list[str] = fact["graphs"]
    fact["passages"] = [graph for graph in graphs if graph.startswith(f"{base}document/") and "#" in graph]
    rules = [graph for graph in graphs if graph.startswith(f"{base}rule/")]
    if rules and not fact["passages"]:
        premises = why(*(_written(fact[part]) for part in ("subject", "predicate", "object")))
        fact["rule"] = premises.rule if premises else rules[0]
        fact["passages"] = list(premises.passages) if premises else []


def _written(term: Mapping[str, str]) -> str:
    """A term of the JSON results in N-Triples form."""
    value = term["value"]
    if term["type"] == "uri":
        return str(NamedNode(value))
    if term["type"] == "bnode":
        return str(BlankNode(value))
    if "xml:lang" in term:
        return str(Literal(value, language=term["xml:lang"]))
    return str(Literal(value, datatype=NamedNode(term["datatype"])) if "datatype" in term else Literal(value))


def refuse_what_is_missing(evidence: Mapping[str, Any]) -> None:
    """Refuse evidence that is not whole: a column of addresses has no room for a reason, and silence is no answer.

    Raises: QueryRefused with the reason and its place.
    """
    missing = evidence.get("unavailable")
    if missing is None:
        # A note with a place is about the query, and nothing of the evidence is missing for it.
        missing = next((note for note in evidence.get("notes", ()) if "line" not in note), None)
    if missing is not None:
        raise QueryRefused(
            f"The evidence cannot be given: {missing['reason']}",
            rule="explain",
            line=missing.get("line", 0),
            column=missing.get("column", 0),
            remedy="Ask without explain, or for JSON, which has room for the reason.",
        )


def _csv(results: bytes, cells: Sequence[str]) -> Iterator[bytes]:
    lines = _CSV_LINE.findall(results)
    yield _widened(lines[0], column_beside(lines[0].decode().rstrip("\r\n").split(",")), b",", b"\r\n")
    for line, cell in zip(lines[1:], cells, strict=True):
        # The address of a passage has a comma in it.
        yield _widened(line, f'"{cell}"' if cell else "", b",", b"\r\n")


def _tsv(results: bytes, cells: Sequence[str]) -> Iterator[bytes]:
    lines = results.split(b"\n")[:-1]  # Line breaks in values are escaped.
    names = [name.removeprefix("?") for name in lines[0].decode().split("\t")]
    yield _widened(lines[0], f"?{column_beside(names)}", b"\t", b"\n")
    for line, cell in zip(lines[1:], cells, strict=True):
        yield _widened(line, f'"{cell}"', b"\t", b"\n")


def _widened(line: bytes, cell: str, separator: bytes, end: bytes) -> bytes:
    content = line.removesuffix(end)
    return content + separator + cell.encode() + end

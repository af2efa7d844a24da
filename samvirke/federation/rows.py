"""What another server answered: strictly read, and written as rows of the query.

Duty: SPARQL's JSON results to the text of a VALUES block. Level 4.75; pure. Nothing is mended: an answer that is not
what the standard says, or has more rows than allowed, is no answer. Blank nodes become fresh ones, the same for all
rows of one clause and equal to no other: a VALUES block cannot hold them, so they are made beside it.
Standard: https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["Unusable", "nothing_said", "rows_text"]

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|^`\\\ud800-\udfff]*")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPED = re.compile(r'["\\\n\r]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_UNDEF = "UNDEF"
_SHOWN = 80


class Unusable(Exception):
    """The other server's answer cannot be used; the message ends a sentence that begins with the server's name."""


def nothing_said(columns: Sequence[str]) -> str:
    """Return the one solution that says nothing: what SERVICE SILENT is where there is no answer.

    Source: https://www.w3.org/TR/sparql11-federated-query/#serviceFailure
    """
    return _block(columns, [[_UNDEF] * len(columns)])


def rows_text(body: bytes, columns: Sequence[str], *, salt: str, most_rows: int, most_bytes: int) -> str:
    """Return the text for a group whose solutions are those of an answer.

    `columns` are the variables asked for, `salt` the beginning of names that nothing else has: letters and digits.
    Units:  `most_bytes` limits the text made, roughly: what is not said is written out for each row and column.
    Raises: Unusable.
    """
    bindings = _bindings(body, columns)
    if len(bindings) > most_rows:
        raise Unusable(f"has more than {most_rows} rows to say (limits.federation_rows)")
    if len(bindings) * len(columns) * len(f" {_UNDEF}") + len(body) > most_bytes:
        raise Unusable("has more rows and columns to say than can be put into the query (limits.federation_bytes)")
    fresh: dict[str, str] = {}
    cells = [[_cell(row.get(name), fresh, salt) for name in columns] for row in bindings]
    blank = [any(row[index].startswith("_") for row in cells) for index in range(len(columns))]
    if not any(blank):
        return _block(columns, cells)
    return _with_blank_nodes(columns, cells, blank, salt)


def _with_blank_nodes(columns: Sequence[str], cells: list[list[str]], blank: list[bool], salt: str) -> str:
    """Write a block in which blank nodes are keys, and a SELECT around it that makes nodes of them."""
    names, made = [], []
    for index, name in enumerate(columns):
        if blank[index]:
            names += [f"{salt}r{index}", f"{salt}k{index}"]
            made.append(f"BIND(IF(BOUND(?{names[-1]}),BNODE(?{names[-1]}),?{names[-2]}) AS ?{name})")
        else:
            names.append(name)
    rows = []
    for row in cells:
        written = []
        for index, cell in enumerate(row):
            if not blank[index]:
                written.append(cell)
            elif cell.startswith("_"):
                written += [_UNDEF, f'"{cell[1:]}"']
            else:
                written += [cell, _UNDEF]
        rows.append(written)
    chosen = " ".join(f"?{name}" for name in columns)
    return f"{{SELECT {chosen} {{{_block(names, rows)} {' '.join(made)}}}}}"


def _block(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    names = " ".join(f"?{name}" for name in columns)
    lines = " ".join(f"({' '.join(row)})" for row in rows)
    return f"VALUES({names}){{{lines}}}"


def _bindings(body: bytes, columns: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the solutions of an answer that is what the standard says. Raises: Unusable."""
    try:
        told = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise Unusable("answered with text that is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Unusable("answered with text that is not JSON") from None
    head = told.get("head") if isinstance(told, dict) else None
    results = told.get("results") if isinstance(told, dict) else None
    names = head.get("vars") if isinstance(head, dict) else None
    bindings = results.get("bindings") if isinstance(results, dict) else None
    if not isinstance(names, list) or not isinstance(bindings, list):
        raise Unusable("answered with JSON that has no rows")
    for name in names:
        if not isinstance(name, str) or name not in columns:
            raise Unusable(f"answered with a variable it was not asked for: {str(name)[:_SHOWN]!r}")
    known = set(names)
    for row in bindings:
        if not isinstance(row, dict) or not known.issuperset(row):
            raise Unusable("answered with a row that is none")
    return bindings


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that is given twice: readers differ in which of the two they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_number(text: str) -> Any:  # noqa: ANN401 - it never returns
    raise ValueError(text)


def _cell(term: object, fresh: dict[str, str], salt: str) -> str:
    """Write a term as the query language does; a blank node as its key behind an underscore. Raises: Unusable."""
    if term is None:
        return _UNDEF
    if not isinstance(term, dict):
        raise Unusable("answered with a value that is no term")
    kind, value = term.get("type"), term.get("value")
    if not isinstance(value, str):
        raise Unusable("answered with a term of a kind that is not taken here")
    if kind == "uri":
        return _iri(value)
    if kind == "bnode":
        return "_" + fresh.setdefault(value, f"{salt}b{len(fresh)}")
    if kind in ("literal", "typed-literal"):  # The second is what servers of before 2013 call it.
        return _literal(term, value)
    raise Unusable("answered with a term of a kind that is not taken here")


def _iri(value: object) -> str:
    if not isinstance(value, str) or _IRI.fullmatch(value) is None:
        raise Unusable(f"answered with an address that is none: {ascii(value)[:_SHOWN]}")
    return f"<{value}>"


def _literal(term: Mapping[str, object], value: str) -> str:
    language, datatype = term.get("xml:lang"), term.get("datatype")
    if not set(term) <= {"type", "value", "xml:lang", "datatype"} or _SURROGATE.search(value):
        raise Unusable("answered with a text of a kind that is not taken here")
    quoted = '"' + _ESCAPED.sub(lambda found: _ESCAPES[found[0]], value) + '"'
    if language is not None:
        if not isinstance(language, str) or _LANGUAGE.fullmatch(language) is None:
            raise Unusable(f"answered with a language that is none: {ascii(language)[:_SHOWN]}")
        return f"{quoted}@{language}"
    if datatype is None or datatype == _STRING:
        return quoted
    return f"{quoted}^^{_iri(datatype)}"

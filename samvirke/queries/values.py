r"""From what a reader wrote to an RDF term in SPARQL's spelling.

Duty: check a value against its type and spell it so that no engine can read anything else in it.
Level 3; the types are a closed list.
Source: https://www.w3.org/TR/sparql11-query/#rRDFLiteral, #rIRIREF and, for `\u`, #codepointEscape
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from samvirke.errors import InputError
from samvirke.model import NamedNode
from samvirke.terms import XSD

__all__ = ["KINDS", "term_text"]

MAX_TEXT = 10_000  # code points; a longer value belongs in a query of its own
_YEAR = re.compile(r"[1-9][0-9]{3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")  # 64 bits, which is what engines compute with
# A scheme without "//" looks like a prefix that was forgotten; these are the ones that name things.
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://.+|(?:urn|tag|info|did|mailto|geo):.+")
_PREFIXED = re.compile(r"([A-Za-z][\w.\-]*)?:([\w\-.~%]*)")
_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\\x7f-\x9f\ud800-\udfff]')
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HALF_ESCAPE = re.compile(r"\\\\([uU])")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"})

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "iri": "an address, or a name with a prefix of the question",
        "text": "a text",
        "year": "a year, such as 2016",
        "date": "a date, such as 2016-05-31",
        "integer": "a whole number, such as 7",
    }
)


def term_text(value: str, kind: str, prefixes: Mapping[str, str], *, name: str) -> str:
    """Return `value` as a term of its kind, ready to stand in a VALUES block.

    Raises: InputError when it is none; `name` is the parameter, for the message.
    """
    spelled = _SPELL[kind](value, prefixes)
    if spelled is None:
        shown = value if len(value) <= 80 else f"{value[:80]}…"  # noqa: PLR2004 – a message stays one line
        raise InputError(f"The parameter {name} cannot be {shown!r}.", remedy=f"Give it {KINDS[kind]}.")
    return spelled


def _iri(value: str, prefixes: Mapping[str, str]) -> str | None:
    if value.startswith("<") and value.endswith(">"):
        value = value[1:-1]
    match = _PREFIXED.fullmatch(value)
    if match is not None and (match[1] or "") in prefixes:
        value = prefixes[match[1] or ""] + match[2]
    if _ABSOLUTE.fullmatch(value) is None or _NOT_IN_IRI.search(value):
        return None
    try:
        return str(NamedNode(value))
    except ValueError:  # the engine would call the whole query malformed
        return None


def _text(value: str, _prefixes: Mapping[str, str]) -> str | None:
    if len(value) > MAX_TEXT or _NOT_IN_TEXT.search(value):
        return None
    return f'"{_escaped(value)}"'


def _escaped(value: str) -> str:
    r"""Escape for a string in double quotes.

    SPARQL replaces code point escapes before anything else, and engines differ in whether the second
    half of an escaped backslash can begin one: a `u` after a backslash is therefore spelled itself
    as one, with all eight digits, so that none is left to misread.
    """
    return _HALF_ESCAPE.sub(lambda match: rf"\\\U{ord(match[1]):08X}", value.translate(_ESCAPES))


def _year(value: str, _prefixes: Mapping[str, str]) -> str | None:
    return f'"{value}"^^{XSD.gYear}' if _YEAR.fullmatch(value) else None


def _date(value: str, _prefixes: Mapping[str, str]) -> str | None:
    if not _DATE.fullmatch(value):
        return None
    try:
        date.fromisoformat(value)
    except ValueError:
        return None
    return f'"{value}"^^{XSD.date}'


def _integer(value: str, _prefixes: Mapping[str, str]) -> str | None:
    return f'"{int(value)}"^^{XSD.integer}' if _INTEGER.fullmatch(value) else None


_SPELL: Mapping[str, Callable[[str, Mapping[str, str]], str | None]] = MappingProxyType(
    {"iri": _iri, "text": _text, "year": _year, "date": _date, "integer": _integer}
)

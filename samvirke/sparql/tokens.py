r"""Take a SPARQL text apart into tokens, and read its prologue.

Duty: strings, IRIs, comments, names and `\u` escapes are told apart as the grammar does, so that no
word inside one of them is taken for a keyword. Level 1; pure, linear in the length of the text, and
safe on any text: what is not SPARQL becomes a token of kind `other`, an unclosed string ends the scan.
Source: https://www.w3.org/TR/sparql11-query/#rTerminals
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urljoin

__all__ = ["Prologue", "Token", "brackets", "place", "prologue", "resolve", "tokens"]

_HEX = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
# A prefix may hold dots, so "a.a.a" could be the beginning of one at each letter: the length looked at
# is bounded, which keeps the scan linear.
_NAME = r"(?:[^\W\d_](?:[\w.\-]{0,60}[\w\-])?)?:(?:[\w:%\-]|\\[_~.\-!$&'()*+,;=/?\#@%]|\.(?=[\w:%\-\\.]))*+"
_TOKEN = re.compile(
    rf"""
      (?P<space>\s++)
    | (?P<comment>\#[^\n\r]*+)
    | (?P<variable>[?$]\w++)
    | (?P<mark>[{{}}()\[\].;,])
    | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|{_HEX})*+>)
    | (?P<blank>_:[\w](?:[\w\-]|\.(?=[\w\-.]))*+)
    | (?P<name>{_NAME})
    | (?P<word>(?:[A-Za-z_]|{_HEX})(?:\w|{_HEX})*+)
    | (?P<number>\d++(?:\.\d++)?(?:[eE][+-]?\d++)?|\.\d++(?:[eE][+-]?\d++)?)
    | (?P<string>\"\"\"(?:[^"\\]++|\\.|"(?!""))*+\"\"\"|'''(?:[^'\\]++|\\.|'(?!''))*+'''
        |"(?!"")[^"\\\n\r]*+(?:\\.[^"\\\n\r]*+)*+"|'(?!'')[^'\\\n\r]*+(?:\\.[^'\\\n\r]*+)*+')
    | (?P<unclosed>["'])
    | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
    | (?P<operator>\|\||&&|!=|<=|>=|\^\^|[=<>+\-*/!|^?])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# Everything up to the next bracket, taken in one step: no word of it is looked at.
_BETWEEN_BRACKETS = re.compile(
    rf"""
    (?: [^{{}}()\[\]<"'\#\\]++
      | \\.
      | <(?:[^<>"{{}}|^`\\\x00-\x20]|{_HEX})*+>
      | <
      | \"\"\"(?:[^"\\]++|\\.|"(?!""))*+\"\"\" | '''(?:[^'\\]++|\\.|'(?!''))*+'''
      | "(?!"")[^"\\\n\r]*+(?:\\.[^"\\\n\r]*+)*+" | '(?!'')[^'\\\n\r]*+(?:\\.[^'\\\n\r]*+)*+'
      | \#[^\n\r]*+
    )*+
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_BRACKETS = frozenset("{}()[]")
_LOCAL_ESCAPE = re.compile(r"\\(.)")
_HIGHEST_CODE_POINT = 0x10FFFF


class Token(NamedTuple):
    """A token: its kind (a group of the pattern above), its text and where it starts in the query."""

    kind: str
    text: str
    start: int


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """Yield the tokens of a query without white space and comments; words with their escapes decoded.

    An unclosed string is the last token, of kind `unclosed`: after it nothing can be told apart.
    """
    token = Token._make
    for match in _TOKEN.finditer(text, start):
        kind = match.lastgroup
        if kind == "space" or kind == "comment":  # noqa: PLR1714 - the hottest line of the gate
            continue
        found = match[0]
        if kind == "word" and "\\" in found:
            found = _ESCAPE.sub(_decoded, found)
        yield token((kind, found, match.start()))
        if kind == "unclosed":
            return


def brackets(text: str, start: int) -> Iterator[Token]:
    """Yield only the brackets from `start` on: many times as fast as `tokens` where facts are listed."""
    while start < len(text):
        between = _BETWEEN_BRACKETS.match(text, start)
        start = len(text) if between is None else between.end()
        if start == len(text) or text[start] not in _BRACKETS:
            return  # The end, or a text that is never closed.
        yield Token("mark", text[start], start)
        start += 1


def place(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both from 1, in code points."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


@dataclass(frozen=True, slots=True)
class Prologue:
    """What stands before the question: prefixes, base, and the first word after them, as a token."""

    prefixes: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    verb: Token | None = None


def prologue(text: str) -> Prologue:
    """Read BASE, PREFIX and VERSION declarations up to the first other token; never fails."""
    prefixes: dict[str, str] = {}
    base = ""
    scan = tokens(text)
    for token in scan:
        keyword = token.text.upper() if token.kind == "word" else ""
        if keyword == "PREFIX":
            name, address = next(scan, None), next(scan, None)
            if name is not None and address is not None and name.kind == "name" and address.kind == "iri":
                prefixes[name.text[:-1]] = resolve(address, prefixes, base)
        elif keyword == "BASE":
            address = next(scan, None)
            if address is not None and address.kind == "iri":
                base = resolve(address, prefixes, base)
        elif keyword == "VERSION":
            next(scan, None)
        else:
            return Prologue(prefixes, base, token)
    return Prologue(prefixes, base)


def resolve(token: Token, prefixes: Mapping[str, str], base: str) -> str:
    """Return the address that an `iri` or `name` token stands for; an undeclared prefix counts as empty."""
    if token.kind == "iri":
        address = _ESCAPE.sub(_decoded, token.text[1:-1])
        if not base:
            return address
        joined = urljoin(base, address)
        # An empty fragment is part of an IRI – and what most prefixes end with – but not to `urljoin`.
        return f"{joined}#" if address.endswith("#") and not joined.endswith("#") else joined
    prefix, _, local = token.text.partition(":")
    return prefixes.get(prefix, "") + _LOCAL_ESCAPE.sub(r"\1", local)


def _decoded(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= _HIGHEST_CODE_POINT else match[0]

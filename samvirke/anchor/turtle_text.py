"""Turtle and TriG as text: which characters write which address or string.

Duty: find the terms of a text that is known to parse, with their places, so that single terms can be
rewritten and everything else – comments, layout, order – stays byte for byte. Level 1; imports nothing of
the package. It is no parser: a text that does not parse gives no promise.
Standards: RDF 1.1 Turtle, https://www.w3.org/TR/turtle/#sec-grammar; TriG, https://www.w3.org/TR/trig/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

__all__ = ["Address", "Text", "read", "resolve", "tokens"]

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<address><[^\x00-\x20<>"{}|^`]*>)
    | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\" | '''(?:[^'\\]|\\.|'(?!''))*'''
               | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*')
    | (?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<name>(?:\\.|[^\s<>"'{}\[\]();,\#@^\\])+)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_DIRECTIVES = {"@prefix", "@base", "PREFIX", "BASE"}


@dataclass(frozen=True, slots=True)
class Address:
    """A term that names an address: where it is written, how, and which address it is in full."""

    start: int
    end: int
    written: str
    full: str


@dataclass(frozen=True, slots=True)
class String:
    """A string: where it is written, what it says, and of which subject by which predicate."""

    start: int
    end: int
    value: str
    subject: str
    predicate: str


@dataclass(frozen=True, slots=True)
class Text:
    """The terms of a text in the order they are written. Prefix and base declarations are not among them."""

    text: str
    addresses: tuple[Address, ...]
    strings: tuple[String, ...]
    prefixes: dict[str, str]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both counted from 1."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - before.rfind("\n")


def read(text: str, base: str) -> Text:
    """Find the terms of a Turtle or TriG text whose relative addresses count from `base`."""
    reader = _Reader(text, base)
    stream = tokens(text)
    for kind, start, end in stream:
        reader.take(kind, start, end, stream)
    return Text(text, tuple(reader.addresses), tuple(reader.strings), reader.prefixes)


def resolve(reference: str, base: str) -> str:
    """Resolve a relative address (RFC 3986, section 5)."""
    if _SCHEME.match(reference):
        return reference
    # Cut the fragment off before joining: urljoin drops a “#” with nothing after it, and namespaces end in one.
    path, mark, fragment = reference.partition("#")
    whole = urljoin(base, path) if path else base.partition("#")[0]
    return whole + mark + fragment


class _Reader:
    """Follows subject and predicate through the tokens."""

    def __init__(self, text: str, base: str) -> None:
        self.text = text
        self.base = base
        self.prefixes: dict[str, str] = {}
        self.addresses: list[Address] = []
        self.strings: list[String] = []
        self.subject = self.predicate = ""
        self.expected = "subject"
        self.outer: list[tuple[str, str, str]] = []

    def take(self, kind: str, start: int, end: int, stream: Iterator[tuple[str, int, int]]) -> None:
        """Follow one token; a directive takes those that belong to it."""
        written = self.text[start:end]
        if kind == "string":
            self.strings.append(String(start, end, _unquote(written), self.subject, self.predicate))
        elif kind == "mark":
            self._mark(written)
        elif self._is_directive(kind, written):
            self._directive(written, stream)
        elif kind == "address":
            self._address(Address(start, end, written, resolve(_unescape(written[1:-1]), self.base)))
        elif kind == "name":
            self._name(start, end, written)

    def _is_directive(self, kind: str, written: str) -> bool:
        if kind == "at":
            return written in _DIRECTIVES and self.expected == "subject"
        return kind == "name" and written.upper() in _DIRECTIVES and self.expected == "subject"

    def _directive(self, written: str, stream: Iterator[tuple[str, int, int]]) -> None:
        name = ""
        for kind, start, end in stream:
            if kind == "name":
                name = self.text[start:end].removesuffix(":")
            elif kind == "address":
                address = resolve(_unescape(self.text[start + 1 : end - 1]), self.base)
                if written.upper().endswith("BASE"):
                    self.base = address
                else:
                    self.prefixes[name] = address
                return

    def _name(self, start: int, end: int, written: str) -> None:
        if written.startswith("_:"):
            self._follow(written)
        elif written == "a" and self.expected == "predicate":
            self._follow(RDF_TYPE)
        elif ":" in written:
            prefix, _, local = written.partition(":")
            if prefix in self.prefixes:
                self._address(Address(start, end, written, self.prefixes[prefix] + _unescape(local)))

    def _address(self, address: Address) -> None:
        self.addresses.append(address)
        self._follow(address.full)

    def _follow(self, term: str) -> None:
        if self.expected == "subject":
            self.subject, self.expected = term, "predicate"
        elif self.expected == "predicate":
            self.predicate, self.expected = term, "object"

    def _mark(self, mark: str) -> None:
        if mark in ".{}":
            self.expected = "subject"
        elif mark == ";":
            self.expected = "predicate"
        elif mark in "[(":
            self.outer.append((self.subject, self.predicate, self.expected))
            self.subject, self.expected = ("", "predicate") if mark == "[" else (self.subject, "object")
        elif mark in "])" and self.outer:
            self.subject, self.predicate, self.expected = self.outer.pop()
            self._follow("")


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Cut the text into tokens; white space and comments are left out, and the dots after a name cut off."""
    position = 0
    while match := _TOKEN.match(text, position):
        kind, start, end = match.lastgroup or "", match.start(), match.end()
        if kind == "name":
            bare = match[0].rstrip(".")
            if bare and not bare.endswith("\\"):
                end = start + len(bare)
            elif not bare:
                kind, end = "mark", start + 1
        position = end
        if kind not in {"space", "comment"}:
            yield kind, start, end


def _unquote(written: str) -> str:
    size = 3 if written[:3] in {'"""', "'''"} and len(written) >= 6 else 1  # noqa: PLR2004 - two times three marks
    return _unescape(written[size:-size])


def _unescape(written: str) -> str:
    if "\\" not in written:
        return written
    return _ESCAPE.sub(
        lambda match: _ESCAPED.get(match[3], match[3]) if match[3] is not None else chr(int(match[1] or match[2], 16)),
        written,
    )

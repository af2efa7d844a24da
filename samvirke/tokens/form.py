"""A token, and the form in which the file keeps it.

Duty: values to bytes and back. Level 3; opens no file. Reading is strict: what was never written is refused, and so
is what a newer Samvirke may have written, since a field that is passed over could be a restriction.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from samvirke.tokens.scope import VERBS, covers, well_formed

__all__ = ["MOST_PER_MINUTE", "Odd", "Token", "decoded", "encoded", "is_name", "moment"]

MOST_PER_MINUTE = 60_000
_VERSION = 1
_NAME = re.compile(r"[^\W_](?:[\w.@+ -]{0,62}\w)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIELDS = frozenset({"name", "sha256", "created", "expires", "scope", "rate"})


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept. `scope` maps each verb it permits to the graphs it may touch by that, `*` being any.

    `expires` is the first moment at which it is not good any more, None for never; `rate` counts writes a minute.
    Its name is the author of what is written with it.
    """

    name: str
    sha256: str
    created: datetime
    expires: datetime | None
    scope: Mapping[str, tuple[str, ...]]
    rate: int

    def expired(self, now: datetime) -> bool:
        """Say whether the token is not good any more."""
        return self.expires is not None and now >= self.expires

    def may(self, verb: str) -> bool:
        """Say whether the token permits a verb at all, be it for one graph only."""
        return bool(self.scope.get(verb))

    def may_touch(self, graph: str, *, verb: str) -> bool:
        """Say whether the token may change a graph by a verb; the default graph is ""."""
        return covers(self.scope.get(verb, ()), graph)


class Odd(ValueError):
    """Something in the file that is never written there; the message ends a sentence."""


def is_name(text: str) -> bool:
    """Say whether a text can be the name of a token: up to 64 letters and digits, with . @ + - _ and spaces between."""
    return bool(_NAME.fullmatch(text))


def moment(time: datetime) -> str:
    """Return a moment as it stands in the file: UTC, to the second."""
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def encoded(tokens: Sequence[Token]) -> bytes:
    """Return the file's content."""
    entries = [
        {
            "name": token.name,
            "sha256": token.sha256,
            "created": moment(token.created),
            "expires": token.expires and moment(token.expires),
            "scope": {verb: list(graphs) for verb, graphs in token.scope.items()},
            "rate": token.rate,
        }
        for token in tokens
    ]
    bare = {"version": _VERSION, "tokens": entries}
    return _spelt({**bare, "seal": hashlib.sha256(_spelt(bare)).hexdigest()})


def _spelt(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def decoded(data: bytes) -> tuple[Token, ...]:
    """Return the tokens of the file's content. Raises: Odd."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_object)
    except Odd:
        raise
    except (ValueError, RecursionError) as error:
        raise Odd(f"it is no JSON ({type(error).__name__})") from error
    tokens = _tokens(value)
    if data != encoded(tokens):
        raise Odd("it is not as it was written")
    return tokens


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: which of two scopes counts is not to be guessed."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Odd("a name stands twice in one object")
    return found


def _tokens(value: object) -> tuple[Token, ...]:
    if (
        not isinstance(value, dict)
        or set(value) - {"seal"} != {"version", "tokens"}
        or not isinstance(value["tokens"], list)
    ):
        raise Odd("it is no list of tokens")
    if value["version"] != _VERSION or isinstance(value["version"], bool):
        raise Odd(f"its version is {value['version']!r}, and this Samvirke knows {_VERSION}")
    tokens = tuple(_token(entry, f"token {number}") for number, entry in enumerate(value["tokens"], 1))
    for what, found in (("name", {one.name.casefold() for one in tokens}), ("digest", {one.sha256 for one in tokens})):
        if len(found) != len(tokens):
            raise Odd(f"two tokens have the same {what}")
    return tokens


def _token(entry: object, place: str) -> Token:
    # A field that is unknown here may be a restriction: to pass over it could open what was closed.
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise Odd(f"{place} has not the fields {', '.join(sorted(_FIELDS))}")
    name, sha256, scope, rate = entry["name"], entry["sha256"], entry["scope"], entry["rate"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Odd(f"{place} has no name")
    if not isinstance(sha256, str) or not _DIGEST.fullmatch(sha256):
        raise Odd(f"{place} has no digest")
    if not isinstance(scope, dict) or not scope or not set(scope) <= set(VERBS):
        raise Odd(f"{place} has no scope that is known here")
    for patterns in scope.values():
        if not isinstance(patterns, list) or not patterns or not all(map(_is_pattern, patterns)):
            raise Odd(f"{place} has a scope that names no graphs")
    if isinstance(rate, bool) or not isinstance(rate, int) or not 1 <= rate <= MOST_PER_MINUTE:
        raise Odd(f"{place} has no rate")
    created = _moment(entry["created"], place)
    expires = None if entry["expires"] is None else _moment(entry["expires"], place)
    kept = MappingProxyType({verb: tuple(scope[verb]) for verb in VERBS if verb in scope})
    return Token(name, sha256, created, expires, kept, rate)


def _is_pattern(pattern: object) -> bool:
    return isinstance(pattern, str) and well_formed(pattern)


def _moment(text: object, place: str) -> datetime:
    try:
        if isinstance(text, str) and text.endswith("Z"):
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Odd(f"{place} has no time that can be read")

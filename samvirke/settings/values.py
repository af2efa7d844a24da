"""How the value of a setting is read: one function per kind, each refusing what it cannot mean.

Duty: pure functions from what TOML, the environment or an option gives to the typed value.
Level 1; imports level 0 only. What is refused is said as the end of a sentence that
begins with the setting's name.
Standards: IRIs after https://www.rfc-editor.org/rfc/rfc3987, language tags after BCP 47,
https://www.rfc-editor.org/rfc/rfc5646#section-2.1
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from samvirke.origins import origin_of

MAX_PORT = 65_535
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
TAKEN = MappingProxyType({"id": "id-id", "was": "was-us", "rdf-graph-store": "rdf"})
"""Tags that begin an address of every site, such as `/id/x`, and what to write instead."""
_NOT_IN_AN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f]")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


class SettingValueError(ValueError):
    """The value does not fit; the message ends a sentence that begins with the setting's name."""


@dataclass(frozen=True, slots=True)
class Link:
    """Something with an address and a name, either of which may be empty."""

    address: str = ""
    name: str = ""

    def __bool__(self) -> bool:
        """Whether anything is said at all."""
        return bool(self.address or self.name)


def spell_texts(value: str, kind: str) -> object:
    """Turn the text of an option or of the environment into what TOML would give for `kind`."""
    if kind in {"port", "positive", "count"} and re.fullmatch(r"[+-]?\d+", value.strip()):
        return int(value)
    if kind == "boolean" and value.strip().lower() in _YES | _NO:
        return value.strip().lower() in _YES
    if kind == "languages":
        return [part.strip() for part in value.split(",")]
    if kind == "origins":
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise SettingValueError("is not a text")
    return value


def _integer(least: int, most: int | None = None) -> Callable[[Any], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingValueError("is not a whole number")
        if value < least or (most is not None and value > most):
            bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"
            raise SettingValueError(f"is {value}, not a number {bounds}")
        return value

    return read


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingValueError("is neither true nor false")
    return value


def _path(value: object) -> Path:
    text = str(value) if isinstance(value, Path) else _text(value)
    if not text or "\0" in text:
        raise SettingValueError("is not a path")
    return Path(text)


def _languages(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise SettingValueError("is not a list of language tags")
    for tag in value:
        if not isinstance(tag, str) or not _LANGUAGE.fullmatch(tag):
            raise SettingValueError(f"holds {tag!r}, which is not a language tag in lower case")
    for tag in value:
        if tag in TAKEN:
            raise SettingValueError(f"holds {tag!r}, but /{tag} is an address of every site; write {TAKEN[tag]!r}")
    if len(set(value)) != len(value):
        raise SettingValueError("names a language twice")
    return tuple(value)


def _origins(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise SettingValueError("is not a list of origins, as https://query.wikidata.org")
    found = []
    for text in value:
        origin = origin_of(text) if isinstance(text, str) else None
        if origin is None:
            raise SettingValueError(
                f"holds {text!r}, which is not an origin: http:// or https://, a host, perhaps a port, and no more"
            )
        found.append(origin)
    return tuple(dict.fromkeys(found))


def _texts(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise SettingValueError("is not a table with one text per language")
    for tag, text in value.items():
        if not _LANGUAGE.fullmatch(tag):
            raise SettingValueError(f"holds {tag!r}, which is not a language tag in lower case")
        if not isinstance(text, str):
            raise SettingValueError(f"is not a text in {tag!r}")
    return MappingProxyType(dict(value))


def _address(value: object) -> str:
    text = _text(value)
    if text and (_NOT_IN_AN_IRI.search(text) or urlsplit(text).scheme not in {"http", "https", "mailto"}):
        raise SettingValueError(f"is {text!r}, not an address that begins with https:, http: or mailto:")
    return text


def _link(value: object) -> Link:
    if not isinstance(value, Mapping):
        raise SettingValueError("is not a table with an address and a name")
    unknown = sorted(set(value) - {"address", "name"})
    if unknown:
        raise SettingValueError(f"holds {unknown[0]!r} besides `address` and `name`")
    return Link(address=_address(value.get("address", "")), name=_text(value.get("name", "")))


def _base(value: object) -> str:
    text = _text(value)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SettingValueError(f"is {text!r}, not an address") from None
    if _NOT_IN_AN_IRI.search(text) or parts.scheme not in {"http", "https"} or not host or port == 0:
        raise SettingValueError(f"is {text!r}, not an absolute address that begins with https:// or http://")
    if "#" in text or "?" in text or parts.username is not None:
        raise SettingValueError(f"is {text!r}: it may hold neither `#`, `?` nor a user name")
    if not text.endswith("/"):
        raise SettingValueError(f"is {text!r} and does not end in a slash")
    if "/../" in text or "/./" in text:
        raise SettingValueError(f"is {text!r} and holds a dot segment")
    return text


READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "text": _text,
        "address": _address,
        "base": _base,
        "boolean": _boolean,
        "count": _integer(0),
        "languages": _languages,
        "link": _link,
        "origins": _origins,
        "path": _path,
        "port": _integer(0, MAX_PORT),
        "positive": _integer(1),
        "texts": _texts,
    }
)

"""What an origin is: scheme, host and port, and nothing that could be read in two ways.

Duty: take an address of the web apart, strictly, and name its origin in one spelling. Level 0; pure, resolves no
name. What a lenient reader would mend – white space, a backslash, a user name – is refused here, because two
readers would mend it differently.
Sources: https://www.rfc-editor.org/rfc/rfc6454#section-4, https://www.rfc-editor.org/rfc/rfc3986#section-3
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote

__all__ = ["Address", "origin_of", "split_address"]

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:\#.*)?",
    re.IGNORECASE,
)
_NEVER = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"{}|^`\ud800-\udfff]")
_PORTS = {"http": 80, "https": 443}
_MOST_PORT = 65_535
_KEPT = "%/:?#[]@!$&'()*+,;=~-._"


class Address(NamedTuple):
    """An address of the web: where it is asked for, and what is asked for there (path and query, in ASCII)."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """The origin in its one spelling: lower case, and no port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def split_address(text: str) -> Address | None:
    """Return the parts of an absolute http or https address without a user name; None for anything else."""
    found = None if _NEVER.search(text) else _ADDRESS.fullmatch(text)
    if found is None:
        return None
    scheme, host = found["scheme"].lower(), found["host"].lower()
    port = _PORTS[scheme] if found["port"] is None else int(found["port"])
    if not 0 < port <= _MOST_PORT:
        return None
    if host.startswith("["):
        try:
            host = str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            return None
    target = (found["path"] or "/") + ("" if found["query"] is None else f"?{found['query']}")
    return Address(scheme, host, port, quote(target, safe=_KEPT))


def origin_of(text: str) -> str | None:
    """Return the origin that a text is, in its one spelling; None when it is more or less than an origin."""
    found = split_address(text)
    if found is None or text.count("/") != 2 or "?" in text or "#" in text:  # noqa: PLR2004 - those after the scheme
        return None
    return found.origin

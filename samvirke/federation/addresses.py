"""Which machines may be reached: those of the public internet, unless an origin is named as a private one.

Duty: from a host's name to addresses that were looked at one by one. Level 4.75; opens no connection. One address
that is not allowed refuses the host, whatever the others are: which of them a name leads to is the choice of whoever
answers for it. Addresses that lead to other addresses (mapped, translated, tunnelled) are none of the public internet.
Sources: https://www.iana.org/assignments/iana-ipv4-special-registry/,
https://www.iana.org/assignments/iana-ipv6-special-registry/
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

__all__ = ["Forbidden", "Resolve", "check", "lookup"]

Resolve = Callable[[str, int], Iterable[str]]
"""The addresses of a host and a port, as text."""


class Forbidden(Exception):
    """A host must not be reached; the message ends a sentence that begins with its name."""


_NOT_PUBLIC = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # of a provider's own net
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, under an address that looks public
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out; mapped, translated (64:ff9b::), local and multicast addresses lie outside of it."""
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocols, among them a tunnel
        "2001:db8::/32",
        "2002::/16",  # a tunnel to an address of the other kind
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
_NEVER = frozenset({"fd00:ec2::254", "100.100.100.200"})
"""Where clouds keep the secrets of a machine, inside of a private range."""


def lookup(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as this machine's resolver tells them. Raises: OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check(addresses: Iterable[str], *, private: bool) -> list[str]:
    """Return the addresses of a host, each of which may be connected to; with `private` also those of a private net.

    Raises: Forbidden when there is none, or one that may not.
    """
    checked = []
    for text in addresses:
        if not _allowed(text, private=private):
            raise Forbidden("has an address that is not of the public internet")
        checked.append(text)
    if not checked:
        raise Forbidden("has no address")
    return checked


def _allowed(text: str, *, private: bool) -> bool:
    try:
        address = ipaddress.ip_address(text)  # Of an address with a zone it is the zone that decides: refused below.
    except ValueError:
        return False
    if "%" in text or str(address) in _NEVER:
        return False
    if private and any(address in net for net in _PRIVATE if net.version == address.version):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in net for net in _NOT_PUBLIC)
    return address.is_global and address in _PUBLIC_6 and not any(address in net for net in _NOT_PUBLIC_6)

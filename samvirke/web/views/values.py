"""What pictures are made of: rows that say when, where, or what is connected with what.

Duty: plain frozen values. Level 7 (web); imports nothing, so that whoever has rows can make them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dated:
    """A row with a date: `point` alone, or a period from `start` to `end`; all are texts in EDTF or of XSD.

    A `point` may be a period in one text (`2014/2018`). Of a period, "" is an end that nobody tells and ".." one that
    is open. `href` is where the row leads to, "" nowhere.
    """

    label: str
    href: str
    class_iri: str = ""
    start: str = ""
    end: str = ""
    point: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with a place: degrees north and east (WGS 84), and how many things are there."""

    label: str
    href: str
    latitude: float
    longitude: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """A thing of a graph; `href` is where it leads to, "" nowhere."""

    iri: str
    label: str
    href: str
    class_iri: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between two things of a graph, named by their `iri`."""

    source: str
    target: str
    label: str = ""

"""Findings of one kind together, and as many of them as there is room for.

Duty: group a report's findings, and choose which are listed when they are too many for one file. Level 6; pure.
Nothing is left out in silence: every group knows how many it has, and a selection what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from samvirke.model import Finding, Report, Severity

__all__ = ["ROOM_BYTES", "Group", "Listed", "Selection", "clipped", "grouped", "select", "shortened"]

ROOM_BYTES = 4_500_000
"""Room for the groups and findings of a report; with what stands around them a report has 5 MB at most."""

_CAPS = (None, 1_000, 100, 20, 5, 1)
"""How many findings of each group are listed: all, else the first so many."""

_LONGEST = 2_000
"""Letters of one text in a report. A finding can quote a value of any length."""

_TEXTS = tuple(field.name for field in fields(Finding) if field.name not in {"severity", "messages", "line"})


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one severity against one constraint of one shape, on one path, in the report's order."""

    severity: Severity
    shape: str
    path: str
    component: str
    constraint: str
    findings: Sequence[Finding]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.findings)


@dataclass(frozen=True, slots=True)
class Listed:
    """A group as a format writes it: what stands above it, and its first findings."""

    group: Group
    head: bytes
    rows: tuple[bytes, ...]

    @property
    def left_out(self) -> int:
        """How many findings of the group are only counted."""
        return self.group.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is listed of a report: some groups, at most `most` findings of each; None means all."""

    groups: tuple[Listed, ...]
    total: int
    most: int | None
    groups_left_out: int

    @property
    def listed(self) -> int:
        """How many findings are listed."""
        return sum(len(one.rows) for one in self.groups)

    @property
    def left_out(self) -> int:
        """How many findings are only counted."""
        return self.total - self.listed


def grouped(report: Report) -> list[Group]:
    """Return a report's findings by group, the worst first, then in the order in which the report comes to them."""
    found: dict[tuple[Severity, str, str, str, str], list[Finding]] = {}
    for one in report.findings:
        found.setdefault((one.severity, one.shape, one.path, one.component, one.constraint), []).append(one)
    worst = {severity: place for place, severity in enumerate(Severity)}
    return [Group(*key, findings) for key, findings in sorted(found.items(), key=lambda item: worst[item[0][0]])]


def select(
    groups: Sequence[Group],
    *,
    head: Callable[[Group, int], bytes],
    row: Callable[[Finding], bytes],
    room_bytes: int = ROOM_BYTES,
) -> Selection:
    """Write as many findings as there is room for: all, else the first of each group, else of the first groups.

    `head` writes what stands above a group of which so many are listed, `row` one finding.
    """
    total = sum(group.count for group in groups)
    largest = max((group.count for group in groups), default=0)
    for most in _CAPS:
        if most is not None and most >= largest:
            continue  # That were all of them again.
        listed = _fill(groups, most, head, row, room_bytes)
        if len(listed) == len(groups):
            return Selection(tuple(listed), total, most, 0)
    return Selection(tuple(listed), total, 1, len(groups) - len(listed))


def _fill(
    groups: Iterable[Group],
    most: int | None,
    head: Callable[[Group, int], bytes],
    row: Callable[[Finding], bytes],
    room_bytes: int,
) -> list[Listed]:
    """Return the groups that fit, the first ones."""
    listed: list[Listed] = []
    for group in groups:
        rows: list[bytes] = []
        for finding in group.findings[:most]:
            rows.append(row(shortened(finding)))
            room_bytes -= len(rows[-1])
            if room_bytes < 0:
                return listed
        top = head(group, len(rows))
        room_bytes -= len(top)
        if room_bytes < 0:
            return listed
        listed.append(Listed(group, top, tuple(rows)))
    return listed


def shortened(finding: Finding) -> Finding:
    """Return a finding whose texts are of a length to be told; nearly all are."""
    texts = {name: getattr(finding, name) for name in _TEXTS}
    long: dict[str, Any] = {name: clipped(text) for name, text in texts.items() if len(text) > _LONGEST}
    if any(len(text) > _LONGEST for text in finding.messages.values()):
        messages = {language: clipped(text) for language, text in finding.messages.items()}
        return replace(finding, messages=messages, **long)
    return replace(finding, **long) if long else finding


def clipped(text: str, most: int = _LONGEST) -> str:
    """Return a text, or the beginning of one that is too long, with an ellipsis behind it."""
    return text if len(text) <= most else f"{text[: most - 1]}…"

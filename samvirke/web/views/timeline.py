"""A timeline of rows, with each date as precise as it was told.

Duty: lay rows out along the years and draw them. Level 7 (web). A day is a disc, a month a round end, a year (or more)
a square end that is hatched as wide as it may be; an open end fades, and one that nobody tells ends in dots.
Source: https://www.loc.gov/standards/datetime/ for the dates
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from samvirke.edtf import Kind, Precision, Side
from samvirke.web import wording
from samvirke.web.formatting import parsed, when
from samvirke.web.measures import DAYS, LETTER, NARROW, TICKS, Scale, fitted, ordinal
from samvirke.web.views.looks import class_key, linked, plain, schema_here, under
from samvirke.web.views.values import Dated

if TYPE_CHECKING:
    from samvirke.schema import Schema

__all__ = ["MOST", "timeline_of"]

MOST = 200
"""Rows that are drawn."""
LANE = 36
AXIS = 24
FAR_YEARS = 300
"""A few rows outside of a longer stretch than this are left out when they would press the others together."""
BAR = 8
EDGE = 88
"""Percent of the width from where on no year has room for its number on a phone."""
LEAST = 14
"""Letters of a label that are always shown."""
ROOM = 0.14
"""What an end without a date takes of the width."""
_EXACT = frozenset({Precision.DAY, Precision.TIME})
_ROUND = frozenset({Precision.MONTH, Precision.SEASON})
_UNLIMITED = Side("", Kind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Span:
    """A row's dates as days: between which it began, between which it ended; None where no date is."""

    row: Dated
    text: str
    begin: Side
    end: Side
    single: bool

    @property
    def days(self) -> list[int]:
        """All days that are told."""
        told = (self.begin.first, self.begin.last, self.end.first, self.end.last)
        return [day for one in told if (day := ordinal(one)) is not None]

    @property
    def first(self) -> int:
        return min(self.days)

    @property
    def last(self) -> int:
        return max(self.days)


def timeline_of(rows: Sequence[Dated], lang: str, *, schema: Schema | None = None) -> Markup:
    """Return a timeline of the rows that have dates, "" when none has.

    `schema` has the looks of the classes, by default that of the current request. At most `MOST` rows are drawn,
    those that begin first.
    """
    spans = [span for row in rows if (span := _span(row, lang)) is not None]
    undated = len(rows) - len(spans)
    spans.sort(key=lambda one: (one.first, one.last, one.row.label))
    near = _without_far(spans)
    far = len(spans) - len(near)
    drawn, more = near[:MOST], max(0, len(near) - MOST)
    if not drawn:
        return Markup()
    schema = schema or schema_here()
    scale, ticks = _axis(drawn)
    foot = AXIS + len(drawn) * LANE
    lanes = "".join([_lane(span, AXIS + at * LANE, scale, schema) for at, span in enumerate(drawn)])
    words = wording.words(lang)
    named = words.gettext("Timeline %(first)s to %(last)s. The same dates stand in the table.")
    first, last = (_year(min(one.first for one in drawn), lang), _year(max(one.last for one in drawn), lang))
    told = escape(named % {"first": first, "last": last})
    several = class_key(schema, [one.row.class_iri for one in drawn], lang)
    return Markup(
        f'<div class="view"><svg class="tl" height="{foot + AXIS:d}" role="group" aria-label="{told}">'
        f"{_years(ticks, foot, lang)}{lanes}</svg>\n"
        f"{under(_key(drawn, lang) + several, _notes(undated, far, more, lang))}</div>\n"
    )


def _span(row: Dated, lang: str) -> _Span | None:
    """The row's dates; None when it has none that can be read."""
    whole = row.point or (row.start if "/" in row.start else "")
    if whole:
        told = parsed(whole)
        return None if told is None else _Span(row, when(whole, lang), told.begin, told.end, single=not told.interval)
    begin, end = _side(row.start), _side(row.end)
    if begin.kind is not Kind.DATE and end.kind is not Kind.DATE:
        return None
    text = "/".join([side.text.partition("T")[0] for side in (begin, end)])
    return _Span(row, when(text, lang), begin, end, single=False)


def _side(text: str) -> Side:
    """One end of a period."""
    if text == "..":
        return Side(text, Kind.OPEN)
    told = parsed(text) if text else None
    return told.begin if told is not None else _UNLIMITED


def _without_far(spans: list[_Span]) -> list[_Span]:
    """The rows without the few that lie so far out that nothing could be told apart."""
    kept = list(spans)
    for _ in range(len(spans) // 10):
        by_end = sorted(kept, key=lambda one: one.last)
        length = by_end[-1].last - kept[0].first
        low, high = kept[1].first - kept[0].first, by_end[-1].last - by_end[-2].last
        if length <= FAR_YEARS * DAYS or max(low, high) * 2 <= length:
            break
        kept.remove(kept[0] if low >= high else by_end[-1])
    return kept


def _axis(drawn: Sequence[_Span]) -> tuple[Scale, list[tuple[float, int]]]:
    """The scale, with room for ends that have no date, and the years written on it."""
    first = min(one.first for one in drawn) // DAYS
    last = max(one.last for one in drawn) // DAYS + 1
    low = any(one.begin.kind is not Kind.DATE for one in drawn)
    high = any(one.end.kind is not Kind.DATE for one in drawn)
    room = max(1, round((last - first) * ROOM))
    step = _step((last - first + room * (low + high)) / TICKS)
    if len(str(first)) > 6 or len(str(last)) > 6:  # noqa: PLR2004 - longer numbers would stand on each other
        step *= 4
    begin = (first - room * low) // step * step
    end = last + room * high
    scale = Scale(begin * DAYS, end * DAYS)
    return scale, [(scale.x(year * DAYS), year) for year in range(begin, end, step) if scale.x(year * DAYS) <= EDGE]


def _step(least: float) -> int:
    """The first of 1, 2, 5, 10, 20, 50 … that is not less."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size >= least:
                return factor * size
        size *= 10


def _year(day: int, lang: str) -> str:
    year = day // DAYS
    return when(f"{year:04d}" if 0 <= year <= 9999 else f"-{-year:04d}" if -9999 <= year < 0 else f"Y{year}", lang)  # noqa: PLR2004 - four digits


def _years(ticks: Sequence[tuple[float, int]], foot: int, lang: str) -> str:
    found = ""
    for x, year in ticks:
        told = escape(_year(year * DAYS, lang))
        found += (
            f'<line class="g" x1="{x}%" x2="{x}%" y1="0" y2="{foot + 4:d}"/>'
            f'<text class="y" x="{x}%" dx="4" y="12">{told}</text>'
            f'<text class="y" x="{x}%" dx="4" y="{foot + 18:d}">{told}</text>'
        )
    return found


# ---------------------------------------------------------------- a lane


def _lane(span: _Span, top: int, scale: Scale, schema: Schema) -> str:
    hue = schema.class_hint(span.row.class_iri).hue if span.row.class_iri else 0
    label, x, at_end = _beside(plain(span.row.label), scale.x(span.first), scale.x(span.last))
    anchor = ' text-anchor="end"' if at_end else ""
    text = f'<text x="{x}%"{anchor} y="{top + 14:d}">{escape(label)}</text>' if label else ""
    marks = _marks(span, top + 24, scale)
    content = f'{text}<g class="hue-{hue:d}">{marks}</g>'
    return linked(span.row.href, f"{span.row.label}, {span.text}" if span.row.label else span.text, content)


def _beside(label: str, x: float, end: float) -> tuple[str, float, bool]:
    """The label where it belongs to its mark: cut, rather than far away from it."""
    room = int(max(100 - x, end) / 100 * NARROW / LETTER)
    if len(label) > max(room, LEAST):
        label = label[: max(room, LEAST) - 1].rstrip() + "…"
    return fitted(label, x, end)


def _marks(span: _Span, y: int, scale: Scale) -> str:
    begin, end = span.begin, span.end
    if span.single:
        return _single(begin, y, scale)
    inner_begin = ordinal(begin.last)
    inner_end = ordinal(end.first)
    if inner_begin is None:
        inner_begin = ordinal(end.first)
    if inner_end is None:
        inner_end = ordinal(begin.last)
    if inner_begin is None or inner_end is None:
        return ""
    left, right = scale.x(inner_begin), scale.x(inner_end)
    if begin.first is not None and end.last is not None and end.last < begin.first:
        # It ends before it begins: both ends where they were told, and nothing between them.
        between = f'<line class="w" x1="{right}%" x2="{left}%" y1="{y:d}" y2="{y:d}"/>'
        return between + _end(begin, y, scale) + _end(end, y, scale)
    solid = _rect(left, right, y) if right > left else ""
    return solid + _begin_of(begin, left, y, scale) + _end_of(end, max(left, right), y, scale)


def _rect(left: float, right: float, y: int, opacity: str = "") -> str:
    faded = f' opacity="{opacity}"' if opacity else ""
    x, width = round(left, 2), round(max(right - left, 0.0), 2)
    return f'<rect x="{x}%" width="{width}%" y="{y - BAR // 2:d}" height="{BAR:d}"{faded}/>'


def _single(side: Side, y: int, scale: Scale) -> str:
    """A date that is no period: a disc, a pill, a hatched box, at least as wide as can be seen."""
    left, right = scale.x(ordinal(side.first) or 0), scale.x((ordinal(side.last) or 0) + 1)
    if side.precision in _EXACT:
        return f'<circle cx="{left}%" cy="{y:d}" r="6"/>'
    middle = round((left + right) / 2, 2)
    if side.precision in _ROUND:
        return f'<svg x="{middle}%"><rect x="-9" width="18" y="{y - 4:d}" height="{BAR:d}" rx="4"/></svg>'
    if right - left < 6:  # noqa: PLR2004 - percent: too narrow on a phone to see that it is hatched
        return f'<svg x="{middle}%"><line class="q" x1="-9" x2="9" y1="{y:d}" y2="{y:d}"/></svg>'
    return f'<line class="q" x1="{left}%" x2="{right}%" y1="{y:d}" y2="{y:d}"/>'


def _end(side: Side, y: int, scale: Scale) -> str:
    """One dated end as it was told."""
    first, last = scale.x(ordinal(side.first) or 0), scale.x((ordinal(side.last) or 0) + 1)
    if side.precision in _EXACT:
        return f'<circle cx="{first}%" cy="{y:d}" r="6"/>'
    if side.precision in _ROUND:
        return f'{_rect(first, last, y)}<circle cx="{first}%" cy="{y:d}" r="4"/><circle cx="{last}%" cy="{y:d}" r="4"/>'
    return f'<line class="q" x1="{first}%" x2="{last}%" y1="{y:d}" y2="{y:d}"/>'


def _begin_of(side: Side, inner: float, y: int, scale: Scale) -> str:
    if side.kind is not Kind.DATE:
        return _undated(side.kind, inner, y, -1)
    outer = scale.x(ordinal(side.first) or 0)
    if side.precision in _EXACT:
        return f'<circle cx="{outer}%" cy="{y:d}" r="6"/>'
    if side.precision in _ROUND:
        return f'{_rect(outer, inner, y)}<circle cx="{outer}%" cy="{y:d}" r="4"/>'
    return _hatched(outer, inner, y)


def _end_of(side: Side, inner: float, y: int, scale: Scale) -> str:
    if side.kind is not Kind.DATE:
        return _undated(side.kind, inner, y, 1)
    outer = max(scale.x((ordinal(side.last) or 0) + 1), inner)
    if side.precision in _EXACT:
        return f'<circle cx="{outer}%" cy="{y:d}" r="6"/>'
    if side.precision in _ROUND:
        return f'{_rect(inner, outer, y)}<circle cx="{outer}%" cy="{y:d}" r="4"/>'
    return _hatched(outer, inner, y)


def _hatched(outer: float, inner: float, y: int) -> str:
    """An end known to the year only: hatched from its outer edge, where the first stroke stands."""
    return f'<line class="q" x1="{outer}%" x2="{inner}%" y1="{y:d}" y2="{y:d}"/>'


def _undated(kind: Kind, inner: float, y: int, way: int) -> str:
    if kind is Kind.OPEN:
        width, found = 100 * ROOM / 3 * 0.7, ""
        for part in range(3):
            left, right = sorted((inner + way * width * part, inner + way * width * (part + 1)))
            found += _rect(left, right, y, f".{7 - 2 * part}")
        return found
    dots = "".join([f'<circle cx="{way * (8 + 7 * at):d}" cy="{y:d}" r="2"/>' for at in range(3)])
    return f'<svg x="{inner}%">{dots}<text class="u" x="{way * 32:d}" y="{y + 5:d}" text-anchor="middle">?</text></svg>'


# ---------------------------------------------------------------- in words


def _key(drawn: Sequence[_Span], lang: str) -> str:
    """What the ends mean, of those that are drawn."""
    gettext = wording.words(lang).gettext
    sides = [side for one in drawn for side in (one.begin, one.end)]
    told = {side.precision for side in sides if side.kind is Kind.DATE}
    found = ""
    if told & _EXACT:
        found += _sample('<circle cx="14" cy="8" r="6"/>', gettext("the day is known"))
    if told & _ROUND:
        found += _sample('<rect x="2" y="4" width="24" height="8" rx="4"/>', gettext("the month is known"))
    if told - _EXACT - _ROUND:
        found += _sample('<line class="q" x1="2" x2="26" y1="8" y2="8"/>', gettext("only the year is known"))
    if any(side.kind is Kind.OPEN for side in sides):
        fading = "".join(
            [f'<rect x="{2 + 8 * at}" y="4" width="8" height="8" opacity=".{9 - 3 * at}"/>' for at in range(3)]
        )
        found += _sample(fading, gettext("not ended"))
    if any(side.kind is Kind.UNKNOWN for side in sides):
        dots = "".join([f'<circle cx="{4 + 7 * at}" cy="8" r="2"/>' for at in range(3)])
        found += _sample(f'{dots}<text class="u" x="23" y="13">?</text>', gettext("not stated"))
    return found


def _sample(mark: str, words: str) -> str:
    return f'<li><svg class="tl s" width="28" height="16" aria-hidden="true">{mark}</svg>{escape(words)}</li>'


def _notes(undated: int, far: int, more: int, lang: str) -> list[str]:
    ngettext = wording.words(lang).ngettext
    told = [
        (more, ngettext("%(num)s more begins later.", "%(num)s more begin later.", more)),
        (far, ngettext("%(num)s lies in years far off.", "%(num)s lie in years far off.", far)),
        (undated, ngettext("%(num)s has no date.", "%(num)s have no date.", undated)),
    ]
    lead = wording.words(lang).gettext("Not drawn:")
    return [f"{lead} {sentence % {'num': number}}" for number, sentence in told if number]

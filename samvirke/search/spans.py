"""Whether something was active in some years, as far as was told.

Duty: from dates as they were told to years that can be compared, and to one of three answers. Level 4; pure. The
answers are those of the engine's vocabulary: `core:certain`, `core:possible`, `core:unknownEnd`.
Source: https://www.loc.gov/standards/datetime/
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from samvirke import edtf
from samvirke.edtf import Edtf
from samvirke.errors import InputError

__all__ = ["ANSWERS", "CERTAIN", "POSSIBLE", "UNKNOWN_END", "Years", "answer", "parse_span", "told", "years_of"]

CERTAIN, POSSIBLE, UNKNOWN_END = "certain", "possible", "unknown-end"
ANSWERS = (CERTAIN, POSSIBLE, UNKNOWN_END)
_ZONE = re.compile(r"(?<=[0-9])(?:Z|[+-][0-9]{2}:[0-9]{2})$")
_SPAN = re.compile(r"(-?[0-9]{1,6})(?:/(-?[0-9]{1,6}))?")
_DAY = re.compile(r"([0-9]{4})-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])")


class Years(NamedTuple):
    """The years between which something began, and between which it ended; None is not told."""

    begin_first: int | None
    begin_last: int | None
    end_first: int | None
    end_last: int | None


@lru_cache(maxsize=4_096)
def told(text: str) -> Edtf | None:
    """Read a date; None when it is none. XSD's lexical forms are EDTF but for their time zone."""
    try:
        return edtf.parse(text)
    except InputError:
        try:
            return edtf.parse(_ZONE.sub("", text))
        except InputError:
            return None


@lru_cache(maxsize=65_536)
def years_of(text: str) -> Years | None:
    """Return the years that a date can mean; None when it is no date. Whole years are enough to ask by years."""
    if day := _DAY.fullmatch(text):  # Most are, and every month has so many days.
        year = int(day[1])
        return Years(year, year, year, year)
    date = told(text)
    if date is None:
        return None
    begin, end = date.begin, date.end
    return Years(*(None if day is None else day[0] for day in (begin.first, begin.last, end.first, end.last)))


def answer(years: Years, first: int, last: int) -> str | None:
    """Say whether something of these years was active in the years `first` to `last`; None: certainly not.

    A beginning – or an end – that falls wholly inside is certain, whatever is known of the other side.
    """
    begin_first, begin_last, end_first, end_last = years
    if (begin_first is not None and begin_first > last) or (end_last is not None and end_last < first):
        return None
    if begin_first is not None and begin_last is not None and begin_first >= first and begin_last <= last:
        return CERTAIN
    if end_last is None:
        return UNKNOWN_END
    begun = begin_last is not None and begin_last <= last
    return CERTAIN if end_first is not None and end_first >= first and (begun or end_last <= last) else POSSIBLE


def parse_span(text: str) -> tuple[int, int] | None:
    """Read `2016` or `2014/2016`; None when it is neither. Two years in the wrong order are turned."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        return None
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    return min(first, last), max(first, last)

"""Read dates as they were told: EDTF, level 0 and level 1.

Duty: parse the text of an EDTF literal and compute the days it can mean. Level 1; imports errors only.
It must not round: what is unknown stays None, and precision is what the text has, never more.
Source: https://www.loc.gov/standards/datetime/ (2019), the profile of ISO 8601-2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from enum import StrEnum

from samvirke.errors import InputError

__all__ = ["Bounds", "Edtf", "Kind", "Precision", "Side", "parse"]

REMEDY = (
    "Write a date as 2014, 2014-06 or 2014-06-13, a period as 2014-06/2018-02, "
    "an unknown end as 2017-12/ and one that still runs as 2017-12/.."
)

# A day as (year, month, day): reaches beyond the years that `datetime.date` can hold, and sorts.
Day = tuple[int, int, int]

_DATE = re.compile(r"(-?[0-9]{2}(?:[0-9]{2}|[0-9]X|XX))(?:-([0-9]{2}|XX))?(?:-([0-9]{2}|XX))?")
_LONG_YEAR = re.compile(r"Y(-?[1-9][0-9]{4,17})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(Z|[+-][0-9]{2}(?::[0-9]{2})?)?")

_QUALIFIERS = {"?": (True, False), "~": (False, True), "%": (True, True)}

# The standard names the seasons and not their months. These are the meteorological seasons of the northern
# half of the earth. A winter told with one year may be at either end of it, so its bounds cover both.
_SEASONS: dict[int, tuple[int, int]] = {21: (3, 5), 22: (6, 8), 23: (9, 11)}
_WINTER = 24

_MONTHS = 12
_FEBRUARY = 2


class Precision(StrEnum):
    """How much of a date was told, finest first."""

    TIME = "time"
    DAY = "day"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"
    DECADE = "decade"
    CENTURY = "century"


class Kind(StrEnum):
    """What stands on one side of a period."""

    DATE = "date"
    UNKNOWN = "unknown"
    """Nothing: there is such an end, and nobody says when."""
    OPEN = "open"
    """`..`: there is no such end, or none yet."""


@dataclass(frozen=True, slots=True)
class Side:
    """One date, or one end of a period.

    `first` and `last` are the earliest and latest day it can mean, None unless `kind` is DATE;
    `uncertain` is `?`, `approximate` is `~`, and `%` is both.
    """

    text: str
    kind: Kind
    precision: Precision | None = None
    first: Day | None = None
    last: Day | None = None
    season: int | None = None
    uncertain: bool = False
    approximate: bool = False

    @property
    def earliest(self) -> date | None:
        """The first day it can mean; None where nobody says, or beyond the years of the calendar."""
        return _calendar(self.first)

    @property
    def latest(self) -> date | None:
        """The last day it can mean; None where nobody says, or beyond the years of the calendar."""
        return _calendar(self.last)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which days something began, and between which it ended; None is not known."""

    begin_earliest: date | None
    begin_latest: date | None
    end_earliest: date | None
    end_latest: date | None


@dataclass(frozen=True, slots=True)
class Edtf:
    """A date or a period as it was told. A single date has itself as begin and as end."""

    text: str
    level: int
    begin: Side
    end: Side
    interval: bool

    def bounds(self) -> Bounds:
        """Return the four days that queries compare.

        A `?` or `~` doubts the value itself: no number follows from it, so the bounds are those of the
        value as written, and the doubt stays readable in `begin` and `end`.
        """
        return Bounds(self.begin.earliest, self.begin.latest, self.end.earliest, self.end.latest)

    @property
    def reversed(self) -> bool:
        """The period ends before it can have begun. Readable, and wrong: a matter for the gate."""
        return self.begin.first is not None and self.end.last is not None and self.end.last < self.begin.first


def parse(text: str) -> Edtf:
    """Read an EDTF date or period of level 0 or 1.

    Returns the value with `level` as the lowest level that allows it.
    Raises: InputError whose `column` is the first character of the side that cannot be read.
    Source: https://www.loc.gov/standards/datetime/
    """
    if "/" not in text:
        if text in {"", ".."}:
            raise _refuse(text, 1, "says no date")
        side, level = _side(text, text, 1)
        return Edtf(text, level, side, side, interval=False)
    if text.count("/") > 1:
        raise _refuse(text, text.index("/", text.index("/") + 1) + 1, "has more than one “/”")
    left, right = text.split("/")
    begin, begin_level = _end(left, text, 1)
    end, end_level = _end(right, text, len(left) + 2)
    if begin.kind is not Kind.DATE and end.kind is not Kind.DATE:
        raise _refuse(text, 1, "has no date on either side of the “/”")
    return Edtf(text, max(begin_level, end_level), begin, end, interval=True)


def _end(text: str, whole: str, column: int) -> tuple[Side, int]:
    """One end of a period: a date, nothing, or `..`."""
    if text == "":
        return Side(text, Kind.UNKNOWN), 1
    if text == "..":
        return Side(text, Kind.OPEN), 1
    side, level = _side(text, whole, column)
    if side.precision is Precision.TIME:
        raise _refuse(whole, column + text.index("T"), "has a time of day in a period, where only dates may stand")
    return side, level


def _side(text: str, whole: str, column: int) -> tuple[Side, int]:
    """One date with its qualifier."""
    uncertain, approximate = _QUALIFIERS.get(text[-1:], (False, False))
    bare = text[:-1] if uncertain or approximate else text
    level = 1 if uncertain or approximate else 0
    season: int | None = None
    if "T" in bare:
        if level:
            raise _refuse(whole, column + len(bare), "has a qualifier after a time of day")
        precision, first, last = _moment(bare, whole, column)
    elif bare.startswith("Y"):
        level = 1
        precision, first, last = _long_year(bare, whole, column)
    else:
        level = max(level, int("X" in bare or bare.startswith("-")))
        precision, first, last, season = _date(bare, whole, column)
        level = level if season is None else 1
    return Side(text, Kind.DATE, precision, first, last, season, uncertain, approximate), level


def _moment(text: str, whole: str, column: int) -> tuple[Precision, Day, Day]:
    """A date with a time of day, hh:mm:ss, and perhaps a time shift."""
    told, _, clock = text.partition("T")
    precision, first, last, _ = _date(told, whole, column)
    match = _TIME.fullmatch(clock)
    if precision is not Precision.DAY or match is None:
        raise _refuse(whole, column + len(told), "has no whole date before the “T”, or no hh:mm:ss after it")
    hour, minute, second, shift = match.groups()
    limits = [(hour, 23), (minute, 59), (second, 59)]
    if shift not in {None, "Z"}:
        limits += [(shift[1:3], 23), (shift[4:6] or "0", 59)]
    if any(int(digits) > limit for digits, limit in limits):
        raise _refuse(whole, column + len(told) + 1, "has a time of day that no clock shows")
    return Precision.TIME, first, last


def _long_year(text: str, whole: str, column: int) -> tuple[Precision, Day, Day]:
    """`Y` and a year of more than four digits."""
    match = _LONG_YEAR.fullmatch(text)
    if match is None:
        raise _refuse(whole, column, "has a “Y” without a year of 5 to 18 digits after it")
    year = int(match[1])
    return Precision.YEAR, (year, 1, 1), (year, 12, 31)


def _date(text: str, whole: str, column: int) -> tuple[Precision, Day, Day, int | None]:
    """A calendar date, a season, or either with its last digits left unsaid as X."""
    match = _DATE.fullmatch(text)
    if match is None or match[1] == "-0000":
        raise _refuse(whole, column, "is not a date of EDTF level 0 or 1")
    told_year, told_month, told_day = match.groups()
    if "X" in told_year:
        if told_month is not None:
            raise _refuse(whole, column, "leaves digits of the year unsaid and yet tells a month, which is level 2")
        precision = Precision.DECADE if told_year[-2] != "X" else Precision.CENTURY
        ends = sorted(int(told_year.replace("X", digit)) for digit in "09")
        return precision, (ends[0], 1, 1), (ends[1], 12, 31), None
    year = int(told_year)
    if told_month in {None, "XX"}:
        if told_day not in {None, "XX"}:
            raise _refuse(whole, column, "tells a day of a month it leaves unsaid, which is level 2")
        return Precision.YEAR, (year, 1, 1), (year, 12, 31), None
    return _within_year(year, int(told_month), told_day, whole, column)


def _within_year(
    year: int, month: int, told_day: str | None, whole: str, column: int
) -> tuple[Precision, Day, Day, int | None]:
    """A day, a month or a season of a known year."""
    if month == _WINTER and told_day is None:
        return Precision.SEASON, (year, 1, 1), (year + 1, 2, _month_length(year + 1, 2)), month
    if month in _SEASONS and told_day is None:
        start, end = _SEASONS[month]
        return Precision.SEASON, (year, start, 1), (year, end, _month_length(year, end)), month
    if not 1 <= month <= _MONTHS:
        raise _refuse(whole, column, f"has no month or season {month:02}")
    length = _month_length(year, month)
    if told_day in {None, "XX"}:
        return Precision.MONTH, (year, month, 1), (year, month, length), None
    day = int(told_day or 0)
    if not 1 <= day <= length:
        raise _refuse(whole, column, f"has no day {day:02}: that month has {length} days")
    return Precision.DAY, (year, month, day), (year, month, day), None


def _month_length(year: int, month: int) -> int:
    """Days of a month in the proleptic Gregorian calendar, also before the year 1."""
    if month == _FEBRUARY:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def _calendar(day: Day | None) -> date | None:
    """Return the day as Python holds it, where Python can."""
    return date(*day) if day is not None and MINYEAR <= day[0] <= MAXYEAR else None


def _refuse(text: str, column: int, reason: str) -> InputError:
    """Make the error for a text that cannot be read."""
    return InputError(f"The date “{text[:80]}” {reason}.", column=column, remedy=REMEDY)

"""Dates as they were told: what can be read, what is refused, and which days follow."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from pathlib import Path

import edtf as other
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke.edtf import Edtf, Kind, parse
from samvirke.errors import InputError

HERE = Path(__file__).parent


def rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


READABLE = rows("readable.tsv")
REFUSED = rows("refused.tsv")

years = st.integers(1, 9999)


@st.composite
def told(draw: st.DrawFn) -> str:
    """A year, a month or a day, as text."""
    day = draw(st.dates())
    return draw(st.sampled_from([f"{day:%Y}".zfill(4), f"{day.year:04}-{day.month:02}", day.isoformat()]))


def test_the_cases_are_all_there() -> None:
    assert len(READABLE) >= 40
    assert len(REFUSED) >= 45


@pytest.mark.parametrize("row", READABLE, ids=lambda row: row[0])
def test_dates_that_can_be_read(row: list[str]) -> None:
    text, level, begin, end, *days = row
    value = parse(text)
    bounds = value.bounds()

    assert value.level == int(level)
    assert [value.begin.precision or "-", value.end.precision or "-"] == [begin, end]
    found = (bounds.begin_earliest, bounds.begin_latest, bounds.end_earliest, bounds.end_latest)
    assert ["-" if day is None else day.isoformat() for day in found] == days


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row[0] or "nothing")
def test_texts_that_are_no_dates_are_refused_with_what_to_write(row: list[str]) -> None:
    text, column, words = row
    with pytest.raises(InputError) as caught:
        parse(text)

    assert words in caught.value.message
    assert caught.value.column == int(column)
    assert caught.value.remedy.startswith("Write a date as 2014")
    assert caught.value.exit_code == 3


def test_an_unknown_end_is_not_an_open_one() -> None:
    assert parse("2017-12/").end.kind is Kind.UNKNOWN
    assert parse("2017-12/..").end.kind is Kind.OPEN
    assert parse("/2017").begin.kind is Kind.UNKNOWN
    assert parse("../2017").begin.kind is Kind.OPEN
    assert parse("2017").end.kind is Kind.DATE


def test_doubt_is_kept_on_its_own_side() -> None:
    value = parse("2004-06~/2004-08-01?")

    assert (value.begin.approximate, value.begin.uncertain) == (True, False)
    assert (value.end.approximate, value.end.uncertain) == (False, True)
    assert parse("2004%").begin.approximate
    assert parse("2004%").begin.uncertain


def test_a_period_that_ends_before_it_begins_is_readable_and_says_so() -> None:
    assert parse("2018-02/2014-06").reversed
    assert parse("0014/-0100").reversed
    assert not parse("2014-06/2014").reversed
    assert not parse("2014/2014").reversed
    assert not parse("2014/..").reversed


@given(told())
def test_the_bounds_of_a_date_are_the_days_it_can_mean(text: str) -> None:
    value = parse(text)
    first, last = value.begin.earliest, value.begin.latest
    assert first is not None
    assert last is not None

    assert first.isoformat().startswith(text)
    assert last.isoformat().startswith(text)
    if first > date.min:
        assert not (first - timedelta(1)).isoformat().startswith(text)
    if last < date.max:
        assert not (last + timedelta(1)).isoformat().startswith(text)
    assert value.level == 0
    assert value.begin == value.end


@given(told(), told())
def test_a_period_has_the_bounds_of_its_sides(begin: str, end: str) -> None:
    value = parse(f"{begin}/{end}")

    assert (value.begin, value.end) == (parse(begin).begin, parse(end).begin)
    assert value.interval
    assert value.reversed == (parse(end).begin.latest < parse(begin).begin.earliest)  # type: ignore[operator]  # dates


@given(years, st.integers(1, 12), st.integers(1, 40))
def test_a_day_is_readable_exactly_when_the_calendar_has_it(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    if day <= calendar.monthrange(year, month)[1]:
        assert parse(text).begin.earliest == date(year, month, day)
    else:
        with pytest.raises(InputError):
            parse(text)


@given(st.text(alphabet="0123456789-/.?~%XTYZ:+ ", max_size=24) | st.text(max_size=12))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        value = parse(text)
    except InputError:
        return

    assert isinstance(value, Edtf)
    assert value.text == text
    bounds = value.bounds()
    for first, last in ((bounds.begin_earliest, bounds.begin_latest), (bounds.end_earliest, bounds.end_latest)):
        assert first is None or last is None or first <= last


@given(told(), told())
def test_the_other_reader_agrees_on_plain_dates_and_periods(begin: str, end: str) -> None:
    """Where it is right, that is: it invents an end ten years on for an unknown one."""
    begin, end = sorted((begin, end))
    theirs = other.parse_edtf(f"{begin}/{end}")
    ours = parse(f"{begin}/{end}").bounds()

    assert _day(theirs.lower.lower_strict()) == ours.begin_earliest
    assert _day(theirs.lower.upper_strict()) == ours.begin_latest
    assert _day(theirs.upper.lower_strict()) == ours.end_earliest
    assert _day(theirs.upper.upper_strict()) == ours.end_latest


# The standard lets any date be doubted; the other reader has no doubted seasons.
NOT_READ_BY_THE_OTHER = {"2003-24?"}


@pytest.mark.parametrize("row", READABLE, ids=lambda row: row[0])
def test_the_other_reader_reads_what_we_read(row: list[str]) -> None:
    if row[0] in NOT_READ_BY_THE_OTHER:
        with pytest.raises(other.EDTFParseException):
            other.parse_edtf(row[0])
    else:
        assert other.parse_edtf(row[0]) is not None


def _day(moment: object) -> date:
    return date(*moment[:3])  # type: ignore[index]  # a struct_time

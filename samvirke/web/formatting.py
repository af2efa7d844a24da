"""Dates and numbers as people in each language write them.

Duty: filters for templates: EDTF and XSD dates with the precision they were told in, numbers,
moments. Level 7 (web); pure but for Babel's tables.
Source: https://www.loc.gov/standards/datetime/ and https://cldr.unicode.org/
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from samvirke import edtf
from samvirke.edtf import Edtf, Kind, Precision, Side
from samvirke.errors import InputError
from samvirke.web import wording

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

TEXTS_KEPT = 4_096
"""Dates and numbers remembered: what they are in words depends on text and language alone, in every generation."""
SAMPLE_YEAR = 2000
"""A leap year of four digits: what stands around its digits in a date stands around those of years from 1000 on."""
CAPITAL_NOUNS = frozenset({"de", "lb"})
ZONE = re.compile(r"(?<=[0-9])(?:Z|[+-][0-9]{2}:[0-9]{2})$")
VERSION = re.compile(r"([0-9]{8}T[0-9]{6}Z)")


@cache
def locale(lang: str) -> Locale:
    """Return the locale of a language; one Babel does not know is written as English."""
    try:
        return Locale.parse(lang, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def _dates_locale(lang: str) -> Locale:
    # British order, "3 November 2014", is what Europeans write in English.
    return Locale.parse("en_GB") if lang == "en" else locale(lang)


@lru_cache(maxsize=TEXTS_KEPT)
def when(text: str, lang: str) -> str:
    """Return an EDTF or XSD date in words; a text that is no date is returned as it is."""
    told = parsed(text)
    if told is None:
        return text
    if not told.interval:
        return _side(told.begin, lang)
    begin = "" if told.begin.kind is not Kind.DATE else _side(told.begin, lang)
    end = "" if told.end.kind is not Kind.DATE else _side(told.end, lang)
    if begin and end:
        return ("–" if begin.isdigit() and end.isdigit() else " – ").join((begin, end))
    _ = wording.words(lang).gettext
    sentences = {
        ("end", Kind.UNKNOWN): _("from %(date)s (end not stated)"),
        ("end", Kind.OPEN): _("since %(date)s"),
        ("begin", Kind.UNKNOWN): _("until %(date)s (beginning not stated)"),
        ("begin", Kind.OPEN): _("until %(date)s"),
    }
    missing = ("end", told.end.kind) if begin else ("begin", told.begin.kind)
    return sentences[missing] % {"date": begin or end}


@lru_cache(maxsize=TEXTS_KEPT)
def parsed(text: str) -> Edtf | None:
    """Return the date, None when it is none. XSD's lexical forms are EDTF but for their time zone."""
    try:
        return edtf.parse(text)
    except InputError:
        try:
            return edtf.parse(ZONE.sub("", text))
        except InputError:
            return None


@lru_cache(maxsize=TEXTS_KEPT)
def precision(text: str, lang: str) -> str:
    """Return the word for a date's precision where it is coarser than a day; "" otherwise."""
    told = parsed(text)
    if told is None:
        return ""
    found = {side.precision for side in (told.begin, told.end) if side.precision is not None}
    coarse = [one for one in Precision if one in found and one not in {Precision.TIME, Precision.DAY}]
    if not coarse:
        return ""
    _ = wording.words(lang).gettext
    names = {
        Precision.MONTH: _("month"),
        Precision.SEASON: _("season"),
        Precision.YEAR: _("year"),
        Precision.DECADE: _("decade"),
        Precision.CENTURY: _("century"),
    }
    return names[coarse[-1]]


def _side(side: Side, lang: str) -> str:
    _ = wording.words(lang).gettext
    text = _bare(side, lang)
    if side.approximate:
        text = _("about %(date)s") % {"date": text}
    if side.uncertain:
        text = _("%(date)s (uncertain)") % {"date": text}
    return text


def _bare(side: Side, lang: str) -> str:
    _ = wording.words(lang).gettext
    year = _year(side, lang)
    if side.precision is Precision.SEASON:
        names = {21: _("spring"), 22: _("summer"), 23: _("autumn"), 24: _("winter")}
        return f"{names.get(side.season or 0, '')} {year}".strip()
    if side.precision is Precision.DECADE:
        return _("the %(year)ss") % {"year": year}
    if side.precision is Precision.CENTURY:
        return _("the years %(first)s to %(last)s") % {"first": year, "last": str(side.last[0]) if side.last else ""}
    day = side.earliest
    if day is None or side.precision in {None, Precision.YEAR}:
        return year
    if side.precision is Precision.MONTH:
        return _in_words(day, lang, month_only=True)
    return _in_words(day, lang, month_only=False)


def _in_words(day: date, lang: str, *, month_only: bool) -> str:
    """Write a day or its month: from year to year only the year's own digits differ, where they are told plainly."""
    before, plain, after = _around_year(day.month, 1 if month_only else day.day, lang, month_only)
    if plain and day.year >= 1000:  # noqa: PLR2004 - four digits, as told above
        return f"{before}{day.year}{after}"
    return _month(day, lang) if month_only else str(format_date(day, "long", locale=_dates_locale(lang)))


@lru_cache(maxsize=TEXTS_KEPT)
def _around_year(month: int, day: int, lang: str, month_only: bool) -> tuple[str, str, str]:
    """Return what stands before and after the year; the middle is "" where a year is written in another way."""
    sample = date(SAMPLE_YEAR, month, day)
    text = _month(sample, lang) if month_only else str(format_date(sample, "long", locale=_dates_locale(lang)))
    before, year, after = text.partition(str(SAMPLE_YEAR))
    return before, year, after


def _month(day: date, lang: str) -> str:
    pattern = _dates_locale(lang).datetime_skeletons.get("yMMMM")
    return str(format_date(day, str(pattern) if pattern else "MMMM y", locale=_dates_locale(lang)))


def _year(side: Side, lang: str) -> str:
    if side.first is None:
        return side.text
    number = side.first[0]
    if number < 0:
        return wording.words(lang).gettext("%(year)s BC") % {"year": str(1 - number)}
    return str(number)


@lru_cache(maxsize=TEXTS_KEPT)
def number(text: str, lang: str) -> str:
    """Return a number with the language's signs; every digit that was told stays."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    exponent = value.as_tuple().exponent
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    if digits > 20 or abs(value) >= Decimal(10) ** 30:  # noqa: PLR2004 - beyond that nobody reads digits
        return text
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=locale(lang)))


@lru_cache(maxsize=TEXTS_KEPT)
def count(value: int, lang: str) -> str:
    """Return a whole number with the language's grouping."""
    return str(format_decimal(value, locale=locale(lang)))


@lru_cache(maxsize=64)
def stamp(version: str, lang: str) -> str:
    """Return the moment in a generation's version, as day and time in UTC; "" when there is none."""
    told = moment_of(version)
    return _moment(told, lang) if told else ""


def moment_of(version: str) -> datetime | None:
    """Return the moment in a generation's version."""
    match = VERSION.match(version)
    return datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if match else None


def moment(text: str, lang: str) -> str:
    """Return a moment in ISO 8601, as day and time in UTC; "" when it is none."""
    try:
        return _moment(datetime.fromisoformat(text).astimezone(UTC), lang)
    except ValueError:
        return ""


def _moment(told: datetime, lang: str) -> str:
    where = _dates_locale(lang)
    day = format_date(told.date(), "long", locale=where)
    return f"{day} {format_datetime(told, 'HH:mm', locale=where)} UTC"


def lower_first(text: str, lang: str) -> str:
    """Return a word as it stands inside a sentence: small first letter, but not in German, and not an acronym."""
    if lang.split("-", maxsplit=1)[0] in CAPITAL_NOUNS or text[:2].isupper():
        return text
    return text[:1].lower() + text[1:]


def _language(context: Context) -> str:
    return str(getattr(context.get("page"), "lang", wording.FALLBACK))


def _when_filter(context: Context, text: str) -> str:
    return when(text, _language(context))


def _precision_filter(context: Context, text: str) -> str:
    return precision(text, _language(context))


def _number_filter(context: Context, text: str) -> str:
    return number(str(text), _language(context))


def _lower_first_filter(context: Context, text: str) -> str:
    # A template's markup stays markup: only its first letter changes, and an element begins with "<".
    return type(text)(lower_first(str(text), _language(context)))


def install(environment: Environment) -> None:
    """Give the templates `x|when`, `x|precision` and `x|number`, in the page's language."""
    from jinja2 import pass_context  # noqa: PLC0415 - the processes that write pages have no templates

    environment.filters["when"] = pass_context(_when_filter)
    environment.filters["precision"] = pass_context(_precision_filter)
    environment.filters["number"] = pass_context(_number_filter)
    environment.filters["lower_first"] = pass_context(_lower_first_filter)

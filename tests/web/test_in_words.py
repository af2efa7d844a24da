"""What pages write by hand for speed says the same as the libraries that it stands in for."""

from __future__ import annotations

from datetime import date

import pytest
from babel.dates import format_date
from markupsafe import escape

from samvirke.web.escaping import escaped
from samvirke.web.formatting import locale, when

LANGUAGES = ("da", "de", "fr", "fi", "ar", "fa", "ja")
YEARS = (1000, 1582, 1999, 2000, 2001, 2024, 9999)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_day_of_a_year_is_written_as_its_language_has_it(lang):
    days = [date(year, month, day) for year in YEARS for month in range(1, 13) for day in (1, 9, 28)]
    assert len(days) >= 250

    assert [when(day.isoformat(), lang) for day in days] == [
        format_date(day, "long", locale=locale(lang)) for day in days
    ]


def test_days_of_years_with_few_digits_are_written_too():
    assert when("0999-03-01", "da") == format_date(date(999, 3, 1), "long", locale=locale("da"))
    assert when("0020-02-29", "en") == "29 February 20"


@pytest.mark.parametrize("text", ["", "plain æøå", "<b>", "a & b", "'\"", "&amp;", "<script>alert('x')</script>"])
def test_a_text_is_escaped_as_markupsafe_does_it(text):
    assert escaped(text) == str(escape(text))
    assert type(escaped(text)) is str

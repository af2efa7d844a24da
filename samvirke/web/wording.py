"""The interface's own words in the reader's language.

Duty: read `locales/<language>.po` (msgid = the English text) once and give templates `_`, `ngettext`
and dates. Level 7 (web). Must not hold words of a site: those come from its ontology and shapes.
Source: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

LOCALES = Path(__file__).parent / "locales"
FALLBACK = "en"


@cache
def interface_languages() -> tuple[str, ...]:
    """Return the languages the interface is worded in, sorted."""
    return tuple(sorted(path.stem for path in LOCALES.glob("*.po")))


@cache
def words(language: str) -> gettext.NullTranslations:
    """Return the wording of `language`; an unknown language reads the English one.

    Reads:  `locales/<language>.po`, once per process.
    """
    code = language if language in interface_languages() else FALLBACK
    path = LOCALES / f"{code}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _language(context: Context) -> str:
    page = context.get("page")
    return str(getattr(page, "lang", FALLBACK))


def _gettext(context: Context, text: str, **values: object) -> str:
    translated = words(_language(context)).gettext(text)
    return translated % values if values else translated


def _ngettext(context: Context, one: str, many: str, num: int, **values: object) -> str:
    values.setdefault("num", num)
    return words(_language(context)).ngettext(one, many, num) % values


def install(environment: Environment) -> None:
    """Give the templates `_("text", name=value)` and `ngettext("one", "%(num)s many", n)`.

    The language is that of the `page` in the template's context. `%(name)s` stands for a value;
    the result is plain text and is escaped as any other value.
    """
    from jinja2 import pass_context  # noqa: PLC0415 - the processes that write pages have no templates

    environment.globals["_"] = pass_context(_gettext)
    environment.globals["ngettext"] = pass_context(_ngettext)

"""Which language an answer is in.

Duty: the language stands in the address (`/da/…`); `Accept-Language` decides only where a
language-neutral address leads, and in which language an error there is worded. Level 7. No cookie
and no setting of the browser changes what an address shows.
Source: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.routing import BaseConverter, RequestRedirect

from samvirke.errors import SamvirkeError
from samvirke.web import wording
from samvirke.web.publication import current

__all__ = ["LanguageConverter", "install", "neutral_redirect_language", "prefer", "request_language", "words"]

_LONGEST_HEADER = 1024


class LanguageConverter(BaseConverter):
    """A language tag as the first part of a path. Whether the site speaks it is checked when it is known."""

    regex = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"


_THINGS = "addresses.anything"
_LANGUAGE = re.compile(LanguageConverter.regex)


def prefer(header: str | None, languages: Sequence[str]) -> str:
    """Return the site's language the header likes best; without a fit the site's first."""
    if not header:
        return languages[0]
    accepted = parse_accept_header(header[:_LONGEST_HEADER], LanguageAccept)
    return accepted.best_match(list(languages), default=languages[0]) or languages[0]


def neutral_redirect_language() -> str:
    """Return the language that a neutral address leads to for this client; the answer must vary on it."""
    return prefer(request.headers.get("Accept-Language"), current().languages)


def request_language() -> str:
    """Return the language of this request: of its address, else the client's, else "en" when nothing is published."""
    try:
        languages = current().languages
    except SamvirkeError:
        return wording.FALLBACK
    first = request.path.lstrip("/").partition("/")[0]
    return first if first in languages else neutral_redirect_language()


def words(text: str, language: str | None = None, **values: object) -> str:
    """Return the interface's wording of an English text in a language, by default that of the request."""
    translated = wording.words(language or request_language()).gettext(text)
    return translated % values if values else translated


def install(app: Flask) -> None:
    """Teach an application `<language:lang>`, and send what only looks like a language to the things below the base."""
    app.url_map.converters["language"] = LanguageConverter

    @app.before_request
    def known_language() -> ResponseReturnValue | None:
        first = request.path.lstrip("/").partition("/")[0]
        routed = "lang" in (request.view_args or {})
        # The router puts a slash behind `/ns`, because it could be a front page.
        slashed = isinstance(request.routing_exception, RequestRedirect) and _LANGUAGE.fullmatch(first)
        # What may be sent is asked of the address as it is: a browser follows no redirect there.
        if request.method == "OPTIONS" or not (routed or slashed) or first in current().languages:
            return None
        # `/org/x` is as likely a thing, and `/ns` a vocabulary: no page's rules (kept, tagged by address) hold for it.
        local = request.path.lstrip("/")
        request.view_args = {"local": local}
        answer: ResponseReturnValue = current_app.ensure_sync(current_app.view_functions[_THINGS])(local=local)
        return answer

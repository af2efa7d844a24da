"""The only table from an error to a status, and the three forms an error is told in.

Duty: a problem document for programs, a page for readers, plain text for SPARQL clients and the
command line – all from the same error. Level 7. No traceback and no path of this machine leaves here.
Source: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from samvirke import errors
from samvirke.model import Finding, Report
from samvirke.negotiate import Offer, choose
from samvirke.web.front.application import ERROR
from samvirke.web.headers import NOT_KEPT, vary
from samvirke.web.languages import request_language, words
from samvirke.web.publication import Moved, current

__all__ = ["STATUS", "Problem", "install", "problem", "respond"]

logger = logging.getLogger(__name__)

STATUS: Mapping[type[errors.SamvirkeError], HTTPStatus] = {
    errors.SamvirkeError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.WrongUse: HTTPStatus.BAD_REQUEST,
    errors.SiteError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InputError: HTTPStatus.BAD_REQUEST,
    errors.EvidenceError: HTTPStatus.BAD_REQUEST,
    errors.QuerySyntaxError: HTTPStatus.BAD_REQUEST,
    errors.QueryRefused: HTTPStatus.BAD_REQUEST,
    errors.ServiceFailed: HTTPStatus.BAD_GATEWAY,
    errors.GateRefused: HTTPStatus.CONFLICT,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Gone: HTTPStatus.GONE,
    errors.NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    errors.PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    errors.WriteRefused: HTTPStatus.FORBIDDEN,
    errors.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreDamaged: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.DiskFull: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.LimitError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.QueryTimeout: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.AnswerTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.WriteTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.WorkerLost: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.JavaMissing: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Every error of the tree has its own row, so that a new one is decided on and not inherited by chance."""

_PLAIN = Offer("text/plain", "txt")
_PAGE = Offer("text/html", "html", aliases=("application/xhtml+xml",))
_PROBLEM = Offer(
    "application/problem+json",
    "json",
    aliases=("application/json", "application/ld+json", "application/sparql-results+json"),
)
_SERVER_ERROR = 500
_ATTEMPTS = 5
"""How often a request is answered anew when the version changes under it."""
_MOST_TOLD = 20
_HEADERS = frozenset({"accept-encoding", "allow", "retry-after", "www-authenticate"})
"""What an HTTP error may say besides its body."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as it is told. `code` is a stable word for programs, `extra` what else a program can use."""

    status: int
    code: str
    detail: str
    remedy: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the status in words, as RFC 9457 asks for problems of the type about:blank."""
        return HTTPStatus(self.status).phrase

    def body(self) -> dict[str, Any]:
        """Return the problem document."""
        named = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": " ".join(part for part in (self.detail, self.remedy) if part),
            "code": self.code,
        }
        return {**named, **self.extra}

    def text(self) -> str:
        """Return the error in plain text: the place first, then what is wrong and what to do."""
        place = ""
        if line := self.extra.get("line"):
            place = f"line {line}:{self.extra.get('column') or 1}: "
        lines = [f"{place}{self.detail} {self.remedy}".strip()]
        if excerpt := self.extra.get("excerpt"):
            lines.append(str(excerpt))
        if number := self.extra.get("request"):
            lines.append(f"Request {number}.")
        return "\n".join(lines) + "\n"


def problem(error: Exception) -> Problem:
    """Translate an error; what is not ours and no HTTP error becomes a 500 that says nothing of its cause."""
    if isinstance(error, errors.SamvirkeError):
        return _ours(error)
    if isinstance(error, HTTPException) and error.code is not None:
        headers = {name: value for name, value in error.get_headers() if name.lower() in _HEADERS}
        return Problem(error.code, _code(HTTPStatus(error.code).phrase), error.description or "", headers=headers)
    return Problem(_SERVER_ERROR, "internal-server-error", "Something went wrong on the server.")


def _ours(error: errors.SamvirkeError) -> Problem:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    extra: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, errors.InputError) and error.line:
        extra |= {"line": error.line, "column": error.column}
    if isinstance(error, errors.QueryRefused):
        extra |= {"rule": error.rule, "limit": error.limit, "found": error.found}
    if notes := getattr(error, "__notes__", ()):  # The line of a query with a caret under it.
        extra["excerpt"] = "\n".join(notes)
    if isinstance(error, errors.GateRefused) and isinstance(error.report, Report):
        extra["report"] = [_finding(finding) for finding in error.report.findings]
        extra["excerpt"] = "\n".join(_sentence(finding) for finding in error.report.findings[:_MOST_TOLD])
    if isinstance(error, errors.NotAcceptable):
        extra["offers"] = list(error.offers)
    if isinstance(error, errors.Gone) and error.successor:
        extra["successor"] = error.successor
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        seconds = error.retry_after_s if isinstance(error, errors.Overloaded) else 1
        if not isinstance(error, errors.QueryTimeout):  # The same query would run as long again.
            headers["Retry-After"] = str(max(1, seconds))
    return Problem(status, _code(type(error).__name__), error.message, error.remedy, extra, headers)


def _finding(finding: Finding) -> dict[str, object]:
    """One finding for a program: SHACL's own words for its parts, and the sentences in both languages."""
    told = {
        "severity": finding.severity.value,
        "focusNode": finding.focus,
        "resultPath": finding.path,
        "value": finding.value,
        "sourceShape": finding.shape,
        "sourceConstraintComponent": finding.component,
        "passage": finding.passage,
        "message": dict(finding.messages),
    }
    return {name: value for name, value in told.items() if value}


def _sentence(finding: Finding) -> str:
    words = finding.messages.get("en") or next(iter(finding.messages.values()), finding.component)
    return f"– {finding.focus}: {words}" if finding.focus else f"– {words}"


def _code(name: str) -> str:
    """`QueryRefused` and `Not Found` as one hyphenated word in lower case."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return "-".join(spaced.lower().split())


def respond(error: Exception) -> Response:
    """Answer an error in the form the client accepts; a form nobody asked for is plain text."""
    told = problem(error)
    if told.status >= _SERVER_ERROR:
        told = _numbered(told, error)
    response = _in_form(told)
    response.status_code = told.status
    response.headers.update(told.headers)
    response.headers["Cache-Control"] = NOT_KEPT if told.status >= _SERVER_ERROR else "no-cache"
    vary(response, "Accept")
    return response


def _in_form(told: Problem) -> Response:
    try:
        form = choose(request.headers.get("Accept"), (_PLAIN, _PAGE, _PROBLEM))
    except errors.NotAcceptable:
        form = _PLAIN
    if form is _PROBLEM:
        body = json.dumps(told.body(), ensure_ascii=False, indent=1) + "\n"
        return Response(body, content_type=_PROBLEM.media_type)
    if form is _PAGE:
        vary(page := _page(told), "Accept-Language")
        return page
    return Response(told.text(), content_type="text/plain; charset=utf-8")


def _numbered(told: Problem, error: Exception) -> Problem:
    """Give a server's error a number that stands in the answer and in the log, and nowhere else."""
    number = uuid.uuid4().hex[:12]
    if isinstance(error, errors.SamvirkeError | HTTPException):
        logger.warning("request %s %s: %s", number, request.path, error)
    else:
        logger.error("request %s %s failed", number, request.path, exc_info=error)
    return Problem(told.status, told.code, told.detail, told.remedy, {**told.extra, "request": number}, told.headers)


def _page(told: Problem) -> Response:
    """Show the error as a page of the site; when even the site's frame cannot be read, as a bare page."""
    lang = request_language()
    try:
        from samvirke.web.layout import frame  # noqa: PLC0415 - the frame needs a publication, errors must not

        page = frame(lang=lang, path="", title=words(_TITLES.get(told.status, told.title), lang), robots="noindex")
        near, successor = _nearest(told, lang), told.extra.get("successor")
        html = render_template(
            "error.html",
            page=page,
            problem=told,
            sentence=words(_SENTENCES.get(told.status, ""), lang) if told.status in _SENTENCES else "",
            words=_sought(),
            near=near,
            successor=None if successor is None else (current().links.page(successor, lang), _label(successor, lang)),
        )
    except Exception:
        # The edge of the web tier: an error while telling an error must not hide the first one.
        logger.exception("the error page failed")
        html = render_template("error_bare.html", problem=told)
    return Response(html, content_type="text/html; charset=utf-8")


def _sought() -> str:
    """The words an unknown address was probably meant to name: its last part, hyphens read as spaces."""
    return " ".join(request.path.rstrip("/").rpartition("/")[2].replace("-", " ").replace("_", " ").split())[:80]


def _nearest(told: Problem, lang: str) -> list[tuple[str, str]]:
    """The things whose names are nearest to an unknown address: their pages and labels."""
    if told.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE) or not _sought():
        return []
    links, index = current().links, current().index
    return [(links.page(hit.iri, lang), hit.label) for hit in index.nearest(_sought(), lang, limit=5)]


def _label(iri: str, lang: str) -> str:
    return current().index.label(iri, lang) or iri


def N_(text: str) -> str:
    """Mark an English text for the catalogue, where it is the key."""
    return text


_TITLES = {
    400: N_("The request cannot be understood"),
    401: N_("A token is needed"),
    403: N_("Not allowed"),
    404: N_("There is no page here"),
    405: N_("This is not possible here"),
    406: N_("Not available in that format"),
    409: N_("Not written: the check found errors"),
    410: N_("Withdrawn"),
    412: N_("The data have changed meanwhile"),
    413: N_("Too large"),
    415: N_("This kind of content is not taken"),
    429: N_("Too many requests"),
    500: N_("Something went wrong"),
    502: N_("Another server gave no answer"),
    503: N_("Not possible right now"),
    507: N_("No room left"),
}
_SENTENCES = {
    404: N_("Nothing has this address. Perhaps it is one of these, or a search finds it."),
    410: N_("What was here has been withdrawn."),
    406: N_("The address exists, but not in a format your program accepts. These are the formats it has:"),
    429: N_("Wait a little before you ask again."),
    500: N_("The mistake is ours. If it happens again, tell us the number below."),
    503: N_("Try again in a moment."),
    507: N_("The disk is full. Nothing was written, and everything can still be read."),
}


def install(app: Flask) -> None:
    """Answer every error of an application in one of the three forms, also one that was met before it."""

    @app.before_request
    def met_before() -> None:
        error = request.environ.get(ERROR)
        if isinstance(error, Exception):
            raise error

    @app.errorhandler(Exception)
    def handle(error: Exception) -> Response | HTTPException:
        if isinstance(error, RequestRedirect):
            return error
        if isinstance(error, Moved):
            return _anew(app)
        return respond(error)


def _anew(app: Flask) -> Response | HTTPException:
    """Answer a request from the start, for what it has seen so far and what it sees now are of two versions."""
    for _ in range(_ATTEMPTS):
        g.pop("publication", None)
        try:
            return app.make_response(app.dispatch_request())
        except Moved:
            continue
        except RequestRedirect as redirect:
            return redirect
        except Exception as error:
            return respond(error)
    return respond(errors.Overloaded("The data change faster than this can be answered.", remedy="Ask again."))

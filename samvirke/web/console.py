"""The page where a query is written and its answer read.

Duty: `/<language>/sparql` – a form, the answer as a table, what is wrong with a query. Level 7; works
without script and evaluates nothing: queries go to the worker processes, under the visitor's share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from samvirke import sparql
from samvirke.errors import InputError, NotFound, Overloaded, SamvirkeError
from samvirke.queries import bind
from samvirke.sparql.formats import offers
from samvirke.web import formatting, wording
from samvirke.web.errors import STATUS
from samvirke.web.evidence import Evidence, evidence_of, no_rows, same, wanted
from samvirke.web.headers import NOT_KEPT
from samvirke.web.layout import Crumb, frame
from samvirke.web.protocol import one_parameter, placed, read_parameters
from samvirke.web.publication import Publication, current, serving
from samvirke.web.results import Table, table
from samvirke.workers.pool import QueryRequest

__all__ = ["Console", "blueprint"]

blueprint = Blueprint("console", __name__)

_ROWS_SHOWN = 500
_TURTLE_SHOWN = 100_000
_FEWEST_LINES, _MOST_LINES = 12, 40
_FIRST_DOWNLOADS = ("csv", "ttl")
_EXPLAIN = {"explain": "evidence"}


@dataclass(frozen=True, slots=True)
class Console:
    """What `console.html` shows beside its frame.

    `text` is the query in the form, `lines` the height of the form. `answer` holds rows or a verdict,
    `turtle` the facts of a query that makes facts, `cut` says that it is only their beginning;
    `summary` says how many and how fast. `mistake` says what is wrong, with `line`, `column` and an
    `excerpt` where they are known. `files` maps a format's label to the same answer in it; `stored`
    lists questions to start from; `seconds` is the limit of time. `evidence` has the passages behind the
    rows when they were asked for.
    """

    text: str
    lines: int
    seconds: str
    stored: tuple[tuple[str, str], ...] = ()
    answer: Table | None = None
    turtle: str = ""
    cut: bool = False
    summary: str = ""
    answered: bool = False
    mistake: str = ""
    line: int = 0
    column: int = 0
    excerpt: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence | None = None


@blueprint.get("/<language:lang>/sparql")
def console(lang: str) -> Response:
    """Show the form; with a query, also its answer or what is wrong with it."""
    publication = current()
    _ = wording.words(lang).gettext
    parameters = read_parameters(request.query_string, "the address")
    text, question = one_parameter(parameters, "query"), one_parameter(parameters, "question")
    if text is None and question is not None:
        text = _stored_text(publication, question)
    headers: dict[str, str] = {}
    shown, status, explain = _empty(publication, lang, text), HTTPStatus.OK, False
    if text is not None:
        try:
            explain = wanted(one_parameter(parameters, "explain"))
            shown = _answered(shown, publication, text, lang, explain=explain)
        except SamvirkeError as error:
            shown, status, headers = _mistaken(shown, error)
    page = frame(
        lang=lang,
        path=_path(text, question, explain=explain),
        title=_("Ask with SPARQL"),
        description=_(
            "Write a question in SPARQL, the query language of linked data, and read or download the answer."
        ),
        crumbs=(Crumb("SPARQL"),),
        robots="noindex" if text is not None else "",
        menu_key="sparql",
        sheets=("lit.css",) if shown.evidence else (),
    )
    response = Response(render_template("console.html", page=page, console=shown), status, mimetype="text/html")
    response.headers.update(headers)
    if status != HTTPStatus.OK or (text is not None and sparql.varies(text)):
        response.headers["Cache-Control"] = NOT_KEPT
    return response


def _empty(publication: Publication, lang: str, text: str | None) -> Console:
    """The page without an answer; without a query the form holds one to start from."""
    written = _starter() if text is None else text
    stored = []
    for query in sorted(publication.queries.values(), key=lambda one: (one.title(lang).casefold(), one.name)):
        if not any(parameter.required for parameter in query.parameters):
            stored.append((query.title(lang), publication.links.sparql(lang, question=query.name)))
    seconds = formatting.number(f"{serving().pool.limits.timeout_ms / 1000:g}", lang)
    return Console(
        text=written,
        lines=min(_MOST_LINES, max(_FEWEST_LINES, written.count("\n") + 2)),
        seconds=seconds,
        stored=tuple(stored),
    )


def _stored_text(publication: Publication, name: str) -> str:
    """Return a stored question as it is asked: with the values its parameters start from, without its comment.

    Raises: NotFound when there is no such question; InputError when it cannot do without a value.
    """
    query = publication.queries.get(name)
    if query is None:
        raise NotFound(f"There is no question called “{name}”.", remedy="Choose one from the list.")
    lines = bind(query, {}).split("\n")
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        lines.pop(0)
    return "\n".join(lines)


def _path(text: str | None, question: str | None, *, explain: bool) -> str:
    """The page's own address below the language: a stored question by its name, any other query in full."""
    more = _EXPLAIN if explain else {}
    if question is not None:
        return f"/sparql?{urlencode({'question': question, **more})}"
    return f"/sparql?{urlencode({'query': text, **more})}" if text else "/sparql"


def _starter() -> str:
    """A query that has an answer on any site: what kinds of things there are."""
    return (
        "SELECT ?class (COUNT(?thing) AS ?things) WHERE {\n"
        "  ?thing a ?class .\n"
        "}\nGROUP BY ?class\nORDER BY DESC(?things)\n"
    )


def _answered(shown: Console, publication: Publication, text: str, lang: str, *, explain: bool) -> Console:
    """Have the query answered. Raises: what the gate, the engine and the limits raise."""
    _ = wording.words(lang)
    with placed(text):
        sparql.check_size(text, serving().pool.limits)
        form = sparql.classify(text)
        makes_rows = form in ("SELECT", "ASK")
        kind = "application/sparql-results+json" if makes_rows else "text/turtle"
        has_rows = explain and form == "SELECT"
        client = request.remote_addr or "unknown"
        asked = QueryRequest(text=text, media_type=kind, explain=has_rows, client=client, federated=True)
        answer = serving().pool.query(asked)
    body, behind = answer.read(), no_rows(lang) if explain else None
    if has_rows:
        source = same(answer.version, publication, serving().newest)
        body, behind = evidence_of(body, source, lang, lambda iris: serving().pool.read("passages", iris=list(iris)))
    found = table(body, publication, lang, limit=_ROWS_SHOWN, as_asked=True) if makes_rows else None
    parts = []
    if form == "SELECT":
        parts.append(_.ngettext("%(num)s row", "%(num)s rows", answer.rows) % {"num": answer.rows})
    elif form != "ASK":
        parts.append(_.ngettext("%(num)s fact", "%(num)s facts", answer.rows) % {"num": answer.rows})
    parts.append(f"{formatting.number(f'{max(1, round(answer.seconds * 1000))}', lang)} ms")
    turtle = "" if makes_rows else body.decode()
    return replace(
        shown,
        answer=found,
        turtle=turtle[:_TURTLE_SHOWN],
        cut=len(turtle) > _TURTLE_SHOWN,
        summary=" · ".join(parts),
        answered=True,
        files=_files(text, form, behind),
        evidence=behind,
    )


def _files(text: str, form: str, behind: Evidence | None) -> dict[str, str]:
    """The same answer in each format, with its evidence where the format has room for it."""
    downloads = sorted(offers(form), key=lambda offer: offer.extension not in _FIRST_DOWNLOADS)
    told = {"json"} | ({"csv", "tsv"} if behind and behind.whole else set()) if behind and form == "SELECT" else set()
    return {
        offer.label: "/sparql?"
        + urlencode({"query": text, "format": offer.extension, **(_EXPLAIN if offer.extension in told else {})})
        for offer in downloads
    }


def _mistaken(shown: Console, error: SamvirkeError) -> tuple[Console, HTTPStatus, dict[str, str]]:
    """The page with what is wrong, and its status: the same the endpoint would give."""
    if type(error) is SamvirkeError:  # A mistake of ours, not of the query: the error page tells it.
        raise error
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, Overloaded) else {}
    told = f"{error.message} {error.remedy}".strip()
    mistaken = replace(shown, mistake=told)
    if isinstance(error, InputError) and error.line:
        excerpt = "\n".join(getattr(error, "__notes__", ()))
        mistaken = replace(mistaken, line=error.line, column=error.column or 1, excerpt=excerpt)
    return mistaken, STATUS[type(error)], headers

"""The page where a query is written and its answer read.

Duty: `/<language>/sparql` – a form, the answer as a table or a picture, what is wrong with a query. Level 7; works
without script and evaluates nothing: queries go to the worker processes, under the visitor's share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from samvirke import sparql
from samvirke.errors import InputError, Overloaded, SamvirkeError
from samvirke.sparql.formats import offers
from samvirke.sparql.tokens import tokens
from samvirke.web import formatting, perspectives, snippets, wording
from samvirke.web.bodies import read_body
from samvirke.web.errors import STATUS
from samvirke.web.evidence import Evidence, evidence_of, no_rows, same
from samvirke.web.front.application import ANSWERED
from samvirke.web.headers import NOT_KEPT
from samvirke.web.layout import Crumb, Item, frame, made
from samvirke.web.protocol import check_kind, placed, read_parameters
from samvirke.web.publication import Publication, current, serving
from samvirke.web.queries import Control, controls_of
from samvirke.web.results import SORTED_ROWS, Table, ordered, read_results, table
from samvirke.web.views import SHEET, graph_of, map_of, timeline_of
from samvirke.web.wishes import ROWS, Wish, read_wish, request_of
from samvirke.workers.answers import Answer

__all__ = ["Console", "Sort", "blueprint"]

blueprint = Blueprint("console", __name__)

_ROWS_SHOWN = 500
_RAW_SHOWN = 100_000
_FEWEST_LINES, _MOST_LINES = 12, 40
_FIRST_DOWNLOADS = ("csv", "ttl")
_EXPLAIN = {"explain": "evidence"}
_SHEETS = ("console.css",)


@dataclass(frozen=True, slots=True)
class Sort:
    """The link on a heading: what its address sorts by next; `state` is "ascending", "descending" or ""."""

    href: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Console:
    """What `console.html` shows beside its frame.

    `text` is the query in the form, `lines` the height of the form. `view` names the view that is shown, `views` lists
    all there are. `answer` holds rows or a verdict, with `sorts` for their headings; `picture` a drawing, `raw` the
    answer as it came, `cut` says that only the beginning is shown; `limited` is the query's own LIMIT where it was
    reached; `summary` says how many and how fast. `mistake` says what is wrong, with `line`, `column` and an `excerpt`
    where they are known. `files` maps a format's label to the same answer in it; `stored` lists questions to start
    from, `controls` are the values of the one that was chosen; `seconds` is the limit of time. `evidence` has the
    passages behind the rows when they were asked for. `short` is the query's short address, `shares` says whether one
    can be made. `curl` and `python` are for programs, in two parts around the server's address. `words` is what the
    page's script says.
    """

    text: str
    lines: int
    seconds: str
    stored: tuple[tuple[str, str], ...] = ()
    question: str = ""
    question_title: str = ""
    controls: tuple[Control, ...] = ()
    answer: Table | None = None
    sorts: tuple[Sort, ...] = ()
    view: str = ""
    views: tuple[Item, ...] = ()
    picture: Markup = field(default_factory=Markup)
    raw: str = ""
    cut: bool = False
    limited: int = 0
    drawn: int = 0
    summary: str = ""
    answered: bool = False
    mistake: str = ""
    line: int = 0
    column: int = 0
    excerpt: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence | None = None
    shares: bool = False
    short: str = ""
    curl: tuple[str, str] | None = None
    python: tuple[str, str] | None = None
    words: str = ""


@blueprint.get("/<language:lang>/sparql")
def console(lang: str) -> Response:
    """Show the form; with a query, also its answer or what is wrong with it."""
    return _shown(lang, read_parameters(request.query_string, "the address"))


@blueprint.post("/<language:lang>/sparql")
def posted(lang: str) -> Response:
    """Do the same for a query that is too long for an address."""
    check_kind(request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", "identity"))
    response = _shown(lang, read_parameters(read_body(), "the form"))
    response.headers["Cache-Control"] = NOT_KEPT
    return response


def _shown(lang: str, parameters: dict[str, list[str]]) -> Response:
    publication, found = current(), serving()
    headers: dict[str, str] = {}
    wish, status = Wish(), HTTPStatus.OK
    shown = _empty(publication, lang, Wish(draft=parameters.get("query", [""])[0]))
    try:
        wish = read_wish(parameters, publication, found.shares)
        shown = _empty(publication, lang, wish)
        if wish.mistake is not None:
            raise wish.mistake
        if wish.text is not None:
            shown = _answered(shown, publication, wish, lang)
    except SamvirkeError as error:
        shown, status, headers = _mistaken(shown, error)
    _ = wording.words(lang).gettext
    query = "" if request.method == "POST" else wish.parameters()
    page = frame(
        lang=lang,
        path=f"/sparql?{query}" if query else "/sparql",
        title=_("Ask with SPARQL"),
        description=_(
            "Write a question in SPARQL, the query language of linked data, and read or download the answer."
        ),
        crumbs=(Crumb("SPARQL"),),
        robots="noindex" if parameters else "",
        menu_key="sparql",
        sheets=(*_SHEETS, *(("lit.css",) if shown.evidence else ()), *((SHEET,) if shown.picture else ())),
        scripts=made("query.js"),
    )
    response = Response(render_template("console.html", page=page, console=shown), status, mimetype="text/html")
    response.headers.update(headers)
    if status != HTTPStatus.OK or (wish.text is not None and sparql.varies(wish.text)):
        response.headers["Cache-Control"] = NOT_KEPT
    return response


def _empty(publication: Publication, lang: str, wish: Wish) -> Console:
    """The page without an answer; without a query the form holds one to start from."""
    written = wish.draft or _starter() if wish.text is None else wish.text
    queries = sorted(publication.queries.values(), key=lambda one: (one.title(lang).casefold(), one.name))
    chosen = publication.queries.get(wish.question)
    seconds = formatting.number(f"{serving().pool.limits.timeout_ms / 1000:g}", lang)
    return Console(
        text=written,
        lines=min(_MOST_LINES, max(_FEWEST_LINES, written.count("\n") + 2)),
        seconds=seconds,
        stored=tuple((query.title(lang), publication.links.sparql(lang, question=query.name)) for query in queries),
        question=wish.question,
        question_title=chosen.title(lang) if chosen else "",
        controls=controls_of(publication, chosen, dict(wish.values), lang) if chosen else (),
        shares=serving().shares.offered,
        short=f"/q/{wish.shared}" if wish.shared else "",
        words=json.dumps(_words(lang), ensure_ascii=False),
    )


def _words(lang: str) -> dict[str, str]:
    """What the script of the page says."""
    _ = wording.words(lang).gettext
    return {
        "editor": _("Query in SPARQL"),
        "offers": _("What could stand here"),
        "running": _("The query runs."),
        "cancel": _("Cancel"),
        "cancelled": _("The query was called off."),
        "failed": _("The server gave no answer. Try again."),
        "seconds": _("%(seconds)s s") % {"seconds": "#"},
        "class": _("Class"),
        "property": _("Property"),
        "prefix": _("Prefix"),
        "variable": _("Variable"),
        "copy": _("Copy"),
        "copied": _("Copied."),
        "wrong": _("Here the query cannot be read."),
    }


def _starter() -> str:
    """A query that has an answer on any site: what kinds of things there are."""
    return (
        "SELECT ?class (COUNT(?thing) AS ?things) WHERE {\n"
        "  ?thing a ?class .\n"
        "}\nGROUP BY ?class\nORDER BY DESC(?things)\n"
    )


def _answered(shown: Console, publication: Publication, wish: Wish, lang: str) -> Console:
    """Have the query answered. Raises: what the gate, the engine and the limits raise."""
    text = wish.text or ""
    asked, form = request_of(wish, serving().pool.limits, request.remote_addr or "unknown")
    with placed(text):
        answer = _answer_in_hand() or serving().pool.query(asked)
    body, behind = answer.read(), no_rows(lang) if wish.explain else None
    if asked.explain:
        source = same(answer.version, publication, serving().newest)
        body, behind = evidence_of(body, source, lang, lambda iris: serving().pool.read("passages", iris=list(iris)))
    shown = replace(
        shown,
        summary=_summary(form, answer, lang),
        answered=True,
        files=_files(text, form, behind),
        evidence=behind,
        curl=snippets.curl(text, form),
        python=snippets.python(text, form),
    )
    if form in ROWS:
        return _with_rows(shown, publication, wish, lang, body)
    return _with_facts(shown, publication, wish, lang, body)


def _answer_in_hand() -> Answer | None:
    """What the event loop in front asked already, once; None without it. Raises: what it met."""
    answer = request.environ.pop(ANSWERED, None)
    if isinstance(answer, SamvirkeError):
        raise answer
    return answer if isinstance(answer, Answer) else None


def _summary(form: str, answer: Answer, lang: str) -> str:
    _ = wording.words(lang)
    parts = []
    if form == "SELECT":
        parts.append(_.ngettext("%(num)s row", "%(num)s rows", answer.rows) % {"num": answer.rows})
    elif form != "ASK":
        parts.append(_.ngettext("%(num)s fact", "%(num)s facts", answer.rows) % {"num": answer.rows})
    parts.append(f"{formatting.number(f'{max(1, round(answer.seconds * 1000))}', lang)} ms")
    return " · ".join(parts)


def _with_rows(shown: Console, publication: Publication, wish: Wish, lang: str, body: bytes) -> Console:
    """The rows, or a verdict, in the view that was asked for."""
    results = read_results(body)
    columns = perspectives.columns_of(results, publication)
    views = perspectives.offered(results, columns)
    view = wish.view if wish.view in views else views[0]
    total = len(results.bindings)
    shown = replace(shown, view=view, views=_views(views, view, wish, lang), limited=_limit_reached(wish.text, total))
    if view == "raw":
        return _with_raw(shown, body)
    if view == "table":
        # With evidence the rows stay as they came: it is told in their order.
        sorted_by = "" if wish.explain else wish.order
        found = table(
            ordered(results, sorted_by, publication, lang), publication, lang, limit=_ROWS_SHOWN, as_asked=True
        )
        sorts = () if wish.explain or not 1 < total <= SORTED_ROWS else _sorts(found, wish, lang)
        return replace(shown, answer=found, sorts=sorts)
    if view == "timeline":
        picture = timeline_of(perspectives.dated(results, columns, publication, lang), lang)
    elif view == "map":
        picture = map_of(perspectives.placed(results, columns, publication, lang), lang)
    else:
        picture = graph_of(*perspectives.edges(results, columns, publication, lang), lang)
    return replace(shown, picture=picture, drawn=min(total, perspectives.DRAWN), cut=total > perspectives.DRAWN)


def _with_facts(shown: Console, publication: Publication, wish: Wish, lang: str, body: bytes) -> Console:
    """The answer of a query that makes facts: as it is, or as a graph."""
    view = "graph" if wish.view == "graph" else "raw"
    shown = replace(shown, view=view, views=_views(("raw", "graph"), view, wish, lang))
    if view == "raw":
        return _with_raw(shown, body)
    facts = body.count(b"\n")
    nodes, edges = perspectives.graph_of_facts(body, publication, lang)
    cut = facts > perspectives.DRAWN
    return replace(shown, picture=graph_of(nodes, edges, lang), drawn=min(facts, perspectives.DRAWN), cut=cut)


def _with_raw(shown: Console, body: bytes) -> Console:
    text = body[: 4 * _RAW_SHOWN].decode(errors="ignore")
    return replace(shown, raw=text[:_RAW_SHOWN], cut=len(text) > _RAW_SHOWN)


def _views(views: tuple[str, ...], view: str, wish: Wish, lang: str) -> tuple[Item, ...]:
    _ = wording.words(lang).gettext
    labels = {
        "table": _("Table"),
        "timeline": _("Timeline"),
        "map": _("Map"),
        "graph": _("Graph"),
        "raw": _("Raw"),
    }
    return tuple(Item(labels[one], f"/{lang}/sparql?{wish.parameters(view=one)}", one == view) for one in views)


def _sorts(found: Table, wish: Wish, lang: str) -> tuple[Sort, ...]:
    """For each heading: up, then down, then as the query has it."""
    sorts = []
    for variable in found.variables:
        following = {variable: f"-{variable}", f"-{variable}": ""}.get(wish.order, variable)
        state = {variable: "ascending", f"-{variable}": "descending"}.get(wish.order, "")
        sorts.append(Sort(f"/{lang}/sparql?{wish.parameters(order=following)}", state))
    return tuple(sorts)


def _limit_reached(text: str | None, total: int) -> int:
    """The query's own LIMIT where it has as many rows as that; 0 otherwise."""
    depth, before, limit = 0, "", 0
    for token in tokens(text or ""):
        depth += (token.text == "{") - (token.text == "}")
        if not depth and token.kind == "number" and before == "LIMIT" and token.text.isdigit():
            limit = int(token.text[:12])
        before = token.text.upper() if token.kind == "word" else ""
    return limit if total and total == limit else 0


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

"""Home, and what its parts are made of.

Duty: ask the index, lay the rows out, render. Level 7 (web). What there is to list is learnt from
the index and the shapes; a result is an address, so everything chosen stands in the query.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask import render_template

from samvirke.describe.documents import VersionLine, version_lines
from samvirke.describe.facts import Value, literal_value
from samvirke.errors import SamvirkeError
from samvirke.model import Literal, NamedNode
from samvirke.queries import StoredQuery, bind
from samvirke.schema.hints import ClassHint
from samvirke.web import layout
from samvirke.web.entity_pages import fields_of
from samvirke.web.history import Change, latest
from samvirke.web.layout import Page
from samvirke.web.links import is_linkable
from samvirke.web.publication import Publication, current, serving

NEWEST = 3
QUESTIONS = 3
TRIED = 9
ANSWER_ROWS = 4
ANSWER_CELLS = 3
QUESTION_MS = 2_000


@dataclass(frozen=True, slots=True)
class Tile:
    """A class on the front page: its looks, its name in the plural, how many there are."""

    hint: ClassHint
    label: str
    href: str
    count: int


@dataclass(frozen=True, slots=True)
class Question:
    """A stored question with the first rows of its answer, asked of the data that is published now.

    `asked` are its parameters' names with the values it was asked with, addresses left out.
    """

    title: str
    asked: tuple[tuple[str, str], ...]
    href: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    more: bool


@dataclass(frozen=True, slots=True)
class HomeContext:
    """What `home.html` shows."""

    page: Page
    sentence: str
    tiles: tuple[Tile, ...]
    questions: tuple[Question, ...]
    documents: tuple[VersionLine, ...]
    changes: tuple[Change, ...]
    facts: int
    passages: int


def tiles(publication: Publication, lang: str) -> tuple[Tile, ...]:
    """Return the classes that are listed, with their counts."""
    return tuple(
        Tile(hint, hint.plural(lang, publication.languages), publication.links.class_list(hint.iri, lang), count)
        for hint, count in layout.shown_classes(publication)
    )


# ---------------------------------------------------------------- home


def home(lang: str) -> str:
    """Show what the site is, what there is, and what can be asked."""
    publication = current()
    settings = publication.settings
    title = layout.in_language(settings.get("title", ""), lang, publication.languages)
    counts = publication.manifest.get("counts", {})
    documents = version_lines(serving().read("versions", iri=""), publication.schema, lang)
    context = HomeContext(
        page=layout.frame(lang=lang, path="/", title=title),
        sentence=layout.in_language(settings.get("description", ""), lang, publication.languages),
        tiles=tiles(publication, lang),
        questions=_questions(publication, lang),
        documents=documents[:ANSWER_ROWS],
        changes=latest(publication, lang, NEWEST),
        facts=int(counts.get("facts", 0)),
        passages=int(counts.get("passages", 0)),
    )
    return render_template("home.html", **fields_of(context))


_asked: dict[tuple[str, str], tuple[Question, ...]] = {}
_asking = Lock()


def _questions(publication: Publication, lang: str) -> tuple[Question, ...]:
    """The questions for the front page: they need no word from the reader and have an answer.

    Those that ask for a place come first, then by name. Asked once per generation.
    """
    key = (publication.version, lang)
    with _asking:
        if key not in _asked:
            if len(_asked) > 2 * len(publication.languages):
                _asked.clear()
            fit = [query for query in publication.queries.values() if not any(one.required for one in query.parameters)]
            fit.sort(key=lambda one: (one.home is None, one.home or 0, one.name))
            found = (_question(publication, query, lang) for query in fit[:TRIED])
            _asked[key] = tuple(one for one in found if one is not None and one.rows)[:QUESTIONS]
        return _asked[key]


def _question(publication: Publication, query: StoredQuery, lang: str) -> Question | None:
    from samvirke.workers.pool import QueryRequest  # noqa: PLC0415 - keeps the import of pages light

    try:
        request_ = QueryRequest(
            text=bind(query, {}), media_type="application/sparql-results+json", timeout_ms=QUESTION_MS
        )
        answer = json.loads(b"".join(serving().pool.query(request_).body))
    except (SamvirkeError, ValueError):  # a question that cannot be answered is left off the front page
        return None
    rows = answer.get("results", {}).get("bindings", [])
    columns = [name for name in answer.get("head", {}).get("vars", []) if any(name in row for row in rows)]
    columns = [name for name in columns if not _only_passages(name, rows)]
    return Question(
        title=query.title(lang),
        asked=tuple((one.label(lang), one.default) for one in query.parameters if one.default and one.kind != "iri"),
        href=publication.links.query(query.name, lang),
        columns=tuple(columns),
        rows=tuple(
            _told([result_value(publication, row.get(name), lang) for name in columns]) for row in rows[:ANSWER_ROWS]
        ),
        more=len(rows) > ANSWER_ROWS,
    )


def _told(cells: Sequence[Value | None]) -> tuple[Value, ...]:
    """The first cells of a row that say something: a column with the name of the thing in another one does not."""
    found: dict[str, Value] = {}
    for cell in cells:
        if cell is not None:
            found.setdefault(cell.text, cell)
    return tuple(found.values())[:ANSWER_CELLS]


def _only_passages(name: str, rows: list[dict[str, Any]]) -> bool:
    """Whether a column holds addresses of passages only: they say nothing to a reader of the front page."""
    values = [row[name].get("value", "") for row in rows if name in row]
    return bool(values) and all("#char=" in value or "#row=" in value or "#cell=" in value for value in values)


def result_value(publication: Publication, term: dict[str, str] | None, lang: str) -> Value | None:
    """Return a term of a SPARQL JSON answer as pages show values."""
    if term is None:
        return None
    text = term.get("value", "")
    if term.get("type") == "uri":
        label = publication.index.shown(text, lang)
        if label:
            return Value("thing", label[0], label[1], text, "")
        if text in publication.schema.terms:
            return Value("term", publication.schema.name(text, lang).value, "", text)
        return Value("link" if is_linkable(text) else "text", text, "", text)
    if term.get("type") == "bnode":
        return Value("text", "…")
    language, datatype = term.get("xml:lang"), term.get("datatype")
    literal = Literal(text, language=language) if language else Literal(text)
    return literal_value(Literal(text, datatype=NamedNode(datatype)) if datatype and not language else literal)

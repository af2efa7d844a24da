"""One query on the command line: find its text, run it in a worker, write the answer.

Level 8. The text is evaluated in a worker process with the site's limits, never here.
Standard: SPARQL 1.1 Query Results JSON, https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from samvirke.commands.frame import Frame, words
from samvirke.commands.output import STANDARD, read_text, table
from samvirke.commands.published import generation_of
from samvirke.errors import InputError, NotFound, WrongUse

if TYPE_CHECKING:
    from samvirke.site import Site
    from samvirke.workers.pool import QueryRequest

ROWS = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
}
GRAPHS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "trig": "application/trig",
    "nq": "application/n-quads",
}
TABLE = "table"
_DECLARES = re.compile(r"^#\s*(?:param\s|page\s*:)", re.MULTILINE)
ENDING = ".rq"


def run_query(
    frame: Frame,
    source: str,
    parameters: Sequence[str],
    form: str | None,
    file: IO[bytes],
    *,
    explain: bool = False,
) -> None:
    """Answer the query that `source` names and write the answer to `file`; with `explain`, the passages behind rows.

    Reads:  a file, standard input for `-`, or a stored question of the site by its name.
    Returns when the whole answer is written; a failed query writes nothing.
    Raises: what the query's text, its evaluation or the limits raise, with the file's name.
    """
    from samvirke.sparql import classify
    from samvirke.workers.pool import QueryRequest, run_once

    site = frame.open_site()
    text, name = _text_of(site, source)
    try:
        text = _with_parameters(text, name, parameters, site)
        media_type, form = _format(classify(text), form)
        generation_of(site)
        request = QueryRequest(text=text, media_type=media_type, explain=explain)
        if explain:
            _explained(frame, request, form, site, file)
            return
        answer = run_once(site.state, request, site.settings.limits)
    except InputError as error:
        error.file = error.file or name
        raise
    if form == TABLE:
        _write_table(frame, json.loads(answer.read()), site, file)
        return
    for chunk in answer.body:
        file.write(chunk)


def _explained(frame: Frame, request: QueryRequest, form: str, site: Site, file: IO[bytes]) -> None:
    """Write an answer with the passages behind its rows: in its format, or as a last column of the table."""
    from samvirke.search import Index
    from samvirke.why import answer
    from samvirke.workers import Pool

    with Pool.start(site.state, site.settings.limits) as pool:
        body = pool.query(request).read()
        why = Index(Path(pool.generation.directory) / "index.sqlite").why

        def quotes(addresses: Sequence[str]) -> Mapping[str, str]:
            return {quad.subject.value: quad.object.value for quad in pool.read("passages", iris=list(addresses))}  # type: ignore[union-attr]  # words are literals

        if form != TABLE:
            file.write(answer.explained(body, request.media_type, base=site.base, why=why, quotes=quotes))
            return
        results, evidence = answer.told(body, base=site.base, why=why, quotes=quotes)
    answer.refuse_what_is_missing(evidence)
    document = json.loads(results)
    column = answer.column_beside(document["head"]["vars"])
    document["head"]["vars"].append(column)
    for row, behind in zip(document["results"]["bindings"], evidence["rows"], strict=True):
        row[column] = {"type": "literal", "value": " ".join(answer.passages_of(behind))}
    _write_table(frame, document, site, file)


def _text_of(site: Site, source: str) -> tuple[str, str]:
    """Return the query's text and the name that messages give it."""
    if source == STANDARD or Path(source).is_file():
        return read_text(source)
    stored = site.queries / f"{source.removesuffix(ENDING)}{ENDING}"
    if Path(source).name == source and stored.is_file():
        return read_text(str(stored))
    names = ", ".join(path.stem for path in site.query_files())
    raise NotFound(
        f"There is no file and no stored question {source}.",
        remedy=f"Name a file, - for standard input, or one of: {names}." if names else "Name a file, or - for stdin.",
    )


def _with_parameters(text: str, name: str, parameters: Sequence[str], site: Site) -> str:
    """Bind the parameters of a stored question, each to its value or its default.

    A query that declares none and is given none needs no title and is left as it is.
    """
    from samvirke.queries import bind, paging, parse_query

    given = dict(_pair(parameter) for parameter in parameters)
    if not given and not _DECLARES.search(text):
        return text
    question = parse_query(text, name=_question_name(name), base=site.base, file=name)
    # Pages are for readers: a command's answer is whole unless a stretch of it is asked for.
    whole = {paging.LIMIT: paging.ALL} if question.page and not given.keys() & set(paging.NAMES) else {}
    return bind(question, given | whole)


def _question_name(file: str) -> str:
    """Return a name that a question may have, for one that comes from anywhere."""
    return re.sub(r"[^a-z0-9]+", "-", Path(file).stem.lower()).strip("-") or "query"


def _pair(parameter: str) -> tuple[str, str]:
    name, sign, value = parameter.partition("=")
    if not sign or not name:
        raise WrongUse(f"--param {parameter} has no name and value.", remedy="Write it as --param year=2016.")
    return name, value


def _format(query_form: str, form: str | None) -> tuple[str, str]:
    """Return the media type to ask for and the format to write, fit for the form of the query."""
    graph = query_form in ("CONSTRUCT", "DESCRIBE")
    if form is None:
        form = "ttl" if graph else TABLE
    if form == TABLE and not graph:
        return ROWS["json"], TABLE
    offers = GRAPHS if graph else ROWS
    if form == "json" and graph:
        form = "jsonld"
    if form not in offers:
        raise WrongUse(f"A {query_form} query has no answer in {form}.", remedy=f"Use --format {', '.join(offers)}.")
    return offers[form], form


def _write_table(frame: Frame, answer: Mapping[str, Any], site: Site, file: IO[bytes]) -> None:
    """Lay rows out for reading; a yes or no is one word."""
    from samvirke.schema import Schema

    if "boolean" in answer:
        told = words("yes", "ja") if answer["boolean"] else words("no", "nej")
        file.write(f"{frame.say(told)}\n".encode())
        return
    generation = generation_of(site)
    schema = Schema.from_json((Path(generation.directory) / "schema.json").read_text(encoding="utf-8"))
    names = answer["head"]["vars"]
    found = answer["results"]["bindings"]
    rows = [[_cell(row.get(name), schema.shorten) for name in names] for row in found]
    for line in table(names, rows):
        file.write(f"{line}\n".encode())
    if sys.stdout.isatty():
        frame.note(words("{n} rows.", "{n} rækker."), n=len(rows))


def _cell(term: Mapping[str, str] | None, shorten: Any) -> str:  # noqa: ANN401 - a bound method of Schema
    if term is None:
        return ""
    if term["type"] == "uri":
        return str(shorten(term["value"]))
    return f"_:{term['value']}" if term["type"] == "bnode" else term["value"]

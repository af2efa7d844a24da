"""The rows of an answer as readers see them.

Duty: from SPARQL JSON results to columns and cells with labels, links and dates in words. Level 7;
asks the index for names and runs nothing.
Source: https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from samvirke.schema.hints import local_name
from samvirke.search.words import sort_key
from samvirke.terms import TEMPORAL_DATATYPES, XSD
from samvirke.web import formatting, wording
from samvirke.web.links import is_linkable
from samvirke.web.publication import Publication

__all__ = ["NUMBERS", "SORTED_ROWS", "TEMPORAL", "Cell", "Results", "Table", "cell", "ordered", "read_results", "table"]

TEMPORAL = frozenset(kind.value for kind in TEMPORAL_DATATYPES)
NUMBERS = frozenset(
    XSD.term(name).value for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")
)
_BOOLEAN = XSD.boolean.value
SORTED_ROWS = 10_000
"""Rows that are sorted by what is shown: the name of each thing is looked up for it."""
_LOOKED_AT = 200
"""Things of a column that are looked at to find out what it holds."""
_NAME_ENDINGS = ("Label", "_label", "Name", "_name", "Title", "Navn", "Titel")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. `kind` is "thing", "passage", "term", "link", "iri", "date", "number", "text" or "none".

    `text` is what is shown, `href` where it leads ("" nowhere), `lang` the text's own language if it
    differs from the page's, `exact` what stands in the data where that differs from what is shown.
    """

    kind: str
    text: str = ""
    href: str = ""
    lang: str = ""
    exact: str = ""


_NOTHING = Cell("none")


@dataclass(frozen=True, slots=True)
class Table:
    """An answer. `verdict` is the answer to a yes-or-no question, else None; `total` counts all rows.

    `columns` are the headings, `variables` what the query calls them.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: int = 0
    verdict: bool | None = None
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """An answer as it was read: the variables and, for each row, their terms; or a `verdict`."""

    variables: tuple[str, ...] = ()
    bindings: Sequence[Mapping[str, Mapping[str, str]]] = ()
    verdict: bool | None = None


def read_results(results: bytes) -> Results:
    """Read SPARQL JSON, which a worker of ours has written."""
    document: dict[str, Any] = json.loads(results)
    if "boolean" in document:
        return Results(verdict=bool(document["boolean"]))
    return Results(tuple(document["head"].get("vars", ())), document["results"]["bindings"])


def table(
    results: bytes | Results, publication: Publication, lang: str, *, limit: int = 1_000, as_asked: bool = False
) -> Table:
    """Return the first rows of an answer, ready to show.

    Reads:  `results`, SPARQL JSON. A column of names beside a column of the things they name
            (`x`, `xLabel`) becomes one column: the thing is shown by that name. `as_asked` leaves
            the columns and their names as the query has them.
    """
    found = read_results(results) if isinstance(results, bytes) else results
    if found.verdict is not None:
        return Table(verdict=found.verdict)
    variables, bindings = found.variables, found.bindings
    names = {} if as_asked else _name_columns(variables, bindings)
    shown = [variable for variable in variables if variable not in names.values()]
    looked_at = bindings[:_LOOKED_AT]
    for variable in [one for one in shown if one not in names]:
        thing = _repeats(variable, shown, looked_at, publication) if looked_at else None
        if thing is not None and thing not in names and len(bindings) <= _LOOKED_AT:
            names[thing] = variable
            shown.remove(variable)
    rows = tuple(
        tuple(_named(binding, variable, names.get(variable), publication, lang) for variable in shown)
        for binding in bindings[:limit]
    )
    if as_asked:
        return Table(tuple(f"?{variable}" for variable in shown), rows, len(bindings), None, tuple(shown))
    columns = [[binding.get(variable, {}) for binding in bindings[:limit]] for variable in shown]
    headings = [_heading(name, column, publication, lang) for name, column in zip(shown, columns, strict=True)]
    # Two columns that would read alike keep the names the query gave them.
    told = tuple(
        heading if headings.count(heading) == 1 else _spelled(name)
        for heading, name in zip(headings, shown, strict=True)
    )
    return Table(told, rows, len(bindings), None, tuple(shown))


def ordered(results: Results, order: str, publication: Publication, lang: str) -> Results:
    """Return the rows sorted by a variable, `-` in front of it: downwards. Rows without a value come last.

    Numbers by their value, dates by their beginning, things by the names that are shown; all else by its words.
    An `order` that names no variable, and more rows than are sorted, stay as they are.
    """
    variable, down = order.removeprefix("-"), order.startswith("-")
    if variable not in results.variables or len(results.bindings) > SORTED_ROWS:
        return results
    keys: dict[tuple[str, ...], tuple[int, float, str]] = {}

    def key(row: Mapping[str, Mapping[str, str]]) -> tuple[int, float, str]:
        term = row[variable]
        terms = tuple(map(str, term.values()))
        if terms not in keys:
            keys[terms] = _place(term, publication, lang)
        return keys[terms]

    told = sorted((row for row in results.bindings if variable in row), key=key, reverse=down)
    return Results(results.variables, [*told, *(row for row in results.bindings if variable not in row)])


def _place(term: Mapping[str, str], publication: Publication, lang: str) -> tuple[int, float, str]:
    """What a term is sorted by: its kind, then its number, then its words."""
    value, kind = str(term.get("value", "")), term.get("datatype", "")
    if kind in NUMBERS:
        with suppress(ValueError):
            number = float(value)
            return (0, number if number == number else float("-inf"), "")  # noqa: PLR0124 - NaN sorts nowhere
    if kind in TEMPORAL and (date := formatting.parsed(value)) is not None:
        first = date.begin.first or date.end.first
        if first is not None:
            year, month, day = first
            return (1, year * 400.0 + month * 32 + day, value)
    words = cell(term, publication, lang).text
    return (2, 0.0, sort_key(words, lang) or words)


def _name_columns(variables: Sequence[str], bindings: Sequence[Mapping[str, Mapping[str, str]]]) -> dict[str, str]:
    """The columns that only name what stands in another column: that column's variable → theirs."""
    found: dict[str, str] = {}
    for variable in variables:
        for ending in _NAME_ENDINGS:
            named = f"{variable}{ending}"
            if named in variables and all(
                row.get(variable, {}).get("type", "uri") == "uri" and row.get(named, {}).get("type", "literal") != "uri"
                for row in bindings
            ):
                found.setdefault(variable, named)
    return found


def _repeats(
    column: str, shown: Sequence[str], bindings: Sequence[Mapping[str, Mapping[str, str]]], publication: Publication
) -> str | None:
    """The column of things whose names another column only says again, or None."""
    texts = [row.get(column, {}) for row in bindings]
    if any(term.get("type", "literal") != "literal" for term in texts):
        return None
    for variable in shown:
        things = [row.get(variable, {}) for row in bindings]
        if variable != column and all(
            term.get("type") == "uri" and text.get("value") in _names(term["value"], publication)
            for term, text in zip(things, texts, strict=True)
        ):
            return variable
    return None


def _names(iri: str, publication: Publication) -> set[str | None]:
    labels = {publication.index.label(iri, lang) for lang in publication.languages}
    return labels | {name for name, _ in publication.index.names(iri)}


def _named(
    binding: Mapping[str, Mapping[str, str]], variable: str, name: str | None, publication: Publication, lang: str
) -> Cell:
    found = cell(binding.get(variable), publication, lang)
    told = binding.get(name) if name else None
    if told is None:
        return found
    other = _language(told, lang)
    return Cell(found.kind if found is not _NOTHING else "text", told["value"], found.href, other, found.exact)


def cell(term: Mapping[str, str] | None, publication: Publication, lang: str) -> Cell:
    """Return a term as a page in a language shows it."""
    if term is None:
        return _NOTHING
    if term["type"] == "uri":
        return _iri(term["value"], publication, lang)
    if term["type"] in ("literal", "typed-literal"):
        return _literal(term, lang)
    return Cell("text", str(term.get("value", "")))


def _iri(iri: str, publication: Publication, lang: str) -> Cell:
    links, index, schema = publication.links, publication.index, publication.schema
    shown = index.shown(iri, lang)
    if shown is not None:
        entity = index.entity(iri)
        # What is withdrawn has no page; what replaced it has.
        target = iri if entity is None or not entity.withdrawn else entity.successor
        href = "" if target is None else links.page(target, lang)
        return Cell("thing", shown[0], href, "" if shown[1] in (lang, "") else shown[1], iri)
    document, sign, fragment = iri.partition("#")
    if sign and index.entity(document) is not None:
        label = index.label(document, lang) or document
        return Cell("passage", f"{label} ({fragment})", links.document(iri, lang), exact=iri)
    if iri.startswith(f"{publication.base}rule/"):
        return Cell("term", schema.name(iri, lang).value, links.rule(iri, lang), exact=iri)
    if iri in schema.terms:
        name = schema.name(iri, lang)
        other = "" if getattr(name, "language", "") in (lang, "") else str(getattr(name, "language", ""))
        return Cell("term", name.value, links.ontology(lang, iri), other, iri)
    return Cell("link", iri, iri) if is_linkable(iri) else Cell("iri", iri)


def _literal(term: Mapping[str, str], lang: str) -> Cell:
    value, kind = term["value"], term.get("datatype", "")
    if kind in TEMPORAL:
        return Cell("date", formatting.when(value, lang), exact=value)
    if kind in NUMBERS:
        return Cell("number", formatting.number(value, lang), exact=value)
    if kind == _BOOLEAN:
        _ = wording.words(lang).gettext
        return Cell("text", _("yes") if value in ("true", "1") else _("no"), exact=value)
    return Cell("text", value, lang=_language(term, lang))


def _language(term: Mapping[str, str], lang: str) -> str:
    """The literal's language where it is another than the page's."""
    own = term.get("xml:lang", "")
    return "" if own.lower() == lang.lower() else own


def _heading(variable: str, column: Sequence[Mapping[str, str]], publication: Publication, lang: str) -> str:
    """What a column holds, in the reader's language: a term called like its variable, or the class of its things."""
    schema = publication.schema
    stem = next((variable.removesuffix(end) for end in _NAME_ENDINGS if variable.endswith(end)), variable)
    wanted = (stem or variable).casefold().replace("_", "")
    own = sorted((*schema.classes, *schema.properties), key=lambda iri: not iri.startswith(publication.base))
    for iri in own:
        if local_name(iri).casefold() == wanted:
            return _capital(schema.name(iri, lang).value)
        plural = f"{local_name(iri).casefold()}s" == wanted and iri in schema.classes
        if plural and schema.classes[iri].plurals:
            return _capital(schema.classes[iri].plural(lang, publication.languages))
    things = {term["value"] for term in column if term.get("type") == "uri"}
    entities = [publication.index.entity(iri) for iri in sorted(things)[:_LOOKED_AT]]
    classes = {entity.class_iri if entity else "" for entity in entities}
    if len(classes) == 1 and (only := classes.pop()) in schema.classes:
        return _capital(schema.name(only, lang).value)
    usual = next((name for name in (_spelled(variable), _spelled(stem or variable)) if name in _USUAL), "")
    return wording.words(lang).gettext(usual) if usual else _spelled(variable)


def N_(text: str) -> str:
    """Mark an English text for the catalogue, where it is the key."""
    return text


_USUAL = (
    N_("Thing"), N_("Name"), N_("Value"), N_("Property"), N_("Quote"), N_("Time"), N_("Relation"), N_("What"),
    N_("Who"), N_("Other name"), N_("Scheme"), N_("Updated"), N_("Facts"),
    N_("Passages"), N_("Missing"), N_("First"), N_("Last"), N_("Earliest"), N_("Latest"), N_("Answer"), N_("Title"),
    N_("Through"), N_("From"), N_("Place"), N_("Number"), N_("Year"), N_("Class"), N_("Condition"), N_("Wording"),
)  # fmt: skip
"""What variables are usually called, so that their columns have headings in the reader's language."""


def _spelled(variable: str) -> str:
    """A variable as words: `begin_earliest` and `beginEarliest` are two."""
    words = re.sub(r"(?<=[a-zæøå0-9])(?=[A-ZÆØÅ])", " ", variable).replace("_", " ").strip()
    return _capital(words.lower()) if words else variable


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

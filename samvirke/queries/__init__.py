"""Stored questions: a `.rq` file with its names, its meaning and its parameters in the leading comment.

Duty: read the comment, and bind values to a question's parameters. Level 4; evaluates nothing and
judges no SPARQL beyond what binding needs. A value never becomes query text as it was given: it is
checked, made an RDF term, and joined in by VALUES.

    # title@da: Hvad skete der i et år?
    # title@en: What happened in a year?
    # description@en: Everything with a date in the year.
    # param year: year = 2016  label@da Årstal | label@en Year
    # param kind: iri of ex:Kind = ex:feast  label@en Kind
    # param word: text optional  label@en Word in the name
    # home: 1
    # page: 100

A parameter has a default (`= value`), is `optional` (not given: it restricts nothing), or must be
given. `of` names the class whose things are offered. `home` puts the question on the front page, the
lowest number first. `page` says that the answer comes so many rows at a time: the text has
`LIMIT 100 OFFSET 0`, and `limit` and `offset` are parameters. A comment line without a key continues
the one before it. Standard: https://www.w3.org/TR/sparql11-query/#inline-data
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from samvirke.errors import InputError
from samvirke.queries import paging
from samvirke.queries.groups import groups
from samvirke.queries.values import KINDS, term_text
from samvirke.sparql.tokens import place, prologue

__all__ = ["Parameter", "StoredQuery", "bind", "load_queries", "parse_query"]

ENDING: Final = ".rq"
_KEYS: Final = ("title", "description")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOLD = re.compile(r"#\s*(?P<key>\w+)@(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*:\s*(?P<text>.*?)\s*")
_HOME = re.compile(r"#\s*home\s*:\s*(?P<place>.*?)\s*")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_PAGE = re.compile(r"#\s*page\s*:\s*(?P<rows>.*?)\s*")
_PARAM_LINE = re.compile(r"#\s*param\b")
_PARAM = re.compile(
    r"""\#\s*param\s+(?P<name>[A-Za-z_]\w*)\s*:\s*(?P<kind>\w+)
        (?:\s+of\s+(?P<of>\S+))?
        (?:\s*=\s*(?P<default>.*?)|\s+(?P<optional>optional))?
        (?:\s+(?P<labels>label@.*))?\s*""",
    re.VERBOSE,
)
_LABEL = re.compile(r"label@([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s+(.+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a question asks for.

    `kind` is "iri", "text", "year", "date" or "integer"; `default` is written as a reader writes it;
    `of` is the address of a class whose things are fit values, or empty.
    """

    name: str
    kind: str
    default: str | None = None
    optional: bool = False
    of: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        """Whether the question cannot be asked without a value from the reader."""
        return self.default is None and not self.optional

    def label(self, language: str) -> str:
        """Return the name to show, in `language` where there is one."""
        return _in_language(self.labels, language) or self.name


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A question that a site keeps: `name` is its address under `/queries/`, `text` the whole file.

    `home` is its place among the questions of the front page; None when it asks for none. `page` is how
    many rows it gives at a time; None when it gives all.
    """

    name: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    text: str
    base: str = ""
    file: str = ""
    home: int | None = None
    page: int | None = None

    def title(self, language: str) -> str:
        """Return the title in `language`, else in English, else in any."""
        return _in_language(self.titles, language) or self.name

    def description(self, language: str) -> str:
        """Return the description in `language`, else in English, else in any; it can be empty."""
        return _in_language(self.descriptions, language)


def load_queries(folder: Path | str, *, base: str = "") -> tuple[StoredQuery, ...]:
    """Read every `.rq` file of a folder, in the order of their names.

    Raises: InputError with file, line and column when a leading comment is wrong.
    """
    found = []
    for path in sorted(Path(folder).glob(f"*{ENDING}")):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError("The file is not UTF-8.", file=path, remedy="Save it as UTF-8.") from error
        found.append(parse_query(text, name=path.stem, base=base, file=str(path)))
    return tuple(found)


def parse_query(text: str, *, name: str, base: str = "", file: str = "") -> StoredQuery:
    """Read the leading comment of a question.

    Raises: InputError with file, line and column.
    """
    told: dict[str, dict[str, str]] = {key: {} for key in _KEYS}
    parameters: list[Parameter] = []
    last: tuple[str, str] | None = None
    home: int | None = None
    rows: int | None = None
    prefixes = prologue(text).prefixes
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        if _PARAM_LINE.match(line):
            parameters.append(_parameter(line, prefixes, file=file, line=number))
            last = None
        elif match := _HOME.fullmatch(line):
            home, last = _place(match, home, file=file, line=number), None
        elif match := _PAGE.fullmatch(line):
            rows, last = _rows(match, rows, file=file, line=number), None
        elif match := _TOLD.fullmatch(line):
            last = _take(match, told, file=file, line=number)
        elif not line.lstrip("# \t"):
            last = None  # what follows an empty comment line is a note for whoever reads the file
        elif last is not None:
            told[last[0]][last[1]] += " " + line.lstrip("# \t").rstrip()
    stored = StoredQuery(
        name=name,
        titles=MappingProxyType(told["title"]),
        descriptions=MappingProxyType(told["description"]),
        parameters=tuple(parameters),
        text=text,
        base=base,
        file=file,
        home=home,
        page=rows,
    )
    _check(stored)
    _check_pages(stored)
    return stored


def bind(query: StoredQuery, values: Mapping[str, str]) -> str:
    """Return the question's text with its parameters bound.

    A value is written as a reader writes it: `2016`, `2016-05-31`, `-7`, any text, an address or a
    name with one of the question's prefixes. White space around it does not count; an empty value
    is none. A question that comes in pages also takes `limit` (a number, or `all`) and `offset`.
    Raises: InputError naming the parameter when a value is missing, unknown or not of its type.
    Source: https://www.w3.org/TR/sparql11-query/#inline-data
    """
    known = {parameter.name for parameter in query.parameters} | set(paging.NAMES if query.page else ())
    for name in sorted(values.keys() - known):
        remedy = f"It has: {', '.join(sorted(known))}." if known else "It has none."
        raise InputError(f"The question {query.name} has no parameter {name}.", remedy=remedy)
    text = query.text
    if query.page:
        limit, offset = paging.numbers(query.page, values)
        text = text if (limit, offset) == (query.page, 0) else paging.turned(text, limit, offset)
    if not query.parameters:
        return text
    read = prologue(text)
    terms = {
        parameter.name: _bound(parameter, values.get(parameter.name, ""), read.prefixes)
        for parameter in query.parameters
    }
    for group in reversed(list(groups(text))):
        inside = {token.text[1:] for token in group if token.kind == "variable"}
        here = [name for name in terms if name in inside]
        if here:
            names, row = " ".join(f"?{name}" for name in here), " ".join(terms[name] for name in here)
            after = group[0].start + 1
            text = f"{text[:after]}\n  VALUES ({names}) {{ ({row}) }}{text[after:]}"
    return text


def _bound(parameter: Parameter, value: str, prefixes: Mapping[str, str]) -> str:
    given = value.strip() or (parameter.default or "").strip()
    if given:
        return term_text(given, parameter.kind, prefixes, name=parameter.name)
    if parameter.optional:
        return "UNDEF"
    raise InputError(f"The parameter {parameter.name} has no value.", remedy=f"Give it {KINDS[parameter.kind]}.")


def _take(match: re.Match[str], told: dict[str, dict[str, str]], *, file: str, line: int) -> tuple[str, str]:
    key, language, text = match["key"], match["language"].lower(), match["text"]
    column = match.start("key") + 1
    if key not in _KEYS:
        raise InputError(
            f"A question has no {key}.",
            file=file,
            line=line,
            column=column,
            remedy="Write title@, description@ or param.",
        )
    if language in told[key]:
        raise InputError(f"The {key} in {language} is given twice.", file=file, line=line, column=column)
    if not text:
        raise InputError(f"The {key} in {language} is empty.", file=file, line=line, column=match.start("text") + 1)
    told[key][language] = text
    return key, language


def _place(match: re.Match[str], before: int | None, *, file: str, line: int) -> int:
    """The place on the front page that a line gives."""
    column = match.start("place") + 1
    if before is not None:
        raise InputError("The place on the front page is given twice.", file=file, line=line, column=column)
    if not _NUMBER.fullmatch(match["place"]):
        raise InputError(
            f"{match['place']!r} is no place on the front page.",
            file=file,
            line=line,
            column=column,
            remedy="Write a whole number from 1, as in: # home: 1.",
        )
    return int(match["place"])


def _rows(match: re.Match[str], before: int | None, *, file: str, line: int) -> int:
    """The rows of a page that a line gives."""
    column = match.start("rows") + 1
    if before is not None:
        raise InputError("The rows of a page are given twice.", file=file, line=line, column=column)
    if not _NUMBER.fullmatch(match["rows"]):
        raise InputError(
            f"{match['rows']!r} is no number of rows.",
            file=file,
            line=line,
            column=column,
            remedy="Write a whole number from 1, as in: # page: 100.",
        )
    return int(match["rows"])


def _parameter(written: str, prefixes: Mapping[str, str], *, file: str, line: int) -> Parameter:
    def refuse(what: str, group: str | int, remedy: str = "") -> InputError:
        column = match.start(group) + 1 if match is not None else 1
        return InputError(what, file=file, line=line, column=column, remedy=remedy)

    match = _PARAM.fullmatch(written)
    if match is None:
        raise refuse("This is no parameter.", 0, "Write it as: # param year: year = 2016  label@en Year.")
    kind, default, of = match["kind"], match["default"], match["of"] or ""
    if kind not in KINDS:
        raise refuse(f"There is no type {kind}.", "kind", f"Use one of: {', '.join(KINDS)}.")
    if of and kind != "iri":
        raise refuse(f"Only an iri is of a class, and this is {kind}.", "of")
    labels = {}
    for part in (match["labels"] or "").split(" | "):
        label = _LABEL.fullmatch(part.strip())
        if label is not None:
            labels[label[1].lower()] = label[2].strip()
        elif part.strip():
            raise refuse(f"{part.strip()} is no label.", "labels", "Write it as: label@da Årstal | label@en Year.")
    try:
        if default:
            term_text(default, kind, prefixes, name=match["name"])
        of = term_text(of, "iri", prefixes, name=match["name"])[1:-1] if of else ""
    except InputError as error:
        raise refuse(error.message, "default" if default else "of", error.remedy) from error
    return Parameter(match["name"], kind, default or None, bool(match["optional"]), of, MappingProxyType(labels))


def _check(query: StoredQuery) -> None:
    """Refuse a question that no page could show or no value could reach."""
    file = query.file
    if not _NAME.fullmatch(query.name):
        raise InputError(
            f"{query.name!r} is no name for a question.",
            file=file,
            remedy="Use lower-case letters, digits and hyphens.",
        )
    if not query.titles:
        raise InputError("The question has no title.", file=file, line=1, column=1, remedy="Begin with # title@en: …")
    names = [parameter.name for parameter in query.parameters]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"The parameter {name} is given twice.", file=file, line=_line_of(query, name), column=1)
        if not any(
            token.kind == "variable" and token.text[1:] == name for group in groups(query.text) for token in group
        ):
            raise InputError(
                f"The question does not use its parameter {name}.",
                file=file,
                line=_line_of(query, name),
                column=1,
                remedy=f"Use ?{name} in its pattern, or leave the parameter out.",
            )


def _check_pages(query: StoredQuery) -> None:
    """Refuse pages that the text does not have, or has in another size."""
    if query.page is None:
        return
    for name in paging.NAMES:
        if (line := _line_of(query, name)) and any(parameter.name == name for parameter in query.parameters):
            raise InputError(
                f"The parameter {name} is that of the pages.",
                file=query.file,
                line=line,
                column=1,
                remedy="Give yours another name.",
            )
    found = list(paging.stretches(query.text))
    odd = next((word for word, *told in found if [one.text for one in told] != [str(query.page), "0"]), None)
    if found and odd is None:
        return
    line, column = (1, 1) if odd is None else place(query.text, odd.start)
    raise InputError(
        "The question has no pages." if odd is None else "This is not the question's first page.",
        file=query.file,
        line=line,
        column=column,
        remedy=f"Write LIMIT {query.page} OFFSET 0, or leave # page out.",
    )


def _line_of(query: StoredQuery, name: str) -> int:
    for number, line in enumerate(query.text.splitlines(), start=1):
        match = _PARAM.fullmatch(line)
        if match is not None and match["name"] == name:
            return number
    return 0


def _in_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")

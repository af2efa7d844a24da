"""A list as a file: CSV, XLSX or JSON, with a column for each property of what is listed.

Duty: the rows of a narrowed list, in its order, as a table of values. Level 7. Rows are asked for and written some
hundreds at a time, so memory stays flat; the whole file is there before its first byte is sent, so it is never cut.
Dates stand as they were told. A spreadsheet must not take a text for a formula, so in CSV one that it would is given
an apostrophe, and in XLSX every text is a text.
Sources: https://www.rfc-editor.org/rfc/rfc4180 · https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from samvirke.describe.facts import Value
from samvirke.describe.listing import EVERY
from samvirke.errors import AnswerTooLarge, NotFound
from samvirke.schema.facets import NamedField
from samvirke.web import wording
from samvirke.web.browse import SHEET_TYPE, Asked, asked
from samvirke.web.browse_rows import Cell, Row, column_fields, field_label, rows_of
from samvirke.web.publication import published_at, serving
from samvirke.workers.answers import Body

__all__ = ["FORMATS", "export"]

AT_ONCE = 250
"""Rows that one question asks a worker for."""
SEPARATOR = " | "
MOST_XLSX_ROWS = 1_048_575
"""Rows of a sheet below its headings."""
MOST_XLSX_TEXT = 32_767
"""Characters of a cell of a sheet."""
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_XLSX_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?")

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Line = Sequence[str]


def export(lang: str, name: str, form: str) -> Response:
    """Answer the list at an address as a file. Raises: NotFound; AnswerTooLarge when there are too many rows."""
    ask = asked(lang, name, request.args.items(multi=True))
    most = serving().pool.limits.max_rows
    if ask.selection.count > most:
        raise AnswerTooLarge(
            f"The list has {ask.selection.count} rows; a file may have {most}.", remedy="Narrow the list first."
        )
    if form not in FORMATS:
        raise NotFound("There is no such format.", remedy="A list can be had as csv, xlsx or json.")
    media_type, write = FORMATS[form]
    body = Body(serving().pool.shelf)
    try:
        write(ask, body)
    except BaseException:
        body.close()
        raise
    response = Response(iter(body), content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response.headers["Content-Language"] = lang
    response.headers["X-Robots-Tag"] = "noindex"
    response.content_length = body.length
    return response


# ---------------------------------------------------------------- rows


def _rows(ask: Asked, columns: Sequence[NamedField]) -> Iterator[Row]:
    places = ask.places()
    for start in range(0, len(places), AT_ONCE):
        members = ask.members(places[start : start + AT_ONCE])
        yield from rows_of(ask.publication, ask.class_iri, members, columns, ask.lang)


def _columns(ask: Asked) -> tuple[NamedField, ...]:
    return column_fields(ask.publication, ask.class_iri, (EVERY,))


def _headings(ask: Asked, columns: Sequence[NamedField]) -> list[str]:
    gettext = wording.words(ask.lang).gettext
    found = [gettext("Name"), gettext("Permanent address"), gettext("Kind")]
    found += [field_label(ask.publication, one.field, ask.lang).value for one in columns]
    found += [gettext("Dates")] if ask.listed.dated else []
    # Two columns that would read alike are told apart by a number.
    return [
        label if found[:position].count(label) == 0 else f"{label} ({found[:position].count(label) + 1})"
        for position, label in enumerate(found)
    ]


def _lines(ask: Asked, columns: Sequence[NamedField]) -> Iterator[Line]:
    """The rows of the table; with `values=rows` a thing has as many rows as its fullest column has values."""
    apart = request.args.get("values") == "rows"
    for row in _rows(ask, columns):
        kind = ask.publication.schema.class_hint(row.member.class_iri).label(ask.lang, ask.publication.languages).value
        first = (row.member.label, row.member.iri, kind)
        many = [[_text(cell) for cell in cells] for cells in row.columns]
        many += [list(row.dates)] if ask.listed.dated else []
        if not apart:
            yield (*first, *(SEPARATOR.join(values) for values in many))
            continue
        for number in range(max(1, *map(len, many)) if many else 1):
            # A single value holds for every row of the thing.
            rest = (
                values[0] if len(values) == 1 else values[number] if number < len(values) else "" for values in many
            )
            yield (*first, *rest)


def _text(cell: Cell) -> str:
    said = ", ".join(value.text for value in (cell.values or cell.notes))
    when = ", ".join(cell.when)
    return f"{said} ({when})" if said and when else said or when


# ---------------------------------------------------------------- formats


def _write_csv(ask: Asked, body: Body) -> None:
    """Comma-separated, UTF-8 with its mark so that spreadsheets read æ, ø and å."""
    columns = _columns(ask)
    body.write("\ufeff".encode())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for number, line in enumerate(_with_headings(ask, columns)):
        writer.writerow([_harmless(value) for value in line])
        if number % AT_ONCE == 0:
            body.write(_taken(text))
    body.write(_taken(text))


def _with_headings(ask: Asked, columns: Sequence[NamedField]) -> Iterator[Line]:
    yield _headings(ask, columns)
    yield from _lines(ask, columns)


def _harmless(text: str) -> str:
    """Return a text as a spreadsheet takes it for a text: a number stays one."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return taken


def _write_xlsx(ask: Asked, body: Body) -> None:
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 - no type hints; only who wants a sheet pays for its import

    columns = _columns(ask)
    with tempfile.TemporaryFile() as file:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        # Without a date of its own the sheet would have the clock's, and other bytes each time.
        made = published_at(ask.publication) or _LONG_AGO
        book.set_properties({"title": request.path, "comments": ask.publication.version, "created": made})
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 1)
        for number, line in enumerate(_with_headings(ask, columns)):
            if number > MOST_XLSX_ROWS:
                raise AnswerTooLarge("A sheet has no room for so many rows.", remedy="Take CSV, or narrow the list.")
            for column, value in enumerate(line):
                if number and _XLSX_NUMBER.fullmatch(value):
                    sheet.write_number(number, column, float(value))
                elif value:
                    sheet.write_string(number, column, _fitting(value), None if number else bold)
        book.close()
        file.seek(0)
        while chunk := file.read(1 << 16):
            body.write(chunk)


def _fitting(text: str) -> str:
    """Return a text that a cell has room for; one that was cut says so."""
    return text if len(text) <= MOST_XLSX_TEXT else f"{text[: MOST_XLSX_TEXT - 4]} […]"


def _write_json(ask: Asked, body: Body) -> None:
    """One object: what the list is, its columns, and its rows with every value as it was told."""
    columns = _columns(ask)
    head = {
        "class": ask.class_iri,
        "language": ask.lang,
        "generation": ask.publication.version,
        "count": ask.selection.count,
        "columns": [
            {
                "name": one.name,
                "label": field_label(ask.publication, one.field, ask.lang).value,
                "property": one.field.path,
                "inverse": one.field.inverse,
            }
            for one in columns
        ],
    }
    body.write(_json(head)[:-1].encode() + b',"rows":[')
    for number, row in enumerate(_rows(ask, columns)):
        body.write((b",\n" if number else b"\n") + _json(_object(row, columns)).encode())
    body.write(b"\n]}\n")


def _object(row: Row, columns: Sequence[NamedField]) -> dict[str, Any]:
    values = {
        one.name: [_cell(cell) for cell in cells] for one, cells in zip(columns, row.columns, strict=True) if cells
    }
    member = row.member
    return {
        "address": member.iri,
        "label": member.label,
        **({"language": member.tag} if member.tag else {}),
        "class": member.class_iri,
        "dates": list(row.dates),
        "values": values,
    }


def _cell(cell: Cell) -> dict[str, Any]:
    """A value: a text or an address; a detail has what it is about, its dates and what is noted."""
    if len(cell.values) == 1 and not cell.when and not cell.notes:
        return _value(cell.values[0])
    return {
        "values": [_value(one) for one in cell.values],
        **({"dates": list(cell.when)} if cell.when else {}),
        **({"notes": [_value(one) for one in cell.notes]} if cell.notes else {}),
    }


def _value(value: Value) -> dict[str, str]:
    told = {"text": value.text}
    if value.iri:
        told["address"] = value.iri
    if value.language:
        told["language"] = value.language
    return told


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode()


FORMATS: Mapping[str, tuple[str, Callable[[Asked, Body], None]]] = {
    "csv": ("text/csv; charset=utf-8; header=present", _write_csv),
    "xlsx": (SHEET_TYPE, _write_xlsx),
    "json": ("application/json", _write_json),
}

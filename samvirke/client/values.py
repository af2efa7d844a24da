"""RDF terms as Python values.

Duty: terms of SPARQL JSON results → what a Python program expects. Level 9; pure.
Standard: SPARQL 1.1 Query Results JSON 3.2.2, https://www.w3.org/TR/sparql11-results-json/#select-encode-terms
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from samvirke.terms import XSD

__all__ = ["Iri", "Text", "Value", "value_of"]


class Iri(str):
    """An address. It is a text like any other, and can be told apart."""

    __slots__ = ()


class Text(str):
    """A text with its language, or "" where it has none."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str = "") -> Text:
        """Take the text and its language tag."""
        made = super().__new__(cls, text)
        made.language = language
        return made


Value = Iri | Text | str | int | float | bool | Decimal | date | datetime
"""What a cell can be; a date that is no day (EDTF, xsd:gYear …) stays a text as it is written."""

_WHOLE = (
    "integer",
    "int",
    "long",
    "short",
    "byte",
    "nonNegativeInteger",
    "positiveInteger",
    "nonPositiveInteger",
    "negativeInteger",
    "unsignedLong",
    "unsignedInt",
    "unsignedShort",
    "unsignedByte",
)
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_READERS: Mapping[str, Callable[[str], Value]] = {
    **{XSD.term(name).value: int for name in _WHOLE},
    XSD.double.value: float,
    XSD.float.value: float,
    XSD.decimal.value: Decimal,
    XSD.boolean.value: _TRUTH.__getitem__,
    XSD.date.value: date.fromisoformat,
    XSD.dateTime.value: datetime.fromisoformat,
}


def value_of(term: Mapping[str, str]) -> Value:
    """Return the value of a term; a literal that is not what its datatype says stays a text."""
    text = term["value"]
    if term["type"] == "uri":
        return Iri(text)
    if term["type"] == "bnode":
        return f"_:{text}"
    if language := term.get("xml:lang"):
        return Text(text, language)
    read = _READERS.get(term.get("datatype", ""), Text)
    try:
        return read(text)
    except (ValueError, KeyError, InvalidOperation):
        return Text(text)

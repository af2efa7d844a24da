"""What a literal says: its parts, whether it is well-formed, and how two of them compare.

Duty: pure functions on terms written as N-Triples, the form in which the compiled shapes pass them.
Level 3; imports no store. The answers are those of pySHACL, which reads lexical forms as rdflib does;
where the standard and rdflib may part, the answer is `Undecided` and pySHACL is asked itself.
Standards: https://www.w3.org/TR/xmlschema11-2/, https://www.w3.org/TR/sparql11-query/#OperatorMapping
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from pyoxigraph import Literal, RdfFormat, parse

from samvirke.terms import RDF, XSD

XSD_STRING, LANG_STRING = XSD.string.value, RDF.langString.value
_XSD = str(XSD)
_INTEGERS: dict[str, tuple[float, float]] = {
    "integer": (float("-inf"), float("inf")), "nonPositiveInteger": (float("-inf"), 0),
    "negativeInteger": (float("-inf"), -1), "nonNegativeInteger": (0, float("inf")),
    "positiveInteger": (1, float("inf")), "int": (-(2**31), 2**31 - 1), "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1), "unsignedLong": (0, 2**64 - 1), "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1), "unsignedByte": (0, 2**8 - 1),
    "long": (float("-inf"), float("inf")),  # rdflib looks at no bounds here
}  # fmt: skip
NUMERIC = frozenset(_XSD + name for name in (*_INTEGERS, "decimal", "float", "double"))
_FREE = frozenset(_XSD + name for name in ("string", "normalizedString", "token", "language", "anyURI"))
# What rdflib reads by rules of its own, of which only the first two are read here.
_READ = frozenset(_XSD + name for name in (
    "date", "dateTime", "boolean", "time", "duration", "dayTimeDuration", "yearMonthDuration", "hexBinary",
    "base64Binary",
)) | {str(RDF) + "XMLLiteral", str(RDF) + "HTML"}  # fmt: skip
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?")
_PERHAPS = re.compile(r"[-+0-9:.TWZz]+")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LONGEST = 4_000  # digits; Python refuses to read more than 4 300, and rdflib with it


class Undecided(Exception):
    """Only pySHACL can say what it makes of this value."""


def is_literal(term: str) -> bool:
    """Whether a term is a literal."""
    return term.startswith('"')


@lru_cache(maxsize=4096)
def parts(term: str) -> tuple[str, str, str]:
    """The lexical form, the datatype and the language of a literal."""
    end = term.rindex('"')
    text, tail = term[1:end], term[end + 1 :]
    if "\\" in text:
        quad = next(iter(parse(f"<urn:a> <urn:a> {term} .", RdfFormat.N_TRIPLES)))
        assert isinstance(quad.object, Literal), "a term with a quotation mark in front is a literal"
        text = quad.object.value
    if tail.startswith("@"):
        return text, LANG_STRING, tail[1:]
    return text, tail[3:-1] if tail else XSD_STRING, ""


def string_of(term: str) -> str:
    """The text of a term as SPARQL's str() gives it; a blank node has none."""
    return parts(term)[0] if is_literal(term) else term[1:-1]


def has_datatype(term: str, datatype: str) -> bool:
    """Whether a term is a literal of this datatype, and well-formed."""
    if not is_literal(term):
        return False
    if datatype.startswith("http://www.w3.org/2000/01/rdf-schema#"):
        raise Undecided  # pySHACL takes rdfs:Literal and rdfs:Datatype for more than one datatype
    if datatype == XSD_STRING:
        return term.endswith('"')
    if datatype == LANG_STRING:
        return term[term.rindex('"') + 1 :].startswith("@")
    return term.endswith(f'"^^<{datatype}>') and well_formed(parts(term)[0], datatype)


def well_formed(text: str, datatype: str) -> bool:
    """Whether a text is a lexical form of a datatype; of a datatype nobody knows, it is."""
    if datatype in NUMERIC:
        return _number(text, datatype) is not None
    if datatype == _XSD + "date":
        return _moment(text, _DATE) is not None
    if datatype == _XSD + "dateTime":
        return _moment(text, _DATE_TIME) is not None
    if datatype == _XSD + "boolean":
        return text in {"true", "false", "0", "1"}
    if datatype in _READ:
        raise Undecided
    return True


def _number(text: str, datatype: str) -> int | Decimal | float | None:
    """The value of a numeric literal, or None when it is ill-formed."""
    if len(text) > _LONGEST:
        raise Undecided
    name = datatype.removeprefix(_XSD)
    if name in _INTEGERS:
        if not _INTEGER.fullmatch(text):
            _lenient(text)
            return None
        least, most = _INTEGERS[name]
        return int(text) if least <= int(text) <= most else None
    with suppress(ValueError, InvalidOperation):
        value: Decimal | float = Decimal(text) if name == "decimal" else float(text)
        if text.isascii() and "_" not in text and text == text.strip() and value == value:  # noqa: PLR0124 - not a number
            return value
        raise Undecided
    return None


def _lenient(text: str) -> None:
    """Refuse to say that a text is ill-formed when Python, and so rdflib, reads it as a whole number all the same."""
    with suppress(ValueError):
        int(text)
        raise Undecided


def _moment(text: str, form: re.Pattern[str]) -> date | datetime | None:
    match = form.fullmatch(text)
    if match is None or not text.isascii():
        if _PERHAPS.fullmatch(text) or "T" in text or not text.isascii():
            raise Undecided
        return None
    try:
        return date.fromisoformat(match[1]) if form is _DATE else datetime.fromisoformat(text)
    except ValueError:
        if form is _DATE_TIME:  # 24:00:00 and the like
            raise Undecided from None
        return None


# ---------------------------------------------------------------- order


def compare(left: str, right: str) -> int | None:
    """Compare a value with a bound of sh:minInclusive and its like: below 0, 0, above 0, or None when one cannot."""
    if not is_literal(left):
        return None
    text, datatype, language = parts(left)
    other, bound, bound_language = parts(right)
    if language or bound_language:
        raise Undecided
    if datatype in NUMERIC and bound in NUMERIC:
        first, second = _number(text, datatype), _number(other, bound)
        if first is None or second is None:
            raise Undecided
        return (first > second) - (first < second)
    free, bound_free = datatype in _FREE, bound in _FREE
    if free != bound_free:
        return None
    if datatype != bound:
        raise Undecided  # rdflib orders by the names of the datatypes
    if free:
        return (text > other) - (text < other)
    return _same_datatype(text, other, datatype)


def _same_datatype(text: str, other: str, datatype: str) -> int | None:
    if datatype not in _READ:  # rdflib knows no order among them
        return 0 if text == other else None
    form = {_XSD + "date": _DATE, _XSD + "dateTime": _DATE_TIME}.get(datatype)
    if form is None:
        raise Undecided
    first, second = _moment(text, form), _moment(other, form)
    if first is None or second is None:
        raise Undecided
    if (
        isinstance(first, datetime)
        and isinstance(second, datetime)
        and (first.tzinfo is None) != (second.tzinfo is None)
    ):
        return None
    return (first > second) - (first < second)


def less(left: str, right: str, *, or_equal: bool) -> bool:
    """Whether sh:lessThan (or, with `or_equal`, sh:lessThanOrEquals) holds between two values."""
    if left.startswith("_:") or right.startswith("_:"):
        raise Undecided  # pySHACL gives up on the whole site
    textual, other_textual = _is_text(left), _is_text(right)
    if textual != other_textual:
        return False
    if textual:
        first, second = string_of(left), string_of(right)
        return first <= second if or_equal else first < second
    text, datatype, _ = parts(left)
    other, other_datatype, _ = parts(right)
    numbers = datatype in NUMERIC and other_datatype in NUMERIC
    if not numbers and datatype != other_datatype:
        raise Undecided  # as above
    if not numbers and datatype not in _READ:
        if or_equal and text != other:
            raise Undecided
        return text <= other if or_equal else text < other
    order = compare(left, right)
    if order is None:
        raise Undecided
    return order <= 0 if or_equal else order < 0


def _is_text(term: str) -> bool:
    """Whether rdflib keeps a term as text."""
    return not is_literal(term) or parts(term)[1] in _FREE or parts(term)[1] == LANG_STRING

"""Say in plain words what is wrong with a query that the engine refused.

Duty: from the engine's message to an error with line, column and an excerpt with a caret. Level 4;
judges nothing the engine has not refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from itertools import pairwise

from samvirke.errors import QuerySyntaxError
from samvirke.sparql.tokens import Token, place, prologue, tokens

__all__ = ["WELL_KNOWN", "evaluation_error", "excerpt", "syntax_error"]

WELL_KNOWN: Mapping[str, str] = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sh": "http://www.w3.org/ns/shacl#",
    "prov": "http://www.w3.org/ns/prov#",
    "dct": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "schema": "https://schema.org/",
}
_PLACE = re.compile(r"error at (\d+):(\d+): (?:expected )?(.*)", re.DOTALL)
# Among the tokens it expected the engine names, now and then, what is really wrong: a sentence.
_SENTENCE = re.compile(r"(?:^|, |one of )([A-Z][A-Za-z]*(?: [A-Za-z?:'{}-]+){2,})")
_FUNCTION = re.compile(r"custom (?:aggregate )?function <([^>]*)>")
_BROKEN_IRI = re.compile(r"<([A-Za-z][A-Za-z0-9+.\-]*:[^<>\n]*?)([\s\"{}|^`\\])[^<>\n]*>")
_FUNCTIONS = frozenset(
    [
        "STR",
        "LANG",
        "LANGMATCHES",
        "DATATYPE",
        "BOUND",
        "IRI",
        "URI",
        "BNODE",
        "RAND",
        "ABS",
        "CEIL",
        "FLOOR",
        "ROUND",
        "CONCAT",
        "STRLEN",
        "UCASE",
        "LCASE",
        "ENCODE_FOR_URI",
        "CONTAINS",
        "STRSTARTS",
        "STRENDS",
        "STRBEFORE",
        "STRAFTER",
        "YEAR",
        "MONTH",
        "DAY",
        "HOURS",
        "MINUTES",
        "SECONDS",
        "TIMEZONE",
        "TZ",
        "NOW",
        "UUID",
        "STRUUID",
        "MD5",
        "SHA1",
        "SHA256",
        "SHA384",
        "SHA512",
        "COALESCE",
        "IF",
        "STRLANG",
        "STRDT",
        "SAMETERM",
        "ISIRI",
        "ISURI",
        "ISBLANK",
        "ISLITERAL",
        "ISNUMERIC",
        "REGEX",
        "SUBSTR",
        "REPLACE",
        "EXISTS",
        "NOT",
        "COUNT",
        "SUM",
        "MIN",
        "MAX",
        "AVG",
        "SAMPLE",
        "GROUP_CONCAT",
        "TRIPLE",
        "SUBJECT",
        "PREDICATE",
        "OBJECT",
        "ISTRIPLE",
        "LANGDIR",
        "STRLANGDIR",
        "HASLANG",
        "HASLANGDIR",
        "ADJUST",
    ]
)
"""The names of SPARQL 1.1's functions (section 17.4), its aggregates, and what 1.2 adds."""
_WORDS_BEFORE_BRACKETS = frozenset(
    [
        "A",
        "SELECT",
        "DISTINCT",
        "REDUCED",
        "WHERE",
        "FILTER",
        "BIND",
        "HAVING",
        "BY",
        "ASC",
        "DESC",
        "VALUES",
        "IN",
        "AS",
    ]
)
_WIDTH = 76


def syntax_error(text: str, engine: str, *, known: Mapping[str, str] = WELL_KNOWN) -> QuerySyntaxError:
    """Return the error for a text that does not parse; `engine` is what the engine said.

    `known` are prefixes worth suggesting where one is used without being declared.
    """
    scanned = list(tokens(text))
    return (
        _broken_address(text, scanned)
        or _undeclared(text, scanned, known)
        or _unclosed(text, scanned)
        or _unbalanced(text, scanned)
        or _unknown_function(text, scanned)
        or _as_engine_says(text, scanned, engine)
    )


def evaluation_error(text: str, engine: str, *, what: str = "query") -> QuerySyntaxError:
    """Return the error for a query or an update (`what`) that parses and yet cannot be evaluated."""
    function = _FUNCTION.search(engine)
    if function is None:
        return QuerySyntaxError(f"The {what} cannot be evaluated: {engine.strip().rstrip('.')}.")
    address = function[1]
    local = re.split(r"[/#:]", address)[-1]
    offset = next((t.start for t in tokens(text) if t.kind in ("iri", "name") and local and local in t.text), None)
    message = f"The function <{address}> does not exist here."
    if offset is None:
        return QuerySyntaxError(message, remedy="Use the functions of SPARQL 1.1.")
    return _error(text, offset, message, "Use the functions of SPARQL 1.1.")


def excerpt(text: str, line: int, column: int) -> str:
    """Return the line of a query with a caret under the column; a long line is cut around it."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return ""
    content = lines[line - 1].rstrip("\r").replace("\t", " ")
    start = max(0, column - 1 - _WIDTH // 2) if len(content) > _WIDTH else 0
    shown = content[start : start + _WIDTH]
    return f"{shown}\n{' ' * (column - 1 - start)}^"


def _error(text: str, offset: int, message: str, remedy: str) -> QuerySyntaxError:
    line, column = place(text, offset)
    return QuerySyntaxError(message, line=line, column=column, remedy=remedy)


def _broken_address(text: str, scanned: list[Token]) -> QuerySyntaxError | None:
    """An address with a character that none can have falls apart into other tokens: find it whole again."""
    for token in scanned:
        found = _BROKEN_IRI.match(text, token.start) if token.text == "<" else None
        if found is not None:
            what = "a space" if found[2].isspace() else f"“{found[2]}”"
            remedy = "Write it as %20 or another code, or leave it out."
            return _error(text, token.start, f"The address “{_short(found[0])}” has {what} in it.", remedy)
    return None


def _unknown_function(text: str, scanned: list[Token]) -> QuerySyntaxError | None:
    for token, following in pairwise(scanned):
        if token.kind == "word" and following.text == "(":
            word = token.text.upper()
            if word not in _FUNCTIONS and word not in _WORDS_BEFORE_BRACKETS:
                near = difflib.get_close_matches(word, _FUNCTIONS, 1)
                remedy = f"Did you mean {near[0]}?" if near else "Use the functions of SPARQL 1.1."
                return _error(text, token.start, f"There is no function “{_short(token.text)}”.", remedy)
    return None


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _undeclared(text: str, scanned: list[Token], known: Mapping[str, str]) -> QuerySyntaxError | None:
    declared = set(prologue(text).prefixes)
    previous = ""
    for token in scanned:
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if previous == "PREFIX":  # Also later than in the prologue: before each operation of an update.
                declared.add(prefix)
            elif prefix not in declared:
                remedy = f"Write “PREFIX {prefix}: <{known.get(prefix, '…')}>” before the query."
                return _error(text, token.start, f"The prefix “{prefix}:” is not declared.", remedy)
        previous = token.text.upper() if token.kind == "word" else ""
    return None


def _unclosed(text: str, scanned: list[Token]) -> QuerySyntaxError | None:
    if scanned and scanned[-1].kind == "unclosed":
        remedy = f"Put a {scanned[-1].text} at the end of the text; a text over several lines needs three on each side."
        return _error(text, scanned[-1].start, "The text that begins here is never closed.", remedy)
    return None


def _unbalanced(text: str, scanned: list[Token]) -> QuerySyntaxError | None:
    opened: list[Token] = []
    pairs = {"}": "{", ")": "(", "]": "["}
    for token in scanned:
        if token.kind != "mark":
            continue
        if token.text in pairs.values():
            opened.append(token)
        elif token.text in pairs:
            if not opened:
                return _error(
                    text, token.start, f"This “{token.text}” closes nothing.", "Delete it, or open it before."
                )
            if opened[-1].text != pairs[token.text]:
                line, column = place(text, opened[-1].start)
                message = f"“{token.text}” stands where the “{opened[-1].text}” of {line}:{column} has to be closed."
                return _error(text, token.start, message, "Close the brackets in the order they were opened.")
            opened.pop()
    if opened:
        return _error(text, opened[-1].start, f"This “{opened[-1].text}” is never closed.", "Close it.")
    return None


def _as_engine_says(text: str, scanned: list[Token], engine: str) -> QuerySyntaxError:
    found = _PLACE.match(engine)
    if found is None:
        return QuerySyntaxError(f"The query does not parse: {engine.strip().rstrip('.')}.")
    lines = text.split("\n")
    line = min(int(found[1]), len(lines))
    offset = sum(len(before) + 1 for before in lines[: line - 1]) + int(found[2]) - 1
    sentences = _SENTENCE.findall(found[3])
    # The engine tells how far it read; what it could not take is the token that ends or begins there.
    token = next((t for t in reversed(scanned) if t.start <= offset), None)
    if token is None:
        return _error(text, min(offset, len(text)), "The query does not parse here.", "See the SPARQL 1.1 grammar.")
    if token.start < offset and token.start + len(token.text) > offset:
        token = Token(token.kind, token.text, token.start)
    shown = token.text if len(token.text) <= _WIDTH // 2 else token.text[: _WIDTH // 2] + "…"
    message = f"{sentences[0].rstrip('.')}." if sentences else f"“{shown}” is not expected here."
    return _error(text, token.start, message, "Look at this place and just before it.")

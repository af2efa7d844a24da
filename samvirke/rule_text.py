"""Read a rule: a SPARQL CONSTRUCT with names and a meaning in its leading comment.

Duty: from the text of a `.rq` file to a `Rule` – its template, the patterns its facts must match
(the premises), and the SELECT that finds every match. Level 4; evaluates nothing.
A rule must be explainable, so what would hide a premise or depend on order is refused: sub-SELECT,
aggregates, LIMIT, FROM, SERVICE and blank nodes in the template.

    # title@en: Who conducts a singer
    # description@en: Who conducts a choir conducts those who sing in it.
    CONSTRUCT { ?x :conductedBy ?y } WHERE { ?x :sings ?z . ?z :conductor ?y }

Standard: https://www.w3.org/TR/sparql11-query/#construct
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pyoxigraph
import rdflib
from pyoxigraph import Variable
from rdflib.paths import Path
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from samvirke.errors import InputError
from samvirke.model import Literal, NamedNode, Term
from samvirke.sparql_errors import syntax_error
from samvirke.sparql_tokens import Token, tokens

_HEADER = re.compile(r"#\s*(title|description)@([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*:\s*(.*?)\s*")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REFUSED_WORDS = frozenset({"FROM", "SERVICE", "SELECT", "LIMIT", "OFFSET", "GROUP", "HAVING", "ORDER"})

Slot = Term | Variable
"""What stands in one place of a pattern: a term, or a variable to be bound."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One triple pattern of a rule's WHERE. `path` is a property path of rdflib's reader, or a slot."""

    subject: Slot
    path: Any
    object: Slot


@dataclass(frozen=True, slots=True)
class Premises:
    """The patterns a match rests on: all of `patterns`, those of `optional` that hold, and one of each `choices`."""

    patterns: tuple[Pattern, ...] = ()
    optional: tuple[Premises, ...] = ()
    choices: tuple[tuple[Premises, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `address` names it and the graph of what it infers; `file` is for messages.

    `engine` tells a rule of the engine from one of the site: an engine rule reads the ontology by
    GRAPH and the data without, a site's rule sees both without GRAPH too.
    """

    name: str
    address: NamedNode
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    text: str
    file: str
    engine: bool = False
    select: str = ""
    template: tuple[tuple[Slot, Slot, Slot], ...] = ()
    premises: Premises = field(default_factory=Premises)

    @property
    def predicates(self) -> frozenset[str] | None:
        """The predicates a match reads, or None when a pattern can read any."""
        found: set[str] = set()
        for pattern in _patterns(self.premises):
            if isinstance(pattern.path, NamedNode):
                found.add(pattern.path.value)
            else:
                return None
        return frozenset(found)


def _patterns(premises: Premises) -> Iterator[Pattern]:
    yield from premises.patterns
    for group in (*premises.optional, *(one for choice in premises.choices for one in choice)):
        yield from _patterns(group)


def read_rule(text: str, *, name: str, base: str, file: str, engine: bool = False) -> Rule:
    """Read the rule `name` from the text of its file; its address is `<base>rule/<name>`.

    Raises: InputError with file, line and column when the text is no CONSTRUCT or cannot be explained.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name for a rule.", file=file, remedy="Use lower-case letters, digits and hyphens."
        )
    titles, descriptions = _read_header(text)
    _check_syntax(text, base=base, file=file)
    select = _as_select(text, file=file)
    template, premises = _read_algebra(text, base=base, file=file)
    return Rule(
        name=name,
        address=NamedNode(f"{base}rule/{name}"),
        titles=titles or MappingProxyType({"en": name}),
        descriptions=descriptions,
        text=text,
        file=file,
        engine=engine,
        select=select,
        template=template,
        premises=premises,
    )


def _read_header(text: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Read the leading comment; a comment line without a key continues the one before it."""
    found: dict[str, dict[str, str]] = {"title": {}, "description": {}}
    last: tuple[str, str] | None = None
    for line in text.removeprefix("\ufeff").splitlines():
        if not line.startswith("#"):
            break
        match = _HEADER.fullmatch(line.rstrip())
        if match:
            key, language, value = match.groups()
            last = (key, language.lower())
            found[key][last[1]] = value
        elif last is not None and line.lstrip("# \t"):
            found[last[0]][last[1]] += " " + line.lstrip("# \t").rstrip()
    return MappingProxyType(found["title"]), MappingProxyType(found["description"])


def _check_syntax(text: str, *, base: str, file: str) -> None:
    try:
        answer = pyoxigraph.Store().query(text, base_iri=base)
    except SyntaxError as error:
        found = syntax_error(text, str(error.msg))
        raise InputError(
            found.message, file=file, line=found.line, column=found.column, remedy=found.remedy or "Correct the rule."
        ) from error
    if not isinstance(answer, pyoxigraph.QueryTriples):
        raise InputError("A rule is a CONSTRUCT query.", file=file, remedy="Write CONSTRUCT { … } WHERE { … }.")


def _as_select(text: str, *, file: str) -> str:
    """Turn the CONSTRUCT into the SELECT of the same matches: only the template gives way."""
    found = list(tokens(text))
    for token in found:
        if token.kind == "word" and token.text.upper() in _REFUSED_WORDS:
            raise _refused(
                f"{token.text.upper()} is not for rules: it hides what a conclusion rests on.", text, token, file
            )
    start = next(i for i, token in enumerate(found) if token.kind == "word" and token.text.upper() == "CONSTRUCT")
    if found[start + 1].text != "{":
        raise _refused("CONSTRUCT WHERE infers only what is known already.", text, found[start], file)
    end = start + 1
    while found[end].text != "}":
        end += 1
    return f"{text[: found[start].start]}SELECT * {text[found[end].start + 1 :]}"


def _refused(message: str, text: str, token: Token, file: str) -> InputError:
    line = text.count("\n", 0, token.start) + 1
    column = token.start - text.rfind("\n", 0, token.start)
    return InputError(message, file=file, line=line, column=column, remedy="Write the rule as plain patterns.")


def _read_algebra(text: str, *, base: str, file: str) -> tuple[tuple[tuple[Slot, Slot, Slot], ...], Premises]:
    try:
        algebra = translateQuery(parseQuery(text), base=base).algebra
    except Exception as error:  # rdflib raises whatever its parser and its algebra happen to raise
        raise InputError(
            f"The rule cannot be taken apart: {error}.", file=file, remedy="Write it more plainly."
        ) from error
    template = []
    for triple in algebra.template or ():
        slots = tuple(_slot(term) for term in triple)
        if any(isinstance(slot, Variable) and slot.value.startswith(_BLANK) for slot in slots):
            raise InputError(
                "The template has a blank node, which would have no address.",
                file=file,
                remedy="Build an address with BIND(IRI(…) AS ?x).",
            )
        template.append((slots[0], slots[1], slots[2]))
    return tuple(template), _premises(algebra.p)


_BLANK = "blank_"


def _slot(term: Any) -> Slot:  # noqa: ANN401 - rdflib's terms, and paths, share no type
    """Turn a term of rdflib into one of ours; its blank nodes match like variables nobody names."""
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return Variable(_BLANK + re.sub(r"\W", "", str(term)))
    if isinstance(term, rdflib.Variable):
        return Variable(str(term))
    if term.language:
        return Literal(str(term), language=term.language)
    if term.datatype:
        return Literal(str(term), datatype=NamedNode(str(term.datatype)))
    return Literal(str(term))


def _premises(node: Any) -> Premises:  # noqa: ANN401 - rdflib's algebra nodes are untyped
    """Collect what a match of an algebra node rests on. What must *not* hold is no premise."""
    match getattr(node, "name", ""):
        case "BGP":
            found = Premises(patterns=tuple(_pattern(triple) for triple in node.triples))
        case "Join":
            found = _together(_premises(node.p1), _premises(node.p2))
        case "LeftJoin":
            found = _together(_premises(node.p1), Premises(optional=(_premises(node.p2),)))
        case "Union":
            found = Premises(choices=((_premises(node.p1), _premises(node.p2)),))
        case "Minus":
            found = _premises(node.p1)
        case "Filter":
            found = _together(_premises(node.p), *_required(node.expr))
        case _:
            inner = getattr(node, "p", None)
            found = Premises() if inner is None else _premises(inner)
    return found


def _pattern(triple: Any) -> Pattern:  # noqa: ANN401 - a tuple of rdflib's terms
    subject, predicate, value = triple
    return Pattern(_slot(subject), predicate if isinstance(predicate, Path) else _slot(predicate), _slot(value))


def _required(expression: Any) -> Iterator[Premises]:  # noqa: ANN401 - rdflib's expressions are untyped
    """Yield the premises of each EXISTS that a filter needs (one that stands in a conjunction)."""
    kind = getattr(expression, "name", "")
    if kind == "ConditionalAndExpression":
        for part in (expression.expr, *expression.other):
            yield from _required(part)
    elif kind == "Builtin_EXISTS":
        yield _premises(expression.graph)


def _together(*groups: Premises) -> Premises:
    return Premises(
        tuple(pattern for group in groups for pattern in group.patterns),
        tuple(one for group in groups for one in group.optional),
        tuple(choice for group in groups for choice in group.choices),
    )

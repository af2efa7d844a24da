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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import pyoxigraph
from pyoxigraph import Variable

from samvirke.errors import InputError
from samvirke.model import NamedNode
from samvirke.rules.algebra import Pattern, Premises, Slot, Slots, all_patterns, read_algebra, together
from samvirke.rules.reads import Read, fixed_of, reads_of, settled
from samvirke.sparql.errors import syntax_error
from samvirke.sparql.tokens import Token, tokens
from samvirke.terms import TYPE

_HEADER = re.compile(r"#\s*(title|description)@([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*:\s*(.*?)\s*")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REFUSED_WORDS = frozenset({"FROM", "SERVICE", "SELECT", "LIMIT", "OFFSET", "GROUP", "HAVING", "ORDER"})


@dataclass(frozen=True)
class Rule:
    """A rule. `address` names it and the graph of what it infers; `file` is for messages.

    `engine` tells a rule of the engine from one of the site: an engine rule reads the ontology by
    GRAPH and the data without, a site's rule sees both without GRAPH too. An engine rule therefore
    comes in two halves: `axioms`, the SELECT of what it reads of the ontology, and `facts`, the
    plain patterns of data that follow. `given` holds the premises of a rule that is not in halves,
    `settled` the variables that can be told before it is asked, and `reads` what its matches depend on
    beside `fixed`, what they need of the ontology.
    """

    name: str
    address: NamedNode
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    text: str
    file: str
    engine: bool = False
    select: str = ""
    template: tuple[Slots, ...] = ()
    given: Premises = field(default_factory=Premises)
    axioms: str = ""
    facts: tuple[Slots, ...] = ()
    settled: frozenset[str] = frozenset()
    reads: tuple[Read, ...] = ()
    fixed: tuple[Slots, ...] = ()

    @cached_property
    def axiom_premises(self) -> Premises:
        """What a match of `axioms` rests on; read when it is first asked for."""
        return read_algebra(self.axioms, base=self.base, file=self.file)[1] if self.axioms else Premises()

    @cached_property
    def premises(self) -> Premises:
        """What a match of the whole rule rests on."""
        return together(self.axiom_premises, self.given, Premises(tuple(Pattern(*slots) for slots in self.facts)))

    @property
    def base(self) -> str:
        """The base address that the rule's own addresses are relative to."""
        return self.address.value.rpartition("rule/")[0]

    @property
    def predicates(self) -> frozenset[str] | None:
        """The predicates a match reads, or None when a pattern can read any."""
        found: set[str] = set()
        for pattern in all_patterns(self.premises):
            if isinstance(pattern.path, NamedNode):
                found.add(pattern.path.value)
            else:
                return None
        return frozenset(found)


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
    if engine:
        template, axioms, facts = _halves(text, file=file)
        premises, bound, reads, fixed = Premises(), frozenset[str](), tuple[Read, ...](), tuple[Slots, ...]()
    else:
        template, premises, where = read_algebra(text, base=base, file=file)
        axioms, facts, bound, reads, fixed = "", (), settled(where), reads_of(where), tuple(fixed_of(where))
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
        given=premises,
        axioms=axioms,
        facts=facts,
        settled=bound,
        reads=reads,
        fixed=fixed,
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


def _halves(text: str, *, file: str) -> tuple[tuple[Slots, ...], str, tuple[Slots, ...]]:
    """Return the template of an engine rule, the SELECT of the axioms it begins with, and the facts it ends with.

    What stands last in WHERE outside of any braces are the facts: plain patterns of variables and `a`.
    """
    found = list(tokens(text))
    start = next(i for i, token in enumerate(found) if token.kind == "word" and token.text.upper() == "CONSTRUCT")
    marks = [i for i, token in enumerate(found) if i > start and token.text in ("{", "}")]
    template = found[marks[0] + 1 : marks[1]]
    opening, closing, last = marks[2], marks[-1], marks[-2]
    axioms = f"{text[: found[start].start]}SELECT * {text[found[opening].start : found[last].start + 1]} }}"
    return _plain(template, text, file), axioms, _plain(found[last + 1 : closing], text, file)


def _plain(found: Sequence[Token], text: str, file: str) -> tuple[Slots, ...]:
    """Read patterns that hold variables and `a` only."""
    terms: list[Slot] = []
    for token in found:
        if token.kind == "variable":
            terms.append(Variable(token.text[1:]))
        elif token.text == "a":
            terms.append(TYPE)
        elif token.text != ".":
            raise _refused("A rule of the engine has only variables and `a` outside of GRAPH.", text, token, file)
    return tuple((terms[i], terms[i + 1], terms[i + 2]) for i in range(0, len(terms), 3))

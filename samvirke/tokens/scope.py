"""What a token may do: verbs, and for each the graphs it may touch.

Duty: read the scopes that a steward writes, and say whether they cover a graph. Level 3; pure functions.

    update                              may send SPARQL updates, to any graph
    put,post:https://a.example/d/*      may put and post graphs whose address begins like that
    undo:https://a.example/curated      may undo what touched that graph alone
    all                                 every verb

A graph is compared as it is written, letter by letter: RDF knows no other equality of addresses
(https://www.w3.org/TR/rdf11-concepts/#dfn-iri-equality).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from samvirke.errors import WrongUse
from samvirke.model import NamedNode

__all__ = ["ANY", "VERBS", "covers", "read_scope", "scope_words", "shown_pattern", "well_formed"]

VERBS = ("update", "put", "post", "delete", "undo", "review")
"""Everything a token can permit: SPARQL Update, the three writes of the Graph Store protocol, and two of our own.

Reading needs no token.
"""

ANY = "*"
"""Covers every graph. That no graph at all is named covers none: what was lost must not open anything."""

_ALL = "all"
_SYNTAX = "A scope is VERB or VERB:GRAPH; a graph that ends in * means all that begin like it."


def read_scope(written: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the graphs of each verb that the scopes of a command line name, in the order of `VERBS`.

    Raises: WrongUse when a verb is unknown or a graph is no full address; it names the nearest known verb.
    """
    found: dict[str, list[str]] = {}
    for text in written:
        verbs, colon, graph = text.strip().partition(":")
        named = tuple(_verbs(verbs, text))
        pattern = _pattern(graph.strip(), text) if colon else ANY
        for verb in named:
            found.setdefault(verb, []).append(pattern)
    return {verb: _fewest(found[verb]) for verb in VERBS if verb in found}


def _verbs(text: str, scope: str) -> Iterable[str]:
    names = [name.strip().lower() for name in text.split(",")]
    for name in names:
        if name not in (*VERBS, _ALL):
            raise _unknown(name, scope)
    return VERBS if _ALL in names else names


def _unknown(name: str, scope: str) -> WrongUse:
    near = difflib.get_close_matches(name, (*VERBS, _ALL), n=1, cutoff=0.5)
    meant = f"Did you mean “{near[0]}”? " if near else ""
    message = f"There is no verb “{name}” in a scope." if name else f"The scope “{scope}” names no verb."
    return WrongUse(message, remedy=f"{meant}Verbs are {', '.join(VERBS)} and {_ALL}. {_SYNTAX}")


def _pattern(graph: str, scope: str) -> str:
    if not graph:
        raise WrongUse(
            f"The scope “{scope}” ends in a colon.", remedy=f"Name a graph, or leave out the colon. {_SYNTAX}"
        )
    if not well_formed(graph):
        raise WrongUse(f"“{graph}” is not the full address of a graph, nor the beginning of one.", remedy=_SYNTAX)
    return graph


def well_formed(pattern: str) -> bool:
    """Say whether a pattern is `*`, a full address, or the beginning of one with a `*` behind it."""
    if pattern == ANY:
        return True
    beginning = pattern.removesuffix(ANY)
    if ANY in beginning:
        return False
    try:
        # A beginning may end in half an escape or behind a `#`; letters behind it make it whole.
        NamedNode(beginning if beginning == pattern else f"{beginning.rstrip('%')}aa")
    except ValueError:
        return False
    return True


def _fewest(patterns: Iterable[str]) -> tuple[str, ...]:
    """Leave out the patterns that another one covers."""
    different = sorted(set(patterns))
    return tuple(
        one
        for one in different
        if not any(other != one and other.endswith(ANY) and one.startswith(other[:-1]) for other in different)
    )


def covers(patterns: Iterable[str], graph: str) -> bool:
    """Say whether one of the patterns covers a graph; the default graph is "", and only `*` covers that."""
    return any(graph.startswith(one[:-1]) if one.endswith(ANY) else graph == one for one in patterns)


def scope_words(scope: Mapping[str, Iterable[str]]) -> list[str]:
    """Return scopes as a steward writes them; `read_scope` reads them back."""
    return [verb if pattern == ANY else f"{verb}:{pattern}" for verb in scope for pattern in scope[verb]]


def shown_pattern(pattern: str) -> str:
    """Return a pattern for a sentence."""
    if pattern == ANY:
        return "all graphs"
    return f"<{pattern[:-1]}…>" if pattern.endswith(ANY) else f"<{pattern}>"

"""The rules of a published graph, read from the graph itself.

Duty: from the descriptions in `<base>schema/rules` to the rules that were applied, in their order, so that
what is published can be kept up to date without the folder it was built from. Level 4; reads a store.
The site's own rules stand there with their text; the engine's are those of this installation, and must be
the ones the graph was built with.
"""

from __future__ import annotations

import pyoxigraph

from samvirke.errors import StoreDamaged
from samvirke.model import Literal, NamedNode
from samvirke.rules import date_bounds, engine_rules
from samvirke.rules.text import Rule, read_rule
from samvirke.terms import CORE, TYPE

__all__ = ["published_rules"]


def published_rules(store: pyoxigraph.Store, base: str) -> tuple[Rule, ...]:
    """Return the rules that a published graph was built with; they differ from those loaded then in `file` only.

    Raises: StoreDamaged when the graph was built with other rules of the engine, or does not tell a rule's text;
            InputError when a text is no rule.
    """
    texts = _texts(store, base)
    computed, engine = date_bounds.rule(base), engine_rules(base)
    for rule in (computed, *engine):
        if texts.pop(rule.name, "") != (rule.text or None):
            raise StoreDamaged(
                f"The graph was built with another rule {rule.name!r} than this version of Samvirke has.",
                remedy="Build the site again.",
            )
    for name, text in texts.items():
        if text is None:
            raise StoreDamaged(
                f"The graph does not tell the text of its rule {name!r}.", remedy="Build the site again."
            )
    own = [
        read_rule(text, name=name, base=base, file=f"{base}rule/{name}")
        for name, text in sorted(texts.items())
        if text is not None
    ]
    return (computed, *own, *engine)


def _texts(store: pyoxigraph.Store, base: str) -> dict[str, str | None]:
    """Return the text of each rule by its name; None where there is none."""
    graph, folder = NamedNode(f"{base}schema/rules"), f"{base}rule/"
    found: dict[str, str | None] = {}
    for quad in store.quads_for_pattern(None, TYPE, CORE.Rule, graph):
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(folder):
            told = [one.object for one in store.quads_for_pattern(quad.subject, CORE.ruleText, None, graph)]
            texts = sorted(one.value for one in told if isinstance(one, Literal))
            found[quad.subject.value.removeprefix(folder)] = texts[0] if texts else None
    return found

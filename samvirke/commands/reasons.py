"""Why a fact holds: its words, or the rule and the premises it follows from.

Level 8. Opens the published store in this process – what is asked here is our own question, never a
stranger's query – with the rules of the site as they are now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from samvirke.commands.frame import Frame, words
from samvirke.commands.published import Published, published
from samvirke.errors import NotFound

if TYPE_CHECKING:
    from samvirke.model import BlankNode, NamedNode, Term
    from samvirke.rules import Explanation
    from samvirke.site import Site

KINDS = {
    "asserted": words("said in", "sagt i"),
    "axiom": words("by the ontology", "efter ontologien"),
    "inferred": words("follows by the rule “{rule}” from", "følger af reglen “{rule}” ud fra"),
    "computed": words("computed by “{rule}” from", "beregnet af “{rule}” ud fra"),
}


def explain_fact(frame: Frame, subject: str, predicate: str, object_: str, file: IO[bytes]) -> None:
    """Write the explanation of one fact as an indented tree, or as JSON.

    Raises: NotFound when one of the three is unknown or the fact is not there.
    """
    site = frame.open_site()
    with published(site, frame.language) as known:
        store, found = _explained(site, known, subject, predicate, object_)
        if frame.json:
            file.write((json.dumps(as_data(found), ensure_ascii=False, indent=2) + "\n").encode())
        else:
            file.writelines(f"{line}\n".encode() for line in _tree(frame, known, store, found, 0))


def found_fact(site: Site, known: Published, subject: str, predicate: str, object_: str) -> Explanation:
    """Return the explanation of the fact that three names stand for.

    Raises: NotFound when one of the three is unknown or the fact is not there.
    """
    return _explained(site, known, subject, predicate, object_)[1]


def _explained(site: Site, known: Published, subject: str, predicate: str, object_: str) -> tuple[Any, Explanation]:
    """The store and the explanation found in it."""
    from samvirke.model import NamedNode, Triple
    from samvirke.rules import explain, load_rules
    from samvirke.store import open_generation

    store = open_generation(Path(known.publication.directory))
    start, link = NamedNode(known.find(subject)), NamedNode(known.find_term(predicate))
    end = _choose(known, object_, _objects(store, start, link))
    return store, explain(store, load_rules(site), Triple(start, link, end))


def _objects(store: Any, subject: NamedNode, predicate: NamedNode) -> list[Term]:  # noqa: ANN401 - the engine's store
    """Return what the fact can end in: one by these two parts, whichever graph it stands in."""
    return sorted({quad.object for quad in store.quads_for_pattern(subject, predicate, None, None)}, key=str)


def _choose(known: Published, text: str, candidates: list[Term]) -> Term:
    """Return the candidate that `text` names: an address, a label, or a text with or without its quotes."""
    from samvirke.model import Literal, NamedNode

    exact = [term for term in candidates if str(term) == text]
    plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    literal = [term for term in candidates if isinstance(term, Literal) and term.value == plain]
    for found in (exact, literal):
        if found:
            return found[0]
    if text.startswith('"'):
        raise NotFound(
            f"The graph does not say {text} there.",
            remedy=f"It says: {', '.join(map(str, candidates))}." if candidates else "It says nothing there.",
        )
    return NamedNode(known.find(text))


def _tree(frame: Frame, known: Published, store: Any, one: Explanation, depth: int) -> Iterator[str]:  # noqa: ANN401 - the engine's store
    indent = "  " * depth
    yield f"{indent}{' – '.join(_named(known, store, term) for term in one.triple)}"
    rule = one.rule.titles.get(frame.language, one.rule.name) if one.rule else ""
    yield f"{indent}  {frame.say(KINDS[one.kind], rule=rule)}" + (f" {one.rule.address.value}" if one.rule else "")
    for support in one.passages:
        if support.quote:
            yield f"{indent}    “{' '.join(support.quote.split())}”" + (
                f" ({frame.say(words('implied', 'underforstået'))})" if support.mode == "implied" else ""
            )
        yield f"{indent}    {support.address}"
    for premise in one.premises:
        yield from _tree(frame, known, store, premise, depth + 2)


def _named(known: Published, store: Any, term: Any, above: tuple[Any, ...] = ()) -> str:  # noqa: ANN401 - any RDF term
    from samvirke.model import BlankNode, NamedNode

    if isinstance(term, NamedNode):
        return known.label(term.value)
    if not isinstance(term, BlankNode):
        return str(term)
    # A node without an address that leads back to itself is not told again.
    return "…" if term in above else _spelled_out(known, store, term, (*above, term))


def _spelled_out(known: Published, store: Any, node: BlankNode, above: tuple[Any, ...]) -> str:  # noqa: ANN401 - the engine's store
    """Write what stands in a node that has no address: a list as (one, two), anything else as [property value]."""
    from samvirke.terms import RDF

    members: list[Any] = []
    cells: list[Any] = [node]
    while cells[-1] is not None and cells[-1] not in cells[:-1]:
        members += [quad.object for quad in store.quads_for_pattern(cells[-1], RDF.first, None, None)][:1]
        cells.append(next((quad.object for quad in store.quads_for_pattern(cells[-1], RDF.rest, None, None)), None))
    if members:
        return f"({', '.join(_named(known, store, member, above) for member in members)})"
    parts = {(quad.predicate, quad.object) for quad in store.quads_for_pattern(node, None, None, None)}
    return f"[{'; '.join(sorted(f'{_named(known, store, p)} {_named(known, store, o, above)}' for p, o in parts))}]"


def as_data(one: Explanation) -> dict[str, Any]:
    """Return an explanation as plain values."""
    data: dict[str, Any] = {"fact": [str(term) for term in one.triple], "kind": one.kind}
    if one.rule:
        data["rule"] = one.rule.address.value
    if one.passages:
        data["passages"] = [
            {"address": support.address, "quote": support.quote, "mode": support.mode, "hedge": support.hedge}
            for support in one.passages
        ]
    if one.premises:
        data["premises"] = [as_data(premise) for premise in one.premises]
    return data

"""Which constraints in SPARQL can be asked for all focus nodes at once, and how.

Duty: from the text of a query to texts that give, for many focus nodes together, exactly the rows that
binding `$this` beforehand gives for each of them. Level 3; pure, evaluates nothing.
Pre-binding gives `$this` its value everywhere, in nested groups and filters too; a join gives it only where
the group that is joined holds it. The two agree where every group that speaks of `$this` also binds it, by a
pattern that only facts match, before an expression asks for it; `_walk` is that rule, and a query that breaks
it is left to be asked node by node. The rows are taken as a set, as findings are: each comes once.
Source: https://www.w3.org/TR/shacl/#pre-binding, https://www.w3.org/TR/sparql11-query/#sparqlAlgebra
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex

from samvirke.gate.groups import Element, Group, NotReadError, Pattern, Select, read

THIS = "?this"
# No fact holds it, so that a pattern never matches it; nobody can know it beforehand.
_NOTHING = f"<urn:samvirke:unbound:{token_hex(16)}>"
Change = tuple[int, int, str, str]
"""Where a part of a text begins and ends, and what is put before and after it."""
# What is not the same at each call.
_FLEETING = frozenset({"RAND", "UUID", "STRUUID", "BNODE", "NOW"})


@dataclass(frozen=True, slots=True)
class Together:
    """A query that can be asked for many focus nodes at once.

    Each of `texts` is what stands before the place for VALUES and what stands after it; the rows of
    all of them count. `free` says that they may be asked without VALUES, for whatever is found: then
    `counted` are the patterns, as texts, whose number of facts bounds what comes of it, and `whole` a text
    that is to be asked in place of the others, if there is one.
    """

    texts: tuple[tuple[str, str], ...]
    free: bool
    counted: tuple[str, ...] = ()
    whole: str = ""

    def joined(self, focus: Iterable[str]) -> Iterator[str]:
        """Yield the texts for some focus nodes."""
        values = f" VALUES {THIS} {{ {' '.join(focus)} }} "
        return (before + values + after for before, after in self.texts)


@lru_cache(maxsize=512)  # a recheck asks the same queries again after each change
def together(text: str) -> Together | None:
    """How a query can be asked for many focus nodes, or None when it cannot."""
    try:
        select = read(text)
        if not _shows_this(select) or select.sliced or not _groups_by_this(select):
            return None
        _walk(select.where, bound=True)
    except NotReadError:
        return None
    try:
        free = _walk(select.where, bound=False)
    except NotReadError:
        free = False
    changes = list(_lone(select))
    texts = tuple(_split(edited, at) for edited, at in _variants(text, select, changes))
    return Together(texts, free, tuple(_counted(text, select)), _graphs_first(text, select) if free else "")


def _shows_this(select: Select) -> bool:
    return select.shown is None or THIS in select.shown


def _groups_by_this(select: Select) -> bool:
    """Whether rows of different focus nodes stay apart."""
    return (not select.aggregates and select.grouped is None) or THIS in (select.grouped or ())


# ---------------------------------------------------------------- the rule


def _walk(group: Group, *, bound: bool) -> bool:
    """Whether `$this` is bound at the end of a group.

    Raises: NotReadError where pre-binding could give something else.
    """
    asked = False
    for one in group.elements:
        if THIS not in one.names:
            continue
        if one.kind == "triples":
            bound = _triples(one) or bound
        elif one.kind == "filter":
            asked = True  # at the end of the group, wherever it stands
            _exists(one)
        elif one.kind == "bind":
            if one.term == THIS or not bound:
                raise NotReadError
            _exists(one)
        elif one.kind == "optional":
            if not bound:
                raise NotReadError
            _optional(one.groups[0])
        elif one.kind == "graph":
            bound = _graph(one)
        else:
            bound = _nested(one, bound=bound)
    if asked and not bound:
        raise NotReadError
    return bound


def _triples(one: Element) -> bool:
    touching = [pattern for pattern in one.patterns if THIS in (pattern.subject, pattern.predicate, pattern.value)]
    if touching and all(pattern.nullable for pattern in touching):
        raise NotReadError  # it matches a term of which there is no fact
    return bool(touching)


def _exists(one: Element) -> None:
    """Examine groups that are asked with `$this` bound from outside."""
    for group in one.groups:
        if THIS in group.names:
            _walk(group, bound=True)


def _optional(group: Group) -> None:
    """Examine a group whose own filters see what stands before it."""
    filters = [one for one in group.elements if one.kind == "filter"]
    rest = [one for one in group.elements if one.kind != "filter"]
    for one in filters:
        _exists(one)
    _walk(Group(group.start, group.end, rest), bound=False)


def _graph(one: Element) -> bool:
    """Examine a group in GRAPH, which is evaluated on its own."""
    group = one.groups[0]
    if THIS in group.names and not _walk(group, bound=False):
        raise NotReadError
    if one.term == THIS and not any(inner.kind == "triples" for inner in group.elements):
        raise NotReadError  # there may be no such graph
    return True


def _nested(one: Element, *, bound: bool) -> bool:
    if one.select is not None:
        if not _shows_this(one.select) or one.select.sliced or not _groups_by_this(one.select):
            raise NotReadError
        if not _walk(one.select.where, bound=False):
            raise NotReadError
        return True
    speaking = [group for group in one.groups if THIS in group.names]
    for group in speaking:
        if not _walk(group, bound=False):
            raise NotReadError
    if len(speaking) < len(one.groups) and not bound:
        raise NotReadError
    return True


# ---------------------------------------------------------------- other texts with the same rows


def _split(text: str, at: int) -> tuple[str, str]:
    return text[:at], text[at:]


def _uses(select: Select) -> Counter[str]:
    return select.head + select.where.names


def _lone(select: Select) -> Iterator[Change]:
    """Yield patterns that only ask whether there is such a fact, each to be asked once for all its facts.

    Without this, the engine would go through every fact for each row of the rest of the query.
    """
    uses = _uses(select)
    if select.shown is None or select.aggregates or select.grouped is not None:
        return
    triples = [one for one in select.where.elements if one.kind == "triples"]
    for one in triples:
        if len(one.patterns) != 1 or one.patterns[0].nullable:
            continue
        pattern = one.patterns[0]
        names = [name for name in (pattern.subject, pattern.predicate, pattern.value) if name.startswith("?")]
        kept = [name for name in names if uses[name] > 1]
        elsewhere = {name for other in triples if other is not one for name in other.names}
        known = all(name in uses for name in names) and len(set(names)) == len(names) > 1
        if known and len(kept) == 1 and kept[0] != THIS and kept[0] not in elsewhere:
            yield one.start, one.end, f"{{ SELECT DISTINCT {kept[0]} WHERE {{ ", " } }"


def _variants(text: str, select: Select, changes: list[Change]) -> Iterator[tuple[str, int]]:
    """Yield the texts to ask, each with the place for VALUES.

    Where a BIND may fail, and a pattern after it is joined by what it binds, the engine would compare each
    row with each: what is bound is asked for with a value in its place when there is none, and what is not
    bound is asked for alone.
    """
    place = select.where.start + 1
    found = _joined_bind(select)
    if found is None:
        yield _edited(text, changes, place)
        return
    bind = found
    yield _edited(text, [*changes, (*bind.inner, "COALESCE(", f", {_NOTHING}) ")], place)
    before = [one for one in select.where.elements if one.start < bind.start]
    kept = [one for one in before if one.kind != "filter"]
    filters = " ".join(text[one.start : one.end] for one in before if one.kind == "filter")
    begun = f"{text[:place]} {{"
    inside = " . ".join(text[one.start : one.end] for one in (*kept, bind))
    rest = f"{inside} FILTER(!BOUND({bind.term})) }} {filters} {text[bind.end :]}"
    yield begun + rest, len(begun)


def _joined_bind(select: Select) -> Element | None:
    """The first BIND whose variable a pattern right behind it needs."""
    elements = select.where.elements
    for place, one in enumerate(elements):
        if one.kind != "bind" or one.groups or not _FLEETING.isdisjoint(one.words):
            continue
        after = [other for other in elements[place + 1 :] if other.kind != "filter"]
        needing = after[0].patterns if after and after[0].kind == "triples" else []
        if any(one.term in (each.subject, each.value) and not each.nullable for each in needing):
            return one
    return None


def _edited(text: str, changes: Iterable[Change], place: int) -> tuple[str, int]:
    """Put something before and after parts of a text."""
    for start, end, before, after in sorted(changes, reverse=True):
        assert start >= place, "the WHERE is what is changed"
        text = text[:start] + before + text[start:end] + after + text[end:]
    return text, place


def _graphs_first(text: str, select: Select) -> str:
    """A text that chooses the graphs before it looks into them, where filters speak of the graph alone."""
    graphs = [one for one in select.where.elements if one.kind == "graph"]
    filters = [one for one in select.where.elements if one.kind == "filter"]
    if len(graphs) != 1 or len(graphs) + len(filters) != len(select.where.elements):
        return ""
    graph = graphs[0]
    alone = [
        text[one.start : one.end]
        for one in filters
        if set(one.names) == {graph.term} and not one.groups and _FLEETING.isdisjoint(one.words)
    ]
    if not graph.term.startswith("?") or graph.term == THIS or not alone or not _any_property(graph.groups[0]):
        return ""
    chosen = f" {{ SELECT {graph.term} WHERE {{ GRAPH {graph.term} {{}} {' '.join(alone)} }} }} "
    return text[: graph.start] + chosen + text[graph.start :]


def _any_property(group: Group) -> bool:
    return [one.kind for one in group.elements] == ["triples"] and all(
        pattern.predicate.startswith("?") for pattern in group.elements[0].patterns
    )


def _counted(text: str, select: Select) -> Iterator[str]:
    """Yield queries for the number of facts that a pattern of `$this` has."""
    for one in select.where.elements:
        graph = one.kind == "graph"
        for inner in one.groups[0].elements if graph else [one]:
            for pattern in inner.patterns if inner.kind == "triples" else ():
                if THIS in (pattern.subject, pattern.value) and _plain(pattern):
                    fact = f"?s {pattern.predicate} ?o"
                    fact = f"GRAPH ?g {{ {fact} }}" if graph else fact
                    yield f"{text[: select.start]}SELECT (COUNT(*) AS ?n) WHERE {{ {fact} }}"


def _plain(pattern: Pattern) -> bool:
    return pattern.single and not pattern.predicate.startswith("?")

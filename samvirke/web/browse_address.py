"""What is chosen of a list, as its address has it.

Duty: read the parameters of a list's address and write them again, in one order: the same choice has the same
address. Level 7. A value that cannot be is left out, so that no address is a mistake.

    ?f.<facet>=<value>   chosen; again for any of several
    ?sort=<column>       "-" in front: from the end; ?page=<n>; ?view=<tab>; ?all=<facet> with all its values
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from samvirke.schema.facets import ACTIVE, ANSWER, CLASS, DOCUMENT
from samvirke.search import Listed
from samvirke.search.spans import ANSWERS, parse_span
from samvirke.web.links import Links, is_iri

__all__ = ["MOST_CHOSEN", "State", "read_state"]

MOST_CHOSEN = 40
"""Values that are chosen at once, in all."""
LAST_PAGE = 10_000
_PREFIX = "f."


@dataclass(frozen=True, slots=True)
class State:
    """A choice: values by facet as the index has them, the column sorted by, the page, and the tab that is open.

    `every` names a facet that shows all its values.
    """

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    page: int = 1
    view: str = ""
    every: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.chosen)

    def query(self, links: Links) -> str:
        """Return the parameters as an address has them, with their question mark; "" where there are none."""
        pairs = [
            (f"{_PREFIX}{name}", _written(links, name, value))
            for name, values in sorted(self.chosen.items())
            for value in sorted(values)
        ]
        if self.sort or self.descending:
            pairs.append(("sort", ("-" if self.descending else "") + (self.sort or "name")))
        pairs += [(name, value) for name, value in (("view", self.view), ("all", self.every)) if value]
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return f"?{urlencode(pairs, quote_via=quote, safe='/:')}" if pairs else ""

    def pairs(self, links: Links) -> list[tuple[str, str]]:
        """Return what a form has to carry along: the choice and the tab, not the page."""
        found = [
            (f"{_PREFIX}{name}", _written(links, name, value))
            for name, values in sorted(self.chosen.items())
            for value in sorted(values)
        ]
        if self.sort or self.descending:
            found.append(("sort", ("-" if self.descending else "") + (self.sort or "name")))
        return [*found, *([("view", self.view)] if self.view else [])]

    def with_value(self, name: str, value: str) -> State:
        """Return the choice with one value more."""
        values = tuple(sorted({*self.chosen.get(name, ()), value}))
        return replace(self, chosen={**self.chosen, name: values}, page=1)

    def without(self, name: str, value: str | None = None) -> State:
        """Return the choice with one value less, or none of a facet. How sure it is goes with the time asked for."""
        left = tuple(one for one in self.chosen.get(name, ()) if value is not None and one != value)
        gone = {name} if not left else set()
        if ACTIVE in gone:
            gone.add(ANSWER)
        kept = {one: values for one, values in self.chosen.items() if one not in gone and one != name}
        return replace(self, chosen={**kept, **({name: left} if left else {})}, page=1)


def read_state(parameters: Iterable[tuple[str, str]], listed: Listed, links: Links, views: Sequence[str]) -> State:
    """Read the parameters of an address; what this list cannot have is left out."""
    facets = {facet.name for facet in listed.facets}
    if ACTIVE in facets:
        facets.add(ANSWER)
    chosen: dict[str, set[str]] = {}
    told: dict[str, str] = {}
    number = 0
    for name, text in parameters:
        if not name.startswith(_PREFIX):
            told.setdefault(name, text)
            continue
        value = _read(links, name.removeprefix(_PREFIX), text)
        if value and name.removeprefix(_PREFIX) in facets and number < MOST_CHOSEN:
            number += 1
            chosen.setdefault(name.removeprefix(_PREFIX), set()).add(value)
    if (span := _span(told.get("from", ""), told.get("to", ""))) and ACTIVE in facets:
        chosen[ACTIVE] = {span}
    if ACTIVE not in chosen:
        chosen.pop(ANSWER, None)
    sort = told.get("sort", "")
    column = sort.removeprefix("-")
    column = "" if column == "name" or column not in listed.sorts else column
    page = told.get("page", "")
    return State(
        chosen={name: tuple(sorted(values)) for name, values in sorted(chosen.items())},
        sort=column,
        descending=sort.startswith("-") and (bool(column) or sort == "-name"),
        page=min(max(int(page), 1), LAST_PAGE) if page.isascii() and page.isdigit() and len(page) < 9 else 1,  # noqa: PLR2004 - no number of a page is longer
        view=told.get("view", "") if told.get("view", "") in views else "",
        every=told.get("all", "") if told.get("all", "") in facets else "",
    )


def _span(first: str, last: str) -> str:
    """The years of the form, as a facet has them; one is enough."""
    first, last = first.strip(), last.strip()
    span = parse_span(f"{first or last}/{last or first}") if first or last else None
    if span is None:
        return ""
    return str(span[0]) if span[0] == span[1] else f"{span[0]}/{span[1]}"


def _read(links: Links, name: str, text: str) -> str:
    """The value of a facet that a text of an address names; "" where it is none."""
    if name == ACTIVE:
        return _span(*text.partition("/")[::2])
    if name == ANSWER:
        return text if text in ANSWERS else ""
    if name == CLASS:
        return links.class_of(text) or (text if is_iri(text) else "")
    value = text if is_iri(text) else f"{links.base}{'document' if name == DOCUMENT else 'id'}/{text}"
    return value if text and is_iri(value) else ""


def _written(links: Links, name: str, value: str) -> str:
    """The text that an address has for the value of a facet: short where it is below the base."""
    if name in {ACTIVE, ANSWER}:
        return value
    if name == CLASS:
        return links.class_slugs.get(value, value)
    start = f"{links.base}{'document' if name == DOCUMENT else 'id'}/"
    short = value.removeprefix(start)
    return short if value.startswith(start) and short and not is_iri(short) else value

"""The views of a list beside its table: when, where, and what is connected with what.

Duty: from the rows of a page to what `samvirke.web.views` draws. Level 7. A picture is the second view of the table
below it: it shows the rows of the page, a map the places of all that is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from samvirke.schema.facets import NamedField
from samvirke.search import Listed
from samvirke.web import wording
from samvirke.web.browse_rows import Row, field_label
from samvirke.web.publication import Publication
from samvirke.web.views import Dated, Edge, Node, Placed, graph_of, map_of, timeline_of

__all__ = ["VIEWS", "offered_views", "picture", "view_names"]

VIEWS = ("timeline", "map", "graph", "data")
"""The tabs beside the list, as an address names them."""


def offered_views(listed: Listed) -> tuple[str, ...]:
    """Return the tabs that a list has: none that would be empty whatever is chosen."""
    have = {"timeline": listed.dated, "map": bool(listed.mapped), "graph": bool(listed.columns), "data": True}
    return tuple(view for view in VIEWS if have[view])


def view_names(lang: str) -> Mapping[str, str]:
    """Return what the tabs are called."""
    gettext = wording.words(lang).gettext
    names = (gettext("Timeline"), gettext("Map"), gettext("Graph"), gettext("Data"))
    return dict(zip(VIEWS, names, strict=True))


def picture(
    publication: Publication,
    lang: str,
    view: str,
    rows: Sequence[Row],
    columns: Sequence[NamedField],
    *,
    spots: Sequence[tuple[str, str, int]],
) -> Markup:
    """Return the picture of a view, "" where it has none. `spots` are addresses, names and how many are there."""
    if view == "timeline":
        return timeline_of(tuple(_dated(publication, lang, rows)), lang, schema=publication.schema)
    if view == "map":
        points = publication.index.points([iri for iri, _, _ in spots])
        page = publication.links.page
        return map_of(
            [Placed(name, page(iri, lang), *points[iri], count) for iri, name, count in spots if iri in points], lang
        )
    if view == "graph":
        return _graph(publication, lang, rows, columns)
    return Markup()


def _dated(publication: Publication, lang: str, rows: Sequence[Row]) -> Iterator[Dated]:
    for row in rows:
        member = row.member
        for date in row.dates or ("",):
            href = publication.links.page(member.iri, lang)
            yield Dated(member.label, href, member.class_iri, point=date)


def _graph(publication: Publication, lang: str, rows: Sequence[Row], columns: Sequence[NamedField]) -> Markup:
    """Each thing of the page with the things of its columns."""
    page, labels = publication.links.page, [field_label(publication, one.field, lang).value for one in columns]
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    for row in rows:
        member = row.member
        nodes[member.iri] = Node(member.iri, member.label, page(member.iri, lang), member.class_iri)
    for row in rows:
        for label, column, cells in zip(labels, columns, row.columns, strict=True):
            for value in (value for cell in cells for value in cell.values if value.kind == "thing"):
                nodes.setdefault(value.iri, Node(value.iri, value.text, page(value.iri, lang), value.class_iri))
                ends = (value.iri, row.member.iri) if column.field.inverse else (row.member.iri, value.iri)
                edges.append(Edge(*ends, label))
    return graph_of(tuple(nodes.values()), edges, lang, schema=publication.schema)

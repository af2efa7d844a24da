"""What a thing is connected with, as a page: lists with numbers, and the picture of them.

Duty: lay out what `neighbours` found. Level 7 (web). A page takes one read of the store for each thing whose
connections are shown. What is opened in the picture stands in the address, so it works without script, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from flask import Blueprint, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from samvirke.errors import NotFound
from samvirke.schema.hints import ClassHint
from samvirke.search import Member
from samvirke.web import layout, wording
from samvirke.web.entity_pages import fields_of
from samvirke.web.graph_files import WRITERS
from samvirke.web.layout import Crumb, DataLink, Page
from samvirke.web.links import Links
from samvirke.web.neighbours import STEP, Group, Neighbours, neighbours, slice_of
from samvirke.web.publication import Publication, current, serving
from samvirke.web.views import SHEET, Edge, Node, graph_of

__all__ = ["Opened", "blueprint", "edge_of", "for_script", "found_here", "opened_here", "picture_of"]

blueprint = Blueprint("graph_pages", __name__)

MOST_OPENED = 8
"""Things whose connections are shown in one picture besides those of its own."""
FEW, MANY = 8, 3
"""How many things on one relation are drawn one by one: where there are few in all, and where there are many."""
CROWD = 40
_BIG = 10**6


@dataclass(frozen=True, slots=True)
class Opened:
    """A thing whose connections are in the picture, too; `key` and `number` say of which relation, and how many."""

    iri: str
    key: str = ""
    number: int = STEP

    @property
    def text(self) -> str:
        """Return it as it stands in an address."""
        return f"{self.iri} {self.key} {self.number:d}" if self.key else self.iri


@dataclass(frozen=True, slots=True)
class Shown:
    """A relation on the page: which of its things are shown, and where the others are; `listed` can be reached."""

    group: Group
    anchor: str
    first: int
    last: int
    listed: int
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class GraphContext:
    """What `graph.html` shows.

    `opened` are the names of what was opened, with the address without it; `again` what a form that opens more says
    again, `path` where it leads, and `marked` the addresses of what is opened.
    """

    page: Page
    this: Member
    href: str
    total: int
    groups: tuple[Shown, ...]
    opened: tuple[tuple[str, str], ...]
    path: str
    again: tuple[tuple[str, str], ...]
    marked: frozenset[str]
    picture: Markup
    files: tuple[tuple[str, str], ...]
    data: Markup


# ---------------------------------------------------------------- the page


@blueprint.get("/<language:lang>/id/<path:name>/graph")
def thing(lang: str, name: str) -> str | BaseResponse:
    """Show what the thing at `/<lang>/id/<name>` is connected with."""
    publication = current()
    for iri in publication.links.candidates(f"id/{name}"):
        if serving().entity(iri) is not None:
            return _show(publication, iri, lang)
    for iri in publication.links.candidates(f"id/{name}".rstrip("/")):
        meant = publication.index.like(iri)
        if meant is not None:
            return redirect(publication.links.graph(meant, lang), 301)
    raise NotFound("Nothing has this address.", remedy="Search for its name.")


@blueprint.get("/<language:lang>/graph")
def elsewhere(lang: str) -> str | BaseResponse:
    """Show what a thing named in the query is connected with; without one, lead to the files of everything."""
    iri = request.args.get("about", "")
    links = current().links
    if not iri:
        return redirect(links.dataset(lang), 303)
    return _show(current(), iri, lang)


def _show(publication: Publication, iri: str, lang: str) -> str:
    found = found_here(publication, iri, lang)
    opened = opened_here()
    others = [(one, more) for one in opened if (more := neighbours(publication, one.iri, lang)) is not None]
    gettext = wording.words(lang).gettext
    links, this = publication.links, found.this
    title = gettext("Connections of %(name)s") % {"name": this.label}
    key, page_number = request.args.get("relation", ""), min(max(request.args.get("page", 1, type=int), 1), _BIG)
    context = GraphContext(
        page=layout.frame(
            lang=lang,
            path=links.graph(iri, lang).removeprefix(f"/{lang}"),
            title=title,
            description=gettext("What %(name)s is connected with, as lists and as a picture.") % {"name": this.label},
            crumbs=[Crumb(this.label, links.page(iri, lang)), Crumb(gettext("Connections"))],
            robots="noindex",
            data_links=[DataLink(kind, links.graph_file(iri, lang, ending)) for ending, (kind, _) in WRITERS.items()],
            sheets=(SHEET,),
            scripts=layout.made("graph.js"),
        ),
        this=this,
        href=links.page(iri, lang),
        total=found.total,
        groups=tuple(
            _shown(one, f"r{at:d}", partial(links.graph, iri, lang), page_number if one.key == key else 1)
            for at, one in enumerate(found.groups, 1)
        ),
        opened=tuple(
            (more.this.label, _address(links, iri, lang, [other for other in opened if other != one]))
            for one, more in others
        ),
        path=links.graph(iri, lang).partition("?")[0],
        again=(*((("about", iri),) if "about=" in links.graph(iri, lang) else ()), *_again(found, opened)),
        marked=frozenset(one.iri for one in opened if not one.key),
        picture=picture_of(publication, found, others, lang),
        files=tuple((ending, links.graph_file(iri, lang, ending)) for ending in ("svg", *WRITERS)),
        data=layout.json_ld(for_script(publication, found, lang) | {"words": _words(lang)}),
    )
    return render_template("graph.html", **fields_of(context))


def found_here(publication: Publication, iri: str, lang: str) -> Neighbours:
    """Return a thing with what it is connected with. Raises: NotFound."""
    found = neighbours(publication, iri, lang)
    if found is None:
        raise NotFound("Nothing has this address.", remedy="Search for its name.")
    return found


def _shown(group: Group, anchor: str, path: Callable[..., str], number: int) -> Shown:
    """A page of a relation's things; `path` writes the address of another one."""
    pages = max(1, -(-len(group.things) // STEP))
    number = min(number, pages)
    first = (number - 1) * STEP

    def address(wanted: int) -> str:
        return f"{path(relation=group.key, page=wanted if wanted > 1 else None)}#{anchor}"

    return Shown(
        group=slice_of(group, first),
        anchor=anchor,
        first=first + 1,
        last=min(first + STEP, len(group.things)),
        listed=len(group.things),
        previous=address(number - 1) if number > 1 else "",
        next=address(number + 1) if number < pages else "",
    )


def opened_here() -> list[Opened]:
    """Return what the address says to open: an address, or an address, a relation and a number."""
    found: dict[str, Opened] = {}
    for text in request.args.getlist("open")[:MOST_OPENED]:
        iri, _, rest = text.partition(" ")
        key, _, number = rest.rpartition(" ")
        if iri:
            wanted = min(int(number), 8 * STEP) if number.isascii() and number.isdigit() and len(number) < 5 else STEP  # noqa: PLR2004 - no more digits
            found[f"{iri} {key}"] = Opened(iri, key, max(1, wanted))
    return list(found.values())


def _again(found: Neighbours, opened: Sequence[Opened]) -> Iterator[tuple[str, str]]:
    """What the boxes of the form cannot say: things opened in part, and those that no list has."""
    listed = {one.iri for group in found.groups for one in group.things[:STEP]}
    yield from (("open", one.text) for one in opened if one.key or one.iri not in listed)


def _address(links: Links, iri: str, lang: str, opened: Sequence[Opened]) -> str:
    path = links.graph(iri, lang)
    for one in opened:
        path += f"{'&' if '?' in path else '?'}open={quote_plus(one.text)}"
    return path


# ---------------------------------------------------------------- the picture


def picture_of(
    publication: Publication, found: Neighbours, others: Sequence[tuple[Opened, Neighbours]], lang: str
) -> Markup:
    """Return the picture of a thing's connections, and of those of what was opened."""
    nodes, edges = _graph(publication, found, others, lang)
    few = len(nodes) <= CROWD
    return graph_of(
        list(nodes.values()), edges, lang, middle=found.this.iri, many=FEW if few else MANY,
        folded=lambda _hub, _relation: "", schema=publication.schema,
    )  # fmt: skip


def _graph(
    publication: Publication, found: Neighbours, others: Sequence[tuple[Opened, Neighbours]], lang: str
) -> tuple[dict[str, Node], list[Edge]]:
    """The things and relations of a picture: those of the thing in the middle, and those of what was opened."""
    links = publication.links
    nodes = {found.this.iri: _node(links, found.this, lang)}
    edges: list[Edge] = []
    for opened, these in ((Opened(found.this.iri), found), *others):
        nodes.setdefault(these.this.iri, _node(links, these.this, lang))
        for at, group in enumerate(these.groups):
            if opened.key not in ("", group.key):
                continue
            shown = group.things[: opened.number]
            if group.total > len(shown) and not opened.key:
                iri = f"{these.this.iri} {group.key}"
                href = f"#r{at + 1:d}" if these is found else links.graph(these.this.iri, lang)
                known = [one for one in group.things if one.iri in nodes]
                nodes[iri] = Node(iri, group.label, href, _common(group.things), group.total - len(known))
                edges.append(Edge(these.this.iri, iri, group.label))
                shown = tuple(known)
            for one in shown:
                nodes.setdefault(one.iri, _node(links, one, lang))
                edges.append(edge_of(these.this.iri, one.iri, group))
    return nodes, edges


def _node(links: Links, member: Member, lang: str) -> Node:
    return Node(member.iri, member.label, links.page(member.iri, lang), member.class_iri)


def edge_of(this: str, other: str, group: Group) -> Edge:
    """Return the relation of a group between a thing and one at its other end."""
    label = group.label[:1].lower() + group.label[1:] if not group.label[:2].isupper() else group.label
    return Edge(other, this, label) if group.inverse else Edge(this, other, label)


def _common(things: Sequence[Member]) -> str:
    """The class that most of some things are of."""
    classes = [one.class_iri for one in things[:STEP]]
    return max(sorted(set(classes)), key=classes.count, default="")


# ---------------------------------------------------------------- for the script


def for_script(publication: Publication, found: Neighbours, lang: str) -> dict[str, Any]:
    """Return a thing and its relations as the page's script reads them: their numbers, and the first things."""

    def told(member: Member) -> list[str | int]:
        look = publication.schema.class_hint(member.class_iri) if member.class_iri else ClassHint("", "")
        kind = look.label(lang, publication.languages).value if member.class_iri else ""
        return [
            member.iri, member.label, publication.links.page(member.iri, lang), look.hue, look.icon or "ring", kind,
        ]  # fmt: skip

    return {
        "this": told(found.this),
        "step": STEP,
        "groups": [
            {
                "key": group.key,
                "label": group.label,
                "inverse": group.inverse,
                "total": group.total,
                "things": [told(one) for one in group.things[:STEP]],
            }
            for group in found.groups
        ],
    }


def _words(lang: str) -> Mapping[str, str]:
    """What the script says."""
    _ = wording.words(lang).gettext
    return {
        "add": _("Add %(num)s"),
        "added": _("%(num)s added."),
        "all": _("All are shown."),
        "close": _("Close"),
        "failed": _("That could not be loaded. Try again."),
        "fit": _("Fit to the frame"),
        "hint": _("Choose a thing to see its connections. Arrow keys go from thing to thing, Esc closes."),
        "in": _("Zoom in"),
        "none": _("No further connections."),
        "open": _("Open its page"),
        "out": _("Zoom out"),
        "picture": _("Graph of %(num)s things. The same stands in the lists."),
        "png": _("PNG (this picture)"),
        "remove": _("Remove from the picture"),
    }

"""The two pictures of a page as SVG with links inside.

Duty: write what `pictures` has laid out. Level 7 (web). No viewBox: x is a percentage of the width, y and text
are pixels. As in `fragments`, every text goes through `escaped`; numbers are written by their own formats.
Source: https://www.w3.org/TR/SVG2/coords.html#Units
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from samvirke.web import wording
from samvirke.web.escaping import escaped
from samvirke.web.pictures import Connections, Lane, Node, Point, Timeline

if TYPE_CHECKING:
    from samvirke.schema import Schema
    from samvirke.schema.hints import ClassHint
    from samvirke.web.links import Links


class Drawing:
    """Writes the pictures of a publication's pages in one language. Private methods return finished SVG."""

    def __init__(self, links: Links, schema: Schema, lang: str) -> None:
        """Take what addresses and looks come from, and the language of the pages."""
        self._links = links
        self._schema = schema
        self._lang = lang
        self.gettext = wording.words(lang).gettext

    # ------------------------------------------------------------ timeline

    def timeline(self, picture: Timeline, title: str) -> str:
        """Return the timeline of the thing with this title."""
        named = self.gettext("Timeline %(first)s to %(last)s: %(title)s. The same dates stand in the table of facts.")
        told = escaped(named % {"first": picture.first, "last": picture.last, "title": title})
        foot, years = picture.height - 20, picture.height - 6
        ticks = "".join(
            [
                f'<line class="g" x1="{x}%" x2="{x}%" y1="0" y2="{foot:d}"/>'
                f'<text class="y" x="{x}%" dx="5" y="{years:d}">{escaped(year)}</text>'
                for x, year in picture.ticks
            ]
        )
        return (
            f'<svg class="tl" height="{picture.height:d}" role="group" aria-labelledby="tl-t">'
            f'<title id="tl-t">{told}</title>\n{ticks}{"".join([self._lane(lane) for lane in picture.lanes])}</svg>\n'
        )

    def _lane(self, lane: Lane) -> str:
        look = self._schema.class_hint(lane.class_iri)
        date_end = ' text-anchor="end"' if lane.date_end else ""
        return (
            f"{self._label(lane, look, date_end)}{self._bar(lane, look)}"
            f"{''.join([self._point(point, lane.y, look) for point in lane.points])}"
            f'<text class="d" x="{lane.date_x}%"{date_end} y="{lane.y + 50:d}">{escaped(lane.date)}</text>\n'
        )

    def _label(self, lane: Lane, look: ClassHint, date_end: str) -> str:
        y = lane.y + 15
        if lane.label:
            end = ' text-anchor="end"' if lane.label_end else ""
            return (
                f'<a href="{self._href(lane.iri, lane.anchor)}">'
                f'<text x="{lane.label_x}%"{end} y="{y:d}">{escaped(lane.label)}</text></a>'
            )
        if not lane.points:
            return ""
        plural = escaped(look.plural(self._lang, self._links.languages))
        return f'<a href="#{escaped(lane.anchor)}"><text x="{lane.date_x}%"{date_end} y="{y:d}">{plural}</text></a>'

    def _href(self, iri: str, anchor: str) -> str:
        return escaped(self._links.page(iri, self._lang)) if iri else f"#{escaped(anchor)}"

    def _bar(self, lane: Lane, look: ClassHint) -> str:
        bar, y = lane.bar, lane.y + 23
        if bar is None:
            return ""
        fades = "".join(
            [
                f'<rect class="hue-{look.hue:d}" opacity="{escaped(opacity)}" x="{x}%" width="{width}%" y="{y:d}"'
                ' height="11"/>'
                for x, width, opacity in bar.fade
            ]
        )
        return (
            f'<rect class="hue-{look.hue:d}" x="{bar.x}%" width="{bar.width}%" y="{y:d}" height="11"'
            f' rx="{"0" if bar.square else "5.5"}"/>{fades}'
        )

    def _point(self, point: Point, lane_y: int, look: ClassHint) -> str:
        title, x, y = escaped(point.title), point.x, lane_y + 28
        mark = f'<circle class="hue-{look.hue:d}" cx="{x}%" cy="{y:d}"'
        if point.iri:
            href = self._href(point.iri, "")
            return f'<a href="{href}" aria-label="{title}">{mark} r="7"><title>{title}</title></circle></a>'
        number = f'<text x="{x}%" y="{lane_y + 33:d}" text-anchor="middle" class="n">{point.number:d}</text>'
        return f'{mark} r="10"><title>{title}</title></circle>{number}'

    # ------------------------------------------------------------ connections

    def connections(self, picture: Connections, title: str, *, hub: str) -> str:
        """Return what the thing with this title is connected with; `hub` is the place the middle leads to."""
        named = self.gettext("Connections of %(title)s. The same stands in the table of facts.")
        told = escaped(named % {"title": title})
        lines = "".join(
            [
                f'<line class="e" x1="50%" y1="{picture.hub_y:d}" x2="{node.x}%" y2="{node.y:d}"/>'
                for node in picture.nodes
            ]
        )
        relations = "".join(
            [f'<text class="r" x="{one.x}%" y="{one.y}">{escaped(one.text)}</text>' for one in picture.relations]
        )
        return (
            f'<svg class="graph" height="{picture.height:d}" role="group" aria-labelledby="g-t">'
            f'<title id="g-t">{told}</title>\n{lines}{relations}{self._hub(picture, hub)}\n'
            f"{''.join([self._node(node) for node in picture.nodes])}</svg>\n"
            f'<ul class="key">{"".join([self._key(iri) for iri in picture.classes])}</ul>\n'
        )

    def _hub(self, picture: Connections, anchor: str) -> str:
        top = picture.hub_y - picture.hub_height // 2
        words = "".join(
            [
                f'<tspan x="0" y="{top + 22 + 19 * at:d}">{escaped(line)}</tspan>'
                for at, line in enumerate(picture.hub_lines)
            ]
        )
        return (
            f'<svg x="50%"><a href="#{escaped(anchor)}"><rect class="hub" x="{-(picture.hub_width // 2):d}" y="{top:d}"'
            f' width="{picture.hub_width:d}" height="{picture.hub_height:d}" rx="12"/>'
            f'<text class="hubt">{words}</text></a></svg>'
        )

    def _node(self, node: Node) -> str:
        look = self._schema.class_hint(node.class_iri)
        last = len(node.lines) - 1
        words = ""
        for at, line in enumerate(node.lines):
            y = node.y - 22 - 16 * (last - at) if node.above else node.y + 30 + 16 * at
            several = f" ({node.number:d})" if at == last and node.number > 1 else ""
            words += f'<tspan x="0" y="{y:d}">{escaped(line)}{several}</tspan>'
        return (
            f'<svg x="{node.x}%"><a href="{self._href(node.iri, node.anchor)}"><use class="hue-{look.hue:d}"'
            f' href="#i-{escaped(look.icon)}" x="-13" y="{node.y - 13:d}" width="26" height="26"/>'
            f"<text>{words}</text></a></svg>\n"
        )

    def _key(self, iri: str) -> str:
        look = self._schema.class_hint(iri)
        name = escaped(look.label(self._lang, self._links.languages).value)
        return (
            f'<li><svg class="hue-{look.hue:d}" aria-hidden="true" viewBox="0 0 16 16">'
            f'<use href="#i-{escaped(look.icon)}"/></svg>{name}</li>'
        )

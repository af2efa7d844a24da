"""Graphs for programs that draw and measure them: GraphML and GEXF.

Duty: write things and relations as XML, piece by piece, with names, classes and addresses. Level 7 (web); pure. Every
text goes through `told`: an XML document must not hold what a label can.
Sources: http://graphml.graphdrawing.org/specification.html · https://gexf.net/1.2/ · https://www.w3.org/TR/xml/#charsets
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from samvirke.web.views import Edge, Node

__all__ = ["WRITERS", "gexf", "graphml", "told"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ClassName = Callable[[str], str]


def told(text: str) -> str:
    """Return a text as it may stand in XML, also in an attribute: what XML cannot say becomes U+FFFD."""
    clean = _NOT_XML.sub("\ufffd", text)
    return escape(clean, {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def graphml(nodes: Iterable[Node], edges: Iterable[Edge], title: str, named: ClassName) -> Iterator[str]:
    """Write a graph as GraphML. An edge between things that are none of the nodes is left out."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for key, kind, name in (
        ("label", "node", "label"), ("address", "node", "address"), ("class", "node", "class"),
        ("relation", "edge", "label"),
    ):  # fmt: skip
        yield f'<key id="{key}" for="{kind}" attr.name="{name}" attr.type="string"/>\n'
    yield f'<graph id="G" edgedefault="directed">\n<desc>{told(title)}</desc>\n'
    numbers: dict[str, int] = {}
    for node in nodes:
        number = numbers.setdefault(node.iri, len(numbers))
        data = f'<data key="label">{told(node.label)}</data><data key="address">{told(node.iri)}</data>'
        if node.class_iri:
            data += f'<data key="class">{told(named(node.class_iri))}</data>'
        yield f'<node id="n{number:d}">{data}</node>\n'
    for at, (source, target, label) in enumerate(_known(edges, numbers)):
        data = f'<data key="relation">{told(label)}</data>'
        yield f'<edge id="e{at:d}" source="n{source:d}" target="n{target:d}">{data}</edge>\n'
    yield "</graph>\n</graphml>\n"


def gexf(nodes: Iterable[Node], edges: Iterable[Edge], title: str, named: ClassName) -> Iterator[str]:
    """Write a graph as GEXF. An edge between things that are none of the nodes is left out."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">\n'
        f"<meta><description>{told(title)}</description></meta>\n"
        '<graph mode="static" defaultedgetype="directed">\n<attributes class="node">'
        '<attribute id="address" title="address" type="string"/><attribute id="class" title="class" type="string"/>'
        "</attributes>\n<nodes>\n"
    )
    numbers: dict[str, int] = {}
    for node in nodes:
        number = numbers.setdefault(node.iri, len(numbers))
        values = f'<attvalue for="address" value="{told(node.iri)}"/>'
        if node.class_iri:
            values += f'<attvalue for="class" value="{told(named(node.class_iri))}"/>'
        yield f'<node id="n{number:d}" label="{told(node.label)}"><attvalues>{values}</attvalues></node>\n'
    yield "</nodes>\n<edges>\n"
    for at, (source, target, label) in enumerate(_known(edges, numbers)):
        yield f'<edge id="e{at:d}" source="n{source:d}" target="n{target:d}" label="{told(label)}"/>\n'
    yield "</edges>\n</graph>\n</gexf>\n"


def _known(edges: Iterable[Edge], numbers: Mapping[str, int]) -> Iterator[tuple[int, int, str]]:
    for edge in edges:
        source, target = numbers.get(edge.source), numbers.get(edge.target)
        if source is not None and target is not None:
            yield source, target, edge.label


Writer = Callable[[Iterable[Node], Iterable[Edge], str, ClassName], Iterator[str]]
WRITERS: Mapping[str, tuple[str, Writer]] = {
    "graphml": ("application/graphml+xml", graphml),
    "gexf": ("application/gexf+xml", gexf),
}
"""By extension: media type, and what writes it."""

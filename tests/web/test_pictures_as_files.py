"""A timeline, a map and a graph as files: whole documents that look the same wherever they are opened."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from samvirke.schema import Schema
from samvirke.web.views import Dated, Edge, Node, Placed, graph_of, map_of, timeline_of
from samvirke.web.views.alone import alone
from tests.web.conftest import BASE

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = 'A <b> & "quotes" \N{RIGHT-TO-LEFT OVERRIDE}'
SCHEMA = Schema("http://e.example/", ("da", "en"))
PICTURES = {
    "timeline": timeline_of(
        [
            Dated(HOSTILE, "/da/id/a", "http://c.example/A", start="2014", end="2016-05"),
            Dated("B", "/da/id/b", "http://c.example/A", point="2015-03-02"),
            Dated("C", "/da/id/c", "", start="2015-04", end=""),
            Dated("D", "/da/id/d", "", point="2013/.."),
        ],
        "da",
        schema=SCHEMA,
    ),
    "map": map_of([Placed(HOSTILE, "/da/id/a", 56.15, 10.2, 3), Placed("Odense", "/da/id/o", 55.4, 10.4, 1)], "da"),
    "graph": graph_of(
        [Node("urn:a", HOSTILE, "/da/id/a", "urn:A"), Node("urn:b", "B", "/da/id/b", "")],
        [Edge("urn:a", "urn:b", HOSTILE)],
        "da",
        schema=SCHEMA,
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_document_of_its_own(name):
    document = ElementTree.fromstring(alone(PICTURES[name], BASE))
    every = list(document.iter())

    assert document.tag == f"{SVG}svg"
    assert int(document.get("height", "0")) > 50
    assert document.find(f"{SVG}title").text
    assert not [one for one in every if one.get("class") or one.get("style")]
    links = [one.get("href") for one in every if one.tag == f"{SVG}a"]
    assert len(links) >= 2
    assert all(link.startswith(f"{BASE}da/id/") for link in links)
    assert "A <b> &" in "".join(document.itertext())


def test_what_is_no_picture_is_none():
    from markupsafe import Markup

    assert alone(Markup(""), BASE) == ""
    assert alone(Markup("<p>nothing</p>"), BASE) == ""


@pytest.mark.parametrize("kind", ["timeline", "map"])
def test_a_page_hands_its_picture_out(client, kind):
    page = client.get(f"/da/{kind}")
    shown = '<svg class="' in page.text.partition("<main")[2].partition("</section>")[0]
    file = client.get(f"/da/{kind}.svg")

    assert page.status_code == 200
    assert (file.status_code == 200) is shown
    assert client.get(f"/da/{kind}.svg?class=nothing").status_code == 404
    if shown:
        assert file.mimetype == "image/svg+xml"
        assert file.headers["Content-Disposition"] == f'attachment; filename="{kind}.svg"'
        ElementTree.fromstring(file.data)

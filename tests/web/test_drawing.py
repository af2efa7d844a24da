"""The pictures of a page, written without a template: each text is escaped, whatever it holds."""

from __future__ import annotations

import re

import pytest

from samvirke.schema import Schema
from samvirke.schema.hints import ClassHint
from samvirke.web.drawing import Drawing
from samvirke.web.links import Links
from samvirke.web.pictures import Bar, Connections, Lane, Node, Point, Relation, Timeline

BASE = "https://example.org/"
EVIL = "<script>\"'&{{7*7}}</script>"
SAFE = "&lt;script&gt;&#34;&#39;&amp;{{7*7}}&lt;/script&gt;"
CLASS = f"{BASE}Evil"


@pytest.fixture
def draw() -> Drawing:
    """Pictures in English; the one class has hostile names and a hostile icon."""
    hint = ClassHint(CLASS, "evil", labels={"en": EVIL}, plurals={"en": EVIL}, icon=EVIL, hue=3)
    return Drawing(Links(BASE, ("en", "da")), Schema(BASE, ("en", "da"), classes={CLASS: hint}), "en")


def test_a_timeline_says_its_periods_and_days(draw):
    bar = Bar(10.5, 20.0, square=False, fade=((30.5, 2.0, ".6"),))
    period = Lane(0, "Club", 10.5, False, f"{BASE}id/club", "f1", CLASS, bar, (), "2014 –", 10.5, True)
    html = draw.timeline(Timeline(132, ((0.0, "2014"),), (period,), "2014", "2015"), "Club")

    assert html == (
        '<svg class="tl" height="132" role="group" aria-labelledby="tl-t"><title id="tl-t">'
        "Timeline 2014 to 2015: Club. The same dates stand in the table of facts.</title>\n"
        '<line class="g" x1="0.0%" x2="0.0%" y1="0" y2="112"/><text class="y" x="0.0%" dx="5" y="126">2014</text>'
        '<a href="/en/id/club"><text x="10.5%" y="15">Club</text></a>'
        '<rect class="hue-3" x="10.5%" width="20.0%" y="23" height="11" rx="5.5"/>'
        '<rect class="hue-3" opacity=".6" x="30.5%" width="2.0%" y="23" height="11"/>'
        '<text class="d" x="10.5%" text-anchor="end" y="50">2014 –</text>\n</svg>\n'
    )


def _evil_timeline() -> Timeline:
    points = (Point(1.0, 1, EVIL, f"{BASE}id/{EVIL}"), Point(2.0, 3, EVIL))
    bar = Bar(10.5, 20.0, square=True, fade=((30.5, 2.0, EVIL),))
    given = {"label_x": 1.0, "label_end": True, "class_iri": CLASS, "date": EVIL, "date_x": 1.0, "date_end": False}
    lanes = (
        Lane(y=0, label=EVIL, iri=f"{BASE}id/{EVIL}", anchor=EVIL, bar=bar, points=(), **given),
        Lane(y=56, label=EVIL, iri="", anchor=EVIL, bar=None, points=(), **given),
        Lane(y=112, label="", iri="", anchor=EVIL, bar=None, points=points, **given),
    )
    return Timeline(200, ((0.0, EVIL),), lanes, EVIL, EVIL)


def _evil_connections() -> Connections:
    nodes = (
        Node(17, 66, True, (EVIL, EVIL), f"{BASE}id/{EVIL}", EVIL, CLASS),
        Node(50, 270, False, (EVIL,), "", EVIL, CLASS, 4),
    )
    return Connections(332, 168, (EVIL, EVIL), 110, 56, nodes, (Relation(20.5, 120, EVIL),), (CLASS,))


@pytest.mark.parametrize("name", ["timeline", "connections"])
def test_nothing_in_a_picture_reaches_the_page_unescaped(draw, name):
    if name == "timeline":
        html, most = draw.timeline(_evil_timeline(), EVIL), 12
    else:
        html, most = draw.connections(_evil_connections(), EVIL, hub=EVIL), 11

    assert "<script" not in html
    assert "'" not in html
    assert "&amp;lt;" not in html, "escaped twice"
    assert html.count(SAFE) >= most
    elements = re.findall(r"<[a-zA-Z]+((?: [a-zA-Z0-9-]+=\"[^\"<>]*\")*)/?>", html)
    assert len(elements) == len(re.findall(r"<[a-zA-Z]", html)), "an attribute breaks out"


def test_several_things_of_one_row_are_drawn_with_their_number(draw):
    html = draw.connections(_evil_connections(), "X", hub="facts")

    assert f"{SAFE} (4)</tspan>" in html
    assert html.startswith('<svg class="graph" height="332"')
    assert '<a href="#facts"><rect class="hub" x="-55" y="140" width="110" height="56" rx="12"/>' in html

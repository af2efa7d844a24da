"""Pictures of rows: precise as told, the same each time, and sound whatever the rows hold."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from samvirke.schema import Schema
from samvirke.schema.hints import ClassHint
from samvirke.web.views import Dated, Edge, Node, Placed, graph_of, map_of, timeline_of

BASE = "https://a.example/"
KIND = f"{BASE}Kind"
HINT = ClassHint(KIND, "kind", labels={"en": "Kind"}, plurals={"en": "Kinds"}, icon="disc", hue=4)
SCHEMA = Schema(BASE, ("en", "da"), classes={KIND: HINT})
EVIL = "<script>\"'&</script>\x00\x0b\u202e"
LONG = "x" * 2_000
HEBREW = "שלום עולם"
PRECISIONS = json.loads(Path(__file__).with_name("precisions.json").read_text(encoding="utf-8"))


def drawn(html: str) -> ElementTree.Element:
    """The picture as XML: whatever the rows hold, it is well-formed."""
    return ElementTree.fromstring(f'<div xmlns="http://www.w3.org/1999/xhtml">{html}</div>')


def times(*rows: Dated, lang: str = "en") -> str:
    return str(timeline_of(rows, lang, schema=SCHEMA))


def graph(nodes, edges, **named) -> str:
    return str(graph_of(nodes, edges, "en", schema=SCHEMA, **named))


def test_nothing_to_draw_is_no_picture():
    assert times() == times(Dated("A", "/a")) == times(Dated("A", "/a", start="garbage", end="2014-99")) == ""
    assert map_of([], "en") == map_of([Placed("A", "/a", math.nan, 1.0)], "en") == ""
    assert graph([], []) == graph([Node("a", "A", "/a")], [Edge("a", "a", "is"), Edge("a", "b", "knows")]) == ""


@pytest.mark.parametrize("told", PRECISIONS)
def test_a_date_is_drawn_as_precisely_as_it_was_told(told):
    assert len(PRECISIONS) >= 12
    start, end, point, marks, key = PRECISIONS[told]
    html = times(Dated("A", "/a", KIND, start, end, point))
    lane = html[html.index('<a href="/a">') : html.index("</a>")]
    names = {
        "disc": '<circle cx="[0-9.]+%" cy="48" r="6"/>',
        "round": '(<circle cx="[0-9.]+%" cy="48" r="4"/>|<rect x="-9" width="18")',
        "hatched": '<line class="q"',
        "fading": ' opacity="',
        "dots": r">\?</text>",
        "broken": '<line class="w"',
    }

    assert {name: len(re.findall(mark, lane)) for name, mark in names.items() if re.search(mark, lane)} == marks
    assert [one for one in re.findall(r"</svg>([^<]+)</li>", html) if one != "Kind"] == key
    drawn(html)


def test_rows_stand_in_the_order_they_began_and_say_their_dates():
    html = times(Dated("Later", "/b", start="2016", end=".."), Dated("Sooner", "/a", point="2014-11-03"), lang="da")

    assert re.findall('<a href="([^"]+)"><title>([^<]+)</title>', html) == [
        ("/a", "Sooner, 3. november 2014"),
        ("/b", "Later, siden 2016"),
    ]


def test_far_years_do_not_press_the_others_together_and_are_counted():
    rows = [Dated(f"R{at}", f"/{at}", point=str(2000 + at)) for at in range(20)]
    html = times(*rows, Dated("Far", "/far", point="Y99999"), Dated("None", "/none"))

    assert "/far" not in html
    assert "Not drawn: 1 lies in years far off." in html
    assert "Not drawn: 1 has no date." in html
    assert times(
        Dated("Far", "/far", point="Y99999"), Dated("Zero", "/0", point="0000"), Dated("B", "/b", point="-0044")
    )


def test_of_very_many_rows_those_that_begin_first_are_drawn():
    html = times(*[Dated(f"R{at}", f"/{at}", point=str(1000 + at)) for at in range(250)])

    assert html.count("<a href=") == 200
    assert "Not drawn: 50 more begin later." in html


WORLD = {
    "near": [(55.68, 12.57), (56.16, 10.21)],
    "islands": [(55.68, 12.57), (62.01, -6.77)],
    "greenland": [(55.68, 12.57), (64.18, -51.72)],
    "antipodes": [(-33.9, 151.2), (40.7, -74.0), (90.0, 180.0), (-90.0, -180.0)],
    "one": [(0.0, 0.0)],
    "dateline": [(-17.0, 179.9), (-17.0, -179.9)],
}


@pytest.mark.parametrize("where", WORLD)
def test_every_place_lies_inside_the_frame_and_on_outlines(where):
    html = str(map_of([Placed(f"P{at}", f"/{at}", *one) for at, one in enumerate(WORLD[where])], "en"))
    tree = drawn(html)
    shares = [(float(x), float(y)) for x, y in re.findall('class="dot" cx="([0-9.-]+)%" cy="([0-9.-]+)%"', html)]

    assert len(shares) == len(WORLD[where])
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in shares)
    assert len(tree.findall(".//{*}path")) == 1
    assert 'd=""' not in html
    assert len(html.encode()) < 60_000


def test_a_map_leaves_no_place_out_in_silence():
    bad = [(math.nan, 1.0), (math.inf, 1.0), (91.0, 0.0), (0.0, -181.0)]
    html = str(map_of([Placed("A", "/a", 55.0, 10.0, 3), *[Placed("B", "/b", *one) for one in bad]], "en"))

    assert "Not drawn: 4 have no place on earth." in html
    assert '<a href="/a"><title>A: 3</title>' in html
    many = [Placed(f"P{at}", f"/{at}", 55 + at / 1000, 10.0) for at in range(600)]
    assert "Not drawn: 100 smaller places." in map_of(many, "en")


def test_places_that_would_cover_each_other_are_one_dot_with_their_sum():
    places = [Placed(f"P{at}", f"/{at}", 55.68, 12.57 + at / 1000, 2) for at in range(6)]
    html = str(map_of([*places, Placed("Far", "/far", 57.0, 9.0)], "en"))

    assert "<g><title>P0, P1, P2, P3, 2 more: 12</title>" in html
    assert html.count('class="dot"') == 2


def test_what_hangs_on_one_thing_by_one_relation_is_drawn_as_one():
    nodes = [Node("hub", "Hub", "/hub"), *[Node(f"n{at}", f"N{at}", f"/n{at}", KIND) for at in range(9)]]
    edges = [Edge("hub", f"n{at}", "member") for at in range(9)] + [
        Edge("n0", "n1", "knows"),
        Edge("hub", "n0", "pays"),
    ]
    html = graph(nodes, edges, middle="hub", folded=lambda hub, relation: f"#{hub}-{relation}")

    assert '<a href="#hub-member"><title>member: Kinds (7)</title>' in html
    assert re.findall('<a href="(/[^"]+)">', html) == ["/hub", "/n0", "/n1"]
    assert html.count('class="e"') == 4
    assert re.findall('class="r"[^>]*>([^<]+)<', html).count("member") <= 1


def test_a_graph_is_the_same_each_time_and_no_larger_than_can_be_read():
    nodes = [Node(f"n{at}", f"N{at}", f"/n{at}", KIND) for at in range(300)]
    edges = [Edge(f"n{at}", f"n{at * 7 % 300}", "knows") for at in range(300)]
    html = graph(nodes, edges)

    assert html == graph(nodes, edges)
    assert html.count("<use class=") == 60
    assert "Not drawn:" in html
    places = re.findall(r'<svg x="([0-9]+)%"><a [^>]+><title>[^<]*</title><use [^>]*y="(-?[0-9]+)"', html)
    assert len(set(places)) == 60, "two things stand on each other"


@pytest.mark.parametrize("label", [EVIL, LONG, HEBREW, "", "\ud800"], ids=["evil", "long", "hebrew", "empty", "half"])
def test_no_label_breaks_out_of_a_picture(label):
    pictures = (
        times(Dated(label, f"/{EVIL}", KIND, "2014", "2015"), Dated(label, "", point="2014")),
        str(map_of([Placed(label, "/a", 55.0, 10.0), Placed(label, "/b", 56.0, 9.0, 2)], "en")),
        graph([Node("a", label, "/a", KIND), Node("b", label, "/b")], [Edge("a", "b", label)]),
    )
    for html in pictures:
        html.encode()
        drawn(html)
        assert "<script" not in html
        assert "\u202e" not in html
        assert "x" * 400 not in html

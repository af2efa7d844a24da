"""Connections, dates and places as pages and as files, on a site where much is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import networkx
import pytest
from flask.testing import FlaskClient

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool

BASE = "https://harbour.example/"
RIBE = f"{BASE}id/ribe"


@pytest.fixture(scope="module")
def harbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The application over `tests/web/harbours`."""
    state = tmp_path_factory.mktemp("harbours")
    folder = Path(__file__).with_name("harbours")
    build(Site.open(folder, overrides={"state": state}), allow_invalid=True, reasoner=False)
    with Pool.start(state, Limits(workers=1)) as pool:
        yield create_app(state, pool=pool).test_client()


def page(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code, response.get_data(as_text=True)[:300])
    return response.get_data(as_text=True)


def headings(html: str) -> list[str]:
    return re.findall(r'<h2 id="h-r\d+">([^<]+)</h2>', html)


def test_relations_are_listed_once_with_their_numbers(harbours):
    """What the inverse and the narrower property say again is told once; a detail is passed through."""
    html = page(harbours, "/en/id/ribe/graph")
    skive = page(harbours, "/en/id/skive/graph")

    assert headings(html) == ["Named under “moored” by (120)"]
    assert "1 to 25 of 120" in html
    assert html.count('<li><span class="ent">') <= 26
    assert re.findall(r'<a href="(/en/id/[^"]+)"', skive[skive.index("h-r1") :])[:1] == ["/en/id/backwards"]


def test_all_of_a_long_relation_can_be_reached(harbours):
    html, found = page(harbours, "/en/id/ribe/graph"), set()
    for _ in range(5):
        found |= set(re.findall(r'<a href="/en/id/(boat-\d+)"', html[html.index("<h2 id=") :]))
        following = re.search(r'rel="next nofollow" href="([^"#]+)', html)
        if following is None:
            break
        html = page(harbours, following[1].replace("&amp;", "&"))

    assert len(found) == 120


def test_what_is_opened_stands_in_the_address_and_in_the_picture(harbours):
    plain = page(harbours, "/en/id/boat-7/graph")
    opened = page(harbours, f"/en/id/boat-7/graph?open={quote(RIBE)}")
    few = page(harbours, f"/en/id/boat-7/graph?open={quote(RIBE + ' -h:moored 5')}")

    assert "(119)" not in plain
    assert re.findall(r"\(\d+\)", opened[opened.index("<use class") : opened.index("</svg>\n<ul")]) == ["(119)"]
    assert few.count("<use class=") > plain.count("<use class=")
    for bad in ("garbage", f"{RIBE}%20-h:moored%20999999999999", f"{BASE}id/none", "%00", "%20"):
        assert page(harbours, f"/en/id/boat-7/graph?open={bad}&page=x&relation={bad}")


def test_the_script_is_told_numbers_first_and_things_in_steps(harbours):
    def asked(**parameters: str) -> dict:
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        return json.loads(page(harbours, f"/en/graph.json?{query}"))

    whole = asked(about=RIBE)
    key = whole["groups"][-1]["key"]
    later = asked(about=RIBE, relation=key, **{"from": "100"})

    assert whole["groups"][-1]["total"] == 120
    assert len(whole["groups"][-1]["things"]) == whole["step"] == 25
    assert [one[1] for one in later["groups"][0]["things"]] == [f"Boat {at:03d}" for at in range(101, 121)]
    assert asked(about=RIBE, relation="none", **{"from": "-5"})["groups"] == []
    assert harbours.get("/en/graph.json?about=nothing").status_code == 404


def test_no_name_breaks_out_of_a_page_or_its_data(harbours):
    for path in ("/en/id/dragoer/graph", "/en/id/evil/graph", "/en/timeline", "/en/map", "/da/id/dragoer/graph"):
        html = page(harbours, path)

        assert "<script>alert" not in html
        assert html.count("</script>") == html.count("<script")
        assert len(html) < 200_000
        if "graph-data" in html:
            data = re.search(r'id="graph-data">(.*?)</script>', html, re.DOTALL)
            assert data is not None and json.loads(data[1])["words"]["add"]


def test_files_are_sound_whatever_they_hold(harbours):
    for about in ("", f"?about={quote(BASE)}id/dragoer", f"?about={quote(RIBE)}"):
        for ending in ("graphml", "gexf"):
            response = harbours.get(f"/en/graph.{ending}{about}")
            tree = ElementTree.fromstring(response.data)
            nodes, edges = tree.findall(".//{*}node"), tree.findall(".//{*}edge")

            assert response.status_code == 200
            assert "attachment" in response.headers["Content-Disposition"]
            known = {node.get("id") for node in nodes}
            assert len(known) == len(nodes) >= 5
            assert {edge.get("source") for edge in edges} | {edge.get("target") for edge in edges} <= known
            assert edges
    drawn = harbours.get(f"/en/graph.svg?about={quote(BASE)}id/dragoer")
    tree = ElementTree.fromstring(drawn.data)
    assert tree.get("width") == "900"
    links = [one.get("href") for one in tree.findall(".//{*}a")]
    assert links and all(one.startswith(BASE) for one in links)
    assert b"class=" not in drawn.data
    assert harbours.get(f"/en/graph.svg?about={quote(BASE)}id/alone").status_code == 404


def test_other_programs_read_the_files(harbours):
    whole = networkx.read_graphml(BytesIO(harbours.get("/en/graph.graphml").data))
    same = networkx.read_gexf(BytesIO(harbours.get("/en/graph.gexf").data))
    labels = {data["label"]: name for name, data in whole.nodes(data=True)}

    assert whole.number_of_nodes() == same.number_of_nodes() >= 130
    assert whole.number_of_edges() == same.number_of_edges() >= 120
    assert whole.nodes[labels["Ribe"]]["address"] == RIBE
    assert whole.nodes[labels["Ribe"]]["class"] == "Harbour"
    assert networkx.has_path(whole, labels["Boat 007"], labels["Ribe"])
    assert networkx.has_path(whole, labels["Backwards"], labels["Skive"]), "through its berth"


def test_everything_with_a_date_stands_in_the_order_of_time(harbours):
    html = page(harbours, "/en/timeline")
    rows = re.findall(r"<tr><td>([^<]+)</td><td>.*?<a href=\"/en/id/([^\"]+)\"", html)

    assert [name for _, name in rows[:5]] == ["old", "old", "ribe", "dragoer", "roenne"]
    assert [date for date, _ in rows[:5]] == [
        "45 BC",
        "0",
        "about 710",
        "since 1520",
        "from 1750 (end not stated)",
    ]
    assert "1 to 100 of 127" in html
    assert html.count('<a href="/en/id/') >= 200, "each in the table and in the picture"
    last = page(harbours, "/en/timeline?page=2")
    assert "1990" in last and "backwards" in last and "hebrew" in last
    assert "Boat 001" not in page(harbours, "/en/timeline?class=harbour")
    assert harbours.get("/en/timeline?class=none").status_code == 404
    assert page(harbours, "/en/timeline?page=999999")


def test_places_come_from_every_standard_and_from_what_the_ontology_puts_below_one(harbours):
    html = page(harbours, "/en/map")
    names = re.findall(r'<li><span class="ent">.*?<a href="/en/id/([^"]+)"', html)

    assert names == ["ribe", "dragoer", "roenne", "skive"]
    assert "Ribe</a> (120)" in html
    unread = html[html.index("Coordinates that cannot be read") :]
    assert re.findall(r'href="/en/id/([^"]+)"', unread) == ["garbage", "metres", "nowhere"]
    dots = re.findall(
        r'<a href="/en/id/([^"]+)"><title>[^<]*</title><circle class="dot" cx="([0-9.]+)%" cy="([0-9.]+)%"', html
    )
    where = {name: (float(x), float(y)) for name, x, y in dots}
    assert where["ribe"][0] < where["skive"][0] < where["dragoer"][0] < where["roenne"][0], "west to east"
    assert where["skive"][1] < where["dragoer"][1] < where["ribe"][1] < where["roenne"][1], "north to south"
    assert "Rønne" not in page(harbours, "/en/map?class=boat")


def test_pages_say_where_they_are_in_both_languages(harbours):
    for path in ("/id/ribe/graph", "/timeline", "/map", "/timeline?class=boat"):
        for lang, other in (("en", "da"), ("da", "en")):
            html = page(harbours, f"/{lang}{path}")

            assert html.count("<h1") == 1
            assert f'hreflang="{other}"' in html
            assert f'rel="canonical" href="{BASE}{lang}{path.partition("?")[0]}' in html
    assert harbours.get("/en/graph").status_code == 303
    assert harbours.get("/timeline").headers["Location"].endswith("/timeline")
    assert harbours.get("/en/id/none/graph").status_code == 404
    assert "Nothing is said" in page(harbours, "/en/id/alone/graph")

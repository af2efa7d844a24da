"""Feeds of what was written: Atom of the site, of a thing and of a class, to the letter of RFC 4287."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from samvirke.build import build
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool
from samvirke.workers.pool import WriteRequest
from tests.garden import GARDEN, OAK, adding
from tests.processes import LIMITS

ATOM = "{http://www.w3.org/2005/Atom}"
TERMS = "https://garden.example/terms#"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
FEEDS = [
    "",
    f"&about={quote(OAK, safe='')}",
    f"&class={quote(TERMS + 'Tree', safe='')}",
    f"&class={quote(TERMS + 'Bed', safe='')}",
    "&class=tree",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds") / "site"
    shutil.copytree(GARDEN, folder)
    site = Site.open(folder)
    build(site, reasoner=False)
    with Pool.start(site.state, LIMITS, writable=True) as pool:
        pool.write(WriteRequest(action="update", content=adding("A").encode(), author="a\x01da", reason="<b> & \x0b"))
        elm = adding("Elm").replace(OAK, OAK.replace("oak", "elm"))
        elm = elm.replace(" } }", f" <{OAK.replace('oak', 'elm')}> a <{TERMS}Oak> }} }}")
        pool.write(WriteRequest(action="update", content=elm.encode(), author="ben"))
        bed = adding("Bed").replace(OAK, OAK.replace("oak", "north"))
        pool.write(WriteRequest(action="update", content=bed.encode()))
        yield create_app(site.state, pool=pool).test_client()


def check(feed):
    """Hold a feed to what RFC 4287 says a feed and an entry MUST have, and MUST have once."""
    assert feed.tag == f"{ATOM}feed"
    for one in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{name}")) == 1
        assert re.match(r"https?://[^\s]+$", one.find(f"{ATOM}id").text)
        assert MOMENT.fullmatch(one.find(f"{ATOM}updated").text)
        assert one.find(f"{ATOM}title").text
        for author in one.findall(f"{ATOM}author"):
            assert author.find(f"{ATOM}name").text
        alternates = [
            (link.get("type"), link.get("hreflang"))
            for link in one.findall(f"{ATOM}link")
            if link.get("rel", "alternate") == "alternate"
        ]
        assert len(alternates) == len(set(alternates)) > 0
        assert all(link.get("href") for link in one.findall(f"{ATOM}link"))
        assert len(one.findall(f"{ATOM}summary")) <= 1
    assert feed.findall(f"{ATOM}author")
    ids = [entry.find(f"{ATOM}id").text for entry in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    moments = [at(entry) for entry in feed.findall(f"{ATOM}entry")]
    assert moments == sorted(moments, reverse=True)
    assert at(feed) == max(moments, default=at(feed))


def at(one):
    return datetime.fromisoformat(one.find(f"{ATOM}updated").text).astimezone(UTC)


def numbers(feed):
    ids = (entry.find(f"{ATOM}id").text for entry in feed.findall(f"{ATOM}entry"))
    return [one.rpartition("/")[2] for one in ids if "#" not in one]


@pytest.mark.parametrize("query", FEEDS)
def test_each_feed_is_valid_and_leads_to_itself_its_page_and_its_changes(client, query):
    path = f"/changes?format=atom{query}"
    feed = ElementTree.fromstring(client.get(path).data)
    check(feed)
    (own,) = [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    again = client.get("/" + own.removeprefix("https://garden.example/"))
    assert again.data == client.get(path).data
    links = [link for link in feed.iter(f"{ATOM}link") if link.get("rel") in ("alternate", "related")]
    assert len(links) >= 1
    for link in links:
        answer = client.get("/" + link.get("href").removeprefix("https://garden.example/"), follow_redirects=True)
        assert (answer.status_code, answer.mimetype) == (200, link.get("type"))


def test_a_feed_holds_what_it_is_about(client):
    found = [numbers(ElementTree.fromstring(client.get(f"/changes?format=atom{query}").data)) for query in FEEDS]

    assert found == [["3", "2", "1"], ["1"], ["2", "1"], ["3"], ["2", "1"]]


def test_no_two_feeds_have_the_same_name_and_a_change_has_the_same_in_each(client):
    feeds = [ElementTree.fromstring(client.get(f"/changes?format=atom{query}").data) for query in FEEDS[:4]]

    assert len({feed.find(f"{ATOM}id").text for feed in feeds}) == 4
    first = {
        entry.find(f"{ATOM}id").text: ElementTree.tostring(entry)
        for feed in feeds
        for entry in feed.findall(f"{ATOM}entry")
    }
    for feed in feeds:
        for entry in feed.findall(f"{ATOM}entry"):
            assert ElementTree.tostring(entry) == first[entry.find(f"{ATOM}id").text]


def test_the_feed_of_the_site_tells_of_the_publication(client):
    feed = ElementTree.fromstring(client.get("/changes?format=atom").data)
    version = client.application.extensions["samvirke"].newest().generation.version
    names = [entry.find(f"{ATOM}id").text for entry in feed.findall(f"{ATOM}entry")]

    assert [name for name in names if "#" in name] == [f"https://garden.example/changes#{version}"]


def test_what_is_not_here_has_no_feed(client):
    for query in ("about=https%3A%2F%2Fgarden.example%2Fid%2Fnobody", "class=nothing", "about=x", "class=urn%3Ax"):
        assert client.get(f"/changes?format=atom&{query}").status_code == 404


def test_the_page_of_a_list_names_its_feed(client):
    page = client.get("/en/class/tree").text
    named = re.search(r'<link rel="alternate" type="application/atom\+xml" href="([^"]+)"', page)

    assert named
    assert client.get(named[1].replace("&amp;", "&")).mimetype == "application/atom+xml"

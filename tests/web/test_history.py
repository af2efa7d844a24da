"""The pages and the feed of what was written: who said what since when."""

from __future__ import annotations

import re
import shutil
from xml.etree import ElementTree

import pyoxigraph
import pytest

from samvirke.build import build
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool
from samvirke.workers.pool import WriteRequest
from tests.garden import FAR, GARDEN, GRAPH, OAK, adding, deleting
from tests.processes import LIMITS

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history") / "site"
    shutil.copytree(GARDEN, folder)
    site = Site.open(folder)
    build(site, reasoner=False)
    with Pool.start(site.state, LIMITS, writable=True) as pool:
        for number in range(30):
            text = adding(f"Name {number}")
            pool.write(WriteRequest(action="update", content=text.encode(), author="ada", reason=f"reason <{number}>"))
        pool.write(WriteRequest(action="update", content=deleting("Name 3").encode(), author="ben"))
        ada = adding("Ada L.").replace(OAK, OAK.replace("oak", "ada"))
        pool.write(WriteRequest(action="update", content=ada.encode(), author="cy"))
        elm = adding("Elm of Ada").replace(OAK, OAK.replace("oak", "elm"))
        elm = elm.replace(" } }", f" <{OAK.replace('oak', 'elm')}> a <https://garden.example/terms#Oak> }} }}")
        pool.write(WriteRequest(action="update", content=elm.encode(), author="di"))
        yield create_app(site.state, pool=pool).test_client()


def test_changes_are_listed_the_newest_first_a_page_at_a_time(client):
    first = client.get("/en/changes")
    assert first.status_code == 200
    page = first.text
    assert [int(number) for number in re.findall(r'<article class="card" id="c(\d+)"', page)] == list(range(33, 8, -1))
    assert 'href="/en/changes?from=25"' in page
    assert "reason &lt;29&gt;" in page
    assert "<29>" not in page
    second = client.get("/en/changes?from=25").text
    assert [int(number) for number in re.findall(r'id="c(\d+)"', second)] == list(range(8, 0, -1))
    for odd in ("x", "-1", "9" * 30, "1e3", "٣"):
        assert client.get(f"/en/changes?from={odd}").text.count("<article") == 25


def test_the_front_page_has_the_newest_three(client):
    home = client.get("/en/").text
    listed = re.findall(
        r'<li><a href="/en/changes#c(\d+)">([^<]+)</a><br><span class="note"><time[^>]*>[^<]+</time> · (\w+)', home
    )

    assert listed == [("33", "Change 33", "di"), ("32", "Change 32", "cy"), ("31", "Change 31", "ben")]
    assert 'id="c33"' in client.get("/en/changes").text


def test_the_history_of_a_thing_names_only_what_names_it(client):
    oak, ada = client.get("/en/id/oak/history").text, client.get("/en/id/ada/history").text
    assert oak.count("<article") == 25
    assert re.findall(r'id="c(\d+)"', ada) == ["32"]
    assert "Ada L." in ada
    assert "cy" in ada
    assert '<link rel="alternate" hreflang="en"' in ada
    assert client.get("/en/id/poppies/history").text.count("Nothing was written about this") == 1
    assert client.get("/en/id/nobody/history").status_code == 404
    assert client.get("/en/document/walk/2020/history").status_code == 200


def test_a_change_is_answered_as_it_stands_in_the_journal(client):
    response = client.get("/changes/31")
    assert response.content_type == "application/rdf-patch; charset=utf-8"
    assert f'D <{OAK}> <{FAR}> "Name 3" <{GRAPH}> .\n' in response.text
    assert 'H author "ben" .\n' in response.text
    before = client.get("/changes/30").text
    assert (
        re.search(r"H prev <nih:sha-256;(\w+)>", response.text)[1] == re.search(r"H id <nih:sha-256;(\w+)>", before)[1]
    )
    for missing in (0, 34, 10**18):
        assert client.get(f"/changes/{missing}").status_code == 404


def test_the_feed_is_atom_and_leads_to_each_change(client):
    response = client.get("/changes?format=atom")
    assert response.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(response.data)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 34
    assert entries[0].find(f"{ATOM}id").text == "https://garden.example/changes/33"
    assert entries[3].find(f"{ATOM}title").text == "reason <29>"
    about = ElementTree.fromstring(client.get(f"/changes?format=atom&about={OAK.replace('oak', 'ada')}").data)
    assert len(about.findall(f"{ATOM}entry")) == 1
    negotiated = client.get("/changes", headers={"Accept": "application/atom+xml"})
    assert negotiated.mimetype == "application/atom+xml"
    assert client.get("/changes", headers={"Accept": "text/html"}).status_code == 303


def test_the_patches_of_the_journal_make_what_is_served(client):
    store = pyoxigraph.Store()
    for number in range(1, 34):
        for line in client.get(f"/changes/{number}").text.splitlines():
            verb, _, rest = line.partition(" ")
            if verb in ("A", "D"):
                (quad,) = pyoxigraph.parse(f"{rest}\n", pyoxigraph.RdfFormat.N_QUADS)
                (store.add if verb == "A" else store.remove)(quad)
    query = f"SELECT ?name {{ GRAPH <{GRAPH}> {{ <{OAK}> <{FAR}> ?name }} }}"
    served = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"}).text.split("\r\n")
    assert sorted(served[1:-1]) == sorted(row["name"].value for row in store.query(query))


def test_what_was_just_written_has_a_page_and_data_at_once(client):
    """The index is made by a build; a thing that is newer is found in the store."""
    page = client.get("/en/id/elm")
    assert page.status_code == 200
    assert "Elm of Ada" in page.text
    assert client.get("/id/elm", headers={"Accept": "text/html"}).headers["Location"].endswith("/en/id/elm")
    data = client.get("/data/elm.nt")
    assert data.status_code == 200
    assert '"Elm of Ada"' in data.text
    assert client.get("/en/id/elm/history").text.count("<article") == 1
    assert client.get("/en/id/ash").status_code == 404
    assert client.get("/data/ash.nt").status_code == 404

"""Lists as pages: narrowed, sorted, paged, and taken home as files."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from samvirke.build import build
from samvirke.search import Index
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app, exports
from samvirke.web.browse_address import MOST_CHOSEN, State, read_state
from samvirke.web.links import Links
from samvirke.workers import Pool

BASE = "https://choir.example/"
CHOIRS = "/en/class/choir"
NETWORKS = "/da/class/network"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="session")
def choirs(root, tmp_path_factory) -> Iterator[FlaskClient]:
    """The site of choirs, which has every kind of facet."""
    state = tmp_path_factory.mktemp("choirs")
    build(Site.open(root / "tests/search/choir", overrides={"state": state}), allow_invalid=True, reasoner=False)
    with Pool.start(state, Limits(workers=1)) as pool:
        yield create_app(state, pool=pool).test_client()


def get(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.get_data(as_text=True)


def names(page: str) -> list[str]:
    """The names in the first column of the table."""
    return [html.unescape(one) for one in re.findall(r'<th role="rowheader".*?<a href="[^"]*">([^<]*)</a>', page)]


def links(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'<a [^>]*?href="([^"]*)"', page)]


def test_choosing_narrows_and_the_chip_takes_it_back(choirs):
    page = get(choirs, CHOIRS)
    [choose] = [one for one in links(page) if one.endswith("?f.leader=ann")]
    narrowed = get(choirs, choose)

    assert names(page) == ["Ardent", "Bold", "Calm", "Dim", "Eager", "Far", "Gentle"]
    assert names(narrowed) == ["Ardent", "Bold"]
    assert 'aria-label="Take away Leader: Ann"' in narrowed
    assert CHOIRS in links(narrowed[narrowed.index('class="btn chip"') - 200 :])
    assert "2 of 7" in narrowed


def test_values_of_one_facet_are_any_of_and_facets_all_of(choirs):
    assert names(get(choirs, f"{CHOIRS}?f.leader=ann&f.leader=ben")) == ["Ardent", "Bold", "Calm"]
    assert names(get(choirs, f"{CHOIRS}?f.leader=ann&f.leader=ben&f.town=odense")) == ["Bold", "Calm"]
    nothing = get(choirs, f"{CHOIRS}?f.leader=cleo&f.town=odense")
    assert names(nothing) == []
    assert "Nothing has all of what is chosen." in nothing


def test_narrowed_lists_are_for_readers_and_not_for_robots(choirs):
    page = get(choirs, CHOIRS)
    narrowed = get(choirs, f"{CHOIRS}?f.leader=ann")

    assert 'name="robots"' not in page
    assert '<meta name="robots" content="noindex">' in narrowed
    for tag in re.findall(r"<a [^>]*>", page):
        if "?f." in tag or "?sort=" in tag:
            assert 'rel="nofollow"' in tag, tag
    robots = get(choirs, "/robots.txt")
    for line in ("/*/class/*?", "/*/class/*.csv", "/*/class/*.json", "/*/class/*.xlsx"):
        assert f"Disallow: {line}\n" in robots


def test_an_address_has_one_order_and_what_cannot_be_is_left_out(choirs):
    page = get(choirs, f"{CHOIRS}?page=x&f.town=aarhus&f.nonsense=1&f.leader=ann&sort=none&f.leader=%22%3E&view=none")

    assert f'<link rel="canonical" href="{BASE}en/class/choir?f.leader=ann&amp;f.town=aarhus">' in page
    assert f'hreflang="da" href="{BASE}da/class/choir?f.leader=ann&amp;f.town=aarhus"' in page


def test_a_page_after_the_last_leads_to_the_first(choirs):
    response = choirs.get(f"{CHOIRS}?page=9&f.leader=ann")

    assert (response.status_code, response.headers["Location"]) == (303, f"{CHOIRS}?f.leader=ann")


SORTED = {
    "sort=-name": ["Gentle", "Far", "Eager", "Dim", "Calm", "Bold", "Ardent"],
    "sort=size": ["Bold", "Ardent", "Eager", "Calm", "Dim", "Far", "Gentle"],
    "sort=leader": ["Ardent", "Bold", "Eager", "Calm", "Dim", "Far", "Gentle"],
    "sort=active": ["Far", "Gentle", "Eager", "Ardent", "Dim", "Calm", "Bold"],
    "sort=-leader&f.town=aarhus": ["Bold", "Ardent"],
}


@pytest.mark.parametrize("query", SORTED)
def test_the_table_is_sorted_by_its_columns(query, choirs):
    assert len(SORTED) >= 5
    page = get(choirs, f"{CHOIRS}?{query}")

    assert names(page) == SORTED[query]
    assert page.count("aria-sort=") == 1


def test_the_form_of_years_leads_to_one_address_and_keeps_the_rest(choirs):
    response = choirs.get(f"{CHOIRS}?f.leader=ann&f.as=possible&from=2018&to=2014")
    page = get(choirs, f"{CHOIRS}?f.active=2016&f.town=odense&sort=-name")

    assert response.headers["Location"] == f"{CHOIRS}?f.active=2014/2018&f.as=possible&f.leader=ann"
    form = page[page.index('<form class="form"') : page.index("</form>", page.index('<form class="form"'))]
    assert re.findall(r'name="([^"]+)" value="([^"]*)"', form) == [("f.town", "odense"), ("sort", "-name")]
    assert 'name="from" size="4" inputmode="numeric" pattern="-?[0-9]{1,6}" value="2016"' in form


def test_how_sure_it_is_stands_apart_with_counts(choirs):
    page = get(choirs, f"{CHOIRS}?f.active=2016")
    only = get(choirs, f"{CHOIRS}?f.active=2016&f.as=unknown-end")

    for words in ("Certain (2)", "Possible (2)", "End unknown (2)"):
        assert words in page
        assert words in only
    assert names(only) == ["Dim", "Eager"]
    told = dict(zip(names(page), re.findall(r'data-l="How sure">([^<]+)<', page), strict=True))
    assert told == {
        "Ardent": "Certain", "Bold": "Certain", "Calm": "Possible",
        "Dim": "End unknown", "Eager": "End unknown", "Gentle": "Possible",
    }  # fmt: skip
    assert "from 2015 (end not stated)" in only


def test_a_facet_that_was_not_counted_says_so(choirs, monkeypatch):
    page = get(choirs, "/en/class/singer")
    assert "Too many different values to choose from" in page

    monkeypatch.setattr("samvirke.web.browse.FACETS_S", -1.0)
    assert "Ikke beregnet" in get(choirs, "/da/class/choir?f.town=ribe")


def test_a_page_sends_the_most_frequent_values_and_leads_to_all(choirs, monkeypatch):
    monkeypatch.setattr("samvirke.web.browse.VALUES_SENT", 1)
    page = get(choirs, f"{CHOIRS}?f.leader=cleo")
    whole = get(choirs, f"{CHOIRS}?f.leader=cleo&all=leader")

    assert "Show all 3" in page
    assert f"{CHOIRS}?f.leader=cleo&all=leader" in links(page)
    assert [label in whole for label in (">Ann<", ">Cleo<", ">=SUM(1,2)<")] == [True] * 3
    assert ">Ann<" not in page[: page.index("<table")]


VIEWS = {"timeline": 'class="tl"', "map": 'class="map', "graph": 'class="graph"', "data": "rows apart"}


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_keeps_the_choice_and_shows_the_table_below(view, choirs):
    page = get(choirs, f"{CHOIRS}?f.town=aarhus&f.town=odense&view={view}")

    assert VIEWS[view] in page
    assert f"{CHOIRS}?f.town=aarhus&f.town=odense" in links(page)
    for other in VIEWS:
        assert f"{CHOIRS}?f.town=aarhus&f.town=odense&view={other}" in links(page)
    assert names(page) == ([] if view == "data" else ["Ardent", "Bold", "Calm"])


def test_a_list_without_shapes_is_plain(hostile):
    page = get(hostile, "/en/class/kind")

    assert re.findall(r'<details class="facet"[^>]*><summary>([^<]*)<', page) == ["Active in the year"]
    assert len(names(page)) >= 3 and "<script>alert" not in page


def test_every_address_of_a_narrowed_page_answers(choirs):
    page = get(choirs, f"{CHOIRS}?f.town=aarhus&f.active=2016")
    tried = {one for one in links(page) if one.startswith(CHOIRS)}

    assert len(tried) >= 15
    for one in sorted(tried):
        assert choirs.get(one).status_code == 200, one


# ---------------------------------------------------------------- files


def rows_of(client, path: str) -> list[list[str]]:
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"))))


def test_csv_has_a_column_for_each_property_and_dates_as_told(choirs):
    rows = rows_of(choirs, f"{CHOIRS}.csv?f.town=aarhus")

    assert rows == [
        ["Name", "Permanent address", "Kind", "Town", "Altos", "Leader", "Patron", "Size", "Sponsor", "Dates"],
        [
            "Ardent",
            f"{BASE}id/ardent",
            "Choir",
            "Aarhus",
            "Ann | Cleo",
            "Ann",
            "",
            "40",
            "'=SUM(1,2)",
            "2014/2018",
        ],
        ["Bold", f"{BASE}id/bold", "Choir", "Aarhus | Odense", "Cleo", "Ann", "", "9", "", "2016"],
    ]


def test_a_value_on_each_row_when_they_are_asked_for_apart(choirs):
    rows = rows_of(choirs, f"{CHOIRS}.csv?f.leader=ann&f.town=odense&values=rows")

    assert [(row[0], row[3], row[5]) for row in rows[1:]] == [("Bold", "Aarhus", "Ann"), ("Bold", "Odense", "Ann")]


def test_a_spreadsheet_takes_no_text_for_a_formula(choirs):
    singers = rows_of(choirs, "/en/class/singer.csv")
    assert "'=SUM(1,2)" in [row[0] for row in singers]

    cells = sheet(choirs, "/en/class/singer.xlsx")
    assert ("s", "=SUM(1,2)") in [row[0] for row in cells]
    assert [exports._harmless(text) for text in ("=1", "+x", "-5", "-x", "@a", "\tb", "a=b", "+4.5e3", "")] == [
        "'=1", "'+x", "-5", "'-x", "'@a", "'\tb", "a=b", "+4.5e3", "",
    ]  # fmt: skip


def sheet(client, path: str) -> list[list[tuple[str, str]]]:
    """The cells of a sheet: "n" with a number, "s" with a text."""
    response = client.get(path)
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(response.get_data())) as book:
        tree = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    found = []
    for row in tree.iter(f"{SHEET}row"):
        cells = []
        for cell in row.iter(f"{SHEET}c"):
            assert cell.find(f"{SHEET}f") is None
            text = "".join(one.text or "" for one in cell.iter() if one.tag in {f"{SHEET}t", f"{SHEET}v"})
            cells.append(("n" if cell.get("t", "n") == "n" else "s", text))
        found.append(cells)
    return found


def test_a_sheet_holds_the_same_rows(choirs):
    cells = sheet(choirs, f"{CHOIRS}.xlsx?f.town=aarhus&sort=-name")

    assert [row[0][1] for row in cells] == ["Name", "Bold", "Ardent"]
    assert ("n", "9") in cells[1]
    assert ("s", "2014/2018") in cells[2]


def test_json_tells_every_value_with_its_address(choirs):
    response = choirs.get("/da/class/choir.json?f.town=aarhus")
    told = json.loads(response.get_data())

    assert (told["class"], told["count"], told["language"]) == ("https://choir.example/terms#Choir", 2, "da")
    [ardent, bold] = told["rows"]
    assert bold["values"]["town"] == [
        {"text": "Aarhus", "address": f"{BASE}id/aarhus", "language": "en"},
        {"text": "Odense", "address": f"{BASE}id/odense", "language": "en"},
    ]
    assert ardent["dates"] == ["2014/2018"]
    assert ardent["values"]["size"] == [{"text": "40"}]
    assert {"name": "town", "label": "By", "property": "https://choir.example/terms#town", "inverse": False} in told[
        "columns"
    ]


def test_files_say_what_they_are(choirs):
    for form, (media_type, _) in exports.FORMATS.items():
        response = choirs.get(f"{CHOIRS}.{form}")

        assert response.headers["Content-Type"] == media_type
        assert response.headers["Content-Disposition"] == f'attachment; filename="choir.{form}"'
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert choirs.get(f"{CHOIRS}.{form}", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
        assert choirs.get(f"/en/class/none.{form}").status_code == 404


def test_a_list_that_is_too_long_for_a_file_is_refused_whole(root, tmp_path_factory):
    state = tmp_path_factory.mktemp("few")
    build(Site.open(root / "tests/search/choir", overrides={"state": state}), allow_invalid=True, reasoner=False)
    with Pool.start(state, Limits(workers=1, max_rows=3)) as pool:
        client = create_app(state, pool=pool).test_client()

        assert client.get(f"{CHOIRS}.csv").status_code == 413
        assert len(rows_of(client, f"{CHOIRS}.csv?f.leader=ann")) == 3


def test_files_are_written_some_rows_at_a_time(choirs, monkeypatch):
    whole = rows_of(choirs, f"{CHOIRS}.csv")
    monkeypatch.setattr(exports, "AT_ONCE", 2)

    assert rows_of(choirs, f"{CHOIRS}.csv?sort=name") == whole


def test_the_first_site_can_be_taken_home_in_both_languages(client):
    for lang, heading in (("da", "Sekretariat"), ("en", "Secretariat")):
        rows = rows_of(client, f"/{lang}/class/network.csv")

        assert heading in rows[0]
        row = dict(zip(rows[0], rows[1], strict=True))
        assert "Det Kgl. Bibliotek (2014-06/2018-02)" in row[heading].split(" | ")


# ---------------------------------------------------------------- addresses


def test_reading_and_writing_an_address_is_the_same_choice(choirs):
    app = choirs.application
    publication = app.extensions["samvirke"].newest()
    listed = publication.index.listed("https://choir.example/terms#Choir")
    assert isinstance(publication.index, Index)
    states = (
        State(),
        State({"active": ("2014/2016",), "as": ("certain",), "leader": (f"{BASE}id/ann", "urn:x:æ?&=#")}, page=3),
        State({"document": (f"{BASE}document/roll",)}, sort="town", descending=True, view="graph"),
        State(sort="", descending=True),
        State({"town": (f"{BASE}id/a:b", f"{BASE}id/x%20y", f"{BASE}id/å")}),
    )
    for state in states:
        query = state.query(publication.links)
        pairs = parse_qsl(urlsplit(query).query)

        assert read_state(pairs, listed, publication.links, ("graph",)) == state, query


def test_no_address_chooses_without_end(choirs):
    publication = choirs.application.extensions["samvirke"].newest()
    listed = publication.index.listed("https://choir.example/terms#Choir")
    many = [("f.town", f"x{number}") for number in range(10 * MOST_CHOSEN)]
    state = read_state([*many, ("page", "9" * 400), ("page", "²")], listed, Links(BASE), ())

    assert len(state.chosen["town"]) == MOST_CHOSEN
    assert state.page == 1

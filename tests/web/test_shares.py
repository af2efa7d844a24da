"""Short addresses: kept on the disk, bounded, never given up, and only for what is a query."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from samvirke.errors import DiskFull, NotFound, StoreError, TooManyRequests
from samvirke.generations import SHARED
from samvirke.web import shares
from samvirke.web.shares import Shares, name_of

QUERY = "SELECT ?light {\n  ?light a <https://fyr.example/atlas/lights#Light> # æ\n}"


def test_a_query_is_read_again_by_another_process(tmp_path):
    name = Shares(tmp_path).keep(QUERY)

    assert re.fullmatch(r"[a-z2-7]{16}", name)
    assert name == name_of(QUERY)
    assert Shares(tmp_path).read(name) == QUERY
    assert Shares(tmp_path).knows(QUERY)
    assert not Shares(tmp_path).knows(f"{QUERY} ")
    assert [path.name for path in (tmp_path / SHARED).iterdir()] == [f"{name}.rq"]


@pytest.mark.parametrize("name", ["", "..", "../settings", "a" * 16, "A" * 16, "a" * 17, "aaaaaaaaaaaaaaa.", "%2e%2e"])
def test_a_name_that_is_none_leads_nowhere(tmp_path, name):
    with pytest.raises(NotFound):
        Shares(tmp_path).read(name)


def test_there_is_an_end_to_them_and_what_is_kept_stays(tmp_path, monkeypatch):
    kept = Shares(tmp_path, most=2)
    first, second = kept.keep("ASK {}"), kept.keep("ASK { }")
    with pytest.raises(DiskFull):
        kept.keep("ASK {  }")

    assert (kept.read(first), kept.read(second)) == ("ASK {}", "ASK { }")
    monkeypatch.setattr(shares, "MOST_BYTES", 20)
    with pytest.raises(DiskFull):
        Shares(tmp_path).keep("ASK { ?s ?p ?o }")
    assert len(list((tmp_path / SHARED).iterdir())) == 2


def test_a_client_has_so_many_a_minute(tmp_path):
    kept = Shares(tmp_path, per_minute=2)
    kept.count_for("192.0.2.1")
    kept.count_for("192.0.2.1")
    with pytest.raises(TooManyRequests):
        kept.count_for("192.0.2.1")
    kept.count_for("192.0.2.2")


def test_nothing_is_offered_where_nothing_can_be_written(tmp_path):
    """A file stands where the folder would: this holds for the superuser, whom no mode of a folder stops."""
    (tmp_path / SHARED).write_text("")
    kept = Shares(tmp_path)

    assert not kept.offered
    with pytest.raises(StoreError):
        kept.keep(QUERY)
    assert not Shares(Path("/proc/1/none")).offered


def test_a_form_gets_a_short_address_that_leads_to_the_answer_in_both_languages(client):
    told = client.post("/da/sparql/share", data={"query": QUERY.replace("\n", "\r\n")})
    page = client.get(told.location)
    short = re.search(r'href="(/q/[a-z2-7]{16})"', page.text)[1]
    led = client.get(short, headers={"Accept-Language": "en"}, query_string={"view": "raw"})

    assert told.status_code == 303
    assert told.location == f"/da/sparql?shared={name_of(QUERY)}"
    assert "Anholt Fyr" in page.text
    assert led.status_code == 303
    assert led.location == f"/en/sparql?shared={name_of(QUERY)}&view=raw"
    assert "&#34;bindings&#34;" in client.get(led.location).text
    assert "/sparql/share" not in page.text  # it has one already


@pytest.mark.parametrize(
    ("text", "status"),
    [("SELECT * {", 400), ("DROP ALL", 400), ("", 400), ("nonsense", 400), ("ASK { # " + "x" * 70_000, 400)],
)
def test_what_is_no_query_is_not_kept(client, app, text, status):
    before = sorted((app.extensions["samvirke"].shares._folder).glob("*"))
    response = client.post("/en/sparql/share", data={"query": text})

    assert response.status_code == status
    assert sorted((app.extensions["samvirke"].shares._folder).glob("*")) == before


def test_what_runs_out_of_time_is_a_query_all_the_same(client, monkeypatch):
    monkeypatch.setattr(shares, "_TRIED_MS", 50)
    endless = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?p ?q ?r }"

    assert client.post("/en/sparql/share", data={"query": endless}).status_code == 303


def test_pages_of_other_sites_make_none(client):
    response = client.post("/en/sparql/share", data={"query": "ASK {}"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 400


def test_an_unknown_one_is_not_found(client):
    assert client.get(f"/q/{'a' * 16}").status_code == 404
    assert client.get(f"/en/sparql?shared={'a' * 16}").status_code == 404

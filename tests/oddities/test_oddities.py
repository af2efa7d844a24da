"""What is odd in data, and what is large, is shown in its place: exactly, within bounds, and with nothing lost."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from samvirke.web import written
from samvirke.workers import Pool, worker
from samvirke.workers.tiers import MEMORY
from tests.oddities.conftest import BASE, FACTS, HERE, NAMING

CASES = sorted((HERE / "cases").glob("*.ttl"))
CALLS = 6
"""Questions that a page may ask the workers, however much there is to show."""
LARGEST_BYTES = 200_000
LOOK_UPS = 1_000
"""Patterns that the worker may look up for the page of a hub, whatever its number of links."""


def get(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.get_data(as_text=True)


def column(page: str) -> str:
    """The head and the main column: all but the frame, and the side with its downloads."""
    return page[page.index('<div class="head">') : page.index('<aside class="col side"')]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_an_odd_thing_is_shown_exactly_so(case: Path, client):
    assert len(CASES) >= 7
    page = get(client, f"/en/id/{case.stem}")

    assert column(page) == case.with_suffix(".html").read_text(encoding="utf-8")
    assert page.count("<h1") == 1
    assert not re.search(r"href=\"(?!/|#|https?:|mailto:|tel:)", page, re.IGNORECASE)
    assert "genid" not in re.sub(r"<[^>]*>", "", page[: page.index("</main>")])


@pytest.mark.parametrize("name", [*[path.stem for path in CASES], "hub", "many-values", "many-properties"])
def test_a_page_asks_the_workers_a_bounded_number_of_times(name, client, monkeypatch):
    asked: list[str] = []
    for method in ("page", "read", "query"):
        plain = getattr(Pool, method)

        def counted(pool, *given, _plain=plain, _method=method, **named):
            asked.append(_method)
            return _plain(pool, *given, **named)

        monkeypatch.setattr(Pool, method, counted)

    get(client, f"/da/id/{name}?n=never-asked")

    assert 1 <= len(asked) <= CALLS, asked


class Counting:
    """A store that counts the patterns it is asked for."""

    def __init__(self, store) -> None:
        self.store = store
        self.number = 0

    def quads_for_pattern(self, *pattern):
        self.number += 1
        return self.store.quads_for_pattern(*pattern)


@pytest.fixture(scope="module")
def hands(state: Path):
    return worker.load((state / "current").resolve(), MEMORY)


def test_what_is_looked_up_for_a_hub_does_not_grow_with_it(state, hands):
    pages = written.load((state / "current").resolve(), hands.schema)
    numbers = {}
    for name in ("hub", "many-properties", "long-label"):
        store = Counting(hands.store)
        assert pages.page(store, f"{BASE}id/{name}", "en") is not None
        numbers[name] = store.number

    assert numbers["hub"] <= LOOK_UPS < NAMING
    assert numbers["many-properties"] < 10 < FACTS
    assert numbers["long-label"] < 10


def test_ten_thousand_that_name_a_thing_are_counted_and_twenty_of_them_shown(client):
    page = get(client, "/en/id/hub")
    named = page[page.index('id="incoming"') : page.index('id="connections"')]

    assert len(page.encode()) <= LARGEST_BYTES
    assert "All 10,000</a>" in named
    assert len(re.findall(r'href="/en/id/spoke-\d+">Spoke \d+</a>', named)) == 20
    query = unquote_plus(re.findall(r'href="/en/sparql\?query=([^"]*)"', named)[0])
    assert query == f"SELECT * WHERE {{\n  GRAPH ?passage {{ ?thing ?property <{BASE}id/hub> }}\n}}\nLIMIT 1000"


def test_five_hundred_facts_are_all_there_each_by_its_name(client):
    values, properties = get(client, "/en/id/many-values"), get(client, "/en/id/many-properties")

    table = values[values.index('id="facts"') : values.index('id="connections"')]
    assert set(re.findall(r">Spoke (\d+)</a>", table)) == {str(number) for number in range(FACTS)}
    assert re.findall(r"<span>property(\d+)</span></th><td role=\"cell\">(\d+)</td>", properties) == [
        (f"{number:03}", str(number)) for number in range(FACTS)
    ]
    assert f"0 of {FACTS}" in properties
    for page in (values, properties):
        assert len(page.encode()) <= LARGEST_BYTES
        assert json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])

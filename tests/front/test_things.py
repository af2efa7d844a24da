"""Pages of things, which the front answers by itself: the same as Flask's, and everything else is left to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from samvirke.search import Index
from tests.front.conftest import BASE


@pytest.fixture(scope="module")
def things(server, site):
    """The names of all things below `id/` that have a page."""
    index = Index((site / ".samvirke" / "current").resolve() / "index.sqlite")
    names = [one.iri.removeprefix(f"{BASE}id/") for one in index.everything() if one.iri.startswith(f"{BASE}id/")]
    assert len(names) >= 5
    return sorted(names)


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_page_is_the_one_flask_has(client, things, language):
    for name in things:
        path = f"/{language}/id/{name}"
        quick = client.get(path)
        # With a query string it is no plain address: Flask answers it, and the page is the same.
        slow = client.get(path, params={"x": "1"})

        assert quick.status_code == slow.status_code == 200
        assert quick.content == slow.content
        differing = {"etag", "date"}
        assert {name: value for name, value in quick.headers.items() if name not in differing} == {
            name: value for name, value in slow.headers.items() if name not in differing
        }
        # Flask knows the tag, too.
        assert client.get(path, headers={"If-None-Match": quick.headers["ETag"]}).status_code == 304


def test_a_head_says_what_the_page_is(client, things):
    for name in things:
        head, page = client.head(f"/en/id/{name}"), client.get(f"/en/id/{name}")

        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"] == page.headers["ETag"]
        assert int(head.headers["Content-Length"]) == len(page.content)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/en/id/nobody", 404), ("/xx/id/anholt", 404), ("/en/id/", 404), ("/en/id/%00", 404), ("/en/id/a%2Fb", 200)],
)
def test_what_is_no_plain_address_of_a_thing_is_told_by_flask(client, path, status):
    got = client.get(path, headers={"Accept": "text/html"})

    assert got.status_code == status
    assert got.headers["Content-Security-Policy"]


def test_pages_asked_for_at_once_are_not_mixed_up(client, things):
    paths = [f"/{language}/id/{name}" for language in ("da", "en") for name in things]
    alone = {path: client.get(path, params={"x": "2"}).content for path in paths}

    with ThreadPoolExecutor(8) as several:
        found = list(several.map(lambda path: client.get(path).content, 4 * paths))

    assert found == [alone[path] for path in 4 * paths]

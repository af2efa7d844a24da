"""Addresses of things: where each leads."""

from __future__ import annotations

import re

import pytest

from samvirke.settings import values as settings_values
from tests.web.conftest import BASE

TURTLE = {"Accept": "text/turtle"}
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.9",
}

LEADS = [
    # path, headers, status, where to
    ("/id/anholt", {}, 303, "/da/id/anholt"),
    ("/id/anholt", BROWSER, 303, "/en/id/anholt"),
    ("/id/anholt", {"Accept-Language": "de, fr;q=0.5"}, 303, "/fr/id/anholt"),
    ("/id/anholt", {"Accept-Language": "de"}, 303, "/da/id/anholt"),
    ("/id/anholt", {"Accept-Language": ";;;=q"}, 303, "/da/id/anholt"),
    ("/id/anholt", TURTLE, 303, "/data/anholt.ttl"),
    ("/id/anholt", {"Accept": "application/ld+json;q=0.9, text/turtle;q=0.8"}, 303, "/data/anholt.jsonld"),
    ("/id/anholt", {"Accept": "text/html;q=0.1, application/n-quads"}, 303, "/data/anholt.nq"),
    ("/id/anholt?format=rdf", BROWSER, 303, "/data/anholt.rdf"),
    ("/id/anholt/", {}, 301, "/id/anholt"),
    ("/id/ANHOLT", {}, 301, "/id/anholt"),
    ("/id/Ånholt", {}, 404, None),
    ("/id/lillebælt", {}, 303, "/da/id/lilleb%C3%A6lt"),
    ("/id/lillebaelt", {}, 301, "/id/lilleb%C3%A6lt"),
    ("/id/%C3%86bel%C3%B8", TURTLE, 303, "/data/%C3%86bel%C3%B8.ttl"),
    ("/id/a%2Fb", TURTLE, 303, "/data/a%2Fb.ttl"),
    ("/id/100%25", {}, 303, "/da/id/100%25"),
    ("/id/v1.2", TURTLE, 303, "/data/v1.2.ttl"),
    ("/id/o'hara(2)", {}, 303, "/da/id/o'hara(2)"),
    ("/id/with/slash/", {}, 303, "/da/id/with/slash/"),
    ("/id/with/slash", {}, 301, "/id/with/slash/"),
    ("/id/old-anholt", {}, 301, "/id/anholt"),
    ("/id/old-anholt", TURTLE, 301, "/id/anholt"),
    ("/keeper/7", {}, 303, "/da/keeper/7"),
    ("/keeper/7", TURTLE, 303, "/data/keeper/7.ttl"),
    ("/sea/9", BROWSER, 303, "/en/sea/9"),
    ("/sea/9", TURTLE, 303, "/data/sea/9.ttl"),
    ("/sea/%c3%b8", BROWSER, 303, "/en/sea/%c3%b8"),
    ("/ns", BROWSER, 303, "/en/ontology"),
    ("/people", {}, 303, "/da/thing?address=https%3A%2F%2Ffyr.example%2Fatlas%2Fpeople%23jens"),
    ("/document/logbog", {}, 303, "/da/document/logbog"),
    ("/document/logbog/1900", TURTLE, 303, "/data/document/logbog/1900.ttl"),
    ("/", {}, 303, "/da/"),
    ("/", {"Accept-Language": "fr-CA"}, 303, "/fr/"),
    ("/lights", BROWSER, 303, "/en/ontology"),
    ("/ontology", BROWSER, 303, "/en/ontology"),
    ("/sea/Buoy", BROWSER, 303, "/en/ontology#Buoy"),
    ("/validation", BROWSER, 303, "/en/validation"),
    ("/about", BROWSER, 303, "/en/about"),
    ("/class/light?page=2", BROWSER, 303, "/en/class/light?page=2"),
    ("/search?q=%C3%A6&x=%0d%0aSet-Cookie:a", BROWSER, 303, "/en/search?q=%C3%A6&x=%0d%0aSet-Cookie:a"),
    ("/queries/", BROWSER, 303, "/en/queries/"),
    ("/queries/keeper-of?light=d:anholt", BROWSER, 303, "/en/queries/keeper-of?light=d%3Aanholt"),
    ("/da/queries", {}, 308, "/da/queries/"),
    ("/was", {}, 303, "/da/accessibility"),
    ("/data/", {}, 308, "/data"),
    ("/data/anholt", TURTLE, 303, "/data/anholt.ttl"),
    ("/data/ANHOLT.ttl", {}, 301, "/data/anholt.ttl"),
    ("/data/old-anholt.nt", {}, 301, "/data/anholt.nt"),
    (
        "/thing?address=https%3A%2F%2Felders.example%2Fkronborg%3Fx%3D1%26y%3D2",
        {},
        303,
        "/da/thing?address=https%3A%2F%2Felders.example%2Fkronborg%3Fx%3D1%26y%3D2",
    ),
]


def test_the_cases_are_there():
    assert len(LEADS) >= 40


@pytest.mark.parametrize(("path", "headers", "status", "target"), LEADS, ids=[f"{one[0]} {one[3]}" for one in LEADS])
def test_where_an_address_leads(client, path, headers, status, target):
    answer = client.get(path, headers=headers)

    assert (answer.status_code, answer.headers.get("Location")) == (status, target)


def test_the_redirect_says_what_it_depends_on_and_what_else_there_is(client):
    answer = client.get("/id/anholt", headers=TURTLE)

    assert {name.lower() for name in answer.vary} == {"accept", "accept-language"}
    links = answer.headers.getlist("Link")
    assert '</data/anholt.ttl>; rel="describedby"; type="text/turtle"' in links
    assert '</en/id/anholt>; rel="alternate"; type="text/html"; hreflang="en"' in links
    assert len(links) == 9


@pytest.mark.parametrize(
    "path",
    [
        "/id/nobody",
        "/document/nothing/1",
        "/data/nobody.ttl",
        "/data/nobody",
        "/nowhere",
        "/id/",
        "/id/%00",
        "/id/%0d%0aX:y",
        "/id/..%2f..%2fetc",
        "/data/.ttl",
        "/dump/manifest.json",
        "/dump/..%2fmanifest.json",
        "/xx/",
        "/xx/id/anholt",
        "/da/rule/%00",
        "/da/queries/none",
        "/queries/none.csv",
        "/thing",
        "/thing?address=javascript:alert(1)",
        "/id/%ff%fe",
        "/sitemap-1.xmlx",
        "/sitemap-0.xml",
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/turtle", "*/*"])
def test_unknown_addresses(client, path, accept):
    answer = client.get(path, headers={"Accept": accept})

    assert answer.status_code == 404
    kinds = {"text/html": "text/html", "application/json": "application/problem+json"}
    assert answer.mimetype == kinds.get(accept, "text/plain")


def test_a_vocabulary_may_be_called_like_a_language(client):
    answers = [client.get("/ns", headers={"Accept": kind}) for kind in ("text/turtle", "application/n-triples")]

    assert [answer.mimetype for answer in answers] == ["text/turtle", "application/n-triples"]
    assert all("Sea marks" in answer.text for answer in answers)
    assert client.get("/xx").status_code == 404  # And not a redirect to `/xx/`.


def test_withdrawn_things_name_their_successor(client):
    page = client.get("/id/sunk", headers={"Accept": "text/html"})
    problem = client.get("/data/sunk.ttl", headers={"Accept": "application/json"})

    assert (page.status_code, problem.status_code) == (410, 410)
    assert '<a href="/da/id/skagen">Skagen Fyr</a>' in page.text
    assert problem.json["successor"] == f"{BASE}id/skagen"
    assert client.get("/id/lost").status_code == 410


def test_the_page_for_an_unknown_address_helps(client):
    page = client.get("/id/anholdt", headers={"Accept": "text/html", "Accept-Language": "en"}).text

    assert '<html lang="en">' in page
    assert '<a href="/en/id/anholt">Anholt Light</a>' in page
    assert 'value="anholdt"' in page
    assert 'content="noindex"' in page


def test_what_cannot_be_had_lists_what_can(client):
    picture = client.get("/id/anholt", headers={"Accept": "image/png, application/problem+json;q=0.1"})
    ending = client.get("/data/anholt.pdf", headers={"Accept": "application/json"})

    assert (picture.status_code, ending.status_code) == (406, 406)
    assert picture.json["offers"] == [
        "text/html",
        "text/turtle",
        "application/n-triples",
        "application/n-quads",
        "application/trig",
        "application/rdf+xml",
        "application/ld+json",
    ]
    assert ".jsonld" in ending.json["detail"]
    assert client.get("/id/anholt?format=pdf").status_code == 406
    assert client.get("/queries/all-lights.pdf").status_code == 406


def test_the_host_never_enters_an_answer(app):
    hosts = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
    }
    client = app.test_client()
    for path in (
        "/",
        "/id/anholt",
        "/da/queries",
        "/id/anholt/",
        "/data/anholt.ttl",
        "/sitemap.xml",
        "/robots.txt",
        "/llms.txt",
        "/dcat",
        "/en/reconcile",
        "/id/nobody",
        "/da/queries/all-lights",
        "/lights",
        "/queries/all-lights",
        "/ontology",
        "/validation",
        "/static/",
        "/da/static",
    ):
        for accept in ("text/html", "text/turtle"):
            answer = client.get(path, headers={**hosts, "Accept": accept})
            assert "evil" not in answer.text, path
            assert "evil" not in str(answer.headers), path


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//evil.example/%2e%2e", "/\\evil.example", "///evil.example/da/queries"]
)
def test_no_path_leads_to_another_host(app, path):
    """A path may look like the beginning of another address; what we send must stay ours."""
    seen = {}

    def begin(status, headers, _error=None):
        seen.update(status=status, headers=dict(headers))

    environment = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    list(app.wsgi_app(environment, begin))

    location = seen["headers"].get("Location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_no_language_can_take_an_address_of_every_site(app):
    """A site in a language may not have the tag by which an address of every site begins."""
    firsts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    tags = {first for first in firsts if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", first)}

    assert tags == set(settings_values.TAKEN)

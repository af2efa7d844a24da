"""What every answer carries, and how errors are told."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from samvirke import errors
from samvirke.settings import Limits
from samvirke.web.errors import STATUS, problem, respond
from samvirke.web.headers import CONTENT_SECURITY_POLICY

PATHS = [
    "/",
    "/id/anholt",
    "/id/nobody",
    "/data/anholt.ttl",
    "/da/queries/",
    "/da/queries/all-lights",
    "/queries/all-lights.csv",
    "/robots.txt",
    "/healthz",
    "/static/style.css",
    "/static/none.css",
    "/sparql?query=ASK%20%7B%7D",
    "/sparql?query=nonsense",
    "/id/sunk",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
def test_the_headers_are_on_every_answer(client, path, method):
    answer = client.open(path, method=method)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers
    if method == "HEAD":
        assert answer.data == b""
    if answer.status_code == 405:
        assert "GET" in answer.headers["Allow"]


def test_a_wrong_method_says_which_are_right(client):
    answer = client.delete("/id/anholt")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_script_of_another_site_may_ask_first(client):
    answer = client.options(
        "/data/anholt.ttl", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    )

    assert answer.status_code == 200
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "path",
    [
        "/da/queries/",
        "/da/queries/all-lights",
        "/data/anholt.ttl",
        "/data/anholt.nq",
        "/sitemap.xml",
        "/ontology?format=ttl",
    ],
)
def test_an_unchanged_answer_is_not_sent_again(client, path):
    first = client.get(path)
    tag = first.headers["ETag"]

    assert not tag.startswith("W/")
    for given in (tag, f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.data) == (304, b""), given
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.head(path).headers["ETag"] == tag


def test_tags_differ_by_address_language_and_format(client):
    paths = (
        "/da/queries/",
        "/en/queries/",
        "/data/anholt.ttl",
        "/data/anholt.nt",
        "/data/skagen.ttl",
        "/da/queries/keeper-of",
        "/da/queries/keeper-of?light=d:anholt",
        "/lights?format=ttl",
        "/lights?format=nt",
    )
    tags = {client.get(path).headers["ETag"] for path in paths}
    tags |= {
        client.get("/lights", headers={"Accept": kind}).headers["ETag"] for kind in ("text/turtle", "application/trig")
    }

    assert len(tags) == len(paths) + 2


def test_a_tag_does_not_make_a_missing_page_there(client):
    assert client.get("/da/queries/none", headers={"If-None-Match": "*"}).status_code == 404
    assert client.get("/xx/queries/", headers={"If-None-Match": "*"}).status_code == 404


def tree(kind=errors.SamvirkeError):
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


def made(kind):
    needed = inspect.signature(kind).parameters
    given = {"rule": "nesting", "offers": ("text/turtle",), "report": None}
    return kind("It is off.", remedy="Mend it.", **{name: value for name, value in given.items() if name in needed})


OURS = [kind for kind in tree() if kind.__module__ == errors.__name__]


def test_the_whole_tree_is_tested():
    assert len(OURS) >= 20


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_has_its_own_row_and_is_told_in_three_forms(app, kind):
    error = made(kind)

    assert kind in STATUS
    for accept, mimetype in (
        ("text/html", "text/html"),
        ("application/json", "application/problem+json"),
        ("*/*", "text/plain"),
    ):
        with app.test_request_context("/en/anything", headers={"Accept": accept}):
            answer = respond(error)
        assert answer.status_code == STATUS[kind]
        assert answer.mimetype == mimetype
        # A page about an unknown address says so in the reader's language instead.
        if mimetype != "text/html" or answer.status_code not in (404, 410):
            assert "It is off." in answer.get_data(as_text=True)
        assert "Accept" in answer.vary
        if answer.status_code in (429, 503) and kind is not errors.QueryTimeout:
            assert int(answer.headers["Retry-After"]) >= 1


def test_a_problem_document_has_the_standard_members():
    told = problem(errors.QueryRefused("Too deep.", rule="nesting", limit=64, found=65, line=2, column=7)).body()

    assert told == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "Too deep.",
        "code": "query-refused",
        "line": 2,
        "column": 7,
        "rule": "nesting",
        "limit": 64,
        "found": 65,
    }


def test_an_unforeseen_error_says_nothing_of_its_cause_but_a_number(app):
    with app.test_request_context("/en/x", headers={"Accept": "application/json"}):
        answer = respond(RuntimeError("/secret/path is broken"))

    assert answer.status_code == 500
    assert b"secret" not in answer.data
    assert len(answer.json["request"]) == 12


def test_a_file_of_this_machine_is_not_named(app):
    with app.test_request_context("/en/x"):
        answer = respond(errors.InputError("It does not parse.", file="/srv/secret.ttl", line=3, column=1))

    assert answer.data == b"line 3:1: It does not parse.\n"


def test_too_much_is_refused(client):
    assert client.post("/sparql", data=b"x" * (2 << 20), content_type="application/sparql-query").status_code == 413


def test_the_application_loads_no_validator_and_no_reasoner():
    code = (
        "import sys\nimport samvirke.web\nfrom samvirke.web import create_app\n"
        "from samvirke.settings import Limits\n"
        "class Pool:\n    generation = None\n    limits = Limits()\ncreate_app('x', pool=Pool())\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pyshacl', 'owlready2', 'rdflib', 'owlrl'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert found.strip() == "[]"


def test_nothing_published_is_said_plainly():
    from samvirke.web import create_app

    class Nothing:
        standing = (None, "")
        limits = Limits()

    client = create_app("state", pool=Nothing()).test_client()

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    for accept in ("text/html", "*/*", "application/json"):
        answer = client.get("/da/", headers={"Accept": accept})
        assert answer.status_code == 503
        assert "samvirke build" in answer.text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.TooManyRequests("Too many.", retry_after_s=1), {"da": "om et sekund", "en": "in one second"}),
        (errors.TooManyRequests("Too many.", retry_after_s=7), {"da": "om 7 sekunder", "en": "in 7 seconds"}),
        (errors.NotAcceptable("Not so.", offers=["text/turtle"]), {"da": ">text/turtle<", "en": ">text/turtle<"}),
        (
            errors.Gone("Gone.", successor="https://fyr.example/atlas/id/anholt"),
            {"da": "/da/id/anholt", "en": "Anholt"},
        ),
        (RuntimeError("broken"), {"da": "Forespørgslens nummer:", "en": "Request number:"}),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
def test_a_page_of_an_error_says_what_to_do_now(app, error, told):
    for lang, words in told.items():
        with app.test_request_context(f"/{lang}/anything", headers={"Accept": "text/html"}):
            page = respond(error).get_data(as_text=True)
        assert words in page, lang
        assert f'<html lang="{lang}"' in page


def test_an_unknown_address_prefills_the_search_and_names_the_nearest(client):
    page = client.get("/da/id/anhold", headers={"Accept": "text/html"}).text

    assert 'name="q" type="search" value="anhold"' in page
    assert '<a href="/da/id/anholt">' in page

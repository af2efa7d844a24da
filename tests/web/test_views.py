"""Every view of every thing, over the web and from the command line."""

from __future__ import annotations

import json

import pytest
import rdflib
from click.testing import CliRunner
from pyoxigraph import NamedNode, RdfFormat, parse

from samvirke.commands.ask import describe
from samvirke.formats.views import ENDINGS, VIEWS
from samvirke.terms import PROV, RDF
from tests.web.conftest import BASE
from tests.web.test_data import SLUGS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
PASSAGE = f"{BASE}document/logbog/1900#char=0,28"


def read(view: str, content: bytes) -> None:
    """Read with somebody else's reader, which fetches nothing: what is wrong raises."""
    kind = VIEWS[view].media_type.partition(";")[0]
    if kind == "application/ld+json":
        rdflib.Dataset().parse(data=content, format="json-ld")
    elif kind == "application/trig":
        rdflib.Dataset().parse(data=content, format="trig")
    elif kind == "text/turtle":
        list(parse(content, RdfFormat.TURTLE))
    else:
        assert kind == "text/plain"
        content.decode()


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_each_thing_can_be_read(client, view):
    for slug in SLUGS:
        answer = client.get(f"/data/{slug}.{view}")

        assert answer.status_code == 200, slug
        expected = VIEWS[view].media_type
        assert answer.content_type == expected + ("; charset=utf-8" if expected.startswith("text/") else "")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert f'<{BASE}data/{slug}.{view}>; rel="canonical"' in answer.headers.getlist("Link")
        read(view, answer.data)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_asked_for_by_name_and_never_by_accept(client, view):
    by_name = client.get(f"/data/skagen?format={view}")
    by_type = client.get("/data/skagen", headers={"Accept": VIEWS[view].media_type})

    assert by_name.headers["Location"] == f"/data/skagen.{view}"
    assert by_type.status_code in (303, 406)
    assert not by_type.headers.get("Location", "").endswith(f".{view}")


def test_the_passage_of_a_thing_is_in_the_views_of_its_evidence(client):
    (annotation,) = client.get("/data/skagen.anno").get_json(force=True)["@graph"]
    quote, position, _ = annotation["target"]["selector"]

    assert annotation["target"]["id"] == PASSAGE
    assert quote["exact"] == "Skagen Fyr blev tændt i 1747"
    assert (quote["prefix"], position["start"], position["end"]) == ("", 0, 28)
    assert len(quote["suffix"]) > 0

    reified = list(parse(client.get("/data/skagen.ttl12").data, RdfFormat.TURTLE))
    (reifier,) = [quad.subject for quad in reified if quad.predicate == PROV.wasQuotedFrom]
    assert [
        quad.object.predicate.value for quad in reified if quad.predicate == RDF.reifies and quad.subject == reifier
    ] == [f"{BASE}lights#lit"]
    nanopublication = list(parse(client.get("/data/skagen.nanopub").data, RdfFormat.TRIG))
    assert [quad.object for quad in nanopublication if quad.predicate == PROV.wasQuotedFrom] == [NamedNode(PASSAGE)]


def test_the_made_addresses_lead_to_the_document(client):
    (annotation,) = client.get("/data/skagen.anno").get_json(force=True)["@graph"]
    answer = client.get(f"/{annotation['id'].removeprefix(BASE)}", headers={"Accept": "text/html"})

    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).status_code == 200


def test_the_context_is_served_at_its_own_address(client):
    answer = client.get("/context.jsonld")
    context = json.loads(answer.data)["@context"]

    assert answer.content_type == 'application/ld+json;profile="http://www.w3.org/ns/json-ld#context"'
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert context["lit"] == f"{BASE}lights#lit"
    assert client.get("/context.jsonld", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    framed = client.get("/data/skagen.framed").get_json(force=True)
    assert framed["@context"].items() <= context.items()
    assert framed["@graph"][0]["id"] == f"{BASE}id/skagen"


def test_the_framed_file_says_what_turtle_says(client):
    for slug in SLUGS:
        framed = {quad.triple for quad in parse(client.get(f"/data/{slug}.framed").data, RdfFormat.JSON_LD)}
        assert framed == {quad.triple for quad in parse(client.get(f"/data/{slug}.ttl").data, RdfFormat.TURTLE)}


def test_people_and_programs_are_told_of_every_ending(client):
    for lang in ("da", "en"):
        page, manual = client.get(f"/{lang}/data").text, client.get(f"/{lang}/help/data").text
        commands = client.get(f"/{lang}/help/commands").text
        for ending in ENDINGS:
            assert f"/data/….{ending}</code>" in page
            assert f"<code>{ending}</code>" in manual
            assert f"<code>{ending}</code>" in commands
    assert "/context.jsonld" in client.get("/openapi.json").text


def test_the_command_takes_every_ending():
    told = CliRunner().invoke(describe, ["--help"]).output

    (choice,) = [one for one in describe.params if one.name == "form"]
    assert sorted(choice.type.choices) == sorted(["text", "json", *ENDINGS])
    assert "--format" in told

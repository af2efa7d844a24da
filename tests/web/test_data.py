"""Descriptions as data, whole files, and what robots ask for."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import rdflib
from pyoxigraph import NamedNode, RdfFormat, parse
from rdflib.compare import isomorphic

from tests.web.conftest import BASE

TYPES = {
    "ttl": "text/turtle; charset=utf-8",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
SLUGS = [
    "anholt",
    "skagen",
    "lilleb%C3%A6lt",
    "%C3%86bel%C3%B8",
    "a%2Fb",
    "100%25",
    "v1.2",
    "with/slash/",
    "keeper/7",
    "document/logbog",
    "document/logbog/1900",
]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("extension", TYPES)
def test_each_format_parses_as_its_type(client, slug, extension):
    answer = client.get(f"/data/{slug}.{extension}")

    assert answer.status_code == 200
    assert answer.content_type == TYPES[extension]
    assert list(parse(answer.data, RdfFormat.from_extension(extension)))


@pytest.mark.parametrize("slug", ["anholt", "skagen", "keeper/7"])
def test_the_triple_formats_say_the_same(client, slug):
    graphs = [
        rdflib.Graph().parse(data=client.get(f"/data/{slug}.{extension}").data, format=name)
        for extension, name in (("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml"))
    ]

    assert len(graphs[0]) > 3
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])


def test_quads_carry_the_passage_and_its_words(client):
    quads = list(parse(client.get("/data/skagen.nq").data, RdfFormat.N_QUADS))
    passage = NamedNode(f"{BASE}document/logbog/1900#char=0,28")

    assert any(quad.graph_name == passage and quad.predicate.value.endswith("#lit") for quad in quads)
    assert any(quad.subject == passage and quad.object.value == "Skagen Fyr blev tændt i 1747" for quad in quads)


@pytest.mark.parametrize("slug", ["anholt", "skagen", "keeper/7"])
def test_the_quad_formats_say_all_that_the_triple_formats_say(client, slug):
    triples = {quad.triple for quad in parse(client.get(f"/data/{slug}.ttl").data, RdfFormat.TURTLE)}

    assert len(triples) > 3
    for extension in ("nq", "trig", "jsonld"):
        told = parse(client.get(f"/data/{slug}.{extension}").data, RdfFormat.from_extension(extension))
        assert triples - {quad.triple for quad in told} == set(), extension


def test_triples_say_what_points_here_and_name_what_is_pointed_at(client):
    keeper = rdflib.Graph().parse(data=client.get("/data/keeper/7.ttl").data)
    light = rdflib.Graph().parse(data=client.get("/data/anholt.ttl").data)

    assert (
        rdflib.URIRef(f"{BASE}id/anholt"),
        rdflib.URIRef(f"{BASE}lights#keeper"),
        rdflib.URIRef(f"{BASE}keeper/7"),
    ) in keeper
    assert rdflib.Literal("Maren", "da") in set(light.objects(rdflib.URIRef(f"{BASE}keeper/7")))
    assert not [s for s in light.subjects() if "#char" in s]


def test_data_name_their_page_and_licence(client):
    answer = client.get("/data/anholt.ttl", headers={"Host": "127.0.0.1:9"})

    links = answer.headers.getlist("Link")
    assert f'<{BASE}data/anholt.ttl>; rel="canonical"' in links
    assert '</id/anholt>; rel="describes"' in links
    assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in links
    assert "Content-Disposition" not in answer.headers
    assert BASE.encode() in answer.data
    assert b"127.0.0.1" not in answer.data


def test_a_thing_from_elsewhere(client):
    answer = client.get("/thing?address=https%3A%2F%2Felders.example%2Fkronborg%3Fx%3D1%26y%3D2&format=nt")

    assert answer.status_code == 200
    assert b"<https://elders.example/kronborg?x=1&y=2>" in answer.data


@pytest.mark.parametrize(
    "path",
    ["/lights", "/core", "/ontology", "/lights?format=ttl", "/rule/edtf-bounds", "/graph/data/lights", "/graph/lights"],
)
def test_vocabularies_and_graphs_answer_themselves(client, path):
    answer = client.get(path, headers={"Accept": "text/turtle"})

    if answer.status_code == 200:
        assert list(parse(answer.data, RdfFormat.TURTLE))
        assert "Accept" in answer.vary
    else:
        assert answer.status_code == 404
        assert path.startswith(("/rule/", "/graph/"))


def test_the_report_in_turtle(client):
    answer = client.get("/validation", headers={"Accept": "text/turtle"})

    assert (answer.status_code, answer.content_type) == (200, "text/turtle; charset=utf-8")
    list(parse(answer.data, RdfFormat.TURTLE))


@pytest.mark.parametrize(
    ("name", "form"),
    [("data.nq", RdfFormat.N_QUADS), ("default.nt", RdfFormat.N_TRIPLES), ("schema.nq", RdfFormat.N_QUADS)],
)
def test_whole_files(client, name, form):
    answer = client.get(f"/dump/{name}")

    assert answer.status_code == 200
    assert len(list(parse(answer.data, form))) > 10
    assert client.get(f"/dump/{name}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_robots_and_sitemap(client):
    robots, sitemap = client.get("/robots.txt"), client.get("/sitemap.xml")

    assert f"Sitemap: {BASE}sitemap.xml" in robots.text
    places = [
        place.text
        for place in ElementTree.fromstring(sitemap.data).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]
    assert f"{BASE}da/id/anholt" in places
    assert f"{BASE}fr/id/%C3%86bel%C3%B8" in places
    assert not [place for place in places if "sunk" in place or "thing?" in place]
    assert len(places) == len(set(places))


def test_language_models_are_told_what_is_here(client):
    told = client.get("/llms.txt")

    assert (told.status_code, told.mimetype) == (200, "text/plain")
    assert told.text.startswith("# ")
    addresses = re.findall(r"\]\((\S+)\)", told.text)
    assert len(addresses) >= 5
    for address in addresses:
        assert client.get(f"/{address.removeprefix(BASE)}", follow_redirects=True).status_code == 200, address


def test_health_and_contact(client):
    assert client.get("/healthz").json["status"] == "ok"
    assert client.get("/readyz").json["status"] == "ready"
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"
    assert "Contact: mailto:fyr@fyr.example" in client.get("/.well-known/security.txt").text

"""What `/dcat` says: DCAT-AP's own shapes judge it, and every file is what it says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyshacl
import pytest
from flask.testing import FlaskClient
from rdflib import DCAT, DCTERMS, FOAF, RDF, XSD, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool
from tests.web.conftest import BASE

SPDX = Namespace("http://spdx.org/rdf/terms#")
DCAT_VERSION = URIRef("http://www.w3.org/ns/dcat#version")  # Of DCAT 3; rdflib knows DCAT 2.
FORMATS = {"text/turtle": "turtle", "application/n-triples": "nt", "application/rdf+xml": "xml"}
BARE = 'base = "http://bare.example/"\nlanguages = ["ar", "en"]\n'
SHAPES = ("shapes.ttl", "shapes_recommended.ttl", "range.ttl", "deprecateduris.ttl")


@pytest.fixture(scope="module", params=["first", "atlas", "bare"])
def asked(request, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, str]]:
    """The first site, a small foreign one, and one that says nothing of itself; each with its base."""
    if request.param == "atlas":
        yield request.getfixturevalue("app").test_client(), BASE
        return
    state, folder = tmp_path_factory.mktemp("state"), root
    if request.param == "bare":
        folder = tmp_path_factory.mktemp("bare")
        (folder / "samvirke.toml").write_text(BARE)
        (folder / "data").mkdir()
        (folder / "data/things.ttl").write_text('<http://bare.example/id/a> <http://bare.example/says> "b" .\n')
    site = Site.open(folder, overrides={"state": state})
    build(site, reasoner=False, allow_invalid=request.param == "bare")
    with Pool.start(state, Limits(workers=1)) as pool:
        yield create_app(state, pool=pool).test_client(), site.settings.base


def catalogue(client: FlaskClient) -> Graph:
    answer = client.get("/dcat", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.mimetype) == (200, "text/turtle")
    return Graph().parse(data=answer.get_data(), format="turtle")


def test_the_shapes_of_dcat_ap_find_no_violation(asked, shared: Path):
    client, _ = asked
    folder = next((shared / "conformance/data/dcat-ap/releases").iterdir()) / "html/shacl"
    shapes = Graph()
    for name in SHAPES:
        shapes.parse(folder / name)
    conforms, _, text = pyshacl.validate(catalogue(client), shacl_graph=shapes, allow_warnings=True)

    assert len(list(shapes.triples((None, RDF.type, URIRef("http://www.w3.org/ns/shacl#NodeShape"))))) >= 10
    assert conforms, text


def test_every_format_says_the_same(asked):
    client, _ = asked
    told = catalogue(client)
    for media_type, name in FORMATS.items():
        answer = client.get("/dcat", headers={"Accept": media_type})

        assert (answer.status_code, answer.mimetype) == (200, media_type)
        assert "Accept" in answer.headers["Vary"]
        assert isomorphic(told, Graph().parse(data=answer.get_data(), format=name))


def test_the_files_are_what_it_says_of_them(asked):
    client, base = asked
    told = catalogue(client)
    files = list(told.subject_objects(DCAT.downloadURL))
    assert len(files) >= 3
    for part, address in files:
        body = client.get(f"/{str(address).removeprefix(base)}").get_data()

        assert told.value(part, DCAT.byteSize) == Literal(str(len(body)), datatype=XSD.nonNegativeInteger)
        digest = told.value(told.value(part, SPDX.checksum), SPDX.checksumValue)
        assert str(digest) == hashlib.sha256(body).hexdigest()


def test_it_names_the_site_its_version_and_its_services(asked):
    client, base = asked
    told = catalogue(client)
    dataset = URIRef(f"{base}.well-known/void#dataset")
    version = client.get("/en/").headers["Samvirke-Generation"]

    assert told.value(dataset, DCAT_VERSION) == Literal(version)
    assert list(told.objects(None, DCAT.endpointURL)) == [URIRef(f"{base}sparql")]
    assert list(told.objects(None, DCAT.servesDataset)) == [dataset]
    assert len(set(told.objects(dataset, DCTERMS.title))) >= 1
    assert list(told.objects(dataset, DCTERMS.publisher)) != []
    assert all(told.value(agent, FOAF.name) for agent in told.objects(dataset, DCTERMS.publisher))


def test_readers_are_led_to_the_page_of_downloads(asked):
    client, _ = asked
    answer = client.get("/dcat", headers={"Accept": "text/html", "Accept-Language": "en"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/en/data")

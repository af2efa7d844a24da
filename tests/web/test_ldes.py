"""The stream of versions: a reader that knows RDF and no more rebuilds the data from it, whatever was written."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter

import pyoxigraph
import pytest
import rdflib
from rdflib.namespace import DCTERMS, RDF

from samvirke.build import build
from samvirke.site import Site
from samvirke.web import create_app, entity_versions, ldes
from samvirke.workers import Pool
from samvirke.workers.pool import WriteRequest
from tests.garden import GARDEN, OAK, adding, deleting
from tests.processes import LIMITS

BASE = "https://garden.example/"
TERMS = f"{BASE}terms#"
TREE = rdflib.Namespace("https://w3id.org/tree#")
LDES = rdflib.Namespace("https://w3id.org/ldes#")
AS = rdflib.Namespace("https://www.w3.org/ns/activitystreams#")
SHA256 = rdflib.URIRef("https://w3id.org/samvirke/core#sha256")
ROOT = "/changes/ldes"


class Reader:
    """What a client of the stream does: follow the relations, keep the members, put them in order."""

    def __init__(self, client, accept="application/trig", form="trig"):
        self.client, self.accept, self.form = client, accept, form
        self.pages, self.fixed, self.members = {}, set(), []
        self.context = rdflib.Graph()

    def read(self):
        waiting = [f"{BASE}{ROOT[1:]}"]
        while waiting:
            address = waiting.pop(0)
            if address in self.pages:
                continue
            answer = self.client.get("/" + address.removeprefix(BASE), headers={"Accept": self.accept})
            assert answer.status_code == 200, address
            page = rdflib.Dataset(default_union=False)
            page.parse(data=answer.data, format=self.form)
            self.pages[address] = answer.data
            told = page.default_graph
            self.context += told
            node = rdflib.URIRef(address)
            fixed = (node, LDES.immutable, rdflib.Literal(True)) in told
            assert ("immutable" in answer.headers["Cache-Control"]) is fixed
            if fixed:
                self.fixed.add(address)
            relations = list(told.objects(node, TREE.relation))
            assert all(told.value(one, TREE.path) == DCTERMS.created for one in relations)
            waiting += sorted({str(told.value(one, TREE.node)) for one in relations})
            for member in told.objects(None, TREE.member):
                self.members.append(
                    (
                        told.value(member, DCTERMS.created).toPython(),
                        str(told.value(member, DCTERMS.isVersionOf)),
                        told.value(member, RDF.type),
                        set(page.graph(member)),
                        str(told.value(member, SHA256)),
                        member,
                    )
                )
                for one in self.incoming(told, node):
                    assert self.members[-1][0] >= one
        return self

    def incoming(self, told, node):
        return [told.value(one, TREE.value).toPython() for one in told.subjects(TREE.node, node)]

    def replayed(self):
        """The facts of the newest version of each thing."""
        newest = {}
        for _created, iri, _kind, facts, _, _ in sorted(self.members, key=lambda one: one[0]):
            newest[iri] = facts
        return set().union(*newest.values())


def served(client):
    answer = client.get("/rdf-graph-store?default", headers={"Accept": "application/n-triples"})
    assert answer.status_code == 200
    return set(rdflib.Graph().parse(data=answer.data, format="nt"))


def of(name, text):
    return text.replace(OAK, OAK.replace("oak", name))


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(GARDEN, folder)
    return Site.open(folder)


@pytest.fixture
def serve(site, monkeypatch):
    """Build the site, and serve it in pages so small that there are many."""
    monkeypatch.setattr(entity_versions, "FACTS_ON_A_PAGE", 30)
    monkeypatch.setattr(entity_versions, "MEMBERS_ON_A_PAGE", 6)
    build(site, reasoner=False)
    with Pool.start(site.state, LIMITS, writable=True) as pool:
        client = create_app(site.state, pool=pool).test_client()

        def write(text):
            pool.write(WriteRequest(action="update", content=text.encode(), author="ada"))

        yield client, write, pool


def test_whoever_replays_the_stream_has_the_data(serve, site):
    client, write, _pool = serve
    built = Reader(client).read()
    assert built.replayed() == served(client)
    assert len(built.fixed) >= 3
    default = (client.application.extensions["samvirke"].newest().directory / "default.nt").read_bytes()
    assert str(built.context.value(None, LDES.timestampPath)) == "None"
    assert built.context.value(rdflib.URIRef(f"{BASE}{ROOT[1:]}#stream"), SHA256).toPython() == (
        hashlib.sha256(default).hexdigest()
    )

    before = dict(built.pages)
    for number in range(9):
        write(adding(f"Name {number}"))
    write(of("elm", adding("Elm")).replace(" } }", f" <{OAK.replace('oak', 'elm')}> a <{TERMS}Oak> }} }}"))
    write(deleting("Name 3", "Name 4"))
    write(of("elm", deleting("Elm")).replace(" } }", f" <{OAK.replace('oak', 'elm')}> a <{TERMS}Oak> }} }}"))
    write(of("ash", adding('Ash \\u00e6 \\"x\\"')))
    after = Reader(client).read()

    assert after.replayed() == served(client)
    assert after.replayed() != built.replayed()
    assert {path: before[path] for path in built.fixed} == {path: after.pages[path] for path in built.fixed}
    # Another server, which makes all writes of the journal again, tells the same to the byte.
    ldes._kept.clear()
    with Pool.start(site.state, LIMITS) as other:
        assert Reader(create_app(site.state, pool=other).test_client()).read().pages == after.pages
    kinds = Counter((iri.rpartition("/")[2], kind.rpartition("#")[2]) for _, iri, kind, *_ in after.members)
    assert kinds["elm", "Create"] == kinds["elm", "Delete"] == 1
    assert kinds["oak", "Create"] == 1
    assert kinds["oak", "Update"] == 10
    assert kinds["ash", "Create"] == 1
    assert len({member for *_, member in after.members}) == len(after.members)
    assert len([path for path in after.pages if "/changes/" in path.removeprefix(f"{BASE}changes")]) >= 3


def test_every_version_has_the_checksum_of_its_facts_in_each_format(serve):
    client, write, _pool = serve
    write(adding("Ny æ"))
    found = [
        {
            (member, created, kind, sha)
            for created, _, kind, _, sha, member in Reader(client, accept, form).read().members
        }
        for accept, form in (
            ("application/trig", "trig"),
            ("application/n-quads", "nquads"),
            ("application/ld+json", "json-ld"),
        )
    ]
    assert found[0] == found[1] == found[2]

    checked = 0
    for path in Reader(client).read().pages:
        answer = client.get("/" + path.removeprefix(BASE), headers={"Accept": "application/n-quads"})
        quads = list(pyoxigraph.parse(answer.data, pyoxigraph.RdfFormat.N_QUADS))
        told = {
            quad.subject: quad.object.value
            for quad in quads
            if quad.predicate.value == str(SHA256) and isinstance(quad.graph_name, pyoxigraph.DefaultGraph)
        }
        for member, digest in told.items():
            if member.value.endswith("#stream"):
                continue
            facts = sorted(f"{quad.triple} .\n" for quad in quads if quad.graph_name == member)
            assert hashlib.sha256("".join(facts).encode()).hexdigest() == digest
            checked += 1
    assert checked >= 10


def test_a_build_begins_the_stream_anew_and_tells_what_is_gone(serve, site):
    client, write, pool = serve
    write(of("elm", adding("Elm")))
    old = Reader(client).read()
    (elm,) = [str(member).partition("#")[0] for _, iri, *_, member in old.members if iri.endswith("/elm")]
    write(of("elm", deleting("Elm")))
    path = site.root / "data" / "beds & borders.ttl"
    path.write_text(
        "\n".join(line for line in path.read_text("utf-8").splitlines() if "tulip" not in line), encoding="utf-8"
    )
    build(site, reasoner=False)
    pool.renew(pool.crew())
    again = Reader(client).read()

    assert again.replayed() == served(client)
    assert client.get("/" + elm.removeprefix(BASE)).status_code == 410
    # Who followed the stream before the build, and goes on, has the same.
    both = Reader(client)
    both.members = old.members + again.members
    assert both.replayed() == served(client)
    deleted = {iri for _, iri, kind, *_ in again.members if kind == AS.Delete}
    assert OAK.replace("oak", "elm") in deleted


def test_what_is_no_page_of_the_stream_is_not_found(serve):
    client, _write, _pool = serve
    version = client.application.extensions["samvirke"].newest().generation.version
    for path in (
        f"{version}/things/0",
        f"{version}/things/99",
        f"{version}/gone/1",
        f"{version}/changes/2",
        f"{version}/changes/{10**18}",
        "nothing/things/1",
    ):
        assert client.get(f"{ROOT}/{path}").status_code == 404, path
    for catalogue in ("/dcat?format=nt", "/.well-known/void?format=nt"):
        assert f"<{BASE}{ROOT[1:]}>" in client.get(catalogue).text
    assert client.get(f"{ROOT}/20200101T000000Z-0123456789ab/things/1").status_code == 410
    assert client.get(ROOT, headers={"Accept": "text/turtle"}).status_code == 406
    assert client.get(ROOT, headers={"Accept": "*/*"}).mimetype == "application/trig"

"""Linked-data manners: what real programs send, what they are led to, and that every own address answers.

The headers in `accepts.json` are those that the programs named there send.
Sources: https://www.w3.org/TR/cooluris/ · https://www.rfc-editor.org/rfc/rfc9110 ·
https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.web.data import RDF
from samvirke.workers import Pool

ACCEPTS = json.loads(Path(__file__).with_name("accepts.json").read_text("utf-8"))
ROOT = Path(__file__).parents[2]
OF_A_HOP = {"Date", "Content-Length"}
WITHDRAWN = "sunk"


@pytest.fixture(scope="module")
def first_site(tmp_path_factory):
    state = tmp_path_factory.mktemp("first")
    build(Site.open(ROOT, overrides={"state": state}), reasoner=False)
    with Pool.start(state, Limits(workers=2)) as pool:
        yield create_app(state, pool=pool)


@pytest.fixture(params=["tests/web/site", "first site"])
def site(request, app):
    return app if request.param == "tests/web/site" else request.getfixturevalue("first_site")


def things(app):
    """Everything with a page that has not moved or gone, as addresses on this server."""
    publication = app.extensions["samvirke"].newest()
    found = [one.iri for one in publication.index.everything()]
    found = [iri for iri in found if not (one := publication.index.entity(iri)).withdrawn and one.successor is None]
    return publication, found


def test_every_thing_leads_each_program_to_what_it_reads(site):
    publication, found = things(site)
    client, faults, cases = site.test_client(), [], 0
    assert len(ACCEPTS) >= 20
    # Every thing with every type, and some things (all kinds of addresses) with every header.
    rows = [{"client": one.media_type, "accept": one.media_type, "gets": one.extension} for one in RDF]
    rows.append({"client": "html", "accept": "text/html", "gets": "html"})
    for place, iri in enumerate(found):
        address = publication.links.identifier(iri).partition("#")[0]
        if "#" in iri:
            continue
        for row in [*rows, *(ACCEPTS if place < 30 else ())]:
            headers = {} if row["accept"] is None else {"Accept": row["accept"]}
            answer = client.get(address, headers=headers)
            cases += 1
            told = f"{iri} {row['client']}: {answer.status_code} {answer.headers.get('Location')}"
            if row["gets"] is None:
                if answer.status_code != 406:
                    faults.append(told)
                continue
            wanted = (
                publication.links.page(iri, "da") if row["gets"] == "html" else publication.links.data(iri, row["gets"])
            )
            location = answer.headers.get("Location", "")
            ended = location == wanted or (row["gets"] == "html" and location in _pages(publication, iri))
            if answer.status_code != 303 or not ended:
                faults.append(told)
            if not {"Accept", "Accept-Language"} <= set(answer.vary) and "accept" not in answer.vary:
                faults.append(f"{told}: Vary {answer.vary}")
    assert not faults, "\n".join(faults[:40])
    assert cases >= 300


def _pages(publication, iri):
    return {publication.links.page(iri, lang) for lang in publication.languages}


def some(publication, found):
    """One thing of each shape of address."""
    shapes = {}
    for iri in found:
        local = publication.links.local(iri)
        shape = "elsewhere" if local is None else (local.split("/")[0], "#" in local, "%" in quote(local))
        shapes.setdefault(shape, iri)
    return list(shapes.values())


def test_each_answer_has_its_head_its_tag_and_lets_other_origins_read(site):
    publication, found = things(site)
    client, faults, cases = site.test_client(), [], 0
    links = publication.links
    paths = ["/", "/dcat", "/.well-known/void", "/ontology", "/validation", "/linkset", "/changes", "/sitemap.xml"]
    paths += ["/linkset?format=txt", "/changes?format=atom", "/dump/default.nt", links.dataset("da"), "/id/nobody"]
    for iri in some(publication, found):
        paths += [links.identifier(iri).partition("#")[0], links.page(iri, "da").partition("#")[0]]
        paths += [links.data(iri, offer.extension) for offer in RDF]
        paths.append(f"/linkset?about={quote(iri, safe='')}")
    for path in paths:
        for accept in ("text/turtle", "text/html", "*/*"):
            asking = {"Accept": accept, "Origin": "https://elsewhere.example"}
            got, head = client.get(path, headers=asking), client.head(path, headers=asking)
            cases += 1
            told = f"{path} {accept}"
            same = {key: value for key, value in got.headers if key not in OF_A_HOP}
            if head.data or head.status_code != got.status_code:
                faults.append(f"{told}: HEAD {head.status_code}, {len(head.data)} bytes")
            if {key: value for key, value in head.headers if key not in OF_A_HOP} != same:
                faults.append(f"{told}: HEAD has other headers")
            if got.headers.get("Access-Control-Allow-Origin") != "*":
                faults.append(f"{told}: no other origin may read")
            if sum(len(key) + len(value) + 4 for key, value in got.headers) > 8_000:
                faults.append(f"{told}: the headers are too long for some")
            if got.status_code == 200:
                tag = got.headers.get("ETag")
                again = client.get(path, headers={**asking, "If-None-Match": tag or ""})
                if tag is None or again.status_code != 304 or again.data or again.headers["ETag"] != tag:
                    faults.append(f"{told}: {tag} {again.status_code}")
        preflight = client.options(
            path, headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
        )
        if preflight.status_code != 200 or "GET" not in preflight.headers.get("Access-Control-Allow-Methods", ""):
            faults.append(f"{path}: preflight {preflight.status_code}")
    assert not faults, "\n".join(faults[:40])
    assert cases >= 60


@pytest.mark.parametrize("path", ["/lights", "/core", "/da", "/help", "/sea/9", "/da/id/anholt", "/id/anholt"])
def test_what_a_browser_asks_first_leads_nowhere_else(client, path):
    answer = client.options(
        path, headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    )

    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


def test_every_format_has_a_tag_of_its_own(site):
    publication, found = things(site)
    client = site.test_client()
    for iri in some(publication, found):
        paths = [publication.links.data(iri, offer.extension) for offer in RDF]
        tags = [client.get(path).headers["ETag"] for path in paths]
        assert len(set(tags)) == len(RDF)


def test_a_thing_names_its_pages_and_its_data_at_each_step(site):
    publication, found = things(site)
    client, links = site.test_client(), publication.links
    for iri in some(publication, found):
        first = client.get(links.identifier(iri).partition("#")[0], headers={"Accept": "text/turtle"})
        told = ", ".join(first.headers.getlist("Link"))
        if first.status_code == 303:
            assert told.count('rel="alternate"; type="text/html"') == len(publication.languages)
            assert told.count('rel="describedby"') == len(RDF)
        second = client.get(links.data(iri, "ttl"))
        told = ", ".join(second.headers.getlist("Link"))
        assert second.status_code == 200
        assert 'rel="canonical"' in told
        assert 'rel="describes"' in told


@pytest.mark.parametrize("form", ["text/html", "text/turtle", "application/ld+json", "*/*"])
def test_what_has_a_successor_leads_there_for_good(client, form):
    about = quote("https://fyr.example/atlas/id/old-anholt", safe="")
    for path, wanted in (
        ("/id/old-anholt", "/id/anholt"),
        ("/data/old-anholt.ttl", "/data/anholt.ttl"),
        ("/da/id/old-anholt", "/da/id/anholt"),
    ):
        answer = client.get(path, headers={"Accept": form})
        assert (answer.status_code, answer.headers["Location"]) == (301, wanted)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    moved = client.get(f"/linkset?about={about}&format=json")
    assert moved.status_code == 301
    assert client.get(moved.headers["Location"]).status_code == 200


@pytest.mark.parametrize("form", ["text/html", "text/turtle", "application/ld+json", "*/*"])
def test_what_is_not_here_is_said_by_the_status(client, form):
    accept = {"Accept": form}
    for path in ("/id/nobody", "/nothing/at/all", "/data/nobody.ttl", "/document/none", "/da/id/nobody", "/x.php"):
        answer = client.get(path, headers=accept)
        assert answer.status_code == 404, path
        assert "ETag" not in answer.headers
    assert client.get(f"/id/{WITHDRAWN}", headers=accept).status_code == 410
    assert client.get(f"/data/{WITHDRAWN}.ttl", headers=accept).status_code == 410
    assert client.get(f"/linkset?about=https%3A%2F%2Ffyr.example%2Fatlas%2Fid%2F{WITHDRAWN}").status_code == 410
    assert client.get("/linkset?about=urn%3Anobody").status_code == 404


def test_every_own_address_in_every_description_answers(site):
    """Follow your nose: each own address that stands as subject or object in any description leads somewhere."""
    publication, found = things(site)
    client, wanted = site.test_client(), {}
    for iri in found:
        for form in ("nq", "jsonld"):
            answer = client.get(publication.links.data(iri, form))
            assert answer.status_code == 200, iri
            for quad in parse(answer.data, RdfFormat.from_extension(form)):
                for node in (quad.subject, quad.predicate, quad.object, quad.graph_name):
                    if isinstance(node, NamedNode) and node.value.startswith(publication.base):
                        wanted.setdefault(node.value.partition("#")[0], iri)
    for path in ("/dcat?format=nt", "/.well-known/void?format=nt"):
        for quad in parse(client.get(path).data, RdfFormat.N_TRIPLES):
            for node in (quad.subject, quad.object):
                if isinstance(node, NamedNode) and node.value.startswith(publication.base):
                    wanted.setdefault(node.value.partition("#")[0], path)
    faults = []
    for address, origin in sorted(wanted.items()):
        path = "/" + quote(address.removeprefix(publication.base), safe="/:@!$&'()*+,;=~-._%?")
        answer = client.get(path, headers={"Accept": "text/turtle, */*;q=0.1"}, follow_redirects=True)
        gone = answer.status_code == 410 and urlsplit(path).path.rpartition("/")[2] in (WITHDRAWN, "lost")
        if answer.status_code != 200 and not gone:
            faults.append(f"{address} (in {origin}): {answer.status_code}")
    assert not faults, "\n".join(faults)
    assert len(wanted) >= 10

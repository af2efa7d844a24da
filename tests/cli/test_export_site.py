"""`samvirke export site`: handed out by Python's own file server, it is the site."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
import rdflib

from samvirke.commands.static_site import Exported, export_site
from samvirke.errors import WriteRefused
from samvirke.formats import FORMATS
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool
from tests.cli.conftest import command

LINK = re.compile(r'\s(?:href|src|action)="([^"]*)"')
CHANGED = re.compile(r'\s(?:href|src|action|formaction)="[^"]*"|<script [^>]*\bsrc=[^>]*></script>\n?')
KINDS = {".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml", ".xml": "application/xml"}

HOSTILE = (
    *("id/..", "id/a/../../../etc/passwd", "id/a%2F..%2F..%2Fx", "id/Case", "id/case", "id/case.ttl"),
    *("id/case.ttl/under", "/id/x", "_headers", ".htaccess", ".samvirke-export", "static/style.css", "en/search"),
    *("index.html", "id/index.html", f"id/{'x' * 300}"),
)
UNWRITABLE = ("id/..", "etc/passwd", "%2F..%2F", "//id/x", ".htaccess", ".samvirke-export", "x" * 300)


@dataclass(frozen=True)
class Served:
    """A copy behind a file server, at a path of it."""

    connection: http.client.HTTPConnection
    folder: Path
    at: str

    def get(self, path: str) -> tuple[int, str, bytes]:
        """What an address answers after the redirect to a folder: status, type, body."""
        for _ in range(2):
            self.connection.request("GET", path)
            answer = self.connection.getresponse()
            body = answer.read()
            if answer.status != 301:
                break
            path = urljoin(path, answer.headers["Location"])
        return answer.status, answer.headers.get_content_type(), body


@contextlib.contextmanager
def file_server(root: Path, folder: Path, at: str) -> Iterator[Served]:
    """Python's own file server in a process of its own, on a port it chooses."""
    program = (sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(root))
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            port = int(re.search(r"port (\d+)", process.stdout.readline())[1])
            yield Served(http.client.HTTPConnection("127.0.0.1", port, timeout=60), folder, at)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    from samvirke.build import build

    opened = Site.open(root / "tests/web/site", overrides={"state": tmp_path_factory.mktemp("state")})
    build(opened, allow_invalid=True, reasoner=False)
    return opened


@pytest.fixture(scope="module")
def written(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Exported]:
    folder = tmp_path_factory.mktemp("copy") / "site"
    return folder, export_site(site, folder)


@pytest.fixture(scope="module")
def below(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same to lie at /atlas/ of a server, with a running server for what it cannot."""
    root = tmp_path_factory.mktemp("below")
    export_site(site, root / "atlas", root="/atlas/", live="https://live.example/")
    return root


def sums(folder: Path) -> dict[str, str]:
    """The checksum of each file; but for the question that asks what time it is."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "what-time" not in str(path)
    }


def crawled(served: Served) -> tuple[dict[str, str], list[str]]:
    """Every page that links lead to from the front page, by address, and what is wrong."""
    waiting = deque([(served.at, "start")])
    seen, pages, faults = set(), {}, []
    while waiting:
        path, origin = waiting.popleft()
        if path in seen:
            continue
        seen.add(path)
        if not path.startswith(served.at):
            faults.append(f"{path} (on {origin}) leaves the copy")
            continue
        status, kind, body = served.get(path)
        if status != 200:
            faults.append(f"{path} (on {origin}): {status}")
            continue
        ending = Path(urlsplit(path).path).suffix
        wanted = KINDS.get(ending) or (FORMATS[ending[1:]].media_type if ending[1:] in FORMATS else None)
        if wanted not in (None, kind):
            faults.append(f"{path}: {kind}")
        if kind != "text/html":
            continue
        pages[path] = body.decode()
        # A browser resolves against where it was led to.
        base = path if path.endswith("/") or ending == ".html" else f"{path}/"
        for given in LINK.findall(pages[path]):
            target = urldefrag(urljoin(base, unescape(given)))[0]
            if not urlsplit(target).scheme and not urlsplit(target).netloc:
                waiting.append((target, path))
    return pages, faults


def test_a_plain_file_server_serves_every_link_and_the_pages_of_the_live_site(site, written):
    folder, done = written
    with file_server(folder, folder, "/") as served:
        pages, faults = crawled(served)

    assert not faults, "\n".join(faults)
    assert done.missing == ()
    assert not done.alike
    same, exact = 0, 0
    with Pool.start(site.state, Limits(workers=2)) as pool:
        client = create_app(site.state, pool=pool).test_client()
        for path, text in pages.items():
            place = urlsplit(path).path
            if place == "/" or place.lstrip("/").partition("/")[0] not in site.settings.languages:
                continue
            live = client.get(path, headers={"Accept": "text/html"})
            if live.status_code not in (200, 410) or place.endswith(("/search", "/sparql", "/what-time")):
                continue
            same += 1
            assert CHANGED.sub("", text) == CHANGED.sub("", live.text), path
            exact += text == live.text
    assert same >= 200
    assert exact >= 100


def test_all_that_has_an_address_is_there_in_every_format(site, written):
    folder, _ = written
    with Pool.start(site.state, Limits(workers=2)) as pool:
        app = create_app(site.state, pool=pool)
        publication, client = app.extensions["samvirke"].newest(), app.test_client()
        things = [one for one in publication.index.everything() if publication.links.local(one.iri)]
        assert len(things) >= 5
        for thing in things:
            for ending in FORMATS:
                address = publication.links.data(thing.iri, ending)
                if "?" not in address:
                    live = client.get(address)
                    assert (folder / unquote(address[1:])).read_bytes() == live.data, address
        for address in ("/robots.txt", "/sitemap.xml", "/.well-known/void", "/dcat", "/openapi.json", "/llms.txt"):
            assert (folder / address[1:]).read_bytes() == client.get(address).data, address
        for name in ("data.nq", "default.nt", "schema.nq", "report.ttl"):
            assert (folder / "dump" / name).read_bytes() == client.get(f"/dump/{name}").data
    for entry in re.findall(r"<loc>([^<]*)</loc>", (folder / "sitemap.xml").read_text("utf-8")):
        path = unquote(unescape(entry).removeprefix(site.settings.base))
        assert (folder / path / "index.html").is_file(), entry
    for name in ("ontology.ttl", "dcat.ttl", ".well-known/void.ttl"):
        assert len(rdflib.Graph().parse(folder / name)) >= 3
    assert "404" in (folder / "404.html").read_text("utf-8")
    for lang in site.settings.languages:
        assert f'href="/{lang}/"' in (folder / "index.html").read_text("utf-8")


def test_below_a_path_every_link_stays_there_or_leads_to_the_live_site(site, below):
    with file_server(below, below / "atlas", "/atlas/") as served:
        pages, faults = crawled(served)

    assert not faults, "\n".join(faults)
    assert len(pages) >= 60
    text = "".join(pages.values())
    assert 'action="https://live.example/en/search"' in text
    assert 'action="/' not in text
    assert 'href="https://live.example/en/class/' in text


def test_the_same_bytes_each_time_and_an_export_of_its_own_is_replaced(site, written, tmp_path):
    folder, done = written
    again = tmp_path / "again"
    export_site(site, again)
    (again / "da" / "index.html").write_text("changed")
    export_site(site, again)

    assert sums(again) == sums(folder)
    assert len(sums(folder)) >= 600
    assert done.files >= 600
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_a_folder_of_somebody_else_is_refused_and_untouched(site, written, tmp_path):
    folder, _ = written
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "thesis.txt").write_text("years of work")
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    (copied / "CNAME").write_text("atlas.example")
    linked = tmp_path / "linked"
    linked.symlink_to(copied, target_is_directory=True)

    for target, word in ((strange, "thesis.txt"), (copied, "CNAME"), (linked, "link")):
        before = sums(target)
        with pytest.raises(WriteRefused, match=word):
            export_site(site, target)
        assert sums(target) == before


def test_addresses_that_are_no_names_stay_in_the_folder_and_are_told(root, tmp_path):
    from samvirke.build import build

    folder = tmp_path / "hostile"
    (folder / "data").mkdir(parents=True)
    shutil.copyfile(root / "tests/oddities/samvirke.toml", folder / "samvirke.toml")
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    text = "".join(f'<https://oddities.example/{name}> {label} "Named {n}"@en .\n' for n, name in enumerate(HOSTILE))
    (folder / "data/names.nt").write_text(text, encoding="utf-8")
    site = Site.open(folder, overrides={"state": tmp_path / "state"})
    build(site, allow_invalid=True, reasoner=False)
    before = {path.name for path in tmp_path.iterdir()}

    done = export_site(site, tmp_path / "copy")

    assert {path.name for path in tmp_path.iterdir()} == {*before, "copy"}
    told = " ".join(address for address, _ in done.missing)
    assert [name for name in UNWRITABLE if name not in told] == []
    assert ("data/Case.ttl", "data/case.ttl") in done.alike or ("data/case.ttl", "data/Case.ttl") in done.alike
    made = tmp_path / "copy"
    assert b"samvirke" in (made / ".samvirke-export").read_bytes()
    assert b"Allow-Origin" in (made / "_headers").read_bytes()
    assert (made / "static/style.css").read_bytes() == (root / "samvirke/web/static/style.css").read_bytes()
    assert (made / "en/id/case.ttl/under/index.html").is_file()
    assert (made / "en/id/index.html/index.html").is_file() or "/en/id/index.html" in told


def test_the_command_tells_what_it_wrote(starter, tmp_path):
    done = command("--site", starter, "--json", "export", "site", "-o", tmp_path / "out", "--at", "atlas")

    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["files"] + 1 == len(sums(tmp_path / "out"))
    assert (told["missing"], told["alike"], told["waiting"]) == ([], [], 0)
    assert 'href="/atlas/' in (tmp_path / "out/index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("site",), "-o DIR"),
        (("site", "-o", "out", "--at", "/a?b/"), "is no path"),
        (("site", "-o", "out", "--live", "javascript:alert(1)"), "no address of a server"),
        (("ttl", "--at", "/a/"), "belong to the format site"),
    ],
)
def test_wrong_use_is_told(run_here, starter, given, words):
    done = run_here("--site", starter, "--lang", "en", "export", *given)

    assert (done.code, done.out) == (2, "")
    assert words in done.err

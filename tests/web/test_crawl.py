"""From the front pages, every link: each answers, parses as what it says it is, and each page says what it is."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse
from werkzeug.http import parse_options_header

from samvirke.build import build
from samvirke.settings import Limits
from samvirke.site import Site
from samvirke.web import create_app
from samvirke.workers import Pool

SITES = ["first site", "tests/web/site", "tests/sites/beekeepers"]
MOST_PAGES = 3_000
MOST_CONSOLES = 100
"""Every page offers the query that made it, in every format: they are all made the same way."""
TEXT = ":~:text="
"""A fragment that names words instead of a place: https://wicg.github.io/scroll-to-text-fragment/"""
WITHDRAWN = {"sunk", "lost"}
"""Things of tests/web/site that other things still point to."""
ADDRESS = re.compile(r"\b(?:https?://|urn:)[^\s<>\"]+")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Page(HTMLParser):
    """What a page says of itself, and where it leads."""

    text: str
    lang: str = ""
    title: str = ""
    headings: int = 0
    links: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    styled: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    json_ld: list[str] = field(default_factory=list)
    reading: bool = False
    shown: list[str] = field(default_factory=list)
    """What a reader reads, but for code: there an address is told as what it is."""

    def __post_init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.wrong: list[str] = []
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.stack.append(tag)
        self.of_a_script = tag == "script" and values.get("type") == "application/json"
        if "id" in values:
            self.ids.append(values["id"])
        if "style" in values:
            self.styled.append(tag)
        if tag == "html":
            self.lang = values.get("lang", "")
        elif tag == "h1":
            self.headings += 1
        elif tag == "meta" and "name" in values:
            self.meta[values["name"]] = values.get("content", "")
        elif tag in ("a", "link") and "href" in values:
            self.links.append((tag, values))
        elif tag == "script" and values.get("type") == "application/ld+json":
            self.json_ld.append("")
            self.reading = True
        elif tag == "script" and values.get("type") != "application/json":
            self.scripts.append(values.get("src", "inline"))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        self.reading = self.reading and tag != "script"
        # A paragraph, a row or an item may be left open; everything else closes in order.
        while (
            self.stack
            and self.stack[-1] != tag
            and self.stack[-1] in ("p", "li", "tr", "td", "th", "option", "dt", "dd")
        ):
            self.stack.pop()
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.stack[-1:] == ["title"] and "svg" not in self.stack:
            self.title += data
        elif self.stack[-1:] == ["script"] and self.reading:
            self.json_ld[-1] += data
        elif not {"code", "pre", "textarea", "title", "script"}.intersection(self.stack):
            self.shown.append(data)

    @property
    def told(self) -> str:
        """All words of the page, the numbers of sentences left out, without spaces."""
        plain = re.sub(r"<[^>]+>", "", re.sub(r'<a class="bk".*?</a>', "", self.text))
        return "".join(unescape(plain).split())

    def rel(self, relation: str) -> list[dict[str, str]]:
        return [values for tag, values in self.links if tag == "link" and relation in values.get("rel", "").split()]


@pytest.fixture(scope="module", params=SITES)
def site(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory
) -> Iterator[tuple[FlaskClient, str, tuple[str, ...]]]:
    folder = root if request.param == "first site" else root / request.param
    state = tmp_path_factory.mktemp("crawl")
    opened = Site.open(folder, overrides={"state": state})
    build(opened, allow_invalid=True, reasoner=False)
    with Pool.start(state, Limits(workers=2)) as pool:
        yield create_app(state, pool=pool).test_client(), opened.settings.base, opened.settings.languages


def check_page(page: Page, path: str, base: str, languages: tuple[str, ...]) -> Iterator[str]:
    """What every page must say; the faults found."""
    lang = path.lstrip("/").partition("/")[0]
    if page.lang != lang:
        yield f"lang is {page.lang!r}"
    if not page.title.strip():
        yield "no title"
    if page.headings != 1:
        yield f"{page.headings} h1"
    if not page.meta.get("description", "").strip():
        yield "no description"
    script = "query.js" if path.partition("?")[0] in [f"/{one}/sparql" for one in languages] else "graph.js"
    if page.styled or [one for one in page.scripts if not one.startswith(f"/static/built/{script}?v=")]:
        yield f"style or script: {page.styled} {page.scripts}"
    if page.wrong or page.stack not in ([], ["html"], ["html", "body"]):
        yield f"elements do not close in order: {page.wrong} {page.stack}"
    if len(page.ids) != len(set(page.ids)):
        yield f"ids twice: {sorted({one for one in page.ids if page.ids.count(one) > 1})}"
    yield from check_head(page, lang, base, languages)


def check_head(page: Page, lang: str, base: str, languages: tuple[str, ...]) -> Iterator[str]:
    """What every page must say of itself to programs; the faults found."""
    canonical = [one["href"] for one in page.rel("canonical")]
    if len(canonical) != 1 or not canonical[0].startswith(base):
        yield f"canonical {canonical}"
    twins = {
        one["hreflang"]: one["href"]
        for one in page.rel("alternate")
        if "hreflang" in one and one.get("hreflang") != "x-default"
    }
    if set(twins) != set(languages):
        yield f"twins {twins}"
    elif canonical and twins[lang] != canonical[0]:
        yield f"canonical {canonical[0]} is not the twin {twins[lang]}"
    if not [one for one in page.rel("alternate") if "hreflang" not in one and "type" in one]:
        yield "no data are named"
    if len(page.json_ld) != 1:
        yield f"{len(page.json_ld)} texts in JSON-LD"
    for text in page.json_ld:
        try:
            facts = list(parse(text.encode(), RdfFormat.JSON_LD))
        except SyntaxError as error:
            yield f"JSON-LD does not parse: {error}"
        else:
            if not facts:
                yield "JSON-LD says nothing"


def bare_addresses(page: Page, named: Callable[[str], bool]) -> Iterator[str]:
    """Addresses that a reader is shown although there is a name to show."""
    for address in ADDRESS.findall(" ".join(page.shown)):
        plain = unquote(address).rstrip(".,:;)>»”")
        if named(plain):
            yield f"the bare address {plain}"


def check_body(kind: str, body: bytes) -> None:
    """Raise when a body is not what its type says."""
    forms = {
        form.media_type: form
        for form in (RdfFormat.TURTLE, RdfFormat.N_TRIPLES, RdfFormat.N_QUADS, RdfFormat.TRIG, RdfFormat.RDF_XML)
    }
    if kind in forms:
        list(parse(body, forms[kind]))
    elif kind == "application/ld+json":
        list(parse(body, RdfFormat.JSON_LD))
    elif kind.endswith("json"):
        json.loads(body)
    elif kind.endswith("xml"):
        ElementTree.fromstring(body)
    elif kind in ("text/csv", "text/tab-separated-values"):
        lengths = {
            len(row)
            for row in csv.reader(
                io.StringIO(body.decode()),
                delimiter="," if kind == "text/csv" else "\t",
                quoting=csv.QUOTE_MINIMAL if kind == "text/csv" else csv.QUOTE_NONE,
            )
        }
        assert len(lengths) <= 1
    elif kind.endswith("spreadsheetml.sheet"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            assert book.testzip() is None
    else:
        body.decode()


def here(address: str, path: str, base: str) -> str | None:
    """The path on this server, or None for another's address."""
    if address.startswith(base):
        return "/" + address[len(base) :]
    joined = urljoin(path, address)
    return joined if not urlsplit(joined).scheme and not urlsplit(joined).netloc else None


def one_way_twins(pages: dict[str, Page], base: str) -> Iterator[str]:
    """Pages whose twin in another language does not name them in turn."""
    for path, page in pages.items():
        for one in page.rel("alternate"):
            twin = pages.get(here(one["href"], path, base) or "") if "hreflang" in one else None
            back = [other["href"] for other in twin.rel("alternate") if "hreflang" in other] if twin else []
            canonical = [own["href"] for own in page.rel("canonical")]
            if twin and canonical[0] not in back:
                yield f"{path}: its twin {one['href']} does not name it"


def _ends(part: str) -> list[str]:
    """The first and the last words of the sentence that a text fragment names, without spaces."""
    return ["".join(unquote(words).split()) for words in part.removeprefix(TEXT).split(",")]


def test_every_link_leads_somewhere(site):
    client, base, languages = site
    publication = client.application.extensions["samvirke"].newest()
    schema = publication.schema

    def named(address: str) -> bool:
        known = (schema.classes, schema.properties, schema.terms)
        of_document = publication.index.entity(address.partition("#")[0]) is not None
        return of_document or any(one[address].labels for one in known if address in one)

    waiting = deque((f"/{lang}/", "start") for lang in languages)
    pages: dict[str, Page] = {}
    fragments: list[tuple[str, str, str]] = []
    seen, faults, consoles = set(), [], 0
    while waiting and len(seen) < MOST_PAGES:
        path, origin = waiting.popleft()
        if path in seen or (consoles >= MOST_CONSOLES and urlsplit(path).path.endswith("/sparql")):
            continue
        seen.add(path)
        consoles += urlsplit(path).path.endswith("/sparql")
        answer = client.get(path)
        targets = [link.split(">")[0].lstrip("<") for link in answer.headers.getlist("Link")]
        if answer.status_code in (301, 303, 308):
            targets.append(answer.headers["Location"])
        elif answer.status_code != 200 and path.rpartition("/")[2] not in WITHDRAWN:
            faults.append(f"{path} (on {origin}): {answer.status_code}")
        else:
            kind = parse_options_header(answer.content_type)[0]
            try:
                check_body(kind, answer.data)
            except Exception as error:
                faults.append(f"{path} (on {origin}) is no {kind}: {error!r}")
            if kind == "text/html":
                page = pages[path] = Page(answer.text)
                faults += [f"{path}: {fault}" for fault in check_page(page, path, base, languages)]
                faults += [f"{path}: {fault}" for fault in bare_addresses(page, named)]
                if "/class/" in path and "?" in path:
                    continue  # Every choice is tried from the whole list; from there on they never end.
                targets += [values["href"] for _, values in page.links]
        for target in targets:
            found = here(target, path, base)
            if found is None:
                continue
            plain, fragment = urldefrag(found)
            if fragment:
                fragments.append((path, plain, fragment if fragment.startswith(TEXT) else unquote(fragment)))
            waiting.append((plain, path))
    missing = {
        f"{path}: no #{part} on {to}"
        for path, to, part in fragments
        if to in pages and not part.startswith(TEXT) and part not in pages[to].ids
    }
    missing |= {
        f"{path}: no {part!r} on {to}"
        for path, to, part in fragments
        if to in pages and part.startswith(TEXT) and not all(words in pages[to].told for words in _ends(part))
    }

    faults += one_way_twins(pages, base)

    assert not faults, "\n".join(faults)
    assert not missing, "\n".join(sorted(missing))
    assert len(seen) < MOST_PAGES, "the crawl does not end"
    assert len(pages) >= 20

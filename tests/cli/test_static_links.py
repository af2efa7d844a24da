"""Where addresses lie in a static copy, and what is changed on its pages."""

from __future__ import annotations

import pytest

from samvirke.commands.static_links import Copy, file_parts

BASE = "https://fyr.example/atlas/"
COPY = Copy(BASE, ("da", "en"))
BELOW = Copy(BASE, ("da", "en"), "/sub/", "https://live.example/")

PLACES = {
    "/da/": "/da/",
    "/da/id/anholt": "/da/id/anholt",
    "/data/anholt.ttl": "/data/anholt.ttl",
    "/data/k%C3%B8ge%20%23.ttl": "/data/k%C3%B8ge%20%23.ttl",
    "/da/class/light?page=2": "/da/class/light/page-2",
    "/da/class/light?view=map&page=3": "/da/class/light/page-3/view-map",
    "/da/timeline?class=light": "/da/timeline/class-light",
    "/da/timeline.svg?class=light": "/da/timeline/class-light.svg",
    "/da/timeline.svg?class=light&page=2": "/da/timeline/class-light/page-2.svg",
    "/ontology?format=ttl": "/ontology.ttl",
    "/changes?format=atom": "/changes.atom",
    "/changes?format=atom&about=https%3A%2F%2Ffyr.example%2Fatlas%2Fid%2Fanholt": "/changes/id/anholt.atom",
    "/da/graph.svg?about=https%3A%2F%2Ffyr.example%2Fatlas%2Fid%2Fanholt": "/da/graph/id/anholt.svg",
    "/da/thing?address=urn%3Aa": "/da/thing/elsewhere/558181ea170c2a30a7804911b2176926",
    "/thing?address=urn%3Aa&format=nq": "/thing/elsewhere/558181ea170c2a30a7804911b2176926.nq",
    "/static/style.css?v=abc": "/static/style.css",
    "/da/class/light?f.keeper=x": None,
    "/da/class/light?sort=name": None,
    "/da/class/light?page=2&page=3": None,
    "/da/class/light?page=../../etc": None,
    "/ontology?format=../x": None,
    "/da/search?q=a": None,
    "/da/sparql": None,
    "/da/sparql/terms.json": None,
    "/sparql": None,
    "/reconcile": None,
    "/da/id/../../secret": None,
    "/da/id/%2e%2e/%2E%2E/secret": None,
    "/da/id/..%2f..%2fsecret": None,
    "/da/id//x": None,
    "/da/id/a%5Cb": None,
    "/da/id/a%00b": None,
    "/da/id/a%0Ab": None,
    "/da/id/%FF": None,
    "/data/.htaccess": None,
    "/.samvirke-export": None,
    "/da/id/" + "x" * 241: None,
    "/da/id/" + "%C3%B8" * 121: None,
}

LINKS = {
    # On the page, at the root, below a path with a live server.
    'href="/da/id/x"': ('href="/da/id/x"', 'href="/sub/da/id/x"'),
    'href="/da/id/x#:~:text=a,b"': ('href="/da/id/x#:~:text=a,b"', 'href="/sub/da/id/x#:~:text=a,b"'),
    'href="#facts"': ('href="#facts"', 'href="#facts"'),
    'href="reading"': ('href="/da/help/reading"', 'href="/sub/da/help/reading"'),
    'href="https://other.example/?q=1"': ('href="https://other.example/?q=1"', 'href="https://other.example/?q=1"'),
    'href="//other.example/x"': ('href="//other.example/x"', 'href="//other.example/x"'),
    'href="mailto:a@b.example"': ('href="mailto:a@b.example"', 'href="mailto:a@b.example"'),
    'href="/static/style.css?v=1"': ('href="/static/style.css?v=1"', 'href="/sub/static/style.css?v=1"'),
    'href="/da/class/x?page=2"': ('href="/da/class/x/page-2"', 'href="/sub/da/class/x/page-2"'),
    'href="/da/class/x?f.a=b&amp;page=2"': (
        'href="/da/help/copy"',
        'href="https://live.example/da/class/x?f.a=b&amp;page=2"',
    ),
    'href="/da/sparql?query=a&amp;b=%22"': (
        'href="/da/sparql?query=a&amp;b=%22"',
        'href="https://live.example/da/sparql?query=a&amp;b=%22"',
    ),
    'action="/da/search"': ('action="/da/search"', 'action="https://live.example/da/search"'),
    'action="/da/class/x"': ('action="/da/help/copy"', 'action="https://live.example/da/class/x"'),
}


@pytest.mark.parametrize(("address", "place"), PLACES.items())
def test_an_address_has_its_place_or_needs_a_server(address, place):
    assert COPY.place(address) == place


def test_no_place_is_outside_the_folder():
    for place in filter(None, map(COPY.place, PLACES)):
        parts = file_parts(place)
        assert parts is not None
        assert not {"", ".", ".."} & set(parts[:-1])
        assert parts[-1] not in {".", ".."}


@pytest.mark.parametrize(("given", "led"), LINKS.items())
def test_a_link_is_as_the_copy_needs_it(given, led):
    page = f'<a class="x" {given} rel="y">href="/da/search?q"</a>'

    for copy, wanted in zip((COPY, BELOW), led, strict=True):
        assert copy.page(page, "/da/help/")[0] == f'<a class="x" {wanted} rel="y">href="/da/search?q"</a>'


def test_only_tags_are_changed_and_script_is_left_out():
    text = (
        '<p title="<a href=&quot;/da/x?q=1&quot;>">a href="/da/x?q=1" &lt;a href="/da/x?q=1"&gt;</p>'
        '<script src="/static/built/graph.js?v=1" defer></script>\n'
        '<script type="application/ld+json">{"url": " href=\\"/da/x\\""}</script>'
    )

    assert COPY.page(text, "/da/x") == (
        text.replace(text[text.index("<script src") : text.index("<script type")], ""),
        [],
    )


def test_a_form_without_an_action_asks_the_server():
    assert COPY.page('<form class="form">', "/da/queries/x")[0] == '<form class="form" action="/da/help/copy">'
    live = '<form class="form" action="https://live.example/da/queries/x">'
    assert BELOW.page('<form class="form">', "/da/queries/x")[0] == live


def test_what_a_page_leads_to_is_told():
    _, found = COPY.page('<a href="/da/a#b"></a><a href="c?page=2"></a><a href="/da/search?q=1"></a>', "/da/d/")

    assert found == ["/da/a", "/da/d/c?page=2"]

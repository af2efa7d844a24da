"""Every page type in both languages, on a desk and on a phone, in light and in dark."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from samvirke.web import layout

pytestmark = pytest.mark.browser

THING = "/id/boligsocialt-og-kulturelt-netvaerk"
DOCUMENT = "/document/biblioteksnetvaerk-om-inkluderingsindsatser"
INVOLVED = (
    "PREFIX nw: <https://w3id.org/samvirke/network#> SELECT ?who ?what { ?who nw:secretariatOf|nw:funderOf ?what }"
)
COUNTED = "SELECT (COUNT(?s) AS ?n) { ?s ?p ?o }"
PATHS = {
    "home": "/",
    "class": "/class/network",
    "narrowed list": "/class/organization?f.active=2016&f.class=network&view=timeline",
    "list as files": "/class/network?view=data",
    "thing": THING,
    "other thing": "/id/nordisk-biblioteksnetvaerk",
    "organisation": "/id/det-kgl-bibliotek",
    "detail": "/id/levetid-nbn",
    "graph": "/id/nordisk-biblioteksnetvaerk/graph",
    "timeline": "/timeline",
    "search": "/search?q=bibliotek",
    "empty search": "/search?q=xyzzy",
    "documents": "/documents",
    "document": DOCUMENT,
    "version": f"{DOCUMENT}/2021-10-21",
    "validation": "/validation",
    "changes": "/changes",
    "history": "/id/inkluderingsindsatser/history",
    "ontology": "/ontology",
    "rule": "/rule/chain-of-two",
    "data": "/data",
    "about": "/about",
    "api": "/api",
    "accessibility": "/accessibility",
    "misspelt search": "/search?q=bibliotheksnetværk",
    "bad address": "/search?q=https://w3id.org/samvirke/id/odens",
    "queries": "/queries/",
    "query": "/queries/networks",
    "sparql": "/sparql",
    "why": f"/sparql?{urlencode({'query': INVOLVED, 'explain': 'evidence'})}",
    "no why": f"/sparql?{urlencode({'query': COUNTED, 'explain': 'evidence'})}",
    "not found": "/id/findes-ikke",
}
IMPROVED = {"graph": "graph.js", "sparql": "query.js", "why": "query.js", "no why": "query.js"}
"""Pages that a script improves, where it was made."""
LANGUAGES = ("da", "en")
SCREENS = {"desk": 1280, "phone": 390}
SCHEMES = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_enough_page_types_are_looked_at():
    assert len(PATHS) >= 20


@pytest.mark.parametrize("name", PATHS)
def test_page_is_accessible_silent_and_never_scrolls_sideways(name, site_address, browser, axe):
    for scheme in SCHEMES:
        for screen, width in SCREENS.items():
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            told: list[str] = []
            asked: list[str] = []
            page.on("console", lambda message, told=told: told.append(message.text))
            page.on("pageerror", lambda error, told=told: told.append(str(error)))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            for language in LANGUAGES:
                asked.clear()
                page.goto(f"{site_address}/{language}{PATHS[name]}")
                where = f"{name} {language} {screen} {scheme}"

                if name != "not found":  # the browser itself notes the status 404
                    assert told == [], where
                more = 3 * PATHS[name].startswith("/sparql")  # its own sheet, its script, what that offers
                assert len(asked) <= 4 + more, where
                assert all(one.startswith(site_address) for one in asked), where
                scripts = page.locator("script:not([type='application/ld+json'], [type='application/json'])")
                assert scripts.count() == (name in IMPROVED and len(layout.made(IMPROVED[name]))), where
                assert _sideways(page) == 0, where
                assert _violations(page, axe) == [], where
            context.close()


@pytest.mark.parametrize("width", [1280, 1160, 1152, 1024, 993, 992, 641, 390])
def test_the_search_field_of_the_header_is_never_cut(width, site_address, browser):
    context = browser.new_context(viewport={"width": width, "height": 700})
    page = context.new_page()
    for language in LANGUAGES:
        page.goto(f"{site_address}/{language}/")
        field = page.locator("header .find").bounding_box()

        assert field["width"] >= 11 * 16, (language, width)
        assert _sideways(page) == 0, (language, width)
    context.close()


@pytest.mark.parametrize("name", PATHS)
def test_page_fits_320_pixels_and_wide_text(name, site_address, browser):
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    for language in LANGUAGES:
        page.goto(f"{site_address}/{language}{PATHS[name]}")

        assert _sideways(page) == 0, (name, language)

    # The policy forbids an added sheet, so the spacing is set through the object model.
    page.evaluate(
        """() => { for (const one of document.querySelectorAll('p, li, td, th, dd, dt, h1, h2, h3, a')) {
            one.style.setProperty('letter-spacing', '.12em'); one.style.setProperty('word-spacing', '.16em');
            one.style.setProperty('line-height', '1.5'); } }"""
    )

    assert _sideways(page) == 0, (name, "text spacing of WCAG 1.4.12")
    context.close()


def test_a_chip_lights_its_sentence_and_the_number_leads_back(site_address, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{site_address}/da{THING}")
    row = page.locator("table.facts tr[data-k]").first
    number = row.get_attribute("data-k").split()[0]
    mark = page.locator(f"#k{number}")
    quiet = _background(mark)
    row.hover()

    assert _background(mark) != quiet

    page.mouse.move(0, 0)
    row.locator("a.ev").first.click()

    assert page.url.endswith(f"#k{number}")
    assert _background(mark) != quiet
    assert mark.bounding_box()["y"] >= 0

    mark.locator("a.bk").last.click()
    target = page.url.partition("#")[2]

    assert page.locator(f"#{target}").get_attribute("data-k") is not None
    context.close()


def test_why_leads_from_a_row_to_its_words_and_on_to_the_document(site_address, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{site_address}/en{PATHS['sparql']}")
    page.locator("#query").fill(INVOLVED)
    page.get_by_role("button", name="Why?").click()
    row = page.locator("tr[data-k]").first
    number = row.get_attribute("data-k").split()[0]
    mark = page.locator(f"#k{number}")
    quiet = _background(mark)
    row.locator("a.ev").first.click()

    assert _background(mark) != quiet
    first = mark.evaluate("one => one.firstChild.textContent").split()[0]
    mark.locator("a.bk").click()
    assert "#r" in page.url
    page.locator(f"p:has(#k{number}) > a").click()
    assert "#char=" in page.url
    assert page.locator("mark:has(> span:target)").inner_text().split()[0] == first
    context.close()


def test_the_keyboard_gets_from_search_to_evidence_and_back(site_address, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{site_address}/da/")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.className") == "skip"

    page.locator("#q").focus()
    page.keyboard.type("boligsocialt og kulturelt")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    page.locator(".hits a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{THING}")
    stops = 0
    page.locator("#main").focus()
    while stops < 30:
        page.keyboard.press("Tab")
        stops += 1
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")

        assert width == "3px", page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("document.activeElement.classList.contains('ev')"):
            break

    assert stops < 30
    page.keyboard.press("Enter")
    number = page.url.rpartition("#k")[2]
    page.locator(f"#k{number} a.bk").last.focus()
    page.keyboard.press("Enter")

    assert "#f" in page.url or "#main" in page.url
    context.close()


def test_a_thing_prints_with_its_addresses(site_address, browser):
    context = browser.new_context(viewport={"width": 794, "height": 1123})
    page = context.new_page()
    page.goto(f"{site_address}/da{THING}")
    page.emulate_media(media="print")

    assert page.locator(".top").is_hidden()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.facts a[href^=\"/\"]'), '::after').content") != "none"
    )
    context.close()


def _sideways(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def _background(locator) -> str:
    return locator.evaluate("one => getComputedStyle(one).backgroundColor")


def _violations(page, axe: str) -> list[str]:
    """What axe finds. It is put in through the debugger, which the page's policy does not bind."""
    page.evaluate(axe + "; 0")
    found = page.evaluate("rules => axe.run(document, {runOnly: rules}).then(result => result.violations)", RULES)
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]

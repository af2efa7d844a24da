"""The page of queries as a reader uses it, with the editor and without any script."""

from __future__ import annotations

import shlex
import subprocess
import sys
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from samvirke.web import layout
from tests.browser.test_pages import _sideways, _violations
from tests.serving import serving_first_site

pytestmark = pytest.mark.browser

NETWORK = "https://w3id.org/samvirke/network#"
INVOLVED = f"PREFIX nw: <{NETWORK}>\nSELECT ?who ?what {{ ?who nw:secretariatOf|nw:funderOf ?what }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o . ?p ?q ?r }"


@pytest.fixture(scope="module")
def site_address(root, tmp_path_factory):
    """The first site served as a person does: only the event loop in front sees that a reader has left."""
    with serving_first_site(root, tmp_path_factory.mktemp("queries") / "state") as (_, address):
        yield address.rstrip("/")


@pytest.fixture
def editing(site_address, browser):
    """A page of queries with its editor, on a phone in the dark and on a desk; what the console says is gathered."""
    if not (layout.STATIC / "built" / "query.js").is_file():
        pytest.skip("the script of the page is not made: it needs npm")
    contexts = []

    def opened(path="/da/sparql", width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.told = []
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.goto(f"{site_address}{path}")
        page.locator(".editor .cm-content").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()


def written(page) -> str:
    return page.locator("#query").input_value()


def offers(page) -> list[str]:
    page.locator(".editor .cm-tooltip-autocomplete li").first.wait_for()
    return page.locator(".editor .cm-tooltip-autocomplete li").all_inner_texts()


def first_offer(page, text) -> None:
    """Wait until the list has this first, and long enough for the editor to take a key for it (75 ms)."""
    page.locator(".editor li[aria-selected]", has_text=text).wait_for()
    page.wait_for_timeout(120)


@pytest.mark.node
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_query_is_written_run_and_left_by_keyboard_alone(editing, axe, width, scheme):
    page = editing(width=width, scheme=scheme)
    page.locator("label[for=query]").click()
    keyboard = page.keyboard
    keyboard.press("Control+a")
    keyboard.type("SELECT * WHERE {")
    keyboard.press("Enter")
    keyboard.type("?x a ")
    classes = offers(page)

    assert any("Aktør" in one and "12" in one for one in classes)  # the page's language, and how many there are
    assert _violations(page, axe) == []
    keyboard.type("netv")
    first_offer(page, "nw:Network")
    keyboard.press("Enter")
    assert written(page) == f"PREFIX nw: <{NETWORK}>\nSELECT * WHERE {{\n  ?x a nw:Network"
    keyboard.type(" ; sekretari")
    first_offer(page, "nw:hasSecretariat")
    keyboard.press("Enter")
    keyboard.type(" ?who . ?w")
    first_offer(page, "?who")
    keyboard.press("Escape")
    keyboard.type("ho a ?kind")
    keyboard.press("Enter")
    keyboard.type("}")
    keyboard.press("Escape")
    keyboard.press("Control+Enter")
    page.locator("#result table").wait_for()

    assert "række" in page.locator("#running").inner_text()
    assert parse_qs(urlsplit(page.url).query)["query"] == [written(page)]
    assert page.evaluate("document.activeElement.className") == "editor"
    keyboard.press("Tab")  # nobody is caught in the editor
    assert page.evaluate("document.activeElement.textContent") == "Kør forespørgslen"
    keyboard.press("?")
    assert page.locator("#keys").get_attribute("open") is not None
    assert _violations(page, axe) == []
    assert _sideways(page) == 0
    assert page.told == []

    page.locator(".tabs a", has_text="Graf").focus()
    keyboard.press("Enter")
    page.locator("#result svg.graph, #result figure svg").first.wait_for()
    assert "view=graph" in page.url
    assert page.evaluate("document.activeElement.textContent") == "Graf"
    assert _violations(page, axe) == []
    page.go_back()
    page.locator("#result table").wait_for()
    assert page.told == []


@pytest.mark.node
def test_a_mistake_is_shown_where_it_is_and_goes_when_it_is_mended(editing, axe):
    page = editing("/en/sparql")
    page.locator("label[for=query]").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("SELECT * {\n  ?s nope:p ?o }")
    page.keyboard.press("Control+Enter")
    page.locator("#mistake").wait_for()

    assert page.locator(".editor .cm-wrong").inner_text() == "nope:p"
    assert page.locator(".editor .cm-wrongLine").inner_text().strip() == "?s nope:p ?o }"
    assert _violations(page, axe) == []
    page.keyboard.press("End")
    page.keyboard.type(" ")
    assert page.locator(".editor .cm-wrong").count() == 0
    # The browser itself notes the status 400; nothing else was said.
    assert [one for one in page.told if "400" not in one] == []


@pytest.mark.node
def test_a_query_is_called_off(editing):
    page = editing("/en/sparql")
    page.locator("label[for=query]").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(ENDLESS)
    page.keyboard.press("Control+Enter")
    page.locator("#running button").wait_for()
    page.locator("#running button").click()
    page.locator("#running", has_text="called off").wait_for()

    assert written(page) == ENDLESS
    assert page.locator("#result").get_attribute("aria-busy") is None
    assert page.told == []


@pytest.mark.node
def test_what_is_to_copy_runs_as_it_is(editing, site_address):
    hostile = 'ASK { ?s ?p "\'; echo no #\\\\" }'
    page = editing(f"/en/sparql?{urlencode({'query': hostile})}")
    page.locator("#query").fill("ASK {}")  # as an extension would, or a browser that restores a page
    assert page.locator(".editor .cm-line").all_inner_texts() == ["ASK {}"]
    page.locator("#query").fill(hostile)
    page.get_by_role("button", name="Run the query").click()
    page.locator("#running", has_text="ms").wait_for()
    curl, python = page.locator("#result pre.code").all_inner_texts()[-2:]

    assert shlex.split(curl)[-1] == f"{site_address}/sparql"
    assert (
        subprocess.run([sys.executable, "-c", python], capture_output=True, text=True, check=True).stdout == "False\n"
    )
    page.get_by_role("button", name="Short address").click()
    page.locator("#told .short").wait_for()
    assert page.locator("#told .short a").inner_text().startswith(f"{site_address}/q/")
    page.locator("#told .short a").click()
    page.wait_for_url("**/sparql?shared=*")
    assert written(page) == hostile


def test_without_script_everything_is_there(site_address, browser):
    context = browser.new_context(viewport={"width": 390, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site_address}/da/sparql")
    page.locator("#query").fill(INVOLVED)
    page.get_by_role("button", name="Kør forespørgslen").click()
    rows = page.locator("#result tbody tr").count()

    assert rows >= 3
    page.locator("a.sort", has_text="?who").click()
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("?who")
    page.locator(".tabs a", has_text="Graf").click()
    assert page.locator("#result svg a").count() >= 3
    page.get_by_role("button", name="Kort adresse").click()
    short = page.locator("#told .short a").get_attribute("href")
    page.goto(f"{site_address}{short}")
    assert page.locator("#query").input_value() == INVOLVED
    assert page.locator("#result tbody tr").count() == rows
    context.close()

"""A list by keyboard alone: narrow it, take that back, sort, turn the page, take it home."""

from __future__ import annotations

import csv

import pytest

from samvirke.web import browse

pytestmark = pytest.mark.browser

LIST = "/class/organization"
MOST_STOPS = 30
WORDS = {
    "da": {"narrow": "Indsnæv listen", "next": "Næste", "name": "Navn"},
    "en": {"narrow": "Narrow the list", "next": "Next", "name": "Name"},
}
FOCUSED = "document.activeElement"


@pytest.mark.parametrize(("lang", "width"), [("da", 1280), ("en", 390)])
def test_a_reader_narrows_sorts_turns_and_downloads_by_keyboard(lang, width, site_address, browser, monkeypatch):
    monkeypatch.setattr(browse, "PER_PAGE", 3)
    words = WORDS[lang]
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=True)
    page = context.new_page()
    page.goto(f"{site_address}/{lang}{LIST}")
    whole = page.locator("table.cards tbody tr").count()

    if width < 992:  # On a phone the choices stand behind a word.
        assert not page.locator(".values a").first.is_visible()
        tab_to(page, f"{FOCUSED}.matches('.narrow > summary')")
        page.keyboard.press("Enter")
    tab_to(page, f"{FOCUSED}.matches('.values a')")
    chosen = page.evaluate(f"{FOCUSED}.firstElementChild.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url("**?f.**")

    assert chosen in page.locator(".chip").inner_text()
    assert page.locator(".values [aria-current]").count() == 1

    tab_to(page, f"{FOCUSED}.matches('.chip')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{LIST}")

    assert page.locator(".chip").count() == 0
    assert page.locator("table.cards tbody tr").count() == whole

    first = page.locator("table.cards tbody th a").first.inner_text()
    skip_to_list(page)
    tab_to(page, f"{FOCUSED}.matches('thead a') && {FOCUSED}.textContent.startsWith('{words['name']}')")
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=-name*")

    assert page.locator("thead [aria-sort=descending]").count() == 1
    assert page.locator("table.cards tbody th a").first.inner_text() != first

    top = page.locator("table.cards tbody th a").first.inner_text()
    skip_to_list(page)
    tab_to(page, f"{FOCUSED}.matches('[rel=next]')")
    assert page.evaluate(f"{FOCUSED}.textContent") == words["next"]
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=-name&page=2*")

    assert page.locator("table.cards tbody th a").first.inner_text() != top

    skip_to_list(page)
    tab_to(page, f"{FOCUSED}.matches('.downloads a') && {FOCUSED}.textContent === 'CSV'")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    with open(waiting.value.path(), encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 - the browser's own file
        rows = list(csv.reader(file))

    assert waiting.value.suggested_filename == "organization.csv"
    assert rows[0][0] == words["name"]
    assert rows[1][0] == top
    assert len(rows) == 10
    context.close()


def skip_to_list(page) -> None:
    """Leave out what narrows the list."""
    tab_to(page, f"{FOCUSED}.matches('.browse .skip')")
    page.keyboard.press("Enter")
    page.wait_for_url("**#list")


def tab_to(page, wanted: str) -> None:
    """Press the tabulator until what is wanted has the focus; each stop is seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(wanted):
            assert page.evaluate(f"getComputedStyle({FOCUSED}).outlineStyle") != "none"
            return
    pytest.fail(f"not reached within {MOST_STOPS} stops: {wanted}")

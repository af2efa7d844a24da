"""A reader who has never heard of RDF: who paid for what in which year, the sentence behind it, the table taken home.

By keyboard alone, step by step, as one would without a manual.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

STOPS = 80
"""Steps with the Tab key in all: what a reader has patience for."""
YEAR = "2019"


class Reader:
    """Somebody with a keyboard and eyes: goes from stop to stop, and must see where the focus is."""

    def __init__(self, page) -> None:
        self.page = page
        self.stops = 0

    def tab_to(self, words: str, kind: str = "a, button, input, select, summary") -> None:
        """Press Tab until what has the focus says these words."""
        while self.stops < STOPS:
            self.page.keyboard.press("Tab")
            self.stops += 1
            told = self.page.evaluate(
                """async kind => { await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
                  const one = document.activeElement, box = one.getBoundingClientRect();
                  const label = one.labels && one.labels[0] ? one.labels[0].textContent : '';
                  // A field inside a frame of its own shows the focus on the frame.
                  const ring = getComputedStyle(one.closest('form.find') || one);
                  return {words: `${one.getAttribute('aria-label') || one.textContent} ${label}`.trim(),
                    kind: one.matches(kind), outline: ring.outlineStyle, width: parseFloat(ring.outlineWidth),
                    seen: box.bottom > 0 && box.top < innerHeight && box.width > 0}; }""",
                kind,
            )
            assert told["seen"], f"the focus is outside of what one sees: {told}"
            assert (told["outline"], told["width"]) == ("solid", 3), f"one does not see the focus: {told}"
            if told["kind"] and words in told["words"]:
                return
        raise AssertionError(f"“{words}” is not reached with {STOPS} steps")

    def press(self, key: str) -> None:
        """Press a key and wait until the page it leads to is there."""
        self.page.keyboard.press(key)
        self.page.wait_for_load_state()


def test_who_paid_for_what_in_which_year(site_address, browser, tmp_path: Path):
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", accept_downloads=True
    )
    page = context.new_page()
    reader = Reader(page)

    # 1. The front page says what this is, and has the question among its answers.
    page.goto(f"{site_address}/da/")
    assert "hvem betaler" in page.locator("h1 + p, .lead").first.inner_text()
    reader.tab_to("Gå til indhold")
    reader.press("Enter")
    reader.tab_to("Hvem betalte til noget")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    # 2. Another year is written, and the answer is a table in words.
    assert page.locator("h1").inner_text().startswith("Hvem betalte")
    reader.tab_to("Gå til indhold")
    reader.press("Enter")
    reader.tab_to("Årstal", "input")
    page.keyboard.press("Control+a")
    page.keyboard.type(YEAR)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert f"={YEAR}" in page.url
    rows = page.locator("table tbody tr")
    told = [rows.nth(number).inner_text() for number in range(rows.count())]
    assert any("Nordisk Ministerråd" in row and "2017–2019" in row for row in told), told
    assert not any("http" in row for row in told)

    # 3. The table is taken home.
    address = page.url
    reader.tab_to("CSV", "a")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    taken.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == rows.count()
    assert {"Nordisk Ministerråd", "Kulturrådet"} <= {value for row in table for value in row.values()}
    assert page.url == address

    # 4. What was paid for has a page, and the number beside the fact shows the sentence.
    page.reload()
    reader.tab_to("Kulturlivets og frivillighedens rolle", "a")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text().startswith("Kulturlivets og frivillighedens rolle")
    reader.tab_to("Finansieret af", "a.ev")
    page.keyboard.press("Enter")
    sentence = page.locator(f"#{page.url.rpartition('#')[2]}")
    assert "Nordisk Ministerråd" in sentence.inner_text()
    assert sentence.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 215, 94)"
    box = sentence.bounding_box()
    assert 0 <= box["y"] < 900

    # 5. The number in the sentence leads back to the fact.
    reader.tab_to("Tilbage til", "a.bk")
    page.keyboard.press("Enter")
    assert "Finansieret af" in page.locator(f"#{page.url.rpartition('#')[2]}").inner_text()
    context.close()

"""The graph page as a person has it: with script and by keyboard, and without script."""

from __future__ import annotations

import pytest

from samvirke.web import layout

pytestmark = pytest.mark.browser

PATH = "/da/id/nordisk-biblioteksnetvaerk/graph"
CALM = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 1000}}
VISIBLE = ".panel:not([hidden]) h3"


@pytest.fixture
def opened(browser, site_address):
    """The page with its script, and what it had to complain of."""
    if not layout.made("graph.js"):
        pytest.skip("graph.js is not made: it takes npm")
    context = browser.new_context(**CALM)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{site_address}{PATH}")
    page.wait_for_selector("svg.live a.node")
    yield page
    context.close()
    assert said == []


def names(page) -> list[str]:
    return page.locator("svg.live a.node title").all_text_contents()


def test_things_are_opened_by_keyboard_and_the_address_keeps_them(opened, axe):
    before = names(opened)
    opened.locator("svg.live a.node[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        opened.keyboard.press(key)
    assert opened.evaluate("document.activeElement.closest('svg.live') !== null")
    assert opened.locator("svg.live a.node[tabindex='0']").count() == 1, "one stop for Tab"

    opened.locator("svg.live a.node", has_text="Kulturstyrelsen").focus()
    opened.keyboard.press("Enter")
    opened.wait_for_selector(VISIBLE)
    assert "Kulturstyrelsen" in opened.locator(VISIBLE).inner_text()
    buttons = opened.locator(".panel li button")
    assert buttons.count() >= 1, "numbers first, then what may be added"
    buttons.first.focus()
    opened.keyboard.press("Enter")
    opened.wait_for_function("new URL(location).searchParams.has('open')")
    after = names(opened)
    assert len(after) > len(before)
    assert not opened.evaluate(f"{axe}; axe.run(document).then(found => found.violations.map(one => one.id))")
    opened.keyboard.press("Escape")
    opened.wait_for_selector(".panel", state="hidden")
    assert opened.evaluate("document.activeElement.matches('a.node')")

    opened.reload()
    opened.wait_for_function(f"document.querySelectorAll('svg.live a.node').length === {len(after)}")
    assert sorted(names(opened)) == sorted(after)


def test_the_picture_can_be_enlarged_moved_and_taken_home(opened):
    world = opened.locator("svg.live > g")
    first = world.get_attribute("transform")
    opened.locator(".tools button").first.click()
    opened.wait_for_function(
        "first => document.querySelector('svg.live > g').getAttribute('transform') !== first", arg=first
    )
    opened.locator(".tools button").last.click()

    node = opened.locator("svg.live a.node", has_text="Kulturrådet")
    place = node.get_attribute("transform")
    box = node.locator("use").bounding_box()
    opened.mouse.move(box["x"] + 8, box["y"] + 8)
    opened.mouse.down()
    opened.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    opened.mouse.up()
    assert node.get_attribute("transform") != place
    assert opened.locator(VISIBLE).count() == 0, "a thing that is moved is not opened"

    with opened.expect_download() as waiting:
        opened.get_by_role("button", name="PNG").click()
    with waiting.value.path().open("rb") as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"


def test_without_script_what_is_ticked_is_opened(browser, site_address):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(f"{site_address}{PATH}")
    before = page.locator("svg.graph a").count()
    page.get_by_label("Kulturrådet").check()
    page.get_by_label("Det Kgl. Bibliotek").first.check()
    page.locator("#opening button").click()

    assert page.url.count("open=") == 2
    assert page.locator("svg.graph a").count() > before
    assert page.get_by_label("Kulturrådet").is_checked()
    page.get_by_role("link", name="Kulturrådet (luk)").click()
    assert page.url.count("open=") == 1
    context.close()

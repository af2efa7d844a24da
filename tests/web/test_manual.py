"""The manual: the same pages in both languages, every link inside it leads on, every command in it exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from samvirke.web.manual import INDEX, LANGUAGES, _read

LINK = re.compile(r'href="([^"]+)"')


def pages(root: Path, language: str) -> list[str]:
    return sorted(path.stem for path in (root / "samvirke/web/help" / language).glob("*.md"))


def test_both_languages_have_the_same_pages(root: Path) -> None:
    assert len(pages(root, "en")) >= 6
    assert pages(root, "en") == pages(root, "da")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_a_heading_and_links_that_lead_on(language: str, root: Path) -> None:
    for name in pages(root, language):
        found = _read(language, name)
        assert found is not None
        heading, text = found
        assert heading and "<h1>" not in text
        targets = [link for link in LINK.findall(text) if "://" not in link]
        assert all(target in pages(root, language) for target in targets), (name, targets)
    linked = set(LINK.findall(_read(language, INDEX)[1]))  # type: ignore[index] # it is there, see above
    assert linked == set(pages(root, language)) - {INDEX}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_in_the_manual_and_no_other(language: str, root: Path) -> None:
    from samvirke.cli import samvirke

    text = (root / f"samvirke/web/help/{language}/commands.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z]+)", text, re.MULTILINE) == list(samvirke.commands)
    told = set(re.findall(r"`(--[a-z-]+)", text))
    commands = [*samvirke.commands.values()]
    commands += [inner for group in commands for inner in getattr(group, "commands", {}).values()]
    known = {name for command in commands for option in command.params for name in option.opts}
    assert told <= known


def test_html_in_a_page_stays_text() -> None:
    from markdown_it import MarkdownIt

    assert "<script>" not in MarkdownIt("commonmark", {"html": False}).render("<script>x</script>")

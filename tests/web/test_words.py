"""Every word of the interface stands in the catalogues, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import samvirke.web

WEB = Path(samvirke.web.__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {**DEFAULT_KEYWORDS, "words": None, "N_": None}


def used() -> set[str]:
    options = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}}
    # The reasons why rows cannot be explained come from the workers; pages put them into the reader's language.
    found = [
        *extract_from_dir(str(WEB), method_map=METHODS, options_map=options, keywords=KEYWORDS),
        *extract_from_dir(str(WEB.parent / "why"), method_map=METHODS, options_map=options, keywords=KEYWORDS),
    ]
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_word_is_missing_and_none_is_left_over(language):
    with (WEB / "locales" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    known = {(message.id[0] if isinstance(message.id, tuple) else message.id) for message in catalogue if message.id}
    empty = {
        message.id
        for message in catalogue
        if message.id and not all([message.string] if isinstance(message.string, str) else message.string)
    }

    assert sorted(used() - known) == []
    assert sorted(known - used()) == []
    assert language == "en" or not empty


def test_placeholders_are_the_same_in_danish():
    import re

    with (WEB / "locales" / "da.po").open("rb") as file:
        catalogue = read_po(file, locale="da")
    for message in catalogue:
        if not message.id:
            continue
        wanted = set(re.findall(r"%\((\w+)\)", str(message.id)))
        assert set(re.findall(r"%\((\w+)\)", str(message.string))) == wanted, message.id

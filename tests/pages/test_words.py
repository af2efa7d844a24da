"""The interface's words, dates, numbers and colours."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from samvirke.web import formatting, layout, wording

WEB = Path(wording.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def _used() -> set[str]:
    methods = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
    found = extract_from_dir(str(WEB), method_map=methods, keywords=KEYWORDS, options_map={})
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def _catalogue(language: str):
    with (WEB / "locales" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def test_every_word_of_the_interface_is_in_both_languages():
    used = _used()

    assert len(used) >= 150
    for language in ("da", "en"):
        catalogue = _catalogue(language)
        known = {(one.id[0] if isinstance(one.id, tuple) else one.id) for one in catalogue if one.id and one.string}
        assert sorted(used - known) == [], language


def test_translations_keep_the_places_for_values():
    for message in _catalogue("da"):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(re.findall(r"%\((\w+)\)s", ids[-1]))
        for text in texts:
            assert set(re.findall(r"%\((\w+)\)s", text)) <= wanted | {"num"}, ids


DATES = {
    "2014-06/2018-02": ("juni 2014 – februar 2018", "June 2014 – February 2018"),
    "2017-12/": ("fra december 2017 (slutning ikke oplyst)", "from December 2017 (end not stated)"),
    "2017-12/..": ("siden december 2017", "since December 2017"),
    "/2017": ("til 2017 (begyndelse ikke oplyst)", "until 2017 (beginning not stated)"),
    "2015/2016": ("2015–2016", "2015–2016"),
    "2014-11-03": ("3. november 2014", "3 November 2014"),
    "2014-11-03Z": ("3. november 2014", "3 November 2014"),
    "2014-06": ("juni 2014", "June 2014"),
    "2017~": ("omkring 2017", "about 2017"),
    "2017?": ("2017 (usikkert)", "2017 (uncertain)"),
    "201X": ("2010'erne", "the 2010s"),
    "2014-21": ("forår 2014", "spring 2014"),
    "no date": ("no date", "no date"),
}


def test_dates_in_words():
    assert len(DATES) >= 13
    for text, (danish, english) in DATES.items():
        assert (formatting.when(text, "da"), formatting.when(text, "en")) == (danish, english)


NUMBERS = {
    "0": ("0", "0"),
    "1234567.50": ("1.234.567,50", "1,234,567.50"),
    "-3": ("-3", "-3"),
    "NaN": ("NaN", "NaN"),
    "x": ("x", "x"),
    "1E400": ("1E400", "1E400"),
}


def test_numbers_keep_every_digit():
    for text, (danish, english) in NUMBERS.items():
        assert (formatting.number(text, "da"), formatting.number(text, "en")) == (danish, english)


def test_an_unknown_language_reads_english():
    assert wording.words("xx").gettext("Home") == "Home"
    assert formatting.when("2014-06", "xx") == "June 2014"


def test_json_cannot_close_the_script_it_stands_in():
    text = layout.json_ld({"name": "</script><!-- & ]]>"})

    assert "<" not in text
    assert ">" not in text
    assert "&" not in text


TEXT_PAIRS = ("ink", "muted", "link", "ok", "bad", "mark-edge", "hue-1", "hue-2", "hue-3", "hue-4", "hue-5")


def _tokens() -> tuple[dict[str, str], dict[str, str]]:
    css = (layout.STATIC / "style.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root\{(.*?)\n\s*\}", css, re.DOTALL)[:2]
    read = [dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", block)) for block in (light, dark)]
    return read[0], {**read[0], **read[1]}


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_colours_can_be_told_apart():
    for tokens in _tokens():
        for name in TEXT_PAIRS:
            assert contrast(tokens[name], tokens["surface"]) >= 4.5, name
        for name in ("ink", "muted", "link"):
            assert contrast(tokens[name], tokens["paper"]) >= 4.5, name
        for name, ground in (
            ("ink", "quiet"),
            ("ink", "mark-on"),
            ("mark-edge", "mark"),
            ("accent-ink", "accent"),
            ("muted", "sunken"),
            ("ok", "ok-soft"),
            ("bad", "bad-soft"),
        ):
            assert contrast(tokens[name], tokens[ground]) >= 4.5, (name, ground)
        for name in ("edge", "focus"):
            assert contrast(tokens[name], tokens["surface"]) >= 3, name


def test_contexts_and_templates_agree():
    """Each field of a page's context is shown by its template: nothing is computed for nobody."""
    from samvirke.web import (
        browse,
        document_pages,
        list_pages,
        ontology_pages,
        outline,
        report_pages,
        search_pages,
        site_pages,
    )

    pairs = {
        "entity.html": outline.EntityContext,
        "document.html": document_pages.DocumentContext,
        "documents.html": document_pages.DocumentsContext,
        "home.html": list_pages.HomeContext,
        "class.html": browse.ListContext,
        "search.html": search_pages.SearchContext,
        "validation.html": report_pages.ValidationContext,
        "ontology.html": ontology_pages.OntologyContext,
        "rule.html": report_pages.RuleContext,
        "dataset.html": site_pages.DataContext,
        "about.html": site_pages.AboutContext,
        "api.html": site_pages.ApiContext,
        "accessibility.html": site_pages.AccessibilityContext,
    }
    for template, context in pairs.items():
        text = (WEB / "templates" / template).read_text(encoding="utf-8")
        for name in context.__dataclass_fields__:
            assert re.search(rf"\b{name}\b", text), (template, name)

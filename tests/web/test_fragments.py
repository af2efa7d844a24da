"""The small pieces of a page, written without a template: each value is escaped, whatever it holds."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from samvirke.describe.facts import Value
from samvirke.describe.inline import Note
from samvirke.describe.marks import Mark, Unused
from samvirke.describe.rows import Fact, Part, Row
from samvirke.schema import Schema
from samvirke.schema.hints import ClassHint, Text
from samvirke.web.fragments import ICONS_KEPT, Fragments
from samvirke.web.links import Links

BASE = "https://example.org/"
EVIL = "<script>\"'&{{7*7}}</script>"
SAFE = "&lt;script&gt;&#34;&#39;&amp;{{7*7}}&lt;/script&gt;"
P1, P2 = f"{BASE}document/a/1#char=0,5", f"{BASE}document/a/1#char=6,9"
NUMBERS = {P1: 1, P2: 2}


@pytest.fixture
def draw() -> Fragments:
    """Pieces in English; one class whose look came from a file that somebody has tampered with."""
    classes = {f"{BASE}Evil": ClassHint(f"{BASE}Evil", "evil", icon=EVIL, hue=3)}
    return Fragments(Links(BASE, ("en", "da")), Schema(BASE, ("en", "da"), classes=classes), "en")


VALUES = [
    (Value("thing", EVIL, "", f"{BASE}id/x"), f'<a href="/en/id/x">{SAFE}</a>'),
    (Value("thing", "X", "", f"{BASE}id/\"<'&"), '<a href="/en/id/%22%3C&#39;&amp;">X</a>'),
    (Value("thing", "X", "", "https://elsewhere.example/x"), None),
    (Value("term", EVIL, EVIL, f"{BASE}t"), None),
    (
        Value("link", EVIL, "", f"https://e.example/{EVIL}"),
        f'<a href="https://e.example/{SAFE}" rel="nofollow">{SAFE}</a>',
    ),
    (Value("date", EVIL), SAFE),
    (Value("date", "2014-06"), "June 2014"),
    (Value("number", EVIL), SAFE),
    (Value("number", "1234.50"), "1,234.50"),
    (Value("boolean", "true"), "Yes"),
    (Value("boolean", EVIL), "No"),
    (Value("text", EVIL), SAFE),
    (Value("text", EVIL, "en"), SAFE),
    (Value("text", EVIL, "ar"), f'<span lang="ar" dir="rtl">{SAFE}</span>'),
    (Value("text", EVIL, EVIL), f'<span lang="{SAFE}" dir="ltr">{SAFE}</span>'),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_a_value_is_escaped_in_text_and_in_attributes(draw, value, expected):
    html = draw.value(value)

    assert isinstance(html, Markup)
    assert "<script" not in html
    assert re.sub(r"<(?:a|span)(?: [a-z]+=\"[^\"<>]*\")*>|</(?:a|span)>", "", html).count("<") == 0
    if expected is not None:
        assert html == expected


def test_there_are_values_of_every_kind():
    assert {value.kind for value, _ in VALUES} == {"thing", "term", "link", "date", "number", "boolean", "text"}
    assert len(VALUES) >= 15


def test_an_icon_is_escaped_and_data_cannot_make_the_memory_of_them_grow(draw):
    assert draw.icon(f"{BASE}Evil") == (
        f'<svg class="hue-3" aria-hidden="true" viewBox="0 0 16 16"><use href="#i-{SAFE}"/></svg>'
    )
    for number in range(ICONS_KEPT + 10):
        draw.icon(f"{BASE}made-up-{number}")

    assert len(draw._icons) <= ICONS_KEPT


def test_dates_chips_and_reservations_are_escaped(draw):
    assert draw.dates(["2014", EVIL]) == f"2014, {SAFE}"
    assert draw.chips([1, 2], EVIL) == "".join(
        f'<a class="ev" href="#k{number}" aria-label="Show source {number} for {SAFE}">{number}</a>'
        for number in (1, 2)
    )
    assert draw.hedged([EVIL, "some"]) == f'<span class="tag">reservation: <q>{SAFE}</q>, <q>some</q></span>'


def test_marked_text_is_escaped_at_every_depth(draw):
    inner = Mark(2, first=False, last=False, pieces=(EVIL,))
    html = draw.pieces([EVIL, Mark(1, True, True, (EVIL, inner)), Unused(EVIL)], {1: EVIL}, {1: EVIL})

    assert html == (
        f'{SAFE}<mark id="k1"><span id="{SAFE}"></span>{SAFE}<mark data-p="2">{SAFE}</mark>'
        f'<a class="bk" href="#{SAFE}" aria-label="Back to the facts, source 1">1</a></mark>'
        f'<span class="skipped">{SAFE}<span class="tag">gave no facts</span></span> '
    )


def _row(**changes: object) -> Row:
    given: dict = {"id": "f1", "label": Text("Name"), "description": "", "parts": (), "path": f"{BASE}p", "total": 1}
    return Row(**{**given, **changes})


def test_a_row_says_its_facts_with_the_numbers_of_their_passages(draw):
    fact = Fact((Value("thing", "Ann", "", f"{BASE}id/ann"),), when=("2014",), when_passages=(P2,), passages=(P1,))

    assert draw.rows([_row(parts=(Part((fact,), (1,)),))], NUMBERS) == (
        '<tr role="row" data-k="1" id="f1"><th role="rowheader" scope="row"><span>Name</span></th><td role="cell">'
        '<span class="ent"><svg class="hue-0" aria-hidden="true" viewBox="0 0 16 16"><use href="#i-ring"/></svg>'
        '<span><a href="/en/id/ann">Ann</a>, 2014  <a class="ev s" href="#k2" '
        'aria-label="Show source 2 for Name">2</a></span></span></td><td role="cell" class="k">'
        '<span><a class="ev" href="#k1" aria-label="Show source 1 for Name">1</a></span></td></tr>\n'
    )


def test_a_row_without_a_value_says_so(draw):
    html = draw.rows([_row(gap=True, description=EVIL)], {})

    assert html == (
        f'<tr role="row" class="gap" id="f1"><th role="rowheader" scope="row" title="{SAFE}">Name</th>'
        '<td role="cell">Not stated in the sources</td><td role="cell" class="k"></td></tr>\n'
    )


def test_a_row_of_some_of_many_leads_to_all_of_them(draw):
    part = Part((Fact((Value("number", "1"),)),), ())
    row = _row(parts=(part,), path=f"{BASE}terms#{EVIL}", inverse=True, total=12_345, about=f"{BASE}id/{EVIL}")
    html = draw.rows([row], {})

    assert (
        '<p class="note"><a href="/en/sparql?query=SELECT+%2A+WHERE+%7B%0A++GRAPH+%3Fpassage+%7B+%3Fthing+%3C' in html
    )
    assert html.count(">All 12,345</a></p>") == 1
    assert "<script" not in html and "'" not in html


def test_nothing_in_a_row_reaches_the_page_unescaped(draw):
    """Every text of a row, a part, a fact, a note and a value is hostile at once."""
    value = Value("thing", EVIL, EVIL, f"{BASE}id/{EVIL}", EVIL, (EVIL,))
    text = Value("text", EVIL, EVIL)
    notes = (Note(Text(EVIL, EVIL), text, (P2,)), Note(Text(EVIL), value, (P2,)))
    facts = (
        Fact((value, text), notes, (EVIL,), (P2,), (P1,), EVIL, (Text(EVIL, EVIL),)),
        Fact((), notes, (EVIL,), (), (), "", (Text(EVIL),)),
        Fact((Value("date", "2014-06"),), (), (EVIL,)),
    )
    part = Part(facts, (1,), EVIL, True, (EVIL,), (Text(EVIL, EVIL),), (EVIL,), (2,), True, (2,))
    row = _row(
        id=EVIL, label=Text(EVIL, EVIL), description=EVIL, parts=(part, part), disagreement=True, gap=True, turned=True
    )
    assert not [name for name, default in Part._field_defaults.items() if getattr(part, name) == default]

    html = draw.rows([row, _row(label=Text(EVIL), parts=(part,))], NUMBERS)

    assert "<script" not in html
    assert "'" not in html
    assert html.count(SAFE) >= 60
    assert "&amp;lt;" not in html, "escaped twice"
    attributes = re.findall(r"<[a-z]+((?: [a-zA-Z-]+(?:=\"[^\"<>]*\")?)*)/?>", html)
    assert len(attributes) == len(re.findall(r"<[a-z]", html)), "an attribute breaks out"

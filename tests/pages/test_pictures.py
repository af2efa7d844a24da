"""The pictures show what the table of facts says, at places that fit the narrowest page."""

from __future__ import annotations

from samvirke.describe.entity import EntityView, entity_view
from samvirke.model import Literal, NamedNode, Quad
from samvirke.schema import compile_schema
from samvirke.terms import EDTF, RDFS
from samvirke.web.pictures import NARROW, connections, timeline

BASE = "https://a.example/"
GRAPH = NamedNode(f"{BASE}graph/g")
SCHEMA = compile_schema((), base=BASE, languages=("en",))


def page(*facts: tuple[str, str, object]) -> EntityView:
    quads = [
        Quad(
            NamedNode(f"{BASE}id/{subject}"),
            NamedNode(f"{BASE}terms#{predicate}"),
            value if isinstance(value, Literal) else NamedNode(f"{BASE}id/{value}"),
            GRAPH,
        )
        for subject, predicate, value in facts
    ]
    names = {value for _, _, value in facts if isinstance(value, str)} | {"x"}
    quads += [
        Quad(NamedNode(f"{BASE}id/{name}"), RDFS.label, Literal(name.title(), language="en"), GRAPH) for name in names
    ]
    view = entity_view(quads, SCHEMA, f"{BASE}id/x", "en")
    assert view is not None
    return view


def told(text: str) -> Literal:
    return Literal(text, datatype=EDTF.term("EDTF-level1"))


def test_nothing_with_a_date_is_no_timeline():
    assert timeline(page(("x", "near", "y")), "en") is None


def test_a_period_lies_between_its_years_and_an_open_end_fades():
    picture = timeline(page(("x", "active", told("2014-06/2018-02")), ("x", "lasts", told("2017-12/"))), "en")

    assert picture is not None
    assert [year for _, year in picture.ticks] == ["2014", "2015", "2016", "2017", "2018"]
    closed, open_ended = picture.lanes
    assert closed.bar is not None
    assert 7 < closed.bar.x < 10
    assert 80 < closed.bar.x + closed.bar.width < 86
    assert (closed.bar.square, closed.bar.fade) == (False, ())
    assert open_ended.bar is not None
    assert len(open_ended.bar.fade) == 3


def test_years_have_square_ends_and_near_days_are_one_point():
    picture = timeline(
        page(
            ("x", "ran", told("2015/2016")),
            ("x", "held", "a"),
            ("a", "on", told("2015-11-03")),
            ("x", "held", "b"),
            ("b", "on", told("2015-11-06")),
        ),
        "en",
    )

    assert picture is not None
    bar, days = picture.lanes
    assert bar.bar is not None
    assert bar.bar.square
    assert [point.number for point in days.points] == [2]


def test_labels_fit_the_narrowest_picture():
    for text in ("1700/2026", "2025/2026", "1700", "0001/2026"):
        picture = timeline(
            page(("x", "ran", told(text)), ("x", "with", "a" * 80), ("a" * 80, "on", told("2020"))), "en"
        )

        assert picture is not None
        for lane in picture.lanes:
            width = len(lane.label) * 7.4
            start = lane.label_x / 100 * NARROW - (width if lane.label_end else 0)
            assert start >= -1
            assert start + width <= NARROW + 1


def test_connections_take_six_places_at_most_and_leave_out_the_last_kinds():
    one_row = page(*[("x", "near", f"n{number}") for number in range(30)])
    picture = connections(one_row, lambda _: 0)

    assert picture is not None
    assert [node.number for node in picture.nodes] == [30]

    rows = page(*[("x", f"p{number}", f"n{number}") for number in range(9)])
    picture = connections(rows, lambda _: 0)

    assert picture is not None
    assert len(picture.nodes) == 6
    assert len({(node.x, node.y) for node in picture.nodes}) == 6
    assert connections(page(("x", "on", told("2014"))), lambda _: 0) is None

"""A point in well-known text lies at one place, whoever reads it: maps, lists and answers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from samvirke.model import Literal
from samvirke.search.spots import points
from samvirke.web.perspectives import Columns, _where
from samvirke.wkt import on_earth, point_in

POINTS = json.loads(Path(__file__).with_name("points.json").read_text(encoding="utf-8"))
WKT = "http://www.opengis.net/ont/geosparql#"


@pytest.mark.parametrize("text", POINTS)
def test_a_point_is_read_as_its_system_says_and_nothing_else_is(text):
    assert len(POINTS) >= 15
    assert point_in(text) == (None if POINTS[text] is None else tuple(POINTS[text]))


@pytest.mark.parametrize("text", POINTS)
def test_lists_and_answers_put_it_where_maps_do(text):
    told = point_in(text)
    expected = on_earth(*told) if told else None
    listed = points({f"{WKT}asWKT": (["urn:a"], [Literal(text)])}, {})
    row = {"p": {"type": "literal", "value": text, "datatype": f"{WKT}wktLiteral"}}

    assert listed.get("urn:a") == expected
    assert _where(row, Columns(position="p")) == expected


@pytest.mark.parametrize("degrees", [(91, 0), (-90.1, 0), (0, 181), (math.nan, 0), (0, math.inf)])
def test_what_is_not_on_this_earth_is_nowhere(degrees):
    assert on_earth(*degrees) is None
    assert on_earth(90, -180) == (90, -180)

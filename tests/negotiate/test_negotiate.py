"""Choosing an offer by what the client accepts."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke.errors import NotAcceptable
from samvirke.negotiate import Offer, choose, parse_accept

OFFERS = (
    Offer("text/turtle", "ttl", aliases=("application/x-turtle",)),
    Offer("application/n-triples", "nt"),
    Offer("application/rdf+xml", "rdf", aliases=("application/xml",)),
    Offer("application/ld+json", "jsonld"),
    Offer("text/html", "html"),
)
CASES = tomllib.loads(Path(__file__).with_name("cases.toml").read_text("utf-8"))["case"]


def test_the_cases_are_there():
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_right_offer_is_chosen(case):
    try:
        found = choose(case.get("accept"), OFFERS, query_format=case.get("format")).extension
    except NotAcceptable:
        found = "406"

    assert found == case["want"]


def test_a_refusal_names_the_offers():
    with pytest.raises(NotAcceptable) as caught:
        choose("image/png", OFFERS)

    assert caught.value.offers == tuple(offer.media_type for offer in OFFERS)
    assert "image/png" in str(caught.value)
    assert "text/turtle" in str(caught.value)


def test_a_refusal_quotes_no_control_characters_and_not_everything():
    with pytest.raises(NotAcceptable) as caught:
        choose("image/\r\nSet-Cookie: x" + "y" * 10_000, OFFERS)

    assert "\r" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(caught.value.message) < 400


@given(st.text())
def test_no_header_crashes_it(header):
    for element in parse_accept(header):
        assert 0 <= element.quality <= 1
    with contextlib.suppress(NotAcceptable):
        assert choose(header, OFFERS) in OFFERS


@given(st.lists(st.tuples(st.sampled_from(OFFERS), st.integers(1, 1000)), min_size=1, unique_by=lambda pair: pair[0]))
def test_the_highest_quality_always_wins(wishes):
    header = ", ".join(f"{offer.media_type};q={weight / 1000}" for offer, weight in wishes)

    assert dict(wishes)[choose(header, OFFERS)] == max(weight for _, weight in wishes)


def test_a_long_header_is_read_in_linear_time_and_in_part():
    assert choose("text/turtle, " + "a/b;q=0.1," * 1_000_000, OFFERS).extension == "ttl"


def test_the_offer_chosen_is_the_one_that_was_offered():
    """Also after an equal one of somebody else's was chosen for the same header."""
    for _ in range(2):
        offers = (Offer("text/html", "html", "HTML"), Offer("text/turtle", "ttl", "Turtle"))
        assert choose("text/html", offers) is offers[0]

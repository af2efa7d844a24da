"""Places in documents: one spelling for each, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke.errors import EvidenceError
from samvirke.evidence.fragments import Cell, Column, Place, Row, Span, parse_fragment

READABLE = {
    "char=190,242": Span(190, 242),
    "char=0,1": Span(0, 1),
    "char=5,5": Span(5, 5),
    "char=9,3": Span(9, 3),
    "row=5": Row(5, 5),
    "row=5-7": Row(5, 7),
    "col=2": Column(2, 2),
    "col=2-9": Column(2, 9),
    "cell=5,2": Cell(5, 2, 5, 2),
    "cell=5,2-6,4": Cell(5, 2, 6, 4),
}
REFUSED = (Path(__file__).parent / "refused.txt").read_text(encoding="utf-8").splitlines()

counts = st.integers(0, 10**17)
positions = st.integers(1, 10**17)


def ordered(kind: type[Row] | type[Column]) -> st.SearchStrategy[Row | Column]:
    return st.tuples(positions, positions).map(lambda pair: kind(min(pair), max(pair)))


places: st.SearchStrategy[Place] = st.one_of(
    st.builds(Span, counts, counts),
    ordered(Row),
    ordered(Column),
    st.tuples(positions, positions, positions, positions).map(
        lambda four: Cell(min(four[0], four[2]), min(four[1], four[3]), max(four[0], four[2]), max(four[1], four[3]))
    ),
)


@pytest.mark.parametrize("text", READABLE)
def test_places_are_read_and_written_alike(text: str) -> None:
    assert parse_fragment(text) == READABLE[text]
    assert str(READABLE[text]) == text


def test_the_refused_are_all_there() -> None:
    assert len(REFUSED) >= 45


@pytest.mark.parametrize("text", [*REFUSED, "", "char=1,2 ", " char=1,2", "char=1,2\n"])
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        parse_fragment(text)

    assert caught.value.remedy
    assert caught.value.exit_code == 3


@given(places)
def test_reading_undoes_writing(place: Place) -> None:
    assert parse_fragment(str(place)) == place


@given(st.text(alphabet="charowlce=0123456789,-;*", max_size=16) | st.text(max_size=8))
def test_no_text_has_two_spellings_and_none_breaks_the_reader(text: str) -> None:
    try:
        place = parse_fragment(text)
    except EvidenceError:
        return

    assert str(place) == text

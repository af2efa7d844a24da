"""Marked text loses no word, and every stretch begins and ends once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from samvirke.describe.marks import Mark, Stretch, Unused, nest, paragraphs, plain


def test_stretches_that_cross_are_cut_where_they_do():
    pieces = nest("abcdefgh", [Stretch(1, 0, 5), Stretch(2, 3, 8)], 0, 8)

    assert pieces == (
        Mark(1, True, True, ("abc", Mark(2, True, False, ("de",)))),
        Mark(2, False, True, ("fgh",)),
    )


def test_only_paragraphs_with_a_mark_are_kept_and_gaps_are_told():
    found = paragraphs("one\n\ntwo\n\nthree", [Stretch(1, 0, 3), Stretch(2, 10, 15)], everything=False)

    assert [(one.start, one.end, one.after_gap) for one in found] == [(0, 3, False), (10, 15, True)]


def test_sentences_that_gave_nothing_are_set_apart():
    text = "It stands. Nobody knows why. It bears well."
    [paragraph] = paragraphs(text, [Stretch(1, 0, 10)], everything=True)

    assert [piece.text for piece in paragraph.pieces if isinstance(piece, Unused)] == [
        "Nobody knows why. ",
        "It bears well.",
    ]


def test_the_rest_of_a_used_sentence_did_give_something():
    [paragraph] = paragraphs("In 1890 it stood here.", [Stretch(1, 3, 7)], everything=True)

    assert not any(isinstance(piece, Unused) for piece in paragraph.pieces)


def test_a_long_paragraph_is_cut_around_its_marks():
    text = "word " * 1000
    [paragraph] = paragraphs(text, [Stretch(1, 2500, 2504)], everything=False)

    assert len("".join(map(plain, paragraph.pieces))) < 700
    assert plain(paragraph.pieces[0]).startswith("… ")


def test_stretches_beyond_the_text_are_left_out():
    assert paragraphs("short", [Stretch(1, 90, 99)], everything=False) == ()


@given(
    st.text(alphabet="ab. \nÅ", max_size=60),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=8),
)
def test_no_word_is_lost_and_each_stretch_begins_and_ends_once(text, pairs):
    stretches = [Stretch(number, min(pair), max(pair)) for number, pair in enumerate(pairs)]
    found = paragraphs(text, stretches, everything=True)
    begins: list[int] = []
    ends: list[int] = []

    def walk(pieces) -> None:
        for piece in pieces:
            if isinstance(piece, Mark):
                begins.extend([piece.number] * piece.first)
                ends.extend([piece.number] * piece.last)
                walk(piece.pieces)

    for paragraph in found:
        assert "".join(map(plain, paragraph.pieces)) == text[paragraph.start : paragraph.end]
        walk(paragraph.pieces)

    assert len(begins) == len(set(begins))
    assert len(ends) == len(set(ends))


def test_paragraphs_begin_after_empty_lines_of_any_spaces():
    text = "\n\n one\ntwo \n \t\n\n\r\n three\n\n\n\u00a0\n four \n"
    found = [text[one.start : one.end] for one in paragraphs(text, [], everything=True)]

    assert found == ["one\ntwo", "three", "four"]

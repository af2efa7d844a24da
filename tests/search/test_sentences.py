"""Where sentences begin, and that no text is lost or slow."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke.sentences import beginnings

CASES = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))["cases"]


def cut(text: str) -> list[str]:
    return [text[low:high] for low, high in pairwise((0, *beginnings(text), len(text)))]


@pytest.mark.parametrize("name", CASES)
def test_a_text_is_cut_into_its_sentences(name):
    assert len(CASES) >= 20
    sentences = CASES[name]

    assert [one.rstrip() for one in cut(" ".join(sentences))] == sentences


@given(st.text('aBKgl. !?…\n"”(«1', max_size=60))
def test_nothing_is_lost_and_no_sentence_is_empty(text):
    found = cut(text)

    assert "".join(found) == text
    assert all(one.strip() for one in found[:-1])


@pytest.mark.parametrize("text", [". " * 50_000, "." * 100_000, '."' * 50_000, "A. " * 30_000, ". ((((" * 20_000])
def test_a_hostile_text_is_read_to_its_end(text):
    assert "".join(cut(text)) == text

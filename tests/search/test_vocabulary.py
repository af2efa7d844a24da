"""Words that are folded and sorted in fewer steps come out as they do one by one."""

from __future__ import annotations

import gc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samvirke.memory import without_collector
from samvirke.search.vocabulary import Vocabulary
from samvirke.search.words import fold, folded_words, plain, plainly, sort_key, sort_keys, tokens

TEXTS = st.one_of(st.text(), st.text(alphabet="aAåÅæÆøØäöüßÿéµ¼²ª_·×÷ -.0123 \u0301\u00a0İŉ"))


@given(TEXTS)
@example("København ¼ liter")
@example("Straße_8 Þing ÀÖØöøÿ")
@example("I\u0307 a\u030a")
def test_a_vocabulary_folds_a_text_as_search_does(text):
    assert Vocabulary(("da", "en")).folded(text) == " ".join(folded_words(text))


@given(TEXTS)
@example("Aabenraa 7 og Årslev")
@example("AA")
@example("Öland 12b")
def test_the_keys_for_several_languages_are_those_for_each(text):
    languages = ("da", "en", "sv-SE", "nb", "DA", "x")

    assert sort_keys(text, languages) == [sort_key(text, language) for language in languages]


@given(TEXTS)
def test_the_words_that_keyboards_write_otherwise_are_known_by_word(text):
    known = Vocabulary(("da",))

    assert plainly(text) == [spelled for word in tokens(text) if (spelled := known[word].plain)]


def test_a_word_is_known_by_its_stems_and_spellings():
    word = Vocabulary(("da", "en"))["bøger"]

    assert word.folded == fold("bøger") == "boeger"
    assert word.plain == plain("bøger") == "boger"
    assert "bog" not in word.roots and "boeg" in word.roots


def test_the_collector_is_spared_and_comes_back_also_after_a_mistake():
    assert gc.isenabled()
    with pytest.raises(KeyError), without_collector():
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

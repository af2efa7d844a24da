"""Two texts side by side: sentences, what is tied to what, and places that survive folding."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from samvirke.anchor.rewriting import read_file
from samvirke.model import NamedNode, Quad
from samvirke.revision.carrying import carried_text
from samvirke.revision.differing import differences
from samvirke.revision.folding import fold
from samvirke.revision.pairing import align, cut, pair
from samvirke.revision.plan import Plan, counted
from samvirke.store import read_rdf

ITEMS = st.lists(st.sampled_from("abcde"), max_size=14)
MARKS = st.text(st.sampled_from("aeA ×\u0301\u0327\u00e9\u00a0\n\r\t\u00ad\u200b\u1100\u1161\u11a8\u212b"), max_size=20)


def test_a_text_is_cut_at_sentences_headings_and_paragraphs() -> None:
    text = "Om koret\n\nKoret mødes kl. 19. Det\nsynger hver dag!\r\n Kom\u00a0med…\r\n"

    assert [one.key for one in cut(text)] == ["Om koret", "Koret mødes kl. 19.", "Det synger hver dag!", "Kom med…"]
    assert [text[one.start : one.end].split() for one in cut(text)][2] == ["Det", "synger", "hver", "dag!"]


@settings(max_examples=50)
@given(ITEMS, ITEMS)
def test_what_is_tied_is_equal_and_in_order(old: list[str], new: list[str]) -> None:
    ties = align(old, new)

    assert [old[i] for i, _ in ties] == [new[j] for _, j in ties]
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(ties))


@settings(max_examples=50)
@given(ITEMS, ITEMS)
def test_every_sentence_is_told_once_or_the_same(old: list[str], new: list[str]) -> None:
    texts = pair(*("".join(f"Ord {item}. " for item in items) for items in (old, new)))

    told = differences(texts)

    assert len(old) == len(texts.tied) + sum(bool(change.old) for change in told)
    assert len(new) == len(texts.tied) + sum(bool(change.new) for change in told)
    assert all(change.old == change.new for change in told if change.kind == "moved")


@settings(max_examples=100)
@given(MARKS, st.data())
def test_a_place_in_a_folded_text_leads_back_to_its_words(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded.text)))
    end = data.draw(st.integers(start, len(folded.text)))

    if start < end:
        words = text[folded.start(start) : folded.end(end)]
        assert folded.text[start:end] in fold(words).text
    assert fold(folded.text).text == folded.text
    assert 0 <= folded.place(len(text)) <= len(folded.text)


def test_what_the_text_cannot_be_cut_to_say_is_written_plainly(tmp_path: Path) -> None:
    """Nothing is lost where a file is written in a way that the pieces do not show."""
    old, new = "https://example.org/document/side/1", "https://example.org/document/side/2"
    path = tmp_path / "1.trig"
    path.write_text("<#char=0,3> { <#a> <#b> 1 . }\n", encoding="utf-8")
    file = read_file(path, old)
    unseen = Quad(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode(old), NamedNode(f"{old}#char=0,3"))
    file = replace(file, quads=(*file.quads, unseen))
    plan = Plan(old, new, {f"{old}#char=0,3": f"{new}#char=4,7"}, {})

    text = carried_text(file, (), plan)

    assert "@base" not in text
    assert counted(read_rdf(text.encode(), format="trig", base_iri=new)) == counted(plan.goes(file.quads))
    assert f"<urn:a> <urn:b> <{new}> ." in text

"""Passages against the words of their document: what holds, and how each mistake is told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke.evidence import READS, encode, passages, verify
from samvirke.evidence.fragments import Span
from samvirke.evidence.wording import SENTENCES
from samvirke.model import DocumentVersion, Finding, NamedNode, Passage, Severity
from samvirke.store import read_rdf

HERE = Path(__file__).parent
ADDRESS = "https://example.org/document/side/2026-01-01"
TEXT = (HERE / "document.txt").read_text(encoding="utf-8")
DOCUMENT = DocumentVersion(
    ADDRESS, ADDRESS.rpartition("/")[0], TEXT, hashlib.sha256(TEXT.encode()).hexdigest(), "document.txt"
)
CASES = sorted((HERE / "cases").glob("*.trig"))

words = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=40)


def findings(case: Path) -> list[Finding]:
    return verify([DOCUMENT], read_rdf(case))


def expected(case: Path) -> list[list[str]]:
    lines = case.read_text(encoding="utf-8").splitlines()
    told = [line.removeprefix("# finding: ") for line in lines if line.startswith("# finding: ")]
    assert told, "each case says what is found"
    return [line.split(" | ") for line in told if line != "none"]


def test_the_cases_are_all_there() -> None:
    assert len(CASES) >= 36
    assert sum(not expected(case) for case in CASES) >= 9


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_mistake_is_found_and_told_in_both_languages(case: Path) -> None:
    found = findings(case)

    assert [one.shape.rpartition("#")[2] for one in found] == [f"{shape}Shape" for shape, _, _ in expected(case)]
    for one, (_, danish, english) in zip(found, expected(case), strict=True):
        assert danish in one.messages["da"]
        assert english in one.messages["en"]
        assert set(one.messages) == {"da", "en"}
        assert one.severity is Severity.VIOLATION
        assert one.component
        assert one.focus.startswith("https://example.org/")


def test_every_sentence_is_reached_by_a_case_and_says_what_to_do() -> None:
    reached = {one.messages["en"][:20] for case in CASES for one in findings(case)}
    for danish, english in SENTENCES.values():
        beginning = english.partition("{")[0][:20]
        assert any(told.startswith(beginning) for told in reached)
        assert danish.count(". ") >= 1
        assert english.count(". ") >= 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_few_quads_and_the_names_of_the_graphs_are_enough(case: Path) -> None:
    quads = list(read_rdf(case))
    few = [quad for quad in quads if quad.predicate in READS]
    graphs = {quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode)}

    assert verify([DOCUMENT], few, graphs=graphs) == findings(case)


def test_findings_come_in_the_order_of_the_text_whatever_the_order_of_the_quads() -> None:
    quads = [quad for case in CASES for quad in read_rdf(case)]
    found = verify([DOCUMENT], quads)

    assert len(found) >= 20
    assert found == verify([DOCUMENT], reversed(quads))
    assert found == verify([DOCUMENT], [*quads, *quads])


@st.composite
def a_passage(draw: st.DrawFn) -> Passage:
    start = draw(st.integers(0, 10**6))
    quote = draw(words)
    hedges = draw(st.lists(st.text("abcæøå ", min_size=1, max_size=8), max_size=3, unique=True))
    hedges.sort(key=lambda hedge: (quote.find(hedge), hedge))
    span = Span(start, start + len(quote))
    return Passage(
        f"{ADDRESS}#{span}",
        ADDRESS,
        span.start,
        span.end,
        quote,
        language=draw(st.sampled_from(["da", "en", ""])),
        mode=draw(st.sampled_from(["stated", "implied"])),
        hedge="; ".join(hedges),
        note=draw(st.dictionaries(st.sampled_from(["da", "en"]), words)),
    )


@given(a_passage())
def test_what_is_written_of_a_passage_is_read_back(passage: Passage) -> None:
    assert passages(encode(passage), ADDRESS) == [passage]


@given(st.lists(a_passage(), max_size=6, unique_by=lambda passage: passage.address))
def test_passages_come_in_the_order_of_the_text_the_wider_first(group: list[Passage]) -> None:
    quads = [quad for passage in group for quad in encode(passage)]

    assert passages(quads, ADDRESS) == sorted(group, key=lambda passage: (passage.start, -passage.end))
    assert passages(quads, "https://example.org/document/en-anden/2026") == []


@given(st.data())
def test_every_stretch_of_a_text_holds_as_its_own_passage_and_no_other_text_does(data: st.DataObject) -> None:
    text = data.draw(st.text(alphabet="ab æ\u00a0😀\n", min_size=2, max_size=60))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    document = DocumentVersion(ADDRESS, "", text, "", "")
    right = Passage(f"{ADDRESS}#char={start},{end}", ADDRESS, start, end, text[start:end])
    wrong = Passage(right.address, ADDRESS, start, end, text[start:end] + "x")

    assert verify([document], encode(right)) == []
    assert [one.shape.rpartition("#")[2] for one in verify([document], encode(wrong))] == ["QuoteShape"]

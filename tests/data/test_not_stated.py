"""What the page does not say must not be in the graph, asserted or inferred.

Each `not-stated/*.rq` asks for one tempting invention. Its second line is that invention: with it the answer must be
yes, so that no question is empty for want of a property.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph
import pytest
import rdflib

# rdflib 7.6 warns of its own use of what it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Dataset.(default_context|contexts) is deprecated")

CASES = sorted((Path(__file__).parent / "not-stated").glob("*.rq"))
INVENTED = re.compile(r"^# invented: (.+)$", re.MULTILINE)
PREFIX = re.compile(r"^PREFIX .+$", re.MULTILINE)


def test_the_questions_are_all_there() -> None:
    assert len(CASES) >= 38


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_graph_says_nothing_the_page_does_not(case: Path, assembled: pyoxigraph.Store) -> None:
    query = case.read_text(encoding="utf-8")

    assert not bool(assembled.query(query))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_question_would_notice_the_invention(case: Path, assembled: pyoxigraph.Store) -> None:
    query = case.read_text(encoding="utf-8")
    invented = INVENTED.search(query)
    assert invented is not None
    prefixes = "\n".join(PREFIX.findall(query))
    with_invention = pyoxigraph.Store()
    with_invention.extend(assembled)
    # An invention may stand in a passage; the default graph holds what all passages say.
    with_invention.update(f"{prefixes}\nINSERT DATA {{ {invented[1]} }}")
    bare = re.sub(r"GRAPH <[^>]+> \{(.+)\}", r"\1", invented[1])
    with_invention.update(f"{prefixes}\nINSERT DATA {{ {bare} }}")

    assert bool(with_invention.query(query))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_other_engine_agrees(case: Path, other_engine: rdflib.Dataset) -> None:
    query = case.read_text(encoding="utf-8")

    assert not other_engine.query(query).askAnswer


def test_the_other_engine_has_the_facts(other_engine: rdflib.Dataset) -> None:
    thing, kind = "id/nordisk-biblioteksnetvaerk", "network#Network"
    query = f"BASE <https://w3id.org/samvirke/> ASK {{ <{thing}> a <{kind}> }}"

    assert other_engine.query(query).askAnswer

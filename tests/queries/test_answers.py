"""Every stored question, asked of both engines over the assembled site."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samvirke.queries import bind, load_queries
from samvirke.settings import load_settings
from samvirke.sparql import classify, gate_query

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
QUERIES = {query.name: query for query in load_queries(ROOT / "queries")}
Ask = Callable[[str], tuple[list[str], list[list[str | None]]]]
EXPECTED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (HERE / "expected").glob("*.json")}
CASES = [(name, number) for name in sorted(EXPECTED) for number in range(len(EXPECTED[name]))]
QUESTIONS: list[dict[str, Any]] = tomllib.loads((HERE / "competency.toml").read_text(encoding="utf-8"))["question"]
NUMBERS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 18, 21, 22, 23, 26, 29}
# rdflib 7.6 warns of its own use of its old names.
pytestmark = pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
ENGINES = ("pyoxigraph", "rdflib")


def test_every_question_has_an_expected_answer() -> None:
    assert EXPECTED.keys() == QUERIES.keys()
    assert len(QUERIES) >= 30


def test_every_competency_question_is_asked() -> None:
    assert {question["number"] for question in QUESTIONS} == NUMBERS


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "number"), CASES, ids=[f"{name}-{number}" for name, number in CASES])
def test_a_stored_question_answers_as_expected(ask: dict[str, Ask], engine: str, name: str, number: int) -> None:
    case = EXPECTED[name][number]

    columns, rows = ask[engine](bind(QUERIES[name], case["parameters"]))

    assert (columns, rows) == (case["columns"], case["rows"])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("question", QUESTIONS, ids=[f"{q['number']}-{q['query']}-{q['column']}" for q in QUESTIONS])
def test_a_competency_question_answers_as_the_page_does(
    ask: dict[str, Ask], engine: str, question: dict[str, Any]
) -> None:
    columns, rows = ask[engine](bind(QUERIES[question["query"]], question.get("parameters", {})))

    assert [row[columns.index(question["column"])] for row in rows] == question["answer"]


@pytest.mark.parametrize("name", sorted(name for name, query in QUERIES.items() if query.page))
def test_pages_have_together_what_the_whole_has(ask: dict[str, Ask], name: str) -> None:
    query = QUERIES[name]
    whole = {tuple(row) for row in ask["pyoxigraph"](bind(query, {"limit": "all"}))[1]}
    pages: list[set[tuple[str | None, ...]]] = []
    while not pages or pages[-1]:
        page = bind(query, {"limit": "7", "offset": str(7 * len(pages))})
        pages.append({tuple(row) for row in ask["pyoxigraph"](page)[1]})

    assert set().union(*pages) == whole


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_stored_question_is_told_in_both_languages_and_passes_the_gate(name: str) -> None:
    query = QUERIES[name]
    text = bind(query, {})

    assert set(query.titles) == set(query.descriptions) == {"da", "en"}
    assert all(set(parameter.labels) == {"da", "en"} for parameter in query.parameters)
    assert classify(text) == "SELECT"
    gate_query(text, load_settings(ROOT, environ={}).limits)
    assert "ORDER BY" in text, "an answer without an order differs from run to run"

"""What is behind the rows of a query, and where that cannot be said: case by case."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from io import BytesIO
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import DefaultGraph, Quad, RdfFormat

from samvirke.search.index import Inferred
from samvirke.why.answer import told
from samvirke.workers import evaluation
from samvirke.workers.request import Request

HERE = Path(__file__).parent
BASE = "https://example.org/site/"
PREFIXES = (
    f"PREFIX : <{BASE}ex#> PREFIX d: <{BASE}id/> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> "
    "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
)
CASES = tomllib.loads((HERE / "cases.toml").read_text("utf-8"))["case"]
PREMISES = {
    (f"<{BASE}id/ann>", f"<{BASE}ex#friend>", f"<{BASE}id/cy>"): Inferred(
        f"{BASE}rule/friends", (f"{BASE}document/a/1#char=0,5", f"{BASE}document/b/1#char=0,9")
    )
}


@cache
def store() -> pyoxigraph.Store:
    found = pyoxigraph.Store()
    found.load((HERE / "facts.trig").read_bytes(), RdfFormat.TRIG)
    found.extend([Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in found])
    return found


def answer_to(query, media_type="application/sparql-results+json"):
    """Evaluate as a worker does, and take the evidence off the answer."""
    output = BytesIO()
    request = Request(text=PREFIXES + query, media_type=media_type, explain=True)
    evaluation.evaluate(store(), request, output, base=BASE, known={})
    return told(output.getvalue(), base=BASE, why=lambda *triple: PREMISES.get(triple), quotes=lambda _: {})


def name(term) -> str:
    if term["type"] == "bnode":
        return "_"
    return re.split("[/#]", term["value"])[-1] if term["type"] == "uri" else json.dumps(term["value"])


def passage(address) -> str:
    found = re.fullmatch(rf"{BASE}document/(\w)/(\d)#char=(\d),\d", address)
    return f"{found[1]}{found[2]}.{found[3]}" if found else address.removeprefix(BASE).split("/")[1]


def short(evidence) -> list[list[str]]:
    """The evidence as the cases spell it."""
    return [[_short(fact) for fact in row["facts"]] for row in evidence["rows"]]


def _short(fact) -> str:
    triple = " ".join(name(fact[part]) for part in ("subject", "predicate", "object"))
    rule = f" by {passage(fact['rule'])}" if "rule" in fact else ""
    behind = fact["passages"] or ([] if "rule" in fact else fact["graphs"])
    return f"{triple}:{rule}{''.join(f' {passage(one)}' for one in behind)}"


def test_enough_is_tried():
    assert len(CASES) >= 70
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_evidence(case):
    _, evidence = answer_to(case["query"])

    if "refused" in case:
        missing = evidence["unavailable"]
        assert (missing["reason"], f"{missing['line']}:{missing['column']}") == (case["refused"], case["at"])
        assert "rows" not in evidence
    else:
        assert "unavailable" not in evidence, evidence
        assert short(evidence) == case["rows"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_answer_is_what_it_is_without(case):
    request = Request(text=PREFIXES + case["query"])
    if "RAND" in case["query"]:
        pytest.skip("the answer is another each time")
    plain = BytesIO()
    evaluation.evaluate(store(), request, plain, base=BASE, known={})

    assert sorted(map(str, json.loads(answer_to(case["query"])[0])["results"]["bindings"])) == sorted(
        map(str, json.loads(plain.getvalue())["results"]["bindings"])
    )

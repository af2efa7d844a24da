"""Where SERVICE stands, whom it asks and what: found as the grammar has it, refused where it cannot be done rightly."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyoxigraph
import pytest

from samvirke import errors
from samvirke.federation.clauses import clauses
from samvirke.federation.scope import visible
from samvirke.sparql import spliced, vacant
from samvirke.sparql.tokens import tokens

HERE = Path(__file__).parent
REFUSED = tomllib.loads((HERE / "refused.toml").read_text("utf-8"))
GOOD = tomllib.loads((HERE / "good.toml").read_text("utf-8"))
GROUPS = tomllib.loads((HERE / "groups.toml").read_text("utf-8"))["groups"]
assert len(REFUSED) >= 26
assert len(GOOD) >= 10
assert len(GROUPS) >= 23


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_done_here_is_refused_with_its_place(name):
    case = REFUSED[name]
    with pytest.raises(errors.InputError) as refused:
        clauses(case["query"])

    error = refused.value
    assert (type(error).__name__, f"{error.line}:{error.column}") == (case["error"], case["place"])
    assert case["says"] in error.message


@pytest.mark.parametrize("name", GOOD)
def test_a_clause_is_sent_with_what_it_needs_and_no_more(name):
    case = GOOD[name]
    found = clauses(case["query"], base="http://site.example/")

    assert [(one.address, one.query, one.silent) for one in found] == [
        (case["address"], case["sent"], case.get("silent", False))
    ]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_sent_is_a_query_and_so_is_what_stays(name):
    case = GOOD[name]
    (found,) = clauses(case["query"], base="http://site.example/")
    store = pyoxigraph.Store()
    store.query(found.query)
    left = vacant(case["query"], [(found.start, found.end, "")])
    store.query(left, base_iri="http://site.example/")

    assert [len(line) for line in left.split("\n")] == [len(line) for line in case["query"].split("\n")]
    assert "service" not in left.lower().replace("\\u0053", "s")


@pytest.mark.parametrize("group", GROUPS)
def test_the_variables_of_a_group_are_those_the_engine_has_in_scope(group):
    found = pyoxigraph.Store().query(f"SELECT * WHERE {{ {group}\n}}").variables

    assert sorted(visible(list(tokens(group)))) == sorted(variable.value for variable in found)


@pytest.mark.parametrize(
    "text",
    [
        'SELECT * { ?s ?p "SERVICE <http://a> {}" }',
        "SELECT * { ?SERVICE ?p ?o } # SERVICE <http://a> { }",
        "PREFIX service: <urn:x:> SELECT * { ?s service:p service: ; <urn:SERVICE> ?o }",
        "SELECT * {",
        "'",
        "",
    ],
)
def test_the_same_letters_elsewhere_are_no_clause(text):
    assert clauses(text) == ()


def test_answers_take_the_places_of_their_clauses():
    text = "ASK { SERVICE <http://a/> { ?a a 1 } ?x ?y ?z SERVICE <http://b/> { ?b a 1 } }"
    first, second = clauses(text)

    answers = [(first.start, first.end, "VALUES(?a){(1)}"), (second.start, second.end, "VALUES(?b){(2)}")]
    assert spliced(text, answers) == "ASK { VALUES(?a){(1)} ?x ?y ?z VALUES(?b){(2)} }"

"""What is said about a query before it is evaluated, and about one that cannot be."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samvirke import sparql
from samvirke.errors import InputError, QueryRefused, QuerySyntaxError
from samvirke.settings import Limits
from samvirke.sparql import errors as sparql_errors
from samvirke.sparql import gate
from samvirke.sparql.tokens import place, prologue, tokens

HERE = Path(__file__).parent
GATE = tomllib.loads((HERE / "gate.toml").read_text(encoding="utf-8"))["case"]
ERRORS = tomllib.loads((HERE / "errors.toml").read_text(encoding="utf-8"))["case"]
assert len(GATE) >= 40
assert len(ERRORS) >= 12
SMALL = replace(Limits(), query_bytes=400, nesting=4, operators=5, triple_patterns=3, unions=2, path_steps=4)
STORE = pyoxigraph.Store()


def at(text):
    line, _, column = text.partition(":")
    return int(line), int(column)


@pytest.mark.parametrize("case", GATE, ids=lambda case: case["name"])
def test_gate(case):
    try:
        sparql.gate_query(case["text"], SMALL)
    except QueryRefused as error:
        refused = error
    else:
        refused = None

    assert (refused.rule if refused else "") == case["rule"]
    if refused and "place" in case:
        assert (refused.line, refused.column) == at(case["place"])
    if refused and refused.rule != "outbound":
        assert refused.limit == getattr(SMALL, refused.rule) < refused.found
        assert str(refused.limit) in refused.message


@pytest.mark.parametrize("case", [case for case in GATE if not case["rule"]], ids=lambda case: case["name"])
def test_what_the_gate_lets_through_with_small_limits_passes_with_its_own(case):
    sparql.gate_query(case["text"], Limits())


PIECES = st.lists(
    st.sampled_from(
        [
            "SELECT",
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            "?s",
            "<urn:a>",
            '"',
            "'",
            '"""',
            "#",
            "\\",
            "\\u0041",
            "a:b",
            ".",
            "FILTER",
            "UNION",
            "||",
            "+",
            "/",
            "1",
            "_:b",
            "@da",
            "^^",
            "æ",
            "😀",
            "PREFIX",
            "BASE",
            "CONSTRUCT",
            "<http://x",
            "\n",
            "\x00",
            "<a b>",
        ]
    ),
    max_size=40,
)


@given(PIECES.map(" ".join) | PIECES.map("".join) | st.text(max_size=80))
def test_any_text_is_taken_apart_and_judged_without_a_crash(text):
    for judge in (
        sparql.classify,
        lambda t: sparql.gate_query(t, SMALL),
        sparql.dataset,
        sparql.varies,
        sparql.prefixes,
    ):
        try:
            judge(text)
        except InputError as error:
            assert error.message.endswith(".")
    for token in tokens(text):
        assert token.text
        line, column = place(text, token.start)
        assert text.split("\n")[line - 1][column - 1 :][:1] == text[token.start]


@given(PIECES.map(" ".join))
def test_whatever_the_engine_refuses_is_told_with_a_place(text):
    try:
        STORE.query(text)
    except SyntaxError as error:
        told = sparql_errors.syntax_error(text, str(error))
        lines = text.split("\n")
        assert 1 <= told.line <= len(lines)
        assert 1 <= told.column <= len(lines[told.line - 1]) + 1
        assert sparql_errors.excerpt(text, told.line, told.column).endswith("^")
    except RuntimeError:
        pass


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case["text"][:40])
def test_what_is_wrong_is_said_in_words(case):
    with pytest.raises(SyntaxError) as refused:
        STORE.query(case["text"])
    told = sparql_errors.syntax_error(case["text"], str(refused.value))

    assert (told.line, told.column) == at(case["place"])
    assert case["told"] in told.message
    assert case.get("remedy", "") in told.remedy
    assert "expected one of" not in str(told)


def test_prefixes_of_the_site_are_suggested():
    told = sparql_errors.syntax_error(
        "SELECT * { ?s site:p ?o }", "error at 1:1: x", known={"site": "https://s.example/#"}
    )

    assert "PREFIX site: <https://s.example/#>" in told.remedy


def test_an_excerpt_of_a_long_line_shows_the_place():
    text = "SELECT * {" + " ?s ?p ?o ." * 50 + " oops }"
    column = text.index("oops") + 1
    shown, caret = sparql_errors.excerpt(text, 1, column).split("\n")

    assert len(shown) <= 80
    assert shown[len(caret) - 1 :].startswith("oops")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * {}", "SELECT"),
        ("# SELECT\n\nASK {}", "ASK"),
        ("PREFIX select: <urn:select> CONSTRUCT WHERE {}", "CONSTRUCT"),
        ("base <urn:b>\nprefix : <#>\ndescribe :x", "DESCRIBE"),
        ("\ufeffASK {}".removeprefix("\ufeff"), "ASK"),
        ("PREFIX a:<urn:a#b>SELECT*{}", "SELECT"),
    ],
)
def test_the_form_is_the_first_word_after_the_prologue(text, form):
    assert sparql.classify(text) == form


@pytest.mark.parametrize("text", ["", "   \n", "# only a comment", "PREFIX a: <urn:a>"])
def test_nothing_is_no_query(text):
    with pytest.raises(QuerySyntaxError, match="empty"):
        sparql.classify(text)


@pytest.mark.parametrize(
    "verb", ["INSERT DATA", "DELETE WHERE", "LOAD", "CLEAR ALL", "DROP ALL", "CREATE GRAPH", "COPY", "WITH"]
)
def test_an_update_is_refused_by_name(verb):
    with pytest.raises(QueryRefused) as refused:
        sparql.classify(f"PREFIX a: <urn:a>\n {verb} <urn:b>")

    assert refused.value.rule == "read_only"
    assert (refused.value.line, refused.value.column) == (2, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * {}", (None, None)),
        ("SELECT * FROM <urn:a> {}", (("urn:a",), ())),
        ("SELECT * FROM <urn:a> FROM NAMED <urn:b> FROM <urn:c> WHERE {}", (("urn:a", "urn:c"), ("urn:b",))),
        ("PREFIX x: <urn:x:> SELECT * FROM x:a FROM NAMED x:b\\-c {}", (("urn:x:a",), ("urn:x:b-c",))),
        ("BASE <http://e.org/a/> SELECT * FROM <../b> {}", (("http://e.org/b",), ())),
        ("CONSTRUCT { ?s <urn:FROM> <urn:a> } FROM <urn:b> WHERE {}", (("urn:b",), ())),
        ("ASK { ?FROM <urn:p> 'FROM <urn:a>' } # FROM <urn:b>", (None, None)),
        ("DESCRIBE <urn:x> from named <urn:a>", ((), ("urn:a",))),
    ],
)
def test_the_dataset_of_a_query(text, expected):
    assert sparql.dataset(text) == expected


def test_relative_addresses_are_resolved_against_the_base_given():
    assert sparql.dataset("SELECT * FROM <graph/a> {}", base="http://e.org/sparql") == (("http://e.org/graph/a",), ())


def test_the_prologue_is_read_with_its_bases():
    found = prologue("BASE <http://e.org/> PREFIX a: <b#> # c\nPREFIX : <urn:\\u0064:> VERSION '1.2' SELECT * {}")

    assert found.prefixes == {"a": "http://e.org/b#", "": "urn:d:"}
    assert found.verb.text == "SELECT"


@pytest.mark.parametrize("text", ["SELECT (NOW() AS ?x) {}", "SELECT (uuid() AS ?x) {}", "ASK { FILTER(RAND() < 1) }"])
def test_what_asks_clock_or_chance_varies(text):
    assert sparql.varies(text)


def test_the_w3c_queries_pass_the_gate_and_have_the_form_the_engine_finds(shared):
    forms = {"QueryBoolean": ("ASK",), "QuerySolutions": ("SELECT",), "QueryTriples": ("CONSTRUCT", "DESCRIBE")}
    tried = 0
    for path in sorted((shared / "conformance" / "data" / "rdf-tests").rglob("*.rq")):
        try:
            text = path.read_text(encoding="utf-8")
            result = STORE.query(text, base_iri="http://example.org/")
        except (SyntaxError, UnicodeDecodeError, RuntimeError, ValueError):
            continue
        if "SERVICE" in text.upper():
            continue
        sparql.gate_query(text, Limits())
        assert sparql.classify(text) in forms[type(result).__name__], path
        tried += 1

    assert tried >= 500


PIECES = st.sampled_from(
    [
        "SELECT * ", "WHERE ", "{ ", "} ", "( ", ") ", "[ ", "] ", "?a ", "?b?c ", "<http://e/a> ", "<a?b> ",
        "ex:a.b ", "a ", ". ", "; ", ", ", "1 ", "1.5.6 ", '"x y" ', '"<" ', "'<' ", "FILTER(", "BIND(",
        "OPTIONAL { ", "UNION ", "MINUS { ", "|| ", "&& ", "+", "/ex:p", "^ex:q", "* ", "! ", "= ", "< ", "> ",
        "VALUES ?x { ", "GRAPH ?g { ", "_:b ", "# <\n", "CONSTRUCT ", "(1 2 3) ", '("a""b") ', "(<a><b><c>) ",
        "(true false) ", "ORDER BY ", "SERVICE ", "load ", "\\u0053", "FROM <g> ", "from NAMED <g> ", "silent ",
    ]
)  # fmt: skip
LIMITED = st.builds(
    replace,
    st.just(Limits()),
    nesting=st.integers(1, 12),
    operators=st.integers(1, 12),
    triple_patterns=st.integers(1, 30),
    unions=st.integers(1, 6),
    path_steps=st.integers(1, 12),
)


@given(st.lists(PIECES, max_size=40).map("".join), LIMITED)
def test_what_is_let_through_at_a_glance_would_be_let_through_after_a_close_look(text, limits):
    if not gate._plainly_small(text, limits):
        return

    gate._Gate(text, limits).run()


@given(st.lists(PIECES, max_size=40).map("".join), LIMITED)
def test_a_plain_query_passes_the_gate_and_names_no_dataset_and_no_other_server(text, limits):
    if not sparql.is_plain(text, limits):
        return

    gate._Gate(text, limits).run()
    assert sparql.dataset(text) == (None, None)
    assert sparql.unreachable(text) == text


@pytest.mark.parametrize("case", [case for case in GATE if case["rule"]], ids=lambda case: case["name"])
def test_what_the_gate_refuses_is_not_plain(case):
    assert not sparql.is_plain(case["text"], SMALL)


def test_most_queries_are_plain():
    query = "PREFIX ex: <urn:x:> SELECT ?s ?l { ?s a ex:A ; ex:b/ex:c ?l . OPTIONAL { ?s ex:d ?y } } LIMIT 9"

    assert sparql.is_plain(query, Limits())
    assert not sparql.is_plain(query, replace(Limits(), triple_patterns=2))


def test_most_queries_are_let_through_at_a_glance():
    plain = "PREFIX ex: <urn:x:> SELECT ?s ?l { ?s a ex:A ; ex:b/ex:c ?l . OPTIONAL { ?s ex:d ?y } } LIMIT 9"

    assert gate._plainly_small(plain, Limits())

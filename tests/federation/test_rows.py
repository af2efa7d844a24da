"""An answer of another server becomes rows, term by term; what is not as the standard says is no answer."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph
import pytest

from samvirke.federation import rows
from samvirke.federation.rows import Unusable, nothing_said

BAD = sorted(Path(__file__).with_name("answers").glob("*.json"))
assert len(BAD) >= 20
XSD = "http://www.w3.org/2001/XMLSchema#"


def rows_text(told: bytes, columns: tuple[str, ...], *, salt: str, most_rows: int) -> str:
    return rows.rows_text(told, columns, salt=salt, most_rows=most_rows, most_bytes=1_000_000)


def body(*rows: dict, variables=("a", "b")) -> bytes:
    return json.dumps({"head": {"vars": variables}, "results": {"bindings": rows}}).encode()


def read(text: str, store: pyoxigraph.Store | None = None):
    found = (store or pyoxigraph.Store()).query(f"SELECT ?a ?b {{ {text} }}")
    return [(row["a"], row["b"]) for row in found]


def test_terms_are_kept_exactly():
    told = [
        {
            "a": {"type": "uri", "value": "http://å.example/ø?x#y"},
            "b": {"type": "literal", "value": "ord\n\"\\'\t\0 𝕏\r"},
        },
        {"a": {"type": "literal", "value": "ord", "xml:lang": "da"}},
        {"b": {"type": "literal", "value": "2.5", "datatype": f"{XSD}decimal"}},
        {"b": {"type": "typed-literal", "value": "x", "datatype": "urn:kind"}},
        {"b": {"type": "literal", "value": "", "datatype": f"{XSD}string"}},
        {"a": {"type": "literal", "value": "\\u0022 \\U00000022"}},
    ]
    iri, literal = pyoxigraph.NamedNode, pyoxigraph.Literal

    assert read(rows_text(body(*told), ("a", "b"), salt="s", most_rows=6)) == [
        (iri("http://å.example/ø?x#y"), literal("ord\n\"\\'\t\0 𝕏\r")),
        (literal("ord", language="da"), None),
        (None, literal("2.5", datatype=iri(f"{XSD}decimal"))),
        (None, literal("x", datatype=iri("urn:kind"))),
        (None, literal("")),
        (literal("\\u0022 \\U00000022"), None),
    ]


def test_the_lexical_form_is_kept_up_to_the_engine_which_has_one_for_each_number():
    text = rows_text(
        body({"a": {"type": "literal", "value": "02.50", "datatype": f"{XSD}decimal"}}, variables=["a"]),
        ("a",),
        salt="s",
        most_rows=1,
    )

    assert text == f'VALUES(?a){{("02.50"^^<{XSD}decimal>)}}'


def test_a_value_cannot_leave_its_place():
    text = '" } INSERT DATA { <urn:a> <urn:b> "'
    made = rows_text(body({"a": {"type": "literal", "value": text}}), ("a", "b"), salt="s", most_rows=1)

    assert read(made) == [(pyoxigraph.Literal(text), None)]


def test_blank_nodes_are_fresh_and_the_same_in_all_rows_of_an_answer():
    node = {"type": "bnode", "value": "b0"}
    other = {"type": "bnode", "value": "b1"}
    told = body({"a": node, "b": other}, {"a": node, "b": {"type": "literal", "value": "x"}}, {"b": node})
    (a0, b0), (a1, b1), (a2, b2) = read(rows_text(told, ("a", "b"), salt="salt", most_rows=3))

    assert isinstance(a0, pyoxigraph.BlankNode)
    assert (a0, b1, a2) == (a1, pyoxigraph.Literal("x"), None)
    assert b2 == a0 != b0
    assert {a0.value, b0.value}.isdisjoint({"b0", "b1"})


def test_blank_nodes_are_never_those_of_the_store():
    store = pyoxigraph.Store()
    store.load(b"_:b0 <urn:p> 1 .", format=pyoxigraph.RdfFormat.TURTLE)
    ours = next(iter(store)).subject
    made = rows_text(body({"a": {"type": "bnode", "value": ours.value}}), ("a", "b"), salt="salt", most_rows=1)

    assert read(f"{made} ?a <urn:p> ?b", store) == []


def test_blank_nodes_of_two_clauses_are_not_the_same():
    told = body({"a": {"type": "bnode", "value": "b0"}})
    made = [rows_text(told, ("a", "b"), salt=salt, most_rows=1) for salt in ("sn0", "sn1")]

    assert len(read(f"{made[0]} {made[0]}")) == 1
    assert read(" ".join(made)) == []


def test_rows_without_variables_count():
    text = rows_text(body({}, {}, variables=()), (), salt="s", most_rows=2)

    assert len(read(text)) == 2


def test_no_rows_are_none_and_nothing_said_is_one():
    assert read(rows_text(body(), ("a", "b"), salt="s", most_rows=1)) == []
    assert read(nothing_said(("a", "b"))) == [(None, None)]
    assert len(read(nothing_said(()))) == 1


def test_one_row_more_than_allowed_is_no_answer():
    with pytest.raises(Unusable, match=r"more than 2 rows to say \(limits.federation_rows\)"):
        rows_text(body({}, {}, {}), ("a", "b"), salt="s", most_rows=2)


def test_what_is_not_said_has_its_length_too():
    """Few bytes may be many rows of many columns, each written out in the query."""
    columns = tuple(f"v{number}" for number in range(1_000))
    with pytest.raises(Unusable, match="more rows and columns"):
        rows.rows_text(body(*[{}] * 500, variables=columns), columns, salt="s", most_rows=500, most_bytes=1_000_000)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_is_not_as_the_standard_says_is_no_answer(path):
    with pytest.raises(Unusable):
        rows_text(path.read_bytes(), ("a", "b"), salt="s", most_rows=9)


@pytest.mark.parametrize("told", [b"\xff\xfe{}", b"[" * 100_000, b'{"head":{"vars":["a"]}' * 3])
def test_what_is_no_json_is_no_answer(told):
    with pytest.raises(Unusable, match=r"UTF-8|not JSON"):
        rows_text(told, ("a", "b"), salt="s", most_rows=9)

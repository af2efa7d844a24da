"""Parameters: what a header may say, and that no value becomes anything but its term."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from hypothesis import example, given, settings
from hypothesis import strategies as st

from samvirke.errors import InputError
from samvirke.queries import bind, load_queries, parse_query

CASES = tomllib.loads((Path(__file__).parent / "headers.toml").read_text(encoding="utf-8"))["case"]
ECHO = """# title@en: Echo
# param value: {kind}  label@en Value
PREFIX ex: <http://e.example/>
SELECT ?value {{ FILTER(BOUND(?value)) }}"""
HOSTILE = st.text(st.sampled_from("\"'\\<>{}?.#uU0\n\r\t 2,;()@^`|ex:aæ\u2028\u0085\ud800\x00\U0001f400"), max_size=12)


def _echo(kind: str, value: str) -> list[pyoxigraph.NamedNode | pyoxigraph.Literal]:
    rows = pyoxigraph.Store().query(bind(parse_query(ECHO.format(kind=kind), name="echo"), {"value": value}))
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    return [row["value"] for row in rows]


def test_the_wrong_headers_are_many() -> None:
    assert len(CASES) >= 12


@pytest.mark.parametrize("case", CASES, ids=[case["says"].split(": ", 1)[1][:40] for case in CASES])
def test_a_wrong_header_is_told_with_its_place(case: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        parse_query(case["text"].lstrip("\n"), name="a-question", file="a-question.rq")

    assert str(caught.value) == case["says"]


def test_a_header_is_read_whole() -> None:
    query = parse_query(
        "# title@da: Hvad\n#   så?\n# title@en: What?\n# description@en: All of it.\n"
        "# param year: year = 2016  label@da Årstal | label@en Year\n"
        "# param kind: iri of ex:Kind = ex:feast\n# param word: text optional  label@en Word\n# param n: integer\n"
        "#\n# A note for whoever reads the file.\n"
        "PREFIX ex: <http://e.example/>\nSELECT * { ?year ?kind ?word . ?n ?n ?n }",
        name="what",
    )

    assert query.titles == {"da": "Hvad så?", "en": "What?"}
    assert query.descriptions == {"en": "All of it."}
    assert query.title("sv") == "What?"
    year, kind, word, n = query.parameters
    assert (year.kind, year.default, year.required, year.label("da")) == ("year", "2016", False, "Årstal")
    assert (kind.kind, kind.default, kind.of, kind.label("da")) == ("iri", "ex:feast", "http://e.example/Kind", "kind")
    assert (word.optional, word.required, word.label("da")) == (True, False, "Word")
    assert (n.default, n.required) == (None, True)


def test_a_question_may_ask_for_a_place_on_the_front_page() -> None:
    asked = parse_query("# title@en: What?\n# home: 12\n# description@en: All.\nSELECT * { ?s ?p ?o }", name="a")
    silent = parse_query("# title@en: What?\n# description@en: All.\nSELECT * { ?s ?p ?o }", name="b")

    assert (asked.home, asked.descriptions) == (12, {"en": "All."})
    assert silent.home is None


@given(HOSTILE | st.text(max_size=30))
@example('" } DROP ALL #')
@example("\\u0022 . } #")
@example("\\\\u0022")
@example("\\U00000022")
@example("ends with \\")
@settings(max_examples=400, deadline=None)
def test_a_text_stays_the_text_it_is(value: str) -> None:
    try:
        found = _echo("text", value)
    except InputError:
        assert not value.strip() or any(
            ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF or ord(char) in (0x7F, 0xFFFE, 0xFFFF) for char in value
        )
        return

    assert found == [pyoxigraph.Literal(value.strip())]


@given(HOSTILE)
@settings(max_examples=100, deadline=None)
def test_rdflib_reads_the_same_text(value: str) -> None:
    try:
        text = bind(parse_query(ECHO.format(kind="text"), name="echo"), {"value": value})
    except InputError:
        return

    assert [str(row[0]) for row in rdflib.Graph().query(text)] == [value.strip()]


@given(HOSTILE | st.builds("http://e.example/{}".format, HOSTILE) | st.builds("ex:{}".format, HOSTILE))
@example("http://e.example/> . ?s ?p ?o } #")
@example("http://e.example/\\u003E")
@example("http://e.example/%zz")
@example("http://e.example/æøå?q=a%20b#char=1,2")
@settings(max_examples=400, deadline=None)
def test_an_address_stays_the_address_it_is(value: str) -> None:
    try:
        found = _echo("iri", value)
    except InputError:
        return

    written = value.strip().removeprefix("<").removesuffix(">")
    assert found in ([pyoxigraph.NamedNode(written)], [pyoxigraph.NamedNode("http://e.example/" + written[3:])])


@given(st.sampled_from(("year", "date", "integer")), HOSTILE | st.text("0123456789-+", max_size=12))
@settings(max_examples=400, deadline=None)
def test_a_year_a_date_or_a_number_is_itself_or_refused(kind: str, value: str) -> None:
    try:
        found = _echo(kind, value)
    except InputError:
        return

    assert len(found) == 1
    assert isinstance(found[0], pyoxigraph.Literal)
    assert found[0].value == (str(int(value)) if kind == "integer" else value.strip())


REFUSED = [
    ("year", "16", "The parameter value cannot be '16'. Give it a year, such as 2016."),
    ("year", "２０１６", "The parameter value cannot be '２０１６'. Give it a year, such as 2016."),
    ("date", "2015-02-29", "The parameter value cannot be '2015-02-29'. Give it a date, such as 2016-05-31."),
    ("integer", "1e9", "The parameter value cannot be '1e9'. Give it a whole number, such as 7."),
    ("integer", "9" * 19, f"The parameter value cannot be '{'9' * 19}'. Give it a whole number, such as 7."),
    ("iri", "relative/address", "The parameter value cannot be 'relative/address'. "
     "Give it an address, or a name with a prefix of the question."),
    ("text", "", "The parameter value has no value. Give it a text."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "says"), REFUSED)
def test_a_value_that_is_none_is_refused_by_name(kind: str, value: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        _echo(kind, value)

    assert str(caught.value) == says


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        bind(parse_query(ECHO.format(kind="text"), name="echo"), {"value": "a", "vlaue": "b"})

    assert str(caught.value) == "The question echo has no parameter vlaue. It has: value."


def test_values_reach_sub_selects_and_leave_templates_alone() -> None:
    query = parse_query(
        "# title@en: Counts\n# param kind: iri = ex:A\nPREFIX ex: <http://e.example/>\n"
        "CONSTRUCT { ?x ex:count ?n ; ex:of ?kind } WHERE { ?x a ?kind . "
        "{ SELECT (COUNT(?y) AS ?n) WHERE { ?y a ?kind FILTER EXISTS { ?y a ?kind } } } }",
        name="counts",
    )
    store = pyoxigraph.Store()
    ex = "http://e.example/"
    for thing, kind in (("a", "A"), ("b", "B"), ("c", "B")):
        node, rdf_type = pyoxigraph.NamedNode(ex + thing), pyoxigraph.NamedNode(str(rdflib.RDF.type))
        store.add(pyoxigraph.Quad(node, rdf_type, pyoxigraph.NamedNode(ex + kind)))

    triples = store.query(bind(query, {"kind": "ex:B"}))

    assert isinstance(triples, pyoxigraph.QueryTriples)
    found = sorted(str(triple.object) for triple in triples)
    assert found == ['"2"^^<http://www.w3.org/2001/XMLSchema#integer>'] * 2 + [f"<{ex}B>"] * 2


def test_a_parameter_not_given_restricts_nothing() -> None:
    query = parse_query("# title@en: Echo\n# param o: text optional\nSELECT ?o { ?s ?p ?o }", name="echo")
    store = pyoxigraph.Store()
    store.load(b'<http://e.example/s> <http://e.example/p> "a", "b" .', format=pyoxigraph.RdfFormat.TURTLE)

    both, one = store.query(bind(query, {})), store.query(bind(query, {"o": "a"}))

    assert isinstance(both, pyoxigraph.QuerySolutions)
    assert isinstance(one, pyoxigraph.QuerySolutions)
    assert (len(list(both)), len(list(one))) == (2, 1)


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.rq").write_text(f"\ufeff# title@en: {name}\nASK {{}}", encoding="utf-8")

    assert [(query.name, query.title("en")) for query in load_queries(tmp_path)] == [("a", "a"), ("b", "b")]


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.rq").write_bytes(b"# title@en: \xe6\nASK {}")

    with pytest.raises(InputError, match=r"The file is not UTF-8\. Save it as UTF-8\."):
        load_queries(tmp_path)


PAGED = """# title@en: What?
# param of: iri optional
# page: 5
PREFIX ex: <http://e.example/>
SELECT ?x { { SELECT ?x { ?x ex:of ?of # LIMIT 5 OFFSET 0
  FILTER(STR(?x) != "LIMIT 5 OFFSET 0") } LIMIT 5 OFFSET 0 } { SELECT DISTINCT ?x { ?x ?p ?o } limit 5 offset 0 } }"""


@pytest.mark.parametrize(
    ("values", "stretch"),
    [
        ({}, ["LIMIT 5 OFFSET 0", "limit 5 offset 0"]),
        ({"limit": "7"}, ["LIMIT 7 OFFSET 0"] * 2),
        ({"offset": " 10 "}, ["LIMIT 5 OFFSET 10"] * 2),
        ({"limit": "ALL"}, [""] * 2),
        ({"limit": "all", "offset": "3"}, ["OFFSET 3"] * 2),
    ],
)
def test_every_stretch_is_turned_and_no_word_that_looks_like_one(values: dict[str, str], stretch: list[str]) -> None:
    text = bind(parse_query(PAGED, name="paged"), {"of": "ex:a", **values})
    first, second = stretch

    assert '# LIMIT 5 OFFSET 0\n  FILTER(STR(?x) != "LIMIT 5 OFFSET 0") } ' + first + " }" in text
    assert "{ ?x ?p ?o } " + second + " }" in text
    assert isinstance(pyoxigraph.Store().query(text), pyoxigraph.QuerySolutions)


@given(st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_page_is_numbers_or_refused(limit: str, offset: str) -> None:
    try:
        text = bind(parse_query(PAGED, name="paged"), {"limit": limit, "offset": offset})
    except InputError:
        return

    assert isinstance(pyoxigraph.Store().query(text), pyoxigraph.QuerySolutions)

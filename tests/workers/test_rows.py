from __future__ import annotations

import io

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat, Store

from samvirke.errors import AnswerTooLarge
from samvirke.workers.rows import Counted

FORMATS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
# What a counter could take for the end of a row.
TRICKY = st.text(st.sampled_from("{}[],\"\\\n\r\t'<>&;: ræ😀") | st.characters(codec="utf-8"), max_size=30)


def written(texts, media_type, pieces):
    store = Store()
    for number, text in enumerate(texts):
        thing = NamedNode(f"http://example.org/{number}")
        store.add(Quad(thing, NamedNode("http://example.org/p"), Literal(text)))
    whole = store.query("SELECT ?s ?o { ?s ?p ?o }").serialize(format=FORMATS[media_type])
    output = io.BytesIO()
    counted = Counted(output, media_type, 10_000)
    start = 0
    for length in pieces:
        counted.write(whole[start : start + length])
        start += length
    counted.write(whole[start:])
    return whole, output.getvalue(), counted.rows


@pytest.mark.parametrize("media_type", FORMATS)
@given(texts=st.lists(TRICKY, max_size=6), pieces=st.lists(st.integers(1, 40), max_size=12))
def test_rows_are_counted_whatever_the_values_and_however_the_bytes_are_cut(media_type, texts, pieces):
    whole, passed_on, rows = written(texts, media_type, pieces)

    assert passed_on == whole
    assert rows == len(texts)


@pytest.mark.parametrize("media_type", FORMATS)
def test_triple_terms_do_not_count_as_rows(media_type):
    store = Store()
    inner = pyoxigraph.Triple(NamedNode("http://example.org/a"), NamedNode("http://example.org/b"), Literal("c"))
    store.add(Quad(NamedNode("http://example.org/s"), NamedNode("http://example.org/p"), inner))
    counted = Counted(io.BytesIO(), media_type, 10)
    store.query("SELECT ?o ?s { ?s ?p ?o }").serialize(counted, format=FORMATS[media_type])

    assert counted.rows == 1


@pytest.mark.parametrize("media_type", FORMATS)
def test_one_row_more_than_allowed_is_too_many(media_type):
    whole, _, rows = written(["a", "b", "c"], media_type, [])
    assert rows == 3
    Counted(io.BytesIO(), media_type, 3).write(whole)

    with pytest.raises(AnswerTooLarge):
        Counted(io.BytesIO(), media_type, 2).write(whole)

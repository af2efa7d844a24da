"""Evaluate one query against the worker's store and write the answer.

Duty: from a request to bytes in the format asked for, with rows counted. Level 4.5; runs inside a
confined worker and knows neither limits of time nor sockets.
Source: https://www.w3.org/TR/sparql11-query/, https://www.w3.org/TR/sparql11-protocol/#dataset
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, cast

import pyoxigraph
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
)

from samvirke import sparql
from samvirke.errors import InputError, ServiceFailed
from samvirke.sparql import errors as sparql_errors
from samvirke.workers import failures
from samvirke.workers.csv_rows import write_csv
from samvirke.workers.explaining import write_explained
from samvirke.workers.request import Request
from samvirke.workers.rows import Counted

_RESULTS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
_CSV = "text/csv"
_GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}


def evaluate(store: Store, request: Request, output: object, *, base: str, known: Mapping[str, str]) -> int:
    """Evaluate a query and write its answer to `output`.

    Reads:  `store`; the default graph is the store's own, or the merge of the graphs named. `base` resolves
            relative IRIs; `known` are the prefixes worth suggesting.
    Writes: `output`, in `request.media_type`.
    Returns the number of rows or triples written; 1 for ASK.
    Raises: QueryRefused; QuerySyntaxError; AnswerTooLarge in the middle of writing.
    """
    text = own = request.text
    gate, file = request.gate, cast("IO[bytes]", output)
    # Most queries are small and name nothing but what they ask for.
    usual = gate is not None and not (request.inlined or request.explain) and sparql.is_plain(text, gate)
    usual = usual and request.default_graphs is None and request.named_graphs is None
    if not usual:
        own = text = sparql.vacant(text, request.inlined)
        if gate is not None:
            sparql.gate_query(own, gate)
            text = sparql.unreachable(own)
    try:
        if usual:
            return _write(store.query(text, base_iri=base), request, file)
        return _answered(store, sparql.spliced(text, request.inlined), request, file, base)
    except SyntaxError as error:
        if request.inlined:
            raise _mistake(store, own, error, known, base) from error
        raise sparql_errors.syntax_error(request.text, str(error), known=known) from error
    except (ValueError, RuntimeError, OSError) as error:  # Solutions are computed while they are written.
        raise sparql_errors.evaluation_error(request.text, str(error)) from error


def _mistake(store: Store, own: str, error: SyntaxError, known: Mapping[str, str], base: str) -> InputError:
    """Say whether the query itself does not parse, and where, or what another server put into it."""
    try:
        store.query(own, base_iri=base)
    except SyntaxError as mistake:
        return sparql_errors.syntax_error(own, str(mistake), known=known)
    except ValueError:
        pass
    return ServiceFailed(
        f"What another server answered cannot be put into the query: {str(error).strip().rstrip('.')[:300]}.",
        remedy="Ask it for less, or write its part of the query in another way.",
    )


def _answered(store: Store, text: str, request: Request, file: IO[bytes], base: str) -> int:
    default, named = request.default_graphs, request.named_graphs
    if default is None and named is None:
        default, named = sparql.dataset(request.text, base=base)
    ask = _asking(store, default, named, base)
    result = ask(text)
    if not request.explain:
        return _write(result, request, file)
    if not isinstance(result, QuerySolutions):
        raise failures.no_rows_to_explain()
    graphs = None if default is None and named is None else default or ()
    return write_explained(result, request, file, store=store, ask=ask, graphs=graphs)


def _write(result: QuerySolutions | QueryBoolean | QueryTriples, request: Request, file: IO[bytes]) -> int:
    if isinstance(result, QueryTriples):
        return write_triples(result, request, file)
    form = _RESULTS[request.media_type]
    if isinstance(result, QueryBoolean):
        result.serialize(file, format=form)
        return 1
    if request.media_type == _CSV:
        if request.byte_order_mark:
            file.write(codecs.BOM_UTF8)
        return write_csv(result, file, request.max_rows)
    counted = Counted(file, request.media_type, request.max_rows)
    result.serialize(cast("IO[bytes]", counted), format=form)
    return counted.rows


def write_triples(triples: Iterable[Triple], request: Request, file: IO[bytes]) -> int:
    """Write triples in `request.media_type` and return their number. Raises: AnswerTooLarge."""
    counter = _Triples(triples, request.max_rows)
    pyoxigraph.serialize(
        iter(counter), file, format=_GRAPHS[request.media_type], prefixes=sparql.prefixes(request.text)
    )
    return counter.count


def _asking(
    store: Store, default: tuple[str, ...] | None, named: tuple[str, ...] | None, base: str
) -> Callable[[str], QuerySolutions | QueryBoolean | QueryTriples]:
    """Return what evaluates a text on a dataset; None and None are the store's own."""
    if default is None and named is None:
        return lambda text: store.query(text, base_iri=base)
    names: list[NamedNode | BlankNode] = [NamedNode(name) for name in named or ()]
    if len(default or ()) <= 1:
        graphs: list[NamedNode | BlankNode | DefaultGraph] = [NamedNode(name) for name in default or ()]
        return lambda text: store.query(text, base_iri=base, default_graph=graphs, named_graphs=names)
    merged = _merge(store, default or (), names)
    return lambda text: merged.query(text, base_iri=base, default_graph=[DefaultGraph()], named_graphs=names)


def _merge(store: Store, default: tuple[str, ...], named: list[NamedNode | BlankNode]) -> Store:
    """Copy the graphs of a dataset, the default ones merged into one.

    The engine's own union counts a triple once for each graph it stands in; the standard's default
    graph is a merge, in which it stands once.
    Source: https://www.w3.org/TR/sparql11-query/#unnamedGraph
    """
    merged = Store()
    for name in default:
        found = store.quads_for_pattern(None, None, None, NamedNode(name))
        merged.extend(pyoxigraph.Quad(quad.subject, quad.predicate, quad.object) for quad in found)
    for graph in named:
        merged.extend(store.quads_for_pattern(None, None, None, graph))
    return merged


class _Triples:
    """The triples of an answer, counted on their way."""

    def __init__(self, triples: Iterable[Triple], limit: int) -> None:
        self._triples = triples
        self._limit = limit
        self.count = 0

    def __iter__(self) -> Iterator[Triple]:
        for triple in self._triples:
            self.count += 1
            if self.count > self._limit:
                raise failures.too_many_rows(self._limit)
            yield triple

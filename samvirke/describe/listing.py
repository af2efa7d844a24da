"""What the rows of a list show of each thing: the values of its columns.

Duty: a trusted read that gathers some things' facts along chosen rows of the shapes, with the details they lead
through and the dates, and nothing else: a table of a hundred rows is one question. Level 4; runs where the store is.
Names of other things are left to the index, which has them at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from samvirke.describe.gathering import OUT_LIMIT, Gatherer
from samvirke.model import BlankNode, Literal, NamedNode
from samvirke.schema.facets import named_fields
from samvirke.schema.hints import Field
from samvirke.terms import TEMPORAL_DATATYPES, TYPE

if TYPE_CHECKING:
    from pyoxigraph import Store

    from samvirke.model import Quad
    from samvirke.schema import Schema

__all__ = ["EVERY", "listing"]

EVERY = "*"
"""Names all columns."""


def listing(store: Store, schema: Schema, parameters: Mapping[str, Any]) -> Iterable[Quad]:
    """Return the facts for some rows of a list. Reads: `iris`, `class` of the list, `columns` (`EVERY`: all)."""
    columns = set(parameters["columns"])
    rows = [one.field for one in named_fields(schema, parameters["class"]) if columns & {one.name, EVERY}]
    gatherer = Gatherer(store, schema)
    forward = {row.path for row in rows if not row.inverse}
    backward = sorted({row.path for row in rows if row.inverse})
    for iri in parameters["iris"]:
        _thing(gatherer, NamedNode(iri), forward, backward)
    return gatherer.found


def _thing(gatherer: Gatherer, node: NamedNode, forward: set[str], backward: Iterable[str]) -> None:
    for quad in islice(gatherer.merged(node, None, None), OUT_LIMIT):
        value = quad.object
        if isinstance(value, Literal):
            if quad.predicate.value in forward or value.datatype in TEMPORAL_DATATYPES:
                gatherer.keep((quad,))
        elif isinstance(value, NamedNode | BlankNode) and quad.predicate != TYPE:
            detail = gatherer.is_detail(value)
            if detail or quad.predicate.value in forward:
                gatherer.keep((quad,))
            if detail:
                _detail(gatherer, value)
    for path in backward:
        for quad in gatherer.keep(islice(gatherer.merged(None, NamedNode(path), node), OUT_LIMIT)):
            if isinstance(quad.subject, NamedNode | BlankNode) and gatherer.is_detail(quad.subject):
                _detail(gatherer, quad.subject)


def _detail(gatherer: Gatherer, node: NamedNode | BlankNode, depth: int = 2) -> None:
    """Keep all of a detail: what it joins, and the details it has of its own."""
    if node in gatherer.opened or not depth:
        return
    gatherer.opened.add(node)
    quads = gatherer.keep(islice(gatherer.merged(node, None, None), OUT_LIMIT))
    types = [quad.object.value for quad in quads if quad.predicate == TYPE and isinstance(quad.object, NamedNode)]
    for row in _named(gatherer, types):
        if row.inverse:
            gatherer.keep(islice(gatherer.merged(None, NamedNode(row.path), node), OUT_LIMIT))
    for quad in quads:
        if isinstance(quad.object, NamedNode | BlankNode) and quad.predicate != TYPE:
            if gatherer.is_detail(quad.object):
                _detail(gatherer, quad.object, depth - 1)
            else:  # Whether it joins a thing with a page of its own decides whose its dates are.
                gatherer.keep(gatherer.merged(quad.object, TYPE, None))


def _named(gatherer: Gatherer, types: Iterable[str]) -> tuple[Field, ...]:
    named, noted = gatherer.schema.line_fields(types)
    return (*named, *noted)

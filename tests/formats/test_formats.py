"""Every format gives back what it was given, in the same bytes each time, or refuses before the first byte."""

from __future__ import annotations

import json
import random
from io import BytesIO
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from rdflib.compare import isomorphic, to_isomorphic

from samvirke.assembly import assemble
from samvirke.errors import InputError
from samvirke.formats import FORMATS
from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Quad
from samvirke.site import Site
from samvirke.terms import RDF, TYPE, XSD

# rdflib's own parsers still use its deprecated classes; nothing of ours does.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")

A, B, G = NamedNode("https://x.example/a"), NamedNode("https://x.example/b"), NamedNode("https://x.example/g#char=1,2")
P = NamedNode("https://x.example/terms#p")
PREFIXES = {
    "x": "https://x.example/",
    "t": "https://x.example/terms#",
    "xsd": str(XSD),
    "": "https://x.example/empty/",
    "bad.": "https://x.example/bad/",
    "https": "https://x.example/scheme/",
    "odd": "https://x.example/no-end",
    "unused": "https://unused.example/",
}
VALUES = {
    "text": Literal("tekst"),
    "empty": Literal(""),
    "Danish": Literal("blåbærgrød – “ja”", language="da"),
    "region": Literal("x", language="en-gb"),
    "whole number": Literal("5", datatype=XSD.integer),
    "negative": Literal("-5", datatype=XSD.integer),
    "large number": Literal("123456789012345678901234567890", datatype=XSD.integer),
    "decimal": Literal("5.5", datatype=XSD.decimal),
    "double": Literal("1.5E0", datatype=XSD.double),
    "truth": Literal("true", datatype=XSD.boolean),
    "date": Literal("2014-11-03", datatype=XSD.date),
    "month": Literal("2014-11", datatype=XSD.gYearMonth),
    "EDTF": Literal("2017-12/", datatype=NamedNode("http://id.loc.gov/datatypes/edtf/EDTF-level1")),
    "markup": Literal('<b a="1">&amp; ]]> \''),
    "line breaks": Literal("a\nb\tc"),
    "carriage return": Literal("a\r\nb\rc"),
    "spaces": Literal("  a  "),
    "NO-BREAK SPACE": Literal("a\u00a0b"),
    "beyond the first plane": Literal("🎈𐍈"),
    "line separator": Literal("a\u2028b\u0085c"),
    "backslash": Literal('a\\nb"c'),
    "address": B,
    "address with odd characters": NamedNode("https://x.example/æ%20(1)'*,;=@!$&~"),
    "address without a prefix": NamedNode("urn:isbn:9788700000000"),
    "address below a prefix's name": NamedNode("https:x"),
    "address that ends a namespace": NamedNode("https://x.example/"),
    "address with two slashes": NamedNode("https://x.example///a"),
    "blank node": BlankNode("b1"),
}
PREDICATES = {
    "known namespace": P,
    "slash": NamedNode("https://x.example/p"),
    "Danish letters": NamedNode("https://x.example/terms#blåbær"),
    "digits before the name": NamedNode("https://x.example/1/2name"),
    "dots and hyphens": NamedNode("https://x.example/terms#a.b-c"),
    "no namespace known": NamedNode("urn:example:p"),
    "percent": NamedNode("https://x.example/%C3%A6p"),
    "ampersand": NamedNode("https://x.example/?a=1&b=c"),
    "rdf:_1": RDF.term("_1"),
    "rdf:value": RDF.value,
    "odd prefix": NamedNode("https://x.example/no-endp"),
}
RDFLIB = {"ttl": "turtle", "nt": "nt", "nq": "nquads", "trig": "trig", "rdf": "xml", "jsonld": "json-ld"}


def written(extension: str, quads: list[Quad]) -> bytes:
    output = BytesIO()
    FORMATS[extension].write(quads, output, PREFIXES)
    return output.getvalue()


def read_back(extension: str, content: bytes) -> set[Quad]:
    """Read with the engine's parser."""
    parser = pyoxigraph.RdfFormat.from_extension(extension)
    return set(pyoxigraph.parse(content, parser))


def as_triples(quads: list[Quad] | set[Quad]) -> pyoxigraph.Dataset:
    found = pyoxigraph.Dataset(Quad(*quad.triple, DefaultGraph()) for quad in quads)
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return found


def as_dataset(quads: list[Quad] | set[Quad]) -> pyoxigraph.Dataset:
    found = pyoxigraph.Dataset(quads)
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return found


def check_round_trip(extension: str, quads: list[Quad]) -> None:
    content = written(extension, quads)
    form = as_dataset if FORMATS[extension].quads else as_triples
    assert form(read_back(extension, content)) == form(quads)
    # And with a second reader, which knows nothing of the engine.
    expected, found = rdflib.Dataset(), rdflib.Dataset()
    expected.parse(data=written("nq" if FORMATS[extension].quads else "nt", quads), format="nquads")
    if FORMATS[extension].quads:
        found.parse(data=content, format=RDFLIB[extension])
        assert {graph.identifier for graph in found.graphs()} == {graph.identifier for graph in expected.graphs()}
        for graph in expected.graphs():
            assert to_isomorphic(found.graph(graph.identifier)) == to_isomorphic(graph)
    else:
        plain = rdflib.Graph().parse(data=content, format=RDFLIB[extension])
        assert isomorphic(plain, expected.default_graph)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("name", VALUES)
def test_every_value_comes_back_as_it_was(extension: str, name: str) -> None:
    quads = [Quad(A, P, VALUES[name], DefaultGraph()), Quad(A, P, VALUES[name], G)]
    content = written(extension, quads)
    form = as_dataset if FORMATS[extension].quads else as_triples

    assert form(read_back(extension, content)) == form(quads)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("name", PREDICATES)
def test_every_property_comes_back_as_it_was(extension: str, name: str) -> None:
    check_round_trip(extension, [Quad(A, PREDICATES[name], Literal("x"), G), Quad(A, TYPE, B, G)])


@pytest.mark.parametrize("extension", FORMATS)
def test_graphs_types_and_nodes_together_come_back(extension: str) -> None:
    node = BlankNode("0digit-first_")
    check_round_trip(
        extension,
        [
            Quad(A, TYPE, B, DefaultGraph()),
            Quad(A, TYPE, G, DefaultGraph()),
            Quad(A, TYPE, Literal("no class"), DefaultGraph()),
            Quad(A, P, node, DefaultGraph()),
            Quad(node, P, Literal("inside"), DefaultGraph()),
            Quad(A, P, B, G),
            Quad(B, P, A, G),
            Quad(B, P, A, NamedNode("https://x.example/g2")),
        ],
    )


@pytest.mark.parametrize("extension", FORMATS)
def test_nothing_is_a_valid_file(extension: str) -> None:
    assert read_back(extension, written(extension, [])) == set()


@pytest.mark.parametrize("extension", FORMATS)
def test_the_order_given_does_not_change_the_bytes(extension: str) -> None:
    quads = [Quad(A, P, value, graph) for value in VALUES.values() for graph in (DefaultGraph(), G)]
    mixed = [*quads, *quads[:5]]
    random.Random(2026).shuffle(mixed)

    assert written(extension, mixed) == written(extension, quads)


@pytest.mark.parametrize("extension", FORMATS)
def test_the_first_site_comes_back_whole(extension: str, root: Path) -> None:
    candidate = assemble(Site.open(root))
    quads = [
        quad
        for graph in (*candidate.asserted, *candidate.inferred)
        for quad in candidate.store.quads_for_pattern(None, None, None, graph)
    ]
    output = BytesIO()
    FORMATS[extension].write(quads, output, candidate.prefixes)
    form = as_dataset if FORMATS[extension].quads else as_triples

    assert len(quads) > 300
    assert form(read_back(extension, output.getvalue())) == form(quads)


REFUSED = {
    "https://x.example/": "does not end in an XML name",
    "https://x.example/2014": "does not end in an XML name",
    "https://x.example/æ/": "does not end in an XML name",
    "urn:x:1": "does not end in an XML name",
    f"{RDF}li": "a word of its own",
    f"{RDF}Description": "a word of its own",
    "http://www.w3.org/2000/xmlns/abc": "does not end in an XML name",
}


@pytest.mark.parametrize("address", REFUSED)
def test_rdfxml_refuses_a_property_it_cannot_write(address: str) -> None:
    output = BytesIO()

    with pytest.raises(InputError, match=REFUSED[address]) as caught:
        FORMATS["rdf"].write([Quad(A, NamedNode(address), B, G)], output, PREFIXES)
    assert address in str(caught.value)
    assert output.getvalue() == b""


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_rdfxml_refuses_a_character_that_xml_has_not(character: str) -> None:
    output = BytesIO()

    with pytest.raises(InputError, match=f"U\\+{ord(character):04X}"):
        FORMATS["rdf"].write([Quad(A, P, Literal(f"a{character}b"), G)], output, PREFIXES)
    assert output.getvalue() == b""


def test_jsonld_reads_as_names() -> None:
    quads = [
        Quad(A, TYPE, NamedNode("https://x.example/terms#C"), DefaultGraph()),
        Quad(A, P, Literal("navn", language="da"), DefaultGraph()),
        Quad(A, P, Literal("5", datatype=XSD.integer), DefaultGraph()),
        Quad(A, P, B, G),
    ]

    assert json.loads(written("jsonld", quads)) == {
        "@context": {"t": "https://x.example/terms#", "x": "https://x.example/"},
        "@graph": [
            {"@id": "x:a", "@type": "t:C", "t:p": [5, {"@value": "navn", "@language": "da"}]},
            {"@id": "https://x.example/g#char=1,2", "@graph": [{"@id": "x:a", "t:p": {"@id": "x:b"}}]},
        ],
    }


def test_turtle_declares_only_what_it_uses() -> None:
    content = written("ttl", [Quad(A, P, B, G)]).decode()

    assert content == "@prefix t: <https://x.example/terms#> .\n@prefix x: <https://x.example/> .\nx:a t:p x:b .\n"


def test_each_format_has_an_ending_a_media_type_and_a_name() -> None:
    assert {extension: (form.media_type, form.label, form.quads) for extension, form in FORMATS.items()} == {
        "ttl": ("text/turtle", "Turtle", False),
        "nt": ("application/n-triples", "N-Triples", False),
        "nq": ("application/n-quads", "N-Quads", True),
        "trig": ("application/trig", "TriG", True),
        "rdf": ("application/rdf+xml", "RDF/XML", False),
        "jsonld": ("application/ld+json", "JSON-LD", True),
    }
    assert all(extension == form.extension for extension, form in FORMATS.items())

"""Every view can be read by a program of somebody else, says what the facts say, and is the same bytes each time."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from io import BytesIO

import pyoxigraph
import pytest
import rdflib
from rdflib.compare import isomorphic

from samvirke.formats import FORMATS
from samvirke.formats.about import About, Mappings
from samvirke.formats.framed import context
from samvirke.formats.said import said
from samvirke.formats.views import ENDINGS, VIEWS, write
from samvirke.model import BlankNode, DefaultGraph, Literal, NamedNode, Quad
from samvirke.terms import CORE, NIF, OWL, PROV, RDF, RDFS, SKOS, TYPE, XSD
from tests.formats.test_formats import VALUES

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")

X = "https://x.example/"
A, B, P, Q = NamedNode(f"{X}id/a"), NamedNode(f"{X}id/b"), NamedNode(f"{X}terms#p"), NamedNode(f"{X}terms#q")
DOCUMENT = NamedNode(f"{X}document/d/2024")
TEXT = "Først en 🎈 og “ja”\r\nsiger vi, og så\u202e slut."
PASSAGES = {"char=0,10": TEXT[0:10], "char=11,27": TEXT[11:27]}
CHECKSUM = "a" * 64
HOSTILE = {
    **VALUES,
    "controls": Literal("a\x01\x0b\x1f\x7f\x85b\tc", language="da"),
    "bidirectional": Literal("\u202eabc\u2066\u05d0\u200f", language="he"),
    "quotes": Literal("'\"\"\"'''\\u0041\\", language="da"),
    "script": Literal("</script><!-- <x>"),
    "JSON-LD's own words": Literal("@id"),
    "commands": Literal("Q1\tP1\t2\nQ2||P3", language="en"),
}
PREFIXES = {"x": X, "t": f"{X}terms#", "xsd": str(XSD)}
SDO = "https://schema.org/"


def passage(fragment: str) -> NamedNode:
    return NamedNode(f"{DOCUMENT.value}#{fragment}")


def quads_of(values: dict[str, object]) -> list[Quad]:
    """Each value in one passage or both, in a rule's graph and in none."""
    first, second = map(passage, PASSAGES)
    found = [Quad(A, TYPE, NamedNode(f"{X}terms#C"), first), Quad(DOCUMENT, CORE.sha256, Literal(CHECKSUM), DOCUMENT)]
    for number, value in enumerate(values.values()):
        found.append(Quad(A, P, value, first))
        if number % 2:
            found.append(Quad(A, P, value, second))
        found.append(Quad(B, Q, value, NamedNode(f"{X}rule/r")))
    found += [Quad(B, P, A, DefaultGraph())]
    for fragment, words in PASSAGES.items():
        found.append(Quad(passage(fragment), NIF.anchorOf, Literal(words, language="da"), DOCUMENT))
    return found


ABOUT = About(
    prefixes=PREFIXES,
    base=X,
    licence="https://creativecommons.org/licenses/by/4.0/",
    generated="2026-11-25T00:00:00Z",
    mappings=Mappings(
        [
            Quad(NamedNode(f"{X}terms#C"), RDFS.subClassOf, NamedNode(f"{X}terms#Above"), DOCUMENT),
            Quad(NamedNode(f"{X}terms#Above"), SKOS.closeMatch, NamedNode(f"{SDO}Event"), DOCUMENT),
            Quad(P, SKOS.exactMatch, NamedNode("http://schema.org/about"), DOCUMENT),
            Quad(P, SKOS.exactMatch, NamedNode("http://www.wikidata.org/entity/P31"), DOCUMENT),
            Quad(Q, SKOS.closeMatch, NamedNode("http://www.wikidata.org/entity/P32"), DOCUMENT),
            Quad(Q, SKOS.relatedMatch, NamedNode(f"{SDO}location"), DOCUMENT),
        ]
    ),
    terms={P.value: "p", f"{X}terms#C": "C", Q.value: "id"},
    text=lambda checksum: TEXT if checksum == CHECKSUM else None,
)


def written(ending: str, quads: list[Quad], about: About = ABOUT) -> bytes:
    output = BytesIO()
    write(ending, quads, output, about)
    return output.getvalue()


def dataset(quads: Iterator[Quad] | list[Quad] | set[Quad]) -> pyoxigraph.Dataset:
    found = pyoxigraph.Dataset(quads)
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return found


def merged(quads: list[Quad] | set[Quad]) -> pyoxigraph.Dataset:
    return dataset([Quad(*quad.triple, DefaultGraph()) for quad in quads])


def facts(quads: list[Quad]) -> list[Quad]:
    """What stands in passages."""
    return [quad for quad in quads if "#char=" in str(quad.graph_name) or "#row=" in str(quad.graph_name)]


def check_framed(content: bytes, quads: list[Quad]) -> None:
    assert merged(set(pyoxigraph.parse(content, pyoxigraph.RdfFormat.JSON_LD))) == merged(quads)
    expected = rdflib.Graph().parse(data=written("nt", quads), format="nt")
    assert isomorphic(rdflib.Graph().parse(data=content, format="json-ld"), expected)


def check_annotations(content: bytes, quads: list[Quad]) -> None:
    oa = rdflib.Namespace("http://www.w3.org/ns/oa#")
    graph = rdflib.Graph().parse(data=content, format="json-ld")
    assert set(pyoxigraph.parse(content, pyoxigraph.RdfFormat.JSON_LD)) or not facts(quads)
    told = set()
    for annotation in graph.subjects(rdflib.RDF.type, oa.Annotation):
        target = graph.value(annotation, oa.hasTarget)
        for body in graph.objects(annotation, oa.hasBody):
            line = str(graph.value(body, rdflib.RDF.value))
            (triple,) = pyoxigraph.parse(line.encode(), pyoxigraph.RdfFormat.N_TRIPLES)
            told.add(Quad(*triple.triple, NamedNode(str(target))))
    assert dataset(told) == dataset(facts(quads))


def check_nanopublications(content: bytes, quads: list[Quad]) -> None:
    np = rdflib.Namespace("http://www.nanopub.org/nschema#")
    found = rdflib.Dataset()
    found.parse(data=content, format="trig")
    read = set(pyoxigraph.parse(content, pyoxigraph.RdfFormat.TRIG))
    told = set()
    publications = set(found.quads((None, rdflib.RDF.type, np.Nanopublication, None)))
    for publication, _, _, head in publications:
        parts = [
            next(found.quads((publication, np.term(name), None, head)))[2]
            for name in ("hasAssertion", "hasProvenance", "hasPublicationInfo")
        ]
        assert len({head, *parts}) == 4
        assertion, provenance, info = parts
        assert all(len(found.graph(part)) for part in parts)
        assert next(found.quads((publication, None, None, info)), None) is not None
        sources = [
            o for _, _, o, _ in found.quads((assertion, rdflib.URIRef(PROV.wasQuotedFrom.value), None, provenance))
        ]
        (source,) = sources
        name = NamedNode(str(assertion))
        told |= {Quad(*quad.triple, NamedNode(str(source))) for quad in read if quad.graph_name == name}
    assert dataset(told) == dataset(facts(quads))
    assert len({quad.graph_name for quad in read}) == 4 * len(publications)


def check_reified(content: bytes, quads: list[Quad]) -> None:
    read = list(pyoxigraph.parse(content, pyoxigraph.RdfFormat.TURTLE))
    reifies = {quad.subject: quad.object for quad in read if quad.predicate == RDF.reifies}
    plain = [quad for quad in read if quad.subject not in reifies]
    sources = {quad.subject: quad.object for quad in read if quad.predicate == PROV.wasQuotedFrom}
    assert merged(plain) == merged(quads)
    told = [Quad(*fact, sources[reifier]) for reifier, fact in reifies.items()]
    assert len(told) == len(set(facts(quads)))
    assert dataset(told) == dataset(facts(quads))


CHECKS = {
    "framed": check_framed,
    "anno": check_annotations,
    "nanopub": check_nanopublications,
    "ttl12": check_reified,
}
"""The views that say all the facts, or all that stand in passages."""


@pytest.mark.parametrize("view", CHECKS)
def test_every_value_comes_back_from_a_view(view: str) -> None:
    quads = quads_of(HOSTILE)

    assert len(HOSTILE) >= 30
    CHECKS[view](written(view, quads), quads)


@pytest.mark.parametrize("view", VIEWS)
def test_the_order_given_does_not_change_the_bytes_of_a_view(view: str) -> None:
    quads = quads_of({name: value for name, value in HOSTILE.items() if not isinstance(value, BlankNode)})
    mixed = [*quads, *quads[:5]]
    random.Random(2026).shuffle(mixed)

    assert written(view, mixed) == written(view, quads)


@pytest.mark.parametrize("view", CHECKS)
@pytest.mark.parametrize("about", [ABOUT, About()], ids=["known", "nothing known"])
def test_nothing_is_a_valid_view(view: str, about: About) -> None:
    CHECKS[view](written(view, [], about), [])


def test_a_framed_file_begins_with_its_thing_and_holds_what_belongs_to_it() -> None:
    node = BlankNode("n")
    quads = [
        Quad(B, P, A, DefaultGraph()),
        Quad(B, P, node, DefaultGraph()),
        Quad(node, Q, Literal("inne"), DefaultGraph()),
        Quad(A, TYPE, NamedNode(f"{X}terms#C"), DefaultGraph()),
        Quad(A, P, B, DefaultGraph()),
    ]

    assert json.loads(written("framed", quads, ABOUT.of(B.value))) == {
        "@context": {"id": "@id", "type": "@type", "C": f"{X}terms#C", "p": P.value},
        "@graph": [
            {
                "id": B.value,
                "p": [{"id": A.value, "type": "C", "p": {"id": B.value}}, {"id": "_:n", Q.value: "inne"}],
            }
        ],
    }


def test_a_long_chain_is_framed_without_end_of_the_stack() -> None:
    chain = [Quad(NamedNode(f"{X}id/{n}"), P, NamedNode(f"{X}id/{n + 1}"), DefaultGraph()) for n in range(1500)]

    check_framed(written("framed", chain, ABOUT.of(f"{X}id/0")), chain)


def test_the_context_of_the_site_gives_each_name_what_the_files_give_it() -> None:
    told = json.loads(context(ABOUT))["@context"]

    assert told == {"id": "@id", "type": "@type", "C": f"{X}terms#C", "p": P.value}


def test_an_annotation_finds_its_words() -> None:
    content = json.loads(written("anno", quads_of({"text": Literal("x")})))

    for annotation in content["@graph"]:
        quote, position, fragment = annotation["target"]["selector"]
        assert TEXT[position["start"] : position["end"]] == quote["exact"]
        assert TEXT.startswith(
            quote["prefix"] + quote["exact"] + quote["suffix"], position["start"] - len(quote["prefix"])
        )
        assert annotation["target"]["id"] == f"{annotation['target']['source']}#{fragment['value']}"
        assert fragment["conformsTo"] == "http://tools.ietf.org/rfc/rfc5147"
        assert annotation["rights"] == ABOUT.licence
    assert len(content["@graph"]) == 1


def test_an_annotation_of_a_table_names_its_row() -> None:
    content = json.loads(written("anno", [Quad(A, P, B, passage("row=5"))]))
    (annotation,) = content["@graph"]

    assert annotation["target"]["selector"] == [
        {"type": "FragmentSelector", "conformsTo": "http://tools.ietf.org/rfc/rfc7111", "value": "row=5"}
    ]
    check_annotations(written("anno", [Quad(A, P, B, passage("row=5"))]), [Quad(A, P, B, passage("row=5"))])


def test_other_facts_are_another_nanopublication() -> None:
    def names(value: str) -> set[str]:
        content = written("nanopub", quads_of({"text": Literal(value)}))
        read = pyoxigraph.parse(content, pyoxigraph.RdfFormat.TRIG)
        return {quad.subject.value for quad in read if quad.object.value.endswith("#Nanopublication")}

    assert names("x") == names("x")
    assert len(names("x")) == 1
    assert names("x").isdisjoint(names("y"))


def test_schema_org_says_what_the_mappings_say_and_no_more() -> None:
    quads = [
        *quads_of({"danish": VALUES["Danish"], "date": VALUES["date"], "thing": B}),
        Quad(A, SKOS.prefLabel, Literal("Navn", language="da"), DOCUMENT),
        Quad(A, OWL.sameAs, NamedNode("https://elsewhere.example/a"), DOCUMENT),
    ]
    found = json.loads(written("schema", quads, ABOUT.of(A.value)))

    assert found["@context"]["@vocab"] == SDO
    assert found["@graph"] == [
        {
            "@id": A.value,
            "@type": "Event",
            "about": ["2014-11-03", {"@value": "blåbærgrød – “ja”", "@language": "da"}, {"@id": B.value}],
            "name": {"@value": "Navn", "@language": "da"},
            "sameAs": "https://elsewhere.example/a",
        },
        {"@id": B.value, "@type": "Thing", "about": {"@id": A.value}},
    ]
    graph = rdflib.Graph().parse(data=written("schema", quads), format="json-ld")
    assert (rdflib.URIRef(A.value), rdflib.RDF.type, rdflib.URIRef(f"{SDO}Event")) in graph
    assert (
        rdflib.URIRef(A.value),
        rdflib.URIRef(f"{SDO}sameAs"),
        rdflib.URIRef("https://elsewhere.example/a"),
    ) in graph


def test_every_value_is_valid_schema_org() -> None:
    for name, value in HOSTILE.items():
        graph = rdflib.Graph().parse(data=written("schema", quads_of({name: value})), format="json-ld")
        values = {str(value) for value in graph.objects(rdflib.URIRef(A.value), rdflib.URIRef(f"{SDO}about"))}
        assert len(values) == 1, name
        if isinstance(value, Literal) and value.datatype not in (XSD.integer, XSD.boolean):
            assert values == {value.value}, name


def test_quickstatements_have_only_what_wikidata_has_words_for() -> None:
    first, second = map(passage, PASSAGES)
    item = NamedNode("http://www.wikidata.org/entity/Q42")
    quads = [
        Quad(A, SKOS.exactMatch, item, DOCUMENT),
        Quad(A, P, VALUES["Danish"], first),
        Quad(A, P, VALUES["Danish"], second),
        Quad(A, P, VALUES["date"], first),
        Quad(A, P, VALUES["month"], first),
        Quad(A, P, VALUES["EDTF"], first),
        Quad(A, P, HOSTILE["commands"], first),
        Quad(A, P, HOSTILE["quotes"], first),
        Quad(A, P, NamedNode("http://www.wikidata.org/entity/Q5"), DefaultGraph()),
        Quad(A, P, B, first),
        Quad(A, Q, Literal("only nearly the same property"), first),
        Quad(B, P, Literal("no item"), first),
    ]
    one, two = (f'\tS854\t"{place.value}"' for place in (first, second))

    assert written("qs", quads).decode().splitlines() == [
        f"Q42\tP31\t+2014-11-00T00:00:00Z/10{one}",
        f"Q42\tP31\t+2014-11-03T00:00:00Z/11{one}",
        "Q42\tP31\tQ5",
        f'Q42\tP31\tda:"\'"""\'\'\'\\u0041\\"{one}',
        f'Q42\tP31\tda:"blåbærgrød – “ja”"{one}',
        f'Q42\tP31\tda:"blåbærgrød – “ja”"{two}',
        f'Q42\tP31\ten:"Q1 P1 2 Q2| |P3"{one}',
    ]


def test_what_is_said_to_be_two_items_is_left_to_people() -> None:
    quads = [
        Quad(A, OWL.sameAs, NamedNode("http://www.wikidata.org/entity/Q1"), DOCUMENT),
        Quad(A, OWL.sameAs, NamedNode("http://www.wikidata.org/entity/Q2"), DOCUMENT),
        Quad(A, P, Literal("x"), DOCUMENT),
    ]

    assert written("qs", quads) == b""


def test_every_statement_stays_on_one_line() -> None:
    for name, value in HOSTILE.items():
        quads = [
            Quad(A, SKOS.exactMatch, NamedNode("http://www.wikidata.org/entity/Q42"), DOCUMENT),
            Quad(A, P, value, DOCUMENT),
        ]
        content = written("qs", quads).decode()
        assert not content or re.fullmatch(r"Q42\tP31\t[^\t\x00-\x1f\x7f-\x9f\u2028\u2029]+\n", content), name


def test_mappings_are_heard_from_the_nearest_term_and_never_from_what_is_only_related() -> None:
    def mapped(*lines: tuple[str, NamedNode, str]) -> tuple[str, ...]:
        quads = [Quad(NamedNode(f"urn:{s}" if ":" not in s else s), p, NamedNode(o), DOCUMENT) for s, p, o in lines]
        return Mappings(quads).nearest("urn:a", (SDO,))

    assert mapped(("a", SKOS.relatedMatch, f"{SDO}Project")) == ()
    assert mapped(("a", SKOS.narrowMatch, f"{SDO}Project")) == ()
    assert mapped((f"{SDO}Event", OWL.equivalentClass, "urn:a")) == (f"{SDO}Event",)
    assert mapped(("a", RDFS.subClassOf, "urn:b"), ("b", SKOS.closeMatch, f"{SDO}Event")) == (f"{SDO}Event",)
    assert mapped(
        ("a", RDFS.subClassOf, "urn:b"), ("b", RDFS.subClassOf, f"{SDO}Thing"), ("a", SKOS.exactMatch, f"{SDO}Event")
    ) == (f"{SDO}Event",)
    # Nearly the same as something that is nearly the same is not nearly the same.
    assert mapped(("a", SKOS.closeMatch, "urn:b"), ("b", SKOS.closeMatch, f"{SDO}Event")) == ()
    assert mapped(("a", RDFS.subClassOf, "urn:b"), ("b", RDFS.subClassOf, "urn:a")) == ()


def test_each_view_has_an_ending_of_its_own_a_media_type_and_a_name() -> None:
    assert {view.extension: (view.media_type.partition(";")[0], view.label) for view in VIEWS.values()} == {
        "framed": ("application/ld+json", "JSON-LD, framed"),
        "schema": ("application/ld+json", "schema.org"),
        "anno": ("application/ld+json", "Web Annotation"),
        "nanopub": ("application/trig", "Nanopublications"),
        "ttl12": ("text/turtle", "Turtle 1.2"),
        "qs": ("text/plain", "QuickStatements"),
    }
    assert len(ENDINGS) == len(set(ENDINGS)) == len(FORMATS) + len(VIEWS)


def test_passages_are_in_the_order_of_their_addresses_with_their_facts() -> None:
    found, rest = said(quads_of({"a": Literal("a"), "b": Literal("b")}))

    assert [one.fragment for one in found] == sorted(PASSAGES)
    assert [len(one.facts) for one in found] == [3, 1]
    assert len(rest) == 6

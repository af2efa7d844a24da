"""The ontology's quality: one query per rule, and for each rule a mistake that it must find.

A file in checks/ says its rule in the first line and, in lines that begin with `#!`, a Turtle snippet
that breaks it.
"""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from pyoxigraph import Quad

from tests.ontology.lint import unknown_terms

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKS = sorted((HERE / "checks").glob("*.rq"))
PREFIXES = """
@prefix core: <https://w3id.org/samvirke/core#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix nw: <https://w3id.org/samvirke/network#> . @prefix nwr: <https://w3id.org/samvirke/role#> .
@prefix org: <http://www.w3.org/ns/org#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
AXIOMS = {
    rdflib.RDFS.subClassOf,
    rdflib.RDFS.subPropertyOf,
    rdflib.RDFS.domain,
    rdflib.RDFS.range,
    rdflib.OWL.inverseOf,
    rdflib.OWL.disjointWith,
    rdflib.OWL.equivalentClass,
    rdflib.OWL.equivalentProperty,
    rdflib.OWL.propertyChainAxiom,
}
DECLARATIONS = {"Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "Ontology"}
OWN = "https://w3id.org/samvirke/"


def test_the_checks_are_many() -> None:
    assert len(CHECKS) >= 40


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_the_ontology_keeps_the_rule(ontology_quads: list[Quad], path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert _rows(ontology_quads, text) == [], text.splitlines()[0]


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_the_rule_finds_its_mistake(ontology_quads: list[Quad], path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    mistake = "\n".join(line.removeprefix("#!") for line in text.splitlines() if line.startswith("#!"))
    broken = list(pyoxigraph.parse(PREFIXES + mistake, format=pyoxigraph.RdfFormat.TURTLE))

    assert len(_rows([*ontology_quads, *broken], text)) >= 1


def test_every_reused_term_exists(ontology: rdflib.Graph) -> None:
    assert unknown_terms(ontology) == set()


def test_every_term_of_shapes_and_data_exists() -> None:
    graph = rdflib.Graph()
    for path in (ROOT / "ontology/shapes").glob("*.ttl"):
        graph.parse(path)
    dataset = rdflib.Dataset(default_union=True)
    for path in (*(ROOT / "data").rglob("*.ttl"), *(ROOT / "data").rglob("*.trig")):
        dataset.parse(path)
    for subject, predicate, value, _graph in dataset.quads():
        graph.add((subject, predicate, value))

    assert len(graph) > 1000
    assert unknown_terms(graph) == set()


UNKNOWN = (
    "http://w3.org/ns/locn#address",  # an official example binds locn: without "www."
    "http://www.w3.org/ns/locn#adress",
    "http://xmlns.com/foaf/0.1/naem",
    "http://www.w3.org/ns/org#members",
    "http://purl.org/cerif/frapo/isFunded",
    "https://schema.org/Netwrok",
    "http://schema.org/Project",
    "http://example.org/anything",
)


@pytest.mark.parametrize("address", UNKNOWN)
def test_a_term_that_does_not_exist_is_found(address: str) -> None:
    graph = rdflib.Graph()
    graph.add((rdflib.URIRef(f"{OWN}id/x"), rdflib.URIRef(address), rdflib.Literal("x")))

    assert unknown_terms(graph) == {address}


def test_no_axiom_is_about_a_foreign_term_but_those_its_own_vocabulary_states() -> None:
    stated = rdflib.Graph()
    for line in (HERE / "terms/axioms.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            stated.parse(data=line.rsplit(" # ", 1)[0], format="nt")
    reused = rdflib.Graph().parse(ROOT / "ontology/reused.ttl")
    claimed = {(s, p, o) for s, p, o in reused if not str(s).startswith(OWN) and _is_axiom(p, o)}

    assert claimed == set(stated)


@pytest.mark.parametrize("name", ["network.ttl", "network-data.ttl", "alignments.ttl", "vocab/roles.ttl"])
def test_other_files_say_nothing_of_foreign_terms(name: str) -> None:
    graph = rdflib.Graph().parse(ROOT / "ontology" / name)
    foreign = {str(s) for s in graph.subjects() if isinstance(s, rdflib.URIRef) and not str(s).startswith(OWN)}

    assert foreign == set()


def test_alignments_are_matches_only() -> None:
    graph = rdflib.Graph().parse(ROOT / "ontology/alignments.ttl")
    ontology = rdflib.URIRef(f"{OWN}network/alignments")
    predicates = {predicate for subject, predicate in graph.subject_predicates() if subject != ontology}

    assert predicates <= {rdflib.SKOS.closeMatch, rdflib.SKOS.relatedMatch, rdflib.SKOS.broadMatch}


def test_the_reasoned_module_has_no_datatype_property_and_no_date() -> None:
    graph = rdflib.Graph().parse(ROOT / "ontology/network.ttl")
    own = [triple for triple in graph if str(triple[0]) != f"{OWN}network"]

    assert not [triple for triple in own if triple[2] == rdflib.OWL.DatatypeProperty]
    assert not [
        triple for triple in own if isinstance(triple[2], rdflib.Literal) and triple[2].datatype == rdflib.XSD.date
    ]


def _rows(quads: list[Quad], query: str) -> list[list[str]]:
    store = pyoxigraph.Store()
    store.bulk_extend(quads)
    found = store.query(query)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return [[str(term) for term in row] for row in found]


def _is_axiom(predicate: rdflib.term.Node, value: rdflib.term.Node) -> bool:
    if predicate == rdflib.RDF.type and str(value).startswith(str(rdflib.OWL)):
        return str(value).removeprefix(str(rdflib.OWL)) not in DECLARATIONS
    return predicate in AXIOMS

"""What the reasoner says of the ontology, of the site, and of known modelling mistakes.

The first line of a file in mistakes/ names the guards that must catch it: `hermit` (the data become
inconsistent), `owlrl` (and a sentence says why), `unsatisfiable` (a class can have no member), or the
local name of a shape of the gate.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import Quad, RdfFormat

from samvirke import gate
from samvirke.assembly import assemble
from samvirke.errors import InputError, JavaMissing, LimitError
from samvirke.owl import check_consistency, contradictions, project
from samvirke.site import Site

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GUARDS = {
    path: [
        guard.strip()
        for guard in path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# caught-by:").split(",")
    ]
    for path in sorted((HERE / "mistakes").glob("*.ttl"))
}
REASONED = [path for path, guards in GUARDS.items() if {"hermit", "unsatisfiable"} & set(guards)]
SHAPED = [path for path, guards in GUARDS.items() if set(guards) - {"hermit", "owlrl", "unsatisfiable"}]
EXPLAINED = [path for path, guards in GUARDS.items() if "owlrl" in guards]
# A run of the reasoner takes seconds: the fast suite tries one mistake of each kind, `-m slow` all of them.
TRAPS = {
    "three-members-on-one-holding",
    "funder-on-the-project",
    "project-typed-organisation",
    "unit-of-a-network",
    "award-by-two",
    "two-times-on-one-period",
    "class-of-nothing",
}
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java on this machine")


def _turtle(text: str) -> list[Quad]:
    prefixes = """@prefix : <http://e.example/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    @prefix sh: <http://www.w3.org/ns/shacl#> ."""
    return list(pyoxigraph.parse(prefixes + text, format=RdfFormat.TURTLE))


@pytest.fixture(scope="module")
def site_quads() -> list[Quad]:
    return list(assemble(Site.open(ROOT, environ={})).store)


def test_the_mistakes_are_many() -> None:
    assert len(GUARDS) >= 25
    assert len(REASONED) >= 20
    assert len(EXPLAINED) >= 18
    assert len(SHAPED) >= 8
    assert {path.stem for path in REASONED} >= TRAPS


@pytest.mark.java
@needs_java
def test_the_ontology_alone_is_consistent(ontology_quads: list[Quad]) -> None:
    result = check_consistency(ontology_quads)

    assert (result.consistent, result.unsatisfiable, result.explanation) == (True, (), ())


@pytest.mark.java
@needs_java
def test_the_reasoner_runs_from_the_root_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    assert check_consistency(_turtle(":c a owl:Class . :a a :c .")).consistent


@pytest.mark.java
@needs_java
def test_the_site_is_consistent_with_all_that_follows(site_quads: list[Quad]) -> None:
    result = check_consistency(site_quads)

    assert (result.consistent, result.unsatisfiable, result.explanation) == (True, (), ())


@pytest.mark.java
@needs_java
@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path.stem in TRAPS else pytest.mark.slow, id=path.stem) for path in REASONED],
)
def test_a_known_mistake_is_caught_by_the_reasoner(ontology_quads: list[Quad], path: Path) -> None:
    guards = GUARDS[path]

    result = check_consistency([*ontology_quads, *pyoxigraph.parse(path=str(path))])

    assert result.consistent is ("unsatisfiable" in guards)
    assert bool(result.unsatisfiable) is ("unsatisfiable" in guards)
    assert bool(result.explanation) is ("owlrl" in guards), result.explanation


@pytest.mark.parametrize("path", EXPLAINED, ids=lambda path: path.stem)
def test_a_known_mistake_is_told_in_words(ontology_quads: list[Quad], path: Path) -> None:
    assert contradictions([*ontology_quads, *pyoxigraph.parse(path=str(path))]) != ()


def test_the_ontology_alone_contradicts_nothing(ontology_quads: list[Quad]) -> None:
    assert contradictions(ontology_quads) == ()


@pytest.mark.parametrize("path", SHAPED, ids=lambda path: path.stem)
def test_a_known_mistake_is_caught_by_a_shape(tmp_path: Path, path: Path) -> None:
    for name in ("ontology", "queries", "samvirke.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copy(path, tmp_path / "data" / "mistake.ttl")

    report = gate.check(assemble(Site.open(tmp_path, environ={})), languages=("da", "en"))

    wanted = set(GUARDS[path]) - {"hermit", "owlrl", "unsatisfiable"}
    found = {finding.shape.rpartition("#")[2] for finding in report.findings}
    assert wanted <= found


@pytest.mark.java
@needs_java
def test_an_explanation_names_what_contradicts() -> None:
    two = _turtle(":A a owl:Class ; owl:disjointWith :B . :B a owl:Class . :x a :A, :B .")
    one = _turtle(":p a owl:ObjectProperty, owl:FunctionalProperty . :x :p :y, :z .")

    assert check_consistency(two).explanation == (
        "Disjoint classes http://e.example/A and http://e.example/B have a common individual http://e.example/x",
    )
    assert check_consistency(one).explanation == (
        "http://e.example/y and http://e.example/z follow to be one thing, and are two",
    )


@pytest.mark.java
@needs_java
def test_no_datatype_stops_the_reasoner() -> None:
    types = ("xsd:date", "xsd:gYear", "xsd:gYearMonth", "xsd:duration", "xsd:dateTime", "<http://e.example/type>")
    text = "".join(
        f':p{number} a owl:DatatypeProperty ; rdfs:range {datatype} . :x :p{number} "2014-06-01"^^{datatype} .'
        for number, datatype in enumerate(types)
    )

    assert check_consistency(_turtle(text)).consistent is True


def test_a_projection_has_no_date_no_import_and_no_annotation() -> None:
    quads = _turtle(
        """<http://e.example/o> a owl:Ontology ; owl:imports <http://e.example/other> ; owl:versionInfo "1" .
        :note a owl:AnnotationProperty . :p a owl:DatatypeProperty ; rdfs:range xsd:date ; rdfs:label "p"@en .
        :x a :C ; :p "2014"^^xsd:gYear ; :note "text" ; :q 5 .
        :S a sh:NodeShape ; sh:targetClass :C ; sh:property [ sh:path :p ; sh:in ( 1 2 ) ] ."""
    )

    lines = project([*quads, *quads])
    for namespace, prefix in (
        ("22-rdf-syntax-ns", "rdf:"),
        ("rdf-schema", "rdfs:"),
        ("owl", "owl:"),
        ("XMLSchema", "xsd:"),
    ):
        lines = re.sub(rf"<http://www.w3.org/[0-9/]*{namespace}#(\w+)>", rf"{prefix}\1", lines)
    assert lines.replace("<http://e.example/", "<").splitlines() == [
        "<C> rdf:type owl:Class .",
        "<note> rdf:type owl:AnnotationProperty .",
        "<o> rdf:type owl:Ontology .",
        "<p> rdf:type owl:DatatypeProperty .",
        "<p> rdfs:range rdfs:Literal .",
        '<x> <p> "2014" .',
        '<x> <q> "5"^^xsd:integer .',
        "<x> rdf:type <C> .",
        "<x> rdf:type owl:NamedIndividual .",
    ]


def test_values_of_a_functional_property_are_told_apart_below_it_and_behind_it() -> None:
    quads = _turtle(
        """:p a owl:FunctionalProperty . :q rdfs:subPropertyOf :p . :i a owl:InverseFunctionalProperty .
        :x :q :a ; :p :b, :c . :d :i :y . :e :i :y . :z :p :f ."""
    )

    told = [line.split()[0::2] for line in project(quads).splitlines() if "differentFrom" in line]

    pairs = [("a", "b"), ("a", "c"), ("b", "c"), ("d", "e")]
    assert [pair[:2] for pair in told] == [
        [f"<http://e.example/{one}>", f"<http://e.example/{two}>"] for one, two in pairs
    ]


def test_without_java_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(JavaMissing) as caught:
        check_consistency([])

    assert str(caught.value) == "The reasoner needs Java and there is none. Install a Java runtime, 17 or later."


@pytest.mark.java
@needs_java
def test_the_reasoner_is_ended_at_its_limit(ontology_quads: list[Quad]) -> None:
    with pytest.raises(LimitError) as caught:
        check_consistency(ontology_quads, timeout_s=0.2)

    assert str(caught.value) == "The reasoner was ended after 0.2 seconds. Give it more time, or less data."


@pytest.mark.java
@needs_java
def test_an_axiom_beyond_owl_is_told_in_one_line() -> None:
    quads = _turtle(":p a owl:ObjectProperty, owl:TransitiveProperty, owl:IrreflexiveProperty . :x :p :y .")

    with pytest.raises(InputError) as caught:
        check_consistency(quads)

    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("The reasoner cannot read the ontology: ")


@pytest.mark.java
@needs_java
def test_odd_text_does_not_break_the_projection() -> None:
    quads = _turtle(r""":p a owl:DatatypeProperty . :x :p "a\n\"b\" \\ æ \u0007 \U0001F400", "c"@da-DK .""")

    assert check_consistency(quads).consistent is True

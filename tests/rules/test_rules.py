"""What the rules infer, that they stop, and that every conclusion can be explained."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest

from samvirke import rules, store
from samvirke.assembly import Assembly, assemble_with_rules
from samvirke.errors import InputError, NotFound
from samvirke.model import DefaultGraph, NamedNode, Quad, Triple
from samvirke.rules.match import Facts, instantiate, premises_of, select
from samvirke.rules.text import read_rule
from samvirke.site import Site

HERE = Path(__file__).parent
BASE = "https://garden.example/"
BAD = sorted((HERE / "bad").glob("*.rq"))


@pytest.fixture(scope="module")
def garden(sites: Path) -> Assembly:
    return assemble_with_rules(Site.open(sites / "garden"))


@pytest.fixture(scope="module")
def first_site(root: Path) -> Assembly:
    return assemble_with_rules(Site.open(root))


def inferred(assembly: Assembly) -> list[Quad]:
    return [
        quad
        for graph in assembly.candidate.inferred
        for quad in assembly.candidate.store.quads_for_pattern(None, None, None, graph)
    ]


def test_the_garden_gives_exactly_the_golden_conclusions(garden: Assembly) -> None:
    golden = (HERE / "garden.nq").read_bytes().splitlines(keepends=True)
    assert len(golden) >= 30

    assert store.sorted_lines(inferred(garden)) == golden


def test_every_engine_rule_infers_something_in_the_garden(garden: Assembly) -> None:
    silent = {rule.name for rule in garden.rules} - {
        address.removeprefix(f"{BASE}rule/") for address in garden.results.counts
    }

    assert silent == set()


@pytest.mark.parametrize("name", ["garden", "first_site"])
def test_nothing_inferred_is_known_otherwise(name: str, request: pytest.FixtureRequest) -> None:
    assembly: Assembly = request.getfixturevalue(name)
    candidate = assembly.candidate
    seen: set[Triple] = set()
    for quad in inferred(assembly):
        graphs = {found.graph_name for found in candidate.store.quads_for_pattern(*quad.triple, None)}
        assert graphs == {quad.graph_name, DefaultGraph()}
        assert quad.triple not in seen
        seen.add(quad.triple)
    assert seen == set(assembly.results.derivations)
    assert len(seen) >= 30


@pytest.mark.parametrize("name", ["garden", "first_site"])
def test_the_default_graph_is_the_union_of_asserted_and_inferred(name: str, request: pytest.FixtureRequest) -> None:
    candidate = request.getfixturevalue(name).candidate
    union = {
        quad.triple
        for graph in (*candidate.asserted, *candidate.inferred)
        for quad in candidate.store.quads_for_pattern(None, None, None, graph)
    }
    default = [quad.triple for quad in candidate.store.quads_for_pattern(None, None, None, DefaultGraph())]

    assert set(default) == union
    assert len(default) == len(union)


@pytest.mark.parametrize("name", ["garden", "first_site"])
def test_the_graph_lists_are_disjoint_and_complete(name: str, request: pytest.FixtureRequest) -> None:
    candidate = request.getfixturevalue(name).candidate
    lists = (*candidate.asserted, *candidate.inferred, *candidate.schema_graphs)

    assert len(lists) == len(set(lists))
    assert set(lists) == set(candidate.store.named_graphs())


@pytest.mark.parametrize("name", ["garden", "first_site"])
def test_every_conclusion_is_explained_down_to_words_and_axioms(name: str, request: pytest.FixtureRequest) -> None:
    assembly: Assembly = request.getfixturevalue(name)
    candidate, derivations = assembly.candidate, assembly.results.derivations
    documents = {document.address: document.text for document in candidate.documents}
    for triple, derivation in derivations.items():
        found = rules.explain(candidate.store, assembly.rules, triple, schema_graphs=candidate.schema_graphs)

        assert found.rule is not None
        assert found.rule.address == derivation.rule
        assert found.kind == ("computed" if found.rule.name == "edtf-bounds" else "inferred")
        leaves = list(found.leaves())
        assert {leaf.kind for leaf in leaves} <= {"asserted", "axiom"}
        assert any(leaf.kind == "asserted" for leaf in leaves)
        for support in (support for leaf in leaves if leaf.kind == "asserted" for support in leaf.passages):
            version, _, fragment = support.address.partition("#char=")
            if fragment:
                start, end = map(int, fragment.split(","))
                assert documents[version][start:end] == support.quote


@pytest.mark.parametrize("name", ["garden", "first_site"])
def test_the_rule_gives_the_triple_from_its_premises_alone(name: str, request: pytest.FixtureRequest) -> None:
    """The premises that are named are enough: on them and the ontology alone the rules give the triple again."""
    assembly: Assembly = request.getfixturevalue(name)
    candidate = assembly.candidate
    for triple, derivation in assembly.results.derivations.items():
        small = pyoxigraph.Store()
        for graph in candidate.schema_graphs:
            small.extend(candidate.store.quads_for_pattern(None, None, None, graph))
        facts = Facts(candidate.store, candidate.schema_graphs)
        small.extend(Quad(*premise, DefaultGraph()) for premise in derivation.premises if facts.is_data(premise))
        alone = [rule for rule in assembly.rules if rule.address == derivation.rule]
        results = rules.apply_rules(small, alone, schema_graphs=candidate.schema_graphs)

        assert triple in results.derivations


@pytest.mark.parametrize("name", ["garden", "first_site"])
def test_nothing_more_follows_when_each_whole_rule_is_asked_again(name: str, request: pytest.FixtureRequest) -> None:
    """The engine's rules were matched in halves, fact by fact; their whole queries are the referee."""
    assembly: Assembly = request.getfixturevalue(name)
    facts = Facts(assembly.candidate.store, assembly.candidate.schema_graphs)
    matches = 0
    for rule in assembly.rules:
        for row in select(facts, rule) if rule.text else ():
            for triple in (instantiate(slots, row) for slots in rule.template):
                matches += 1
                assert triple is None or facts.holds(triple), rule.name

    assert matches >= 30


def test_two_runs_infer_the_same_from_the_same_premises(sites: Path, garden: Assembly) -> None:
    again = assemble_with_rules(Site.open(sites / "garden"))

    assert dict(again.results.derivations) == dict(garden.results.derivations)


def test_explaining_what_is_stated_names_the_passage(garden: Assembly) -> None:
    triple = Triple(NamedNode(f"{BASE}id/ben"), NamedNode(f"{BASE}terms#tends"), NamedNode(f"{BASE}id/poppies"))
    found = rules.explain(garden.candidate.store, garden.rules, triple)

    assert found.kind == "asserted"
    assert [(one.address, one.quote, one.mode, one.hedge) for one in found.passages] == [
        (f"{BASE}document/walk/2020#char=40,67", "Ben tends the poppies there", "implied", "")
    ]


def test_explaining_what_is_not_there_says_so(garden: Assembly) -> None:
    triple = Triple(NamedNode(f"{BASE}id/ben"), NamedNode(f"{BASE}terms#tends"), NamedNode(f"{BASE}id/oak"))

    with pytest.raises(NotFound, match="does not say that"):
        rules.explain(garden.candidate.store, garden.rules, triple)


def test_schema_graphs_are_found_in_a_store(first_site: Assembly) -> None:
    from samvirke.rules.explanation import find_schema_graphs

    assert tuple(find_schema_graphs(first_site.candidate.store)) == first_site.candidate.schema_graphs


def _store(turtle: str) -> pyoxigraph.Store:
    found = pyoxigraph.Store()
    found.extend(store.read_rdf(turtle.encode(), format="ttl", base_iri="https://x.example/"))
    return found


def test_circular_facts_are_explained_without_going_round() -> None:
    rule = read_rule(
        "PREFIX : <https://x.example/> CONSTRUCT { ?a :linked ?c } WHERE { ?a :linked ?b . ?b :linked ?c }",
        name="ring",
        base="https://x.example/",
        file="ring.rq",
    )
    holder = _store("@prefix : <https://x.example/> . :a :linked :b . :b :linked :c . :c :linked :a .")
    results = rules.apply_rules(holder, [rule], schema_graphs=[])

    assert len(results.derivations) == 6
    for triple in results.derivations:
        leaves = {leaf.triple for leaf in rules.explain(holder, [rule], triple, schema_graphs=[]).leaves()}
        assert leaves
        assert leaves.isdisjoint(results.derivations)


AXIOMS = {
    ":p a owl:SymmetricProperty": ({"b p a"}, ":a :p :b , 'words' ."),
    ":p a owl:TransitiveProperty": ({"a p c", "a p d", "b p d"}, ":a :p :b . :b :p :c . :c :p :d ."),
    ":p owl:propertyChainAxiom ( :q :q )": ({"a p a", "b p b"}, ":a :q :b . :b :q :a ."),
    ":p owl:propertyChainAxiom ( :q :r :q )": ({"a p d", "c p b"}, ":a :q :b . :b :r :c . :c :q :d . :d :r :a ."),
    ":q rdfs:subPropertyOf :r . :r owl:inverseOf :p": ({"a r b", "b p a"}, ":a :q :b ."),
    ":p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :p": ({"a q b"}, ":a :p :b ."),
    ":C owl:equivalentClass [ owl:intersectionOf ( :A [ owl:onProperty :p ; owl:hasValue 1 ] ) ]": (
        {"a type C"},
        ":a a :A ; :p 1 . :b a :A ; :p 2 . :c :p 1 .",
    ),
    ":C owl:equivalentClass [ owl:intersectionOf ( :A :B ) ]": (
        {"a type C", "b type A", "b type B"},
        ":a a :A , :B . :b a :C . :c a :A .",
    ),
}


@pytest.mark.parametrize("axioms", AXIOMS, ids=str)
def test_the_engine_rules_infer_exactly_this(axioms: str, tmp_path: Path) -> None:
    assert len(AXIOMS) >= 8
    expected, data = AXIOMS[axioms]
    prefixes = (
        "@prefix : <https://x.example/> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        " @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
    )
    (tmp_path / "samvirke.toml").write_text('base = "https://x.example/"\n')
    schema = NamedNode("https://x.example/schema")
    holder = _store(f"{prefixes} {data}")
    holder.extend(Quad(quad.subject, quad.predicate, quad.object, schema) for quad in _store(f"{prefixes} {axioms} ."))
    results = rules.apply_rules(holder, rules.load_rules(Site.open(tmp_path)), schema_graphs=[schema])
    found = {" ".join(term.value.replace("#", "/").rpartition("/")[2] for term in one) for one in results.derivations}

    assert found == expected
    for triple, derivation in results.derivations.items():
        assert triple not in derivation.premises
        assert Facts(holder, [], data=True).is_data(triple)
        assert any(Facts(holder, [schema], data=False).holds(premise) for premise in derivation.premises)


def test_an_engine_rule_has_only_plain_facts_after_its_axioms() -> None:
    text = "CONSTRUCT { ?x a ?c } WHERE { GRAPH ?o { ?c a ?d } ?x <urn:p> ?c }"

    with pytest.raises(InputError, match="only variables and `a` outside of GRAPH") as caught:
        read_rule(text, name="case", base=BASE, file="case.rq", engine=True)
    assert (caught.value.line, caught.value.column) == (1, text.index("<urn:p>") + 1)


def test_rules_that_never_end_are_named() -> None:
    rule = read_rule(
        "PREFIX : <https://x.example/> CONSTRUCT { ?b :next ?c }"
        ' WHERE { ?a :next ?b BIND(IRI(CONCAT(STR(?b), "x")) AS ?c) }',
        name="endless",
        base="https://x.example/",
        file="endless.rq",
    )
    holder = _store("@prefix : <https://x.example/> . :a :next :b .")

    with pytest.raises(InputError, match="never come to an end: endless") as caught:
        rules.apply_rules(holder, [rule], schema_graphs=[])
    assert caught.value.file == "endless.rq"


PATHS = {
    "?x :p/:q ?y": {"a p b", "b q c"},
    "?x ^:p/^:r ?y": {"d r a", "a p b"},
    "?x (:p|:q)+ ?y": {"a p b", "b q c"},
    "?x :p* ?y . ?x :p ?y": {"a p b"},
    "?x :p? ?y . ?x :p ?y": {"a p b"},
    "?x !(:q|:r) ?y": {"a p b"},
    "?x :p ?y OPTIONAL { ?y :q ?z }": {"a p b", "b q c"},
    "?x :p ?y OPTIONAL { ?y :none ?z }": {"a p b"},
    "{ ?x :none ?y } UNION { ?x :p ?y }": {"a p b"},
    "?x :p ?y FILTER EXISTS { ?y :q [] }": {"a p b", "b q c"},
    "?x :p ?y FILTER NOT EXISTS { ?y :none [] }": {"a p b"},
    "?x :p ?y MINUS { ?x :none ?y }": {"a p b"},
    "?x :p ?y . VALUES ?x { :a }": {"a p b"},
}


@pytest.mark.parametrize("where", PATHS, ids=str)
def test_premises_are_the_facts_a_match_rests_on(where: str) -> None:
    holder = _store("@prefix : <https://x.example/> . :a :p :b . :b :q :c . :d :r :a .")
    rule = read_rule(
        f"PREFIX : <https://x.example/> CONSTRUCT {{ ?x :new ?y }} WHERE {{ {where} }}",
        name="case",
        base="https://x.example/",
        file="case.rq",
    )
    results = rules.apply_rules(holder, [rule], schema_graphs=[])
    found = {
        " ".join(term.value.removeprefix("https://x.example/") for term in premise)
        for derivation in results.derivations.values()
        for premise in derivation.premises
    }

    assert found == PATHS[where]


def test_no_premises_are_named_for_a_match_that_does_not_hold() -> None:
    holder = _store("@prefix : <https://x.example/> . :a :p :b .")
    rule = read_rule(
        "PREFIX : <https://x.example/> CONSTRUCT { ?x :new ?y } WHERE { ?x :q ?y }",
        name="case",
        base="https://x.example/",
        file="case.rq",
    )

    assert premises_of(Facts(holder, []), rule.premises, {}) is None


def test_a_rule_tells_its_names_and_meaning() -> None:
    header = "# title@da: Kolleger\n# title@en: Colleagues\n# description@en: Those who share\n#   a bed.\n"
    text = f"{header}CONSTRUCT {{ ?b <urn:p> ?a }} WHERE {{ ?a <urn:p> ?b }}"
    rule = read_rule(text, name="colleague", base=BASE, file="colleague.rq")

    assert dict(rule.titles) == {"da": "Kolleger", "en": "Colleagues"}
    assert dict(rule.descriptions) == {"en": "Those who share a bed."}
    assert rule.address == NamedNode(f"{BASE}rule/colleague")
    assert rule.predicates == frozenset({"urn:p"})


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_rule_that_cannot_be_explained_is_refused(path: Path) -> None:
    """The first line of each file says what the message must be; where a place is known it is told."""
    assert len(BAD) >= 9
    text = path.read_text(encoding="utf-8")
    expected = text.splitlines()[0].removeprefix("# ")

    with pytest.raises(InputError) as caught:
        read_rule(text, name="bad", base=BASE, file=path.name)

    assert str(caught.value).startswith(expected)


def test_a_rule_cannot_take_the_name_of_another(tmp_path: Path) -> None:
    (tmp_path / "ontology/rules").mkdir(parents=True)
    (tmp_path / "samvirke.toml").write_text('base = "https://x.example/"\n')
    (tmp_path / "ontology/rules/inverse.rq").write_text("CONSTRUCT { ?b <urn:p> ?a } WHERE { ?a <urn:p> ?b }")

    with pytest.raises(InputError, match="There is a rule 'inverse' already"):
        rules.load_rules(Site.open(tmp_path))


@pytest.mark.parametrize("name", ["Æble", "a b", "A", "a_b", "-a"])
def test_a_rule_needs_a_name_that_an_address_can_hold(name: str) -> None:
    with pytest.raises(InputError, match="is no name for a rule"):
        read_rule("CONSTRUCT { ?b <urn:p> ?a } WHERE { ?a <urn:p> ?b }", name=name, base=BASE, file="x.rq")


def test_every_engine_rule_says_what_it_does_in_danish_and_english(garden: Assembly) -> None:
    engine = [rule for rule in garden.rules if rule.engine]
    assert len(engine) >= 15

    for rule in engine:
        assert set(rule.titles) == {"da", "en"}, rule.name
        assert set(rule.descriptions) == {"da", "en"}, rule.name

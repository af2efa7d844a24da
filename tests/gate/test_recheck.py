"""A recheck after a change finds what a full check finds: at the nodes reached, and nowhere else is anything other."""

# ruff: noqa: E501 - a query of one line is read more easily on one line

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyoxigraph
import pytest

from samvirke.assembly import assemble
from samvirke.gate import Prepared, check
from samvirke.gate.compiled.compiler import compiled
from samvirke.gate.compiled.evaluation import Evaluation
from samvirke.gate.compiled.facts import Facts, Schema
from samvirke.gate.compiled.values import Undecided
from samvirke.gate.shapes import Shapes
from samvirke.gate.visible import schema_quads
from samvirke.model import Candidate, DefaultGraph, Finding, NamedNode, Quad, Severity
from samvirke.patch import Delta
from samvirke.site import Site
from samvirke.terms import SH, SKOS, TYPE
from tests.gate.conftest import candidate
from tests.gate.made import CLASSES, STEPS, Maker

MADE = 250
ONTOLOGY = ":Tiny rdfs:subClassOf :Small . :Small rdfs:subClassOf :Thing ."
QUERIES = [
    "$this :p ?value . FILTER NOT EXISTS { ?value :q ?other }",
    "$this :p/:q ?value . ?value a :Thing",
    "$this :q+ $this",
    "?value :r $this . OPTIONAL { ?value :q ?other . ?other :p ?third } FILTER(!BOUND(?third))",
    "$this :p ?value . { ?value :q ?other } UNION { ?other :r ?value . ?other a :Small }",
    "GRAPH ?value { $this :p ?other } ?other :q ?any",
    "GRAPH ?g { $this ?path ?value } FILTER NOT EXISTS { ?g :q ?any }",
    "$this :p ?value . BIND(STR(?value) AS ?text) ?any :q ?other . FILTER(STR(?other) = ?text)",
    "$this :p ?any . ?other ?value ?third . FILTER NOT EXISTS { ?value a ?kind }",
    "$this :p ?any . ?other a ?value . FILTER NOT EXISTS { ?other :q ?third }",
    "{ SELECT $this ?value WHERE { $this :p ?value . ?value :q ?other } }",
]
GRAPHS = [NamedNode("https://example.org/ns#g"), NamedNode("https://example.org/ns#h")]


def shacl(given: Candidate) -> set[Finding]:
    """What a full check finds by the shapes; evidence and the like are not a recheck's business."""
    return {frozen(one) for one in check(given).findings if one.component.startswith(str(SH))}


def frozen(finding: Finding) -> Finding:
    return replace(finding, messages=tuple(sorted(finding.messages.items())))


def changed(before: Candidate, change: Delta) -> Candidate:
    store = pyoxigraph.Store()
    store.bulk_extend(before.store)
    for quad in change.deleted:
        store.remove(quad)
    store.extend(change.added)
    return replace(before, store=store)


def whole(before: Candidate, deleted: set[Quad], added: set[Quad]) -> Delta:
    """A change of named graphs with what it does to the default graph, which is their union."""
    kept = {quad for quad in before.store if not isinstance(quad.graph_name, DefaultGraph)}
    apart = set(before.schema_graphs)
    after = (kept - deleted) | added

    def union(quads: set[Quad]) -> set[Quad]:
        return {Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in quads if q.graph_name not in apart}

    old, new = kept | union(kept), after | union(after)
    return Delta(deleted=frozenset(old - new), added=frozenset(new - old))


def assert_rechecked(prepared: Prepared, before: Candidate, change: Delta) -> tuple[int, int]:
    after = changed(before, change)
    reached = prepared.reach(after.store, change)
    found = {frozen(one) for one in prepared.recheck(after.store, change)}

    old, new = shacl(before), shacl(after)
    assert new == {one for one in old if not reached.covers(one)} | found
    assert all(map(reached.covers, found))

    # As a write asks: only violations, and whichever passage says the fact.
    asked = Prepared.of(before, severities=[Severity.VIOLATION], placed=False)
    reached = asked.reach(after.store, change)
    kept = {unplaced(one) for one in old if one.severity is Severity.VIOLATION and not reached.covers(one)}
    again = {unplaced(frozen(one)) for one in asked.recheck(after.store, change)}
    assert kept | again == {unplaced(one) for one in new if one.severity is Severity.VIOLATION}
    return len(reached.places) + len(reached.single), len(found)


def unplaced(finding: Finding) -> Finding:
    return replace(finding, passage="", file="")


def decided(given: Candidate) -> bool:
    """Whether pySHACL is asked about no value."""
    shapes = Shapes.read(given)
    run = Evaluation(Facts(given.store, Schema.of(schema_quads(given))))
    try:
        for root in compiled(shapes, frozenset(one.node for one in shapes.constraints())).roots:
            list(run.findings(root.shape, run.focus(root.targets)))
    except Undecided:
        return False
    return True


def hub(maker: Maker) -> str:
    """Many that refer to one node by each property, both ways, of classes that come and go."""
    chance = maker.chance
    facts = []
    for number in range(30):
        facts += [f":n{number} {step} :a ." for step in chance.sample(STEPS, 2)]
        facts += [f":a {chance.choice(STEPS)} :n{number} ."] * (number % 3 == 0)
        facts += [f":n{number} a {chance.choice(CLASSES)} ."] * (number % 4 > 0)
    return "\n".join(facts)


def shape_of_hub(chance: random.Random) -> str:
    """A shape that looks at the hub, or at those that refer to it, value by value and by counts."""
    path = chance.choice([":p", "[ sh:inversePath :p ]", ":r", "[ sh:inversePath :r ]"])
    target = chance.choice(
        ["sh:targetNode :a", "sh:targetObjectsOf :q", "sh:targetSubjectsOf :q", "sh:targetClass :Small"]
    )
    told = chance.sample(
        ["sh:class :Thing", "sh:class :Small", "sh:nodeKind sh:IRI", "sh:hasValue :n7", "sh:maxCount 9", "sh:minCount 22",
         "sh:node [ sh:path :q ; sh:minCount 1 ]", "sh:not [ sh:class :Other ]", "sh:or ( [ sh:class :Small ] [ sh:path :p ; sh:minCount 1 ] )",
         "sh:closed true ; sh:ignoredProperties ( rdf:type :p )", "sh:qualifiedValueShape [ sh:class :Tiny ] ; sh:qualifiedMaxCount 3"], 3
    )  # fmt: skip
    severity = chance.choice(["", " ; sh:severity sh:Warning"])
    return f" :Hub a sh:NodeShape ; {target} ; sh:property [ sh:path {path} ; {' ; '.join(told)}{severity} ] ."


def made(maker: Maker, *, busy: bool = False) -> tuple[Candidate, Delta]:
    chance = maker.chance
    query = "".join(
        f' :Q{number} a sh:NodeShape ; {maker.target()} ; sh:sparql :C{number} . :C{number} a sh:SPARQLConstraint ; sh:prefixes :P ; sh:select "SELECT $this ?value WHERE {{ {text} }}" .'
        for number, text in enumerate(chance.sample(QUERIES, 2))
    )
    prefixes = ' :P sh:declare [ sh:prefix "" ; sh:namespace "https://example.org/ns#" ] .'
    shapes = maker.shapes() + prefixes + query + (shape_of_hub(chance) if busy else "")
    before = candidate(shapes=shapes, ontology=ONTOLOGY)
    data = maker.data() + "\n" + (hub(maker) if busy else maker.data())
    facts = [quad for quad in candidate(shapes="", data=data).store if quad.graph_name == DefaultGraph()]
    facts.sort(key=str)
    placed = {Quad(quad.subject, quad.predicate, quad.object, chance.choice(GRAPHS)) for quad in facts}
    first = {quad for quad in placed if chance.random() < 0.8}
    before.store.extend(first)
    before.store.extend(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in first)
    before = replace(before, asserted=tuple(GRAPHS))
    gone = set(chance.sample(sorted(first, key=str), min(len(first), chance.randint(0, 3))))
    new = set(chance.sample(sorted(placed - first, key=str), min(len(placed - first), chance.randint(0, 3))))
    moved = {Quad(q.subject, q.predicate, q.object, chance.choice(GRAPHS)) for q in gone if chance.random() < 0.2}
    return before, whole(before, gone, new | moved)


@pytest.mark.filterwarnings("ignore::UserWarning")  # rdflib's, about booleans that are none
@pytest.mark.parametrize(("busy", "most"), [(False, MADE), (True, 90)], ids=["few facts", "a node that many refer to"])
def test_after_made_up_changes(busy: bool, most: int):
    count: Counter[str] = Counter()
    for seed in range(most):
        before, change = made(Maker(seed), busy=busy)
        prepared = Prepared.of(before)
        if prepared.left or not decided(before) or not decided(changed(before, change)):
            count["left"] += 1
            continue
        try:
            reached, found = assert_rechecked(prepared, before, change)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        count.update(tried=1, reached=reached, found=found)
    assert count["tried"] > most / 3, count
    assert count["found"] > most, count


@pytest.fixture(scope="module")
def site(root: Path) -> Candidate:
    return assemble(Site.open(root))


def test_after_changes_of_the_first_site(site: Candidate):
    chance = random.Random(5)
    prepared = Prepared.of(site)
    facts = sorted((quad for quad in site.store if quad.graph_name in site.asserted), key=str)
    others = {quad.predicate: [one for one in facts if one.predicate == quad.predicate] for quad in facts}

    found = 0
    for _ in range(25):
        gone = set(chance.sample(facts, chance.randint(0, 3)))
        new = set()
        for quad in chance.sample(facts, chance.randint(1, 3)):
            other = chance.choice(others[quad.predicate])
            new.add(Quad(quad.subject, quad.predicate, other.object, quad.graph_name))
        found += assert_rechecked(prepared, site, whole(site, gone, new))[1]
    assert found > 25


def test_what_reaches_every_focus_node_on_the_first_site(site: Candidate):
    prepared = Prepared.of(site)

    assert prepared.left == {}
    assert {name.rpartition("#")[2]: properties for name, properties in prepared.wide.items()} == {
        "EventDateShape-knownDate": ("http://purl.org/dc/terms/modified",),
        "SupersededShape-facts": ("http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#anchorOf",),
    }


def test_a_forked_process_without_files_can_recheck(site: Candidate):
    """As a confined worker is: it opens nothing and imports nothing, and the shapes come with the fork."""
    prepared = Prepared.of(site)
    assert len(prepared._candidate.store) == 0
    network = NamedNode("https://w3id.org/samvirke/network#Network")
    one = min((quad.subject for quad in site.store.quads_for_pattern(None, TYPE, network)), key=str)
    names = {
        quad for quad in site.store.quads_for_pattern(one, SKOS.prefLabel, None) if quad.graph_name in site.asserted
    }
    change = whole(site, names, set())
    after = changed(site, change)
    expected = prepared.recheck(after.store, change)

    process = multiprocessing.get_context("fork").Process(target=_confined, args=(prepared, after, change, expected))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert expected


def _confined(prepared: Prepared, after: Candidate, change: Delta, expected: tuple[Finding, ...]) -> None:
    loaded = set(sys.modules)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    found = prepared.recheck(after.store, change)
    os._exit(0 if found == expected and set(sys.modules) == loaded else 1)

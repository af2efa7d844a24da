"""What maintenance keeps up to date is what a new application of all rules gives, and its change is exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph
from hypothesis import given, settings
from hypothesis import strategies as st

from samvirke import rules
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Triple
from samvirke.patch import Delta
from samvirke.rules.maintenance import Maintainer
from samvirke.store import read_rdf
from samvirke.terms import TYPE

BASE = "https://x.example/"
FOLDER = Path(__file__).parent / "maintained"
FILES = tuple(sorted(FOLDER.glob("*.rq")))
SCHEMA = NamedNode(f"{BASE}schema")
EDTF = NamedNode("http://id.loc.gov/datatypes/edtf/EDTF-level0")
DAY = NamedNode("http://www.w3.org/2001/XMLSchema#date")
PREFIXES = (
    f"@prefix : <{BASE}> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
    " @prefix core: <https://w3id.org/samvirke/core#> ."
    " @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> ."
)
HAS = "[ owl:onProperty :p ; owl:hasValue :n0 ]"
AXIOMS = (
    ":p rdfs:subPropertyOf :q",
    ":q rdfs:subPropertyOf :r",
    ":r rdfs:subPropertyOf :p",
    ":when rdfs:subPropertyOf :told",
    ":p owl:equivalentProperty :r",
    ":p owl:inverseOf :q",
    ":r owl:inverseOf :back",
    ":p a owl:SymmetricProperty",
    ":q a owl:SymmetricProperty",
    ":p a owl:TransitiveProperty",
    ":q a owl:TransitiveProperty",
    ":near a owl:TransitiveProperty",
    ":r owl:propertyChainAxiom ( :p :q )",
    ":p owl:propertyChainAxiom ( :q :q )",
    ":q owl:propertyChainAxiom ( :p :q :r )",
    ":C rdfs:subClassOf :D",
    ":D rdfs:subClassOf :C",
    ":C owl:equivalentClass :E",
    f":C owl:equivalentClass {HAS}",
    f":D rdfs:subClassOf {HAS}",
    f":E owl:equivalentClass [ owl:intersectionOf ( :D {HAS} ) ]",
    ":E owl:equivalentClass [ owl:intersectionOf ( :C :D ) ]",
    ":F owl:equivalentClass [ owl:intersectionOf ( :C :D :E ) ]",
    ":D owl:equivalentClass [ owl:unionOf ( :C :E ) ]",
    ":Single rdfs:subClassOf :E",
    ":earliest rdfs:subPropertyOf core:beginEarliest",
    ":dawn rdfs:subPropertyOf :earliest",
    ":p :direct :r",
    ":n0 :p :n1",
    ":n0 a :C",
)
NODES = [NamedNode(f"{BASE}n{number}") for number in range(4)]
GRAPHS = [NamedNode(f"{BASE}document/{name}") for name in ("a", "b")]
LINKS = [NamedNode(f"{BASE}{name}") for name in ("p", "q", "r", "near", "reaches", "status")]
CLASSES = [NamedNode(f"{BASE}{name}") for name in ("C", "D", "E", "F", "Single", "Known")]
DATES = [Literal(text, datatype=EDTF) for text in ("1920", "1920-05", "no date")]
DAYS = [Literal(text, datatype=DAY) for text in ("1920-01-01", "1921-02-03")]


@dataclass(frozen=True)
class Folder:
    """As much of a site as rules are loaded from."""

    files: tuple[Path, ...]
    base: str = BASE

    def rule_files(self) -> tuple[Path, ...]:
        return self.files


@cache
def loaded(files: tuple[Path, ...]) -> tuple[rules.Rule, ...]:
    # What a rule of the engine is taken apart to is kept with it, so each is read once.
    own = {rule.name: rule for rule in rules.load_rules(Folder(files=FILES))} if files != FILES else {}
    return tuple(
        own.get(rule.name, rule)
        for rule in (loaded(FILES) if own else rules.load_rules(Folder(files)))
        if not own or rule.engine or any(path.stem == rule.name for path in files)
    )


def ontology(axioms: Iterable[str]) -> list[Quad]:
    text = PREFIXES + " ".join(f"{axiom} ." for axiom in axioms)
    return [Quad(*quad.triple, SCHEMA) for quad in read_rdf(text.encode(), format="ttl", base_iri=BASE)]


def built(schema: Iterable[Quad], asserted: Iterable[Quad], known: Sequence[rules.Rule]) -> pyoxigraph.Store:
    """Return what a build makes of the asserted graphs."""
    found = pyoxigraph.Store()
    found.extend(schema)
    found.extend(asserted)
    found.extend(Quad(*quad.triple, DefaultGraph()) for quad in asserted)
    rules.apply_rules(found, known, schema_graphs=[SCHEMA])
    return found


def inferred(store: pyoxigraph.Store, known: Sequence[rules.Rule]) -> dict[Triple, set[NamedNode]]:
    found: dict[Triple, set[NamedNode]] = {}
    for rule in known:
        for quad in store.quads_for_pattern(None, None, None, rule.address):
            found.setdefault(quad.triple, set()).add(rule.address)
    return found


def default(store: pyoxigraph.Store) -> set[Triple]:
    return {quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())}


def triples() -> st.SearchStrategy[Triple]:
    nodes = st.sampled_from(NODES)
    dated = [NamedNode(f"{BASE}{name}") for name in ("when", "told")]
    days = [NamedNode(f"{BASE}{name}") for name in ("earliest", "dawn")]
    return st.one_of(
        st.builds(Triple, nodes, st.sampled_from(LINKS), nodes),
        st.builds(Triple, nodes, st.just(TYPE), st.sampled_from(CLASSES)),
        st.builds(Triple, nodes, st.sampled_from(dated), st.sampled_from(DATES)),
        st.builds(Triple, nodes, st.sampled_from(days), st.sampled_from(DAYS)),
        st.builds(Triple, nodes, st.sampled_from(LINKS[:2]), st.sampled_from([Literal("words"), *DAYS])),
    )


def quads() -> st.SearchStrategy[Quad]:
    return st.builds(lambda triple, graph: Quad(*triple, graph), triples(), st.sampled_from(GRAPHS))


@settings(max_examples=150)
@given(
    axioms=st.lists(st.sampled_from(AXIOMS), max_size=6, unique=True),
    files=st.lists(st.sampled_from(FILES), max_size=4, unique=True),
    start=st.frozensets(quads(), max_size=12),
    changes=st.lists(st.frozensets(quads(), min_size=1, max_size=4), min_size=1, max_size=5),
    drops=st.lists(st.integers(0, 100), max_size=8),
)
def test_after_each_change_the_store_is_what_a_build_makes(
    axioms: list[str], files: list[Path], start: frozenset[Quad], changes: list[frozenset[Quad]], drops: list[int]
) -> None:
    known = loaded(tuple(sorted(files)))
    schema = ontology(axioms)
    asserted = set(start)
    store = built(schema, asserted, known)
    maintainer = Maintainer.of(store, known, [SCHEMA])
    for step, toggled in enumerate(changes):
        # What is there goes, what is not comes; and some of the rest goes too.
        dropped = {sorted(asserted, key=str)[number % len(asserted)] for number in drops[step::5] if asserted}
        gone = (toggled & asserted) | dropped
        follow(
            store,
            maintainer,
            known,
            schema,
            asserted,
            Delta(deleted=frozenset(gone), added=frozenset(toggled - asserted)),
        )


def follow(store, maintainer, known, schema, asserted: set[Quad], change: Delta) -> None:
    """Make a change, and hold what maintenance does against what a build would."""
    before, graphs = set(store), set(store.named_graphs())
    for quad in change.deleted:
        store.remove(quad)
    store.extend(change.added)
    asserted -= change.deleted
    asserted |= change.added

    done = maintainer.apply(store, change)

    fresh = built(schema, asserted, known)
    assert default(store) == default(fresh)
    concluded = inferred(store, known)
    assert set(concluded) == set(inferred(fresh, known))
    assert all(len(found) == 1 for found in concluded.values())
    assert not set(concluded) & {quad.triple for quad in asserted}
    assert set(store) == (before - change.deleted - done.deleted) | change.added | done.added
    assert done.deleted <= before
    assert not done.added & before
    now = set(store.named_graphs()) - set(GRAPHS)
    assert now == ((graphs - set(GRAPHS)) - done.gone) | done.made
    assert not done.gone & done.made
    for triple in concluded:
        rules.explain(store, known, triple, schema_graphs=[SCHEMA])

"""What maintenance keeps up to date is what a new application of all rules gives, and its change is exact."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pyoxigraph
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from samvirke import rules
from samvirke.assembly import assemble_with_rules
from samvirke.errors import InputError
from samvirke.model import DefaultGraph, Literal, NamedNode, Quad, Triple
from samvirke.patch import Delta
from samvirke.rules.maintenance import Maintainer
from samvirke.site import Site as FirstSite
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
def every_rule() -> tuple[rules.Rule, ...]:
    # What a rule of the engine is taken apart to is kept with it, so all are read once.
    return rules.load_rules(Folder(FILES))


def loaded(files: Iterable[Path]) -> tuple[rules.Rule, ...]:
    """Return the rules of a site that has these files."""
    left_out = {path.stem for path in FILES} - {path.stem for path in files}
    return tuple(rule for rule in every_rule() if rule.name not in left_out)


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


def state(store: pyoxigraph.Store) -> tuple[set[Quad], set[object]]:
    return set(store), set(store.named_graphs()) - set(GRAPHS)


def make(store: pyoxigraph.Store, change: Delta) -> None:
    for quad in change.deleted:
        store.remove(quad)
    store.extend(change.added)


class Site:
    """A store that is kept up to date, and what was asserted in it."""

    def __init__(self, axioms: Iterable[str], files: Iterable[Path], asserted: Iterable[Quad]) -> None:
        self.rules = loaded(files)
        self.schema = ontology(axioms)
        self.asserted = set(asserted)
        self.store = built(self.schema, self.asserted, self.rules)
        # What is prepared comes from the ontology alone, and knows no store: it serves the one it is given.
        self.maintainer = Maintainer.of(built(self.schema, (), self.rules), self.rules, [SCHEMA])

    def follow(self, change: Delta) -> Delta:
        """Make a change, and hold what maintenance does against what a build would."""
        asserted = (self.asserted - change.deleted) | change.added
        make(self.store, change)
        before, graphs = state(self.store)
        try:
            fresh = built(self.schema, asserted, self.rules)
        except InputError as refused:
            with pytest.raises(InputError, match=re.escape(str(refused))):
                self.maintainer.apply(self.store, change)
            assert state(self.store) == (before, graphs)
            make(self.store, change.reversed())
            return Delta()
        self.asserted = asserted

        done = self.maintainer.apply(self.store, change)

        concluded = inferred(self.store, self.rules)
        assert default(self.store) == default(fresh)
        assert set(concluded) == set(inferred(fresh, self.rules))
        assert all(len(found) == 1 for found in concluded.values())
        assert not set(concluded) & {quad.triple for quad in asserted}
        assert state(self.store) == ((before - done.deleted) | done.added, (graphs - done.gone) | done.made)
        assert done.deleted <= before
        assert not done.added & before
        assert done.gone <= graphs
        assert not done.made & graphs
        return done

    def explain_all(self) -> None:
        for triple in inferred(self.store, self.rules):
            rules.explain(self.store, self.rules, triple, schema_graphs=[SCHEMA])


@settings(max_examples=100)
@given(
    axioms=st.lists(st.sampled_from(AXIOMS), max_size=8, unique=True),
    files=st.lists(st.sampled_from(FILES), max_size=5, unique=True),
    start=st.frozensets(quads(), max_size=12),
    toggled=st.lists(st.frozensets(quads(), min_size=1, max_size=4), min_size=1, max_size=4),
    dropped=st.lists(st.integers(0, 100), max_size=8),
)
def test_after_each_change_the_store_is_what_a_build_makes(
    axioms: list[str], files: list[Path], start: frozenset[Quad], toggled: list[frozenset[Quad]], dropped: list[int]
) -> None:
    """What is there goes, and what is not comes; some of the rest goes too."""
    try:
        site = Site(axioms, files, start)
    except InputError:
        reject()
    for step, some in enumerate(toggled):
        more = {
            sorted(site.asserted, key=str)[number % len(site.asserted)] for number in dropped[step::4] if site.asserted
        }
        gone = frozenset((some & site.asserted) | more)
        site.follow(Delta(deleted=gone, added=some - site.asserted))
    site.explain_all()


def every_quad() -> list[Quad]:
    links = [Triple(one, link, other) for one in NODES for link in LINKS for other in NODES]
    types = [Triple(one, TYPE, kind) for one in NODES for kind in CLASSES]
    dates = [Triple(one, NamedNode(f"{BASE}when"), date) for one in NODES for date in DATES]
    days = [Triple(one, NamedNode(f"{BASE}earliest"), day) for one in NODES for day in DAYS]
    return [Quad(*triple, graph) for triple in (*links, *types, *dates, *days) for graph in GRAPHS]


@pytest.mark.parametrize(
    "path",
    [None, *(path for path in FILES if path.stem != "default-value")],
    ids=lambda path: path.stem if path else "engine",
)
def test_each_kind_of_rule_is_kept_up_to_date(path: Path | None) -> None:
    """The same random changes for every kind, dense enough that each kind has something to infer and to take back."""
    assert len(FILES) >= 32
    chance = Random(f"samvirke {path and path.stem}")
    pool = every_quad()
    drawn: set[NamedNode] = set()
    gained, lost = 0, 0
    for axioms in ([], AXIOMS[:-2:4], AXIOMS[1:-2:3]):
        site = Site([*axioms, ":p :direct :r"], [path] if path else [], ())
        for _ in range(5):
            gone = frozenset(chance.sample(sorted(site.asserted, key=str), min(len(site.asserted), 4)))
            come = frozenset(chance.sample(pool, 8)) - site.asserted - gone
            done = site.follow(Delta(deleted=gone, added=come))
            gained, lost = gained + len(done.added), lost + len(done.deleted)
            drawn.update(*inferred(site.store, site.rules).values())
        site.explain_all()

    assert path is None or NamedNode(f"{BASE}rule/{path.stem}") in drawn
    assert gained > 50
    assert lost > 20


@pytest.mark.parametrize("first", [True, False], ids=["all-at-once", "one-by-one"])
def test_a_circle_does_not_hold_itself_up(first: bool) -> None:
    triples = [Triple(NODES[n], LINKS[0], NODES[(n + 1) % 3]) for n in range(3)]
    asserted = [Quad(*triple, GRAPHS[0]) for triple in triples]
    site = Site([":p a owl:SymmetricProperty, owl:TransitiveProperty", ":p owl:equivalentProperty :q"], [], asserted)
    assert len(default(site.store)) == 2 * 9

    for some in [asserted] if first else [[quad] for quad in asserted]:
        site.follow(Delta(deleted=frozenset(some)))

    assert default(site.store) == set()
    assert inferred(site.store, site.rules) == {}


def test_what_is_asserted_leaves_the_graph_of_its_rule_and_comes_back() -> None:
    stated, concluded = (Triple(NODES[0], link, NODES[1]) for link in LINKS[:2])
    site = Site([":p rdfs:subPropertyOf :q"], [], [Quad(*stated, GRAPHS[0])])
    graph = NamedNode(f"{BASE}rule/sub-property")
    change = Delta(added=frozenset([Quad(*concluded, GRAPHS[1])]))

    done = site.follow(change)
    assert done == Delta(deleted=frozenset([Quad(*concluded, graph)]), gone=frozenset([graph]))

    assert site.follow(change.reversed()) == done.reversed()


def test_a_stated_bound_takes_the_place_of_a_computed_one() -> None:
    date = Quad(NODES[0], NamedNode(f"{BASE}when"), DATES[0], GRAPHS[0])
    day = Quad(NODES[0], NamedNode(f"{BASE}earliest"), DAYS[1], GRAPHS[0])
    site = Site([":earliest rdfs:subPropertyOf core:beginEarliest"], [], [date])

    def days() -> set[str]:
        found = site.store.quads_for_pattern(NODES[0], day.predicate, None, DefaultGraph())
        return {quad.object.value for quad in found}

    assert days() == {"1920-01-01"}
    site.follow(Delta(added=frozenset([day])))
    assert days() == {"1921-02-03"}
    site.follow(Delta(deleted=frozenset([day])))
    assert days() == {"1920-01-01"}
    site.follow(Delta(deleted=frozenset([date])))
    assert days() == set()


def endless(tmp_path: Path) -> tuple[rules.Rule, ...]:
    (tmp_path / "endless.rq").write_text(
        f"PREFIX : <{BASE}> CONSTRUCT {{ ?b :next ?c }} WHERE {{ ?a :next ?b BIND(IRI(CONCAT(STR(?b), 'x')) AS ?c) }}"
    )
    return rules.load_rules(Folder((tmp_path / "endless.rq",)))


def test_rules_that_never_end_are_named_and_nothing_is_changed(tmp_path: Path) -> None:
    known = endless(tmp_path)
    store = built([], [Quad(NODES[0], LINKS[0], NODES[1], GRAPHS[0])], known)
    change = Delta(added=frozenset([Quad(NODES[0], NamedNode(f"{BASE}next"), NODES[1], GRAPHS[0])]))
    make(store, change)
    before = state(store)

    with pytest.raises(InputError, match="never come to an end: endless"):
        Maintainer.of(store, known, [SCHEMA]).apply(store, change)

    assert state(store) == before


def test_a_rule_may_not_take_away_its_own_ground() -> None:
    default_value = [path for path in FILES if path.stem == "default-value"]
    quad = Quad(NODES[0], TYPE, CLASSES[0], GRAPHS[0])

    with pytest.raises(InputError, match=r"takes away its own ground: it infers .*/status> .*/open>") as caught:
        Site([], default_value, [quad])
    assert caught.value.file == str(default_value[0])

    site = Site([], default_value, [])
    assert site.follow(Delta(added=frozenset([quad]))) == Delta()
    assert set(site.store) == set(site.schema)


def test_no_rule_asks_what_is_not_there_before_all_is_inferred() -> None:
    """In the order of the rules alone, `not-exists` would find too much: what it asks for is inferred after it."""
    files = [path for path in FILES if path.stem in ("not-exists", "unless-single")]
    asserted = [Quad(NODES[0], LINKS[0], NODES[1], GRAPHS[0]), Quad(NODES[0], TYPE, CLASSES[0], GRAPHS[0])]

    def classes(*axioms: str) -> set[str]:
        found = Site(axioms, files, asserted).store.quads_for_pattern(NODES[0], TYPE, None, DefaultGraph())
        return {quad.object.value.removeprefix(BASE) for quad in found}

    assert classes() == {"C", "Single"}
    assert classes(":p rdfs:subPropertyOf :q", ":q rdfs:subPropertyOf :r") == {"C", "Married"}


@pytest.mark.parametrize("graph", [SCHEMA, NamedNode(f"{BASE}rule/inverse"), DefaultGraph()], ids=str)
def test_a_change_of_anything_but_what_is_asserted_is_refused(graph: NamedNode | DefaultGraph) -> None:
    site = Site([], [], [])
    quad = Quad(NODES[0], LINKS[0], NODES[1], graph)

    with pytest.raises(ValueError, match="in which nothing is asserted"):
        site.maintainer.apply(site.store, Delta(added=frozenset([quad])))


def test_the_facts_of_each_passage_of_the_first_site_go_and_come_back(root: Path) -> None:
    assembly = assemble_with_rules(FirstSite.open(root))
    candidate = assembly.candidate
    store, passages = candidate.store, [graph for graph in candidate.asserted if "#" in graph.value]
    maintainer = Maintainer.of(store, assembly.rules, candidate.schema_graphs)
    before = state(store)
    assert len(passages) >= 40
    moved = 0
    for graph in passages:
        change = Delta(deleted=frozenset(store.quads_for_pattern(None, None, None, graph)))
        make(store, change)
        gone = maintainer.apply(store, change)
        moved += len(gone)
        make(store, change.reversed())
        back = maintainer.apply(store, change.reversed())

        assert {quad.triple for quad in gone.deleted} == {quad.triple for quad in back.added}
        assert state(store) == before

    assert moved >= 500

"""What an update is said to change is what the engine changes: compared with two looks at the whole store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Store, Triple

from samvirke.patch import Delta
from samvirke.workers import delta
from samvirke.workers.patches import apply_delta, copy

BASE = "http://example.org/sparql"
HERE = Path(__file__).parent
CASES = sorted([*(HERE / "updates").glob("*.ru"), *(HERE / "patches").glob("*.ru")])
assert len(CASES) >= 140
SCATTERED = sorted((HERE / "updates/scattered").glob("*.ru"))
assert len(SCATTERED) >= 5
BEFORE = (HERE / "updates/before.trig").read_bytes()


def filled() -> Store:
    store = Store()
    store.load(BEFORE, RdfFormat.TRIG)
    store.update("CREATE GRAPH <urn:empty>")
    return store


def refused(store: Store, text: str, base: str) -> Delta:
    raise AssertionError(f"not understood: {text}")


def outcome(evaluate: Callable[[], Delta], known: Store) -> object:
    """Return the change, its new blank nodes named by what is said of them, or the error."""
    try:
        change = evaluate()
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        return type(error), str(error)
    return _told(change, known)


def _told(change: Delta, known: Store) -> tuple[object, ...]:
    old = {node for quad in known for node in _nodes(quad)}

    def fixed(term):
        if isinstance(term, BlankNode) and term in old:
            return NamedNode(f"urn:node:{term.value}")
        return Triple(*map(fixed, term)) if isinstance(term, Triple) else term

    added = Dataset(Quad(*map(fixed, quad)) for quad in change.added)
    added.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return change.deleted, frozenset(map(str, added)), change.gone, change.made


def _nodes(terms):
    for term in terms:
        if isinstance(term, BlankNode):
            yield term
        elif isinstance(term, Triple):
            yield from _nodes(term)


def check(store: Store, text: str, *, whole=refused, same: str | None = None) -> None:
    """Compare with the whole store before and after; `same` is the text for that, where it is another one."""
    ours, theirs, bystander = copy(store), copy(store), copy(store)
    found: list[Delta] = []

    def evaluated() -> Delta:
        found.append(delta.evaluate(ours, text, base=BASE, whole=whole))
        return found[0]

    assert outcome(evaluated, store) == outcome(
        lambda: delta.compared(theirs, text if same is None else same, BASE), store
    )
    for change in found:
        apply_delta(bystander, change)
        assert (set(bystander), set(bystander.named_graphs())) == (set(ours), set(ours.named_graphs()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_change_is_that_of_the_whole_store_and_found_without_it(case):
    check(filled(), case.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", SCATTERED, ids=lambda case: case.stem)
def test_declarations_may_stand_before_each_operation(case):
    """The standard has them there (https://www.w3.org/TR/sparql11-query/#rUpdate), the engine does not."""
    text, same = case.read_text(encoding="utf-8").split("# is the same as\n")

    check(filled(), text, same=same)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CLEAR ALL ;\nPREFIX : <urn:> DELETE WHERE {\n ?s :p }", "error at 3:8"),
        ("CLEAR ALL ; PREFIX : <urn:> DELETE WHERE { ?s x:p ?o }", "error at 1:50"),
        ("PREFIX : <urn:å> CLEAR ALL ; PREFIX : <urn:æ> DELETE DATA { :ø :p ?o }", "error at 1:71"),
        ("INSERT DATA { _:x <urn:p> 1 } ; PREFIX : <urn:> INSERT DATA { _:x <urn:p> 1 }", "blank node _:x cannot"),
        ("CLEAR ALL ; PREFIX : urn:x CLEAR ALL", "error at 1:19"),
    ],
)
def test_an_error_after_later_declarations_has_its_place_and_changes_nothing(text, expected):
    store = filled()
    before = set(store)
    with pytest.raises(SyntaxError) as caught:
        delta.evaluate(store, text, base=BASE, whole=refused if "urn:x" not in text else delta.compared)

    assert expected in str(caught.value)
    assert set(store) == before


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX : <urn:> DELETE { ?s :p ?o } WHERE { ?s :p ?o FILTER(?o<?o#c>}\n+1) }",
        "DELETE { ?s <urn:p> ?o·} WHERE { ?s <urn:p> ?o·}",
    ],
    ids=["a-comment-that-looks-like-an-address", "a-letter-of-names"],
)
def test_what_is_not_understood_is_compared_as_a_whole(text):
    asked: list[str] = []

    def whole(store: Store, part: str, base: str) -> Delta:
        asked.append(part)
        return delta.compared(store, part, base)

    check(filled(), text, whole=whole)

    assert len(asked) == 1


def test_chance_and_the_clock_are_asked_once():
    store = filled()
    twin = copy(store)
    text = """PREFIX : <urn:> INSERT { ?s :id ?u ; :at ?now ; :die ?r } WHERE { ?s :p 2
        BIND(UUID() AS ?u) BIND(NOW() AS ?now) BIND(RAND() AS ?r) }"""
    change = delta.evaluate(store, text, base=BASE, whole=refused)
    apply_delta(twin, change)

    assert len(change) == len(change.added) == 6
    assert set(twin) == set(store)


def test_a_variable_of_the_template_is_not_taken_for_an_address():
    store = Store()
    text = "INSERT { ?s <urn:p> <x-0:0> . <x-1:1> ?p 1 } WHERE { VALUES (?s ?p) { (<x-2:0> <x-3:1>) } }"
    change = delta.evaluate(store, text, base=BASE, whole=refused)

    assert sorted(f"{quad.subject} {quad.predicate}" for quad in change.added) == ["<x-1:1> <x-3:1>", "<x-2:0> <urn:p>"]

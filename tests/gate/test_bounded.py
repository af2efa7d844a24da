"""A shape that goes on for ever is ended and named; with a time limit the same is found as without."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from samvirke.errors import InputError, LimitError
from samvirke.gate import check
from samvirke.gate.bounded import Piece, TooLongError, run
from samvirke.model import Candidate
from tests.gate.referee import told

Make = Callable[..., Candidate]
AMPLE_MS = 600_000
# Every thing with every other, nine times over.
CROSS = " ".join(f"?a{number} :p ?b{number} ." for number in range(9))
UNEQUAL = " && ".join(f"?b{number} != 0" for number in range(9))
HOSTILE = f"""@prefix : <https://example.org/ns#> .
:Endless a sh:NodeShape ; sh:targetClass :Thing ; sh:sparql :Endless-rule .
:Endless-rule a sh:SPARQLConstraint ; sh:select '''PREFIX : <https://example.org/ns#>
    SELECT $this WHERE {{ $this a :Thing . {CROSS} FILTER({UNEQUAL}) }}''' .
"""
DATA = " ".join(f":t{number} a :Thing ; :p {number + 1} ." for number in range(60))
SEVERAL = """:S a sh:NodeShape ; sh:targetClass :Thing ; sh:property [ sh:path :p ; sh:maxInclusive 30 ] ;
    sh:sparql [ sh:message "{$this} has {?value}"@en ;
        sh:select "SELECT $this ?value WHERE { $this <https://example.org/ns#p> ?value FILTER(?value < 10) }" ] .
:Left a sh:NodeShape ; sh:targetNode :t1 ; sh:not [ sh:sparql [
    sh:select "SELECT $this WHERE { $this <https://example.org/ns#p> 99 }" ] ] ."""


def children() -> set[str]:
    """The processes that this one has started and not waited for."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split())


def test_a_shape_that_never_ends_is_ended_and_named(make: Make):
    before = children()

    with pytest.raises(LimitError) as caught:
        check(make(shapes=HOSTILE, data=DATA), shape_ms=300)

    assert str(caught.value).startswith("ontology/shapes/thing.ttl: https://example.org/ns#Endless")
    assert "0.3 seconds" in str(caught.value)
    assert "check_shape_ms" in str(caught.value)
    assert caught.value.exit_code == 5
    assert children() == before


@pytest.mark.slow  # pySHACL is loaded
def test_the_same_is_found_with_a_limit_and_without(make: Make):
    given = make(shapes=SEVERAL, data=DATA, ontology=":Small rdfs:subClassOf :Thing .")
    facts = {str(quad) for quad in given.store}
    found = check(given, shape_ms=AMPLE_MS).findings

    assert told(found) == told(check(given).findings)
    assert len(found) == 30 + 9 + 1
    assert {str(quad) for quad in given.store} == facts, "what a process does to its store stays there"


def test_an_ill_formed_query_is_told_as_without_a_limit(make: Make):
    shapes = ':S a sh:NodeShape ; sh:targetNode :a ; sh:sparql [ sh:select "SELECT $this WHERE { $this }" ] .'

    with pytest.raises(InputError) as caught:
        check(make(shapes=shapes, data=":a :p 1 ."), shape_ms=AMPLE_MS)

    assert str(caught.value).startswith("ontology/shapes/thing.ttl: ")
    assert "does not parse" in str(caught.value)


def test_threads_are_started_when_the_processes_are(make: Make):
    seen: list[int] = []
    for limit in (0, AMPLE_MS):
        check(make(shapes="", data=""), shape_ms=limit, meanwhile=lambda: seen.append(threading.active_count()))
        check(make(shapes=SEVERAL.partition(":Left")[0], data=DATA), shape_ms=limit, meanwhile=lambda: seen.append(0))

    assert len(seen) == 4


def numbers(count: int) -> Iterator[int]:
    yield from range(count)


def test_rows_of_all_lanes_arrive_in_their_order():
    lanes = [[Piece("a", lambda: numbers(5_000)), Piece("b", lambda: numbers(3))], [Piece("c", lambda: numbers(4_001))]]

    for seconds in (0, 600):
        rows: dict[tuple[int, int], list[int]] = {}
        for lane, place, found in run(lanes, seconds=seconds):
            rows.setdefault((lane, place), []).extend(found)
        assert rows == {(0, 0): list(range(5_000)), (0, 1): [0, 1, 2], (1, 0): list(range(4_001))}


def test_the_piece_that_takes_too_long_is_named():
    def endless() -> Iterator[int]:
        while True:
            yield from ()

    with pytest.raises(TooLongError) as caught:
        list(run([[], [Piece("endless", endless)]], seconds=0.3))

    assert caught.value.name == "endless"


def test_a_process_that_dies_is_told_of():
    def dying() -> Iterator[int]:
        os._exit(9)
        yield 1

    with pytest.raises(LimitError, match="that checked dying died"):
        list(run([[Piece("dying", dying)]], seconds=600))


def test_no_process_is_left_when_nobody_takes_the_rows():
    before = children()
    rows = run([[Piece("many", lambda: numbers(1_000_000))]], seconds=600)
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # a generator

    assert children() == before

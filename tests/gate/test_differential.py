"""The compiled shapes find exactly what pySHACL finds: on made-up data, and on each site with each mistake."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import pytest

from samvirke.assembly import assemble
from samvirke.errors import InputError
from samvirke.model import Candidate
from samvirke.site import Site
from tests.gate.conftest import candidate
from tests.gate.made import Maker
from tests.gate.referee import compare
from tests.shapes.conftest import Case, cases, mutated, narrowed

MADE = 600


@pytest.mark.filterwarnings("ignore::UserWarning")  # rdflib's, about booleans that are none
@pytest.mark.parametrize("few", [False, True], ids=["a property at a time", "node by node"])
def test_on_made_up_shapes_and_data(few: bool):
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    count: Counter[str] = Counter()
    for seed in range(MADE):
        maker = Maker(seed)
        shapes, data, ontology = (
            maker.shapes(),
            maker.data(),
            ":Tiny rdfs:subClassOf :Small . :Small rdfs:subClassOf :Thing .",
        )
        try:
            compared = compare(candidate(shapes=shapes, data=data, ontology=ontology), few=few)
        except InputError as error:  # where a shorter way here asks for less than pySHACL does
            assert "to compare a BlankNode" in str(error), f"seed {seed}: {error}\n{shapes}\n{data}"
            count["refused by pySHACL"] += 1
            continue
        assert compared.here == compared.referee, f"seed {seed}\n{shapes}\n{data}"
        count["claimed"] += len(compared.claimed)
        count["left"] += len(compared.left)
        count["undecided"] += len(compared.undecided)
        count["findings"] += len(compared.here)
    assert count["claimed"] > 0.6 * count.total() - 0.6 * count["findings"], count
    assert count["findings"] > MADE, count


@pytest.fixture(scope="module")
def first_site(root: Path) -> Candidate:
    return assemble(Site.open(root))


@pytest.mark.parametrize("folder", [".", "tests/sites/beekeepers", "tests/sites/garden"])
def test_every_shape_of_a_site_is_compiled_and_finds_the_same(root: Path, folder: str):
    compared = compare(assemble(Site.open(root / folder)))

    assert compared.left == {}
    assert compared.undecided == set()
    assert len(compared.claimed) >= 4
    assert compared.here == compared.referee


# pySHACL takes half a second for each.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_on_each_mistake(case: Case, first_site: Candidate):
    compared = compare(narrowed(mutated(first_site, case.update), case.shape))

    assert compared.left == {}
    assert compared.here == compared.referee


def test_there_are_mistakes_to_compare_on():
    assert len(cases()) >= 150

"""Constraints in SPARQL find the same for all focus nodes at once as for each of them, and as pySHACL does."""

from __future__ import annotations

from pathlib import Path

import pytest

from samvirke.assembly import assemble
from samvirke.gate import check, sparql
from samvirke.gate.core import core_findings
from samvirke.gate.shapes import Shapes
from samvirke.gate.together import Together, together
from samvirke.gate.visible import visible_quads
from samvirke.model import Candidate
from samvirke.site import Site
from tests.gate.conftest import candidate
from tests.gate.referee import Told, told

FOLDER = Path(__file__).parent / "constraints"
CASES = sorted(FOLDER.glob("*.trig"), key=lambda path: path.name)


def read(path: Path) -> tuple[str, bool, Candidate]:
    """How the constraint is to be asked, whether pySHACL agrees, and the shape over its data."""
    text = path.read_text(encoding="utf-8")
    how, referee, *_ = text.splitlines()
    shapes, _, data = text.partition("\n# data\n")
    return how[2:].partition(":")[0], referee == "# pySHACL agrees", candidate(shapes=shapes, data=data)


def asked(given: Candidate) -> Together | None:
    shapes = Shapes.read(given)
    (constraint,) = shapes.constraints()
    return together(constraint.select)


def test_there_are_cases():
    assert len(CASES) >= 45
    assert {read(path)[0] for path in CASES} == {"free", "together", "one by one"}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_it_is_asked_at_once_only_where_that_is_the_same(path: Path):
    how, _, given = read(path)
    found = asked(given)

    assert how == ("one by one" if found is None else "free" if found.free else "together")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_all_at_once_finds_what_one_by_one_finds(path: Path, monkeypatch: pytest.MonkeyPatch):
    _, _, given = read(path)

    with monkeypatch.context() as patch:
        patch.setattr(sparql, "together", lambda _text: None)
        expected = told(check(given).findings)
    found: list[set[Told]] = []
    for batch in (1_000, 1, 0):  # named all together, named one by one, and not named
        monkeypatch.setattr(sparql, "BATCH", batch)
        monkeypatch.setattr(sparql, "_MORE", 1_000)
        found.append(told(check(given).findings))
    assert found == [expected] * 3


@pytest.mark.slow  # pySHACL
@pytest.mark.parametrize("path", [path for path in CASES if read(path)[1]], ids=lambda path: path.stem)
def test_pyshacl_finds_the_same(path: Path):
    _, _, given = read(path)
    referee = {one[:6] for one in told(core_findings(visible_quads(given), Shapes.read(given), ()))}

    assert {one[:6] for one in told(check(given).findings)} == referee


def test_focus_nodes_are_named_at_the_head():
    how = together("SELECT $this WHERE { $this <p> 1 }")

    assert how is not None
    assert list(how.joined(["<urn:a>", "<urn:b>"])) == [
        "SELECT $this WHERE { VALUES ?this { <urn:a> <urn:b> }  $this <p> 1 }"
    ]


@pytest.mark.slow  # assembles the sites
def test_every_constraint_of_the_sites_is_asked_at_once(root: Path):
    """A query that is not takes a call for each focus node."""
    asked_for = 0
    for folder in (".", "tests/sites/beekeepers", "tests/sites/garden"):
        given = assemble(Site.open(root / folder))
        shapes = Shapes.read(given)
        for constraint in shapes.constraints():
            assert together(constraint.select) is not None, constraint.node
            asked_for += 1
    assert asked_for >= 25

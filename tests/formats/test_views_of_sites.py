"""Each thing of two sites, and each site whole, comes back from the views; every reader reads every file."""

from __future__ import annotations

from pathlib import Path

import pytest

from samvirke.assembly import assemble
from samvirke.model import NamedNode, Quad
from samvirke.site import Site
from tests.formats.test_views import ABOUT, CHECKS, written

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")


def entities(quads: list[Quad]) -> dict[NamedNode, list[Quad]]:
    """Each thing's facts and what describes the passages they stand in, as `describe` has them."""
    described: dict[str, list[Quad]] = {}
    found: dict[NamedNode, list[Quad]] = {}
    for quad in quads:
        if isinstance(quad.subject, NamedNode):
            described.setdefault(quad.subject.value, []).append(quad)
    for quad in quads:
        if isinstance(quad.subject, NamedNode) and "#char=" not in quad.subject.value:
            found.setdefault(quad.subject, []).append(quad)
    return {
        thing: [
            *told,
            *(more for place in {str(one.graph_name)[1:-1] for one in told} for more in described.get(place, ())),
        ]
        for thing, told in found.items()
    }


@pytest.mark.parametrize("site", [".", "tests/web/site"], ids=["first site", "lights"])
def test_the_views_say_each_thing_of_a_site_and_the_whole(site: str, root: Path) -> None:
    candidate = assemble(Site.open(root / site))
    quads = [
        quad
        for graph in (*candidate.asserted, *candidate.inferred)
        for quad in candidate.store.quads_for_pattern(None, None, None, graph)
    ]
    things = entities(quads)
    assert len(things) >= (20 if site == "." else 8)
    for view, check in CHECKS.items():
        check(written(view, quads), quads)
        for thing, told in things.items():
            check(written(view, told, ABOUT.of(thing.value)), told)

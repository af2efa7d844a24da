"""With federation on for one server, no query reaches another one: every spelling of the canary again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from samvirke import errors
from samvirke.federation import Federation
from samvirke.workers import Pool, QueryRequest
from tests.attacks.test_outbound import CASES, SECRET, Canary, canary, media_type, secret, text_of
from tests.federation.other import Other, other_server
from tests.generation import numbers, publish
from tests.processes import LIMITS

__all__ = ["canary", "secret"]  # Fixtures.


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    with other_server() as running:
        yield running


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory, other: Other) -> Iterator[Pool]:
    state = tmp_path_factory.mktemp("state")
    data, default = numbers(3)
    publish(state, "v1", data=data, default=default)
    with Pool.start(state, LIMITS, warm=False) as running:
        running.abroad = Federation((other.origin,), (other.origin,), limits=LIMITS)
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_canary_hears_nothing(case, pool, canary: Canary, secret):
    text = text_of(case, canary, secret)
    before = canary.visits
    with contextlib.suppress(errors.InputError):
        answer = pool.query(QueryRequest(text=text, media_type=media_type(text), federated=True))
        assert SECRET.encode() not in answer.read()

    assert canary.visits == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_canary_hears_nothing_beside_a_server_that_is_asked(case, pool, canary: Canary, secret, other):
    """The same with a clause that is allowed in front of it: the first brace of a pattern gets one more part."""
    text = text_of(case, canary, secret)
    allowed = f"{{ SERVICE SILENT <{other.origin}/sparql> {{ ?allowed a ?class }} "
    before = canary.visits
    with contextlib.suppress(errors.InputError):
        asked = QueryRequest(text=text.replace("{", allowed, 1), media_type=media_type(text), federated=True)
        pool.query(asked).close()

    assert canary.visits == before


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_server_that_is_asked_cannot_lead_to_the_canary(status, pool, canary: Canary, other):
    other.redirects[f"/lead/{status}"] = canary.address
    text = f"SELECT * {{ SERVICE <{other.origin}/lead/{status}> {{ ?s ?p ?o }} }}"
    before = canary.visits
    with pytest.raises(errors.ServiceFailed, match="redirected to a server that may not be asked from here"):
        pool.query(QueryRequest(text=text, media_type="application/sparql-results+json", federated=True))

    assert canary.visits == before


def test_what_a_server_answers_leads_nowhere(pool, canary: Canary, other):
    """Its rows are values, whatever they look like."""
    other.store.update(
        f'INSERT DATA {{ <urn:evil> <urn:says> "}} SERVICE <{canary.address}> {{ ?s ?p ?o", <{canary.address}> }}'
    )
    text = f"SELECT ?said {{ SERVICE <{other.origin}/sparql> {{ <urn:evil> <urn:says> ?said }} }}"
    before = canary.visits
    answer = pool.query(QueryRequest(text=text, media_type="application/sparql-results+json", federated=True))

    assert len(json.loads(answer.read())["results"]["bindings"]) == 2
    assert canary.visits == before

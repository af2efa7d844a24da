"""Other servers, for the tests of asking them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.federation.other import Other, other_server


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    with other_server() as running:
        yield running


@pytest.fixture
def forbidden() -> Iterator[Other]:
    """A server that nobody is allowed to ask."""
    with other_server() as running:
        yield running
        assert running.visits == 0

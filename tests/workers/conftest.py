from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from samvirke.workers import Pool
from tests.generation import numbers, publish
from tests.processes import LIMITS


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    data, default = numbers(2_000)
    publish(folder, "20260101T000000Z-aaaaaaaaaaaa", data=data, default=default)
    return folder


@pytest.fixture(scope="session")
def pool(state: Path) -> Iterator[Pool]:
    with Pool.start(state, LIMITS) as running:
        yield running

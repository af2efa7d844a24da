"""The first site, served by `samvirke serve` as a process of its own, for clients that know nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import serving_first_site


@pytest.fixture(scope="session")
def address(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the site answers, with a slash at the end. Queries may run for two seconds."""
    with serving_first_site(root, tmp_path_factory.mktemp("state"), SAMVIRKE_LIMITS_TIMEOUT_MS="2000") as (_, found):
        yield found

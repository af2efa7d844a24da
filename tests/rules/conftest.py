"""Where the sites of the tests are."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sites() -> Path:
    return Path(__file__).resolve().parent.parent / "sites"

"""What every test may lean on."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository, which is the first site."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material beside the checkout; a user's clone does not have it."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip("the folder of reference material is not beside this checkout")
    return path

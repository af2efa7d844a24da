"""A site of its own for each test that builds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

GARDEN = Path(__file__).resolve().parent.parent / "sites" / "garden"


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GARDEN, tmp_path / "garden"))

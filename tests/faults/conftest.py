"""Gardens and disks for faults."""

from __future__ import annotations

import subprocess

import pytest

from tests.garden import make


@pytest.fixture
def garden(tmp_path):
    """The garden on an ordinary disk."""
    site = make(tmp_path / "site", SAMVIRKE_CHECKPOINT_AFTER_MS="0")
    yield site
    if site.process is not None:
        site.kill()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 48 MB of its own, if this machine lets us have one."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)

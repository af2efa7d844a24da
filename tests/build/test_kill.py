"""kill -9 at any moment: what was published stays whole, the next build succeeds, and nothing is left lying."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samvirke import generations

KILLING = Path(__file__).with_name("killing.py")
BUILD = (
    "import sys; from samvirke.build import build; from samvirke.site import Site;"
    " build(Site.open(sys.argv[1]), reasoner=False)"
)


def test_a_build_killed_at_any_step_leaves_the_old_generation_or_the_new(garden: Path) -> None:
    done = subprocess.run([sys.executable, str(KILLING), str(garden)], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)

    # lock, directories, a dozen files, the sync of each, two renames, the link, the retired generation.
    assert told["steps"] >= 30
    assert len(told["results"]) == told["steps"]
    for result in told["results"]:
        assert result["killed"], result
        assert result["whole"], result
        assert result["recovered"], result
        assert result["debris"] == [], result
        assert result["generations"] <= 3, result
    # Killed before the link is replaced the old one is served, after it the new one; both happened.
    switched = [result["switched"] for result in told["results"]]
    assert switched == sorted(switched)
    assert not switched[0]
    assert switched[-1]


@pytest.mark.slow
def test_a_build_killed_at_a_random_time_leaves_a_whole_generation(garden: Path) -> None:
    """The process is killed from outside, wherever it happens to be, at times that are drawn anew each run."""
    state = garden / ".samvirke"
    subprocess.run([sys.executable, "-c", BUILD, str(garden)], check=True)
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", BUILD, str(garden)], check=True)
    usual_s = time.monotonic() - begun
    for number in range(12):
        (garden / "data/fact.ttl").write_text(f"<http://a/a> <http://a/b> {number} .\n")
        child = subprocess.Popen([sys.executable, "-c", BUILD, str(garden)], start_new_session=True)
        time.sleep(random.uniform(0.3, 1.0) * usual_s)
        child.send_signal(signal.SIGKILL)
        child.wait()
        found = generations.current(state)
        assert found is not None
        assert generations.verify(found) == []
    subprocess.run([sys.executable, "-c", BUILD, str(garden)], check=True)
    last = generations.current(state)
    assert last is not None
    assert b'"11"' in (last.directory / "data.nq").read_bytes()
    assert [path.name for path in (state / "generations").iterdir() if path.name.startswith(".")] == []

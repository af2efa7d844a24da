"""What the kernel holds against a worker, read from the kernel."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from samvirke.settings import Limits
from samvirke.workers import Pool, QueryRequest
from tests.processes import processes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, which is Linux's")
HEADROOM = 256 << 20


@pytest.fixture(scope="module")
def worker(state):
    """The process id of a worker that has answered once."""
    with Pool.start(state, Limits(worker_memory_bytes=HEADROOM, timeout_ms=3_000)) as pool:
        pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).close()
        yield sorted(processes(pool._zygote.process_id))[-1]


def limit(number, name):
    for line in Path(f"/proc/{number}/limits").read_text().splitlines():
        if line.startswith(name):
            return tuple(re.split(r"\s{2,}", line)[1:3])
    raise AssertionError(name)


def test_no_file_and_no_socket_can_be_opened(worker):
    assert limit(worker, "Max open files") == ("0", "0")


def test_no_core_is_dumped_and_no_file_is_written(worker):
    assert limit(worker, "Max core file size") == ("0", "0")
    assert limit(worker, "Max file size") == ("0", "0")


def test_memory_is_what_is_loaded_and_the_headroom(worker):
    soft, hard = limit(worker, "Max address space")
    now = int(Path(f"/proc/{worker}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")

    assert soft == hard
    assert 0 < int(soft) - HEADROOM <= now
    assert now - (int(soft) - HEADROOM) < 64 << 20


def test_processor_time_is_bounded(worker):
    """Twice the three seconds of a question and one for good measure, so that it is not renewed for each."""
    assert int(limit(worker, "Max cpu time")[0]) <= 8


def test_only_its_stream_is_open(worker):
    try:
        open_files = {path.name: str(path.readlink()) for path in Path(f"/proc/{worker}/fd").iterdir()}
    except PermissionError:
        return  # Not dumpable, so only root may look: that is the point of the next test.

    assert [open_files.pop(name) for name in ("0", "1", "2")] == ["/dev/null"] * 3
    assert [target.partition(":")[0] for target in open_files.values()] == ["socket"]


def test_nobody_but_root_may_look_into_it(worker):
    assert Path(f"/proc/{worker}/environ").stat().st_uid == 0


def test_it_gains_no_privileges_and_runs_one_thread(worker):
    status = Path(f"/proc/{worker}/status").read_text()

    assert "NoNewPrivs:\t1" in status
    assert "Threads:\t1" in status

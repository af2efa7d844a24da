"""Nothing is left behind: processes end with their owner, sockets and folders go with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from samvirke.settings import Limits
from samvirke.workers import Pool, QueryRequest, Zygote
from samvirke.workers.client import Line
from tests.processes import LIMITS, ended, eventually, processes

OWNER = """
import signal, sys, time
from pathlib import Path
from samvirke.settings import Limits
from samvirke.workers import Pool, QueryRequest
signal.signal(signal.SIGINT, signal.default_int_handler)  # Shells have what they run in the background ignore it.
pool = Pool.start(Path(sys.argv[1]), Limits())
pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).read()
print(pool._zygote.process_id, pool._zygote.address, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_all_end_with_their_owner_however_it_ends(state, how):
    command = [sys.executable, "-c", OWNER, str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as owner:
        zygote, address = owner.stdout.readline().split()
        family = {int(zygote), *processes(owner.pid)}
        assert len(family) == 3
        owner.send_signal(how)
        owner.wait(10)

    assert eventually(lambda: all(ended(number) for number in family))
    assert eventually(lambda: not Path(address).parent.exists())


def test_closing_ends_all_and_removes_the_folder(state):
    before = set(processes())
    pool = Pool.start(state, LIMITS)
    pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).close()
    folder = Path(pool._zygote.address).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    pool.close()
    pool.close()

    assert not folder.exists()
    assert eventually(lambda: set(processes()) <= before)


def test_no_descriptor_is_left_open(state):
    with Pool.start(state, LIMITS):
        pass
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with Pool.start(state, LIMITS) as pool:
            pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).read()

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_workers_end_when_their_template_does(state):
    with Pool.start(state, LIMITS) as pool:
        pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).close()
        template, worker = sorted(processes(pool._zygote.process_id))
        os.kill(template, signal.SIGKILL)

        assert eventually(lambda: ended(worker))


def test_templates_and_workers_end_when_the_zygote_is_killed(state):
    with Pool.start(state, LIMITS) as pool:
        pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).close()
        family = list(processes(pool._zygote.process_id))
        assert len(family) == 2
        os.kill(pool._zygote.process_id, signal.SIGKILL)

        assert eventually(lambda: all(ended(number) for number in family))


def test_a_client_that_dies_takes_its_busy_worker_along(state):
    with Pool.start(state, Limits(timeout_ms=60_000)) as pool:
        program = OWNER.replace('"ASK {}"', '"SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i }"')
        program = program.replace("Limits()", "Limits(timeout_ms=60_000)")
        environment = os.environ | {"SAMVIRKE_WORKERS": pool._address}
        before = set(processes(pool._zygote.process_id))
        with subprocess.Popen([sys.executable, "-c", program, str(state)], env=environment) as client:
            assert eventually(lambda: set(processes(pool._zygote.process_id)) - before, within_s=10)
            client.kill()

        assert eventually(lambda: set(processes(pool._zygote.process_id)) <= before)


def test_nonsense_on_the_socket_harms_nobody(state, pool):
    import socket

    for message in (
        b"",
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"open": 1}\n',
        b"[]\n",
        b'{"open": "/nowhere"}\n',
        b"\xff\xfe\n",
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(pool._address)
            connection.sendall(message)

    assert pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).read() == b"true"


def test_a_long_name_of_the_folder_for_temporary_files_is_no_obstacle(state, tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    zygote = Zygote()
    try:
        Line(zygote.address, (state / "current").resolve()).close()
    finally:
        zygote.close()

    assert list(deep.iterdir()) == []
    assert not Path(zygote.address).parent.exists()


def test_files_in_the_folder_one_stands_in_are_not_imported(state, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with Pool.start(state, LIMITS) as pool:
        assert pool.query(QueryRequest(text="ASK {}", media_type="text/csv")).read() == b"true"

"""The server as a person starts and stops it: a process of its own, asked over HTTP."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment
from tests.processes import below, ended
from tests.serving import START_S, serving


def fetch(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.status, answer.read().decode()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_once_it_says_so_and_stops_cleanly(stop: signal.Signals, fresh: Path) -> None:
    with serving(fresh) as (process, address):
        status, page = fetch(f"{address}en/")
        family = below(process.pid) if sys.platform == "linux" else []
        process.send_signal(stop)
        out, err = process.communicate(timeout=30)

    assert status == 200
    assert "The Harbour Choir" in page or "Choirs" in page
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[0] == "Building the site for the first time."
    assert err.splitlines()[-1] == "Stopped."
    assert all(ended(one) for one in family)


def test_it_builds_again_when_a_file_changed_and_says_which(starter: Path) -> None:
    question = starter / "queries/conductors.rq"
    question.write_text(question.read_text().replace("Who conducts which choir?", "Who leads which choir?"))

    with serving(starter) as (process, address):
        status, page = fetch(f"{address}en/queries/conductors")
        process.terminate()
        _, err = process.communicate(timeout=30)

    assert status == 200
    assert "Who leads which choir?" in page
    assert err.startswith("Building again, because of queries/conductors.rq.\n")


def test_a_mistake_in_a_file_takes_no_site_down(starter: Path) -> None:
    words = starter / "ontology/words.ttl"
    words.write_text(words.read_text().replace("w:Choir a owl:Class ;", "w:Choir a owl:Class", 1))

    with serving(starter) as (process, address):
        status, _ = fetch(f"{address}en/")
        process.terminate()
        _, err = process.communicate(timeout=30)

    assert status == 200
    assert "ontology/words.ttl:16:21: A dot is expected" in err
    assert "Serving what was published before: 2" in err
    assert process.returncode == 0


def test_a_busy_port_is_told_in_one_line(starter: Path, run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = run("serve", "--port", str(port), cwd=starter)

    assert outcome.code == 4
    assert outcome.err == (
        f"Port {port} at 127.0.0.1 cannot be used: address already in use."
        " Choose another with --port, or a free one with --port 0.\n"
    )
    assert outcome.out == ""


def test_a_new_generation_is_served_without_a_restart(starter: Path, run: Run) -> None:
    with serving(starter) as (_, address):
        _, before = fetch(f"{address}en/queries/conductors")
        question = starter / "queries/conductors.rq"
        question.write_text(question.read_text().replace("Who conducts which choir?", "Who leads which choir?"))
        assert run("build", cwd=starter).code == 0
        for _ in range(100):
            _, after = fetch(f"{address}en/queries/conductors")
            if after != before:
                break
            threading.Event().wait(0.1)

    assert "Who leads which choir?" in after


def test_the_server_file_of_the_repository_honours_port_and_host(root: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(root / "server.py")],
        env=environment(PORT="0", HOST="127.0.0.1", PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=os.sep,
    )
    guard = threading.Timer(START_S, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found and found[1] not in {"0", "8000"}
        assert fetch(f"{found[0]}healthz")[0] == 200
    finally:
        guard.cancel()
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()

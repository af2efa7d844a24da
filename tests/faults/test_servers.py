"""Two servers on one folder, a gate that fails behind a server, and a switch under load."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time

import pytest

from tests.cli.conftest import COMMAND, environment
from tests.garden import adding


def build(garden, *arguments):
    return subprocess.run(
        [*COMMAND, "build", *arguments],
        cwd=garden.site,
        capture_output=True,
        text=True,
        check=False,
        env=environment(SAMVIRKE_REASONER="false"),
    )


def serve(garden, *arguments):
    """Start a server that is expected to end by itself."""
    return subprocess.run(
        [*COMMAND, "serve", "--port", "0", *arguments],
        cwd=garden.site,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment(SAMVIRKE_REASONER="false"),
    )


@pytest.mark.parametrize("arguments", [(), ("--writable",)], ids=["reading", "writing"])
def test_the_second_server_on_a_folder_says_who_is_there(garden, arguments, record_property):
    garden.start()
    done = serve(garden, *arguments)

    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        f"Another server (process {garden.process.pid}, http://127.0.0.1:{garden.port}/) serves from "
        ".samvirke. Stop it first, or serve a copy of the folder.\n"
    )
    assert garden.update(adding("one-a")) == 204
    record_property("fault", "two servers on one directory: 1 tried, the second ends with the reason")


def test_a_check_that_fails_behind_a_server_leaves_what_is_served(garden, record_property):
    garden.settings["SAMVIRKE_CHECKPOINT_AFTER_MS"] = "1"
    garden.start()
    data = next((garden.site / "data" / "documents" / "walk").glob("*.trig"))
    data.write_text(data.read_text().replace("old oak", "young oak", 1))  # The quote is no longer in the document.
    assert garden.update(adding("one-a")) == 204
    until = time.monotonic() + 30
    while not any("Nothing was published" in line for line in garden.said) and time.monotonic() < until:
        time.sleep(0.05)

    assert any("Nothing was published" in line for line in garden.said), garden.said
    assert garden.names() == {"one-a"}
    assert garden.update(adding("two-a")) == 204
    assert garden.names() == {"one-a", "two-a"}
    record_property(
        "fault", "a check that fails in a build behind a server: 1 tried, the old generation and all writes stay"
    )


def test_switching_under_load_loses_no_request_and_mixes_nothing(garden, record_property):
    garden.start()
    stop = threading.Event()
    answers, wrong = [], []
    turn = 3

    def read():
        while not stop.is_set():
            try:
                status, body = garden.ask("GET", "/en/id/oak", Accept="text/html")
            except OSError as error:
                wrong.append(repr(error))
                continue
            # Every generation changes both at once: the title (from the index) and the facts (from the store).
            titles = {number for number in range(turn + 1) if f"<h1>Oak {number}</h1>" in body}
            facts = {number for number in range(turn + 1) if f"colour {number}" in body}
            answers.append(status)
            if status != 200 or (titles and facts and titles != facts):
                wrong.append((status, titles, facts))
            time.sleep(0.01)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    data = next((garden.site / "data" / "documents" / "walk").glob("*.trig"))
    first = data.read_text()
    versions = set()
    for number in range(1, turn + 1):
        told = first.replace('"The oak"', f'"Oak {number}"').replace(":colour :red", f':colour "colour {number}"')
        data.write_text(told)
        done = build(garden, "--allow-invalid")
        assert done.returncode == 0, done.stderr
        until = time.monotonic() + 30
        while f"<h1>Oak {number}</h1>" not in garden.ask("GET", "/en/id/oak", Accept="text/html")[1]:
            assert time.monotonic() < until
            time.sleep(0.05)
        versions.add(done.stdout.strip())
    stop.set()
    for reader in readers:
        reader.join()

    assert wrong == []
    assert len(versions) == turn
    assert len(answers) >= 100
    record_property("fault", f"{turn} generations switched under load: {len(answers)} requests, 0 lost, 0 mixed")


def test_without_the_journal_that_was_built_with_nothing_is_written(garden, record_property):
    garden.start()
    assert garden.update(adding("one-a")) == 204
    garden.stop()
    assert build(garden).returncode == 0
    shutil.rmtree(garden.state / "journal")
    done = serve(garden, "--writable", "--no-build")

    assert (done.returncode, done.stdout) == (4, "")
    assert "The journal is gone" in done.stderr
    assert "Traceback" not in done.stderr
    garden.start("--no-build", writable=False)
    assert garden.names() == {"one-a"}
    record_property("fault", "the journal is gone: 1 tried, writing is refused at the start, reading goes on")


@pytest.mark.parametrize("arguments", [(), ("--writable",)], ids=["reading", "writing"])
def test_a_damaged_journal_is_told_at_the_start_with_its_place(garden, arguments, record_property):
    garden.start()
    assert garden.update(adding("one-a")) == 204
    assert garden.update(adding("two-a")) == 204
    garden.stop()
    file = garden.state / "journal" / "journal.rdfp"
    file.write_bytes(file.read_bytes().replace(b"one-a", b"One-a", 1))
    done = serve(garden, "--no-build", *arguments)

    assert (done.returncode, done.stdout) == (4, "")
    assert re.search(r"journal\.rdfp.*byte \d+", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    record_property("fault", "a damaged record before the last: 1 tried, refused at the start with its place")

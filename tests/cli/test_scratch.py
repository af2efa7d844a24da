"""`serve --scratch`: an empty store to write to, on this machine only, and gone at the end."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_serve import fetch, serving
from tests.processes import below, ended, proc

TOKEN = "not-to-be-found-in-a-process"


def post(address: str, text: str, **headers: str) -> int:
    request = urllib.request.Request(
        address, text.encode(), {"Content-Type": "application/sparql-update", **headers}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_it_takes_writes_with_the_token_and_leaves_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    question = "sparql?query=SELECT%20%2A%20%7B%3Fs%20%3Fp%20%3Fo%7D&format=csv"
    with serving(tmp_path, "--scratch", SAMVIRKE_TOKEN=TOKEN, TMPDIR=str(temporary)) as (process, address):
        kept = list(temporary.glob("samvirke-scratch-*"))
        pages = [fetch(f"{address}{path}")[0] for path in ("en/", "da/", "en/ontology", "en/data", "readyz")]
        before = fetch(address + question)[1]
        refused = post(f"{address}update", "INSERT DATA { <urn:a> <urn:b> <urn:c> }")
        done = post(f"{address}update", "INSERT DATA { <urn:a> <urn:b> <urn:c> }", Authorization=f"Bearer {TOKEN}")
        after = fetch(address + question)[1]
        family = below(process.pid)
        workers = [one for one in family if b"samvirke.workers" in proc(one, "cmdline")]
        seen = [environment for one in workers if (environment := proc(one, "environ"))]
        process.terminate()
        _, err = process.communicate(timeout=30)

    assert len(kept) == 1
    assert pages == [200] * 5
    assert before == "o,p,s\r\n"
    assert (refused, done) == (401, 204)
    assert after == "o,p,s\r\nurn:c,urn:b,urn:a\r\n"
    assert b"PATH=" in seen[0]
    assert not any(TOKEN.encode() in environment for environment in seen)
    assert all(ended(one) for one in family)
    assert err.splitlines()[0] == "An empty store: what is written to it is gone when the server stops."
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("given", [{}, {"SAMVIRKE_TOKEN": ""}, {"SAMVIRKE_TOKEN": "  "}])
def test_without_a_token_it_does_not_start(given: dict[str, str], run: Run, tmp_path: Path) -> None:
    outcome = run("serve", "--scratch", "--port", "0", cwd=tmp_path, **given)

    assert outcome.code == 2
    assert outcome.err == (
        "A scratch store is written to with a token, and SAMVIRKE_TOKEN is not set."
        " Set the environment variable SAMVIRKE_TOKEN to a word of your own.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_it_never_listens_to_other_machines(host: str, run: Run, tmp_path: Path) -> None:
    outcome = run("serve", "--scratch", "--host", host, "--port", "0", cwd=tmp_path, SAMVIRKE_TOKEN=TOKEN)

    assert outcome.code == 2
    assert outcome.err == (
        f"A scratch store is served on this machine only, and {host} reaches further. Leave out --host.\n"
    )


def test_an_unknown_host_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    outcome = run("serve", "--scratch", "--host", "no.such.invalid", cwd=tmp_path, SAMVIRKE_TOKEN=TOKEN)

    assert outcome.code == 2
    assert outcome.err == "There is no host no.such.invalid. Use an address of this machine, as 127.0.0.1.\n"

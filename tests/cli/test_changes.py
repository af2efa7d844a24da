"""Commands about what was written, and about keeping it safe."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.garden import GARDEN, OAK, adding, make

QUIET = {"SAMVIRKE_REASONER": "false"}


@pytest.fixture
def written(tmp_path):
    """A garden that was written to twice, by a server that is gone."""
    garden = make(tmp_path / "site", SAMVIRKE_CHECKPOINT_AFTER_MS="0")
    garden.start()
    assert garden.update(adding("One"), reason="she says so") == 204
    assert garden.update(adding("Two")) == 204
    yield garden
    if garden.process is not None:
        garden.stop()


def test_history_and_undo_with_and_without_a_server(written, run):
    site = written.site
    listed = run("history", cwd=site)
    assert (listed.code, listed.err) == (0, "")
    assert "gardener" in listed.out
    assert "she says so" in listed.out
    told = json.loads(run("history", OAK, "--json", cwd=site).out)
    assert [one["sequence"] for one in told] == [2, 1]
    assert told[0]["previous"] == told[1]["hash"]
    assert run("history", "--patch", "-n", "1", cwd=site).out.count("\nA <") == 1

    refused = run("undo", "1", cwd=site)
    assert (refused.code, refused.out) == (4, "")
    assert "SAMVIRKE_TOKEN is not set" in refused.err
    wrong = run("undo", "1", cwd=site, SAMVIRKE_TOKEN="smv_wrong")
    assert wrong.code == 4
    assert "unknown here" in wrong.err
    done = run("undo", "1", cwd=site, SAMVIRKE_TOKEN=written.secret)
    assert (done.code, done.out, done.err) == (0, "3\n", "Change 1 is taken back.\n")
    assert written.names() == {"Two"}
    again = run("undo", "1", cwd=site, SAMVIRKE_TOKEN=written.secret)
    assert (again.code, again.out, again.err) == (0, "0\n", "Nothing of change 1 is left to take back.\n")

    written.stop()
    done = run("undo", cwd=site, **QUIET)
    assert (done.code, done.out, done.err) == (0, "4\n", "Change 3 is taken back.\n")
    missing = run("undo", "9", cwd=site)
    assert (missing.code, missing.out) == (3, "")
    assert "no record 9" in missing.err
    assert run("verify", cwd=site).code == 0
    written.start("--no-build")
    assert written.names() == {"One", "Two"}


def test_a_backup_is_made_while_the_site_is_served_and_restored(written, run, tmp_path):
    made = run("backup", tmp_path / "garden.tar", cwd=written.site)
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith("Good: ")
    again = run("backup", tmp_path / "garden.tar", cwd=written.site)
    assert (again.code, again.out) == (2, "")
    restored = run("restore", tmp_path / "garden.tar", tmp_path / "again")
    assert (restored.code, restored.err) == (0, "")
    assert run("verify", cwd=tmp_path / "again").code == 0
    told = json.loads(run("history", "--json", cwd=tmp_path / "again").out)
    assert [one["sequence"] for one in told] == [2, 1]
    not_one = run("restore", GARDEN / "samvirke.toml", tmp_path / "other")
    assert (not_one.code, not_one.out) == (3, "")
    assert "no backup" in not_one.err
    assert not (tmp_path / "other").exists()


def test_verify_says_what_is_wrong_and_where(written, run):
    written.stop()
    data = (written.state / "current" / "data.nq").resolve()
    data.write_bytes(data.read_bytes()[:-1])
    found = run("verify", cwd=written.site)

    assert found.code == 4
    assert "checksums: data.nq is not as it was written." in found.err
    assert json.loads(run("verify", "--json", cwd=written.site).out)["good"] is False


def test_rolling_back_and_forth(run, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(GARDEN, site)
    first = run("build", cwd=site, **QUIET).out.strip()
    assert first
    toml = site / "samvirke.toml"
    toml.write_text(toml.read_text().replace("The garden", "Our garden"))
    second = run("build", cwd=site, **QUIET).out.strip()
    listed = json.loads(run("generations", "--json", cwd=site).out)
    assert [(one["version"], one["served"]) for one in listed] == [(second, True), (first, False)]
    back = run("rollback", cwd=site)
    assert (back.code, back.out) == (0, f"{first}\n")
    forth = run("rollback", second, cwd=site)
    assert (forth.code, forth.out) == (0, f"{second}\n")
    unknown = run("rollback", "../..", cwd=site)
    assert (unknown.code, unknown.out) == (3, "")
    assert second in unknown.err
    data = site / ".samvirke" / "generations" / first / "data.nq"
    data.write_bytes(data.read_bytes()[:-1])
    damaged = run("rollback", first, cwd=site)
    assert (damaged.code, damaged.out) == (4, "")
    assert "data.nq" in damaged.err

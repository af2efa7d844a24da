"""Disks that are full, read-only or rotten: a clear refusal, and reading goes on."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from samvirke.errors import SamvirkeError
from samvirke.verification import verify_state
from tests.garden import adding, make

STEP = 1 << 20


def fill(place: Path, leave: int) -> Path:
    """Fill a disk but for some bytes."""
    filler = place / "filler"
    with filler.open("wb") as file:
        while (free := shutil.disk_usage(place).free - leave) > 0:
            try:
                file.write(b"\0" * min(STEP, free))
                file.flush()
            except OSError:
                break
    return filler


@pytest.mark.parametrize("floor", ["kept free", "full to the last byte"])
def test_a_full_disk_refuses_writes_and_nothing_else(small_disk, floor, record_property):
    site = make(small_disk / "site", SAMVIRKE_CHECKPOINT_AFTER_MS="0")
    if floor == "full to the last byte":
        site.settings["SAMVIRKE_FREE_BYTES"] = "0"
    site.start()
    try:
        assert site.update(adding("before-a")) == 204
        filler = fill(small_disk, leave=0)
        # On a disk that is full to the last byte the file may still have room in its last block.
        statuses = [site.update(adding(f"full-{number}-{'x' * 500}")) for number in range(30)]
        assert statuses[-1] == 507
        assert set(statuses) <= {204, 507}
        kept = 1 + statuses.count(204)
        assert len(site.names()) == kept
        assert site.ask("GET", "/en/id/oak", Accept="text/html")[0] == 200
        status, body = site.ask("GET", "/readyz")
        assert (status, '"ready"' in body) == (200, True)
        filler.unlink()
        assert site.update(adding("after-a")) == 204
        site.kill()
        site.start("--no-build")
        assert len(site.names()) == kept + 1
    finally:
        if site.process is not None:
            site.kill()
    record_property(
        "fault", f"disk full ({floor}): {len(statuses)} writes tried, {statuses.count(507)} refused, 0 lost"
    )


def test_a_build_on_a_full_disk_leaves_what_is_served(small_disk, record_property):
    site = make(small_disk / "site", SAMVIRKE_CHECKPOINT_AFTER_MS="1")
    site.start()
    try:
        before = (site.state / "current").readlink()
        filler = fill(small_disk, leave=200_000)
        site.settings["SAMVIRKE_FREE_BYTES"] = "0"
        done = subprocess.run(
            [*make_command(site)],
            cwd=site.site,
            capture_output=True,
            text=True,
            check=False,
            env=make_environment(site),
        )
        assert done.returncode == 4, done.stderr
        assert "no room" in done.stderr
        assert (site.state / "current").readlink() == before
        assert not [path for path in (site.state / "generations").iterdir() if path.name.startswith(".")]
        filler.unlink()
    finally:
        site.kill()
    record_property("fault", "disk full while a site is built: 1 tried, the old generation stays")


def make_command(site):
    from tests.cli.conftest import COMMAND

    return [*COMMAND, "build"]


def make_environment(site):
    from tests.cli.conftest import environment

    return environment(SAMVIRKE_REASONER="false", **site.settings)


def test_a_disk_that_turns_read_only_is_still_read(small_disk, record_property):
    site = make(small_disk / "site", SAMVIRKE_CHECKPOINT_AFTER_MS="0")
    site.start()
    try:
        assert site.update(adding("before-a")) == 204
        site.kill()
        done = subprocess.run(
            ["mount", "-o", "remount,ro", str(small_disk)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        site.start("--no-build", writable=False)
        assert site.names() == {"before-a"}
        assert site.update(adding("refused-a")) == 403
        site.stop()
        done = subprocess.run(
            [*make_command(site)[:-1], "serve", "--writable", "--no-build", "--port", "0"],
            cwd=site.site,
            capture_output=True,
            text=True,
            check=False,
            env=make_environment(site),
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (4, "")
        assert "Read-only file system" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        if site.process is not None:
            site.kill()
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=False)
    record_property("fault", "read-only file system: reads go on, writing is refused at the start with its reason")


def test_every_flipped_byte_is_found(garden, record_property):
    rng = random.Random(7)
    garden.start()
    for number in range(3):
        assert garden.update(adding(f"{number}-a")) == 204
    garden.stop()
    assert [check.name for check in verify_state(garden.state) if check.wrong] == []
    tried = 0
    files = [path for path in garden.state.rglob("*") if path.is_file() and not path.is_symlink()]
    kept = [path for path in files if path.stat().st_size and path.name not in ("lock", "server", "tokens.lock")]
    assert len(kept) >= 12
    missed = []
    for path in sorted(kept):
        data = path.read_bytes()
        places = {0, len(data) - 1, *(rng.randrange(len(data)) for _ in range(4))}
        for place in sorted(places):
            wrong = bytearray(data)
            wrong[place] ^= 1 << rng.randrange(8)
            path.write_bytes(wrong)
            tried += 1
            try:
                found = any(check.wrong for check in verify_state(garden.state))
            except SamvirkeError:
                found = True
            if not found:
                missed.append((path.relative_to(garden.state).as_posix(), place))
        path.write_bytes(data)

    assert missed == []
    record_property("fault", f"single bits flipped in {len(kept)} files: {tried} tried, {tried} found by verify")

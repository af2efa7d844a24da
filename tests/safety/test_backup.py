"""Backups: whole or not there, tried before they are called good, and a site again from nothing else."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from datetime import UTC, datetime

import pytest

from samvirke import journal
from samvirke.backup import back_up, restore
from samvirke.errors import InputError, StoreDamaged, StoreError, WrongUse
from samvirke.generations import JOURNAL, SHARED, current
from samvirke.site import Site
from samvirke.tokens import issue, read_tokens
from samvirke.verification import verify_state
from samvirke.web.shares import Shares
from samvirke.workers import Pool, QueryRequest
from tests.garden import FAR, GRAPH, OAK
from tests.processes import LIMITS


def names(site):
    query = f"SELECT ?name {{ GRAPH <{GRAPH}> {{ <{OAK}> <{FAR}> ?name }} }}"
    with Pool.start(site.state, LIMITS) as pool:
        return set(b"".join(pool.query(QueryRequest(text=query, media_type="text/csv")).body).decode().split()[1:])


def test_a_restored_site_says_the_same(site, tmp_path):
    made = back_up(site, tmp_path / "garden.tar")
    restore(tmp_path / "garden.tar", tmp_path / "again")
    again = Site.open(tmp_path / "again")

    assert made.version == current(site.state).version == current(again.state).version
    assert current(again.state).hash == current(site.state).hash
    assert [record.hash for record in journal.read(again.state / JOURNAL)] == [
        record.hash for record in journal.read(site.state / JOURNAL)
    ]
    assert {path.name: path.read_bytes() for path in again.source_files()} == {
        path.name: path.read_bytes() for path in site.source_files()
    }
    assert names(again) == names(site) == {"One", "Two"}
    assert {check.name for check in made.checks} >= {"checksums", "data", "quotes", "index", "journal"}


def test_tokens_come_along_closed_to_others(site, tmp_path):
    issue(site.state, "ada", scope={"update": ("*",)}, expires=None, rate=60, now=datetime.now(UTC))
    back_up(site, tmp_path / "garden.tar")
    restore(tmp_path / "garden.tar", tmp_path / "again")
    state = Site.open(tmp_path / "again").state

    assert [token.name for token in read_tokens(state)] == ["ada"]
    assert stat.S_IMODE((state / "tokens.json").stat().st_mode) == 0o600


def test_short_addresses_come_along(site, tmp_path):
    name = Shares(site.state).keep("ASK { ?s ?p ?o }")
    (site.state / SHARED / ".half").write_text("ASK {")
    back_up(site, tmp_path / "garden.tar")
    restore(tmp_path / "garden.tar", tmp_path / "again")
    state = Site.open(tmp_path / "again").state

    assert Shares(state).read(name) == "ASK { ?s ?p ?o }"
    assert [path.name for path in (state / SHARED).iterdir()] == [f"{name}.rq"]


def test_a_record_that_is_being_written_is_left_out(site, tmp_path):
    file = site.state / JOURNAL / journal.FILE
    whole = file.read_bytes()
    file.write_bytes(whole + whole[-400:][:100].replace(b"\n", b" "))
    torn = whole + b"# record 0000000000000003, 00000000000"
    file.write_bytes(torn)
    back_up(site, tmp_path / "garden.tar")
    restore(tmp_path / "garden.tar", tmp_path / "again")

    assert (Site.open(tmp_path / "again").state / JOURNAL / journal.FILE).read_bytes() == whole


def test_nothing_is_written_over(site, tmp_path):
    (tmp_path / "there.tar").write_bytes(b"mine")
    with pytest.raises(WrongUse):
        back_up(site, tmp_path / "there.tar")
    back_up(site, tmp_path / "garden.tar")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(WrongUse):
        restore(tmp_path / "garden.tar", tmp_path / "full")

    assert (tmp_path / "there.tar").read_bytes() == b"mine"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_a_copy_of_damage_is_no_backup(site, tmp_path):
    path = current(site.state).directory / "data.nq"
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Ida", 1))
    with pytest.raises(StoreDamaged, match=r"data\.nq is not as it was written"):
        back_up(site, tmp_path / "garden.tar")

    assert [path.name for path in tmp_path.iterdir()] == ["garden"]


def test_a_damaged_journal_is_no_backup(site, tmp_path):
    file = site.state / JOURNAL / journal.FILE
    file.write_bytes(file.read_bytes().replace(b"she says", b"he  says", 1))
    with pytest.raises(StoreDamaged, match="not good"):
        back_up(site, tmp_path / "garden.tar")

    assert [path.name for path in tmp_path.iterdir()] == ["garden"]


def test_every_cut_of_a_backup_is_refused_and_leaves_nothing(site, tmp_path):
    back_up(site, tmp_path / "garden.tar")
    whole = (tmp_path / "garden.tar").read_bytes()
    cuts = [0, 1, 511, 512, 1000, *range(5_000, len(whole) - 10_240, len(whole) // 12)]
    assert len(cuts) >= 15
    for cut in cuts:
        (tmp_path / "cut.tar").write_bytes(whole[:cut])
        with pytest.raises((InputError, StoreDamaged)):
            restore(tmp_path / "cut.tar", tmp_path / "again")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.tar", "garden", "garden.tar"]


def test_flipped_bytes_of_a_backup_are_refused_or_harmless(site, tmp_path):
    back_up(site, tmp_path / "garden.tar")
    whole = bytearray((tmp_path / "garden.tar").read_bytes())
    refused = 0
    places = range(0, len(whole), max(1, len(whole) // 60))
    assert len(places) >= 60
    for number, place in enumerate(places):
        wrong = bytearray(whole)
        wrong[place] ^= 0x10
        (tmp_path / "flipped.tar").write_bytes(wrong)
        folder = tmp_path / f"again-{number}"
        try:
            restore(tmp_path / "flipped.tar", folder)
        except (InputError, StoreDamaged):
            refused += 1
            assert not folder.exists()
        else:  # A byte of padding, or of a time that counts for nothing.
            assert not any(check.wrong for check in verify_state(Site.open(folder).state))
    assert refused >= len(places) // 2


@pytest.mark.parametrize("name", ["../out", "/etc/out", "site/../../out", "state/../../out", "other/file", "site"])
def test_no_member_leads_out_of_the_folder(tmp_path, name):
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"evil"))
        told = json.dumps({"format": 1, "version": "v", "files": {}}).encode()
        entry = tarfile.TarInfo("backup.json")
        entry.size = len(told)
        archive.addfile(entry, io.BytesIO(told))
    with pytest.raises(InputError):
        restore(tmp_path / "evil.tar", tmp_path / "again")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.tar"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_unpacked(tmp_path, kind):
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        entry = tarfile.TarInfo("site/link")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(InputError):
        restore(tmp_path / "evil.tar", tmp_path / "again")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.tar"]


def test_what_was_never_built_is_not_backed_up(tmp_path):
    (tmp_path / "samvirke.toml").write_text('base = "https://x.example/"\n')
    with pytest.raises(StoreError, match="Nothing has been published"):
        back_up(Site.open(tmp_path), tmp_path / "x.tar")

    assert not (tmp_path / "x.tar").exists()

"""A full scan finds what a checksum alone would not: data that were wrong when their checksums were made."""

from __future__ import annotations

import json

import pytest

from samvirke import generations
from samvirke.generations import current, sealed
from samvirke.journal import Journal
from samvirke.model import NamedNode, Quad
from samvirke.patch import Delta
from samvirke.store import disk, files_of
from samvirke.verification import verify, verify_state

NODE = NamedNode("urn:x")


def wrong(site):
    return {check.name: check.wrong for check in verify_state(site.state) if check.wrong}


def reseal(directory):
    """Make the checksums right again, as if the damage had come before them."""
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["parts"] = {
        file.relative_to(directory).as_posix(): generations.file_digest(file)
        for file in sorted(directory.rglob("*"))
        if file.is_file() and file != path
    }
    path.write_text(json.dumps(sealed(manifest), ensure_ascii=False, indent=1) + "\n")


def test_all_is_well_with_what_was_just_written(site):
    checks = {check.name: check.looked_at for check in verify_state(site.state)}

    assert wrong(site) == {}
    assert checks["journal"] == 2
    assert checks["quotes"] == 2
    assert checks["data"] > 600
    assert checks["index"] > 3


def replaced(name, old, new):
    def damage(directory):
        path = directory / name
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return damage


def without_a_line(directory):
    path = directory / "default.nt"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


DAMAGE = {
    "a fact that says another thing": (replaced("data.nq", b'"Ada"@en', b'"Ida"@en'), "data"),
    "a line less": (without_a_line, "data"),
    "words that are others": (lambda d: next((d / "texts").iterdir()).write_text("Someone tends an oak."), "quotes"),
    "words that are gone": (lambda d: next((d / "texts").iterdir()).unlink(), "quotes"),
    "an index that is none": (lambda d: (d / "index.sqlite").write_bytes(b"SQLite format 3\0" + bytes(4080)), "index"),
    "a schema that is cut": (lambda d: (d / "schema.nq").write_bytes((d / "schema.nq").read_bytes()[:-30]), "data"),
}
assert len(DAMAGE) >= 6


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_from_before_the_checksums_is_found_by_its_own_check(site, kind):
    damage, name = DAMAGE[kind]
    directory = current(site.state).directory
    damage(directory)
    assert "checksums" in wrong(site)
    reseal(directory)

    assert name in wrong(site)
    assert "checksums" not in wrong(site)


def test_a_file_too_many_and_a_manifest_that_was_touched_are_found(site):
    directory = current(site.state).directory
    (directory / "queries" / "more.rq").write_text("ASK {}")
    assert wrong(site) == {"checksums": ("queries/more.rq was not written by a build.",)}
    (directory / "queries" / "more.rq").unlink()
    replaced("manifest.json", b'"engine"', b'"Engine"')(directory)
    assert wrong(site) == {"checksums": ("manifest.json is not as it was written.",)}


def test_a_journal_that_ends_before_the_generation_is_found(site):
    file = site.state / "journal" / "journal.rdfp"
    file.write_bytes(b"".join(file.read_bytes().splitlines(True)[:1]))

    assert "journal" in wrong(site)


def test_a_journal_that_is_gone_or_another_is_found(site):
    file = site.state / "journal" / "journal.rdfp"
    whole = file.read_bytes()
    file.unlink()
    assert wrong(site) == {"journal": ("It is gone, and 1 records of it are part of what is published.",)}
    file.parent.rmdir()
    with Journal.open(file.parent) as other:
        for _ in range(2):
            other.append(author="eve", reason="", delta=Delta(added=frozenset({Quad(NODE, NODE, NODE, NODE)})))
    assert "not the one" in wrong(site)["journal"][0]
    file.write_bytes(whole)
    assert wrong(site) == {}


def test_a_store_on_disk_is_read_through_each_index(site):
    directory = current(site.state).directory
    disk.write_disk(directory, files_of(directory))
    reseal(directory)
    (check,) = (one for one in verify(current(site.state)) if one.name == "store")
    assert (check.wrong, check.looked_at > 600) == ((), True)

    tables = sorted((directory / disk.FOLDER).glob("*.sst"), key=lambda path: -path.stat().st_size)
    for table in tables[:4]:
        data = table.read_bytes()
        table.write_bytes(data[:200] + bytes([data[200] ^ 0xFF]) + data[201:])
        reseal(directory)
        (check,) = (one for one in verify(current(site.state)) if one.name == "store")
        assert check.wrong, table.name
        table.write_bytes(data)

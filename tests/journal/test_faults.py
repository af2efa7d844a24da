"""What can happen to a journal: torn, bent, killed, no room, no writing. Nothing acknowledged is ever lost.

Each test counts what it tried and what was lost; the counts are printed at the end of the run.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from samvirke.errors import DiskFull, SamvirkeError, StoreBusy, StoreDamaged, StoreError
from samvirke.journal import FILE, Journal, check, read
from samvirke.journal.records import encode
from samvirke.patch import Delta
from tests.journal.appending import text
from tests.journal.conftest import FIRST, adding, name, write

CYCLES = int(os.environ.get("SAMVIRKE_KILLS", "30"))
APPENDING = Path(__file__).with_name("appending.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def counted(record_property):
    """Note a row of the fault table."""

    def note(fault: str, tried: int, lost: int) -> None:
        record_property("fault", f"journal: {fault}: tried {tried}, lost {lost}")
        assert lost == 0

    return note


def test_torn_at_every_byte_of_the_last_record(folder, counted):
    ends = write(folder, 3)
    whole, before = (folder / FILE).read_bytes(), list(read(folder))[:2]
    tried = lost = 0
    for size in range(ends[1], ends[2]):
        (folder / FILE).write_bytes(whole[:size])
        seen = list(read(folder))
        with Journal.open(folder) as journal:
            told = journal.dropped
        lost += seen != before or list(read(folder)) != before or bool(told) != (size > ends[1])
        aside = [path for path in folder.iterdir() if path.name != FILE]
        lost += b"".join(path.read_bytes() for path in aside) != whole[ends[1] : size]
        for path in aside:
            path.unlink()
        tried += 1
    assert tried > 400
    counted("torn at every byte of the last record", tried, lost)


@pytest.fixture
def hasty(monkeypatch):
    """No second look at what a writer may just be writing: there is none."""
    monkeypatch.setattr("samvirke.journal.reading._AGAIN_S", 0)


def test_any_flipped_byte_is_found(folder, counted, hasty):
    """By the check, and either by opening or by what opening puts aside; what is read besides is what was written."""
    write(folder, 3)
    whole, records = (folder / FILE).read_bytes(), list(read(folder))
    chance, tried, lost = random.Random(4), 0, 0
    for place in range(len(whole)):
        bits = {whole[place] ^ 1 << bit for bit in chance.sample(range(8), 3)}
        for value in bits | {0, 10, chance.randrange(256)}:
            if value == whole[place]:
                continue
            data = bytearray(whole)
            data[place] = value
            (folder / FILE).write_bytes(data)
            found = check(folder)
            seen = []
            try:
                seen.extend(read(folder))
            except StoreDamaged as error:
                lost += error.message != found[0]
            lost += not found or seen != records[: len(seen)]
            tried += 1
    assert tried > 7_000
    counted("one byte flipped", tried, lost)


def test_a_flipped_byte_keeps_the_writer_out(folder, counted, hasty):
    write(folder, 3)
    whole = (folder / FILE).read_bytes()
    lost = 0
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        (folder / FILE).write_bytes(data)
        with pytest.raises(StoreDamaged):
            Journal.open(folder)
        lost += (folder / FILE).read_bytes() != data
    assert len(whole) > 1000
    counted("one bit flipped before the start", len(whole), lost)


def run(folder: Path, *arguments: object, **options) -> subprocess.Popen:
    command = [sys.executable, str(APPENDING), str(folder), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT, **options)


def test_killed_at_any_moment_every_acknowledged_record_is_there(tmp_path, counted):
    folder = tmp_path / "journal"
    chance, acknowledged, lost, put_aside = random.Random(11), [], 0, 0
    for cycle in range(CYCLES):
        child = run(folder, cycle)
        assert child.stdout is not None
        told = [child.stdout.readline()]  # It has begun.
        time.sleep(chance.random() * 0.06)
        child.kill()
        told += child.stdout.read().splitlines()
        child.wait()
        child.stdout.close()
        acknowledged += [(int(sequence), cycle) for sequence in told]
        seen = {record.sequence: record for record in read(folder)}
        with Journal.open(folder) as journal:
            put_aside += bool(journal.dropped)
            lost += journal.sequence != len(seen)
        for sequence, writer in acknowledged[-len(told) :]:
            (quad,) = seen[sequence].delta.added
            lost += (seen[sequence].author, quad.object.value) != (str(writer), text(sequence, writer))
        lost += check(folder) != []
    kept = {record.sequence: record.author for record in read(folder)}
    lost += sum(kept.get(sequence) != str(writer) for sequence, writer in acknowledged)
    assert len(acknowledged) >= CYCLES
    counted(f"kill -9 while writing ({len(acknowledged)} acknowledged, {put_aside} ends put aside)", CYCLES, lost)


def test_a_file_that_may_grow_no_more_is_left_whole(folder, counted):
    with run(folder, 1, 3_000_000) as child:
        assert child.stdout is not None
        told = child.stdout.read().decode().split()
    records = list(read(folder))

    assert told[-1] == "DiskFull"
    assert [word for word in told if word.isdigit()] == [str(record.sequence) for record in records]
    assert check(folder) == []
    with Journal.open(folder) as journal:
        assert journal.dropped == ""
        assert journal.append(author="a", reason="", delta=adding(1)).sequence == len(records) + 1
    counted("RLIMIT_FSIZE reached", told.count("DiskFull"), 0)


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """A file system of its own; skips where none may be mounted."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder.mkdir()
    done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Use up all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def test_a_full_disk_refuses_writes_and_nothing_else(tmp_path, counted):
    tried = lost = 0
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as disk:
        folder = disk / "journal"
        for free_bytes in (0, 100_000):
            with Journal.open(folder, free_bytes=free_bytes) as journal:
                for size in (10, 5_000, 50_000, 900_000):
                    delta = Delta(added=frozenset({name(1, "x" * size)}))
                    journal.append(author="a", reason="", delta=adding(1))
                    filler, before = fill(disk), list(read(folder))
                    for _ in range(3):
                        tried += 1
                        try:
                            while True:  # There may be room in the page that was begun.
                                before.append(journal.append(author="a", reason="", delta=delta))
                        except DiskFull:
                            lost += list(read(folder)) != before
                    assert check(folder) == []
                    filler.unlink()
                    if size < 900_000:  # There is room for this again.
                        before.append(journal.append(author="a", reason="", delta=delta))
                    lost += list(read(folder)) != before
    counted("disk full", tried, lost)


def test_an_end_that_cannot_be_put_aside_stays_until_there_is_room(tmp_path):
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as disk:
        folder = disk / "journal"
        write(folder, 2, text="x" * 20_000)
        torn = (folder / FILE).read_bytes()[:-10]
        os.truncate(folder / FILE, len(torn))
        filler = fill(disk)
        with pytest.raises(DiskFull):
            Journal.open(folder)
        assert (folder / FILE).read_bytes() == torn
        assert [record.sequence for record in read(folder)] == [1]
        filler.unlink()
        with Journal.open(folder) as journal:
            assert journal.sequence == 1
            assert "Record 2 was never finished" in journal.dropped


def test_a_read_only_file_system_is_read_and_says_so(tmp_path):
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as disk:
        folder = disk / "journal"
        write(folder, 2)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for place in (folder, disk / "new"):
            with pytest.raises(StoreError, match="cannot be opened for writing: Read-only file system"):
                Journal.open(place)
        assert len(list(read(folder))) == 2
        assert check(folder) == []
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        write(folder, 1)
        assert len(list(read(folder))) == 3


def test_a_disk_that_fails_a_sync_is_not_trusted_again(tmp_path, counted):
    """A file system in a file on a full disk: writes go into memory and succeed, and the sync fails."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 makes the disk that fails, and is not installed")
    failed = lost = 0
    with mounted(tmp_path / "outer", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as outer:
        image = outer / "image"
        with image.open("wb") as file:
            file.truncate(16 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", str(image)], check=True, capture_output=True)
        with mounted(tmp_path / "inner", "-o", "loop", str(image)) as inner:
            folder = inner / "journal"
            acknowledged = []
            with Journal.open(folder, free_bytes=0) as journal:
                acknowledged.append(journal.append(author="a", reason="", delta=adding(1)))
                fill(outer)
                large = Delta(added=frozenset({name(1, "x" * 300_000)}))
                for _ in range(20):
                    try:
                        acknowledged.append(journal.append(author="a", reason="", delta=large))
                    except StoreError as error:
                        failed += 1
                        message = error.message
                lost += list(read(folder)) != acknowledged
            (outer / "filler").unlink()
    assert failed >= 10
    assert message.startswith("Nothing more is written: ")
    counted("a sync that fails", failed, lost)


def test_a_reader_beside_a_writer_never_sees_half_a_record(tmp_path, counted):
    folder = tmp_path / "journal"
    write(folder, 1)
    child = run(folder, 5)
    assert child.stdout is not None
    reads, lost, highest = 0, 0, 1
    try:
        child.stdout.readline()
        while highest < 300:
            after = max(highest - 3, 0)
            seen = list(read(folder, after=after))
            lost += [record.sequence for record in seen] != list(range(after + 1, after + 1 + len(seen)))
            lost += bool(seen) and seen[-1].sequence < highest
            highest = seen[-1].sequence if seen else highest
            lost += check(folder) != [] if reads % 20 == 0 else 0
            reads += 1
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    assert reads > 10
    counted(f"reading beside a writer ({highest} records)", reads, lost)


def test_a_reader_beside_a_writer_that_takes_back_sees_no_damage(folder, counted):
    """A writer out of room writes, cuts back, and writes something else in the same place."""
    reads = lost = 0
    stop = threading.Event()
    with Journal.open(folder) as journal:
        journal.append(author="a", reason="", delta=adding(1))

        def go_on() -> None:
            real, turn = os.pwrite, 0
            while not stop.is_set():
                turn += 1
                size = turn % 7 * 30_000
                _, data = encode(
                    adding(turn, "y" * size),
                    sequence=journal.sequence + 1,
                    time=FIRST,
                    author="a",
                    reason="",
                    previous=journal.head,
                )
                real(journal._file, data[:-20], journal._end)
                journal._cut_back()
                journal.append(author="a", reason="", delta=adding(turn, "x" * (size // 2)))

        thread = threading.Thread(target=go_on)
        thread.start()
        until = time.monotonic() + 2
        try:
            while time.monotonic() < until:
                after = max(journal.sequence - 2, 0)
                seen = [record.sequence for record in read(folder, after=after)]
                lost += seen != list(range(after + 1, after + 1 + len(seen))) or not seen
                reads += 1
        finally:
            stop.set()
            thread.join()
    assert check(folder) == []
    counted("reading beside a writer that takes back", reads, lost)


def test_of_many_writers_at_once_only_one_writes(folder, counted):
    children = [run(folder, number, stderr=subprocess.PIPE) for number in range(3)]
    lines = []
    try:
        while sum(child.poll() is not None for child in children) < 2:
            time.sleep(0.05)
    finally:
        for child in children:
            child.kill()
            out, err = child.communicate()
            lines.append((out.split(), StoreBusy.__name__.encode() in err))
    writers = [told for told, busy in lines if told and not busy]
    assert len(writers) == 1
    assert [record.sequence for record in read(folder)][: len(writers[0])] == [int(word) for word in writers[0]]
    counted("a second and a third writer", 2, 0)


def test_every_error_of_the_room_is_one_of_the_tree(folder):
    folder.parent.joinpath("file").write_text("")
    for place in (folder.parent / "file", folder.parent / "file" / "below"):
        with pytest.raises(SamvirkeError):
            Journal.open(place)
        assert list(read(place)) == []
    (folder / FILE).mkdir(parents=True)
    for use in (Journal.open, lambda place: list(read(place)), check):
        with pytest.raises(SamvirkeError):
            use(folder)


def test_a_journal_is_read_by_a_process_that_knows_no_web_and_no_validator(folder):
    write(folder, 2)
    program = (
        "import sys; from pathlib import Path; from samvirke.journal import read;"
        "print(len(list(read(Path(sys.argv[1])))), {'flask', 'rdflib', 'pyshacl'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)

    assert done.stdout == "2 set()\n"

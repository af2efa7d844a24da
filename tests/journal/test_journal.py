"""What is written is read back by any process, in order, each record linked to the one before."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from samvirke.errors import DiskFull, InputError, StoreBusy, StoreDamaged, StoreError
from samvirke.journal import FILE, Journal, check, read, touching
from samvirke.journal.records import HEADER
from samvirke.patch import Delta
from tests.journal.conftest import FIRST, GRAPH, adding, name, write


def test_the_file_is_lines_of_rdf_patch(folder):
    with Journal.open(folder, clock=lambda: FIRST) as journal:
        first = journal.append(author="Anna", reason="", delta=adding(1))
        second = journal.append(author='B "b"', reason="for\nlængst", delta=adding(1).reversed())
    lines = (folder / FILE).read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not line.startswith("#")] == [
        f"H id <nih:sha-256;{first.hash}> .",
        'H sequence "1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
        'H time "2026-03-01T12:30:00.000000Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .',
        'H author "Anna" .',
        'H reason "" .',
        "TX .",
        'A <http://a/id/1> <http://a/name> "Sø"@da <http://a/document/1#char=0,9> .',
        "TC .",
        f"H id <nih:sha-256;{second.hash}> .",
        f"H prev <nih:sha-256;{first.hash}> .",
        'H sequence "2"^^<http://www.w3.org/2001/XMLSchema#integer> .',
        'H time "2026-03-01T12:30:00.000000Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .',
        'H author "B \\"b\\"" .',
        'H reason "for\\nlængst" .',
        "TX .",
        'D <http://a/id/1> <http://a/name> "Sø"@da <http://a/document/1#char=0,9> .',
        "TC .",
    ]
    assert lines[0] == HEADER.decode().rstrip()
    assert [line[: len("# record 0000000000000001, ")] for line in lines if line.startswith("# r")] == [
        "# record 0000000000000001, ",
        "# record 0000000000000002, ",
    ]


def test_records_are_read_as_they_were_written(folder):
    odd = [
        Delta(),
        adding(1, 'a\0b\r\n\t\\"\u2028 # record 0000000000000009, \nTC .\n'),
        Delta(
            deleted=frozenset({Quad(BlankNode("x"), NamedNode("http://a/ø"), Literal(1), DefaultGraph())}),
            gone=frozenset({NamedNode("http://a/g")}),
            made=frozenset({BlankNode("g")}),
        ),
        Delta(added=frozenset(name(number) for number in range(2000))),
    ]
    with Journal.open(folder) as journal:
        written = [journal.append(author="Å\n\0", reason='\\"', delta=delta) for delta in odd]
        assert (journal.sequence, journal.head) == (4, written[-1].hash)
    found = list(read(folder))

    assert found == written
    assert [record.delta for record in found] == odd
    assert [record.sequence for record in found] == [1, 2, 3, 4]
    assert [record.previous for record in found] == ["", *(record.hash for record in found[:-1])]
    assert check(folder) == []
    for after in range(6):
        assert list(read(folder, after=after)) == written[after:]


def test_what_was_never_written_is_empty(folder):
    assert list(read(folder)) == []
    assert list(touching(folder, "http://a/id/1")) == []
    assert check(folder) == []
    with Journal.open(folder) as journal:
        assert (journal.sequence, journal.head, journal.dropped) == (0, "", "")
    assert list(read(folder)) == []
    assert check(folder) == []


def test_writing_goes_on_where_it_ended(folder):
    write(folder, 2)
    write(folder, 3)

    assert [record.sequence for record in read(folder)] == [1, 2, 3, 4, 5]
    assert check(folder) == []


def test_a_record_is_seen_at_once_and_a_walk_ends_where_it_began(folder):
    with Journal.open(folder) as journal:
        first = journal.append(author="a", reason="", delta=adding(1))
        walk = read(folder)
        assert next(walk) == first
        journal.append(author="a", reason="", delta=adding(2))
        assert list(walk) == []
        assert len(list(read(folder, after=1))) == 1


def test_a_torn_end_is_never_read(folder):
    """Torn at every single byte: test_faults.py."""
    ends = write(folder, 3)
    whole, before = (folder / FILE).read_bytes(), list(read(folder))[:2]
    for size in (*range(ends[1], ends[1] + 70, 8), *range(ends[1] + 70, ends[2], 60), ends[2] - 1):
        (folder / FILE).write_bytes(whole[:size])
        assert list(read(folder)) == before
        assert len(check(folder)) == (size > ends[1])


def test_a_torn_end_is_put_aside_and_told(folder):
    ends = write(folder, 3)
    whole = (folder / FILE).read_bytes()
    for again in range(2):
        (folder / FILE).write_bytes(whole[:-100])
        with Journal.open(folder) as journal:
            assert journal.sequence == 2
            assert journal.dropped == (
                f"Record 3 was never finished and never acknowledged: its {ends[2] - ends[1] - 100} bytes from byte "
                f"{ends[1]} on were put aside as journal/unfinished-3-{ends[1]}."
            ), again
    assert (folder / f"unfinished-3-{ends[1]}").read_bytes() == whole[ends[1] : -100]
    assert (folder / FILE).read_bytes() == whole[: ends[1]]
    (folder / FILE).write_bytes(whole[:-50])
    Journal.open(folder).close()
    assert (folder / f"unfinished-3-{ends[1]}.2").read_bytes() == whole[ends[1] : -50]
    write(folder, 1)
    assert (folder / FILE).read_bytes() == whole
    with Journal.open(folder) as journal:
        assert journal.dropped == ""


def test_zeros_that_a_power_cut_left_are_a_torn_end(folder):
    ends = write(folder, 2, text="x" * 3000)
    whole = (folder / FILE).read_bytes()
    sector = (ends[0] // 512 + 2) * 512
    for kept in (ends[1], ends[0], sector, sector + 1024):
        (folder / FILE).write_bytes(whole[:kept] + bytes(max(ends[1] - kept, 700)))
        assert [record.sequence for record in read(folder)] == ([1, 2] if kept == ends[1] else [1])
        with Journal.open(folder) as journal:
            assert journal.dropped.startswith(f"Record {3 if kept == ends[1] else 2} was never finished")


def test_zeros_that_no_power_cut_leaves_are_damage(folder):
    ends = write(folder, 2, text="x" * 3000)
    whole = (folder / FILE).read_bytes()
    kept = (ends[0] // 512 + 2) * 512 + 100
    (folder / FILE).write_bytes(whole[:kept] + bytes(ends[1] - kept))

    with pytest.raises(StoreDamaged):
        Journal.open(folder)


@pytest.mark.parametrize("record", [1, 2, 3])
def test_damage_is_refused_with_its_place_and_nothing_is_changed(folder, record):
    ends = write(folder, 3)
    begin = [len(HEADER), *ends][record - 1]
    data = bytearray((folder / FILE).read_bytes())
    data[begin + 300] ^= 1
    (folder / FILE).write_bytes(data)
    place = f", after record {record - 1}" if record > 1 else ", before the first record"
    message = (
        f"journal/journal.rdfp is damaged at byte {begin}{place}: "
        f"the {ends[record - 1] - begin} bytes of record {record} are not those that were written."
    )
    whole = {1: "no record", 2: "1 record", 3: "2 records"}[record]

    for use in (Journal.open, lambda folder: list(read(folder))):
        with pytest.raises(StoreDamaged) as told:
            use(folder)
        assert told.value.message == message
        assert told.value.remedy == (
            f"Put the journal back from a backup. Its first {begin} bytes hold {whole} as written."
        )
    assert check(folder) == [message]
    assert (folder / FILE).read_bytes() == data
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_every_damaged_place_is_found_by_the_check(folder):
    ends = write(folder, 6)
    data = bytearray((folder / FILE).read_bytes())
    data[ends[0] + 20] ^= 1  # the frame of record 2
    data[ends[3] - 2] ^= 1  # the end of record 4
    (folder / FILE).write_bytes(data[:-1])
    found = check(folder)

    assert len(found) == 3
    assert [
        f"byte {place}" in sentence for place, sentence in zip((ends[0], ends[2], ends[4]), found, strict=True)
    ] == [
        True,
        True,
        True,
    ]


def test_a_record_that_was_taken_out_put_twice_or_rewritten_is_found(folder):
    ends = write(folder, 4)
    whole = (folder / FILE).read_bytes()
    cuts = [len(HEADER), *ends]
    parts = [whole[begin:end] for begin, end in pairwise(cuts)]
    with Journal.open(folder.parent / "other", clock=lambda: FIRST + timedelta(hours=1)) as other:
        for number in range(1, 5):
            other.append(author="Anna", reason="", delta=adding(number))
    foreign = (folder.parent / "other" / FILE).read_bytes()
    assert len(foreign) == len(whole)
    for wrong in (
        whole[: ends[0]] + whole[ends[1] :],
        whole + parts[3],
        HEADER + b"".join(parts[1:]),
        whole[: ends[0]] + foreign[ends[0] : ends[1]] + whole[ends[1] :],
        whole + b"A <http://a/a> <http://a/a> <http://a/a> .\n",
        whole[5:],
        b"",
        whole[:40],
    ):
        (folder / FILE).write_bytes(wrong)
        assert check(folder) != []
        with pytest.raises(StoreDamaged):
            Journal.open(folder)
        with pytest.raises(StoreDamaged):
            list(read(folder))


def test_a_journal_of_a_later_version_is_left_to_it(folder):
    write(folder, 1)
    (folder / FILE).write_bytes((folder / FILE).read_bytes().replace(b"format 1", b"format 2"))

    with pytest.raises(StoreDamaged, match="Read it with the version that wrote it"):
        Journal.open(folder)


def test_time_never_goes_back(folder):
    hours = iter([5, 3, 4, 6])
    with Journal.open(folder, clock=lambda: FIRST + timedelta(hours=next(hours))) as journal:
        for _ in range(2):
            journal.append(author="a", reason="", delta=adding(1))
    with Journal.open(folder, clock=lambda: FIRST + timedelta(hours=next(hours))) as journal:
        for _ in range(2):
            journal.append(author="a", reason="", delta=adding(1))

    assert [(record.time - FIRST) / timedelta(hours=1) for record in read(folder)] == [5, 5, 5, 6]


def test_time_is_told_in_utc(folder):
    summer = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with Journal.open(folder, clock=lambda: summer) as journal:
        journal.append(author="a", reason="", delta=adding(1))

    assert [record.time for record in read(folder)] == [datetime(2026, 7, 1, 10, tzinfo=UTC)]


def test_a_second_writer_is_told_and_the_first_goes_on(folder, monkeypatch):
    monkeypatch.setattr("samvirke.journal.writing._LOCK_WAIT_S", 0.06)
    with Journal.open(folder) as journal:
        with pytest.raises(StoreBusy, match="Another server writes to"):
            Journal.open(folder)
        assert check(folder) == []
        journal.append(author="a", reason="", delta=adding(1))
    write(folder, 1)
    assert len(list(read(folder))) == 2


def test_a_forked_child_neither_writes_nor_keeps_the_lock(folder):
    journal = Journal.open(folder)
    leave, stay = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(stay)
        try:
            journal.append(author="a", reason="", delta=adding(1))
        except StoreError:
            os.read(leave, 1)  # until the parent has opened anew
            os._exit(7)
        os._exit(1)
    os.close(leave)
    journal.close()
    Journal.open(folder).close()
    os.close(stay)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert list(read(folder)) == []


def test_a_closed_journal_takes_nothing(folder):
    journal = Journal.open(folder)
    journal.close()
    journal.close()

    with pytest.raises(StoreError, match="The journal is closed"):
        journal.append(author="a", reason="", delta=adding(1))


def test_a_text_that_is_none_is_refused_and_nothing_is_written(folder):
    with Journal.open(folder) as journal:
        for texts in ({"author": "\udc80", "reason": ""}, {"author": "", "reason": "\ud800"}):
            with pytest.raises(InputError, match="characters that are no text"):
                journal.append(**texts, delta=adding(1))
        journal.append(author="a", reason="", delta=adding(1))
    assert len(list(read(folder))) == 1


def test_nothing_is_written_below_the_free_space(folder):
    write(folder, 1)
    data = Delta(added=frozenset({name(1, "x" * 100_000)}))
    disk = os.statvfs(folder)
    small = disk.f_blocks * disk.f_frsize // 16
    with Journal.open(folder, free_bytes=1 << 60) as journal:
        if disk.f_bavail * disk.f_frsize < small:
            with pytest.raises(DiskFull):
                journal.append(author="a", reason="", delta=data)
        else:  # The floor is a sixteenth of the disk at most, and so much is free here.
            assert journal.append(author="a", reason="", delta=data).sequence == 2


@pytest.mark.parametrize("harm", ["append", "replace", "remove", "cut"])
def test_a_file_that_others_changed_is_not_written_to(folder, harm):
    with Journal.open(folder) as journal:
        journal.append(author="a", reason="", delta=adding(1))
        path, whole = folder / FILE, (folder / FILE).read_bytes()
        if harm == "append":
            path.write_bytes(whole + b"\n")
        elif harm == "cut":
            os.truncate(path, len(whole) - 1)
        else:
            path.unlink()
            if harm == "replace":
                path.write_bytes(whole)
        for _ in range(2):
            with pytest.raises(StoreError, match="othing"):
                journal.append(author="a", reason="", delta=adding(2))
        assert not path.exists() or len(path.read_bytes()) - len(whole) in (-1, 0, 1)


def failing(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


# A kernel fails a sync only with a disk that fails; test_faults.py has one where it may be made.
def test_after_a_failed_sync_nothing_is_written_until_it_is_opened_anew(folder, monkeypatch):
    with Journal.open(folder) as journal:
        first = journal.append(author="a", reason="", delta=adding(1))
        with monkeypatch.context() as disk:
            disk.setattr(os, "fdatasync", failing(errno.EIO))
            with pytest.raises(StoreError, match="Input/output error"):
                journal.append(author="a", reason="", delta=adding(2))
        assert list(read(folder)) == [first]
        with pytest.raises(StoreError, match=r"Nothing more is written: the disk did not take a record"):
            journal.append(author="a", reason="", delta=adding(2))
        assert journal.sequence == 1
    write(folder, 1)
    assert [record.sequence for record in read(folder)] == [1, 2]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS])
def test_a_half_written_record_is_cut_off(folder, monkeypatch, number):
    real = os.pwrite

    def half(file, data, offset):
        if len(data) < 100:
            raise OSError(number, os.strerror(number))
        return real(file, data[:-50], offset)

    with Journal.open(folder) as journal:
        journal.append(author="a", reason="", delta=adding(1))
        whole = (folder / FILE).read_bytes()
        with monkeypatch.context() as disk:
            disk.setattr(os, "pwrite", half)
            with pytest.raises(DiskFull if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else StoreError):
                journal.append(author="a", reason="", delta=adding(2))
            assert (folder / FILE).read_bytes() == whole
            disk.setattr(os, "ftruncate", failing(errno.EIO))
            with pytest.raises(StoreError):
                journal.append(author="a", reason="", delta=adding(2))
        with pytest.raises(StoreError, match="could not be taken back"):
            journal.append(author="a", reason="", delta=adding(2))
        assert len(list(read(folder))) == 1
    with Journal.open(folder) as journal:
        assert "Record 2 was never finished" in journal.dropped


def test_an_interrupted_write_leaves_nothing(folder, monkeypatch):
    real = os.pwrite

    def interrupted(file, data, offset):
        real(file, data[:77], offset)
        raise KeyboardInterrupt

    with Journal.open(folder) as journal:
        whole = (folder / FILE).read_bytes()
        with monkeypatch.context() as disk:
            disk.setattr(os, "pwrite", interrupted)
            with pytest.raises(KeyboardInterrupt):
                journal.append(author="a", reason="", delta=adding(1))
        assert (folder / FILE).read_bytes() == whole
        assert journal.append(author="a", reason="", delta=adding(1)).sequence == 1


def test_the_records_of_a_thing_are_those_that_say_something_of_it(folder):
    thing, other, link = NamedNode("http://a/thing"), NamedNode("http://a/other"), NamedNode("http://a/link")
    hits = [
        Delta(added=frozenset({Quad(thing, link, other)})),
        Delta(deleted=frozenset({Quad(thing, link, Literal("x y", language="da"), GRAPH)})),
        Delta(added=frozenset({Quad(other, link, thing)})),
        Delta(added=frozenset({Quad(BlankNode("b"), link, thing, GRAPH)})),
        Delta(added=frozenset({Quad(other, link, Literal("."), thing)})),
        Delta(made=frozenset({thing})),
        Delta(gone=frozenset({thing})),
        Delta(added=frozenset({Quad(other, link, Triple(other, link, Triple(thing, link, other)))})),
    ]
    misses = [
        Delta(added=frozenset({Quad(other, thing, other)})),
        Delta(added=frozenset({Quad(other, link, Literal("on <http://a/thing> ."), GRAPH)})),
        Delta(added=frozenset({Quad(other, link, Literal("A <http://a/thing> ."))})),
        Delta(added=frozenset({Quad(other, link, Literal("1", datatype=thing))})),
        Delta(added=frozenset({Quad(NamedNode("http://a/thing/2"), link, other)})),
        Delta(added=frozenset({Quad(other, link, Triple(other, thing, Literal("<http://a/thing> .")))})),
    ]
    with Journal.open(folder) as journal:
        for delta in (*hits, *misses, Delta(), *hits):
            journal.append(author="http://a/thing", reason="<http://a/thing> .", delta=delta)
    count = len(hits) + len(misses) + 1

    assert [record.sequence for record in touching(folder, "http://a/thing")] == [
        *range(1, len(hits) + 1),
        *range(count + 1, count + len(hits) + 1),
    ]
    assert list(touching(folder, "http://a/thin")) == []


def test_a_thing_is_found_in_every_block_and_across_their_borders(folder, monkeypatch):
    monkeypatch.setattr("samvirke.journal.history._BLOCK_BYTES", 700)
    monkeypatch.setattr("samvirke.journal.history._RECORD_BYTES", 80)
    write(folder, 9, text="x" * 300)
    write(folder, 1, text="y" * 5000)
    write(folder, 2)
    for number in range(1, 13):
        assert [record.sequence for record in touching(folder, f"http://a/id/{number}")] == [number]
    (folder / FILE).write_bytes((folder / FILE).read_bytes()[:-3])
    assert list(touching(folder, "http://a/id/12")) == []
    assert [record.sequence for record in touching(folder, GRAPH.value)] == list(range(1, 12))


def test_a_damaged_record_of_a_thing_is_told(folder):
    ends = write(folder, 3)
    data = bytearray((folder / FILE).read_bytes())
    data[ends[0] + 200] ^= 1
    (folder / FILE).write_bytes(data)

    with pytest.raises(StoreDamaged, match=f"at byte {ends[0]}"):
        list(touching(folder, "http://a/id/2"))

"""The newest records of a journal, read while it grows, is cut, or is put back."""

from __future__ import annotations

import random

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from samvirke import journal
from samvirke.errors import StoreDamaged
from samvirke.patch import Delta


def append(folder, texts):
    with journal.Journal.open(folder) as writer:
        for text in texts:
            quad = Quad(NamedNode("http://a/thing"), NamedNode("http://a/name"), Literal(text), NamedNode("http://a/g"))
            writer.append(author="ada", reason=text, delta=Delta(added=frozenset({quad})))


def reasons(followed, first=0, count=100):
    records, whole = followed.newest(first, count)
    return [record.reason for record in records], whole


def test_nothing_written_is_an_empty_list(tmp_path):
    assert reasons(journal.Followed(tmp_path)) == ([], 0)


def test_a_growing_journal_is_what_reading_all_of_it_gives(tmp_path):
    chance = random.Random(1)
    followed = journal.Followed(tmp_path)
    for step in range(12):
        append(tmp_path, [f"{step} {number} " + "x" * chance.choice((1, 5_000)) for number in range(step)])
        whole = [record.reason for record in journal.read(tmp_path)][::-1]
        first, count = chance.randint(0, 5), chance.randint(1, 30)
        assert reasons(followed, first, count) == (whole[first : first + count], len(whole))
    assert reasons(followed, 10_000, 5) == ([], len(whole))


def test_earlier_records_are_not_passed_again(tmp_path, monkeypatch):
    append(tmp_path, ["one", "two", "three"])
    followed = journal.Followed(tmp_path)
    followed.newest(0, 1)
    append(tmp_path, ["four"])
    passed = []
    whole = journal.reading.Walk.passed

    def counted(walk, **named):
        for place in whole(walk, **named):
            passed.append(place[0])
            yield place

    monkeypatch.setattr(journal.reading.Walk, "passed", counted)
    assert reasons(followed, 0, 2) == (["four", "three"], 4)
    assert passed == [4]


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_journal_that_was_put_back_is_read_anew(tmp_path, kept):
    append(tmp_path, ["one", "two", "three"])
    followed = journal.Followed(tmp_path)
    followed.newest(0, 5)
    records = list(journal.read(tmp_path))[:kept]
    (tmp_path / journal.FILE).unlink()
    append(tmp_path, [record.reason for record in records] + ["other"])

    assert reasons(followed) == (["other", *["two", "one"][2 - kept :]], kept + 1)


def test_a_torn_end_is_left_out_and_damage_is_told(tmp_path):
    append(tmp_path, ["one", "two"])
    followed = journal.Followed(tmp_path)
    path = tmp_path / journal.FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert reasons(followed) == (["one"], 1)
    path.write_bytes(whole)
    assert reasons(followed) == (["two", "one"], 2)
    path.write_bytes(whole[:-20] + b"X" + whole[-19:])
    with pytest.raises(StoreDamaged):
        followed.newest(0, 5)

"""Answers that are kept, without a server."""

from __future__ import annotations

from samvirke.web.front.kept import Kept, KeptAnswer


def answer(size: int = 0) -> KeptAnswer:
    return KeptAnswer([], "tag", b"x" * size)


def header(**values: str):
    return {name.replace("_", "-"): value for name, value in values.items()}.get


def test_an_answer_is_found_by_what_it_varies_on_and_by_nothing_else():
    kept = Kept(100_000)
    kept.put("1", "/a?", header(accept="text/csv", cookie="1"), ("accept",), one := answer())
    kept.put("1", "/a?", header(accept="text/html"), ("accept",), other := answer())

    assert kept.find("1", "/a?", header(accept="text/csv", cookie="2")) is one
    assert kept.find("1", "/a?", header(accept="text/html")) is other
    assert kept.find("1", "/a?", header()) is None
    assert kept.find("1", "/b?", header(accept="text/csv")) is None


def test_a_new_generation_finds_nothing_of_the_old_one():
    kept = Kept(100_000)
    kept.put("1", "/a?", header(), (), answer())

    assert kept.find("2", "/a?", header()) is None

    kept.put("2", "/b?", header(), (), answer())

    assert kept.find("1", "/a?", header()) is None
    assert kept.find("2", "/a?", header()) is None


def test_the_oldest_make_room_and_the_size_is_bounded():
    kept = Kept(40_000)
    for number in range(100):
        kept.put("1", f"/{number}?", header(accept="*/*"), ("accept",), answer(2_000))
        assert kept.find("1", "/0?", header(accept="*/*")) is not None
        assert kept.size_bytes <= 40_000

    assert kept.find("1", "/1?", header(accept="*/*")) is None
    assert kept.find("1", "/99?", header(accept="*/*")) is not None


def test_one_answer_takes_no_more_than_an_eighth():
    kept = Kept(80_000)
    kept.put("1", "/large?", header(), (), answer(9_000))

    assert kept.find("1", "/large?", header()) is None
    assert kept.size_bytes == 0


def test_headers_of_a_client_cannot_fill_the_memory():
    kept = Kept(50_000)
    for number in range(1_000):
        kept.put("1", "/a?", header(accept=f"text/{number:0500d}"), ("accept",), answer())

    assert kept.size_bytes <= 50_000
    assert len(kept._varies) == 1

"""Documents as they are read: every byte kept, every mistake named with its place."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from samvirke.errors import EvidenceError
from samvirke.sources import read_documents

BASE = "https://example.org/"


def put(root: Path, name: str, content: bytes) -> Path:
    path = root / "data" / "documents" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_documents_come_by_slug_and_version_with_their_addresses_and_checksums(tmp_path: Path) -> None:
    put(tmp_path, "b/2026-02-01.txt", b"to\n")
    put(tmp_path, "b/2026-01-01.txt", b"en\n")
    put(tmp_path, "a/1.txt", "æøå 😀".encode())
    put(tmp_path, "a/about.ttl", b"# not a text")
    put(tmp_path, "a/.1.txt.swp.txt", b"\xff")
    put(tmp_path, ".trash/1.txt", b"\xff")
    put(tmp_path, "loose.txt", b"\xff")

    found = read_documents(tmp_path, BASE)

    assert [one.address.removeprefix(BASE) for one in found] == [
        "document/a/1",
        "document/b/2026-01-01",
        "document/b/2026-02-01",
    ]
    assert found[0].document == "https://example.org/document/a"
    assert found[0].text == "æøå 😀"
    assert found[0].sha256 == hashlib.sha256("æøå 😀".encode()).hexdigest()
    assert found[0].file == str(tmp_path / "data/documents/a/1.txt")


def test_a_site_without_documents_has_none(tmp_path: Path) -> None:
    assert read_documents(tmp_path, BASE) == ()


def test_names_beyond_ascii_are_percent_encoded_in_addresses(tmp_path: Path) -> None:
    put(tmp_path, "årsmøde i foråret/version 1.txt", b"x")

    (found,) = read_documents(tmp_path, BASE)

    assert found.address == "https://example.org/document/%C3%A5rsm%C3%B8de%20i%20for%C3%A5ret/version%201"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\r\nb\r\n", "a\r\nb\r\n"),
        (b"a\rb", "a\rb"),
        (b"\xef\xbb\xbf\xc3\xa6", "æ"),
        ("e\u0301".encode(), "e\u0301"),
        ("a\u00a0b".encode(), "a\u00a0b"),
        (b"no newline at the end", "no newline at the end"),
    ],
    ids=["crlf", "cr", "byte-order-mark", "decomposed", "no-break-space", "no-newline"],
)
def test_the_text_is_what_the_file_says_and_nothing_is_made_tidy(tmp_path: Path, content: bytes, text: str) -> None:
    put(tmp_path, "a/1.txt", content)

    (found,) = read_documents(tmp_path, BASE)

    assert found.text == text
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"", ":1:", "holds no words"),
        (b" \n\t\n", ":1:", "holds no words"),
        (b"\xef\xbb\xbf", ":1:", "holds no words"),
        ("første\nsmørrebrød".encode("latin-1"), ":1:2:", "byte 0xf8 cannot stand here"),
        (b"ok\nab\xc3", ":2:3:", "byte 0xc3 cannot stand here"),
        (b"\xed\xa0\x80", ":1:1:", "not UTF-8"),
        ("tekst".encode("utf-16"), ":1:", "saved as UTF-16"),
        (b"PK\x03\x04\x00\x00", ":1:5:", "U+0000"),
    ],
    ids=["empty", "blank", "only-a-mark", "latin-1", "cut-off", "surrogate", "utf-16", "not-a-text"],
)
def test_what_is_no_text_is_refused_with_its_place(tmp_path: Path, content: bytes, place: str, words: str) -> None:
    path = put(tmp_path, "a/1.txt", content)
    with pytest.raises(EvidenceError) as caught:
        read_documents(tmp_path, BASE)

    assert str(caught.value).startswith(f"{path}{place} ")
    assert words in str(caught.value)
    assert caught.value.remedy

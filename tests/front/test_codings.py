"""Which coding a client gets, and whose tags are whose."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from samvirke.web.front import codings
from samvirke.workers.answers import Body, Shelf

CHOICES = {
    None: "",
    "": "",
    "identity": "",
    "gzip": "gzip",
    "x-gzip": "gzip",
    "GZIP": "gzip",
    "zstd": "zstd",
    "gzip, deflate, br, zstd": "zstd",
    "gzip;q=1, zstd;q=0.5": "gzip",
    "gzip;q=0": "",
    "gzip;q=0, zstd;q=0": "",
    "gzip; q=0.001": "gzip",
    "gzip;q=0.5, identity;q=1": "",
    "*": "",
    "br": "",
    "gzip;level=9": "",
    "gzip;q=nonsense": "",
    "," * 5_000 + "gzip": "",
    ";;;,=,gzip": "gzip",
}


@pytest.mark.parametrize("header", list(CHOICES), ids=str)
def test_a_client_gets_the_best_of_what_it_takes(header):
    assert codings.choose_coding(header) == CHOICES[header]


@pytest.mark.parametrize("size", [0, 10, 5_000_000])
def test_a_body_of_any_size_comes_back(size):
    plain = bytes(range(256)) * (size // 256)
    for coding, undo in {
        "gzip": gzip.decompress,
        "zstd": lambda coded: zstandard.ZstdDecompressor().decompressobj().decompress(coded),
    }.items():
        shelf = Shelf(50_000_000)
        body = Body(shelf)
        body.write(plain)
        coded = codings.code(coding, body, shelf)
        assert undo(coded if isinstance(coded, bytes) else coded.read()) == plain
        assert shelf.used_bytes == 0


def test_tags_of_codings_lead_back_to_the_plain_one():
    for coding in codings.CODINGS:
        assert codings.tag_in(coding, "abc") == f'"abc.{coding}"'
        assert codings.plain_tags(f'"x", "abc.{coding}", W/"y"') == '"x", "abc", W/"y"'
    assert codings.tag_in("", "abc") == '"abc"'


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/html; charset=utf-8", True),
        ("application/sparql-results+json", True),
        ("application/ld+json", True),
        ("application/rdf+xml", True),
        ("application/n-quads", True),
        ("application/trig", True),
        ("image/svg+xml", True),
        ("application/json", True),
        ("image/png", False),
        ("application/zip", False),
        ("application/jsonsomething", False),
        ("", False),
    ],
)
def test_only_text_is_compressed(kind, text):
    assert codings.is_text(kind) is text

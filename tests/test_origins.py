"""An origin is scheme, host and port, exactly; what two readers could read differently is none."""

from __future__ import annotations

import pytest

from samvirke.origins import origin_of, split_address

ORIGINS = {
    "https://query.wikidata.org": "https://query.wikidata.org",
    "HTTPS://Query.Wikidata.ORG": "https://query.wikidata.org",
    "https://a.example:443": "https://a.example",
    "http://a.example:80": "http://a.example",
    "http://a.example:8080": "http://a.example:8080",
    "http://127.0.0.1:3030": "http://127.0.0.1:3030",
    "http://[0:0::1]:3030": "http://[::1]:3030",
}
NONE = [
    "",
    "query.wikidata.org",
    "https://query.wikidata.org/",
    "https://query.wikidata.org/sparql",
    "https://query.wikidata.org?x",
    "https://query.wikidata.org#x",
    "https://*.wikidata.org",
    "https://*",
    "*",
    "https://",
    "https://user@a.example",
    "https://user:secret@a.example",
    "https://a.example:0",
    "https://a.example:65536",
    "https://a.example:",
    "https://a.example.",
    "https://-a.example",
    "https://a.example\\@b.example",
    "https://a.example\t",
    " https://a.example",
    "https://a.exa\nmple",
    "https://æ.example",
    "http://[::1",
    "http://[::g]",
    "http://[fe80::1%25eth0]",
    "ftp://a.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
]
assert len(NONE) >= 28


@pytest.mark.parametrize("text", ORIGINS)
def test_an_origin_has_one_spelling(text):
    assert origin_of(text) == ORIGINS[text]


@pytest.mark.parametrize("text", NONE)
def test_what_is_more_or_less_is_none(text):
    assert origin_of(text) is None


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        ("https://a.example/x/y?z=1&q#part", "https://a.example", "/x/y?z=1&q"),
        ("http://A.example:80", "http://a.example", "/"),
        ("http://a.example?x", "http://a.example", "/?x"),
        ("http://a.example/æ/%20", "http://a.example", "/%C3%A6/%20"),
        ("http://a.example/@b.example/", "http://a.example", "/@b.example/"),
    ],
)
def test_an_address_has_an_origin_and_a_target_in_ascii(text, origin, target):
    found = split_address(text)

    assert (found.origin, found.target) == (origin, target)


@pytest.mark.parametrize(
    "text",
    [
        "http://a.example@b.example/",
        "http://a.example:80@b.example/",
        "http://a.example/ x",
        "http://a.example/\r\nHost: b.example",
        "//a.example/",
        "/sparql",
        "http:/a.example/",
        "http://a.example\\.b.example/",
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_none(text):
    assert split_address(text) is None

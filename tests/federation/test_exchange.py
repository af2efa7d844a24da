"""What is asked of another server, how its answer is taken in, and where nobody goes: with real servers on loopback."""

from __future__ import annotations

import time

import pytest

from samvirke.federation.exchange import NotAllowed, Policy, ask
from samvirke.federation.rows import Unusable
from tests.federation.other import CERTIFICATE, EMPTY, Other, other_server

QUERY = "SELECT ?s WHERE { ?s <urn:nothing> 'å &+%' }"
FAILURES = {
    "/html": "answered in another format than SPARQL's JSON results",
    "/plain-json": "answered in another format than SPARQL's JSON results",
    "/xml": "answered in another format than SPARQL's JSON results",
    "/latin": "answered in another format than SPARQL's JSON results",
    "/gzip": "answered with compressed text, which was not asked for",
    "/large": "has more than 100000 bytes to say (limits.federation_bytes)",
    "/loop": "redirected more than 3 times",
    "/hops/4": "redirected more than 3 times",
    "/status/204": "answered with status 204",
    "/status/400": "answered with status 400",
    "/status/401": "answered with status 401",
    "/status/429": "answered with status 429",
    "/status/503": "answered with status 503",
    "/cut": "broke off in the middle of its answer",
    "/chunked-cut": "broke off (IncompleteRead)",
    "/garbage": "broke off (BadStatusLine)",
}


def policy(*origins: str, private: bool = True, **more: object) -> Policy:
    named = frozenset(origins)
    return Policy(
        origins=named, private=named if private else frozenset(), most_bytes=100_000, agent="Samvirke/0", **more
    )


def asked(address: str, how: Policy, query: str = QUERY, *, within_s: float = 10.0) -> bytes:
    return ask(address, query, how, until=time.monotonic() + within_s)


@pytest.mark.parametrize("path", FAILURES)
def test_an_answer_that_cannot_be_used_is_told_as_what_it_is(path, other):
    with pytest.raises(Unusable) as failed:
        asked(f"{other.origin}{path}", policy(other.origin))

    assert str(failed.value) == FAILURES[path]


def test_nothing_goes_along_but_the_query(other, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    other.seen.clear()
    for _ in range(2):  # A cookie of the first answer would be in the second request.
        asked(f"{other.origin}/sparql?x=1#part", policy(other.origin))

    method, path, headers, query = other.seen[1]
    assert (method, query) == ("GET", QUERY)
    assert path.startswith("/sparql?x=1&query=SELECT%20%3Fs")
    assert headers == {
        "Host": other.origin.removeprefix("http://"),
        "Accept": "application/sparql-results+json",
        "Accept-Encoding": "identity",
        "User-Agent": "Samvirke/0",
    }


def test_a_long_query_is_sent_as_a_form(other):
    other.seen.clear()
    query = QUERY + " " * 3_000
    asked(f"{other.origin}/sparql", policy(other.origin), query)

    method, path, headers, got = other.seen[0]
    assert (method, path, got) == ("POST", "/sparql", query)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_an_answer_is_taken_with_its_character_set(other):
    assert asked(f"{other.origin}/charset", policy(other.origin)) == EMPTY


# ---------------------------------------------------------------- whom


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:{port}/",
        "http://127.0.0.1/",
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}0/",
        "http://127.0.0.1.:{port}/",
        "http://x@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\r\n/",
        "http://2130706433:{port}/",
        "ftp://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "127.0.0.1:{port}",
    ],
)
def test_only_an_origin_that_is_named_is_asked_exactly_as_it_is(address, forbidden):
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("nobody is looked up")

    with pytest.raises(NotAllowed):
        asked(
            address.format(port=forbidden.server_port),
            policy(f"http://127.0.0.1:{forbidden.server_port}", resolve=resolve),
        )


def test_a_private_address_is_refused_where_it_is_not_named(forbidden):
    with pytest.raises(Unusable, match="has an address that is not of the public internet"):
        asked(forbidden.origin, policy(forbidden.origin, private=False))


@pytest.mark.parametrize(
    "found", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"], ["0.0.0.0"]]
)
def test_a_name_with_one_private_address_is_refused(found, forbidden):
    origin = f"http://endpoint.example:{forbidden.server_port}"
    with pytest.raises(Unusable, match="has an address that is not of the public internet"):
        asked(f"{origin}/sparql", policy(origin, private=False, resolve=lambda host, port: found))


def test_the_address_that_was_looked_at_is_the_one_connected_to(other):
    """A name that leads elsewhere at the second look-up gains nothing: there is no second one."""
    origin = f"http://endpoint.example:{other.server_port}"
    told = []

    def resolve(host: str, port: int) -> list[str]:
        told.append((host, port))
        return ["127.0.0.1"] if len(told) == 1 else ["169.254.169.254"]

    other.seen.clear()
    asked(f"{origin}/sparql", policy(origin, resolve=resolve))

    assert told == [("endpoint.example", other.server_port)]
    assert other.seen[0][2]["Host"] == f"endpoint.example:{other.server_port}"


@pytest.mark.parametrize("found", [OSError("no such name"), UnicodeError("label too long")])
def test_a_name_that_is_none_is_told(found):
    def resolve(host: str, port: int) -> list[str]:
        raise found

    with pytest.raises(Unusable, match="has no address"):
        asked("http://endpoint.example/", policy("http://endpoint.example", resolve=resolve))


def test_a_second_address_is_tried_when_the_first_does_not_answer(other):
    origin = f"http://endpoint.example:{other.server_port}"
    found = ["127.9.9.9", "127.0.0.1"]

    assert b"head" in asked(f"{origin}/sparql", policy(origin, resolve=lambda host, port: found))


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(Unusable, match="cannot be reached"):
        asked("http://127.0.0.1:1/", policy("http://127.0.0.1:1"))


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_server_that_is_not_named_is_not_followed(status, other, forbidden):
    other.redirects[f"/elsewhere/{status}"] = f"{forbidden.origin}/sparql"
    with pytest.raises(Unusable, match="redirected to a server that may not be asked from here"):
        asked(f"{other.origin}/elsewhere/{status}", policy(other.origin))


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://user@{host}/",
        "https://{host}/",
        "http://localhost/",
        "http://[::1/",
        "\thttp://127.0.0.1:1/",
    ],
)
def test_a_redirect_to_a_forbidden_place_is_not_followed(location, other):
    other.redirects["/forbidden/302"] = location.format(host=other.origin.removeprefix("http://"))
    with pytest.raises(Unusable, match="redirected to a server that may not be asked from here"):
        asked(f"{other.origin}/forbidden/302", policy(other.origin))


def test_the_address_behind_a_redirect_is_looked_at_again(other, forbidden):
    """The same origin, named and allowed; but its name leads elsewhere by now."""
    origin = f"http://endpoint.example:{other.server_port}"
    other.redirects["/again/307"] = f"{origin}/sparql"
    found = iter([["127.0.0.1"], ["169.254.169.254"]])
    with pytest.raises(Unusable, match="has an address that is not of the public internet"):
        asked(f"{origin}/again/307", policy(origin, resolve=lambda host, port: next(found)))


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_three_redirects_are_followed(hops, other):
    assert b"head" in asked(f"{other.origin}/hops/{hops}", policy(other.origin), QUERY + " " * 3_000)


def test_a_redirect_to_a_named_server_is_followed_with_the_query(other):
    with other_server() as second:
        other.redirects["/second/302"] = f"{second.origin}/sparql"
        asked(f"{other.origin}/second/302", policy(other.origin, second.origin), QUERY + " " * 3_000)

        assert [(method, path) for method, path, _, _ in second.seen] == [("POST", "/sparql")]


# ---------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def safe():
    with other_server(tls=True) as running:
        yield running


def test_a_certificate_that_nobody_vouches_for_is_refused(safe: Other):
    with pytest.raises(Unusable, match="cannot prove that it is who it says"):
        asked(f"{safe.origin}/sparql", policy(safe.origin))

    assert safe.seen == []


def test_a_certificate_of_another_host_is_refused(safe: Other, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    origin = f"https://127.0.0.1:{safe.server_port}"
    with pytest.raises(Unusable, match="cannot prove that it is who it says"):
        asked(f"{origin}/sparql", policy(origin))

    assert safe.seen == []


def test_a_certificate_that_is_trusted_for_the_name_will_do(safe: Other, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

    assert b"head" in asked(f"{safe.origin}/sparql", policy(safe.origin, resolve=lambda host, port: ["127.0.0.1"]))


def test_nobody_is_led_from_https_to_http(safe: Other, forbidden, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    safe.redirects["/plain/307"] = f"{forbidden.origin}/sparql"
    how = policy(safe.origin, forbidden.origin, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(Unusable, match="redirected from https to http"):
        asked(f"{safe.origin}/plain/307", how)

"""Tokens over a real socket: every way in that is none, and the one that is.

`samvirke serve --writable` in front of a published site; requests are bytes, so that what no client library sends is
tried too.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from samvirke.tokens import FILE, issue, read_scope, revoke
from tests.processes import below, proc
from tests.server import Server, serving

SITE = Path(__file__).parent.parent / "web" / "site"
STORE = "/rdf-graph-store"
NAME = "https://fyr.example/atlas/graph/lights"
"""The graph of a data file without a document: it takes facts without words."""
GRAPH = f"{STORE}?graph={NAME}"
UPDATE = f"INSERT DATA {{ GRAPH <{NAME}> {{ <urn:s> <urn:p> 1 }} }}".encode()
TURTLE = b"<urn:s> <urn:p> 1 ."
CHALLENGE = 'Bearer realm="samvirke"'
PATIENCE_S = 20
"""Not an expectation: when no answer has come by then, the test ends instead of waiting for ever."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


def issued(state: Path, name: str, *scope: str, rate: int = 60_000, expires: datetime | None = None) -> str:
    now = datetime(2000, 1, 1, tzinfo=UTC) if expires else datetime.now(UTC)
    return issue(state, name, scope=read_scope(scope), expires=expires, rate=rate, now=now)[1]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A published site, and its tokens by name."""
    from samvirke.build import build
    from samvirke.site import Site

    folder = tmp_path_factory.mktemp("tokens") / "site"
    shutil.copytree(SITE, folder)
    site = Site.open(folder, overrides={"allow_invalid": True}, environ={})
    build(site, reasoner=False)
    tokens = {
        "all": issued(site.state, "all", "all"),
        "put": issued(site.state, "put", f"put:{NAME}"),
        "slow": issued(site.state, "slow", "all", rate=2),
        "old": issued(site.state, "old", "all", expires=datetime(2001, 1, 1, tzinfo=UTC)),
        "gone": issued(site.state, "gone", "all"),
    }
    revoke(site.state, "gone")
    yield folder, tokens


@pytest.fixture(scope="module")
def server(state: tuple[Path, dict[str, str]]) -> Iterator[Server]:
    with serving(state[0], "--writable", "--no-build", reasoner="off") as running:
        yield running


@pytest.fixture
def tokens(state: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return state[1]


def say(server: Server, method: str, path: str, lines: list[str], body: bytes = b"") -> Answer:
    """Send one request, byte by byte as it stands here, and read its answer."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines]
    if body or method in ("POST", "PUT"):
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        received = b""
        while piece := connection.recv(1 << 16):
            received += piece
    top, _, content = received.partition(b"\r\n\r\n")
    first, *rest = top.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in rest)
    return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, content.decode())


def update(server: Server, *lines: str, kind: str = "application/sparql-update", path: str = "/update") -> Answer:
    return say(server, "POST", path, [f"Content-Type: {kind}", *lines], UPDATE)


def bearer(token: str) -> str:
    return f"Authorization: Bearer {token}"


@pytest.fixture
def untouched(server: Server, tokens: dict[str, str]) -> Iterator[None]:
    """The test writes nothing: there is no such graph before it, and none after it."""
    assert say(server, "GET", GRAPH, ["Accept: text/turtle"]).status == 404
    yield
    assert say(server, "GET", GRAPH, ["Accept: text/turtle"]).status == 404


# ------------------------------------------------------------ the way in


def test_with_a_token_that_permits_it_a_write_is_done(server: Server, tokens: dict[str, str]) -> None:
    turtle = "Content-Type: text/turtle"
    done = [
        update(server, bearer(tokens["all"])),
        update(server, f"authorization: BEARER {tokens['all']}"),
        update(server, f"Authorization: bearer   {tokens['all']}  "),
        say(server, "PUT", GRAPH, [turtle, bearer(tokens["put"])], TURTLE),
        say(server, "POST", GRAPH, [turtle, bearer(tokens["all"])], TURTLE),
        say(server, "DELETE", GRAPH, [bearer(tokens["all"])]),
    ]

    assert [answer.status for answer in done] == [204] * 6
    assert say(server, "GET", GRAPH, []).status == 404


# ------------------------------------------------------------ the ways that are none

NO_CREDENTIALS: dict[str, list[str]] = {
    "nothing": [],
    "an empty header": ["Authorization: "],
    "a scheme alone": ["Authorization: Bearer"],
    "a scheme and a space": ["Authorization: Bearer  "],
    "the token alone": ["Authorization: {all}"],
    "Basic": ["Authorization: Basic {all}"],
    "Digest": ["Authorization: Digest {all}"],
    "Token": ["Authorization: Token {all}"],
    "a scheme run together": ["Authorization: Bearer{all}"],
    "a tab for a space": ["Authorization: Bearer\t{all}"],
    "a proxy's header": ["Proxy-Authorization: Bearer {all}"],
    "a cookie": ["Cookie: token={all}; access_token={all}; Authorization=Bearer {all}"],
    "headers of others": ["X-Authorization: Bearer {all}", "X-Token: {all}", "X-API-Key: {all}", "Access-Token: {all}"],
    "bytes that are no text": ["Authorization: Bearer smv_æøå"],  # the server gives such a header as an empty one
    "a method instead": ["X-HTTP-Method-Override: POST"],
}
INVALID: dict[str, list[str]] = {
    "a word": ["Authorization: Bearer word"],
    "another secret": ["Authorization: Bearer smv_" + "0" * 49],
    "cut short": ["Authorization: Bearer {short}"],
    "one letter more": ["Authorization: Bearer {all}A"],
    "in capitals": ["Authorization: Bearer {capitals}"],
    "in quotes": ['Authorization: Bearer "{all}"'],
    "a parameter": ["Authorization: Bearer token={all}"],
    "two tokens": ["Authorization: Bearer {all} {all}"],
    "a list of one": ["Authorization: Bearer {all};"],
    "its digest": ["Authorization: Bearer {digest}"],
    "its name": ["Authorization: Bearer all"],
    "expired": ["Authorization: Bearer {old}"],
    "revoked": ["Authorization: Bearer {gone}"],
    "very long": ["Authorization: Bearer " + "A" * 5_000],
}
MORE_THAN_ONE: dict[str, list[str]] = {
    "the same twice": ["Authorization: Bearer {all}", "Authorization: Bearer {all}"],
    "a wrong one first": ["Authorization: Bearer word", "Authorization: Bearer {all}"],
    "a wrong one last": ["Authorization: Bearer {all}", "Authorization: Bearer word"],
    "another scheme first": ["Authorization: Basic YTpi", "Authorization: Bearer {all}"],
    "both in one line": ["Authorization: Bearer {all}, Bearer {all}"],
}
assert min(len(NO_CREDENTIALS), len(INVALID)) >= 14


def filled(lines: list[str], tokens: dict[str, str]) -> list[str]:
    import hashlib

    secret = tokens["all"]
    more = {
        "short": secret[:-1],
        "capitals": secret.upper(),
        "digest": hashlib.sha256(secret.encode()).hexdigest(),
    }
    return [line.format(**tokens, **more) for line in lines]


@pytest.mark.parametrize("kind", NO_CREDENTIALS)
@pytest.mark.usefixtures("untouched")
def test_who_gives_no_token_in_the_header_is_asked_for_one(kind: str, server: Server, tokens: dict[str, str]) -> None:
    answer = update(server, *filled(NO_CREDENTIALS[kind], tokens))

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert answer.text == "Writing needs a token in the header “Authorization: Bearer …”.\n"


@pytest.mark.parametrize("kind", INVALID)
@pytest.mark.usefixtures("untouched")
def test_a_token_that_is_not_good_is_refused_as_invalid(kind: str, server: Server, tokens: dict[str, str]) -> None:
    answer = update(server, *filled(INVALID[kind], tokens))

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == f'{CHALLENGE}, error="invalid_token"'
    assert "token" in answer.text


@pytest.mark.parametrize("kind", MORE_THAN_ONE)
@pytest.mark.usefixtures("untouched")
def test_more_than_one_header_is_no_header(kind: str, server: Server, tokens: dict[str, str]) -> None:
    answer = update(server, *filled(MORE_THAN_ONE[kind], tokens))

    assert answer.status == 400
    assert answer.headers["www-authenticate"] == f'{CHALLENGE}, error="invalid_request"'
    assert answer.text == "A request has one header Authorization, with one token.\n"


ELSEWHERE = [
    ("POST", "/update?access_token={all}", "application/sparql-update", UPDATE),
    ("POST", "/update?token={all}&Authorization=Bearer+{all}", "application/sparql-update", UPDATE),
    ("POST", "/update", "application/x-www-form-urlencoded", b"access_token={all}&update=" + UPDATE),
    ("POST", "/update", "application/x-www-form-urlencoded", b"update=" + UPDATE),
    ("POST", "/update", "text/plain", UPDATE),
    ("PUT", f"{GRAPH}&access_token={{all}}", "text/turtle", TURTLE),
    ("POST", f"{GRAPH}&access_token={{all}}", "multipart/form-data; boundary=b", b"--b--"),
    ("DELETE", f"{GRAPH}&access_token={{all}}", "text/turtle", b""),
    ("PUT", f"{STORE}/tried", "text/turtle", TURTLE),
]


@pytest.mark.parametrize(("method", "path", "kind", "body"), ELSEWHERE)
@pytest.mark.usefixtures("untouched")
def test_a_token_in_the_address_or_in_a_form_is_none(  # noqa: PLR0917 - a row
    method: str, path: str, kind: str, body: bytes, server: Server, tokens: dict[str, str]
) -> None:
    content = body.replace(b"{all}", tokens["all"].encode())
    answer = say(server, method, path.format(**tokens), [f"Content-Type: {kind}"], content)

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == CHALLENGE


OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Http-Method-Override", "_method"]


@pytest.mark.parametrize("header", OVERRIDES)
@pytest.mark.usefixtures("untouched")
def test_a_method_is_what_it_is(header: str, server: Server, tokens: dict[str, str]) -> None:
    """With the best of tokens: what is asked by GET reads, and what is posted is not put or deleted."""
    right = [bearer(tokens["all"]), f"{header}: PUT", "Content-Type: text/turtle"]

    assert say(server, "GET", f"{GRAPH}&_method=PUT", right).status == 404
    assert say(server, "GET", "/update?update=DROP+ALL&_method=POST", right).status == 405
    assert say(server, "HEAD", f"{GRAPH}&_method=DELETE", right).status == 404
    form = [bearer(tokens["put"]), f"{header}: PUT", "Content-Type: text/turtle"]
    answer = say(server, "POST", f"{GRAPH}&_method=PUT", form, TURTLE)
    assert (answer.status, "does not permit “post”" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "address", ["/update?update=DROP%20ALL", "/sparql?update=DROP%20ALL", "/sparql?query=DROP%20ALL"]
)
def test_nothing_is_written_by_get(address: str, server: Server, tokens: dict[str, str]) -> None:
    before = say(server, "GET", "/en/", []).headers["samvirke-generation"]
    answer = say(server, "GET", address, [bearer(tokens["all"])])

    assert answer.status in (400, 405)
    assert say(server, "GET", "/en/", []).headers["samvirke-generation"] == before


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", "/update", "The token “put” does not permit “update”, but put.\n"),
        ("DELETE", GRAPH, "The token “put” does not permit “delete”, but put.\n"),
        ("POST", STORE, "The token “put” does not permit “post”, but put.\n"),
        (
            "PUT",
            f"{STORE}?graph=urn:other",
            f"The token “put” does not permit “put” for the graph <urn:other>, but for <{NAME}>.\n",
        ),
        (
            "PUT",
            f"{STORE}?default",
            f"The token “put” does not permit “put” for the default graph, but for <{NAME}>.\n",
        ),
    ],
)
@pytest.mark.usefixtures("untouched")
def test_beyond_its_scope_a_token_is_refused_with_the_reason(
    method: str, path: str, told: str, server: Server, tokens: dict[str, str]
) -> None:
    kind = "application/sparql-update" if path == "/update" else "text/turtle"
    answer = say(server, method, path, [bearer(tokens["put"]), f"Content-Type: {kind}"], TURTLE)

    assert (answer.status, answer.text) == (403, told)
    assert answer.headers["www-authenticate"].startswith(f'{CHALLENGE}, error="insufficient_scope", scope="')


def test_who_writes_too_often_is_told_when_to_come_back(server: Server, tokens: dict[str, str]) -> None:
    answers = [say(server, "DELETE", f"{STORE}?graph=urn:none", [bearer(tokens["slow"])]) for _ in range(4)]

    assert [answer.status for answer in answers] == [404, 404, 429, 429]
    assert all(1 <= int(answer.headers["retry-after"]) <= 30 for answer in answers[2:])
    assert update(server, bearer(tokens["all"])).status == 204
    assert say(server, "DELETE", GRAPH, [bearer(tokens["all"])]).status == 204


# ------------------------------------------------------------ while it runs


def test_a_token_that_is_revoked_is_refused_without_a_restart(server: Server, state: tuple[Path, dict]) -> None:
    folder = state[0] / ".samvirke"
    secret = issued(folder, "brief", "delete")
    known = say(server, "DELETE", f"{STORE}?graph=urn:none", [bearer(secret)])
    revoke(folder, "brief")
    unknown = say(server, "DELETE", f"{STORE}?graph=urn:none", [bearer(secret)])

    assert (known.status, unknown.status) == (404, 401)
    assert unknown.headers["www-authenticate"] == f'{CHALLENGE}, error="invalid_token"'


@pytest.mark.usefixtures("untouched")
def test_a_damaged_file_opens_nothing_and_reading_goes_on(server: Server, state: tuple[Path, dict]) -> None:
    path, tokens = state[0] / ".samvirke" / FILE, state[1]
    kept = path.read_bytes()
    path.write_bytes(kept[:-20])
    try:
        answer = update(server, bearer(tokens["all"]))
        none = update(server)
        page = say(server, "GET", "/en/", [])
    finally:
        path.write_bytes(kept)
    repaired = say(server, "DELETE", f"{STORE}?graph=urn:none", [bearer(tokens["all"])])

    assert (answer.status, none.status, page.status, repaired.status) == (503, 401, 200, 404)
    assert answer.text.startswith("The tokens of this server cannot be read, so nobody can write. Tell who runs it.\n")
    assert str(state[0]) not in answer.text


def test_the_body_of_a_write_without_a_token_is_not_taken_in(server: Server, tokens: dict[str, str]) -> None:
    """What would be refused in any case costs no memory: the answer comes before the body does."""
    told = (
        "POST /update HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/sparql-update",
        "Content-Length: 9999",
    )
    head = "".join(f"{line}\r\n" for line in told)
    for line in ("", f"{bearer('word')}\r\n", f"{bearer(tokens['old'])}\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
            connection.sendall(f"{head}{line}\r\n".encode())
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401 ")


def test_what_the_processes_are_told_is_no_token(server: Server, tokens: dict[str, str]) -> None:
    seen = [
        proc(number, "environ") + proc(number, "cmdline") for number in (server.process.pid, *below(server.process.pid))
    ]

    assert seen[0]
    assert len(list(filter(None, seen))) >= 3  # The HTTP process and a worker at least, whichever have ended since.
    assert [secret for secret in tokens.values() if any(secret.encode() in one for one in seen)] == []


# ------------------------------------------------------------ without


def test_what_is_published_is_not_written_to_before_it_says_so(
    state: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """`serve` alone takes no writes, whatever tokens there are."""
    site = tmp_path / "site"
    shutil.copytree(state[0], site, symlinks=True)
    with serving(site, "--no-build", reasoner="off") as reading:
        answers = [update(reading, bearer(state[1]["all"])), update(reading)]

    assert [answer.status for answer in answers] == [403, 403]
    assert answers[0].text == "The data of this site are published, and are not changed by requests.\n"

"""The server in front of Flask, over real connections: kept answers, codings, slow and vanishing clients."""

from __future__ import annotations

import gzip
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import zstandard

from tests.front.conftest import BASE, BULK
from tests.processes import below, eventually, open_files, ticks
from tests.server import serving

ASK = "ASK { }"
ALL = f"SELECT * {{ ?s <{BASE}terms#note> ?o }} ORDER BY ?s"
EVERYTHING = f"SELECT * {{ ?s <{BASE}terms#note> ?o . {{ SELECT ?x {{ ?x <{BASE}terms#note> ?y }} LIMIT 20 }} }}"
RUNAWAY = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i }"
DECODERS = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


def raw(client, method, path, **headers):
    """Ask, and return status, headers and the body as it came over the wire."""
    with client.stream(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as got:
        return got.status_code, got.headers, b"".join(got.iter_raw())


def sparql(text, **more):
    return f"/sparql?{httpx.QueryParams({'query': text, **more})}"


@pytest.mark.parametrize(
    "path", ["/en/", "/en/id/anholt", "/ontology?format=nt", sparql(ALL), sparql(ALL, format="csv")]
)
@pytest.mark.parametrize("coding", list(DECODERS))
def test_an_answer_is_the_same_in_each_coding_and_the_second_time(client, path, coding):
    plain = raw(client, "GET", path, Accept_Encoding="identity")
    first = raw(client, "GET", path, Accept_Encoding=coding)
    second = raw(client, "GET", path, Accept_Encoding=coding)

    assert plain[0] == first[0] == second[0] == 200
    assert DECODERS[coding](first[2]) == DECODERS[coding](second[2]) == plain[2]
    assert {**first[1], "date": ""} == {**second[1], "date": ""}
    assert first[1].get("Content-Encoding", "identity") == coding
    assert "Accept-Encoding" in first[1]["Vary"]
    assert (first[1]["ETag"] == plain[1]["ETag"]) == (coding == "identity")


@pytest.mark.parametrize(
    "path", ["/en/", "/en/id/anholt", "/data/anholt.ttl", "/static/style.css", sparql(ASK), "/id/x"]
)
@pytest.mark.parametrize("coding", list(DECODERS))
def test_head_has_the_headers_of_get_and_no_body(client, path, coding):
    got, asked = (raw(client, method, path, Accept_Encoding=coding) for method in ("GET", "HEAD"))

    assert asked[2] == b""
    assert asked[0] == got[0]
    assert {**asked[1], "date": ""} == {**got[1], "date": ""}


@pytest.mark.parametrize("coding", list(DECODERS))
@pytest.mark.parametrize("path", ["/en/id/anholt", "/data/anholt.ttl", sparql(ALL)])
def test_what_a_client_has_is_not_sent_again(client, path, coding):
    tag = raw(client, "GET", path, Accept_Encoding=coding)[1]["ETag"]
    for method in ("GET", "HEAD"):
        for known in (tag, f'"other", {tag}', "*"):
            status, headers, body = raw(client, method, path, Accept_Encoding=coding, If_None_Match=known)

            assert (status, body) == (304, b"")
            assert headers["ETag"] == tag
            assert "Samvirke-Generation" in headers
    assert raw(client, "GET", path, Accept_Encoding=coding, If_None_Match='"other"')[0] == 200


def test_an_answer_is_kept_for_each_form_of_it(client):
    path = sparql(ASK)
    for _ in range(2):
        assert raw(client, "GET", path, Accept="text/csv")[2] == b"true"
        assert raw(client, "GET", path, Accept="application/sparql-results+json")[2].startswith(b'{"head"')
    languages = {
        raw(client, "GET", "/id/anholt", Accept="text/html", Accept_Language=one)[1]["Location"] for one in "ende"
    }
    assert len(languages) >= 1


def test_what_asks_the_clock_is_asked_each_time(client):
    path = sparql("SELECT (UUID() AS ?one) {}")

    assert raw(client, "GET", path)[2] != raw(client, "GET", path)[2]


def test_a_body_that_stalls_is_told_so_and_holds_up_nobody(server, client):
    head = (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 50\r\n\r\nASK"
    )
    stalled = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    for one in stalled:
        one.sendall(head)

    assert raw(client, "GET", "/en/")[0] == 200
    assert raw(client, "GET", sparql("ASK { <urn:not-kept> ?p ?o }"))[0] == 200
    for one in stalled:
        one.settimeout(20)
        assert one.recv(100).startswith(b"HTTP/1.1 408 ")
        one.close()


def test_a_body_in_pieces_arrives_whole(client):
    pieces = iter([b"AS", b"K { ", b"}"])
    answer = client.post("/sparql", content=pieces, headers={"Content-Type": "application/sparql-query"})

    assert answer.json()["boolean"] is True


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_limit_is_refused(client, announced):
    content = b"#" * (1 << 20) + b"\nASK {}"
    answer = client.post(
        "/sparql",
        content=content if announced else iter([content]),
        headers={"Content-Type": "application/sparql-query"},
    )

    assert answer.status_code == 413


@pytest.fixture
def patient(site):
    with serving(site, allow_invalid="yes", reasoner="off", limits_timeout_ms="60000", limits_workers="2") as running:
        yield running


def test_a_client_that_leaves_ends_its_query(patient):
    """The worker of an abandoned query would go on for a minute; its seat is free again long before."""
    before = patient.workers()
    for number in range(6):
        # The page of queries leaves the question to the same desk, so that its reader can call it off.
        path = f"/en{sparql(RUNAWAY)}" if number % 2 else sparql(RUNAWAY)
        connection = socket.create_connection(("127.0.0.1", patient.port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(0.3)
        connection.close()
        answer = httpx.get(
            f"{patient.address}sparql", params={"query": f"ASK {{ <urn:{time.time()}> ?p ?o }}"}, timeout=20
        )
        assert answer.status_code == 200

    assert before
    assert patient.process.poll() is None
    assert eventually(lambda: len(busy(patient)) == 0)


def test_the_page_of_queries_is_answered_at_the_desk_and_tells_what_went_wrong_there(client):
    good = client.get(f"/en{sparql('ASK { <urn:desk> ?p ?o }')}")
    long = client.post("/en/sparql", data={"query": "ASK { <urn:desk> ?p ?o } #" + "x" * 40_000})
    bad = client.get(f"/en{sparql('SELECT * { ?s nope:p ?o }')}")
    again = client.get(f"/en{sparql('ASK { <urn:desk> ?p ?o }')}", headers={"If-None-Match": good.headers["ETag"]})

    assert (good.status_code, long.status_code, bad.status_code, again.status_code) == (200, 200, 400, 304)
    assert '<p class="lead">No</p>' in good.text
    assert '<p class="lead">No</p>' in long.text
    assert "Line 1, column 15." in bad.text
    assert "<pre>SELECT * { ?s nope:p ?o }\n              ^</pre>" in bad.text


def busy(server):
    """The workers that use the processor now."""

    before = {number: ticks(number) for number in server.workers()}
    time.sleep(0.3)
    return [number for number, then in before.items() if ticks(number) > then + 5 > 4]


def test_answers_that_nobody_reads_cost_no_memory(server, client):
    path = sparql(EVERYTHING, format="csv")
    length = int(raw(client, "GET", path)[1]["Content-Length"])
    assert length > 3 << 20
    before = server.memory_kb()
    unread = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    for one in unread:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    assert eventually(lambda: all(one.recv(1, socket.MSG_PEEK) for one in unread))
    # Twenty times the answer would be more than sixty megabytes; the workers that made them are counted, too.
    assert server.memory_kb() - before < 45 << 10
    assert raw(client, "GET", "/en/")[0] == 200
    for one in unread:
        one.close()


def test_large_answers_are_whole_and_their_room_comes_back(server):
    """More of them, one after the other, than may lie on disk at once."""
    path, lengths = sparql(EVERYTHING, format="csv"), set()
    with httpx.Client(base_url=server.address, trust_env=False, timeout=20) as client:
        for _ in range(8):
            for coding, decode in DECODERS.items():
                status, _, body = raw(client, "GET", path, Accept_Encoding=coding)
                assert status == 200
                lengths.add(len(decode(body)))

    assert len(lengths) == 1
    family = (server.process.pid, *below(server.process.pid))
    web = [number for number in family if number not in server.workers()]
    assert eventually(lambda: all(nameless(number) == [] for number in web))


def nameless(number):
    """The nameless files a process holds."""
    return [target for target in open_files(number).values() if "(deleted)" in target and "/shm" not in target]


def test_one_answer_reaches_many_clients_at_once(client):
    expected = raw(client, "GET", "/en/id/anholt")[2]

    def ask(_):
        with httpx.Client(base_url=client.base_url, trust_env=False, timeout=20) as own:
            own.headers["Accept-Encoding"] = "identity"
            return {raw(own, "GET", "/en/id/anholt", Accept="*/*")[2] for _ in range(20)}

    with ThreadPoolExecutor(8) as threads:
        found = set().union(*threads.map(ask, range(8)))

    assert found == {expected}


def test_the_rows_are_those_of_the_store(client):
    rows = raw(client, "GET", sparql(ALL, format="csv"))[2].splitlines()

    assert len(rows) == BULK + 1


def test_a_byte_order_mark_comes_before_csv_when_it_is_asked_for(client):
    plain, marked = (raw(client, "GET", sparql(ALL, format="csv", bom=value))[2] for value in "01")

    assert marked == b"\xef\xbb\xbf" + plain
    assert raw(client, "GET", sparql(ASK, format="json", bom="1"))[2].startswith(b"{")
    assert raw(client, "GET", sparql(ASK, bom="perhaps"))[0] == 400


@pytest.mark.parametrize(
    ("text", "accept"),
    [
        (ASK, "*/*"),
        (ASK, "text/csv"),
        (f'ASK {{ ?s ?p "{"æ+%=&" * 3}" }}', "application/sparql-results+xml"),
        ("SELECT * { ?s ?p ?o } LIMIT 3", "application/sparql-results+json"),
        ("SELECT * { ?s ?p ?o } LIMIT 300", "text/tab-separated-values;q=0.5, text/turtle"),
        (ALL, "text/csv"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 3", "text/turtle"),
        ("SELECT (NOW() AS ?now) { } LIMIT 0", "text/csv"),
        ("SELECT ?x { VALUES ?x { 1 2 } . FILTER(?x > 1) }", "text/csv"),
        ("SELECT * { ?s ?p ", "text/csv"),
        ("INSERT DATA { }", "text/csv"),
        ("", "text/csv"),
        ("SELECT * { SERVICE <http://127.0.0.1/> { } }", "text/csv"),
        (ASK, "image/png"),
        (ASK, "text/html"),
    ],
)
def test_a_usual_query_is_answered_as_by_the_long_way(client, text, accept):
    """An empty parameter behind the query makes the request unusual, and changes nothing of what it means."""
    usual, long = (raw(client, "GET", f"{sparql(text)}{end}", Accept=accept) for end in ("", "&"))

    assert usual[0] == long[0]
    assert usual[2] == long[2]
    assert without_date(usual[1]) == without_date(long[1])


def without_date(headers):
    return sorted((name, value) for name, value in headers.multi_items() if name != "date")


def test_a_query_whose_escapes_are_no_utf_8_is_refused(client):
    assert raw(client, "GET", "/sparql?query=ASK%20%7B%20%7D%FF")[0] == 400


def test_a_usual_query_is_asked_once_and_kept(client):
    path = sparql("SELECT * { ?s ?p ?o } LIMIT 7")
    first, second = (raw(client, "GET", path, Accept="text/csv") for _ in range(2))

    assert first[2] == second[2]
    assert without_date(first[1]) == without_date(second[1])
    assert raw(client, "GET", path, Accept="text/csv", If_None_Match=first[1]["etag"])[0] == 304
    assert raw(client, "GET", path, Accept="text/tab-separated-values")[2] != first[2]

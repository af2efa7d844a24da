"""Isolation, measured over HTTP: `python bench/attacks.py [--only NAME,…] [--facts 100000] [--seconds 2]`.

Duty: send each hostile shape of tests/attacks/shapes.toml, and what a rude client does with a connection, from a
few addresses, while a bystander on another address asks small queries and pages at a steady rate. Prints one JSON
object: for each attack the time to its end, its statuses, the bystander's percentiles, the most memory of the
server's processes, the workers that died, whether the HTTP process is still the same. The bystander is a process
of its own and its times count from the moment a request was due, so that no waiting is lost.
It must send nothing to any server but the one it started.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import math
import multiprocessing
import socket
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.support import dataset, servers
from bench.support.processes import Others, Peak, Server, machine, tree
from tests.attacks.test_shapes import media_type, text_of

SHAPES = tomllib.loads((dataset.ROOT / "tests/attacks/shapes.toml").read_text(encoding="utf-8"))["shape"]
LIMIT_S = 2.0
GOALS = {"ends_within_s": LIMIT_S + 1, "bystander_p99_ms": 100, "memory_bytes": 10**9}
BYSTANDER = "127.0.0.2"
ATTACKERS = ("127.0.0.3", "127.0.0.3", "127.0.0.4", "127.0.0.4")
QUERIES_A_SECOND, PAGES_A_SECOND = 20, 10
MANY = 100
HELD_S = 10.0
PAUSE_S = 0.02  # Between an answer and the next request: a refusal costs little, and this is no flood.
SPARQL = {"Content-Type": "application/sparql-query"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One request of the bystander: when it was due, what it was, how long until its answer was whole."""

    due: float
    kind: str
    seconds: float
    status: int


def ask(
    port: int, source: str, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, int]:
    """Ask once from an address; return the status and the length of the answer. 0: the connection broke."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        answer = connection.getresponse()
        length = 0
        while part := answer.read(1 << 16):
            length += len(part)
        return answer.status, length
    except (OSError, http.client.HTTPException):
        return 0, 0
    finally:
        connection.close()


def bystand(port: int, kind: str, *, rate: int, paths: list[str], accept: str, over: Connection) -> None:
    """Ask at a steady rate until told to stop; then send what was seen. Late answers do not slow the rate."""
    seen: list[Sample] = []
    waiting: list[threading.Thread] = []

    def one(due: float, path: str) -> None:
        status, _ = ask(port, BYSTANDER, "GET", path, headers={"Accept": accept})
        seen.append(Sample(due, kind, time.monotonic() - due, status))

    due = time.monotonic()
    number = 0
    while not over.poll(max(0.0, due - time.monotonic())):
        # A thread a request: one that hangs must not keep the next from being asked when it is due.
        thread = threading.Thread(target=one, args=(due, paths[number % len(paths)].replace("{n}", str(number))))
        thread.start()
        waiting = [other for other in waiting if other.is_alive()] + [thread]
        number += 1
        due += 1 / rate
    for thread in waiting:
        thread.join()
    over.send([(one.due, one.kind, one.seconds, one.status) for one in seen])


def processes(server: Server) -> tuple[set[int], set[int]]:
    """Return the processes that answer queries, and the others (the HTTP server)."""
    workers, others = set(), set()
    for pid in tree(server.pid):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if command:  # A worker that has ended, and is not waited for yet, has none.
                (workers if b"samvirke.workers" in command else others).add(pid)
    return workers, others


@dataclass
class Attack:
    """One attack that was made: its answers, and the time of the slowest."""

    name: str
    begun: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    longest_s: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    figures: dict[str, object] = field(default_factory=dict)


Deed = Callable[[int, str, Attack], None]


def sending(body: bytes, *, accept: str, headers: dict[str, str] | None = None, seconds: float) -> Deed:
    """Return an attack that sends the same query again and again for some seconds, or once if that takes longer."""

    def deed(port: int, source: str, attack: Attack) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            begun = time.monotonic()
            status, _ = ask(
                port, source, "POST", "/sparql", body=body, headers={**SPARQL, "Accept": accept, **(headers or {})}
            )
            attack.longest_s = max(attack.longest_s, time.monotonic() - begun)
            attack.statuses[str(status)] += 1
            time.sleep(PAUSE_S)

    return deed


def holding(first: bytes, *, seconds: float, read: bool) -> Deed:
    """Return an attack that opens many connections, sends `first` on each, and then does nothing more."""

    def deed(port: int, source: str, attack: Attack) -> None:
        open_ones = []
        for _ in range(MANY // len(ATTACKERS)):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
            open_ones.append(connection)
            with suppress(OSError):
                connection.sendall(first)
        until = time.monotonic() + seconds
        for connection in open_ones:
            connection.settimeout(max(0.01, until - time.monotonic()))
            line = b""
            if read:
                with suppress(OSError):
                    line = connection.recv(200).split(b"\r\n", 1)[0]
            attack.statuses[line.decode("latin-1").removeprefix("HTTP/1.1 ").partition(" ")[0] or "held"] += 1
        time.sleep(max(0.0, until - time.monotonic()))
        for connection in open_ones:
            connection.close()

    return deed


def deeds(seconds: float) -> dict[str, Deed]:
    """Return every attack by its name."""
    found: dict[str, Deed] = {}
    for shape in SHAPES:
        text = text_of(shape)
        found[shape["name"]] = sending(text.encode(), accept=media_type(text), seconds=seconds)
    json_results = dataset.ACCEPT
    large = b"ASK {} #" + b"x" * 1_000_000
    deep = b"SELECT * " + b"{" * 50_000 + b"}" * 50_000
    bomb = gzip.compress(b"ASK {} #" + b"\0" * 200_000_000, 9)
    head = b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    head += b"Content-Type: application/sparql-query\r\n"
    everything = quote("SELECT * { ?s ?p ?o }")
    unread = f"GET /sparql?query={everything} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {json_results}\r\n\r\n"
    found |= {
        "a megabyte of query": sending(large, accept=json_results, seconds=seconds),
        "50000 levels": sending(deep, accept=json_results, seconds=seconds),
        "gzip bomb": sending(bomb, accept=json_results, headers={"Content-Encoding": "gzip"}, seconds=seconds),
        "no query": sending(b"\xff\xfe", accept=json_results, seconds=seconds),
        "100 half-sent heads": holding(head, seconds=HELD_S, read=True),
        "100 half-sent bodies": holding(head + b"\r\nASK {}", seconds=HELD_S, read=True),
        "100 that never read": holding(unread.encode(), seconds=HELD_S, read=False),
    }
    return found


def made(name: str, deed: Deed | None, server: Server, *, rest_s: float = 0.0) -> Attack:
    """Make an attack with every attacker at once, and watch the server meanwhile. None: only wait."""
    attack = Attack(name)
    before, http_before = processes(server)
    seen, over = set(before), threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            seen.update(processes(server)[0])

    watcher = threading.Thread(target=watch)
    watcher.start()
    with Peak(server.pid, every_s=0.2) as peak, Others() as others:
        if deed is None:
            time.sleep(rest_s)
        else:
            threads = [threading.Thread(target=deed, args=(server.port, source, attack)) for source in ATTACKERS]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        attack.ended = time.monotonic()
    over.set()
    watcher.join()
    after, http_after = processes(server)
    attack.figures = {
        "others_cores": others.cores,
        "memory_mb": round(peak.bytes / 1e6),
        "worker_deaths": len((seen | before) - after),
        "http_process_kept": http_before == http_after,
    }
    return attack


def percentiles(samples: list[Sample]) -> dict[str, object]:
    """Return the bystander's figures, of queries and of pages."""
    told: dict[str, object] = {}
    for kind in ("query", "page"):
        times = sorted(one.seconds * 1000 for one in samples if one.kind == kind)
        if times:
            at = {p: times[min(len(times) - 1, math.ceil(len(times) * p) - 1)] for p in (0.5, 0.99)}
            told[kind] = {
                "asked": len(times),
                "p50_ms": round(at[0.5], 1),
                "p99_ms": round(at[0.99], 1),
                "max_ms": round(times[-1], 1),
                "not_200": dict(Counter(str(one.status) for one in samples if one.kind == kind and one.status != 200)),
            }
    return told


def row_of(attack: Attack, samples: list[Sample]) -> dict[str, object]:
    """Return the row of an attack."""
    inside = [one for one in samples if attack.begun <= one.due <= attack.ended]
    row: dict[str, object] = {"attack": attack.name, "statuses": dict(sorted(attack.statuses.items()))}
    if attack.longest_s:
        row |= {"longest_s": round(attack.longest_s, 2), "in_time": attack.longest_s <= GOALS["ends_within_s"]}
    return {**row, **attack.figures, "bystander": percentiles(inside)}


def summary(rows: list[dict[str, object]], samples: list[Sample]) -> dict[str, object]:
    """Return what the whole of it comes to, against what is promised."""

    def worst(kind: str) -> list[tuple[float, str]]:
        found = [(row["bystander"].get(kind, {}).get("p99_ms", 0.0), row["attack"]) for row in rows]  # type: ignore[attr-defined]
        return sorted(found, reverse=True)[:5]

    memory = max(int(str(row["memory_mb"])) for row in rows)
    return {
        "attacks": len(rows),
        "late": [row["attack"] for row in rows if not row.get("in_time", True)],
        "http_process_lost": [row["attack"] for row in rows if not row["http_process_kept"]],
        "server_errors": {row["attack"]: row["statuses"] for row in rows if "500" in row["statuses"]},  # type: ignore[operator]
        "broken_answers": {row["attack"]: row["statuses"] for row in rows if "0" in row["statuses"]},  # type: ignore[operator]
        "worker_deaths": sum(int(str(row["worker_deaths"])) for row in rows),
        "memory_mb": memory,
        "memory_in_bounds": memory * 1e6 <= GOALS["memory_bytes"],
        "bystander": percentiles(samples),
        "bystander_over_goal": [
            row["attack"]
            for row in rows
            if any(one["p99_ms"] > GOALS["bystander_p99_ms"] for one in row["bystander"].values())  # type: ignore[attr-defined]
        ],
        "worst_p99_ms": {kind: worst(kind) for kind in ("query", "page")},
    }


def main() -> None:
    """Make every attack that the command line asks for, and print what was seen."""
    parser = argparse.ArgumentParser(description="Attack our own server, and watch a bystander.")
    parser.add_argument("--only", default="", help="names of attacks, with commas")
    parser.add_argument("--facts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each attack is repeated")
    asked = parser.parse_args()
    wanted = {
        name: deed for name, deed in deeds(asked.seconds).items() if not asked.only or name in asked.only.split(",")
    }
    settings = {"SAMVIRKE_LIMITS_TIMEOUT_MS": str(int(LIMIT_S * 1000))}
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="samvirke-bench-") as folder:
        data = dataset.make(Path(folder), asked.facts)
        with servers.samvirke(data, settings) as server:
            queries = dataset.as_requests(dataset.distinct_queries(data), path="/sparql")
            context = multiprocessing.get_context("spawn")
            ends = []
            for kind, rate, paths, accept in (
                ("query", QUERIES_A_SECOND, queries, dataset.ACCEPT),
                ("page", PAGES_A_SECOND, dataset.page_addresses(data), "text/html"),
            ):
                mine, theirs = context.Pipe()
                given = {"rate": rate, "paths": paths, "accept": accept, "over": theirs}
                process = context.Process(target=bystand, args=(server.port, kind), kwargs=given)
                process.start()
                ends.append((mine, process))
            time.sleep(2)  # The bystanders import and warm up.
            attacks = [made("nothing", None, server, rest_s=5.0)]
            for name, deed in wanted.items():
                attacks.append(made(name, deed, server))
                print(name, attacks[-1].statuses, round(attacks[-1].longest_s, 2), file=sys.stderr)
                time.sleep(0.5)
            samples: list[Sample] = []
            for mine, process in ends:
                mine.send("over")
                samples += [Sample(*one) for one in mine.recv()]
                process.join()
    rows = [row_of(attack, samples) for attack in attacks]
    result = {
        "command": "python bench/attacks.py " + " ".join(sys.argv[1:]),
        "facts": asked.facts,
        "attackers": list(ATTACKERS),
        "bystander": {"address": BYSTANDER, "queries_a_second": QUERIES_A_SECOND, "pages_a_second": PAGES_A_SECOND},
        "settings": settings,
        "goals": GOALS,
        "machine": machine(),
        "summary": summary(rows, [one for one in samples if one.due >= attacks[0].begun]),
        "rows": rows,
        "took_s": round(time.perf_counter() - begun),
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()

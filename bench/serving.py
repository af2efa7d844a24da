"""Serving, beside its peers, in one run: `python bench/serving.py [--quick] [--only a,b] [--size 100000]`.

Duty: rows (a) repeated small queries, (b) queries that never repeat, (c) pages, (d) the start and (e) the shipped
questions, on generated graphs of 100 k and 1 M facts, for our server, `oxigraph serve`, rdflib-endpoint (the
smaller graph only) and nginx with a static file. Rounds of the servers alternate; each has 16 clients that keep
their connections. Prints one JSON object: medians, ratios, percentiles, processor time a request (of the whole
process tree), versions, the machine. A row with a single wrong answer or broken connection is not valid.
A peer that is not installed is named in "missing", with the reason.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.support import dataset, load, servers
from bench.support.dataset import ACCEPT, Dataset
from bench.support.processes import Others, Server, cpu_seconds, machine, memory_bytes

PATHS = {"samvirke": "/sparql", "oxigraph": "/query", "rdflib-endpoint": "/"}
SLOW_MS = 1000  # A question slower than this is asked once only, and starts are repeated for this long at most:
LONG_S = 20  # the whole of it must be done within minutes, also where a goal is far.
GOALS = {
    "a": 2.0,
    "b": 0.5,
    "c_cached": 0.3,
    "c_uncached_per_second": 1500,
    "c_uncached_p99_ms": 25,
    "d_s": 1.0,
    "e_ms": 100,
}


@dataclass
class Run:
    """What this run was asked for, and what it has found."""

    rounds: int
    seconds: int
    only: set[str]
    others_cores: float = 0.0
    rows: list[dict[str, object]] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Say whether a peer is here; note the reason where it is not."""
        reason = servers.missing(name)
        if reason:
            self.missing[name] = reason
        return not reason


def get(port: int, path: str, *, accept: str = "*/*") -> tuple[int, bytes]:
    """Ask once, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def alternate(
    run: Run, given: dict[str, tuple[Server, list[str]]], *, accept: str = "*/*"
) -> dict[str, dict[str, object]]:
    """Let the servers take turns, round after round, and sum up what each did."""
    found: dict[str, list[tuple[load.Round, float]]] = {name: [] for name in given}
    with Others() as others:
        _turns(run, given, found, accept)
    run.others_cores = others.cores
    return {name: summed(rounds, given[name][0]) for name, rounds in found.items()}


def _turns(
    run: Run,
    given: dict[str, tuple[Server, list[str]]],
    found: dict[str, list[tuple[load.Round, float]]],
    accept: str,
) -> None:
    for turn in range(run.rounds + 1):
        for name, (server, requests) in given.items():
            before = cpu_seconds(server.pid)
            # The turn before the first warms up: it is not counted.
            done = load.put(
                server.port,
                requests,
                seconds=run.seconds if turn else 1,
                first=turn * 1009,
                number=10**6 * (turn + 1),
                accept=accept,
            )
            if turn:
                found[name].append((done, (cpu_seconds(server.pid) - before) / max(done.requests, 1)))


def summed(rounds: list[tuple[load.Round, float]], server: Server) -> dict[str, object]:
    """Return the medians of a server's rounds, and every error of any of them."""
    return {
        "per_second": round(statistics.median(one.per_second for one, _ in rounds), 1),
        "p50_ms": round(statistics.median(one.p50_ms for one, _ in rounds), 2),
        "p99_ms": round(statistics.median(one.p99_ms for one, _ in rounds), 2),
        "max_ms": round(max(one.max_ms for one, _ in rounds), 1),
        "cpu_ms_per_request": round(1000 * statistics.median(cpu for _, cpu in rounds), 3),
        "memory_mb": round(memory_bytes(server.pid) / 1e6),
        "requests": sum(one.requests for one, _ in rounds),
        "wrong_answers": sum(one.wrong for one, _ in rounds),
        "broken_connections": sum(one.broken for one, _ in rounds),
        "rounds_per_second": [round(one.per_second, 1) for one, _ in rounds],
    }


def told(run: Run, row: str, size: int, found: dict[str, dict[str, object]], **more: object) -> None:
    """Keep a row, with the ratios of our figure to each peer's."""
    ours = float(str(found["samvirke"]["per_second"]))
    ratios = {
        name: round(ours / max(float(str(peer["per_second"])), 1e-9), 3)
        for name, peer in found.items()
        if name != "samvirke"
    }
    valid = not any(peer["wrong_answers"] or peer["broken_connections"] for peer in found.values())
    answers = more.get("answers")
    valid = valid and not (isinstance(answers, dict) and answers["differing"])
    run.rows.append(
        {
            "row": row,
            "facts": size,
            "valid": valid,
            "ratio_to": ratios,
            **more,
            "others_cores": run.others_cores,
            "servers": found,
        }
    )
    print(f"{row} {size}: {ours} a second, ratio {ratios}, valid {valid}", file=sys.stderr)


def compare_answers(endpoints: dict[str, Server], texts: list[str]) -> dict[str, object]:
    """Ask each server some of the queries, and compare the rows they answer."""
    differing: list[str] = []
    rows = 0
    for text in texts:
        answers = {}
        for name, server in endpoints.items():
            status, body = get(server.port, f"{PATHS[name]}?query={quote(text, safe='')}", accept=ACCEPT)
            bindings = json.loads(body)["results"]["bindings"] if status == 200 else [{"status": status}]
            answers[name] = sorted(json.dumps(_plain(row), sort_keys=True) for row in bindings)
        rows += len(answers["samvirke"])
        differing += [f"{name}: {text}" for name in answers if answers[name] != answers["samvirke"]]
    return {"queries": len(texts), "rows": rows, "differing": differing}


def _plain(row: dict[str, object]) -> object:
    """Return a row without what JSON results may say or leave out (xsd:string)."""
    return {
        name: {key: value for key, value in term.items() if not str(value).endswith("XMLSchema#string")}
        if isinstance(term, dict)
        else term
        for name, term in row.items()
    }


def query_rows(run: Run, data: Dataset, size: int, endpoints: dict[str, Server]) -> None:
    """Measure rows (a) and (b)."""
    texts, drawn = dataset.repeated_queries(data)
    other = dataset.distinct_queries(data)
    sample = [
        *texts[:: max(1, len(texts) // 40)],
        *(text.replace("{n}", "000") for text in other[:: max(1, len(other) // 20)]),
    ]
    equal = compare_answers(endpoints, sample)
    for row, asked in (("a", drawn), ("b", other)):
        if row in run.only:
            given = {name: (server, dataset.as_requests(asked, path=PATHS[name])) for name, server in endpoints.items()}
            found = alternate(run, given, accept=ACCEPT)
            told(run, row, size, found, goal=GOALS[row], distinct=len(texts) if row == "a" else "all", answers=equal)


def page_rows(run: Run, data: Dataset, size: int, folder: Path) -> None:
    """Measure row (c): one page again and again beside nginx, and pages that were never asked for."""
    addresses = dataset.page_addresses(data)
    with servers.samvirke(data) as ours, ExitStack() as stack:
        status, page = get(ours.port, addresses[0], accept="text/html")
        given = {"samvirke": (ours, [addresses[0]])}
        if run.has("nginx"):
            given["nginx"] = (stack.enter_context(servers.nginx(folder / f"nginx-{size}", page)), ["/page.html"])
        found = alternate(run, given, accept="text/html")
        told(run, "c cached", size, found, goal=GOALS["c_cached"], page_bytes=len(page), status=status)
    statuses = set()
    rounds: list[tuple[load.Round, float]] = []
    first, wrapped, restarts = 0, False, -1
    with _restarting(lambda: servers.samvirke(data)) as start, Others() as others:
        ours = None
        for turn in range(run.rounds + 1):
            need = rounds[-1][0].requests * 5 // 4 if rounds else 0
            if ours is None or first + need > len(addresses):
                ours, first, restarts = start(), 0, restarts + 1
                statuses |= {get(ours.port, path, accept="text/html")[0] for path in addresses[-40:]}
            before = cpu_seconds(ours.pid)
            done = load.put(ours.port, addresses, seconds=run.seconds if turn else 1, first=first, accept="text/html")
            first += done.requests
            wrapped = wrapped or first > len(addresses)
            if turn:
                rounds.append((done, (cpu_seconds(ours.pid) - before) / max(done.requests, 1)))
        found = {"samvirke": summed(rounds, ours)}
    run.others_cores = others.cores
    goal = [GOALS["c_uncached_per_second"], GOALS["c_uncached_p99_ms"]]
    more = {"addresses": len(addresses), "came_round": wrapped, "restarts": restarts, "statuses": sorted(statuses)}
    told(run, "c uncached", size, found, goal=goal, **more)


@contextmanager
def _restarting(begin: Callable[[], object]) -> Iterator[Callable[[], Server]]:
    """Give a function that stops the server of the call before and starts another."""
    with ExitStack() as stack:

        def start() -> Server:
            stack.close()
            return stack.enter_context(begin())  # type: ignore[arg-type]

        yield start


def start_row(run: Run, data: Dataset, size: int, store: Path | None) -> None:
    """Measure row (d): from the command to the first answer of the endpoint, the data being published."""
    times: dict[str, list[float]] = {"samvirke": [], "oxigraph": []}
    for _ in range(run.rounds):
        if sum(times["samvirke"]) > LONG_S:
            break
        with servers.samvirke(data) as ours:
            times["samvirke"].append(ours.first_answer_s)
        if store:
            with servers.oxigraph(store) as peer:
                times["oxigraph"].append(peer.first_answer_s)
    found = {
        name: {"median_s": round(statistics.median(given), 3), "most_s": round(max(given), 3)}
        for name, given in times.items()
        if given
    }
    run.rows.append({"row": "d", "facts": size, "valid": True, "goal_s": GOALS["d_s"], "servers": found})
    print(f"d {size}: {found}", file=sys.stderr)


def question_row(run: Run, data: Dataset, size: int) -> None:
    """Measure row (e): each shipped question, alone; a comment makes each asking another text."""
    from samvirke.queries import bind, load_queries  # noqa: PLC0415 - not needed by the other rows

    found: dict[str, dict[str, object]] = {}
    with servers.samvirke(data) as ours:
        for question in load_queries(dataset.ROOT / "queries"):
            times, status, body = [], 0, b""
            for number in range(3):
                text = f"{bind(question, {})}\n# {number}"
                begun = time.perf_counter()
                status, body = get(ours.port, f"/sparql?query={quote(text, safe='')}", accept="text/csv")
                times.append((time.perf_counter() - begun) * 1000)
                if times[-1] > SLOW_MS:
                    break
            found[question.name] = {
                "median_ms": round(statistics.median(times), 1),
                "status": status,
                "rows": max(body.count(b"\n") - 1, 0),
            }
    slow = {name: one for name, one in found.items() if float(str(one["median_ms"])) > GOALS["e_ms"]}
    bad = {name: one for name, one in found.items() if one["status"] != 200}
    row = {"row": "e", "facts": size, "valid": not bad, "goal_ms": GOALS["e_ms"], "questions": len(found)}
    run.rows.append({**row, "within": len(found) - len(slow), "slower": slow, "not_answered": bad})
    print(f"e {size}: {len(found) - len(slow)} of {len(found)} in time", file=sys.stderr)


def measure(run: Run, size: int) -> dict[str, object]:
    """Measure every row that was asked for on a graph of `size` facts."""
    with tempfile.TemporaryDirectory(prefix="samvirke-bench-") as name:
        folder = Path(name)
        data = dataset.make(folder, size)
        prepared: dict[str, object] = dict(data.seconds)
        store = folder / "oxigraph" if run.has("oxigraph") and run.only & set("abd") else None
        if store:
            prepared["oxigraph_load"] = round(servers.load_oxigraph(data, store), 2)
        if run.only & {"a", "b"}:
            with ExitStack() as stack:
                endpoints = {"samvirke": stack.enter_context(servers.samvirke(data))}
                if store:
                    endpoints["oxigraph"] = stack.enter_context(servers.oxigraph(store))
                if size <= 100_000 and run.has("rdflib-endpoint"):
                    endpoints["rdflib-endpoint"] = stack.enter_context(servers.rdflib_endpoint(data))
                query_rows(run, data, size, endpoints)
        if "c" in run.only:
            page_rows(run, data, size, folder)
        if "d" in run.only:
            start_row(run, data, size, store)
        if "e" in run.only:
            question_row(run, data, size)
        return {"facts": size, "seconds": prepared, "things": {kind: len(iris) for kind, iris in data.things.items()}}


def main() -> None:
    """Measure what the command line asks for, and print it."""
    parser = argparse.ArgumentParser(description="Compare serving with its peers.")
    parser.add_argument("--quick", action="store_true", help="two rounds of one second: for development")
    parser.add_argument("--only", default="a,b,c,d,e", help="the rows to measure")
    parser.add_argument("--size", type=int, action="append", help="facts in the graph (100000 and 1000000)")
    asked = parser.parse_args()
    run = Run(2 if asked.quick else 5, 1 if asked.quick else 3, set(asked.only.split(",")))
    begun = time.perf_counter()
    reason = load.available()
    prepared = [] if reason else [measure(run, size) for size in asked.size or [100_000, 1_000_000]]
    if reason:
        run.missing["wrk"] = reason
    result = {
        "command": "python bench/serving.py " + " ".join(sys.argv[1:]),
        "clients": load.CLIENTS,
        "rounds": run.rounds,
        "seconds_a_round": run.seconds,
        "machine": machine(),
        "versions": servers.versions(),
        "our_settings": servers.SETTINGS,
        "missing": run.missing,
        "data": prepared,
        "rows": run.rows,
        "took_s": round(time.perf_counter() - begun),
        "note": "Load and servers share the machine's cores; others_cores says how many were busy with something else. "
        "Wrong answers are those of status 400 and above; a sample of the requests is compared with the peers' "
        "answers first. Our store and oxigraph's hold the facts twice, in the graphs of their passages and in the "
        "default graph; rdflib-endpoint holds the default graph only.",
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()

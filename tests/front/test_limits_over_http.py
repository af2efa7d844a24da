"""Each limit that a client meets over HTTP, set low and tripped."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.server import serving

RUNAWAY = "SELECT (COUNT(*) AS ?c) { ?a ?b ?c0 . ?d ?e ?f . ?g ?h ?i }"


def ask(server, text, **headers):
    return httpx.get(
        f"{server.address}sparql",
        params={"query": text},
        headers={"Accept": "application/json", **{name.replace("_", "-"): one for name, one in headers.items()}},
        timeout=30,
        trust_env=False,
    )


@pytest.fixture(scope="module")
def strict(site):
    with serving(
        site,
        allow_invalid="yes",
        reasoner="off",
        trusted_proxies="1",
        limits_timeout_ms="1000",
        limits_workers="2",
        limits_concurrent_per_client="1",
        limits_queue_length="2",
        limits_queue_wait_ms="200",
        limits_client_budget_ms="1500",
        limits_client_refill_ms="100",
        limits_max_rows="10",
    ) as running:
        yield running


def test_who_has_used_up_its_budget_waits_and_others_do_not(strict):
    first, second = (ask(strict, RUNAWAY, X_Forwarded_For="198.51.100.1") for _ in range(2))
    refused = ask(strict, "ASK {}", X_Forwarded_For="198.51.100.1")
    other = ask(strict, "ASK {}", X_Forwarded_For="198.51.100.2")

    assert (first.status_code, second.status_code) == (503, 503)
    assert refused.status_code == 429
    assert refused.json()["code"] == "too-many-requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert other.status_code == 200


def test_only_the_last_proxy_is_believed(strict):
    """What stands before it in the header, the client itself may have written."""
    ask(strict, RUNAWAY, X_Forwarded_For="203.0.113.9, 198.51.100.3")
    ask(strict, RUNAWAY, X_Forwarded_For="203.0.113.8, 198.51.100.3")

    assert ask(strict, "ASK { ?last ?p 1 }", X_Forwarded_For="203.0.113.7, 198.51.100.3").status_code == 429


def test_one_client_has_its_share_of_workers_and_no_more(strict):
    with ThreadPoolExecutor(4) as threads:
        long = [
            threads.submit(ask, strict, f"{RUNAWAY} # {number}", X_Forwarded_For="198.51.100.4") for number in range(4)
        ]
        short = ask(strict, "ASK { ?a <urn:1> 1 }", X_Forwarded_For="198.51.100.5")
        found = [one.result() for one in long]

    refused = [one for one in found if one.status_code == 429]
    assert {one.status_code for one in found} == {429, 503}  # One ran to its limit of time.
    assert all(int(one.headers["Retry-After"]) >= 1 for one in refused)
    assert short.status_code == 200


def test_a_full_queue_turns_away_at_once(strict):
    with ThreadPoolExecutor(8) as threads:
        clients = [f"198.51.100.{number}" for number in range(10, 18)]
        found = list(threads.map(lambda one: ask(strict, RUNAWAY, X_Forwarded_For=one), clients))

    codes = [one.json()["code"] for one in found]
    assert set(codes) <= {"query-timeout", "overloaded"}
    assert codes.count("overloaded") >= 2
    assert all("Retry-After" in one.headers for one, code in zip(found, codes, strict=True) if code == "overloaded")


def test_too_many_rows_are_an_error_and_no_short_answer(strict):
    refused = ask(strict, "SELECT * { ?s ?p ?o }", X_Forwarded_For="198.51.100.30")

    assert refused.status_code == 413
    assert "10 rows" in refused.json()["detail"]


def test_without_trusted_proxies_the_header_means_nothing(site):
    with serving(
        site,
        allow_invalid="yes",
        reasoner="off",
        limits_timeout_ms="500",
        limits_client_budget_ms="400",
        limits_client_refill_ms="10",
    ) as server:
        ask(server, RUNAWAY, X_Forwarded_For="198.51.100.1")
        refused = ask(server, "ASK {}", X_Forwarded_For="198.51.100.2")

    assert refused.status_code == 429


def test_a_kept_answer_costs_no_budget(site):
    with serving(
        site,
        allow_invalid="yes",
        reasoner="off",
        limits_timeout_ms="500",
        limits_client_budget_ms="400",
        limits_client_refill_ms="10",
    ) as server:
        first = ask(server, "ASK {}")
        ask(server, RUNAWAY)
        again, new = ask(server, "ASK {}"), ask(server, "ASK { }")

    assert (first.status_code, again.status_code, new.status_code) == (200, 200, 429)


def test_threads_are_not_what_queries_wait_in(site):
    """Sixty clients in line, and pages come at once: no page needs a thread that a query holds."""
    with serving(
        site,
        allow_invalid="yes",
        reasoner="off",
        trusted_proxies="1",
        limits_timeout_ms="3000",
        limits_queue_length="60",
        limits_queue_wait_ms="3000",
    ) as server:
        clients = [
            threading.Thread(target=ask, args=(server, RUNAWAY), kwargs={"X_Forwarded_For": f"198.51.100.{number}"})
            for number in range(60)
        ]
        for one in clients:
            one.start()
        time.sleep(0.3)
        pages = [httpx.get(f"{server.address}en/id/anholt?{number}", timeout=20).status_code for number in range(10)]
        for one in clients:
            one.join()

    assert pages == [200] * 10

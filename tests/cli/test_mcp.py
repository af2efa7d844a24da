"""`samvirke mcp`, asked by the protocol's own client over both transports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests import loops
from tests.cli.conftest import COMMAND, environment

TOOLS = {"search", "describe", "sparql_select", "explain", "schema"}
PASSAGE = re.compile(r"#(char|row|cell|line)=")
Ask = Callable[[ClientSession], Awaitable[Any]]


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server over the first site, built in a folder of its own."""
    state = tmp_path_factory.mktemp("state")
    told = environment(SAMVIRKE_STATE=str(state), SAMVIRKE_REASONER="false", PYTHONPATH=str(root))
    subprocess.run([*COMMAND, "--site", str(root), "build"], env=told, check=True, capture_output=True)
    return told


@asynccontextmanager
async def session(root: Path, told: dict[str, str]) -> AsyncIterator[ClientSession]:
    arguments = ["-m", "samvirke", "--site", str(root), "--lang", "en", "mcp"]
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=told)
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as found:
        await found.initialize()
        yield found


@pytest.fixture(scope="module")
def ask(root: Path, site: dict[str, str]) -> Callable[[Ask], Any]:
    def asked(question: Ask) -> Any:
        async def run() -> Any:
            async with session(root, site) as found:
                return await question(found)

        return loops.run(run())

    return asked


async def call(found: ClientSession, tool: str, **arguments: object) -> tuple[bool, str]:
    answer = await found.call_tool(tool, arguments)
    return bool(answer.is_error), answer.content[0].text  # type: ignore[union-attr]  # our tools answer text


def test_every_tool_only_reads_and_says_what_it_is_for(ask):
    tools = ask(lambda found: found.list_tools()).tools

    assert {tool.name for tool in tools} == TOOLS
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert all(len(tool.description) > 60 for tool in tools)


def test_from_words_to_a_thing_to_its_facts_to_the_reason(ask):
    async def conversation(found: ClientSession) -> list[tuple[bool, str]]:
        thing = await call(found, "search", words="boligsocalt netvaerk")
        address = json.loads(thing[1]).get("did_you_mean") or ""
        known = await call(found, "search", words=address or "boligsocialt")
        first = json.loads(known[1])["things"][0]["address"]
        told = await call(found, "describe", thing=first)
        row = next(one for one in json.loads(told[1])["facts"] if one["values"] and not one["inverse"])
        value = row["values"][0]
        end = value["addresses"][0] if value["addresses"] else value["text"]
        why = await call(found, "explain", subject=first, property_name=row["property"], value=end)
        return [known, told, why]

    known, told, why = ask(conversation)
    facts = json.loads(told[1])
    values = [value for row in facts["facts"] for value in row["values"]]

    assert not known[0]
    assert len(values) >= 5
    assert all(value["passages"] and all(map(PASSAGE.search, value["passages"])) for value in values)
    addresses = {passage["address"] for passage in facts["passages"]}
    assert {passage for value in values for passage in value["passages"]} == addresses
    assert not why[0], why[1]
    assert PASSAGE.search(why[1])


def test_rows_come_with_their_passages_and_numbers_as_computed(ask):
    rows = "SELECT ?s ?o { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?o }"

    async def both(found: ClientSession) -> list[tuple[bool, str]]:
        return [
            await call(found, "sparql_select", query=rows, limit=5),
            await call(found, "sparql_select", query="SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"),
        ]

    listed, counted = ask(both)
    told = json.loads(listed[1])

    assert len(told["rows"]) == 5
    assert told["more"] is True
    assert all(map(PASSAGE.search, (one for row in told["rows"] for one in row["passages"])))
    assert all(row["passages"] for row in told["rows"])
    assert "no passage says it" in json.loads(counted[1])["computed"]


REFUSED = {
    "ASK { ?s ?p ?o }": "only SELECT",
    "CONSTRUCT WHERE { ?s ?p ?o }": "only SELECT",
    "DROP ALL": "only read",
    "INSERT DATA { <urn:a> <urn:b> <urn:c> }": "only read",
    "# SELECT\nDELETE WHERE { ?s ?p ?o }": "only read",
    "SELECT * { ?s ?p ?o } ; DROP ALL": "",
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }": "",
    "SELECT * { ?s (!<urn:p>)* ?o }": "cannot be traced",
    "": "Nothing was asked",
    "SELECT": "",
}


def test_what_is_no_traceable_select_is_refused(ask):
    async def all_of_them(found: ClientSession) -> list[tuple[bool, str]]:
        return [await call(found, "sparql_select", query=text) for text in REFUSED]

    for (text, expected), (failed, told) in zip(REFUSED.items(), ask(all_of_them), strict=True):
        assert failed, (text, told)
        assert expected in told, (text, told)
        assert "Traceback" not in told


def test_the_schema_is_short_and_names_what_queries_ask_for(ask):
    failed, told = ask(lambda found: call(found, "schema"))

    assert not failed
    assert len(told.encode()) <= 4_000
    assert "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>" in told
    assert re.search(r"^skos:prefLabel  \S.*  \d+$", told, re.MULTILINE)


@pytest.fixture
def listening(root: Path, site: dict[str, str]) -> Iterator[str]:
    """The address of a server over HTTP."""
    command = [*COMMAND, "--site", str(root), "mcp", "--http", "--port", "0"]
    with subprocess.Popen(command, env=site, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+/mcp", process.stderr.readline())
        assert found
        yield found[0]
        process.terminate()
        process.communicate(timeout=30)


def test_it_also_answers_over_http_and_only_under_its_own_name(listening):
    async def tools() -> set[str]:
        async with streamable_http_client(listening) as streams, ClientSession(streams[0], streams[1]) as found:
            await found.initialize()
            return {tool.name for tool in (await found.list_tools()).tools}

    assert loops.run(tools()) == TOOLS
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for host, origin in (("evil.example", None), (None, "http://evil.example")):
        named = {"Host": host} if host else {"Origin": str(origin)}
        answer = httpx.post(listening, json=body, headers=named, trust_env=False)
        assert answer.status_code in (403, 421)


def test_without_something_published_it_says_what_to_do(run, tmp_path):
    run("init", tmp_path / "site")
    outcome = run("--site", tmp_path / "site", "mcp")

    assert (outcome.code, outcome.out) == (4, "")
    assert "samvirke build" in outcome.err

"""A generated graph as a published generation of the first site, and what is asked of it.

Duty: a state folder whose one generation holds a generated graph with the first site's ontology, settings and
stored questions; the queries and addresses the rows of the comparison ask for. It must not go through the site's
gate: what is measured is serving, and checking a million facts takes longer than all of it.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from urllib.parse import quote

import pyoxigraph

from bench.generate import BASE, write, zipf

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 7
TYPED = re.compile(
    rf"<({BASE}id/[^>]+)> <[^>]+#type> <(?:{BASE}network|http://www.w3.org/ns/org)"
    "#(Network|Project|FormalOrganization|ThemeDay)>"
)
PREFIXES = (
    f"PREFIX nw: <{BASE}network#> PREFIX org: <http://www.w3.org/ns/org#> "
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
)
# What pages and scripts ask all day. `{iri}` is the thing asked of, `{n}` a limit that no answer reaches.
SHAPES = {
    "entity": ("Network", "SELECT ?p ?o WHERE {{ <{iri}> ?p ?o }} LIMIT {n}"),
    "timeline": (
        "Network",
        "SELECT ?what ?time WHERE {{ {{ <{iri}> nw:lifetime|nw:activePeriod ?what . ?what nw:edtf ?time }} UNION "
        "{{ ?what nw:organisedBy <{iri}> ; nw:date ?time }} }} ORDER BY STR(?time) LIMIT {n}",
    ),
    "partners": (
        "Network",
        "SELECT ?who ?name WHERE {{ ?who nw:partnerIn <{iri}> ; skos:prefLabel ?name }} LIMIT {n}",
    ),
    "label": ("FormalOrganization", "SELECT ?name WHERE {{ <{iri}> skos:prefLabel ?name }} LIMIT {n}"),
    "members": (
        "Network",
        "SELECT ?who ?name ?role WHERE {{ ?holding org:organization <{iri}> ; org:member ?who ; org:role ?role . "
        "?who skos:prefLabel ?name }} LIMIT {n}",
    ),
}
ACCEPT = "application/sparql-results+json"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A generated graph on the disk: the state folder, both files, and the things in it by class."""

    state: Path
    quads: Path
    triples: Path
    things: dict[str, list[str]]
    seconds: dict[str, float]


def make(folder: Path, count: int) -> Dataset:
    """Generate a graph of `count` facts and publish it in a state folder below `folder`."""
    seconds: dict[str, float] = {}
    site = _first_site(folder)
    directory = folder / "state" / "generations" / "generated"
    directory.mkdir(parents=True)
    begun = time.perf_counter()
    quads = write(directory / "data.nq", count, seed=SEED, quads=True)
    triples = write(directory / "default.nt", count, seed=SEED)
    seconds["generate_both"] = round(time.perf_counter() - begun, 2)
    for name in ("schema.nq", "schema.json", "settings.json", "report.json", "report.ttl"):
        shutil.copyfile(site / name, directory / name)
    shutil.copytree(site / "queries", directory / "queries")
    begun = time.perf_counter()
    _disk_store(directory)
    seconds["disk_store"] = round(time.perf_counter() - begun, 2)
    begun = time.perf_counter()
    _index(directory, triples)
    seconds["index"] = round(time.perf_counter() - begun, 2)
    manifest = json.loads((site / "manifest.json").read_text(encoding="utf-8"))
    manifest.update(version="generated", hash=f"generated-{count}-{SEED}", parts={}, files={})
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "state" / "current").symlink_to(Path("generations", "generated"))
    things: dict[str, list[str]] = {"Network": [], "Project": [], "FormalOrganization": [], "ThemeDay": []}
    with triples.open(encoding="utf-8") as lines:
        for line in lines:
            if match := TYPED.match(line):
                things[match[2]].append(match[1])
    return Dataset(folder / "state", quads, triples, things, seconds)


def _first_site(folder: Path) -> Path:
    """Build the first site, for its ontology and questions; return its generation."""
    state = folder / "first"
    environ = {"SAMVIRKE_STATE": str(state), "SAMVIRKE_REASONER": "false", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "samvirke", "--site", str(ROOT), "build"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environ})
    return (state / "current").resolve()


def _disk_store(directory: Path) -> None:
    """Write the disk store of a generation, as the build does."""
    from samvirke.store import disk, files_of  # noqa: PLC0415 - slow to import, as above

    files = files_of(directory)
    if sum(path.read_bytes().count(b"\n") for path, _ in files) >= disk.WORTH_QUADS:
        disk.write_disk(directory, files)


def _index(directory: Path, triples: Path) -> None:
    """Write the index of a generation; of its documents it knows the addresses, not the words."""
    from samvirke.model import Candidate  # noqa: PLC0415 - slow to import, and the attacks need none of it
    from samvirke.schema import Schema  # noqa: PLC0415
    from samvirke.search import build_index  # noqa: PLC0415

    store = pyoxigraph.Store()
    with triples.open("rb") as lines:
        # Passages are no things. To say so by the documents' addresses costs a look at each of them per fact.
        kept = b"".join(line for line in lines if b"#char=" not in line.split(b" ", 1)[0])
    store.bulk_load(input=kept, format=pyoxigraph.RdfFormat.N_TRIPLES)
    schema = Schema.from_json((directory / "schema.json").read_text(encoding="utf-8"))
    candidate = Candidate(store, BASE, ("da", "en"), (), (), (), (), schema)
    build_index(directory / "index.sqlite", candidate)
    _inferred(directory)


def _inferred(directory: Path) -> None:
    import sqlite3  # noqa: PLC0415 - as above

    mark = f"<{BASE}rule/"
    rows = []
    with (directory / "data.nq").open(encoding="utf-8") as lines:
        for line in lines:
            fact, _, graph = line.rstrip(" .\n").rpartition(" ")
            if graph.startswith(mark):
                rows.append((*fact.split(" ", 2), graph[1:-1], "[]"))
    with sqlite3.connect(directory / "index.sqlite") as connection:
        connection.execute(
            "CREATE TABLE inferred (s TEXT NOT NULL, p TEXT NOT NULL, o TEXT NOT NULL, rule TEXT NOT NULL,"
            " passages TEXT NOT NULL, PRIMARY KEY (s, p, o)) WITHOUT ROWID"
        )
        connection.execute("CREATE INDEX inferred_object ON inferred (o)")
        connection.executemany("INSERT INTO inferred VALUES (?, ?, ?, ?, ?)", sorted(rows))
    connection.close()


def query_text(shape: str, iri: str, limit: int | str = 1000) -> str:
    """Return a query of one of the shapes."""
    return PREFIXES + SHAPES[shape][1].format(iri=iri, n=limit)


def repeated_queries(data: Dataset, *, distinct: int = 200, drawn: int = 5000) -> tuple[list[str], list[str]]:
    """Return the distinct queries of row (a), and a list of them in which the popular ones come often."""
    per_shape = distinct // len(SHAPES)
    lists = [[query_text(shape, iri) for iri in data.things[kind][:per_shape]] for shape, (kind, _) in SHAPES.items()]
    # The ranks run across the shapes, so that no shape has all that is popular.
    texts = [text for group in zip_longest(*lists) for text in group if text is not None]
    picked = random.Random(SEED).choices(texts, cum_weights=zipf(len(texts)), k=drawn)
    return texts, picked


def distinct_queries(data: Dataset, *, most: int = 20_000) -> list[str]:
    """Return the queries of row (b): the same shapes, another thing each, and `{n}` where the limit stands."""
    kinds = {shape: data.things[kind] for shape, (kind, _) in SHAPES.items()}
    longest = max(len(things) for things in kinds.values())
    return [
        query_text(shape, things[place % len(things)], "1{n}")
        for place in range(longest)
        for shape, things in kinds.items()
    ][:most]


def as_requests(texts: list[str], *, path: str) -> list[str]:
    """Return GET requests for queries."""
    return [f"{path}?query={quote(text, safe='').replace('%7Bn%7D', '{n}')}" for text in texts]


def page_addresses(data: Dataset) -> list[str]:
    """Return the address of every page of a thing, in both languages, the popular ones first."""
    things = [iri for kind in ("Network", "FormalOrganization", "Project", "ThemeDay") for iri in data.things[kind]]
    addresses = [f"/{language}/{iri.removeprefix(BASE)}" for language in ("da", "en") for iri in things]
    random.Random(SEED).shuffle(addresses)
    return addresses

"""What a build publishes, what stops it, and that the same files give the same bytes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pyoxigraph
import pytest

from samvirke import generations
from samvirke.build import build, check_site, source_files
from samvirke.errors import GateRefused, InputError, StoreBusy, StoreDamaged, StoreError
from samvirke.generations import Generation
from samvirke.model import Severity
from samvirke.site import Site
from samvirke.store import open_generation
from samvirke.terms import CORE, PROV

BASE = "https://garden.example/"
PARTS = {
    "counts.json",
    "data.nq",
    "default.nt",
    "index.sqlite",
    "queries/beds.rq",
    "report.json",
    "report.ttl",
    "schema.json",
    "schema.nq",
    "settings.json",
}


def make(path: Path, **options: object) -> Generation:
    return build(Site.open(path, environ={}), reasoner=False, **options)  # type: ignore[arg-type]


def content(generation: Generation, name: str) -> bytes:
    return (generation.directory / name).read_bytes()


def entries(state: Path) -> set[str]:
    return {path.name for path in state.iterdir()} | {
        f"generations/{path.name}" for path in (state / "generations").iterdir()
    }


def test_a_generation_holds_what_serving_needs(garden: Path) -> None:
    generation = make(garden)

    assert generations.current(garden / ".samvirke") == generation
    text = next((garden / "data/documents/walk").glob("*.txt")).read_bytes()
    names = {
        path.relative_to(generation.directory).as_posix() for path in generation.directory.rglob("*") if path.is_file()
    }
    texts = {name for name in names if name.startswith("texts/")}
    assert names == PARTS | texts | {"manifest.json"}
    assert [content(generation, name) for name in texts] == [text]
    assert generations.verify(generation) == []
    manifest = json.loads(content(generation, "manifest.json"))
    assert manifest == dict(generation.manifest)
    assert manifest["version"] == generation.version == generation.directory.name
    assert manifest["version"].split("-")[1] == manifest["hash"][:12]
    assert set(manifest["files"]) == {path.relative_to(garden).as_posix() for path in source_files(Site.open(garden))}
    assert manifest["counts"]["passages"] == 2
    assert manifest["counts"]["documents"] == 1
    assert manifest["prefixes"]["d"] == f"{BASE}id/"


def test_the_published_files_are_sorted_and_open_as_a_store(garden: Path) -> None:
    generation = make(garden)
    for name in ("data.nq", "default.nt", "schema.nq"):
        lines = content(generation, name).splitlines()
        assert lines == sorted(set(lines)), name
    store = open_generation(generation.directory)

    default = {quad.triple for quad in store.quads_for_pattern(None, None, None, pyoxigraph.DefaultGraph())}
    schema = {pyoxigraph.NamedNode(name) for name in generation.manifest["schema_graphs"]}
    named = {
        quad.triple
        for graph in store.named_graphs()
        if graph not in schema
        for quad in store.quads_for_pattern(None, None, None, graph)
    }
    assert default == named
    assert len(default) == generation.manifest["counts"]["facts"]
    rows = store.query("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    assert next(iter(rows))["n"].value == str(len(default))


def test_the_same_files_give_the_same_bytes_and_hash(garden: Path, tmp_path: Path) -> None:
    first = make(garden)
    second = make(garden, progress=lambda _step: None)
    names = sorted(PARTS - {"index.sqlite", "report.json"})
    before = [(content(first, name), content(second, name)) for name in names]
    third = make(garden.rename(tmp_path / "other name"))

    assert first.hash == second.hash == third.hash
    for name, (one, two) in zip(names, before, strict=True):
        assert one == two == content(third, name), name


def test_a_changed_fact_changes_the_hash(garden: Path) -> None:
    first = make(garden)
    path = garden / "data/beds & borders.ttl"
    path.write_text(path.read_text().replace("South bed", "Southern bed"))

    assert make(garden).hash != first.hash


def test_graph_names_tell_where_a_fact_comes_from(garden: Path) -> None:
    generation = make(garden)
    named = {line.rsplit(b" ", 2)[-2].decode()[1:-1] for line in content(generation, "data.nq").splitlines()}

    assert {name for name in named if "/rule/" not in name} == {
        f"{BASE}document/walk",
        f"{BASE}document/walk/2020",
        f"{BASE}document/walk/2020#char=0,38",
        f"{BASE}document/walk/2020#char=40,67",
        f"{BASE}graph/beds%20%26%20borders",
    }
    assert generation.manifest["schema_graphs"] == [
        f"{BASE}schema/rules",
        f"{BASE}terms",
        "https://w3id.org/samvirke/core",
        "https://w3id.org/samvirke/core/shapes",
    ]


def test_blank_nodes_of_data_become_addresses_of_the_site(garden: Path) -> None:
    data = content(make(garden), "data.nq")

    assert b"_:" not in data
    assert data.count(f"{BASE}.well-known/genid/".encode()) == 2


def test_blank_nodes_of_two_ontology_files_stay_apart(garden: Path) -> None:
    for name in ("one", "two"):
        (garden / f"ontology/{name}.ttl").write_text("_:same <https://x.example/p> _:same .\n")
    schema = content(make(garden), "schema.nq").decode().splitlines()
    labels = {line.split()[0] for line in schema if "<https://x.example/p>" in line}

    assert len(labels) == 2


def test_the_index_tells_the_rule_and_the_passages_of_each_conclusion(garden: Path) -> None:
    generation = make(garden)
    connection = sqlite3.connect(generation.directory / "index.sqlite")
    rows = {tuple(row[:3]): (row[3], json.loads(row[4])) for row in connection.execute("SELECT * FROM inferred")}
    connection.close()

    assert len(rows) == generation.manifest["counts"]["inferred"]
    assert rows[f"<{BASE}id/ada>", f"<{BASE}terms#colleague>", f"<{BASE}id/ben>"] == (
        f"{BASE}rule/colleague",
        [f"{BASE}document/walk/2020#char=0,38", f"{BASE}document/walk/2020#char=40,67"],
    )
    assert rows[f"<{BASE}id/north>", f"<{BASE}terms#nextTo>", f"<{BASE}id/south>"] == (
        f"{BASE}rule/symmetric",
        [f"{BASE}graph/beds%20%26%20borders"],
    )


def test_a_violation_is_refused_and_leaves_what_was_published(garden: Path) -> None:
    before = make(garden)
    text = garden / "data/documents/walk/2020.trig"
    text.write_text(text.read_text().replace("0,38", "0,39"))
    seen = entries(garden / ".samvirke")

    with pytest.raises(GateRefused) as caught:
        make(garden)

    assert not caught.value.report.publishable  # type: ignore[attr-defined]  # errors.py may not name model.Report
    assert entries(garden / ".samvirke") == seen
    assert generations.current(garden / ".samvirke") == before
    allowed = make(garden, allow_invalid=True)
    assert allowed.manifest["findings"]["violation"] >= 1
    assert json.loads(content(allowed, "report.json"))["findings"][0]["severity"] == "violation"


def test_check_finds_the_same_and_writes_nothing(garden: Path) -> None:
    assert check_site(Site.open(garden)).publishable
    text = garden / "data/documents/walk/2020.trig"
    text.write_text(text.read_text().replace("0,38", "0,39"))

    assert not check_site(Site.open(garden)).publishable
    assert not (garden / ".samvirke").exists()


def test_a_version_that_no_file_describes_is_warned_of_and_still_leads_to_its_words(garden: Path) -> None:
    (garden / "data/documents/walk/about.ttl").unlink()
    report = check_site(Site.open(garden))
    version = f"{BASE}document/walk/2020"

    assert [(finding.shape, finding.severity, finding.focus) for finding in report.findings] == [
        (CORE.DescribedShape.value, Severity.WARNING, version)
    ]
    assert "about.ttl" in report.findings[0].messages["en"]
    data = content(make(garden), "data.nq").decode()
    checksum = hashlib.sha256((garden / "data/documents/walk/2020.txt").read_bytes()).hexdigest()
    assert f'<{version}> <{CORE.sha256.value}> "{checksum}" <{version}> .' in data
    assert f"<{version}> <{PROV.specializationOf.value}> <{BASE}document/walk> <{version}> ." in data


def test_a_date_that_cannot_be_read_is_a_violation(garden: Path) -> None:
    text = garden / "data/documents/walk/2020.trig"
    text.write_text(text.read_text().replace('"1900"', '"about 1900"'))
    report = check_site(Site.open(garden))
    found = [finding for finding in report.findings if finding.shape.endswith("core#DateShape")]

    assert [(finding.focus, finding.path) for finding in found] == [(f"{BASE}id/oak", f"{BASE}terms#planted")]
    assert set(found[0].messages) == {"da", "en"}


BAD_FILES = [
    ("data/x.ttl", "<a> <b> \n  <c> . <d", "x.ttl:2:"),
    ("data/x.ttl", "<https://x.example/a> <https://x.example/b> [ a <c> ", "x.ttl:1:"),
    ("data/x.nq", "<http://a> <http://b> <http://c> .\n<http://a> <http://b> .\n", "x.nq:2:"),
    ("data/x.trig", "@prefix : <http://a/> .\n:g { :a b:c :d }", "x.trig:2:"),
    ("data/x.jsonld", '{"@id": "http://a/a",\n "http://a/b": x}', "x.jsonld:2:"),
    (
        "data/x.jsonld",
        '{"@context": "http://127.0.0.1:9/c.jsonld", "@id": "http://a/a"}',
        "x.jsonld: The JSON-LD context",
    ),
    (
        "data/x.rdf",
        '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]>\n<a/>',
        "x.rdf:2:1: RDF/XML",
    ),
    (
        "data/x.ttl",
        "<< <http://a/a> <http://a/b> 1 >> <http://a/c> 2 .",
        "x.ttl: <http://www.w3.org/",
    ),
    ("data/x.trig", f"<{BASE}rule/inverse> {{ <http://a/a> <http://a/b> 1 }}", "x.trig: The graph <"),
    ("data/x.trig", f"<{BASE}terms> {{ <http://a/a> <http://a/b> 1 }}", "x.trig: The graph <"),
    ("ontology/x.ttl", "@prefix : <http://a/> .\n:a :b\n", "x.ttl:3:1"),
    ("ontology/rules/x.rq", "CONSTRUCT { ?a <urn:p> ?b }\nWHERE { ?a <urn:q> ?b", "x.rq:2:"),
    ("queries/x.rq", "SELECT * WHERE { ?a <urn:q> ?b", "x.rq:1:"),
]


@pytest.mark.parametrize(
    ("name", "text", "message"), BAD_FILES, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(BAD_FILES)]
)
def test_a_malformed_file_is_named_with_its_place(garden: Path, name: str, text: str, message: str) -> None:
    (garden / name).write_text(text)

    with pytest.raises(InputError) as caught:
        make(garden)

    told = str(caught.value)
    assert told.startswith(f"{(garden / name).parent}/{message}")
    assert "\n" not in told
    assert entries(garden / ".samvirke") == {"lock", "generations"}


def test_bytes_that_are_not_utf8_are_named_with_their_place(garden: Path) -> None:
    (garden / "data/x.ttl").write_bytes(b'<http://a/a> <http://a/b> "\xff" .\n')

    with pytest.raises(InputError, match=r"x\.ttl:1:28: Invalid UTF-8"):
        make(garden)


def test_a_byte_order_mark_is_no_mistake(garden: Path) -> None:
    (garden / "data/x.ttl").write_bytes(b"\xef\xbb\xbf<http://a/a> <http://a/b> 1 .\n")

    assert b"<http://a/a>" in content(make(garden), "data.nq")


def test_another_build_at_work_is_waited_for_and_then_told(garden: Path) -> None:
    state = garden / ".samvirke"
    state.mkdir()
    with (state / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("4711\n")
        file.flush()

        with pytest.raises(StoreBusy, match=r"process 4711.* at work"):
            build(Site.open(garden, overrides={"lock_wait_ms": 100}, environ={}), reasoner=False)
    make(garden)


def test_old_generations_go_and_the_newest_stay(garden: Path) -> None:
    versions = []
    for number in range(4):
        (garden / "data/x.ttl").write_text(f"<http://a/a> <http://a/b> {number} .\n")
        versions.append(build(Site.open(garden, overrides={"retention": 2}, environ={}), reasoner=False).version)

    assert {path.name for path in (garden / ".samvirke/generations").iterdir()} == set(versions[-2:])
    current = generations.current(garden / ".samvirke")
    assert current is not None
    assert current.version == versions[-1]


def test_what_a_killed_build_left_is_cleared(garden: Path) -> None:
    state = garden / ".samvirke"
    (state / "generations/.building-1-ab/texts").mkdir(parents=True)
    (state / "generations/.removing-20200101T000000Z-abc").mkdir()
    (state / ".current-1-ab").symlink_to("generations/none")
    generation = make(garden)

    assert entries(state) == {"lock", "current", "generations", f"generations/{generation.version}"}


def test_a_link_that_leads_nowhere_is_told_and_mended_by_building(garden: Path) -> None:
    generation = make(garden)
    state = garden / ".samvirke"
    generation.directory.rename(state / "lost")

    with pytest.raises(StoreDamaged, match="leads to a folder that is gone"):
        generations.current(state)
    (state / "lost").rename(generation.directory)
    (generation.directory / "manifest.json").write_text("{")
    with pytest.raises(StoreDamaged, match="cannot be read"):
        generations.current(state)
    mended = make(garden)
    assert generations.current(state) == mended


def test_verify_names_what_was_changed(garden: Path) -> None:
    generation = make(garden)
    (generation.directory / "data.nq").write_bytes(b"")
    (generation.directory / "default.nt").unlink()

    assert generations.verify(generation) == ["data.nq", "default.nt"]


def test_a_state_folder_that_cannot_be_written_is_told(garden: Path) -> None:
    (garden / ".samvirke").write_text("a file is in the way")

    with pytest.raises(StoreError) as caught:
        make(garden)
    assert caught.value.exit_code == 4
    assert str(garden / ".samvirke") in str(caught.value)


def test_a_full_disk_leaves_what_was_published(garden: Path) -> None:
    """RLIMIT_FSIZE ends every write beyond some bytes, as a full disk does, at each size that matters."""
    before = make(garden)
    state = garden / ".samvirke"
    seen = entries(state)
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2);"
        " from samvirke.build import build; from samvirke.site import Site; from samvirke.errors import StoreError\n"
        "try: build(Site.open(sys.argv[1]), reasoner=False)\n"
        "except StoreError as error: print(error); sys.exit(error.exit_code)"
    )
    for limit in (64, 4_096, 20_000, 60_000):
        done = subprocess.run(
            [sys.executable, "-c", program, str(garden), str(limit)], capture_output=True, text=True, check=False
        )

        assert done.returncode == 4, (limit, done.stderr)
        assert "room" in done.stdout
        assert entries(state) == seen
        assert generations.current(state) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to the administrator")
def test_a_read_only_state_folder_is_told(garden: Path) -> None:
    state = garden / ".samvirke"
    state.mkdir()
    state.chmod(0o555)

    with pytest.raises(StoreError, match="may not be written"):
        make(garden)
    state.chmod(0o755)

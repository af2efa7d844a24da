"""A file becomes a generation: whatever its format, however its lines are spelt, with nothing made up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyoxigraph
import pytest

from samvirke import bulk, generations
from samvirke.bulk.survey import common_base
from samvirke.errors import InputError
from samvirke.search import Index
from samvirke.settings import Limits
from samvirke.store import disk, open_generation
from samvirke.workers import Pool
from tests.processes import eventually

HERE = Path(__file__).parent
BROKEN = sorted(HERE.glob("broken/*"))
E = "https://e.example/things/"
TURTLE = f"""@prefix e: <{E}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:anna a e:Person ; rdfs:label "Anna"@en ; e:knows e:bo , [ rdfs:label "Nobody" ] .
e:bo a e:Person ; rdfs:label "Bo \\"B\\" Å"@en ; e:age 7 .
e:Person rdfs:label "Person"@en ; rdfs:subClassOf e:Being .
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def converted(text: str, ending: str) -> bytes:
    quads = pyoxigraph.parse(text, pyoxigraph.RdfFormat.TURTLE)
    told = pyoxigraph.serialize(quads, format=pyoxigraph.RdfFormat.from_extension(ending))
    assert told is not None
    return told


@pytest.mark.parametrize("ending", ["ttl", "nt", "nq", "trig", "rdf", "jsonld"])
def test_every_format_gives_the_same_generation(tmp_path, ending):
    source = write(tmp_path, f"a.{ending}", converted(TURTLE, ending))
    generation = bulk.publish_file(source, tmp_path / "state")
    store, index = open_generation(generation.directory), Index(generation.directory / "index.sqlite")

    assert generation.manifest["base"] == E
    assert generation.manifest["counts"]["facts"] == len(store) == 10
    assert [(hit.iri, hit.label) for hit in index.search("bo", "en").hits] == [(f"{E}bo", 'Bo "B" Å')]
    assert [(one.iri, one.count) for one in index.classes()] == [(f"{E}Being", 2), (f"{E}Person", 2)]
    assert not any(isinstance(quad.subject, pyoxigraph.BlankNode) for quad in store)
    assert generations.verify(generation) == []
    assert (generation.directory / "data.nq").samefile(generation.directory / "default.nt")


def test_nothing_of_a_file_has_evidence_and_all_of_it_is_answered(tmp_path):
    source = write(tmp_path, "a.ttl", TURTLE)
    bulk.publish_file(source, tmp_path / "state")
    with Pool.start(tmp_path / "state", Limits()) as pool:
        page = pool.read("neighbourhood", iri=f"{E}anna")
        told = pool.read("describe", iri=f"{E}bo")

    knows = [quad for quad in page if quad.predicate.value == f"{E}knows"]
    assert {quad.graph_name.value for quad in knows} == {"urn:samvirke:unnamed"}
    assert f"{E}bo" in {quad.object.value for quad in knows}
    assert {quad.graph_name for quad in told} == {pyoxigraph.DefaultGraph()}
    assert sorted(quad.predicate.value.removeprefix(E) for quad in told if quad.subject.value == f"{E}bo")[:1] == [
        "age"
    ]


def test_a_dataset_keeps_its_graphs_and_counts_a_triple_once(tmp_path):
    text = f"<{E}a> <{E}p> <{E}b> . <{E}g> {{ <{E}a> <{E}p> <{E}b> , <{E}c> }} <{E}h> {{ <{E}a> <{E}p> <{E}c> }}"
    generation = bulk.publish_file(write(tmp_path, "a.trig", text), tmp_path / "state")
    store = open_generation(generation.directory)
    count = "SELECT (COUNT(*) AS ?c) { %s }"

    def answer(pattern: str) -> str:
        return next(iter(store.query(count % pattern)))["c"].value  # type: ignore[call-overload,index]

    assert (answer("?s ?p ?o"), answer("GRAPH ?g { ?s ?p ?o }")) == ("2", "3")
    assert generation.manifest["counts"]["facts"] == 2
    assert len((generation.directory / "data.nq").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    "lines",
    [
        '<{E}a><{E}p><{E}b>.\n<{E}a> <{E}p>"x".\n',
        '\t<{E}a>\t<{E}p>  <{E}b>   .\n# a <comment> with . it\n\n<{E}a> <{E}p> "x" . # and another\n',
        '<{E}a> <{E}p> <{E}b> .\r\n<{E}a> <{E}p> "x" .\r\n',
        '\ufeff<{E}a> <{E}p> <{E}b> .\n<{E}a> <{E}p> "x" .',
        '<{E}a> <{E}p> <{E}b> .\n<{E}a> <{E}p> <{E}b> .\n<{E}a> <{E}p> "x" .\n',
        '<{E}\\u0061> <{E}p> <{E}b> .\n<{E}a> <{E}p> "\\u0078" .\n',
    ],
    ids=["no-spaces", "comments", "carriage-returns", "byte-order-mark", "repeated", "escapes"],
)
def test_lines_may_be_spelt_in_any_way_the_standard_allows(tmp_path, lines):
    source = write(tmp_path, "a.nt", lines.replace("{E}", E))
    generation = bulk.publish_file(source, tmp_path / "state")
    index = Index(generation.directory / "index.sqlite")

    assert generation.manifest["counts"]["facts"] == 2
    assert len([line for line in (generation.directory / "default.nt").read_text().splitlines() if line]) == 2
    assert index.entity(f"{E}a") is not None
    assert index.count() == 1
    assert generations.verify(generation) == []


def test_a_file_of_blank_nodes_alone_has_things(tmp_path):
    text = '_:a <http://www.w3.org/2000/01/rdf-schema#label> "A" .\n_:a <urn:p> _:b .\n_:b <urn:p> _:a .\n'
    one = bulk.publish_file(write(tmp_path, "a.nt", text), tmp_path / "one")
    two = bulk.publish_file(tmp_path / "a.nt", tmp_path / "two")
    hits = Index(one.directory / "index.sqlite").search("A", "en").hits

    assert one.hash == two.hash
    assert one.manifest["base"] == bulk.NO_BASE
    assert [hit.iri.startswith("http://localhost/.well-known/genid/") for hit in hits] == [True]


@pytest.mark.parametrize("ending", ["ttl", "nt", "nq", "trig"])
def test_an_empty_file_is_published_empty(tmp_path, ending):
    generation = bulk.publish_file(write(tmp_path, f"a.{ending}", ""), tmp_path / "state")

    assert generation.manifest["counts"]["facts"] == 0
    assert Index(generation.directory / "index.sqlite").count() == 0


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_a_broken_file_is_refused_with_its_place_and_publishes_nothing(tmp_path, path):
    with pytest.raises(InputError) as refused:
        bulk.publish_file(path, tmp_path / "state")

    assert refused.value.file == str(path)
    expected = (HERE / "broken.tsv").read_text(encoding="utf-8").splitlines()
    places = dict(line.split("\t") for line in expected)
    assert f"{refused.value.line}:{refused.value.column}" == places[path.name], str(refused.value)
    assert generations.current(tmp_path / "state") is None
    assert list((tmp_path / "state/generations").iterdir()) == []


def test_every_broken_file_has_a_place() -> None:
    assert len(BROKEN) >= 10


def test_a_file_that_is_not_there_or_of_no_known_format_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        bulk.publish_file(tmp_path / "a.nt", tmp_path / "state")
    with pytest.raises(InputError, match="format 'docx' is not known"):
        bulk.publish_file(write(tmp_path, "a.docx", ""), tmp_path / "state")


def test_a_large_file_answers_from_disk_first_and_the_same_from_memory(tmp_path):
    lines = "".join(f'<{E}n{number}> <{E}p> "{number}" .\n' for number in range(110_000))
    source = write(tmp_path, "a.nt", lines)
    assert source.stat().st_size >= bulk.ON_DISK_BYTES
    generation = bulk.publish_file(source, tmp_path / "state")

    assert disk.has_disk_store(generation.directory)
    assert generations.verify(generation) == []
    assert len(disk.open_disk(generation.directory)) == 110_000
    with Pool.start(tmp_path / "state", Limits()) as pool:
        one = pool.read("describe", iri=f"{E}n7")
        assert eventually(lambda: pool.tier == "memory")
        assert pool.read("describe", iri=f"{E}n7") == one
        assert len(one) == 1


@pytest.mark.parametrize(
    ("subjects", "base"),
    [
        (["https://a.example/id/x", "https://a.example/id/y"], "https://a.example/"),
        (["https://a.example/b/x", "https://a.example/b/y", "urn:x"], "https://a.example/b/"),
        (["https://a.example/b#x", "https://a.example/b#y"], "https://a.example/"),
        (["https://a.example/b?x=1", "https://a.example/b?x=2"], "https://a.example/"),
        (["https://a.example/xa", "https://a.example/xb", "http://other.example/q"], "https://a.example/"),
        (["https://a.example"], "https://a.example/"),
        (["urn:x", "mailto:a@b.example"], ""),
        ([], ""),
    ],
)
def test_the_base_is_what_the_addresses_begin_with(subjects, base):
    assert common_base(subjects) == base


def test_a_file_is_published_again_only_when_it_changed(tmp_path):
    source = write(tmp_path, "a.ttl", TURTLE)
    generation = bulk.publish_file(source, tmp_path / "state")

    assert bulk.is_published(source, generation, base=None)
    assert bulk.is_published(source, generation, base=E)
    assert not bulk.is_published(source, generation, base="https://other.example/")
    assert not bulk.is_published(source, None, base=None)
    write(tmp_path, "a.ttl", TURTLE + "e:new e:p 1 .\n")
    assert not bulk.is_published(source, generation, base=None)


def test_the_schema_is_read_off_the_data(tmp_path):
    generation = bulk.publish_file(write(tmp_path, "a.ttl", TURTLE), tmp_path / "state")
    schema = json.loads((generation.directory / "schema.json").read_text(encoding="utf-8"))

    assert schema["classes"][f"{E}Person"]["labels"] == {"en": "Person"}
    assert schema["classes"][f"{E}Person"]["superclasses"] == [f"{E}Being"]
    assert {f"{E}knows", f"{E}age"} <= schema["properties"].keys()
    assert schema["prefixes"]["e"] == E
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{12}", generation.version)
